//! Streams that are closed, full or a terminal: no panic, no lost exit code, no order to the terminal.

use super::canary::{person_in, rows};
use super::desk::{Desk, LONGEST, until};

const COMMANDS: [&str; 16] = [
    "--help",
    "--version",
    "run --help",
    "nonsense",
    "schema",
    "completions bash",
    "check c.json",
    "check c.json --json",
    "preview c.json",
    "run c.json --sandbox -vv",
    "run c.json --sandbox --json",
    "status c --sandbox",
    "status --sandbox --json",
    "report c --sandbox --format csv",
    "verify c --sandbox",
    "optout list",
];

#[test]
fn a_stream_that_is_gone_or_full_is_no_panic() {
    let ways = [
        ("no stdout", "exec >&-;"),
        ("no stderr", "exec 2>&-;"),
        ("neither", "exec >&- 2>&-;"),
        ("no stdin", "exec <&-;"),
        ("a full stdout", "exec >/dev/full;"),
        ("a full stderr", "exec 2>/dev/full;"),
        (
            "a broken locale",
            "export LC_ALL=xx_YY.broken LANG=$(printf '\\377\\376') LANGUAGE=../../x TERM=$(printf '\\033[2J') COLUMNS=-1;",
        ),
        ("an odd time zone", "export TZ=:/dev/zero;"),
        ("a directory that is gone", "mkdir gone; cp people.csv c.json gone; cd gone; rm -r ../gone;"),
    ];
    let mut turn = 0;
    let threads = ways.map(|(way, before)| {
        turn += 1;
        std::thread::spawn(move || {
            let desk = Desk::new();
            desk.campaign(&rows());
            // Each way tries every other command.
            for command in COMMANDS.into_iter().skip(turn % 2).step_by(2) {
                let arguments: Vec<_> = command.split(' ').collect();
                let (said, ended) = until(desk.command(before, &arguments), LONGEST, |_| false);
                assert!(ended, "{way}: {command} goes on");
                let all = format!("{}{}", said.out(), said.err());
                assert!(said.code.is_some_and(|code| code <= 6), "{way}: {command}: {:?} {all}", said.code);
                assert!(!all.contains("panicked"), "{way}: {command}: {all}");
                // What can't be said isn't said to be fine.
                let result = !["nonsense", "run c.json --sandbox -vv"].contains(&command);
                if way == "a full stdout"
                    && result
                    && !(command.contains("--help") || command.contains("--version"))
                    && command != "optout list"
                {
                    assert_ne!(said.code, Some(0), "{command}: {all}");
                }
            }
        })
    });
    for thread in threads {
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_error() {
    let desk = Desk::new();
    desk.campaign(&rows());
    desk.says("run c.json --sandbox").exits(0);
    for command in [
        "schema",
        "completions zsh",
        "report c --sandbox --format json",
        "status c --sandbox",
        "check c.json",
        "--help",
    ] {
        // The reader closes its end before anything is said.
        let mut started =
            desk.command("sleep 0.05;", &command.split(' ').collect::<Vec<_>>()).spawn().unwrap();
        drop(started.stdout.take());
        let output = started.wait_with_output().unwrap();
        let err = String::from_utf8_lossy(&output.stderr);
        assert!(!err.contains("panicked"), "{command}: {err}");
        assert_eq!(output.status.code(), Some(0), "{command}: {err}");
    }
}

#[test]
fn files_that_cant_be_read_are_named_and_nobody_in_them() {
    let desk = Desk::new();
    desk.campaign(&rows());
    desk.says("run c.json --sandbox").exits(0);
    // Everything in the campaign's directory, damaged one after the other: an error or a repair, never a panic.
    let dir = desk.data().join("sandbox/campaigns/c");
    for (path, bytes) in super::desk::contents(&dir) {
        if path.ends_with("lock") || bytes.is_empty() {
            continue;
        }
        let commands = ["status c --sandbox", "report c --sandbox --format csv -vv", "verify c --sandbox"];
        for (turn, broken) in
            [Vec::new(), vec![0xff; bytes.len()], bytes[..bytes.len() / 2].to_vec()].iter().enumerate()
        {
            std::fs::write(&path, broken).unwrap();
            for command in [commands[turn], commands[(turn + 1) % 3]] {
                let said = desk.says(command);
                assert!(!said.err().contains("panicked"), "{}: {command}: {}", path.display(), said.err());
                assert_eq!(person_in(&said.err), None, "{}: {command}: {}", path.display(), said.err());
            }
        }
        std::fs::write(&path, &bytes).unwrap();
    }
    desk.says("verify c --sandbox").exits(0);
}

/// What a terminal gets of a command. `script` is part of every Linux (util-linux) and BSD.
fn on_a_terminal(desk: &Desk, arguments: &str) -> Option<String> {
    let binary = assert_cmd::cargo::cargo_bin!("sendcast");
    let line = format!("{} {arguments}", binary.display());
    let started = std::process::Command::new("script")
        .args(["-q", "-e", "-c", &line, "/dev/null"])
        .current_dir(desk.work())
        .env("SENDCAST_DATA_DIR", desk.data())
        .env("TERM", "xterm-256color")
        .stdin(std::process::Stdio::null())
        .output();
    started.ok().map(|output| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
#[cfg(target_os = "linux")]
fn a_terminal_gets_no_orders_from_outside() {
    let desk = Desk::new();
    desk.campaign("");
    let evil = "\u{1b}]0;owned\u{7}\u{1b}]52;c;eA==\u{7}\u{9b}2J\u{202e}x";
    desk.write(
        "people.csv",
        format!("Name,Phone,\"{evil}\"\n\"{evil}\",+919876543210,\"{evil}\"\nB,\"{evil}\",1\n"),
    );
    let commands = [
        "run c.json --sandbox -vv",
        "check c.json",
        "check c.json --json",
        "preview c.json",
        "preview c.json --json",
        "report c --sandbox --format csv",
        "report c --sandbox --format json",
        "report c --sandbox --format ndjson",
        "status c --sandbox",
        "run $(printf '\\033]0;owned\\007')",
        "run c.json --rate $(printf '\\033]52;c;eA==\\007')",
    ];
    for command in commands {
        let Some(shown) = on_a_terminal(&desk, command) else { return };
        assert!(!shown.is_empty(), "{command}");
        for order in ["\u{1b}]", "\u{7}", "\u{9b}", "\u{202e}", "\u{1b}P"] {
            assert!(!shown.contains(order), "{command}: {order:?} in {shown:?}");
        }
    }
}
