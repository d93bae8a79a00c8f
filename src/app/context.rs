//! What every use case stands on.

use std::path::PathBuf;
use std::rc::Rc;

use jiff::tz::TimeZone;

use crate::app::account::Credentials;
use crate::app::error::{AppError, ErrorKind};
use crate::app::operator::{Operator, Reading};
use crate::app::options::Zone;
use crate::app::question::{Answer, Question};
use crate::engine::snapshot::{Level, Notice};
use crate::sendwo::{BaseUrl, Client, HttpTransport, Timeouts, Token};
use crate::sys::clock::SystemClock;
use crate::sys::disk::{RealDisk, SharedDisk};
use crate::sys::home::Home;
use crate::sys::platform;

/// What holds for every use case, as it was decided outside.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The data directory, absolute.
    pub data_dir: PathBuf,
    /// The API's address.
    pub base_url: BaseUrl,
    /// The zone of the times that people read, where a campaign has none of its own.
    pub timezone: TimeZone,
    /// The same, where somebody has said it this time: it goes before a campaign's own, and stays with it.
    pub timezone_said: Option<Zone>,
    /// Where the token comes from.
    pub credentials: Credentials,
}

/// Settings, disk, clock, and who stands in front.
#[derive(Clone, Debug)]
pub struct App {
    /// What holds for every use case.
    pub settings: Settings,
    /// The machine's file system.
    pub disk: SharedDisk,
    /// The machine's clock.
    pub clock: SystemClock,
    /// Where notices and questions go.
    pub operator: Rc<dyn Operator>,
}

impl App {
    /// On this machine's disk and clock.
    #[must_use]
    pub fn new(settings: Settings, operator: Rc<dyn Operator>) -> App {
        App { settings, disk: RealDisk::shared(), clock: SystemClock::start(), operator }
    }

    /// The data directory, or its part for trials.
    ///
    /// # Errors
    /// When it is no directory, or anybody on the machine may write to it: who puts another opt-out list or ledger in
    /// place decides who is written to.
    pub fn home(&self, sandbox: bool) -> Result<Home, AppError> {
        let data = &self.settings.data_dir;
        if let Ok(meta) = std::fs::metadata(data) {
            if !meta.is_dir() {
                return Err(AppError::failed(format!(
                    "the data directory {} is no directory",
                    data.display()
                ))
                .hint("name another one with `--data-dir DIR` or SENDCAST_DATA_DIR"));
            }
            if platform::writable_by_anybody(&meta) {
                let what =
                    format!("anybody on this machine may write to the data directory {}", data.display());
                return Err(AppError::failed(what).hint(format!(
                    "run `chmod 700 {}`, or name a directory of your own with `--data-dir DIR`",
                    data.display()
                )));
            }
        }
        let home = Home::new(data);
        Ok(if sandbox { home.sandbox() } else { home })
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
    ) -> Result<Client<HttpTransport>, AppError> {
        Ok(Client::new(HttpTransport::new(base, timeouts)?, token))
    }

    /// Says what was done.
    pub fn say(&self, text: impl Into<String>) {
        self.operator.tell(&Notice::new(Level::Info, text));
    }

    /// Says what is good to know.
    pub fn note(&self, text: impl Into<String>) {
        self.operator.tell(&Notice::note(text));
    }

    /// Says what isn't as wished.
    pub fn warn(&self, text: impl Into<String>) {
        self.operator.tell(&Notice::warning(text));
    }

    /// The same, with what to do about it.
    pub fn warn_with(&self, text: impl Into<String>, hint: impl Into<String>) {
        self.operator.tell(&Notice::warning(text).with_hint(hint));
    }

    /// Begins to read something whose end isn't known.
    #[must_use]
    pub fn reading(&self) -> Reading {
        Reading::start(&self.operator)
    }

    /// Asks.
    ///
    /// # Errors
    /// Where nobody answers, `unanswered` with the question in it.
    pub fn confirm(
        &self,
        question: Question,
        unanswered: impl FnOnce() -> AppError,
    ) -> Result<bool, AppError> {
        match self.operator.ask(&question) {
            Answer::Yes => Ok(true),
            Answer::No => Ok(false),
            Answer::Nobody => {
                Err(AppError { kind: ErrorKind::Unanswered(Box::new(question)), ..unanswered() })
            }
        }
    }
}
