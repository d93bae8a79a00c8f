//! `webhooks listen --port N`

use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use serde_json::json;
use tokio::net::TcpListener;

use crate::app::AppError;
use crate::app::feeding::{Fed, Heard, ListenOptions, WebhookListener};
use crate::app::optouts;
use crate::campaign::duration::Span;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::{settings, signals};
use crate::domain::format::{count, plural};
use crate::sys::platform;
use crate::webhooks::{PathSecret, SigningSecret, StopWords, Taken};

/// A file of secrets or words that is larger is none.
const MAX_FILE_BYTES: u64 = 1 << 20;

/// Arguments of `webhooks listen`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  sendcast webhooks listen --port 8090")]
pub struct Args {
    /// The port to listen on; 0 takes a free one
    #[arg(long, value_name = "N")]
    port: u16,
    /// The address to listen on; a tunnel or a proxy that speaks TLS usually stands before it
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// More words that mean "stop", one a line; `-word` takes one of the built-in ones out
    #[arg(long, value_name = "FILE")]
    stop_words: Option<PathBuf>,
    /// A file with the secret part of the path that only you can read (else SENDCAST_WEBHOOK_PATH, else one is made and
    /// kept)
    #[arg(long, value_name = "FILE")]
    path_secret_file: Option<PathBuf>,
    /// A file with the secret that webhooks are signed with (else SENDCAST_WEBHOOK_SECRET); unsigned ones are refused
    /// then
    #[arg(long, value_name = "FILE")]
    signing_secret_file: Option<PathBuf>,
    /// How often campaigns that nobody runs get what has come, and how often that is told.
    #[arg(long, value_name = "DURATION", default_value = "5s", hide = true)]
    every: Span,
}

/// Takes webhooks in until it is interrupted.
///
/// # Errors
/// When the port or the inbox is taken, a secret or a file of words can't be used, or the disk says no.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let options = ListenOptions {
        words: words(args.stop_words.as_deref())?,
        signing: signing(args)?,
        path: path_secret(args)?,
        every: args.every.0,
    };
    let listener = WebhookListener::open(&ctx.app, options)?;
    let socket = TcpListener::bind(SocketAddr::new(args.bind, args.port)).await.map_err(|error| {
        AppError::failed(format!("can't listen on {} port {}: {error}", args.bind, args.port))
            .hint("another program has it: choose another port, or stop that one")
    })?;
    let at = socket.local_addr().map_err(|error| AppError::failed(error.to_string()))?;
    let mut interrupted = signals::listen(&ctx.printer, "ending: what was acknowledged is on disk")?;
    introduce(ctx, at, &listener)?;
    let mut told = Told::default();
    let mut heard = |heard: &Heard| tell(ctx, &mut told, heard);
    listener.listen(&ctx.app, socket, &mut interrupted, &mut heard).await?;
    Ok(Exit::Done)
}

/// What was told so far.
#[derive(Debug, Default)]
struct Told {
    taken: Taken,
    waiting: u64,
}

/// Tells what came since the last time: counts, and nobody's number.
fn tell(ctx: &Context, told: &mut Told, heard: &Heard) -> Result<(), AppError> {
    let Heard { taken, waiting, failed, fed } = heard;
    if let Some(error) = failed {
        ctx.warn(&format!("could not record webhooks, or not hand them on: {error}"));
    }
    for Fed { campaign, result } in fed {
        match result {
            Err(error) => ctx.warn(&format!("could not record webhook events for {campaign}: {error}")),
            Ok(folded) if folded.news > 0 && !ctx.json() => {
                ctx.say(&format!(
                    "{campaign}: {} noted",
                    plural(folded.news, "piece of news", "pieces of news")
                ));
            }
            Ok(_) => {}
        }
    }
    if *waiting > told.waiting {
        optouts::tell_unattributed(&ctx.app, &ctx.app.home(false)?)?;
    }
    told.waiting = *waiting;
    if *taken == told.taken && (fed.is_empty() || !ctx.json()) {
        return Ok(());
    }
    told.taken = *taken;
    let Taken { deliveries, replies, buttons, opted_out, resumed, still_out, .. } = *taken;
    if ctx.json() {
        let noted = fed.iter().filter_map(|fed| Some((&fed.campaign, fed.result.as_ref().ok()?)));
        let noted: Vec<_> = noted
            .map(|(campaign, folded)| {
                json!({ "campaign": campaign, "news": folded.news, "replied": folded.replies.replied,
                    "replies": folded.replies.buttons })
            })
            .collect();
        return ctx.out_json(&json!({
            "deliveries": deliveries, "replies": replies, "buttons": buttons, "opted_out": opted_out,
            "unattributed_stops": waiting, "resumed": resumed, "resumed_but_still_out": still_out,
            "campaigns": noted,
        }));
    }
    let more = [
        (*waiting, " (and unattributed stops: "),
        (resumed, " (resumed: "),
        (still_out, " (resumed in WhatsApp, still on the list: "),
    ];
    let more = more.map(|(n, what)| if n > 0 { format!("{what}{})", count(n)) } else { String::new() });
    ctx.say(&format!(
        "so far: {}, {} ({} of a button), {} opted out{}",
        plural(deliveries, "piece of news", "pieces of news"),
        plural(replies, "reply", "replies"),
        count(buttons),
        count(opted_out),
        more.concat()
    ));
    Ok(())
}

