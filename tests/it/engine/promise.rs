//! L, D, X and P, judged by the server's truth.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use sendcast::domain::status::Status;
use sendcast::domain::time::Millis;
use sendcast::engine::{Ending, Setup, run};
use sendcast::queue::local::LocalQueue;
use sendcast::queue::{Doubt, Queue};
use sendcast::sendwo::{CallError, Client, Request, Response, Token, Transport};
use sendcast::sys::disk::Disk as _;
use sendcast::sys::memory_disk::{Fault, MemoryDisk};
use tokio::sync::watch;
use tokio::task::LocalSet;
use tokio::time::Instant;

use super::world::{Faults, World, is_message};
use super::{Stage, phone};

/// What must hold whatever happened.
#[track_caller]
pub(super) fn check_promise(stage: &Stage, queue: &mut LocalQueue) -> Vec<Doubt> {
    let counts = queue.counts();
    assert_eq!(counts.total(), stage.people, "L: every row has a status");
    let per_person = stage.world.per_person();
    let twice: Vec<_> = per_person.iter().filter(|(_, n)| **n > 1).collect();
    assert!(twice.is_empty(), "D: written to twice: {twice:?}");
    let doubts = queue.in_doubt().unwrap();
    let doubted: BTreeSet<_> = doubts.iter().map(|d| d.phone.digits()).collect();
    let mut reached = 0;
    let mut listed = BTreeSet::new();
    queue
        .scan(&mut |line| {
            let to = line.row.to.to_string();
            let accepted = per_person.contains_key(&to);
            match line.job.status() {
                Status::Accepted | Status::Sent | Status::Delivered | Status::Read => {
                    assert!(accepted, "{to} is said to be reached and wasn't");
                    reached += 1;
                }
                Status::InDoubt => assert!(doubted.contains(&to)),
                Status::Queued | Status::Skipped | Status::Cancelled => {
                    assert!(!accepted, "{to} was reached")
                }
                Status::Failed => {}
                Status::Sending => panic!("{to} is still being sent"),
            }
            listed.insert(to);
            Ok(())
        })
        .unwrap();
    assert_eq!(listed.len() as u64, stage.people, "L: every row is listed");
    for to in per_person.keys() {
        assert!(listed.contains(to));
    }
    doubts
}

#[tokio::test(start_paused = true)]
async fn a_plain_campaign_settles() {
    let mut stage = Stage::new(1, 300, Faults::default());
    let (mut queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Settled);
    assert_eq!(queue.counts()[Status::Read], 300);
    assert!(check_promise(&stage, &mut queue).is_empty());
    assert!(stage.world.busiest_second() <= 100);
    let posts = stage.world.0.borrow().posts.clone();
    let span = *posts.last().unwrap() - posts[0];
    assert!(span < Duration::from_millis(3_100), "300 at 100/s: {span:?}");
}

#[tokio::test(start_paused = true)]
async fn doubt_is_settled_by_the_conversation_where_it_shows() {
    let faults = Faults { lost_after: 0.2, ..Faults::default() };
    let mut stage = Stage::new(2, 200, faults);
    let (mut queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Settled);
    assert!(check_promise(&stage, &mut queue).is_empty(), "all of them are visible");
    assert_eq!(stage.world.per_person().len(), 200);
    assert_eq!(queue.counts().reached(), 200);
}

#[tokio::test(start_paused = true)]
async fn doubt_that_nothing_shows_stays_and_is_never_resent() {
    let faults = Faults { lost_before: 0.05, lost_after: 0.05, hidden: 1.0, ..Faults::default() };
    let mut stage = Stage::new(3, 200, faults);
    let (mut queue, _) = stage.run().await;
    let doubts = check_promise(&stage, &mut queue);
    assert!((5..50).contains(&doubts.len()), "{}", doubts.len());
    assert_eq!(queue.counts()[Status::InDoubt], doubts.len() as u64);
    assert!(doubts.iter().all(|doubt| doubt.looks > 0 && !doubt.unseen));
    queue.close().await.unwrap();
    let before = stage.world.0.borrow().posts.len();
    let (mut queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Settled);
    assert_eq!(stage.world.0.borrow().posts.len(), before, "a second run sends nothing");
    assert_eq!(check_promise(&stage, &mut queue).len(), doubts.len());
}

