//! `manifest.json`: whose round this is, and the plans it has adopted.
//!
//! The identity is frozen when the round is created, until the operator says that the campaign has moved: the earlier
//! ones stay listed then, and the first of them goes on tying the round's files together. The list of plans follows the
//! journal, which is the authority: a crash may leave the manifest one plan behind, never ahead.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::queue::api::{Identity, QueueError};
use crate::sys::disk::{Disk, write_atomic};
use crate::sys::sealed::{SealError, seal, unseal};

/// The format that this sendcast writes and reads.
pub(super) const VERSION: u32 = 2;
/// The file's name.
pub(super) const FILE: &str = "manifest.json";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub version: u32,
    pub identity: Identity,
    /// What the round was known by before, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub was: Vec<Identity>,
    pub plans: Vec<PlanNote>,
}

/// One adopted plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlanNote {
    /// Its number, from 1.
    pub no: u32,
    /// Its file, beside the manifest.
    pub file: String,
    /// Rows of the audience, good or bad.
    pub rows: u32,
    /// Jobs of the round before it.
    pub jobs_before: u32,
    /// Jobs of the round with it.
    pub jobs: u32,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// What that is about to be, or is already: the plan is being rewritten, without somebody's data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub becomes: Option<String>,
}

impl PlanNote {
    /// Whether a file of this SHA-256 is the plan.
    pub(super) fn names(&self, sha256: &str) -> bool {
        self.sha256 == sha256 || self.becomes.as_deref() == Some(sha256)
    }
}

#[derive(Deserialize)]
struct Version {
    version: u32,
}

impl Manifest {
    pub(super) fn read(disk: &dyn Disk, dir: &Path) -> Result<Manifest, QueueError> {
        let path = dir.join(FILE);
        let bytes = disk.read(&path).map_err(QueueError::disk("read", &path))?;
        let damaged = |error: SealError| QueueError::Damaged {
            path: path.clone(),
            what: format!("it isn't the manifest that sendcast wrote ({error})"),
            hint: "restore it from a backup; nothing is sent without it".to_owned(),
        };
        let Version { version } = serde_json::from_slice(&bytes).map_err(SealError::Json).map_err(damaged)?;
        if version != VERSION {
            return Err(QueueError::OtherFormat { path, found: version, known: VERSION });
        }
        unseal(&bytes).map_err(damaged)
    }

    /// The number that ties the round's files together: its first identity's.
    pub(super) fn fingerprint(&self) -> u32 {
        fingerprint(self.was.first().unwrap_or(&self.identity))
    }

    pub(super) fn write(&self, disk: &dyn Disk, dir: &Path) -> Result<(), QueueError> {
        let path = dir.join(FILE);
        let bytes = seal(self).map_err(std::io::Error::other).map_err(QueueError::disk("encode", &path))?;
        write_atomic(disk, &path, &bytes).map_err(QueueError::disk("write", &path))
    }
}

/// A number that ties the round's files to its identity, so that a journal of another round isn't taken
/// for this one's.
pub(super) fn fingerprint(identity: &Identity) -> u32 {
    let Identity { campaign, path, origin, round, .. } = identity;
    crc32fast::hash(format!("{campaign}\n{}\n{origin}\n{round}", path.display()).as_bytes())
}

/// Refuses a round that belongs to another server, campaign file, campaign or round.
pub(super) fn check_identity(found: &Identity, expected: &Identity) -> Result<(), QueueError> {
    let foreign = |belongs: String, asked: String| Err(QueueError::Foreign { belongs, asked });
    if found.origin != expected.origin {
        let server = |origin: &str| format!("the server {origin}");
        return foreign(server(&found.origin), server(&expected.origin));
    }
    if found.path != expected.path {
        let file = |path: &Path| format!("the campaign file {}", path.display());
        return foreign(file(&found.path), file(&expected.path));
    }
    if (&found.campaign, found.kind, found.round) != (&expected.campaign, expected.kind, expected.round) {
        let round = |id: &Identity| match id.kind.subscribers_command() {
            None => format!("round {} of the campaign `{}`", id.round, id.campaign),
            Some(command) => format!("`subscribers {command}` under the name `{}`", id.campaign),
        };
        return foreign(round(found), round(expected));
    }
    Ok(())
}

/// Where a plan stands once it is adopted.
pub(super) fn plan_path(dir: &Path, no: u32) -> PathBuf {
    dir.join(plan_name(no))
}

/// Where a plan is written before it is adopted.
pub(super) fn staged_path(dir: &Path, no: u32) -> PathBuf {
    dir.join(format!("{}.staged", plan_name(no)))
}

/// `plan-001.plan`
pub(super) fn plan_name(no: u32) -> String {
    format!("plan-{no:03}.plan")
}
