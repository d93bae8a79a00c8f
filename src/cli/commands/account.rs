//! `account`: shows the account.

use crate::app::AppError;
use crate::app::account;
use crate::cli::api_output;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Arguments of `account`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast account")]
pub struct Args {}

/// Asks for the account and shows it.
///
/// # Errors
/// When it can't be asked.
pub async fn run(_: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let info = account::client(&ctx.app)?.user().info().await?;
    let numbers: Vec<_> = info.numbers.iter().map(|known| known.number.as_str()).collect();
    let status = match info.status.as_deref() {
        Some("1") => Some("active".to_owned()),
        other => other.map(|word| format!("{word} (not active)")),
    };
    api_output::record(
        ctx,
        &info,
        &[
            ("name", info.name.clone()),
            ("email", info.email.clone()),
            ("user id", info.user_id.clone()),
            ("type", info.user_type.clone()),
            ("package", info.package_name.clone()),
            ("status", status),
            ("numbers", Some(numbers.join(", ")).filter(|numbers| !numbers.is_empty())),
        ],
    )?;
    Ok(Exit::Done)
}
