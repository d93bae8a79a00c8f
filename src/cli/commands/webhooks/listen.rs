//! `webhooks listen --port N`

use std::cell::RefCell;
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::feeding::Attribution;
use crate::app::feeding::{Fed, Feeder};
use crate::app::optouts;
use crate::campaign::duration::Span;
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::{settings, signals};
use crate::domain::format::{count, plural};
use crate::domain::phone::Phone;
use crate::domain::time::Millis;
use crate::engine::optout::OptOutList;
use crate::sys::clock::Clock;
use crate::sys::disk::SharedDisk;
use crate::sys::home::Home;
use crate::sys::platform::{self, Interrupt};
use crate::webhooks::intake::Keeper;
use crate::webhooks::server::{Door, serve};
use crate::webhooks::{
    InboxError, InboxWriter, Intake, PathSecret, SigningSecret, StopList, StopWords, Taken, inbox_dir,
};

/// A file of secrets or words that is larger is none.
const LARGEST: u64 = 1 << 20;

/// Arguments of `webhooks listen`.
#[derive(Debug, clap::Args)]
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
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, CliError> {
    let home = ctx.app.home(false)?;
    let origin = ctx.app.settings.base_url.server();
    let inbox = inbox_dir(&home.account(&origin));
    let words = words(args.stop_words.as_deref())?;
    let signing = signing(args)?;
    let writer =
        InboxWriter::open(ctx.app.disk.clone(), inbox.clone(), ctx.app.clock.now()).map_err(taken)?;
    let (path, ours) = path_secret(ctx, args, &inbox)?;
    let listener = TcpListener::bind(SocketAddr::new(args.bind, args.port)).await.map_err(|error| {
        CliError::failed(format!("can't listen on {} port {}: {error}", args.bind, args.port))
            .hint("another program has it: choose another port, or stop that one")
    })?;
    let at = listener.local_addr().map_err(|error| CliError::failed(error.to_string()))?;
    let mut interrupted = signals::listen(&ctx.printer, "ending: what was acknowledged is on disk")?;
    let keeper = Keeper::new(writer, words, stop_list(ctx, &home)?);
    let sum = Rc::new(RefCell::new(Sum::default()));
    let told = Rc::clone(&sum);
    let (intake, taking) = Intake::start(keeper, ctx.app.clock.clone(), move |taken| {
        let mut sum = told.borrow_mut();
        match taken {
            Ok(taken) => sum.taken = sum.taken.and(taken),
            Err(error) => sum.failed = Some(error.to_string()),
        }
    });
    let door = Door { path: path.clone(), signing, patience: Door::PATIENCE };
    let signed = door.signing.is_some();
    let (close, closing) = watch::channel(false);
    let serving = tokio::task::spawn_local(serve(listener, door, intake, closing));
    introduce(ctx, at, &path, ours, signed)?;
    let attribution = Attribution::new(ctx.app.disk.clone(), home.clone(), &origin);
    let feeder = Feeder::new(ctx.app.disk.clone(), home, ctx.app.clock.clone(), origin)
        .map_err(|error| CliError::disk("read", &inbox, &error))?;
    let fed = feed(ctx, (feeder, attribution), &sum, args.every.0, &mut interrupted).await;
    // What is being taken in is written and acknowledged; nobody else is let in.
    close.send_replace(true);
    let _ = tokio::time::timeout(Door::PATIENCE, async { (serving.await, taking.await) }).await;
    fed?;
    tell(ctx, &mut sum.borrow_mut(), &[])?;
    Ok(Exit::Done)
}

/// What was taken in so far, and what was told of it.
#[derive(Debug, Default)]
struct Sum {
    taken: Taken,
    told: Taken,
    /// Stops of which nobody knows whose they are, now and when that was told last.
    waiting: u64,
    waiting_told: u64,
    /// The disk's error since the last time.
    failed: Option<String>,
}

