//! From the server's words to what follows: the table of error codes, row by row.

use std::time::Duration;

use super::*;
use crate::domain::ids::AttemptNo;
use crate::domain::job::Event;
use crate::domain::outcome::{Exchange, Reply, classify};
use crate::domain::time::Millis;

const NOW: Millis = Millis(1_000_000);

fn tried(used: u32) -> Attempted<'static> {
    let media = Some("https://example.com/a.png");
    Attempted { attempt: AttemptNo(1), used, media, per_second: 20.0, chance: 1.0, now: NOW }
}

fn answer(http: u16, text: &str) -> Exchange {
    let reply = Reply { ok: Some(false), text: text.to_owned(), message_id: None, web_page: false };
    Exchange::Answered { http, retry_after: None, rate_limit: None, reply: Some(reply) }
}

fn judged(judge: &mut Judge, exchange: &Exchange, used: u32) -> Verdict {
    judge.judge(classify(exchange), tried(used))
}

/// What becomes of the job and of everybody else, in a word each.
fn words(verdict: &Verdict) -> (&'static str, &'static str) {
    let job = match verdict.event {
        Event::NotAccepted { counts: true, .. } => "again",
        Event::NotAccepted { counts: false, .. } => "held",
        Event::Refused { .. } => "failed",
        Event::Doubted { .. } => "in doubt",
        _ => "other",
    };
    let others = match verdict.effect {
        Effect::None => "go on",
        Effect::Hold { .. } => "pause",
        Effect::Throttle { .. } => "slower",
        Effect::Stop(_) => "stop",
        Effect::StopNumber(_) => "stop the number",
        Effect::OptOut => "opt out",
    };
    (job, others)
}

#[track_caller]
fn check(http: u16, text: &str, expected: (&str, &str)) {
    let verdict = judged(&mut Judge::new(RetryPolicy::default()), &answer(http, text), 0);
    assert_eq!(words(&verdict), expected, "HTTP {http}: {text}: {verdict:?}");
}

#[test]
fn every_row_of_the_table() {
    let coded = |code: u32| format!("(Error Code : {code} ) something");
    for code in [0, 190, 3, 10, 200, 250, 299, 131_005] {
        check(200, &coded(code), ("held", "stop"));
    }
    for code in [368, 131_031, 131_042, 131_045, 133_010, 33, 131_037, 131_048, 131_064] {
        check(200, &coded(code), ("held", "stop the number"));
    }
    for code in [4, 80_007, 131_057] {
        check(200, &coded(code), ("held", "pause"));
    }
    check(200, &coded(130_429), ("held", "slower"));
    for code in [1, 2, 131_000, 131_016, 131_056, 131_053] {
        check(200, &coded(code), ("again", "go on"));
    }
    for code in
        [131_049, 131_026, 130_472, 130_403, 131_021, 130_497, 131_047, 100, 131_008, 131_009, 131_051]
    {
        check(200, &coded(code), ("failed", "go on"));
    }
    check(200, &coded(131_050), ("failed", "opt out"));
    check(200, &coded(135_000), ("failed", "go on"));
    check(200, &coded(999_999), ("failed", "go on"));
}

#[test]
fn texts_without_a_code() {
    check(200, "Sending message outside 24 hour window is not allowed.", ("failed", "go on"));
    check(200, "Subscriber limit has been exceeded.", ("held", "stop"));
    check(200, "WhatsApp account not found.", ("held", "stop the number"));
    check(401, "Unauthenticated.", ("held", "stop"));
    check(200, "You can send between 1 and 3 reply buttons.", ("failed", "go on"));
    check(200, "cURL error 28: Operation timed out", ("in doubt", "go on"));
    check(404, "no such thing", ("failed", "go on"));
}

#[test]
fn what_is_known_not_to_have_been_accepted_and_what_is_not() {
    let mut judge = Judge::new(RetryPolicy::default());
    let bare = |http, retry_after| Exchange::Answered { http, retry_after, rate_limit: None, reply: None };
    let second = Some(Duration::from_secs(1));
    for (exchange, expected) in [
        (Exchange::NeverConnected { why: "refused".into() }, ("held", "pause")),
        (Exchange::Lost { why: "reset".into() }, ("in doubt", "go on")),
        (bare(429, second), ("held", "slower")),
        (bare(503, second), ("held", "pause")),
        (bare(302, None), ("held", "stop")),
        (bare(503, None), ("in doubt", "go on")),
        (bare(500, None), ("in doubt", "go on")),
        (bare(408, None), ("in doubt", "go on")),
        (bare(499, None), ("in doubt", "go on")),
        (bare(200, None), ("in doubt", "go on")),
    ] {
        assert_eq!(words(&judged(&mut judge, &exchange, 0)), expected, "{exchange:?}");
    }
}

#[test]
fn temporary_errors_use_up_the_allowance_with_growing_delays() {
    let mut judge = Judge::new(RetryPolicy::default());
    let temporary = answer(200, "(Error Code : 131016 ) try later");
    for (used, seconds) in [(0, 5), (1, 10), (2, 20), (3, 40)] {
        let Event::NotAccepted { not_before, .. } = judged(&mut judge, &temporary, used).event else {
            panic!()
        };
        assert_eq!(not_before.since(NOW), Duration::from_secs(seconds), "attempt {}", used + 1);
    }
    assert_eq!(words(&judged(&mut judge, &temporary, 4)).0, "failed", "the fifth was the last");
}

#[test]
fn a_recipients_own_pace_grows_by_four() {
    let mut judge = Judge::new(RetryPolicy::default());
    let pair = answer(200, "(Error Code : 131056 ) too many to this one");
    for (used, seconds) in [(0, 4), (1, 16), (2, 64), (3, 256)] {
        let Event::NotAccepted { not_before, .. } = judged(&mut judge, &pair, used).event else { panic!() };
        assert_eq!(not_before.since(NOW), Duration::from_secs(seconds));
    }
}

#[test]
fn what_repeats_concerns_everybody() {
    let mut judge = Judge::new(RetryPolicy::default());
    let media = answer(200, "(Error Code : 131053 ) media upload error");
    assert_eq!(words(&judged(&mut judge, &media, 0)), ("again", "go on"));
    assert_eq!(words(&judged(&mut judge, &media, 1)), ("held", "stop"), "the same URL again");

    let generic = answer(200, "(Error Code : 135000 ) generic");
    let stops = (1..=9).find(|_| words(&judged(&mut judge, &generic, 0)).1 == "stop");
    assert_eq!(stops, Some(5));

    let temporary = answer(200, "(Error Code : 131000 ) something");
    let pauses = (1..=30).find(|_| words(&judged(&mut judge, &temporary, 0)).1 == "pause");
    assert_eq!(pauses, Some(10));

    let limit = answer(200, "(Error Code : 80007 ) account limit");
    let minutes = |verdict: Verdict| match verdict.effect {
        Effect::Hold { pause, .. } => pause.as_secs() / 60,
        other => panic!("{other:?}"),
    };
    let pauses: Vec<_> = (0..7).map(|_| minutes(judged(&mut judge, &limit, 0))).collect();
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 32]);
}
