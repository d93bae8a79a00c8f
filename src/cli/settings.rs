//! What holds for every command, resolved once: arguments, then the environment, then the default.

use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::cli::args::GlobalArgs;
use crate::cli::error::CliError;
use crate::cli::logins;
use crate::cli::zone::{self, Zone};
use crate::sendwo::{BaseUrl, BaseUrlError, Token, TokenError};
use crate::sys::platform;

const DATA_VARIABLE: &str = "SENDCAST_DATA_DIR";
const TOKEN_VARIABLE: &str = "SENDWO_API_TOKEN";
const WEBHOOK_PATH: &str = "SENDCAST_WEBHOOK_PATH";
const WEBHOOK_SECRET: &str = "SENDCAST_WEBHOOK_SECRET";

/// Everything that holds for every command.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The data directory, absolute.
    pub data_dir: PathBuf,
    /// The API's address.
    pub base_url: BaseUrl,
    /// The zone of the times that people read: `--timezone`, else the machine's. For a campaign,
    /// `choices::timezone` says which holds.
    pub timezone: TimeZone,
    /// `--timezone`, where it was given.
    pub timezone_said: Option<Zone>,
    token_file: Option<PathBuf>,
}

impl Settings {
    /// Resolves the options everywhere.
    ///
    /// # Errors
    /// When an option makes no sense, or the platform names no data directory.
    pub fn resolve(args: &GlobalArgs) -> Result<Settings, CliError> {
        let data_dir = args
            .data_dir
            .clone()
            .filter(|dir| !dir.as_os_str().is_empty())
            .or_else(platform::default_data_dir)
            .ok_or_else(|| {
                CliError::failed("this system names no data directory")
                    .hint("name one with `--data-dir DIR` or SENDCAST_DATA_DIR")
            })?;
        let data_dir = std::path::absolute(&data_dir).map_err(|e| CliError::disk("find", &data_dir, &e))?;
        let base_url = match args.base_url.as_deref().map(str::trim).filter(|url| !url.is_empty()) {
            Some(url) => url,
            None => BaseUrl::DEFAULT,
        };
        let base_url = base_url
            .parse()
            .map_err(|error: BaseUrlError| CliError::usage(error.to_string()).hint(error.hint()))?;
        let timezone_said = args.timezone.clone();
        let timezone = timezone_said.as_ref().map_or_else(zone::of_the_machine, |zone| zone.zone().clone());
        let token_file = args.token_file.clone();
        Ok(Settings { data_dir, base_url, timezone, timezone_said, token_file })
    }

    /// The data directory where no argument names one: from `SENDCAST_DATA_DIR`, else the platform's.
    #[must_use]
    pub fn usual_data_dir() -> Option<PathBuf> {
        let said = std::env::var_os(DATA_VARIABLE).map(PathBuf::from);
        said.filter(|dir| !dir.as_os_str().is_empty()).or_else(platform::default_data_dir)
    }

    /// The API token: from `--token-file`, else from `SENDWO_API_TOKEN`, else what `login` keeps for this server. Never
    /// from an argument: arguments show in the process list and stay in the shell's history.
    ///
    /// # Errors
    /// When there is none, or the file can be read by others.
    pub fn token(&self) -> Result<Token, CliError> {
        let refused = |error: TokenError| CliError::failed(error.to_string()).hint(error.hint());
        if let Some(path) = &self.token_file {
            return Token::from_file(path).map_err(refused);
        }
        match std::env::var(TOKEN_VARIABLE) {
            Ok(text) if !text.trim().is_empty() => return Token::new(&text).map_err(refused),
            _ => {}
        }
        let kept = self.kept_token();
        if kept.exists() {
            return Token::from_file(&kept).map_err(refused);
        }
        Err(CliError::failed("there is no API token").hint(
            "store the one from your Sendwo dashboard with `sendcast login`, or put it into SENDWO_API_TOKEN, or into \
             a file that only you can read and name it with `--token-file`; a trial with `--sandbox` needs none",
        ))
    }

    /// The file that `--token-file` names.
    #[must_use]
    pub fn token_file(&self) -> Option<&Path> {
        self.token_file.as_deref()
    }

    /// Whether `SENDWO_API_TOKEN` is set: it goes before what is kept.
    #[must_use]
    pub fn has_token_variable() -> bool {
        std::env::var_os(TOKEN_VARIABLE).is_some_and(|text| !text.is_empty())
    }

    /// Where `login` keeps the token for this server.
    #[must_use]
    pub fn kept_token(&self) -> PathBuf {
        logins::path(&self.data_dir, &self.base_url)
    }

    /// The secret of the path that webhooks come in at, from `SENDCAST_WEBHOOK_PATH`.
    #[must_use]
    pub fn webhook_path(&self) -> Option<String> {
        secret(WEBHOOK_PATH)
    }

    /// The secret that webhooks are signed with, from `SENDCAST_WEBHOOK_SECRET`.
    #[must_use]
    pub fn webhook_secret(&self) -> Option<String> {
        secret(WEBHOOK_SECRET)
    }

    /// Whether a token was given at all.
    #[must_use]
    pub fn has_token(&self) -> bool {
        self.token_file.is_some() || Settings::has_token_variable() || self.kept_token().exists()
    }
}

/// A secret from the environment; an empty one is none.
fn secret(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|text| !text.trim().is_empty())
}
