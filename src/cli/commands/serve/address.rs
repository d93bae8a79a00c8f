//! Where `serve` listens, and what it takes for other machines to reach it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

use tokio_rustls::TlsAcceptor;

use crate::app::AppError;
use crate::sys::tls;
use crate::web::Beyond;

/// Where to listen.
#[derive(Debug, clap::Args)]
pub struct ListenArgs {
    /// The port to listen on; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = super::run::PORT)]
    pub port: u16,
    /// The address to listen on, so that other machines reach it: needs a password, --host, and TLS
    #[arg(long, value_name = "ADDR", value_parser = address, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST), hide_default_value = true)]
    pub listen: IpAddr,
    /// A name by which browsers reach it (with its port, where that isn't 443); may be given several times
    #[arg(long, value_name = "NAME")]
    pub host: Vec<String>,
    /// The certificate for TLS and its chain (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_key", conflicts_with = "behind_proxy")]
    pub tls_cert: Option<PathBuf>,
    /// Its key (PEM)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// A proxy stands before it, which speaks TLS to browsers and hands on `Host`
    #[arg(long)]
    pub behind_proxy: bool,
}

/// An address as it is written, also in brackets.
fn address(text: &str) -> Result<IpAddr, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    bare.parse().map_err(|_| {
        "it is an IP address of this machine, such as 192.168.1.5, or 0.0.0.0 for all of them".to_owned()
    })
}

/// How other machines reach it.
pub struct Reached {
    /// Its names.
    pub beyond: Beyond,
    /// What shakes hands, where no proxy does.
    pub tls: Option<TlsAcceptor>,
}

impl ListenArgs {
    /// The socket's address.
    pub fn socket(&self) -> SocketAddr {
        SocketAddr::new(self.listen, self.port)
    }

    /// How other machines reach it; `None` where none does.
    ///
    /// # Errors
    /// What is missing for that.
    pub fn reached(&self, is_password_set: bool) -> Result<Option<Reached>, AppError> {
        // A proxy on this machine brings others here, too.
        let asked_for = !self.host.is_empty() || self.behind_proxy || self.tls_cert.is_some();
        if self.listen.to_canonical().is_loopback() && !asked_for {
            return Ok(None);
        }
        let mut missing = Vec::new();
        if !is_password_set {
            missing.push("a password: set one with `sendcast serve --set-password`");
        }
        if self.host.is_empty() {
            missing.push("the name by which browsers reach it: `--host NAME`");
        }
        if self.tls_cert.is_none() && !self.behind_proxy {
            missing
                .push("TLS: `--tls-cert FILE --tls-key FILE`, or `--behind-proxy` where a proxy speaks it");
        }
        if !missing.is_empty() {
            let mut error = AppError::usage(
                "other machines could reach it, and read and send everything; this is missing before it listens:",
            );
            error.details = missing.into_iter().map(str::to_owned).collect();
            return Err(
                error.hint("without `--listen` only this computer reaches it, and none of that is needed")
            );
        }
        let tls = match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Some(tls::acceptor(certificate, key).map_err(|error| {
                AppError::failed(format!("can't use the certificate and key for TLS: {error}"))
                    .hint("both are PEM files; the certificate's has its chain behind it")
            })?),
            _ => None,
        };
        Ok(Some(Reached { beyond: Beyond { hosts: self.hosts(tls.is_some(), self.port)? }, tls }))
    }

    /// The names as browsers write them into `Host`.
    /// `port` is that of the socket, which may have been chosen by the system.
    ///
    /// # Errors
    /// When one is no name.
    pub fn hosts(&self, own_tls: bool, port: u16) -> Result<Vec<String>, AppError> {
        let host = |given: &String| {
            let given = given.to_ascii_lowercase();
            let url = url::Url::parse(&format!("https://{given}")).ok();
            let host = url.as_ref().and_then(url::Url::host_str).unwrap_or_default();
            let given_port = url.as_ref().and_then(url::Url::port);
            let written = given_port.map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
            if host.is_empty() || (written != given && format!("{host}:443") != given) {
                return Err(AppError::usage(format!("`{given}` is no host name")).hint(
                    "write it as in the browser's address, without `https://`: `--host send.example.com`",
                ));
            }
            // A proxy's port is its own.
            Ok(match given_port {
                None if own_tls && port != 443 && written == given => format!("{host}:{port}"),
                _ => written,
            })
        };
        self.host.iter().map(host).collect()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        listen: ListenArgs,
    }

    fn args(line: &str) -> ListenArgs {
        Line::try_parse_from(format!("x {line}").split_whitespace()).unwrap().listen
    }

    #[test]
    fn what_others_reach_needs_a_password_a_name_and_tls() {
        for own in ["", "--listen 127.0.0.2", "--listen ::1", "--listen [::1]", "--listen ::ffff:127.0.0.1"] {
            assert!(args(own).reached(false).unwrap().is_none(), "{own}");
        }
        for others in ["0.0.0.0", "::", "::ffff:0.0.0.0", "192.0.2.1", "[2001:db8::1]"] {
            let missing = |more: &str, password| {
                let reached = args(&format!("--listen {others} {more}")).reached(password);
                reached.err().map_or(0, |error| error.details.len())
            };
            assert_eq!(missing("", false), 3, "{others}");
            assert_eq!(missing("", true), 2, "{others}");
            assert_eq!(missing("--host a.example", true), 1, "{others}");
            assert_eq!(missing("--host a.example --behind-proxy", false), 1, "{others}");
            assert_eq!(missing("--host a.example --behind-proxy", true), 0, "{others}");
        }
        // A proxy on this machine is a way in as well.
        assert_eq!(args("--behind-proxy").reached(false).err().unwrap().details.len(), 2);
    }

    #[test]
    fn hosts_are_written_as_browsers_write_them() {
        let hosts = |line: &str, own_tls| {
            let args = args(line);
            args.hosts(own_tls, args.port).ok()
        };
        let one = |host: &str| Some(vec![host.to_owned()]);
        assert_eq!(hosts("--host Send.Example.com", false), one("send.example.com"));
        assert_eq!(hosts("--host send.example.com", true), one("send.example.com:8585"));
        assert_eq!(hosts("--host send.example.com --port 443", true), one("send.example.com"));
        assert_eq!(hosts("--host send.example.com:443", true), one("send.example.com"));
        assert_eq!(hosts("--host a:9 --host b", false), Some(vec!["a:9".to_owned(), "b".to_owned()]));
        for wrong in ["https://a", "a/b", "u@a", "a:x", "a?b"] {
            assert_eq!(hosts(&format!("--host {wrong}"), false), None, "{wrong}");
        }
    }
}
