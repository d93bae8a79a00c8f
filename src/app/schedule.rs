//! What goes out when: the campaigns that have something to send, with their schedules.

use crate::app::campaign_dir::{CampaignDir, observe};
use crate::app::check::{CheckRequest, examine};
use crate::app::open::Source;
use crate::app::options::{Choices, SavedOptions, zone};
use crate::app::plan::{Estimate, Limits, Pending};
use crate::app::{App, AppError};
use crate::domain::schedule::Timetable;
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::engine::snapshot::RunState;
use crate::queue::View;
use crate::sys::clock::Clock;

/// A campaign that has something to send.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Its name.
    pub campaign: String,
    /// Where it stands; `None` where it was never run.
    pub state: Option<RunState>,
    /// How many messages are left.
    pub queued: u64,
    /// When its next message may leave, were it running.
    pub next: Option<Millis>,
    /// When the last one has left then, as far as can be told.
    pub ends: Option<Millis>,
    /// When its time came, where that was missed.
    pub missed: Option<Millis>,
    /// The zone of the times above, for people.
    pub timezone: String,
    /// By which clocks.
    pub timetable: Option<Timetable>,
}

/// What there is to send.
#[derive(Debug, Default)]
pub struct Agenda {
    /// The campaigns, the next one first.
    pub planned: Vec<Planned>,
    /// Those that can't be read, by name, and why.
    pub unreadable: Vec<(String, AppError)>,
}

/// All campaigns that have something to send.
///
/// # Errors
/// The disk's.
pub fn all(app: &App, sandbox: bool) -> Result<Agenda, AppError> {
    let (mut planned, mut unreadable) = (Vec::new(), Vec::new());
    for campaign_dir in CampaignDir::all(&*app.disk, &app.home(sandbox)?)? {
        match of(app, &campaign_dir) {
            Ok(one) if one.queued > 0 && one.state != Some(RunState::Cancelled) => planned.push(one),
            Ok(_) => {}
            Err(error) => unreadable.push((campaign_dir.name.clone(), error)),
        }
    }
    planned.sort_by_key(|one| one.next.unwrap_or(Millis(u64::MAX)));
    Ok(Agenda { planned, unreadable })
}

/// One campaign, by its name or its file, which may not have run yet.
///
/// # Errors
/// When there is no such campaign, or it can't be read.
pub async fn one(app: &App, campaign: &str, sandbox: bool) -> Result<Planned, AppError> {
    let source = Source::find(app, app.home(sandbox)?, campaign)?;
    if let Some(campaign_dir) = &source.campaign_dir {
        return of(app, campaign_dir);
    }
    let choices = Choices::default();
    let request = CheckRequest { campaign: campaign.to_owned(), sandbox, choices, offline: true };
    let examined = examine(app, &request, &mut |_, _| Ok(())).await?;
    let counts = Counts::default();
    Ok(planned(app, examined.campaign, None, examined.findings.good, examined.estimate, &counts))
}

/// One that was planned.
///
/// # Errors
/// When it can't be read.
pub fn of(app: &App, campaign_dir: &CampaignDir) -> Result<Planned, AppError> {
    let stored = SavedOptions::load(&*app.disk, &campaign_dir.dir)?;
    let look = observe::look(app, campaign_dir)?;
    let queued = look.counts[Status::Queued] + look.counts[Status::Sending];
    let mut view = View::open(app.disk.clone(), &campaign_dir.round_dir())?;
    let senders = view.head().map(|head| head.senders.clone()).unwrap_or_default();
    let whose = (&campaign_dir.home, view.identity().origin.as_str(), campaign_dir.name.as_str());
    let limits = Limits::of(app, whose, &senders, &stored)?;
    let by_recipient = limits.timetable.as_ref().is_some_and(Timetable::is_by_recipient);
    let mut pending = Pending::none(by_recipient, false);
    if queued > 0 {
        pending = pending.with_queued(|each| view.scan(each))?;
    }
    let estimate = Estimate::of(&pending, limits, app.clock.now());
    Ok(planned(app, campaign_dir.name.clone(), Some(look.state), queued, estimate, &look.counts))
}

fn planned(
    app: &App,
    campaign: String,
    state: Option<RunState>,
    queued: u64,
    estimate: Estimate,
    counts: &Counts,
) -> Planned {
    let now = app.clock.now();
    let (timetable, forecast) = (estimate.limits.timetable, estimate.forecast);
    Planned {
        campaign,
        state,
        queued,
        next: forecast.as_ref().map(|forecast| forecast.starts),
        ends: forecast.and_then(|forecast| forecast.ends),
        missed: timetable.as_ref().and_then(|timetable| timetable.missed(counts, now)),
        timezone: zone::name(timetable.as_ref().map_or(&app.settings.timezone, Timetable::home)),
        timetable,
    }
}
