//! The samples are what their README says they are, and every example campaign runs in the sandbox.
#![cfg(test)]

use std::path::{Path, PathBuf};

use sendcast::campaign::{Campaign, PlanOptions, Planner};
use sendcast::domain::plan::{Fate, SkipCause};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Good rows, bad ones, duplicates.
fn plan(campaign: &Campaign) -> [usize; 3] {
    let mut found = [0; 3];
    for row in Planner::new(campaign, PlanOptions::default()).unwrap() {
        found[match row.unwrap().fate {
            Fate::Send(_) => 0,
            Fate::Skip { cause: SkipCause::Bad, .. } => 1,
            Fate::Skip { .. } => 2,
        }] += 1;
    }
    found
}

#[test]
fn the_customers_are_counted_as_their_readme_counts_them() {
    let welcome = Campaign::load(&root().join("campaigns/welcome.json")).unwrap();
    assert_eq!(plan(&welcome), [960, 25, 15]);
}

#[test]
fn awkward_files_are_read_as_their_readme_says() {
    let dir = tempfile::tempdir().unwrap();
    let expected = [
        ("blank-cells.csv", [6, 0, 0]),
        ("bom.csv", [6, 0, 0]),
        ("duplicate-headers.csv", [3, 0, 0]),
        ("empty.csv", [0, 0, 0]),
        ("escapes.csv", [10, 0, 0]),
        ("formulas.csv", [10, 0, 0]),
        ("header-only.csv", [0, 0, 0]),
        ("late-accent.csv", [2600, 0, 0]),
        ("nested.json", [3, 1, 0]),
        ("people.json", [4, 1, 0]),
        ("people.ndjson", [4, 0, 0]),
        ("pipes.csv", [6, 0, 0]),
        ("quoted-newlines.csv", [6, 0, 0]),
        ("ragged.csv", [4, 3, 0]),
        ("semicolons.csv", [6, 0, 0]),
        ("sep-line.csv", [6, 0, 0]),
        ("tabs.tsv", [6, 0, 0]),
        ("utf16be.csv", [6, 0, 0]),
        ("utf16le.csv", [6, 0, 0]),
        ("windows-1252.csv", [5, 0, 0]),
    ];
    let awkward = root().join("samples/awkward");
    let is_sample = |name: &str| !name.starts_with('.') && !name.ends_with(".md");
    let mut names: Vec<_> = std::fs::read_dir(&awkward)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| is_sample(name))
        .collect();
    names.sort();
    assert_eq!(names, expected.map(|(name, _)| name), "each is expected to be something");
    for (name, counts) in expected {
        let campaign = serde_json::json!({
            "name": "awkward", "from": "A", "audience": {"file": awkward.join(name), "country": "IN"},
            "message": {"type": "text", "body": "Hi"},
        });
        let path = dir.path().join("awkward.json");
        std::fs::write(&path, campaign.to_string()).unwrap();
        assert_eq!(plan(&Campaign::load(&path).unwrap()), counts, "{name}");
    }
}

#[test]
fn every_example_campaign_runs_in_the_sandbox() {
    let dir = tempfile::tempdir().unwrap();
    let mut examples: Vec<_> = std::fs::read_dir(root().join("campaigns"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "json" || e == "csv"))
        .collect();
    examples.sort();
    assert_eq!(examples.len(), 9);
    for example in examples {
        let mut run = assert_cmd::Command::new(env!("CARGO_BIN_EXE_sendcast"));
        run.current_dir(dir.path())
            .env_remove("SENDWO_API_TOKEN")
            .arg("--data-dir")
            .arg(dir.path().join("data"));
        let ended =
            run.arg("run").arg(&example).args(["--sandbox", "--rate", "max", "--track", "0", "-q"]).assert();
        // Deliveries of a canary are followed, and one may fail.
        let code = ended.get_output().status.code();
        assert!(matches!(code, Some(0 | 3)), "{}: {code:?}", example.display());
    }
    let reports = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().path());
    let rows = |path: &Path| csv::Reader::from_path(path).unwrap().records().count();
    let counts: Vec<_> = reports.filter(|path| path.extension().is_some_and(|e| e == "csv")).collect();
    assert_eq!(counts.len(), 9);
    assert!(counts.iter().all(|path| rows(path) > 0));
    assert_eq!(rows(&dir.path().join("welcome.sandbox.report.csv")), 1000, "every row has its line");
}
