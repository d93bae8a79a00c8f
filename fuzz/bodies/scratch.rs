//! A directory for the readers that take a path: one for each thread, removed with it.
//!
//! It lies below the system's temporary directory; `.ci/fuzz` points that to a file system in memory.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

struct Scratch(PathBuf);

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

thread_local! {
    static SCRATCH: Scratch = {
        static THREADS: AtomicU32 = AtomicU32::new(0);
        let thread = THREADS.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("sendcast-fuzz-{}-{thread}", std::process::id()));
        std::fs::create_dir_all(&dir).expect("a scratch directory");
        Scratch(dir)
    };
}

/// Writes a file of this name and hands it to `body`.
pub fn with_file<T>(name: &str, bytes: &[u8], body: impl FnOnce(&Path) -> T) -> T {
    SCRATCH.with(|scratch| {
        let path = scratch.0.join(name);
        std::fs::write(&path, bytes).expect("a scratch file");
        body(&path)
    })
}
