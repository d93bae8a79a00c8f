//! What a run with a schedule shows while it waits, and what goes through its hours beside first messages.

use std::time::Duration;

use jiff::tz::TimeZone;
use sendcast::domain::schedule::Timetable;
use sendcast::domain::status::Status;
use sendcast::domain::time::Millis;
use sendcast::engine::Ending;
use sendcast::engine::orders::{OrderKind, Word};
use sendcast::engine::snapshot::{RunState, WaitingFor};
use sendcast::queue::Queue;

use super::orders::order;
use super::world::Faults;
use super::{START, Stage};

fn stage(seed: u64, people: u64, faults: Faults, schedule: &str) -> Stage {
    let mut stage = Stage::new(seed, people, faults);
    stage.options.timetable = Some(Timetable::new(serde_json::from_str(schedule).unwrap(), TimeZone::UTC));
    stage.options.pulse = Duration::from_secs(20);
    stage
}

/// Every POST left in time.
fn is_kept(stage: &Stage) {
    let timetable = stage.options.timetable.as_ref().unwrap();
    let people = timetable.group(super::phone(0));
    for age in &stage.world.0.borrow().posts {
        assert!(timetable.allows(START + *age, people), "{}", START + *age);
    }
}

#[tokio::test(start_paused = true)]
async fn before_its_start_it_is_scheduled_and_says_until_when() {
    // It is 2026-11-22, 10:07 UTC.
    let mut stage =
        stage(1, 20, Faults::default(), r#"{"start": "2026-11-23T09:00", "timezone": "Asia/Kolkata"}"#);
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 20));
    is_kept(&stage);
    let start = Millis(START.0 + 17 * 3_600_000 + 23 * 60_000);
    let seen = stage.seen.snapshots.borrow();
    let waits: Vec<_> = seen.iter().filter(|seen| seen.state == RunState::Scheduled).collect();
    assert!(waits.len() > 100);
    assert!(
        waits.iter().all(|seen| seen.until == Some(start) && seen.waiting_for == Some(WaitingFor::Schedule))
    );
    assert_eq!(waits[0].hold.as_deref(), Some("scheduled; it begins Mon 2026-11-23 09:00 (Asia/Kolkata)"));
    let eta = waits[0].eta_s.unwrap();
    assert!(eta.abs_diff(17 * 3600 + 23 * 60) < 30, "{eta}");
}

#[tokio::test(start_paused = true)]
async fn between_its_hours_it_waits_and_the_estimate_knows_of_them() {
    let mut stage =
        stage(2, 100, Faults::default(), r#"{"hours": "10:00-10:08", "timezone": "UTC"}"#).rate("1/s");
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 100));
    is_kept(&stage);
    let seen = stage.seen.snapshots.borrow();
    let waits = seen.iter().find(|seen| seen.state == RunState::Waiting).unwrap();
    assert_eq!(
        (waits.waiting_for, waits.until),
        (Some(WaitingFor::Schedule), Some(Millis(START.0 - 7 * 60_000 + 24 * 3_600_000)))
    );
    assert_eq!(waits.hold.as_deref(), Some("outside of its hours; going on Mon 2026-11-23 10:00 (UTC)"));
    let eta = seen[0].eta_s.unwrap();
    assert!(eta.abs_diff(24 * 3600 - 7 * 60) < 120, "a minute now, the rest tomorrow: {eta}");
}

/// What a run shows of the time that is left comes true, within a twentieth or two seconds, from the first look to the last.
#[tokio::test(start_paused = true)]
async fn the_estimate_of_a_run_comes_true() {
    let hours = r#"{"hours": "10:00-10:10", "timezone": "UTC"}"#;
    for (rate, people, schedule, daily) in [
        ("1/s", 200, None, None),
        ("20/s", 400, None, None),
        ("600/m", 300, None, None),
        ("1/s", 400, Some(hours), None),
        ("1/s", 300, None, Some(100)),
    ] {
        let mut stage = match schedule {
            Some(schedule) => stage(5, people, Faults::default(), schedule),
            None => Stage::new(5, people, Faults::default()),
        };
        stage = stage.rate(rate);
        stage.options.daily = daily;
        // A day goes by there.
        stage.options.pulse =
            Duration::from_secs(if schedule.or(daily.map(|_| "")).is_some() { 20 } else { 1 });
        let (queue, _) = stage.run().await;
        assert_eq!(queue.counts().reached(), people);
        let ended = START + *stage.world.0.borrow().posts.iter().max().unwrap();
        let seen = stage.seen.snapshots.borrow();
        let looks: Vec<_> = seen.iter().filter(|look| look.counts[Status::Queued] > 0).collect();
        assert!(looks.len() > 10, "{rate}: {}", looks.len());
        for look in looks {
            let left = ended.since(look.heartbeat.unwrap()).as_secs_f64();
            let eta = look.eta_s.unwrap();
            #[expect(clippy::cast_precision_loss, reason = "seconds")]
            let off = (eta as f64 - left).abs();
            // An estimate through hours and quota is five seconds old at most, and a place that is free is seen at a pulse.
            let pulse = stage.options.pulse.as_secs_f64();
            assert!(
                off <= 2.0 + pulse + left / 20.0,
                "{rate}, daily {daily:?}: {eta} s told, {left} s were left"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn retries_and_resends_keep_to_the_hours() {
    let faults = Faults { refused: 0.5, code: 131_016, lost_before: 0.1, ..Faults::default() };
    let mut stage = stage(3, 300, faults, r#"{"hours": "10:00-10:10", "timezone": "UTC"}"#).rate("1/s");
    stage.options.retry.attempts = 20;
    let (queue, _) = stage.run().await;
    is_kept(&stage);
    assert_eq!(queue.counts()[Status::Queued], 0);
    let doubts = queue.counts()[Status::InDoubt];
    assert!(doubts > 0);
    queue.close().await.unwrap();
    stage.world.0.borrow_mut().faults = Faults::default();
    order(&stage, "again", OrderKind::Resolve { word: Word::Resend, to: Vec::new() });
    let (queue, _) = stage.run().await;
    assert_eq!(queue.counts()[Status::InDoubt], 0);
    is_kept(&stage);
}

/// The quota frees places at night: they wait for the morning.
#[tokio::test(start_paused = true)]
async fn the_quota_and_the_hours_go_together() {
    let mut stage = stage(4, 25, Faults::default(), r#"{"hours": "10:00-11:00", "timezone": "UTC"}"#);
    stage.options.daily = Some(10);
    let began = tokio::time::Instant::now();
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 25));
    is_kept(&stage);
    assert!(began.elapsed() >= Duration::from_secs(2 * 24 * 3600));
}
