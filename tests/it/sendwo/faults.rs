//! A server that fails in every way a connection can.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sendcast::sendwo::{BaseUrl, HttpTransport, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::FINE;

/// What a server does with the request that it is to spoil.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    CloseAtAccept,
    ResetAtAccept,
    CloseUnread,
    ResetAfterRequest,
    CloseAfterRequest,
    CutHead,
    BadStatusLine,
    Hang,
    HangInBody,
    CutBody,
    CutChunks,
    OversizedBody,
    OversizedHead,
    Redirect302,
    Redirect307,
    Html,
}

impl Fault {
    /// Those after which a connection was there for certain.
    pub const ALL: [Fault; 15] = [
        Fault::CloseAtAccept,
        Fault::CloseUnread,
        Fault::ResetAfterRequest,
        Fault::CloseAfterRequest,
        Fault::CutHead,
        Fault::BadStatusLine,
        Fault::Hang,
        Fault::HangInBody,
        Fault::CutBody,
        Fault::CutChunks,
        Fault::OversizedBody,
        Fault::OversizedHead,
        Fault::Redirect302,
        Fault::Redirect307,
        Fault::Html,
    ];

    /// How long to wait for the answer.
    pub fn limit(self) -> Duration {
        match self {
            _ if self.hangs() => Duration::from_millis(300),
            _ => Duration::from_secs(20),
        }
    }

    pub fn is_answered(self) -> bool {
        self.http().is_some()
    }

    /// The status of its answer, where that is a whole one.
    pub fn http(self) -> Option<u16> {
        match self {
            Fault::Redirect302 => Some(302),
            Fault::Redirect307 => Some(307),
            Fault::Html => Some(200),
            _ => None,
        }
    }

    /// Ends the connection before anything is read.
    pub async fn strikes_unread(self, stream: &TcpStream) -> bool {
        match self {
            Fault::CloseAtAccept => true,
            Fault::ResetAtAccept => stream.set_zero_linger().is_ok(),
            // Closing with bytes unread makes the system answer with a reset. Within TLS they may have come with
            // the handshake's last ones.
            Fault::CloseUnread => {
                let _ = tokio::time::timeout(Duration::from_millis(200), stream.readable()).await;
                true
            }
            _ => false,
        }
    }

    /// What is written to a request that was read.
    pub fn answer(self) -> Vec<u8> {
        match self {
            Fault::CutHead => b"HTTP/1.1 200 OK\r\nContent-Le".to_vec(),
            Fault::BadStatusLine => b"SSH-2.0-OpenSSH_9.9\r\n\r\n".to_vec(),
            Fault::HangInBody | Fault::CutBody => {
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{FINE}", FINE.len() + 1).into()
            }
            Fault::CutChunks => {
                format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{FINE}\r\n", FINE.len())
                    .into()
            }
            Fault::OversizedBody => {
                let body = format!("{FINE}{}", " ".repeat(2 << 20));
                format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into()
            }
            Fault::OversizedHead => format!("HTTP/1.1 200 OK\r\nX: {}\r\n\r\n", "x".repeat(2 << 20)).into(),
            Fault::Redirect302 => {
                b"HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 6\r\n\r\n<html>".to_vec()
            }
            Fault::Redirect307 => {
                b"HTTP/1.1 307 Temporary Redirect\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n".to_vec()
            }
            Fault::Html => {
                b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>".to_vec()
            }
            _ => Vec::new(),
        }
    }

    pub fn hangs(self) -> bool {
        matches!(self, Fault::Hang | Fault::HangInBody)
    }
}

/// A good answer that keeps the connection.
pub fn fine() -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{FINE}", FINE.len())
}

/// A server that answers `fine` requests well, keeping the connection, and spoils all others. It keeps the
/// request lines it has read.
pub struct Server {
    pub address: SocketAddr,
    pub seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub async fn start(fault: Fault, fine: usize) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let witness = seen.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, fault, fine, witness.clone()));
            }
        });
        Server { address, seen }
    }

    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    /// Waits briefly where the fault is to hang, and otherwise longer than a busy machine needs.
    pub fn transport(&self, fault: Fault) -> HttpTransport {
        transport(self.address, fault.limit())
    }
}

pub fn transport(address: SocketAddr, request: Duration) -> HttpTransport {
    let base: BaseUrl = format!("http://{address}/api/v1").parse().unwrap();
    let connect = request.min(Duration::from_secs(10));
    HttpTransport::new(base, Timeouts { connect, request }).unwrap()
}

pub async fn serve(mut stream: TcpStream, fault: Fault, fine: usize, seen: Arc<Mutex<Vec<String>>>) {
    loop {
        let spoil = seen.lock().unwrap().len() >= fine;
        if spoil && fault.strikes_unread(&stream).await {
            return;
        }
        let Some(line) = read_request(&mut stream).await else { return };
        seen.lock().unwrap().push(line);
        if !spoil {
            stream.write_all(self::fine().as_bytes()).await.unwrap();
            continue;
        }
        if fault == Fault::ResetAfterRequest {
            stream.set_zero_linger().unwrap();
            return;
        }
        let _ = stream.write_all(&fault.answer()).await;
        match fault {
            _ if fault.hangs() => std::future::pending().await,
            _ if fault.is_answered() => {}
            _ => return,
        }
    }
}

/// Reads a whole request; its first line.
pub async fn read_request(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .to_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return head.lines().next().map(str::to_owned);
            }
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
}
