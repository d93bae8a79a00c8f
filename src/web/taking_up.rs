//! Taking up campaigns where their last run stopped: by a button, and for all of them by `serve --resume`.
//!
//! Invariants: what is taken up is sent by its frozen plan (`--expect`), so that a file that was changed since is refused and
//! looked at first. Unasked, only that is taken up which was being sent, or waited for its time, when the machine or its
//! run ended without a word, or was asked to end. Whatever somebody has to decide about waits for them.

use std::ffi::OsString;

use crate::app::campaign_dir::{CampaignDir, observe};
use crate::app::plan::Review;
use crate::app::{App, AppError, schedule};
use crate::domain::schedule::{Late, Timetable};
use crate::domain::status::Status;
use crate::engine::snapshot::{RunState, Snapshot, StopCode};
use crate::sys::clock::Clock;
use crate::web::dashboard::Dashboard;

/// What becomes of a campaign that has people left, at a start with `--resume`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resumed {
    /// A run goes on with it.
    TakenUp {
        /// How many have yet to be written to.
        left: u64,
    },
    /// It is left alone, and why.
    Left(String),
    /// Its run has given a sign a moment ago: it may be alive, or have died just now.
    Unclear,
}

/// A campaign by its name, and what became of it, or why nothing could.
pub type Each = (String, Result<Resumed, AppError>);

/// Starts a run for what is queued, which sends what the campaign's frozen plan says.
///
/// # Errors
/// When it can't be started.
pub fn take_up(
    dashboard: &Dashboard,
    app: &App,
    (campaign_dir, trial): (&CampaignDir, bool),
) -> Result<(), AppError> {
    let mut arguments: Vec<OsString> = vec![(&campaign_dir.name).into(), "--yes".into()];
    if trial {
        arguments.push("--sandbox".into());
    }
    if let Some(review) = Review::of_frozen(app, campaign_dir)? {
        arguments.extend(["--expect".into(), review.to_string().into()]);
    }
    dashboard.runs.start((trial, &campaign_dir.name), &arguments, &campaign_dir.dir, dashboard.now())
}

/// All real campaigns that have people left (of these names, where some are given), each taken up or not. Trials wait for
/// somebody.
///
/// # Errors
/// When the data directory can't be read.
pub fn resume_all(dashboard: &Dashboard, only: Option<&[String]>) -> Result<Vec<Each>, AppError> {
    let app = dashboard.app();
    let all = CampaignDir::all(&*app.disk, &app.home(false)?)?;
    let wanted = |campaign_dir: &CampaignDir| only.is_none_or(|names| names.contains(&campaign_dir.name));
    let each = all.into_iter().filter(wanted).filter_map(|campaign_dir| {
        let resumed = resume(dashboard, &app, &campaign_dir).transpose()?;
        Some((campaign_dir.name, resumed))
    });
    Ok(each.collect())
}

/// Takes up one, where nobody needs to look first; `None` where nothing is left of it.
fn resume(dashboard: &Dashboard, app: &App, campaign_dir: &CampaignDir) -> Result<Option<Resumed>, AppError> {
    let look = observe::look(app, campaign_dir)?;
    let left = look.counts[Status::Queued] + look.counts[Status::Sending];
    if left == 0 || matches!(look.state, RunState::Settled | RunState::Cancelled) {
        return Ok(None);
    }
    if observe::is_fresh(&look, app.clock.now()) {
        return Ok(Some(Resumed::Unclear));
    }
    if let Some(why) = waits_for_somebody(&look, observe::was_at_work(app, campaign_dir)?) {
        return Ok(Some(Resumed::Left(why)));
    }
    let planned = schedule::of(app, campaign_dir)?;
    if let (Some(_), Some(Late::Ask | Late::Skip)) =
        (planned.missed, planned.timetable.as_ref().map(Timetable::late))
    {
        return Ok(Some(Resumed::Left("its start was missed".to_owned())));
    }
    take_up(dashboard, app, (campaign_dir, false))?;
    Ok(Some(Resumed::TakenUp { left }))
}

/// Why it isn't taken up unasked; `None` where its last run was interrupted.
fn waits_for_somebody(look: &Snapshot, was_at_work: bool) -> Option<String> {
    match (look.state, look.code) {
        (RunState::Paused, _) => Some("it is paused".to_owned()),
        (RunState::Stopped, Some(StopCode::Interrupted)) => None,
        (RunState::Stopped | RunState::Planned, _) if was_at_work => None,
        (RunState::Planned, _) => Some("nobody has started it".to_owned()),
        _ => Some(look.reason.clone().unwrap_or_else(|| "nobody was sending it".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::snapshot::example;

    #[test]
    fn only_what_was_interrupted_is_taken_up_unasked() {
        let told = |state, code, was_at_work| {
            let look = Snapshot { state, code, reason: None, ..example() };
            waits_for_somebody(&look, was_at_work)
        };
        for taken_up in [
            told(RunState::Stopped, Some(StopCode::Interrupted), false),
            told(RunState::Stopped, None, true),
            told(RunState::Planned, None, true),
        ] {
            assert_eq!(taken_up, None);
        }
        assert_eq!(told(RunState::Paused, None, true).unwrap(), "it is paused");
        assert_eq!(told(RunState::Planned, None, false).unwrap(), "nobody has started it");
        for code in [
            StopCode::Guard,
            StopCode::Token,
            StopCode::Disk,
            StopCode::Limit,
            StopCode::Number,
            StopCode::Missed,
        ] {
            assert!(told(RunState::Stopped, Some(code), false).is_some(), "{code:?}");
        }
        assert!(told(RunState::Stopped, None, false).is_some(), "an order has changed it since");
    }
}
