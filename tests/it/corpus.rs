//! The corpus: audience files as people and programs make them, and the plan that each must give.
//!
//! `tests/corpus/<part>/FILE` is an audience; beside it `FILE.plan` says what is planned:
//!
//! ```text
//! 2 | send | 919876543210 | Hi Asha
//! 3 | bad | +91 12 | column `Mobile`: …
//! 4 | duplicate | 919876543210 | duplicate of row 2
//! note | the row above the header names groups of columns…
//! ```
//!
//! or the one line `refused | why`. Row, fate (`send`, `bad`, `duplicate`, `opted_out`), the recipient, then the
//! message as it is sent (`\n` for a line end, `\` doubled) or the reason. A text that ends in `…` has to begin so; any
//! other has to be the same. Notes are what `check` says of the file as a whole.
//!
//! The campaign is [`CAMPAIGN`] over the file, unless `FILE.campaign.json` stands beside it (which then names the file
//! in its `audience.file`). A file whose name ends in `.md` is no audience.
//!
//! `CORPUS=write cargo test --test it corpus::` writes the plans that are missing, `CORPUS=rewrite` all that differ.
//! Whoever does that reads every line of the difference: a plan is what must be, not what is.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests")]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use sendcast::campaign::{Campaign, CampaignError, PlanOptions, Planner};
use sendcast::domain::message::Message;
use sendcast::domain::payload::Payload;
use sendcast::domain::plan::{Fate, PlannedRow};

/// What each file is planned with; `FILE` stands for the audience.
const CAMPAIGN: &str = r#"{"from": "1", "audience": {"file": FILE, "country": "IN"},
    "message": {"type": "text", "body": "Hi {{ name | default('there') }}"}}"#;

/// How many characters of a reason are kept when a plan is written.
const REASON_CHARS: usize = 90;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// The audiences of a directory, by name.
fn audiences(part: &Path) -> Vec<PathBuf> {
    let beside = |name: &str| {
        [".plan", ".campaign.json", ".md"].iter().any(|end| name.ends_with(end)) || name.starts_with('.')
    };
    let mut files: Vec<PathBuf> = std::fs::read_dir(part)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file() && !beside(&path.file_name().unwrap().to_string_lossy()))
        .collect();
    files.sort();
    files
}

fn beside(file: &Path, end: &str) -> PathBuf {
    let mut name = file.file_name().unwrap().to_owned();
    name.push(end);
    file.with_file_name(name)
}

fn campaign(file: &Path, scratch: &Path) -> Result<Campaign, CampaignError> {
    let own = beside(file, ".campaign.json");
    if own.is_file() {
        return Campaign::load(&own);
    }
    let text = CAMPAIGN.replace("FILE", &serde_json::to_string(&file.display().to_string()).unwrap());
    let path = scratch.join("corpus.json");
    std::fs::write(&path, text).unwrap();
    Campaign::load(&path)
}

/// What is planned, a line each.
fn planned(file: &Path, scratch: &Path) -> Vec<String> {
    let plan = || {
        let campaign = campaign(file, scratch)?;
        let mut planner = Planner::new(&campaign, PlanOptions::default())?;
        let rows: Vec<PlannedRow> = planner.by_ref().collect::<Result<_, _>>()?;
        let notes = planner.warnings().notes.iter().map(|note| format!("note | {}", one_line(note)));
        Ok(rows.iter().map(line).chain(notes).collect())
    };
    plan().unwrap_or_else(|error: CampaignError| {
        let place = format!("{}{}", file.parent().unwrap().display(), std::path::MAIN_SEPARATOR);
        vec![format!("refused | {}", one_line(&error.to_string().replace(&place, "")))]
    })
}

fn line(row: &PlannedRow) -> String {
    let number = row.row.map_or_else(|| "-".to_owned(), |row| row.to_string());
    let (fate, words) = match &row.fate {
        Fate::Send(Payload::Message(Message::Text { body })) => ("send", body.clone()),
        Fate::Send(other) => ("send", format!("{other:?}")),
        Fate::Skip { cause, problem, .. } => (cause.word(), problem.to_string()),
    };
    format!("{number} | {fate} | {} | {}", one_line(&row.to), one_line(&words))
}

fn one_line(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r")
}

/// Whether a line is as expected; one that ends in `…` has to begin so.
fn agrees(expected: &str, found: &str) -> bool {
    match expected.strip_suffix('…') {
        Some(start) => found.starts_with(start),
        None => expected == found,
    }
}

/// As it is written into a plan: what is sent word by word, reasons shortened.
fn kept(line: &str) -> String {
    if line.split(" | ").nth(1) == Some("send") || line.chars().count() <= REASON_CHARS {
        return line.to_owned();
    }
    let start: String = line.chars().take(REASON_CHARS).collect();
    format!("{start}…")
}

/// What differs, or nothing.
fn compare(file: &Path, found: &[String], wish: &str) -> String {
    let plan = beside(file, ".plan");
    let expected = std::fs::read_to_string(&plan).ok();
    let lines: Vec<&str> = expected.as_deref().unwrap_or_default().lines().collect();
    let same = lines.len() == found.len() && lines.iter().zip(found).all(|(e, f)| agrees(e, f));
    if same && expected.is_some() {
        return String::new();
    }
    if wish == "rewrite" || (wish == "write" && expected.is_none()) {
        let text: String = found.iter().map(|line| kept(line) + "\n").collect();
        std::fs::write(&plan, text).unwrap();
        return String::new();
    }
    let mut out = format!("{}:\n", file.display());
    for n in 0..lines.len().max(found.len()) {
        let (e, f) = (lines.get(n).copied().unwrap_or("nothing"), found.get(n).map_or("nothing", |f| f));
        if !agrees(e, f) {
            writeln!(out, "  expected: {e}\n  planned:  {f}").unwrap();
        }
    }
    out
}

#[test]
fn every_file_gives_its_plan() {
    let wish = std::env::var("CORPUS").unwrap_or_default();
    let scratch = tempfile::tempdir().unwrap();
    let mut parts: Vec<PathBuf> = std::fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    parts.sort();
    let mut differences = String::new();
    for part in parts {
        let files = audiences(&part);
        assert!(!files.is_empty(), "{} holds no audience", part.display());
        println!("{}: {} files", part.file_name().unwrap().to_string_lossy(), files.len());
        for file in files {
            differences += &compare(&file, &planned(&file, scratch.path()), &wish);
        }
    }
    assert!(differences.is_empty(), "{differences}");
}
