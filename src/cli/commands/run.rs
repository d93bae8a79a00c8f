//! `run CAMPAIGN`: plan (or take up where it stopped), send, track, write the report.

use serde_json::json;

use crate::cli::args::CampaignArgs;
use crate::cli::choices::{self, ChoiceArgs, choose};
use crate::cli::claims::{self, Claim, ClaimArgs, Decision};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::likeness::Likeness;
use crate::cli::opening::{Opened, Source};
use crate::cli::optouts;
use crate::cli::preflight::{self, Intended};
use crate::cli::reach::{Account, Reached};
use crate::cli::replanning::{self, Planned};
use crate::cli::sending::{self, Sending, Sent};
use crate::cli::standard_input::{self, Spool};
use crate::cli::stored::{FromFile, Stored};
use crate::cli::subscribed::{self, Asked};
use crate::cli::trial::HiddenFaultArgs;
use crate::cli::{begun, kept, ledger, questions, reporting, signals};
use crate::domain::plan::PlanDiff;
use crate::domain::status::Status;
use crate::engine::OptOuts;
use crate::queue::Queue;
use crate::sys::clock::Clock;
use crate::ui::Summary;
use crate::ui::format::people;

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
    /// Don't ask whether to send
    #[arg(short, long)]
    yes: bool,
    /// Cancel those who are gone from the file, also where that looks like an accident
    #[arg(long)]
    accept_removals: bool,
    #[command(flatten)]
    claims: ClaimArgs,
    #[command(flatten)]
    faults: HiddenFaultArgs,
}

/// Runs a campaign.
///
/// # Errors
/// Why it couldn't run. What was sent before that is on disk.
pub async fn run(args: Args, ctx: &Context) -> Result<Exit, CliError> {
    standard_input::refuse_as_campaign(&args.campaign.campaign)?;
    let mut taken = None;
    loop {
        let home = ctx.home(args.campaign.sandbox)?;
        let mut source = Source::find(ctx, home, &args.campaign.campaign)?;
        begun::refuse(&source.path)?;
        let goes_on = match taken.take() {
            Some(claim) => source.take(claim),
            None => source.settle_claim(ctx, args.claims)?,
        };
        if !goes_on {
            ctx.say("nothing was sent");
            return Ok(Exit::CouldNotRun);
        }
        match attempt(&args, ctx, source).await? {
            Attempted::Ended(exit) => return Ok(exit),
            // Its people turned out to be those of an earlier one.
            Attempted::Belongs(claim) => taken = Some(*claim),
        }
    }
}

/// What became of an attempt to run a campaign.
enum Attempted {
    /// It ended with this.
    Ended(Exit),
    /// Nothing was done yet: it goes on with the ledger of another.
    Belongs(Box<Claim>),
}

async fn attempt(args: &Args, ctx: &Context, mut source: Source) -> Result<Attempted, CliError> {
    let before = Stored::load(&*ctx.disk, &source.dir())?;
    let (said, spool) = choose(ctx, &source, &args.choices)?;
    let mut stored = before.clone().with(said.clone(), ctx.clock.now());
    if let Err(error) = prepare(&mut source, &mut stored, args) {
        return Err(kept::explain(ctx, error, &stored, &said));
    }
    let explained = |error| kept::explain(ctx, error, &stored, &said);
    if args.campaign.sandbox {
        ctx.printer.note("a trial in the sandbox: nothing reaches WhatsApp");
    }
    optouts::tell_unattributed(ctx, &source.home)?;
    let account = Account::of(ctx, args.campaign.sandbox).with_timeout(args.faults.timeout);
    let Asked { reached, list } =
        subscribed::ask_for_run(ctx, &account, &mut source, args.offline, &args.faults).await?;
    if args.dry_run {
        let dry = dry_run(ctx, &mut source, &account, args).await;
        return dry.map(Attempted::Ended).map_err(explained);
    }
    account.require_token(ctx)?;
    let mut opened = Opened::open(ctx, &source, account.origin(), args.again)?;
    let anew = format!("`sendcast run {} --again` starts a new round", opened.ledger.called());
    if let Some(exit) = opened.held(ctx, "nothing was sent", &anew)? {
        opened.discard(ctx).await?;
        return Ok(Attempted::Ended(exit));
    }
    let reach = || account.reach_unless(reached, ctx, Some(&source.dir()), args.faults.clone().into());
    let ready = get_ready(ctx, &source, &stored, args, reach, &mut opened).await.map_err(explained);
    drop(list);
    let ready = opened.if_ready(ctx, ready, "nothing was sent").await?;
    let Some((mut opened, ready)) = ready else { return Ok(Attempted::Ended(Exit::CouldNotRun)) };
    let (mut planned, client) = match ready {
        Ready::Run(ready) => *ready,
        Ready::Belongs(claim) => {
            opened.discard(ctx).await?;
            return Ok(Attempted::Belongs(claim));
        }
    };
    opened.readdress(&source, account.origin())?;
    if let Some(findings) = &planned.findings {
        let earlier = Likeness::load(&*ctx.disk, &opened.ledger.dir)?;
        findings.likeness.clone().after(&earlier).save(&*ctx.disk, &opened.ledger.dir)?;
    }
    let mut changes = None;
    if let Some(staged) = planned.staged.take() {
        let edited = opened.queue.head().is_some();
        let diff = opened.queue.adopt(staged, ctx.clock.now()).await?;
        changes = edited.then_some(diff);
    }
    stored.save(&*ctx.disk, &opened.ledger.dir, &before)?;
    spool.map_or(Ok(()), Spool::keep)?;
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
    let ending =
        Ended { ledger: opened.ledger, stored, queued_before, changes, named: &args.campaign.campaign };
    ending.conclude(ctx, sent).await.map(Attempted::Ended)
}

