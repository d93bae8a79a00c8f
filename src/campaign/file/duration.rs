//! Durations as people write them: `10m`, `90s`, `1h 30m`, `0`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SpanRelativeTo;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserializer, Error as _, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A length of time, written with its units (`10m`, `1h 30m`, `2 days`) or as `0`. A day has 24 hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(pub Duration);

/// Why a text is no duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpanError {
    /// A number alone.
    #[error("`{0}` has no unit; write `{0}s`, `{0}m` or `{0}h`")]
    NoUnit(String),
    /// Anything else.
    #[error("`{0}` is no duration; write `90s`, `10m`, `1h 30m` or `0`")]
    Unreadable(String),
}

impl FromStr for Span {
    type Err = SpanError;
    fn from_str(text: &str) -> Result<Span, SpanError> {
        let trimmed = text.trim();
        if trimmed.bytes().all(|b| b.is_ascii_digit()) && !trimmed.is_empty() {
            return match trimmed.trim_start_matches('0') {
                "" => Ok(Span(Duration::ZERO)),
                _ => Err(SpanError::NoUnit(trimmed.to_owned())),
            };
        }
        let unreadable = || SpanError::Unreadable(text.to_owned());
        let span: jiff::Span = trimmed.parse().map_err(|_| unreadable())?;
        let signed = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| unreadable())?;
        Duration::try_from(signed).map(Span).map_err(|_| unreadable())
    }
}

impl fmt::Display for Span {
    /// As one would write it: `1h 30m`, `90s` as `1m 30s`, `0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_zero() {
            return f.write_str("0");
        }
        let seconds = self.0.as_secs();
        let millis = self.0.subsec_millis();
        let parts = [
            (seconds / 86_400, "d"),
            (seconds / 3_600 % 24, "h"),
            (seconds / 60 % 60, "m"),
            (seconds % 60, "s"),
            (u64::from(millis), "ms"),
        ];
        let mut blank = "";
        for (count, unit) in parts.into_iter().filter(|(count, _)| *count > 0) {
            write!(f, "{blank}{count}{unit}")?;
            blank = " ";
        }
        Ok(())
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Span, D::Error> {
        struct Written;
        impl Visitor<'_> for Written {
            type Value = Span;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as \"10m\", \"1h 30m\" or \"0\"")
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Span, E> {
                text.parse().map_err(E::custom)
            }
            fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Span, E> {
                number.to_string().parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Written).map_err(D::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A duration with its units, such as 90s, 10m or 1h 30m; or 0.",
            "type": ["string", "integer"],
            "examples": ["10m", "1h 30m", "0"]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_people_write_them() {
        for (text, seconds, shown) in [
            ("10m", 600, "10m"),
            ("90s", 90, "1m 30s"),
            ("0", 0, "0"),
            ("0s", 0, "0"),
            ("1h 30m", 5_400, "1h 30m"),
            ("1h30m", 5_400, "1h 30m"),
            ("2 days", 172_800, "2d"),
            (" 5 minutes ", 300, "5m"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.0.as_secs(), seconds, "{text}");
            assert_eq!(span.to_string(), shown);
            assert_eq!(shown.parse::<Span>().unwrap(), span, "what is shown can be read back");
        }
    }

    #[test]
    fn what_is_no_duration_says_what_to_write() {
        let complaint = |text: &str| text.parse::<Span>().unwrap_err().to_string();
        assert_eq!(complaint("10"), "`10` has no unit; write `10s`, `10m` or `10h`");
        assert_eq!(complaint("soon"), "`soon` is no duration; write `90s`, `10m`, `1h 30m` or `0`");
        for text in ["", "-5m", "5m ago", "1 month", "1e9h", "10 m m"] {
            assert!(text.parse::<Span>().is_err(), "{text}");
        }
    }
}
