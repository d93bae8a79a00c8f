//! Every queue is one state machine: whatever is done to it, in whatever order, it answers and shows what a
//! plain reference does, before and after crashes. Beside the reference a witness keeps a ledger of its own,
//! of nothing but what was released and what was answered: **D** and **X** are judged by that.
//!
//! A case that fails shrinks to the fewest and plainest transitions, and prints them.

mod edits;
mod reference;
mod subjects;
mod transitions;
mod witness;

use proptest::prelude::ProptestConfig;
use proptest::test_runner::{RngSeed, TestRunner};
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use sendcast::domain::status::Status;
use sendcast::queue::{StageError, View};

use super::*;
use reference::{Answer, Reference};
use subjects::{End, InMemory, OnDisk, Simulated, Subject, at_once};
use transitions::{Row, Transition, planned};
use witness::Witness;

#[test]
fn the_queue_in_memory_is_the_reference() {
    play::<InMemory>(4000, 20, 6);
    play::<InMemory>(250, 30, 30);
}

#[test]
fn the_local_queue_is_the_reference_on_a_disk_that_fails() {
    play::<Simulated>(5200, 21, 6);
    play::<Simulated>(250, 31, 30);
}

#[test]
fn the_local_queue_is_the_reference_on_a_real_disk_with_sled() {
    play::<OnDisk>(300, 22, 8);
}

#[test]
#[ignore = "the full form: .ci/soak machine"]
fn soak_machine() {
    let seed = crate::kills::setting("SENDCAST_SOAK_SEED", 1);
    let size = crate::kills::setting("SENDCAST_SOAK_SIZE", 50_000);
    let cases = |share: u64| u32::try_from(size * share / 100).unwrap().max(1);
    play::<InMemory>(cases(30), seed, 60);
    play::<Simulated>(cases(69), seed, 60);
    play::<OnDisk>(cases(1), seed, 30);
    println!("seed {seed}: {size} lives of queues, of up to 60 transitions each, and none differed");
}

/// Plays so many lives of one kind of queue, of up to so many transitions.
fn play<S: Subject>(cases: u32, seed: u64, longest: usize) {
    let config = ProptestConfig {
        cases,
        rng_seed: RngSeed::Fixed(seed),
        failure_persistence: None,
        max_shrink_iters: 4000,
        ..ProptestConfig::default()
    };
    let lives = Reference::sequential_strategy(1..=longest);
    let played = TestRunner::new(config.clone()).run(&lives, |(state, transitions, seen)| {
        Machine::<S>::test_sequential(config.clone(), state, transitions, seen);
        Ok(())
    });
    played.unwrap_or_else(|failure| panic!("{failure}"));
}

/// A queue under test, with its witness.
struct Machine<S> {
    subject: S,
    witness: Witness,
}

impl<S: Subject> StateMachineTest for Machine<S> {
    type SystemUnderTest = Machine<S>;
    type Reference = Reference;

    fn init_test(_: &Reference) -> Machine<S> {
        Machine { subject: S::new(), witness: Witness::default() }
    }

    fn apply(mut machine: Machine<S>, expected: &Reference, transition: Transition) -> Machine<S> {
        let answer = machine.perform(expected, &transition);
        assert_eq!(answer, expected.answer, "answered by {transition:?}");
        machine.compare(expected);
        if transition.is_durable() || matches!(transition, Transition::End(_)) {
            machine.compare_view(&expected.kept);
        }
        machine
    }

    fn teardown(machine: Machine<S>, _: Reference) {
        at_once(machine.subject.into_queue().close()).unwrap();
    }
}

impl<S: Subject> Machine<S> {
    fn perform(&mut self, expected: &Reference, transition: &Transition) -> Answer {
        let now = expected.now;
        let queue = self.subject.queue();
        let answer = match transition {
            Transition::Plan(rows) => {
                let staged = stage(queue, rows);
                Answer::Diff(at_once(queue.adopt(staged, now)).unwrap())
            }
            Transition::StageOnly(rows) => Answer::Diff(stage(queue, rows).diff),
            Transition::AdoptTheOlder(older, newer) => {
                let staged = stage(queue, older);
                drop(stage(queue, newer));
                assert!(at_once(queue.adopt(staged, now)).is_err(), "an older stage was adopted");
                Answer::Nothing
            }
            Transition::BrokenPlan(rows) => {
                let rows = planned(rows).into_iter().map(Ok).chain([Err("broken")]);
                let failed = queue.stage(head(), &mut rows.into_iter());
                assert!(matches!(failed, Err(StageError::Rows("broken"))));
                Answer::Nothing
            }
            Transition::ForeignPlan => {
                let other = PlanHead { senders: vec![NumberId::new("999")], ..head() };
                let failed = queue.stage(other, &mut std::iter::empty::<Result<_, ()>>());
                let foreign = matches!(failed, Err(StageError::Queue(QueueError::Foreign { .. })));
                assert_eq!(foreign, !expected.shown.plans.is_empty());
                Answer::Nothing
            }
            Transition::Take => {
                let doubted = at_once(queue.take(OWNER, now)).unwrap();
                assert_eq!(doubted, self.witness.taken(), "doubts that a new run finds");
                Answer::Doubted(doubted)
            }
            Transition::Claim { wants, pass_over } => {
                let lease = reference::lease(now);
                let wants: Vec<_> = wants.iter().map(|want| want.of()).collect();
                let mut offered = Vec::new();
                let mut admit = |candidate: Candidate| {
                    offered.push(candidate);
                    candidate.job.0 % 5 != *pass_over
                };
                let intents = at_once(queue.claim(&wants, lease, now, &mut admit)).unwrap();
                let intents: Vec<_> = intents.iter().map(reference::face).collect();
                intents.iter().for_each(|intent| self.witness.released(intent.0, intent.1));
                Answer::Claimed(intents, offered)
            }
            Transition::Record(changes) => {
                let batch = Batch { changes: changes.clone(), ..Batch::default() };
                let applied = at_once(queue.record(batch, now)).unwrap();
                self.witness.recorded(changes, &applied);
                Answer::Applied(applied)
            }
            Transition::Order { id, wanted, changes } => {
                let order = Some(reference::order(*id));
                let batch = Batch { order, wanted: *wanted, changes: changes.clone() };
                let applied = at_once(queue.record(batch, now)).unwrap();
                self.witness.recorded(changes, &applied);
                Answer::Applied(applied)
            }
            Transition::Reassign { from, to } => {
                let number = |no: &u16| head().senders[usize::from(*no)].clone();
                Answer::Moved(at_once(queue.reassign(&[number(from)], &number(to), now)).unwrap())
            }
            Transition::Sync => {
                at_once(queue.sync()).unwrap();
                Answer::Nothing
            }
            Transition::Wait(_) => Answer::Nothing,
            Transition::End(end) => {
                if matches!(end, End::Crash | End::PowerCut(_)) {
                    self.witness.crashed();
                }
                self.subject.end(*end);
                Answer::Nothing
            }
        };
        if transition.is_durable() {
            self.witness.synced();
            self.subject.synced();
        }
        answer
    }

