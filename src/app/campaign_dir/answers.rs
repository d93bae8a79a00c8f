//! What people answered to a campaign, without what answers another message of the data directory.

use std::path::Path;
use std::time::Duration;

use crate::app::AppError;
use crate::app::campaign_dir::{CampaignDir, all_rounds};
use crate::domain::time::Millis;
use crate::engine::attribution::{attributed, contested, is_rivalled};
use crate::engine::replies::{self, Answer};
use crate::queue::{QueueError, View};
use crate::sys::disk::SharedDisk;
use crate::sys::home::single_time;

/// A single message leaves so long after it was begun, at most.
const MAX_SINGLE_DELAY: Duration = Duration::from_secs(24 * 3600);

/// The answers to the campaign's newest round.
///
/// # Errors
/// The disk's.
pub fn of(disk: &SharedDisk, campaign_dir: &CampaignDir) -> Result<Vec<Answer>, AppError> {
    let read = |round: &Path| {
        let answers = replies::read(&**disk, round);
        answers.map_err(|error| AppError::disk("read the replies in", round, &error))
    };
    let own = campaign_dir.round_dir();
    let answers = attributed(read(&own)?, || {
        let mut others = Vec::new();
        for round in all_rounds(&**disk, &campaign_dir.home)?.iter().filter(|round| **round != own) {
            others.extend(read(round)?);
        }
        Ok::<_, AppError>(others)
    })?;
    without_those_to_singles(disk, &campaign_dir.home.singles(), answers)
}

/// Single messages (`test`, `send`) note no replies. There are few of them, and only those are read that may have come between.
fn without_those_to_singles(
    disk: &SharedDisk,
    singles: &Path,
    mut answers: Vec<Answer>,
) -> Result<Vec<Answer>, AppError> {
    let Some((from, until)) = contested(&answers) else { return Ok(answers) };
    let between = |begun: Millis| begun + MAX_SINGLE_DELAY >= from && begun <= until;
    let there = disk.list(singles).map_err(|error| AppError::disk("read", singles, &error))?;
    for single in there.into_iter().filter(|dir| single_time(dir).is_some_and(between)) {
        let read = View::open(disk.clone(), &single).and_then(|mut view| {
            view.scan(&mut |listed| {
                answers.retain(|answer| !is_rivalled(answer, &listed));
                Ok(())
            })
        });
        match read {
            // Just begun, or removed meanwhile.
            Err(QueueError::Disk { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            read => read?,
        }
    }
    Ok(answers)
}
