//! Running a campaign from its file or its name to its report.

use std::time::Duration;

use super::dry_run::{self, DryRun};
use super::late::{self, Goes, Missed};
use super::send::{Sending, Sent, send};
use crate::app::account::preflight::{self, Intended};
use crate::app::account::{Account, Reached, TrialOptions};
use crate::app::campaign_dir::{CampaignDir, observe, round_kind};
use crate::app::claims::{self, Claim, ClaimAnswers, Decision, Likeness};
use crate::app::open::{Held, Opened, Source, Spool, standard_input};
use crate::app::options::{self, Choices, FromFile, SavedOptions, choices};
use crate::app::plan::people;
use crate::app::plan::replan::{self, Planned, Planning};
use crate::app::plan::{Estimate, Findings, Limits, Review};
use crate::app::question::{FirstMessage, SendQuestion};
use crate::app::{App, AppError, Question, optouts, reports};
use crate::domain::ids::NumberId;
use crate::domain::plan::{PlanDiff, PlannedRow};
use crate::domain::schedule::Late;
use crate::domain::status::Counts;
use crate::engine::snapshot::Snapshot;
use crate::engine::{Ending, LimitOption, Options};
use crate::queue::Queue;
use crate::queue::local::Forgotten;
use crate::report::file::Written;
use crate::sys::clock::Clock;
use crate::sys::home::Home;

/// What is to be run, and how its questions are answered beforehand.
#[derive(Clone, Debug, Default)]
pub struct RunRequest {
    /// The campaign: its file, or its name.
    pub campaign: String,
    /// As a trial in the imitation of the API.
    pub sandbox: bool,
    /// What was said this time and stays with it.
    pub choices: Choices,
    /// The account isn't asked anything before the first message.
    pub offline: bool,
    /// At most so many people written to for the first time, this time.
    pub limit: Option<LimitOption>,
    /// Everything short of sending.
    pub dry_run: bool,
    /// A new round, once the last one is settled or cancelled.
    pub again: bool,
    /// Any bad row stops it before sending.
    pub strict: bool,
    /// What is proven not to have arrived is sent again, once.
    pub resend_unseen: bool,
    /// Nobody has to confirm the first message.
    pub yes: bool,
    /// Those who are gone from the file are cancelled, whatever that looks like.
    pub accept_removals: bool,
    /// What was looked at: anything else isn't sent.
    pub expect: Option<Review>,
    /// What becomes of it where its start was missed, in place of what its schedule says.
    pub late: Option<Late>,
    /// Whose ledger it goes on with.
    pub claims: ClaimAnswers,
    /// How a trial's imitation behaves.
    pub trial: TrialOptions,
}

/// What came of it.
#[derive(Debug)]
pub enum RunOutcome {
    /// Nothing was sent: somebody said no.
    Declined,
    /// Nothing was sent: the operator holds it.
    Held(Held),
    /// Nothing was sent: its start was missed, and it is to be skipped then.
    Missed(Missed),
    /// Nothing was to be sent.
    DryRun(Box<DryRun>),
    /// It came to this end.
    Ended(Box<RunEnd>),
}

/// The end of a run.
#[derive(Debug)]
pub struct RunEnd {
    /// Where the campaign lies.
    pub campaign_dir: CampaignDir,
    /// Why it ended.
    pub ending: Ending,
    /// Where everybody stands.
    pub counts: Counts,
    /// How many more the API has taken than before.
    pub accepted: u64,
    /// What an edited file changed.
    pub changes: Option<PlanDiff>,
    /// The last look at it.
    pub snapshot: Option<Snapshot>,
    /// How long it took.
    pub took: Duration,
    /// The report.
    pub written: Written,
    /// What the report's times mean.
    pub times: Option<String>,
}

