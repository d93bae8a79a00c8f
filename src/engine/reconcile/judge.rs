//! Looking for a message in doubt in the recipient's conversation.
//!
//! Invariants (**X**): a verdict needs proof. *Found*: the one candidate with the same text, an id that no
//! campaign knows, and a time that fits the attempt, by a clock skew that is known. *Unseen* is no verdict: it says
//! that the listing is proven to show our messages, that nothing alike stands within a day and nothing of
//! unknown origin at the attempt's time, and that 15 minutes have passed. Anything between stays in doubt,
//! with what was looked at as its reason.

use std::sync::Arc;
use std::time::Duration;

use super::clock_skew::{ClockSkew, Reading};
use super::conversation::Listing;
use super::text_match::text_matches;
use crate::domain::ids::MessageId;
use crate::domain::message::Message;
use crate::domain::payload::Payload;
use crate::domain::policy::unseen_after;
use crate::domain::problem::Problem;
use crate::domain::time::Millis;
use crate::queue::Doubt;
use crate::sendwo::{ConversationRow, DeliveryStatus, Direction};

/// An intent may be this much older than its acceptance seems: times may be cut to the minute.
const MAX_SEEMS_EARLY: Duration = Duration::from_secs(60);
/// A request that hung may have been worked off this much later.
pub const MAX_SERVER_DELAY: Duration = Duration::from_secs(600);
/// Nothing alike may stand this near, before or after, for *unseen*.
const NO_MATCH_WITHIN: Duration = Duration::from_secs(24 * 3600);
/// A time without a zone may be this far from what it seems.
const MAX_ZONE_ERROR: Duration = Duration::from_secs(15 * 3600);
/// By so much a zone changes at most, where daylight is saved.
const MAX_ZONE_CHANGE: Duration = Duration::from_secs(2 * 3600);

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

/// Other attempts at the same person that may have been accepted and aren't known to be.
#[derive(Clone, Debug, Default)]
pub struct CompetingAttempts {
    /// When the intents of this campaign's were written. A candidate is the nearest one's: whichever it is, the
    /// person was reached.
    pub own: Vec<Millis>,
    /// Those of other campaigns. What may be theirs is nobody's.
    pub other_campaigns: Vec<(Millis, Arc<Payload>)>,
}

/// Judges what a conversation shows to a doubt of this `age`. `known` tells whether a campaign has that id.
pub fn judge(
    doubt: &Doubt,
    listing: &Listing,
    skew: &ClockSkew,
    competing: &CompetingAttempts,
    age: Duration,
    mut known: impl FnMut(&MessageId) -> bool,
) -> Finding {
    let Some(message) = doubt.payload.message().filter(|message| !matches!(message, Message::Flow { .. }))
    else {
        return Finding::Unclear(Problem::new("a flow leaves no text in the conversation to look for"));
    };
    let (mut ours_shown, mut strangers, mut matches_near, mut timeless) = (false, 0, 0, false);
    let (mut contested, mut by_hand) = (false, 0);
    let mut candidates: Vec<(MessageId, Millis, Option<Problem>)> = Vec::new();
    for row in listing.rows.iter().filter(|row| row.direction != Some(Direction::Theirs)) {
        if row.id.as_ref().is_some_and(&mut known) {
            ours_shown = true;
            continue;
        }
        let time = Time::of(row, doubt.at, skew);
        strangers += u32::from(time.may_fit(doubt.at));
        if !text_matches(message, row) {
            continue;
        }
        matches_near += u32::from(time.is_near(doubt.at));
        // The same words typed by an agent are no message of a campaign, and no proof that there is none.
        if row.direction == Some(Direction::Agent) {
            by_hand += u32::from(time.is_near(doubt.at));
            continue;
        }
        timeless |= matches!(time, Time::About(..)) && time.may_fit(doubt.at);
        if let (Some(id), Time::At(at)) = (&row.id, time)
            && time.may_fit(doubt.at)
            && !competing.own.iter().any(|other| gap(*other, at) < gap(doubt.at, at))
            // Listed twice, it is still one.
            && candidates.iter().all(|(other, ..)| other != id)
        {
            contested |= competing
                .other_campaigns
                .iter()
                .filter(|(other, _)| time.may_fit(*other))
                .any(|(_, says)| says.message().is_some_and(|says| text_matches(says, row)));
            let failed = row.status == Some(DeliveryStatus::Failed);
            candidates.push((id.clone(), at, row.problem.clone().filter(|_| failed)));
        }
    }
    let listed = listing.rows.len();
    match (candidates.len(), matches_near) {
        (1, _) if contested => unclear(
            "one like it in the conversation, which may be another campaign's, in doubt as well".to_owned(),
        ),
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
        (0, 0) if strangers > 0 => unclear(format!(
            "not in the conversation ({listed} messages) as it was sent, but {strangers} of unknown origin at its time"
        )),
        (0, 0) if age < unseen_after() => unclear(format!("not in the conversation ({listed} messages) yet")),
        (0, 0) => Finding::Unseen(Problem::new(format!(
            "not in the conversation ({listed} messages), which does show others of ours"
        ))),
        (0, near) if near == by_hand => {
            unclear(format!("{near} like it in the conversation, written by an agent"))
        }
        (0, near) if timeless => unclear(format!(
            "{near} like it in the conversation, and how the server's clock stood then isn't known"
        )),
        (0, near) => unclear(format!("{near} like it in the conversation, at times that don't fit")),
        (many, _) => unclear(format!("{many} like it in the conversation, and no telling which is this one")),
    }
}

