//! The whole engine in virtual time, against a server whose acceptances are the truth.
#![cfg(test)]

mod failures;
mod hooks;
mod numbers;
mod orders;
mod promise;
mod schedule;
mod simulator;
mod world;

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use sendcast::domain::ids::{NumberId, OwnerId, SenderNo};
use sendcast::domain::message::Message;
use sendcast::domain::phone::{Phone, PhoneIdentity};
use sendcast::domain::plan::{Fate, PlanHead, PlannedRow};
use sendcast::domain::policy::RetryPolicy;
use sendcast::domain::priority::Priority;
use sendcast::domain::problem::Problem;
use sendcast::domain::rate::Rate;
use sendcast::domain::time::Millis;
use sendcast::engine::snapshot::{Notice, Observer, Snapshot};
use sendcast::engine::{Ending, OptOuts, Options, Setup, run};
use sendcast::queue::local::{LocalQueue, MemoryStores, Storage};
use sendcast::queue::{Identity, Queue};
use sendcast::sendwo::{Client, Token};
use sendcast::sys::clock::{Clock, VirtualClock};
use sendcast::sys::disk::{Disk as _, RealDisk, SharedDisk};
use sendcast::sys::home::Home;
use sendcast::sys::memory_disk::MemoryDisk;
use sendcast::sys::platform::Interrupt;
use tokio::sync::watch;
use tokio::task::LocalSet;
use world::{Faults, World};

use crate::others::{Others, permits};

/// 2026-11-22, seven minutes past ten in the morning UTC: a server's zone is sure within a quarter of an hour.
const START: Millis = Millis(1_795_342_020_000);

/// What a run tells its watcher.
#[derive(Clone, Default)]
pub struct Seen {
    pub snapshots: Rc<RefCell<Vec<Snapshot>>>,
    pub notices: Rc<RefCell<Vec<String>>>,
}

impl Observer for Seen {
    fn snapshot(&mut self, snapshot: &Snapshot) {
        assert_eq!(snapshot.counts.total(), snapshot.total, "counts add up at every moment");
        self.snapshots.borrow_mut().push(snapshot.clone());
    }
    fn notice(&mut self, notice: Notice) {
        self.notices.borrow_mut().push(notice.text);
    }
}

/// An opt-out list in memory, and whether it can't be read at the moment.
#[derive(Clone, Default)]
pub struct List(pub Rc<RefCell<HashSet<PhoneIdentity>>>, pub Rc<Cell<bool>>);

impl OptOuts for List {
    fn refresh(&mut self) -> Result<(), Problem> {
        if self.1.get() { Err(Problem::new("the opt-out list can't be read")) } else { Ok(()) }
    }
    fn contains(&self, phone: Phone) -> bool {
        self.0.borrow().contains(&phone.identity())
    }
    fn add(&mut self, phone: Phone, _reason: &str, _at: Millis) -> std::io::Result<()> {
        self.0.borrow_mut().insert(phone.identity());
        Ok(())
    }
}

/// A data directory, a server and a campaign of `people`.
pub struct Stage {
    pub dir: tempfile::TempDir,
    pub disk: SharedDisk,
    pub world: World,
    pub clock: VirtualClock,
    pub options: Options,
    pub seen: Seen,
    pub optouts: List,
    pub people: u64,
    /// So many numbers send, in turns: `number`, `number-1`, …
    pub numbers: u16,
    /// Everybody gets a flow instead of a text.
    pub flows: bool,
    /// Everybody gets buttons, `yes` and `no`.
    pub buttons: bool,
    stores: MemoryStores,
    runs: u64,
}

pub fn phone(n: u64) -> Phone {
    Phone::from_digits(&(919_800_000_000 + n).to_string()).unwrap()
}

/// The number at this position.
pub fn number(no: u16) -> NumberId {
    NumberId::new(if no == 0 { "number".to_owned() } else { format!("number-{no}") })
}

impl Stage {
    pub fn new(seed: u64, people: u64, faults: Faults) -> Stage {
        let clock = VirtualClock::starting_at(START);
        let memory = MemoryDisk::new();
        let dir = tempfile::tempdir().unwrap();
        memory.create_dir_all(dir.path()).unwrap();
        Stage {
            dir,
            disk: Arc::new(memory),
            world: World::new(seed, faults, clock),
            clock,
            options: Options {
                rate: "100/s".parse().unwrap(),
                priority: Priority::default(),
                timetable: None,
                daily: None,
                limit: None,
                canary: None,
                guard: None,
                retry: RetryPolicy::default(),
                concurrency: 16,
                track: Duration::from_secs(60),
                resend_unseen: false,
                request_timeout: Duration::from_secs(30),
                api_is_known: true,
                pulse: Duration::from_millis(250),
                timezone: jiff::tz::TimeZone::UTC,
                seed,
            },
            seen: Seen::default(),
            optouts: List::default(),
            people,
            numbers: 1,
            flows: false,
            buttons: false,
            stores: MemoryStores::default(),
            runs: 0,
        }
    }

