//! What pauses a campaign when too many fail: the canary and the guard; and the part that `--limit 5%` draws.

use std::collections::BTreeSet;
use std::time::Duration;

use sendcast::domain::policy::{Canary, FailureGuard};
use sendcast::domain::status::Status;
use sendcast::engine::orders::OrderKind;
use sendcast::engine::snapshot::{RunState, WaitingFor};
use sendcast::engine::{Ending, LimitOption};
use sendcast::queue::Queue;

use super::orders::order;
use super::world::Faults;
use super::{Stage, phone};

/// Two in a hundred first, whose deliveries are waited for up to ten minutes.
fn canary() -> Canary {
    Canary { share: "2%".parse().unwrap(), wait: Duration::from_secs(600), max_failed: "5%".parse().unwrap() }
}

fn with_canary(seed: u64, people: u64, faults: Faults) -> Stage {
    let mut stage = Stage::new(seed, people, faults);
    stage.options.canary = Some(canary());
    stage
}

fn said(stage: &Stage, what: &str) -> usize {
    stage.seen.notices.borrow().iter().filter(|notice| notice.contains(what)).count()
}

/// Everybody who was POSTed to in the order of their first message, by their place in the audience.
fn order_of_sending(stage: &Stage) -> Vec<u64> {
    stage.world.settle();
    let first = phone(0).digits().parse::<u64>().unwrap();
    let truth = stage.world.0.borrow();
    truth.accepted.iter().map(|message| message.to.parse::<u64>().unwrap() - first).collect()
}

#[tokio::test(start_paused = true)]
async fn the_canary_goes_first_and_everybody_follows_once_it_has_arrived() {
    let mut stage = with_canary(91, 1000, Faults { lag: Duration::from_secs(20), ..Faults::default() });
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 1000));
    assert_eq!(said(&stage, "the canary has passed"), 1);
    let order = order_of_sending(&stage);
    let first: BTreeSet<u64> = order[..20].iter().copied().collect();
    assert!(first.iter().any(|n| *n > 500) && first.iter().any(|n| *n < 500), "by chance: {first:?}");
    // Nothing was sent while its deliveries were waited for.
    let posts = stage.world.0.borrow().posts.clone();
    assert!(posts[20] - posts[19] > Duration::from_secs(2), "{:?}", posts[20] - posts[19]);
    assert!(stage.world.per_person().values().all(|n| *n == 1));
    let snapshots = stage.seen.snapshots.borrow();
    let waits = |s: &&sendcast::engine::snapshot::Snapshot| s.waiting_for == Some(WaitingFor::Canary);
    let waiting = snapshots.iter().find(waits).expect("it says what it waits for");
    assert_eq!((waiting.state, waiting.counts[Status::Queued]), (RunState::Waiting, 980));
    assert!(waiting.until.is_some() && waiting.hold.as_deref().unwrap().contains("canary"));
}

#[tokio::test(start_paused = true)]
async fn a_canary_that_fails_pauses_and_resume_goes_on_without_another() {
    // Accepted, and reported as undelivered later.
    let mut stage = with_canary(92, 1000, Faults { fail_news: 0.5, ..Faults::default() });
    let (queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Paused);
    assert_eq!(queue.counts()[Status::Queued], 980, "nobody else was written to");
    assert_eq!(said(&stage, "paused: of the canary"), 1);
    let reason = stage.seen.snapshots.borrow().last().unwrap().reason.clone().unwrap();
    assert!(reason.contains("failed") && reason.contains("5% are allowed"), "{reason}");
    queue.close().await.unwrap();
    order(&stage, "go on", OrderKind::Resume);
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts()[Status::Queued]), (Ending::Settled, 0));
    assert_eq!(said(&stage, "canary"), 1, "{:?}", stage.seen.notices.borrow());
    assert!(stage.world.per_person().values().all(|n| *n == 1));
}

#[tokio::test(start_paused = true)]
async fn whose_messages_never_arrive_are_waited_for_no_longer_than_it_says() {
    let mut stage = with_canary(93, 1000, Faults { odd: 1.0, ..Faults::default() });
    stage.options.track = Duration::ZERO;
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts()[Status::Queued]), (Ending::Paused, 980));
    assert_eq!(said(&stage, "nobody is known to have got the message after 10 min"), 1);
}

