//! The client: a token, a transport, and a handle for each resource.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::outcome::{Exchange, Outcome, Reply, classify};
use crate::domain::phone::Phone;
use crate::domain::text::tidy;

use super::catalog::Catalogs;
use super::done::Done;
use super::envelope::Envelope;
use super::error::{ApiError, UNREADABLE};
use super::http::HttpTransport;
use super::labels::Labels;
use super::redact::Forms;
use super::reply;
use super::subscribers::Subscribers;
use super::token::{REDACTED, Token};
use super::transport::{CallError, Method, Request, Response, Transport};
use super::user::User;
use super::webhooks::Webhooks;
use super::whatsapp::WhatsApp;

/// Names and values of a request.
pub(super) type Params = Vec<(Cow<'static, str>, String)>;

/// Unknown words are logged once, and no more of them than this.
const MAX_LOGGED_WORDS: usize = 32;

/// The API of one account. Cheap to clone; clones share connections.
///
/// Each resource has a handle; questions are answered with types, and lists are read page by page
/// ([`Pages`](super::Pages)). Nothing is asked twice: whether to try again is the caller's to say. Futures are `Send`, and
/// need a tokio runtime with I/O and time.
///
/// ```no_run
/// use sendcast::{Client, SendOutcome};
/// use sendcast::sendwo::NewSubscriber;
///
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// let client = Client::builder(&std::env::var("SENDWO_API_TOKEN")?).build()?;
///
/// // Who is it, and what is left?
/// let account = client.user().info().await?;
/// let usage = client.user().usage().await?;
/// println!("{:?}: {:?} left", account.name, usage.module("Message Credit").and_then(|module| module.left()));
///
/// // Somebody new, with a label.
/// let phone = "+91 98765 43210".parse()?;
/// let created = client.subscribers().create(&NewSubscriber::new(phone).first_name("Amit")).await?;
/// let labels = client.labels().all().collect().await?;
/// let lead = labels.iter().find(|label| label.name.as_deref() == Some("Lead"));
/// if let (Some(who), Some(label)) = (created.id, lead.and_then(|label| label.id.clone())) {
///     client.subscribers().assign_labels(&who, &[label]).await?;
/// }
///
/// // One message. It is never sent again by itself: an answer that was lost leaves it in doubt.
/// match client.whatsapp().send_text("PHONE-NUMBER-ID", phone, "Hello from Sendwo API").await {
///     SendOutcome::Accepted { message_id: Some(id), .. } => {
///         println!("{:?}", client.whatsapp().delivery_status(&id).await?.status);
///     }
///     other => println!("{other:?}"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Client<T = HttpTransport> {
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

    /// The people on the account's list.
    #[must_use]
    pub fn subscribers(&self) -> Subscribers<'_, T> {
        Subscribers { client: self }
    }

    /// The labels that subscribers can carry.
    #[must_use]
    pub fn labels(&self) -> Labels<'_, T> {
        Labels { client: self }
    }

    /// Connected catalogs, and the orders from them.
    #[must_use]
    pub fn catalog(&self) -> Catalogs<'_, T> {
        Catalogs { client: self }
    }

    /// Webhook workflows.
    #[must_use]
    pub fn webhooks(&self) -> Webhooks<'_, T> {
        Webhooks { client: self }
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
        self.ask_for(method, path, params, Some).await
    }

    /// The same, and takes out of it what was asked for. A yes without it is an error.
    pub(super) async fn ask_for<R>(
        &self,
        method: Method,
        path: &'static str,
        params: Params,
        take: impl FnOnce(Envelope) -> Option<R>,
    ) -> Result<R, ApiError> {
        let response = self.whole(method, path, params).await?;
        match self.yes(&response, |envelope| envelope.objects().next().is_some()) {
            Some(envelope) => {
                take(envelope).ok_or_else(|| ApiError::unreadable(path, response.http, UNREADABLE))
            }
            None => Err(ApiError::answered(path, &response, &self.token, |text| text)),
        }
    }

    /// POSTs what changes something. Only a plain yes is one, and no error tells what was sent, or the whole of
    /// `about`'s number.
    pub(super) async fn act(
        &self,
        path: &'static str,
        params: Params,
        about: Option<Phone>,
    ) -> Result<Done, ApiError> {
        let response = self.whole(Method::Post, path, params.clone()).await?;
        let redact_echo = |text: String| redact_echo(text, &params, about);
        match self.yes(&response, |_| false) {
            Some(envelope) => Ok(Done::of(&envelope, redact_echo)),
            None => {
                let reply = reply::read(&response.body, response.content_type.as_deref(), &|_| None);
                let Response { http, retry_after, rate_limit, .. } = response;
                let outcome = classify(&Exchange::Answered { http, retry_after, rate_limit, reply });
                let in_doubt = matches!(outcome, Outcome::Unknown { .. });
                Err(ApiError { in_doubt, ..ApiError::answered(path, &response, &self.token, redact_echo) })
            }
        }
    }

    async fn whole(&self, method: Method, path: &'static str, params: Params) -> Result<Response, ApiError> {
        let answer = self.call(method, path, params).await;
        answer.map_err(|error| ApiError::unanswered(path, error, &self.token))
    }

    /// The envelope of an answer that says yes. Whether one that says neither does is for `or` to tell.
    fn yes(&self, response: &Response, or: impl FnOnce(&Envelope) -> bool) -> Option<Envelope> {
        if !(200..300).contains(&response.http) {
            return None;
        }
        self.read(response).filter(|envelope| envelope.ok.unwrap_or_else(|| or(envelope)))
    }

    fn read(&self, response: &Response) -> Option<Envelope> {
        Some(Envelope::read(&response.body)?.unfolded().edited(&|text| self.token.scrubbed(text)))
    }

    /// POSTs a message to a person. What came back is told as it is, but for the token, and for what was sent: a
    /// server that says a request back tells neither the whole number nor the message. Judging it is the domain's.
    pub(super) async fn send_once(&self, path: &'static str, params: Params, to: Phone) -> Exchange {
        let token = self.token.clone();
        let request = Request { method: Method::Post, path, params, token, timeout: None };
        match self.carry(&request).await {
            Err(CallError::NeverConnected(why)) => Exchange::NeverConnected { why: self.token.scrub(why) },
            Err(CallError::Lost(why)) => Exchange::Lost { why: self.token.scrub(why) },
            Ok(response) => {
                let scrub = |text: &str| self.token.scrubbed(text);
                let mut reply = reply::read(&response.body, response.content_type.as_deref(), &scrub);
                match &mut reply {
                    // Such an id could never be asked for. Beside anything but success it is a contradiction.
                    Some(Reply { ok: Some(true), message_id, .. }) => {
                        message_id.take_if(|id| id.as_str().contains(REDACTED));
                    }
                    Some(Reply { text, .. }) => {
                        *text = redact_echo(std::mem::take(text), &request.params, Some(to));
                    }
                    None => {}
                }
                let Response { http, retry_after, rate_limit, .. } = response;
                Exchange::Answered { http, retry_after, rate_limit, reply }
            }
        }
    }

    /// Logs a word of the API's that we don't know, once.
    pub(super) fn unknown_word(&self, field: &'static str, word: &str) {
        let word = tidy(&self.token.scrub(word.to_owned()), 40).into_owned();
        let mut words = self.unknown_words.lock().unwrap_or_else(PoisonError::into_inner);
        if words.len() < MAX_LOGGED_WORDS && words.insert(format!("{field} {word}")) {
            drop(words);
            tracing::warn!(
                field,
                word = self.token.scrub(word),
                "Sendwo's answer has a word that sendcast doesn't know; it is ignored"
            );
        }
    }
}

