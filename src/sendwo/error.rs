//! What a question to the API fails with.

use std::fmt;
use std::time::Duration;

use crate::domain::codes;
use crate::domain::phone::Phone;
use crate::domain::text::{TEXT_LIMIT, tidy};

use super::reply;
use super::token::Token;
use super::transport::{CallError, Response};

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ApiErrorKind {
    /// What the documentation requires is missing or can't be right. Nothing was sent.
    Invalid,
    /// The token isn't accepted: 401, a redirect (to a login page), or Meta's code for it.
    Unauthorised,
    /// Too many calls: 429, or a code that says so.
    Throttled {
        /// What the server asked for.
        retry_after: Option<Duration>,
    },
    /// No whole answer came: no connection, a timeout, a reset.
    Unreachable,
    /// The API answered and said no.
    Refused,
    /// The server is at fault, or its answer can't be read.
    Faulty {
        /// What the server asked for, with a 503.
        retry_after: Option<Duration>,
    },
}

/// What is said of an answer that can't be read.
pub(super) const UNREADABLE: &str = "an answer that can't be read";

/// A question that wasn't answered. Prints neither the token nor a URL.
///
/// ```no_run
/// use sendcast::Client;
/// use sendcast::sendwo::ApiErrorKind;
///
/// # async fn f(client: Client) {
/// match client.user().info().await {
///     Ok(account) => println!("{:?}", account.name),
///     Err(error) if error.kind() == ApiErrorKind::Unauthorised => println!("a new token is needed"),
///     Err(error) => println!("{error}: {}", error.hint().unwrap_or_default()),
/// }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct ApiError {
    pub(crate) kind: ApiErrorKind,
    pub(crate) endpoint: &'static str,
    pub(crate) http: Option<u16>,
    pub(crate) code: Option<u32>,
    pub(crate) text: String,
    pub(crate) in_doubt: bool,
    pub(crate) web_page: bool,
    pub(crate) source: Option<CallError>,
}

impl ApiError {
    pub(crate) fn new(kind: ApiErrorKind, endpoint: &'static str) -> ApiError {
        ApiError {
            kind,
            endpoint,
            http: None,
            code: None,
            text: String::new(),
            in_doubt: false,
            web_page: false,
            source: None,
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> ApiErrorKind {
        self.kind
    }

    /// Which endpoint, relative to the base URL.
    #[must_use]
    pub fn endpoint(&self) -> &'static str {
        self.endpoint
    }

    /// The HTTP status, where there was an answer.
    #[must_use]
    pub fn http_status(&self) -> Option<u16> {
        self.http
    }

    /// Meta's code, where the text has one.
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        self.code
    }

    /// Sendwo's text (at most 300 characters, no control characters), or what was seen of the network.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Nobody has said that the request wasn't carried out: it was lost, or its answer is neither yes nor no. Of a
    /// question it means nothing; a change may have been made.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.in_doubt
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.http {
            Some(http) => write!(f, "{} answered HTTP {http}", self.endpoint)?,
            None if self.kind == ApiErrorKind::Invalid => write!(f, "{} wasn't asked", self.endpoint)?,
            None => write!(f, "{} can't be reached", self.endpoint)?,
        }
        if let Some(code) = self.code {
            write!(f, ", code {code}")?;
        }
        if !self.text.is_empty() {
            write!(f, ": {}", self.text)?;
        }
        Ok(())
    }
}

