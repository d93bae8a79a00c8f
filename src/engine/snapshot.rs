//! What a run tells about itself while it goes: the picture that the progress display draws and that
//! `status.json` and `status CAMPAIGN --json` carry.
//!
//! Invariant: users' programs read the serde form of [`Snapshot`]: the names of its fields and their order stay, and a new one
//! stands at the end.

use serde::{Deserialize, Serialize, Serializer};

use super::delivery::replies::ReplyCount;
use crate::domain::format::plural;
use crate::domain::ids::NumberId;
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;

/// Where a campaign stands, in the words that users' programs read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Planned, and never run.
    Planned,
    /// A process waits for the start that the campaign's schedule names.
    Scheduled,
    /// A process has something to send, and waits until it can ([`WaitingFor`]).
    Waiting,
    /// A process is sending.
    Running,
    /// The operator holds it.
    Paused,
    /// Unfinished, and no process works on it: interrupted, stopped by an error, or a limit was reached.
    Stopped,
    /// Everything is sent; deliveries are being followed.
    Tracking,
    /// Nothing is left to do.
    Settled,
    /// The operator cancelled it.
    Cancelled,
}

impl RunState {
    /// The contract's word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            RunState::Planned => "planned",
            RunState::Scheduled => "scheduled",
            RunState::Waiting => "waiting",
            RunState::Running => "running",
            RunState::Paused => "paused",
            RunState::Stopped => "stopped",
            RunState::Tracking => "tracking",
            RunState::Settled => "settled",
            RunState::Cancelled => "cancelled",
        }
    }
}

impl RunState {
    /// Whether a process says this of itself while it works on the campaign, and never at its end.
    #[must_use]
    pub fn is_at_work(self) -> bool {
        matches!(self, RunState::Scheduled | RunState::Waiting | RunState::Running | RunState::Tracking)
    }
}

impl std::fmt::Display for RunState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.word())
    }
}

/// What a campaign that has something to send waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingFor {
    /// The number: the server asked for a rest, or another campaign has its turn and doesn't end it.
    Number,
    /// Room in the rolling 24-hour window of recipients.
    #[serde(rename = "rolling_24_hours")]
    RecipientQuota,
    /// The start, the hours or the days of the campaign's schedule.
    Schedule,
    /// The deliveries of the canary.
    Canary,
}

/// Why a campaign stopped, or is held until somebody has had a look, for programs. [`Snapshot::reason`] says it in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopCode {
    /// Too many failed, and it paused by itself.
    Guard,
    /// The token isn't taken.
    Token,
    /// The disk of the data directory failed, or is full.
    Disk,
    /// As many were written to as were asked for this time.
    Limit,
    /// The process was asked to end, or ended without a word.
    Interrupted,
    /// No number that has people left may send.
    Number,
    /// Its start was missed.
    Missed,
    /// Another error that concerns everybody.
    Error,
}

/// A wait, and its end as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// For what.
    pub what: WaitingFor,
    /// Until when.
    pub until: Option<Millis>,
}

impl Waiting {
    /// For its time.
    #[must_use]
    pub fn for_schedule(until: Millis) -> Waiting {
        Waiting { what: WaitingFor::Schedule, until: Some(until) }
    }

    /// For the canary's deliveries, until then at most.
    #[must_use]
    pub fn for_canary(until: Millis) -> Waiting {
        Waiting { what: WaitingFor::Canary, until: Some(until) }
    }

    /// For room in the rolling window.
    #[must_use]
    pub fn for_quota(until: Millis) -> Waiting {
        Waiting { what: WaitingFor::RecipientQuota, until: Some(until) }
    }
}

/// A number that may not send any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlockedNumber {
    /// Which.
    pub number: NumberId,
    /// Why, in plain words.
    pub reason: String,
    /// Meta's code, where there is one.
    pub code: Option<u32>,
    /// How many people wait for it.
    pub queued: u64,
}

impl BlockedNumber {
    /// How another number takes over, where the campaign is `called` so.
    #[must_use]
    pub fn remedy(called: &str) -> String {
        format!("`sendcast resume {called} --from OTHER` has the number OTHER write to them")
    }
}

