//! A round to be bent: plans, journal, commit marker and states as the queue itself wrote them, on a disk in memory; and
//! what a round shows to those who look at it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use sendcast::domain::ids::{JobId, MessageId, NumberId, OrderId, OwnerId, PlanNo, SenderNo};
use sendcast::domain::job::{Event, Job};
use sendcast::domain::message::Message;
use sendcast::domain::phone::Phone;
use sendcast::domain::plan::{Fate, PlanHead, PlannedRow, SkipCause};
use sendcast::domain::problem::Problem;
use sendcast::domain::status::{Counts, Status};
use sendcast::domain::time::Millis;
use sendcast::queue::local::{
    BlockStore, KeyVisitor, StatesCheck, Storage, StoreError, Stores, WriteBatch, verify_on,
};
use sendcast::queue::{
    Batch, Candidate, Change, ClaimRequest, DesiredState, Identity, Lease, LocalQueue, Queue, QueueError,
    View,
};
use sendcast::sys::disk::Disk;
use sendcast::sys::memory_disk::MemoryDisk;

use super::input::now;

pub const DIR: &str = "/data/fuzz/1";
pub const T0: Millis = Millis(1_790_000_000_000);
/// Past every time that an entry names.
const LATE: Millis = Millis(1 << 60);
const OWNER: OwnerId = OwnerId(7);

/// Keys and values of a store.
pub type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// States in memory, open to be changed.
#[derive(Clone, Debug, Default)]
pub struct Shelf(Arc<Mutex<(Map, bool)>>);

impl Shelf {
    pub fn of(map: Map) -> Shelf {
        Shelf(Arc::new(Mutex::new((map, false))))
    }

    pub fn map(&self) -> Map {
        self.with(|(map, _)| map.clone())
    }

    fn with<T>(&self, act: impl FnOnce(&mut (Map, bool)) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl BlockStore for Shelf {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.with(|(map, _)| map.get(key).cloned()))
    }

    fn scan(&mut self, prefix: &[u8], each: &mut KeyVisitor<'_>) -> Result<(), StoreError> {
        let map = self.map();
        let from = map.range(prefix.to_vec()..);
        from.take_while(|(key, _)| key.starts_with(prefix)).try_for_each(|(key, value)| each(key, value))
    }

    fn apply(&mut self, batch: WriteBatch) -> Result<(), StoreError> {
        self.with(|(map, _)| map.extend(batch));
        Ok(())
    }

