//! `erase CAMPAIGN [--all]`, `erase --older-than AGE`, `erase --singles`

use std::time::Duration;

use clap::ArgGroup;
use serde_json::{Value, json};

use crate::app::AppError;
use crate::app::erase::{
    Erased, ErasedSingles, Erasure, KeptCampaign, OldCampaign, OldCampaigns, count_singles, erase_singles,
};
use crate::campaign::duration::Span;
use crate::cli::completion;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::domain::format::{count, local, plural};
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::ui::{Table, can_ask};

/// What is said of all that goes.
const STAYS: &str = "what stays: the opt-out list, and salted hashes of the people written to in the last 24 hours, which \
                     the daily limit needs; they tell nobody's number unless all numbers are tried with the salt beside them";

/// Arguments of `erase`.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("what").required(true).args(["campaign", "older_than", "singles"]))]
#[command(
    after_help = "A campaign and the trial of its name in the sandbox are two: `erase NAME` removes the real one and says \
                        whether there is a trial, `--sandbox` the trial, `--all` both.\n\n\
                        `--older-than 90d` lists what it would erase and why the rest stays, and erases with `--yes`, or once \
                        you have said yes. What is paused or planned with people not yet sent to stays, and so does what \
                        another sendcast works on; stopped campaigns go.\n\n\
                        The files of single messages (`test`, `send`) go by themselves after 30 days, with the next `test` or \
                        `send`.\n\n\
                        Examples:\n  sendcast erase diwali\n  sendcast erase diwali --reports\n  sendcast erase --older-than 90d"
)]
pub struct Args {
    /// The campaign: its file, or its name once it has been planned
    #[arg(value_name = "CAMPAIGN", add = completion::campaigns())]
    campaign: Option<String>,
    /// All campaigns in which nothing has happened for longer than this, such as `90d`
    #[arg(long, value_name = "DURATION")]
    older_than: Option<Span>,
    /// All single messages (`test`, `send`)
    #[arg(long)]
    singles: bool,
    /// Trials, not what was real
    #[arg(long)]
    sandbox: bool,
    /// What was real, and trials too
    #[arg(long, conflicts_with = "sandbox")]
    all: bool,
    /// Remove the reports that were written, too
    #[arg(long, conflicts_with = "singles")]
    reports: bool,
    /// Don't ask
    #[arg(short, long)]
    yes: bool,
}

impl Args {
    /// Which parts of the data directory: real, trials.
    fn parts(&self) -> &'static [bool] {
        match (self.all, self.sandbox) {
            (true, _) => &[false, true],
            (false, true) => &[true],
            (false, false) => &[false],
        }
    }
}

/// Removes from the data directory what is named.
///
/// # Errors
/// When there is no such campaign, somebody is working on it, or the disk says no.
pub fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    match (&args.campaign, args.older_than) {
        (Some(campaign), _) => one(campaign, args, ctx),
        (None, Some(Span(age))) => old(age, args, ctx),
        (None, None) => singles(args, ctx),
    }
}

fn declined(ctx: &Context) -> Exit {
    ctx.say("nothing was erased");
    Exit::CouldNotRun
}

