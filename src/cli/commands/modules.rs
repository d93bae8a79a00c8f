//! `modules`: what the account may use.

use crate::app::AppError;
use crate::app::account;
use crate::app::account::pages;
use crate::cli::api_output;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Arguments of `modules`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast modules")]
pub struct Args {}

/// Asks for the modules and lists them.
///
/// # Errors
/// When they can't be asked for.
pub async fn run(_: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let client = account::client(&ctx.app)?;
    let modules = pages::all(&ctx.app, "modules", client.user().all_modules()).await?;
    api_output::list(ctx, &modules, "no modules are enabled", ["id", "module"], |module| {
        [api_output::or_empty(module.id.as_deref()), api_output::or_empty(module.name.as_deref())]
    })?;
    Ok(Exit::Done)
}
