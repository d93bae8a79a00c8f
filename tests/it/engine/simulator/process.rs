//! One process of sendcast, from opening the queue to its end, behind its border.

use std::cell::RefCell;
use std::future::pending;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::rc::Rc;

use sendcast::domain::ids::OwnerId;
use sendcast::domain::phone::Phone;
use sendcast::domain::time::Millis;
use sendcast::engine::orders::{self, Order};
use sendcast::engine::snapshot::{Notice, Observer, Snapshot};
use sendcast::engine::{Ending, OptOuts, Options, Setup, run};
use sendcast::queue::local::{LocalQueue, Storage};
use sendcast::queue::{Identity, Queue};
use sendcast::sendwo::{CallError, Client, Request, Response, Token, Transport};
use sendcast::sys::clock::Clock;
use sendcast::sys::disk::Disk;
use sendcast::sys::home::Home;
use sendcast::sys::platform::Interrupt;
use tokio::sync::watch;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep_until};

use super::super::List;
use super::super::world::{World, is_message};
use super::audience::Audience;
use super::border::Border;
use super::disk::{ProcessDisk, ProcessStores};
use super::judge::Judge;
use crate::clock::ProcessClock;
use crate::others::{Others, permits};

/// The data directory on the simulated disk.
pub const DATA: &str = "/data";

/// Where the campaign's round lies.
pub fn round() -> PathBuf {
    Home::new(DATA).round("test", 1)
}

/// Why a process ended before its time.
type Failure = String;

/// All that a process is made of.
pub struct Process {
    pub border: Border,
    pub disk: ProcessDisk,
    pub stores: ProcessStores,
    pub clock: ProcessClock,
    pub wire: Wire,
    pub audience: Audience,
    pub optouts: List,
    pub options: Options,
    pub owner: OwnerId,
}

impl Process {
    fn storage(&self) -> Storage {
        Storage { disk: self.shared(), stores: Box::new(self.stores.clone()), inline: true }
    }

    fn shared(&self) -> sendcast::sys::disk::SharedDisk {
        std::sync::Arc::new(self.disk.clone())
    }

    /// The queue with the file's newest edition as its plan.
    async fn queue(&self) -> Result<LocalQueue, Failure> {
        let identity = Identity {
            campaign: "test".into(),
            kind: sendcast::domain::round_kind::RoundKind::Campaign,
            path: PathBuf::new(),
            origin: "http://world".into(),
            round: 1,
        };
        let mut queue = match LocalQueue::exists(&self.disk, &round()).map_err(told)? {
            true => LocalQueue::open_on(self.storage(), &round(), Some(&identity)),
            false => LocalQueue::create_on(self.storage(), &round(), DATA.as_ref(), identity),
        }
        .map_err(told)?;
        let head = self.audience.head();
        if queue.head().is_none_or(|old| old.source_hash != head.source_hash) {
            let rows = self.audience.rows(&self.optouts.0.borrow());
            let mut rows = rows.into_iter().map(Ok::<_, std::convert::Infallible>);
            let staged = queue.stage(head, &mut rows).map_err(told)?;
            queue.adopt(staged, self.clock.now()).await.map_err(told)?;
        }
        Ok(queue)
    }

    /// `sendcast run`.
    pub async fn run(self, interrupted: watch::Receiver<Option<Interrupt>>) -> Result<Ending, Failure> {
        let mut queue = self.queue().await?;
        if !self.border.is_dead() {
            self.wire.judge.borrow_mut().seated(&mut queue).map_err(told)?;
        }
        let judge = self.wire.judge.clone();
        let setup = Setup {
            client: Client::new(self.wire.clone(), Token::new("token").map_err(told)?),
            clock: self.clock.clone(),
            disk: self.shared(),
            permits: permits(self.shared(), Home::new(DATA), self.owner, &self.options),
            home: Home::new(DATA),
            round: round(),
            options: self.options.clone(),
            owner: self.owner,
            optouts: Rc::new(RefCell::new(Box::new(ProcessList(self.optouts.clone(), self.border.clone())))),
            other_campaigns: Box::new(Others),
            cap: None,
            observer: Box::new(Watch { judge: judge.clone(), border: self.border.clone() }),
            interrupted,
        };
        let (mut queue, ending) = LocalSet::new().run_until(run(queue, setup)).await.map_err(told)?;
        judge.borrow_mut().read();
        judge.borrow_mut().compare_doubts(&mut queue).map_err(told)?;
        queue.close().await.map_err(told)?;
        Ok(ending)
    }

