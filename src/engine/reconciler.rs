//! Looking for a message in doubt in the recipient's conversation.
//!
//! Invariants (**X**): a verdict needs proof. *Found*: the one candidate with the same text, an id that no
//! ledger knows, and a time that fits the attempt. *Unseen* is no verdict: it says that the listing is
//! proven to show our messages, that nothing alike stands within a day, and that 15 minutes have passed.
//! Anything between stays in doubt, with what was looked at as its reason.

use std::time::Duration;

use crate::domain::ids::MessageId;
use crate::domain::message::Message;
use crate::domain::policy::unseen_after;
use crate::domain::problem::Problem;
use crate::domain::time::Millis;
use crate::queue::Doubt;
use crate::sendwo::{ApiError, ConversationRow, DeliveryStatus, Direction, Moment};

/// The server's clock may be this far off, and an intent this much older than its acceptance seems.
const EARLY: Duration = Duration::from_secs(60);
/// A request that hung may have been worked off this much later.
const LATE: Duration = Duration::from_secs(600);
/// Nothing alike may stand this near, before or after, for *unseen*.
const ALIKE: Duration = Duration::from_secs(24 * 3600);
/// A conversation that was read for one doubt.
#[derive(Debug)]
pub struct Look {
    /// The doubt.
    pub doubt: Doubt,
    /// What came back.
    pub listing: Result<Listing, ApiError>,
}

/// The pages of a conversation that were read.
#[derive(Debug, Default)]
pub struct Listing {
    /// The rows, as they came.
    pub rows: Vec<ConversationRow>,
    /// It reached the conversation's beginning, or a day before the attempt.
    pub whole: bool,
}

/// What a look yields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It was accepted.
    Found {
        /// Its id.
        id: MessageId,
        /// When, by the server's clock.
        at: Millis,
    },
    /// It was accepted, and failed.
    FoundFailed {
        /// Its id.
        id: MessageId,
        /// When, by the server's clock.
        at: Millis,
        /// Why.
        problem: Problem,
    },
    /// Proven not to be there. It stays in doubt.
    Unseen(Problem),
    /// It stays in doubt.
    Unclear(Problem),
}

/// The server's offset from UTC, learnt from messages whose acceptance was seen.
///
/// Zones lie on quarters of an hour, so a reading that is a little later than one decides.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offset {
    milliseconds: Option<i64>,
}

impl Offset {
    const QUARTER: i64 = 15 * 60 * 1000;
    /// What the server writes may be this much younger than what happened…
    pub const LATE: Duration = Duration::from_secs(5 * 60);
    /// …or seem this much older, by its clock.
    const EARLY: i64 = 60 * 1000;

    /// The server wrote `moment` for something that happened at `at`. One with a zone teaches nothing.
    pub fn learn(&mut self, moment: Moment, at: Millis) {
        let Moment::Naive(_) = moment else { return };
        let local = moment.as_utc().and_then(|local| i64::try_from(local.0).ok());
        let (Some(local), Ok(at)) = (local, i64::try_from(at.0)) else { return };
        let difference = local - at;
        let quarter = (difference + Self::EARLY).div_euclid(Self::QUARTER) * Self::QUARTER;
        let in_range = (-14 * 4..=14 * 4).contains(&(quarter / Self::QUARTER));
        if in_range && u128::from((difference - quarter).unsigned_abs()) <= Self::LATE.as_millis() {
            self.milliseconds = Some(quarter);
        }
    }

    /// Whether it has been learnt.
    #[must_use]
    pub fn is_known(self) -> bool {
        self.milliseconds.is_some()
    }

    /// A time of the server's in UTC; one without a zone is read as UTC while the offset is not known.
    #[must_use]
    pub fn utc(self, moment: Moment) -> Option<Millis> {
        let utc = moment.as_utc()?;
        Some(match moment {
            Moment::Exact(_) => utc,
            Moment::Naive(_) => Millis(utc.0.saturating_add_signed(-self.milliseconds.unwrap_or(0))),
        })
    }
}

