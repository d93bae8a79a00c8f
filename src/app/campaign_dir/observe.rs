//! Where a campaign stands: told by the sendcast that is working on it, else folded from plan and journal.

use std::path::Path;
use std::time::Duration;

use crate::app::campaign_dir::{CampaignDir, answers};
use crate::app::{App, AppError};
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::engine::replies::{self, ReplyCounts};
use crate::engine::snapshot::{RunState, Snapshot};
use crate::queue::{DesiredState, View};
use crate::sys::clock::Clock;
use crate::sys::disk::if_there;

/// A heartbeat older than this: nobody is working on the campaign.
const MAX_HEARTBEAT_AGE: Duration = Duration::from_secs(5);

/// Where the campaign's newest round stands.
///
/// # Errors
/// When the ledger can't be read.
pub fn look(app: &App, campaign_dir: &CampaignDir) -> Result<Snapshot, AppError> {
    let round = campaign_dir.round_dir();
    let published = published(app, &round)?;
    if let Some(snapshot) = &published
        && is_fresh(snapshot, app.clock.now())
    {
        return Ok(snapshot.clone());
    }
    let view = View::open(app.disk.clone(), &round)?;
    let replies = answers::of(app, campaign_dir)?;
    Ok(folded(&campaign_dir.name, &view, published.as_ref(), replies::counts(&replies)))
}

/// What the last sendcast that worked on a round said of it.
fn published(app: &App, round: &Path) -> Result<Option<Snapshot>, AppError> {
    let path = round.join("status.json");
    let bytes = if_there(app.disk.read(&path)).map_err(|error| AppError::disk("read", &path, &error))?;
    // It is replaced whole; one that can't be read is from another version and worth no error.
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Whether somebody is working on the campaign that this was said of.
#[must_use]
pub fn is_fresh(snapshot: &Snapshot, now: Millis) -> bool {
    // A heartbeat from the future: the clock was set back a moment ago.
    snapshot
        .heartbeat
        .is_some_and(|at| now.since(at) <= MAX_HEARTBEAT_AGE && at.since(now) <= MAX_HEARTBEAT_AGE)
}

/// Whether somebody is working on the campaign's newest round, by what they publish of it.
#[must_use]
pub fn is_alive(app: &App, campaign_dir: &CampaignDir) -> bool {
    let published = published(app, &campaign_dir.round_dir()).ok().flatten();
    published.is_some_and(|snapshot| is_fresh(&snapshot, app.clock.now()))
}

/// Forgets what was published of a round: an order has changed it since.
///
/// # Errors
/// The disk's.
pub fn forget(app: &App, round: &Path) -> Result<(), AppError> {
    let path = round.join("status.json");
    let removed = if_there(app.disk.remove_file(&path));
    removed.map(drop).map_err(|error| AppError::disk("remove", &path, &error))
}

/// A look folded from the files, while nobody is working on the campaign. `last` is what the last one who
/// did had to say: only it knows why it stopped, and whether tracking was over.
fn folded(name: &str, view: &View, last: Option<&Snapshot>, replies: ReplyCounts) -> Snapshot {
    let counts = view.counts();
    let unchanged = last.filter(|last| last.counts == counts);
    let state = state(view.wanted(), &counts, view.started_at().is_some(), unchanged.map(|last| last.state));
    Snapshot {
        campaign: name.to_owned(),
        state,
        total: counts.total(),
        counts,
        retrying: view.retrying(),
        rate: 0.0,
        started_at: view.started_at(),
        eta_s: None,
        waiting_for: None,
        until: None,
        hold: None,
        blocked: last.map(|last| last.blocked.clone()).unwrap_or_default(),
        reason: unchanged.filter(|_| state == RunState::Stopped).and_then(|last| last.reason.clone()),
        tracked: last.is_some_and(|last| last.tracked),
        replied: replies.replied,
        asked_to_stop: replies.stopped,
        replies: replies.buttons,
        heartbeat: None,
    }
}

fn state(wanted: DesiredState, counts: &Counts, started: bool, last: Option<RunState>) -> RunState {
    let unsent = counts[Status::Queued] + counts[Status::Sending];
    match (wanted, last) {
        (DesiredState::Cancelled, _) => RunState::Cancelled,
        (DesiredState::Paused, _) if unsent > 0 => RunState::Paused,
        (_, _) if !started => RunState::Planned,
        (_, Some(RunState::Settled) | None) if unsent == 0 => RunState::Settled,
        // Somebody left before the end: interrupted, killed, stopped, or at its limit.
        _ => RunState::Stopped,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_without_a_holder() {
        let mut counts = Counts::default();
        let told = |wanted, counts: &Counts, started, last| state(wanted, counts, started, last);
        counts[Status::Queued] = 2;
        assert_eq!(told(DesiredState::Running, &counts, false, None), RunState::Planned);
        assert_eq!(
            told(DesiredState::Running, &counts, true, Some(RunState::Running)),
            RunState::Stopped,
            "killed"
        );
        assert_eq!(told(DesiredState::Paused, &counts, true, Some(RunState::Running)), RunState::Paused);
        assert_eq!(told(DesiredState::Cancelled, &counts, true, None), RunState::Cancelled);
        let mut sent = Counts::default();
        sent[Status::Accepted] = 2;
        assert_eq!(told(DesiredState::Running, &sent, true, Some(RunState::Settled)), RunState::Settled);
        assert_eq!(told(DesiredState::Running, &sent, true, Some(RunState::Tracking)), RunState::Stopped);
        assert_eq!(told(DesiredState::Running, &sent, true, None), RunState::Settled);
    }

    #[test]
    fn only_a_heartbeat_of_the_moment_counts() {
        let mut snapshot = Snapshot {
            campaign: "x".into(),
            state: RunState::Running,
            total: 0,
            counts: Counts::default(),
            retrying: 0,
            rate: 0.0,
            started_at: None,
            eta_s: None,
            waiting_for: None,
            until: None,
            hold: None,
            blocked: Vec::new(),
            reason: None,
            tracked: false,
            replied: 0,
            asked_to_stop: 0,
            replies: Vec::new(),
            heartbeat: None,
        };
        let now = Millis(1_000_000);
        assert!(!is_fresh(&snapshot, now));
        for (at, fresh) in [(1_000_000, true), (995_000, true), (994_999, false), (1_010_000, false)] {
            snapshot.heartbeat = Some(Millis(at));
            assert_eq!(is_fresh(&snapshot, now), fresh, "{at}");
        }
    }
}
