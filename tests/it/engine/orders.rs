//! Orders, limits and interruptions while a run is going.

use std::time::Duration;

use sendcast::domain::ids::OrderId;
use sendcast::domain::status::Status;
use sendcast::engine::orders::{Order, OrderKind, Word, submit};
use sendcast::engine::snapshot::{Notice, Observer, RunState, Snapshot};
use sendcast::engine::{Ending, LimitOption, run};
use sendcast::queue::{Batch, DesiredState, Queue};
use sendcast::sys::clock::Clock;
use sendcast::sys::disk::RealDisk;
use sendcast::sys::platform::Interrupt;
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::Stage;
use super::world::Faults;

pub fn order(stage: &Stage, id: &str, order: OrderKind) {
    let order = Order { id: OrderId::new(id), at: stage.clock.now(), order };
    submit(&*stage.disk, &stage.round(), &order).unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_run_finishes_its_flights_and_goes_on_later() {
    let mut stage = Stage::new(21, 500, Faults::default());
    let (ask, interrupted) = watch::channel(None);
    let ask_later = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        ask.send(Some(Interrupt::Terminate)).unwrap();
    };
    let ((queue, ending), ()) = tokio::join!(stage.run_until(interrupted), ask_later);
    assert_eq!(ending, Ending::Interrupted(Interrupt::Terminate));
    let counts = queue.counts();
    assert_eq!((counts[Status::Sending], counts[Status::InDoubt]), (0, 0), "what was in flight has ended");
    assert!((150..260).contains(&counts.reached()), "{}", counts.reached());
    queue.close().await.unwrap();
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 500));
    assert!(stage.world.per_person().values().all(|n| *n == 1));
}

#[tokio::test(start_paused = true)]
async fn pause_holds_resume_goes_on() {
    let mut stage = Stage::new(22, 500, Faults::default());
    let (clock, disk) = (stage.clock, stage.disk.clone());
    let round = stage.round();
    let give = |id: &'static str, kind: OrderKind| {
        let order = Order { id: OrderId::new(id), at: clock.now(), order: kind };
        submit(&*disk, &round, &order).unwrap();
    };
    let (seen, world) = (stage.seen.clone(), stage.world.clone());
    let operator = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        give("a", OrderKind::Pause);
        tokio::time::sleep(Duration::from_secs(3)).await;
        let posted = world.0.borrow().posts.len();
        assert_eq!(seen.snapshots.borrow().last().unwrap().state, RunState::Paused);
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert_eq!(world.0.borrow().posts.len(), posted, "nothing goes out during a pause");
        give("b", OrderKind::Resume);
    };
    let ((queue, ending), ()) = tokio::join!(stage.run(), operator);
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 500));
    assert!(stage.world.per_person().values().all(|n| *n == 1));
}

/// Does something at the moment when messages are claimed and their tasks haven't taken a step.
struct Meddler(Option<Box<dyn FnOnce()>>);

impl Observer for Meddler {
    fn snapshot(&mut self, snapshot: &Snapshot) {
        if snapshot.counts[Status::Sending] > 0
            && let Some(meddle) = self.0.take()
        {
            meddle();
        }
    }
    fn notice(&mut self, _: Notice) {}
}

#[tokio::test(start_paused = true)]
async fn what_is_claimed_and_has_not_left_stays_when_a_pause_comes() {
    let mut stage = Stage::new(26, 40, Faults::default()).rate("max");
    stage.options.track = Duration::ZERO;
    let queue = stage.queue().await;
    let (ask, interrupted) = watch::channel(None);
    let mut setup = stage.setup(interrupted);
    let (disk, round, at) = (stage.disk.clone(), stage.round(), stage.clock.now());
    setup.observer = Box::new(Meddler(Some(Box::new(move || {
        let order = Order { id: OrderId::new("p"), at, order: OrderKind::Pause };
        submit(&*disk, &round, &order).unwrap();
        // Wakes the run loop before anybody else.
        ask.send(None).unwrap();
    }))));
    let (queue, ending) = LocalSet::new().run_until(run(queue, setup)).await.unwrap();
    assert_eq!((ending, queue.counts()[Status::Queued]), (Ending::Paused, 40));
    assert_eq!(stage.world.0.borrow().posts.len(), 0);
}

