//! A list of people as a table of its own, which the planner reads like any other: what holds for an edited file holds for
//! them. It goes once it is planned; the plan keeps who they were.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value};

use crate::app::{App, AppError};
use crate::queue::local::remove_if_empty;
use crate::sys::disk::{DiskFile, SharedDisk, if_there};

/// A list that nobody has written to for so long was left by a killed process.
const STALE_AFTER: Duration = Duration::from_secs(3600);
/// Bytes that are collected before they are written.
const BUFFER_BYTES: usize = 256 * 1024;

/// The list that a campaign reads. It is gone with this: the plan keeps who they were.
#[derive(Debug)]
pub struct List {
    disk: SharedDisk,
    dir: PathBuf,
    pub(super) path: PathBuf,
}

impl Drop for List {
    fn drop(&mut self) {
        let _ = self.disk.remove_file(&self.path);
        let _ = remove_if_empty(&*self.disk, &self.dir);
    }
}

/// A list as it is written: an object a line.
pub(super) struct Writing {
    list: List,
    file: Box<dyn DiskFile>,
    at: u64,
    buffer: Vec<u8>,
}

impl Writing {
    pub(super) fn start(app: &App, dir: &Path) -> Result<Writing, AppError> {
        let failed = |error| AppError::disk("write", dir, &error);
        app.disk.create_dir_all(dir).map_err(failed)?;
        remove_stale(app, dir);
        let path = dir.join(format!("audience-{}-{:08x}.ndjson", std::process::id(), fastrand::u32(..)));
        let file = app.disk.create_new(&path).map_err(failed)?;
        let list = List { disk: app.disk.clone(), dir: dir.to_owned(), path };
        Ok(Writing { list, file, at: 0, buffer: Vec::new() })
    }

    pub(super) fn push(&mut self, row: &Map<String, Value>) -> Result<(), AppError> {
        serde_json::to_writer(&mut self.buffer, row)
            .map_err(|error| AppError::disk("write", &self.list.path, &error.into()))?;
        self.buffer.push(b'\n');
        if self.buffer.len() >= BUFFER_BYTES { self.drain() } else { Ok(()) }
    }

    fn drain(&mut self) -> Result<(), AppError> {
        let written = self.file.write_at(self.at, &self.buffer);
        written.map_err(|error| AppError::disk("write", &self.list.path, &error))?;
        self.at += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    pub(super) fn finish(mut self) -> Result<List, AppError> {
        self.drain()?;
        Ok(self.list)
    }
}

fn remove_stale(app: &App, dir: &Path) {
    for path in if_there(app.disk.list(dir)).ok().flatten().unwrap_or_default() {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let age = std::fs::metadata(&path).and_then(|meta| meta.modified()).map(|at| at.elapsed());
        if name.starts_with("audience-")
            && name.ends_with(".ndjson")
            && matches!(age, Ok(Ok(age)) if age > STALE_AFTER)
        {
            let _ = app.disk.remove_file(&path);
        }
    }
}
