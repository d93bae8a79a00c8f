//! What a queue promises, whoever keeps it. One suite defines it and runs over every implementation.
//!
//! Invariants:
//!
//! - An [`Intent`] exists only after its claim is durable; only this room can make one. What isn't an
//!   intent can't be POSTed (**D**).
//! - States change through [`Job::apply`](crate::domain::job::Job::apply) alone, inside
//!   [`Queue::record`] and [`Queue::claim`].
//! - Counts add up to the total at every moment (**L**).
//! - After an error of the disk every further call fails: nothing is released on an unknown disk.
//!
//! A claim is durable when it returns, a record with the next commit batch: an outcome that is lost with the power leaves a
//! doubt, never a second message. An event names its attempt, and where that isn't enough the change names the revision
//! that it was decided on, so that a late poll can't undo a cancellation.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::listed::Listed;
use crate::domain::ids::{AttemptNo, JobId, MessageId, NumberId, OrderId, OwnerId, PlanNo, SenderNo};
use crate::domain::job::{Event, InvalidTransition, Job};
use crate::domain::payload::Payload;
use crate::domain::phone::{Phone, ZoneSet};
use crate::domain::plan::{PlanDiff, PlanHead, PlannedRow};
use crate::domain::round_kind::RoundKind;
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;

/// Whose queue it is. Frozen when the round is created; a run against another of these is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The campaign's name.
    pub campaign: String,
    /// What is done for each row.
    pub kind: RoundKind,
    /// The absolute path of the campaign's file, or of the table (empty for a single message).
    pub path: PathBuf,
    /// Scheme, host and port of the server. A ledger from a loopback server never serves a real one.
    pub origin: String,
    /// The round, from 1.
    pub round: u32,
}

/// What the operator wants, apart from what is observed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DesiredState {
    /// Send.
    #[default]
    Running,
    /// Hold everything until `resume`.
    Paused,
    /// Final until a new round.
    Cancelled,
}

/// A claim that is on disk: the licence to POST once. Can't be made outside of the queue, nor cloned.
#[derive(Debug)]
#[non_exhaustive]
pub struct Intent {
    /// The job.
    pub job: JobId,
    /// Its attempt.
    pub attempt: AttemptNo,
    /// Who sends.
    pub sender: SenderNo,
    /// To whom.
    pub phone: Phone,
    /// What.
    pub payload: Arc<Payload>,
    /// The first attempt ever at this job.
    pub first: bool,
    /// Attempts used of the present allowance, before this one.
    pub used: u32,
    /// When the claim ends.
    pub lease_until: Millis,
}

/// How many to claim for one number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimRequest {
    /// Which number.
    pub sender: SenderNo,
    /// At most so many.
    pub count: usize,
    /// Whether jobs nobody was written to for yet are wanted too; otherwise only those that wait for
    /// another attempt.
    pub untouched: bool,
}

/// A job that could be claimed, shown to the caller's admission test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// The job.
    pub job: JobId,
    /// To whom.
    pub phone: Phone,
    /// Nothing was ever written to this person in this round.
    pub untouched: bool,
}

/// What jobs are put off for, together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PutOffFor {
    /// It isn't time for people who may be in these zones.
    Hours(ZoneSet),
    /// They weren't drawn: others are written to first.
    Draw,
}

/// Queued jobs that aren't asked for before a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PutOff {
    /// For what.
    pub group: PutOffFor,
    /// Until when.
    pub until: Millis,
    /// How many.
    pub jobs: u64,
}

/// In whose name a claim is made, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The run.
    pub owner: OwnerId,
    /// The claim's end.
    pub until: Millis,
}

/// One change to a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The job.
    pub job: JobId,
    /// The revision the change was decided on; `None` where the event itself names all it depends on.
    pub expect: Option<u32>,
    /// What happened.
    pub event: Event,
}

/// Changes that become durable together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// An order that these changes carry out. If it was applied before, the whole batch is passed over.
    pub order: Option<OrderId>,
    /// A new wanted state.
    pub wanted: Option<DesiredState>,
    /// The changes, applied in turn.
    pub changes: Vec<Change>,
}

/// What became of one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Applied.
    Yes {
        /// The status before.
        from: Status,
        /// The status after.
        to: Status,
    },
    /// The state didn't admit it, another change came first, or the order was applied before: nothing changed.
    No,
}

/// Takes one listed job after the other.
pub type RowVisitor<'a> = dyn FnMut(Listed<'_>) -> Result<(), QueueError> + 'a;

/// Makes something of a block of listed jobs, on any thread.
pub type BlockFormatter<'a, T> = dyn Fn(&[Listed<'_>]) -> T + Sync + 'a;

/// Takes what was made, one block after the other.
pub type BlockSink<'a, T> = dyn FnMut(T) -> Result<(), QueueError> + 'a;