#[tokio::test(start_paused = true)]
async fn of_orders_that_wait_the_last_word_counts_whatever_the_clock_says() {
    let mut stage = Stage::new(24, 20, Faults::default());
    stage.queue().await.close().await.unwrap();
    order(&stage, "b", OrderKind::Pause);
    // The clock was set back by an hour in between.
    let earlier = stage.clock.now() - Duration::from_secs(3600);
    let resume = Order { id: OrderId::new("a"), at: earlier, order: OrderKind::Resume };
    submit(&*stage.disk, &stage.round(), &resume).unwrap();
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 20));
}

#[tokio::test(start_paused = true)]
async fn a_pause_ends_the_run_when_nothing_else_is_left_to_do() {
    let mut stage = Stage::new(23, 100, Faults::default());
    stage.options.track = Duration::ZERO;
    let queue = stage.queue().await;
    queue.close().await.unwrap();
    order(&stage, "a", OrderKind::Pause);
    let (queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Paused);
    assert_eq!(queue.counts()[Status::Queued] + queue.counts().reached(), 100);
}

#[tokio::test(start_paused = true)]
async fn cancel_takes_back_what_is_queued() {
    let mut stage = Stage::new(24, 500, Faults::default());
    let (clock, round, disk) = (stage.clock, stage.round(), stage.disk.clone());
    let operator = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        let order = Order { id: OrderId::new("c"), at: clock.now(), order: OrderKind::Cancel };
        submit(&*disk, &round, &order).unwrap();
    };
    let ((queue, ending), ()) = tokio::join!(stage.run(), operator);
    assert_eq!(ending, Ending::Cancelled);
    let counts = queue.counts();
    assert_eq!(counts.reached() + counts[Status::Cancelled], 500);
    assert_eq!(counts.reached(), stage.world.per_person().len() as u64);
    assert!(counts[Status::Cancelled] > 200);
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_that_was_cut_short_is_finished_by_whoever_takes_the_queue() {
    let mut stage = Stage::new(26, 10_000, Faults::default());
    let mut queue = stage.queue().await;
    let wanted = Some(DesiredState::Cancelled);
    queue.record(Batch { wanted, ..Batch::default() }, stage.clock.now()).await.unwrap();
    queue.close().await.unwrap();
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts()[Status::Cancelled]), (Ending::Cancelled, 10_000));
    assert!(stage.world.per_person().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_limit_counts_people_and_stops_there() {
    let mut stage = Stage::new(25, 100, Faults { refused: 0.3, code: 131_016, ..Faults::default() });
    stage.options.limit = Some(LimitOption::First(30));
    let (queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::LimitReached);
    let counts = queue.counts();
    assert_eq!(counts.reached() + counts[Status::Failed], 30);
    assert_eq!(counts[Status::Queued], 70);
}

#[tokio::test(start_paused = true)]
async fn the_daily_limit_waits_for_the_rolling_window() {
    let mut stage = Stage::new(26, 25, Faults::default());
    stage.options.daily = Some(10);
    stage.options.pulse = Duration::from_secs(60);
    let start = tokio::time::Instant::now();
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 25));
    assert!(start.elapsed() >= Duration::from_secs(2 * 24 * 3600), "{:?}", start.elapsed());
    let posts = stage.world.0.borrow().posts.clone();
    let day = Duration::from_secs(24 * 3600);
    for (begin, from) in posts.iter().enumerate() {
        let within =
            posts[begin..].iter().take_while(|at| **at < *from + day - Duration::from_secs(1)).count();
        assert!(within <= 10, "{within} in a day");
    }
    let holds = stage.seen.snapshots.borrow().iter().filter(|s| s.hold.is_some()).count();
    assert!(holds > 0, "it says until when");
}

#[tokio::test(start_paused = true)]
async fn retry_queues_failed_ones_again() {
    let mut stage = Stage::new(27, 40, Faults { refused: 0.4, code: 131_026, ..Faults::default() });
    let (queue, _) = stage.run().await;
    let failed = queue.counts()[Status::Failed];
    assert!(failed > 5);
    queue.close().await.unwrap();
    stage.world.0.borrow_mut().faults.refused = 0.0;
    order(&stage, "r", OrderKind::Retry { codes: vec![131_047] });
    let (queue, _) = stage.run().await;
    assert_eq!(queue.counts()[Status::Failed], failed, "another code");
    queue.close().await.unwrap();
    order(&stage, "s", OrderKind::Retry { codes: vec![131_026] });
    let (queue, ending) = stage.run().await;
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 40));
}

