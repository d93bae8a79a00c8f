//! The one that writes: messages to stderr, results to stdout, both without disturbing the progress.
//!
//! Whatever is handed to it loses its control characters here, however it came to be; colour sequences pass
//! only in what `ui` itself has rendered ([`Printer::result`], [`Printer::block`]).

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use console::Term;
use serde::Serialize;
use tracing_subscriber::fmt::MakeWriter;

use super::sanitize;
use super::screen::Screen;
use super::text::paint;

/// How much is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors only (`-q`).
    Quiet,
    /// What a user needs.
    #[default]
    Normal,
    /// Also how it comes about (`-v`).
    Verbose,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorWhen {
    /// On a terminal that can show colours, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What the user asked for on the command line.
#[derive(Clone, Copy, Debug, Default)]
pub struct Settings {
    /// How much is said.
    pub verbosity: Verbosity,
    /// stdout carries JSON and nothing else.
    pub json: bool,
    /// When to colour.
    pub color: ColorWhen,
}

/// Prints. Cheap to clone; all clones share one screen.
#[derive(Clone, Debug)]
pub struct Printer {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    settings: Settings,
    screen: Screen,
    out: Sink,
    err: Sink,
}

/// One of the two streams.
#[derive(Debug)]
struct Sink {
    to: To,
    color: bool,
}

#[derive(Debug)]
enum To {
    Stdout,
    Stderr,
    Memory(Arc<Mutex<Vec<u8>>>),
}

impl Sink {
    fn new(to: To, when: ColorWhen) -> Sink {
        let auto = match to {
            To::Stdout => AutoStream::choice(&io::stdout()) != ColorChoice::Never,
            To::Stderr => AutoStream::choice(&io::stderr()) != ColorChoice::Never,
            To::Memory(_) => false,
        };
        let color = match when {
            ColorWhen::Auto => auto,
            ColorWhen::Always => true,
            ColorWhen::Never => false,
        };
        Sink { to, color }
    }

    fn write(&self, text: &str) -> io::Result<()> {
        let choice = if self.color { ColorChoice::Always } else { ColorChoice::Never };
        match &self.to {
            To::Stdout => {
                let mut out = AutoStream::new(io::stdout(), choice);
                out.write_all(text.as_bytes())?;
                out.flush()
            }
            To::Stderr => {
                let mut out = AutoStream::new(io::stderr(), choice);
                out.write_all(text.as_bytes())?;
                out.flush()
            }
            To::Memory(bytes) => {
                let mut bytes = bytes.lock().unwrap_or_else(PoisonError::into_inner);
                AutoStream::new(&mut *bytes, choice).write_all(text.as_bytes())
            }
        }
    }

    fn is_terminal(&self) -> bool {
        match self.to {
            To::Stdout => io::stdout().is_terminal(),
            To::Stderr => io::stderr().is_terminal(),
            To::Memory(_) => false,
        }
    }

    fn columns(&self) -> Option<usize> {
        let term = match self.to {
            To::Stdout => Term::stdout(),
            To::Stderr => Term::stderr(),
            To::Memory(_) => return None,
        };
        term.size_checked().filter(|_| self.is_terminal()).map(|(_, columns)| usize::from(columns))
    }
}

/// What a captured printer has said.
#[derive(Clone, Debug)]
pub struct Captured {
    out: Arc<Mutex<Vec<u8>>>,
    err: Arc<Mutex<Vec<u8>>>,
}

impl Captured {
    /// What went to stdout.
    #[must_use]
    pub fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.out.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    /// What went to stderr.
    #[must_use]
    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.err.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Printer {
    /// On the process's stdout and stderr.
    #[must_use]
    pub fn new(settings: Settings) -> Printer {
        let quiet = settings.json || settings.verbosity == Verbosity::Quiet;
        let inner = Inner {
            settings,
            screen: if quiet { Screen::hidden() } else { Screen::stderr() },
            out: Sink::new(To::Stdout, settings.color),
            err: Sink::new(To::Stderr, settings.color),
        };
        Printer { inner: Arc::new(inner) }
    }

    /// Into memory, as if neither stream were a terminal.
    #[must_use]
    pub fn captured(settings: Settings) -> (Printer, Captured) {
        let captured = Captured { out: Arc::default(), err: Arc::default() };
        let inner = Inner {
            settings,
            screen: Screen::hidden(),
            out: Sink::new(To::Memory(captured.out.clone()), settings.color),
            err: Sink::new(To::Memory(captured.err.clone()), settings.color),
        };
        (Printer { inner: Arc::new(inner) }, captured)
    }

    /// What was asked for.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.inner.settings
    }

    /// Whether results may carry colour.
    #[must_use]
    pub fn result_color(&self) -> bool {
        self.inner.out.color
    }

    /// Whether messages may carry colour.
    #[must_use]
    pub fn message_color(&self) -> bool {
        self.inner.err.color
    }

    /// How many columns results have; `None` where stdout is no terminal and nothing must be cut.
    #[must_use]
    pub fn result_columns(&self) -> Option<usize> {
        self.inner.out.columns()
    }

    /// How many columns messages have; `None` where stderr is no terminal.
    #[must_use]
    pub fn message_columns(&self) -> Option<usize> {
        self.inner.err.columns()
    }

    /// Whether somebody sits in front of stderr.
    pub(super) fn is_attended(&self) -> bool {
        self.inner.err.is_terminal()
    }

    pub(super) fn screen(&self) -> &Screen {
        &self.inner.screen
    }

    /// `error: …`, and what to do about it. Also with `-q`.
    pub fn error(&self, text: impl Display, hint: Option<&str>) {
        self.labelled("error", AnsiColor::Red.on_default().bold(), &text.to_string());
        if let Some(hint) = hint {
            self.labelled("hint", AnsiColor::Cyan.on_default().bold(), hint);
        }
    }

    /// `warning: …`, and what to do about it.
    pub fn warning(&self, text: impl Display, hint: Option<&str>) {
        if self.speaks(Verbosity::Normal) {
            self.labelled("warning", AnsiColor::Yellow.on_default().bold(), &text.to_string());
            if let Some(hint) = hint {
                self.hint(hint);
            }
        }
    }

    /// `hint: …`
    pub fn hint(&self, text: impl Display) {
        if self.speaks(Verbosity::Normal) {
            self.labelled("hint", AnsiColor::Cyan.on_default().bold(), &text.to_string());
        }
    }

    /// `note: …`
    pub fn note(&self, text: impl Display) {
        if self.speaks(Verbosity::Normal) {
            self.labelled("note", Style::new().bold(), &text.to_string());
        }
    }

    /// A message without a label.
    pub fn say(&self, text: impl Display) {
        if self.speaks(Verbosity::Normal) {
            self.message(&format!("{}\n", sanitize::block(&text.to_string())));
        }
    }

    /// A message that only `-v` shows.
    pub fn detail(&self, text: impl Display) {
        if self.speaks(Verbosity::Verbose) {
            self.message(&format!("{}\n", sanitize::block(&text.to_string())));
        }
    }

    /// A message that `ui` has rendered, lines and colours included (a summary).
    pub fn block(&self, rendered: &str) {
        if self.speaks(Verbosity::Normal) {
            self.message(&sanitize::styled(rendered));
        }
    }

    /// A question: stays on its line, and is asked whatever the verbosity.
    pub(super) fn ask(&self, question: &str) {
        self.message(&format!("{} ", sanitize::block(question)));
    }

    /// A result that `ui` has rendered, to stdout; nothing with `--json`, where [`Printer::json`] has the word.
    ///
    /// # Errors
    /// Whatever stdout said; a broken pipe means that the reader has seen enough.
    pub fn result(&self, rendered: &str) -> io::Result<()> {
        if self.inner.settings.json {
            return Ok(());
        }
        let text = sanitize::styled(rendered);
        self.inner.screen.suspend(|| self.inner.out.write(&text))
    }

    /// A value as one line of JSON, to stdout.
    ///
    /// # Errors
    /// Whatever stdout said, or a value that JSON has no form for.
    pub fn json(&self, value: &impl Serialize) -> io::Result<()> {
        let mut text = sanitize::json(&serde_json::to_string(value)?).into_owned();
        text.push('\n');
        self.inner.screen.suspend(|| self.inner.out.write(&text))
    }

    fn speaks(&self, at: Verbosity) -> bool {
        self.inner.settings.verbosity >= at
    }

    fn labelled(&self, label: &str, style: Style, text: &str) {
        let label = paint(style, &format!("{label}:"), self.message_color());
        self.message(&format!("{label} {}\n", sanitize::block(text)));
    }

    fn message(&self, text: &str) {
        // There is nobody to tell that stderr is gone.
        let _ = self.inner.screen.suspend(|| self.inner.err.write(text));
    }
}

/// One record of the log on its way to stderr, around the progress. Made by [`Printer`] as tracing's writer.
#[derive(Debug)]
pub struct LogLine(Printer);

impl Write for LogLine {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.0.message(&sanitize::styled(&text));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Printer {
    type Writer = LogLine;
    fn make_writer(&'a self) -> LogLine {
        LogLine(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn speak(settings: Settings) -> Captured {
        let (printer, captured) = Printer::captured(settings);
        printer.error("the queue is damaged", Some("run `sendcast verify`"));
        printer.warning("12 rows are bad", Some("see `sendcast check`"));
        printer.note("nothing reaches WhatsApp");
        printer.hint("try again");
        printer.say("planned 1,200 rows\u{1b}[2J from\u{202e} a file");
        printer.detail("read in 3 ms");
        printer.block("\u{1b}[1msummary\u{1b}[0m\n");
        printer.result("\u{1b}[1ma table\u{1b}[0m\u{1b}[2J\n").unwrap();
        captured
    }

    #[test]
    fn messages_go_to_stderr_and_results_to_stdout() {
        let said = speak(Settings::default());
        assert_snapshot!(said.stderr(), @r"
        error: the queue is damaged
        hint: run `sendcast verify`
        warning: 12 rows are bad
        hint: see `sendcast check`
        note: nothing reaches WhatsApp
        hint: try again
        planned 1,200 rows from a file
        summary
        ");
        assert_eq!(said.stdout(), "a table\n");
    }

    #[test]
    fn quiet_leaves_errors_and_results() {
        let said = speak(Settings { verbosity: Verbosity::Quiet, ..Settings::default() });
        assert_snapshot!(said.stderr(), @r"
        error: the queue is damaged
        hint: run `sendcast verify`
        ");
        assert_eq!(said.stdout(), "a table\n");
    }

    #[test]
    fn verbose_tells_details() {
        let said = speak(Settings { verbosity: Verbosity::Verbose, ..Settings::default() });
        assert!(said.stderr().contains("read in 3 ms\n"));
    }

    #[test]
    fn with_json_stdout_carries_nothing_else() {
        let settings = Settings { json: true, ..Settings::default() };
        let (printer, captured) = Printer::captured(settings);
        printer.result("a table\n").unwrap();
        printer.say("working");
        printer.json(&serde_json::json!({"id": "w\u{1b}[2J"})).unwrap();
        assert_eq!(captured.stdout(), "{\"id\":\"w\\u001b[2J\"}\n");
        assert_eq!(captured.stderr(), "working\n");
    }

    #[test]
    fn colour_comes_when_asked_for_and_never_from_outside() {
        let said = speak(Settings { color: ColorWhen::Always, ..Settings::default() });
        assert!(
            said.stderr().starts_with("\u{1b}[1m\u{1b}[31merror:\u{1b}[0m the queue"),
            "{:?}",
            said.stderr()
        );
        assert_eq!(said.stdout(), "\u{1b}[1ma table\u{1b}[0m\n");
        let (printer, captured) =
            Printer::captured(Settings { color: ColorWhen::Always, ..Settings::default() });
        printer.say("\u{1b}[31mred\u{1b}[0m");
        assert_eq!(captured.stderr(), "red\n");
    }

    #[test]
    fn the_log_goes_through_the_printer() {
        let (printer, captured) = Printer::captured(Settings::default());
        let subscriber = tracing_subscriber::fmt()
            .with_writer(printer)
            .with_ansi(false)
            .without_time()
            .with_target(false)
            .finish();
        tracing::subscriber::with_default(subscriber, || tracing::info!("a segment was sealed"));
        assert_eq!(captured.stderr(), " INFO a segment was sealed\n");
    }
}