#[tokio::test(start_paused = true)]
async fn kills_double_nothing_and_lose_nothing() {
    for seed in 0..12 {
        let faults = Faults {
            lost_after: 0.05,
            lost_before: 0.03,
            unconnected: 0.02,
            refused: 0.03,
            code: 131_016,
            fail_news: 0.02,
            ..Faults::default()
        };
        let mut stage = Stage::new(seed, 400, faults);
        stage.options.track = Duration::from_secs(20);
        let (mut queue, ending) = stage.run_with_kills(8, seed).await;
        assert_eq!(ending, Ending::Settled, "seed {seed}: {:?}", stage.seen.notices.borrow());
        let doubts = check_promise(&stage, &mut queue);
        let per_person = stage.world.per_person();
        for doubt in &doubts {
            assert!(
                !per_person.contains_key(&doubt.phone.digits()),
                "seed {seed}: the conversation shows it"
            );
        }
        let counts = queue.counts();
        assert_eq!(counts[Status::Queued] + counts[Status::Sending], 0);
        assert!(stage.world.busiest_second() <= 100, "seed {seed}: {}", stage.world.busiest_second());
    }
}

#[tokio::test(start_paused = true)]
async fn a_kill_adds_at_most_what_was_in_flight() {
    let mut stage = Stage::new(5, 500, Faults { hidden: 1.0, ..Faults::default() });
    assert!(stage.run_for(Duration::from_millis(1_500)).await.is_none(), "killed half way");
    let mut queue = stage.queue().await;
    let in_doubt = queue.take(sendcast::domain::ids::OwnerId(99), Millis(1)).await.unwrap();
    assert!((1..=16).contains(&in_doubt), "{in_doubt}");
}

