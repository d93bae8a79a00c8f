//! A machine with its disk, its clock and its operator, and the processes that come and go on it.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sendcast::domain::ids::{OrderId, OwnerId};
use sendcast::domain::time::Millis;
use sendcast::engine::orders::{Order, OrderKind, submit};
use sendcast::engine::{Ending, OptOuts as _, Options};
use sendcast::queue::local::LocalQueue;
use sendcast::sys::clock::{Clock, VirtualClock};
use sendcast::sys::disk::Disk as _;
use sendcast::sys::memory_disk::MemoryDisk;
use sendcast::sys::platform::Interrupt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

use super::super::List;
use super::super::world::{Faults, World};
use super::audience::Audience;
use super::book::Book;
use super::border::{Border, Fortune, Mortal};
use super::disk::{MachineStores, ProcessDisk, ProcessStores};
use super::hours::LifeHours;
use super::judge::{Judge, Rules};
use super::process::{DATA, Process, Wire, round};
use super::tally::Tally;
use super::trace::Trace;
use crate::clock::{ProcessClock, WallClock};
use crate::kills::setting;

/// No rest is longer than a day; where there are hours, some days go by, and what failed waits for the next ones.
const PATIENCE: Duration = Duration::from_secs(30 * 3600);
const PATIENCE_WITH_HOURS: Duration = Duration::from_secs(40 * 24 * 3600);

/// How a process ended.
#[derive(Debug)]
pub enum Outcome {
    Ended(Ending),
    Died,
    /// The disk said no.
    Failed,
}

/// What somebody does while a process runs.
#[derive(Clone, Debug)]
pub enum Act {
    Order(OrderKind),
    /// The last order once more.
    OrderAgain,
    OptOut(sendcast::domain::phone::Phone),
    /// The wall clock is set by so many milliseconds.
    Jump(i64),
    Interrupt,
}

/// The machine of one life.
pub struct Machine {
    pub audience: Audience,
    pub options: Options,
    pub world: World,
    pub optouts: List,
    pub wall: WallClock,
    pub tally: Tally,
    disk: MemoryDisk,
    stores: MachineStores,
    judge: Rc<RefCell<Judge>>,
    trace: Arc<Mutex<Trace>>,
    born: Instant,
    runs: u64,
    last_ended: Duration,
    given: Vec<Order>,
}

impl Machine {
    pub fn new(
        seed: u64,
        begins: Millis,
        faults: Faults,
        audience: Audience,
        options: Options,
        rules: Rules,
        hours: Option<LifeHours>,
    ) -> Machine {
        let disk = MemoryDisk::new();
        disk.create_dir_all(DATA.as_ref()).unwrap();
        let world = World::new(seed, faults, VirtualClock::starting_at(begins));
        let optouts = List::default();
        let book = Book::new(disk.clone(), round().join("journal"));
        let judge = Judge::new(book, world.clone(), optouts.clone(), rules, hours);
        Machine {
            audience,
            options,
            world,
            optouts,
            wall: WallClock::starting_at(begins),
            tally: Tally::default(),
            disk,
            stores: MachineStores::default(),
            judge: Rc::new(RefCell::new(judge)),
            trace: Arc::new(Mutex::new(Trace::shown(setting("SENDCAST_SOAK_TRACE", 0) == 1))),
            born: Instant::now(),
            runs: 0,
            last_ended: Duration::ZERO,
            given: Vec::new(),
        }
    }

    fn process(&mut self, border: &Border) -> Process {
        self.runs += 1;
        let (border, clock) = (border.clone(), ProcessClock::start(&self.wall));
        let wire = Wire {
            world: self.world.clone(),
            border: border.clone(),
            judge: self.judge.clone(),
            clock: clock.clone(),
            born: self.born,
        };
        self.judge.borrow_mut().witness.begins(self.born.elapsed(), clock.now(), self.last_ended);
        Process {
            disk: ProcessDisk { disk: self.disk.clone(), border: border.clone() },
            stores: ProcessStores { machine: self.stores.clone(), border: border.clone() },
            clock,
            wire,
            audience: self.audience.clone(),
            optouts: self.optouts.clone(),
            options: Options { seed: self.options.seed + self.runs, ..self.options.clone() },
            owner: OwnerId(self.runs),
            border,
        }
    }

    fn border(&self, fortune: Fortune) -> Border {
        Border::new(self.trace.clone(), self.born, fortune)
    }

    /// `sendcast run`, for so long at the most, while `acts` happen at their times.
    pub async fn run(
        &mut self,
        fortune: Fortune,
        longest: Option<Duration>,
        acts: Vec<(Duration, Act)>,
    ) -> Outcome {
        let patience = if self.options.timetable.is_some() { PATIENCE_WITH_HOURS } else { PATIENCE };
        let border = self.border(fortune);
        let (ask, interrupted) = watch::channel(None);
        let process = Mortal::new(border.clone(), self.process(&border).run(interrupted));
        let killed = async {
            sleep(longest.unwrap_or(patience)).await;
            assert!(longest.is_some(), "a run must come to its end");
            border.kill();
        };
        let operator = async {
            for (wait, act) in acts {
                sleep(wait).await;
                self.act(act, &ask);
            }
            std::future::pending::<()>().await;
        };
        let ended = tokio::select! {
            biased;
            () = operator => None,
            ended = process => ended,
            () = killed => None,
        };
        self.ended(&border, ended)
    }

