//! The built binary as `sendcast serve`, and the link that it prints.
#![cfg(test)] // lets clippy take the helpers for test code

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use super::wait;

trials! {
    in_browser: [],
    plain: [the_printed_link_is_found_on_either_stream, a_server_that_ends_says_why],
}

/// A server process, which is killed when this is dropped.
pub struct Sendcast {
    child: Child,
    link: String,
    output: Arc<Mutex<String>>,
}

impl Sendcast {
    /// `sendcast serve` on a free port, with its files in `data_dir`.
    #[track_caller]
    pub fn serve(data_dir: &Path) -> Self {
        Self::start(Self::command(data_dir, 0)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The command that serves on a port of 127.0.0.1 (0: a free one). It knows no account, and its API is nowhere.
    pub fn command(data_dir: &Path, port: u16) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendcast"));
        command.args(["serve", "--port", &port.to_string(), "--data-dir"]).arg(data_dir);
        command.env("SENDWO_BASE_URL", "http://127.0.0.1:1/api/v1");
        for variable in ["SENDWO_API_TOKEN", "SENDCAST_DATA_DIR"] {
            command.env_remove(variable);
        }
        command
    }

    /// Starts a command and waits for its link; the error is all that it said instead.
    pub fn start(mut command: Command) -> Result<Self, String> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(|error| error.to_string())?;
        let output = Arc::new(Mutex::new(String::new()));
        let streams: [Option<Box<dyn Read + Send>>; 2] = [
            child.stdout.take().map(|out| Box::new(out) as _),
            child.stderr.take().map(|out| Box::new(out) as _),
        ];
        let readers: Vec<_> = streams.into_iter().flatten().map(|stream| follow(stream, &output)).collect();
        let mut server = Self { child, link: String::new(), output };
        let found = wait::until(wait::LIMIT, || {
            // Once the readers are done, all that there will be is there.
            let ended = readers.iter().all(thread::JoinHandle::is_finished);
            let link = links(&server.output()).next();
            (link.is_some() || ended).then_some(link)
        });
        server.link = found.flatten().ok_or_else(|| format!("no link to the page:\n{}", server.output()))?;
        Ok(server)
    }

    /// `http://NAME.localhost:PORT/enter#CODE`, as it was printed.
    pub fn link(&self) -> &str {
        &self.link
    }

    /// Presses Enter at its terminal, and waits for the link that this prints.
    #[track_caller]
    pub fn another_link(&mut self) -> String {
        let output = Arc::clone(&self.output);
        let printed = || links(&output.lock().unwrap()).count();
        let before = printed();
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        let more = wait::until(wait::LIMIT, || (printed() > before).then_some(()));
        more.unwrap_or_else(|| panic!("no other link in 10 s:\n{}", self.output()));
        links(&self.output()).last().unwrap()
    }

    /// Ends at once, as by a crash.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// `http://NAME.localhost:PORT`.
    pub fn origin(&self) -> &str {
        self.link.split("/enter#").next().unwrap_or_default()
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.origin().rsplit(':').next().and_then(|port| port.parse().ok()).unwrap_or_default()
    }

    /// All that was printed so far, on both streams.
    pub fn output(&self) -> String {
        self.output.lock().unwrap().clone()
    }
}

impl Drop for Sendcast {
    fn drop(&mut self) {
        self.kill();
    }
}

fn follow(stream: Box<dyn Read + Send>, output: &Arc<Mutex<String>>) -> thread::JoinHandle<()> {
    let output = Arc::clone(output);
    thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut output = output.lock().unwrap();
            output.push_str(&line);
            output.push('\n');
        }
    })
}

/// Every link with a code in it that was printed.
fn links(output: &str) -> impl Iterator<Item = String> {
    let is_link = |word: &&str| {
        let code = word.strip_prefix("http://").and_then(|rest| rest.split_once("/enter#"));
        code.is_some_and(|(_, code)| !code.is_empty())
    };
    // A line is whole once it has its end.
    let lines = &output[..output.rfind('\n').map_or(0, |end| end + 1)];
    lines.split_whitespace().filter(is_link).map(str::to_owned)
}

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn the_printed_link_is_found_on_either_stream() {
    for stream in ["1", "2"] {
        let script =
            format!("echo 'Open  http://sendcast-ab12.localhost:8585/enter#c0de' >&{stream}; exec sleep 60");
        let server = Sendcast::start(shell(&script)).unwrap();
        assert_eq!(server.link(), "http://sendcast-ab12.localhost:8585/enter#c0de");
        assert_eq!(server.origin(), "http://sendcast-ab12.localhost:8585");
        assert_eq!(server.port(), 8585);
        assert!(server.output().contains("Open"));
    }
    assert_eq!(links("http://127.0.0.1:1/enter# http://x.localhost:1/\nhttp://a/enter#b").next(), None);
}

fn a_server_that_ends_says_why() {
    let error = Sendcast::start(shell("echo the port is taken >&2; exit 2")).err().unwrap();
    assert_eq!(error, "no link to the page:\nthe port is taken\n");
}