/// What stands ready once everything was asked.
enum Ready {
    /// To be sent.
    Run(Box<(Planned, Reached)>),
    /// Nothing: it goes on with the ledger of another.
    Belongs(Box<Claim>),
}

/// Applies what was chosen to the campaign, and keeps what its file asks.
fn prepare(source: &mut Source, stored: &mut Stored, args: &Args) -> Result<(), CliError> {
    match &mut source.campaign {
        Some(campaign) => {
            campaign.apply(choices::overrides(stored))?;
            stored.file = FromFile::of(campaign);
            Ok(())
        }
        None if args.choices.source.is_given() => {
            Err(CliError::usage(format!("{}: who sends and who is written to is frozen", source.lost()))
                .hint("leave out `--from`, `--audience` and how it is read to go on with the frozen plan"))
        }
        None => Ok(()),
    }
}

/// All that comes between the open queue and the first message. `None` when the user said no.
async fn get_ready(
    ctx: &Context,
    source: &Source,
    stored: &Stored,
    args: &Args,
    reach: impl FnOnce() -> Result<Reached, CliError>,
    opened: &mut Opened,
) -> Result<Option<Ready>, CliError> {
    let first_time = opened.queue.started_at().is_none();
    reporting::try_place(ctx, &opened.ledger, stored)?;
    let planned = replanning::plan(ctx, source, (&args.campaign.campaign, args.strict), &mut opened.queue)?;
    if let Some(staged) = &planned.staged
        && !questions::accept(ctx, &staged.diff, opened.queue.head().is_none(), args.accept_removals)?
    {
        return Ok(None);
    }
    if source.ledger.is_none()
        && let Some(findings) = &planned.findings
        && let Some(claim) = claims::alike(ctx, &source.known(), &findings.likeness)?
    {
        match claim.decide(ctx, &source.known(), args.claims)? {
            Decision::Adopt => return Ok(Some(Ready::Belongs(Box::new(claim)))),
            Decision::Nothing => return Ok(None),
            Decision::New => {}
        }
    }
    let client = reach()?;
    let senders = match &planned.findings {
        Some(_) => source.campaign.as_ref().map(|campaign| campaign.from.clone()).unwrap_or_default(),
        None => opened.queue.head().map(|head| head.senders.clone()).unwrap_or_default(),
    };
    let trial = args.campaign.sandbox;
    if !args.offline && !trial {
        let messages = planned.to_send(&opened.queue).min(args.limit.unwrap_or(u64::MAX));
        let intended = Intended { senders: &senders, messages, strangers: messages };
        preflight::check(ctx, &client.client, &intended).await?;
    }
    if first_time
        && !trial
        && !args.yes
        && let Some(findings) = &planned.findings
        && !questions::confirmed(ctx, stored, findings, &senders)?
    {
        return Ok(None);
    }
    Ok(Some(Ready::Run(Box::new((planned, client)))))
}

/// Everything short of sending: nothing is left behind, and a queue that is there stays as it is.
async fn dry_run(
    ctx: &Context,
    source: &mut Source,
    account: &Account,
    args: &Args,
) -> Result<Exit, CliError> {
    let Some(campaign) = &source.campaign else {
        return Err(CliError::usage(format!("{}: there is nothing to plan", source.lost())));
    };
    let mut diff = None;
    let findings = if source.ledger.is_some() && !args.again {
        let mut opened = Opened::open(ctx, source, account.origin(), false)?;
        let planned =
            replanning::plan(ctx, source, (&args.campaign.campaign, args.strict), &mut opened.queue);
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
        let listed = optouts::open(ctx, &source.home)?;
        let opted_out = |phone| listed.contains(phone);
        let mut rows = replanning::gather(ctx, campaign, &opted_out, None)?;
        rows.by_ref().try_for_each(|row| row.map(drop))?;
        let lists = format!("`sendcast check {} --all`", args.campaign.campaign);
        rows.findings.tell(ctx, &replanning::short(&rows.planner.head().source), &lists);
        if args.strict {
            replanning::be_strict(campaign, &rows.findings)?;
        }
        ctx.say(&format!("{}: {}", source.name, rows.findings.sentence("send")));
        if rows.findings.good == 0 {
            return Err(CliError::usage("no row can be sent to: there is nobody to write to"));
        }
        if source.ledger.is_none()
            && let Some(claim) = claims::alike(ctx, &source.known(), &rows.findings.likeness)?
        {
            claim.decide(ctx, &source.known(), args.claims)?;
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
    /// What an edited file changed.
    changes: Option<PlanDiff>,
    named: &'a str,
}

impl Ended<'_> {
    /// Writes the report, sums up, and picks the exit code.
    async fn conclude(self, ctx: &Context, sent: Sent) -> Result<Exit, CliError> {
        let Sent { queue, ending, snapshot, took } = sent;
        let counts = queue.counts();
        let exit = Exit::of(&ending, &counts);
        queue.close().await?;
        let (written, times) = reporting::at_the_end(ctx, &self.ledger, &self.stored)?;
        let goes_on = format!("`sendcast run {}`", self.ledger.called());
        let reason = sending::tell_stopped(ctx, &ending, &goes_on);
        let Some(snapshot) = snapshot else { return Ok(exit) };
        if ctx.json() {
            let mut value = serde_json::to_value(&snapshot).unwrap_or_default();
            if let Some(fields) = value.as_object_mut() {
                fields.shift_remove("heartbeat");
                fields.insert("changes".into(), json!(self.changes));
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
            times: times.as_deref(),
            instead_of: written.instead_of.as_deref(),
            trial: self.ledger.home.is_sandbox(),
        };
        ctx.printer.block(&summary.render(ctx.printer.message_color()));
        Ok(exit)
    }
}
