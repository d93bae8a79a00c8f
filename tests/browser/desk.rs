//! What a walk through the dashboard begins with: a data directory of its own with campaigns, and a way in.
#![cfg(test)] // lets clippy take the helpers for test code

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

use super::context::Context;
use super::page::Page;
use super::sendcast::Sendcast;
use super::wait;

/// How long a run may take to its end.
const RUN_LIMIT: Duration = Duration::from_secs(60);

/// A machine with a fresh home: a working directory and a data directory.
pub struct Desk {
    root: TempDir,
}

/// A command that goes on beside the test. It ends with this value.
pub struct Beside(Child);

impl Drop for Beside {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Beside {
    /// Waits until it has ended by itself.
    #[track_caller]
    pub fn ends(&mut self) {
        let ended = wait::until(RUN_LIMIT, || self.0.try_wait().unwrap());
        ended.unwrap_or_else(|| panic!("it goes on and on"));
    }

    /// What it prints first.
    #[track_caller]
    pub fn first_line(&mut self) -> String {
        let mut line = String::new();
        let out = self.0.stdout.as_mut().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
        line.trim().to_owned()
    }
}

/// The text message of most walks.
pub const TEXT: &str =
    r#"{"type": "text", "body": "Hi {{ name | default('there') }}, *20% off* till Sunday."}"#;

impl Desk {
    /// With nothing on it.
    pub fn new() -> Desk {
        let root = TempDir::with_prefix("sendcast-desk-").unwrap();
        fs::create_dir(root.path().join("work")).unwrap();
        Desk { root }
    }

    /// With a campaign `c` at a rate, to so many people.
    pub fn with(rate: &str, people: usize) -> Desk {
        let desk = Desk::new();
        desk.campaign("c", rate, TEXT);
        desk.people(people);
        desk
    }

    /// The working directory.
    pub fn dir(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// Writes a file into the working directory.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.dir().join(name);
        fs::write(&file, text).unwrap();
        file
    }

    /// Writes `NAME.json`, a campaign over `people.csv`.
    pub fn campaign(&self, name: &str, rate: &str, message: &str) {
        let text = format!(
            r#"{{"name": "{name}", "from": "PHONE_NUMBER_ID", "rate": "{rate}", "track": "0",
                "audience": {{"file": "people.csv", "phone": "Phone", "country": "IN"}}, "message": {message}}}"#
        );
        self.write(&format!("{name}.json"), &text);
    }

    /// Writes `people.csv`, with so many people.
    pub fn people(&self, n: usize) {
        let rows: String = (0..n).map(|n| format!("Person {n},+9198765{n:05}\n")).collect();
        self.write("people.csv", &format!("Name,Phone\n{rows}"));
    }

    /// `sendcast` with these arguments, separated by blanks.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendcast"));
        command.args(arguments.split_whitespace()).current_dir(self.dir());
        command.env("SENDCAST_DATA_DIR", self.data()).env_remove("SENDWO_API_TOKEN");
        command.env("SENDWO_BASE_URL", "http://127.0.0.1:1/api/v1").stdin(Stdio::null());
        command
    }

    /// Runs it to its end, which has to have this exit code.
    #[track_caller]
    pub fn run(&self, arguments: &str, code: i32) {
        let out = self.command(arguments).output().unwrap();
        let said = String::from_utf8_lossy(&out.stderr);
        assert_eq!(out.status.code(), Some(code), "{arguments}:\n{said}");
    }

    /// Starts it beside the test.
    pub fn beside(&self, arguments: &str) -> Beside {
        let mut command = self.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::null());
        Beside(command.spawn().unwrap())
    }

    /// Serves the dashboard.
    #[track_caller]
    pub fn serve(&self) -> Sendcast {
        Sendcast::serve(&self.data())
    }

    /// How many messages each number got of the sandbox of trial `c`: its ledger is the witness.
    pub fn ledger(&self) -> BTreeMap<String, usize> {
        let ledger = self.data().join("sandbox/campaigns/c/server/sandbox-ledger.jsonl");
        let mut got = BTreeMap::new();
        for line in fs::read_to_string(ledger).unwrap().lines() {
            if let Some((_, rest)) = line.split_once("\"to\":") {
                let number = rest.split([',', '}']).next().unwrap().trim_matches('"');
                *got.entry(number.to_owned()).or_default() += 1;
            }
        }
        got
    }
}

/// Comes in by the link, in a new tab.
#[track_caller]
pub fn enter(context: &Context, link: &str) -> Page {
    let page = context.blank();
    enter_in(&page, link);
    page
}

/// Comes in by the link, in this tab.
#[track_caller]
pub fn enter_in(page: &Page, link: &str) {
    page.goto(link);
    page.until("location.pathname === '/' && document.readyState === 'complete'");
}

/// What stands on the sum's line of a campaign's page: its parts by their words, and what they are said to add up to.
#[track_caller]
pub fn sum(page: &Page) -> (BTreeMap<String, u64>, u64) {
    let line = page.text(".sum");
    let number = |text: &str| -> u64 { text.replace(',', "").parse().unwrap_or_else(|_| panic!("{line}")) };
    let (parts, total) = line.split_once(" = ").unwrap_or_else(|| panic!("{line}"));
    let parts = parts.split(" + ").map(|part| {
        let (n, word) = part.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        (word.to_owned(), number(n))
    });
    (parts.collect(), number(total))
}

/// As [`sum`], which has to add up.
#[track_caller]
pub fn sum_that_adds_up(page: &Page) -> BTreeMap<String, u64> {
    let (parts, total) = sum(page);
    assert_eq!(parts.values().sum::<u64>(), total, "{parts:?}");
    parts
}
