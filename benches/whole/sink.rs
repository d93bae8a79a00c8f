//! A server that says yes to every POST as fast as it can, and remembers when each came. What is asked of it by GET
//! has no answer.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

/// Lives as long as the process.
pub struct Sink {
    address: SocketAddr,
    seen: Arc<Mutex<Seen>>,
}

/// What came since the last [`Sink::reset`].
#[derive(Clone, Default)]
pub struct Seen {
    /// When each POST was read whole.
    pub posts: Vec<Instant>,
    /// When the last answer was written.
    pub answered: Option<Instant>,
    /// Whom each POST was for, by their digits; only where they are counted.
    pub recipients: Vec<u64>,
}

impl Seen {
    /// From the first POST to the last answer.
    pub fn span(&self) -> Duration {
        match (self.posts.first(), self.answered) {
            (Some(first), Some(last)) => last.saturating_duration_since(*first),
            _ => Duration::ZERO,
        }
    }

    /// POSTs a second over that span.
    pub fn rate(&self) -> f64 {
        self.posts.len() as f64 / self.span().as_secs_f64()
    }

    /// The most POSTs that any second held, wherever it begins.
    pub fn fullest_second(&self) -> usize {
        let mut from = 0;
        let mut most = 0;
        for (to, post) in self.posts.iter().enumerate() {
            while post.duration_since(self.posts[from]) >= Duration::from_secs(1) {
                from += 1;
            }
            most = most.max(to - from + 1);
        }
        most
    }
}

impl Sink {
    /// Listens, and answers each request so much later.
    pub fn start(delay: Duration) -> io::Result<Sink> {
        Sink::listen(delay, false)
    }

    /// The same, and remembers the recipients.
    pub fn counting(delay: Duration) -> io::Result<Sink> {
        Sink::listen(delay, true)
    }

    fn listen(delay: Duration, counts: bool) -> io::Result<Sink> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let seen = Arc::new(Mutex::new(Seen::default()));
        let witness = seen.clone();
        thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                let listener = TcpListener::from_std(listener).expect("a listener");
                loop {
                    let Ok((stream, _)) = listener.accept().await else { continue };
                    tokio::spawn(serve(stream, delay, counts, witness.clone()));
                }
            });
        });
        Ok(Sink { address, seen })
    }

    /// The API's address.
    pub fn url(&self) -> String {
        format!("http://{}/api/v1", self.address)
    }

    /// Forgets what came.
    pub fn reset(&self) {
        *self.seen.lock().expect("the sink's memory") = Seen::default();
    }

    /// How many POSTs came so far.
    pub fn count(&self) -> usize {
        self.seen.lock().expect("the sink's memory").posts.len()
    }

    /// What came so far.
    pub fn seen(&self) -> Seen {
        self.seen.lock().expect("the sink's memory").clone()
    }
}

async fn serve(mut stream: TcpStream, delay: Duration, counts: bool, seen: Arc<Mutex<Seen>>) {
    let _ = stream.set_nodelay(true);
    let mut buffer = Vec::with_capacity(8192);
    loop {
        let Some(length) = request(&buffer) else {
            match stream.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => continue,
            }
        };
        let is_post = buffer.starts_with(b"POST");
        let recipient = if counts { recipient(&buffer[..length]) } else { None };
        buffer.drain(..length);
        if !is_post {
            if stream.write_all(NOTHING).await.is_err() {
                return;
            }
            continue;
        }
        let number = {
            let mut seen = seen.lock().expect("the sink's memory");
            seen.posts.push(Instant::now());
            seen.recipients.extend(recipient);
            seen.posts.len()
        };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        if stream.write_all(&answer(number)).await.is_err() {
            return;
        }
        seen.lock().expect("the sink's memory").answered = Some(Instant::now());
    }
}

const NOTHING: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 36\r\n\r\n{\"status\":\"0\",\"message\":\"Not found\"}";

/// The length of the whole request at the buffer's start, if it is there.
fn request(buffer: &[u8]) -> Option<usize> {
    let head = buffer.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&buffer[..head]).ok()?;
    let length = text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let whole = head + length.unwrap_or(0);
    (buffer.len() >= whole).then_some(whole)
}

/// The digits of the form's `to`.
fn recipient(request: &[u8]) -> Option<u64> {
    let mut pairs = request.split(|byte| matches!(byte, b'&' | b'\n'));
    let digits = pairs.find_map(|pair| pair.strip_prefix(b"to="))?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// A message that was accepted, as the documentation shows it.
fn answer(number: usize) -> Vec<u8> {
    let body = format!(
        r#"{{"status":"1","message":"Message sent successfully.","data":{{"message_id":"wamid.HBgMOTE5ODc2NTQzMjEwFQIAERgS{number:016X}AA=="}}}}"#
    );
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    (head + &body).into_bytes()
}
