//! `packages`: which packages there are for the account.

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::{asking, reach};

/// Arguments of `packages`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Asks for the packages and lists them.
///
/// # Errors
/// When they can't be asked for.
pub async fn run(_: &Args, ctx: &Context) -> Result<Exit, CliError> {
    let client = reach::client(ctx)?;
    let packages = asking::all(ctx, "packages", client.user().all_packages()).await?;
    asking::list(ctx, &packages, "no packages", ["id", "package", "type", "validity"], |package| {
        [
            asking::or_empty(package.id.as_deref()),
            asking::or_empty(package.name.as_deref()),
            asking::or_empty(package.kind.as_deref()),
            package.validity.map(|n| n.to_string()).unwrap_or_default(),
        ]
    })?;
    Ok(Exit::Done)
}
