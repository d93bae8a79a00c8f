//! `run CAMPAIGN`: plan (or take up where it stopped), send, track, write the report.

use std::path::Path;

use serde_json::json;

use crate::campaign::{Campaign, PlanOptions, Planner, source_hash};
use crate::cli::args::CampaignArgs;
use crate::cli::choices::{self, ChoiceArgs};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::opening::{Opened, Source};
use crate::cli::planning::{Findings, Gather, SHOWN, difference};
use crate::cli::reach::{self, Account};
use crate::cli::sending::{self, Sending, Sent};
use crate::cli::stored::{FromFile, Stored};
use crate::cli::trial::HiddenFaultArgs;
use crate::cli::{bulk, ledger, preflight, reporting, signals};
use crate::domain::phone::Phone;
use crate::domain::plan::{PlanDiff, PlanHead};
use crate::domain::status::Status;
use crate::engine::Ending;
use crate::engine::OptOuts;
use crate::queue::{LocalQueue, Queue, Staged, Wanted, local};
use crate::report::{Filter, Spec, in_turn};
use crate::sys::clock::Clock;
use crate::ui::format::{about, count, people, plural};
use crate::ui::{Summary, phone_bubble};

/// Arguments of `run`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    campaign: CampaignArgs,
    #[command(flatten)]
    choices: ChoiceArgs,
    /// Don't ask the account anything before the first message
    #[arg(long)]
    offline: bool,
    /// At most so many people written to for the first time, this time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    limit: Option<u64>,
    /// Everything short of sending
    #[arg(long)]
    dry_run: bool,
    /// A new round to the same people, once the last one is settled or cancelled
    #[arg(long)]
    again: bool,
    /// Any bad row stops it before sending
    #[arg(long)]
    strict: bool,
    /// Send again, once, what is proven not to have arrived
    #[arg(long)]
    resend_unseen: bool,
    /// Don't ask
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    faults: HiddenFaultArgs,
}

/// What is about to be sent, for questions and summaries.
struct Planned {
    /// A plan that waits to be adopted; `None` where the present one holds.
    staged: Option<Staged<local::Stage>>,
    /// What planning found; `None` where nothing was planned.
    findings: Option<Findings>,
}

/// Runs a campaign.
///
/// # Errors
/// Why it couldn't run. What was sent before that is on disk.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, CliError> {
    let home = ctx.home(args.campaign.sandbox)?;
    let mut source = Source::find(ctx, home, &args.campaign.campaign)?;
    let before = Stored::load(&*ctx.disk, &source.dir())?;
    let mut stored = before.clone().with(args.choices.said()?);
    bulk::refuse(&source.path)?;
    prepare(&mut source, &mut stored, &args)?;
    if args.campaign.sandbox {
        ctx.printer.note("a trial in the sandbox: nothing reaches WhatsApp");
    }
    let account = Account::of(ctx, args.campaign.sandbox).with_timeout(args.faults.timeout);
    if args.dry_run {
        return dry_run(ctx, &source, &account, &args).await;
    }
    account.require_token(ctx)?;
    let mut opened = Opened::open(ctx, &source, account.origin(), args.again)?;
    if let Some(exit) = held(ctx, &opened)? {
        opened.discard(ctx).await?;
        return Ok(exit);
    }
    let ready = get_ready(ctx, &source, &stored, &args, &account, &mut opened).await;
    let (mut planned, client) = match ready {
        Ok(Some(ready)) => ready,
        Ok(None) => {
            ctx.say("nothing was sent");
            opened.discard(ctx).await?;
            return Ok(Exit::CouldNotRun);
        }
        Err(error) => {
            opened.discard(ctx).await?;
            return Err(error);
        }
    };
    if let Some(staged) = planned.staged.take() {
        opened.queue.adopt(staged, ctx.clock.now()).await?;
    }
    stored.save(&*ctx.disk, &opened.ledger.dir, &before)?;
    let options = choices::options(&stored, args.limit, args.resend_unseen, account.timeout());
    let interrupted =
        signals::listen(ctx, "ending: what is in flight may take 10 s to finish; again to leave at once")?;
    let queued_before = opened.queue.counts()[Status::Queued];
    let sending = Sending {
        client: client.client,
        home: source.home.clone(),
        round: opened.ledger.round_dir(),
        options,
        shown: true,
        interrupted,
    };
    let sent = sending::send(ctx, opened.queue, sending).await?;
    let ending = Ended { ledger: opened.ledger, stored, queued_before, named: &args.campaign.campaign };
    ending.conclude(ctx, sent).await
}