/// An attempt in doubt, with all that is needed to look for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub attempt: AttemptNo,
    /// Who sent.
    pub sender: SenderNo,
    /// To whom, at that time.
    pub phone: Phone,
    /// What, at that time.
    pub payload: Arc<Payload>,
    /// When the intent was written.
    pub at: Millis,
    /// Since when it is in doubt.
    pub since: Millis,
    /// How often it was looked for.
    pub looks: u16,
    /// When it was last looked for; zero before the first time.
    pub looked_at: Millis,
    /// The last look proved that it can't be seen.
    pub unseen: bool,
}

/// An accepted message whose delivery isn't final.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// The job.
    pub job: JobId,
    /// The attempt.
    pub attempt: AttemptNo,
    /// Who sent.
    pub sender: SenderNo,
    /// What to ask for.
    pub id: MessageId,
    /// When it was accepted.
    pub accepted_at: Millis,
    /// What is known.
    pub status: Status,
}

/// A plan that has been written and compared, and not yet adopted. Dropping it changes nothing.
#[derive(Debug)]
pub struct Staged<S> {
    /// What it would change.
    pub diff: PlanDiff,
    /// The implementation's own.
    pub state: S,
}

/// One entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Entry {
    /// A process took the queue.
    Opened {
        /// In whose name.
        owner: OwnerId,
        /// Unix time, in milliseconds.
        at: Millis,
    },
    /// A plan was adopted. New jobs, `jobs_before..jobs`, start as that plan says.
    Plan {
        /// Which.
        no: PlanNo,
        /// Jobs before.
        jobs_before: u32,
        /// Jobs now.
        jobs: u32,
        /// Unix time, in milliseconds.
        at: Millis,
    },
    /// A job changed.
    Job {
        /// Which.
        job: JobId,
        /// The transition.
        event: Event,
    },
    /// The operator wants something else.
    Wanted {
        /// What.
        wanted: DesiredState,
        /// Unix time, in milliseconds.
        at: Millis,
    },
    /// An order was applied.
    Order {
        /// Which.
        id: OrderId,
        /// Unix time, in milliseconds.
        at: Millis,
    },
}

impl Entry {
    /// When it was written, or what it tells of happened; `None` where it has no time.
    #[must_use]
    pub fn at(&self) -> Option<Millis> {
        match self {
            Entry::Opened { at, .. }
            | Entry::Plan { at, .. }
            | Entry::Wanted { at, .. }
            | Entry::Order { at, .. } => Some(*at),
            Entry::Job { event, .. } => event.at(),
        }
    }
}

/// Position in the journal: the number of an entry, from 1.
pub type Sequence = u64;

/// The queue of one round. Only the run loop calls what changes it.
///
/// `record` applies at once and is durable at the latest when the next `claim`, `sync`, `adopt` or `close`
/// returns; `claim` returns only when its intents, and all that was recorded before, are durable.
#[expect(async_fn_in_trait, reason = "one runtime thread: futures need not be Send")]
pub trait Queue {
    /// What a staged plan holds.
    type Stage;

    /// Whose queue it is.
    fn identity(&self) -> &Identity;

    /// What the newest plan's rows have in common; `None` before the first plan.
    fn head(&self) -> Option<&PlanHead>;

    /// Writes a plan beside the present one and compares them; rows are known by their key.
    ///
    /// # Errors
    /// The first error of `rows`, or the disk's; nothing has changed then.
    fn stage<E>(
        &mut self,
        head: PlanHead,
        rows: &mut dyn Iterator<Item = Result<PlannedRow, E>>,
    ) -> Result<Staged<Self::Stage>, StageError<E>>;

    /// Makes a staged plan the queue's plan, durably, with all changes that follow from it (see `queue::edit`).
    async fn adopt(&mut self, staged: Staged<Self::Stage>, at: Millis) -> Result<PlanDiff, QueueError>;

    /// Takes the queue for a run: whatever an earlier owner left in flight (and whose lease has ended, or
    /// that no other process can still hold) becomes in doubt.
    async fn take(&mut self, owner: OwnerId, at: Millis) -> Result<u64, QueueError>;

    /// Claims jobs that are due, first those that wait for another attempt, then the untouched in the
    /// plan's order. `admit` may pass a candidate over; it stays queued.
    async fn claim(
        &mut self,
        wants: &[ClaimRequest],
        lease: Lease,
        at: Millis,
        admit: &mut dyn FnMut(Candidate) -> bool,
    ) -> Result<Vec<Intent>, QueueError>;

    /// Applies changes. One that isn't admitted is passed over and reported as [`Applied::No`].
    async fn record(&mut self, batch: Batch, at: Millis) -> Result<Vec<Applied>, QueueError>;

    /// Waits until all that was recorded is durable.
    async fn sync(&mut self) -> Result<(), QueueError>;

