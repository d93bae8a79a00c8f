//! Power cuts at every operation of the disk, and errors at every one.

use std::io::ErrorKind;

use sendcast::domain::job::State;
use sendcast::domain::status::Status;
use sendcast::queue::local::{StatesCheck, verify_on};
use sendcast::queue::{Entry, StageError};
use sendcast::sys::memory_disk::Fault;

use super::*;

/// What a run was told before it ended: all of it must be found again.
#[derive(Debug, Default)]
struct Told {
    /// Intents that were released, and whether their outcome was synced.
    intents: Vec<(JobId, AttemptNo)>,
    synced: Vec<(JobId, AttemptNo)>,
    adopted: u32,
    sequence: u64,
}

const PEOPLE: u32 = 40;

fn edited() -> Vec<PlannedRow> {
    (5..PEOPLE + 5).map(|n| good(n + 2, n, "edited")).collect()
}

async fn adopt(queue: &mut LocalQueue, rows: Vec<PlannedRow>) -> Result<(), QueueError> {
    let staged = queue.stage(head(), &mut rows.into_iter().map(Ok::<_, ()>));
    let staged = staged.map_err(|error| match error {
        StageError::Queue(error) => error,
        StageError::Rows(()) => unreachable!(),
    })?;
    queue.adopt(staged, T0).await.map(drop)
}

/// A day's work: plan, send, outcomes, an edited file, more sending, close.
async fn work(world: &World, told: &mut Told) -> Result<(), QueueError> {
    let mut queue = world.create()?;
    adopt(&mut queue, people(PEOPLE)).await?;
    told.adopted = 1;
    queue.take(OWNER, T0).await?;
    for round in 0..6 {
        if round == 3 {
            adopt(&mut queue, edited()).await?;
            told.adopted = 2;
        }
        let want = [ClaimRequest { sender: SenderNo(0), count: 5, untouched: true }];
        let intents = queue.claim(&want, lease(), T0, &mut |_| true).await?;
        told.intents.extend(intents.iter().map(|i| (i.job, i.attempt)));
        let before = told.sequence;
        told.sequence = world.entries()?.last().map_or(before, |(n, _)| *n);
        let changes = intents.iter().filter(|i| i.job.0 % 5 != 4).map(|intent| {
            let event = match intent.job.0 % 5 {
                0 => doubted(intent.attempt),
                1 => Event::Refused { attempt: intent.attempt, at: T0, problem: Problem::new("no") },
                _ => accepted(intent),
            };
            Change { job: intent.job, expect: None, event }
        });
        let changes: Vec<_> = changes.collect();
        let done: Vec<_> = intents.iter().filter(|i| i.job.0 % 5 != 4).map(|i| (i.job, i.attempt)).collect();
        queue.record(Batch { changes, ..Batch::default() }, T0).await?;
        if round % 2 == 0 {
            queue.sync().await?;
            told.synced.extend(done);
        }
    }
    queue.close().await
}

/// What must hold after any end.
async fn check(world: &World, told: &Told, context: &str) {
    if !LocalQueue::exists(&world.disk, Path::new(DIR)).unwrap() {
        assert!(told.intents.is_empty() && told.adopted == 0, "{context}: the round is gone");
        world.create().unwrap_or_else(|error| panic!("{context}: {error}"));
        return;
    }
    let mut queue = world.open().unwrap_or_else(|error| panic!("{context}: {error}"));
    let entries = world.entries().unwrap();
    assert!(entries.last().map_or(0, |(n, _)| *n) >= told.sequence, "{context}: entries are gone");
    let plans = entries.iter().filter(|(_, entry)| matches!(entry, Entry::Plan { .. })).count();
    assert!(plans >= told.adopted as usize, "{context}: a plan is gone");
    let claims: std::collections::HashSet<_> = entries
        .iter()
        .filter_map(|(_, entry)| match entry {
            Entry::Job { job, event: Event::Claimed { attempt, .. } } => Some((*job, *attempt)),
            _ => None,
        })
        .collect();
    for intent in &told.intents {
        assert!(claims.contains(intent), "{context}: {intent:?} was released and is not in the journal");
        let job = queue.job(intent.0).unwrap().unwrap();
        assert!(job.issued >= intent.1.0, "{context}: {intent:?} is not in the states");
        assert_ne!(job.status(), Status::Queued, "{context}: {intent:?} would be sent again");
        if told.synced.contains(intent) {
            assert!(!matches!(job.state, State::Sending { .. }), "{context}: an outcome is gone");
        }
    }
    // An edited file is adopted as a whole or not at all.
    let gone = (0..5u32).filter(|n| {
        let job = queue.job(JobId(*n)).unwrap();
        job.is_some_and(|job| job.removed)
    });
    let expected = if plans == 2 { 5 } else { 0 };
    assert_eq!(gone.count(), expected, "{context}: half an edit");
    let total = queue.counts().total();
    let planned = [0, u64::from(PEOPLE), u64::from(PEOPLE) + 5][plans];
    assert_eq!(total, planned, "{context}");
    // Whoever is left in flight becomes doubtful, exactly.
    let sending = queue.counts()[Status::Sending];
    assert_eq!(queue.take(OwnerId(8), T0).await.unwrap(), sending, "{context}");
    assert_eq!(queue.counts().total(), total);
    if plans > 0 {
        let more = claim(&mut queue, 100, T0).await;
        let again = more.iter().find(|i| told.intents.iter().any(|(job, _)| *job == i.job));
        assert!(again.is_none(), "{context}: {again:?} is sent twice");
    }
    queue.close().await.unwrap();
    let report = verify_on(&world.storage(), Path::new(DIR)).unwrap();
    assert!(report.is_sound(), "{context}: {:?}", report.problems);
    assert!(matches!(report.states, StatesCheck::Agree { .. }), "{context}");
}

