//! What a server tells of its limit in the headers of its answers.
//!
//! | fields | who sends them |
//! |---|---|
//! | `X-RateLimit-Limit`, `-Remaining`, `-Reset` | Laravel and most others; `-Reset` in seconds from now, or as a time |
//! | `RateLimit-Limit`, `-Remaining`, `-Reset` | the IETF's drafts up to 6; `-Reset` in seconds |
//! | `RateLimit: limit=60, remaining=12, reset=7` | draft 7 |
//! | `RateLimit: "default";r=12;t=7`, `RateLimit-Policy: "default";q=60;w=60` | draft 8 and later |
//!
//! Of several limits the tightest is told: the one of which least remains.

use std::time::Duration;

use reqwest::header::HeaderMap;

use crate::domain::rate_limit::RateLimit;

/// No window is believed to be longer.
const MAX_RESET_SECONDS: u64 = 7 * 24 * 3600;
/// From here on a reset is a time since the epoch, and from there on one in milliseconds.
const EPOCH_SECONDS: u64 = 1_000_000_000;
const EPOCH_MILLIS: u64 = 1_000_000_000_000;

/// What the headers tell; `now` is when the server wrote them, in seconds since the epoch.
pub(super) fn read(headers: &HeaderMap, now: Option<i64>) -> Option<RateLimit> {
    fields(headers, now)
        .or_else(|| one_by_one(headers, "x-ratelimit", now))
        .or_else(|| one_by_one(headers, "ratelimit", now))
}

fn one_by_one(headers: &HeaderMap, prefix: &str, now: Option<i64>) -> Option<RateLimit> {
    let field = |name: &str| number(text(headers, &format!("{prefix}-{name}"))?);
    Some(RateLimit {
        limit: field("limit"),
        remaining: field("remaining")?,
        reset: field("reset").and_then(|reset| until(reset, now)),
        window: None,
    })
}

/// The `RateLimit` field, and the policy of the same name.
fn fields(headers: &HeaderMap, now: Option<i64>) -> Option<RateLimit> {
    let field = text(headers, "ratelimit")?;
    let policies = text(headers, "ratelimit-policy").unwrap_or_default();
    let told = |item: &str| {
        let parameter = |names: [&str; 2]| parameter(item, names);
        let policy = policies.split(',').find(|policy| name(policy) == name(item)).unwrap_or_default();
        Some(RateLimit {
            limit: parameter(["limit", "q"]).or_else(|| self::parameter(policy, ["q", "limit"])),
            remaining: parameter(["r", "remaining"])?,
            reset: parameter(["t", "reset"]).and_then(|reset| until(reset, now)),
            window: self::parameter(policy, ["w", "window"]).and_then(|window| until(window, None)),
        })
    };
    // Draft 7 writes the parameters as a list of their own.
    match field.contains("remaining=") {
        true => told(&field.replace(',', ";")),
        false => field.split(',').filter_map(told).min_by_key(|told| told.remaining),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn name(item: &str) -> &str {
    item.split(';').next().unwrap_or_default().trim()
}

fn parameter(item: &str, names: [&str; 2]) -> Option<u64> {
    item.split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        names.contains(&name.trim()).then(|| number(value)).flatten()
    })
}

/// A whole number; of one with a fraction, or more of them, the first whole one.
fn number(value: &str) -> Option<u64> {
    let digits = value.trim().trim_matches('"');
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    digits.get(..end)?.parse().ok()
}

fn until(reset: u64, now: Option<i64>) -> Option<Duration> {
    let at = match reset {
        EPOCH_MILLIS.. => reset / 1_000,
        EPOCH_SECONDS.. => reset,
        _ => return Some(Duration::from_secs(reset.min(MAX_RESET_SECONDS))),
    };
    let now = u64::try_from(now?).ok()?;
    Some(Duration::from_secs(at.saturating_sub(now).min(MAX_RESET_SECONDS)))
}

#[cfg(test)]
mod tests {
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    const NOW: i64 = 1_795_341_600;

    /// Limit, remaining, seconds to the reset, seconds of the window.
    type Told = (Option<u64>, u64, Option<u64>, Option<u64>);

    fn told(fields: &[(&'static str, &str)]) -> Option<Told> {
        let headers: HeaderMap = fields
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()))
            .collect();
        let told = read(&headers, Some(NOW))?;
        let seconds = |span: Option<Duration>| span.map(|span| span.as_secs());
        Some((told.limit, told.remaining, seconds(told.reset), seconds(told.window)))
    }

    #[test]
    fn every_dialect_is_read() {
        let x = |reset| {
            told(&[
                ("x-ratelimit-limit", "60"),
                ("x-ratelimit-remaining", "12"),
                ("x-ratelimit-reset", reset),
            ])
        };
        for reset in ["7", "7.4", "1795341607", "1795341607000"] {
            assert_eq!(x(reset), Some((Some(60), 12, Some(7), None)), "{reset}");
        }
        assert_eq!(x("1795341500"), Some((Some(60), 12, Some(0), None)), "over already");
        assert_eq!(x("soon"), Some((Some(60), 12, None, None)));
        let laravel = told(&[("x-ratelimit-limit", "60"), ("x-ratelimit-remaining", "59")]);
        assert_eq!(laravel, Some((Some(60), 59, None, None)));
        let early = told(&[
            ("ratelimit-limit", "60, 60;w=60"),
            ("ratelimit-remaining", "12"),
            ("ratelimit-reset", "7"),
        ]);
        assert_eq!(early, Some((Some(60), 12, Some(7), None)));
        let seventh = told(&[("ratelimit", "limit=60, remaining=12, reset=7")]);
        assert_eq!(seventh, Some((Some(60), 12, Some(7), None)));
        let late = told(&[
            ("ratelimit", r#""day";r=900;t=7000, "default";r=12;t=7"#),
            ("ratelimit-policy", r#""day";q=1000;w=86400, "default";q=60;w=60"#),
        ]);
        assert_eq!(late, Some((Some(60), 12, Some(7), Some(60))));
    }

    #[test]
    fn what_tells_no_rest_tells_nothing() {
        for fields in [
            &[][..],
            &[("x-ratelimit-limit", "60")],
            &[("x-ratelimit-remaining", "many")],
            &[("x-ratelimit-remaining", "-1")],
            &[("ratelimit", "")],
            &[("ratelimit", "\"default\";t=7")],
            &[("ratelimit", "remaining=, limit=60")],
        ] {
            assert_eq!(told(fields), None, "{fields:?}");
        }
    }
}
