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
        400..=499 => refused(http, text),
        503 => match retry_after {
            Some(retry_after) => Outcome::Held(Held::Unavailable { retry_after }),
            None => unknown("a fault of the server"),
        },
        500..=599 => unknown("a fault of the server"),
        _ => unknown("an answer that nobody expects"),
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
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(http: u16, ok: Option<bool>, text: &str) -> Outcome {
        let reply = Some(Reply { ok, text: text.to_owned(), message_id: None });
        classify(&Exchange::Answered { http, retry_after: None, rate_limit: None, reply })
    }

    fn bare(http: u16, retry_after: Option<u64>) -> Outcome {
        let retry_after = retry_after.map(Duration::from_secs);
        classify(&Exchange::Answered { http, retry_after, rate_limit: None, reply: None })
    }

    fn is_unknown(outcome: &Outcome) -> bool {
        matches!(outcome, Outcome::Unknown { .. })
    }

    fn refusal(outcome: Outcome) -> (Option<u32>, u16) {
        match outcome {
            Outcome::Refused { problem, http } => (problem.code, http),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_success_with_status_1_is_accepted() {
        let id = Some(MessageId::new("wamid.x="));
        let reply = Some(Reply { ok: Some(true), text: String::new(), message_id: id.clone() });
        for http in [200, 201, 202] {
            let exchange =
                Exchange::Answered { http, retry_after: None, rate_limit: None, reply: reply.clone() };
            assert_eq!(classify(&exchange), Outcome::Accepted { message_id: id.clone() });
        }
        assert_eq!(answer(200, Some(true), "Flow triggered"), Outcome::Accepted { message_id: None });
        // A success is a success, whatever its text says.
        assert_eq!(answer(200, Some(true), "timeout"), Outcome::Accepted { message_id: None });
        for http in [100, 302, 303, 400, 401, 404, 429, 500, 503] {
            let exchange = Exchange::Answered {
                http,
                retry_after: Some(Duration::from_secs(1)),
                rate_limit: None,
                reply: reply.clone(),
            };
            assert!(is_unknown(&classify(&exchange)), "{http} with status 1");
        }
    }

    #[test]
    fn refusals_carry_the_code() {
        let known = "(Error Code : 131047) Re-engagement message";
        assert_eq!(refusal(answer(200, Some(false), known)), (Some(131_047), 200));
        assert_eq!(refusal(answer(200, Some(false), "no idea")), (None, 200));
        assert_eq!(refusal(answer(200, Some(false), "")), (None, 200));
        assert_eq!(refusal(answer(422, None, "The to field is required.")), (None, 422));
        assert_eq!(refusal(answer(403, Some(false), "(Error Code: 131031)")), (Some(131_031), 403));
        assert_eq!(refusal(answer(401, None, "Unauthenticated.")), (Some(0), 401));
        assert_eq!(refusal(bare(401, None)), (None, 401));
        assert_eq!(refusal(bare(404, None)), (None, 404));
        for code in [130_429, 80_007, 4] {
            assert_eq!(refusal(answer(200, Some(false), &format!("Error Code:{code}"))), (Some(code), 200));
        }
    }

    #[test]
    fn redirects_before_the_work_are_a_token_problem_and_those_after_it_are_not() {
        for http in [301, 302, 307, 308] {
            assert_eq!(refusal(bare(http, None)), (Some(0), http));
        }
        for http in [300, 303, 304, 399] {
            assert!(is_unknown(&bare(http, None)), "{http}");
        }
    }

    #[test]
    fn what_holds_up_the_number() {
        let retry_after = Some(Duration::from_secs(7));
        assert_eq!(bare(429, Some(7)), Outcome::Held(Held::Throttled { retry_after }));
        assert_eq!(bare(429, None), Outcome::Held(Held::Throttled { retry_after: None }));
        assert_eq!(
            answer(429, Some(false), "slow down"),
            Outcome::Held(Held::Throttled { retry_after: None })
        );
        let held = Held::Unavailable { retry_after: Duration::from_secs(7) };
        assert_eq!(bare(503, Some(7)), Outcome::Held(held));
        let never = Exchange::NeverConnected { why: "refused".into() };
        assert_eq!(classify(&never), Outcome::Held(Held::Unreachable { why: "refused".into() }));
    }

    #[test]
    fn all_else_is_unknown() {
        assert!(is_unknown(&classify(&Exchange::Lost { why: "reset".into() })));
        for http in [0, 101, 200, 204, 408, 499, 500, 501, 502, 503, 504, 520, 599, 600, 999] {
            assert!(is_unknown(&bare(http, None)), "{http}");
        }
        assert!(is_unknown(&bare(500, Some(5))));
        assert!(is_unknown(&answer(500, Some(false), "(Error Code: 131026)")));
        assert!(is_unknown(&answer(200, None, "delivered?")));
        let contradiction = Some(Reply {
            ok: Some(false),
            text: "refused".into(),
            message_id: Some(MessageId::new("wamid.1")),
        });
        let exchange =
            Exchange::Answered { http: 200, retry_after: None, rate_limit: None, reply: contradiction };
        assert!(is_unknown(&classify(&exchange)));
    }

    #[test]
    fn a_refusal_that_tells_of_a_lost_upstream_is_unknown() {
        for text in [
            "cURL error 28: Operation timed out after 30001 milliseconds with 0 bytes received",
            "cURL error 6: Could not resolve host: graph.facebook.com",
            "cURL error 56: Recv failure: Connection  reset by\npeer",
            "cURL error 52: Empty reply from server",
            "Connection timeout",
            "504 Gateway Time-out",
            "Server error: `POST https://graph.facebook.com/x` resulted in a `500 Internal Server Error`",
            "Maximum execution time of 30 seconds exceeded",
            "Error: read ECONNRESET",
            "socket hang up",
            "The server closed the connection unexpectedly",
            "Error Code: 28 Operation timed out",
            "Error Code : 131016 gateway timeout",
        ] {
            assert!(is_unknown(&answer(200, Some(false), text)), "{text}");
            assert!(is_unknown(&answer(400, Some(false), text)), "{text}");
        }
        let far = format!("{} timed out", "x".repeat(5000));
        assert!(is_unknown(&answer(200, Some(false), &far)));
    }

    #[test]
    fn plain_refusals_are_not_taken_for_a_lost_upstream() {
        for text in [
            "Sending message outside 24 hour window is not allowed. You can only send a template message.",
            "Subscriber limit has been exceeded.",
            "WhatsApp account not found.",
            "You can send between 1 and 3 reply buttons.",
            "(Error Code : 131016) Service unavailable. A service is temporarily unavailable.",
            "(Error Code : 131026) Message undeliverable",
            "(Error Code : 131049) This message was not delivered to maintain healthy ecosystem engagement.",
            "(Error Code : 131000) Something went wrong",
            "(Error Code : 131053) Media upload error: download timed out",
            "(Error Code : 131057) Account in maintenance mode",
            "(Error Code : 130429) Rate limit hit",
            "(Error Code : 131008) Required parameter is missing",
            "The phone number 919876543502 is not valid",
        ] {
            assert!(matches!(answer(200, Some(false), text), Outcome::Refused { .. }), "{text}");
        }
    }

    proptest! {
        /// **D**: nothing but the proven exceptions leaves the doubt.
        #[test]
        fn doubt_is_the_rule(
            http in any::<u16>(),
            seconds in proptest::option::of(0u64..100),
            ok in proptest::option::of(any::<bool>()),
            text in ".{0,40}",
            id in any::<bool>(),
        ) {
            let retry_after = seconds.map(Duration::from_secs);
            let message_id = id.then(|| MessageId::new("wamid.1"));
            let reply = Some(Reply { ok, text, message_id });
            let success = (200..300).contains(&http);
            match classify(&Exchange::Answered { http, retry_after, rate_limit: None, reply }) {
                Outcome::Accepted { .. } => prop_assert!(success && ok == Some(true)),
                Outcome::Refused { .. } => {
                    prop_assert!(!id && ok != Some(true));
                    prop_assert!(!matches!(http, 408 | 499 | 429 | 500..));
                    prop_assert!(!success || ok == Some(false));
                }
                Outcome::Held(_) => {
                    prop_assert!(!id && ok != Some(true));
                    prop_assert!(http == 429 || (http == 503 && seconds.is_some()));
                }
                Outcome::Unknown { .. } => {}
            }
        }
    }
}
