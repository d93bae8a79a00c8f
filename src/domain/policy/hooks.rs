//! How webhooks slow polling down.
//!
//! Whole campaigns have gone without a webhook, and silence proves nothing: after the last delivery nobody may read. So
//! webhooks are trusted by evidence alone. What they told counts for them; what a poll saw that they hadn't
//! told within [`GRACE`] counts against them. While they are trusted, a message that they told of is asked for as a
//! sample only; one that they never told of is asked for as ever, once [`POLL_AFTER`] is over.

use std::time::Duration;

/// How long webhooks may take to tell what a poll has seen.
pub const GRACE: Duration = Duration::from_secs(60);
/// How long a message of which no webhook told yet is left to them.
pub const POLL_AFTER: Duration = Duration::from_secs(60);
/// One of so many polls that webhooks make needless is made all the same: it is what tells that they have dried up.
pub const SAMPLE: u64 = 20;

/// How far webhooks can be trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HookTrust {
    heard: u32,
    missed: u32,
    /// Missed since one was heard.
    in_a_row: u32,
}

impl HookTrust {
    /// Webhooks of our messages before they are trusted.
    const ENOUGH: u32 = 5;
    /// What is older than about so many counts half.
    const MEMORY: u32 = 50;

    /// A webhook told of a message of ours.
    pub fn heard(&mut self) {
        self.heard += 1;
        self.in_a_row = 0;
        if self.heard >= Self::MEMORY {
            self.heard /= 2;
            self.missed /= 2;
        }
    }

    /// A poll saw what no webhook told. Where there are none at all that says nothing.
    pub fn missed(&mut self) {
        if self.heard > 0 {
            self.missed = self.missed.saturating_add(1);
            self.in_a_row = self.in_a_row.saturating_add(1);
        }
    }

    /// Whether they tell of our messages, but for about one in ten.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.heard >= Self::ENOUGH && self.missed.saturating_mul(10) <= self.heard && self.in_a_row < 3
    }
}

/// A message whose poll is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DuePoll {
    /// How often it was asked for.
    pub polls: u32,
    /// A webhook told of it.
    pub hooked: bool,
    /// It was unfinished when the run began: what happened meanwhile may have reached nobody.
    pub backlog: bool,
    /// Since when it is followed.
    pub followed_for: Duration,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polling {
    /// Ask.
    Ask,
    /// It is still the webhooks' turn: look again after this time.
    Wait(Duration),
    /// A webhook would have told: as if it had been asked for without news. One of [`SAMPLE`] is asked for after all.
    PassOver,
}

/// Whether to ask for a message, where webhooks are trusted (or not).
#[must_use]
pub fn polling(trusted: bool, due: DuePoll) -> Polling {
    if !trusted || (due.backlog && due.polls == 0) {
        Polling::Ask
    } else if due.hooked {
        Polling::PassOver
    } else if due.followed_for < POLL_AFTER {
        Polling::Wait(POLL_AFTER.saturating_sub(due.followed_for))
    } else {
        Polling::Ask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUE: DuePoll =
        DuePoll { polls: 3, hooked: true, backlog: false, followed_for: Duration::from_secs(30) };

    #[test]
    fn trust_is_earned_kept_and_lost_by_evidence() {
        let mut trust = HookTrust::default();
        trust.missed();
        assert_eq!(trust, HookTrust::default(), "without webhooks nothing was missed");
        for n in 1..=5 {
            assert!(!trust.holds());
            trust.heard();
            assert_eq!(trust.holds(), n == 5);
        }
        // One in twenty may go missing, forever.
        for n in 0..1000 {
            if n % 20 == 19 {
                trust.missed()
            } else {
                trust.heard()
            }
            assert!(n < 50 || trust.holds(), "{n}: {trust:?}");
        }
        // Three in a row are none that happened to go missing.
        let before = trust;
        (0..3).for_each(|_| trust.missed());
        assert!(!trust.holds());
        trust.heard();
        assert!(!trust.holds() || before.missed == 0, "a single one doesn't make up for them");
        (0..60).for_each(|_| trust.heard());
        assert!(trust.holds(), "they are back: {trust:?}");
        // One in four missing: polling stays.
        for n in 0..200 {
            if n % 4 == 3 { trust.missed() } else { trust.heard() }
        }
        assert!(!trust.holds());
    }

    #[test]
    fn who_is_asked_for() {
        assert_eq!(polling(false, DUE), Polling::Ask);
        assert_eq!(polling(true, DUE), Polling::PassOver);
        let silent = DuePoll { hooked: false, ..DUE };
        assert_eq!(polling(true, silent), Polling::Wait(Duration::from_secs(30)));
        let long = Duration::from_secs(60);
        assert_eq!(polling(true, DuePoll { followed_for: long, ..silent }), Polling::Ask);
        assert_eq!(polling(true, DuePoll { backlog: true, polls: 0, ..DUE }), Polling::Ask);
        assert_eq!(polling(true, DuePoll { backlog: true, ..DUE }), Polling::PassOver);
    }
}
