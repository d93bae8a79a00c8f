//! Campaigns on one data directory, run by the whole engine in virtual time, with a wall clock that jumps.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use sendcast::domain::ids::{NumberId, OrderId, OwnerId, SenderNo};
use sendcast::domain::message::Message;
use sendcast::domain::phone::Phone;
use sendcast::domain::plan::{Fate, PlanHead, PlannedRow};
use sendcast::domain::policy::RetryPolicy;
use sendcast::domain::priority::Priority;
use sendcast::domain::time::Millis;
use sendcast::engine::orders::{self, Order, OrderKind};
use sendcast::engine::snapshot::{Notice, Observer, Snapshot};
use sendcast::engine::{Ending, OptOuts, Options, Setup, run};
use sendcast::queue::local::{LocalQueue, MemoryStores, Storage};
use sendcast::queue::{Identity, Queue};
use sendcast::sendwo::{Client, Token};
use sendcast::sys::disk::{Disk, SharedDisk};
use sendcast::sys::home::Home;
use sendcast::sys::memory_disk::MemoryDisk;
use sendcast::sys::platform::Interrupt;
use tokio::sync::watch;

use super::server::{FIRST, Server};
use crate::clock::{ProcessClock, WallClock};
use crate::others::{Others, permits};

pub const START: Millis = Millis(1_795_341_600_000);

struct Nobody;

impl OptOuts for Nobody {
    fn refresh(&mut self) -> Result<(), sendcast::domain::problem::Problem> {
        Ok(())
    }
    fn contains(&self, _phone: Phone) -> bool {
        false
    }
    fn add(&mut self, _phone: Phone, _reason: &str, _at: Millis) -> io::Result<()> {
        Ok(())
    }
}

/// What a run says, for a test that fails; and why it held.
#[derive(Clone, Default)]
pub struct Said(pub Rc<RefCell<Vec<String>>>, pub Rc<RefCell<BTreeSet<String>>>);

impl Observer for Said {
    fn snapshot(&mut self, snapshot: &Snapshot) {
        self.1.borrow_mut().extend(snapshot.hold.clone());
    }
    fn notice(&mut self, notice: Notice) {
        self.0.borrow_mut().push(notice.text);
    }
}

/// A campaign: its round's name, how many people, from how many numbers (`number-0` on).
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    pub name: &'static str,
    /// The first person, so that campaigns don't share any.
    pub first: u32,
    pub people: u32,
    pub numbers: u8,
}

impl Campaign {
    pub const fn of(people: u32) -> Campaign {
        Campaign { name: "pace", first: 0, people, numbers: 1 }
    }

    fn row(self, n: u32, phone: fn(u64) -> u64) -> PlannedRow {
        let digits = phone(u64::from(self.first + n)).to_string();
        PlannedRow {
            row: Some(n + 2),
            key: Some(digits.clone().into()),
            to: digits.clone().into(),
            phone: Phone::from_digits(&digits),
            sender: SenderNo(u16::try_from(n % u32::from(self.numbers)).unwrap()),
            variant: None,
            cells: vec![digits.into()],
            fate: Fate::Send(Message::Text { body: "Hello".into() }.into()),
        }
    }
}

/// A data directory, a server and a machine's clock.
#[derive(Clone)]
pub struct Stage {
    memory: MemoryDisk,
    disk: SharedDisk,
    stores: Rc<RefCell<std::collections::HashMap<&'static str, MemoryStores>>>,
    pub server: Server,
    pub wall: WallClock,
    pub options: Options,
    pub said: Said,
    /// The number of each person.
    pub phone: fn(u64) -> u64,
    runs: Rc<Cell<u64>>,
}

impl Stage {
    pub fn new(seed: u64, rate: &str) -> Stage {
        let memory = MemoryDisk::new();
        memory.create_dir_all(Path::new("/data")).unwrap();
        Stage {
            disk: Arc::new(memory.clone()),
            memory,
            stores: Rc::default(),
            server: Server::new(seed),
            wall: WallClock::starting_at(START),
            options: Options {
                rate: rate.parse().unwrap(),
                priority: Priority::default(),
                timetable: None,
                daily: None,
                limit: None,
                canary: None,
                guard: None,
                retry: RetryPolicy::default(),
                concurrency: 64,
                track: Duration::ZERO,
                resend_unseen: false,
                request_timeout: Duration::from_secs(30),
                api_is_known: true,
                pulse: Duration::from_millis(250),
                timezone: jiff::tz::TimeZone::UTC,
                seed,
            },
            said: Said::default(),
            phone: |n| FIRST + n,
            runs: Rc::default(),
        }
    }

