//! `modules`: what the account may use.

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::{asking, reach};

/// Arguments of `modules`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Asks for the modules and lists them.
///
/// # Errors
/// When they can't be asked for.
pub async fn run(_: &Args, ctx: &Context) -> Result<Exit, CliError> {
    let client = reach::client(ctx)?;
    let modules = asking::all(ctx, "modules", client.user().all_modules()).await?;
    asking::list(ctx, &modules, "no modules are enabled", ["id", "module"], |module| {
        [asking::or_empty(module.id.as_deref()), asking::or_empty(module.name.as_deref())]
    })?;
    Ok(Exit::Done)
}