/// When a row was written, as far as that can be said.
#[derive(Clone, Copy)]
enum Time {
    At(Millis),
    /// By so much it may be off: a change of the zone, or a whole one, where it is read as UTC.
    About(Millis, Duration),
    Unknown,
}

impl Time {
    fn of(row: &ConversationRow, near: Millis, skew: &ClockSkew) -> Time {
        let Some(moment) = row.at else { return Time::Unknown };
        match skew.utc(moment, near) {
            Some(Reading::Sure(at)) => Time::At(at),
            Some(Reading::About(at)) => Time::About(at, MAX_ZONE_CHANGE),
            None => moment.as_utc().map_or(Time::Unknown, |at| Time::About(at, MAX_ZONE_ERROR)),
        }
    }

    /// Whether it may be the time of an attempt.
    fn may_fit(self, attempt: Millis) -> bool {
        match self {
            Time::At(at) => at + MAX_SEEMS_EARLY >= attempt && at <= attempt + MAX_SERVER_DELAY,
            Time::About(at, off) => {
                at + MAX_SEEMS_EARLY + off >= attempt && at <= attempt + MAX_SERVER_DELAY + off
            }
            Time::Unknown => true,
        }
    }

    /// Whether it may be within a day of an attempt.
    fn is_near(self, attempt: Millis) -> bool {
        match self {
            Time::At(at) => gap(at, attempt) <= NO_MATCH_WITHIN,
            Time::About(at, off) => gap(at, attempt) <= NO_MATCH_WITHIN + off,
            Time::Unknown => true,
        }
    }
}

fn unclear(reason: String) -> Finding {
    Finding::Unclear(Problem::new(reason))
}