/// A campaign, its trial, or both.
fn one(campaign: &str, args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let erasures = match args.all {
        true => Erasure::of_both(&ctx.app, campaign)?,
        false => vec![Erasure::of(&ctx.app, campaign, args.sandbox)?],
    };
    let names: Vec<_> = erasures.iter().map(|erasure| erasure.campaign_dir.called()).collect();
    if !args.yes {
        let kept = match (erasures.iter().map(|erasure| erasure.reports.len()).sum::<usize>(), args.reports) {
            (0, _) => String::new(),
            (n, true) => format!(" and {n} of its reports"),
            (n, false) => format!("; {n} of its reports stay (`--reports` removes them too)"),
        };
        let draft = match erasures.iter().any(|erasure| erasure.draft.is_some()) {
            true => ", with the draft it was planned from and its files",
            false => "",
        };
        let question = format!(
            "Erase {}: its rows, messages, journal and all rounds{draft}{kept}? If it is run again, everybody is \
             written to again.",
            names.join(" and ")
        );
        if !ctx.ask(&question)? {
            return Ok(declined(ctx));
        }
    }
    let name = erasures.first().map(|erasure| erasure.campaign_dir.name.clone()).unwrap_or_default();
    let (mut removed, mut left, mut draft) = (Vec::new(), Vec::new(), None);
    let (mut trial, mut trial_left) = (None, None);
    for erasure in erasures {
        let called = erasure.campaign_dir.called();
        match erasure.campaign_dir.home.is_sandbox() {
            true => trial = Some("erased"),
            false if !args.all => {
                trial_left = erasure.trial(&ctx.app)?.map(|trial| trial.campaign_dir.called());
                trial = trial_left.as_ref().map(|_| "left");
            }
            false => {}
        }
        let erased = erasure.carry_out(&ctx.app, args.reports)?;
        tell(&called, &erased, ctx);
        draft = draft.or(erased.draft);
        removed.extend(erased.removed);
        left.extend(erased.left);
    }
    if ctx.json() {
        let all = json!({
            "erased": name, "reports_removed": removed, "reports_left": left, "draft_removed": draft, "trial": trial,
        });
        ctx.out_json(&all)?;
        return Ok(Exit::Done);
    }
    ctx.say(STAYS);
    if let Some(trial) = trial_left {
        ctx.say(&format!("there is a trial of that name, which stays: `sendcast erase {trial}` removes it"));
    }
    Ok(Exit::Done)
}

/// Says what became of a campaign that was erased.
fn tell(called: &str, erased: &Erased, ctx: &Context) {
    if ctx.json() {
        return;
    }
    ctx.say(&format!("{called} is erased"));
    for path in &erased.removed {
        ctx.say(&format!("removed the report {}", path.display()));
    }
    if let Some(dir) = &erased.draft {
        ctx.say(&format!("removed the draft it was planned from, with its files: {}", dir.display()));
    }
    for path in &erased.left {
        ctx.say(&format!("left the report {}", path.display()));
    }
    if let Some(imitation) = &erased.imitation {
        ctx.say(&format!(
            "it was sent to a server on this machine: if that was `sendcast sandbox`, its ledger in {} still has \
             these people; remove it while no sandbox is running",
            imitation.display()
        ));
    }
}

/// Campaigns in which nothing has happened for so long.
fn old(age: Duration, args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let mut found = OldCampaigns::default();
    for sandbox in args.parts() {
        let OldCampaigns { old, kept } = OldCampaigns::find(&ctx.app, *sandbox, age)?;
        found.old.extend(old);
        found.kept.extend(kept);
    }
    let OldCampaigns { old, mut kept } = found;
    if !old.is_empty() {
        ctx.out_table(&table(&old, ctx))?;
    }
    for kept in &kept {
        tell_kept(kept, ctx);
    }
    let campaigns = plural(old.len() as u64, "campaign", "campaigns");
    let dry_run = !args.yes && (old.is_empty() || ctx.json() || !can_ask(&ctx.printer));
    let mut campaigns_json: Vec<_> = old.iter().map(as_json).collect();
    if old.is_empty() {
        ctx.say(&format!("there is no campaign to erase in which nothing has happened for {}", Span(age)));
    } else if dry_run {
        ctx.say(&format!("nothing was erased; with `--yes` {campaigns} would be"));
    } else {
        let reports: usize = old.iter().map(|old| old.erasure.reports.len()).sum();
        let with = match (reports, args.reports) {
            (0, _) => String::new(),
            (n, true) => format!(" and {}", plural(n as u64, "report", "reports")),
            (n, false) => {
                format!("; {} stay (`--reports` removes them too)", plural(n as u64, "report", "reports"))
            }
        };
        let question =
            format!("Erase {campaigns}{with}? If they are run again, everybody is written to again.");
        if !args.yes && !ctx.ask(&question)? {
            return Ok(declined(ctx));
        }
        campaigns_json.clear();
        for old in old {
            let (mut told, called) = (as_json(&old), old.erasure.campaign_dir.called());
            match old.carry_out(&ctx.app, args.reports)? {
                Ok(erased) => {
                    tell(&called, &erased, ctx);
                    told["reports_removed"] = json!(erased.removed);
                    told["reports_left"] = json!(erased.left);
                    told["draft_removed"] = json!(erased.draft);
                    campaigns_json.push(told);
                }
                Err(stays) => {
                    tell_kept(&stays, ctx);
                    kept.push(stays);
                }
            }
        }
        ctx.say(STAYS);
    }
    if ctx.json() {
        let kept: Vec<_> = kept.iter().map(kept_as_json).collect();
        ctx.out_json(&json!({ "dry_run": dry_run, "campaigns": campaigns_json, "kept": kept }))?;
    }
    Ok(Exit::Done)
}

