//! `schema`

use crate::app::AppError;
use crate::campaign;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Arguments of `schema`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast schema > campaign.schema.json")]
pub struct Args {}

/// Prints the JSON Schema of a campaign file.
///
/// # Errors
/// When stdout can't be written.
pub fn run(_: &Args, ctx: &Context) -> Result<Exit, AppError> {
    ctx.out_json(&campaign::schema())?;
    Ok(Exit::Done)
}
