//! A round of made-up people, and what a run does with it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use sendcast::domain::ids::{MessageId, NumberId, OwnerId, SenderNo};
use sendcast::domain::job::Event;
use sendcast::domain::message::Message;
use sendcast::domain::phone::Phone;
use sendcast::domain::plan::{Fate, PlanHead, PlannedRow};
use sendcast::domain::text::Cell;
use sendcast::domain::time::Millis;
use sendcast::queue::local::{MemoryStores, Storage};
use sendcast::queue::{Batch, Change, ClaimRequest, Identity, Intent, Lease, Listing, LocalQueue, Queue};
use sendcast::sys::disk::{RealDisk, SharedDisk};
use sendcast::sys::memory_disk::MemoryDisk;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::data::{self, COLUMNS, Cells};

/// A round's directory.
pub const NAME: &str = "round-001";

/// So many messages are claimed, and their outcomes recorded, at once.
pub const GROUP: usize = 64;

const NOW: Millis = Millis(1_790_000_000_000);
const LEASE: Lease = Lease { owner: OwnerId(7), until: Millis(NOW.0 + 60_000) };

/// One thread, as the program has it.
pub fn runtime() -> Runtime {
    Builder::new_current_thread().build().expect("a runtime")
}

/// Where a round lies.
#[derive(Clone, Copy)]
pub enum Place {
    Memory,
    Directory,
}

/// A directory on the disk that the build is on: the system's temporary one may be memory.
pub fn directory() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a directory")
}

/// A queue, and the messages in flight.
pub struct Round {
    pub queue: LocalQueue,
    held: Vec<Intent>,
    /// Messages that were never claimed.
    pub left: usize,
    disk: SharedDisk,
    /// What a directory's round lies in; it goes with this.
    pub home: Option<TempDir>,
}

impl Round {
    /// So many rows, none of them sent.
    pub async fn new(place: Place, rows: usize) -> Round {
        let (storage, home) = match place {
            Place::Memory => {
                let (disk, stores) = (Arc::new(MemoryDisk::new()), Box::new(MemoryStores::default()));
                (Storage { disk, stores, inline: true }, None)
            }
            Place::Directory => (Storage::real(RealDisk::shared()), Some(directory())),
        };
        let below = home.as_ref().map_or(Path::new("/data"), TempDir::path);
        let disk = Arc::clone(&storage.disk);
        let created = LocalQueue::create_on(storage, &below.join(NAME), below, identity());
        let mut queue = created.expect("a new round");
        let people = (2..).zip(data::people(rows, data::clean));
        let mut plan = people.map(|(row, cells)| Ok::<_, ()>(planned(row, cells)));
        let staged = queue.stage(head(), &mut plan).expect("a plan");
        queue.adopt(staged, NOW).await.expect("a plan");
        queue.take(LEASE.owner, NOW).await.expect("the queue");
        Round { queue, held: Vec::new(), left: rows, disk, home }
    }

    /// The report's lines, as readers have them.
    pub fn listing(&self) -> Listing {
        let below = self.home.as_ref().map_or(Path::new("/data"), TempDir::path);
        Listing::open(Arc::clone(&self.disk), &below.join(NAME)).expect("a listing")
    }

    /// All that were in flight were accepted, the next ones are claimed: one group of the journal. Tells how long
    /// the queue took.
    pub async fn turn(&mut self) -> Duration {
        let changes = self.held.drain(..).map(accepted).collect();
        let wants = [ClaimRequest { sender: SenderNo(0), count: GROUP, untouched: true }];
        let begun = Instant::now();
        self.queue.record(Batch { changes, ..Batch::default() }, NOW).await.expect("outcomes");
        self.held = self.queue.claim(&wants, LEASE, NOW, &mut |_| true).await.expect("intents");
        let took = begun.elapsed();
        self.left -= self.held.len();
        took
    }

    /// Turns until so many are left.
    pub async fn work(&mut self, left: usize) {
        while self.left > left {
            self.turn().await;
        }
    }

    /// The journal's length.
    pub fn journal(&self) -> u64 {
        let len = LocalQueue::journal_len(&*self.disk, self.queue.dir()).expect("a journal");
        len.expect("a journal")
    }
}

fn accepted(intent: Intent) -> Change {
    let id = MessageId::new(format!("wamid.HBgMOTE5ODc2NTQzMjEwFQIA{:08}=", intent.job.0));
    let event = Event::Accepted { attempt: intent.attempt, id: Some(id), at: NOW };
    Change { job: intent.job, expect: None, event }
}

pub fn identity() -> Identity {
    let (campaign, origin) = ("bench".to_owned(), "https://login.sendwo.com".to_owned());
    let kind = sendcast::domain::round_kind::RoundKind::Campaign;
    Identity { campaign, kind, path: PathBuf::from("/bench.json"), origin, round: 1 }
}

pub fn head() -> PlanHead {
    PlanHead {
        columns: COLUMNS.map(str::to_owned).into(),
        senders: vec![NumberId::new("PHONE_NUMBER_ID")],
        source_hash: String::new(),
        source: "people.csv".to_owned(),
        ..PlanHead::default()
    }
}

fn planned(row: u32, cells: Cells) -> PlannedRow {
    let [phone, first_name, city, order, ..] = &cells;
    let body = format!("Hi {first_name}, your order {order} from {city} is on its way.");
    let to = Cell::from(phone.trim_start_matches('+'));
    PlannedRow {
        row: Some(row),
        key: Some(to.clone()),
        phone: Phone::from_digits(&to),
        to,
        sender: SenderNo(0),
        variant: None,
        fate: Fate::Send(Message::Text { body }.into()),
        cells: cells.iter().map(Cell::from).collect(),
    }
}