fn operations() -> u64 {
    run(async {
        let world = World::new();
        let mut told = Told::default();
        work(&world, &mut told).await.unwrap();
        assert_eq!(told.intents.len(), 30);
        check(&world, &told, "no fault").await;
        let world = World::new();
        work(&world, &mut Told::default()).await.unwrap();
        world.disk.operations()
    })
}

#[test]
fn after_a_power_cut_at_any_operation_all_that_was_told_is_there() {
    let operations = operations();
    run(async {
        for at in 0..operations {
            for seed in 0..4 {
                let world = World::new();
                let mut told = Told::default();
                world.disk.set_fault(Some((at, Fault::PowerCut)));
                let ended = work(&world, &mut told).await;
                assert!(ended.is_err(), "operation {at} was not the last");
                // What the states' store kept of its last batches is chance, too.
                match seed {
                    0 => world.stores.restore(&Default::default()),
                    1 => {}
                    _ => world.stores.restore(&earlier(&world, at, seed).await),
                }
                world.disk.power_cut(at * 31 + seed);
                check(&world, &told, &format!("operation {at}, seed {seed}")).await;
            }
        }
    });
}

/// The states as the same run left them when it was cut off earlier.
async fn earlier(_: &World, at: u64, seed: u64) -> sendcast::queue::local::StoreImage {
    let world = World::new();
    world.disk.set_fault(Some((at * seed / 4, Fault::PowerCut)));
    let _ = work(&world, &mut Told::default()).await;
    world.stores.image()
}

#[test]
fn after_an_error_at_any_operation_nothing_more_is_released() {
    let operations = operations();
    run(async {
        for at in 0..operations {
            for kind in [ErrorKind::StorageFull, ErrorKind::Other] {
                let world = World::new();
                let mut told = Told::default();
                world.disk.set_fault(Some((at, Fault::Fail(kind))));
                let ended = work(&world, &mut told).await;
                let context = format!("operation {at}, {kind}");
                // Directories above the data directory are tried only.
                let Err(error) = ended else { continue };
                assert!(matches!(error, QueueError::Disk { .. }), "{context}: {error}");
                // Mended without a power cut: what was written is there or isn't.
                world.disk.set_fault(None);
                check(&world, &told, &context).await;
            }
        }
    });
}

/// What comes after any end: opened (or begun anew), taken, sent from, edited, closed. Whatever fails, nothing
/// is released after it.
async fn resume(world: &World, told: &mut Told) -> Result<(), QueueError> {
    let there = LocalQueue::exists(&world.disk, Path::new(DIR))?;
    let mut queue = if there { world.open()? } else { world.create()? };
    let done = resume_with(&mut queue, told).await;
    if done.is_err() {
        let want = [ClaimRequest { sender: SenderNo(0), count: 5, untouched: true }];
        let after = queue.claim(&want, lease(), T0, &mut |_| true).await;
        assert!(matches!(after, Err(QueueError::Stopped)), "{after:?} after {done:?}");
        return done;
    }
    queue.close().await
}

async fn resume_with(queue: &mut LocalQueue, told: &mut Told) -> Result<(), QueueError> {
    // The first plan has these people, the second some more.
    let mut plans = match queue.counts().total() {
        0 => 0,
        n if n == u64::from(PEOPLE) => 1,
        _ => 2,
    };
    told.adopted = plans;
    queue.take(OwnerId(8), T0).await?;
    while plans < 2 {
        adopt(queue, if plans == 0 { people(PEOPLE) } else { edited() }).await?;
        plans += 1;
        told.adopted += 1;
        let want = [ClaimRequest { sender: SenderNo(0), count: 3, untouched: true }];
        let intents = queue.claim(&want, lease(), T0, &mut |_| true).await?;
        told.intents.extend(intents.iter().map(|i| (i.job, i.attempt)));
        let changes = intents.iter().map(|i| Change { job: i.job, expect: None, event: accepted(i) });
        let changes = changes.collect();
        queue.record(Batch { changes, ..Batch::default() }, T0).await?;
        queue.sync().await?;
        told.synced.extend(intents.iter().map(|i| (i.job, i.attempt)));
    }
    Ok(())
}

