//! The queue: one suite over every implementation, a model test, power cuts, damage, looking in.

#![cfg(test)]

mod crash;
mod damage;
mod disk;
mod edited;
mod forget;
mod images;
mod listing;
mod machine;
mod others;
mod permits;
mod put_off;
mod strange;
mod suite;

use std::path::{Path, PathBuf};

use sendcast::domain::ids::{AttemptNo, JobId, MessageId, NumberId, OwnerId, PlanNo, SenderNo};
use sendcast::domain::job::Event;
use sendcast::domain::message::Message;
use sendcast::domain::phone::Phone;
use sendcast::domain::plan::{Fate, PlanDiff, PlanHead, PlannedRow, SkipCause};
use sendcast::domain::problem::Problem;
use sendcast::domain::time::Millis;
use sendcast::queue::local::{MemoryStores, Storage};
use sendcast::queue::{
    Applied, Batch, Candidate, Change, ClaimRequest, Entry, Identity, Intent, Lease, Listed, Listing,
    LocalQueue, PutOffFor, Queue, QueueError, Sent, Sequence, View,
};
use sendcast::sys::disk::SharedDisk;
use sendcast::sys::memory_disk::MemoryDisk;
use std::sync::Arc;

const T0: Millis = Millis(1_790_000_000_000);
const OWNER: OwnerId = OwnerId(7);

fn identity() -> Identity {
    Identity {
        campaign: "diwali".to_owned(),
        kind: sendcast::domain::round_kind::RoundKind::Campaign,
        path: PathBuf::from("/home/anna/diwali.json"),
        origin: "https://login.sendwo.com".to_owned(),
        round: 1,
    }
}

fn head() -> PlanHead {
    PlanHead {
        columns: vec!["Name".to_owned(), "Mobile".to_owned()],
        senders: vec![NumberId::new("100"), NumberId::new("200")],
        source_hash: "ab".to_owned(),
        source: "customers.csv".to_owned(),
        ..PlanHead::default()
    }
}

fn text(body: &str) -> Message {
    Message::Text { body: body.to_owned() }
}

fn phone(n: u32) -> Phone {
    Phone::from_digits(&format!("91{:010}", 9_000_000_000_u64 + u64::from(n))).unwrap()
}

/// A good row: person `n`, with a key of their own.
fn good(row: u32, n: u32, body: &str) -> PlannedRow {
    PlannedRow {
        row: Some(row),
        key: Some(format!("k{n}").into()),
        to: phone(n).digits().into(),
        phone: Some(phone(n)),
        sender: SenderNo(0),
        variant: None,
        cells: vec![format!("name {n}").into(), phone(n).digits().into()],
        fate: Fate::Send(text(body).into()),
    }
}

/// A row that names nobody.
fn bad(row: u32, why: &str) -> PlannedRow {
    PlannedRow {
        row: Some(row),
        key: None,
        to: "12".into(),
        phone: None,
        sender: SenderNo(0),
        variant: None,
        cells: vec!["?".into(), "12".into()],
        fate: Fate::Skip { cause: SkipCause::Bad, problem: Problem::new(why), kind: String::new() },
    }
}

/// `n` people in a row.
fn people(n: u32) -> Vec<PlannedRow> {
    (0..n).map(|i| good(i + 2, i, &format!("hi {i}"))).collect()
}

async fn plan<Q: Queue>(queue: &mut Q, rows: Vec<PlannedRow>) -> PlanDiff {
    plan_as(queue, head(), rows).await
}

async fn plan_as<Q: Queue>(queue: &mut Q, head: PlanHead, rows: Vec<PlannedRow>) -> PlanDiff {
    let staged = queue.stage(head, &mut rows.into_iter().map(Ok::<_, ()>)).unwrap();
    queue.adopt(staged, T0).await.unwrap()
}

fn lease() -> Lease {
    Lease { owner: OWNER, until: Millis(T0.0 + 60_000) }
}

async fn claim<Q: Queue>(queue: &mut Q, count: usize, at: Millis) -> Vec<Intent> {
    let want = ClaimRequest { sender: SenderNo(0), count, untouched: true };
    queue.claim(&[want], lease(), at, &mut |_: Candidate| true).await.unwrap()
}

async fn record<Q: Queue>(queue: &mut Q, job: JobId, event: Event) -> Applied {
    let changes = vec![Change { job, expect: None, event }];
    queue.record(Batch { changes, ..Batch::default() }, T0).await.unwrap()[0]
}

fn accepted(intent: &Intent) -> Event {
    let id = MessageId::new(format!("wamid.{}.{}=", intent.job.0, intent.attempt.0));
    Event::Accepted { attempt: intent.attempt, id: Some(id), at: T0 }
}

fn doubted(attempt: AttemptNo) -> Event {
    Event::Doubted { attempt, at: T0, problem: Problem::new("reset") }
}

fn scan<Q: Queue>(queue: &mut Q) -> Vec<Listed<'static>> {
    let mut lines = Vec::new();
    let each = &mut |line: Listed<'_>| {
        lines.push(line.into_owned());
        Ok(())
    };
    queue.scan(each).unwrap();
    lines
}

/// A report's lines, as a reader lists them.
fn listed(disk: SharedDisk, round: &Path) -> Result<Vec<Listed<'static>>, QueueError> {
    let mut lines = Vec::new();
    Listing::open(disk, round)?.parts(
        &|block: &[Listed<'_>]| block.iter().cloned().map(Listed::into_owned).collect::<Vec<_>>(),
        &mut |block| {
            lines.extend(block);
            Ok(())
        },
    )?;
    Ok(lines)
}

/// What a round's journal holds, as far as it is whole.
fn entries(disk: SharedDisk, round: &Path) -> Result<Vec<(Sequence, Entry)>, QueueError> {
    let mut entries = Vec::new();
    View::open(disk, round)?.entries(&mut |sequence, entry| {
        entries.push((sequence, entry));
        Ok(())
    })?;
    Ok(entries)
}

/// Runs a test's future on one thread, as the program does.
fn run<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// A round on a disk in memory: what outlives a process.
#[derive(Clone, Debug)]
struct World {
    disk: MemoryDisk,
    stores: MemoryStores,
}

const DATA: &str = "/data";
const DIR: &str = "/data/diwali/1";

impl World {
    fn new() -> World {
        World { disk: MemoryDisk::new(), stores: MemoryStores::default() }
    }

    fn storage(&self) -> Storage {
        let (disk, stores) = (Arc::new(self.disk.clone()), Box::new(self.stores.clone()));
        Storage { disk, stores, inline: true }
    }

    fn create(&self) -> Result<LocalQueue, QueueError> {
        LocalQueue::create_on(self.storage(), Path::new(DIR), Path::new(DATA), identity())
    }

    fn open(&self) -> Result<LocalQueue, QueueError> {
        LocalQueue::open_on(self.storage(), Path::new(DIR), Some(&identity()))
    }

    /// What the journal holds, as far as it is whole.
    fn entries(&self) -> Result<Vec<(Sequence, Entry)>, QueueError> {
        entries(Arc::new(self.disk.clone()), Path::new(DIR))
    }

    fn file(name: &str) -> PathBuf {
        Path::new(DIR).join(name)
    }
}

const FIRST: PlanNo = PlanNo(1);
