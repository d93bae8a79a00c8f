//! What an exchange with the server means for the message. Apart from what follows from it
//! ([`policy`](super::policy)).
//!
//! Invariant (**D**): [`Outcome::Unknown`] is the rule, the rest are the proven exceptions. Whatever this
//! module can't prove to be "not accepted" is in doubt.

use std::time::Duration;

use super::codes;
use super::ids::MessageId;
use super::problem::Problem;
use super::rate_limit::RateLimit;
use super::text::{TEXT_LIMIT, tidy};

/// What came back from one POST of a message, before anyone judged it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// The connection was never made (refused, DNS, TLS, connect timeout): the request can't have arrived.
    NeverConnected {
        /// What the system said, without the URL.
        why: String,
    },
    /// The connection was made and then something went wrong: the request may have arrived.
    Lost {
        /// What was seen (timeout, reset, cut-off answer…), without the URL.
        why: String,
    },
    /// A whole answer arrived.
    Answered {
        /// The HTTP status.
        http: u16,
        /// The `Retry-After` header, where it could be read.
        retry_after: Option<Duration>,
        /// What the server told of its limit.
        rate_limit: Option<RateLimit>,
        /// The envelope, where the body was one.
        reply: Option<Reply>,
    },
}

/// Sendwo's JSON envelope, read tolerantly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// `"status":"1"` (also `1` and `true`); `None` where there is no such field or another value.
    pub ok: Option<bool>,
    /// What the server said: `message` where it is a text, else the texts within it or within `errors`; of an
    /// answer that is no JSON, its plain text. Whole: it is cut only once it has been judged.
    pub text: String,
    /// `data.message_id`, or a sibling's `wa_message_id`.
    pub message_id: Option<MessageId>,
    /// It is a web page, not an answer of the API's: the address may be wrong.
    pub web_page: bool,
}

impl Exchange {
    /// Whether a web page came back, and no server said that it is at fault itself.
    #[must_use]
    pub fn is_web_page(&self) -> bool {
        matches!(self, Exchange::Answered { http: ..500, reply: Some(Reply { web_page: true, .. }), .. })
    }
}

/// What an exchange proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The API took it. Flows carry no id.
    Accepted {
        /// WhatsApp's id.
        message_id: Option<MessageId>,
    },
    /// The API refused it: known not accepted.
    Refused {
        /// Meta's code, where the text has one, and the text.
        problem: Problem,
        /// The HTTP status it came with.
        http: u16,
    },
    /// Known not accepted, and it says nothing about this recipient: the number (or the network) is held up.
    Held(Held),
    /// Nobody knows whether it was accepted.
    Unknown {
        /// What was seen.
        why: String,
    },
}

/// Why nothing could be sent at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// HTTP 429: too fast.
    Throttled {
        /// What the server asked for.
        retry_after: Option<Duration>,
    },
    /// HTTP 503 with Retry-After: down for a while.
    Unavailable {
        /// What the server asked for.
        retry_after: Duration,
    },
    /// No connection could be made.
    Unreachable {
        /// What the system said.
        why: String,
    },
}

impl Exchange {
    /// What the server told of its limit, whatever else it answered.
    #[must_use]
    pub fn rate_limit(&self) -> Option<RateLimit> {
        match self {
            Exchange::Answered { rate_limit, .. } => *rate_limit,
            _ => None,
        }
    }
}

/// What an exchange means for the message.
///
/// | seen | outcome |
/// |---|---|
/// | 2xx with `"status":"1"` | accepted; without an id too, for flows never carry one |
/// | 2xx with `"status":"0"`, other 4xx | refused |
/// | 404 or 405 with a web page, or without a `status` (another address) | refused; the text says so |
/// | 301, 302, 307, 308 (a login page, or another address) | refused, code 0 |
/// | 429; 503 with Retry-After; never connected | held |
/// | all else: lost, 408, 499, other 5xx, unreadable, contradictory, an upstream that was lost | unknown |
#[must_use]
pub fn classify(exchange: &Exchange) -> Outcome {
    match exchange {
        Exchange::NeverConnected { why } => Outcome::Held(Held::Unreachable { why: why.clone() }),
        Exchange::Lost { why } => Outcome::Unknown { why: why.clone() },
        Exchange::Answered { http, retry_after, reply, .. } => answered(*http, *retry_after, reply.as_ref()),
    }
}

