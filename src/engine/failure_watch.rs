//! What pauses a campaign when too many of its messages fail: the canary's verdict, and the guard over everybody.
//!
//! Invariants:
//!
//! - Before the canary's verdict is on disk, nobody outside of the canary is written to for the first time.
//! - The verdict is judged by what became of the canary alone. Who was drawn follows from the round's people, so that a run
//!   after a crash goes on with the same ones.
//! - Whoever waits for a number that is blocked isn't waited for.
//! - A pause is on disk before what it was for counts as seen. So after a crash it pauses once more for the same failures,
//!   and never once too seldom; after `resume` it goes on.
//!
//! `failures.json` in the round's directory, sealed, holds what was judged and seen. Without it, or where it is damaged,
//! everything is judged anew.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::drawn::{Drawn, Open};
use crate::domain::format::{people, percent, plural};
use crate::domain::ids::{JobId, SenderNo};
use crate::domain::job::Job;
use crate::domain::policy::{Answered, Canary, FailureGuard, Outcomes};
use crate::domain::problem::NO_REASON;
use crate::domain::status::Status;
use crate::queue::{Candidate, DesiredState, Queue, QueueError};
use crate::sys::disk::{SharedDisk, if_there, write_atomic};
use crate::sys::sealed::{seal, unseal};

/// The file's name.
const FILE: &str = "failures.json";
/// So many failed are looked at for the reasons that are told.
const MAX_LOOKED_AT: usize = 10_000;
/// So many reasons are told.
const REASONS_TOLD: usize = 3;

/// Watches how many fail.
#[derive(Debug)]
pub struct FailureWatch {
    disk: SharedDisk,
    path: PathBuf,
    kept: Kept,
    guard: Option<FailureGuard>,
    /// What the guard judges: since the last pause for failures.
    outcomes: Outcomes,
    /// While its verdict is open.
    canary: Option<Trial>,
}

/// What is kept over restarts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Kept {
    /// The canary was judged, or somebody has gone on without it.
    canary_judged: bool,
    /// Those whom a pause was for.
    seen: Answered,
    /// Why it paused last.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused: Option<String>,
}

/// A canary under way.
#[derive(Debug)]
struct Trial {
    canary: Canary,
    drawn: Drawn,
    unsent: Open,
    unsettled: Open,
    /// So many of them wait for a number that is blocked.
    passed_over: u64,
    /// When the last of them had been sent.
    sent_at: Option<Instant>,
}

/// What a look at the failures came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The canary has passed, in these words: everybody else may be written to.
    Passed(String),
    /// Too many fail, in these words: the campaign is to be paused.
    Failed(String),
}

impl FailureWatch {
    /// Goes on where the last run left it. Where a canary is to be sent first, it is drawn.
    ///
    /// # Errors
    /// The disk's, the queue's.
    pub fn open<Q: Queue>(
        disk: SharedDisk,
        round: &Path,
        (canary, guard): (Option<Canary>, Option<FailureGuard>),
        queue: &mut Q,
    ) -> Result<FailureWatch, QueueError> {
        let path = round.join(FILE);
        let bytes = if_there(disk.read(&path)).map_err(QueueError::disk("read", &path))?;
        let kept = bytes.map(|bytes| unseal(&bytes)).transpose().unwrap_or_else(|error| {
            tracing::warn!(%error, path = %path.display(), "unreadable: failures are judged anew");
            None
        });
        let kept: Kept = kept.unwrap_or_default();
        let outcomes = Answered::of(&queue.counts()).since(kept.seen).into();
        let mut watch = FailureWatch { disk, path, kept, guard, outcomes, canary: None };
        if let Some(canary) = canary.filter(|_| !watch.kept.canary_judged) {
            let counts = queue.counts();
            let all = counts.total() - counts[Status::Skipped] - counts[Status::Cancelled];
            let purpose = format!("canary\0{}", queue.identity().round);
            let drawn = Drawn::draw(queue, &purpose, canary.share.of(all), |_| true)?;
            let (unsent, unsettled) = (Open::all(&drawn), Open::all(&drawn));
            watch.canary = Some(Trial { canary, drawn, unsent, unsettled, passed_over: 0, sent_at: None });
        }
        Ok(watch)
    }

    /// Whether this person has to wait for the canary.
    #[must_use]
    pub fn holds_back(&self, candidate: Candidate) -> bool {
        candidate.untouched && self.canary.as_ref().is_some_and(|trial| !trial.drawn.contains(candidate.job))
    }

    /// How many people the canary is, while its verdict is open.
    #[must_use]
    pub fn canary(&self) -> Option<u64> {
        self.canary.as_ref().map(|trial| trial.drawn.len() as u64)
    }

    /// How much longer the canary's deliveries are waited for, once all of it has been sent.
    #[must_use]
    pub fn waits(&self) -> Option<Duration> {
        let trial = self.canary.as_ref()?;
        Some(trial.canary.wait.saturating_sub(trial.sent_at?.elapsed()))
    }

    /// Why it paused last, for those who look at a paused campaign.
    #[must_use]
    pub fn paused(&self) -> Option<&str> {
        self.kept.paused.as_deref()
    }

    /// Only these numbers are blocked now: a canary is judged by those of its people who wait for none of them.
    ///
    /// # Errors
    /// The queue's.
    pub fn pass_over<Q: Queue>(&mut self, queue: &mut Q, blocked: &[SenderNo]) -> Result<(), QueueError> {
        let Some(trial) = &mut self.canary else { return Ok(()) };
        let open = Open::sendable(&trial.drawn, queue, blocked)?;
        trial.passed_over = (trial.drawn.len() - open.len()) as u64;
        (trial.unsent, trial.unsettled) = (open.clone(), open);
        trial.sent_at = None;
        Ok(())
    }

