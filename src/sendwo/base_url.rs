//! Where the API is.
//!
//! Invariants: an address carries no credentials, query or fragment, so that printing it tells no secret; plain
//! `http` leaves the machine only where that was asked for, because every request carries the token.

use std::fmt;
use std::net::Ipv4Addr;
use std::str::FromStr;

use url::{Host, Url};

/// Whether the token may travel unencrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlainHttp {
    /// Only within this machine.
    #[default]
    LoopbackOnly,
    /// Anywhere: the operator said so.
    Anywhere,
}

/// The API's address, for instance `https://login.sendwo.com/api/v1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseUrl {
    url: Url,
}

impl BaseUrl {
    /// Sendwo's documented address.
    pub const DEFAULT: &'static str = "https://login.sendwo.com/api/v1";

    /// Reads an address. A trailing slash makes no difference.
    ///
    /// # Errors
    /// [`BaseUrlError`], which never repeats the text: it may hold a password or a token.
    pub fn parse(text: &str, plain: PlainHttp) -> Result<BaseUrl, BaseUrlError> {
        let mut url = Url::parse(text.trim()).map_err(|error| BaseUrlError::NoUrl(error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BaseUrlError::Credentials);
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(BaseUrlError::Query);
        }
        if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
            return Err(BaseUrlError::Scheme);
        }
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        let base = BaseUrl { url };
        if base.url.scheme() == "http" && plain == PlainHttp::LoopbackOnly && !base.is_loopback() {
            return Err(BaseUrlError::Plain { host: base.url.host_str().unwrap_or_default().to_owned() });
        }
        Ok(base)
    }

    /// Scheme, host and port (the scheme's own port isn't written).
    #[must_use]
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// By what the server is known: its origin, with this machine's names for itself (`localhost`, `::1`) as
    /// `127.0.0.1` and without the dot that ends a host's full name. Not an address to connect to.
    #[must_use]
    pub fn server(&self) -> String {
        let name = match self.url.host() {
            Some(Host::Domain(name)) => name.trim_end_matches('.').to_owned(),
            Some(Host::Ipv6(ip)) if ip.is_loopback() => Ipv4Addr::LOCALHOST.to_string(),
            Some(Host::Ipv6(ip)) => match ip.to_ipv4_mapped() {
                Some(mapped) => mapped.to_string(),
                None => format!("[{ip}]"),
            },
            Some(Host::Ipv4(ip)) => ip.to_string(),
            None => return self.origin(),
        };
        let name = if name == "localhost" { Ipv4Addr::LOCALHOST.to_string() } else { name };
        let port = self.url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{name}{port}", self.url.scheme())
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
            }
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => {
                ip.is_loopback() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_loopback())
            }
            None => false,
        }
    }

    /// Whether it is `https`.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// The address of an endpoint, by its path below this one.
    #[must_use]
    pub(super) fn join(&self, path: &str) -> Url {
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{path}", self.url.path().trim_end_matches('/')));
        url
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

impl FromStr for BaseUrl {
    type Err = BaseUrlError;
    /// As [`BaseUrl::parse`] with [`PlainHttp::LoopbackOnly`].
    fn from_str(text: &str) -> Result<BaseUrl, BaseUrlError> {
        BaseUrl::parse(text, PlainHttp::LoopbackOnly)
    }
}

/// Why an address can't be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BaseUrlError {
    /// It isn't a URL.
    #[error("the base URL can't be read: {0}")]
    NoUrl(String),
    /// It is a URL of another kind.
    #[error("the base URL is neither http nor https, or names no host")]
    Scheme,
    /// It holds a user name or password.
    #[error("the base URL holds a user name or a password")]
    Credentials,
    /// It holds `?…` or `#…`.
    #[error("the base URL holds a query or a fragment")]
    Query,
    /// The token would cross the network unencrypted.
    #[error("the base URL is plain http to `{host}`: the token would cross the network unencrypted")]
    Plain {
        /// The host.
        host: String,
    },
}

