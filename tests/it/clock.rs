//! Wall clocks that are set, forwards and backwards. True time is tokio's, and the server's.

use std::cell::Cell;
use std::rc::Rc;

use sendcast::domain::time::Millis;
use sendcast::sys::clock::{Clock, Onwards};
use tokio::time::Instant;

/// A machine's wall clock, as anybody can set it.
#[derive(Clone, Debug)]
pub struct WallClock {
    born: Instant,
    shown: Rc<Cell<u64>>,
}

impl WallClock {
    /// One that is right.
    pub fn starting_at(at: Millis) -> WallClock {
        WallClock { born: Instant::now(), shown: Rc::new(Cell::new(at.0)) }
    }

    /// What it shows.
    pub fn now(&self) -> Millis {
        Millis(self.shown.get()) + self.born.elapsed()
    }

    /// Sets it by so many milliseconds.
    pub fn jump(&self, by: i64) {
        self.shown.set(self.shown.get().saturating_add_signed(by));
    }
}

/// A process's clock over it, by the product's own rule.
#[derive(Clone, Debug)]
pub struct ProcessClock {
    wall: WallClock,
    onwards: Rc<Cell<Onwards>>,
}

impl ProcessClock {
    /// Starts now.
    pub fn start(wall: &WallClock) -> ProcessClock {
        let onwards = Onwards::from(wall.now(), Instant::now());
        ProcessClock { wall: wall.clone(), onwards: Rc::new(Cell::new(onwards)) }
    }
}

impl Clock for ProcessClock {
    fn now(&self) -> Millis {
        let mut onwards = self.onwards.get();
        let now = onwards.read(self.wall.now(), Instant::now());
        self.onwards.set(onwards);
        now
    }
}
