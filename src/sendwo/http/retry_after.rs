//! `Retry-After`: seconds, or an HTTP date.

use std::time::{Duration, SystemTime};

use hyper::header::{DATE, HeaderMap, RETRY_AFTER};

use super::transport::text;

/// The longest Retry-After that is believed.
const LONGEST_WAIT: Duration = Duration::from_secs(7 * 24 * 3600);

/// What an answer asks for. A date counts from the answer's own `Date`, else from our clock.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, RETRY_AFTER)?;
    let wait = if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        Duration::from_secs(value.parse().unwrap_or(u64::MAX))
    } else {
        let until = http_date(value)?;
        let now = text(headers, DATE).and_then(http_date).or_else(|| {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
            i64::try_from(now.as_secs()).ok()
        })?;
        Duration::from_secs(u64::try_from(until - now).unwrap_or(0))
    };
    Some(wait.min(LONGEST_WAIT))
}

/// Seconds since the epoch of an HTTP date (`Sun, 06 Nov 1994 08:49:37 GMT`).
fn http_date(value: &str) -> Option<i64> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(value).ok().map(|at| at.as_second())
}

#[cfg(test)]
mod tests {
    use hyper::header::HeaderValue;

    use super::*;

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let read = |value: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_str(value).unwrap());
            if let Some(date) = date {
                headers.insert(DATE, HeaderValue::from_str(date).unwrap());
            }
            retry_after(&headers)
        };
        let seconds = |n| Some(Duration::from_secs(n));
        assert_eq!(read("120", None), seconds(120));
        assert_eq!(read(" 0 ", None), seconds(0));
        assert_eq!(read("99999999999999999999999", None), Some(LONGEST_WAIT));
        let date = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(read("Sun, 06 Nov 1994 08:50:07 GMT", date), seconds(30));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:07 GMT", date), seconds(0));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:07 GMT", None), seconds(0));
        assert_eq!(read("Fri, 31 Dec 2100 23:59:59 GMT", None), Some(LONGEST_WAIT));
        for value in ["", "soon", "-5", "1.5", "5s"] {
            assert_eq!(read(value, date), None, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
