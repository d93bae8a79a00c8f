//! Random operations on the local queue and on the model in memory, which must agree in all that shows.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use sendcast::domain::ids::OrderId;
use sendcast::domain::job::{News, Reach, ResendBy};
use sendcast::domain::status::Status;
use sendcast::queue::{MemoryQueue, View, Wanted};
use sendcast::sys::disk::{RealDisk, SharedDisk};

use super::*;

#[derive(Clone, Debug)]
struct Row {
    person: u32,
    phone: u32,
    text: u8,
    sender: u16,
    kind: u8,
}

#[derive(Clone, Debug)]
enum Op {
    Plan(Vec<Row>),
    Claim { sender: u16, count: usize, skip: u32, at: u64 },
    Change { job: u32, attempt: u32, kind: u8, at: u64 },
    Take,
    Order { id: u8, wanted: u8, job: u32 },
    Sync,
    Reopen { clean: bool },
    Rebuild,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let row =
        (0..14u32, 0..4u32, 0..2u8, 0..2u16, 0..12u8).prop_map(|(person, shift, text, sender, kind)| {
            let phone = if shift == 0 { (person + 1) % 14 } else { person };
            Row { person, phone, text, sender, kind }
        });
    prop::collection::vec(row, 0..16).prop_map(|mut rows| {
        // A planner names nobody twice.
        let mut seen = std::collections::HashSet::new();
        rows.retain(|row| row.kind >= 10 || seen.insert(row.person));
        rows
    })
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => rows().prop_map(Op::Plan),
        6 => (0..2u16, 1..6usize, 0..20u32, 0..5u64)
            .prop_map(|(sender, count, skip, at)| Op::Claim { sender, count, skip, at }),
        14 => (0..20u32, 1..4u32, 0..18u8, 0..5u64)
            .prop_map(|(job, attempt, kind, at)| Op::Change { job, attempt, kind, at }),
        1 => Just(Op::Take),
        1 => (0..4u8, 0..4u8, 0..20u32).prop_map(|(id, wanted, job)| Op::Order { id, wanted, job }),
        1 => Just(Op::Sync),
        2 => any::<bool>().prop_map(|clean| Op::Reopen { clean }),
        1 => Just(Op::Rebuild),
    ]
}

fn planned(rows: &[Row]) -> Vec<PlannedRow> {
    (2..)
        .zip(rows)
        .map(|(n, row)| match row.kind {
            10.. => bad(n, &format!("bad {}", row.text)),
            kind => {
                let mut planned = good(n, row.person, &format!("text {}", row.text));
                planned.phone = Some(phone(row.phone));
                planned.to = phone(row.phone).digits();
                planned.sender = SenderNo(row.sender);
                if kind == 9 {
                    let problem = Problem::new("opted out");
                    planned.fate =
                        Fate::Skip { cause: SkipCause::OptedOut, problem, kind: "text".to_owned() };
                }
                planned
            }
        })
        .collect()
}

fn event(attempt: u32, kind: u8, at: Millis) -> Event {
    let problem = Problem::new(format!("problem {kind}"));
    let id = Some(MessageId::new(format!("wamid.{attempt}.{}", at.0)));
    let attempt = AttemptNo(attempt);
    let news = |news| Event::News { attempt, news, at };
    match kind {
        0 | 1 => Event::Accepted { attempt, id, at },
        2 => Event::Accepted { attempt, id: None, at },
        3 => Event::NotAccepted { attempt, not_before: at, counts: true, problem },
        4 => Event::NotAccepted { attempt, not_before: Millis::ZERO, counts: false, problem },
        5 => Event::Refused { attempt, at, problem },
        6 | 7 => Event::Doubted { attempt, at, problem },
        8 => Event::Looked { attempt, at, unseen: at.0.is_multiple_of(2), problem },
        9 => Event::Found { attempt, id, at },
        10 => Event::FoundFailed { attempt, id, at, problem },
        11 => {
            Event::Resend { by: if at.0.is_multiple_of(2) { ResendBy::Operator } else { ResendBy::Unseen } }
        }
        12 => news(News::Reached(Reach::Delivered)),
        13 => news(News::Failed(problem)),
        14 => news(News::Reached(Reach::Read)),
        15 => Event::Retry { not_before: at },
        16 => Event::Withdrawn { attempt, not_before: Millis(if at.0.is_multiple_of(2) { 0 } else { at.0 }) },
        _ => Event::Cancelled { by_removal: false },
    }
}

