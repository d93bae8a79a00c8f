//! `status [CAMPAIGN] [--watch]`

use std::time::Duration;

use serde_json::json;

use crate::app::AppError;
use crate::app::campaign_dir::CampaignDir;
use crate::app::campaign_dir::observe;
use crate::app::campaign_dir::round_kind;
use crate::app::optouts;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::{completion, status_text};
use crate::domain::format::count;
use crate::domain::status::Status;
use crate::engine::snapshot::{RunState, Snapshot};
use crate::sys::clock::Clock;
use crate::ui::{Progress, Table};

/// How often `--watch` looks: as often as the runner publishes.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// Arguments of `status`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The campaign: its file, or its name; all of them when absent
    #[arg(value_name = "CAMPAIGN", add = completion::campaigns())]
    campaign: Option<String>,
    /// The trials' ledgers, not the real ones
    #[arg(long)]
    sandbox: bool,
    /// Look again twice a second, until nobody is working on it
    #[arg(short, long, requires = "campaign")]
    watch: bool,
}

/// Tells where a campaign stands, or all.
///
/// # Errors
/// When there is no such campaign, or a ledger can't be read.
pub async fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    optouts::tell_unattributed(&ctx.app, &ctx.app.home(args.sandbox)?)?;
    let Some(campaign) = args.campaign.clone() else { return all(args, ctx) };
    let campaign_dir = CampaignDir::find(&ctx.app, &campaign, args.sandbox)?;
    if args.watch {
        return watch(ctx, &campaign_dir).await;
    }
    let snapshot = observe::look(&ctx.app, &campaign_dir)?;
    if ctx.json() {
        ctx.out_json(&snapshot)?;
    } else {
        let named = (&*campaign_dir.called(), &*round_kind::goes_on(&ctx.app, &campaign_dir));
        ctx.out(&status_text::status(&snapshot, named, ctx.app.clock.now()))?;
    }
    Ok(Exit::Done)
}

async fn watch(ctx: &Context, campaign_dir: &CampaignDir) -> Result<Exit, AppError> {
    let mut screen = Progress::start(&ctx.printer);
    let mut last: Option<Snapshot> = None;
    loop {
        let snapshot = observe::look(&ctx.app, campaign_dir)?;
        screen.update(&snapshot);
        // One object a line, for whoever reads along.
        if ctx.json() && last.as_ref().is_none_or(|last| differs(last, &snapshot)) {
            ctx.out_json(&snapshot)?;
        }
        let over = matches!(snapshot.state, RunState::Settled | RunState::Cancelled | RunState::Stopped);
        if over || !observe::is_fresh(&snapshot, ctx.app.clock.now()) {
            screen.finish(&snapshot);
            ctx.say("nobody is working on it");
            return Ok(Exit::Done);
        }
        last = Some(snapshot);
        tokio::time::sleep(WATCH_INTERVAL).await;
    }
}

fn differs(one: &Snapshot, other: &Snapshot) -> bool {
    (one.state, one.counts, &one.hold) != (other.state, other.counts, &other.hold)
}

fn all(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let home = ctx.app.home(args.sandbox)?;
    let mut looks = Vec::new();
    for campaign_dir in CampaignDir::all(&*ctx.app.disk, &home)? {
        looks.push((observe::look(&ctx.app, &campaign_dir), campaign_dir));
    }
    if ctx.json() {
        let list: Vec<_> = looks
            .iter()
            .map(|(look, campaign_dir)| match look {
                Ok(snapshot) => json!(snapshot),
                Err(error) => json!({ "campaign": campaign_dir.name, "error": error.to_string() }),
            })
            .collect();
        ctx.out_json(&list)?;
        return Ok(Exit::Done);
    }
    if looks.is_empty() {
        let trials = if args.sandbox { " in the sandbox" } else { "" };
        ctx.say(&format!("no campaign has been planned{trials}; `sendcast init` writes one to start from"));
        return Ok(Exit::Done);
    }
    let columns = [
        "campaign",
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
    let mut table = Table::new(columns).right(&[2, 3, 4, 5, 6, 7, 8, 9]);
    for (look, campaign_dir) in looks {
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
                let state = snapshot.state.to_string();
                table.row([campaign_dir.name, state].into_iter().chain(numbers.map(count)));
            }
            Err(error) => {
                table.row([campaign_dir.name.as_str(), "unreadable"]);
                ctx.warn(&format!("{}: {error}", campaign_dir.name));
            }
        }
    }
    ctx.out_table(&table)?;
    Ok(Exit::Done)
}
