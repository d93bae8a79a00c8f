//! Planning a campaign that may have been planned before: what its file has become since.

use std::path::Path;

use crate::app::open::Source;
use crate::app::optouts;
use crate::app::plan::known::Known;
use crate::app::plan::{Findings, Gather, Tried, difference, hours};
use crate::app::{App, AppError, Question, removals};
use crate::campaign::{Campaign, KnownPeople, People, PlanOptions, Planner, Sample, source_hash};
use crate::domain::format::plural;
use crate::domain::ids::{NumberId, SenderNo};
use crate::domain::phone::Phone;
use crate::domain::plan::{PlanDiff, PlanHead};
use crate::domain::status::Status;
use crate::engine::LimitOption;
use crate::queue::{LocalQueue, Queue, QueueError, RowVisitor, Staged, local};
use crate::sys::home::round_dir;

/// What is about to be sent, for questions and summaries.
#[derive(Debug)]
pub struct Planned {
    /// A plan that waits to be adopted; `None` where the present one holds.
    pub staged: Option<Staged<local::Stage>>,
    /// What planning found; `None` where nothing was planned.
    pub findings: Option<Findings>,
    /// What its rows have in common.
    pub head: PlanHead,
}

impl Planned {
    /// How many people are still to be written to, or a few more.
    #[must_use]
    pub fn to_send(&self, queue: &LocalQueue) -> u64 {
        let (Some(staged), Some(findings)) = (&self.staged, &self.findings) else {
            return queue.counts()[Status::Queued];
        };
        let diff = &staged.diff;
        let queued = diff.unsent_before.saturating_sub(diff.removed) + diff.new;
        queued.min(findings.good.saturating_sub(diff.already_sent))
    }

    /// The numbers that have somebody to write to.
    #[must_use]
    pub fn senders_in_use(&self, queue: &LocalQueue) -> Vec<NumberId> {
        let has_people = |no: u16| match &self.findings {
            Some(findings) => findings.by_sender.get(usize::from(no)).is_some_and(|people| *people > 0),
            None => queue.queued_of(SenderNo(no)) > 0,
        };
        (0..)
            .zip(&self.head.senders)
            .filter(|(no, _)| has_people(*no))
            .map(|(_, number)| number.clone())
            .collect()
    }
}

/// How it is planned.
#[derive(Clone, Copy, Debug)]
pub struct Planning<'a> {
    /// The campaign as the user named it.
    pub named: &'a str,
    /// Any bad row is an error.
    pub strict: bool,
    /// How many people this run writes to for the first time, at most.
    pub limit: Option<LimitOption>,
    /// What is left and what that costs is told, also where it has begun.
    pub counts: bool,
}

