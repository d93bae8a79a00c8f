//! Forgetting a person in a round: what stays, what never comes back, and a disk that fails at every operation of it.

use std::io::ErrorKind;

use sendcast::domain::job::{News, Reach};
use sendcast::domain::plan::FORGOTTEN;
use sendcast::domain::status::{Counts, Status};
use sendcast::queue::StageError;
use sendcast::queue::local::{HeldRound, StatesCheck, Traces, traces, verify_on};
use sendcast::sys::disk::Disk as _;
use sendcast::sys::memory_disk::Fault;

use super::*;

const PEOPLE: u32 = 8;
/// The first person's number.
const BASE: u32 = 1_234_560;
/// Whose message was read, is in doubt, was refused, is in flight, and waits.
const READ: u32 = 0;
const DOUBTED: u32 = 1;
const REFUSED: u32 = 2;
const IN_FLIGHT: u32 = 3;
const QUEUED: u32 = 4;

/// Person `n`, whose number isn't a part of others'.
fn phone(n: u32) -> Phone {
    super::phone(BASE + n)
}

fn good(row: u32, n: u32, body: &str) -> PlannedRow {
    super::good(row, BASE + n, body)
}

fn rows(body: &str) -> Vec<PlannedRow> {
    let mut rows: Vec<_> = (0..PEOPLE).map(|n| good(n + 2, n, &format!("{body} {n}"))).collect();
    let home = phone(READ).national();
    rows.push(PlannedRow {
        to: home.clone().into(),
        cells: vec!["?".into(), home.into()],
        ..bad(10, "national")
    });
    rows
}

/// A round that was sent from, under two plans, and left without a word.
async fn lived() -> World {
    let world = World::new();
    let mut queue = world.create().unwrap();
    plan(&mut queue, rows("hi")).await;
    queue.take(OWNER, T0).await.unwrap();
    for intent in claim(&mut queue, 4, T0).await {
        let told = phone(intent.job.0).digits();
        let event = match intent.job.0 {
            READ => accepted(&intent),
            DOUBTED => {
                let problem = Problem::new(format!("no answer of {told}"));
                Event::Doubted { attempt: intent.attempt, at: T0, problem }
            }
            REFUSED => {
                let problem = Problem::coded(131_026, format!("{told} isn't there"));
                Event::Refused { attempt: intent.attempt, at: T0, problem }
            }
            _ => continue,
        };
        record(&mut queue, intent.job, event).await;
    }
    let read = Event::News { attempt: AttemptNo(1), news: News::Reached(Reach::Read), at: T0 };
    record(&mut queue, JobId(READ), read).await;
    queue.sync().await.unwrap();
    plan(&mut queue, rows("hello")).await;
    queue.sync().await.unwrap();
    world
}

fn held(world: &World) -> Result<HeldRound, QueueError> {
    HeldRound::hold_on(world.storage(), Path::new(DIR))
}

async fn forget(world: &World, n: u32) -> Result<Option<Traces>, QueueError> {
    let held = held(world)?;
    let found = held.traces(phone(n))?;
    if let Some(traces) = found.as_ref().filter(|traces| traces.open) {
        let held = held.forget(phone(n), traces, [5; 16], T0).await?;
        held.finish(phone(n))?;
    }
    Ok(found)
}

fn counts(world: &World) -> Counts {
    View::open(Arc::new(world.disk.clone()), Path::new(DIR)).unwrap().counts()
}

/// All that stands in the round's files, as bytes, and in its journal.
fn bytes(world: &World) -> Vec<u8> {
    let files = world.disk.list(Path::new(DIR)).unwrap();
    let mut all: Vec<u8> = files.iter().flat_map(|path| world.disk.read(path).unwrap_or_default()).collect();
    all.extend(format!("{:?}", world.entries().unwrap()).into_bytes());
    all
}

fn has(bytes: &[u8], part: &str) -> bool {
    bytes.windows(part.len()).any(|window| window == part.as_bytes())
}

