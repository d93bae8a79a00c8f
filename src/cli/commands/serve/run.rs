//! `serve`: until it is interrupted.

use std::ffi::OsString;
use std::io::BufRead as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use super::address::{ListenArgs, Reached};
use super::set_password;
use crate::app::AppError;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::signals;
use crate::domain::format::{people, plural};
use crate::sys::clock::Clock as _;
use crate::web::opening::Opening;
use crate::web::password::Password;
use crate::web::taking_up::{self, Resumed};
use crate::web::{Address, Dashboard, Launcher, server};

/// The usual port.
pub const PORT: u16 = 8585;
/// How often it is looked whether the file for the browser has done its work, and whether a run is alive.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// A run that has given a sign may have died at once: it is looked at again until its sign would be too old.
const UNCLEAR_FOR: Duration = Duration::from_secs(7);

/// Arguments of `serve`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  sendcast serve\n  sendcast serve --open\n  sendcast serve --resume --port 9000"
)]
#[command(after_long_help = LONG_HELP)]
pub struct Args {
    #[command(flatten)]
    listen: ListenArgs,
    /// Open it in this computer's browser
    #[arg(long)]
    open: bool,
    /// Take up what was being sent, or waited for its time, when the machine or the last run of it stopped
    #[arg(long)]
    resume: bool,
    /// Set the password for those who reach it from other machines, and end
    #[arg(long, conflicts_with_all = ["open", "resume", "port", "listen", "host", "tls_cert", "tls_key", "behind_proxy"])]
    set_password: bool,
}

const LONG_HELP: &str = "\
When to use what:
  On your own computer, now and then: `sendcast serve --open`. Only this computer reaches it, by a link that opens once.
  As a service that starts with the machine: `sendcast serve --resume`. It goes on with what was being sent or is
    scheduled. What is paused, cancelled, stopped for a reason that needs somebody, or was missed waits for you. Without
    --resume nothing starts by itself.
  For several people, or from a phone: set a password once (`sendcast serve --set-password`), then listen with
    --host and TLS of its own (--tls-cert, --tls-key) or behind a proxy (--behind-proxy).

Examples:
  sendcast serve --open
  sendcast serve --resume
  sendcast serve --listen 0.0.0.0 --port 443 --host send.example.com --tls-cert full.pem --tls-key key.pem
  sendcast serve --host send.example.com --behind-proxy";

/// Serves the dashboard until it is interrupted. What it has started goes on.
///
/// # Errors
/// When the port is taken, the data directory can't be used, or something is missing for listening beyond this machine.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    if args.set_password {
        return set_password::run(ctx);
    }
    let settings = ctx.app.settings.clone();
    ctx.app.home(false)?;
    let password = Password::of(ctx.app.disk.clone(), &settings.data_dir);
    let (mut beyond, tls) = match args.listen.reached(password.is_set()?)? {
        Some(Reached { beyond, tls }) => (Some(beyond), tls),
        None => (None, None),
    };
    if args.open && beyond.is_some() {
        return Err(AppError::usage("`--open` is for a dashboard that only this computer reaches")
            .hint("open its address in a browser, and log in with the password"));
    }
    let name = Dashboard::name_of(&settings.data_dir)?;
    let listener = TcpListener::bind(args.listen.socket()).await.map_err(|error| {
        AppError::failed(format!("can't listen on {}: {error}", args.listen.socket()))
            .hint("another program may have the port, which may be another `sendcast serve`: use that one, or choose a port with `--port N`")
    })?;
    let socket = listener.local_addr().map_err(|error| AppError::failed(error.to_string()))?;
    if let Some(beyond) = &mut beyond {
        beyond.hosts = args.listen.hosts(tls.is_some(), socket.port())?;
    }
    let address = Address { name, socket, beyond };
    let dashboard = Arc::new(Dashboard::new(settings, &address, launcher(ctx)?)?);
    let mut interrupted = signals::listen(&ctx.printer, "ending; what is being sent goes on")?;
    let (close, closing) = watch::channel(false);
    let serving = tokio::task::spawn_local(server::serve(listener, tls, Arc::clone(&dashboard), closing));
    if dashboard.is_beyond {
        ctx.say(&format!("listening on {socket}, as {}", dashboard.door.url()));
    }
    let mut opening = invite(ctx, &dashboard, args.open)?;
    let mut unclear = if args.resume { resume(ctx, &dashboard, None)? } else { Vec::new() };
    let resumed_at = ctx.app.clock.now();
    let mut enters = enters();
    let mut looks = tokio::time::interval(LOOK_EVERY);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            Some(()) = enters.recv() => drop(invite(ctx, &dashboard, false)?),
            _ = looks.tick(), if opening.is_some() || !unclear.is_empty() => {
                let now = ctx.app.clock.now();
                let is_used = |code: &str| !dashboard.sessions().awaits(code, now);
                opening = opening.filter(|opening| !opening.is_over(now, is_used));
                if now.since(resumed_at) >= UNCLEAR_FOR && !unclear.is_empty() {
                    resume(ctx, &dashboard, Some(&std::mem::take(&mut unclear)))?;
                }
            }
            _ = interrupted.wait_for(Option::is_some) => break,
        }
    }
    close.send_replace(true);
    // What has begun is answered; a download may take longer than anybody waits.
    let _ = tokio::time::timeout(Duration::from_secs(2), serving).await;
    match dashboard.runs.under_way() {
        0 => {}
        runs => ctx.say(&format!(
            "{} on; `sendcast status` shows how it goes",
            plural(runs as u64, "campaign goes", "campaigns go")
        )),
    }
    Ok(Exit::Done)
}

