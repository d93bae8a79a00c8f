//! Everything short of sending.

use super::campaign::RunRequest;
use crate::app::account::Account;
use crate::app::open::{Opened, Source};
use crate::app::plan::contacts::Capped;
use crate::app::plan::exclusions::Exclusions;
use crate::app::plan::replan::LeftOut;
use crate::app::plan::{Findings, hours, replan};
use crate::app::{App, AppError, claims, optouts};
use crate::campaign::People;
use crate::domain::format::people;
use crate::domain::plan::PlanDiff;
use crate::domain::status::Status;
use crate::engine::OptOuts;
use crate::queue::Queue;

/// What a run would do.
#[derive(Clone, Debug)]
pub struct DryRun {
    /// The campaign's name.
    pub campaign: String,
    /// What the file would change; `None` where it was never planned, or nothing has changed.
    pub changes: Option<PlanDiff>,
    /// What planning found; nothing where nothing was planned.
    pub findings: Findings,
}

/// Plans, where there is something new to plan: nothing is left behind, and a queue that is there stays as it is.
///
/// # Errors
/// When it can't be planned, or there is nobody to write to.
pub(super) async fn dry_run(
    app: &App,
    source: &Source,
    account: &Account,
    request: &RunRequest,
) -> Result<DryRun, AppError> {
    let Some(campaign) = &source.campaign else {
        return Err(AppError::usage(format!("{}: there is nothing to plan", source.lost())));
    };
    if source.campaign_dir.is_some() && !request.again {
        let mut opened = Opened::open(app, source, account.origin(), false)?;
        let planned = replan::plan(app, source, (&request.campaign, request.strict), &mut opened.queue);
        let counts = opened.queue.counts();
        opened.discard(app).await?;
        let planned = planned?;
        let changes = planned.staged.map(|staged| staged.diff);
        if changes.is_none() {
            app.say(format!(
                "{}: nothing has changed; {} queued",
                source.name,
                people(counts[Status::Queued])
            ));
        }
        let findings = planned.findings.unwrap_or_default();
        return Ok(DryRun { campaign: source.name.clone(), changes, findings });
    }
    let listed = optouts::open(app, &source.home)?;
    let opted_out = |phone| listed.contains(phone);
    let exclusions = Exclusions::of(app, &source.home, campaign)?;
    let excluded = |phone| exclusions.list_of(phone);
    let never = hours::never(app, campaign);
    let nobody = People::new();
    let contacts = Capped::read(app, &source.home, campaign.cap, (account.origin(), None))?;
    let capped = |phone| contacts.judge(phone);
    let left_out = LeftOut {
        opted_out: &opted_out,
        excluded: &excluded,
        capped: &capped,
        never: &never,
        written_to: &nobody,
    };
    let mut rows = replan::gather(app, campaign, left_out, None)?;
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
    Ok(DryRun { campaign: source.name.clone(), changes: None, findings: rows.findings })
}
