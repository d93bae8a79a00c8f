//! `draft.json`: what is known of a draft and follows from nothing else. Where it is lost, files are called by the names that
//! we gave them, and the check is to be done once more.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::app::{App, AppError};
use crate::sys::disk::{if_there, write_atomic};

/// The file.
pub(super) const NOTES: &str = "draft.json";

/// What it says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Notes {
    /// What people called the uploads, by our names. As it came: it is made fit where it is shown.
    pub called: BTreeMap<String, String>,
    /// The fingerprint of people and message that were looked at last and that a run would send.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checked: Option<String>,
}

impl Notes {
    /// Of the draft in a directory.
    ///
    /// # Errors
    /// The disk's. One that can't be understood says nothing.
    pub fn load(app: &App, dir: &Path) -> Result<Notes, AppError> {
        let path = dir.join(NOTES);
        let bytes = if_there(app.disk.read(&path)).map_err(|error| AppError::disk("read", &path, &error))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }

    /// Keeps them.
    ///
    /// # Errors
    /// The disk's.
    pub fn save(&self, app: &App, dir: &Path) -> Result<(), AppError> {
        let path = dir.join(NOTES);
        let bytes = serde_json::to_vec_pretty(self).map_err(std::io::Error::other);
        let written = bytes.and_then(|bytes| write_atomic(&*app.disk, &path, &bytes));
        written.map_err(|error| AppError::disk("write", &path, &error))
    }
}
