//! How far something has come whose end isn't known: told once it takes longer than a moment.

use std::time::{Duration, Instant};

use super::printer::{Printer, Verbosity};
use super::sanitize;
use super::screen::Region;

/// What is over by then needs no word.
const A_MOMENT: Duration = Duration::from_secs(1);

/// Without a terminal, a line no more often than this.
const BETWEEN: Duration = Duration::from_secs(10);

/// The display of one long question. Goes away by itself.
#[derive(Debug)]
pub struct Waiting {
    printer: Printer,
    start: Instant,
    /// What is shown; it goes away with this.
    line: Option<Region>,
    /// When a line was last said.
    said: Option<Duration>,
}

impl Waiting {
    /// Starts; nothing is shown yet.
    #[must_use]
    pub fn start(printer: &Printer) -> Waiting {
        Waiting { printer: printer.clone(), start: Instant::now(), line: None, said: None }
    }

    /// Tells how far it is, where it is time to.
    pub fn at(&mut self, text: impl FnOnce() -> String) {
        self.after(self.start.elapsed(), text);
    }

    fn after(&mut self, elapsed: Duration, text: impl FnOnce() -> String) {
        let settings = self.printer.settings();
        if elapsed < A_MOMENT || settings.json || settings.verbosity == Verbosity::Quiet {
            return;
        }
        if self.printer.screen().is_visible() {
            let line = self.line.get_or_insert_with(|| self.printer.screen().region());
            line.set(sanitize::line(&text()).into_owned());
        } else if self.said.is_none_or(|said| elapsed.saturating_sub(said) >= BETWEEN) {
            self.said = Some(elapsed);
            self.printer.say(text());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::printer::Settings;
    use super::*;

    fn said(settings: Settings, seconds: &[u64]) -> String {
        let (printer, captured) = Printer::captured(settings);
        let mut waiting = Waiting::start(&printer);
        for s in seconds {
            waiting.after(Duration::from_secs(*s), || format!("{s} so far"));
        }
        drop(waiting);
        assert_eq!(captured.stdout(), "");
        captured.stderr()
    }

    #[test]
    fn what_takes_a_moment_is_not_told_and_lines_are_far_between() {
        assert_eq!(said(Settings::default(), &[0, 0]), "");
        assert_eq!(said(Settings::default(), &[0, 1, 2, 10, 11, 12, 25]), "1 so far\n11 so far\n25 so far\n");
    }

    #[test]
    fn quiet_is_quiet() {
        let quiet = Settings { verbosity: Verbosity::Quiet, ..Settings::default() };
        assert_eq!(said(quiet, &[5, 50]), "");
        assert_eq!(said(Settings { json: true, ..Settings::default() }, &[5, 50]), "");
    }
}