/// Runs a campaign.
///
/// # Errors
/// Why it couldn't run. What was sent before that is on disk.
pub async fn run(app: &App, request: &RunRequest) -> Result<RunOutcome, AppError> {
    standard_input::refuse_as_campaign(&request.campaign)?;
    let mut taken = None;
    loop {
        let home = app.home(request.sandbox)?;
        let mut source = Source::find(app, home, &request.campaign)?;
        round_kind::refuse(source.kind, &source.path)?;
        let goes_on = match taken.take() {
            Some(claim) => source.take(claim),
            None => source.settle_claim(app, request.claims)?,
        };
        if !goes_on {
            return Ok(RunOutcome::Declined);
        }
        match attempt(app, request, source).await? {
            Attempted::Ended(outcome) => return Ok(outcome),
            // Its people turned out to be those of an earlier one.
            Attempted::Belongs(claim) => taken = Some(*claim),
        }
    }
}

/// What became of an attempt to run a campaign.
enum Attempted {
    /// It ended with this.
    Ended(RunOutcome),
    /// Nothing was done yet: it goes on with the ledger of another.
    Belongs(Box<Claim>),
}

async fn attempt(app: &App, request: &RunRequest, mut source: Source) -> Result<Attempted, AppError> {
    let before = SavedOptions::load(&*app.disk, &source.dir())?;
    let (said, spool) = choices::choose(app, &source, &request.choices)?;
    let mut stored = before.clone().with(said.clone(), app.clock.now());
    if let Err(error) = prepare(&mut source, &mut stored, request) {
        return Err(options::explain(app, error, &stored, &said));
    }
    let explained = |error| options::explain(app, error, &stored, &said);
    if request.sandbox {
        app.note("a trial in the sandbox: nothing reaches WhatsApp");
    }
    optouts::tell_unattributed(app, &source.home)?;
    let account = Account::of(app, request.sandbox).with_timeout(request.trial.timeout);
    let mut asked = people::ask_for_run(app, &account, &mut source, request.offline, &request.trial).await?;
    if request.dry_run {
        let dry = dry_run::dry_run(app, &source, &stored, &account, request).await;
        return dry.map(|dry| Attempted::Ended(RunOutcome::DryRun(Box::new(dry)))).map_err(explained);
    }
    account.require_token(app)?;
    let mut opened = Opened::open(app, &source, account.origin(), request.again)?;
    let anew = format!("`sendcast run {} --again` starts a new round", opened.campaign_dir.called());
    if let Some(held) = opened.held(&anew) {
        opened.discard(app).await?;
        return Ok(Attempted::Ended(RunOutcome::Held(held)));
    }
    let reached = asked.reached.take();
    let reach = || account.reach_unless(reached, app, Some(&source.dir()), &request.trial);
    let ready = get_ready(app, &source, &stored, request, reach, &mut opened).await.map_err(explained);
    drop(asked);
    let ready = opened.if_ready(app, ready).await?;
    let Some((mut opened, ready)) = ready else { return Ok(Attempted::Ended(RunOutcome::Declined)) };
    let (mut planned, client) = match ready {
        Ready::Run(ready) => *ready,
        Ready::Belongs(claim) => {
            opened.discard(app).await?;
            return Ok(Attempted::Belongs(claim));
        }
        Ready::Missed(missed) => {
            opened.discard(app).await?;
            return Ok(Attempted::Ended(RunOutcome::Missed(missed)));
        }
    };
    opened.readdress(&source, account.origin())?;
    if let Some(findings) = &planned.findings {
        let earlier = Likeness::load(&*app.disk, &opened.campaign_dir.dir)?;
        findings.likeness.clone().after(&earlier).save(&*app.disk, &opened.campaign_dir.dir)?;
    }
    let mut changes = None;
    if let Some(staged) = planned.staged.take() {
        let edited = opened.queue.head().is_some();
        let diff = opened.queue.adopt(staged, app.clock.now()).await?;
        changes = edited.then_some(diff);
    }
    stored.save(&*app.disk, &opened.campaign_dir.dir, &before)?;
    // It may hold people who were forgotten in this round: then the frozen plan goes on without it.
    let forgets = Forgotten::load(&*app.disk, opened.queue.dir())?.is_some();
    spool.filter(|_| !forgets).map_or(Ok(()), Spool::keep)?;
    let zone = choices::timezone(&app.settings, &stored);
    let options = choices::options(&stored, request.limit, request.resend_unseen, account.timeout(), zone);
    let options = Options {
        api_is_known: request.sandbox || !request.offline,
        timetable: choices::timetable(&app.settings, &stored),
        canary: stored.file.canary,
        guard: stored.file.guard,
        ..options
    };
    let interrupted = app.operator.interrupts()?;
    let accepted_before = opened.queue.counts().reached();
    let sending = Sending {
        client: client.client,
        home: source.home.clone(),
        round: opened.campaign_dir.round_dir(),
        options,
        shown: true,
        cap: stored.file.cap.map(|cap| (cap, choices::timezone(&app.settings, &stored))),
        interrupted,
    };
    let mut queue = opened.queue;
    let sent = loop {
        let sent = send(app, queue, sending.clone()).await?;
        let (Ending::Missed(_), Some(timetable)) = (&sent.ending, &sending.options.timetable) else {
            break sent;
        };
        // The machine slept through its start: the same question as where it was off by then.
        let goes = late::decide(app, &source.name, timetable, &sent.queue.counts(), late_said(request));
        if matches!(goes, Ok(Goes::Yes)) {
            queue = sent.queue;
            continue;
        }
        sent.queue.close().await?;
        return Ok(Attempted::Ended(match goes? {
            Goes::Skipped(missed) => RunOutcome::Missed(missed),
            Goes::Yes | Goes::No => RunOutcome::Declined,
        }));
    };
    let end = conclude(app, opened.campaign_dir, &stored, sent, (accepted_before, changes)).await?;
    Ok(Attempted::Ended(RunOutcome::Ended(Box::new(end))))
}

