//! The door: which requests are looked at at all.
//!
//! Against whom: a page of another site that the marketer visits while this runs, and another program's web server on the
//! same machine. A cookie alone stops neither of them. One port of 127.0.0.1 is the same site as another, so that a browser
//! sends even a `SameSite=Strict` cookie from one to the other; and a foreign name can be made to resolve to 127.0.0.1.
//!
//! What fails is answered before anything else is looked at:
//!
//! 1. `Host` is there once, and is a name of ours with our port: else 421.
//! 2. `Sec-Fetch-Site`, where a browser sends it, is `same-origin` or `none`; from elsewhere only a link to an entrance may be
//!    followed: else 403.
//! 3. A request that changes something carries our own `Origin`: else 403. Where a request that changes nothing carries an
//!    `Origin`, that is ours as well.

use std::net::SocketAddr;

use hyper::header::{HOST, HeaderMap, HeaderName, HeaderValue, ORIGIN, REFERER};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode};

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
const DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Where a link from outside may lead: pages that show nothing to whoever has no session.
const ENTRANCES: [&str; 2] = ["/", "/enter"];

/// Why a request isn't looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is addressed to somebody else.
    Misdirected,
    /// It comes from a page that isn't ours.
    Foreign,
}

impl Refusal {
    /// The answer's status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Refusal::Misdirected => StatusCode::MISDIRECTED_REQUEST,
            Refusal::Foreign => StatusCode::FORBIDDEN,
        }
    }

    /// What is wrong, in plain words.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Refusal::Misdirected => {
                "this address isn't sendcast's: open the link that `sendcast serve` has printed\n"
            }
            Refusal::Foreign => "refused: this was asked by a page that isn't sendcast's\n",
        }
    }
}

/// The names by which the dashboard is reached.
#[derive(Clone, Debug)]
pub struct Door {
    scheme: &'static str,
    hosts: Vec<String>,
}

impl Door {
    /// On this machine alone: under its own name below `localhost`, and under those of the loopback.
    ///
    /// The own name is why no other server of this machine gets the cookie: cookies know no ports, but a browser sends one
    /// only to the name that set it.
    #[must_use]
    pub fn of_this_machine(name: &str, address: SocketAddr) -> Door {
        let port = address.port();
        let mut names =
            [&*format!("{name}.localhost"), "127.0.0.1", "localhost", "[::1]"].map(str::to_owned).to_vec();
        // A name below `localhost` leads to the usual addresses alone.
        let bare = SocketAddr::new(address.ip().to_canonical(), 0).to_string();
        let bare = bare.trim_end_matches(":0").to_owned();
        if !names.contains(&bare) {
            names = vec![bare];
        }
        let mut hosts: Vec<_> = names.iter().map(|host| format!("{host}:{port}")).collect();
        if port == 80 {
            hosts.extend(names);
        }
        Door { scheme: "http", hosts }
    }

    /// Reached from other machines, by these names over TLS: its own, or that of the proxy before it.
    #[must_use]
    pub fn beyond_this_machine(hosts: Vec<String>) -> Door {
        Door { scheme: "https", hosts }
    }

