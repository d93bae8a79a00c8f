//! What goes out when: the campaigns that have something to send, with their schedules.

use std::collections::BTreeMap;

use crate::app::campaign_dir::{CampaignDir, observe};
use crate::app::check::{CheckRequest, examine};
use crate::app::open::Source;
use crate::app::options::{Choices, SavedOptions, choices, zone};
use crate::app::plan::Outlook;
use crate::app::run::missed;
use crate::app::{App, AppError};
use crate::domain::phone::ZoneSet;
use crate::domain::schedule::{Load, Timetable};
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
        match of_ledger(app, &campaign_dir) {
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
        return of_ledger(app, campaign_dir);
    }
    let choices = Choices::default();
    let request = CheckRequest { campaign: campaign.to_owned(), sandbox, choices, offline: true };
    let examined = examine(app, &request, &mut |_, _| Ok(())).await?;
    let counts = Counts::default();
    Ok(planned(
        app,
        examined.campaign,
        None,
        examined.findings.good,
        (examined.timetable, examined.outlook),
        &counts,
    ))
}

fn of_ledger(app: &App, campaign_dir: &CampaignDir) -> Result<Planned, AppError> {
    let stored = SavedOptions::load(&*app.disk, &campaign_dir.dir)?;
    let timetable = choices::timetable(&app.settings, &stored);
    let look = observe::look(app, campaign_dir)?;
    let queued = look.counts[Status::Queued] + look.counts[Status::Sending];
    let view = View::open(app.disk.clone(), &campaign_dir.round_dir())?;
    let numbers = view.head().map_or(1, |head| head.senders.len().max(1));
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let per_second = choices::rate(&stored).per_second().map(|rate| rate * numbers as f64);
    let people = match &timetable {
        Some(timetable) if timetable.is_by_recipient() => by_zones(view)?,
        _ => vec![(ZoneSet::UNKNOWN, queued)],
    };
    let load = Load { people, per_second, daily: stored.file.daily, taken: None };
    let outlook = Outlook::of(timetable.as_ref(), &load, app.clock.now());
    Ok(planned(app, campaign_dir.name.clone(), Some(look.state), queued, (timetable, outlook), &look.counts))
}

fn planned(
    app: &App,
    campaign: String,
    state: Option<RunState>,
    queued: u64,
    (timetable, outlook): (Option<Timetable>, Option<Outlook>),
    counts: &Counts,
) -> Planned {
    let now = app.clock.now();
    Planned {
        campaign,
        state,
        queued,
        next: outlook.map(|outlook| outlook.starts),
        ends: outlook.and_then(|outlook| outlook.ends),
        missed: timetable.as_ref().and_then(|timetable| missed(timetable, counts, now)),
        timezone: zone::name(timetable.as_ref().map_or(&app.settings.timezone, Timetable::home)),
        timetable,
    }
}

/// How many are left to write to, by the zones that they may be in.
fn by_zones(mut view: View) -> Result<Vec<(ZoneSet, u64)>, AppError> {
    let mut people: BTreeMap<ZoneSet, u64> = BTreeMap::new();
    view.scan(&mut |line| {
        if let (Status::Queued | Status::Sending, Some(phone)) = (line.job.status(), line.row.phone) {
            *people.entry(phone.zones()).or_default() += 1;
        }
        Ok(())
    })?;
    Ok(people.into_iter().collect())
}