    /// Looks at what became of those who were written to.
    ///
    /// # Errors
    /// The queue's.
    pub fn look<Q: Queue>(&mut self, queue: &mut Q) -> Result<Option<Verdict>, QueueError> {
        if queue.wanted() != DesiredState::Running {
            return Ok(None);
        }
        self.kept.paused = None;
        if let Some(trial) = &mut self.canary {
            return trial.look(queue);
        }
        let Some(guard) = &self.guard else { return Ok(None) };
        if !guard.raises(&self.outcomes) {
            return Ok(None);
        }
        let failed = queue.in_status(Status::Failed, JobId(0), MAX_LOOKED_AT)?;
        let why = reasons(failed.iter().map(|(_, job)| job));
        let Outcomes { answered, refused, arrived, undelivered } = self.outcomes;
        Ok(Some(Verdict::Failed(format!(
            "too many fail, about {:.0} % where the guard allows {}: {refused} of {} were refused, {undelivered} of {} \
             whose delivery is known didn't get it{why}",
            self.outcomes.failing(guard.after) * 100.0,
            guard.max_failed,
            people(answered),
            arrived + undelivered
        ))))
    }

    /// A person's status has changed.
    pub fn moved(&mut self, from: Status, to: Status) {
        self.outcomes.moved(from, to);
    }

    /// The verdict was heeded: the pause, where it is one, is on disk.
    ///
    /// # Errors
    /// The disk's.
    pub fn heeded<Q: Queue>(&mut self, verdict: &Verdict, queue: &Q) -> Result<(), QueueError> {
        self.kept.canary_judged |= self.canary.take().is_some();
        if let Verdict::Failed(reason) = verdict {
            self.kept.seen = Answered::of(&queue.counts());
            self.outcomes = Outcomes::default();
            self.kept.paused = Some(reason.clone());
        }
        let written = seal(&self.kept)
            .map_err(io::Error::other)
            .and_then(|bytes| write_atomic(&*self.disk, &self.path, &bytes));
        written.map_err(QueueError::disk("write", &self.path))
    }
}

impl Trial {
    fn look<Q: Queue>(&mut self, queue: &mut Q) -> Result<Option<Verdict>, QueueError> {
        let is_sent = |job: &Job| !matches!(job.status(), Status::Queued | Status::Sending);
        if !self.unsent.is_over(queue, is_sent)? {
            return Ok(None);
        }
        let sent_at = *self.sent_at.get_or_insert_with(Instant::now);
        let is_settled = |job: &Job| {
            !matches!(
                job.status(),
                Status::Queued | Status::Sending | Status::Accepted | Status::Sent | Status::InDoubt
            )
        };
        let all_settled = self.unsettled.is_over(queue, is_settled)?;
        if !all_settled && sent_at.elapsed() < self.canary.wait {
            return Ok(None);
        }
        let (mut answered, mut arrived, mut followed, mut failed) =
            (Answered::default(), 0u64, 0u64, Vec::new());
        for id in self.drawn.iter() {
            let Some(job) = queue.job(id)? else { continue };
            match job.status() {
                Status::Failed => {
                    answered.failed += 1;
                    failed.push(job);
                }
                Status::Delivered | Status::Read => arrived += 1,
                Status::Accepted | Status::Sent => followed += u64::from(has_id(&job)),
                _ => continue,
            }
            answered.people += 1;
        }
        let allowed = self.canary.max_failed;
        let told = format!(
            "of the canary {} of {} failed{}",
            percent(answered.failed, answered.people),
            people(answered.people),
            reasons(failed.iter())
        );
        // Nothing is known to have arrived: that is no reason to go on. Of a message without an id it can't be known.
        let nobody = followed > 0 && arrived == 0;
        let waits = self.passed_over;
        Ok(Some(if answered.people == 0 && waits > 0 {
            let whom = plural(waits, "person of it waits", "people of it wait");
            Verdict::Failed(format!("the canary can't be judged: {whom} for a number that is blocked"))
        } else if answered.are_worse_than(allowed) {
            Verdict::Failed(format!("{told}; {allowed} are allowed"))
        } else if nobody {
            Verdict::Failed(format!(
                "of the canary's {} nobody is known to have got the message after {}",
                people(answered.people),
                crate::domain::format::duration(self.canary.wait)
            ))
        } else {
            Verdict::Passed(format!(
                "the canary has passed: {arrived} of {} delivered, {} failed; going on with everybody",
                people(answered.people),
                answered.failed
            ))
        }))
    }
}

/// Whether its delivery can be asked for.
fn has_id(job: &Job) -> bool {
    job.best_delivery().is_some_and(|(_, delivery)| delivery.id.is_some())
}

/// `: 150 for “undeliverable (code 131026)”, 32 for …`
fn reasons<'a>(failed: impl Iterator<Item = &'a Job>) -> String {
    let mut reasons: HashMap<String, u64> = HashMap::new();
    for job in failed {
        let problem = job.problem.as_ref();
        let reason = problem.map_or_else(|| NO_REASON.to_owned(), ToString::to_string);
        *reasons.entry(reason).or_default() += 1;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by(|(a, many), (b, more)| more.cmp(many).then_with(|| a.cmp(b)));
    let told: Vec<String> =
        reasons.iter().take(REASONS_TOLD).map(|(reason, many)| format!("{many} for “{reason}”")).collect();
    if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) }
}