fn gap(a: Millis, b: Millis) -> Duration {
    a.since(b).max(b.since(a))
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
            payload: Arc::new(Message::Text { body: "Hello,\nAmit! ".into() }.into()),
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

    fn skew() -> ClockSkew {
        let mut skew = ClockSkew::default();
        let known = row("known", "", 2_000);
        skew.learn(known.at.unwrap(), AT + Duration::from_secs(2));
        skew
    }

    /// One that was learnt an hour before.
    fn stale() -> ClockSkew {
        let mut skew = ClockSkew::default();
        let known = row("known", "", -HOUR);
        skew.learn(known.at.unwrap(), Millis(AT.0.saturating_add_signed(-HOUR)));
        skew
    }

    fn look(rows: Vec<ConversationRow>, skew: ClockSkew, age: Duration) -> Finding {
        let listing = Listing { rows, whole: true };
        judge(&doubt(), &listing, &skew, &CompetingAttempts::default(), age, |id| {
            id.as_str().starts_with("known")
        })
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
        let found = look(vec![row("new", "Hello,\r\nAmit!", 3_000)], skew(), SOON);
        let at = AT + Duration::from_secs(3);
        assert_eq!(found, Finding::Found { id: MessageId::new("new"), at });
        let mut failed = row("new", "Hello,\nAmit!", 0);
        failed.status = Some(DeliveryStatus::Failed);
        failed.problem = Some(Problem::coded(131_026, "undeliverable"));
        assert!(matches!(look(vec![failed], skew(), SOON), Finding::FoundFailed { .. }));
    }

    #[test]
    fn what_does_not_fit_is_no_candidate() {
        let text = "Hello,\nAmit!";
        for stranger in [
            row("known.1", text, 0),
            row("new", "Hello, Anil!", 0),
            row("new", text, -2 * HOUR),
            row("new", text, HOUR),
            ConversationRow { direction: Some(Direction::Theirs), ..row("new", text, 0) },
            ConversationRow { id: None, ..row("new", text, 0) },
            ConversationRow { at: None, ..row("new", text, 0) },
        ] {
            let finding = look(vec![stranger.clone()], skew(), SOON);
            assert!(matches!(finding, Finding::Unclear(_)), "{stranger:?}: {finding:?}");
        }
    }

    #[test]
    fn two_alike_are_no_proof() {
        let rows = vec![row("a", "Hello,\nAmit!", 0), row("b", "Hello,\nAmit!", 4_000)];
        unclear(&look(rows, skew(), SOON), "2 like it");
        // The same one twice, with news in between, is one.
        let again = ConversationRow { status: Some(DeliveryStatus::Failed), ..row("a", "Hello,\nAmit!", 0) };
        let found = look(vec![row("a", "Hello,\nAmit!", 0), again], skew(), SOON);
        assert!(matches!(found, Finding::Found { .. }), "{found:?}");
    }

    #[test]
    fn what_an_agent_wrote_is_no_campaigns_and_no_proof() {
        let text = "Hello,\nAmit!";
        let by_hand = || ConversationRow { direction: Some(Direction::Agent), ..row("hand", text, 0) };
        unclear(&look(vec![by_hand(), row("known.1", "Else", 0)], skew(), LATER), "written by an agent");
        let found = look(vec![by_hand(), row("new", text, 3_000)], skew(), SOON);
        assert!(matches!(found, Finding::Found { id, .. } if id.as_str() == "new"));
    }

    #[test]
    fn without_a_zone_nothing_is_found() {
        // It seems to fit, and may be hours older.
        unclear(&look(vec![row("a", "Hello,\nAmit!", -ZONE)], ClockSkew::default(), SOON), "clock stood");
        unclear(&look(vec![row("a", "Hello,\nAmit!", 0)], ClockSkew::default(), LATER), "clock stood");
    }

    #[test]
    fn a_time_with_its_zone_proves_nothing_before_the_servers_clock_is_known() {
        let exact = |after: u64| ConversationRow {
            at: Some(Moment::Exact(AT + Duration::from_secs(after))),
            ..row("a", "Hello,\nAmit!", 0)
        };
        // A stranger's, minutes older than the attempt, on a clock that is minutes ahead.
        unclear(&look(vec![exact(50)], ClockSkew::default(), SOON), "clock stood");
        let mut skew = ClockSkew::default();
        skew.learn(Moment::Exact(AT + Duration::from_secs(240)), AT);
        unclear(&look(vec![exact(50)], skew.clone(), SOON), "don't fit");
        let found = look(vec![exact(243)], skew, SOON);
        assert_eq!(found, Finding::Found { id: MessageId::new("a"), at: AT + Duration::from_secs(3) });
    }

    #[test]
    fn where_the_zone_may_have_changed_nothing_is_found_nor_unseen() {
        let text = "Hello,\nAmit!";
        unclear(&look(vec![row("a", text, 0)], stale(), SOON), "clock stood");
        unclear(&look(vec![row("a", text, HOUR)], stale(), SOON), "clock stood");
        unclear(&look(vec![row("a", text, -3 * HOUR)], stale(), SOON), "don't fit");
        let ours = row("known.1", "Something else", -3 * HOUR);
        for (after, unseen) in [(HOUR, false), (-2 * HOUR, false), (-3 * HOUR, true), (3 * HOUR, true)] {
            let rows = vec![ours.clone(), row("new", "Your parcel", after)];
            assert_eq!(matches!(look(rows, stale(), LATER), Finding::Unseen(_)), unseen, "{after}");
        }
    }

    #[test]
    fn a_candidate_belongs_to_the_attempt_that_is_nearest() {
        let listing = Listing { rows: vec![row("new", "Hello,\nAmit!", 300_000)], whole: true };
        let resent = AT + Duration::from_secs(290);
        let competing = CompetingAttempts { own: vec![resent], ..CompetingAttempts::default() };
        let finding = judge(&doubt(), &listing, &skew(), &competing, LATER, |_| false);
        assert!(!matches!(finding, Finding::Found { .. }), "{finding:?}");
    }

    #[test]
    fn what_may_be_another_campaigns_is_nobodys() {
        let finding = |text: &str, before: u64| {
            let listing = Listing { rows: vec![row("new", "Hello,\nAmit!", 3_000)], whole: true };
            let theirs = (Millis(AT.0 - before), Arc::new(Message::Text { body: text.into() }.into()));
            let competing =
                CompetingAttempts { other_campaigns: vec![theirs], ..CompetingAttempts::default() };
            judge(&doubt(), &listing, &skew(), &competing, LATER, |_| false)
        };
        unclear(&finding("Hello, Amit!", 0), "another campaign's");
        unclear(&finding("Hello, Amit!", 9 * 60 * 1000), "another campaign's");
        // Said at another time, or with other words, it is no other.
        assert!(matches!(finding("Hello, Amit!", 11 * 60 * 1000), Finding::Found { .. }));
        assert!(matches!(finding("Hello, Anil!", 0), Finding::Found { .. }));
    }

    #[test]
    fn unseen_needs_a_proven_listing_and_a_quarter_of_an_hour() {
        let ours = || vec![row("known.1", "Something else", -3 * HOUR)];
        assert!(matches!(look(ours(), skew(), LATER), Finding::Unseen(_)));
        unclear(&look(ours(), skew(), SOON), "yet");
        unclear(&look(vec![row("other", "Something else", 0)], skew(), LATER), "known to be ours");
        unclear(&look(Vec::new(), skew(), LATER), "known to be ours");
        let mut near = ours();
        near.push(row("new", "Hello,\nAmit!", -5 * HOUR));
        unclear(&look(near, skew(), LATER), "don't fit");
        // What can't be told apart from ours stands at its time: another text, none at all, no time.
        let mut strange = row("new", "Hello Amit, your parcel", 2_000);
        for _ in 0..3 {
            let rows = [ours(), vec![strange.clone()]].concat();
            unclear(&look(rows, skew(), LATER), "unknown origin");
            let taken = strange.content.text.take();
            strange.at = if taken.is_none() { None } else { strange.at };
        }
        let earlier = row("new", "Hello Amit, your parcel", -3 * HOUR);
        assert!(matches!(look([ours(), vec![earlier]].concat(), skew(), LATER), Finding::Unseen(_)));
        let cut = Listing { rows: ours(), whole: false };
        let finding = judge(&doubt(), &cut, &skew(), &CompetingAttempts::default(), LATER, |_| true);
        unclear(&finding, "reach back");
    }
}
