//! Notices a message that is never done ([`rendering`]) and ends the process: nothing has been sent while a campaign
//! is planned, and what was planned half is passed over the next time.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, Thread};
use std::time::Duration;

use crate::campaign::rendering::row_at_work;
use crate::cli::exit::Exit;
use crate::ui::Printer;

/// How often it looks; looks count, not time, so that a process that was held up isn't blamed.
const LOOK: Duration = Duration::from_millis(100);
/// So many looks find one and the same row. Any message takes less than a millisecond.
const LOOKS: u32 = 15;

/// Looks on until it is dropped.
#[derive(Debug)]
pub struct Patience {
    over: Arc<AtomicBool>,
    thread: Option<Thread>,
}

impl Patience {
    /// Begins.
    #[must_use]
    pub fn start(printer: &Printer) -> Patience {
        let over = Arc::new(AtomicBool::new(false));
        let (seen_over, printer) = (over.clone(), printer.clone());
        let look_on = move || {
            let mut last = None;
            let mut same = 0;
            while !seen_over.load(Ordering::Relaxed) {
                thread::park_timeout(LOOK);
                let row = row_at_work();
                same = if row.is_some() && row == last { same + 1 } else { 0 };
                last = row;
                if same >= LOOKS {
                    give_up(&printer, row.unwrap_or(0));
                }
            }
        };
        // Without a thread nobody looks on, and all else works.
        let thread = thread::Builder::new().name("patience".to_owned()).spawn(look_on);
        Patience { over, thread: thread.ok().map(|handle| handle.thread().clone()) }
    }
}

impl Drop for Patience {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = &self.thread {
            thread.unpark();
        }
    }
}

fn give_up(printer: &Printer, row: u32) -> ! {
    let place = if row == 0 { String::new() } else { format!("row {row}: ") };
    printer.error(
        format!("{place}the template takes more than {:?} for one message", LOOK * LOOKS),
        Some("look for lists that are put into each other over and over"),
    );
    std::process::exit(i32::from(Exit::Usage.code()))
}
