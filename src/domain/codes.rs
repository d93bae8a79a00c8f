//! Meta's error codes: how they are found in Sendwo's texts, what each asks of a sender, and how to say it
//! in words a marketer can act on.
//!
//! Invariants:
//!
//! - One table serves refusals and delivery news; only `policy` knows that news never queues a message again.
//! - Every known code has a sentence; an unknown refusal keeps the server's own text, tidied.
//! - Nothing here says whether a message was accepted: that is `outcome`'s.

use super::problem::{NO_REASON, Problem};
use super::text::{TEXT_LIMIT, tidy};

/// The token isn't accepted. Also stands for a redirect to a login page.
pub const TOKEN: u32 = 0;
/// The recipient has had enough marketing messages for now; retried by the operator's order only, after 24 h.
pub const MARKETING_CAP: u32 = 131_049;
/// The recipient asked for no more marketing.
pub const OPTED_OUT: u32 = 131_050;
/// The person hasn't written within 24 h.
pub const OUTSIDE_WINDOW: u32 = 131_047;
/// Too many messages to one recipient.
pub const RECIPIENT_PACE: u32 = 131_056;
/// The media couldn't be fetched or uploaded.
pub const MEDIA_UPLOAD: u32 = 131_053;

/// What a problem asks of a sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// This recipient is done.
    Fail,
    /// This recipient later: 3 to 5 times, 5 s to 5 min apart. Pause when it is everybody.
    Retry,
    /// Once more; the same media URL refused again stops the campaign.
    RetryOnceThenStop,
    /// This recipient alone waits, 4^n s.
    HoldRecipient,
    /// Everybody on this number waits, minutes, exponentially.
    Pause,
    /// Everybody on this number waits, and the rate goes down; Retry-After holds.
    Throttle,
    /// The campaign stops with the reason and can be resumed once it is mended.
    Stop,
    /// This number sends nothing more until that is mended, others do; where there is no other, the campaign stops.
    StopNumber,
    /// This recipient is done, and goes onto the opt-out list.
    OptOut,
    /// This recipient is done; when the first ones all meet it, the campaign stops.
    FailStopIfFirst,
    /// This recipient is done; when it repeats, the campaign stops.
    FailStopIfRepeated,
}

/// One row of the table: the codes from `first` to `last`.
struct Row {
    first: u32,
    last: u32,
    action: Action,
    plain: &'static str,
}

const fn row(code: u32, action: Action, plain: &'static str) -> Row {
    Row { first: code, last: code, action, plain }
}

const TOKEN_TEXT: &str = "the token is missing, invalid or expired: make a new one in Sendwo's dashboard and \
                          log in with it";
const PERMISSION_TEXT: &str = "the account may not do this: give the WhatsApp account the messaging \
                               permission in Sendwo or Meta Business Manager";
const TEMPORARY_TEXT: &str = "WhatsApp had a temporary fault: it is tried again by itself";
const CALLS_TEXT: &str = "the account made more calls than Meta allows for now: sending pauses and goes on \
                          by itself";
const PARAMETER_TEXT: &str = "WhatsApp doesn't accept a part of this message: check the text, the link, the \
                              buttons and the number";

