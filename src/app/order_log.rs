//! Who ordered what from a page: a line for each order, for those who share a dashboard.
//!
//! Invariants: no phone number stands in it but its last four digits, and no token; it is bounded: at a megabyte it becomes the
//! older file, in the place of the one before; erasing a campaign takes its lines out.

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::app::{App, AppError};
use crate::sys::disk::{LockGuard, if_there, write_atomic};

/// A longer file becomes the older one.
const MAX_BYTES: u64 = 1 << 20;

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedOrder {
    /// When, RFC 3339.
    pub at: String,
    /// Who: the name given at the login, or `this computer`.
    pub who: String,
    /// What: `pause`, `send` and so on.
    pub what: String,
    /// Which campaign, where it concerns one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Whether that is a trial.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trial: bool,
    /// What more is to be known of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

impl NotedOrder {
    fn is_of(&self, campaign: &str, trial: bool) -> bool {
        self.campaign.as_deref() == Some(campaign) && self.trial == trial
    }
}

/// Notes an order.
///
/// # Errors
/// The disk's.
pub fn note(app: &App, order: &NotedOrder) -> Result<(), AppError> {
    let [newer, older] = files(app);
    let failed = |error: io::Error| AppError::disk("note an order in", &newer, &error);
    let _guard = lock(app).map_err(failed)?;
    let mut line = serde_json::to_vec(order).map_err(|error| failed(error.into()))?;
    line.push(b'\n');
    let file = app.disk.open_or_create(&newer).map_err(failed)?;
    let mut end = file.len().map_err(failed)?;
    // A power cut may have left half a line; the next one begins afresh.
    let mut last = [b'\n'];
    if end > 0 {
        file.read_at(end - 1, &mut last).map_err(failed)?;
    }
    if last != [b'\n'] {
        line.insert(0, b'\n');
    }
    file.write_at(end, &line).and_then(|()| file.sync()).map_err(failed)?;
    end += line.len() as u64;
    drop(file);
    if end >= MAX_BYTES {
        app.disk.rename(&newer, &older).map_err(failed)?;
    }
    Ok(())
}

/// The last orders, the newest first: at most so many.
///
/// # Errors
/// The disk's.
pub fn last(app: &App, most: usize) -> Result<Vec<NotedOrder>, AppError> {
    let mut found = Vec::new();
    for path in files(app) {
        let bytes = if_there(app.disk.read(&path)).map_err(|error| AppError::disk("read", &path, &error))?;
        let bytes = bytes.unwrap_or_default();
        let orders = bytes.rsplit(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
        found.extend(orders.take(most - found.len()));
    }
    Ok(found)
}

/// Takes out what stands there of a campaign.
///
/// # Errors
/// The disk's.
pub fn erase(app: &App, campaign: &str, trial: bool) -> Result<(), AppError> {
    let mut guard = None;
    for path in files(app) {
        let failed = |error: io::Error| AppError::disk("erase orders from", &path, &error);
        if guard.is_none() && app.disk.exists(&path).map_err(failed)? {
            guard = Some(lock(app).map_err(failed)?);
        }
        let Some(bytes) = if_there(app.disk.read(&path)).map_err(failed)? else { continue };
        let stays = |line: &&[u8]| {
            serde_json::from_slice::<NotedOrder>(line).is_ok_and(|order| !order.is_of(campaign, trial))
        };
        let left: Vec<u8> =
            bytes.split_inclusive(|byte| *byte == b'\n').filter(stays).flatten().copied().collect();
        if left.len() != bytes.len() {
            write_atomic(&*app.disk, &path, &left).map_err(failed)?;
        }
    }
    Ok(())
}

fn lock(app: &App) -> io::Result<LockGuard> {
    app.disk.lock(&app.settings.data_dir.join("orders.lock"))
}

/// The newer file, then the older one.
fn files(app: &App) -> [PathBuf; 2] {
    ["orders.log", "orders.1.log"].map(|name| app.settings.data_dir.join(name))
}
