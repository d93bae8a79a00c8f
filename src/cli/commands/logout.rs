//! `logout`: forget the token.

use serde_json::json;

use crate::app::AppError;
use crate::app::account::credentials;
use crate::cli::context::Context;
use crate::cli::exit::Exit;

/// Arguments of `logout`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast logout")]
pub struct Args {}

/// Removes what `login` kept for this server.
///
/// # Errors
/// When the disk says no.
pub fn run(_: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let server = ctx.app.settings.base_url.origin();
    let removed = credentials::forget(&*ctx.app.disk, &ctx.app.settings.credentials.kept)?;
    if ctx.json() {
        ctx.out_json(&json!({ "server": server, "removed": removed }))?;
    } else if removed {
        ctx.say(&format!(
            "the token for {server} is no longer kept here; at Sendwo it goes on working until it is replaced there"
        ));
    } else {
        ctx.say(&format!("no token was kept for {server}"));
    }
    Ok(Exit::Done)
}
