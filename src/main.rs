//! The `sendcast` binary: hands the arguments to the library and exits with its code.

use std::process::ExitCode;

use tokio::runtime::Builder;
use tokio::task::LocalSet;

fn main() -> ExitCode {
    sendcast::sys::platform::private_by_default();
    let cli = match sendcast::cli::parse() {
        Ok(cli) => cli,
        Err(code) => return code.into(),
    };
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            anstream::eprintln!("error: can't start: {error}");
            return ExitCode::FAILURE;
        }
    };
    let exit = LocalSet::new().block_on(&runtime, sendcast::cli::dispatch(cli));
    // What still waits for an answer or for stdin must not hold the process up: all that matters is on disk.
    runtime.shutdown_background();
    exit.into()
}
