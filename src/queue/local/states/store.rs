//! Where blocks of states are kept: a map from bytes to bytes with atomic batches. sled is one; a simulator
//! brings the one in memory.
//!
//! Nothing here need be durable at once: what a store forgets is made again from the plan and the journal.
//! It must only never mix: a batch is there as a whole or not at all, and order holds among batches.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Why a store can't answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk said no.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// Its own files don't make sense: it is to be rebuilt.
    #[error("{0}")]
    Damaged(String),
}

/// Keys and values to be put together.
pub type WriteBatch = Vec<(Vec<u8>, Vec<u8>)>;

/// What [`BlockStore::scan`] calls for each key and value.
pub type KeyVisitor<'a> = dyn FnMut(&[u8], &[u8]) -> Result<(), StoreError> + 'a;

/// An open store.
pub trait BlockStore: Send + Sync + Debug {
    /// A value.
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;
    /// All keys with this prefix, in order.
    fn scan(&mut self, prefix: &[u8], each: &mut KeyVisitor<'_>) -> Result<(), StoreError>;
    /// Puts all of them, or none.
    fn apply(&mut self, writes: WriteBatch) -> Result<(), StoreError>;
    /// Notes that it must be rebuilt when it is next opened.
    fn condemn(&mut self);
    /// Writes out what it holds and lets go.
    fn close(self: Box<Self>) -> Result<(), StoreError>;
}

/// How the store of a round is opened.
pub trait Stores: Debug {
    /// Opens it, empty where there is none.
    fn open(&self, dir: &Path) -> Result<Box<dyn BlockStore>, StoreError>;
    /// Whether there is one.
    ///
    /// # Errors
    /// When the disk can't tell.
    fn exists(&self, dir: &Path) -> Result<bool, StoreError>;
    /// Moves a damaged one aside, so that `open` makes an empty one. Says where it went.
    fn set_aside(&self, dir: &Path) -> Result<String, StoreError>;
    /// Removes it, and those that were moved aside.
    ///
    /// # Errors
    /// The disk's.
    fn remove(&self, dir: &Path) -> Result<(), StoreError>;
}

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// A store in memory. Clones share it, so that a simulated process can end and another find what it left.
#[derive(Clone, Debug, Default)]
pub struct MemoryStores {
    map: Arc<Mutex<Map>>,
    condemned: Arc<Mutex<bool>>,
}

/// What a [`MemoryStores`] held at some moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoreImage(Map);

impl MemoryStores {
    /// What it holds now.
    #[must_use]
    pub fn image(&self) -> StoreImage {
        StoreImage(self.lock().clone())
    }

    /// Puts it back to an earlier moment: what a crash may do to a store that syncs nothing.
    pub fn restore(&self, image: &StoreImage) {
        self.lock().clone_from(&image.0);
    }

    /// Changes the value of the n-th key (modulo their number), as decay of the medium would.
    pub fn corrupt(&self, n: usize) {
        let mut map = self.lock();
        let count = map.len().max(1);
        if let Some(value) = map.values_mut().nth(n % count) {
            let at = n % value.len().max(1);
            if let Some(byte) = value.get_mut(at) {
                *byte ^= 0x10;
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Map> {
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn condemned(&self) -> std::sync::MutexGuard<'_, bool> {
        self.condemned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BlockStore for MemoryStores {
    fn get(&mut self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().get(key).cloned())
    }

    fn scan(&mut self, prefix: &[u8], each: &mut KeyVisitor<'_>) -> Result<(), StoreError> {
        let map = self.lock();
        let from = map.range(prefix.to_vec()..);
        from.take_while(|(key, _)| key.starts_with(prefix)).try_for_each(|(key, value)| each(key, value))
    }

    fn apply(&mut self, writes: WriteBatch) -> Result<(), StoreError> {
        self.lock().extend(writes);
        Ok(())
    }

    fn condemn(&mut self) {
        *self.condemned() = true;
    }

    fn close(self: Box<Self>) -> Result<(), StoreError> {
        Ok(())
    }
}

impl Stores for MemoryStores {
    fn open(&self, _: &Path) -> Result<Box<dyn BlockStore>, StoreError> {
        if *self.condemned() {
            return Err(StoreError::Damaged("it was found damaged the last time".to_owned()));
        }
        Ok(Box::new(self.clone()))
    }

    fn exists(&self, _: &Path) -> Result<bool, StoreError> {
        Ok(!self.lock().is_empty())
    }

    fn set_aside(&self, _: &Path) -> Result<String, StoreError> {
        self.lock().clear();
        *self.condemned() = false;
        Ok("memory".to_owned())
    }

    fn remove(&self, _: &Path) -> Result<(), StoreError> {
        self.lock().clear();
        *self.condemned() = false;
        Ok(())
    }
}