    /// All that can be read is what the reference shows.
    fn compare(&mut self, expected: &Reference) {
        let shown = &expected.shown;
        let queue = self.subject.queue();
        let jobs = u32::try_from(shown.jobs.len()).unwrap();
        assert_eq!(queue.counts(), shown.counts());
        assert_eq!(queue.counts().total(), u64::from(jobs), "counts add up");
        assert_eq!(queue.retrying(), shown.jobs.values().filter(|job| job.retrying()).count() as u64);
        assert_eq!((queue.wanted(), queue.started_at()), (shown.wanted, shown.started_at));
        assert_eq!(queue.head().is_some(), !shown.plans.is_empty());
        for id in 0..4 {
            assert_eq!(queue.order_applied(&reference::order(id)), shown.orders.contains(&id), "order {id}");
        }
        for (sender, untouched) in [(0, true), (0, false), (1, true), (1, false), (2, true)] {
            let due = queue.next_due(SenderNo(sender), untouched);
            assert_eq!(due, shown.next_due(SenderNo(sender), untouched), "due from {sender}, {untouched}");
            let queued = shown.jobs.iter().filter(|(id, job)| {
                job.status() == Status::Queued && shown.row(**id).is_some_and(|row| row.sender.0 == sender)
            });
            assert_eq!(queue.queued_of(SenderNo(sender)), queued.count() as u64, "queued of {sender}");
        }
        for id in 0..=jobs {
            assert_eq!(queue.listed(JobId(id)).unwrap(), shown.listed(JobId(id)));
        }
        for id in [jobs / 2, jobs] {
            assert_eq!(queue.job(JobId(id)).unwrap(), shown.jobs.get(&JobId(id)).cloned());
        }
        assert_eq!(scan(queue), shown.scan());
        let doubts = queue.in_doubt().unwrap();
        assert_eq!(doubts, shown.in_doubt());
        self.witness.doubts(doubts.iter().map(|doubt| (doubt.job, doubt.attempt)));
        let from = expected.now.0 % 5;
        let from = JobId(u32::try_from(from).unwrap());
        for (from, limit) in [(JobId(0), 100), (from, 3), (from, 0)] {
            assert_eq!(queue.undelivered(from, limit).unwrap(), shown.undelivered(from, limit));
        }
        for status in Status::ALL {
            assert_eq!(queue.in_status(status, from, 4).unwrap(), shown.in_status(status, from, 4));
        }
        for (id, whose) in shown.message_ids() {
            assert_eq!(queue.by_message_id(&id).unwrap(), Some(whose), "{id:?}");
        }
        assert_eq!(queue.by_message_id(&MessageId::new("wamid.nobodys")).unwrap(), None);
    }

    /// Those who look in see what is durable.
    fn compare_view(&self, kept: &reference::Books) {
        let Some((disk, round)) = self.subject.place() else { return };
        let mut view = View::open(disk.clone(), &round).unwrap();
        assert_eq!((view.counts(), view.sequence()), (kept.counts(), kept.log.len() as u64));
        assert_eq!((view.wanted(), view.started_at()), (kept.wanted, kept.started_at));
        assert_eq!(view.in_doubt().unwrap(), kept.in_doubt());
        let mut entries = Vec::new();
        let note = &mut |_, entry| {
            entries.push(entry);
            Ok(())
        };
        view.entries(note).unwrap();
        assert_eq!(entries, kept.log);
        let mut lines = Vec::new();
        let each = &mut |line: Listed<'_>| {
            lines.push(line.into_owned());
            Ok(())
        };
        view.scan(each).unwrap();
        assert_eq!(lines, kept.scan());
        assert_eq!(listed(disk, &round).unwrap(), lines);
    }
}

fn stage<Q: Queue>(queue: &mut Q, rows: &[Row]) -> sendcast::queue::Staged<Q::Stage> {
    queue.stage(head(), &mut planned(rows).into_iter().map(Ok::<_, ()>)).unwrap()
}
