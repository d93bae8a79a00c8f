//! Logging in: seeing that a token works, and keeping it.

use crate::app::account::{client_of, connected_numbers, credentials};
use crate::app::{App, AppError};
use crate::sendwo::{ApiError, ApiErrorKind, ConnectedNumber, Token, UserInfo};

/// What a token opens.
#[derive(Debug)]
pub struct LoggedIn {
    /// Its account; `None` where nobody was asked.
    pub info: Option<UserInfo>,
    /// The numbers that it can send from; `None` where they couldn't be asked for.
    pub numbers: Option<Vec<ConnectedNumber>>,
}

/// Sees that a token works, unless `offline`, and keeps it in place of the one before.
///
/// # Errors
/// When Sendwo doesn't take it, or the disk says no: nothing is kept then.
pub async fn log_in(app: &App, token: &Token, offline: bool) -> Result<LoggedIn, AppError> {
    // Whoever may write to the data directory could put another token in place.
    app.home(false)?;
    let seen = if offline { LoggedIn { info: None, numbers: None } } else { see(app, token).await? };
    credentials::keep(&*app.disk, &app.settings.credentials.kept, token)?;
    Ok(seen)
}

async fn see(app: &App, token: &Token) -> Result<LoggedIn, AppError> {
    let client = client_of(app, token.clone())?;
    let info = client.user().info().await.map_err(refused)?;
    // The token works, whatever becomes of this.
    let numbers = match connected_numbers(app, &client).await {
        Ok(numbers) => Some(numbers),
        Err(error) => {
            app.warn(format!("the account's numbers can't be read: {error}"));
            None
        }
    };
    Ok(LoggedIn { info: Some(info), numbers })
}

/// Says that nothing was kept, and what to do: a token that is refused is another one, a server that can't be asked is
/// asked again.
fn refused(error: ApiError) -> AppError {
    let is_about_the_token = match error.kind() {
        ApiErrorKind::Unauthorised => true,
        ApiErrorKind::Refused => !error.web_page && !matches!(error.http_status(), Some(404 | 405)),
        _ => false,
    };
    let error = AppError::from(error);
    let hint = match &error.hint {
        _ if is_about_the_token => {
            "nothing was kept; copy the token again from Sendwo's dashboard, or make a new one there"
                .to_owned()
        }
        Some(hint) => format!("nothing was kept; {hint}; `--offline` keeps a token without asking"),
        None => "nothing was kept; `--offline` keeps a token without asking".to_owned(),
    };
    AppError { hint: Some(hint), ..error }
}