/// Applies what was chosen to the campaign, and keeps what its file asks.
fn prepare(source: &mut Source, stored: &mut Stored, args: &Args) -> Result<(), CliError> {
    match &mut source.campaign {
        Some(campaign) => {
            campaign.apply(choices::overrides(stored))?;
            stored.file = FromFile::of(campaign);
            Ok(())
        }
        None if args.choices.source.is_given() => Err(CliError::usage(format!(
            "{} is gone: who sends and who is written to is frozen",
            source.path.display()
        ))
        .hint("leave out `--from` and `--audience` to go on with the frozen plan")),
        None => Ok(()),
    }
}

/// Says so when the operator's word keeps the round from being sent.
fn held(ctx: &Context, opened: &Opened) -> Result<Option<Exit>, CliError> {
    let called = opened.ledger.called();
    let (state, text, hint) = match opened.queue.wanted() {
        Wanted::Running => return Ok(None),
        Wanted::Paused => ("paused", "it is paused", format!("`sendcast resume {called}` clears that")),
        Wanted::Cancelled => {
            ("cancelled", "it is cancelled", format!("`sendcast run {called} --again` starts a new round"))
        }
    };
    ctx.printer.warning(format!("{}: {text}; nothing was sent", opened.ledger.name), Some(&hint));
    if ctx.json() {
        ctx.out_json(&json!({
            "campaign": opened.ledger.name, "state": state, "counts": opened.queue.counts(),
            "report": null, "reason": text, "exit_code": Exit::Unfinished.code(),
        }))?;
    }
    Ok(Some(Exit::Unfinished))
}

/// All that comes between the open queue and the first message. `None` when the user said no.
async fn get_ready(
    ctx: &Context,
    source: &Source,
    stored: &Stored,
    args: &Args,
    account: &Account,
    opened: &mut Opened,
) -> Result<Option<(Planned, reach::Reached)>, CliError> {
    let first_time = opened.queue.started_at().is_none();
    let planned = plan(ctx, source, args, &mut opened.queue)?;
    if let Some(staged) = &planned.staged
        && !accept(ctx, &staged.diff, opened.queue.head().is_none(), args.yes)?
    {
        return Ok(None);
    }
    let client = account.reach(ctx, &source.dir(), args.faults.clone().into())?;
    let senders = match &planned.findings {
        Some(_) => source.campaign.as_ref().map(|campaign| campaign.from.clone()).unwrap_or_default(),
        None => opened.queue.head().map(|head| head.senders.clone()).unwrap_or_default(),
    };
    if !args.offline && !account.is_trial() {
        preflight::check(&client.client, &senders).await?;
    }
    if first_time && !account.is_trial() && !args.yes && !confirmed(ctx, stored, &planned, &senders)? {
        return Ok(None);
    }
    Ok(Some((planned, client)))
}

/// Plans, where there is something new to plan.
fn plan(ctx: &Context, source: &Source, args: &Args, queue: &mut LocalQueue) -> Result<Planned, CliError> {
    let nothing = Planned { staged: None, findings: None };
    let Some(campaign) = &source.campaign else {
        if queue.head().is_none() {
            return Err(CliError::usage(format!(
                "{} is gone, and it was never planned",
                source.path.display()
            )));
        }
        ctx.printer.note(format!("{} is gone: the frozen plan goes on", source.path.display()));
        return Ok(nothing);
    };
    let head = queue.head().cloned();
    let hash = match (source_hash(campaign), &head) {
        (Err(crate::campaign::CampaignError::Read { path, source }), Some(_))
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            ctx.printer.note(format!("{} is gone: the frozen plan goes on", path.display()));
            return Ok(nothing);
        }
        (hash, _) => hash?,
    };
    let optouts = sending::opt_outs(ctx, &source.home)?;
    let opted_out = |phone| optouts.contains(phone);
    let unchanged = head.as_ref().is_some_and(|head| head.source_hash == hash);
    if unchanged {
        if args.strict {
            let mut rows = gather(campaign, &opted_out, head.as_ref())?;
            rows.by_ref().try_for_each(|row| row.map(drop))?;
            strict(campaign, &rows.findings)?;
        }
        return Ok(nothing);
    }
    let mut rows = gather(campaign, &opted_out, head.as_ref())?;
    let new_head = rows.planner.head().clone();
    let shown = new_head.source.clone();
    let staged = queue.stage(new_head, &mut rows)?;
    for note in &rows.planner.warnings().notes {
        ctx.warn(note);
    }
    rows.findings.tell(ctx, &short(&shown), &args.campaign.campaign);
    if args.strict {
        strict(campaign, &rows.findings)?;
    }
    match &head {
        None => ctx.say(&format!("{}: {}", source.name, rows.findings.sentence())),
        Some(_) => ctx.say(&format!("{}: the file has changed: {}", source.name, difference(&staged.diff))),
    }
    Ok(Planned { staged: Some(staged), findings: Some(rows.findings) })
}

