//! The log, on stderr, around the progress: warnings, with `-v` what happens, with `-vv` everything of ours.
//! Nobody's number is in it but for its last four digits, and never the token.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

use crate::sys::panics::silence_caught_panics;
use crate::ui::Printer;

/// Starts logging; once in a process.
pub(super) fn start(verbose: u8, quiet: bool, printer: &Printer) {
    let level = match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "warn",
        (false, 1) => "info",
        (false, _) => "debug",
    };
    // Other crates' logs may hold URLs, so the token: only what is ours is let through, whatever RUST_LOG says.
    let filter = EnvFilter::new(format!("off,sendcast={level}"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NONE)
        .with_target(verbose > 1)
        .with_ansi(printer.message_color())
        .without_time()
        .with_writer(printer.clone())
        .finish();
    // A second start in one process (a test) keeps the first.
    let _ = tracing::subscriber::set_global_default(subscriber);
    silence_caught_panics();
}
