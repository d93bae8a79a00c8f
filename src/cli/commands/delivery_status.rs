//! `delivery-status MESSAGE_ID`: what became of one message.

use serde_json::json;

use crate::app::AppError;
use crate::app::account;
use crate::cli::api_output;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::ids::MessageId;

/// Arguments of `delivery-status`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast delivery-status wamid.HBgMOTE5ODc2NTQzMjEw")]
pub struct Args {
    /// The message's id (`wamid.…`), as the report and `send` tell it
    #[arg(value_name = "MESSAGE_ID")]
    id: String,
}

/// Asks for the message's delivery and shows it.
///
/// # Errors
/// When Sendwo knows no such message, or can't be asked.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let id = MessageId::new(args.id.trim());
    let report = account::client(&ctx.app)?.whatsapp().delivery_status(&id).await?;
    let [updated, sent, delivered, read, failed] =
        [report.updated_at, report.sent_at, report.delivered_at, report.read_at, report.failed_at]
            .map(|at| at.map(|at| at.to_string()));
    let whole = json!({
        "message_id": id,
        "message_status": report.status.map(|status| status.word()),
        "delivery_status_updated_at": updated, "sent_time": sent, "delivered_time": delivered,
        "read_time": read, "failed_time": failed,
        "failed_reason": report.problem.as_ref().map(|problem| &problem.reason),
        "error_code": report.problem.as_ref().and_then(|problem| problem.code),
    });
    api_output::record(
        ctx,
        &whole,
        &[
            ("status", Some(report.status.map_or("not known", |status| status.word()).to_owned())),
            ("since", report.status_at().map(|at| at.to_string())),
            ("sent", sent),
            ("delivered", delivered),
            ("read", read),
            ("failed", failed),
            ("reason", report.problem.as_ref().map(ToString::to_string)),
        ],
    )?;
    Ok(Exit::Done)
}
