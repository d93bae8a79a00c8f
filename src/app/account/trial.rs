//! The imitation of the API, as a trial runs it.

use std::path::PathBuf;
use std::time::Duration;

use crate::app::AppError;
use crate::sandbox::{FaultPlan, Running, SandboxOptions, spawn_in_thread};

/// What the trial's ledgers have for an origin: the imitation listens on another port each time.
pub const ORIGIN: &str = "sandbox";

/// The token of a trial; the imitation takes any.
pub const TOKEN: &str = "sandbox-token";

/// How a trial's imitation behaves, and how long it is waited for.
#[derive(Clone, Debug, Default)]
pub struct TrialOptions {
    /// What goes wrong.
    pub faults: FaultPlan,
    /// The seed of all chance.
    pub seed: u64,
    /// How long to wait for an answer, of a server that is no imitation, too; from then on the message is in doubt.
    pub timeout: Option<Duration>,
}

impl TrialOptions {
    /// As the imitation takes them; without a directory for its ledger it forgets all at its end.
    #[must_use]
    pub fn sandbox(&self, ledger_dir: Option<PathBuf>) -> SandboxOptions {
        SandboxOptions {
            seed: self.seed,
            ledger_dir,
            faults: self.faults.clone(),
            ..SandboxOptions::default()
        }
    }
}

/// Opens the imitation and serves it on a thread of its own.
///
/// # Errors
/// When its ledger can't be opened, or it can't listen.
pub fn start(options: SandboxOptions) -> Result<Running, AppError> {
    let place = options.ledger_dir.clone();
    spawn_in_thread(options).map_err(|error| {
        let error = AppError::failed(format!("can't start the sandbox: {error}"));
        match place {
            Some(place) => error.hint(format!("its ledger lies in {}", place.display())),
            None => error,
        }
    })
}
