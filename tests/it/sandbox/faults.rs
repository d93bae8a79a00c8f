//! Each fault does what it says, and is read as it is written.

use std::time::Duration;

use axum::http::{StatusCode, header};
use proptest::prelude::*;
use sendcast::domain::phone::Phone;
use sendcast::domain::rate::{Rate, RateUnit};
use sendcast::sandbox::{Fault, FaultKind, FaultPlan, Only, Scope, Share, Span, Stage, When, Wire};
use tower::ServiceExt;

use super::{HELLO, InProcess, TEXT, form_request};

#[tokio::test(start_paused = true)]
async fn faults_answer_as_they_say() {
    // Plan, HTTP status, Retry-After, a piece of the body, accepted.
    let cases = [
        ("429:7s", 429, Some("7"), "Too Many Attempts.", 0),
        ("503:2s", 503, Some("2"), "<html>", 0),
        ("500", 500, None, "Server Error", 0),
        ("502-after", 502, None, "<html>", 1),
        ("html", 200, None, "<!DOCTYPE html>", 0),
        ("html-after", 200, None, "<!DOCTYPE html>", 1),
        ("upstream-after", 200, None, "timed out", 1),
        (
            "code:131026",
            200,
            None,
            r#"{"status":"0","message":"(Error Code : 131026 ) Message undeliverable."}"#,
            0,
        ),
        ("limit:1/m", 200, None, r#""status":"1""#, 1),
    ];
    for (plan, status, retry_after, piece, accepted) in cases {
        let sandbox = InProcess::with_faults(plan);
        let (response, body) = sandbox.call(form_request(TEXT, HELLO)).await;
        assert_eq!(response.status().as_u16(), status, "{plan}");
        let header = response.headers().get(header::RETRY_AFTER).map(|value| value.to_str().expect("text"));
        assert_eq!(header, retry_after, "{plan}");
        assert!(body.contains(piece), "{plan}: {body}");
        assert_eq!(sandbox.stats().accepted, accepted, "{plan}");
        assert_eq!(sandbox.stats().numbers["PHONE-NUMBER-ID"].posts, 1, "{plan}");
    }
}

#[tokio::test(start_paused = true)]
async fn waits_wait_and_hangs_never_answer() {
    for (plan, waits_ms) in [("latency:250ms", 250), ("slow:3s", 3_000)] {
        let sandbox = InProcess::with_faults(plan);
        let start = tokio::time::Instant::now();
        sandbox.send("919876543210").await;
        assert_eq!(start.elapsed(), Duration::from_millis(waits_ms), "{plan}");
    }
    for (plan, accepted) in [("hang", 0), ("hang-after", 1)] {
        let sandbox = InProcess::with_faults(plan);
        let answer = sandbox.router().oneshot(form_request(TEXT, HELLO));
        assert!(tokio::time::timeout(Duration::from_secs(3_600), answer).await.is_err(), "{plan}");
        assert_eq!((sandbox.stats().accepted, sandbox.stats().faults[plan]), (accepted, 1));
    }
    // A client that gave up on a slow answer was heard all the same.
    let sandbox = InProcess::with_faults("slow:30s");
    let answer = sandbox.router().oneshot(form_request(TEXT, HELLO));
    assert!(tokio::time::timeout(Duration::from_secs(1), answer).await.is_err());
    assert_eq!(sandbox.stats().accepted, 1);
}

#[tokio::test]
async fn limits_throttle_each_number_and_the_pace_is_witnessed() {
    let sandbox = InProcess::with_faults("limit:3/s");
    let post = async |number: &str| {
        let answer = sandbox.post(TEXT, &HELLO.replace("PHONE-NUMBER-ID", number)).await;
        answer["status"] == "1"
    };
    let mut taken = Vec::new();
    for _ in 0..5 {
        taken.push((post("A").await, post("B").await));
        sandbox.advance(100);
    }
    assert_eq!(taken.iter().map(|(a, _)| *a).collect::<Vec<_>>(), [true, true, true, false, false]);
    assert!(taken.iter().all(|(a, b)| a == b), "each number has its own limit");
    sandbox.advance(500);
    assert!(post("A").await);
    let numbers = sandbox.stats().numbers;
    assert_eq!((numbers["A"].posts, numbers["A"].max_per_second), (6, 5));
    assert_eq!(numbers["B"].seconds.values().sum::<u64>(), 5);
    assert_eq!(sandbox.stats().refused["code"], 4);

    let sandbox = InProcess::with_faults("limit429:1/s");
    sandbox.send("919876543210").await;
    let (response, _) = sandbox.call(form_request(TEXT, HELLO)).await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()[header::RETRY_AFTER], "1");
}

