//! Somebody at a machine with little memory: a home, a working directory, and the binary.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Memory that a process may take for its data, in KiB.
pub const MEMORY: u64 = 256 << 10;
/// How long a command may take, on a slow machine that does other things too.
pub const LONGEST: Duration = Duration::from_secs(30);

/// A machine with a fresh home.
pub struct Desk {
    root: tempfile::TempDir,
    /// Set for every command.
    pub environment: Vec<(String, String)>,
}

/// What a command left behind.
#[derive(Debug)]
pub struct Said {
    /// `None` where a signal ended it.
    pub code: Option<i32>,
    pub out: Vec<u8>,
    pub err: Vec<u8>,
    pub took: Duration,
}

impl Said {
    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }

    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.err).into_owned()
    }

    /// Fails with all that was said unless the exit code is this one.
    #[track_caller]
    pub fn exits(self, code: i32) -> Said {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.out(), self.err());
        self
    }

    /// Fails unless stderr has this in it.
    #[track_caller]
    pub fn says(self, part: &str) -> Said {
        assert!(self.err().contains(part), "no `{part}` in:\n{}", self.err());
        self
    }
}

impl Desk {
    pub fn new() -> Desk {
        let root = tempfile::tempdir().unwrap();
        for dir in ["work", "tmp", "home"] {
            std::fs::create_dir(root.path().join(dir)).unwrap();
        }
        Desk { root, environment: Vec::new() }
    }

    /// The working directory.
    pub fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// The data directory; nobody has made it yet.
    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// All that there is.
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        std::fs::write(self.work().join(name), bytes).unwrap();
    }

    /// A campaign `c.json` over `people.csv` with these rows of name and phone.
    pub fn campaign(&self, rows: &str) {
        self.write("people.csv", format!("Name,Phone\n{rows}"));
        self.write(
            "c.json",
            r#"{"name": "c", "from": "PHONE_NUMBER_ID", "rate": "max", "track": "0", "retry": {"attempts": 1},
                "audience": {"file": "people.csv", "country": "IN"},
                "message": {"type": "text", "body": "Hi {{ name }}, 20% off till Sunday."}}"#,
        );
    }

    pub fn with(mut self, name: &str, value: &str) -> Desk {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The binary with these arguments, under the bound of memory. `before` is said to the shell that starts it.
    pub fn command(&self, before: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new("sh");
        command
            .arg("-c")
            .arg(format!("ulimit -d {MEMORY}; {before} exec \"$0\" \"$@\""))
            .arg(assert_cmd::cargo::cargo_bin!("sendcast"))
            .args(arguments)
            .current_dir(self.work())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.root.path().join("home"))
            .env("TMPDIR", self.root.path().join("tmp"))
            .env("SENDCAST_DATA_DIR", self.data())
            .env("RUST_BACKTRACE", "full")
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Said {
        let (said, ended) = until(self.command("", arguments), LONGEST, |_| false);
        assert!(ended, "{arguments:?} goes on and on; stderr so far:\n{}", said.err());
        said
    }

    /// Arguments in one text, with blanks between.
    #[track_caller]
    pub fn says(&self, arguments: &str) -> Said {
        self.run(&arguments.split_whitespace().collect::<Vec<_>>())
    }
}

/// Runs a command until it ends, or is killed without a word: after `longest`, or when `enough` says so, which is asked
/// again and again with the process's id. Tells whether it ended by itself.
pub fn until(mut command: Command, longest: Duration, mut enough: impl FnMut(u32) -> bool) -> (Said, bool) {
    let begun = Instant::now();
    let mut process = command.spawn().unwrap();
    let out = drained(process.stdout.take());
    let err = drained(process.stderr.take());
    let ended = loop {
        if process.try_wait().unwrap().is_some() {
            break true;
        }
        if begun.elapsed() > longest || enough(process.id()) {
            kill(&mut process);
            break false;
        }
        std::thread::sleep(Duration::from_millis(3));
    };
    let code = process.wait().unwrap().code();
    let said = Said { code, out: out.join().unwrap(), err: err.join().unwrap(), took: begun.elapsed() };
    (said, ended)
}

fn kill(process: &mut Child) {
    let _ = process.kill();
}

fn drained(stream: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            let _ = stream.read_to_end(&mut bytes);
        }
        bytes
    })
}

/// All that lies below a directory, without following links.
pub fn below(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            found.extend(below(&path));
        }
        found.push(path);
    }
    found
}

/// The bytes of every file below a directory, and its name.
pub fn contents(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let files = below(dir).into_iter().filter(|path| path.is_file());
    files.map(|path| (path.clone(), std::fs::read(&path).unwrap_or_default())).collect()
}

/// What a terminal could take for an order, or what misleads the reader's eye, in these bytes: the first of it.
pub fn order_to_a_terminal(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let misleads = |c: &char| {
        let plain = matches!(c, '\n' | '\t');
        let invisible =
            matches!(*c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{2060}' | '\u{feff}')
                || ('\u{2028}'..='\u{202e}').contains(c)
                || ('\u{2066}'..='\u{2069}').contains(c);
        !plain && (c.is_control() || invisible)
    };
    let at = text.char_indices().find(|(_, c)| misleads(c))?.0;
    let around: String = text[..at].chars().rev().take(30).collect::<Vec<_>>().into_iter().rev().collect();
    Some(format!("{:?} behind {around:?}", text[at..].chars().next().unwrap_or_default()))
}
