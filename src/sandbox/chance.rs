//! Seeded chance: shares and spans of time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A share of all cases, in millionths. Written as a percentage with up to four decimals: `5%`, `0.25%`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Share(u32);

impl Share {
    const WHOLE: u32 = 1_000_000;

    /// None of them.
    pub const NONE: Share = Share(0);
    /// All of them.
    pub const ALL: Share = Share(Share::WHOLE);

    /// So many of a hundred; more than 100 are all.
    #[must_use]
    pub const fn percent(percent: u32) -> Share {
        if percent >= 100 { Share::ALL } else { Share(percent * 10_000) }
    }

    /// So many of a million; more are all.
    #[must_use]
    pub const fn millionths(millionths: u32) -> Share {
        if millionths >= Share::WHOLE { Share::ALL } else { Share(millionths) }
    }

    /// Whether an evenly drawn number falls into the share.
    #[must_use]
    pub fn takes(self, draw: u64) -> bool {
        draw % u64::from(Share::WHOLE) < u64::from(self.0)
    }
}

/// What is wrong with a written share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no share; write a percentage from 0% to 100% with at most four decimals, like `5%` or `0.25%`"
)]
pub struct ShareError(String);

impl FromStr for Share {
    type Err = ShareError;
    fn from_str(text: &str) -> Result<Share, ShareError> {
        let read = || {
            let number = text.trim().strip_suffix('%')?.trim_end();
            let (whole, decimals) = number.split_once('.').unwrap_or((number, ""));
            let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
            if whole.is_empty()
                || whole.len() > 3
                || decimals.len() > 4
                || !digits(whole)
                || !digits(decimals)
            {
                return None;
            }
            let whole: u32 = whole.parse().ok()?;
            let decimals: u32 = format!("{decimals:0<4}").parse().ok()?;
            let millionths = whole * 10_000 + decimals;
            (millionths <= Share::WHOLE).then_some(Share(millionths))
        };
        read().ok_or_else(|| ShareError(text.to_owned()))
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.0 / 10_000, self.0 % 10_000);
        if decimals == 0 {
            write!(f, "{whole}%")
        } else {
            let decimals = format!("{decimals:04}");
            write!(f, "{whole}.{}%", decimals.trim_end_matches('0'))
        }
    }
}

impl TryFrom<String> for Share {
    type Error = ShareError;
    fn try_from(text: String) -> Result<Share, ShareError> {
        text.parse()
    }
}

impl From<Share> for String {
    fn from(share: Share) -> String {
        share.to_string()
    }
}

/// A length of time, fixed or anywhere in a range; whole milliseconds. Written `50ms`, `2s`, `20ms-200ms`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Span {
    from_ms: u32,
    to_ms: u32,
}

impl Span {
    /// From `from_ms` to `to_ms` milliseconds, both included; in either order.
    #[must_use]
    pub const fn millis(from_ms: u32, to_ms: u32) -> Span {
        if from_ms <= to_ms { Span { from_ms, to_ms } } else { Span { from_ms: to_ms, to_ms: from_ms } }
    }

    /// The length that belongs to an evenly drawn number.
    #[must_use]
    pub fn pick(self, draw: u64) -> Duration {
        let width = u64::from(self.to_ms - self.from_ms) + 1;
        Duration::from_millis(u64::from(self.from_ms) + draw % width)
    }
}

/// What is wrong with a written span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no length of time; write it like `50ms`, `2s` or `20ms-200ms`, the shorter first")]
pub struct SpanError(String);

impl FromStr for Span {
    type Err = SpanError;
    fn from_str(text: &str) -> Result<Span, SpanError> {
        let read = || {
            let (from, to) = match text.split_once('-') {
                Some((from, to)) => (length(from)?, length(to)?),
                None => (length(text)?, length(text)?),
            };
            (from <= to).then_some(Span { from_ms: from, to_ms: to })
        };
        read().ok_or_else(|| SpanError(text.to_owned()))
    }
}

fn length(text: &str) -> Option<u32> {
    let text = text.trim();
    let (digits, unit) = match text.strip_suffix("ms") {
        Some(digits) => (digits, 1),
        None => (text.strip_suffix('s')?, 1_000),
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    digits.parse::<u32>().ok()?.checked_mul(unit)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = |f: &mut fmt::Formatter<'_>, ms: u32| match ms {
            ms if ms > 0 && ms.is_multiple_of(1_000) => write!(f, "{}s", ms / 1_000),
            ms => write!(f, "{ms}ms"),
        };
        length(f, self.from_ms)?;
        if self.to_ms != self.from_ms {
            f.write_str("-")?;
            length(f, self.to_ms)?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Span {
    type Error = SpanError;
    fn try_from(text: String) -> Result<Span, SpanError> {
        text.parse()
    }
}

impl From<Span> for String {
    fn from(span: Span) -> String {
        span.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::hash::splitmix;

    #[test]
    fn a_share_takes_about_its_share() {
        for share in ["5%", "0.25%", "50%"] {
            let share: Share = share.parse().expect("a share");
            let taken = (0..100_000).filter(|n| share.takes(splitmix(*n))).count();
            let expected = share.0 as usize / 10;
            assert!(taken.abs_diff(expected) * 10 <= expected, "{taken} of 100,000 at {share}");
        }
        assert!(!(0..1000).any(|n| Share::NONE.takes(splitmix(n))));
        assert!((0..1000).all(|n| Share::ALL.takes(splitmix(n))));
    }

    #[test]
    fn shares_and_spans_are_read_as_written() {
        for text in ["0%", "5%", "0.25%", "99.9999%", "100%"] {
            assert_eq!(text.parse::<Share>().expect("a share").to_string(), text);
        }
        for text in ["5", "101%", "-1%", "0.00001%", "%", "1e1%", "5.%%"] {
            assert!(text.parse::<Share>().is_err(), "{text}");
        }
        for text in ["0ms", "50ms", "2s", "20ms-200ms", "500ms-3s"] {
            assert_eq!(text.parse::<Span>().expect("a span").to_string(), text);
        }
        for text in ["50", "2m", "200ms-20ms", "ms", "-", "99999999s", "+5ms"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_span_holds_both_its_ends() {
        let span = Span::millis(300, 302);
        let picked: std::collections::BTreeSet<_> =
            (0..100).map(|n| span.pick(splitmix(n)).as_millis()).collect();
        assert_eq!(picked.into_iter().collect::<Vec<_>>(), [300, 301, 302]);
    }
}