/// A first run that ended by an error at one operation, and what it left.
async fn ended_at(at: u64) -> (World, Told, bool) {
    let (world, mut told) = (World::new(), Told::default());
    world.disk.set_fault(Some((at, Fault::Fail(ErrorKind::Other))));
    let failed = work(&world, &mut told).await.is_err();
    world.disk.set_fault(None);
    (world, told, failed)
}

#[test]
fn an_error_at_any_operation_of_what_comes_after_an_end_is_mended_by_the_next() {
    let operations = operations();
    run(async {
        let mut tried = 0;
        // From nearly nothing to nearly all, and all.
        for ended in (1..operations).step_by(11).chain([operations]) {
            for at in 0.. {
                let faults =
                    [Fault::Fail(ErrorKind::StorageFull), Fault::Fail(ErrorKind::Other), Fault::PowerCut];
                let fault = faults[usize::try_from(at % 3).unwrap()];
                let (world, mut told, failed) = ended_at(ended).await;
                if !failed && ended < operations {
                    // A directory above the data directory: it is tried only, and may go with the power.
                    break;
                }
                let states = world.stores.image();
                world.disk.set_fault(Some((at, fault)));
                let done = resume(&world, &mut told).await;
                let context = format!("ended at {ended}, then operation {at}, {fault:?}");
                let happened = world.disk.fault_happened();
                if let Err(error) = &done {
                    let QueueError::Disk { path, .. } = error else { panic!("{context}: {error}") };
                    assert!(Path::new(DIR).starts_with(path) || path.starts_with(DIR), "{context}: {error}");
                }
                if fault == Fault::PowerCut && happened {
                    assert!(done.is_err(), "{context}: went on without power");
                    world.disk.power_cut(at * 31 + ended);
                    if at % 2 == 0 {
                        world.stores.restore(&states);
                    }
                }
                world.disk.set_fault(None);
                check(&world, &told, &context).await;
                if !happened {
                    assert!(done.is_ok(), "{context}: {done:?}");
                    break;
                }
                tried += 1;
            }
        }
        assert!(tried > 300, "{tried}");
    });
}

#[test]
fn a_queue_that_met_an_error_is_stopped() {
    run(async {
        let world = World::new();
        let mut queue = world.create().unwrap();
        adopt(&mut queue, people(10)).await.unwrap();
        let intents = claim(&mut queue, 2, T0).await;
        record(&mut queue, JobId(0), accepted(&intents[0])).await;
        // The write of the commit batch goes through, its sync doesn't.
        world.disk.set_fault(Some((1, Fault::Fail(ErrorKind::Other))));
        let want = [ClaimRequest { sender: SenderNo(0), count: 2, untouched: true }];
        let error = queue.claim(&want, lease(), T0, &mut |_| true).await.unwrap_err();
        let QueueError::Disk { doing: "sync", path, .. } = &error else { panic!("{error}") };
        assert_eq!(*path, World::file("journal"));
        assert!(matches!(queue.claim(&want, lease(), T0, &mut |_| true).await, Err(QueueError::Stopped)));
        assert!(matches!(queue.sync().await, Err(QueueError::Stopped)));
        assert!(matches!(queue.record(Batch::default(), T0).await, Err(QueueError::Stopped)));
        assert!(matches!(queue.job(JobId(0)), Err(QueueError::Stopped)));
        assert!(matches!(queue.close().await, Err(QueueError::Stopped)));
    });
}

#[test]
fn a_claim_that_was_let_go_half_way_is_waited_for() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let round = dir.path().join("c/1");
    let disk = sendcast::sys::disk::RealDisk::shared();
    runtime.block_on(async {
        let mut queue = LocalQueue::create(disk.clone(), &round, dir.path(), identity()).unwrap();
        adopt(&mut queue, people(10)).await.unwrap();
        let want = [ClaimRequest { sender: SenderNo(0), count: 2, untouched: true }];
        {
            let mut all = |_: Candidate| true;
            let claim = std::pin::pin!(queue.claim(&want, lease(), T0, &mut all));
            // Polled once: the commit batch is on its way. Then dropped.
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            let _ = claim.poll(&mut context);
        }
        let intents = claim(&mut queue, 2, T0).await;
        assert_eq!(intents.iter().map(|i| i.job.0).collect::<Vec<_>>(), [2, 3]);
        assert_eq!(entries(disk.clone(), &round).unwrap().len(), 5);
        drop(queue);
        let mut queue = LocalQueue::open(disk.clone(), &round, None).unwrap();
        assert_eq!(queue.take(OWNER, T0).await.unwrap(), 4);
    });
}