/// What each code means (Meta's error list) and what follows for a sender.
const TABLE: &[Row] = &[
    row(TOKEN, Action::Stop, TOKEN_TEXT),
    row(1, Action::Retry, TEMPORARY_TEXT),
    row(2, Action::Retry, TEMPORARY_TEXT),
    row(3, Action::Stop, PERMISSION_TEXT),
    row(4, Action::Pause, CALLS_TEXT),
    row(10, Action::Stop, PERMISSION_TEXT),
    row(
        33,
        Action::StopNumber,
        "the sending number no longer exists at Meta: connect it again in Sendwo, or choose another `from`",
    ),
    row(100, Action::FailStopIfFirst, PARAMETER_TEXT),
    row(190, Action::Stop, TOKEN_TEXT),
    Row { first: 200, last: 299, action: Action::Stop, plain: PERMISSION_TEXT },
    row(
        368,
        Action::StopNumber,
        "Meta has blocked the account for breaking a policy: see the account's quality in WhatsApp Manager",
    ),
    row(80_007, Action::Pause, CALLS_TEXT),
    row(
        130_403,
        Action::Fail,
        "this person is blocked by your number: unblock them in WhatsApp to write to them",
    ),
    row(
        130_429,
        Action::Throttle,
        "more messages a second than the number allows: the rate is lowered by itself",
    ),
    row(
        130_472,
        Action::Fail,
        "WhatsApp didn't deliver it: this person is in one of Meta's experiments; nothing can be done",
    ),
    row(130_497, Action::Fail, "the account may not send to people in this country"),
    row(131_000, Action::Retry, TEMPORARY_TEXT),
    row(131_005, Action::Stop, PERMISSION_TEXT),
    row(
        131_008,
        Action::FailStopIfFirst,
        "a required part of the message is missing: check the campaign file",
    ),
    row(131_009, Action::FailStopIfFirst, PARAMETER_TEXT),
    row(131_016, Action::Retry, TEMPORARY_TEXT),
    row(131_021, Action::Fail, "the recipient is the sending number itself"),
    row(
        131_026,
        Action::Fail,
        "it can't be delivered: the number isn't on WhatsApp, its app is too old, or the terms weren't accepted",
    ),
    row(
        131_031,
        Action::StopNumber,
        "the account is locked: Meta says why in WhatsApp Manager, and how to have it opened",
    ),
    row(
        131_037,
        Action::StopNumber,
        "the number's display name isn't approved yet: have it approved in WhatsApp Manager",
    ),
    row(
        131_042,
        Action::StopNumber,
        "there is a problem with the payment method: mend it in Meta's billing settings",
    ),
    row(
        131_045,
        Action::StopNumber,
        "the number isn't registered for sending: register it in Sendwo or WhatsApp Manager",
    ),
    row(
        OUTSIDE_WINDOW,
        Action::Fail,
        "this person hasn't written to you within 24 hours: free-form messages don't reach them, a flow may",
    ),
    row(
        131_048,
        Action::StopNumber,
        "too many people reported or blocked the number: Meta restricts it; wait, and write to fewer people",
    ),
    row(
        MARKETING_CAP,
        Action::Fail,
        "this person has had enough marketing messages for now: try again after 24 hours at the earliest",
    ),
    row(
        OPTED_OUT,
        Action::OptOut,
        "this person asked for no more marketing from you: they are now on the opt-out list",
    ),
    row(131_051, Action::FailStopIfFirst, "WhatsApp doesn't support this type of message"),
    row(
        MEDIA_UPLOAD,
        Action::RetryOnceThenStop,
        "WhatsApp couldn't fetch the media: check that the link is public and the file's type and size allowed",
    ),
    row(
        RECIPIENT_PACE,
        Action::HoldRecipient,
        "too many messages to this person in a short time: it waits by itself",
    ),
    row(131_057, Action::Pause, "the account is in maintenance at Meta: sending goes on by itself"),
    row(
        131_064,
        Action::StopNumber,
        "the account has reached the limit of its classification: see WhatsApp Manager for what Meta asks",
    ),
    row(
        133_010,
        Action::StopNumber,
        "the number isn't registered at WhatsApp: register it in Sendwo or WhatsApp Manager",
    ),
    row(
        135_000,
        Action::FailStopIfRepeated,
        "WhatsApp refused it without saying why: check the message; if all are refused, ask Sendwo's support",
    ),
];

/// A text of Sendwo's that carries no code. `plain` contains `needle`, so that a stored problem stays known.
struct KnownText {
    needle: &'static str,
    code: Option<u32>,
    action: Action,
    plain: &'static str,
}

/// What a web page stands for in the place of an answer.
pub const WEB_PAGE_TEXT: &str =
    "a web page came back in the place of an answer: check the base URL (--base-url, SENDWO_BASE_URL)";

const TEXTS: &[KnownText] = &[
    KnownText {
        needle: "a web page came back in the place of an answer",
        code: None,
        action: Action::Stop,
        plain: WEB_PAGE_TEXT,
    },
    KnownText {
        needle: "24 hour window",
        code: Some(OUTSIDE_WINDOW),
        action: Action::Fail,
        plain: "it is outside the 24 hour window: this person hasn't written to you within 24 hours; \
                a flow may reach them",
    },
    KnownText {
        needle: "subscriber limit has been exceeded",
        code: None,
        action: Action::Stop,
        plain: "the account's subscriber limit has been exceeded: upgrade the package or remove subscribers",
    },
    KnownText {
        needle: "whatsapp account not found",
        code: None,
        action: Action::StopNumber,
        plain: "WhatsApp account not found: `from` is none of the account's numbers, or it was disconnected",
    },
    KnownText {
        needle: "unauthenticated",
        code: Some(TOKEN),
        action: Action::Stop,
        plain: "unauthenticated: the token is missing, invalid or expired; make a new one in the dashboard",
    },
];

fn find(code: u32) -> Option<&'static Row> {
    TABLE.iter().find(|row| (row.first..=row.last).contains(&code))
}

