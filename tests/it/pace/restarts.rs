//! **P** over restarts, power cuts and a wall clock that is set: at the server, in true time, no sliding
//! second (and, below one a second, no sliding minute) holds more POSTs of a number than its rate; and little
//! of the pace is lost.

use std::time::Duration;

use sendcast::domain::priority::Priority;
use sendcast::engine::LimitOption;
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::server::FIRST;
use super::stage::{Campaign, Stage};
use crate::kills::setting;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A rate, and how long a life at it lasts.
#[derive(Clone, Copy)]
struct Pace {
    rate: &'static str,
    per_second: f64,
    longest: Duration,
}

const PACES: [Pace; 3] = [
    Pace { rate: "80/s", per_second: 80.0, longest: Duration::from_millis(2_000) },
    Pace { rate: "1000/s", per_second: 1_000.0, longest: Duration::from_millis(250) },
    Pace { rate: "10/m", per_second: 10.0 / 60.0, longest: Duration::from_secs(40) },
];

/// What so many restarts made of a pace.
#[derive(Debug)]
struct Seen {
    restarts: u32,
    power_cuts: u32,
    jumps: u32,
    posts: usize,
    /// How long the runs were alive.
    alive: Duration,
    busiest: (usize, usize),
}

impl Seen {
    #[expect(clippy::cast_precision_loss, reason = "small and positive")]
    fn used(&self, pace: Pace) -> f64 {
        self.posts as f64 / (pace.per_second * self.alive.as_secs_f64())
    }

    /// What each restart cost, in seconds.
    #[expect(clippy::cast_precision_loss, reason = "small and positive")]
    fn cost(&self, pace: Pace) -> f64 {
        let sending = self.posts as f64 / (0.995 * pace.per_second);
        (self.alive.as_secs_f64() - sending) / f64::from(self.restarts)
    }
}

/// Lives of a campaign, each ended by a kill, an order or a power cut; `set` says whether somebody sets the
/// wall clock, within runs and between them.
async fn lives(seed: u64, pace: Pace, restarts: u32, longest: Duration, set: bool) -> Seen {
    let mut chance = fastrand::Rng::with_seed(seed);
    let mut stage = Stage::new(seed, pace.rate);
    stage.options.concurrency = 128;
    let everybody = f64::from(restarts) * longest.as_secs_f64() * pace.per_second;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    let campaign = Campaign::of(everybody as u32 + 200);
    let (mut power_cuts, mut jumps, mut alive) = (0, 0, Duration::ZERO);
    let jump = |chance: &mut fastrand::Rng| {
        let far = *chance.choice(&[5, 300, 3_000, 60_000, 3_600_000, 86_400_000]).unwrap();
        if chance.bool() { far } else { -far }
    };
    for n in 0..restarts {
        let span = longest.mul_f64(chance.f64().max(0.01));
        let setting = async {
            if !set {
                std::future::pending::<()>().await;
            }
            loop {
                tokio::time::sleep(longest.mul_f64(0.3 + chance.f64())).await;
                stage.wall.jump(jump(&mut chance));
                jumps += 1;
            }
        };
        let begun = stage.server.age();
        let ended = async {
            match n % 4 {
                0 => drop(stage.run_and_stop(campaign, span).await),
                _ => drop(stage.run_for(campaign, span).await),
            }
        };
        tokio::select! { () = ended => {}, () = setting => {} }
        alive += stage.server.age() - begun;
        if n % 7 == 3 {
            power_cuts += 1;
            stage.power_cut(chance.u64(..)).await;
        }
        if set && chance.bool() {
            stage.wall.jump(jump(&mut chance));
            jumps += 1;
        }
        // The next one starts at once, or after a moment.
        if chance.bool() {
            tokio::time::sleep(longest.mul_f64(chance.f64() * 0.2)).await;
        }
    }
    let posts = stage.server.0.borrow().posts.len();
    let busiest = (stage.server.busiest(0, SECOND), stage.server.busiest(0, MINUTE));
    Seen { restarts, power_cuts, jumps, posts, alive, busiest }
}

#[expect(clippy::cast_precision_loss, reason = "small and positive")]
fn check(seed: u64, pace: Pace, seen: &Seen) {
    let what = format!("seed {seed}, {}: {seen:?}", pace.rate);
    assert!(seen.busiest.0 as f64 <= pace.per_second.max(1.0), "{what}");
    assert!(seen.busiest.1 as f64 <= pace.per_second * 60.0 + 1e-9, "{what}");
    // An interval, twice the pacer's slack, the last answers of a run that was asked to end, late timers.
    let most = 1.1 / pace.per_second + 0.02 + 0.003 * seen.alive.as_secs_f64() / f64::from(seen.restarts);
    assert!(seen.cost(pace) <= most, "a restart costs {:.3} s; {what}", seen.cost(pace));
}

