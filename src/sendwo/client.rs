//! The client: a token, a transport, and a handle for each resource.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::outcome::Exchange;
use crate::domain::phone::Phone;
use crate::domain::text::tidy;

use super::envelope::{self, Envelope};
use super::error::ApiError;
use super::redact::Forms;
use super::token::{REDACTED, Token};
use super::transport::{CallError, Method, Request, Response, Transport};
use super::user::User;
use super::whatsapp::WhatsApp;

/// Names and values of a request.
pub(super) type Params = Vec<(Cow<'static, str>, String)>;

/// Unknown words are logged once, and no more of them than this.
const WORDS: usize = 32;

/// The API of one account. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Client<T> {
    transport: T,
    token: Token,
    unknown_words: Arc<Mutex<BTreeSet<String>>>,
}

impl<T> fmt::Debug for Client<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl<T: Transport> Client<T> {
    /// A client that speaks through `transport` in the name of `token`.
    #[must_use]
    pub fn new(transport: T, token: Token) -> Client<T> {
        Client { transport, token, unknown_words: Arc::default() }
    }

    /// The account itself.
    #[must_use]
    pub fn user(&self) -> User<'_, T> {
        User { client: self }
    }

    /// Numbers, messages, deliveries, conversations.
    #[must_use]
    pub fn whatsapp(&self) -> WhatsApp<'_, T> {
        WhatsApp { client: self }
    }

    /// What carries the requests.
    #[must_use]
    pub fn transport(&self) -> &T {
        &self.transport
    }

    /// What answers are scrubbed of.
    pub(super) fn token(&self) -> &Token {
        &self.token
    }

    async fn call(&self, method: Method, path: &'static str, params: Params) -> Result<Response, CallError> {
        self.carry(&Request { method, path, params, token: self.token.clone(), timeout: None }).await
    }

    async fn carry(&self, request: &Request) -> Result<Response, CallError> {
        let (path, result) = (request.path, self.transport.call(request).await);
        match &result {
            Ok(response) => tracing::trace!(endpoint = path, http = response.http, "answered"),
            Err(error) => {
                tracing::debug!(endpoint = path, error = self.token.scrub(error.to_string()), "no answer")
            }
        }
        result
    }

    /// Asks, and reads the envelope of an answer that says yes, or brings what was asked for without saying so.
    pub(super) async fn ask(
        &self,
        method: Method,
        path: &'static str,
        params: Params,
    ) -> Result<Envelope, ApiError> {
        let response = match self.call(method, path, params).await {
            Ok(response) => response,
            Err(error) => return Err(ApiError::unanswered(path, error, &self.token)),
        };
        if (200..300).contains(&response.http)
            && let Some(envelope) = self.read(&response)
            && envelope.ok.unwrap_or_else(|| envelope.objects().next().is_some())
        {
            return Ok(envelope);
        }
        Err(ApiError::answered(path, &response, &self.token))
    }

    fn read(&self, response: &Response) -> Option<Envelope> {
        Some(Envelope::read(&response.body)?.edited(&|text| self.token.scrubbed(text)))
    }

    /// POSTs a message to a person. What came back is told as it is, but for the token, and for what was sent: a
    /// server that says a request back tells neither the whole number nor the message. Judging it is the domain's.
    pub(super) async fn exchange(&self, path: &'static str, params: Params, to: Phone) -> Exchange {
        let token = self.token.clone();
        let request = Request { method: Method::Post, path, params, token, timeout: None };
        match self.carry(&request).await {
            Err(CallError::NeverConnected(why)) => Exchange::NeverConnected { why: self.token.scrub(why) },
            Err(CallError::Lost(why)) => Exchange::Lost { why: self.token.scrub(why) },
            Ok(response) => {
                let scrub = |text: &str| self.token.scrubbed(text);
                let mut reply = envelope::reply(&response.body, response.content_type.as_deref(), &scrub);
                if let Some(reply) = &mut reply {
                    let text = self.token.scrub(std::mem::take(&mut reply.text));
                    reply.text =
                        if reply.ok == Some(true) { text } else { unsaid(text, &request.params, to) };
                    if reply.ok == Some(true) {
                        // Such an id could never be asked for. Beside anything but success it is a contradiction.
                        reply.message_id.take_if(|id| id.as_str().contains(REDACTED));
                    }
                }
                Exchange::Answered { http: response.http, retry_after: response.retry_after, reply }
            }
        }
    }

    /// Logs a word of the API's that we don't know, once.
    pub(super) fn unknown_word(&self, field: &'static str, word: &str) {
        let word = tidy(&self.token.scrub(word.to_owned()), 40);
        let mut words = self.unknown_words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() < WORDS && words.insert(format!("{field} {word}")) {
            drop(words);
            tracing::warn!(
                field,
                word = self.token.scrub(word),
                "an unknown word in an answer; it changes nothing"
            );
        }
    }
}

/// What stands in a server's text where it says a message back.
const SAID_BACK: &str = "[message]";

/// A server's text without what it says back of a message to `to`. Names of endpoints and numbers of the account
/// are nobody's, so they stay.
fn unsaid(text: String, params: &Params, to: Phone) -> String {
    let personal =
        params.iter().filter(|(name, _)| !matches!(name.as_ref(), "phoneNumberId" | "to" | "flowId"));
    let text = personal.fold(text, |text, (_, value)| {
        let tidied = tidy(value, usize::MAX);
        Forms::of([value.as_str(), &tidied]).replaced(&text, SAID_BACK).unwrap_or(text)
    });
    to.hidden_in(&text)
}
