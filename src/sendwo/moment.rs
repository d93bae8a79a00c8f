//! Times as servers tell them: with a zone, or (Sendwo's habit) without one.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::Offset;
use serde_json::Value;

use crate::domain::time::Millis;

/// A time from an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Moment {
    /// A moment: seconds or milliseconds since the epoch, or a text with a zone.
    Exact(Millis),
    /// What a clock without a zone showed. The server's offset must be learnt elsewhere; until then UTC.
    Naive(DateTime),
}

impl Moment {
    /// Reads a time from a JSON value: an epoch as number or digits (10 digits are seconds, 13 milliseconds),
    /// RFC 3339, `2024-07-28 13:21:03` and its near kin. Anything else, MySQL's zero date too, is `None`.
    #[must_use]
    pub fn read(value: &Value) -> Option<Moment> {
        match value {
            Value::Number(number) => {
                let whole = number.as_u64();
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
                let number = whole.or_else(|| number.as_f64().map(|f| f.max(0.0) as u64))?;
                epoch(number)
            }
            Value::String(text) => Moment::parse(text),
            _ => None,
        }
    }

    /// As [`Moment::read`], from a text.
    #[must_use]
    pub fn parse(text: &str) -> Option<Moment> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
            return epoch(text.parse().ok()?);
        }
        if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
            return u64::try_from(timestamp.as_millisecond()).ok().map(|ms| Moment::Exact(Millis(ms)));
        }
        const KIN: [&str; 5] = [
            "%Y-%m-%d %H:%M",
            "%Y-%m-%d %I:%M:%S %p",
            "%Y/%m/%d %H:%M:%S",
            "%d %b %Y %H:%M:%S",
            "%d %b %Y %H:%M",
        ];
        let naive = text
            .parse::<DateTime>()
            .ok()
            .or_else(|| KIN.iter().find_map(|format| DateTime::strptime(format, text).ok()))?;
        (naive.year() >= 2000).then_some(Moment::Naive(naive))
    }

    /// The moment, given the server's offset east of UTC. An exact one needs none.
    #[must_use]
    pub fn at_offset(self, offset: Offset) -> Option<Millis> {
        match self {
            Moment::Exact(at) => Some(at),
            Moment::Naive(naive) => {
                let timestamp = offset.to_timestamp(naive).ok()?;
                u64::try_from(timestamp.as_millisecond()).ok().map(Millis)
            }
        }
    }

    /// The moment, read as UTC where it carries no zone.
    #[must_use]
    pub fn as_utc(self) -> Option<Millis> {
        self.at_offset(Offset::UTC)
    }
}

impl fmt::Display for Moment {
    /// RFC 3339 in UTC where the moment is known; else as the server's clock showed it, without a zone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Moment::Exact(at) => at.fmt(f),
            Moment::Naive(naive) => write!(f, "{}", naive.strftime("%Y-%m-%d %H:%M:%S")),
        }
    }
}

/// Seconds or milliseconds, told apart by size; nothing before September 2001.
fn epoch(number: u64) -> Option<Moment> {
    match number {
        1_000_000_000..100_000_000_000 => Some(Moment::Exact(Millis(number * 1000))),
        1_000_000_000_000..100_000_000_000_000 => Some(Moment::Exact(Millis(number))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_read_as_they_are_told() {
        let exact = Some(Moment::Exact(Millis(1_722_172_863_000)));
        for value in [
            json!(1_722_172_863),
            json!("1722172863"),
            json!(1_722_172_863_000_u64),
            json!("1722172863000"),
            json!(1_722_172_863.0),
            json!("2024-07-28T13:21:03Z"),
            json!("2024-07-28T18:51:03+05:30"),
        ] {
            assert_eq!(Moment::read(&value), exact, "{value}");
        }
        let naive = Moment::read(&json!(" 2024-07-28 13:21:03 ")).unwrap();
        assert_eq!(naive, Moment::Naive(jiff::civil::date(2024, 7, 28).at(13, 21, 3, 0)));
        assert_eq!(naive.as_utc(), Some(Millis(1_722_172_863_000)));
        let india = Offset::from_seconds(19_800).unwrap();
        assert_eq!(naive.at_offset(india), Some(Millis(1_722_172_863_000 - 19_800_000)));
        for text in
            ["2024-07-28T13:21:03", "2024-07-28 01:21:03 PM", "28 Jul 2024 13:21:03", "2024/07/28 13:21:03"]
        {
            assert_eq!(Moment::parse(text), Some(naive), "{text}");
        }
        for value in [
            json!(null),
            json!(""),
            json!("0000-00-00 00:00:00"),
            json!("1970-01-01 00:00:00"),
            json!(0),
            json!(-5),
            json!("yesterday"),
            json!([1]),
            json!(1e300),
            json!("99999999999999999999999"),
        ] {
            assert_eq!(Moment::read(&value), None, "{value}");
        }
    }
}