    /// A command that gives an order while nobody works on the campaign.
    pub async fn obey(&mut self, fortune: Fortune, kind: OrderKind) -> Outcome {
        let order = self.order(kind);
        let border = self.border(fortune);
        let process = self.process(&border).obey(order);
        let ended = Mortal::new(border.clone(), process).await;
        self.ended(&border, ended.map(|done| done.map(|()| Ending::Settled)))
    }

    /// The queue, to look at.
    pub async fn look(&mut self) -> LocalQueue {
        let border = self.border(Fortune::default());
        self.process(&border).look().await.unwrap()
    }

    fn ended(&mut self, border: &Border, ended: Option<Result<Ending, String>>) -> Outcome {
        if let Some(breach) = self.judge.borrow_mut().breach.take() {
            resume_unwind(breach);
        }
        self.world.orphan();
        self.last_ended = self.born.elapsed();
        self.tally.steps += border.steps();
        self.note("ended", format!("{ended:?}").as_bytes());
        match ended {
            None => {
                self.tally.kills += 1;
                Outcome::Died
            }
            Some(Ok(ending)) => Outcome::Ended(ending),
            Some(Err(error)) => {
                // States that a power cut damaged may be found out late; the next process rebuilds them.
                let rebuilds = error.contains("/queue is damaged") && self.stores.take_damage();
                assert!(border.said_no() || rebuilds, "the disk was well: {error}");
                self.tally.disk_errors += 1;
                Outcome::Failed
            }
        }
    }

    /// The power goes and comes back.
    pub fn power_cut(&mut self, chance: &mut fastrand::Rng) {
        self.tally.power_cuts += 1;
        let seed = chance.u64(..);
        self.note("power cut", &seed.to_le_bytes());
        self.disk.power_cut(seed);
        self.stores.power_cut(chance);
    }

    /// The states are lost: what a power cut did to them is found out no later than this.
    pub fn lose_states(&self) {
        self.stores.lose();
    }

    /// The wall clock is set.
    pub fn jump(&self, by: i64) {
        self.note("jump", &by.to_le_bytes());
        self.wall.jump(by);
    }

    /// Whether the campaign is there to be given orders.
    pub fn is_planned(&self) -> bool {
        LocalQueue::exists(&self.disk, &round()).unwrap()
    }

    /// Leaves an order for whoever works on the campaign next, or does now.
    pub fn give(&mut self, kind: OrderKind) {
        let order = self.order(kind);
        self.hand_in(&order);
    }

    fn order(&mut self, kind: OrderKind) -> Order {
        self.tally.orders += 1;
        let id = OrderId::new(format!("order-{}", self.given.len()));
        let order = Order { id: id.clone(), at: self.wall.now(), order: kind.clone() };
        self.note("order", format!("{order:?}").as_bytes());
        self.given.push(order.clone());
        self.judge.borrow_mut().witness.orders.insert(id, kind);
        order
    }

    fn hand_in(&self, order: &Order) {
        if self.is_planned() {
            submit(&self.disk, &round(), order).unwrap();
        }
    }

    fn act(&mut self, act: Act, ask: &watch::Sender<Option<Interrupt>>) {
        match act {
            Act::Order(kind) => self.give(kind),
            Act::OrderAgain => {
                if let Some(last) = self.given.last() {
                    // Under another name, with the same id.
                    self.hand_in(&Order { at: self.wall.now(), ..last.clone() });
                }
            }
            Act::OptOut(phone) => {
                self.note("opt out", phone.digits().as_bytes());
                self.optouts.add(phone, "asked", self.wall.now()).unwrap();
            }
            Act::Jump(by) => {
                self.tally.jumps += 1;
                self.jump(by);
            }
            Act::Interrupt => {
                self.note("interrupt", b"");
                self.judge.borrow_mut().witness.interrupted(self.born.elapsed());
                ask.send_replace(Some(Interrupt::Terminate));
            }
        }
    }

    fn note(&self, what: &str, content: &[u8]) {
        self.trace.lock().unwrap().note(self.born.elapsed(), what, content);
    }

    /// The end of the life.
    pub async fn the_end(&mut self) -> Tally {
        let mut queue = self.look().await;
        let mut judge = self.judge.borrow_mut();
        let doubts = judge.the_end(&mut queue, &self.audience);
        let truth = self.world.0.borrow();
        let trace = self.trace.lock().unwrap();
        Tally {
            lives: 1,
            posts: truth.posts.len() as u64,
            accepted: truth.accepted.len() as u64,
            doubts,
            with_hours: u64::from(judge.witness.hours.is_some()),
            posts_within_hours: if judge.witness.hours.is_some() { truth.posts.len() as u64 } else { 0 },
            most_left: judge.witness.most_adopted,
            virtual_time: self.born.elapsed(),
            events: trace.events(),
            trace: trace.hash(),
            ..self.tally
        }
    }
}