/// A flow's answer has no id to ask for: nobody can know whether it has arrived.
#[tokio::test(start_paused = true)]
async fn a_canary_of_flows_passes_by_what_was_accepted() {
    let mut stage = with_canary(94, 100, Faults::default());
    stage.flows = true;
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 100));
    assert_eq!(said(&stage, "the canary has passed: 0 of 2 people delivered, 0 failed"), 1);
}

#[tokio::test(start_paused = true)]
async fn kills_change_nothing_of_who_is_in_the_canary() {
    for seed in 0..8 {
        let mut stage =
            with_canary(940 + seed, 1000, Faults { lag: Duration::from_secs(5), ..Faults::default() });
        // Its twenty people take two seconds.
        stage.options.rate = "10/s".parse().unwrap();
        let mut chance = fastrand::Rng::with_seed(seed);
        for _ in 0..6 {
            assert!(stage.run_for(Duration::from_millis(chance.u64(100..700))).await.is_none());
            stage.world.orphan();
        }
        assert!(order_of_sending(&stage).len() <= 20, "only the canary was written to");
        stage.options.rate = "100/s".parse().unwrap();
        stage.options.canary = Some(Canary { max_failed: "100%".parse().unwrap(), ..canary() });
        let (queue, ending) = stage.run().await;
        assert_eq!(ending, Ending::Settled);
        let counts = queue.counts();
        assert_eq!(counts.reached() + counts[Status::InDoubt], 1000);
        assert!(stage.world.per_person().values().all(|n| *n == 1));
    }
}

#[tokio::test(start_paused = true)]
async fn the_guard_pauses_once_for_what_has_failed() {
    // Nine in ten are refused, for this reason and for that: nothing else stops it.
    let mut stage = Stage::new(95, 1000, Faults { fail_news: 0.9, ..Faults::default() });
    stage.options.rate = "10/s".parse().unwrap();
    stage.options.guard = Some(FailureGuard { max_failed: "20%".parse().unwrap(), after: 100 });
    let (queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Paused);
    let written = 1000 - queue.counts()[Status::Queued];
    assert!((100..300).contains(&written), "{written}");
    assert_eq!(said(&stage, "where the guard allows 20%"), 1);
    queue.close().await.unwrap();
    // Started without a word, it stays paused; after one it goes on, and the same failures count no more.
    order(&stage, "go on", OrderKind::Resume);
    let (queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Paused);
    let more = 1000 - queue.counts()[Status::Queued];
    assert!(more >= written + 100, "{written}, then {more}");
    assert!(stage.world.per_person().values().all(|n| *n == 1));
}

#[tokio::test(start_paused = true)]
async fn a_guard_leaves_alone_what_stays_below() {
    let mut stage = Stage::new(96, 1000, Faults { fail_news: 0.1, ..Faults::default() });
    stage.options.guard = Some(FailureGuard { max_failed: "20%".parse().unwrap(), after: 100 });
    let (queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Settled);
    assert!(queue.counts()[Status::Failed] > 50);
}

#[tokio::test(start_paused = true)]
async fn a_share_is_drawn_by_chance_and_other_people_the_next_time() {
    let mut stage = Stage::new(97, 1000, Faults::default());
    stage.options.limit = Some(LimitOption::Share("5%".parse().unwrap()));
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts()[Status::Queued]), (Ending::LimitReached, 950));
    queue.close().await.unwrap();
    let first: BTreeSet<u64> = order_of_sending(&stage).into_iter().collect();
    assert_eq!(first.len(), 50);
    assert!(first.iter().any(|n| *n > 800) && first.iter().any(|n| *n < 200), "{first:?}");
    // Of those who are left: 48.
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts()[Status::Queued]), (Ending::LimitReached, 902));
    queue.close().await.unwrap();
    stage.options.limit = None;
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 1000));
    assert!(stage.world.per_person().values().all(|n| *n == 1));
}

#[tokio::test(start_paused = true)]
async fn a_share_is_over_although_some_of_it_are_refused_for_now() {
    let mut stage = Stage::new(98, 1000, Faults { refused: 0.3, code: 131_016, ..Faults::default() });
    stage.options.limit = Some(LimitOption::Share("5%".parse().unwrap()));
    let (queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::LimitReached);
    assert_eq!(queue.counts()[Status::Queued], 950);
}
