//! `webhooks create --name N --target-url URL`

use serde_json::json;

use crate::app::AppError;
use crate::app::account;
use crate::cli::api_output;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Arguments of `webhooks create`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  sendcast webhooks create --name deliveries --target-url https://example.com/sendwo"
)]
pub struct Args {
    /// What the workflow is called
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Where Sendwo tells of what happens; it has to be reachable from Sendwo
    #[arg(long, value_name = "URL")]
    target_url: String,
}

/// Makes the workflow and tells its id.
///
/// # Errors
/// When the address is none, or Sendwo says no.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let created = account::client(&ctx.app)?.webhooks().create(&args.name, &args.target_url).await;
    let created = created.map_err(api_output::not_done("sendcast webhooks list"))?;
    let id = created.id.as_ref().map(|id| id.as_str());
    let name = args.name.trim();
    let whole = json!({
        "id": id, "workflow_name": name, "target_url": args.target_url.trim(), "message": created.done.text,
    });
    api_output::done(ctx, &whole, id, &format!("there is a workflow `{name}`"), &created.done)?;
    Ok(Exit::Done)
}
