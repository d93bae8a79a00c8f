//! The shipped program on a campaign of its own, in a directory of its own.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Six columns, three variables.
const BODY: &str = "Hi {{ first_name }}, your order {{ order }} from {{ city }} is on its way.";

/// Ten million numbers that are valid as they are written, in India's mobile range.
pub fn clean(n: usize) -> String {
    format!("+91{}", 9_800_000_000 + n as u64)
}

fn city(n: usize) -> &'static str {
    ["Pune", "Nagpur", "Surat", "Kochi"][n % 4]
}

/// A campaign and a data directory.
pub struct Desk {
    home: TempDir,
    url: String,
    pub people: usize,
}

impl Desk {
    /// So many people with clean numbers.
    pub fn new(people: usize, url: &str) -> io::Result<Desk> {
        Desk::with(people, url, clean)
    }

    /// The same, with numbers as they are given.
    pub fn with(people: usize, url: &str, number: impl Fn(usize) -> String) -> io::Result<Desk> {
        let home = tempfile::tempdir()?;
        let mut table = BufWriter::new(File::create(home.path().join("people.csv"))?);
        writeln!(table, "Phone,First Name,City,Order,Since,Note")?;
        let mut line = String::new();
        for n in 0..people {
            line.clear();
            let (phone, city, year) = (number(n), city(n), 2015 + n % 10);
            let _ = writeln!(line, "{phone},Guest {n},{city},A{n:08},{year},regular customer");
            table.write_all(line.as_bytes())?;
        }
        table.flush()?;
        let campaign = format!(
            r#"{{"name": "bench", "from": "PHONE_NUMBER_ID", "audience": {{"file": "people.csv", "phone": "Phone", "country": "IN"}},
                "message": {{"type": "text", "body": "{BODY}"}}}}"#
        );
        std::fs::write(home.path().join("bench.json"), campaign)?;
        Ok(Desk { home, url: url.to_owned(), people })
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// The audience's size in bytes.
    pub fn audience(&self) -> io::Result<u64> {
        Ok(self.home.path().join("people.csv").metadata()?.len())
    }

    /// The program with these arguments; silent.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendcast"));
        command
            .args(arguments.split_whitespace())
            .current_dir(self.home.path())
            .env("SENDCAST_DATA_DIR", self.data())
            .env("SENDWO_BASE_URL", &self.url)
            .env("SENDWO_API_TOKEN", "12|bench")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(self.home.path().join("said")).map_or(Stdio::null(), Stdio::from));
        command
    }

    /// `run`, as fast as it goes.
    pub fn run(&self, arguments: &str) -> Command {
        self.command(&format!("run bench.json --offline --track 0 --rate max {arguments}"))
    }

    /// Bytes on disk below the data directory.
    pub fn disk(&self) -> u64 {
        fn below(path: &std::path::Path) -> u64 {
            let Ok(entries) = path.read_dir() else { return path.metadata().map_or(0, |file| file.len()) };
            entries.flatten().map(|entry| below(&entry.path())).sum()
        }
        below(&self.data())
    }

    /// Bytes of all the messages.
    pub fn rendered(&self) -> u64 {
        (0..self.people)
            .map(|n| format!("Hi Guest {n}, your order A{n:08} from {} is on its way.", city(n)).len() as u64)
            .sum()
    }

    /// What the last command said on stderr.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.home.path().join("said")).unwrap_or_default()
    }
}