impl ApiError {
    /// What to do, where something can be said.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        if self.web_page {
            return Some(
                "check the base URL (--base-url, SENDWO_BASE_URL): what answers there isn't Sendwo's API",
            );
        }
        match self.kind {
            ApiErrorKind::Refused if matches!(self.http, Some(404 | 405)) && self.code.is_none() => {
                Some("if every question is answered so, check the base URL (--base-url, SENDWO_BASE_URL)")
            }
            ApiErrorKind::Invalid => None,
            ApiErrorKind::Unauthorised => Some(
                "check the token (SENDWO_API_TOKEN, --token-file or `sendcast login`) and the base URL; a new \
                 token is made in Sendwo's dashboard",
            ),
            ApiErrorKind::Throttled { .. } => Some("wait a little, then ask again"),
            ApiErrorKind::Unreachable => Some("check the network and the base URL"),
            ApiErrorKind::Refused => self.code.and_then(codes::plain),
            ApiErrorKind::Faulty { .. } => Some("ask again later; if it stays, ask Sendwo's support"),
        }
    }

    /// The same where it may tell the number of the person whom the question was about: at most the last digits.
    #[must_use]
    pub(super) fn about(mut self, phone: Phone) -> ApiError {
        self.text = phone.hidden_in(&self.text);
        self
    }

    pub(super) fn unanswered(endpoint: &'static str, error: CallError, token: &Token) -> ApiError {
        let text = tidy(&token.scrub(error.to_string()), TEXT_LIMIT).into_owned();
        let in_doubt = matches!(error, CallError::Lost(_));
        let source = Some(error.edited(|text| token.scrub(text)));
        ApiError { text, in_doubt, source, ..ApiError::new(ApiErrorKind::Unreachable, endpoint) }
    }

    /// A request that wasn't made, because the documentation requires what it lacks.
    pub(super) fn invalid(endpoint: &'static str, text: impl Into<String>) -> ApiError {
        ApiError { text: text.into(), ..ApiError::new(ApiErrorKind::Invalid, endpoint) }
    }

    /// What names the thing that is meant. A blank name names nothing, and would be taken for a missing one.
    pub(super) fn unless_blank(endpoint: &'static str, id: &str, what: &str) -> Result<String, ApiError> {
        match id.trim() {
            "" => Err(ApiError::invalid(endpoint, format!("{what} is blank"))),
            id => Ok(id.to_owned()),
        }
    }

    /// An answer that says yes and brings nothing of what was asked for, or never ends.
    pub(super) fn unreadable(endpoint: &'static str, http: u16, text: &str) -> ApiError {
        let kind = ApiErrorKind::Faulty { retry_after: None };
        ApiError { http: Some(http), text: text.to_owned(), ..ApiError::new(kind, endpoint) }
    }

    /// The error that an answer stands for, given what it says. `redact_echo` takes out of its text what was sent.
    pub(super) fn answered(
        endpoint: &'static str,
        response: &Response,
        token: &Token,
        redact_echo: impl FnOnce(String) -> String,
    ) -> ApiError {
        let scrub = |text: &str| token.scrubbed(text);
        let reply = reply::read(&response.body, response.content_type.as_deref(), &scrub);
        // A gateway's own page tells of a server that is down, not of another address.
        let web_page = response.http < 500 && reply.as_ref().is_some_and(|reply| reply.web_page);
        let text = redact_echo(token.scrub(reply.map(|reply| reply.text).unwrap_or_default()));
        // The code is looked for in the whole text, also where a known text stands for one.
        let code = codes::problem(&text).code;
        let retry_after = response.retry_after;
        let kind = match (response.http, code) {
            (401 | 300..=399, _) | (_, Some(codes::TOKEN | 190)) => ApiErrorKind::Unauthorised,
            (429, _) | (_, Some(4 | 80_007 | 130_429)) => ApiErrorKind::Throttled { retry_after },
            (400..=499, _) => ApiErrorKind::Refused,
            (200..=299, _) if !text.is_empty() => ApiErrorKind::Refused,
            _ => ApiErrorKind::Faulty { retry_after },
        };
        // Of these the status tells more than the page does.
        let web_page = web_page && matches!(kind, ApiErrorKind::Refused | ApiErrorKind::Faulty { .. });
        let text = match response.http {
            _ if !text.is_empty() => tidy(&text, TEXT_LIMIT).into_owned(),
            _ if web_page => "a web page in the place of an answer".to_owned(),
            300..=399 => "a redirect, most likely to a login page".to_owned(),
            200..=299 => UNREADABLE.to_owned(),
            _ => String::new(),
        };
        ApiError { http: Some(response.http), code, text, web_page, ..ApiError::new(kind, endpoint) }
    }
}