/// Hands on and tells, until it is interrupted. It works beside the server: opening a great campaign takes its time.
async fn feed(
    ctx: &Context,
    (mut feeder, mut attribution): (Feeder, Attribution),
    sum: &RefCell<Sum>,
    every: Duration,
    interrupted: &mut watch::Receiver<Option<Interrupt>>,
) -> Result<(), CliError> {
    loop {
        let runtime = tokio::runtime::Handle::current();
        let now = ctx.app.clock.now();
        let fed = tokio::task::spawn_blocking(move || {
            let fed = runtime.block_on(feeder.feed());
            let whose = attribution.attribute(now);
            (feeder, attribution, fed, whose)
        });
        let (back, again, fed, whose) =
            fed.await.map_err(|error| CliError::failed(format!("internal: {error}")))?;
        (feeder, attribution) = (back, again);
        match whose {
            Ok(whose) => {
                let mut sum = sum.borrow_mut();
                sum.taken.opted_out += whose.found;
                sum.waiting = whose.waiting;
            }
            Err(error) => sum.borrow_mut().failed = Some(error.to_string()),
        }
        let fed = fed.unwrap_or_else(|error| {
            sum.borrow_mut().failed = Some(error.to_string());
            Vec::new()
        });
        tell(ctx, &mut sum.borrow_mut(), &fed)?;
        if let Ok(ended) = tokio::time::timeout(every, interrupted.wait_for(Option::is_some)).await {
            // The one who hears signals is gone only with the program.
            drop(ended);
            return Ok(());
        }
    }
}