#[tokio::test]
async fn connection_faults_are_told_to_in_process_callers() {
    for (plan, wire, accepted) in [("reset", Wire::Reset, 0), ("reset-after", Wire::Reset, 1)] {
        let sandbox = InProcess::with_faults(plan);
        let (response, _) = sandbox.call(form_request(TEXT, HELLO)).await;
        assert_eq!(response.extensions().get(), Some(&wire));
        assert_eq!(sandbox.stats().accepted, accepted);
    }
    let sandbox = InProcess::with_faults("cut-after");
    let (response, body) = sandbox.call(form_request(TEXT, HELLO)).await;
    assert_eq!(response.extensions().get(), Some(&Wire::HoldBack(body.len() / 2)));
}

fn fault() -> impl Strategy<Value = Fault> {
    let stage = || prop_oneof![Just(Stage::Before), Just(Stage::After)];
    let span = || (0..100_000_u32, 0..100_000_u32).prop_map(|(a, b)| Span::millis(a, b));
    let unit = prop_oneof![Just(RateUnit::Second), Just(RateUnit::Minute), Just(RateUnit::Hour)];
    let rate = (1..5_000_u32, unit).prop_map(|(count, unit)| Rate::Per { count, unit });
    let about_all = prop_oneof![
        span().prop_map(FaultKind::Latency),
        span().prop_map(FaultKind::Slow),
        (400..600_u16, stage(), proptest::option::of(0..10_000_u32))
            .prop_map(|(status, stage, retry_after)| FaultKind::Http { status, stage, retry_after }),
        stage().prop_map(FaultKind::Reset),
        stage().prop_map(FaultKind::Hang),
        stage().prop_map(FaultKind::Html),
        stage().prop_map(FaultKind::Upstream),
        Just(FaultKind::CutAfter),
    ];
    let about_sends = prop_oneof![
        any::<u32>().prop_map(FaultKind::Code),
        any::<u32>().prop_map(FaultKind::News),
        (rate, any::<bool>()).prop_map(|(rate, http_429)| FaultKind::Limit { rate, http_429 }),
    ];
    let scope = prop_oneof![Just(Scope::Sends), Just(Scope::Changes), Just(Scope::Gets), Just(Scope::All)];
    let kind = prop_oneof![(scope, about_all), about_sends.prop_map(|kind| (Scope::Sends, kind))];
    let when = prop_oneof![
        Just(When::Always),
        (0..=1_000_000_u32).prop_map(|share| When::Share(Share::millionths(share))),
        (any::<u32>(), any::<u32>()).prop_map(|(skip, count)| When::Count { skip, count }),
    ];
    let only = prop_oneof![
        Just(Only::All),
        "[1-9][0-9]{6,14}".prop_map(|digits| Only::To(Phone::from_digits(&digits).expect("a phone"))),
        "[A-Z0-9_]{1,12}".prop_map(Only::From),
    ];
    (kind, when, only).prop_map(|((scope, kind), when, only)| Fault { scope, kind, when, only })
}

proptest! {
    #[test]
    fn a_fault_plan_is_read_as_it_is_written(faults in proptest::collection::vec(fault(), 0..6)) {
        let plan = FaultPlan(faults);
        prop_assert_eq!(&plan.to_string().parse::<FaultPlan>().expect("a plan"), &plan);
        let json = serde_json::to_string(&plan).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<FaultPlan>(&json).expect("a plan"), plan);
    }

    #[test]
    fn no_text_upsets_the_reader(text in "[a-z0-9:=%@.,+x-]{0,40}|\\PC{0,40}") {
        if let Ok(plan) = text.parse::<FaultPlan>() {
            prop_assert_eq!(plan.to_string().parse::<FaultPlan>().expect("a plan"), plan);
        }
    }
}

#[test]
fn a_wrong_fault_is_told_how() {
    for (text, piece) in [
        ("rest=5%", "there are"),
        ("reset=5", "neither a share"),
        ("429:soon", "whole seconds"),
        ("limit:max", "needs a rate"),
        ("code:x", "131026"),
        ("hang@12", "phone number"),
        ("posts.hang", "`changes` and `all`"),
        ("gets.code:1", "sends only"),
        ("latency:5", "50ms"),
        ("cut", "cut-after"),
    ] {
        let error = text.parse::<FaultPlan>().expect_err(text).to_string();
        assert!(error.contains(piece) && error.starts_with("fault `"), "{text}: {error}");
    }
}
