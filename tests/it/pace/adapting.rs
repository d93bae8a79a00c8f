//! The whole engine against a server whose limit falls and rises, however it says that it was too fast.

use std::time::Duration;

use sendcast::queue::Queue as _;

use super::limiter::{Headers, Kind, Limiter};
use super::policy;
use super::server::Says;
use super::stage::{Campaign, Stage};
use crate::kills::setting;

/// One server and one ceiling.
#[derive(Clone, Copy, Debug)]
struct Case {
    kind: Kind,
    says: Says,
    ceiling: &'static str,
    high: f64,
    low: f64,
    /// How long each phase lasts, and how long after each change nothing is held against it.
    length: u64,
    grace: [u64; 3],
}

/// A phase outside of its grace: shares throttled and used.
type Seen = [(f64, f64); 3];

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "small and positive"
)]
async fn live(seed: u64, case: Case) -> Seen {
    let Case { kind, says, ceiling, high, low, length, grace } = case;
    let mut stage = Stage::new(seed, ceiling);
    stage.options.concurrency = 200;
    if says == Says::News {
        stage.options.track = Duration::from_secs(30);
    }
    {
        let state = &mut *stage.server.0.borrow_mut();
        state.limiter = Limiter::new(kind);
        state.says = says;
        let at = |phase: u64| Duration::from_secs(phase * length);
        state.limits = vec![(at(0), high), (at(1), low), (at(2), high)];
        let one_way = 20_000 + 1_000 * (seed % 30);
        let jitter = if matches!(kind, Kind::Bucket(size) if size < 2.0) { 1 } else { 10_000 };
        state.latency = one_way..one_way + jitter;
    }
    let people = (length as f64 * (2.0 * high + low) * 1.6) as u32;
    let ended = stage.run_for(Campaign::of(people), Duration::from_secs(length * 3)).await;
    if let Some((queue, ending)) = ended {
        panic!("seed {seed}: it ended ({ending:?}) of {people}: {:?} {case:?}", queue.counts());
    }
    assert_eq!(stage.server.0.borrow().early, 0, "nothing is sent inside of a Retry-After: {case:?}");
    let most = stage.options.rate.per_second().unwrap_or(f64::INFINITY);
    let mut seen = Seen::default();
    for (n, limit) in [high, low, high].into_iter().enumerate() {
        let from = Duration::from_secs(n as u64 * length + grace[n]);
        let to = Duration::from_secs((n as u64 + 1) * length);
        let (all, taken, throttled) = stage.server.within(from..to);
        let capacity = limit.min(most) * (to - from).as_secs_f64();
        seen[n] = (throttled as f64 / (all as f64).max(1.0), taken as f64 / capacity);
    }
    seen
}

fn check(seed: u64, case: Case, throttled: f64, used: f64, seen: Seen) {
    for (n, phase) in seen.iter().enumerate() {
        assert!(phase.0 <= throttled, "seed {seed}, phase {n}: {:.4} throttled: {case:?} {seen:?}", phase.0);
        assert!(phase.1 >= used, "seed {seed}, phase {n}: {:.4} used: {case:?} {seen:?}", phase.1);
    }
}

const SHORT: Case = Case {
    kind: Kind::Sliding(1.0),
    says: Says::Plain,
    ceiling: "40/s",
    high: 40.0,
    low: 10.0,
    length: 100,
    grace: [50; 3],
};

#[tokio::test(start_paused = true)]
async fn a_fallen_limit_is_kept_and_a_risen_one_found() {
    check(1, SHORT, 0.05, 0.85, live(1, SHORT).await);
    let coded = Case { says: Says::Code, kind: Kind::Bucket(20.0), ceiling: "20/s", high: 20.0, ..SHORT };
    check(2, coded, 0.05, 0.85, live(2, coded).await);
}

#[tokio::test(start_paused = true)]
async fn nothing_leaves_inside_of_a_retry_after() {
    let case =
        Case { says: Says::RetryAfter, ceiling: "20/s", high: 20.0, length: 45, grace: [25; 3], ..SHORT };
    let seen = live(3, case).await;
    assert!(seen.iter().all(|phase| phase.0 <= 0.03), "{seen:?}");
}

/// A run that begins again after a kill goes on at what was learnt, not at its ceiling.
#[tokio::test(start_paused = true)]
async fn a_restart_keeps_what_was_learnt() {
    let mut stage = Stage::new(4, "80/s");
    stage.options.concurrency = 200;
    {
        let state = &mut *stage.server.0.borrow_mut();
        state.limiter = Limiter::new(Kind::Sliding(1.0));
        state.limits = vec![(Duration::ZERO, 10.0)];
    }
    let campaign = Campaign::of(3_000);
    assert!(stage.run_for(campaign, Duration::from_secs(40)).await.is_none());
    for _ in 0..5 {
        let begun = stage.server.age();
        assert!(stage.run_for(campaign, Duration::from_secs(4)).await.is_none());
        let (all, _, throttled) = stage.server.within(begun..stage.server.age());
        assert!((30..=42).contains(&all) && throttled <= 4, "{throttled} of {all} throttled");
    }
    // After a rest it is tried at its ceiling again.
    tokio::time::sleep(Duration::from_secs(700)).await;
    let begun = stage.server.age();
    assert!(stage.run_for(campaign, Duration::from_secs(1)).await.is_none());
    let (all, _, throttled) = stage.server.within(begun..stage.server.age());
    assert!(throttled >= 3, "{throttled} of {all} throttled");
}

