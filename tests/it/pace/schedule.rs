//! **H**: nothing leaves outside of the hours of the schedule, by the clock of whoever is written to. The server is the
//! witness, in true time: over kills, stops, power cuts, refusals and a wall clock that is set.

use std::time::Duration;

use jiff::tz::TimeZone;
use sendcast::domain::phone::Phone;
use sendcast::domain::schedule::Timetable;
use sendcast::domain::status::Status;
use sendcast::engine::Ending;
use sendcast::queue::Queue;
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::server::FIRST;
use super::stage::{Campaign, START, Stage};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn timetable(schedule: &str) -> Timetable {
    Timetable::new(serde_json::from_str(schedule).unwrap(), TimeZone::UTC)
}

fn stage(seed: u64, rate: &str, schedule: &str) -> Stage {
    let mut stage = Stage::new(seed, rate);
    stage.options.timetable = Some(timetable(schedule));
    stage.options.pulse = Duration::from_secs(30);
    stage
}

/// Where people are, one of each in turn. The last may be anywhere in Australia.
fn abroad(n: u64) -> u64 {
    const FIRST_OF_EACH: [u64; 6] = [
        919_800_000_000,
        12_125_550_000,
        351_912_000_000,
        5_511_961_000_000,
        447_400_000_000,
        61_412_000_000,
    ];
    FIRST_OF_EACH[usize::try_from(n % 6).unwrap()] + n
}

/// Every POST left in time.
fn is_kept(stage: &Stage) {
    let timetable = stage.options.timetable.as_ref().unwrap();
    for post in &stage.server.0.borrow().posts {
        let (phone, at) = (Phone::from_value(post.to).unwrap(), START + post.left);
        assert!(timetable.allows(at, timetable.group(phone)), "{phone} at {at}");
    }
}

/// Each person was reached once, in time.
fn all_reached(stage: &Stage, people: usize) {
    is_kept(stage);
    let posts = &stage.server.0.borrow().posts;
    let mut taken: Vec<_> = posts.iter().filter(|post| post.taken).map(|post| post.to).collect();
    taken.sort_unstable();
    let all = taken.len();
    taken.dedup();
    assert_eq!((all, taken.len()), (people, people));
}

async fn lives(mut stage: Stage, seed: u64, people: u32, longest: Duration) -> Stage {
    let mut chance = fastrand::Rng::with_seed(seed);
    stage.options.retry.attempts = 20;
    let campaign = Campaign::of(people);
    for life in 0..400 {
        let span = longest.mul_f64(chance.f64());
        // The wall clock is set back while it runs, and right again before the next life.
        let set = chance.i64(0..3) * 3_600_000;
        let ended = if chance.bool() {
            let wall = stage.wall.clone();
            let setting = async move {
                tokio::time::sleep(span / 2).await;
                wall.jump(-set);
                std::future::pending::<()>().await;
            };
            let (_ask, interrupted) = watch::channel(None);
            let local = LocalSet::new();
            let ended = local.run_until(async {
                tokio::select! {
                    ended = tokio::time::timeout(span, stage.run(campaign, interrupted)) => ended.ok(),
                    () = setting => unreachable!(),
                }
            });
            let ended = ended.await;
            if stage.wall.now() < START + stage.server.age() {
                stage.wall.jump(set);
            }
            ended
        } else {
            let ending = stage.run_and_stop(campaign, span).await;
            if ending == Ending::Settled {
                return stage;
            }
            None
        };
        if let Some((queue, ending)) = ended {
            assert_eq!((ending, queue.counts()[Status::Queued]), (Ending::Settled, 0));
            return stage;
        }
        if chance.u8(0..4) == 0 {
            stage.power_cut(chance.u64(..)).await;
        }
        assert!(life < 399, "it ends");
        tokio::time::sleep(longest.mul_f64(chance.f64() / 4.0)).await;
    }
    stage
}

#[tokio::test(start_paused = true)]
async fn nothing_leaves_outside_of_the_hours_over_kills_and_clocks_that_are_set() {
    // It is half past three in the afternoon there, on a Sunday.
    let schedule = r#"{"hours": "15:00-16:00", "days": ["sun", "mon", "wed"], "timezone": "Asia/Kolkata"}"#;
    for seed in 0..2 {
        let stage = stage(seed, "10/m", schedule);
        stage.server.0.borrow_mut().refused = 0.1;
        let stage = lives(stage, seed, 900, 5 * HOUR).await;
        is_kept(&stage);
        let posts = stage.server.0.borrow().posts.len();
        assert!(posts >= 900, "{posts}");
    }
}