/// Prints a new link, and opens it where that is asked for. Its secret part stands behind the `#`, which no browser sends.
/// Where other machines reach the dashboard there is no link: the log of a service may be read by others, and its password
/// opens.
fn invite(ctx: &Context, dashboard: &Dashboard, open: bool) -> Result<Option<Opening>, AppError> {
    let url = dashboard.door.url();
    if dashboard.is_beyond {
        print(ctx, &url)?;
        ctx.say("the password opens it (`sendcast serve --set-password` changes it); Ctrl-C ends");
        return Ok(None);
    }
    let now = ctx.app.clock.now();
    let code = dashboard.sessions().new_code(now);
    let code =
        code.map_err(|error| AppError::failed(format!("this system gives no random bits: {error}")))?;
    print(ctx, &format!("{url}/enter#{code}"))?;
    ctx.say("the link opens once, within 10 minutes; Enter prints another one, Ctrl-C ends");
    if !open {
        return Ok(None);
    }
    // The link stands in the terminal: nothing is lost where no browser opens.
    let opened = Opening::write(&*ctx.app.disk, &ctx.app.settings.data_dir, &url, &code, now)
        .and_then(|opening| opening.show().map(|()| opening));
    Ok(opened.map_err(|error| ctx.warn(&error.to_string())).ok())
}

fn print(ctx: &Context, url: &str) -> Result<(), AppError> {
    if ctx.json() { ctx.out_json(&json!({ "url": url })) } else { ctx.out(&format!("{url}\n")) }
}

/// Takes up what was being sent or is scheduled, and says so. Yields those whose run may be alive, or have died just now; they
/// are given once more, later.
fn resume(ctx: &Context, dashboard: &Dashboard, again: Option<&[String]>) -> Result<Vec<String>, AppError> {
    let resumed = taking_up::resume_all(dashboard, again)?;
    if resumed.is_empty() && again.is_none() {
        ctx.say("nothing was being sent, and nothing is scheduled");
    }
    let mut unclear = Vec::new();
    for (name, resumed) in resumed {
        match resumed {
            Ok(Resumed::TakenUp { left }) => {
                ctx.say(&format!("{name}: taken up where it stopped, {} to go", people(left)));
            }
            Ok(Resumed::Left(why)) => ctx.say(&format!("{name}: left alone: {why}")),
            Ok(Resumed::Unclear) if again.is_some() => ctx.say(&format!("{name}: goes on, its run is alive")),
            Ok(Resumed::Unclear) => unclear.push(name),
            Err(error) => ctx.warn(&format!("{name}: {error}")),
        }
    }
    Ok(unclear)
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
