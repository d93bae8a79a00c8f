//! Permits: one suite over every implementation. Runs that want one number, in virtual time.

use std::sync::Arc;
use std::time::Duration;

use sendcast::domain::ids::{NumberId, OwnerId};
use sendcast::domain::policy::Lesson;
use sendcast::domain::priority::Priority;
use sendcast::queue::local::open_permits;
use sendcast::queue::{Hold, LastPost, Permits};
use sendcast::sys::disk::{RealDisk, SharedDisk};
use sendcast::sys::home::Home;
use sendcast::sys::memory_disk::MemoryDisk;
use tokio::time::{Instant, advance};

use super::T0;

const LOOK: Duration = Duration::from_millis(50);
const SECOND: Duration = Duration::from_secs(1);

/// What opens a number's permits for a run.
struct Number {
    disk: SharedDisk,
    home: Home,
    _dir: Option<tempfile::TempDir>,
}

impl Number {
    /// Each implementation there is.
    fn every() -> Vec<Number> {
        let dir = tempfile::tempdir().unwrap();
        let real = Number { disk: RealDisk::shared(), home: Home::new(dir.path()), _dir: Some(dir) };
        let memory = Number { disk: Arc::new(MemoryDisk::new()), home: Home::new("/data"), _dir: None };
        vec![memory, real]
    }

    fn run(&self, owner: u64, priority: Priority) -> Box<dyn Permits> {
        let campaign = format!("campaign-{owner}");
        let open = open_permits(self.disk.clone(), self.home.clone(), OwnerId(owner), campaign, priority);
        open(&NumberId::new("100")).unwrap()
    }

    fn normal(&self, owner: u64) -> Box<dyn Permits> {
        self.run(owner, Priority::Normal)
    }
}

/// A run that always has something to send: one look, and a POST where it has the turn. Whether it had.
fn look(run: &mut Box<dyn Permits>) -> bool {
    let now = Instant::now();
    run.share(now).unwrap();
    let has_turn = run.try_turn(now).unwrap();
    if has_turn {
        run.note_post(T0).unwrap();
    }
    has_turn
}

/// How many looks of each run found the turn its own, over a span.
async fn turns(runs: &mut [Box<dyn Permits>], span: Duration) -> Vec<u32> {
    let until = Instant::now() + span;
    let mut turns = vec![0; runs.len()];
    while Instant::now() < until {
        for (turns, run) in turns.iter_mut().zip(&mut *runs) {
            *turns += u32::from(look(run));
        }
        advance(LOOK).await;
    }
    turns
}

