//! What is observed of a run, for people and for `status.json`.

use serde::{Deserialize, Serialize};

use crate::domain::status::Counts;
use crate::domain::time::Millis;

/// Where a campaign stands as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// Planned; nothing sent yet, or nobody is sending now.
    Planned,
    /// Sending.
    Running,
    /// The operator's pause.
    Paused,
    /// Stopped before its end: an error that concerns everybody, an interruption, a limit.
    Stopped,
    /// All sent; following deliveries.
    Tracking,
    /// Done.
    Settled,
    /// The operator's cancellation.
    Cancelled,
}

/// One look at a campaign. Its serde form is the contract's `status CAMPAIGN --json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The campaign's name.
    pub campaign: String,
    /// Where it stands.
    pub state: RunState,
    /// Jobs in all.
    pub total: u64,
    /// Jobs by status; they add up to `total`.
    pub counts: Counts,
    /// Queued jobs that have used at least one attempt.
    pub retrying: u64,
    /// POSTs a second, over the last few seconds.
    pub rate: f64,
    /// When the first run began.
    #[serde(with = "optional_rfc3339")]
    pub started_at: Option<Millis>,
    /// Estimated seconds until everything is sent.
    pub eta_s: Option<u64>,
    /// Why nothing goes out at the moment, and until when, in plain words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
    /// Why it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When this was observed: a heartbeat older than a few seconds means that nobody is running it.
    #[serde(with = "optional_rfc3339", default, skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<Millis>,
}

/// Something worth a line of its own while a run goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// For information.
    Note(String),
    /// Something is not as wished, and the run goes on.
    Warning(String),
}

/// Who watches a run. Called from the dispatcher's loop: be quick.
pub trait Observer {
    /// A new look, about twice a second.
    fn snapshot(&mut self, snapshot: &Snapshot);
    /// Something worth a line.
    fn notice(&mut self, notice: Notice);
}

mod optional_rfc3339 {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::domain::time::Millis;

    // The signature is serde's: `with` hands over a reference to the field.
    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub fn serialize<S: Serializer>(at: &Option<Millis>, serializer: S) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => serializer.serialize_str(&at.rfc3339()),
            None => serializer.serialize_none(),
        }
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Millis>, D::Error> {
        let Some(text) = Option::<String>::deserialize(deserializer)? else { return Ok(None) };
        let time: jiff::Timestamp = text.parse().map_err(serde::de::Error::custom)?;
        Ok(u64::try_from(time.as_millisecond()).ok().map(Millis))
    }
}
