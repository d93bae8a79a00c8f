//! What `sendcast --version` prints: the version, and of a release build the commit and its date.
//!
//! The commit comes from SENDCAST_COMMIT, else from git, else from what `git archive` (`.git-archival`) or `cargo package`
//! (`.cargo_vcs_info.json`) left in the sources; the date from SOURCE_DATE_EPOCH, else from the commit. The same
//! sources give the same text whenever they are built. Where nothing is known, the version stands alone. Development
//! builds don't look: each commit would compile the crate anew.

use std::env;
use std::fs;
use std::path::Path;
use std::process::Command;

fn main() {
    for variable in ["SENDCAST_COMMIT", "SOURCE_DATE_EPOCH"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    println!("cargo::rerun-if-changed=build.rs");
    let set = |name: &str| env::var(name).ok().filter(|text| !text.trim().is_empty());
    let released = set("PROFILE").is_some_and(|profile| profile == "release");
    let root = set("CARGO_MANIFEST_DIR").unwrap_or_else(|| ".".to_owned());
    let found = if released { Commit::find(Path::new(&root)) } else { Commit::default() };
    let commit = Commit {
        id: set("SENDCAST_COMMIT").or(found.id),
        seconds: set("SOURCE_DATE_EPOCH").and_then(|text| text.trim().parse().ok()).or(found.seconds),
    };
    let version = set("CARGO_PKG_VERSION").unwrap_or_default();
    println!("cargo::rustc-env=SENDCAST_VERSION={}", commit.after(&version));
}

/// Which sources these are.
#[derive(Debug, Default, PartialEq)]
pub struct Commit {
    /// The whole hash, or the start of it.
    pub id: Option<String>,
    /// When it was made, in seconds since 1970.
    pub seconds: Option<i64>,
}

impl Commit {
    /// Of the sources in `root`, as far as they tell.
    pub fn find(root: &Path) -> Commit {
        // The sources may lie within somebody else's repository.
        if root.join(".git").exists() {
            watch(root);
            if let Some(line) = git(root, &["log", "-1", "--format=%H %ct"]) {
                return Commit::read(&line);
            }
        }
        let archived = fs::read_to_string(root.join(".git-archival")).unwrap_or_default();
        // As it stands in the repository, before `git archive` fills it in.
        if !archived.contains("$Format") && !archived.trim().is_empty() {
            return Commit::read(&archived);
        }
        let packaged = fs::read_to_string(root.join(".cargo_vcs_info.json")).unwrap_or_default();
        let id = packaged.split("\"sha1\"").nth(1).and_then(|rest| rest.split('"').nth(1));
        Commit { id: id.map(str::to_owned), seconds: None }
    }

    /// Of `HASH SECONDS`.
    fn read(line: &str) -> Commit {
        let mut words = line.split_whitespace();
        Commit {
            id: words.next().map(str::to_owned),
            seconds: words.next().and_then(|text| text.parse().ok()),
        }
    }

    /// `0.1.0 (a1b2c3d4e5f6 2026-11-30)`
    pub fn after(&self, version: &str) -> String {
        let id = self.id.as_deref().map(|id| id.trim().chars().take(12).collect());
        let known: Vec<String> = id.into_iter().chain(self.seconds.map(day)).collect();
        if known.is_empty() { version.to_owned() } else { format!("{version} ({})", known.join(" ")) }
    }
}

/// Builds anew when another commit is checked out.
fn watch(root: &Path) {
    for file in ["HEAD", "logs/HEAD"] {
        if let Some(path) = git(root, &["rev-parse", "--git-path", file])
            && root.join(&path).exists()
        {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}

fn git(root: &Path, args: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// The day in UTC, by Howard Hinnant's `civil_from_days`.
pub fn day(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