/// How the local queue's process ends and begins.
trait Home {
    fn open(&self) -> LocalQueue;
    fn lose_states(&self);
    fn view(&self) -> View;
}

impl Home for World {
    fn open(&self) -> LocalQueue {
        World::open(self).unwrap()
    }
    fn lose_states(&self) {
        self.stores.restore(&Default::default());
    }
    fn view(&self) -> View {
        let disk: SharedDisk = Arc::new(self.disk.clone());
        View::open(disk, Path::new(DIR)).unwrap()
    }
}

struct Real(tempfile::TempDir);

impl Real {
    fn dir(&self) -> PathBuf {
        self.0.path().join("round")
    }
}

impl Home for Real {
    fn open(&self) -> LocalQueue {
        LocalQueue::open(RealDisk::shared(), &self.dir(), Some(&identity())).unwrap()
    }
    fn lose_states(&self) {
        std::fs::remove_dir_all(self.dir().join("queue")).unwrap();
    }
    fn view(&self) -> View {
        View::open(RealDisk::shared(), &self.dir()).unwrap()
    }
}

async fn perform<Q: Queue>(queue: &mut Q, op: &Op) -> String {
    match op {
        Op::Plan(rows) => format!("{:?}", plan(queue, planned(rows)).await),
        Op::Claim { sender, count, skip, at } => {
            let want = [Want { sender: SenderNo(*sender), count: *count, untouched: true }];
            let mut seen = Vec::new();
            let mut admit = |candidate: Candidate| {
                seen.push(candidate);
                candidate.job.0 % 20 != *skip
            };
            let intents = queue.claim(&want, lease(), Millis(T0.0 + at), &mut admit).await.unwrap();
            format!("{intents:?} {seen:?}")
        }
        Op::Change { job, attempt, kind, at } => {
            let event = event(*attempt, *kind, Millis(T0.0 + at + u64::from(*job)));
            format!("{:?}", record(queue, JobId(*job), event).await)
        }
        Op::Take => format!("{:?}", queue.take(OWNER, T0).await.unwrap()),
        Op::Order { id, wanted, job } => {
            let wanted = [None, Some(Wanted::Running), Some(Wanted::Paused), None][usize::from(*wanted)];
            let event = Event::Cancelled { by_removal: false };
            let changes = vec![Change { job: JobId(*job), expect: Some(0), event }];
            let order = Some(OrderId::new(format!("order {id}")));
            format!("{:?}", queue.record(Batch { order, wanted, changes }, T0).await.unwrap())
        }
        Op::Sync => format!("{:?}", queue.sync().await.unwrap()),
        Op::Reopen { .. } | Op::Rebuild => String::new(),
    }
}

/// All that shows of a queue.
fn face<Q: Queue>(queue: &mut Q) -> Vec<String> {
    let counts = queue.counts();
    let total = u32::try_from(counts.total()).unwrap();
    let mut face = vec![
        format!("{counts:?} retrying {}", queue.retrying()),
        format!("due {:?} {:?}", queue.next_due(SenderNo(0), true), queue.next_due(SenderNo(1), true)),
        format!("wanted {:?} started {:?}", queue.wanted(), queue.started_at()),
        format!(
            "orders {:?}",
            (0..4).map(|n| queue.order_applied(&OrderId::new(format!("order {n}")))).collect::<Vec<_>>()
        ),
        format!("{:?}", queue.in_doubt().unwrap()),
        format!("{:?}", queue.undelivered(JobId(0), 3).unwrap()),
        format!("{:?}", queue.undelivered(JobId(4), 100).unwrap()),
    ];
    face.extend((0..=total).map(|id| format!("{:?}", queue.listed(JobId(id)).unwrap())));
    face.extend(scan(queue).iter().map(|line| format!("{line:?}")));
    for status in Status::ALL {
        face.push(format!("{:?}", queue.in_status(status, JobId(1), 4).unwrap()));
    }
    for id in 0..total {
        let job = queue.job(JobId(id)).unwrap().unwrap();
        for (_, delivery) in job.deliveries() {
            let found = delivery.id.as_ref().map(|id| queue.by_message_id(id).unwrap());
            // Ids of these tests may repeat: any job that has it will do.
            face.push(format!("{:?}", found.map(|found| found.is_some())));
        }
    }
    face
}

