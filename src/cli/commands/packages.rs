//! `packages`: which packages there are for the account.

use crate::app::AppError;
use crate::app::account;
use crate::app::account::pages;
use crate::cli::api_output;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Arguments of `packages`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast packages")]
pub struct Args {}

/// Asks for the packages and lists them.
///
/// # Errors
/// When they can't be asked for.
pub async fn run(_: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let client = account::client(&ctx.app)?;
    let packages = pages::all(&ctx.app, "packages", client.user().all_packages()).await?;
    api_output::list(ctx, &packages, "no packages", ["id", "package", "type", "validity"], |package| {
        [
            api_output::or_empty(package.id.as_deref()),
            api_output::or_empty(package.name.as_deref()),
            api_output::or_empty(package.kind.as_deref()),
            package.validity.map(|n| n.to_string()).unwrap_or_default(),
        ]
    })?;
    Ok(Exit::Done)
}
