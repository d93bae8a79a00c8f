//! The engine's face: what a run needs, and how it ends.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use tokio::sync::watch;

use super::snapshot::Observer;
use crate::domain::ids::{MessageId, OwnerId};
use crate::domain::payload::Payload;
use crate::domain::percent::{NoPercent, Percent};
use crate::domain::phone::Phone;
use crate::domain::policy::{Canary, FailureGuard, RetryPolicy};
use crate::domain::priority::Priority;
use crate::domain::problem::Problem;
use crate::domain::rate::Rate;
use crate::domain::schedule::Timetable;
use crate::domain::time::Millis;
use crate::queue::{OpenPermits, QueueError};
use crate::sendwo::{Client, Transport};
use crate::sys::clock::Clock;
use crate::sys::disk::SharedDisk;
use crate::sys::home::Home;
use crate::sys::platform::Interrupt;

/// How a run goes about it: one validated struct, made by the edge.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// The ceiling for each number.
    pub rate: Rate,
    /// Its share of a number that other campaigns send from, too.
    pub priority: Priority,
    /// How many different people may be written to in a rolling 24-hour window, per account.
    pub daily: Option<u64>,
    /// When it may send; `None` for at all times.
    pub timetable: Option<Timetable>,
    /// Who is written to for the first time, this time; everybody when absent.
    pub limit: Option<LimitOption>,
    /// A few people first, by chance.
    pub canary: Option<Canary>,
    /// Pauses when too many fail.
    pub guard: Option<FailureGuard>,
    /// Attempts and their delays.
    pub retry: RetryPolicy,
    /// POSTs in flight at most, all numbers together.
    pub concurrency: usize,
    /// How long to follow deliveries after the last send; zero for not at all.
    pub track: Duration,
    /// Send again, once, what is proven unseen.
    pub resend_unseen: bool,
    /// The client's limit on one request; a claim's lease is longer than that.
    pub request_timeout: Duration,
    /// Sendwo's API is known to answer there: it was asked before. Until then one message is in flight at a time.
    pub api_is_known: bool,
    /// How often orders and opt-outs are looked at, and `status.json` written (every other time).
    pub pulse: Duration,
    /// The zone of the times that people read.
    pub timezone: TimeZone,
    /// Seed of all chance (jitter).
    pub seed: u64,
}

/// A part of those who weren't written to yet, as `--limit` says it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LimitOption {
    /// So many people, the first in the audience's order.
    First(u64),
    /// So large a share of them, drawn by chance.
    Share(Percent),
}

impl LimitOption {
    /// Of so many people.
    #[must_use]
    pub fn of(self, people: u64) -> u64 {
        match self {
            LimitOption::First(limit) => limit.min(people),
            LimitOption::Share(share) => share.of(people),
        }
    }
}

impl FromStr for LimitOption {
    type Err = String;
    fn from_str(text: &str) -> Result<LimitOption, String> {
        if text.trim().ends_with('%') {
            return text.parse().map(LimitOption::Share).map_err(|error: NoPercent| error.to_string());
        }
        match text.trim().parse() {
            Ok(people) if people > 0 => Ok(LimitOption::First(people)),
            _ => Err(format!(
                "`{text}` is no limit; write how many people, such as `100`, or a share, such as `5%`"
            )),
        }
    }
}

/// People who are never written to.
pub trait OptOuts {
    /// Looks whether the list has changed since the last call, cheaply; called about twice a second.
    ///
    /// # Errors
    /// Why nobody knows who is on it: nothing may be sent until it says otherwise.
    fn refresh(&mut self) -> Result<(), Problem>;
    /// Whether this person is on it.
    fn contains(&self, phone: Phone) -> bool;
    /// Puts a person on it, durably.
    ///
    /// # Errors
    /// The disk's.
    fn add(&mut self, phone: Phone, reason: &str, at: Millis) -> std::io::Result<()>;
}

/// The list, as the run loop and the gate share it.
pub type SharedOptOuts = Rc<RefCell<Box<dyn OptOuts>>>;

/// The other campaigns of the data directory, their rounds, and single messages. Asked only when a doubt has to be
/// settled.
pub trait OtherCampaigns {
    /// Reads what they hold by now, and says whether it did: while others write they are read only so often, and
    /// one may be damaged. After a conversation was read, it then knows every message of theirs that the conversation
    /// can show: an intent is on disk before its POST.
    ///
    /// # Errors
    /// The disk's, or damage.
    fn refresh(&mut self) -> Result<bool, QueueError>;
    /// Whether one of them knows this message id.
    fn knows(&self, id: &MessageId) -> bool;
    /// Attempts of theirs at this person that may have been accepted and aren't known to be: what, and when the
    /// intent was written.
    fn open_attempts(&self, phone: Phone) -> Vec<(Millis, Arc<Payload>)>;
}

/// A cap on messages to one person, over all campaigns of the account, this run's own among them.
pub trait ContactCap {
    /// Reads what was written since. Called while the account is locked, so that no other run writes to anybody until what
    /// follows from it is on disk.
    ///
    /// # Errors
    /// The disk's, or damage: nobody is written to then.
    fn refresh(&mut self, now: Millis) -> Result<(), QueueError>;
    /// Why this person may not be written to at `now`; `None` where they may.
    ///
    /// # Errors
    /// The disk's, or damage.
    fn judge(&mut self, phone: Phone, now: Millis) -> Result<Option<Problem>, QueueError>;
}

/// All that a run stands on.
pub struct Setup<T: Transport, C: Clock> {
    /// The API.
    pub client: Client<T>,
    /// Time.
    pub clock: C,
    /// The disk under numbers, accounts, orders and status.
    pub disk: SharedDisk,
    /// The data directory.
    pub home: Home,
    /// The round's own directory: `orders/`, `status.json`.
    pub round: PathBuf,
    /// How.
    pub options: Options,
    /// This process's run.
    pub owner: OwnerId,
    /// Who is never written to.
    pub optouts: SharedOptOuts,
    /// Leave to POST from a number.
    pub permits: OpenPermits,
    /// The other campaigns.
    pub other_campaigns: Box<dyn OtherCampaigns>,
    /// How many messages one person gets, where that is limited.
    pub cap: Option<Box<dyn ContactCap>>,
    /// Who watches.
    pub observer: Box<dyn Observer>,
    /// Set when the process is asked to end.
    pub interrupted: watch::Receiver<Option<Interrupt>>,
}

/// Why a run ended. What it left is in the queue's counts.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// Nothing queued or sending, every doubt looked at, tracking over.
    Settled,
    /// `--limit` people were written to.
    LimitReached,
    /// The operator's pause is all that keeps it from going on.
    Paused,
    /// The operator cancelled it.
    Cancelled,
    /// Its time came while the process slept, at this moment; nothing was sent.
    Missed(Millis),
    /// An error that concerns everybody.
    Stopped(Problem),
    /// The process was asked to end.
    Interrupted(Interrupt),
}

/// Why a run couldn't go on.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The queue's disk.
    #[error(transparent)]
    Queue(#[from] QueueError),
}
