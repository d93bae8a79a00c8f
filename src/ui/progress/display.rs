//! Shows a run's snapshots as they come.

use std::time::{Duration, Instant};

use jiff::tz::TimeZone;

use crate::engine::snapshot::Snapshot;

use super::super::printer::{Printer, Verbosity};
use super::super::screen::Region;
use super::bars::Bars;
use super::plain::Plain;

/// What is drawn where a terminal doesn't tell its width.
const COLUMNS: usize = 80;

/// The display of one run. Feed it snapshots as often as they come; it draws at its own pace.
#[derive(Debug)]
pub struct Progress {
    printer: Printer,
    zone: TimeZone,
    start: Instant,
    mode: Mode,
}

#[derive(Debug)]
enum Mode {
    /// All our lines in one: they change together or not at all.
    Bars(Region),
    Plain(Plain),
    Silent,
}

impl Progress {
    /// Starts the display, with times by the clock of this zone; it counts the run's time from here.
    #[must_use]
    pub fn start(printer: &Printer, zone: &TimeZone) -> Progress {
        let settings = printer.settings();
        let mode = if settings.json || settings.verbosity == Verbosity::Quiet {
            Mode::Silent
        } else if printer.screen().is_visible() {
            Mode::Bars(printer.screen().region())
        } else {
            Mode::Plain(Plain::new(zone.clone()))
        };
        Progress { printer: printer.clone(), zone: zone.clone(), start: Instant::now(), mode }
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    /// Shows where the run stands.
    pub fn update(&mut self, snapshot: &Snapshot) {
        let elapsed = self.elapsed();
        match &mut self.mode {
            Mode::Bars(region) => region.set(bars(&self.printer, &self.zone, snapshot, elapsed)),
            Mode::Plain(plain) => {
                for line in plain.next(snapshot, elapsed) {
                    self.printer.say(line);
                }
            }
            Mode::Silent => {}
        }
    }

    /// Ends the display and leaves its last state on the screen.
    pub fn finish(self, snapshot: &Snapshot) {
        let elapsed = self.elapsed();
        match self.mode {
            Mode::Bars(region) => {
                drop(region);
                self.printer.block(&format!("{}\n", bars(&self.printer, &self.zone, snapshot, elapsed)));
            }
            Mode::Plain(mut plain) => {
                if let Some(line) = plain.last(snapshot, elapsed) {
                    self.printer.say(line);
                }
            }
            Mode::Silent => {}
        }
    }
}

fn bars(printer: &Printer, zone: &TimeZone, snapshot: &Snapshot, elapsed: Duration) -> String {
    let columns = printer.message_columns().unwrap_or(COLUMNS);
    Bars { snapshot, zone, elapsed, columns, color: printer.message_color() }.lines().join("\n")
}
