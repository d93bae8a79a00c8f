//! What every command stands on.

use std::io::{self, IsTerminal, Write};
use std::rc::Rc;

use serde::Serialize;

use crate::app::{App, AppError};
use crate::cli::args::GlobalArgs;
use crate::cli::exit::Exit;
use crate::cli::settings;
use crate::cli::terminal::Terminal;
use crate::ui::{Answer, Printer, Table, confirm, sanitize};

/// The use cases' context, and the printer.
#[derive(Clone, Debug)]
pub struct Context {
    /// What every use case stands on.
    pub app: App,
    /// The one that writes.
    pub printer: Printer,
}

impl Context {
    /// Resolves the options everywhere.
    ///
    /// # Errors
    /// When an option makes no sense.
    pub fn new(args: &GlobalArgs, printer: Printer) -> Result<Context, AppError> {
        let settings = settings::resolve(args)?;
        let operator = Rc::new(Terminal::new(printer.clone(), settings.timezone.clone()));
        Ok(Context { app: App::new(settings, operator), printer })
    }

    /// Whether stdout carries JSON and nothing else.
    #[must_use]
    pub fn json(&self) -> bool {
        self.printer.settings().json
    }

    /// A message, to stderr.
    pub fn say(&self, text: &str) {
        self.printer.say(text);
    }

    /// A warning, to stderr.
    pub fn warn(&self, text: &str) {
        self.printer.warning(text, None);
    }

    /// A result, to stdout; nothing with `--json`.
    ///
    /// # Errors
    /// When stdout can't be written.
    pub fn out(&self, text: &str) -> Result<(), AppError> {
        self.printer.result(text).or_else(|error| self.out_failed(&error))
    }

    /// A table, to stdout.
    ///
    /// # Errors
    /// When stdout can't be written.
    pub fn out_table(&self, table: &Table) -> Result<(), AppError> {
        self.out(&table.render(self.printer.result_columns(), self.printer.result_color()))
    }

    /// A value as one line of JSON, to stdout, whether or not JSON was asked for.
    ///
    /// # Errors
    /// When stdout can't be written.
    pub fn out_json(&self, value: &impl Serialize) -> Result<(), AppError> {
        self.printer.json(value).or_else(|error| self.out_failed(&error))
    }

    /// stdout for bytes that are a document of their own (a report, completions), buffered: as they are, but on a
    /// terminal, which what comes from outside could lead astray.
    #[must_use]
    pub fn raw_out(&self) -> Box<dyn Write + Send> {
        let out = io::BufWriter::new(io::stdout());
        if io::stdout().is_terminal() { Box::new(sanitize::Lines::new(out)) } else { Box::new(out) }
    }

    /// What an error of stdout means: nothing where its reader has seen enough (`| head`).
    ///
    /// # Errors
    /// Any other error.
    pub fn out_failed(&self, error: &io::Error) -> Result<(), AppError> {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Ok(()),
            _ => Err(AppError::failed(format!("can't write to stdout: {error}"))),
        }
    }

    /// Asks before something that can't be taken back.
    ///
    /// # Errors
    /// When no terminal is there to confirm it.
    pub fn ask(&self, question: &str) -> Result<bool, AppError> {
        match confirm(&self.printer, "", question) {
            Answer::Yes => Ok(true),
            Answer::No => Ok(false),
            Answer::NoTerminal => Err(AppError::usage("confirmation needed, but stdin is not a terminal")
                .hint("`--yes` answers it")),
        }
    }

    /// Renders an error: `error: …`, its findings, `hint: …`.
    pub fn tell(printer: &Printer, error: &AppError) -> Exit {
        let mut text = error.message.clone();
        for detail in &error.details {
            text.push_str("\n  ");
            text.push_str(detail);
        }
        printer.error(text, error.hint.as_deref());
        Exit::of_error(error)
    }
}
