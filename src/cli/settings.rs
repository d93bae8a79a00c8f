//! What holds for every command, resolved once: arguments, then the environment, then the default.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::app::account::{Credentials, credentials};
use crate::app::options::zone;
use crate::app::{AppError, Settings};
use crate::cli::args::GlobalArgs;
use crate::sendwo::{BaseUrl, BaseUrlError};
use crate::sys::platform;

const DATA_VARIABLE: &str = "SENDCAST_DATA_DIR";
const TOKEN_VARIABLE: &str = "SENDWO_API_TOKEN";
const WEBHOOK_PATH: &str = "SENDCAST_WEBHOOK_PATH";
const WEBHOOK_SECRET: &str = "SENDCAST_WEBHOOK_SECRET";

/// Resolves the options everywhere. The token is never an argument: arguments show in the process list and stay in the
/// shell's history.
///
/// # Errors
/// When an option makes no sense, or the platform names no data directory.
pub fn resolve(args: &GlobalArgs) -> Result<Settings, AppError> {
    let data_dir = args
        .data_dir
        .clone()
        .filter(|dir| !dir.as_os_str().is_empty())
        .or_else(platform::default_data_dir)
        .ok_or_else(|| {
            AppError::failed("this system names no data directory")
                .hint("name one with `--data-dir DIR` or SENDCAST_DATA_DIR")
        })?;
    let data_dir = std::path::absolute(&data_dir).map_err(|e| AppError::disk("find", &data_dir, &e))?;
    let base_url = match args.base_url.as_deref().map(str::trim).filter(|url| !url.is_empty()) {
        Some(url) => url,
        None => BaseUrl::DEFAULT,
    };
    let base_url = base_url
        .parse()
        .map_err(|error: BaseUrlError| AppError::usage(error.to_string()).hint(error.hint()))?;
    let timezone_said = args.timezone.clone();
    let timezone = timezone_said.as_ref().map_or_else(zone::of_the_machine, |zone| zone.zone().clone());
    let credentials = Credentials {
        token_file: args.token_file.clone(),
        handed_over: secret(TOKEN_VARIABLE).map(SecretString::from),
        kept: credentials::path(&data_dir, &base_url),
    };
    Ok(Settings { data_dir, base_url, timezone, timezone_said, credentials })
}

/// The data directory where no argument names one: from `SENDCAST_DATA_DIR`, else the platform's.
#[must_use]
pub fn usual_data_dir() -> Option<PathBuf> {
    let said = std::env::var_os(DATA_VARIABLE).map(PathBuf::from);
    said.filter(|dir| !dir.as_os_str().is_empty()).or_else(platform::default_data_dir)
}

/// The secret of the path that webhooks come in at, from `SENDCAST_WEBHOOK_PATH`.
#[must_use]
pub fn webhook_path() -> Option<String> {
    secret(WEBHOOK_PATH)
}

/// The secret that webhooks are signed with, from `SENDCAST_WEBHOOK_SECRET`.
#[must_use]
pub fn webhook_secret() -> Option<String> {
    secret(WEBHOOK_SECRET)
}

/// A secret from the environment; an empty one is none.
fn secret(variable: &str) -> Option<String> {
    std::env::var(variable).ok().filter(|text| !text.trim().is_empty())
}
