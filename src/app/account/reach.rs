//! Which server a command talks to: Sendwo (or whatever `--base-url` names), or the imitation.

use std::path::Path;
use std::time::Duration;

use crate::app::account::trial::{self, TrialOptions};
use crate::app::{App, AppError};
use crate::sandbox::Running;
use crate::sendwo::{BaseUrl, Client, HttpTransport, Timeouts, Token};

/// How long to wait for the server.
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(10), request: Duration::from_secs(30) };

/// The account that is meant.
#[derive(Debug)]
pub struct Account {
    base: Option<BaseUrl>,
    origin: String,
    timeouts: Timeouts,
}

/// A client, and the imitation behind it where it is a trial: that one ends with it.
#[derive(Debug)]
pub struct Reached {
    /// The client.
    pub client: Client<HttpTransport>,
    _trial: Option<Running>,
}

/// A client of the account that the settings name, for a command that sends nothing to anybody.
///
/// # Errors
/// When there is no token, or the machine's certificates or proxy settings can't be used.
pub fn client(app: &App) -> Result<Client<HttpTransport>, AppError> {
    client_of(app, app.settings.credentials.token()?)
}

/// The same with a token at hand.
///
/// # Errors
/// When the machine's certificates or proxy settings can't be used.
pub fn client_of(app: &App, token: Token) -> Result<Client<HttpTransport>, AppError> {
    app.client(app.settings.base_url.clone(), token, TIMEOUTS)
}

impl Account {
    /// The account that the settings name, or the trial's.
    #[must_use]
    pub fn of(app: &App, sandbox: bool) -> Account {
        if sandbox {
            return Account { base: None, origin: trial::ORIGIN.to_owned(), timeouts: TIMEOUTS };
        }
        let base = app.settings.base_url.clone();
        Account { origin: base.server(), base: Some(base), timeouts: TIMEOUTS }
    }

    /// Waits so long for an answer instead, where that is said.
    #[must_use]
    pub fn with_timeout(mut self, timeout: Option<Duration>) -> Account {
        self.timeouts.request = timeout.unwrap_or(self.timeouts.request);
        self
    }

    /// How long it waits for an answer.
    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeouts.request
    }

    /// By what a ledger knows the server.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether nothing reaches WhatsApp.
    #[must_use]
    pub fn is_trial(&self) -> bool {
        self.base.is_none()
    }

    /// Fails early where a token is needed and there is none.
    ///
    /// # Errors
    /// When there is none, or its file can be read by others.
    pub fn require_token(&self, app: &App) -> Result<(), AppError> {
        if self.is_trial() { Ok(()) } else { app.settings.credentials.token().map(drop) }
    }

    /// The same as [`Account::reach`], unless it was reached before.
    ///
    /// # Errors
    /// As for that.
    pub fn reach_unless(
        &self,
        reached: Option<Reached>,
        app: &App,
        campaign: Option<&Path>,
        trial: &TrialOptions,
    ) -> Result<Reached, AppError> {
        reached.map_or_else(|| self.reach(app, campaign, trial), Ok)
    }

    /// Makes a client; for a trial, starts the imitation, with its ledger in the campaign's directory, or without one
    /// in memory alone.
    ///
    /// # Errors
    /// When there is no token, or the imitation can't be started.
    pub fn reach(
        &self,
        app: &App,
        campaign: Option<&Path>,
        trial: &TrialOptions,
    ) -> Result<Reached, AppError> {
        match &self.base {
            Some(base) => {
                let token = app.settings.credentials.token()?;
                Ok(Reached { client: app.client(base.clone(), token, self.timeouts)?, _trial: None })
            }
            None => {
                let running = trial::start(trial.sandbox(campaign.map(|dir| dir.join("server"))))?;
                let base =
                    running.base_url().parse().map_err(|error| AppError::failed(format!("{error}")))?;
                let token = Token::new(trial::TOKEN).map_err(|error| AppError::failed(error.to_string()))?;
                Ok(Reached { client: app.client(base, token, self.timeouts)?, _trial: Some(running) })
            }
        }
    }
}
