//! Whom a workflow may contact: this machine.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use url::{Host, Url};

/// Whether a target may be contacted: `http`, on this machine.
pub fn is_local(target: &str) -> bool {
    Url::parse(target).is_ok_and(|url| address(&url).is_some())
}

/// Where such a target listens.
pub fn address(url: &Url) -> Option<SocketAddr> {
    if url.scheme() != "http" {
        return None;
    }
    let ip = match url.host()? {
        Host::Ipv4(ip) => IpAddr::V4(ip),
        Host::Ipv6(ip) => IpAddr::V6(ip),
        Host::Domain("localhost") => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Host::Domain(_) => return None,
    };
    ip.is_loopback().then_some(SocketAddr::new(ip, url.port_or_known_default()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_local_and_nothing_else() {
        for target in [
            "http://127.0.0.1:9/x",
            "http://localhost/",
            "http://[::1]:8080/a/b?c=d",
            "http://127.1:80",
            "HTTP://LOCALHOST:1",
        ] {
            assert!(is_local(target), "{target}");
        }
        for target in [
            "https://127.0.0.1/",
            "http://example.com/webhook",
            "http://127.0.0.1.example.com/",
            "http://localhost.example.com/",
            "http://user@10.0.0.1/",
            "http://127.0.0.1@example.com/",
            "http://0.0.0.0/",
            "http://[::ffff:8.8.8.8]/",
            "http://169.254.169.254/",
            "ftp://127.0.0.1/",
            "127.0.0.1:80",
            "",
        ] {
            assert!(!is_local(target), "{target}");
        }
    }
}
