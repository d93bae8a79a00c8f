//! `webhooks list`

use crate::app::AppError;
use crate::app::account;
use crate::app::account::pages;
use crate::cli::api_output;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Arguments of `webhooks list`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast webhooks list")]
pub struct Args {}

/// Asks for the workflows and lists them.
///
/// # Errors
/// When they can't be asked for.
pub async fn run(_: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let client = account::client(&ctx.app)?;
    let workflows = pages::all(&ctx.app, "workflows", client.webhooks().all()).await?;
    let nothing = "no workflows yet: `sendcast webhooks create --name NAME --target-url URL` makes one";
    api_output::list(ctx, &workflows, nothing, ["id", "workflow", "target"], |workflow| {
        [
            workflow.id.as_ref().map(ToString::to_string).unwrap_or_default(),
            api_output::or_empty(workflow.name.as_deref()),
            api_output::or_empty(workflow.target_url.as_deref()),
        ]
    })?;
    Ok(Exit::Done)
}