fn find_text(text: &str) -> Option<&'static KnownText> {
    let text = text.to_lowercase().replace('-', " ");
    TEXTS.iter().find(|known| text.contains(known.needle))
}

/// What a known code means and what to do about it, in one plain sentence.
#[must_use]
pub fn plain(code: u32) -> Option<&'static str> {
    find(code).map(|row| row.plain)
}

/// What a marketer can do about failures with this code, where there is something.
#[must_use]
pub fn advice(code: u32) -> Option<&'static str> {
    Some(match code {
        131_047 => "free messages only reach people who wrote to you within 24 hours; send the others a flow",
        131_049 => "WhatsApp limits marketing to this person; `retry --code 131049` queues it after 24 hours",
        131_050 => "they asked not to get marketing; they are on the opt-out list now",
        131_026 => "the number isn't on WhatsApp, or its app is too old",
        131_053 => "open the media URL in a private window: WhatsApp must be able to load it",
        131_056 => "too many messages to one person; wait, then `retry`",
        130_472 => "WhatsApp leaves this person out for an experiment; sending again doesn't help",
        131_021 => "that is the number you send from",
        130_497 => "WhatsApp doesn't deliver this kind of business to that country",
        100 | 131_008 | 131_009 | 131_051 => "the message itself isn't accepted: look at it with `preview`",
        _ => return None,
    })
}

/// Whether the token is what the problem is about.
#[must_use]
pub fn is_token(problem: &Problem) -> bool {
    problem.code.and_then(plain) == Some(TOKEN_TEXT) || &*problem.reason == TOKEN_TEXT
}

/// What the problem asks of a sender. `http` is the answer's status; 200 for delivery news.
#[must_use]
pub fn action(problem: &Problem, http: u16) -> Action {
    if http == 401 || (300..400).contains(&http) {
        return Action::Stop;
    }
    let by_code = problem.code.and_then(find).map(|row| row.action);
    let by_text = || find_text(&problem.reason).map(|known| known.action);
    let by_http = || match http {
        429 => Action::Throttle,
        503 => Action::Pause,
        _ => Action::Fail,
    };
    by_code.or_else(by_text).unwrap_or_else(by_http)
}

/// A problem from a server's text: its code, and the plain sentence where there is one, else the text.
///
/// An empty text becomes a sentence that says so.
#[must_use]
pub fn problem(text: &str) -> Problem {
    if let Some(code) = code_in(text) {
        let reason = plain(code).map_or_else(|| said(text), str::to_owned);
        return Problem::coded(code, reason);
    }
    match find_text(text) {
        Some(known) => Problem { code: known.code, ..Problem::new(known.plain) },
        None => Problem::new(said(text)),
    }
}

fn said(text: &str) -> String {
    let text = tidy(text, TEXT_LIMIT);
    if text.is_empty() { NO_REASON.to_owned() } else { text.into_owned() }
}

/// The code in a server's text: `Error Code`, spaces, a colon, digits, in any case and loosely written; else
/// Meta's own `(#131030)`.
#[must_use]
pub fn code_in(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    let labelled = lower.match_indices("error").find_map(|(at, word)| {
        let rest = lower[at + word.len()..].trim_start_matches([' ', '_', '-', '\u{a0}']);
        let rest = rest.strip_prefix("code")?;
        digits(rest.trim_start_matches(|c: char| c.is_whitespace() || ":=#\"'\u{ff1a}".contains(c)))
    });
    labelled.or_else(|| {
        lower.match_indices("(#").find_map(|(at, mark)| {
            let rest = &lower[at + mark.len()..];
            let code = digits(rest)?;
            rest.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(')').then_some(code)
        })
    })
}