    /// Isn't asked for these jobs before `until`, nor for any that was put off for the same; a cheap way of passing
    /// them over, and as little kept. Called again with later jobs and times: the last time holds for all of them.
    ///
    /// # Errors
    /// The queue's, the disk's.
    fn put_off(&mut self, group: PutOffFor, until: Millis, jobs: &[JobId]) -> Result<(), QueueError> {
        let _ = (group, until, jobs);
        Ok(())
    }

    /// The queued jobs that are put off.
    fn all_put_off(&self) -> Vec<PutOff> {
        Vec::new()
    }

    /// When the next queued job of a number is due: zero for "now", `None` when none is queued. Without
    /// `untouched`, only those that wait for another attempt count.
    fn next_due(&self, sender: SenderNo, untouched: bool) -> Option<Millis>;

    /// Queued jobs of a number.
    fn queued_of(&self, sender: SenderNo) -> u64;

    /// Has `to` send to whom the numbers `from` have still to send to, now and when the file is edited (see
    /// [`PlanHead::reassigned`]): queued jobs of which nothing can have been accepted. All that was recorded is durable when
    /// it returns; yields how many those are.
    async fn reassign(&mut self, from: &[NumberId], to: &NumberId, at: Millis) -> Result<u64, QueueError>;

    /// Queued jobs that are due only after `at`.
    fn due_after(&self, at: Millis) -> Vec<JobId>;

    /// A job.
    fn job(&mut self, id: JobId) -> Result<Option<Job>, QueueError>;

    /// A job with its row.
    fn listed(&mut self, id: JobId) -> Result<Option<Listed<'static>>, QueueError>;

    /// All attempts in doubt, by job.
    fn in_doubt(&mut self) -> Result<Vec<Doubt>, QueueError>;

    /// At most `limit` accepted messages with an id whose delivery isn't final (not read, not failed), from
    /// job `from` on.
    fn undelivered(&mut self, from: JobId, limit: usize) -> Result<Vec<Undelivered>, QueueError>;

    /// Jobs in one status, from job `from` on, at most `limit`.
    fn in_status(
        &mut self,
        status: Status,
        from: JobId,
        limit: usize,
    ) -> Result<Vec<(JobId, Job)>, QueueError>;

    /// Whose message has this id.
    fn by_message_id(&mut self, id: &MessageId) -> Result<Option<(JobId, AttemptNo)>, QueueError>;

    /// Calls `each` for every line of the report: the newest plan's rows in the audience's order, then
    /// those who were removed after they had been sent to.
    fn scan(&mut self, each: &mut RowVisitor<'_>) -> Result<(), QueueError>;

    /// Whether this order was applied.
    fn order_applied(&self, id: &OrderId) -> bool;

    /// What the operator wants.
    fn wanted(&self) -> DesiredState;

    /// When the first run took the queue.
    fn started_at(&self) -> Option<Millis>;

    /// The number of jobs in each status.
    fn counts(&self) -> Counts;

    /// Queued jobs that have used at least one attempt.
    fn retrying(&self) -> u64;

    /// Makes everything durable and lets go.
    async fn close(self) -> Result<(), QueueError>;
}

/// Why a plan couldn't be staged.
#[derive(Debug, thiserror::Error)]
pub enum StageError<E> {
    /// Reading the rows failed.
    #[error(transparent)]
    Rows(E),
    /// Keeping them failed.
    #[error(transparent)]
    Queue(QueueError),
}

/// Why the queue can't go on.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The disk said no. Nothing more is sent.
    #[error("can't {doing} {}: {source}", path.display())]
    Disk {
        /// What was tried: `write`, `sync`, `open`…
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A file is damaged where it was known to be whole.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        what: String,
        /// What to do.
        hint: String,
    },
    /// Another process holds the round.
    #[error("another sendcast is working on this campaign")]
    Locked {
        /// The lock file.
        path: PathBuf,
    },
    /// The ledger belongs to another server, number or campaign.
    #[error("this campaign's ledger belongs to {belongs}, not to {asked}")]
    Foreign {
        /// What was frozen.
        belongs: String,
        /// What was asked for.
        asked: String,
    },
    /// Written by another sendcast.
    #[error("{} was written in format {found}; this sendcast reads format {known}", path.display())]
    OtherFormat {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// An earlier error of the disk stopped the queue.
    #[error("the queue stopped after an error of the disk")]
    Stopped,
    /// A bug: an event of ours that the state doesn't admit.
    #[error("internal: {0}")]
    Invalid(#[from] InvalidTransition),
}

impl QueueError {
    /// Names the file that the disk refused.
    pub(crate) fn disk(doing: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> QueueError {
        move |source| QueueError::Disk { doing, path: path.to_owned(), source }
    }
}

/// The number a sender stands for, by plan.
#[must_use]
pub fn number(head: &PlanHead, sender: SenderNo) -> Option<&NumberId> {
    head.senders.get(usize::from(sender.0))
}
