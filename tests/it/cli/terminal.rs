//! Questions on a terminal, wherever the streams go. A terminal of its own stands before each command: `setsid --ctty`
//! makes it the controlling one.

use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use super::THREE;
use super::account::{Office, TOKEN};

fn office() -> Office {
    let office = Office::new();
    office.desk.campaign(r#"{"type": "text", "body": "Hi {{ name }}"}"#);
    office.desk.people(THREE);
    office
}

/// Runs a shell's line on a terminal at which `typed` is typed once `awaited` shows. What the terminal showed.
pub fn at_a_terminal(office: &Office, line: &str, awaited: &str, typed: &str) -> String {
    let controller = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&controller).unwrap();
    unlockpt(&controller).unwrap();
    let name = ptsname(&controller, Vec::new()).unwrap().into_string().unwrap();
    let side = || -> Stdio {
        let file = File::options().read(true).write(true).open(&name).unwrap();
        OwnedFd::from(file).into()
    };
    let mut child = Command::new("setsid")
        // Whoever runs the tests in the background may have set Ctrl-C to be ignored.
        .args(["--ctty", "--wait", "env", "--default-signal=HUP,INT,QUIT", "sh", "-c", line])
        .current_dir(&office.desk.dir)
        .env("SENDCAST", assert_cmd::cargo::cargo_bin!("sendcast"))
        .env("SENDCAST_DATA_DIR", &office.desk.data)
        .env("SENDWO_BASE_URL", office.running.base_url())
        .env("SENDWO_API_TOKEN", TOKEN)
        .env("TERM", "xterm")
        .stdin(side())
        .stdout(side())
        .stderr(side())
        .spawn()
        .unwrap();
    let mut screen = File::from(controller.try_clone().unwrap());
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        // EIO: nobody has the terminal open any more.
        while let Ok(n @ 1..) = screen.read(&mut buffer) {
            if send.send(buffer[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut keyboard = File::from(controller);
    let (mut shown, mut answered) = (String::new(), false);
    loop {
        let bytes = match receive.recv_timeout(Duration::from_secs(60)) {
            Ok(bytes) => bytes,
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => panic!("it waits for ever, and shows:\n{shown}"),
        };
        shown.push_str(&String::from_utf8_lossy(&bytes));
        if !answered && shown.contains(awaited) {
            keyboard.write_all(typed.as_bytes()).unwrap();
            answered = true;
        }
    }
    child.wait().unwrap();
    assert!(answered || awaited.is_empty(), "no `{awaited}` in:\n{shown}");
    shown
}

#[test]
fn it_is_asked_on_the_terminal_wherever_the_streams_go() {
    for line in [
        "$SENDCAST run c.json",
        "$SENDCAST run c.json 2>&1 | cat",
        "$SENDCAST run c.json < /dev/null",
        "$SENDCAST run c.json < /dev/null > out 2> err",
        "$SENDCAST run c.json --json < /dev/null > out",
    ] {
        let office = office();
        let shown = at_a_terminal(&office, &format!("{line}; echo code $?"), "Send 3 messages", "n\n");
        assert!(shown.contains("Hi Ann"), "{line}: the first message is shown:\n{shown}");
        assert_eq!(office.running.stats().accepted, 0, "{line}\n{shown}");
        at_a_terminal(&office, line, "[y/N]", "y\n");
        assert_eq!(office.running.stats().accepted, 3, "{line}");
    }
}

#[test]
fn yes_answers_that_question_and_no_other() {
    let office = office();
    at_a_terminal(&office, "$SENDCAST run c.json --yes --limit 1", "", "");
    office.desk.people("Ann,+919876543210\n");
    let line = "$SENDCAST run c.json --yes 2>&1 | cat";
    let shown = at_a_terminal(&office, line, "This looks like an accident", "n\n");
    assert!(shown.contains("nothing was sent"), "{shown}");
    office.desk.people(THREE);
    office.desk.write("c.json", &office.desk.read("c.json").replace(r#""name": "c""#, r#""name": "d""#));
    let shown =
        at_a_terminal(&office, "$SENDCAST run c.json --yes", "so that nobody is written to twice?", "y\n");
    assert!(shown.contains("was planned as c, 1 already reached"), "{shown}");
    let stats = office.running.stats();
    assert_eq!((stats.recipients.len(), stats.duplicates.len()), (3, 0), "{shown}");
}

#[test]
fn people_from_standard_input_leave_the_terminal_for_the_answer() {
    let office = office();
    let line = "$SENDCAST run c.json --audience - < people.csv";
    at_a_terminal(&office, line, "Send 3 messages", "y\n");
    assert_eq!(office.running.stats().accepted, 3);
}

#[test]
fn in_the_background_nobody_is_asked() {
    let office = office();
    // `-m` gives what is started with `&` a process group of its own, as an interactive shell does.
    let line = "set -m; nohup $SENDCAST run c.json < /dev/null > out 2> err & wait; echo over";
    let shown = at_a_terminal(&office, line, "", "");
    assert!(shown.contains("over"), "{shown}");
    assert_eq!(office.running.stats().accepted, 3, "a run that a script started goes:\n{shown}");
}
