//! `sandbox [--port N] [--token T] [faults…]`

use std::net::{Ipv4Addr, SocketAddr};

use secrecy::SecretString;
use serde_json::json;

use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::signals;
use crate::cli::trial::{self, FaultArgs};
use crate::sandbox::SandboxOptions;

/// Arguments of `sandbox`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The port on 127.0.0.1 [default: a free one]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// The only token that is let in; any, when absent
    #[arg(long, value_name = "T")]
    token: Option<String>,
    #[command(flatten)]
    faults: FaultArgs,
}

/// Serves the imitation until it is interrupted.
///
/// # Errors
/// When the port is taken, or its ledger can't be opened.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, CliError> {
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, args.port));
    let token = args.token.map(SecretString::from);
    let any = token.is_none();
    let options = SandboxOptions { listen, token, ..args.faults.options(ctx.home(true)?.sandbox_server()) };
    let mut interrupted = signals::listen(ctx, "the sandbox ends")?;
    let running = trial::start(options)?;
    let url = running.base_url();
    if ctx.json() {
        ctx.out_json(&json!({ "base_url": url }))?;
    } else {
        ctx.out(&format!("{url}\n"))?;
        let token = if any { "any token will do" } else { "only your token is let in" };
        ctx.say(&format!(
            "a local imitation of the Sendwo API; nothing reaches WhatsApp, and {token}. In another terminal:\n  \
             export SENDWO_BASE_URL={url} SENDWO_API_TOKEN=trial\n  sendcast run campaigns/welcome.json\n\
             What it accepted: {}/sandbox/stats. Ctrl-C ends it; its ledger stays.",
            url.trim_end_matches("/api/v1")
        ));
    }
    let _ = interrupted.wait_for(Option::is_some).await;
    drop(running);
    Ok(Exit::Done)
}