fn answered(http: u16, retry_after: Option<Duration>, reply: Option<&Reply>) -> Outcome {
    let unknown = |what: &str| Outcome::Unknown { why: format!("HTTP {http}, {what}") };
    let ok = reply.and_then(|reply| reply.ok);
    let text = reply.map_or("", |reply| reply.text.as_str());
    let web_page = reply.is_some_and(|reply| reply.web_page);

    if (200..300).contains(&http) && ok == Some(true) {
        let message_id = reply.and_then(|reply| reply.message_id.clone());
        return Outcome::Accepted { message_id };
    }
    // From here on the answer is no success. One that says so in another place contradicts itself.
    if ok == Some(true) {
        return unknown("but `status` says success");
    }
    if reply.is_some_and(|reply| reply.message_id.is_some()) {
        return unknown("no success, but with a message id");
    }
    if tells_of_a_lost_upstream(text) {
        return Outcome::Unknown {
            why: format!("HTTP {http}, an upstream was lost: {}", tidy(text, TEXT_LIMIT)),
        };
    }
    match http {
        200..=299 if ok == Some(false) => refused(http, text),
        200..=299 if web_page => unknown("a web page came back: check the base URL"),
        200..=299 => unknown("an answer that can't be read"),
        // Those that are answered before anything is done. 303 is what follows a form that was taken.
        301 | 302 | 307 | 308 => {
            let reason = format!(
                "the server answered with a redirect (HTTP {http}): the token is missing or expired, or the \
                 base URL is wrong"
            );
            Outcome::Refused { problem: Problem::coded(codes::TOKEN, reason), http }
        }
        401 => {
            let mut problem = codes::problem(text);
            if problem.code.is_none() {
                problem = Problem::new(codes::plain(codes::TOKEN).unwrap_or_default());
            }
            Outcome::Refused { problem, http }
        }
        429 => Outcome::Held(Held::Throttled { retry_after }),
        408 | 499 => unknown("the server gave up waiting"),
        404 | 405 if web_page => Outcome::Refused { problem: Problem::new(codes::WEB_PAGE_TEXT), http },
        404 | 405 if ok.is_none() => no_such_address(http, text),
        400..=499 => refused(http, text),
        503 => match retry_after {
            Some(retry_after) => Outcome::Held(Held::Unavailable { retry_after }),
            None => unknown("a fault of the server"),
        },
        500..=599 => unknown("a fault of the server"),
        _ => unknown("an answer that nobody expects"),
    }
}

/// A documented path that isn't there, or something that isn't there for a path that is: the text may tell.
fn no_such_address(http: u16, text: &str) -> Outcome {
    match refused(http, text) {
        Outcome::Refused { problem, http } if problem.code.is_none() => {
            let hint = "if everybody is refused so, check the base URL (--base-url, SENDWO_BASE_URL)";
            Outcome::Refused { problem: Problem::new(format!("{}; {hint}", problem.reason)), http }
        }
        refused => refused,
    }
}

fn refused(http: u16, text: &str) -> Outcome {
    let problem = if text.trim().is_empty() {
        Problem::new(format!("the server refused it without saying why (HTTP {http})"))
    } else {
        codes::problem(text)
    };
    Outcome::Refused { problem, http }
}

/// What tells that Sendwo itself lost its connection to WhatsApp, so that even Sendwo can't know. Lower case.
///
/// Also phrases of connections that were never made ("could not resolve host"): nobody says *which* of
/// Sendwo's calls that was, and a doubt costs less than a second message.
const LOST_UPSTREAM: &[&str] = &[
    // time
    "timed out",
    "timed-out",
    "timedout",
    "timeout",
    "time-out",
    "time out",
    "deadline exceeded",
    "maximum execution time",
    "no response",
    "not responding",
    "did not respond",
    "didn't respond",
    // connections
    "connection reset",
    "connection was reset",
    "reset by peer",
    "connection closed",
    "connection was closed",
    "connection has been closed",
    "closed the connection",
    "connection aborted",
    "connection was aborted",
    "connection lost",
    "lost connection",
    "connection terminated",
    "connection was terminated",
    "connection termination",
    "connection interrupted",
    "connection refused",
    "connection error",
    "connection failed",
    "failed to connect",
    "could not connect",
    "couldn't connect",
    "unable to connect",
    "could not resolve",
    "couldn't resolve",
    "name or service not known",
    "network error",
    "network is unreachable",
    "host is unreachable",
    "no route to host",
    "broken pipe",
    "socket hang up",
    "socket error",
    "unexpected eof",
    "unexpected end of file",
    "stream was reset",
    "goaway",
    // curl, Guzzle and Node by name
    "curl error",
    "curl:",
    "(curl",
    "empty reply from server",
    "recv failure",
    "send failure",
    "transfer closed",
    "ssl_read",
    "ssl_write",
    "econnreset",
    "econnrefused",
    "econnaborted",
    "enotfound",
    "eai_again",
    "epipe",
    // gateways; not a bare "service unavailable", which is Meta's own name for code 131016
    "upstream",
    "bad gateway",
    "503 service",
    "internal server error",
    "http 5",
    "status code 5",
    "resulted in a `5",
];

/// Whether a refusal's text tells of a timeout or a lost connection between Sendwo and WhatsApp.
///
/// Not where Meta's code says that it was the *media* which couldn't be fetched: then Meta has answered.
fn tells_of_a_lost_upstream(text: &str) -> bool {
    const MEDIA_DOWNLOAD: u32 = 131_052;
    if matches!(codes::code_in(text), Some(MEDIA_DOWNLOAD | codes::MEDIA_UPLOAD)) {
        return false;
    }
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split_whitespace().collect();
    let lower = words.join(" ");
    LOST_UPSTREAM.iter().any(|phrase| lower.contains(phrase))
}

#[cfg(test)]
mod tests;
