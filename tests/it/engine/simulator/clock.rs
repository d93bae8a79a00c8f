//! Wall clocks that are set, forwards and backwards. True time is tokio's, and the server's.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use sendcast::domain::time::Millis;
use sendcast::sys::clock::Clock;
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

/// A process's clock over it, by the rule of production's `SystemClock`: never back within a process, jumps
/// ahead are believed.
#[derive(Clone, Debug)]
pub struct ProcessClock {
    wall: WallClock,
    start: Millis,
    origin: Instant,
}

impl ProcessClock {
    /// Starts now.
    pub fn start(wall: &WallClock) -> ProcessClock {
        ProcessClock { wall: wall.clone(), start: wall.now(), origin: Instant::now() }
    }
}

impl Clock for ProcessClock {
    fn now(&self) -> Millis {
        let bridged: Duration = self.origin.elapsed();
        self.wall.now().max(self.start + bridged)
    }
}
