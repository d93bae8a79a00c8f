//! Setting a client up.

use std::fmt;
use std::time::Duration;

use super::base_url::{BaseUrl, BaseUrlError, PlainHttp};
use super::client::Client;
use super::http::{HttpTransport, Route, Timeouts, TransportError};
use super::token::{Token, TokenError};

impl Client {
    /// A client of Sendwo's API over HTTP, in the name of this token (of Sendwo's dashboard, with or without what stands
    /// before its `|`).
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use sendcast::Client;
    ///
    /// # fn main() -> Result<(), sendcast::sendwo::BuildError> {
    /// let client = Client::builder("12|a-token").timeout(Duration::from_secs(20)).build()?;
    /// # let _ = client;
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn builder(token: &str) -> ClientBuilder {
        ClientBuilder {
            token: Token::new(token),
            base_url: BaseUrl::DEFAULT.to_owned(),
            plain: PlainHttp::default(),
            timeouts: Timeouts::default(),
            route: Route::default(),
        }
    }
}

/// A client that is being set up: [`Client::builder`].
#[must_use]
pub struct ClientBuilder {
    token: Result<Token, TokenError>,
    base_url: String,
    plain: PlainHttp,
    timeouts: Timeouts,
    route: Route,
}

impl fmt::Debug for ClientBuilder {
    /// What was given may hold the token or a password, also in the wrong place.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder").field("timeouts", &self.timeouts).finish_non_exhaustive()
    }
}

impl ClientBuilder {
    /// Where the API is; Sendwo's address where nothing is said. `http://127.0.0.1:8080/api/v1` is where
    /// `sendcast sandbox --port 8080` answers.
    pub fn base_url(mut self, url: impl Into<String>) -> ClientBuilder {
        self.base_url = url.into();
        self
    }

    /// How long a whole answer may take, the connection within; 30 s where nothing is said. A message whose answer takes
    /// longer is in doubt.
    pub fn timeout(mut self, timeout: Duration) -> ClientBuilder {
        self.timeouts.request = timeout;
        self
    }

    /// How long a connection may take, TLS within; 10 s where nothing is said, and never longer than half of the whole:
    /// where the whole ends first, nobody knows whether something was sent.
    pub fn connect_timeout(mut self, timeout: Duration) -> ClientBuilder {
        self.timeouts.connect = timeout;
        self
    }

    /// Goes through this proxy (`http://…`), whatever the system says.
    pub fn proxy(mut self, url: impl Into<String>) -> ClientBuilder {
        self.route.proxy = Some(url.into());
        self
    }

    /// Trusts the certificates in this PEM text, and no others.
    pub fn root_certificates(mut self, pem: impl Into<String>) -> ClientBuilder {
        self.route.roots = Some(pem.into());
        self
    }

    /// Lets plain `http` leave this machine: whoever stands in between reads the token.
    pub fn allow_plain_http(mut self) -> ClientBuilder {
        self.plain = PlainHttp::Anywhere;
        self
    }

    /// The client. It connects to nothing yet.
    ///
    /// # Errors
    /// [`BuildError`]: the token or an address can't be one, or TLS can't be set up.
    pub fn build(self) -> Result<Client, BuildError> {
        let token = self.token.map_err(Cause::Token)?;
        let base = BaseUrl::parse(&self.base_url, self.plain).map_err(Cause::BaseUrl)?;
        let connect = self.timeouts.connect.min(self.timeouts.request / 2);
        let timeouts = Timeouts { connect, ..self.timeouts };
        let transport = HttpTransport::over(base, timeouts, self.route).map_err(Cause::Transport)?;
        Ok(Client::new(transport, token))
    }
}

/// A client can't be set up so; [`source`](std::error::Error::source) says why. Repeats nothing of what was given.
#[derive(Debug, thiserror::Error)]
#[error("the client can't be set up")]
#[non_exhaustive]
pub struct BuildError {
    source: Cause,
}

impl From<Cause> for BuildError {
    fn from(source: Cause) -> BuildError {
        BuildError { source }
    }
}

#[derive(Debug, thiserror::Error)]
enum Cause {
    #[error(transparent)]
    Token(TokenError),
    #[error(transparent)]
    BaseUrl(BaseUrlError),
    #[error(transparent)]
    Transport(TransportError),
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn what_cant_be_set_up_says_why_and_repeats_nothing() {
        let cause = |builder: ClientBuilder| {
            let shown = format!("{builder:?}");
            let error = builder.build().unwrap_err();
            let cause = error.source().unwrap().to_string();
            assert!(![shown, error.to_string(), cause.clone()].concat().contains("CANARY"));
            cause
        };
        assert_eq!(cause(Client::builder(" ")), "the token is empty");
        assert_eq!(cause(Client::builder("CANARY CANARY")), "the token holds a space or a control character");
        let with = |url: &str| Client::builder("12|CANARY-canary").base_url(url);
        assert!(cause(with("https://me:CANARY@e.com")).contains("password"));
        assert!(cause(with("http://e.com/api/v1")).contains("unencrypted"));
        assert!(with("http://e.com/api/v1").allow_plain_http().build().is_ok());
        cause(with("https://e.com").root_certificates("-----BEGIN CERTIFICATE-----\nCANARY"));
        cause(with("https://e.com").proxy("http://CANARY:CANARY@/"));
    }
}
