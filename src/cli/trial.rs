//! The imitation of the API: as `--sandbox` inside a command, and as `sendcast sandbox`.

use std::path::PathBuf;
use std::time::Duration;

use crate::campaign::duration::Span;
use crate::cli::error::CliError;
use crate::sandbox::{FaultPlan, Running, SandboxOptions, spawn_in_thread};

/// What the trial's ledgers have for an origin: the imitation listens on another port each time.
pub const ORIGIN: &str = "sandbox";

/// The token of a trial; the imitation takes any.
pub const TOKEN: &str = "sandbox-token";

/// Things that can be made to go wrong.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct FaultArgs {
    /// What goes wrong, with commas between: `reset-after=5%`, `500=2%`, `hang=1%`, `429:5s=3x`,
    /// `latency:20ms-200ms`, `code:131026@919876543210`, `limit:80/s`
    #[arg(long, value_name = "LIST")]
    pub faults: Option<FaultPlan>,
    /// The seed of all chance
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
}

/// The same for `run --sandbox`, out of sight, and what else is only for those who test.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct HiddenFaultArgs {
    #[arg(long, value_name = "LIST", hide = true, requires = "sandbox")]
    faults: Option<FaultPlan>,
    #[arg(long, value_name = "N", default_value_t = 1, hide = true)]
    seed: u64,
    /// How long to wait for an answer; from then on the message is in doubt.
    #[arg(long, value_name = "DURATION", value_parser = timeout, hide = true)]
    pub timeout: Option<Duration>,
}

fn timeout(text: &str) -> Result<Duration, String> {
    match text.parse() {
        Ok(Span(timeout)) if !timeout.is_zero() => Ok(timeout),
        Ok(_) => Err("a request takes some time".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

impl From<HiddenFaultArgs> for FaultArgs {
    fn from(args: HiddenFaultArgs) -> FaultArgs {
        FaultArgs { faults: args.faults, seed: args.seed }
    }
}

impl FaultArgs {
    /// As the sandbox takes them; without a directory for its ledger it forgets all at its end.
    #[must_use]
    pub fn options(&self, ledger_dir: Option<PathBuf>) -> SandboxOptions {
        SandboxOptions {
            seed: self.seed,
            ledger_dir,
            faults: self.faults.clone().unwrap_or_default(),
            ..SandboxOptions::default()
        }
    }
}

/// Opens the imitation and serves it on a thread of its own.
///
/// # Errors
/// When its ledger can't be opened, or it can't listen.
pub fn start(options: SandboxOptions) -> Result<Running, CliError> {
    let place = options.ledger_dir.clone();
    spawn_in_thread(options).map_err(|error| {
        let error = CliError::failed(format!("can't start the sandbox: {error}"));
        match place {
            Some(place) => error.hint(format!("its ledger lies in {}", place.display())),
            None => error,
        }
    })
}
