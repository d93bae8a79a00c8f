//! Runs that pages start: each `sendcast run …` in a process of its own, which outlives page, server and terminal.
//!
//! Invariants: the token is never an argument; a run is told what was reviewed, and sends nothing else; what it says goes
//! into `run.log` in its campaign's directory, which goes with the campaign.

use std::collections::HashMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::app::AppError;
use crate::domain::time::Millis;
use crate::sys::platform;

/// Where a run's words go, in the directory of its campaign.
pub const LOG: &str = "run.log";
/// So much of its end is shown.
const LOG_TAIL_BYTES: usize = 4 << 10;
const LOG_TAIL_LINES: usize = 12;

/// How this program is started once more.
#[derive(Clone, Debug)]
pub struct Launcher {
    /// The program.
    pub program: PathBuf,
    /// The options by which it finds the same data directory, server and token.
    pub options: Vec<OsString>,
}

/// A run that was started.
#[derive(Clone, Debug)]
pub struct Started {
    /// When.
    pub at: Millis,
    /// Where its words go.
    pub log: PathBuf,
    ended: Arc<Mutex<Option<ExitStatus>>>,
}

impl Started {
    /// How it ended; `None` while it runs.
    #[must_use]
    pub fn ended(&self) -> Option<ExitStatus> {
        *self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its last words, as far as they can be read.
    #[must_use]
    pub fn last_words(&self) -> Vec<String> {
        last_words(&self.log)
    }
}

/// All of them, by campaign.
#[derive(Debug)]
pub struct Runs {
    launcher: Launcher,
    started: Mutex<HashMap<(bool, String), Started>>,
}

impl Runs {
    /// None yet.
    #[must_use]
    pub fn new(launcher: Launcher) -> Runs {
        Runs { launcher, started: Mutex::default() }
    }

    /// The last that was started for a campaign (or a trial of that name) from a page of this server.
    #[must_use]
    pub fn of(&self, trial: bool, name: &str) -> Option<Started> {
        self.started().get(&(trial, name.to_owned())).cloned()
    }

    /// How many are still under way.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.started().values().filter(|started| started.ended().is_none()).count()
    }

    /// Starts one, unless the last one for that campaign still runs.
    ///
    /// # Errors
    /// When the system can't start it, or its log can't be written. Nothing runs then.
    pub fn start(
        &self,
        (trial, name): (bool, &str),
        arguments: &[OsString],
        dir: &Path,
        now: Millis,
    ) -> Result<(), AppError> {
        let mut started = self.started();
        if started.get(&(trial, name.to_owned())).is_some_and(|last| last.ended().is_none()) {
            return Ok(());
        }
        let path = dir.join(LOG);
        let failed = |error: io::Error| AppError::disk("write", &path, &error);
        platform::create_private_dir_all(dir).map_err(failed)?;
        let log = platform::private_options()
            .write(true)
            .create(true)
            .truncate(true)
            .open(&path)
            .map_err(failed)?;
        let mut command = Command::new(&self.launcher.program);
        command.arg("run").args(&self.launcher.options).args(arguments);
        command.stdin(Stdio::null()).stdout(log.try_clone().map_err(failed)?).stderr(log);
        detach(&mut command);
        let mut child = command.spawn().map_err(|error| {
            AppError::failed(format!("can't start {}: {error}", self.launcher.program.display()))
        })?;
        let ended = Arc::new(Mutex::new(None));
        let place = Arc::clone(&ended);
        std::thread::spawn(move || {
            let status = child.wait().ok();
            *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(status.unwrap_or_default());
        });
        started.insert((trial, name.to_owned()), Started { at: now, log: path, ended });
        Ok(())
    }

    fn started(&self) -> MutexGuard<'_, HashMap<(bool, String), Started>> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// In a group of its own: Ctrl-C in the terminal reaches the server alone.
fn detach(command: &mut Command) {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        command.process_group(0);
    }
    #[cfg(windows)]
    {
        use std::os::windows::process::CommandExt as _;
        const DETACHED_PROCESS: u32 = 0x0000_0008;
        const CREATE_NEW_PROCESS_GROUP: u32 = 0x0000_0200;
        command.creation_flags(DETACHED_PROCESS | CREATE_NEW_PROCESS_GROUP);
    }
}

/// The end of a log: its last lines.
fn last_words(log: &Path) -> Vec<String> {
    let bytes = std::fs::read(log).unwrap_or_default();
    let tail = &bytes[bytes.len().saturating_sub(LOG_TAIL_BYTES)..];
    let text = String::from_utf8_lossy(tail);
    let lines: Vec<_> = text.lines().filter(|line| !line.trim().is_empty()).map(str::to_owned).collect();
    lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].to_vec()
}