#[tokio::test(start_paused = true)]
async fn no_second_holds_more_over_restarts_and_a_clock_that_is_set() {
    for (n, pace) in PACES.into_iter().enumerate() {
        for set in [false, true] {
            let seed = n as u64;
            let longest = pace.longest.min(Duration::from_secs(40)) / if pace.rate == "10/m" { 1 } else { 2 };
            let seen = lives(seed, pace, 12, longest, set).await;
            check(seed, pace, &seen);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn next_to_nothing_of_the_pace_is_lost() {
    for pace in PACES {
        let longest = if pace.rate == "10/m" { Duration::from_secs(2_000) } else { pace.longest * 5 };
        let seen = lives(1, pace, 2, longest, false).await;
        assert!(seen.used(pace) >= 0.96, "{}: {:.3} used, {seen:?}", pace.rate, seen.used(pace));
        check(1, pace, &seen);
    }
}

/// A kill as soon as the first POST has left, again and again, with the clock set a day ahead in between: were
/// the clock believed, each start would be good for one at once.
#[tokio::test(start_paused = true)]
async fn a_start_grants_nothing_whatever_the_clock_says() {
    let stage = Stage::new(5, "10/s");
    for n in 0..60 {
        let before = stage.server.0.borrow().posts.len();
        while stage.server.0.borrow().posts.len() == before {
            let more = stage.run_for(Campaign::of(500), Duration::from_millis(110 + n % 3)).await;
            assert!(more.is_none());
        }
        stage.wall.jump(86_400_000);
    }
    assert!(stage.server.busiest(0, SECOND) <= 10, "{}", stage.server.busiest(0, SECOND));
}

/// Two campaigns want the same number at once and take turns, and are killed.
async fn two_campaigns(seed: u64, turns: u32) -> usize {
    let mut stage = Stage::new(seed, "80/s");
    stage.options.limit = Some(LimitOption::First(40));
    let mut chance = fastrand::Rng::with_seed(seed);
    let people = 45 * turns;
    let one = Campaign { name: "one", ..Campaign::of(people) };
    let two = Campaign { name: "two", first: people, ..Campaign::of(people) };
    for _ in 0..turns {
        let local = LocalSet::new();
        let (_ask, interrupted) = watch::channel(None);
        let both = async {
            tokio::join!(stage.run(one, interrupted.clone()), stage.run(two, interrupted));
        };
        // Each sends its forty, and ends; or both are killed.
        let span = Duration::from_millis(chance.u64(300..3_000));
        let _ = tokio::time::timeout(span, local.run_until(both)).await;
    }
    let most = stage.server.busiest(0, SECOND);
    assert!(most <= 80, "seed {seed}: {most} in a second");
    stage.server.within(Duration::ZERO..stage.server.age()).0
}

#[tokio::test(start_paused = true)]
async fn campaigns_on_one_number_share_its_pace() {
    let posts = two_campaigns(3, 8).await;
    assert!(posts > 300, "{posts}");
}

/// A campaign that takes a minute, and one of five people that comes after ten seconds.
#[tokio::test(start_paused = true)]
async fn a_small_campaign_doesnt_wait_for_a_large_one() {
    let stage = Stage::new(5, "20/s");
    let large = Campaign { name: "large", ..Campaign::of(1_200) };
    let small = Campaign { name: "small", first: 5_000, ..Campaign::of(5) };
    let (_ask, interrupted) = watch::channel(None);
    let waits = async {
        tokio::time::sleep(10 * SECOND).await;
        let begun = tokio::time::Instant::now();
        stage.run(small, interrupted.clone()).await;
        begun.elapsed()
    };
    let both = async { tokio::join!(stage.run(large, interrupted.clone()), waits) };
    let (_, took) = LocalSet::new().run_until(both).await;
    assert!(took <= 4 * SECOND, "five messages took {took:?}");
    assert_eq!(stage.server.0.borrow().posts.len(), 1_205);
    assert!(stage.server.age() <= Duration::from_secs(64), "{:?}", stage.server.age());
    assert!(stage.server.busiest(0, SECOND) <= 20);
    let shared = stage.said.1.borrow();
    assert!(shared.contains("sharing number-0 with campaign-2"), "{shared:?}");
}

/// What each of two campaigns had sent after so long, at these priorities.
async fn shares(rate: &str, priorities: [Priority; 2], span: Duration) -> (Stage, [usize; 2]) {
    let stage = Stage::new(6, rate);
    let (_ask, interrupted) = watch::channel(None);
    let run = |name: &'static str, first: u32, priority| {
        let (mut stage, interrupted) = (stage.clone(), interrupted.clone());
        stage.options.priority = priority;
        async move { stage.run(Campaign { name, first, ..Campaign::of(15_000) }, interrupted).await }
    };
    let both = async { tokio::join!(run("one", 0, priorities[0]), run("two", 15_000, priorities[1])) };
    let ended = tokio::time::timeout(span, LocalSet::new().run_until(both)).await;
    assert!(ended.is_err(), "neither has finished");
    let firsts = stage.server.0.borrow().posts.iter().filter(|post| post.to < FIRST + 15_000).count();
    let all = stage.server.0.borrow().posts.len();
    (stage, [firsts, all - firsts])
}

#[tokio::test(start_paused = true)]
#[expect(clippy::cast_precision_loss, reason = "small and positive")]
async fn two_campaigns_share_a_number_by_priority_and_never_exceed_its_pace() {
    use Priority::{High, Low, Normal};
    /// Two priorities, and the first one's share.
    type Shared = ([Priority; 2], f64);
    let trials: [(&str, f64, u64, &[Shared]); 4] = [
        ("20/s", 20.0, 40, &[([Normal, Normal], 0.5), ([High, Normal], 0.75), ([Low, High], 0.1)]),
        ("80/s", 80.0, 20, &[([Normal, Low], 0.75)]),
        ("1000/s", 1_000.0, 6, &[([Normal, Normal], 0.5)]),
        ("30/m", 0.5, 1_200, &[([Normal, Normal], 0.5), ([High, Normal], 0.75)]),
    ];
    for (rate, per_second, seconds, shared) in trials {
        for (priorities, share) in shared {
            let span = Duration::from_secs(seconds);
            let (stage, sent) = shares(rate, *priorities, span).await;
            let what = format!("{rate}, {priorities:?}: {sent:?} in {span:?}");
            let all = (sent[0] + sent[1]) as f64;
            assert!((sent[0] as f64 / all - share).abs() <= 0.08, "{what}");
            assert!(all >= 0.93 * per_second * span.as_secs_f64(), "{what}");
            assert!(stage.server.busiest(0, SECOND) as f64 <= per_second.max(1.0), "{what}");
            assert!(stage.server.busiest(0, MINUTE) as f64 <= per_second * 60.0 + 1e-9, "{what}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_number_has_a_pace_of_its_own() {
    let stage = Stage::new(9, "40/s");
    let campaign = Campaign { numbers: 3, ..Campaign::of(600) };
    for _ in 0..3 {
        let _ = stage.run_for(campaign, Duration::from_millis(1_500)).await;
    }
    for number in 0..3 {
        let most = stage.server.busiest(number, SECOND);
        assert!((38..=40).contains(&most), "number {number}: {most} in a second");
    }
}

/// `SENDCAST_SOAK_SIZE` restarts (200) at each pace, with a steady clock and with one that is set.
#[tokio::test(start_paused = true)]
#[ignore = "a soak: run it with `.ci/soak pace-virtual`"]
async fn soak_pace_virtual() {
    let (seed, size) = (setting("SENDCAST_SOAK_SEED", 1), setting("SENDCAST_SOAK_SIZE", 200));
    let restarts = u32::try_from(size).unwrap();
    for pace in PACES {
        for set in [false, true] {
            let seen = lives(seed, pace, restarts, pace.longest, set).await;
            check(seed, pace, &seen);
            let Seen { power_cuts, jumps, posts, busiest, .. } = seen;
            println!(
                "seed {seed}, {}: {restarts} restarts, {power_cuts} power cuts, {jumps} jumps of the clock: {posts} \
                 POSTs, at most {} in a second, {} in a minute; a restart costs {:.0} ms",
                pace.rate,
                busiest.0,
                busiest.1,
                seen.cost(pace) * 1_000.0
            );
        }
        let longest = if pace.rate == "10/m" { Duration::from_secs(60_000) } else { pace.longest * 50 };
        let seen = lives(seed, pace, 3, longest, false).await;
        check(seed, pace, &seen);
        assert!(seen.used(pace) >= 0.99, "{}: {:.4} used, {seen:?}", pace.rate, seen.used(pace));
        println!("{}: {:.2} % used over 3 restarts", pace.rate, seen.used(pace) * 100.0);
    }
    let posts = two_campaigns(seed, restarts).await;
    println!("two campaigns at 80/s on one number: {posts} POSTs");
}
