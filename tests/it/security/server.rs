//! A server that answers as it likes: it says back whatever it was told.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// One request, as it came.
pub struct Request {
    /// All of it.
    pub text: String,
    /// `/api/v1/…`, with the query.
    pub target: String,
}

impl Request {
    /// The query or the form.
    pub fn form(&self) -> &str {
        match self.target.split_once('?') {
            Some((_, query)) => query,
            None => self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body),
        }
    }

    /// Whether it asks for this endpoint.
    pub fn asks(&self, endpoint: &str) -> bool {
        self.target.split('?').next().unwrap_or_default().ends_with(endpoint)
    }
}

/// What it does with a connection once it has read a request.
pub type Answer = Arc<dyn Fn(&Request, &mut TcpStream) -> std::io::Result<()> + Send + Sync>;

/// The server; its threads end with the process.
pub struct Server {
    pub address: std::net::SocketAddr,
    asked: Arc<AtomicU64>,
}

impl Server {
    pub fn start(answer: Answer) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicU64::new(0));
        let counter = asked.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answer, counter) = (answer.clone(), counter.clone());
                std::thread::spawn(move || serve(stream, &answer, &counter));
            }
        });
        Server { address, asked }
    }

    /// How many requests there were.
    pub fn asked(&self) -> u64 {
        self.asked.load(Ordering::SeqCst)
    }

    pub fn url(&self) -> String {
        format!("http://{}/api/v1", self.address)
    }
}

fn serve(mut stream: TcpStream, answer: &Answer, counter: &AtomicU64) {
    let _ = stream.set_read_timeout(Some(Duration::from_secs(20)));
    let Some(request) = read(&mut stream) else { return };
    counter.fetch_add(1, Ordering::SeqCst);
    let _ = answer(&request, &mut stream);
}

fn read(stream: &mut TcpStream) -> Option<Request> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 8192];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) | Err(_) => return None,
            Ok(n) => bytes.extend_from_slice(&buffer[..n]),
        }
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
            .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap_or(0));
        if body.len() >= length {
            let target = head.split(' ').nth(1).unwrap_or_default().to_owned();
            return Some(Request { text, target });
        }
    }
}

/// A whole answer with these headers (each with its line's end) and this body.
pub fn answer(stream: &mut TcpStream, status: &str, headers: &str, body: &str) -> std::io::Result<()> {
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
}

/// A JSON answer.
pub fn json(stream: &mut TcpStream, status: &str, body: &serde_json::Value) -> std::io::Result<()> {
    answer(stream, status, "Content-Type: application/json\r\n", &body.to_string())
}

/// Yes to the question for the account's numbers, so that a run gets as far as its messages.
pub fn numbers(stream: &mut TcpStream) -> std::io::Result<()> {
    json(
        stream,
        "200 OK",
        &serde_json::json!({"status": "1", "message": [{"phone_number_id": "PHONE_NUMBER_ID"}]}),
    )
}