/// Tells what came since the last time: counts, and nobody's number.
fn tell(ctx: &Context, sum: &mut Sum, fed: &[Fed]) -> Result<(), CliError> {
    if let Some(error) = sum.failed.take() {
        ctx.warn(&format!("webhooks can't be kept, or not be handed on: {error}"));
    }
    for Fed { campaign, result } in fed {
        match result {
            Err(error) => ctx.warn(&format!("what webhooks tell can't be noted for {campaign}: {error}")),
            Ok(folded) if folded.news > 0 && !ctx.json() => {
                ctx.say(&format!(
                    "{campaign}: {} noted",
                    plural(folded.news, "piece of news", "pieces of news")
                ));
            }
            Ok(_) => {}
        }
    }
    if sum.waiting > sum.waiting_told {
        optouts::tell_unattributed(&ctx.app, &ctx.app.home(false)?)?;
    }
    sum.waiting_told = sum.waiting;
    if sum.taken == sum.told && (fed.is_empty() || !ctx.json()) {
        return Ok(());
    }
    sum.told = sum.taken;
    let Taken { deliveries, replies, buttons, opted_out, resumed, still_out, .. } = sum.taken;
    let waiting = sum.waiting;
    if ctx.json() {
        let noted = fed.iter().filter_map(|fed| Some((&fed.campaign, fed.result.as_ref().ok()?)));
        let noted: Vec<_> = noted
            .map(|(campaign, folded)| {
                json!({ "campaign": campaign, "news": folded.news, "replies": folded.replies })
            })
            .collect();
        return ctx.out_json(&json!({
            "deliveries": deliveries, "replies": replies, "buttons": buttons, "opted_out": opted_out,
            "unattributed_stops": waiting, "resumed": resumed, "resumed_but_still_out": still_out,
            "campaigns": noted,
        }));
    }
    let more = [
        (waiting, " (and unattributed stops: "),
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
fn introduce(
    ctx: &Context,
    at: SocketAddr,
    path: &PathSecret,
    ours: bool,
    signed: bool,
) -> Result<(), CliError> {
    // A secret that was handed over isn't said back.
    let secret = if ours { path.expose() } else { "YOUR-SECRET" };
    let url = format!("http://{at}/hooks/{secret}");
    if ctx.json() {
        ctx.out_json(&json!({ "listening": at.to_string(), "url": ours.then_some(&url) }))?;
    } else {
        ctx.out(&format!("{url}\n"))?;
    }
    ctx.say(
        "taking webhooks in. Whoever knows that path is believed: keep it to yourself. Register it under the address \
         that Sendwo reaches this machine by:\n  sendcast webhooks create --name sendcast --target-url \
         https://YOUR-HOST/hooks/SECRET",
    );
    if signed {
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

fn taken(error: InboxError) -> CliError {
    let hint = match error {
        InboxError::Locked => "one is enough for all campaigns of an account; stop that one first",
        InboxError::Disk { .. } => "mend the disk or its permissions and start it again",
    };
    CliError::failed(error.to_string()).hint(hint)
}

/// The list, read anew each time: others change it as well.
struct FileList {
    disk: SharedDisk,
    path: PathBuf,
}

impl StopList for FileList {
    fn add(&mut self, people: &[(Phone, String)], at: Millis) -> io::Result<u64> {
        OptOutList::open(self.disk.clone(), &self.path)?.add_all(people, at)
    }

    fn resume(&mut self, phone: Phone, told: Millis) -> io::Result<bool> {
        OptOutList::open(self.disk.clone(), &self.path)?.lift(phone, told)
    }
}

/// The list as `optout` keeps it. One that can't be read is told now, not when the first person asks to be left alone.
fn stop_list(ctx: &Context, home: &Home) -> Result<Box<dyn StopList>, CliError> {
    if let (_, Some(damage)) = optouts::open_damaged(&ctx.app, home)? {
        ctx.warn(&damage.message);
        damage.details.iter().for_each(|line| ctx.warn(line));
    }
    Ok(Box::new(FileList { disk: ctx.app.disk.clone(), path: home.optouts() }))
}

fn words(file: Option<&Path>) -> Result<StopWords, CliError> {
    let mut words = StopWords::default();
    if let Some(path) = file {
        let text = text(path, false)?;
        words.extend(&text).map_err(|error| {
            CliError::usage(format!("{}: {error}", path.display()))
                .hint("write one word or phrase a line, as people write it when they want no more messages")
        })?;
    }
    Ok(words)
}

/// The path's secret, and whether it is one that sendcast made.
fn path_secret(ctx: &Context, args: &Args, inbox: &Path) -> Result<(PathSecret, bool), CliError> {
    let given = match &args.path_secret_file {
        Some(path) => Some(text(path, true)?),
        None => settings::webhook_path(),
    };
    let hint = "12 to 128 letters, digits, `-` and `_`; or leave it out, and one is made and kept";
    match given {
        Some(text) => {
            let secret = PathSecret::new(&text);
            Ok((secret.map_err(|error| CliError::usage(error.to_string()).hint(hint))?, false))
        }
        None => {
            let path = PathSecret::path(inbox);
            let kept = PathSecret::kept(&*ctx.app.disk, &path);
            Ok((kept.map_err(|error| CliError::disk("keep the path's secret in", &path, &error))?, true))
        }
    }
}

fn signing(args: &Args) -> Result<Option<SigningSecret>, CliError> {
    let given = match &args.signing_secret_file {
        Some(path) => Some(text(path, true)?),
        None => settings::webhook_secret(),
    };
    given.map(|text| SigningSecret::new(&text)).transpose().map_err(|error| {
        CliError::usage(error.to_string()).hint("it is the secret that the sender signs with")
    })
}

/// A small file; one with a secret may be its owner's alone.
fn text(path: &Path, secret: bool) -> Result<String, CliError> {
    let failed = |error: io::Error| CliError::disk("read", path, &error);
    let meta = std::fs::metadata(path).map_err(failed)?;
    if !meta.is_file() || meta.len() > LARGEST {
        return Err(CliError::usage(format!("{} is no small file", path.display())));
    }
    if secret && platform::open_to_others(&meta) {
        return Err(CliError::failed(format!("others can read {}", path.display()))
            .hint(format!("run `chmod 600 {}`", path.display())));
    }
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(LARGEST).read_to_string(&mut text))
        .map_err(failed)?;
    Ok(text)
}