/// A platform that refuses one in a hundred at any rate, with kills in between: the rate stays what it was.
#[tokio::test(start_paused = true)]
#[expect(clippy::cast_precision_loss, reason = "small and positive")]
async fn one_in_a_hundred_by_chance_slows_nobody_down_also_over_restarts() {
    let mut stage = Stage::new(6, "200/s");
    stage.options.concurrency = 200;
    stage.server.0.borrow_mut().by_chance = 0.01;
    let campaign = Campaign::of(9_000);
    let begun = stage.server.age();
    let mut lives = Duration::ZERO;
    for n in 0..5 {
        let span = Duration::from_secs(if n % 2 == 0 { 10 } else { 3 });
        assert!(stage.run_for(campaign, span).await.is_none());
        lives += span;
    }
    let (_, taken, throttled) = stage.server.within(begun..stage.server.age());
    let most = 200.0 * lives.as_secs_f64();
    assert!(throttled > 0 && taken as f64 >= 0.9 * most, "{taken} of {most}, {throttled} throttled");
}

/// What a minute of Laravel's takes, of sends and polls together, and how much of either was throttled.
#[expect(clippy::cast_precision_loss, reason = "small and positive")]
async fn shared(headers: Headers, says: Says) -> (f64, f64, f64) {
    let mut stage = Stage::new(8, "20/s");
    stage.options.track = Duration::from_secs(600);
    {
        let state = &mut *stage.server.0.borrow_mut();
        state.limiter = Limiter::new(Kind::Opened(60.0));
        (state.says, state.headers, state.shared) = (says, headers, true);
        state.limits = vec![(Duration::ZERO, 5.0)];
    }
    let begun = stage.server.age() + Duration::from_secs(180);
    let span = Duration::from_secs(660);
    assert!(stage.run_for(Campaign::of(4_000), span).await.is_none());
    assert_eq!(stage.server.0.borrow().early, 0, "nothing is sent inside of a Retry-After");
    let (all, taken, throttled) = stage.server.within(begun..stage.server.age());
    let state = stage.server.0.borrow();
    let polls = state.gets as f64;
    let used = (taken as f64 + (polls - state.gets_throttled as f64) * 480.0 / 660.0) / (5.0 * 480.0);
    (throttled as f64 / all as f64, state.gets_throttled as f64 / polls, used)
}

/// The kind of limiter that such platforms have: so many requests a minute, of all endpoints together.
#[tokio::test(start_paused = true)]
async fn polls_and_sends_share_a_window() {
    for (headers, says) in [
        (Headers::None, Says::RetryAfter),
        (Headers::Laravel, Says::RetryAfter),
        (Headers::Ietf, Says::RetryAfter),
    ] {
        let (throttled, polls, used) = shared(headers, says).await;
        let what =
            format!("{headers:?}: {throttled:.4} of sends, {polls:.4} of polls throttled, {used:.3} used");
        assert!(throttled <= 0.02 && polls <= 0.05 && used >= 0.9, "{what}");
    }
}

/// `SENDCAST_SOAK_SIZE` seeds (50): the policy alone over every case, and the whole engine over one case
/// of each kind and seed in turn.
#[tokio::test(start_paused = true)]
#[ignore = "a soak: run it with `.ci/soak adapt`"]
#[expect(clippy::cast_precision_loss, reason = "small and positive")]
async fn soak_adapt() {
    let (first, size) = (setting("SENDCAST_SOAK_SEED", 1), setting("SENDCAST_SOAK_SIZE", 50));
    println!("seeds {first}..{}; shares throttled and used in each third", first + size);
    let percent = |share: f64| share * 100.0;
    for case in policy::Case::all() {
        let sums = policy::check(case, first..first + size);
        let shares = sums.map(|sum| {
            format!("{:.1} % / {:.1} %", percent(sum.share_throttled()), percent(sum.share_used()))
        });
        println!("policy, {case:?}: {}", shares.join(", "));
    }
    let kinds = [Kind::Sliding(1.0), Kind::Fixed(1.0), Kind::Bucket(20.0), Kind::Bucket(80.0)];
    let mut sums: Vec<(Says, u64, Seen)> = Vec::new();
    for seed in first..first + size {
        let mut chance = fastrand::Rng::with_seed(seed);
        let says = *chance.choice(&[Says::Plain, Says::Plain, Says::Code, Says::RetryAfter]).unwrap();
        let grace = if says == Says::RetryAfter { [30, 60, 120] } else { [30; 3] };
        let case = Case {
            kind: kinds[usize::try_from(seed % 4).unwrap()],
            says,
            ceiling: chance.choice(&["80/s", "100/s", "max"]).unwrap(),
            high: 80.0,
            low: *chance.choice(&[10.0, 25.0, 60.0]).unwrap(),
            length: chance.u64(180..300),
            grace,
        };
        let seen = live(seed, case).await;
        let (throttled, used) = if says == Says::RetryAfter { (0.03, 0.7) } else { (0.05, 0.85) };
        check(seed, case, throttled, used, seen);
        match sums.iter_mut().find(|(known, ..)| *known == says) {
            Some((_, lives, sum)) => {
                *lives += 1;
                sum.iter_mut().zip(seen).for_each(|(sum, seen)| {
                    *sum = (sum.0 + seen.0, sum.1 + seen.1);
                });
            }
            None => sums.push((says, 1, seen)),
        }
    }
    for (says, lives, sum) in sums {
        let shares = sum.map(|(throttled, used)| {
            let mean = |sum: f64| percent(sum / lives as f64);
            format!("{:.1} % / {:.1} %", mean(throttled), mean(used))
        });
        println!("engine, {says:?}, {lives} lives: {}", shares.join(", "));
    }
    // News comes late, and of a tenth of the messages: it is only reported.
    let news = Case { says: Says::News, ceiling: "80/s", high: 80.0, length: 240, ..SHORT };
    println!("engine, {:?}: {:?}", news.says, live(first, news).await);
}
