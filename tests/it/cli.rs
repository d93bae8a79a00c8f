//! The command line, as a user meets it: the binary itself, in a working directory and a data directory of
//! its own.
#![cfg(test)] // lets clippy take the helpers for test code

pub mod account;
mod bulk;
mod cap;
mod completion;
mod edited;
mod erase;
mod estimates;
mod expect;
mod failures;
mod first_steps;
mod forget;
mod help;
mod kept;
mod labels;
mod names;
mod numbers;
mod optouts;
mod orders;
mod people;
mod people_of_the_account;
pub mod retarget;
mod schedule;
mod selection;
mod single;
mod table;
#[cfg(target_os = "linux")]
mod terminal;
#[cfg(unix)]
mod tour;
mod usage;
mod variants;
mod version;
mod web_page;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// A machine with a fresh home.
pub struct Desk {
    _root: tempfile::TempDir,
    /// The working directory.
    pub dir: PathBuf,
    /// The data directory.
    pub data: PathBuf,
}

/// What a command left behind.
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Said {
    /// Fails with all that was said unless the exit code is this one.
    #[track_caller]
    pub fn exits(self, code: i32) -> Said {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// Fails unless stderr has this in it.
    #[track_caller]
    pub fn says(self, part: &str) -> Said {
        assert!(self.err.contains(part), "no `{part}` in:\n{}", self.err);
        self
    }

    /// Fails unless stdout has this in it.
    #[track_caller]
    pub fn prints(self, part: &str) -> Said {
        assert!(self.out.contains(part), "no `{part}` in:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }

    /// stdout as one JSON value.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out)
            .unwrap_or_else(|e| panic!("{e} in {:?}; stderr:\n{}", self.out, self.err))
    }
}

impl Desk {
    pub fn new() -> Desk {
        let root = tempfile::tempdir().unwrap();
        let (dir, data) = (root.path().join("work"), root.path().join("data"));
        std::fs::create_dir(&dir).unwrap();
        Desk { _root: root, dir, data }
    }

    /// With a campaign `c.json` over `people.csv`.
    pub fn with(rows: &str) -> Desk {
        let desk = Desk::new();
        desk.campaign(r#"{"type": "text", "body": "Hi {{ name | default('there') }}"}"#);
        desk.people(rows);
        desk
    }

    pub fn campaign(&self, message: &str) {
        self.write(
            "c.json",
            &format!(
                r#"{{"name": "c", "from": "PHONE_NUMBER_ID", "rate": "max", "track": "0",
                    "audience": {{"file": "people.csv", "country": "IN"}}, "message": {message}}}"#
            ),
        );
    }

    pub fn people(&self, rows: &str) {
        self.write("people.csv", &format!("Name,Phone\n{rows}"));
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.dir.join(name), text).unwrap();
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.dir.join(name)).unwrap()
    }

    /// Runs `sendcast` with these arguments, separated by blanks.
    pub fn run(&self, arguments: &str) -> Said {
        self.command(arguments).output().unwrap().into()
    }

    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("sendcast"));
        command
            .args(arguments.split_whitespace())
            .current_dir(&self.dir)
            .env("SENDCAST_DATA_DIR", &self.data)
            .env_remove("SENDWO_API_TOKEN")
            .env_remove("SENDWO_BASE_URL")
            .stdin(std::process::Stdio::null());
        // Whoever runs the tests in a terminal isn't asked.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }

    /// The counts of `c` in the trials' ledger.
    pub fn counts(&self) -> Value {
        self.run("status c --sandbox --json").exits(0).json()["counts"].clone()
    }
}

impl From<Output> for Said {
    fn from(output: Output) -> Said {
        Said {
            code: output.status.code().unwrap(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

/// All files below a directory, with their bytes.
pub fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = std::fs::read(&path).unwrap();
            found.push((path, bytes));
        }
    }
    found
}

pub const THREE: &str = "Ann,+919876543210\nBob,09876543211\nCem,+905321234567\n";
