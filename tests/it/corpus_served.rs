//! The corpus through the program: each audience is run against a server of its own, which then tells whom it
//! accepted messages for, and with which words. What it must have is what the audience's plan says (see `corpus`).

#![cfg(test)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::cli::account::Office;

/// Runs at a time.
const LANES: usize = 4;

/// Whom the server has messages for, and their words; `None` for the words of anything but text.
type Accepted = BTreeMap<(String, Option<String>), usize>;

/// The audiences that have a plan, everywhere below the corpus.
fn audiences() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let parts = std::fs::read_dir(root).unwrap().map(|part| part.unwrap().path());
    let mut files: Vec<PathBuf> = parts
        .filter(|part| part.is_dir())
        .flat_map(|part| std::fs::read_dir(part).unwrap().map(|file| file.unwrap().path()))
        .filter_map(|plan| plan.to_str()?.strip_suffix(".plan").map(PathBuf::from))
        .collect();
    files.sort();
    files
}

/// What the plan says; `None` where the file is refused.
fn expected(file: &Path) -> Option<Accepted> {
    let plan = std::fs::read_to_string(format!("{}.plan", file.display())).unwrap();
    if plan.starts_with("refused") {
        return None;
    }
    let mut accepted = Accepted::new();
    for line in plan.lines() {
        let mut parts = line.splitn(4, " | ").skip(1);
        if let (Some("send"), Some(to), Some(words)) = (parts.next(), parts.next(), parts.next()) {
            let text = !["Media {", "Buttons {", "Flow {"].iter().any(|other| words.starts_with(other));
            *accepted.entry((to.to_owned(), text.then(|| unescaped(words)))).or_default() += 1;
        }
    }
    Some(accepted)
}

fn unescaped(words: &str) -> String {
    words.replace("\\\\", "\u{0}").replace("\\n", "\n").replace("\\r", "\r").replace('\u{0}', "\\")
}

async fn accepted(office: &Office) -> Accepted {
    let base = office.running.base_url();
    let url = format!("{}/sandbox/messages?limit=100000", base.trim_end_matches("/api/v1"));
    let told = reqwest::get(url).await.unwrap().text().await.unwrap();
    let told: Value = serde_json::from_str(&told).unwrap();
    let mut accepted = Accepted::new();
    for message in told["messages"].as_array().unwrap() {
        let to = message["to"].as_str().unwrap().to_owned();
        let words = (message["type"] == "text").then(|| words_of(&message["message"]));
        *accepted.entry((to, words)).or_default() += 1;
    }
    accepted
}

fn words_of(message: &Value) -> String {
    let body = message.get("body").or_else(|| message.get("text").and_then(|text| text.get("body")));
    let body = body.or_else(|| message.as_object()?.values().next()?.get("body"));
    body.and_then(Value::as_str).unwrap_or_else(|| panic!("no words in {message}")).to_owned()
}

/// What differs between the plan and the server, or nothing.
fn tried(file: &Path) -> Option<String> {
    let office = Office::new();
    let own = PathBuf::from(format!("{}.campaign.json", file.display()));
    let campaign = if own.is_file() {
        own
    } else {
        let name = serde_json::to_string(&file.display().to_string()).unwrap();
        office.desk.write(
            "corpus.json",
            &format!(
                r#"{{"from": "1", "audience": {{"file": {name}, "country": "IN"}},
                    "message": {{"type": "text", "body": "Hi {{{{ name | default('there') }}}}"}}}}"#
            ),
        );
        office.desk.dir.join("corpus.json")
    };
    let campaign = campaign.to_str().unwrap();
    let arguments = ["run", campaign, "--from", "1", "--offline", "--rate", "max", "--track", "0", "--yes"];
    let said = office.run(&arguments);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let accepted = runtime.block_on(accepted(&office));
    match expected(file) {
        None if said.code == 2 && accepted.is_empty() => None,
        Some(expected) if expected == accepted => None,
        expected => Some(format!(
            "{}: exit {}\n{expected:#?}\n{accepted:#?}\n{}",
            file.display(),
            said.code,
            said.err
        )),
    }
}

#[test]
fn the_server_gets_what_the_plans_say_and_nothing_else() {
    let files = audiences();
    let next = AtomicUsize::new(0);
    let differences = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    differences.lock().unwrap().extend(tried(file));
                }
            });
        }
    });
    let differences = differences.into_inner().unwrap();
    println!("{} files were run", files.len());
    assert!(differences.is_empty(), "{} of {}:\n{}", differences.len(), files.len(), differences.join("\n"));
}
