//! Coming in and leaving.

use std::net::{IpAddr, Ipv6Addr};

use hyper::StatusCode;

use crate::app::AppError;
use crate::web::answer::{Answer, Content, Cookie};
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout;
use crate::web::session::{CodeError, Who};

/// `GET /enter`: its script takes the code from the fragment, and hands it in.
pub fn page(dashboard: &Dashboard, _: &Asked) -> Result<Answer, AppError> {
    Ok(Answer::page(layout::entrance(dashboard.is_beyond, None)))
}

/// `POST /enter`: opens a session with a code, or with the password where other machines reach the dashboard.
pub fn enter(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    if dashboard.is_beyond {
        return log_in(dashboard, asked);
    }
    let code = asked.form.get("code").unwrap_or_default();
    let entered = dashboard.sessions().enter(code, dashboard.now());
    let refused =
        |status, text: &str| Ok(Answer { content: Content::Text(text.to_owned()), ..Answer::empty(status) });
    match entered {
        Ok(cookie) => Ok(Answer::empty(StatusCode::NO_CONTENT).cookie(Cookie::Set(cookie))),
        Err(Some(CodeError::Void)) => {
            refused(StatusCode::UNAUTHORIZED, "This link has been used, or is older than ten minutes.")
        }
        Err(Some(CodeError::TooMany(wait))) => {
            let answer = refused(StatusCode::TOO_MANY_REQUESTS, "Too many links were tried: wait a little.")?;
            Ok(Answer { retry_after: Some(wait.as_secs()), ..answer })
        }
        Err(None) => Err(AppError::failed("this system gives no random bits")),
    }
}

/// Opens a session with the password, and goes to the first page: never to one that the request names.
fn log_in(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    let refused = |status, text: &str| Answer::page(layout::entrance(true, Some(text))).status(status);
    // There is one on each connection; without it nobody could be told from anybody.
    let from = asked.peer.unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED));
    let now = dashboard.now();
    // Counted before the password is looked at, which takes its time.
    if let Err(wait) = dashboard.attempts().take(from, now) {
        let answer = refused(StatusCode::TOO_MANY_REQUESTS, "Too many were tried: wait a minute.");
        return Ok(Answer { retry_after: Some(wait.as_secs() + 1), ..answer });
    }
    let before = dashboard.password.stamp();
    if !dashboard.password.is(asked.form.get("password").unwrap_or_default())? {
        return Ok(refused(StatusCode::UNAUTHORIZED, "That isn’t the password."));
    }
    dashboard.attempts().forgive(from);
    // It may have been changed while the hash was computed; a session that the old one opened would outlive the change.
    dashboard.heed_password();
    if dashboard.password.stamp() != before {
        return Ok(refused(StatusCode::UNAUTHORIZED, "The password was changed just now."));
    }
    let who = Who::named(asked.form.get("name").unwrap_or_default());
    let opened = dashboard.sessions().open(who, dashboard.now());
    let cookie = opened.map_err(|error| AppError::failed(format!("no random bits: {error}")))?;
    Ok(Answer::see("/").cookie(Cookie::Set(cookie)))
}

/// `POST /leave`: ends the session; others go on.
pub fn leave(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    if let Some(session) = &asked.session {
        dashboard.sessions().close(session.key);
    }
    Ok(Answer::see("/enter").cookie(Cookie::Clear))
}
