//! Requests and answers as data, and the network as a trait, so that the sandbox can answer in process and a
//! test can lose answers at will.
//!
//! Invariant (**D**): [`CallError::NeverConnected`] is a proof that the server saw nothing of the request.
//! An implementation that can't prove it says [`CallError::Lost`].

use std::borrow::Cow;
use std::time::Duration;

use url::form_urlencoded;

use super::token::Token;
use crate::domain::rate_limit::RateLimit;

/// What carries requests. One call, one request on the wire at most.
pub trait Transport: Clone + 'static {
    /// Sends the request once and waits for the whole answer.
    ///
    /// # Errors
    /// [`CallError`], whose texts name neither the URL nor the token.
    #[expect(
        async_fn_in_trait,
        reason = "the client's futures are `Send` where this one is, as over HTTP; a test's need not be"
    )]
    async fn call(&self, request: &Request) -> Result<Response, CallError>;
}

/// How parameters travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// In the query; the token too [Sendwo's documentation].
    Get,
    /// In the body, as a form.
    Post,
}

/// One request. Its `Debug` tells neither the token nor any value.
#[derive(Clone)]
pub struct Request {
    /// GET or POST.
    pub method: Method,
    /// The endpoint, relative to the base URL, without a leading slash: `whatsapp/send-text-message`.
    pub path: &'static str,
    /// Names and values, not yet encoded, without the token.
    pub params: Vec<(Cow<'static, str>, String)>,
    /// Goes along as `apiToken`.
    pub token: Token,
    /// How long the whole answer may take; `None` for the transport's own limit.
    pub timeout: Option<Duration>,
}

impl Request {
    /// The parameter that carries the token.
    pub const TOKEN_PARAM: &'static str = "apiToken";

    /// The token and the parameters, percent-encoded: the body of a POST, the query of a GET. A secret.
    #[must_use]
    pub fn encoded(&self) -> String {
        let length: usize = self.params.iter().map(|(name, value)| name.len() + value.len() + 2).sum();
        // Some of it takes three bytes for one.
        let room = Self::TOKEN_PARAM.len() + self.token.expose().len() + length * 3 / 2;
        let mut form = form_urlencoded::Serializer::new(String::with_capacity(room));
        form.append_pair(Self::TOKEN_PARAM, self.token.expose());
        form.extend_pairs(&self.params);
        form.finish()
    }
}

impl std::fmt::Debug for Request {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.params.iter().map(|(name, _)| name.as_ref()).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.path)
            .field("params", &names)
            .finish_non_exhaustive()
    }
}

/// A whole answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status.
    pub http: u16,
    /// The `Retry-After` header in seconds or as a date, where it could be read.
    pub retry_after: Option<Duration>,
    /// What the server told of its limit.
    pub rate_limit: Option<RateLimit>,
    /// A redirect (3xx); it was not followed. A missing token is answered with one, to a login page.
    pub redirect: bool,
    /// The `Content-Type` header, where it is a text.
    pub content_type: Option<String>,
    /// The body, at most [`MAX_BODY`] bytes.
    pub body: Vec<u8>,
}

/// The longest body that is read; a longer one counts as lost.
pub const MAX_BODY: usize = 1 << 20;

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// No connection was made: the request can't have arrived.
    #[error("can't connect: {0}")]
    NeverConnected(String),
    /// There was a connection: the request may have arrived.
    #[error("the answer was lost: {0}")]
    Lost(String),
}

impl CallError {
    /// The same with its text replaced by what `edit` makes of it.
    pub(super) fn edited(self, edit: impl FnOnce(String) -> String) -> CallError {
        match self {
            CallError::NeverConnected(why) => CallError::NeverConnected(edit(why)),
            CallError::Lost(why) => CallError::Lost(edit(why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_is_percent_encoded_and_nothing_is_shown() {
        let request = Request {
            method: Method::Post,
            path: "whatsapp/send-interactive-buttons",
            params: vec![("buttons[0][id]".into(), "wamid.x= &+%".into()), ("to".into(), "नमस्ते".into())],
            token: Token::new("12|canary").unwrap(),
            timeout: None,
        };
        let encoded = request.encoded();
        assert_eq!(
            encoded,
            "apiToken=12%7Ccanary&buttons%5B0%5D%5Bid%5D=wamid.x%3D+%26%2B%25\
             &to=%E0%A4%A8%E0%A4%AE%E0%A4%B8%E0%A5%8D%E0%A4%A4%E0%A5%87"
        );
        let back: Vec<(String, String)> = form_urlencoded::parse(encoded.as_bytes()).into_owned().collect();
        assert_eq!(back[1], ("buttons[0][id]".to_owned(), "wamid.x= &+%".to_owned()));
        let shown = format!("{request:?}");
        assert!(!shown.contains("canary") && !shown.contains("wamid"), "{shown}");
    }
}
