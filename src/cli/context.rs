//! What every command stands on.

use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::cli::args::GlobalArgs;
use crate::cli::error::CliError;
use crate::cli::exit::Exit;
use crate::cli::settings::Settings;
use crate::sendwo::{BaseUrl, Client, HttpTransport, Timeouts, Token};
use crate::sys::clock::SystemClock;
use crate::sys::disk::{RealDisk, SharedDisk};
use crate::sys::home::Home;
use crate::sys::platform;
use crate::ui::{Answer, Printer, Table, can_ask, confirm, sanitize};

/// Settings, printer, disk, clock.
#[derive(Clone, Debug)]
pub struct Context {
    /// What holds for every command.
    pub settings: Settings,
    /// The one that writes.
    pub printer: Printer,
    /// The machine's file system.
    pub disk: SharedDisk,
    /// The machine's clock.
    pub clock: SystemClock,
}

impl Context {
    /// Resolves the options everywhere.
    ///
    /// # Errors
    /// When an option makes no sense.
    pub fn new(args: &GlobalArgs, printer: Printer) -> Result<Context, CliError> {
        let settings = Settings::resolve(args)?;
        Ok(Context { settings, printer, disk: RealDisk::shared(), clock: SystemClock::start() })
    }

    /// The data directory, or its part for trials.
    ///
    /// # Errors
    /// When it is no directory, or anybody on the machine may write to it: who puts another opt-out list or ledger in
    /// place decides who is written to.
    pub fn home(&self, sandbox: bool) -> Result<Home, CliError> {
        let data = &self.settings.data_dir;
        if let Ok(meta) = std::fs::metadata(data) {
            if !meta.is_dir() {
                return Err(CliError::failed(format!(
                    "the data directory {} is no directory",
                    data.display()
                ))
                .hint("name another one with `--data-dir DIR` or SENDCAST_DATA_DIR"));
            }
            if platform::writable_by_anybody(&meta) {
                let what =
                    format!("anybody on this machine may write to the data directory {}", data.display());
                return Err(CliError::failed(what).hint(format!(
                    "run `chmod 700 {}`, or name a directory of your own with `--data-dir DIR`",
                    data.display()
                )));
            }
        }
        let home = Home::new(data);
        Ok(if sandbox { home.sandbox() } else { home })
    }

    /// Whether stdout carries JSON and nothing else.
    #[must_use]
    pub fn json(&self) -> bool {
        self.printer.settings().json
    }

    /// A client of the API.
    ///
    /// # Errors
    /// When the machine's certificates or proxy settings can't be used.
    pub fn client(
        &self,
        base: BaseUrl,
        token: Token,
        timeouts: Timeouts,
    ) -> Result<Client<HttpTransport>, CliError> {
        Ok(Client::new(HttpTransport::new(base, timeouts)?, token))
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
    pub fn out(&self, text: &str) -> Result<(), CliError> {
        self.printer.result(text).or_else(|error| self.out_failed(&error))
    }

    /// A table, to stdout.
    ///
    /// # Errors
    /// When stdout can't be written.
    pub fn out_table(&self, table: &Table) -> Result<(), CliError> {
        self.out(&table.render(self.printer.result_columns(), self.printer.result_color()))
    }

    /// A value as one line of JSON, to stdout, whether or not JSON was asked for.
    ///
    /// # Errors
    /// When stdout can't be written.
    pub fn out_json(&self, value: &impl Serialize) -> Result<(), CliError> {
        self.printer.json(value).or_else(|error| self.out_failed(&error))
    }

    /// stdout for bytes that are a document of their own (a report, completions), buffered: as they are, but on a
    /// terminal, which what comes from outside could lead astray.
    #[must_use]
    pub fn raw_out(&self) -> Box<dyn Write> {
        let out = io::BufWriter::new(io::stdout().lock());
        if io::stdout().is_terminal() { Box::new(sanitize::Lines::new(out)) } else { Box::new(out) }
    }

    /// What an error of stdout means: nothing where its reader has seen enough (`| head`).
    ///
    /// # Errors
    /// Any other error.
    pub fn out_failed(&self, error: &io::Error) -> Result<(), CliError> {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Ok(()),
            _ => Err(CliError::failed(format!("can't write to stdout: {error}"))),
        }
    }

    /// Whether somebody can be asked.
    #[must_use]
    pub fn attended(&self) -> bool {
        can_ask(&self.printer)
    }

    /// Asks before something that can't be taken back.
    ///
    /// # Errors
    /// When nobody can be asked.
    pub fn ask(&self, question: &str) -> Result<bool, CliError> {
        self.ask_about("", question)
    }

    /// The same, with something rendered to look at before.
    ///
    /// # Errors
    /// When nobody can be asked.
    pub fn ask_about(&self, shown: &str, question: &str) -> Result<bool, CliError> {
        match confirm(&self.printer, shown, question) {
            Answer::Yes => Ok(true),
            Answer::No => Ok(false),
            Answer::NoTerminal => Err(CliError::usage("nobody can be asked: this is no terminal")
                .hint("`--yes` goes ahead without asking")),
        }
    }

    /// Renders an error: `error: …`, its findings, `hint: …`.
    pub fn tell(printer: &Printer, error: &CliError) -> Exit {
        let mut text = error.message.clone();
        for detail in &error.details {
            text.push_str("\n  ");
            text.push_str(detail);
        }
        printer.error(text, error.hint.as_deref());
        error.exit
    }
}
