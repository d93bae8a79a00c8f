//! What TAB offers, asked of the shells themselves where they are installed.

use std::process::{Command, Output, Stdio};

use super::{Desk, THREE};

/// A desk with two planned campaigns, one of them a trial, and the directory of the binary.
fn desk() -> Desk {
    let desk = Desk::with(THREE);
    desk.run("run c.json --sandbox").exits(0);
    desk.write("other.json", &desk.read("c.json").replace("\"c\"", "\"other-offer\""));
    desk.run("run other.json --sandbox --new").exits(0);
    desk
}

/// What the script of a shell is sourced from.
fn script(desk: &Desk, shell: &str) -> String {
    let path = desk.dir.join(format!("completions.{shell}"));
    std::fs::write(&path, desk.run(&format!("completions {shell}")).exits(0).out).unwrap();
    path.display().to_string()
}

fn there(program: &str) -> bool {
    let found = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    found.is_ok_and(|status| status.success())
}

fn words(output: Output) -> Vec<String> {
    let text = String::from_utf8(output.stdout).unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(!err.contains("error"), "{err}");
    text.lines().map(|line| line.split('\t').next().unwrap().trim().to_owned()).collect()
}

/// A line up to the cursor, and what is offered there.
const LINES: [(&str, &[&str]); 6] = [
    ("sendcast sta", &["status"]),
    ("sendcast report c --format ", &["csv", "json", "ndjson"]),
    ("sendcast report c --status in", &["in_doubt"]),
    ("sendcast report c --status failed,rea", &["failed,read"]),
    ("sendcast status --sandbox oth", &["other-offer", "other.json"]),
    ("sendcast --color nev", &["never"]),
];

/// Asks a shell for each line; `ask` gives the program and the text that it runs.
fn each(shell: &str, ask: impl Fn(&str, &str) -> Command) {
    if !there(shell) {
        eprintln!("{shell} isn't installed: not asked");
        return;
    }
    let desk = desk();
    let script = script(&desk, shell);
    for (line, offered) in LINES {
        let mut command = ask(&script, line);
        command.current_dir(&desk.dir).env("SENDCAST_DATA_DIR", &desk.data).stdin(Stdio::null());
        let found = words(command.output().unwrap());
        for word in offered {
            assert!(found.iter().any(|found| found == word), "{shell}: `{line}` offers {found:?}");
        }
        assert!(found.len() < 20, "{shell}: `{line}` offers {found:?}");
    }
    // Only trials were planned.
    let mut command = ask(&script, "sendcast status oth");
    command.current_dir(&desk.dir).env("SENDCAST_DATA_DIR", &desk.data).stdin(Stdio::null());
    let found = words(command.output().unwrap());
    assert!(!found.iter().any(|found| found == "other-offer"), "{shell}: {found:?}");
}

#[test]
fn bash_completes() {
    each("bash", |script, line| {
        let words: Vec<String> = line.split(' ').map(|word| format!("'{word}'")).collect();
        let (index, current) = (words.len() - 1, words.last().unwrap().clone());
        let text = format!(
            "source {script}; COMP_WORDS=({}); COMP_CWORD={index}; COMP_TYPE=9; \
             compopt() {{ return 1; }}; _clap_complete_sendcast sendcast {current} x; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"",
            words.join(" ")
        );
        let mut command = Command::new("bash");
        command.args(["--norc", "-c", &text]);
        command
    });
}

#[test]
fn fish_completes() {
    each("fish", |script, line| {
        let mut command = Command::new("fish");
        command.args(["--no-config", "-c", &format!("source {script}; complete --do-complete '{line}'")]);
        command
    });
}

#[test]
fn zsh_completes() {
    each("zsh", |script, line| {
        let words: Vec<String> = line.split(' ').map(|word| format!("'{word}'")).collect();
        // The function itself, with what the completion system would set and take.
        let text = format!(
            "compdef() {{ :; }}; _describe() {{ print -rl -- \"${{(@P)${{@[-1]}}}}\"; }}; \
             source {script}; words=({}); CURRENT={}; \
             _clap_dynamic_completer_sendcast | sed 's/\\([^\\\\]\\):.*/\\1/'",
            words.join(" "),
            words.len()
        );
        let mut command = Command::new("zsh");
        command.args(["-f", "-c", &text]);
        command
    });
}

#[test]
fn completing_writes_nothing_and_an_unknown_shell_is_wrong_usage() {
    let desk = Desk::new();
    let mut command = desk.command("-- sendcast status x");
    command.env("SENDCAST_COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "2");
    let output = command.output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    assert!(!desk.data.exists(), "nothing is created");
    // A word of another program's.
    let mut command = desk.command("status");
    command.env("SENDCAST_COMPLETE", "csh");
    assert_eq!(command.output().unwrap().status.code(), Some(1));
    desk.run("completions csh").exits(2);
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        desk.run(&format!("completions {shell}")).exits(0).prints("SENDCAST_COMPLETE");
    }
}
