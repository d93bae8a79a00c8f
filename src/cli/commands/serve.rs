//! `serve [--port N]`: the dashboard in a browser.

use std::ffi::OsString;
use std::io::BufRead as _;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use crate::app::AppError;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::signals;
use crate::domain::format::plural;
use crate::sys::clock::Clock as _;
use crate::web::{Address, Dashboard, Launcher, server};

/// The usual port.
const PORT: u16 = 8585;

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast serve\n  sendcast serve --port 9000")]
pub struct Args {
    /// The port to listen on; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = PORT)]
    port: u16,
}

/// Serves the dashboard until it is interrupted. What it has started goes on.
///
/// # Errors
/// When the port is taken, or the data directory can't be used.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let settings = ctx.app.settings.clone();
    let name = Dashboard::name_of(&settings.data_dir)?;
    let socket = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, args.port))).await.map_err(|error| {
        AppError::failed(format!("can't listen on port {}: {error}", args.port))
            .hint("another program has it, which may be another `sendcast serve`: use that one, or choose a port with `--port N`")
    })?;
    let port = socket.local_addr().map_err(|error| AppError::failed(error.to_string()))?.port();
    let dashboard = Arc::new(Dashboard::new(settings, &Address { name, port }, launcher(ctx)?)?);
    let mut interrupted = signals::listen(&ctx.printer, "ending; what is being sent goes on")?;
    let (close, closing) = watch::channel(false);
    let serving = tokio::task::spawn_local(server::serve(socket, Arc::clone(&dashboard), closing));
    invite(ctx, &dashboard)?;
    ctx.say("the link opens once, within 10 minutes; Enter prints another one, Ctrl-C ends");
    let mut enters = enters();
    loop {
        tokio::select! {
            Some(()) = enters.recv() => invite(ctx, &dashboard)?,
            _ = interrupted.wait_for(Option::is_some) => break,
        }
    }
    close.send_replace(true);
    // What has begun is answered; a download may take longer than anybody waits.
    let _ = tokio::time::timeout(std::time::Duration::from_secs(2), serving).await;
    match dashboard.runs.under_way() {
        0 => {}
        runs => ctx.say(&format!(
            "{} on; `sendcast status` shows how it goes",
            plural(runs as u64, "campaign goes", "campaigns go")
        )),
    }
    Ok(Exit::Done)
}

/// Prints a new link. Its secret part stands behind the `#`, which no browser sends.
fn invite(ctx: &Context, dashboard: &Dashboard) -> Result<(), AppError> {
    let code = dashboard.sessions().new_code(ctx.app.clock.now());
    let code =
        code.map_err(|error| AppError::failed(format!("this system gives no random bits: {error}")))?;
    let url = format!("{}/enter#{code}", dashboard.door.url());
    if ctx.json() { ctx.out_json(&json!({ "url": url })) } else { ctx.out(&format!("{url}\n")) }
}

/// Each Enter at the terminal.
fn enters() -> mpsc::Receiver<()> {
    let (sender, receiver) = mpsc::channel(1);
    // A thread of its own: reading a terminal can't be given up, and must not hold up the end.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if line.is_err() || sender.blocking_send(()).is_err() {
                break;
            }
        }
        // Where there is no terminal nobody presses Enter, and the link that was printed is the only one.
        std::mem::forget(sender);
    });
    receiver
}

/// How runs are started: with the same data directory, server, zone and token.
fn launcher(ctx: &Context) -> Result<Launcher, AppError> {
    let program = std::env::current_exe()
        .map_err(|error| AppError::failed(format!("can't find the sendcast that runs: {error}")))?;
    let settings = &ctx.app.settings;
    let mut options: Vec<OsString> = vec!["--data-dir".into(), settings.data_dir.clone().into()];
    options.extend(["--base-url".into(), settings.base_url.to_string().into()]);
    if let Some(file) = &settings.credentials.token_file {
        let file = std::path::absolute(file).map_err(|error| AppError::disk("find", file, &error))?;
        options.extend(["--token-file".into(), file.into()]);
    }
    if let Some(zone) = &settings.timezone_said {
        options.extend(["--timezone".into(), zone.to_string().into()]);
    }
    options.extend(["--color".into(), "never".into()]);
    Ok(Launcher { program, options })
}