/// What was said this time of a start that was missed.
fn late_said(request: &RunRequest) -> Option<Late> {
    // A trial is no reason to ask.
    request.late.or_else(|| request.sandbox.then_some(Late::Send))
}

/// What stands ready once everything was asked.
enum Ready {
    /// To be sent.
    Run(Box<(Planned, Reached)>),
    /// Nothing: it goes on with the ledger of another.
    Belongs(Box<Claim>),
    /// Nothing: its start was missed.
    Missed(Missed),
}

/// Applies what was chosen to the campaign, and keeps what its file asks.
fn prepare(source: &mut Source, stored: &mut SavedOptions, request: &RunRequest) -> Result<(), AppError> {
    match &mut source.campaign {
        Some(campaign) => {
            campaign.apply(choices::overrides(stored))?;
            stored.file = FromFile::of(campaign);
            Ok(())
        }
        None if request.choices.names_people() => {
            Err(AppError::usage(format!("{}: who sends and who is written to is frozen", source.lost()))
                .hint("leave out `--from`, `--audience` and how it is read to go on with the frozen plan"))
        }
        None => Ok(()),
    }
}

/// All that comes between the open queue and the first message. `None` when somebody said no.
async fn get_ready(
    app: &App,
    source: &Source,
    stored: &SavedOptions,
    request: &RunRequest,
    reach: impl FnOnce() -> Result<Reached, AppError>,
    opened: &mut Opened,
) -> Result<Option<Ready>, AppError> {
    let first_time = opened.queue.started_at().is_none();
    reports::try_place(app, &opened.campaign_dir, stored)?;
    let planning =
        Planning { named: &request.campaign, strict: request.strict, limit: request.limit, counts: false };
    let planned = replan::plan(app, source, planning, &mut opened.queue)?;
    if let Some(staged) = &planned.staged
        && !replan::accept(app, &staged.diff, opened.queue.head().is_none(), request.accept_removals)?
    {
        return Ok(None);
    }
    if let Some(expected) = request.expect {
        let origin = &opened.queue.identity().origin;
        Review::of(&planned.head, origin, stored, &app.settings).hold_against(expected, &source.name)?;
    }
    if source.campaign_dir.is_none()
        && let Some(findings) = &planned.findings
        && let Some(claim) = claims::alike(app, &source.known(), &findings.likeness)?
    {
        match claim.decide(app, &source.known(), request.claims)? {
            Decision::Adopt => return Ok(Some(Ready::Belongs(Box::new(claim)))),
            Decision::Nothing => return Ok(None),
            Decision::New => {}
        }
    }
    if let Some(timetable) = &choices::timetable(&app.settings, stored) {
        match late::decide(app, &source.name, timetable, &opened.queue.counts(), late_said(request))? {
            Goes::Yes => {}
            Goes::No => return Ok(None),
            Goes::Skipped(missed) => return Ok(Some(Ready::Missed(missed))),
        }
    }
    let client = reach()?;
    let trial = request.sandbox;
    if !request.offline && !trial {
        let messages = planned.to_send(&opened.queue);
        let messages = request.limit.map_or(messages, |limit| limit.of(messages));
        let senders = planned.senders_in_use(&opened.queue);
        let intended = Intended { senders: &senders, messages, strangers: messages };
        preflight::check(app, &client.client, &intended).await?;
    }
    if first_time
        && !trial
        && !request.yes
        && let Some(findings) = &planned.findings
    {
        let whose = (&source.home, opened.queue.identity().origin.as_str(), source.name.as_str());
        let send = to_ask(app, whose, stored, findings, &planned.head.senders)?;
        let asked = Question::Send(Box::new(send));
        if !app.confirm(asked, || AppError::usage("nobody has confirmed it; nothing was sent"))? {
            return Ok(None);
        }
    }
    Ok(Some(Ready::Run(Box::new((planned, client)))))
}

