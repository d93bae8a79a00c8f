//! What was given on the command line for a campaign stays with it until said otherwise: `settings.json`
//! in the campaign's directory. Beside it `reports.json` lists the reports that were written, for `erase`.
//!
//! Invariant: both are replaced whole and atomically. Neither holds anything of a recipient. The settings are
//! sealed: a rate with a flipped digit is another rate.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::app::AppError;
use crate::app::options::Zone;
use crate::campaign::duration::Span;
use crate::campaign::{Campaign, Retry};
use crate::domain::cap::Cap;
use crate::domain::ids::NumberId;
use crate::domain::policy::{Canary, FailureGuard, RetryPolicy};
use crate::domain::priority::Priority;
use crate::domain::rate::Rate;
use crate::domain::schedule::Schedule;
use crate::domain::time::Millis;
use crate::sys::disk::{Disk, LockGuard, if_there, write_atomic};
use crate::sys::sealed::{seal, unseal};

const SETTINGS: &str = "settings.json";
const REPORTS: &str = "reports.json";
const LOCK: &str = "settings.lock";

/// The choices that stay with a campaign. `None`: nothing was said, the campaign file or the default holds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SavedOptions {
    /// `--rate`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// `--from`, one or several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<NumberId>,
    /// `--audience`, absolute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<PathBuf>,
    /// `--phone`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// `--message`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `--country`, its ISO code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// `--sheet`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
    /// `--encoding`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// `--delimiter`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delimiter: Option<char>,
    /// `--header-row`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub header_row: Option<u32>,
    /// `--track`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<Span>,
    /// `--concurrency`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub concurrency: Option<usize>,
    /// `--report`, absolute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<PathBuf>,
    /// `--timezone`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<Zone>,
    /// When each of them was said, by its option's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub said: BTreeMap<String, Millis>,
    /// What the campaign file itself asked for when it was last planned: holds on when the file is gone.
    pub file: FromFile,
}

/// What the campaign file asks of a run, kept so that the frozen plan can go on without it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FromFile {
    /// `rate`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Rate>,
    /// `daily`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub daily: Option<u64>,
    /// `cap`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cap: Option<Cap>,
    /// `priority`
    pub priority: Priority,
    /// `schedule`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schedule: Option<Schedule>,
    /// `canary`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
    /// `guard`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guard: Option<FailureGuard>,
    /// `retry`
    pub retry: RetryPolicy,
    /// `track`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub track: Option<Span>,
}

impl FromFile {
    /// What this campaign file asks.
    #[must_use]
    pub fn of(campaign: &Campaign) -> FromFile {
        let Retry { attempts, base, cap } = campaign.retry;
        FromFile {
            rate: campaign.rate,
            daily: campaign.daily.map(u64::from),
            cap: campaign.cap,
            priority: campaign.priority,
            schedule: campaign.schedule.clone(),
            canary: campaign.canary,
            guard: campaign.guard,
            retry: RetryPolicy { attempts, base, cap },
            track: campaign.track.map(Span),
        }
    }
}

impl SavedOptions {
    /// What is stored for the campaign in `dir`; nothing when there is no such file.
    ///
    /// # Errors
    /// When the file is there and can't be read.
    pub fn load(disk: &dyn Disk, dir: &Path) -> Result<SavedOptions, AppError> {
        let path = dir.join(SETTINGS);
        let hint = "remove it: what was given before is forgotten then, and nothing else";
        let stored =
            read(disk, &path)?.map(|bytes| unseal(&bytes).map_err(|error| garbled(&path, &error, hint)));
        Ok(stored.transpose()?.unwrap_or_default())
    }

    /// Keeps it, if it is another than `before`.
    ///
    /// # Errors
    /// The disk's.
    pub fn save(&self, disk: &dyn Disk, dir: &Path, before: &SavedOptions) -> Result<(), AppError> {
        if self == before {
            return Ok(());
        }
        let _guard = lock(disk, dir)?;
        write(disk, dir, SETTINGS, seal(self))
    }

    /// Takes what was said this time, `now`, and leaves the rest as it was.
    #[must_use]
    pub fn with(self, now: SavedOptions, at: Millis) -> SavedOptions {
        let mut said = self.said.clone();
        for (option, _) in now.options() {
            said.insert(option.to_owned(), at);
        }
        SavedOptions {
            rate: now.rate.or(self.rate),
            from: if now.from.is_empty() { self.from } else { now.from },
            audience: now.audience.or(self.audience),
            phone: now.phone.or(self.phone),
            message: now.message.or(self.message),
            country: now.country.or(self.country),
            sheet: now.sheet.or(self.sheet),
            encoding: now.encoding.or(self.encoding),
            delimiter: now.delimiter.or(self.delimiter),
            header_row: now.header_row.or(self.header_row),
            track: now.track.or(self.track),
            concurrency: now.concurrency.or(self.concurrency),
            report: now.report.or(self.report),
            timezone: now.timezone.or(self.timezone),
            said,
            file: self.file,
        }
    }

