//! `numbers`: what the account can send from.

use crate::app::AppError;
use crate::app::account;
use crate::cli::api_output;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Arguments of `numbers`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast numbers\n  sendcast numbers --json")]
pub struct Args {}

/// Asks for the connected numbers and lists them.
///
/// # Errors
/// When they can't be asked for.
pub async fn run(_: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let client = account::client(&ctx.app)?;
    let numbers = account::connected_numbers(&ctx.app, &client).await?;
    let nothing = "no WhatsApp number is connected: connect one in Sendwo's dashboard";
    api_output::list(
        ctx,
        &numbers,
        nothing,
        ["phone number id", "number", "name", "business account"],
        |known| {
            [
                known.number.to_string(),
                api_output::or_empty(known.display.as_deref()),
                api_output::or_empty(known.name.as_deref()),
                api_output::or_empty(known.business_account.as_deref()),
            ]
        },
    )?;
    Ok(Exit::Done)
}