/// What must hold once this person is forgotten.
async fn check(world: &World, n: u32, before: &Counts, context: &str) {
    let disk: SharedDisk = Arc::new(world.disk.clone());
    assert!(traces(&disk, Path::new(DIR), phone(n)).unwrap().is_none(), "{context}");
    let report = verify_on(&world.storage(), Path::new(DIR)).unwrap();
    assert!(report.is_sound(), "{context}: {:?}", report.problems);
    assert!(matches!(report.states, StatesCheck::Agree { .. }), "{context}: {:?}", report.states);
    let after = counts(world);
    assert_eq!(after.total(), before.total(), "{context}");
    for status in Status::ALL {
        let change = match (n, status) {
            (QUEUED, Status::Queued) | (IN_FLIGHT, Status::Sending) => -1,
            (QUEUED, Status::Cancelled) | (IN_FLIGHT, Status::InDoubt) => 1,
            // Forgetting opens the queue, and takes nobody else's.
            _ => 0,
        };
        let changed = i64::try_from(after[status]).unwrap() - i64::try_from(before[status]).unwrap();
        assert_eq!(changed, change, "{context}: {status}");
    }
    let bytes = bytes(world);
    for trace in [phone(n).digits(), format!("wamid.{n}.1="), format!("no answer of {}", phone(n).digits())] {
        assert!(!has(&bytes, &trace), "{context}: {trace}");
    }
    let lines = listed(disk, Path::new(DIR)).unwrap();
    let (mut whole, mut without) = (0, 0);
    for line in &lines {
        for row in std::iter::once(&*line.row).chain(line.sent.as_ref().map(|sent| &*sent.row)) {
            let theirs = line.id == JobId(n) || (n == READ && line.id == JobId(PEOPLE));
            assert_eq!(row.is_forgotten(), theirs, "{context}: {row:?}");
            let empty =
                row.phone.is_none() && row.to.is_empty() && row.cells.iter().all(|cell| cell.is_empty());
            assert_eq!(empty, theirs, "{context}: {row:?}");
            assert_eq!(row.cells.len(), 2);
        }
        if line.row.is_forgotten() { without += 1 } else { whole += 1 }
    }
    assert_eq!((whole + without, without), (PEOPLE + 1, 1 + u32::from(n == READ)), "{context}");
    let home = phone(READ).national();
    assert_eq!(lines.iter().filter(|line| *line.row.to == *home).count(), usize::from(n != READ));

    // Whatever the file says: they are never queued again, by number or by key; nor by order.
    let mut queue = world.open().unwrap_or_else(|error| panic!("{context}: {error}"));
    no_order_reaches_them(&mut queue, n, context).await;
    let mut other = good(50, 99, "other key");
    (other.phone, other.to) = (Some(phone(n)), phone(n).digits().into());
    let mut moved = good(51, n, "other number");
    moved.phone = Some(phone(77));
    let edits =
        [rows("edited"), vec![other, good(52, 60, "new")], vec![moved, good(53, 61, "new")], rows("hi")];
    for (rows, new) in edits.into_iter().zip([0, 1, 1, 0]) {
        let diff = plan(&mut queue, rows).await;
        assert_eq!(diff.new - diff.new.min(PEOPLE.into()), 0, "{context}");
        assert!(diff.new >= new, "{context}: {diff:?}");
    }
    no_order_reaches_them(&mut queue, n, context).await;
    queue.take(OwnerId(9), T0).await.unwrap();
    let (mut sent, mut more) = (Vec::new(), claim(&mut queue, 100, T0).await);
    while !more.is_empty() {
        sent.extend(more.iter().map(|intent| intent.phone));
        more = claim(&mut queue, 100, T0).await;
    }
    assert!(!sent.contains(&phone(n)) && !sent.contains(&phone(77)), "{context}: {sent:?}");
    assert!(queue.in_doubt().is_ok(), "{context}");
    queue.close().await.unwrap();
    assert!(!has(&self::bytes(world), &phone(n).digits()), "{context}: an edited file brought them back");
    assert!(verify_on(&world.storage(), Path::new(DIR)).unwrap().is_sound(), "{context}");
}

async fn no_order_reaches_them(queue: &mut LocalQueue, n: u32, context: &str) {
    let retry = Event::Retry { not_before: Millis::ZERO };
    let resend = Event::Resend { by: sendcast::domain::job::ResendBy::Operator };
    for order in [retry, resend] {
        assert_eq!(record(queue, JobId(n), order).await, Applied::No, "{context}");
    }
}

#[test]
fn their_rows_stay_without_them_and_are_never_sent_again() {
    run(async {
        for n in [READ, DOUBTED, REFUSED, IN_FLIGHT, QUEUED] {
            let world = lived().await;
            let before = counts(&world);
            let found = forget(&world, n).await.unwrap().unwrap();
            assert!(found.open && found.mentions == 0);
            assert_eq!(found.jobs.len(), 1 + usize::from(n == READ));
            assert_eq!(found.ids.len(), usize::from(n == READ), "what webhooks go by");
            let line = &listed(Arc::new(world.disk.clone()), Path::new(DIR)).unwrap()[n as usize];
            if n == REFUSED {
                let problem = line.job.problem.clone().unwrap();
                assert_eq!(problem.code, Some(131_026));
                assert!(!problem.reason.contains("isn't there") && &*problem.reason != FORGOTTEN);
            }
            if n == READ {
                let (_, delivery) = line.job.best_delivery().unwrap();
                assert_eq!((delivery.read_at, &delivery.id), (Some(T0), &None));
            }
            check(&world, n, &before, &format!("person {n}")).await;
        }
    });
}