/// What the first real run shows and asks: what is about to happen.
///
/// # Errors
/// When it can't be read what limits it.
pub(super) fn to_ask(
    app: &App,
    whose: (&Home, &str, &str),
    stored: &SavedOptions,
    findings: &Findings,
    senders: &[NumberId],
) -> Result<SendQuestion, AppError> {
    let shown = |(row, _): &(PlannedRow, u64)| {
        let variant = row.variant.as_deref().map(str::to_owned);
        Some(FirstMessage { variant, to: row.phone?, message: row.fate.message()?.clone() })
    };
    let firsts = findings.firsts.iter().filter_map(shown).collect();
    let this_run = findings.this_run();
    let limits = Limits::of(app, whose, senders, stored)?;
    let estimate = Estimate::of(&this_run, limits, app.clock.now());
    let cost = findings.cost_of(&this_run).zip(findings.cost_of(&findings.pending));
    let (messages, all) = (this_run.messages, findings.pending.messages);
    let in_use = senders.iter().zip(&findings.pending.by_sender).filter(|(_, people)| **people > 0);
    let senders = in_use.map(|(number, _)| number.clone()).collect();
    Ok(SendQuestion { messages, all, senders, estimate, cost, firsts })
}

/// Writes the report, once the engine has given the queue back.
async fn conclude(
    app: &App,
    campaign_dir: CampaignDir,
    stored: &SavedOptions,
    sent: Sent,
    (accepted_before, changes): (u64, Option<PlanDiff>),
) -> Result<RunEnd, AppError> {
    let Sent { queue, ending, snapshot, took } = sent;
    let counts = queue.counts();
    let wanted = queue.wanted();
    queue.close().await?;
    observe::keep(app, &campaign_dir, wanted, &counts);
    let (written, times) = reports::at_the_end(app, &campaign_dir, stored)?;
    let accepted = counts.reached().saturating_sub(accepted_before);
    Ok(RunEnd { campaign_dir, ending, counts, accepted, changes, snapshot, took, written, times })
}
