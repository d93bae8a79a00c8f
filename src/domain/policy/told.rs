//! The pace that the server itself tells: what remains of its window, spread over the rest of it.
//!
//! Laravel tells when its window ends only with a refusal, and before that how much remains. So a window's length is
//! learnt where it isn't told, from its first request to its end; until then what remains is spread over two
//! seconds, so that the pace falls as it dwindles and the last request asks for the end.

use std::time::Duration;

use crate::domain::rate_limit::RateLimit;
use crate::domain::time::Millis;

/// What is known of the server's window.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    /// The newest word, and when the message that it answered had left.
    newest: Option<(RateLimit, Millis)>,
    /// When the present window was first heard of.
    began: Millis,
    /// When it ends.
    ends: Option<Millis>,
    /// How long windows last.
    length: Option<Duration>,
    /// Nothing remains until then.
    used_up_until: Option<Millis>,
}

impl Told {
    /// What remains is spread over this where nobody says when the window ends; a window that is shorter is too short
    /// for spreading, for ends are told in whole seconds.
    const SHORT: Duration = Duration::from_secs(2);
    /// Of a short window so much is used: others draw on it too.
    const WITHIN: f64 = 0.97;
    /// The rest of a window counts as this, at least: what is in flight isn't taken off yet.
    const LEAST_REST: Duration = Duration::from_secs(1);

    /// Takes a word that answers a message that left at `left`. Returns how long to wait: nothing remains.
    pub(super) fn hear(&mut self, word: RateLimit, left: Millis, now: Millis) -> Duration {
        let fresh = match self.newest {
            Some((_, answered)) if left < answered => return Duration::ZERO,
            // Answers overtake each other by a few; a new window gives back more than that.
            Some((before, _)) => {
                let much = word.limit.unwrap_or(before.remaining) / 4 + 1;
                word.remaining > before.remaining.saturating_add(much)
            }
            None => true,
        };
        if fresh {
            let lasted = left.since(self.began);
            if self.newest.is_some() && word.reset.is_none() && lasted <= 2 * Self::SHORT {
                self.length = Some(self.length.unwrap_or(lasted).min(lasted));
            }
            (self.began, self.ends) = (left, self.length.map(|length| left + length));
        }
        self.newest = Some((word, left));
        if let Some(reset) = word.reset {
            let ends = now + reset;
            self.ends = Some(ends);
            if fresh {
                self.length = Some(reset);
            } else if word.remaining == 0 && !self.is_short() {
                self.length = Some(self.length.unwrap_or_default().max(ends.since(self.began)));
            }
        }
        self.length = word.window.or(self.length);
        match self.ends {
            Some(ends) if word.remaining == 0 && ends > now && !self.is_short() => {
                self.used_up_until = Some(ends);
                ends.since(now)
            }
            _ => Duration::ZERO,
        }
    }

    /// Whether it has said that nothing remains: a throttle is no news then.
    pub(super) fn used_up(&self, now: Millis) -> bool {
        self.used_up_until.is_some_and(|until| now < until)
    }

    fn is_short(&self) -> bool {
        self.length.is_some_and(|length| length <= Self::SHORT)
    }

    /// Requests a second that the server allows; infinite where it doesn't tell.
    pub(super) fn rate(&self, now: Millis) -> f64 {
        let Some((word, _)) = self.newest else { return f64::INFINITY };
        let whole = match (word.limit, self.length) {
            (Some(limit), Some(length)) if !length.is_zero() => Some(many(limit) / length.as_secs_f64()),
            _ => None,
        };
        match (self.ends, whole) {
            (_, Some(whole)) if self.is_short() => whole * Self::WITHIN,
            (Some(ends), whole) if now >= ends => whole.unwrap_or(f64::INFINITY),
            (Some(ends), _) => {
                many(word.remaining.max(1)) / ends.since(now).max(Self::LEAST_REST).as_secs_f64()
            }
            (None, _) => many(word.remaining.max(1)) / Self::SHORT.as_secs_f64(),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of requests")]
fn many(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(seconds: u64) -> Millis {
        Millis(1_000 + seconds * 1_000)
    }

    fn word(remaining: u64, reset: Option<u64>) -> RateLimit {
        RateLimit { limit: Some(60), remaining, reset: reset.map(Duration::from_secs), window: None }
    }

    fn hears(told: &mut Told, word: RateLimit, seconds: u64) -> (u64, f64) {
        let pause = told.hear(word, at(seconds), at(seconds));
        (pause.as_secs(), told.rate(at(seconds) + pause))
    }

    #[test]
    fn what_remains_is_spread_over_the_rest_of_the_window() {
        let mut told = Told::default();
        assert!(told.rate(at(0)).is_infinite(), "nobody has told anything");
        assert_eq!(hears(&mut told, word(60, Some(60)), 0), (0, 1.0));
        assert_eq!(hears(&mut told, word(45, Some(30)), 30), (0, 1.5));
        assert_eq!(hears(&mut told, word(45, Some(30)), 30), (0, 1.5));
        assert_eq!(told.hear(word(50, Some(60)), at(20), at(31)), Duration::ZERO, "an old answer");
        assert_eq!(told.rate(at(30)), 1.5);
        assert_eq!(hears(&mut told, word(0, Some(5)), 55), (5, 1.0), "then a whole window's pace");
        assert!(told.used_up(at(59)) && !told.used_up(at(60)));
    }

    /// Laravel: the end comes with a refusal only.
    #[test]
    fn a_windows_length_is_learnt_from_its_end() {
        let mut told = Told::default();
        assert_eq!(hears(&mut told, word(40, None), 0), (0, 20.0));
        assert_eq!(hears(&mut told, word(2, None), 5), (0, 1.0));
        assert_eq!(hears(&mut told, word(0, None), 6), (0, 0.5), "one asks for the end");
        // It was heard of after 20 s of it.
        assert_eq!(hears(&mut told, word(0, Some(34)), 6), (34, 1.5));
        assert_eq!(hears(&mut told, word(59, None), 40).1, 59.0 / 40.0);
        assert_eq!(hears(&mut told, word(0, None), 80), (0, 1.5), "its end seems to be over");
        assert_eq!(hears(&mut told, word(0, Some(20)), 80), (20, 1.0));
        assert_eq!(hears(&mut told, word(59, None), 100).1, 59.0 / 60.0);
        assert_eq!(told.length, Some(MINUTE));
    }

    #[test]
    fn a_window_of_a_second_is_seen_by_its_renewals() {
        let mut told = Told::default();
        let word = |remaining| RateLimit { limit: Some(10), ..word(remaining, None) };
        for second in 0..3 {
            for n in 0..5 {
                let now = at(second) + Duration::from_millis(n * 180);
                told.hear(word(9 - n), now, now);
            }
        }
        assert!((told.rate(at(3)) - 9.7).abs() < 1e-9, "{}", told.rate(at(3)));
    }

    #[test]
    fn a_policy_tells_the_length() {
        let mut told = Told::default();
        let word = RateLimit { window: Some(MINUTE), ..word(30, Some(10)) };
        assert_eq!(hears(&mut told, word, 0), (0, 3.0));
        assert_eq!(told.rate(at(10)), 1.0, "afterwards as the policy says");
    }
}
