//! Somebody who runs a campaign: a working directory, a data directory, and the binary.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use sendcast::queue::View;
use sendcast::sys::disk::RealDisk;
use sendcast::sys::home::Home;

/// The campaign's name.
const NAME: &str = "kills";

/// A desk with one campaign on it.
pub struct Desk {
    root: tempfile::TempDir,
    url: String,
}

/// A row of the report.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
pub struct Row {
    pub row: u64,
    pub to: String,
    pub status: String,
    pub message_id: String,
    pub attempts: u32,
    pub reason: String,
}

/// Recipient `n`, in E.164 digits.
pub fn recipient(n: usize) -> String {
    format!("91{}", 9_876_000_000 + n)
}

/// Sends a process a signal, by its name without `SIG`.
#[cfg(unix)]
pub fn signal(process: &Child, name: &str) {
    let sent = Command::new("kill").args(["-s", name, &process.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

impl Desk {
    /// A campaign over these lines of a spreadsheet (name, phone), sent to this server.
    pub fn new(url: &str, lines: impl Iterator<Item = String>) -> Desk {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("work")).unwrap();
        let desk = Desk { root, url: url.to_owned() };
        let people: String = lines.map(|line| line + "\n").collect();
        std::fs::write(desk.work().join("people.csv"), format!("Name,Phone\n{people}")).unwrap();
        let campaign = serde_json::json!({
            "name": NAME, "from": "PHONE_NUMBER_ID", "rate": "max", "track": "0",
            "audience": {"file": "people.csv", "country": "IN"},
            "message": {"type": "text", "body": "Hi {{ name }}, 20% off till Sunday."},
        });
        std::fs::write(desk.work().join("c.json"), campaign.to_string()).unwrap();
        desk
    }

    /// A campaign to recipients `0..count`.
    pub fn with(url: &str, count: usize) -> Desk {
        Desk::new(url, (0..count).map(|n| format!("Guest {n},+{}", recipient(n))))
    }

    /// What `--data-dir` and the working directory lie in.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    pub fn root(&self) -> &Path {
        self.root.path()
    }

    fn work(&self) -> PathBuf {
        self.root.path().join("work")
    }

    /// The data directory.
    pub fn data(&self) -> PathBuf {
        self.root.path().join("data")
    }

    /// `sendcast` with these arguments, on this desk.
    pub fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendcast"));
        command
            .args(arguments.split_whitespace())
            .current_dir(self.work())
            .env("SENDCAST_DATA_DIR", self.data())
            .env("SENDWO_BASE_URL", &self.url)
            .env("SENDWO_API_TOKEN", "a-token")
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null());
        // Whoever runs the tests in a terminal isn't asked.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        command
    }

    /// `sendcast run` with these arguments, under way. Its words go to a file.
    pub fn start(&self, arguments: &str) -> Child {
        self.under_way(self.command(&format!("run c.json {arguments}")))
    }

    /// The same on a disk that fails.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    pub fn start_on(&self, arguments: &str, fault: super::shim::Fault) -> Child {
        self.under_way(self.shimmed(&format!("run c.json {arguments}"), Some(fault), None))
    }

    fn under_way(&self, mut command: Command) -> Child {
        let said = std::fs::OpenOptions::new().create(true).append(true).open(self.said_file()).unwrap();
        command.stdout(Stdio::null()).stderr(said).spawn().unwrap()
    }

    /// `sendcast run` with these arguments, to its end.
    pub fn run(&self, arguments: &str) -> Output {
        self.command(&format!("run c.json {arguments}")).output().unwrap()
    }

    /// `sendcast` with these arguments, on a disk that is watched, or fails.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    pub fn shimmed(
        &self,
        arguments: &str,
        fault: Option<super::shim::Fault>,
        trace: Option<&Path>,
    ) -> Command {
        let mut command = self.command(arguments);
        super::shim::under(&mut command, self.root(), fault, trace);
        command
    }

    /// Where a trace may go.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    pub fn trace(&self, name: &str) -> PathBuf {
        self.root().join(format!("{name}.trace"))
    }

    /// The first round's journal.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    pub fn journal(&self) -> PathBuf {
        self.round_dir(1).join("journal")
    }

    /// All that the started runs have said.
    pub fn said(&self) -> String {
        std::fs::read_to_string(self.said_file()).unwrap_or_default()
    }

    fn said_file(&self) -> PathBuf {
        self.root.path().join("said")
    }

    fn round_dir(&self, number: u32) -> PathBuf {
        Home::new(self.data()).round(NAME, number)
    }

    /// The queue, looked at from outside; `None` before there is one.
    pub fn view(&self) -> Option<View> {
        (self.rounds() > 0).then(|| self.round(1))
    }

    /// A round, looked at from outside.
    pub fn round(&self, number: u32) -> View {
        View::open(RealDisk::shared(), &self.round_dir(number)).unwrap()
    }

    /// How long the first round's journal is; 0 before there is one.
    pub fn journal_len(&self) -> u64 {
        std::fs::metadata(self.round_dir(1).join("journal")).map_or(0, |file| file.len())
    }

    /// How many rounds were begun.
    pub fn rounds(&self) -> u32 {
        (1..).take_while(|number| self.round_dir(*number).join("manifest.json").exists()).last().unwrap_or(0)
    }

    /// Whether the last run left a report.
    pub fn has_report(&self) -> bool {
        self.report_file().exists()
    }

    fn report_file(&self) -> PathBuf {
        match self.rounds() {
            0 | 1 => self.work().join(format!("{NAME}.report.csv")),
            round => self.work().join(format!("{NAME}.round-{round}.report.csv")),
        }
    }

    /// The report as it lies in the working directory.
    pub fn report(&self) -> Vec<Row> {
        let mut reader = csv::Reader::from_path(self.report_file()).unwrap();
        reader.deserialize().map(|row| row.unwrap()).collect()
    }

    /// Calls the campaign otherwise, in its file.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    pub fn rename(&self, from: &str, to: &str) {
        let path = self.work().join("c.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let (from, to) = (format!("\"name\":\"{from}\""), format!("\"name\":\"{to}\""));
        assert!(text.contains(&from), "{text}");
        std::fs::write(&path, text.replace(&from, &to)).unwrap();
    }

    /// Adds a line to its spreadsheet.
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    pub fn add(&self, line: &str) {
        let path = self.work().join("people.csv");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}{line}\n")).unwrap();
    }

    /// What `sendcast verify` finds.
    pub fn verify(&self) -> Output {
        self.command("verify c.json").output().unwrap()
    }
}
