//! Where a plan comes from: opening the audience, hashing what is read, noticing a change underneath.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::campaign::error::CampaignError;
use crate::campaign::file::audience::{Exclude, Source};
use crate::campaign::file::campaign::Campaign;
use crate::campaign::tables::{self, Table, TableError, TableErrorKind, TableOptions};
use crate::domain::hex::hex;

/// What the source of a plan is called that was made of whom another campaign reached, before that one's name. No path
/// begins so: those are absolute.
pub const OF_CAMPAIGN: &str = "campaign ";

/// Opens a campaign's audience.
pub(super) fn open(campaign: &Campaign) -> Result<Table, CampaignError> {
    if campaign.audience.selection.exclude.iter().any(Exclude::is_unlisted) {
        return Err(not_asked(campaign, "audience.exclude"));
    }
    if let Some(path) = file(campaign) {
        let list = TableOptions::default();
        let reading = match campaign.audience.source {
            Source::File { .. } => &campaign.audience.reading,
            _ => &list,
        };
        return match tables::open(path, reading) {
            // A file of nothing is an audience of nobody: whether that is an accident the run asks.
            Err(TableError { kind: TableErrorKind::Empty, .. }) => Ok(tables::from_json_values(Vec::new())),
            table => Ok(table?),
        };
    }
    match &campaign.audience.source {
        Source::Recipients(recipients) => {
            let table = tables::from_json_values(Arc::clone(recipients));
            if table.columns.len() > tables::MAX_COLUMNS {
                let what = format!(
                    "have {} different keys; a table has at most {}",
                    table.columns.len(),
                    tables::MAX_COLUMNS
                );
                return Err(CampaignError::invalid(&campaign.shown, "audience.recipients", what)
                    .with_hint("leave out the keys that no message needs"));
            }
            Ok(table)
        }
        Source::Labels { .. } => Err(not_asked(campaign, "audience.labels")),
        Source::Campaign { .. } => {
            let what = "names people whom only another campaign's ledger knows, and it wasn't read";
            Err(CampaignError::invalid(&campaign.shown, "audience.campaign", what)
                .with_hint("where that campaign is gone, give a report of it: \"audience\": {\"file\": …}"))
        }
        Source::File { .. } | Source::Nowhere => {
            let what = "doesn't say who is written to";
            Err(CampaignError::invalid(&campaign.shown, "audience", what)
                .with_hint("add \"audience\": {\"file\": \"customers.csv\"}, or give --audience FILE"))
        }
    }
}

/// The account would have to say who is meant.
fn not_asked(campaign: &Campaign, key: &str) -> CampaignError {
    let what = "names people whom only the account knows, and it wasn't asked";
    CampaignError::invalid(&campaign.shown, key, what).with_hint("leave out `--offline`, and give the token")
}

/// The file that the audience is read from, where there is one.
fn file(campaign: &Campaign) -> Option<&Path> {
    match &campaign.audience.source {
        Source::File { path } => Some(path),
        Source::Labels { list, .. } | Source::Campaign { list, .. } => list.as_deref(),
        Source::Recipients(_) | Source::Nowhere => None,
    }
}

/// What the audience is called in a plan's head.
pub(super) fn describe(campaign: &Campaign) -> String {
    match &campaign.audience.source {
        Source::File { path } => path.display().to_string(),
        Source::Recipients(_) => "inline".to_owned(),
        Source::Labels { labels, .. } => format!("labels {}", labels.join(", ")),
        Source::Campaign { retarget, .. } => format!("{OF_CAMPAIGN}{}", retarget.campaign),
        Source::Nowhere => String::new(),
    }
}

/// SHA-256 over what a plan is made from, in hex: the campaign file, then the audience, then what the
/// command line put in their place. Tells before planning whether anything changed.
///
/// # Errors
/// When the audience's file can't be read.
pub fn source_hash(campaign: &Campaign) -> Result<String, CampaignError> {
    let mut all = Sha256::new();
    all.update(campaign.digest);
    if let Some(path) = file(campaign) {
        // What is no table may have no end either.
        match tables::glance(path) {
            Ok(()) => {}
            Err(TableError { kind: TableErrorKind::Io(source), .. }) => {
                return Err(CampaignError::Read { path: path.to_owned(), source });
            }
            Err(error) => return Err(error.into()),
        }
        all.update(hash_file(path)?);
        // Of a JSON campaign this is in its digest; on the command line it can be said of a bare spreadsheet, too.
        all.update(format!("{:?}", campaign.audience.reading));
    }
    for exclude in &campaign.audience.selection.exclude {
        match exclude {
            Exclude::File { path, .. } => all.update(hash_file(path)?),
            Exclude::Labels { carriers: Some(carriers), .. } => {
                let mut people: Vec<_> = carriers.iter().map(|phone| phone.identity().as_u64()).collect();
                people.sort_unstable();
                people.dedup();
                all.update(b"\0carriers\0");
                people.iter().for_each(|person| all.update(person.to_le_bytes()));
            }
            Exclude::Campaign { .. } | Exclude::Labels { .. } => {}
        }
    }
    for from in &campaign.overrides.from {
        // The NUL keeps `1`, `23` apart from `12`, `3`.
        all.update(b"\0from\0");
        all.update(from.as_str());
    }
    let columns = [("phone", &campaign.overrides.phone), ("message", &campaign.overrides.message)];
    for (option, column) in
        columns.into_iter().filter_map(|(option, column)| Some((option, column.as_ref()?)))
    {
        all.update(format!("\0{option}\0{column}"));
    }
    if let Some(country) = campaign.overrides.country {
        all.update(format!("\0country\0{country}"));
    }
    Ok(hex(&all.finalize()))
}

fn hash_file(path: &Path) -> Result<[u8; 32], CampaignError> {
    let read = |source| CampaignError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(read)?;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hash.finalize().into()),
            Ok(n) => hash.update(&buffer[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(read(error)),
        }
    }
}

/// The audience's file as it was before it was read: size and time of its last change.
#[derive(Debug)]
pub(super) struct Watch {
    seen: Option<(PathBuf, Stamp)>,
}

type Stamp = (u64, Option<SystemTime>);

impl Watch {
    /// Looks at the audience's file, where there is one.
    pub fn new(campaign: &Campaign) -> Watch {
        let seen = file(campaign).and_then(|path| Some((path.to_owned(), stamp(path)?)));
        Watch { seen }
    }

    /// The file's size; 0 where there is none.
    pub fn bytes(&self) -> u64 {
        self.seen.as_ref().map_or(0, |(_, (bytes, _))| *bytes)
    }

    /// Fails when the file is another now: what was read may be half the old and half the new one.
    pub fn unchanged(&self) -> Result<(), CampaignError> {
        match &self.seen {
            Some((path, before)) if stamp(path).as_ref() != Some(before) => {
                Err(CampaignError::Changed { path: path.clone() })
            }
            _ => Ok(()),
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.len(), metadata.modified().ok()))
}