#[tokio::test(start_paused = true)]
async fn one_run_alone_keeps_its_turn() {
    for number in Number::every() {
        let mut run = number.normal(1);
        for _ in 0..100 {
            assert!(look(&mut run));
            advance(SECOND).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_never_have_the_turn_at_once() {
    for number in Number::every() {
        let (mut one, mut two) = (number.normal(1), number.normal(2));
        let now = Instant::now();
        assert!(one.try_turn(now).unwrap());
        assert!(!two.try_turn(now).unwrap());
        assert!(one.try_turn(now).unwrap(), "it has it");
        one.leave();
        assert!(two.try_turn(now).unwrap());
        assert!(!one.try_turn(now).unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn who_stands_in_line_shares_by_priority() {
    for number in Number::every() {
        let mut same: Vec<_> = (1..=3).map(|owner| number.normal(owner)).collect();
        let had = turns(&mut same, 120 * SECOND).await;
        assert!(had.iter().all(|had| (720..=880).contains(had)), "{had:?}");
        drop(same);
        let all = [(4, Priority::Low), (5, Priority::Normal), (6, Priority::High)];
        let mut all: Vec<_> = all.into_iter().map(|(owner, p)| number.run(owner, p)).collect();
        let had = turns(&mut all, 260 * SECOND).await;
        let share = |n: usize| f64::from(had[n]) / f64::from(had.iter().sum::<u32>());
        for (n, expected) in [1.0, 3.0, 9.0].into_iter().enumerate() {
            assert!((share(n) * 13.0 / expected - 1.0).abs() < 0.2, "{had:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_newcomer_is_next_and_has_no_credit() {
    for number in Number::every() {
        let mut one = number.normal(1);
        // An hour alone.
        for _ in 0..3_600 {
            assert!(look(&mut one));
            advance(SECOND).await;
        }
        let mut runs = vec![one, number.normal(2)];
        let begun = Instant::now();
        while !look(&mut runs[1]) {
            look(&mut runs[0]);
            advance(LOOK).await;
            assert!(begun.elapsed() <= SECOND + 2 * LOOK, "it waits longer than a turn");
        }
        let had = turns(&mut runs, 20 * SECOND).await;
        assert!(had[0].abs_diff(had[1]) <= 45, "the hour before is nobody's debt: {had:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_number_changes_hands_only_after_a_post() {
    for number in Number::every() {
        let (mut one, mut two) = (number.normal(1), number.normal(2));
        assert!(one.try_turn(Instant::now()).unwrap());
        for _ in 0..100 {
            advance(LOOK).await;
            assert!(!two.try_turn(Instant::now()).unwrap());
            assert!(!one.share(Instant::now()).unwrap(), "nothing was sent in this turn");
        }
        one.note_post(T0).unwrap();
        assert!(one.share(Instant::now()).unwrap());
        assert!(two.try_turn(Instant::now()).unwrap());
    }
}

#[tokio::test(start_paused = true)]
async fn a_dead_run_is_waited_for_by_nobody() {
    for number in Number::every() {
        let (mut one, mut two, three) = (number.normal(1), number.normal(2), number.normal(3));
        assert!(look(&mut one));
        assert!(!look(&mut two));
        drop(one);
        drop(three);
        assert!(look(&mut two));
        two.share(Instant::now()).unwrap();
        assert!(two.others().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_the_next_turn_and_doesnt_take_it_is_passed_over() {
    for number in Number::every() {
        let mut runs = vec![number.normal(1), number.normal(2)];
        turns(&mut runs, 5 * SECOND).await;
        let mut stopped = number.normal(3);
        // It stands in line, first of all, and never looks again.
        assert!(!stopped.try_turn(Instant::now()).unwrap());
        let had = turns(&mut runs, 60 * SECOND).await;
        let all: u32 = had.iter().sum();
        assert!(all >= 850, "of 1,200 looks {all} found a turn");
        assert!(had.iter().all(|had| *had >= 400), "{had:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_leaves_is_in_nobodys_way_and_others_know_who_is_there() {
    for number in Number::every() {
        let (mut one, mut two) = (number.normal(1), number.run(2, Priority::High));
        assert!(look(&mut one));
        assert!(!look(&mut two));
        one.share(Instant::now()).unwrap();
        let seen: Vec<_> = one.others().iter().map(|p| (p.campaign.as_str(), p.priority)).collect();
        assert_eq!(seen, [("campaign-2", Priority::High)]);
        two.leave();
        one.share(Instant::now()).unwrap();
        assert!(one.others().is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_sender_knows_what_the_last_one_left() {
    for number in Number::every() {
        let (mut one, mut two) = (number.normal(1), number.normal(2));
        assert_eq!(one.last_post().unwrap(), LastPost::Never);
        assert_eq!(one.lesson(T0).unwrap(), None);
        assert!(one.try_turn(Instant::now()).unwrap());
        one.note_post(T0).unwrap();
        let lesson = Lesson { rate: Some(9.5), chance: Some(0.01) };
        one.keep_lesson(lesson, T0).unwrap();
        one.leave();
        // An answer that came after the turn asks for a rest; a shorter one doesn't shorten it.
        let hold = Hold { until: T0 + 60 * SECOND, since: T0, why: "Retry-After".into() };
        one.keep_hold(hold.clone()).unwrap();
        two.keep_hold(Hold { until: T0 + 5 * SECOND, ..hold.clone() }).unwrap();
        assert!(two.try_turn(Instant::now()).unwrap());
        assert_eq!(two.last_post().unwrap(), LastPost::At(T0));
        assert_eq!(two.lesson(T0).unwrap(), Some(lesson));
        assert_eq!(two.hold(T0), Some(hold.clone()));
        assert_eq!(two.hold(T0 + 60 * SECOND), None);
        // One that is asked for while another has the turn is seen at its next look.
        let longer = Hold { until: T0 + 120 * SECOND, ..hold };
        one.try_turn(Instant::now()).unwrap();
        one.keep_hold(longer.clone()).unwrap();
        two.share(Instant::now()).unwrap();
        assert_eq!(two.hold(T0), Some(longer));
    }
}