/// Says where it listens and what to register.
fn introduce(ctx: &Context, at: SocketAddr, listener: &WebhookListener) -> Result<(), AppError> {
    let url = format!("http://{at}/hooks/{}", listener.own_path().unwrap_or("YOUR-SECRET"));
    if ctx.json() {
        ctx.out_json(&json!({ "listening": at.to_string(), "url": listener.own_path().map(|_| &url) }))?;
    } else {
        ctx.out(&format!("{url}\n"))?;
    }
    ctx.say(
        "taking webhooks in. Whoever knows that path is believed: keep it to yourself. Register it under the address \
         that Sendwo reaches this machine by:\n  sendcast webhooks create --name sendcast --target-url \
         https://YOUR-HOST/hooks/SECRET",
    );
    if listener.is_signed() {
        ctx.say("unsigned webhooks are refused");
    }
    if !at.ip().is_loopback() {
        ctx.warn("it is open to the network and speaks no TLS: let a proxy or a tunnel stand before it");
    }
    ctx.say(
        "Ctrl-C ends it. Campaigns that are running get what comes by themselves, others every few seconds.",
    );
    Ok(())
}

fn words(file: Option<&Path>) -> Result<StopWords, AppError> {
    let mut words = StopWords::default();
    if let Some(path) = file {
        let text = text(path, false)?;
        words.extend(&text).map_err(|error| {
            AppError::usage(format!("{}: {error}", path.display()))
                .hint("write one word or phrase a line, as people write it when they want no more messages")
        })?;
    }
    Ok(words)
}

/// The path's secret that was given.
fn path_secret(args: &Args) -> Result<Option<PathSecret>, AppError> {
    let given = match &args.path_secret_file {
        Some(path) => Some(text(path, true)?),
        None => settings::webhook_path(),
    };
    let hint = "12 to 128 letters, digits, `-` and `_`; or leave it out, and one is made and kept";
    let secret = given.map(|text| PathSecret::new(&text)).transpose();
    secret.map_err(|error| AppError::usage(error.to_string()).hint(hint))
}

fn signing(args: &Args) -> Result<Option<SigningSecret>, AppError> {
    let given = match &args.signing_secret_file {
        Some(path) => Some(text(path, true)?),
        None => settings::webhook_secret(),
    };
    given.map(|text| SigningSecret::new(&text)).transpose().map_err(|error| {
        AppError::usage(error.to_string()).hint("it is the secret that the sender signs with")
    })
}

/// A small file; one with a secret may be its owner's alone.
fn text(path: &Path, secret: bool) -> Result<String, AppError> {
    let failed = |error: io::Error| AppError::disk("read", path, &error);
    let meta = std::fs::metadata(path).map_err(failed)?;
    if !meta.is_file() || meta.len() > MAX_FILE_BYTES {
        return Err(AppError::usage(format!("{} is no small file", path.display())));
    }
    if secret && platform::open_to_others(&meta) {
        return Err(AppError::failed(format!("others can read {}", path.display()))
            .hint(format!("run `chmod 600 {}`", path.display())));
    }
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES).read_to_string(&mut text))
        .map_err(failed)?;
    Ok(text)
}
