//! `sendcast sandbox` as a process: its options, and what a `kill -9` leaves.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use tokio::sync::mpsc;

/// A sandbox in a process of its own; dropping it is a `kill -9`.
struct Process {
    child: Child,
    base: String,
}

impl Process {
    fn start(data: &Path, arguments: &[&str]) -> Process {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sendcast"))
            .arg("sandbox")
            .args(arguments)
            .arg("--data-dir")
            .arg(data)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("starts");
        let mut base = String::new();
        BufReader::new(child.stdout.take().expect("stdout")).read_line(&mut base).expect("the address");
        Process { child, base: base.trim().to_owned() }
    }

    async fn post(&self, path: &str, form: &str) -> Value {
        let request = reqwest::Client::new()
            .post(format!("{}{path}", self.base))
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.to_owned());
        let answer = request.send().await.expect("an answer").text().await.expect("a body");
        serde_json::from_str(&answer).expect("JSON")
    }

    async fn get(&self, path: &str) -> Value {
        let answer = reqwest::get(format!("{}{path}", self.base)).await.expect("an answer");
        serde_json::from_str(&answer.text().await.expect("a body")).expect("JSON")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_options_make_the_account() {
    let data = tempfile::tempdir().expect("a directory");
    let arguments = [
        "--token",
        "one",
        "--token",
        "two",
        "--number",
        "42",
        "--credit",
        "1",
        "--subscriber-limit",
        "1251",
        "--page-rows",
        "2",
        "--same-page",
        "--hook-shape",
        "meta",
        "--hook-secret",
        "hush",
        "--hook-lost",
        "1%",
        "--hook-twice",
        "2.5%",
        "--hook-late",
        "3%",
        "--hook-late-by",
        "1s-2s",
        "--replies",
        "5%",
    ];
    let sandbox = Process::start(data.path(), &arguments);
    assert_eq!(sandbox.post("/user/myInfo", "apiToken=three").await["message"], "Unauthenticated.");
    for token in ["one", "two"] {
        let modules =
            sandbox.post("/user/usage/log", &format!("apiToken={token}")).await["message"]["modules"].take();
        assert_eq!((&modules[0]["limit"], &modules[1]["limit"]), (&json!(1), &json!(1_251)));
        let numbers = sandbox.get(&format!("/whatsapp/connect/account/list?apiToken={token}")).await;
        assert_eq!(numbers["message"][1]["phone_number_id"], "42");
        let labels = sandbox.get(&format!("/label/list?apiToken={token}&page=2")).await;
        assert_eq!(labels["message"].as_array().map(Vec::len), Some(2));
        assert_eq!(labels["message"][0]["label_name"], "Lead");
    }
}

#[tokio::test]
async fn a_kill_in_the_middle_forgets_nothing_that_was_answered() {
    let data = tempfile::tempdir().expect("a directory");
    let mut answered = BTreeSet::from(["919876543210".to_owned()]);
    for round in 0..4 {
        let sandbox = Process::start(data.path(), &["--page-rows", "5000"]);
        let rows = sandbox.get("/subscriber/list?apiToken=t").await["message"].take();
        let rows = rows.as_array().expect("rows");
        let listed: BTreeSet<_> =
            rows.iter().filter_map(|row| row["phone_number"].as_str()).map(str::to_owned).collect();
        assert!(listed.is_superset(&answered), "round {round}: {} of {}", listed.len(), answered.len());
        assert_eq!(listed.len(), rows.len(), "nobody is there twice");
        // One that was in flight may be there without an answer.
        assert!(listed.len() <= answered.len() + round, "round {round}");
        let (sender, mut created) = mpsc::unbounded_channel();
        let url = format!("{}/subscriber/create", sandbox.base);
        let creating = tokio::spawn(async move {
            let client = reqwest::Client::new();
            for n in 0.. {
                let phone = format!("49151{round:03}{n:04}");
                let request = client.post(&url).header("Content-Type", "application/x-www-form-urlencoded");
                let answer = request.body(format!("apiToken=t&phoneNumber={phone}")).send().await;
                let Ok(answer) = answer else { break };
                let Ok(text) = answer.text().await else { break };
                assert!(text.contains(r#""status":"1""#), "{text}");
                let _ = sender.send(phone);
            }
        });
        for _ in 0..20 + round {
            answered.insert(created.recv().await.expect("created"));
        }
        drop(sandbox);
        creating.await.expect("ends with the sandbox");
        while let Some(phone) = created.recv().await {
            answered.insert(phone);
        }
    }
    assert!(answered.len() > 80);
}

#[test]
fn wrong_options_are_told() {
    let data = tempfile::tempdir().expect("a directory");
    for (arguments, code, told) in [
        (&["--page-rows", "0"][..], 2, "at least one row"),
        (&["--replies", "half"], 2, "no share"),
        (&["--hook-shape", "xml"], 2, "flat"),
        (&["--token", "a", "--token", "a"], 1, "a token of its own"),
    ] {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_sendcast"));
        let ended = command.arg("sandbox").args(arguments).arg("--data-dir").arg(data.path()).assert();
        let ended = ended.code(code);
        let stderr = String::from_utf8_lossy(&ended.get_output().stderr).into_owned();
        assert!(stderr.contains(told), "{arguments:?}: {stderr}");
    }
    let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_sendcast"));
    let ended = command.args(["sandbox", "--help"]).assert().code(0);
    let help = String::from_utf8_lossy(&ended.get_output().stdout).into_owned();
    for option in ["--credit", "--hook-late-by", "--replies", "/sandbox/reply", "/sandbox/workflows"] {
        assert!(help.contains(option), "{option} in {help}");
    }
}
