//! What a document says at its head, besides the figures of its [`Tally`].

use jiff::civil::DateTime;

use crate::domain::format::{count, plural};
use crate::domain::status::{Counts, Status};

use super::head::{About, Head};
use super::tally::Tally;
use super::time::{local, timestamp, zone_name};
use super::write::Spec;

/// Reasons and replies that a summary tells apart.
pub(super) const MAX_GROUPS: usize = 50;

/// What the funnel means.
pub(super) const FUNNEL_NOTE: &str = "Each stage includes the later ones: delivered counts those who have read it, too. \
                                      Shares are of those written to. Replied: who answered, by a button or otherwise.";
/// What the replies are.
pub(super) const REPLIES_NOTE: &str =
    "Each person once: by the first button that they pressed, else in their own words.";

/// What the report is of, and what is in it.
#[derive(Clone, Debug)]
pub(super) struct Overview {
    /// The campaign, its round.
    pub(super) about: About,
    /// What the zone of its times is called.
    pub(super) zone: String,
    /// When it was made, in that zone.
    pub(super) made: Option<DateTime>,
    /// The only statuses whose rows are in it; `None` for all.
    filter: Option<Vec<Status>>,
}

impl Overview {
    pub(super) fn new(spec: &Spec, head: &Head) -> Overview {
        let about = head.about.clone();
        let made = local(about.made_at, &spec.zone);
        let zone = zone_name(&spec.zone, timestamp(about.made_at).unwrap_or_default());
        Overview { about, zone, made, filter: spec.filter.statuses() }
    }

    /// Which rows are in it.
    pub(super) fn rows(&self, tally: &Tally) -> String {
        let total = plural(tally.counts.total(), "row", "rows");
        match &self.filter {
            None => total,
            Some(statuses) => {
                let words: Vec<_> = statuses.iter().map(|status| status.word()).collect();
                format!("{} of {total}: only {}", count(tally.written), words.join(", "))
            }
        }
    }

    /// Which round it is, and whether it is a trial.
    pub(super) fn round(&self) -> String {
        let trial = if self.about.trial { ", a trial: nothing has reached WhatsApp" } else { "" };
        format!("{}{trial}", self.about.round.max(1))
    }
}

/// Those who aren't among the accepted, by where they stand. With the accepted they are the audience.
pub(super) fn not_accepted(counts: &Counts) -> impl Iterator<Item = (Status, &'static str, u64)> + '_ {
    let told = [
        (Status::Queued, "not sent yet"),
        (Status::Sending, "being sent"),
        (Status::Failed, "refused, or reported as undeliverable"),
        (Status::InDoubt, "outcome unknown"),
        (Status::Skipped, "never to be sent: each row says why"),
        (Status::Cancelled, "taken back before it was sent"),
    ];
    told.into_iter().map(|(status, meaning)| (status, meaning, counts[status])).filter(|(.., n)| *n > 0)
}