/// What stands in a server's text where it says back what was sent.
const SAID_BACK: &str = "[as sent]";

/// Parameters that are nobody's: ids, and names that the account gave its things. A person's number is hidden by itself,
/// however it is written.
const IMPERSONAL: [&str; 9] = [
    "phoneNumberId",
    "flowId",
    "subscriberId",
    "labelIds",
    "labelName",
    "catalogId",
    "workflowName",
    "to",
    "phoneNumber",
];

/// Parameters that are a person's name, which may be short.
const NAMES: [&str; 2] = ["firstName", "lastName"];

/// A server's text without what it says back of what was sent to, or about, a person.
fn redact_echo(text: String, params: &Params, about: Option<Phone>) -> String {
    let personal = params.iter().filter(|(name, _)| !IMPERSONAL.contains(&name.as_ref()));
    let text = personal.fold(text, |text, (name, value)| {
        let tidied = tidy(value, usize::MAX);
        let text = Forms::of([value.as_str(), &tidied]).replaced(&text, SAID_BACK).unwrap_or(text);
        if NAMES.contains(&name.as_ref()) { without_word(&text, &tidied) } else { text }
    });
    match about {
        Some(phone) => phone.hidden_in(&text),
        None => text,
    }
}

/// A text without a short name, where it stands as a word: within another word it is none.
fn without_word(text: &str, name: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(name).filter(|_| !name.is_empty()) {
        let (before, after) = (&rest[..at], &rest[at + name.len()..]);
        let joined = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        let within =
            joined(before.chars().next_back().or(out.chars().next_back())) || joined(after.chars().next());
        out.push_str(before);
        out.push_str(if within { name } else { SAID_BACK });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_taken_out_where_they_are_words() {
        for (text, name, left) in [
            ("Amit is known, Amit!", "Amit", "[as sent] is known, [as sent]!"),
            ("Amitabh and Samit", "Amit", "Amitabh and Samit"),
            ("AmitAmit", "Amit", "AmitAmit"),
            ("Zoë (Zoë)", "Zoë", "[as sent] ([as sent])"),
            ("nobody", "", "nobody"),
        ] {
            assert_eq!(without_word(text, name), left);
        }
    }
}