    /// The power goes and comes back, after a while.
    pub async fn power_cut(&self, seed: u64) {
        self.memory.power_cut(seed);
        if seed.is_multiple_of(2) {
            self.stores.borrow_mut().clear();
        }
        tokio::time::sleep(Duration::from_secs(20)).await;
    }

    async fn queue(&self, campaign: Campaign) -> LocalQueue {
        let stores = self.stores.borrow_mut().entry(campaign.name).or_default().clone();
        let storage = Storage { disk: self.disk.clone(), stores: Box::new(stores), inline: true };
        let identity = Identity {
            campaign: campaign.name.into(),
            kind: sendcast::domain::round_kind::RoundKind::Campaign,
            path: PathBuf::new(),
            origin: "http://server".into(),
            round: 1,
        };
        let round = self.round(campaign);
        if LocalQueue::exists(&*self.disk, &round).unwrap() {
            return LocalQueue::open_on(storage, &round, Some(&identity)).unwrap();
        }
        let mut queue = LocalQueue::create_on(storage, &round, Path::new("/data"), identity).unwrap();
        let head = PlanHead {
            columns: vec!["phone".into()],
            senders: (0..campaign.numbers).map(|n| NumberId::new(format!("number-{n}"))).collect(),
            source_hash: String::new(),
            source: "inline".into(),
            ..PlanHead::default()
        };
        let mut rows =
            (0..campaign.people).map(|n| Ok::<_, std::convert::Infallible>(campaign.row(n, self.phone)));
        let staged = queue.stage(head, &mut rows).unwrap();
        queue.adopt(staged, self.wall.now()).await.unwrap();
        queue
    }

    /// The operator clears the pause.
    pub async fn resume(&self, campaign: Campaign) {
        let mut queue = self.queue(campaign).await;
        let id = OrderId::new(format!("resume-{}", self.runs.get()));
        let order = Order { id, at: self.wall.now(), order: OrderKind::Resume };
        orders::apply(&mut queue, &order, self.wall.now()).await.unwrap();
        queue.close().await.unwrap();
    }

    fn round(&self, campaign: Campaign) -> PathBuf {
        Home::new(Path::new("/data")).round(campaign.name, 1)
    }

    /// A run to its end, or until it is asked to end. Drop it half way, and it was killed.
    pub async fn run(
        &self,
        campaign: Campaign,
        interrupted: watch::Receiver<Option<Interrupt>>,
    ) -> (LocalQueue, Ending) {
        let queue = self.queue(campaign).await;
        self.runs.set(self.runs.get() + 1);
        let owner = OwnerId(self.runs.get());
        let setup = Setup {
            client: Client::new(self.server.clone(), Token::new("token").unwrap()),
            clock: ProcessClock::start(&self.wall),
            disk: self.disk.clone(),
            permits: permits(self.disk.clone(), Home::new(Path::new("/data")), owner, &self.options),
            home: Home::new(Path::new("/data")),
            round: self.round(campaign),
            options: Options { seed: self.options.seed + self.runs.get(), ..self.options.clone() },
            owner,
            optouts: Rc::new(RefCell::new(Box::new(Nobody))),
            other_campaigns: Box::new(Others),
            cap: None,
            observer: Box::new(self.said.clone()),
            interrupted,
        };
        run(queue, setup).await.unwrap()
    }

    /// A run to its end; `None` where it was killed after so long.
    pub async fn run_for(&self, campaign: Campaign, span: Duration) -> Option<(LocalQueue, Ending)> {
        let (_ask, interrupted) = watch::channel(None);
        let run = tokio::task::LocalSet::new();
        tokio::time::timeout(span, run.run_until(self.run(campaign, interrupted))).await.ok()
    }

    /// A run that is asked to end after so long.
    pub async fn run_and_stop(&self, campaign: Campaign, span: Duration) -> Ending {
        let (ask, interrupted) = watch::channel(None);
        let asking = async move {
            tokio::time::sleep(span).await;
            ask.send(Some(Interrupt::Terminate)).unwrap();
            // The channel stays open until the run has ended.
            std::future::pending::<()>().await;
        };
        let local = tokio::task::LocalSet::new();
        local
            .run_until(async {
                tokio::select! {
                    (_, ending) = self.run(campaign, interrupted) => ending,
                    () = asking => unreachable!(),
                }
            })
            .await
    }
}