impl BaseUrlError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            BaseUrlError::NoUrl(_) | BaseUrlError::Scheme => {
                "write it as in Sendwo's dashboard, for instance https://login.sendwo.com/api/v1"
            }
            BaseUrlError::Credentials => {
                "leave them out; the token goes into SENDWO_API_TOKEN, --token-file, or `sendcast login`"
            }
            BaseUrlError::Query => "write it up to the path and no further",
            BaseUrlError::Plain { .. } => "write https://",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_joined() {
        for text in
            [BaseUrl::DEFAULT, "https://login.sendwo.com/api/v1/", " https://LOGIN.sendwo.com:443/api/v1// "]
        {
            let base: BaseUrl = text.parse().unwrap();
            assert_eq!(base.to_string(), BaseUrl::DEFAULT);
            assert_eq!(base.origin(), "https://login.sendwo.com");
            assert_eq!(base.join("label/list").as_str(), "https://login.sendwo.com/api/v1/label/list");
            assert!(!base.is_loopback());
        }
        let bare: BaseUrl = "http://127.0.0.1:8080".parse().unwrap();
        assert_eq!(bare.to_string(), "http://127.0.0.1:8080");
        assert_eq!(bare.origin(), "http://127.0.0.1:8080");
        assert_eq!(bare.join("label/list").as_str(), "http://127.0.0.1:8080/label/list");
    }

    #[test]
    fn a_server_is_known_however_it_is_spelt() {
        for (text, server) in [
            ("http://localhost:8080/api/v1", "http://127.0.0.1:8080"),
            ("http://LOCALHOST:8080/", "http://127.0.0.1:8080"),
            ("http://localhost.:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/api", "http://127.0.0.1:8080"),
            ("http://[::ffff:127.0.0.1]:8080", "http://127.0.0.1:8080"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://localhost:80", "http://127.0.0.1"),
            ("http://127.0.0.2:8080", "http://127.0.0.2:8080"),
            ("https://Login.Sendwo.com.:443/api/v1//", "https://login.sendwo.com"),
            ("https://login.sendwo.com:8443", "https://login.sendwo.com:8443"),
            ("https://[2001:db8::1]/", "https://[2001:db8::1]"),
        ] {
            assert_eq!(text.parse::<BaseUrl>().unwrap().server(), server, "{text}");
        }
        // What is kept reads as itself.
        assert_eq!("http://127.0.0.1:8080".parse::<BaseUrl>().unwrap().server(), "http://127.0.0.1:8080");
    }

    #[test]
    fn plain_http_stays_on_the_machine_unless_asked() {
        for text in [
            "http://127.0.0.1:1",
            "http://127.9.9.9",
            "http://localhost",
            "http://[::1]:9",
            "http://a.localhost",
        ] {
            assert!(text.parse::<BaseUrl>().unwrap().is_loopback(), "{text}");
        }
        for text in
            ["http://login.sendwo.com", "http://10.0.0.1", "http://localhost.example.com", "http://0.0.0.0"]
        {
            let error = text.parse::<BaseUrl>().unwrap_err();
            assert!(matches!(error, BaseUrlError::Plain { .. }), "{text}");
            assert!(!BaseUrl::parse(text, PlainHttp::Anywhere).unwrap().is_loopback());
        }
    }

    #[test]
    fn secrets_in_an_address_are_refused_and_not_repeated() {
        for (text, error) in [
            ("https://me:CANARY@login.sendwo.com", BaseUrlError::Credentials),
            ("https://CANARY@login.sendwo.com", BaseUrlError::Credentials),
            ("https://login.sendwo.com/api?apiToken=CANARY", BaseUrlError::Query),
            ("https://login.sendwo.com/api#CANARY", BaseUrlError::Query),
            ("ftp://login.sendwo.com/CANARY", BaseUrlError::Scheme),
        ] {
            let found = text.parse::<BaseUrl>().unwrap_err();
            assert_eq!(found, error);
            assert!(!format!("{found} {found:?} {}", found.hint()).contains("CANARY"));
        }
        let error = "login.sendwo.com/api/v1/CANARY".parse::<BaseUrl>().unwrap_err();
        assert!(matches!(error, BaseUrlError::NoUrl(_)) && !error.to_string().contains("CANARY"));
    }
}
