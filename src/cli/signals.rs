//! Ctrl-C and SIGTERM: the first asks for an orderly end, the second leaves at once.

use tokio::sync::watch;

use crate::app::AppError;
use crate::sys::platform::{Interrupt, Interrupts};
use crate::ui::Printer;

/// Starts listening. The receiver shows the first signal; the second ends the process on the spot, with that
/// signal's code. Nothing is lost then: what was in flight is found in doubt when it is run again.
///
/// # Errors
/// When the system takes no handlers.
pub fn listen(printer: &Printer, said: &'static str) -> Result<watch::Receiver<Option<Interrupt>>, AppError> {
    let mut signals = Interrupts::listen()
        .map_err(|error| AppError::failed(format!("can't listen for signals: {error}")))?;
    let (sender, receiver) = watch::channel(None);
    let printer = printer.clone();
    tokio::task::spawn_local(async move {
        let first = signals.next().await;
        printer.note(said);
        // The run may be over: then nobody listens, and the process is about to end anyway.
        let _ = sender.send(Some(first));
        let second = signals.next().await;
        std::process::exit(i32::from(second.exit_code()));
    });
    Ok(receiver)
}