    /// What is set: the options and their values, as they are written on the command line.
    #[must_use]
    pub fn options(&self) -> Vec<(&'static str, String)> {
        let path = |path: &PathBuf| path.display().to_string();
        let from = || self.from.iter().map(|id| id.as_str()).collect::<Vec<_>>().join(",");
        [
            ("--rate", self.rate.map(|rate| rate.to_string())),
            ("--from", (!self.from.is_empty()).then(from)),
            ("--audience", self.audience.as_ref().map(path)),
            ("--phone", self.phone.clone()),
            ("--message", self.message.clone()),
            ("--country", self.country.clone()),
            ("--sheet", self.sheet.clone()),
            ("--encoding", self.encoding.clone()),
            ("--delimiter", self.delimiter.map(|c| if c == '\t' { "tab".to_owned() } else { c.to_string() })),
            ("--header-row", self.header_row.map(|row| row.to_string())),
            ("--track", self.track.map(|track| track.to_string())),
            ("--concurrency", self.concurrency.map(|n| n.to_string())),
            ("--report", self.report.as_ref().map(path)),
            ("--timezone", self.timezone.as_ref().map(ToString::to_string)),
        ]
        .into_iter()
        .filter_map(|(option, value)| Some((option, value?)))
        .collect()
    }
}

/// The reports that were written for a campaign, by absolute path.
///
/// # Errors
/// When the list is there and can't be read.
pub fn reports(disk: &dyn Disk, dir: &Path) -> Result<Vec<PathBuf>, AppError> {
    let path = dir.join(REPORTS);
    let hint = "fix it or remove it: reports that were written are then for you to find";
    let list =
        read(disk, &path)?.map(|b| serde_json::from_slice(&b).map_err(|error| garbled(&path, &error, hint)));
    Ok(list.transpose()?.unwrap_or_default())
}

/// Adds a report to the list.
///
/// # Errors
/// The disk's.
pub fn remember_report(disk: &dyn Disk, dir: &Path, report: &Path) -> Result<(), AppError> {
    let _guard = lock(disk, dir)?;
    let mut list = reports(disk, dir)?;
    let report = std::path::absolute(report).unwrap_or_else(|_| report.to_owned());
    if list.contains(&report) {
        return Ok(());
    }
    list.push(report);
    write(disk, dir, REPORTS, serde_json::to_vec_pretty(&list))
}

/// Lets one process at a time write what stays with the campaign, whichever rounds they hold: `run` at its end and `report`
/// beside it, `run` and `run --again`.
///
/// # Errors
/// The disk's.
pub fn lock(disk: &dyn Disk, dir: &Path) -> Result<LockGuard, AppError> {
    let path = dir.join(LOCK);
    let locked = disk.create_dir_all(dir).and_then(|()| disk.lock(&path));
    locked.map_err(|error| AppError::disk("lock", &path, &error))
}

fn read(disk: &dyn Disk, path: &Path) -> Result<Option<Vec<u8>>, AppError> {
    if_there(disk.read(path)).map_err(|error| AppError::disk("read", path, &error))
}

fn garbled(path: &Path, error: &dyn std::fmt::Display, hint: &str) -> AppError {
    AppError::failed(format!("{} can't be read: {error}", path.display())).hint(hint)
}

fn write(
    disk: &dyn Disk,
    dir: &Path,
    name: &str,
    bytes: Result<Vec<u8>, serde_json::Error>,
) -> Result<(), AppError> {
    let path = dir.join(name);
    bytes
        .map_err(io::Error::other)
        .and_then(|bytes| {
            disk.create_dir_all(dir)?;
            write_atomic(disk, &path, &bytes)
        })
        .map_err(|error| AppError::disk("write", &path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::disk::RealDisk;

    #[test]
    fn what_was_said_stays_until_said_otherwise() {
        let dir = tempfile::tempdir().unwrap();
        let nothing = SavedOptions::load(&RealDisk, dir.path()).unwrap();
        assert_eq!(nothing, SavedOptions::default());
        let said =
            SavedOptions { rate: Some(Rate::Max), track: Some(Span::default()), ..SavedOptions::default() };
        let kept = nothing.clone().with(said, Millis(1));
        kept.save(&RealDisk, dir.path(), &nothing).unwrap();
        let later = SavedOptions::load(&RealDisk, dir.path()).unwrap();
        assert_eq!(later, kept);
        let later =
            later.with(SavedOptions { rate: Some(Rate::DEFAULT), ..SavedOptions::default() }, Millis(2));
        assert_eq!((later.rate, later.track), (Some(Rate::DEFAULT), Some(Span::default())));
    }

    #[test]
    fn reports_are_listed_once() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            remember_report(&RealDisk, dir.path(), &dir.path().join("a.csv")).unwrap();
        }
        assert_eq!(reports(&RealDisk, dir.path()).unwrap(), [dir.path().join("a.csv")]);
    }

    /// `run` and `run --again` hold different rounds of one campaign.
    #[test]
    fn several_may_keep_settings_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let keep = |rate: &str| {
            let said = SavedOptions { rate: Some(rate.parse().unwrap()), ..SavedOptions::default() };
            for _ in 0..100 {
                said.save(&RealDisk, dir.path(), &SavedOptions::default()).unwrap();
                assert!(SavedOptions::load(&RealDisk, dir.path()).unwrap().rate.is_some());
            }
        };
        std::thread::scope(|scope| {
            scope.spawn(|| keep("10/s"));
            scope.spawn(|| keep("20/s"));
        });
    }
}