#[tokio::test(start_paused = true)]
async fn the_operators_word_on_doubts() {
    let mut stage = Stage::new(28, 100, Faults { lost_before: 0.2, ..Faults::default() });
    let (queue, _) = stage.run().await;
    let doubts = queue.counts()[Status::InDoubt];
    assert!(doubts > 5);
    queue.close().await.unwrap();
    stage.world.0.borrow_mut().faults.lost_before = 0.0;
    let mut queue = stage.queue().await;
    let first = queue.in_doubt().unwrap()[0].clone();
    queue.close().await.unwrap();
    order(&stage, "sent", OrderKind::Resolve { word: Word::Sent, to: vec![first.phone] });
    order(&stage, "zresend", OrderKind::Resolve { word: Word::Resend, to: vec![] });
    order(&stage, "zzresend", OrderKind::Resolve { word: Word::Resend, to: vec![] });
    let (queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Settled);
    let counts = queue.counts();
    assert_eq!((counts[Status::InDoubt], counts.reached()), (0, 100));
    assert_eq!(stage.world.per_person().len(), 99, "one was not sent, by the operator's word");
    assert!(stage.world.per_person().values().all(|n| *n == 1));
}

/// A tenth of the messages get lost on the way, and it is ordered to send again what is proven unseen.
fn losing(seed: u64, history: bool) -> Stage {
    let mut stage = Stage::new(seed, 100, Faults { lost_before: 0.1, history, ..Faults::default() });
    stage.options.resend_unseen = true;
    stage.options.track = Duration::from_secs(1);
    stage.options.pulse = Duration::from_secs(5);
    stage
}

#[tokio::test(start_paused = true)]
async fn unseen_ones_are_resent_once_where_it_is_ordered() {
    let mut stage = losing(29, true);
    let start = tokio::time::Instant::now();
    let (mut queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Settled);
    assert!(start.elapsed() >= Duration::from_secs(15 * 60), "nothing is called unseen before");
    assert!(stage.world.per_person().values().all(|n| *n == 1));
    let posts = stage.world.0.borrow().posts.len();
    assert!(posts > 103, "{posts}: some were sent again");
    // Those that got lost both times: in doubt for good, twice each.
    let doubts = queue.in_doubt().unwrap();
    let left = usize::try_from(queue.counts()[Status::InDoubt]).unwrap();
    assert_eq!(stage.world.per_person().len() + left, 100);
    assert!(doubts.iter().all(|doubt| doubt.unseen), "every one has had its decisive look");
    queue.close().await.unwrap();
    let (queue, _) = stage.run().await;
    assert_eq!(stage.world.0.borrow().posts.len(), posts, "at most once each, also by another run");
    assert_eq!(usize::try_from(queue.counts()[Status::InDoubt]).unwrap(), left);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_called_unseen_where_the_listing_is_not_proven() {
    let mut stage = losing(30, false);
    let (mut queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Settled, "it waits for the decisive look and no longer");
    assert_eq!(stage.world.0.borrow().posts.len(), 100, "nobody is sent to again");
    let doubts = queue.in_doubt().unwrap();
    assert!(doubts.len() > 3 && doubts.iter().all(|doubt| !doubt.unseen));
}

#[tokio::test(start_paused = true)]
async fn a_number_that_rests_is_free_for_others() {
    let mut stage = Stage::new(31, 30, Faults::default()).on_a_real_disk();
    stage.options.daily = Some(10);
    stage.options.pulse = Duration::from_secs(1);
    let id = sendcast::domain::ids::NumberId::new("number");
    let lock = stage.home().number(&id).join("lock");
    let other = async {
        tokio::time::sleep(Duration::from_secs(60)).await;
        let granted = sendcast::sys::disk::Disk::try_lock(&RealDisk, &lock).unwrap();
        assert!(granted.is_some(), "nobody holds the number while the quota is used up");
    };
    let (killed, ()) = tokio::join!(stage.run_for(Duration::from_secs(90)), other);
    assert!(killed.is_none());
    assert_eq!(stage.world.per_person().len(), 10);
}