/// Judges what a conversation shows. `known` tells whether a ledger has that id; `rivals` are the intents of
/// other attempts in doubt at the same person, which may own a candidate.
pub fn judge(
    doubt: &Doubt,
    listing: &Listing,
    offset: Offset,
    rivals: &[Millis],
    now: Millis,
    mut known: impl FnMut(&MessageId) -> bool,
) -> Finding {
    if matches!(*doubt.message, Message::Flow { .. }) {
        return Finding::Unclear(Problem::new("a flow leaves no text in the conversation to look for"));
    }
    let mut ours_shown = false;
    let mut alike_near = 0;
    let mut candidates = Vec::new();
    for row in listing.rows.iter().filter(|row| row.direction != Some(Direction::Theirs)) {
        let known_here = row.id.as_ref().is_some_and(&mut known);
        ours_shown |= known_here;
        if known_here || !alike(&doubt.message, row) {
            continue;
        }
        let at = row.at.and_then(|moment| offset.utc(moment));
        alike_near += u32::from(at.is_none_or(|at| gap(at, doubt.at) <= ALIKE));
        if let (Some(id), Some(at)) = (&row.id, at)
            && at + EARLY >= doubt.at
            && at <= doubt.at + LATE
            && !rivals.iter().any(|rival| gap(*rival, at) < gap(doubt.at, at))
        {
            let failed = row.status == Some(DeliveryStatus::Failed);
            candidates.push((id.clone(), at, row.problem.clone().filter(|_| failed)));
        }
    }
    let listed = listing.rows.len();
    match (candidates.len(), alike_near) {
        (1, near) if near > 1 && !offset.is_known() => {
            unclear(format!("{near} like it in the conversation, and the server's time zone isn't known yet"))
        }
        (1, _) => match candidates.remove(0) {
            (id, at, Some(problem)) => Finding::FoundFailed { id, at, problem },
            (id, at, None) => Finding::Found { id, at },
        },
        (0, 0) if !listing.whole => {
            unclear(format!("the conversation's {listed} newest messages don't reach back to the attempt"))
        }
        (0, 0) if !ours_shown => {
            unclear(format!("the conversation ({listed} messages) shows none that is known to be ours"))
        }
        (0, 0) if now.since(doubt.since) < unseen_after() => {
            unclear(format!("not in the conversation ({listed} messages) yet"))
        }
        (0, 0) => Finding::Unseen(Problem::new(format!(
            "not in the conversation ({listed} messages), which does show others of ours"
        ))),
        (0, near) => unclear(format!("{near} like it in the conversation, at times that don't fit")),
        (many, _) => unclear(format!("{many} like it in the conversation, and no telling which is this one")),
    }
}

fn unclear(reason: String) -> Finding {
    Finding::Unclear(Problem::new(reason))
}

fn gap(a: Millis, b: Millis) -> Duration {
    a.since(b).max(b.since(a))
}

/// The same text; white space at line ends and the ends is the server's to change.
fn alike(message: &Message, row: &ConversationRow) -> bool {
    match message {
        Message::Text { body } | Message::Buttons { body, .. } => same(body, row.content.text.as_deref()),
        Message::Media { url, caption, .. } => {
            let listed = &row.content;
            let caption_alike = caption.as_ref().is_some_and(|caption| {
                same(caption, listed.caption.as_deref()) || same(caption, listed.text.as_deref())
            });
            match &listed.media_url {
                // WhatsApp may serve the medium from an address of its own.
                Some(other) if caption.is_some() => other == url || caption_alike,
                Some(other) => other == url,
                None => caption_alike,
            }
        }
        Message::Flow { .. } => false,
    }
}

