//! The queues that are held against the reference, and how their processes end.

use std::fs;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use sendcast::queue::MemoryQueue;
use sendcast::queue::local::StoreImage;
use sendcast::sys::disk::{RealDisk, SharedDisk};

use super::*;

/// How a process ends, and another begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    Close,
    /// Dropped: what wasn't synced is gone.
    Crash,
    /// And so is what the disk hadn't got; the states are as at some earlier moment, by chance.
    PowerCut(u64),
    /// Closed, and the states lost.
    StatesLost,
}

/// A queue in its world.
pub trait Subject: Sized {
    type Queue: Queue;

    fn new() -> Self;
    fn queue(&mut self) -> &mut Self::Queue;
    fn into_queue(self) -> Self::Queue;
    fn end(&mut self, end: End);
    /// All that was done is durable now.
    fn synced(&mut self) {}
    /// Where readers look in.
    fn place(&self) -> Option<(SharedDisk, PathBuf)> {
        None
    }
}

/// A future that waits for nothing, as all of a queue's do outside of a runtime.
pub fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// The queue in memory has no disk: a crash takes it back to a copy.
pub struct InMemory {
    queue: MemoryQueue,
    kept: MemoryQueue,
}

impl Subject for InMemory {
    type Queue = MemoryQueue;

    fn new() -> InMemory {
        let queue = MemoryQueue::new(identity());
        InMemory { kept: queue.clone(), queue }
    }
    fn queue(&mut self) -> &mut MemoryQueue {
        &mut self.queue
    }
    fn into_queue(self) -> MemoryQueue {
        self.queue
    }
    fn end(&mut self, end: End) {
        match end {
            End::Crash | End::PowerCut(_) => self.queue = self.kept.clone(),
            End::Close | End::StatesLost => self.kept = self.queue.clone(),
        }
    }
    fn synced(&mut self) {
        self.kept = self.queue.clone();
    }
}

/// The local queue on a disk and a store in memory.
pub struct Simulated {
    world: World,
    queue: Option<LocalQueue>,
    /// The states' store as it was after each transition.
    images: Vec<StoreImage>,
}

impl Subject for Simulated {
    type Queue = LocalQueue;

    fn new() -> Simulated {
        let world = World::new();
        let queue = Some(world.create().unwrap());
        Simulated { world, queue, images: Vec::new() }
    }
    fn queue(&mut self) -> &mut LocalQueue {
        let image = self.world.stores.image();
        if self.images.last() != Some(&image) {
            self.images.push(image);
        }
        self.queue.as_mut().unwrap()
    }
    fn into_queue(mut self) -> LocalQueue {
        self.queue.take().unwrap()
    }
    fn end(&mut self, end: End) {
        let queue = self.queue.take().unwrap();
        match end {
            End::Close => at_once(queue.close()).unwrap(),
            End::Crash => drop(queue),
            End::PowerCut(seed) => {
                drop(queue);
                self.world.disk.power_cut(seed);
                let at = usize::try_from(seed / 7).unwrap() % self.images.len().max(1);
                self.world.stores.restore(&self.images.get(at).cloned().unwrap_or_default());
                self.images.truncate(at + 1);
            }
            End::StatesLost => {
                at_once(queue.close()).unwrap();
                self.world.stores.restore(&StoreImage::default());
            }
        }
        self.queue = Some(self.world.open().unwrap());
    }
    fn place(&self) -> Option<(SharedDisk, PathBuf)> {
        Some((Arc::new(self.world.disk.clone()), PathBuf::from(DIR)))
    }
}

/// The local queue on the machine's file system, with sled.
pub struct OnDisk {
    home: tempfile::TempDir,
    queue: Option<LocalQueue>,
}

impl OnDisk {
    fn round(&self) -> PathBuf {
        self.home.path().join("round")
    }
}

impl Subject for OnDisk {
    type Queue = LocalQueue;

    fn new() -> OnDisk {
        let home = tempfile::tempdir().unwrap();
        let round = home.path().join("round");
        let queue = LocalQueue::create(RealDisk::shared(), &round, home.path(), identity()).unwrap();
        OnDisk { home, queue: Some(queue) }
    }
    fn queue(&mut self) -> &mut LocalQueue {
        self.queue.as_mut().unwrap()
    }
    fn into_queue(mut self) -> LocalQueue {
        self.queue.take().unwrap()
    }
    fn end(&mut self, end: End) {
        let queue = self.queue.take().unwrap();
        match end {
            End::Close | End::StatesLost => at_once(queue.close()).unwrap(),
            // The page cache outlives it.
            End::Crash | End::PowerCut(_) => drop(queue),
        }
        if end == End::StatesLost {
            fs::remove_dir_all(self.round().join("queue")).unwrap();
        }
        self.queue = Some(LocalQueue::open(RealDisk::shared(), &self.round(), Some(&identity())).unwrap());
    }
    fn place(&self) -> Option<(SharedDisk, PathBuf)> {
        Some((RealDisk::shared(), self.round()))
    }
}
