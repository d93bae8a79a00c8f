//! Everything short of sending.

use serde::Serialize;

use crate::app::account::preflight::{self, Intended, Passed};
use crate::app::account::{Account, TrialOptions};
use crate::app::campaign_dir::CampaignDir;
use crate::app::claims::{self, Known};
use crate::app::open::Chosen;
use crate::app::options::{Choices, choices};
use crate::app::plan::known;
use crate::app::plan::people::{self, Places};
use crate::app::plan::{Estimate, Findings, Gather, Limits, Review, SkippedRow, Taken, Tried, hours, replan};
use crate::app::{App, AppError, Notice, optouts};
use crate::campaign::profile::{Column, Profiler};
use crate::campaign::tables::Reading;
use crate::campaign::{People, PlanOptions, Planner, Sample, Warnings};
use crate::domain::cap::Cap;
use crate::domain::cost::Cost;
use crate::domain::ids::NumberId;
use crate::domain::policy::{Canary, FailureGuard};
use crate::domain::rate::Rate;
use crate::domain::round_kind::RoundKind;
use crate::domain::schedule::Timetable;
use crate::queue::View;
use crate::sys::clock::Clock;
use crate::sys::platform;

/// What is to be looked at.
#[derive(Clone, Debug, Default)]
pub struct CheckRequest {
    /// The campaign: its file, or its name.
    pub campaign: String,
    /// As a trial.
    pub sandbox: bool,
    /// What was said this time.
    pub choices: Choices,
    /// The account isn't asked anything.
    pub offline: bool,
}

/// How a column is understood. What it holds isn't told: what a check says is pasted into tickets and kept in logs.
#[derive(Clone, Debug, Serialize)]
pub struct Understood {
    /// Its header.
    pub name: String,
    /// For what; nothing where no message and nothing else needs it.
    pub used_as: Vec<&'static str>,
    /// What its cells look like.
    pub looks_like: &'static str,
    /// How many of them hold something.
    pub filled: u64,
}

/// What would happen.
#[derive(Debug)]
pub struct Examined {
    /// The campaign's name.
    pub campaign: String,
    /// Where its people come from, as its plan says.
    pub source: String,
    /// The same as people call it.
    pub file: String,
    /// How that was read.
    pub reading: Reading,
    /// Whom another campaign gave, where that is the audience.
    pub taken: Option<Taken>,
    /// Its columns.
    pub columns: Vec<Understood>,
    /// What is odd about it.
    pub warnings: Warnings,
    /// What planning found.
    pub findings: Findings,
    /// Which number sends how many messages.
    pub from: Vec<(NumberId, u64)>,
    /// The ceiling for each of them.
    pub rate: Rate,
    /// How many different people in 24 hours.
    pub daily: Option<u64>,
    /// Who is written to before everybody else.
    pub canary: Option<Canary>,
    /// When failures pause it.
    pub guard: Option<FailureGuard>,
    /// How many messages one person gets, over all campaigns.
    pub cap: Option<Cap>,
    /// When it may send, by which clocks; `None` for at all times.
    pub timetable: Option<Timetable>,
    /// How what is left would go out, were it run now.
    pub estimate: Estimate,
    /// What that costs, where the campaign names a list of prices.
    pub cost: Option<Cost>,
    /// All of it, to be expected of a run.
    pub review: Review,
    /// What the account says, where it was asked.
    pub asked: Option<Result<Passed, AppError>>,
    /// Why the opt-out list can't be read whole: nothing is sent then.
    pub damage: Option<AppError>,
    /// What is to be known of an earlier ledger that may be its own, and what a run does about it.
    pub claim: Option<Notice>,
}

impl Examined {
    /// Whether a run would send.
    #[must_use]
    pub fn can_run(&self) -> bool {
        self.findings.good > 0 && self.damage.is_none() && self.asked.as_ref().is_none_or(Result::is_ok)
    }
}

