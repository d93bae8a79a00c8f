//! TLS on the server's side, with an authority of its own; handshakes and tunnels that come to nothing.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio_rustls::server::TlsStream;

use super::witness::Post;

/// A connection that never comes to be: what a handshake, or a proxy's tunnel, meets with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Botch {
    /// An answer in plain HTTP.
    Plain,
    /// Bytes that are no TLS.
    Garbage,
    CloseAtHello,
    ResetAtHello,
    /// The server's part, cut after so many bytes.
    Cut(usize),
    /// A fatal alert.
    Alert,
    Hang,
    /// Signed by nobody that is trusted.
    Stranger,
    Expired,
    OtherName,
    /// A proxy that says this instead of opening the tunnel.
    Proxy(&'static str),
    /// A proxy that opens the tunnel and closes it at once.
    Opened,
}

impl Botch {
    /// One that a server may meet a handshake with.
    pub fn draw(chance: &mut fastrand::Rng) -> Botch {
        match chance.u8(0..10) {
            0 => Botch::Plain,
            1 => Botch::Garbage,
            2 => Botch::CloseAtHello,
            3 => Botch::ResetAtHello,
            // The server's whole part has some 900 bytes.
            4 => Botch::Cut(chance.usize(1..600)),
            5 => Botch::Alert,
            6 => Botch::Hang,
            7 => Botch::Stranger,
            8 => Botch::Expired,
            _ => Botch::OtherName,
        }
    }

    /// One that a proxy may meet a tunnel with, or the server behind it.
    pub fn draw_of_proxy(chance: &mut fastrand::Rng) -> Botch {
        const SAID: [&str; 7] = [
            "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/login\r\n\r\n",
            "HTTP/1.1 504 Gateway Ti",
            "SSH-2.0-OpenSSH_9.9\r\n\r\n",
            "",
        ];
        match chance.u8(0..4) {
            0 => Botch::Opened,
            1 => Botch::draw(chance),
            _ => Botch::Proxy(SAID[chance.usize(..SAID.len())]),
        }
    }
}

/// A certificate authority, and a server's certificates by it.
pub struct Authority {
    /// Its own certificate, to be trusted, in PEM.
    pub pem: String,
    good: TlsAcceptor,
    stranger: TlsAcceptor,
    expired: TlsAcceptor,
    other_name: TlsAcceptor,
}

impl Authority {
    pub fn new(alpn: &[&str]) -> Arc<Authority> {
        let issuer = || {
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            let key = KeyPair::generate().unwrap();
            let pem = params.self_signed(&key).unwrap().pem();
            (pem, Issuer::new(params, key))
        };
        let (pem, trusted) = issuer();
        let (_, unknown) = issuer();
        let names = || vec!["127.0.0.1".to_owned(), "api.test".to_owned()];
        let good = || CertificateParams::new(names()).unwrap();
        let mut expired = good();
        expired.not_before = date_time_ymd(2020, 1, 1);
        expired.not_after = date_time_ymd(2021, 1, 1);
        let other_name = CertificateParams::new(vec!["other.test".to_owned()]).unwrap();
        Arc::new(Authority {
            pem,
            good: acceptor(&good(), &trusted, alpn),
            stranger: acceptor(&good(), &unknown, alpn),
            expired: acceptor(&expired, &trusted, alpn),
            other_name: acceptor(&other_name, &trusted, alpn),
        })
    }

    /// The server's side of the handshake; `None` where it came to nothing.
    pub async fn accept(&self, mut stream: TcpStream, post: &Post) -> Option<TlsStream<TcpStream>> {
        let acceptor = match post.botch() {
            None => &self.good,
            Some(Botch::Stranger) => &self.stranger,
            Some(Botch::Expired) => &self.expired,
            Some(Botch::OtherName) => &self.other_name,
            Some(Botch::Cut(left)) => {
                let _ = self.good.accept(Cut { stream, left }).await;
                return None;
            }
            Some(botch) => {
                botch_raw(&mut stream, botch, post).await;
                return None;
            }
        };
        acceptor.accept(stream).await.ok()
    }
}

fn acceptor(params: &CertificateParams, issuer: &Issuer<'_, KeyPair>, alpn: &[&str]) -> TlsAcceptor {
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    TlsAcceptor::from(Arc::new(config))
}

async fn botch_raw(stream: &mut TcpStream, botch: Botch, post: &Post) {
    let mut hello = vec![0; 4096];
    let read = stream.read(&mut hello).await.unwrap_or(0);
    note_plain(&hello[..read], post);
    let said: &[u8] = match botch {
        Botch::Plain => b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        Botch::Garbage => &[0x16, 3, 3, 0, 4, 9, 9, 9, 9],
        Botch::Alert => &[21, 3, 3, 0, 2, 2, 40],
        _ => &[],
    };
    let _ = stream.write_all(said).await;
    match botch {
        Botch::Hang => note_plain(&rest(stream).await, post),
        Botch::ResetAtHello => stream.set_zero_linger().unwrap(),
        _ => {}
    }
}

async fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes).await;
    bytes
}

/// Nothing of a request may ever come without encryption.
fn note_plain(bytes: &[u8], post: &Post) {
    let text = String::from_utf8_lossy(bytes);
    if text.contains("POST") || text.contains("apiToken") {
        post.saw().strays.push(text.into_owned());
    }
}

/// A proxy's side of `CONNECT`. Whether the tunnel is open.
pub async fn tunnel(stream: &mut TcpStream, post: &Post) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
            return false;
        }
    }
    note_plain(&head, post);
    if !head.starts_with(b"CONNECT api.test:443 ") {
        post.saw().strays.push(String::from_utf8_lossy(&head).into_owned());
    }
    if let Some(Botch::Proxy(said)) = post.botch() {
        let _ = stream.write_all(said.as_bytes()).await;
        if said.is_empty() {
            // It hangs.
            note_plain(&rest(stream).await, post);
        }
        return false;
    }
    let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await;
    post.botch() != Some(Botch::Opened)
}

/// A connection on which only so many bytes come through to the client.
struct Cut {
    stream: TcpStream,
    left: usize,
}

impl AsyncRead for Cut {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, into)
    }
}

impl AsyncWrite for Cut {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        let some = bytes.len().min(self.left);
        if some == 0 {
            return Poll::Ready(Err(std::io::ErrorKind::BrokenPipe.into()));
        }
        let written = Pin::new(&mut self.stream).poll_write(cx, &bytes[..some]);
        if let Poll::Ready(Ok(written)) = &written {
            self.left -= written;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
