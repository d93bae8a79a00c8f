//! `numbers`: what the account can send from.

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::{asking, reach};

/// Arguments of `numbers`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Asks for the connected numbers and lists them.
///
/// # Errors
/// When they can't be asked for.
pub async fn run(_: &Args, ctx: &Context) -> Result<Exit, CliError> {
    let client = reach::client(ctx)?;
    let numbers = asking::all(ctx, "numbers", client.whatsapp().all_connected_numbers()).await?;
    let nothing = "no WhatsApp number is connected: connect one in Sendwo's dashboard";
    asking::list(
        ctx,
        &numbers,
        nothing,
        ["phone number id", "number", "name", "business account"],
        |known| {
            [
                known.number.to_string(),
                asking::or_empty(known.display.as_deref()),
                asking::or_empty(known.name.as_deref()),
                asking::or_empty(known.business_account.as_deref()),
            ]
        },
    )?;
    Ok(Exit::Done)
}