    fn condemn(&mut self) {
        self.with(|(_, condemned)| *condemned = true);
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Stores for Shelf {
    fn open(&self, _: &Path) -> Result<Box<dyn BlockStore>, StoreError> {
        match self.with(|(_, condemned)| *condemned) {
            true => Err(StoreError::Damaged("it was found damaged the last time".to_owned())),
            false => Ok(Box::new(self.clone())),
        }
    }

    fn exists(&self, _: &Path) -> Result<bool, StoreError> {
        Ok(self.with(|(map, _)| !map.is_empty()))
    }

    fn set_aside(&self, _: &Path) -> Result<String, StoreError> {
        self.with(|inner| *inner = (Map::new(), false));
        Ok("memory".to_owned())
    }

    fn remove(&self, dir: &Path) -> Result<(), StoreError> {
        self.set_aside(dir).map(drop)
    }
}

/// The files of a round, its states, and what it shows.
pub struct Base {
    pub files: BTreeMap<&'static str, Vec<u8>>,
    /// The states as they were left, and as they were earlier.
    pub states: [Map; 2],
    pub seen: Seen,
    /// The end of each whole commit batch of the journal.
    pub ends: Vec<usize>,
}

thread_local! {
    static BASE: Base = base();
}

/// Hands out the round.
pub fn with<T>(body: impl FnOnce(&Base) -> T) -> T {
    BASE.with(body)
}

impl Base {
    /// A disk with these files.
    pub fn disk(files: &BTreeMap<&'static str, Vec<u8>>) -> MemoryDisk {
        let disk = MemoryDisk::new();
        disk.create_dir_all(Path::new(DIR)).expect("a directory");
        for (name, bytes) in files {
            let file = disk.create_new(&path(name)).expect("a file");
            file.write_at(0, bytes).expect("its bytes");
        }
        disk
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(DIR).join(name)
}

fn storage(disk: &MemoryDisk, shelf: &Shelf) -> Storage {
    Storage { disk: Arc::new(disk.clone()), stores: Box::new(shelf.clone()), inline: true }
}

/// Opens the queue.
pub fn open(disk: &MemoryDisk, shelf: &Shelf) -> Result<LocalQueue, QueueError> {
    LocalQueue::open_on(storage(disk, shelf), Path::new(DIR), None)
}

fn row(at: u32, person: u32, body: &str) -> PlannedRow {
    let phone = Phone::from_value(919_000_000_000 + u64::from(person)).expect("a phone");
    PlannedRow {
        row: Some(at),
        key: Some(format!("k{person}").into()),
        to: phone.digits().into(),
        phone: Some(phone),
        sender: SenderNo(u16::try_from(person % 2).unwrap_or(0)),
        variant: None,
        cells: vec![format!("name {person}").into(), phone.digits().into()],
        fate: Fate::Send(Message::Text { body: body.to_owned() }.into()),
    }
}

fn bad(at: u32) -> PlannedRow {
    let fate =
        Fate::Skip { cause: SkipCause::Bad, problem: Problem::new("too short"), kind: "text".to_owned() };
    PlannedRow { key: None, to: "12".into(), phone: None, fate, ..row(at, 0, "") }
}

fn plan(queue: &mut LocalQueue, rows: Vec<PlannedRow>) {
    let head = PlanHead {
        columns: vec!["Name".to_owned(), "Mobile".to_owned()],
        senders: vec![NumberId::new("100"), NumberId::new("200")],
        source_hash: "ab".to_owned(),
        source: "customers.csv".to_owned(),
        ..PlanHead::default()
    };
    let staged = queue.stage(head, &mut rows.into_iter().map(Ok::<_, ()>)).expect("a plan");
    now(queue.adopt(staged, T0)).expect("adopted");
}

fn claim(
    queue: &mut LocalQueue,
    count: usize,
    at: Millis,
) -> Result<Vec<sendcast::queue::Intent>, QueueError> {
    let wants = [0, 1].map(|sender| ClaimRequest { sender: SenderNo(sender), count, untouched: true });
    now(queue.claim(&wants, Lease { owner: OWNER, until: at }, at, &mut |_: Candidate| true))
}

fn record(queue: &mut LocalQueue, job: JobId, event: Event) -> Result<(), QueueError> {
    let changes = vec![Change { job, expect: None, event }];
    let order = Some(OrderId::new(format!("order-{}", job.0)));
    now(queue.record(Batch { order, wanted: Some(DesiredState::Running), changes }, T0)).map(|_| ())
}

fn base() -> Base {
    let (disk, shelf) = (MemoryDisk::new(), Shelf::default());
    let identity = Identity {
        campaign: "fuzz".to_owned(),
        kind: sendcast::domain::round_kind::RoundKind::Campaign,
        path: PathBuf::from("/home/anna/fuzz.json"),
        origin: "https://login.sendwo.com".to_owned(),
        round: 1,
    };
    let created = LocalQueue::create_on(storage(&disk, &shelf), Path::new(DIR), Path::new("/data"), identity);
    let mut queue = created.expect("a round");
    let people = |body: &str| (0..4).map(|n| row(n + 2, n, body)).collect::<Vec<_>>();
    plan(&mut queue, people("hi").into_iter().chain([bad(6)]).collect());
    now(queue.take(OWNER, T0)).expect("taken");
    let intents = claim(&mut queue, 1, T0).expect("claimed");
    let [first, second] = intents.as_slice() else { panic!("{intents:?}") };
    let id = Some(MessageId::new("wamid.A="));
    record(&mut queue, first.job, Event::Accepted { attempt: first.attempt, id, at: T0 }).expect("recorded");
    let problem = Problem::new("reset");
    let doubted = Event::Doubted { attempt: second.attempt, at: T0, problem };
    record(&mut queue, second.job, doubted).expect("recorded");
    // An edited file: another order, one changed, one gone, one new.
    let mut edited = people("hello");
    edited.remove(2);
    edited.swap(0, 1);
    edited.push(row(9, 8, "new"));
    plan(&mut queue, edited);
    let older = shelf.map();
    claim(&mut queue, 1, T0).expect("claimed");
    now(queue.close()).expect("closed");

    let mut files = BTreeMap::new();
    for name in ["journal", "mark", "manifest.json", "plan-001.plan", "plan-002.plan"] {
        files.insert(name, disk.read(&path(name)).expect(name));
    }
    let mut ends = Vec::new();
    let journal = &files["journal"];
    let mut at = 32;
    while at < journal.len() {
        let len: [u8; 4] = journal[at + 4..at + 8].try_into().expect("four bytes");
        at += 32 + u32::from_le_bytes(len) as usize;
        ends.push(at);
    }
    let seen = look(&disk).expect("a sound round").expect("readable");
    Base { files, states: [shelf.map(), older], seen, ends }
}

/// What a reader sees of a round.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    pub counts: Counts,
    pub sequence: u64,
    pub wanted: DesiredState,
    pub jobs: Vec<Job>,
}

/// Looks in. `Err`: refused. `Ok(None)`: a plan can't be read to its end.
pub fn look(disk: &MemoryDisk) -> Result<Option<Seen>, QueueError> {
    let mut view = View::open(Arc::new(disk.clone()), Path::new(DIR))?;
    let mut jobs = Vec::new();
    while let Some(job) = view.job(JobId(u32::try_from(jobs.len()).expect("few jobs")))? {
        jobs.push(job);
    }
    let seen = Seen { counts: view.counts(), sequence: view.sequence(), wanted: view.wanted(), jobs };
    add_up(&seen, view.retrying());
    let mut entries = 0;
    view.entries(&mut |sequence, _| {
        entries += 1;
        assert_eq!(sequence, entries);
        Ok(())
    })?;
    assert_eq!(entries, seen.sequence);
    let Ok(doubts) = view.in_doubt() else { return Ok(None) };
    let found: Vec<_> = doubts.iter().map(|doubt| (doubt.job, doubt.attempt)).collect();
    let mut expected = Vec::new();
    for (n, job) in (0..).zip(&seen.jobs) {
        expected.extend(job.doubts().map(|attempt| (JobId(n), attempt.no)));
    }
    assert_eq!(found, expected, "doubt isn't exact");
    let mut listed = 0;
    let scanned = view.scan(&mut |line| {
        assert_eq!(*line.job, seen.jobs[line.id.0 as usize]);
        listed += 1;
        Ok(())
    });
    assert!(listed <= seen.jobs.len());
    Ok(scanned.is_ok().then_some(seen))
}

/// **L**: counts are what the jobs add up to.
fn add_up(seen: &Seen, retrying: u64) {
    let mut counted = Counts::default();
    seen.jobs.iter().for_each(|job| counted[job.status()] += 1);
    assert_eq!(seen.counts, counted);
    assert_eq!(retrying, seen.jobs.iter().filter(|job| job.retrying()).count() as u64);
}

/// The jobs that a queue has.
pub fn jobs(queue: &mut LocalQueue) -> Result<Vec<Job>, QueueError> {
    let mut jobs = Vec::new();
    while let Some(job) = queue.job(JobId(u32::try_from(jobs.len()).expect("few jobs")))? {
        jobs.push(job);
    }
    Ok(jobs)
}

/// Takes the queue and goes on with it, as a run would. **D**: only what is queued is claimed. Afterwards the round
/// shows what the queue says, and is sound.
pub fn go_on(disk: &MemoryDisk, shelf: &Shelf, mut queue: LocalQueue, seen: &Seen) -> Result<(), QueueError> {
    now(queue.take(OWNER, T0))?;
    assert_eq!(queue.counts()[Status::Sending], 0, "what was in flight is in doubt");
    let before = jobs(&mut queue)?;
    for intent in claim(&mut queue, 8, LATE)? {
        let job = &before[intent.job.0 as usize];
        assert_eq!(job.status(), Status::Queued, "{:?} is claimed", seen.jobs[intent.job.0 as usize]);
        assert!(intent.attempt.0 > job.issued, "an attempt's number comes twice");
        record(&mut queue, intent.job, Event::Accepted { attempt: intent.attempt, id: None, at: LATE })?;
    }
    now(queue.sync())?;
    let (counts, jobs) = (queue.counts(), jobs(&mut queue)?);
    now(queue.close())?;
    let again = look(disk)?;
    assert!(
        again.is_none_or(|again| (again.counts, again.jobs) == (counts, jobs)),
        "not what the queue said"
    );
    let report = verify_on(&storage(disk, shelf), Path::new(DIR))?;
    assert!(matches!(report.states, StatesCheck::Agree { .. }), "{report:?}");
    Ok(())
}

/// Goes on with a queue of which nothing is known: it does so, or says why not.
pub fn resume(mut queue: LocalQueue) -> Result<(), QueueError> {
    now(queue.take(OWNER, T0))?;
    for intent in claim(&mut queue, 8, LATE)? {
        record(&mut queue, intent.job, Event::Accepted { attempt: intent.attempt, id: None, at: LATE })?;
    }
    queue.scan(&mut |_| Ok(()))?;
    queue.in_doubt()?;
    queue.undelivered(JobId(0), 8)?;
    queue.by_message_id(&MessageId::new("wamid.A="))?;
    now(queue.close())
}

/// What a verification says of the states: whether they agree with the journal.
pub fn agrees(disk: &MemoryDisk, shelf: &Shelf) -> bool {
    let report = verify_on(&storage(disk, shelf), Path::new(DIR));
    report.is_ok_and(|report| matches!(report.states, StatesCheck::Agree { .. }))
}

/// The plan in force in [`Base`].
pub const PLAN: PlanNo = PlanNo(2);