#[tokio::test(start_paused = true)]
async fn each_is_written_to_by_their_own_clock_over_kills() {
    for seed in 0..2 {
        let mut stage = stage(seed, "20/m", r#"{"hours": "09:00-20:00", "timezone": "recipient"}"#);
        stage.phone = abroad;
        stage.server.0.borrow_mut().refused = 0.1;
        let stage = lives(stage, seed, 600, 7 * HOUR).await;
        is_kept(&stage);
        assert!(stage.server.0.borrow().posts.len() >= 600);
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_can_be_written_to_is_and_the_others_as_soon_as_their_day_begins() {
    let mut stage = stage(7, "1000/s", r#"{"hours": "09:00-20:00", "timezone": "recipient"}"#);
    stage.phone = abroad;
    let (queue, ending) = stage.run_for(Campaign::of(6_000), 2 * DAY).await.unwrap();
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 6_000));
    all_reached(&stage, 6_000);
    let timetable = stage.options.timetable.clone().unwrap();
    for n in 0..6 {
        let people = timetable.group(Phone::from_value(abroad(n)).unwrap());
        let opens = timetable.next_open(START, people).unwrap();
        let posts = stage.server.0.borrow();
        let last =
            posts.posts.iter().filter(|post| timetable.group(Phone::from_value(post.to).unwrap()) == people);
        let last = START + last.map(|post| post.left).max().unwrap();
        assert!(last.since(opens) < MINUTE, "{:?}: from {opens} to {last}", people.names());
    }
}

/// A clock that jumps ahead is believed, like everywhere: by it nothing leaves at night.
#[tokio::test(start_paused = true)]
async fn a_clock_that_jumps_into_the_night_stops_it_at_once() {
    let stage = stage(8, "20/s", r#"{"hours": "09:00-20:00", "timezone": "UTC"}"#);
    let wall = stage.wall.clone();
    let jumps = async {
        tokio::time::sleep(Duration::from_secs(10)).await;
        wall.jump(i64::try_from((11 * HOUR).as_millis()).unwrap());
        std::future::pending::<()>().await;
    };
    let run = stage.run_for(Campaign::of(1_000), 2 * DAY);
    let (queue, _) = tokio::select! { ended = run => ended.unwrap(), () = jumps => unreachable!() };
    assert_eq!(queue.counts().reached(), 1_000);
    let left: Vec<_> = stage.server.0.borrow().posts.iter().map(|post| post.left).collect();
    let night = Duration::from_millis(10_050)..12 * HOUR;
    assert!(left.iter().all(|at| !night.contains(at)), "it is night until nine, by the clock that was set");
    assert!(left.iter().any(|at| *at < night.start) && left.iter().any(|at| *at >= night.end));
}

#[tokio::test(start_paused = true)]
async fn others_send_from_the_number_while_one_waits_for_its_hours() {
    let waits = stage(9, "20/s", r#"{"hours": "03:00-04:00", "timezone": "UTC"}"#);
    let mut sends = waits.clone();
    sends.options.timetable = None;
    let small = Campaign { name: "sends", first: 5_000, people: 2_000, numbers: 1 };
    let local = LocalSet::new();
    let (waiting, sending) = local
        .run_until(async {
            let (_one, quiet) = watch::channel(None);
            let (_other, still) = watch::channel(None);
            tokio::join!(waits.run(Campaign::of(100), quiet), sends.run(small, still))
        })
        .await;
    assert_eq!((waiting.1, sending.1), (Ending::Settled, Ending::Settled));
    let posts = waits.server.0.borrow();
    let last = |people: std::ops::Range<u64>| {
        posts
            .posts
            .iter()
            .filter(|post| people.contains(&(post.to - FIRST)))
            .map(|post| post.left)
            .max()
            .unwrap()
    };
    assert!(last(5_000..7_000) < Duration::from_secs(130), "at its whole pace: {:?}", last(5_000..7_000));
    assert!(last(0..100) > 17 * HOUR && last(0..100) < 17 * HOUR + MINUTE, "{:?}", last(0..100));
}

/// A machine that sleeps wakes up with a clock that has gone on. What waited for a start that is long past goes out to nobody
/// until somebody says so; where it is only minutes late, or had begun, it goes on.
#[tokio::test(start_paused = true)]
async fn a_start_that_was_slept_through_goes_out_to_nobody() {
    // It begins in 32 minutes, and takes some three.
    let schedule = r#"{"start": "2026-11-22T10:32", "timezone": "UTC"}"#;
    let starts = timetable(schedule).starts_at().unwrap();
    for (asleep_from, asleep_for, missed) in
        [(17 * MINUTE, 5 * HOUR, true), (17 * MINUTE, 20 * MINUTE, false), (33 * MINUTE, 5 * HOUR, false)]
    {
        let stage = stage(9, "60/m", schedule);
        let wall = stage.wall.clone();
        let sleeps = async move {
            tokio::time::sleep(asleep_from).await;
            wall.jump(i64::try_from(asleep_for.as_millis()).unwrap());
            std::future::pending::<()>().await;
        };
        let (_ask, interrupted) = watch::channel(None);
        let campaign = Campaign::of(200);
        let (queue, ending) = LocalSet::new()
            .run_until(async {
                tokio::select! {
                    ended = stage.run(campaign, interrupted.clone()) => ended,
                    () = sleeps => unreachable!(),
                }
            })
            .await;
        let sent = stage.server.0.borrow().posts.len();
        if !missed {
            assert_eq!((ending, sent), (Ending::Settled, 200), "{asleep_from:?}");
            continue;
        }
        assert_eq!((ending, sent, queue.counts()[Status::Queued]), (Ending::Missed(starts), 0, 200));
        queue.close().await.unwrap();
        // Whoever runs it again has decided: it was asked before.
        let (_, ending) = LocalSet::new().run_until(stage.run(campaign, interrupted)).await;
        assert_eq!((ending, stage.server.0.borrow().posts.len()), (Ending::Settled, 200));
    }
}