#[tokio::test(start_paused = true)]
async fn the_pace_holds_over_restarts() {
    let mut stage = Stage::new(6, 1_600, Faults::default()).rate("80/s");
    stage.options.track = Duration::ZERO;
    let mut chance = fastrand::Rng::with_seed(6);
    let ended = loop {
        if let Some(ended) = stage.run_for(Duration::from_millis(chance.u64(300..3_000))).await {
            break ended;
        }
    };
    let (mut queue, _) = ended;
    check_promise(&stage, &mut queue);
    assert!(stage.world.busiest_second() <= 81, "{}", stage.world.busiest_second());
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_a_hard_hold() {
    let throttles = vec![(Duration::from_secs(1)..Duration::from_millis(1_100), 7)];
    let mut stage = Stage::new(7, 300, Faults { throttles, ..Faults::default() });
    let (mut queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Settled);
    check_promise(&stage, &mut queue);
    assert_eq!(queue.counts().reached(), 300);
    let truth = stage.world.0.borrow();
    assert!(truth.early <= 16, "only what was in flight when it was asked for: {}", truth.early);
    let quiet = truth.posts.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    assert!(quiet >= Duration::from_millis(6_800), "{quiet:?}");
}

#[tokio::test(start_paused = true)]
async fn a_retry_after_outlives_a_restart() {
    let throttles = vec![(Duration::ZERO..Duration::from_millis(500), 60)];
    let mut stage = Stage::new(8, 50, Faults { throttles, ..Faults::default() });
    assert!(stage.run_for(Duration::from_secs(3)).await.is_none());
    let before = stage.world.0.borrow().posts.len();
    let (queue, _) = stage.run().await;
    let truth = stage.world.0.borrow();
    assert!(truth.posts[before] >= Duration::from_secs(60), "{:?}", truth.posts[before]);
    assert_eq!(queue.counts().reached(), 50);
}

#[tokio::test(start_paused = true)]
async fn an_outage_costs_no_attempt_and_few_requests() {
    let outage = Duration::from_secs(2)..Duration::from_secs(602);
    let mut stage = Stage::new(9, 1_000, Faults { outages: vec![outage], ..Faults::default() });
    let (mut queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Settled, "{:?}", stage.seen.notices.borrow());
    check_promise(&stage, &mut queue);
    assert_eq!(queue.counts().reached(), 1_000);
    let truth = stage.world.0.borrow();
    assert!(truth.probes < 60, "{} probes in ten minutes", truth.probes);
    let back = truth.posts.iter().find(|at| **at >= Duration::from_secs(602)).unwrap();
    assert!(*back < Duration::from_secs(602 + 17), "{back:?}");
}

#[tokio::test(start_paused = true)]
async fn everybody_refused_alike_stops_it() {
    let faults = Faults { refused: 1.0, code: 131_047, ..Faults::default() };
    let mut stage = Stage::new(10, 500, faults);
    let (mut queue, ending) = stage.run().await;
    let Ending::Stopped(problem) = ending else { panic!("{ending:?}") };
    assert_eq!(problem.code, Some(131_047));
    let failed = queue.counts()[Status::Failed];
    assert!((20..=36).contains(&failed), "{failed} failed before it stopped");
    check_promise(&stage, &mut queue);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_stops_it_and_spends_nobody() {
    let faults = Faults { refused: 1.0, code: 190, ..Faults::default() };
    let mut stage = Stage::new(11, 100, faults);
    let (queue, ending) = stage.run().await;
    assert!(matches!(ending, Ending::Stopped(_)), "{ending:?}");
    assert_eq!(queue.counts()[Status::Queued], 100, "they wait until it is mended");
}

#[tokio::test(start_paused = true)]
async fn temporary_refusals_are_retried_and_then_fail() {
    let faults = Faults { refused: 0.4, code: 131_016, ..Faults::default() };
    let mut stage = Stage::new(12, 200, faults);
    let (mut queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Settled);
    check_promise(&stage, &mut queue);
    let counts = queue.counts();
    assert_eq!(counts.reached() + counts[Status::Failed], 200);
    assert!(counts[Status::Failed] <= 10, "0.4^5 of 200 is 2: {}", counts[Status::Failed]);
}

#[tokio::test(start_paused = true)]
async fn those_who_opted_out_are_not_written_to() {
    let mut stage = Stage::new(13, 50, Faults::default());
    stage.optouts.0.borrow_mut().insert(phone(7).identity());
    let (mut queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Settled);
    check_promise(&stage, &mut queue);
    assert_eq!(queue.counts()[Status::Skipped], 1);
    assert!(!stage.world.per_person().contains_key(&phone(7).digits()));
}

#[tokio::test(start_paused = true)]
async fn while_the_opt_out_list_cant_be_read_nothing_goes_out() {
    for (seconds, stops) in [(5, false), (30, true)] {
        let mut stage = Stage::new(16, 400, Faults::default()).rate("50/s");
        let (blind, world) = (stage.optouts.1.clone(), stage.world.clone());
        let accepted = move || world.0.borrow().accepted.len();
        let watch = async {
            tokio::time::sleep(Duration::from_secs(2)).await;
            blind.set(true);
            // Whatever passed the gate before has ended by then.
            tokio::time::sleep(Duration::from_secs(1)).await;
            let before = accepted();
            tokio::time::sleep(Duration::from_secs(seconds - 1)).await;
            assert!(before < 200, "{before}");
            assert_eq!(accepted(), before, "nobody knows who opted out");
            blind.set(false);
        };
        let ((queue, ending), ()) = tokio::join!(stage.run(), watch);
        let queued = queue.counts()[Status::Queued];
        match ending {
            Ending::Stopped(problem) if stops => {
                assert!(queued > 200 && problem.reason.contains("opt-out list"))
            }
            ending => assert_eq!((ending, queued, stops), (Ending::Settled, 0, false)),
        }
        drop(queue);
        let notices = format!("{:?}", stage.seen.notices.borrow());
        assert!(notices.contains("nothing is sent meanwhile"), "{notices}");
    }
}

#[tokio::test(start_paused = true)]
async fn flows_in_doubt_are_looked_at_once_and_stay() {
    let mut stage = Stage::new(14, 60, Faults { lost_after: 0.2, ..Faults::default() });
    stage.flows = true;
    let (mut queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Settled);
    let doubts = check_promise(&stage, &mut queue);
    assert!(doubts.len() > 5 && doubts.iter().all(|doubt| doubt.looks > 0 && !doubt.unseen));
}

#[tokio::test(start_paused = true)]
async fn a_server_that_falls_silent_with_much_in_flight_is_waited_for() {
    // Answers to questions come at once, while what is in flight times out one by one.
    let silent = Duration::from_secs(1)..Duration::from_secs(4);
    let mut stage = Stage::new(15, 400, Faults { silences: vec![silent], ..Faults::default() }).rate("20/s");
    stage.options.concurrency = 64;
    let (mut queue, ending) = stage.run().await;
    assert_eq!(ending, Ending::Settled, "{:?}", stage.seen.notices.borrow());
    let doubts = check_promise(&stage, &mut queue);
    assert!(doubts.len() <= 64, "{}", doubts.len());
    assert_eq!(queue.counts().reached() + doubts.len() as u64, 400);
}

/// Whichever operation fails: what was claimed by then and hasn't left stays.
#[tokio::test(start_paused = true)]
async fn nothing_leaves_after_the_disk_said_no() {
    let mut refused = 0;
    for nth in 0.. {
        let mut stage = Stage::new(16, 12, Faults::default()).rate("max");
        stage.options.track = Duration::ZERO;
        let memory = MemoryDisk::new();
        memory.create_dir_all(stage.dir.path()).unwrap();
        stage.disk = Arc::new(memory.clone());
        let queue = stage.queue().await;
        let (_ask, interrupted) = watch::channel(None);
        let setup = stage.setup(interrupted);
        memory.set_fault(Some((nth, Fault::Fail(io::ErrorKind::StorageFull))));
        let local = LocalSet::new();
        let ended = local.run_until(async {
            let ended = run(queue, setup).await;
            let sent = stage.world.0.borrow().posts.len();
            tokio::time::sleep(Duration::from_secs(60)).await;
            assert_eq!(stage.world.0.borrow().posts.len(), sent, "after operation {nth} failed: {ended:?}");
            ended.map(|_| ())
        });
        match ended.await {
            Err(_) => refused += 1,
            Ok(()) if !memory.fault_happened() => break,
            // What only shows how it goes may fail.
            Ok(()) => {}
        }
    }
    assert!(refused > 20, "{refused}");
}

/// A server that one message meets otherwise.
#[derive(Clone)]
struct Odd {
    world: World,
    /// When messages were POSTed.
    posts: Rc<RefCell<Vec<Instant>>>,
    nth: usize,
    answer: fn() -> Result<Response, CallError>,
}

impl Transport for Odd {
    async fn call(&self, request: &Request) -> Result<Response, CallError> {
        if is_message(request.path) {
            self.posts.borrow_mut().push(Instant::now());
            if self.posts.borrow().len() == self.nth {
                return (self.answer)();
            }
        }
        self.world.call(request).await
    }
}

impl Odd {
    fn new(stage: &Stage, nth: usize, answer: fn() -> Result<Response, CallError>) -> Odd {
        Odd { world: stage.world.clone(), posts: Rc::default(), nth, answer }
    }

    async fn run(&self, stage: &mut Stage) -> (LocalQueue, Ending) {
        let queue = stage.queue().await;
        let (_ask, interrupted) = watch::channel(None);
        let whole = stage.setup(interrupted);
        let setup = Setup {
            client: Client::new(self.clone(), Token::new("token").unwrap()),
            clock: whole.clock,
            disk: whole.disk,
            permits: whole.permits,
            home: whole.home,
            round: whole.round,
            options: whole.options,
            owner: whole.owner,
            optouts: whole.optouts,
            other_campaigns: whole.other_campaigns,
            cap: None,
            observer: whole.observer,
            interrupted: whole.interrupted,
        };
        let local = LocalSet::new();
        let ended = local.run_until(tokio::time::timeout(Duration::from_secs(3600), run(queue, setup))).await;
        ended.expect("it waits for an answer that nobody gives").unwrap()
    }
}

/// A task that falls while its message is on the way may have sent it.
#[tokio::test(start_paused = true)]
async fn a_message_whose_task_falls_is_in_doubt() {
    let mut stage = Stage::new(17, 20, Faults::default());
    let odd = Odd::new(&stage, 7, || panic!("broken on purpose, by a test"));
    let (mut queue, ending) = odd.run(&mut stage).await;
    assert_eq!(ending, Ending::Settled);
    let doubts = check_promise(&stage, &mut queue);
    assert_eq!((doubts.len(), queue.counts().reached()), (1, 19));
}

/// The others of its group are about to leave, and the run loop hasn't had its turn.
#[tokio::test(start_paused = true)]
async fn a_retry_after_holds_what_is_on_its_way_to_the_gate() {
    const REST: Duration = Duration::from_secs(5);
    let mut stage = Stage::new(18, 40, Faults::default()).rate("max");
    let odd = Odd::new(&stage, 1, || {
        let body = br#"{"status":"0","message":"Too Many Attempts."}"#.to_vec();
        Ok(Response { http: 429, retry_after: Some(REST), body, ..Response::default() })
    });
    let (mut queue, ending) = odd.run(&mut stage).await;
    assert_eq!((ending, queue.counts().reached()), (Ending::Settled, 40));
    check_promise(&stage, &mut queue);
    let posts = odd.posts.borrow();
    assert!(posts[1] - posts[0] >= REST, "{:?} after it", posts[1] - posts[0]);
}