fn table(old: &[OldCampaign], ctx: &Context) -> Table {
    let columns = ["campaign", "last active", "state", "total", "not sent", "in doubt", "reports"];
    let mut table = Table::new(columns).right(&[3, 4, 5, 6]).names();
    for OldCampaign { erasure, last, look, .. } in old {
        let unsent = look.counts[Status::Queued] + look.counts[Status::Sending];
        let numbers = [look.total, unsent, look.counts[Status::InDoubt], erasure.reports.len() as u64];
        let at = local(*last, &ctx.app.settings.timezone);
        let words = [erasure.campaign_dir.called(), at, look.state.to_string()];
        table.row(words.into_iter().chain(numbers.map(count)));
    }
    table
}

fn tell_kept(kept: &KeptCampaign, ctx: &Context) {
    ctx.say(&format!("{} stays: {}", kept.campaign_dir.called(), kept.reason));
}

fn as_json(old: &OldCampaign) -> Value {
    let OldCampaign { erasure, last, look, .. } = old;
    json!({
        "campaign": erasure.campaign_dir.name, "sandbox": erasure.campaign_dir.home.is_sandbox(),
        "state": look.state, "last_active_at": last.rfc3339(), "total": look.total, "counts": look.counts,
        "reports_removed": [], "reports_left": erasure.reports, "draft_removed": null,
    })
}

fn kept_as_json(kept: &KeptCampaign) -> Value {
    json!({
        "campaign": kept.campaign_dir.name, "sandbox": kept.campaign_dir.home.is_sandbox(),
        "last_active_at": kept.last.map(Millis::rfc3339), "reason": kept.reason,
    })
}

/// All single messages.
fn singles(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let homes = args.parts().iter().map(|sandbox| ctx.app.home(*sandbox));
    let homes = homes.collect::<Result<Vec<_>, _>>()?;
    let mut there = 0;
    for home in &homes {
        there += count_singles(&ctx.app, home)?;
    }
    let messages = plural(there, "single message", "single messages");
    let question = format!("Erase {messages} (`test`, `send`)?");
    if there > 0 && !args.yes && !ctx.ask(&question)? {
        return Ok(declined(ctx));
    }
    let (mut erased, mut held) = (0, 0);
    for home in &homes {
        let ErasedSingles { erased: gone, held: stays } = erase_singles(&ctx.app, home)?;
        erased += gone;
        held += stays;
    }
    if ctx.json() {
        ctx.out_json(&json!({ "erased": erased, "kept": held }))?;
        return Ok(Exit::Done);
    }
    ctx.say(&plural(erased, "single message is erased", "single messages are erased"));
    if held > 0 {
        ctx.say(&format!("{} stay: they are being sent; erase them afterwards", count(held)));
    }
    if erased > 0 {
        if args.parts().contains(&true) {
            ctx.say(
                "what the sandbox keeps of a `test` goes with its campaign: `sendcast erase NAME --sandbox`",
            );
        }
        ctx.say(STAYS);
    }
    Ok(Exit::Done)
}
