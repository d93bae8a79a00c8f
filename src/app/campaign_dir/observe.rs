//! Where a campaign stands: told by the sendcast that is working on it, else by the last one that did, while nothing has
//! happened since, else folded from plan and journal.

use std::path::Path;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::campaign_dir::{CampaignDir, answers};
use crate::app::{App, AppError};
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::engine::replies::{self, ReplyCounts};
use crate::engine::snapshot::{RunState, Snapshot, StopCode};
use crate::queue::{DesiredState, Stamp, View};
use crate::sys::clock::Clock;
use crate::sys::disk::{if_there, publish};

/// A heartbeat older than this: nobody is working on the campaign.
const MAX_HEARTBEAT_AGE: Duration = Duration::from_secs(5);

/// What `status.json` says beside the look, once a run has ended: by it the next look needn't read the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Basis {
    /// How far the round had got.
    stamp: Stamp,
    /// What the operator wanted.
    wanted: DesiredState,
}

/// The last look with what it holds by. `Snapshot` passes over the second when it is read.
#[derive(Debug, Serialize)]
struct Kept<'a> {
    #[serde(flatten)]
    snapshot: &'a Snapshot,
    basis: Basis,
}

/// What is folded or kept of a round.
#[derive(Clone, Copy, Debug)]
struct Facts {
    wanted: DesiredState,
    counts: Counts,
    retrying: u64,
    started_at: Option<Millis>,
}

/// Where the campaign's newest round stands. Reads the journal only where something has happened since the last run's end.
///
/// # Errors
/// When the ledger can't be read.
pub fn look(app: &App, campaign_dir: &CampaignDir) -> Result<Snapshot, AppError> {
    let round = campaign_dir.round_dir();
    let (published, basis) = last_look(app, &round)?.unzip();
    if let Some(snapshot) = &published
        && is_fresh(snapshot, app.clock.now())
    {
        return Ok(snapshot.clone());
    }
    let facts = match published.as_ref().zip(basis.flatten()) {
        Some((last, basis)) if Stamp::of(&*app.disk, &round)? == Some(basis.stamp) => Facts {
            wanted: basis.wanted,
            counts: last.counts,
            retrying: last.retrying,
            started_at: last.started_at,
        },
        _ => {
            let view = View::open(app.disk.clone(), &round)?;
            Facts {
                wanted: view.wanted(),
                counts: view.counts(),
                retrying: view.retrying(),
                started_at: view.started_at(),
            }
        }
    };
    let replies = answers::of(&app.disk, campaign_dir)?;
    Ok(at_rest(&campaign_dir.name, facts, published.as_ref(), replies::counts(&replies)))
}

/// Notes what the last look at a round holds by, once its queue is closed: the next one needn't read the journal then.
/// Where that can't be noted it is read, as ever.
pub fn keep(app: &App, campaign_dir: &CampaignDir, wanted: DesiredState, counts: &Counts) {
    let round = campaign_dir.round_dir();
    let kept = || -> Result<(), AppError> {
        let Some(snapshot) = published(app, &round)?.filter(|snapshot| snapshot.counts == *counts) else {
            return Ok(());
        };
        let Some(stamp) = Stamp::of(&*app.disk, &round)? else { return Ok(()) };
        let kept = Kept { snapshot: &snapshot, basis: Basis { stamp, wanted } };
        let path = round.join("status.json");
        let written = serde_json::to_vec(&kept)
            .map_err(std::io::Error::other)
            .and_then(|bytes| publish(&*app.disk, &path, &bytes));
        written.map_err(|error| AppError::disk("write", &path, &error))
    };
    if let Err(error) = kept() {
        tracing::warn!(%error, "could not complete status.json; `sendcast status` reads the journal");
    }
}

/// What the last sendcast that worked on a round said of it.
fn published(app: &App, round: &Path) -> Result<Option<Snapshot>, AppError> {
    Ok(last_look(app, round)?.map(|(snapshot, _)| snapshot))
}

/// The same, with what it holds by, where it was the last at the end of a run.
fn last_look(app: &App, round: &Path) -> Result<Option<(Snapshot, Option<Basis>)>, AppError> {
    #[derive(Deserialize)]
    struct Beside {
        basis: Option<Basis>,
    }
    let path = round.join("status.json");
    let bytes = if_there(app.disk.read(&path)).map_err(|error| AppError::disk("read", &path, &error))?;
    // It is replaced whole; one that can't be read is from another version and worth no error.
    let Some(bytes) = bytes else { return Ok(None) };
    let Ok(snapshot) = serde_json::from_slice(&bytes) else { return Ok(None) };
    let beside = serde_json::from_slice::<Beside>(&bytes).ok();
    Ok(Some((snapshot, beside.and_then(|beside| beside.basis))))
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

/// Whether the last sendcast that worked on the campaign's newest round was asked to end, or ended without a word: its last
/// sign is that of one that sends, or waits until it may.
///
/// # Errors
/// The disk's.
pub fn was_at_work(app: &App, campaign_dir: &CampaignDir) -> Result<bool, AppError> {
    let published = published(app, &campaign_dir.round_dir())?;
    Ok(published
        .is_some_and(|snapshot| snapshot.state.is_at_work() || snapshot.code == Some(StopCode::Interrupted)))
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

/// A look while nobody is working on the campaign. `last` is what the last one who did had to say: only it knows why it
/// stopped, and whether tracking was over.
fn at_rest(name: &str, facts: Facts, last: Option<&Snapshot>, replies: ReplyCounts) -> Snapshot {
    let Facts { wanted, counts, retrying, started_at } = facts;
    let unchanged = last.filter(|last| last.counts == counts);
    let state = state(wanted, &counts, started_at.is_some(), unchanged.map(|last| last.state));
    // What was in flight when the disk failed isn't in the journal as the last look had it.
    let failed = last.filter(|last| last.code == Some(StopCode::Disk));
    let told = unchanged.or(failed).filter(|last| {
        let paused_itself = state == RunState::Paused && last.code == Some(StopCode::Guard);
        state == RunState::Stopped || paused_itself
    });
    Snapshot {
        campaign: name.to_owned(),
        state,
        total: counts.total(),
        counts,
        retrying,
        rate: 0.0,
        started_at,
        eta_s: None,
        waiting_for: None,
        until: None,
        hold: None,
        blocked: last.map(|last| last.blocked.clone()).unwrap_or_default(),
        reason: told.and_then(|last| last.reason.clone()),
        tracked: last.is_some_and(|last| last.tracked),
        replied: replies.replied,
        asked_to_stop: replies.stopped,
        replies: replies.buttons,
        heartbeat: None,
        code: match last {
            // It was at work when it ended without a word.
            Some(last) if state == RunState::Stopped && last.state.is_at_work() => {
                Some(StopCode::Interrupted)
            }
            _ => told.and_then(|last| last.code),
        },
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
            code: None,
        };
        let now = Millis(1_000_000);
        assert!(!is_fresh(&snapshot, now));
        for (at, fresh) in [(1_000_000, true), (995_000, true), (994_999, false), (1_010_000, false)] {
            snapshot.heartbeat = Some(Millis(at));
            assert_eq!(is_fresh(&snapshot, now), fresh, "{at}");
        }
    }
}