fn same(a: &str, b: Option<&str>) -> bool {
    let Some(b) = b else { return false };
    let lines = |s: &str| s.trim().lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
    lines(a) == lines(b)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::ids::{AttemptNo, JobId, SenderNo};
    use crate::domain::phone::Phone;
    use crate::sendwo::Moment;

    const AT: Millis = Millis(1_795_341_600_000);
    const ZONE: i64 = 330 * 60 * 1000;
    const HOUR: i64 = 3600 * 1000;

    fn doubt() -> Doubt {
        Doubt {
            job: JobId(1),
            attempt: AttemptNo(1),
            sender: SenderNo(0),
            phone: Phone::from_digits("919876543210").unwrap(),
            message: Arc::new(Message::Text { body: "Hello,\nAmit! ".into() }),
            at: AT,
            since: AT + Duration::from_secs(30),
            looks: 0,
            looked_at: Millis::ZERO,
            unseen: false,
        }
    }

    /// A row of ours, so many milliseconds after the attempt, on a clock half a day of zones ahead.
    fn row(id: &str, text: &str, after: i64) -> ConversationRow {
        let local = i64::try_from(AT.0).unwrap() + ZONE + after;
        let naive = jiff::Timestamp::from_millisecond(local).unwrap().to_zoned(jiff::tz::TimeZone::UTC);
        let mut row = ConversationRow {
            id: Some(MessageId::new(id)),
            direction: Some(Direction::Ours),
            at: Some(Moment::Naive(naive.datetime())),
            ..ConversationRow::default()
        };
        row.content.text = Some(text.to_owned());
        row
    }

    fn offset() -> Offset {
        let mut offset = Offset::default();
        let known = row("known", "", 2_000);
        offset.learn(known.at.unwrap(), AT);
        offset
    }

    fn look(rows: Vec<ConversationRow>, offset: Offset, age: Duration) -> Finding {
        let listing = Listing { rows, whole: true };
        judge(&doubt(), &listing, offset, &[], AT + age, |id| id.as_str().starts_with("known"))
    }

    const SOON: Duration = Duration::from_secs(60);
    const LATER: Duration = Duration::from_secs(3600);

    #[track_caller]
    fn unclear(finding: &Finding, why: &str) {
        let Finding::Unclear(problem) = finding else { panic!("{finding:?}") };
        assert!(problem.reason.contains(why), "{problem}");
    }

    #[test]
    fn the_one_candidate_is_found_at_the_servers_time() {
        let found = look(vec![row("new", "Hello,\r\nAmit!", 3_000)], offset(), SOON);
        let at = AT + Duration::from_secs(3);
        assert_eq!(found, Finding::Found { id: MessageId::new("new"), at });
        let mut failed = row("new", "Hello,\nAmit!", 0);
        failed.status = Some(DeliveryStatus::Failed);
        failed.problem = Some(Problem::coded(131_026, "undeliverable"));
        assert!(matches!(look(vec![failed], offset(), SOON), Finding::FoundFailed { .. }));
    }

    #[test]
    fn what_does_not_fit_is_no_candidate() {
        let text = "Hello,\nAmit!";
        for stranger in [
            row("known.1", text, 0),
            row("new", "Hello, Amit!!", 0),
            row("new", text, -2 * HOUR),
            row("new", text, HOUR),
            ConversationRow { direction: Some(Direction::Theirs), ..row("new", text, 0) },
            ConversationRow { id: None, ..row("new", text, 0) },
            ConversationRow { at: None, ..row("new", text, 0) },
        ] {
            let finding = look(vec![stranger.clone()], offset(), SOON);
            assert!(matches!(finding, Finding::Unclear(_)), "{stranger:?}: {finding:?}");
        }
    }

    #[test]
    fn two_alike_are_no_proof() {
        let rows = vec![row("a", "Hello,\nAmit!", 0), row("b", "Hello,\nAmit!", 4_000)];
        unclear(&look(rows, offset(), SOON), "2 like it");
        // Without a zone, an older one could be the one whose time seems to fit.
        let rows = vec![row("a", "Hello,\nAmit!", -ZONE), row("b", "Hello,\nAmit!", -ZONE - HOUR)];
        unclear(&look(rows, Offset::default(), SOON), "time zone");
    }

    #[test]
    fn a_candidate_belongs_to_the_attempt_that_is_nearest() {
        let listing = Listing { rows: vec![row("new", "Hello,\nAmit!", 300_000)], whole: true };
        let resent = AT + Duration::from_secs(290);
        let finding = judge(&doubt(), &listing, offset(), &[resent], AT + LATER, |_| false);
        assert!(!matches!(finding, Finding::Found { .. }), "{finding:?}");
    }

    #[test]
    fn unseen_needs_a_proven_listing_and_a_quarter_of_an_hour() {
        let ours = || vec![row("known.1", "Something else", -3 * HOUR)];
        assert!(matches!(look(ours(), offset(), LATER), Finding::Unseen(_)));
        unclear(&look(ours(), offset(), SOON), "yet");
        unclear(&look(vec![row("other", "Something else", 0)], offset(), LATER), "known to be ours");
        unclear(&look(Vec::new(), offset(), LATER), "known to be ours");
        let mut near = ours();
        near.push(row("new", "Hello,\nAmit!", -5 * HOUR));
        unclear(&look(near, offset(), LATER), "don't fit");
        let cut = Listing { rows: ours(), whole: false };
        let finding = judge(&doubt(), &cut, offset(), &[], AT + LATER, |_| true);
        unclear(&finding, "reach back");
    }

    #[test]
    fn a_status_long_after_the_acceptance_teaches_no_zone() {
        let mut offset = Offset::default();
        offset.learn(row("a", "", 10 * 60 * 1000).at.unwrap(), AT);
        assert!(!offset.is_known());
        offset.learn(row("a", "", 4 * 60 * 1000).at.unwrap(), AT);
        assert_eq!(offset.utc(row("a", "", 0).at.unwrap()), Some(AT));
    }
}