    /// The address to print: the first of its names.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.hosts.first().map_or("", String::as_str))
    }

    /// Lets a request in, or not.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self, request: &Parts) -> Result<(), Refusal> {
        let host = self.host(request)?;
        let own = |value: &HeaderValue| {
            value.to_str().is_ok_and(|origin| {
                origin
                    .strip_prefix(self.scheme)
                    .is_some_and(|rest| rest.strip_prefix("://").is_some_and(|of| of == host))
            })
        };
        let origin = only(&request.headers, &ORIGIN).map_err(|Several| Refusal::Foreign)?;
        let site = only(&request.headers, &SITE).map_err(|Several| Refusal::Foreign)?;
        match site.map(HeaderValue::as_bytes) {
            Some(b"same-origin" | b"none") => {}
            Some(_) => return if is_link(request) { Ok(()) } else { Err(Refusal::Foreign) },
            // An old browser, or none: where it was sent from decides, as far as that is told.
            None => {
                let referer = only(&request.headers, &REFERER).map_err(|Several| Refusal::Foreign)?;
                let ours = format!("{}://{host}/", self.scheme);
                if referer.is_some_and(|page| !page.as_bytes().starts_with(ours.as_bytes())) {
                    return Err(Refusal::Foreign);
                }
            }
        }
        match origin {
            Some(origin) if own(origin) => Ok(()),
            None if is_safe(&request.method) => Ok(()),
            _ => Err(Refusal::Foreign),
        }
    }

    /// The name that a request is addressed to.
    fn host<'r>(&self, request: &'r Parts) -> Result<&'r str, Refusal> {
        // A whole URL in the request line is for proxies, and its name would go before the header's.
        if request.uri.authority().is_some() || request.uri.scheme().is_some() {
            return Err(Refusal::Misdirected);
        }
        let host = only(&request.headers, &HOST).map_err(|Several| Refusal::Misdirected)?;
        let host = host.and_then(|host| host.to_str().ok()).ok_or(Refusal::Misdirected)?;
        if self.hosts.iter().any(|ours| ours == host) { Ok(host) } else { Err(Refusal::Misdirected) }
    }
}

/// Whether a method changes nothing.
#[must_use]
pub fn is_safe(method: &Method) -> bool {
    *method == Method::GET || *method == Method::HEAD
}

/// A link that somebody follows, to where it shows nothing.
fn is_link(request: &Parts) -> bool {
    let says = |name: &HeaderName, what: &[u8]| {
        only(&request.headers, name).ok().flatten().is_some_and(|value| value.as_bytes() == what)
    };
    request.method == Method::GET
        && ENTRANCES.contains(&request.uri.path())
        && says(&MODE, b"navigate")
        && says(&DEST, b"document")
}

/// There are several where one may be.
struct Several;

fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<Option<&'h HeaderValue>, Several> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (found, None) => Ok(found),
        _ => Err(Several),
    }
}

#[cfg(test)]
mod tests {
    use hyper::Request;

    use super::*;

    const OURS: &str = "sendcast-ab12.localhost:8585";