impl std::fmt::Display for BlockedNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let waits = plural(self.queued, "person waits", "people wait");
        write!(f, "the number {} is blocked: {}; {waits} for it", self.number, self.reason)
    }
}

/// A campaign at one moment.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The campaign's name.
    pub campaign: String,
    /// Where it stands.
    pub state: RunState,
    /// Jobs in the round; the counts add up to it.
    pub total: u64,
    /// Jobs in each status.
    pub counts: Counts,
    /// Queued jobs that have used at least one attempt.
    pub retrying: u64,
    /// Messages a second, lately; written with one decimal.
    #[serde(serialize_with = "one_decimal")]
    pub rate: f64,
    /// When the first run began; written in whole seconds. `None` while it is only planned.
    #[serde(with = "rfc3339")]
    pub started_at: Option<Millis>,
    /// Seconds until the last message is sent, as far as can be told.
    pub eta_s: Option<u64>,
    /// Why nothing is being sent just now and until when, in plain words.
    #[serde(default)]
    pub hold: Option<String>,
    /// What everything waits for, where the state is `waiting` or `scheduled`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting_for: Option<WaitingFor>,
    /// Until when that is, as far as it is known; while deliveries are followed, for how long they are.
    #[serde(with = "rfc3339", default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Millis>,
    /// Deliveries are followed (`--track` isn't `0`).
    #[serde(default)]
    pub tracked: bool,
    /// Numbers that may not send any more, and have people to write to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blocked: Vec<BlockedNumber>,
    /// Why it stopped, or was paused by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How many have answered, in whatever way.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub replied: u64,
    /// How many of them have asked for no more messages.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub asked_to_stop: u64,
    /// How often each button was pressed, the most pressed first; none where nobody pressed any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replies: Vec<ReplyCount>,
    /// When this was seen. One older than a few seconds means that no process works on the campaign.
    #[serde(with = "rfc3339", default, skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Millis>,
    /// Why it stopped, or was paused by itself, for programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<StopCode>,
}

impl Snapshot {
    /// People this round writes to: the total without those skipped and cancelled.
    #[must_use]
    pub fn people(&self) -> u64 {
        self.total.saturating_sub(self.counts[Status::Skipped] + self.counts[Status::Cancelled])
    }

    /// Those of [`people`](Snapshot::people) whose sending is over, whatever came of it.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.people().saturating_sub(self.counts[Status::Queued] + self.counts[Status::Sending])
    }

    /// Messages known to be on a phone.
    #[must_use]
    pub fn arrived(&self) -> u64 {
        self.counts.arrived()
    }
}

/// Something that a run, or whoever prepares one, has to say on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// How much it matters.
    pub level: Level,
    /// In plain words; nothing of a person but the last digits of their number.
    pub text: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What was done.
    Info,
    /// What could be done.
    Hint,
    /// Good to know.
    Note,
    /// Something isn't as wished, and it goes on.
    Warning,
    /// It stops for this.
    Error,
}

impl Notice {
    /// Without a hint.
    pub fn new(level: Level, text: impl Into<String>) -> Notice {
        Notice { level, text: text.into(), hint: None }
    }

    /// Good to know.
    #[must_use]
    pub fn note(text: impl Into<String>) -> Notice {
        Notice::new(Level::Note, text)
    }

    /// Something isn't as wished.
    #[must_use]
    pub fn warning(text: impl Into<String>) -> Notice {
        Notice::new(Level::Warning, text)
    }

    /// The run stops for it.
    #[must_use]
    pub fn error(text: impl Into<String>) -> Notice {
        Notice::new(Level::Error, text)
    }

    /// With what to do about it.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Notice {
        self.hint = Some(hint.into());
        self
    }
}

/// Who watches a run. Called from the run loop: be quick.
pub trait Observer {
    /// A new look, about twice a second.
    fn snapshot(&mut self, snapshot: &Snapshot);
    /// Something worth a line of its own.
    fn notice(&mut self, notice: Notice);
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn one_decimal<S: Serializer>(rate: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    let rate = if rate.is_finite() { *rate } else { 0.0 };
    serializer.serialize_f64((rate * 10.0).round() / 10.0)
}

mod rfc3339 {
    use serde::de::Error as _;
    use serde::{Deserialize, Deserializer, Serializer};

