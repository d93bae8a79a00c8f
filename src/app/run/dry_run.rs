//! Everything short of sending.

use super::campaign::{RunRequest, to_ask};
use crate::app::account::Account;
use crate::app::open::{Opened, Source};
use crate::app::options::{SavedOptions, choices};
use crate::app::plan::known::Known;
use crate::app::plan::replan::{Planned, Planning};
use crate::app::plan::{Findings, Review, Tried, hours, replan};
use crate::app::question::SendQuestion;
use crate::app::{App, AppError, claims, optouts};
use crate::campaign::{Campaign, People};
use crate::domain::format::people;
use crate::domain::plan::PlanDiff;
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::engine::LimitOption;
use crate::queue::{LocalQueue, Queue};
use crate::sys::clock::Clock as _;

/// What a run would do.
#[derive(Clone, Debug)]
pub struct DryRun {
    /// The campaign's name.
    pub campaign: String,
    /// What the file would change; `None` where it was never planned, or nothing has changed.
    pub changes: Option<PlanDiff>,
    /// What planning found; nothing where nothing was planned.
    pub findings: Findings,
    /// What is left to send, and what a run sends of it: when, and what it costs.
    pub send: SendQuestion,
    /// All of it, to be expected of a run.
    pub review: Review,
    /// When its time came, where that was missed: a run asks whether it goes out all the same.
    pub missed: Option<Millis>,
}

/// Plans, where there is something new to plan: nothing is left behind, and a queue that is there stays as it is.
///
/// # Errors
/// When it can't be planned, or there is nobody to write to.
pub(super) async fn dry_run(
    app: &App,
    source: &Source,
    stored: &SavedOptions,
    account: &Account,
    request: &RunRequest,
) -> Result<DryRun, AppError> {
    let Some(campaign) = &source.campaign else {
        return Err(AppError::usage(format!("{}: there is nothing to plan", source.lost())));
    };
    let name = source.name.clone();
    let whose = (&source.home, account.origin(), name.as_str());
    let limit = request.limit;
    if source.campaign_dir.is_some() && !request.again {
        let mut opened = Opened::open(app, source, account.origin(), false)?;
        let planning = Planning { named: &request.campaign, strict: request.strict, limit, counts: true };
        let planned = replan::plan(app, source, planning, &mut opened.queue);
        let planned = planned.and_then(|planned| match planned.findings {
            Some(_) => Ok(planned),
            None => {
                Ok(Planned { findings: Some(frozen(app, campaign, &mut opened.queue, limit)?), ..planned })
            }
        });
        let counts = opened.queue.counts();
        opened.discard(app).await?;
        let planned = planned?;
        let Planned { staged, findings, head } = planned;
        let changes = staged.map(|staged| staged.diff);
        if changes.is_none() {
            app.say(format!(
                "{}: nothing has changed; {} queued",
                source.name,
                people(counts[Status::Queued])
            ));
        }
        let findings = findings.unwrap_or_default();
        let send = to_ask(app, whose, stored, &findings, &head.senders)?;
        let review = Review::of(&head, account.origin(), stored, &app.settings);
        let missed = missed(app, stored, &counts);
        return Ok(DryRun { campaign: name, changes, findings, send, review, missed });
    }
    let listed = optouts::open(app, &source.home)?;
    let counted = (account.origin(), None);
    let known = Known::read(app, &source.home, campaign, counted, listed, People::new())?;
    let mut rows = replan::gather(app, campaign, &known, None)?;
    rows.findings.count(hours::by_recipient(campaign), campaign.rates()?, Tried::default(), limit);
    rows.by_ref().try_for_each(|row| row.map(drop))?;
    let lists = format!("`sendcast check {} --all`", request.campaign);
    rows.findings.tell(app, &replan::short(&rows.planner.head().source), &lists);
    if request.strict {
        replan::be_strict(campaign, &rows.findings)?;
    }
    app.say(format!("{}: {}", source.name, rows.findings.sentence("send")));
    if rows.findings.good == 0 {
        return Err(AppError::usage("no row can be sent to: there is nobody to write to"));
    }
    if source.campaign_dir.is_none()
        && let Some(claim) = claims::alike(app, &source.known(), &rows.findings.likeness)?
    {
        claim.decide(app, &source.known(), request.claims)?;
    }
    let head = rows.planner.head().clone();
    let send = to_ask(app, whose, stored, &rows.findings, &head.senders)?;
    let review = Review::of(&head, account.origin(), stored, &app.settings);
    let missed = missed(app, stored, &Counts::default());
    Ok(DryRun { campaign: name, changes: None, findings: rows.findings, send, review, missed })
}

fn missed(app: &App, stored: &SavedOptions, counts: &Counts) -> Option<Millis> {
    choices::timetable(&app.settings, stored)?.missed(counts, app.clock.now())
}

/// What a plan that hasn't changed has left. A list of prices that can't be read keeps nobody from going on with it.
fn frozen(
    app: &App,
    campaign: &Campaign,
    queue: &mut LocalQueue,
    limit: Option<LimitOption>,
) -> Result<Findings, AppError> {
    let rates = campaign.rates().unwrap_or_else(|error| {
        app.warn(error.to_string());
        None
    });
    let mut findings = Findings::default();
    findings.count(hours::by_recipient(campaign), rates, Tried::default(), limit);
    queue.scan(&mut |listed| {
        if listed.job.status() == Status::Queued {
            findings.add_pending(listed.row.sender, listed.row.phone);
            if findings.firsts.iter().all(|(first, _)| first.variant != listed.row.variant) {
                findings.firsts.push((listed.row.into_owned(), 1));
            }
        }
        Ok(())
    })?;
    Ok(findings)
}
