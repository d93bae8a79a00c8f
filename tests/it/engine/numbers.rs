//! Several numbers: one that is blocked, whose people wait, and another that takes them over.

use std::collections::BTreeMap;
use std::time::Duration;

use sendcast::domain::policy::Canary;
use sendcast::domain::status::Status;
use sendcast::engine::orders::OrderKind;
use sendcast::engine::snapshot::{RunState, Snapshot};
use sendcast::engine::{Ending, LimitOption};
use sendcast::queue::{Queue, View};

use super::orders::order;
use super::world::Faults;
use super::{Stage, number};

const LOCKED: u32 = 131_031;
const A_DAY: Duration = Duration::from_secs(24 * 3600);
const FOR_EVER: Duration = Duration::from_secs(1 << 40);

/// Three numbers for 300 people, of which the first is blocked after a while.
fn stage(seed: u64, after: Duration) -> Stage {
    let mut stage = Stage::new(
        seed,
        300,
        Faults { blocked: vec![("number", after..FOR_EVER, LOCKED)], ..Faults::default() },
    );
    stage.numbers = 3;
    stage.options.rate = "10/s".parse().unwrap();
    stage
}

/// How many messages each number has sent.
fn by_number(stage: &Stage) -> BTreeMap<String, usize> {
    stage.world.settle();
    let mut sent = BTreeMap::new();
    for message in &stage.world.0.borrow().accepted {
        *sent.entry(message.from.clone()).or_insert(0) += 1;
    }
    sent
}

fn nobody_twice(stage: &Stage) {
    assert!(stage.world.per_person().values().all(|n| *n == 1));
}

fn reassign(from: u16, to: u16) -> OrderKind {
    OrderKind::Reassign { from: vec![number(from)], to: number(to) }
}

fn last_look(stage: &Stage) -> Snapshot {
    stage.seen.snapshots.borrow().last().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn the_others_go_on_and_its_people_wait() {
    let mut stage = stage(61, Duration::from_secs(3));
    let (queue, ending) = stage.run().await;
    let Ending::Stopped(problem) = &ending else { panic!("{ending:?}") };
    assert_eq!(problem.code, Some(LOCKED));
    let sent = by_number(&stage);
    assert_eq!((sent["number-1"], sent["number-2"]), (100, 100), "the others have finished");
    assert!((20..40).contains(&sent["number"]), "{sent:?}");
    let waiting = queue.counts()[Status::Queued];
    assert_eq!(waiting, 100 - sent["number"] as u64, "nobody of them is lost, and nobody failed");
    nobody_twice(&stage);
    // What was in flight when it was blocked was refused; nothing has left since.
    assert!(stage.world.0.borrow().posts.len() < 300 + 16);
    let look = last_look(&stage);
    let [blocked] = look.blocked.as_slice() else { panic!("{:?}", look.blocked) };
    assert_eq!((blocked.number.clone(), blocked.code, blocked.queued), (number(0), Some(LOCKED), waiting));
    assert!(look.reason.unwrap().contains("locked"), "it says why it stopped");
    let notices = stage.seen.notices.borrow();
    assert_eq!(
        notices.iter().filter(|notice| notice.contains("the number number is blocked")).count(),
        1,
        "{notices:?}"
    );
    // While the others sent it went on, and told of those who wait.
    let snapshots = stage.seen.snapshots.borrow();
    let told = |look: &&Snapshot| look.state == RunState::Running && !look.blocked.is_empty();
    assert!(snapshots.iter().find(told).unwrap().hold.as_deref().unwrap().contains("is blocked"));
}

#[tokio::test(start_paused = true)]
async fn the_only_one_stops_the_campaign_at_once() {
    let mut stage = stage(62, Duration::from_secs(3));
    stage.numbers = 1;
    let (queue, ending) = stage.run().await;
    assert!(matches!(&ending, Ending::Stopped(problem) if problem.code == Some(LOCKED)));
    assert!(queue.counts()[Status::Queued] > 250);
    assert_eq!(last_look(&stage).blocked[0].number, number(0));
}

#[tokio::test(start_paused = true)]
async fn where_all_are_blocked_the_campaign_stops() {
    let mut stage = stage(63, Duration::from_secs(3));
    for other in ["number-1", "number-2"] {
        stage.world.0.borrow_mut().faults.blocked.push((other, Duration::from_secs(6)..FOR_EVER, LOCKED));
    }
    let (queue, ending) = stage.run().await;
    assert!(matches!(ending, Ending::Stopped(_)), "{ending:?}");
    assert_eq!(last_look(&stage).blocked.len(), 3);
    assert_eq!(queue.counts()[Status::Queued] + queue.counts().reached(), 300);
    nobody_twice(&stage);
}

#[tokio::test(start_paused = true)]
async fn another_number_takes_them_over_after_the_run() {
    for to in [1, 7] {
        let mut stage = stage(64, Duration::from_secs(3));
        let (queue, _) = stage.run().await;
        let waiting = queue.counts()[Status::Queued];
        queue.close().await.unwrap();
        order(&stage, "other", reassign(0, to));
        let (queue, ending) = stage.run().await;
        assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 300));
        queue.close().await.unwrap();
        let sent = by_number(&stage);
        let more = if to == 1 { 100 } else { 0 };
        assert_eq!(sent[number(to).as_str()], more + usize::try_from(waiting).unwrap(), "{sent:?}");
        nobody_twice(&stage);
        assert!(View::open(stage.disk.clone(), &stage.round()).is_ok());
    }
}