    /// `sendcast resolve` and its kin, while nobody else works on the campaign.
    pub async fn obey(self, order: Order) -> Result<(), Failure> {
        let mut queue = LocalQueue::open_on(self.storage(), &round(), None).map_err(told)?;
        for (path, waiting) in orders::pending(&self.disk, &round()).map_err(told)? {
            if let Ok(waiting) = waiting {
                orders::apply(&mut queue, &waiting, self.clock.now()).await.map_err(told)?;
                self.disk.remove_file(&path).map_err(told)?;
            }
        }
        orders::apply(&mut queue, &order, self.clock.now()).await.map_err(told)?;
        queue.close().await.map_err(told)
    }

    /// The queue, to look at when all is over.
    pub async fn look(self) -> Result<LocalQueue, Failure> {
        let mut queue = self.queue().await?;
        self.wire.judge.borrow_mut().seated(&mut queue).map_err(told)?;
        Ok(queue)
    }
}

fn told(error: impl std::fmt::Display) -> Failure {
    error.to_string()
}

/// The network behind a border.
#[derive(Clone)]
pub struct Wire {
    pub world: World,
    pub border: Border,
    pub judge: Rc<RefCell<Judge>>,
    pub clock: ProcessClock,
    /// The world's beginning.
    pub born: Instant,
}

impl Wire {
    /// A step; a process that dies here never wakes up again.
    async fn step(&self) {
        if !self.border.step() {
            pending::<()>().await;
        }
    }

    /// The judge's word. A panic would end this task alone: the process must not outlive it.
    fn ask<T>(&self, word: impl FnOnce(&mut Judge) -> T) {
        let asked = catch_unwind(AssertUnwindSafe(|| word(&mut self.judge.borrow_mut())));
        if let Err(breach) = asked {
            self.border.kill();
            self.judge.borrow_mut().breach.get_or_insert(breach);
        }
    }

    fn note(&self, what: &str, content: &impl std::fmt::Debug) {
        self.border.note(what, format!("{content:?}").as_bytes());
    }
}

impl Transport for Wire {
    async fn call(&self, request: &Request) -> Result<Response, CallError> {
        self.step().await;
        self.note(request.path, &request.params);
        let message = is_message(request.path);
        let departed = self.world.depart(request);
        if message {
            let (age, wall) = (self.born.elapsed(), self.clock.now());
            self.ask(|judge| judge.departs(&self.border, request, departed.ticket, age, wall));
        }
        sleep_until(departed.arrives).await;
        self.step().await;
        let (back, answered) = self.world.answer(departed);
        self.ask(Judge::look);
        sleep_until(back).await;
        self.step().await;
        self.note("answer", &answered);
        let waits = answered.as_ref().ok().filter(|_| message).and_then(|answer| answer.retry_after);
        if let Some(asked) = waits {
            let number = request.params.iter().find(|(name, _)| name == "phoneNumberId");
            let number = number.map_or("", |(_, number)| number.as_str());
            let (age, wall) = (self.born.elapsed(), self.clock.now());
            self.ask(|judge| judge.witness.told_to_wait(number, asked, age, wall));
        }
        answered
    }
}

/// Who watches the run.
struct Watch {
    judge: Rc<RefCell<Judge>>,
    border: Border,
}

impl Observer for Watch {
    fn snapshot(&mut self, snapshot: &Snapshot) {
        if !self.border.is_dead() {
            self.judge.borrow_mut().snapshot(snapshot);
        }
    }
    fn notice(&mut self, notice: Notice) {
        self.border.note("notice", notice.text.as_bytes());
    }
}

/// The opt-out list behind a border.
struct ProcessList(List, Border);

impl OptOuts for ProcessList {
    fn refresh(&mut self) -> Result<(), sendcast::domain::problem::Problem> {
        Ok(())
    }
    fn contains(&self, phone: Phone) -> bool {
        self.0.contains(phone)
    }
    fn add(&mut self, phone: Phone, reason: &str, at: Millis) -> std::io::Result<()> {
        let ProcessList(list, border) = self;
        border.change("opt out", &phone.digits(), b"", || list.add(phone, reason, at))
    }
}
