//! The operator at a terminal: shows what a use case tells, and asks there.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Read};

use jiff::tz::TimeZone;
use tokio::sync::watch;

use crate::app::init::Prompt;
use crate::app::{self, AppError, FirstMessage, Level, Notice, Operator, Question, SendQuestion};
use crate::cli::signals;
use crate::domain::format::{count, plural};
use crate::sys::platform::Interrupt;
use crate::ui::{self, Printer, Progress, Waiting, can_ask, confirm, phone_bubble};

/// What a run says at the first Ctrl-C.
const ENDING: &str = "ending: what is in flight may take 10 s to finish; again to leave at once";

/// The printer, and what is being shown by it.
#[derive(Debug)]
pub struct Terminal {
    printer: Printer,
    /// The zone of the times that are shown.
    zone: TimeZone,
    /// What is being read; reading may begin while something else is read.
    reading: RefCell<Vec<Waiting>>,
    run: RefCell<Option<Progress>>,
}

impl Terminal {
    /// Shows nothing yet.
    #[must_use]
    pub fn new(printer: Printer, zone: TimeZone) -> Terminal {
        Terminal { printer, zone, reading: RefCell::new(Vec::new()), run: RefCell::new(None) }
    }

    fn read(&self, text: impl FnOnce() -> String) {
        if let Some(waiting) = self.reading.borrow_mut().last_mut() {
            waiting.at(text);
        }
    }

    /// The first message, or the first of each variant, as its reader will see it, then when it goes out and what it costs.
    fn shown(&self, send: &SendQuestion) -> String {
        let facts: String = send.facts().iter().map(|fact| format!("{fact}.\n")).collect();
        let shown: String = send.firsts.iter().map(|first| self.first(first)).collect();
        shown + &facts
    }

    fn first(&self, FirstMessage { variant, to, message }: &FirstMessage) -> String {
        let columns = self.printer.message_columns().unwrap_or(80);
        let bubble = phone_bubble::render(message, columns, self.printer.message_color());
        match variant {
            Some(variant) => {
                format!("The first message of variant `{}`, to {to}:\n{bubble}", ui::sanitize::line(variant))
            }
            None => format!("The first message, to {to}:\n{bubble}"),
        }
    }
}

impl Operator for Terminal {
    fn tell(&self, notice: &Notice) {
        let (text, hint) = (&notice.text, notice.hint.as_deref());
        match notice.level {
            Level::Warning => return self.printer.warning(text, hint),
            Level::Error => return self.printer.error(text, hint),
            Level::Info => self.printer.say(text),
            Level::Hint => self.printer.hint(text),
            Level::Note => self.printer.note(text),
        }
        if let Some(hint) = hint {
            self.printer.hint(hint);
        }
    }

    fn progress(&self, progress: app::Progress<'_>) {
        match progress {
            app::Progress::Reading => self.reading.borrow_mut().push(Waiting::start(&self.printer)),
            app::Progress::Rows(rows) => self.read(|| format!("{} read", plural(rows, "row", "rows"))),
            app::Progress::Listed(what, n) => self.read(|| format!("reading {what}: {} so far", count(n))),
            app::Progress::Read => drop(self.reading.borrow_mut().pop()),
            app::Progress::Sending => {
                *self.run.borrow_mut() = Some(Progress::start(&self.printer, &self.zone))
            }
            app::Progress::Running(snapshot) => {
                if let Some(run) = self.run.borrow_mut().as_mut() {
                    run.update(snapshot);
                }
            }
            app::Progress::Sent(snapshot) => {
                if let (Some(run), Some(snapshot)) = (self.run.borrow_mut().take(), snapshot) {
                    run.finish(snapshot);
                }
            }
        }
    }

    fn ask(&self, question: &Question) -> app::Answer {
        let shown = match question {
            // A run that a script has started goes: nobody sits there, and the command itself was the order.
            Question::Send(_) | Question::Bulk { .. } if !can_ask(&self.printer) => return app::Answer::Yes,
            Question::Send(send) => self.shown(send),
            _ => String::new(),
        };
        match confirm(&self.printer, &shown, &question.text()) {
            ui::Answer::Yes => app::Answer::Yes,
            ui::Answer::No => app::Answer::No,
            ui::Answer::NoTerminal => app::Answer::Nobody,
        }
    }

    fn enter(&self, prompt: &Prompt) -> Option<String> {
        let mut shown: String =
            prompt.facts().iter().map(|fact| format!("{}\n", ui::sanitize::line(fact))).collect();
        if let Prompt::Message { first, .. } = prompt {
            shown.push_str(&self.first(first));
        }
        ui::enter(&self.printer, &shown, &prompt.text())
    }

    fn interrupts(&self) -> Result<watch::Receiver<Option<Interrupt>>, AppError> {
        signals::listen(&self.printer, ENDING)
    }

    fn standard_input(&self) -> Result<Box<dyn Read>, AppError> {
        if io::stdin().is_terminal() {
            return Err(AppError::usage(
                "the audience is to come from standard input, and that is a terminal",
            )
            .hint("pipe a table into it, as in `sendcast run offer.json --audience - < people.csv`"));
        }
        Ok(Box::new(io::stdin().lock()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::snapshot::{RunState, example};
    use crate::ui::{Settings, Verbosity};

    fn run(settings: Settings) -> (String, String) {
        let (printer, captured) = Printer::captured(settings);
        let terminal = Terminal::new(printer, TimeZone::UTC);
        let mut snapshot = example();
        terminal.progress(app::Progress::Sending);
        terminal.progress(app::Progress::Running(&snapshot));
        terminal.tell(&Notice::warning("the number is throttled").with_hint("lower the rate"));
        snapshot.state = RunState::Settled;
        terminal.progress(app::Progress::Running(&snapshot));
        terminal.progress(app::Progress::Sent(Some(&snapshot)));
        (captured.stdout(), captured.stderr())
    }

    #[test]
    fn without_a_terminal_there_are_plain_lines() {
        let (out, err) = run(Settings::default());
        assert_eq!(out, "");
        let starts: Vec<_> =
            err.lines().map(|line| line.split([',', ' ']).take(2).collect::<Vec<_>>()).collect();
        assert_eq!(
            starts,
            [
                ["diwali-offer:", "sending"],
                ["warning:", "the"],
                ["hint:", "lower"],
                ["diwali-offer:", "settled"]
            ]
        );
    }

    #[test]
    fn with_json_or_quiet_there_is_no_progress() {
        let (out, err) = run(Settings { json: true, ..Settings::default() });
        assert_eq!(
            (out.as_str(), err.as_str()),
            ("", "warning: the number is throttled\nhint: lower the rate\n")
        );
        let (out, err) = run(Settings { verbosity: Verbosity::Quiet, ..Settings::default() });
        assert_eq!((out, err), (String::new(), String::new()));
    }
}
