//! Coming in and leaving.

use hyper::StatusCode;

use crate::app::AppError;
use crate::web::answer::{Answer, Content, Cookie};
use crate::web::asked::Asked;
use crate::web::dashboard::Dashboard;
use crate::web::layout;
use crate::web::session::CodeError;

/// `GET /enter`: its script takes the code from the fragment, and hands it in.
pub fn page(_: &Dashboard, _: &Asked) -> Result<Answer, AppError> {
    Ok(Answer::page(layout::entrance()))
}

/// `POST /enter`: opens a session with a code.
pub fn enter(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
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

/// `POST /leave`: ends the session; others go on.
pub fn leave(dashboard: &Dashboard, asked: &Asked) -> Result<Answer, AppError> {
    if let Some(session) = &asked.session {
        dashboard.sessions().close(session.key);
    }
    Ok(Answer::see("/enter").cookie(Cookie::Clear))
}