    fn ask(method: &str, target: &str, headers: &[(&str, &str)]) -> Result<(), Refusal> {
        let mut request = Request::builder().method(method).uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Door::of_this_machine("sendcast-ab12", "127.0.0.1:8585".parse().unwrap())
            .admit(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn only_names_of_ours_are_answered() {
        for host in [OURS, "127.0.0.1:8585", "localhost:8585", "[::1]:8585"] {
            assert_eq!(ask("GET", "/", &[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "evil.test:8585",
            "127.0.0.1",
            "127.0.0.1:8586",
            "127.0.0.1.evil.test:8585",
            "localhost.:8585",
            "0.0.0.0:8585",
            "[::]:8585",
            "127.1:8585",
            "user@127.0.0.1:8585",
            "sendcast-ab12.localhost",
            "sendcast-ab13.localhost:8585",
            "",
        ] {
            assert_eq!(ask("GET", "/", &[("host", host)]), Err(Refusal::Misdirected), "{host}");
        }
        assert_eq!(ask("GET", "/", &[]), Err(Refusal::Misdirected), "none");
        assert_eq!(ask("GET", "/", &[("host", OURS), ("host", OURS)]), Err(Refusal::Misdirected), "two");
        let whole = format!("http://{OURS}/");
        assert_eq!(ask("GET", &whole, &[("host", OURS)]), Err(Refusal::Misdirected), "a proxy's form");
    }

    #[test]
    fn beyond_this_machine_only_the_named_hosts_are_answered_and_only_over_tls() {
        let door = Door::beyond_this_machine(vec!["send.example.com".to_owned()]);
        assert_eq!(door.url(), "https://send.example.com");
        let ask = |method: &str, host: &str, origin: &str| {
            let request = Request::builder().method(method).uri("/enter").header("host", host);
            let request = request.header("origin", origin).body(()).unwrap();
            door.admit(&request.into_parts().0)
        };
        assert_eq!(ask("POST", "send.example.com", "https://send.example.com"), Ok(()));
        assert_eq!(ask("POST", "send.example.com", "http://send.example.com"), Err(Refusal::Foreign));
        for host in ["127.0.0.1:8585", "localhost:8585", "send.example.com:8585", "x.send.example.com"] {
            let origin = format!("https://{host}");
            assert_eq!(ask("POST", host, &origin), Err(Refusal::Misdirected), "{host}");
        }
    }

    #[test]
    fn another_address_of_the_loopback_is_its_own_name() {
        let url = |at: &str| Door::of_this_machine("sendcast-ab12", at.parse().unwrap()).url();
        assert_eq!(url("127.0.0.1:1"), "http://sendcast-ab12.localhost:1");
        assert_eq!(url("[::1]:1"), "http://sendcast-ab12.localhost:1");
        assert_eq!(url("127.0.0.2:1"), "http://127.0.0.2:1");
    }

    #[test]
    fn what_changes_something_needs_our_own_origin() {
        let with = |origin: &str| ask("POST", "/c/x/pause", &[("host", OURS), ("origin", origin)]);
        assert_eq!(with(&format!("http://{OURS}")), Ok(()));
        for origin in [
            "null",
            "",
            "http://127.0.0.1:8585",
            "http://sendcast-ab12.localhost:8586",
            "https://sendcast-ab12.localhost:8585",
            "http://sendcast-ab12.localhost:8585.evil.test",
            "http://sendcast-ab12.localhost:8585/",
            "HTTP://sendcast-ab12.localhost:8585",
        ] {
            assert_eq!(with(origin), Err(Refusal::Foreign), "{origin}");
        }
        assert_eq!(ask("POST", "/", &[("host", OURS)]), Err(Refusal::Foreign), "none");
        for method in ["PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"] {
            assert_eq!(ask(method, "/", &[("host", OURS)]), Err(Refusal::Foreign), "{method}");
        }
    }

    #[test]
    fn another_page_may_only_link_to_an_entrance() {
        let origin = format!("http://{OURS}");
        let from = |site: &str, method: &str, path: &str, more: &[(&str, &str)]| {
            let mut headers = vec![("host", OURS), ("sec-fetch-site", site)];
            headers.extend(more);
            ask(method, path, &headers)
        };
        let link = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        for site in ["same-site", "cross-site", "nonsense"] {
            assert_eq!(from(site, "GET", "/", &link), Ok(()), "{site}");
            assert_eq!(from(site, "GET", "/enter", &link), Ok(()), "{site}");
            assert_eq!(from(site, "GET", "/c/x", &link), Err(Refusal::Foreign), "{site}");
            assert_eq!(from(site, "GET", "/", &[]), Err(Refusal::Foreign), "{site}");
            let framed = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
            assert_eq!(from(site, "GET", "/", &framed), Err(Refusal::Foreign), "{site}");
            let posted = [link[0], link[1], ("origin", &*origin)];
            assert_eq!(from(site, "POST", "/enter", &posted), Err(Refusal::Foreign), "{site}");
        }
        for site in ["same-origin", "none"] {
            assert_eq!(from(site, "GET", "/c/x", &[]), Ok(()), "{site}");
        }
        assert_eq!(from("same-origin", "POST", "/c/x/pause", &[("origin", &origin)]), Ok(()));
    }

    #[test]
    fn where_no_browser_says_who_asks_the_page_it_came_from_decides() {
        let from = |page: &str| ask("GET", "/c/x", &[("host", OURS), ("referer", page)]);
        assert_eq!(from(&format!("http://{OURS}/c/y")), Ok(()));
        assert_eq!(from("http://127.0.0.1:9999/"), Err(Refusal::Foreign));
        assert_eq!(from(&format!("http://{OURS}.evil.test/")), Err(Refusal::Foreign));
    }
}