fn gather<'a>(
    campaign: &'a Campaign,
    opted_out: &'a dyn Fn(Phone) -> bool,
    head: Option<&'a PlanHead>,
) -> Result<Gather<'a>, CliError> {
    let earlier_senders = head.map_or(&[][..], |head| &head.senders);
    let options = PlanOptions { opted_out: Some(opted_out), earlier_senders, ..PlanOptions::default() };
    Ok(Gather::new(Planner::new(campaign, options)?, SHOWN))
}

fn strict(campaign: &Campaign, findings: &Findings) -> Result<(), CliError> {
    if findings.bad == 0 {
        return Ok(());
    }
    Err(CliError::usage(format!(
        "{} bad, and `--strict` was asked for; nothing was sent",
        plural(findings.bad, "row is", "rows are")
    ))
    .hint(format!("`sendcast check {}` lists them all", campaign.path.display())))
}

/// A path as people call it: the file's name.
fn short(source: &str) -> String {
    Path::new(source)
        .file_name()
        .map_or_else(|| source.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// The guard against accidents: an empty file, or one that lacks more than half of those not yet sent.
fn accept(ctx: &Context, diff: &PlanDiff, first: bool, yes: bool) -> Result<bool, CliError> {
    let good = diff.new + diff.changed;
    if first {
        if good == 0 {
            let what = if diff.rows == 0 { "the audience is empty" } else { "no row can be sent to" };
            return Err(CliError::usage(format!("{what}: there is nobody to write to")));
        }
        return Ok(true);
    }
    if !diff.looks_like_an_accident() || yes {
        return Ok(true);
    }
    let question = format!(
        "This looks like an accident: the file has {} now, and {} of the {} not yet sent are gone from it. Cancel those?",
        plural(diff.rows, "row", "rows"),
        count(diff.removed),
        people(diff.unsent_before)
    );
    ctx.ask(&question).map_err(|error| {
        CliError::usage(format!(
            "this looks like an accident: the file has {} now, and {} of the {} not yet sent are gone from it; \
             nothing was changed",
            plural(diff.rows, "row", "rows"),
            count(diff.removed),
            people(diff.unsent_before)
        ))
        .hint(error.hint.unwrap_or_default())
    })
}

/// The first real run on a terminal shows what is about to happen, and asks; without a terminal it goes.
fn confirmed(
    ctx: &Context,
    stored: &Stored,
    planned: &Planned,
    senders: &[crate::domain::ids::NumberId],
) -> Result<bool, CliError> {
    let Some(findings) = &planned.findings else { return Ok(true) };
    if !ctx.attended() {
        return Ok(true);
    }
    let rate = choices::rate(stored);
    let from = senders.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(", ");
    let time = findings.duration(rate).map_or_else(|| "as fast as it goes".to_owned(), about);
    if let Some(row) = &findings.first
        && let (Some(message), Some(phone)) = (row.fate.message(), row.phone)
    {
        let columns = ctx.printer.message_columns().unwrap_or(80);
        ctx.say(&format!("The first message, to {}:", phone));
        ctx.printer.block(&phone_bubble::render(message, columns, ctx.printer.message_color()));
    }
    ctx.ask(&format!(
        "Send {} from {from} ({time}, at {rate})?",
        plural(findings.good, "message", "messages")
    ))
}

/// Everything short of sending: nothing is left behind, and a queue that is there stays as it is.
async fn dry_run(ctx: &Context, source: &Source, account: &Account, args: &Args) -> Result<Exit, CliError> {
    let Some(campaign) = &source.campaign else {
        return Err(CliError::usage(format!("{} is gone: there is nothing to plan", source.path.display())));
    };
    let mut diff = None;
    let findings = if source.ledger.is_some() && !args.again {
        let mut opened = Opened::open(ctx, source, account.origin(), false)?;
        let planned = plan(ctx, source, args, &mut opened.queue);
        let counts = opened.queue.counts();
        opened.discard(ctx).await?;
        let planned = planned?;
        diff = planned.staged.map(|staged| staged.diff);
        if diff.is_none() {
            ctx.say(&format!(
                "{}: nothing has changed; {} queued",
                source.name,
                people(counts[Status::Queued])
            ));
        }
        planned.findings
    } else {
        let optouts = sending::opt_outs(ctx, &source.home)?;
        let opted_out = |phone| optouts.contains(phone);
        let mut rows = gather(campaign, &opted_out, None)?;
        rows.by_ref().try_for_each(|row| row.map(drop))?;
        rows.findings.tell(ctx, &short(&rows.planner.head().source), &args.campaign.campaign);
        if args.strict {
            strict(campaign, &rows.findings)?;
        }
        ctx.say(&format!("{}: {}", source.name, rows.findings.sentence()));
        if rows.findings.good == 0 {
            return Err(CliError::usage("no row can be sent to: there is nobody to write to"));
        }
        Some(rows.findings)
    };
    ctx.say("a dry run: nothing was sent, and nothing is left behind");
    if ctx.json() {
        let findings = findings.unwrap_or_default();
        ctx.out_json(&json!({
            "campaign": source.name, "dry_run": true, "changes": diff, "to_send": findings.good,
            "bad": findings.bad, "duplicates": findings.duplicates, "opted_out": findings.opted_out,
            "exit_code": Exit::Done.code(),
        }))?;
    }
    Ok(Exit::Done)
}

/// What is needed once the engine has given the queue back.
struct Ended<'a> {
    ledger: ledger::Ledger,
    stored: Stored,
    queued_before: u64,
    named: &'a str,
}

impl Ended<'_> {
    /// Writes the report, sums up, and picks the exit code.
    async fn conclude(self, ctx: &Context, sent: Sent) -> Result<Exit, CliError> {
        let Sent { mut queue, ending, snapshot, took } = sent;
        let counts = queue.counts();
        let exit = Exit::of(&ending, &counts);
        let path = reporting::path(&self.ledger, &self.stored);
        let spec = Spec { format: reporting::format_of(&path)?, filter: Filter::ALL };
        let head = queue.head().cloned().ok_or_else(|| CliError::failed("internal: a run without a plan"))?;
        let mut scan = in_turn(|each| queue.scan(each));
        let written = reporting::to_file(ctx, &self.ledger, &path, spec, &head, &mut scan);
        drop(scan);
        queue.close().await?;
        let written = written?;
        let reason = match &ending {
            Ending::Stopped(problem) => Some(problem.to_string()),
            _ => None,
        };
        if let Some(reason) = &reason {
            ctx.printer.error(
                format!("stopped: {reason}"),
                Some(&format!(
                    "once that is mended, `sendcast run {}` goes on where it stopped",
                    self.ledger.called()
                )),
            );
        }
        let Some(snapshot) = snapshot else { return Ok(exit) };
        if ctx.json() {
            let mut value = serde_json::to_value(&snapshot).unwrap_or_default();
            if let Some(fields) = value.as_object_mut() {
                fields.shift_remove("heartbeat");
                fields.insert("report".into(), json!(written.path));
                fields.insert("reason".into(), json!(reason));
                fields.insert("sandbox".into(), json!(self.ledger.home.is_sandbox()));
                fields.insert("exit_code".into(), json!(exit.code()));
            }
            ctx.out_json(&value)?;
            return Ok(exit);
        }
        let failures = written.tally.failures(5);
        let summary = Summary {
            snapshot: &snapshot,
            campaign: self.named,
            took,
            sent: self.queued_before.saturating_sub(counts[Status::Queued] + counts[Status::Cancelled]),
            failures: &failures,
            report: Some(&written.path),
            instead_of: written.instead_of.as_deref(),
            trial: self.ledger.home.is_sandbox(),
        };
        ctx.printer.block(&summary.render(ctx.printer.message_color()));
        Ok(exit)
    }
}