/// Plans, where there is something new to plan.
///
/// # Errors
/// When the audience can't be read or planned, or with `strict` where a row is bad.
pub fn plan(
    app: &App,
    source: &Source,
    planning: Planning<'_>,
    queue: &mut LocalQueue,
) -> Result<Planned, AppError> {
    let Planning { named, strict, .. } = planning;
    let nothing = Planned { staged: None, findings: None, head: queue.head().cloned().unwrap_or_default() };
    let Some(campaign) = &source.campaign else {
        if queue.head().is_none() {
            return Err(AppError::usage(format!("{}, and it was never planned", source.lost())));
        }
        app.note(format!("{}: the frozen plan goes on", source.lost()));
        return Ok(nothing);
    };
    let head = queue.head().cloned();
    if campaign.audience.is_unlisted() && head.is_some() {
        app.note("whom it means now isn't known: the frozen plan goes on");
        return Ok(nothing);
    }
    let hash = match (source_hash(campaign), &head) {
        (Err(crate::campaign::CampaignError::Read { path, source }), Some(_))
            if source.kind() == std::io::ErrorKind::NotFound =>
        {
            app.note(format!("{} is gone: the frozen plan goes on", path.display()));
            return Ok(nothing);
        }
        (hash, _) => hash?,
    };
    let listed = optouts::open(app, &source.home)?;
    let unchanged = head.as_ref().is_some_and(|head| head.source_hash == hash);
    if unchanged && !strict {
        return Ok(nothing);
    }
    let written_to = match campaign.audience.selection.sample {
        Some(Sample::People(_)) if head.is_some() => written_to(|each| queue.scan(each))?,
        _ => People::new(),
    };
    let own = queue.identity();
    let counted = (own.origin.as_str(), Some(round_dir(&source.dir(), own.round)));
    let known = Known::read(app, &source.home, campaign, counted, listed, written_to)?;
    let mut rows = gather(app, campaign, &known, head.as_ref())?;
    let begun = queue.started_at().is_some();
    if !unchanged && (planning.counts || !begun) {
        let tried = if begun { Tried::of(|each| queue.scan(each))? } else { Tried::default() };
        rows.findings.count(hours::by_recipient(campaign), campaign.rates()?, tried, planning.limit);
    }
    if unchanged {
        rows.by_ref().try_for_each(|row| row.map(drop))?;
        be_strict(campaign, &rows.findings)?;
        return Ok(nothing);
    }
    let new_head = rows.planner.head().clone();
    let staged = queue.stage(new_head.clone(), &mut rows)?;
    for note in &rows.planner.warnings().notes {
        app.warn(note);
    }
    rows.findings.tell(app, &short(&new_head.source), &format!("`sendcast check {named} --all`"));
    if strict {
        be_strict(campaign, &rows.findings)?;
    }
    match &head {
        None => app.say(format!("{}: {}", source.name, rows.findings.sentence("send"))),
        Some(_) => {
            let changes = difference(&staged.diff, Some("`--again`"));
            app.say(format!("{}: the file has changed: {changes}", source.name));
        }
    }
    Ok(Planned { staged: Some(staged), findings: Some(rows.findings), head: new_head })
}

/// Whom a round wrote to, or tried to: whose job has been claimed once.
///
/// # Errors
/// What the scan says.
pub fn written_to(
    scan: impl FnOnce(&mut RowVisitor<'_>) -> Result<(), QueueError>,
) -> Result<People, QueueError> {
    let mut people = People::new();
    scan(&mut |listed| {
        if !listed.job.untouched() {
            people.extend(listed.phone().map(Phone::identity));
        }
        Ok(())
    })?;
    Ok(people)
}

/// The campaign's rows, looked at as they pass; `head` is the last plan's.
///
/// # Errors
/// When the campaign can't be planned.
pub fn gather<'a>(
    app: &App,
    campaign: &'a Campaign,
    known: &'a dyn KnownPeople,
    head: Option<&'a PlanHead>,
) -> Result<Gather<'a>, AppError> {
    let options = PlanOptions { known, earlier: head, ..PlanOptions::default() };
    Ok(Gather::new(app, Planner::new(campaign, options)?, 0))
}

/// The guard against accidents: an empty file, or one that lacks more than half of those not yet sent.
///
/// # Errors
/// When nobody answers, or there is nobody to write to.
pub fn accept(app: &App, diff: &PlanDiff, first: bool, accepted: bool) -> Result<bool, AppError> {
    let good = diff.new + diff.changed;
    if first {
        if good == 0 {
            let what = if diff.rows == 0 { "the audience is empty" } else { "no row can be sent to" };
            return Err(AppError::usage(format!("{what}: there is nobody to write to")));
        }
        return Ok(true);
    }
    if !diff.looks_like_an_accident() || accepted {
        return Ok(true);
    }
    app.confirm(Question::Removals(*diff), || {
        AppError::usage(format!("this looks like an accident: {}; nothing was changed", removals(diff)))
            .hint("`--accept-removals` cancels those who are gone from it")
    })
}

/// Any bad row is one too many.
///
/// # Errors
/// When there is one.
pub fn be_strict(campaign: &Campaign, findings: &Findings) -> Result<(), AppError> {
    if findings.bad == 0 {
        return Ok(());
    }
    Err(AppError::usage(format!(
        "{} bad, and `--strict` was asked for; nothing was sent",
        plural(findings.bad, "row is", "rows are")
    ))
    .hint(format!("`sendcast check {}` lists them all", campaign.path.display())))
}

/// A path as people call it: the file's name.
#[must_use]
pub fn short(source: &str) -> String {
    Path::new(source)
        .file_name()
        .map_or_else(|| source.to_owned(), |name| name.to_string_lossy().into_owned())
}