async fn agree(home: &impl Home, local: LocalQueue, ops: &[Op]) {
    let mut local = local;
    let mut model = MemoryQueue::new(identity());
    for (n, op) in ops.iter().enumerate() {
        match op {
            Op::Reopen { clean: true } => {
                local.close().await.unwrap();
                local = home.open();
            }
            Op::Reopen { clean: false } => {
                local.sync().await.unwrap();
                drop(local);
                local = home.open();
            }
            Op::Rebuild => {
                local.close().await.unwrap();
                home.lose_states();
                local = home.open();
            }
            _ => {}
        }
        let (ours, theirs) = (perform(&mut local, op).await, perform(&mut model, op).await);
        assert_eq!(ours, theirs, "operation {n}: {op:?}");
        let (ours, theirs) = (face(&mut local), face(&mut model));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_eq!(ours, theirs, "after operation {n}: {op:?}");
        }
        assert_eq!(ours.len(), theirs.len());
        assert_eq!(local.counts().total(), scan_and_hidden(&mut local));
    }
    local.sync().await.unwrap();
    assert_eq!(local.changes(0, usize::MAX).unwrap(), model.changes(0, usize::MAX).unwrap());
    // Someone who looks in from outside sees the same.
    let mut view = home.view();
    assert_eq!((view.counts(), view.retrying()), (model.counts(), model.retrying()));
    assert_eq!(view.in_doubt().unwrap(), model.in_doubt().unwrap());
    let mut lines = Vec::new();
    view.scan(&mut |line| {
        lines.push(line);
        Ok(())
    })
    .unwrap();
    assert_eq!(lines, scan(&mut model));
    assert_eq!(
        (view.wanted(), view.started_at(), view.head()),
        (model.wanted(), model.started_at(), model.head())
    );
}

/// Lines of the report, and those it passes over: together, everybody (**L**).
fn scan_and_hidden(queue: &mut LocalQueue) -> u64 {
    let lines = scan(queue).len() as u64;
    let total = queue.counts().total();
    let hidden = (0..u32::try_from(total).unwrap())
        .filter_map(|id| queue.listed(JobId(id)).unwrap())
        .filter(|line| line.job.removed && matches!(line.job.status(), Status::Cancelled | Status::Skipped))
        .filter(|line| line.row.row.is_none())
        .count() as u64;
    // One that was listed as sending may have been cancelled since: it is in both.
    assert!(lines + hidden >= total, "{lines} lines, {hidden} hidden, {total} in all");
    total
}

/// Chance is seeded, so that every run tries the same. `SENDCAST_CASES=10` tries ten times as many,
/// `SENDCAST_SEED` others.
fn config(cases: u32) -> ProptestConfig {
    let number = |name| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    ProptestConfig {
        cases: cases * number("SENDCAST_CASES").unwrap_or(1),
        rng_seed: RngSeed::Fixed(u64::from(number("SENDCAST_SEED").unwrap_or(20))),
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn local_and_model_agree(ops in prop::collection::vec(op(), 1..60), first in rows()) {
        let world = World::new();
        let ops = [vec![Op::Plan(first)], ops].concat();
        run(agree(&world, world.create().unwrap(), &ops));
    }
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn local_on_a_real_disk_and_model_agree(ops in prop::collection::vec(op(), 20..60), first in rows()) {
        let home = Real(tempfile::tempdir().unwrap());
        let ops = [vec![Op::Plan(first)], ops].concat();
        let local = LocalQueue::create(RealDisk::shared(), &home.dir(), home.0.path(), identity()).unwrap();
        run(agree(&home, local, &ops));
    }
}
