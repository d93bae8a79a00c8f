//! The binary's listener, the imitation that posts to it, and a campaign between them.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use sendcast::sandbox::{Delivery, Hooks, Running, SandboxOptions, Share, Span, spawn_in_thread};

use crate::cli::{Desk, Said};

/// `webhooks listen`, until it is dropped.
pub struct Listening {
    process: Option<Child>,
    /// The first line of its stdout: where to post.
    pub url: String,
    out: Option<std::thread::JoinHandle<String>>,
}

impl Listening {
    /// Starts it on a free port.
    pub fn start(desk: &Desk, server: &Running, more: &str, environment: &[(&str, &str)]) -> Listening {
        Listening::start_at(desk, server, 0, more, environment)
    }

    /// Starts it on that one.
    pub fn start_at(
        desk: &Desk,
        server: &Running,
        port: u16,
        more: &str,
        environment: &[(&str, &str)],
    ) -> Listening {
        let mut command = desk.command(&format!("webhooks listen --port {port} --every 50ms {more}"));
        let child = command
            .env("SENDWO_BASE_URL", server.base_url())
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut process = child.unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut url = String::new();
        out.read_line(&mut url).unwrap();
        assert!(!url.is_empty(), "{}", rest_of(&mut process));
        let first = url.clone();
        let out = std::thread::spawn(move || {
            let mut all = first;
            let _ = out.read_to_string(&mut all);
            all
        });
        Listening { process: Some(process), url: url.trim().to_owned(), out: Some(out) }
    }

    /// Asks it to end, as Ctrl-C does, or kills it; yields what it said.
    pub fn end(mut self, signal: &str) -> Said {
        let mut process = self.process.take().unwrap();
        let id = process.id().to_string();
        assert!(std::process::Command::new("kill").args([signal, &id]).status().unwrap().success());
        let err = rest_of(&mut process);
        let code = process.wait().unwrap().code().unwrap_or(-1);
        Said { code, out: self.out.take().unwrap().join().unwrap(), err }
    }
}

fn rest_of(process: &mut Child) -> String {
    let mut err = String::new();
    process.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    err
}

impl Drop for Listening {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

/// The imitation, whose messages get everywhere within a second or so.
pub fn server(hooks: Hooks) -> Running {
    let delivery = Delivery {
        sent: Span::millis(50, 150),
        delivered: Span::millis(100, 300),
        read: Span::millis(100, 600),
        unread: Share::percent(40),
        failing: Share::percent(0),
        ..Delivery::default()
    };
    spawn_in_thread(SandboxOptions { delivery, hooks, ..SandboxOptions::default() }).unwrap()
}

/// A desk with a campaign `c` of so many people, who get buttons.
pub fn desk(people: u32) -> Desk {
    let desk = Desk::new();
    let message = r#"{"type": "buttons", "body": "Coming, {{ name }}?",
        "buttons": [{"id": "yes", "title": "Yes, please"}, {"id": "no", "title": "No"}]}"#;
    desk.campaign(message);
    let rows: Vec<_> = (0..people).map(|n| format!("P{n},+9198000{n:05}\n")).collect();
    desk.people(&rows.concat());
    desk
}

/// A command against that server.
pub fn run(desk: &Desk, server: &Running, arguments: &str) -> Said {
    let mut command = desk.command(arguments);
    command.env("SENDWO_BASE_URL", server.base_url()).env("SENDWO_API_TOKEN", "a-token-of-a-trial");
    command.output().unwrap().into()
}

/// Looks until it is so.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "never: {what}");
        std::thread::sleep(Duration::from_millis(30));
    }
}