fn digits(text: &str) -> Option<u32> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn codes_are_found_however_they_are_written() {
        for (text, code) in [
            ("(Error Code : 131049) This message was not delivered", Some(131_049)),
            ("Error Code:131047", Some(131_047)),
            ("ERROR CODE   :   131026 Message undeliverable", Some(131_026)),
            ("error code\u{a0}:\u{a0}80007", Some(80_007)),
            ("error_code=4", Some(4)),
            ("Error code 190, token", Some(190)),
            ("Error Code：131056", Some(131_056)),
            ("Error Code: ? … Error Code: 2", Some(2)),
            ("{\"error code\": \"131053\"}", Some(131_053)),
            ("(#131030) Recipient phone number not in allowed list", Some(131_030)),
            ("(#100) Invalid parameter (Error Code : 131009)", Some(131_009)),
            ("Error Code : 0", Some(0)),
            ("Error Code : -1", None),
            ("Error Code : 99999999999999999999", None),
            ("error 131047", None),
            ("order (#1234 of today)", None),
            ("131047", None),
            ("", None),
        ] {
            assert_eq!(code_in(text), code, "{text}");
        }
    }

    #[test]
    fn each_code_asks_for_what_the_facts_say() {
        use Action::{
            Fail, FailStopIfFirst, FailStopIfRepeated, HoldRecipient, OptOut, Pause, Retry,
            RetryOnceThenStop, Stop, StopNumber, Throttle,
        };
        let table: &[(&[u32], Action)] = &[
            (&[0, 190, 3, 10, 200, 250, 299, 131_005], Stop),
            (&[368, 131_031, 131_042, 131_045, 133_010, 33, 131_037, 131_048, 131_064], StopNumber),
            (&[4, 80_007, 131_057], Pause),
            (&[130_429], Throttle),
            (&[131_056], HoldRecipient),
            (&[1, 2, 131_000, 131_016], Retry),
            (&[131_053], RetryOnceThenStop),
            (&[131_049, 131_026, 130_472, 130_403, 131_021, 130_497, 131_047], Fail),
            (&[131_050], OptOut),
            (&[100, 131_008, 131_009, 131_051], FailStopIfFirst),
            (&[135_000], FailStopIfRepeated),
            (&[5, 199, 300, 28, 999_999], Fail),
        ];
        for (codes, expected) in table {
            for code in *codes {
                assert_eq!(action(&Problem::coded(*code, "text"), 200), *expected, "{code}");
            }
        }
    }

    #[test]
    fn http_speaks_where_no_code_does_and_a_bad_token_always() {
        let unknown = Problem::new("whatever");
        assert_eq!(action(&unknown, 200), Action::Fail);
        assert_eq!(action(&unknown, 400), Action::Fail);
        assert_eq!(action(&unknown, 401), Action::Stop);
        assert_eq!(action(&unknown, 302), Action::Stop);
        assert_eq!(action(&unknown, 429), Action::Throttle);
        assert_eq!(action(&unknown, 503), Action::Pause);
        assert_eq!(action(&Problem::coded(131_056, "x"), 429), Action::HoldRecipient);
        assert_eq!(action(&Problem::coded(131_026, "x"), 401), Action::Stop);
    }

    #[test]
    fn texts_without_a_code_are_known_also_after_they_were_stored() {
        for (text, code, expected) in [
            ("Sending message outside 24 hour window is not allowed. You can…", Some(131_047), Action::Fail),
            ("Subscriber limit has been exceeded. Please upgrade.", None, Action::Stop),
            ("WhatsApp account not found for this id", None, Action::StopNumber),
            ("Unauthenticated.", Some(0), Action::Stop),
            ("You can send between 1 and 3 reply buttons.", None, Action::Fail),
        ] {
            let found = problem(text);
            assert_eq!(found.code, code, "{text}");
            assert_eq!(action(&found, 200), expected, "{text}");
        }
        for known in TEXTS {
            let stored = Problem::new(known.plain);
            assert_eq!(action(&stored, 200), known.action, "{}", known.plain);
        }
    }

    #[test]
    fn the_table_is_sorted_and_every_sentence_fits() {
        assert!(TABLE.windows(2).all(|pair| pair[0].last < pair[1].first));
        assert!(TABLE.iter().all(|row| row.plain.len() <= TEXT_LIMIT && !row.plain.contains("  ")));
        assert!(TEXTS.iter().all(|known| known.plain.len() <= TEXT_LIMIT && !known.plain.contains("  ")));
    }

    #[test]
    fn unknown_refusals_keep_the_text() {
        assert_eq!(
            problem("Error Code: 4242 Something new").reason.as_ref(),
            "Error Code: 4242 Something new"
        );
        assert_eq!(problem(" \n").reason.as_ref(), "no reason was given");
        let long = problem(&"ä".repeat(1000));
        assert_eq!(long.reason.chars().count(), TEXT_LIMIT + 1);
        assert!(long.reason.ends_with('…'));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}", http in any::<u16>()) {
            let problem = problem(&text);
            let _ = action(&problem, http);
            prop_assert!(problem.reason.chars().count() <= TEXT_LIMIT + 1);
            prop_assert!(!problem.reason.chars().any(char::is_control));
        }

        #[test]
        fn any_code_is_found(code in any::<u32>(), before in "[^(]{0,20}", spaces in " {0,5}") {
            let text = format!("{before} (Error Code{spaces}:{spaces}{code}) text");
            // A second code before it is as good.
            prop_assert!(code_in(&text).is_some());
        }
    }
}
