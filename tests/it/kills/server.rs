//! `sendcast sandbox` in a process of its own, and what it says of what it saw.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sendcast::sandbox::Stats;

/// The imitation, until it is dropped.
pub struct Server {
    process: Child,
    /// `http://127.0.0.1:PORT/api/v1`
    pub url: String,
    _data: tempfile::TempDir,
}

impl Server {
    /// Starts it on a free port, with these faults and this seed of all chance.
    pub fn start(faults: &str, seed: u64) -> Server {
        let data = tempfile::tempdir().unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_sendcast"))
            .args(["sandbox", "--port", "0", "--faults", faults, "--seed", &seed.to_string()])
            .arg("--data-dir")
            .arg(data.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let url = url.trim().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "the address, not {url:?}");
        Server { process, url, _data: data }
    }

    /// What it has seen so far.
    pub fn stats(&self) -> Stats {
        let host = self.url.strip_prefix("http://").and_then(|rest| rest.split('/').next()).unwrap();
        let mut line = TcpStream::connect(host).unwrap();
        line.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        write!(line, "GET /sandbox/stats HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        line.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{head}");
        serde_json::from_str(body).unwrap()
    }

    /// Waits until so many sends have arrived; `false` where they don't within `longest`, or where `given_up`
    /// says that they won't.
    pub fn wait_for_posts(&self, posts: u64, longest: Duration, mut given_up: impl FnMut() -> bool) -> bool {
        let begun = Instant::now();
        loop {
            if self.stats().posts >= posts {
                return true;
            }
            if begun.elapsed() > longest || given_up() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
