//! What exchanges prove.

use proptest::prelude::*;

use super::*;

fn answer(http: u16, ok: Option<bool>, text: &str) -> Outcome {
    let reply = Some(Reply { ok, text: text.to_owned(), message_id: None, web_page: false });
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
    let reply = Some(Reply { ok: Some(true), text: String::new(), message_id: id.clone(), web_page: false });
    for http in [200, 201, 202] {
        let exchange = Exchange::Answered { http, retry_after: None, rate_limit: None, reply: reply.clone() };
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
    assert_eq!(answer(429, Some(false), "slow down"), Outcome::Held(Held::Throttled { retry_after: None }));
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
        web_page: false,
    });
    let exchange =
        Exchange::Answered { http: 200, retry_after: None, rate_limit: None, reply: contradiction };
    assert!(is_unknown(&classify(&exchange)));
}

#[test]
fn a_web_page_is_no_answer_and_tells_of_a_wrong_address() {
    let page = |http| {
        let reply = Some(Reply { ok: None, text: String::new(), message_id: None, web_page: true });
        Exchange::Answered { http, retry_after: None, rate_limit: None, reply }
    };
    for http in [404, 405] {
        let Outcome::Refused { problem, .. } = classify(&page(http)) else { panic!("not refused") };
        assert_eq!(codes::action(&problem, http), codes::Action::Stop, "it would meet everybody");
    }
    // A filter in between may have taken offence at one message's words.
    let Outcome::Refused { problem, .. } = classify(&page(403)) else { panic!("not refused") };
    assert_eq!(codes::action(&problem, 403), codes::Action::Fail);
    let seen = classify(&page(200));
    assert!(matches!(&seen, Outcome::Unknown { why } if why.contains("check the base URL")), "{seen:?}");
    assert!(page(200).is_web_page() && !page(502).is_web_page());
    assert!(is_unknown(&classify(&page(502))));
}

#[test]
fn a_path_that_isnt_there_tells_of_a_wrong_address_in_json_too() {
    for text in ["", "The route api/v1/whatsapp/send-text-message could not be found."] {
        let Outcome::Refused { problem, .. } = classify(&Exchange::Answered {
            http: 404,
            retry_after: None,
            rate_limit: None,
            reply: Some(Reply { ok: None, text: text.into(), message_id: None, web_page: false }),
        }) else {
            panic!("not refused")
        };
        assert!(problem.reason.contains("check the base URL"), "{problem}");
    }
    let Outcome::Refused { problem, .. } = answer(404, Some(false), "Phone number id not found") else {
        panic!("not refused")
    };
    assert!(!problem.reason.contains("base URL"), "Sendwo says so itself: {problem}");
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
        let reply = Some(Reply { ok, text, message_id, web_page: false });
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