    use super::Millis;

    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub fn serialize<S: Serializer>(at: &Option<Millis>, serializer: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.collect_str(at),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Millis>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let at: jiff::Timestamp = text.parse().map_err(D::Error::custom)?;
        let ms = u64::try_from(at.as_millisecond()).map_err(D::Error::custom)?;
        Ok(Some(Millis(ms)))
    }
}

/// The contract's own example, for tests of what shows it.
#[cfg(test)]
pub(crate) fn example() -> Snapshot {
    let snapshot: Snapshot = serde_json::from_str(tests::CONTRACT).unwrap();
    Snapshot { tracked: true, ..snapshot }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The contract's own example.
    pub(super) const CONTRACT: &str = r#"{"campaign": "diwali-offer", "state": "running", "total": 1200,
        "counts": {"queued": 700, "sending": 4, "accepted": 20, "sent": 76, "delivered": 300, "read": 88,
                   "failed": 9, "in_doubt": 0, "skipped": 3, "cancelled": 0},
        "retrying": 2, "rate": 19.8, "started_at": "2026-11-22T10:00:00Z", "eta_s": 35}"#;

    #[test]
    fn the_json_is_the_contracts_byte_for_byte_up_to_the_extra_fields() {
        let snapshot: Snapshot = serde_json::from_str(CONTRACT).unwrap();
        assert_eq!(snapshot.counts.total(), snapshot.total);
        assert_eq!(snapshot.started_at, Some(Millis(1_795_341_600_000)));

        let contract: serde_json::Value = serde_json::from_str(CONTRACT).unwrap();
        let contract = serde_json::to_string(&contract).unwrap();
        let ours = serde_json::to_string(&snapshot).unwrap();
        let fixed = contract.strip_suffix('}').unwrap();
        assert_eq!(ours, format!(r#"{fixed},"hold":null,"tracked":false}}"#));
    }

    #[test]
    fn it_reads_back_what_it_wrote() {
        let mut snapshot: Snapshot = serde_json::from_str(CONTRACT).unwrap();
        snapshot.hold = Some("WhatsApp asks us to slow down".into());
        snapshot.tracked = true;
        snapshot.eta_s = None;
        snapshot.started_at = None;
        let text = serde_json::to_string(&snapshot).unwrap();
        assert_eq!(serde_json::from_str::<Snapshot>(&text).unwrap(), snapshot);
        assert!(text.contains(r#""started_at":null,"eta_s":null"#), "{text}");
    }

    #[test]
    fn a_rate_is_written_with_one_decimal_and_never_as_null() {
        let mut snapshot: Snapshot = serde_json::from_str(CONTRACT).unwrap();
        for (rate, written) in [(19.84, "19.8"), (0.0, "0.0"), (f64::NAN, "0.0"), (1234.56, "1234.6")] {
            snapshot.rate = rate;
            let text = serde_json::to_string(&snapshot).unwrap();
            assert!(text.contains(&format!(r#""rate":{written},"#)), "{text}");
        }
    }

    #[test]
    fn the_states_are_the_contracts_words() {
        let states = [
            RunState::Planned,
            RunState::Scheduled,
            RunState::Waiting,
            RunState::Running,
            RunState::Paused,
            RunState::Stopped,
            RunState::Tracking,
            RunState::Settled,
            RunState::Cancelled,
        ];
        let words = states.map(|s| serde_json::to_value(s).unwrap().as_str().unwrap().to_owned());
        assert_eq!(
            words.join(" · "),
            "planned · scheduled · waiting · running · paused · stopped · tracking · settled · cancelled"
        );
        assert_eq!(words, states.map(|s| s.to_string()));
    }

    #[test]
    fn people_done_and_arrived_come_from_the_counts() {
        let snapshot: Snapshot = serde_json::from_str(CONTRACT).unwrap();
        assert_eq!((snapshot.people(), snapshot.done(), snapshot.arrived()), (1197, 493, 388));
    }
}