#[test]
fn several_people_one_after_the_other() {
    run(async {
        let world = lived().await;
        for n in [READ, DOUBTED, REFUSED, IN_FLIGHT, QUEUED] {
            forget(&world, n).await.unwrap().unwrap();
            assert!(forget(&world, n).await.unwrap().is_none(), "nothing is left to be done");
        }
        let mut queue = world.open().unwrap();
        plan(&mut queue, rows("edited")).await;
        let sent: Vec<_> = claim(&mut queue, 100, T0).await.iter().map(|intent| intent.job.0).collect();
        assert_eq!(sent, [5, 6, 7]);
        queue.close().await.unwrap();
        let lines = listed(Arc::new(world.disk.clone()), Path::new(DIR)).unwrap();
        assert_eq!(lines.iter().filter(|line| line.row.is_forgotten()).count(), 6);
        assert_eq!(lines.len(), 9);
    });
}

#[test]
fn a_number_in_other_peoples_rows_is_told_and_left() {
    run(async {
        let world = World::new();
        let mut queue = world.create().unwrap();
        let mut rows = rows("hi");
        rows.truncate(3);
        rows[1].cells[0] = format!("sent by +{}", phone(0).digits()).into();
        plan(&mut queue, rows).await;
        queue.close().await.unwrap();
        assert_eq!(forget(&world, 0).await.unwrap().unwrap().mentions, 1);
        let left = forget(&world, 0).await.unwrap().unwrap();
        assert!(!left.open && left.mentions == 1);
    });
}

#[test]
fn a_person_is_known_in_either_form_of_the_number() {
    run(async {
        let [old, new] = ["551187654321", "5511987654321"].map(|digits| Phone::from_digits(digits).unwrap());
        let row = |phone: Phone| PlannedRow {
            phone: Some(phone),
            to: phone.digits().into(),
            cells: vec!["Ana".into(), phone.digits().into()],
            ..good(3, 1, "hi")
        };
        for (planned, named) in [(old, new), (new, old)] {
            let world = World::new();
            let mut queue = world.create().unwrap();
            plan(&mut queue, vec![good(2, 0, "hi"), row(planned)]).await;
            queue.close().await.unwrap();
            let held = held(&world).unwrap();
            let traces = held.traces(named).unwrap().unwrap();
            drop(held.forget(named, &traces, [5; 16], T0).await.unwrap());
            let mut queue = world.open().unwrap();
            let edited = vec![good(2, 0, "hi"), PlannedRow { key: Some("other".into()), ..row(named) }];
            assert_eq!(plan(&mut queue, edited).await.new, 0);
            let sent: Vec<_> = claim(&mut queue, 9, T0).await.iter().map(|intent| intent.job).collect();
            assert_eq!(sent, [JobId(0)]);
            drop(queue);
            assert!([old, new].iter().all(|phone| !has(&bytes(&world), &phone.digits())));
        }
    });
}

#[test]
fn without_the_list_of_who_was_forgotten_nothing_is_planned() {
    run(async {
        let world = lived().await;
        forget(&world, QUEUED).await.unwrap();
        world.disk.remove_file(&World::file("forgotten.json")).unwrap();
        let mut queue = world.open().unwrap();
        let staged = queue.stage(head(), &mut rows("edited").into_iter().map(Ok::<_, ()>));
        let Err(StageError::Queue(QueueError::Damaged { path, .. })) = staged else { panic!("staged") };
        assert!(path.ends_with("forgotten.json"));
    });
}

#[test]
fn a_round_that_somebody_holds_is_left_alone() {
    run(async {
        let world = lived().await;
        let queue = world.open().unwrap();
        assert!(matches!(held(&world).unwrap_err(), QueueError::Locked { .. }));
        drop(queue);
        held(&world).unwrap();
    });
}

/// Interrupted at any operation: the round opens, and forgetting them again finishes.
#[test]
fn after_a_fault_at_any_operation_it_finishes() {
    run(async {
        for n in [READ, QUEUED] {
            let whole = lived().await;
            let begun = whole.disk.operations();
            forget(&whole, n).await.unwrap();
            let operations = whole.disk.operations() - begun;
            assert!(operations > 30, "{operations}");
            // Every operation for one of them, which writes all files anew; for the other, a part.
            for at in (0..operations).step_by(if n == READ { 1 } else { 7 }) {
                for fault in [Fault::PowerCut, Fault::Fail(ErrorKind::StorageFull)] {
                    let world = lived().await;
                    let before = counts(&world);
                    world.disk.set_fault(Some((at, fault)));
                    let context = format!("person {n}, operation {at}, {fault:?}");
                    let Err(error) = forget(&world, n).await else { panic!("{context}: it went on") };
                    assert!(
                        matches!(error, QueueError::Disk { .. } | QueueError::Stopped),
                        "{context}: {error}"
                    );
                    world.disk.set_fault(None);
                    if matches!(fault, Fault::PowerCut) {
                        world.disk.power_cut(at);
                    }
                    // Whoever looks, or sends, meanwhile.
                    let report = verify_on(&world.storage(), Path::new(DIR)).unwrap();
                    assert!(report.is_sound(), "{context}: {:?}", report.problems);
                    world.open().unwrap_or_else(|error| panic!("{context}: {error}")).close().await.unwrap();
                    forget(&world, n).await.unwrap_or_else(|error| panic!("{context}: {error}"));
                    check(&world, n, &before, &context).await;
                }
            }
        }
    });
}
