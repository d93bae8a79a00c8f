//! `webhooks list`

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::{asking, reach};

/// Arguments of `webhooks list`.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Asks for the workflows and lists them.
///
/// # Errors
/// When they can't be asked for.
pub async fn run(_: &Args, ctx: &Context) -> Result<Exit, CliError> {
    let client = reach::client(ctx)?;
    let workflows = asking::all(ctx, "workflows", client.webhooks().all()).await?;
    let nothing = "no workflows yet: `sendcast webhooks create --name NAME --target-url URL` makes one";
    asking::list(ctx, &workflows, nothing, ["id", "workflow", "target"], |workflow| {
        [
            workflow.id.as_ref().map(ToString::to_string).unwrap_or_default(),
            asking::or_empty(workflow.name.as_deref()),
            asking::or_empty(workflow.target_url.as_deref()),
        ]
    })?;
    Ok(Exit::Done)
}
