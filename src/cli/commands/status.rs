//! `status [CAMPAIGN] [--watch]`
//!
//! What people read of it is cumulative, as in a funnel: who has read a message is among the delivered and the accepted, too.
//! `--json` counts each person once, under their last status.

use std::cmp::Reverse;
use std::time::Duration;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::app::AppError;
use crate::app::campaign_dir::CampaignDir;
use crate::app::campaign_dir::observe;
use crate::app::campaign_dir::round_kind;
use crate::app::optouts;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::{completion, status_text};
use crate::domain::format::{count, local};
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::engine::snapshot::{RunState, Snapshot};
use crate::sys::clock::Clock;
use crate::ui::{Lines, Progress, Table};

/// How often `--watch` looks: as often as the runner publishes.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  sendcast status\n  sendcast status diwali --watch")]
pub struct Args {
    /// The campaign: its file, or its name; all of them when absent
    #[arg(value_name = "CAMPAIGN", add = completion::campaigns())]
    campaign: Option<String>,
    /// The trials' ledgers, not the real ones
    #[arg(long)]
    sandbox: bool,
    /// Look again twice a second, until nobody is working on it; without a campaign, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
}

/// Tells where a campaign stands, or all.
///
/// # Errors
/// When there is no such campaign, or a ledger can't be read.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    optouts::tell_unattributed(&ctx.app, &ctx.app.home(args.sandbox)?)?;
    let Some(campaign) = args.campaign.clone() else {
        return if args.watch { watch_all(args, ctx).await } else { all(args, ctx) };
    };
    let campaign_dir = CampaignDir::find(&ctx.app, &campaign, args.sandbox)?;
    if args.watch {
        return watch(ctx, &campaign_dir).await;
    }
    let snapshot = observe::look(&ctx.app, &campaign_dir)?;
    if ctx.json() {
        ctx.out_json(&snapshot)?;
    } else {
        let named = (&*campaign_dir.called(), &*round_kind::goes_on(&ctx.app, &campaign_dir));
        let zone = &ctx.app.settings.timezone;
        ctx.out(&status_text::status(&snapshot, named, ctx.app.clock.now(), zone))?;
    }
    Ok(Exit::Done)
}

async fn watch(ctx: &Context, campaign_dir: &CampaignDir) -> Result<Exit, AppError> {
    let mut screen = Progress::start(&ctx.printer, &ctx.app.settings.timezone);
    let mut last = Value::Null;
    loop {
        let snapshot = observe::look(&ctx.app, campaign_dir)?;
        screen.update(&snapshot);
        // One object a line, for whoever reads along.
        let now = shown(&snapshot);
        if ctx.json() && last != now {
            ctx.out_json(&snapshot)?;
            last = now;
        }
        let over = matches!(snapshot.state, RunState::Settled | RunState::Cancelled | RunState::Stopped);
        if over || !observe::is_fresh(&snapshot, ctx.app.clock.now()) {
            screen.finish(&snapshot);
            ctx.say("nobody is working on it");
            return Ok(Exit::Done);
        }
        tokio::time::sleep(WATCH_INTERVAL).await;
    }
}

/// A campaign of the list, and where it stands.
type Listed = (CampaignDir, Result<Snapshot, AppError>);

/// All campaigns, the one that began last first, those that never began before all others.
fn list(args: &Args, ctx: &Context) -> Result<Vec<Listed>, AppError> {
    let home = ctx.app.home(args.sandbox)?;
    let mut list: Vec<Listed> = CampaignDir::all(&*ctx.app.disk, &home)?
        .into_iter()
        .map(|campaign_dir| {
            let look = observe::look(&ctx.app, &campaign_dir);
            (campaign_dir, look)
        })
        .collect();
    let began = |(_, look): &Listed| look.as_ref().map_or(Some(Millis::ZERO), |look| look.started_at);
    list.sort_by_key(|listed| Reverse(began(listed).unwrap_or(Millis(u64::MAX))));
    Ok(list)
}

fn all(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let list = list(args, ctx)?;
    if ctx.json() {
        ctx.out_json(&as_json(&list))?;
        return Ok(Exit::Done);
    }
    if list.is_empty() {
        let trials = if args.sandbox { " in the sandbox" } else { "" };
        ctx.say(&format!("no campaign has been planned{trials}; `sendcast init` writes one to start from"));
        return Ok(Exit::Done);
    }
    for (campaign_dir, look) in &list {
        if let Err(error) = look {
            ctx.warn(&format!("{}: {error}", campaign_dir.name));
        }
    }
    ctx.out_table(&table(&list, &ctx.app.settings.timezone))?;
    Ok(Exit::Done)
}

/// The list, drawn anew while somebody looks; with `--json` a line for each change.
async fn watch_all(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let mut interrupts = ctx.app.operator.interrupts()?;
    let mut screen = Lines::start(&ctx.printer);
    let mut last = Value::Null;
    loop {
        let list = list(args, ctx)?;
        if ctx.json() {
            let now = list.iter().filter_map(|(_, look)| look.as_ref().ok()).map(shown).collect();
            if last != now {
                ctx.out_json(&as_json(&list))?;
                last = now;
            }
        } else {
            screen.show(&table(&list, &ctx.app.settings.timezone));
        }
        tokio::select! {
            _ = interrupts.changed() => break,
            () = tokio::time::sleep(WATCH_INTERVAL) => {}
        }
    }
    screen.finish();
    Ok(Exit::Done)
}

/// What is worth a line where it changes; heartbeats and rates do all the time.
fn shown(snapshot: &Snapshot) -> Value {
    json!([snapshot.campaign, snapshot.state, snapshot.counts, snapshot.hold])
}

fn as_json(list: &[Listed]) -> Value {
    let each = list.iter().map(|(campaign_dir, look)| match look {
        Ok(snapshot) => json!(snapshot),
        Err(error) => json!({ "campaign": campaign_dir.name, "error": error.to_string() }),
    });
    each.collect()
}

fn table(list: &[Listed], zone: &TimeZone) -> Table {
    let columns = [
        "campaign",
        "started",
        "state",
        "total",
        "queued",
        "accepted",
        "delivered",
        "read",
        "failed",
        "in doubt",
        "skipped",
    ];
    let numbers = [3, 4, 5, 6, 7, 8, 9, 10];
    // Whether it is under way and how many got it is said to the last.
    let mut table = Table::new(columns).right(&numbers).optional(&[10, 4, 7, 3, 9, 8, 6, 1]).names();
    for (campaign_dir, look) in list {
        match look {
            Ok(snapshot) => {
                let c = &snapshot.counts;
                let numbers = [
                    snapshot.total,
                    c[Status::Queued] + c[Status::Sending],
                    c.reached(),
                    c.arrived(),
                    c[Status::Read],
                    c[Status::Failed],
                    c[Status::InDoubt],
                    c[Status::Skipped] + c[Status::Cancelled],
                ];
                let started = snapshot.started_at.map_or(String::new(), |at| local(at, zone));
                let words = [campaign_dir.name.clone(), started, snapshot.state.to_string()];
                table.row(words.into_iter().chain(numbers.map(count)));
            }
            Err(_) => table.row([&*campaign_dir.name, "", "unreadable"]),
        }
    }
    table
}
