//! From an address to a stream that takes requests: names, TCP, a proxy's tunnel, TLS.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use hyper::Uri;
use hyper::header::HeaderValue;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::{Intercept, Matcher};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tower::{Service, ServiceExt, service_fn};

use super::route::{Names, Route};
use crate::sendwo::base_url::BaseUrl;

pub(super) type BoxError = Box<dyn Error + Send + Sync>;

/// Connects to one server.
#[derive(Clone)]
pub(super) struct Connector {
    target: Uri,
    tcp: HttpConnector<Names>,
    proxy: Option<Arc<Intercept>>,
    /// To the server, which may speak HTTP/2, and to a proxy.
    tls: Option<(TlsConnector, TlsConnector)>,
}

/// A connection, not yet spoken on.
pub(super) struct Connected {
    pub stream: Stream,
    /// HTTP/2 was agreed on.
    pub is_http2: bool,
}

impl Connector {
    /// Over the system's certificates, proxies and names, but for what `route` says. Connects to nothing yet.
    pub fn new(base: &BaseUrl, route: Route, patience: Duration) -> Result<Connector, BoxError> {
        let target: Uri = base.origin().parse()?;
        let matcher = match &route.proxy {
            Some(proxy) => {
                // The matcher takes what it can't read for no proxy at all.
                let uri: Uri = proxy.parse()?;
                uri.host().ok_or("the proxy's address names no host")?;
                Some(Matcher::builder().all(proxy.as_str()).build())
            }
            None if base.is_loopback() => None,
            None => Some(Matcher::from_system()),
        };
        let proxy = matcher.and_then(|matcher| matcher.intercept(&target)).map(Arc::new);
        let through_tls = proxy.as_ref().is_some_and(|proxy| is_https(proxy.uri()));
        // Where nothing speaks TLS the 20 ms are spared that loading the system's certificates takes.
        let tls = if base.is_tls() || through_tls { Some(tls(route.roots.as_deref())?) } else { None };
        let mut tcp = HttpConnector::new_with_resolver(Names(route.names));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Of several addresses each gets its share.
        tcp.set_connect_timeout(Some(patience));
        Ok(Connector { target, tcp, proxy, tls })
    }

    /// The way to write a request's address: a proxy that isn't tunnelled through is told the whole of it, and gets
    /// this authorisation.
    pub fn plain_proxy(&self) -> Option<Option<&HeaderValue>> {
        let proxy = self.proxy.as_deref().filter(|_| !is_https(&self.target))?;
        Some(proxy.basic_auth())
    }

    /// A fresh connection.
    pub async fn connect(&self) -> Result<Connected, BoxError> {
        let stream = match &self.proxy {
            None => self.dial(self.target.clone()).await?,
            Some(proxy) if is_https(&self.target) => self.tunnel(proxy).await?,
            Some(proxy) => self.dial(proxy.uri().clone()).await?,
        };
        if !is_https(&self.target) {
            return Ok(Connected { stream, is_http2: false });
        }
        let (server, _) = self.tls.as_ref().ok_or("no TLS")?;
        let stream = encrypted(server, &self.target, stream).await?;
        let is_http2 = stream.get_ref().1.alpn_protocol() == Some(b"h2");
        Ok(Connected { stream: Box::new(stream), is_http2 })
    }

    /// TCP, and TLS with a proxy that wants it.
    async fn dial(&self, to: Uri) -> Result<Stream, BoxError> {
        let is_proxy_over_tls = to != self.target && is_https(&to);
        let tcp = self.tcp.clone().oneshot(to.clone()).await?.into_inner();
        match &self.tls {
            Some((_, proxy)) if is_proxy_over_tls => {
                Ok(Box::new(encrypted(proxy, &to, Box::new(tcp)).await?))
            }
            _ => Ok(Box::new(tcp)),
        }
    }

    async fn tunnel(&self, proxy: &Intercept) -> Result<Stream, BoxError> {
        let dialler = self.clone();
        let dial = service_fn(move |to: Uri| {
            let dialler = dialler.clone();
            async move { dialler.dial(to).await.map(TokioIo::new) }
        });
        let mut tunnel = Tunnel::new(proxy.uri().clone(), dial);
        if let Some(auth) = proxy.basic_auth() {
            tunnel = tunnel.with_auth(auth.clone());
        }
        Ok(tunnel.call(with_port(&self.target)?).await?.into_inner())
    }
}

fn is_https(uri: &Uri) -> bool {
    uri.scheme_str() == Some("https")
}

/// The tunnel's end is named with its port.
fn with_port(target: &Uri) -> Result<Uri, BoxError> {
    if target.port().is_some() {
        return Ok(target.clone());
    }
    let host = target.host().ok_or("the server's address names no host")?;
    Ok(format!("https://{host}:443").parse()?)
}

async fn encrypted(
    connector: &TlsConnector,
    to: &Uri,
    stream: Stream,
) -> Result<TlsStream<Stream>, BoxError> {
    let host = to.host().ok_or("the server's address names no host")?;
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())?;
    Ok(connector.connect(name, stream).await?)
}

/// How to speak to the server and to a proxy.
fn tls(roots: Option<&str>) -> Result<(TlsConnector, TlsConnector), BoxError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let builder = match roots {
        Some(pem) => {
            let mut store = RootCertStore::empty();
            for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                store.add(certificate?)?;
            }
            builder.with_root_certificates(store)
        }
        None => builder.with_platform_verifier()?,
    };
    let proxy = builder.with_no_client_auth();
    let mut server = proxy.clone();
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok((TlsConnector::from(Arc::new(server)), TlsConnector::from(Arc::new(proxy))))
}

/// TCP, or TLS over what it may be.
pub(super) type Stream = Box<dyn Io>;

pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}