#[tokio::test(start_paused = true)]
async fn another_number_takes_them_over_while_the_others_send() {
    for to in [2, 9] {
        let mut stage = stage(65, Duration::from_secs(2));
        let (disk, round, clock, world) =
            (stage.disk.clone(), stage.round(), stage.clock, stage.world.clone());
        let operator = async {
            tokio::time::sleep(Duration::from_secs(4)).await;
            let id = sendcast::domain::ids::OrderId::new("other");
            let at = sendcast::sys::clock::Clock::now(&clock);
            let order = sendcast::engine::orders::Order { id, at, order: reassign(0, to) };
            sendcast::engine::orders::submit(&*disk, &round, &order).unwrap();
            // Nothing of the number that takes over goes faster than its pace.
            tokio::time::sleep(Duration::from_secs(3)).await;
            assert!(world.busiest_second() <= 40, "{}", world.busiest_second());
        };
        let ((queue, ending), ()) = tokio::join!(stage.run(), operator);
        assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 300), "{to}");
        nobody_twice(&stage);
        assert!(by_number(&stage)["number"] < 40);
        assert!(last_look(&stage).blocked.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn resume_tries_the_blocked_one_again() {
    let mut stage = stage(66, Duration::from_secs(1));
    stage.world.0.borrow_mut().faults.blocked =
        vec![("number", Duration::from_secs(1)..Duration::from_secs(4), LOCKED)];
    let (disk, round, clock) = (stage.disk.clone(), stage.round(), stage.clock);
    let operator = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        let id = sendcast::domain::ids::OrderId::new("again");
        let order = sendcast::engine::orders::Order {
            id,
            at: sendcast::sys::clock::Clock::now(&clock),
            order: OrderKind::Resume,
        };
        sendcast::engine::orders::submit(&*disk, &round, &order).unwrap();
    };
    let ((queue, ending), ()) = tokio::join!(stage.run(), operator);
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 300));
    assert_eq!(by_number(&stage)["number"], 100);
}

#[tokio::test(start_paused = true)]
async fn kills_around_a_move_lose_nobody_and_double_nobody() {
    for seed in 0..8 {
        let mut stage = stage(660 + seed, Duration::from_secs(2));
        let mut chance = fastrand::Rng::with_seed(seed);
        for life in 0..8 {
            if life == 3 {
                order(&stage, "other", reassign(0, 1));
            }
            if stage.run_for(Duration::from_millis(chance.u64(50..3_000))).await.is_none() {
                stage.world.orphan();
            }
        }
        let (queue, ending) = stage.run().await;
        assert_eq!(ending, Ending::Settled);
        let counts = queue.counts();
        assert_eq!(counts.reached() + counts[Status::InDoubt], 300);
        nobody_twice(&stage);
    }
}

/// A canary of which some wait for a number that is blocked is judged by the others; the rest of the campaign goes on.
#[tokio::test(start_paused = true)]
async fn a_canary_and_a_share_go_on_without_whom_a_blocked_number_holds() {
    let canary = |share: &str| Canary {
        share: share.parse().unwrap(),
        wait: Duration::from_secs(600),
        max_failed: "5%".parse().unwrap(),
    };
    let mut stage = stage(71, Duration::ZERO);
    stage.options.canary = Some(canary("10%"));
    let (queue, ending) = stage.run_for(A_DAY).await.expect("it waits for ever");
    assert!(matches!(&ending, Ending::Stopped(problem) if problem.code == Some(LOCKED)), "{ending:?}");
    assert_eq!((queue.counts().reached(), queue.counts()[Status::Queued]), (200, 100));
    let passed = |notice: &String| notice.contains("the canary has passed");
    assert_eq!(stage.seen.notices.borrow().iter().filter(|notice| passed(notice)).count(), 1);
    queue.close().await.unwrap();
    // Nobody of it can be written to: somebody has to decide.
    let mut alone = 0;
    for blocked in ["number", "number-1", "number-2"] {
        let mut stage = self::stage(73, Duration::ZERO);
        stage.world.0.borrow_mut().faults.blocked = vec![(blocked, Duration::ZERO..FOR_EVER, LOCKED)];
        (stage.people, stage.options.canary) = (90, Some(canary("1%")));
        let (queue, ending) = stage.run().await;
        if !by_number(&stage).is_empty() {
            assert_eq!(queue.counts().reached(), 60, "{blocked}");
            continue;
        }
        alone += 1;
        assert_eq!((ending, queue.counts()[Status::Queued]), (Ending::Paused, 90));
        let reason = last_look(&stage).reason.unwrap();
        assert_eq!(reason, "the canary can't be judged: 1 person of it waits for a number that is blocked");
        queue.close().await.unwrap();
        order(&stage, "go on", OrderKind::Resume);
        let (queue, _) = stage.run().await;
        assert_eq!(queue.counts().reached(), 60, "the others are written to");
    }
    assert_eq!(alone, 1, "the number of the one who was drawn");
    let mut stage = self::stage(72, Duration::ZERO);
    stage.options.limit = Some(LimitOption::Share("10%".parse().unwrap()));
    let (queue, ending) = stage.run().await;
    assert!(matches!(&ending, Ending::Stopped(_)), "{ending:?}");
    assert!((10..30).contains(&queue.counts().reached()), "{:?}", queue.counts());
}
