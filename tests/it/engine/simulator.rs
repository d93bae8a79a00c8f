//! Whole lives of campaigns, drawn from a seed: faults, kills, power cuts, outages, throttles, orders. The
//! server's truth and the disk's memory are the judges.

use std::time::Duration;

use sendcast::domain::ids::OrderId;
use sendcast::domain::status::Status;
use sendcast::engine::Ending;
use sendcast::engine::orders::{Order, OrderKind, submit};
use sendcast::queue::Queue;
use sendcast::sys::clock::Clock;

use super::Stage;
use super::promise::check_promise;
use super::world::Faults;
use crate::kills::setting;

/// What became of one life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Life {
    kills: u64,
    power_cuts: u64,
    accepted: u64,
    doubts: u64,
    posts: u64,
    virtual_seconds: u64,
}

fn faults(chance: &mut fastrand::Rng) -> Faults {
    let mut share = |most: f64| if chance.bool() { chance.f64() * most } else { 0.0 };
    let (lost_after, lost_before, unconnected) = (share(0.1), share(0.06), share(0.05));
    let (refused, fail_news) = (share(0.15), share(0.1));
    let code = *chance.choice(&[131_016, 131_026, 131_056, 131_049, 130_429]).unwrap();
    let mut span = |longest: u64| {
        let from = Duration::from_millis(chance.u64(0..6_000));
        from..from + Duration::from_secs(chance.u64(1..longest))
    };
    let (outage, throttle, silence) = (span(300), span(20), span(5));
    let some = |yes: bool, span| if yes { vec![span] } else { Vec::new() };
    Faults {
        lost_after,
        lost_before,
        unconnected,
        refused,
        code,
        fail_news,
        hidden: *chance.choice(&[0.0, 0.0, 0.3, 1.0]).unwrap(),
        history: chance.bool(),
        outages: some(chance.u8(..) < 80, outage),
        silences: some(chance.u8(..) < 50, silence),
        throttles: if chance.u8(..) < 80 { vec![(throttle, chance.u64(1..30))] } else { Vec::new() },
    }
}

async fn order(stage: &Stage, n: u64, order: OrderKind) {
    // Orders go by their time.
    tokio::time::sleep(Duration::from_millis(1)).await;
    let order = Order { id: OrderId::new(format!("order-{n}")), at: stage.clock.now(), order };
    submit(&*stage.disk, &stage.round(), &order).unwrap();
}

/// One life, to its settled end. Panics where the promise is broken.
async fn live(seed: u64, people: u64) -> Life {
    let mut chance = fastrand::Rng::with_seed(seed);
    let faults = faults(&mut chance);
    let hidden = faults.hidden > 0.0;
    let rate = *chance.choice(&["80/s", "100/s", "20/s", "max", "400/s"]).unwrap();
    let mut stage = Stage::new(seed, people, faults).rate(rate);
    stage.options.concurrency = chance.usize(1..40);
    stage.options.track = Duration::from_secs(chance.u64(0..40));
    let mut life = Life::default();
    let mut paused = false;
    for n in 0..chance.u64(0..10) {
        if stage.run_for(Duration::from_millis(chance.u64(1..6_000))).await.is_some() {
            continue;
        }
        life.kills += 1;
        if chance.bool() {
            life.power_cuts += 1;
            stage.power_cut(chance.u64(..));
            // Longer than an interval: what isn't synced of the pace may be gone.
            tokio::time::sleep(Duration::from_secs(20)).await;
        }
        if !stage.planned() {
            continue;
        }
        match chance.u8(0..8) {
            0 => {
                paused = true;
                order(&stage, n, OrderKind::Pause).await;
            }
            1 => {
                paused = false;
                order(&stage, n, OrderKind::Resume).await;
            }
            _ => {}
        }
    }
    if paused && stage.planned() {
        order(&stage, 1_000, OrderKind::Resume).await;
    }
    let (mut queue, mut ending) = stage.run().await;
    if ending == Ending::Settled && queue.counts()[Status::InDoubt] > 0 {
        // A server that stayed away for minutes may be back.
        queue.close().await.unwrap();
        tokio::time::sleep(Duration::from_secs(600)).await;
        (queue, ending) = stage.run().await;
    }
    assert!(matches!(ending, Ending::Settled | Ending::Stopped(_)), "seed {seed}: {ending:?}");
    let doubts = check_promise(&stage, &mut queue);
    let counts = queue.counts();
    if ending == Ending::Settled {
        assert_eq!(counts[Status::Queued] + counts[Status::Sending], 0, "seed {seed}");
    }
    let per_person = stage.world.per_person();
    if !hidden && ending == Ending::Settled {
        let seen = doubts.iter().find(|doubt| per_person.contains_key(&doubt.phone.digits()));
        let job = seen.map(|doubt| queue.job(doubt.job).unwrap());
        assert!(seen.is_none(), "seed {seed}: the conversation shows it: {job:?}");
    }
    let limit = stage.options.rate.per_second();
    if let Some(limit) = limit {
        let busiest = stage.world.busiest_second();
        assert!(
            f64::from(u32::try_from(busiest).unwrap()) <= limit,
            "seed {seed}: {busiest} in a second at {rate}"
        );
    }
    let truth = stage.world.0.borrow();
    life.accepted = truth.accepted.len() as u64;
    life.doubts = doubts.len() as u64;
    life.posts = truth.posts.len() as u64;
    life.virtual_seconds = (stage.clock.now().since(super::START)).as_secs();
    life
}

#[tokio::test(start_paused = true)]
async fn the_promise_holds_over_any_life() {
    for seed in 0..50 {
        live(seed, 120).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_lives_the_same_life() {
    for seed in [3, 17] {
        assert_eq!(live(seed, 80).await, live(seed, 80).await);
    }
}

#[tokio::test(start_paused = true)]
#[ignore = "a soak: minutes"]
async fn soak_simulator() {
    let (first, seeds) = (setting("SENDCAST_SOAK_SEED", 1_000), setting("SENDCAST_SOAK_SIZE", 1_000));
    let started = std::time::Instant::now();
    let mut all = Life::default();
    for seed in first..first + seeds {
        let life = live(seed, 200).await;
        all.kills += life.kills;
        all.power_cuts += life.power_cuts;
        all.accepted += life.accepted;
        all.doubts += life.doubts;
        all.posts += life.posts;
        all.virtual_seconds += life.virtual_seconds;
    }
    println!("seeds {first}..{}: {all:?} in {:?}", first + seeds, started.elapsed());
}