    /// The machine's own disk, with its locks.
    pub fn on_a_real_disk(mut self) -> Stage {
        self.disk = RealDisk::shared();
        self
    }

    pub fn rate(mut self, rate: &str) -> Stage {
        self.options.rate = rate.parse::<Rate>().unwrap();
        self
    }

    pub fn round(&self) -> PathBuf {
        self.home().round("test", 1)
    }

    pub fn home(&self) -> Home {
        Home::new(self.dir.path())
    }

    fn storage(&self) -> Storage {
        Storage { disk: self.disk.clone(), stores: Box::new(self.stores.clone()), inline: true }
    }

    /// The queue, planned if it isn't.
    pub async fn queue(&self) -> LocalQueue {
        let identity = Identity {
            campaign: "test".into(),
            kind: sendcast::domain::round_kind::RoundKind::Campaign,
            path: PathBuf::new(),
            origin: "http://world".into(),
            round: 1,
        };
        let round = self.round();
        if LocalQueue::exists(&*self.disk, &round).unwrap() {
            return LocalQueue::open_on(self.storage(), &round, Some(&identity)).unwrap();
        }
        let mut queue = LocalQueue::create_on(self.storage(), &round, self.dir.path(), identity).unwrap();
        let head = PlanHead {
            columns: vec!["phone".into()],
            senders: (0..self.numbers).map(number).collect(),
            source_hash: String::new(),
            source: "inline".into(),
            ..PlanHead::default()
        };
        let mut rows = (0..self.people).map(|n| Ok::<_, std::convert::Infallible>(self.row(n)));
        let staged = queue.stage(head, &mut rows).unwrap();
        queue.adopt(staged, self.clock.now()).await.unwrap();
        queue
    }

    fn setup(&mut self, interrupted: watch::Receiver<Option<Interrupt>>) -> Setup<World, VirtualClock> {
        self.runs += 1;
        let owner = OwnerId(self.runs);
        Setup {
            client: Client::new(self.world.clone(), Token::new("token").unwrap()),
            clock: self.clock,
            disk: self.disk.clone(),
            permits: permits(self.disk.clone(), self.home(), owner, &self.options),
            home: self.home(),
            round: self.round(),
            options: Options { seed: self.options.seed + self.runs, ..self.options.clone() },
            owner,
            optouts: Rc::new(RefCell::new(Box::new(self.optouts.clone()))),
            other_campaigns: Box::new(Others),
            cap: None,
            observer: Box::new(self.seen.clone()),
            interrupted,
        }
    }

    /// One run to its end.
    pub async fn run(&mut self) -> (LocalQueue, Ending) {
        let (_ask, interrupted) = watch::channel(None);
        self.run_until(interrupted).await
    }

    pub async fn run_until(
        &mut self,
        interrupted: watch::Receiver<Option<Interrupt>>,
    ) -> (LocalQueue, Ending) {
        let queue = self.queue().await;
        let setup = self.setup(interrupted);
        LocalSet::new().run_until(run(queue, setup)).await.unwrap()
    }

    /// A run that is killed after so long: everything in memory is gone. `None` when it was killed.
    pub async fn run_for(&mut self, span: Duration) -> Option<(LocalQueue, Ending)> {
        let (_ask, interrupted) = watch::channel(None);
        tokio::time::timeout(span, self.run_until(interrupted)).await.ok()
    }

    /// Runs and kills until it settles.
    pub async fn run_with_kills(&mut self, kills: u32, seed: u64) -> (LocalQueue, Ending) {
        let mut chance = fastrand::Rng::with_seed(seed);
        for _ in 0..kills {
            if let Some(ended) = self.run_for(Duration::from_millis(chance.u64(20..4_000))).await {
                return ended;
            }
        }
        self.run().await
    }
}

impl Stage {
    fn row(&self, n: u64) -> PlannedRow {
        let digits = phone(n).digits();
        let message = if self.flows {
            Message::Flow { flow_id: "FLOW".into() }
        } else if self.buttons {
            let button =
                |id: &str| sendcast::domain::message::Button { id: id.into(), title: format!("{id}!") };
            Message::Buttons {
                body: format!("Are you coming, {n}?"),
                buttons: vec![button("yes"), button("no")],
            }
        } else {
            Message::Text { body: format!("Hello number {n}, welcome!") }
        };
        PlannedRow {
            row: Some(u32::try_from(n).unwrap() + 2),
            key: Some(digits.clone().into()),
            to: digits.clone().into(),
            phone: Some(phone(n)),
            sender: SenderNo(u16::try_from(n % u64::from(self.numbers)).unwrap()),
            variant: None,
            cells: vec![digits.into()],
            fate: Fate::Send(message.into()),
        }
    }
}