/// Reads a campaign through, and calls `skipped` for each row that would be: a list of a million bad rows is told as it is
/// found. The account is asked whether it can be sent.
///
/// # Errors
/// When the campaign can't be read or planned, or what `skipped` says.
pub async fn examine(
    app: &App,
    request: &CheckRequest,
    skipped: &mut dyn FnMut(&str, SkippedRow) -> Result<(), AppError>,
) -> Result<Examined, AppError> {
    let chosen = Chosen::of(app, &request.campaign, request.sandbox, &request.choices)?;
    let Chosen { home, name, dir, mut campaign, stored, campaign_dir, claim, .. } = chosen;
    let path = platform::real_path(&campaign.path);
    let known = Known { home: &home, kind: RoundKind::Campaign, name: &name, path: &path };
    let account = Account::of(app, request.sandbox);
    let trial = TrialOptions::default();
    let places = Places { home: &home, dir: &dir, trial: None };
    let mut asked = people::ask(app, &account, &mut campaign, places, (request.offline, &trial)).await?;
    let (reached, taken) = (asked.reached.take(), asked.taken.take());
    let (opt_outs, damage) = optouts::open_damaged(app, &home)?;
    optouts::tell_unattributed(app, &home)?;
    let own = campaign_dir.as_ref().map(CampaignDir::round_dir);
    let mut view = own.as_ref().map(|round| View::open(app.disk.clone(), round)).transpose()?;
    let written_to = match (campaign.audience.selection.sample, &mut view) {
        (Some(Sample::People(_)), Some(view)) => replan::written_to(|each| view.scan(each))?,
        _ => People::new(),
    };
    let known_people =
        known::Known::read(app, &home, &campaign, (account.origin(), own), opt_outs, written_to)?;
    let earlier = view.as_ref().and_then(View::head).cloned();
    let options = PlanOptions { known: &known_people, earlier: earlier.as_ref(), ..PlanOptions::default() };
    let planner = Planner::new(&campaign, options)?;
    let head = planner.head().clone();
    let file = replan::short(&head.source);
    let mut rows = Gather::new(app, planner, usize::MAX);
    let tried = match view {
        Some(mut view) => Tried::of(|each| view.scan(each))?,
        None => Tried::default(),
    };
    rows.findings.count(hours::by_recipient(&campaign), campaign.rates()?, tried, None);
    let mut profiler = Profiler::new(&head.columns);
    while let Some(row) = rows.next() {
        profiler.add(&row?.cells, &[]);
        for row in rows.findings.skipped.drain(..) {
            skipped(&file, row)?;
        }
    }
    let columns = understood(profiler.columns(), &rows.planner.uses());
    let (warnings, reading) = (rows.planner.warnings().clone(), rows.planner.reading().clone());
    let Gather { findings, .. } = rows;
    let by_sender = |at: usize| findings.by_sender.get(at).copied().unwrap_or(0);
    // Numbers of earlier plans that send to nobody any more aren't its own.
    let is_meant = |(id, messages): &(NumberId, u64)| *messages > 0 || head.spread.contains(id);
    let from = head.senders.iter().enumerate().map(|(at, id)| (id.clone(), by_sender(at)));
    let from = from.filter(is_meant).collect();
    let asked = if request.offline
        || account.is_trial()
        || !app.settings.credentials.is_given()
        || findings.good == 0
    {
        None
    } else {
        let reached = account.reach_unless(reached, app, None, &trial)?;
        let intended = Intended { senders: &head.senders, messages: findings.good, strangers: findings.good };
        Some(preflight::check(app, &reached.client, &intended).await)
    };
    let claim = match claim {
        None if campaign_dir.is_none() => claims::alike(app, &known, &findings.likeness)?,
        claim => claim,
    };
    let claim = claim.map(|claim| claim.notice(app, &known));
    let rate = choices::rate(&stored);
    let daily = campaign.daily.map(u64::from);
    let (canary, guard) = (campaign.canary, campaign.guard);
    let timetable = choices::timetable(&app.settings, &stored);
    let limits = Limits::of(app, (&home, account.origin(), &name), &head.senders, &stored)?;
    let estimate = Estimate::of(&findings.pending, limits, app.clock.now());
    let cost = findings.cost_of(&findings.pending);
    let review = Review::of(&head, account.origin(), &stored, &app.settings);
    let source = head.source;
    Ok(Examined {
        campaign: name,
        source,
        file,
        reading,
        taken,
        columns,
        warnings,
        findings,
        from,
        rate,
        daily,
        canary,
        guard,
        cap: campaign.cap,
        timetable,
        estimate,
        cost,
        review,
        asked,
        damage,
        claim,
    })
}

fn understood(columns: Vec<Column>, uses: &[(usize, &'static str)]) -> Vec<Understood> {
    let of = |(position, column): (usize, Column)| Understood {
        used_as: uses.iter().filter(|(at, _)| *at == position).map(|(_, what)| *what).collect(),
        looks_like: column.guess.word(),
        name: column.name,
        filled: column.filled,
    };
    columns.into_iter().enumerate().map(of).collect()
}
