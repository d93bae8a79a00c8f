//! `sendcast serve`, and requests to it byte by byte.

use std::io::{BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tokio_rustls::rustls::{ClientConfig, ClientConnection, StreamOwned};

/// A dashboard of its own process; it ends with this value.
pub struct Served {
    child: Child,
    out: BufReader<ChildStdout>,
    /// Where what it says on stderr goes.
    err: PathBuf,
    /// `sendcast-….localhost:PORT`
    pub host: String,
    pub port: u16,
    scheme: &'static str,
    /// The client's side, where the server speaks TLS itself.
    tls: Option<Arc<ClientConfig>>,
    code: String,
}

/// How many were started: each has a file of its own for its words.
static STARTED: AtomicU32 = AtomicU32::new(0);

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// All values of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        let name = name.to_ascii_lowercase();
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(each, _)| each.to_ascii_lowercase() == name).map(|(_, value)| value).collect()
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Answer {
        assert_eq!(self.status, status, "{}\n\n{}", self.head, self.text());
        self
    }
}

/// Somebody who was let in.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub cookie: String,
    pub token: String,
}

impl Served {
    pub fn start(data: &Path) -> Served {
        Served::start_with(data, &[])
    }

    /// With more arguments, or environment.
    pub fn start_with(data: &Path, more: &[&str]) -> Served {
        Served::start_by(Served::command(data), data, more)
    }

    /// Without a token, and without what the tests' own environment says.
    pub fn command(data: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendcast"));
        command.env_remove("SENDWO_API_TOKEN").env_remove("SENDCAST_DATA_DIR").env_remove("SENDWO_BASE_URL");
        command.current_dir(data.parent().unwrap());
        command
    }

    /// By a command that may have more of an environment.
    pub fn start_by(mut command: Command, data: &Path, more: &[&str]) -> Served {
        command.args(["serve", "--port", "0", "--timezone", "UTC", "--data-dir"]).arg(data).args(more);
        let err = data.with_file_name(format!("serve-{}.err", STARTED.fetch_add(1, Ordering::Relaxed)));
        command.stderr(std::fs::File::create(&err).unwrap());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (scheme, host, code) = link(&mut out);
        let mut served = Served { child, out, err, host, port: 0, scheme, tls: None, code };
        served.port = match scheme {
            "http" => served.host.rsplit_once(':').unwrap().1.parse().unwrap(),
            // Its names don't say where it listens.
            _ => {
                let said = served.says("listening on ");
                let rest = said.split_once("listening on ").unwrap().1;
                rest.split_once([',', '\n']).unwrap().0.rsplit_once(':').unwrap().1.parse().unwrap()
            }
        };
        served
    }

    /// Reached over its own TLS.
    pub fn over_tls(mut self, config: ClientConfig) -> Served {
        self.tls = Some(Arc::new(config));
        self
    }

    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it has said this on stderr; yields all that it said.
    #[track_caller]
    pub fn says(&self, part: &str) -> String {
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let said = self.said();
            if said.contains(part) {
                return said;
            }
            assert!(Instant::now() < end, "never `{part}` in:\n{said}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// All that it has said on stderr.
    pub fn said(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(&self.err).unwrap()).into_owned()
    }

    /// Kills it as `kill -9` does.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// The code of the link that was printed last.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Enter at the terminal prints another link.
    pub fn another_code(&mut self) -> String {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        self.code = link(&mut self.out).2;
        self.code.clone()
    }

    pub fn origin(&self) -> String {
        format!("{}://{}", self.scheme, self.host)
    }

    /// Sends these bytes and reads to the end of the connection, or for a second.
    pub fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        match &self.tls {
            None => talk(stream, bytes),
            Some(config) => {
                let name = self.host.split(':').next().unwrap().to_owned();
                let client = ClientConnection::new(Arc::clone(config), name.try_into().unwrap()).unwrap();
                talk(StreamOwned::new(client, stream), bytes)
            }
        }
    }

    /// Comes in with the password, from an address that a header claims.
    pub fn log_in(&self, password: &str, name: &str, more: &[(&str, &str)]) -> Answer {
        let (host, origin) = (self.host.clone(), self.origin());
        let mut headers = vec![
            ("Host", &*host),
            ("Origin", &*origin),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        headers.extend(more);
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("password", password).append_pair("name", name).append_pair("next", "//evil.test");
        self.ask("POST", "/enter", &headers, form.finish().as_bytes())
    }

    /// Whose cookie an answer has set.
    pub fn let_in(&self, entered: &Answer) -> Visitor {
        let cookie = entered.all("set-cookie")[0].split(';').next().unwrap().to_owned();
        let page = self.get("/", &cookie).is(200).text();
        let token = page.split_once("name=\"form-token\" content=\"").unwrap().1.split('"').next().unwrap();
        Visitor { cookie, token: token.to_owned() }
    }

    /// A request with exactly these headers, and `Connection: close`.
    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut bytes = format!("{method} {path} HTTP/1.1\r\nConnection: close\r\n").into_bytes();
        for (name, value) in headers {
            bytes.extend(format!("{name}: {value}\r\n").into_bytes());
        }
        if !body.is_empty() || method == "POST" || method == "PUT" {
            bytes.extend(format!("Content-Length: {}\r\n", body.len()).into_bytes());
        }
        bytes.extend(b"\r\n");
        bytes.extend(body);
        answer(&self.raw(&bytes))
    }

    /// Comes in with a code.
    pub fn enter(&self, code: &str) -> Answer {
        let (host, origin) = (self.host.clone(), self.origin());
        let headers = [
            ("Host", &*host),
            ("Origin", &*origin),
            ("Sec-Fetch-Site", "same-origin"),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        self.ask("POST", "/enter", &headers, format!("code={code}").as_bytes())
    }

    /// Comes in by the link.
    pub fn visitor(&mut self) -> Visitor {
        let code = self.another_code();
        let entered = self.enter(&code).is(204);
        self.let_in(&entered)
    }

    /// What a browser asks for a page.
    pub fn get(&self, path: &str, cookie: &str) -> Answer {
        self.ask(
            "GET",
            path,
            &[("Host", &self.host), ("Cookie", cookie), ("Sec-Fetch-Site", "same-origin")],
            b"",
        )
    }

    /// What a browser posts of a form of ours.
    pub fn post(&self, path: &str, visitor: &Visitor, fields: &[(&str, &str)]) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", &visitor.token);
        fields.iter().for_each(|(name, value)| {
            form.append_pair(name, value);
        });
        let origin = self.origin();
        let headers = [
            ("Host", &*self.host),
            ("Origin", &*origin),
            ("Sec-Fetch-Site", "same-origin"),
            ("Cookie", &*visitor.cookie),
            ("Content-Type", "application/x-www-form-urlencoded"),
        ];
        self.ask("POST", path, &headers, form.finish().as_bytes())
    }

    /// What the script brings.
    pub fn put(&self, path: &str, visitor: &Visitor, name: &str, body: &[u8]) -> Answer {
        let origin = self.origin();
        let headers = [
            ("Host", &*self.host),
            ("Origin", &*origin),
            ("Sec-Fetch-Site", "same-origin"),
            ("Cookie", &*visitor.cookie),
            ("X-Form-Token", &*visitor.token),
            ("X-File-Name", name),
        ];
        self.ask("PUT", path, &headers, body)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Writes, and reads to the end.
fn talk(mut stream: impl Read + Write, bytes: &[u8]) -> Vec<u8> {
    // The server may have answered and gone before all was sent.
    let _ = stream.write_all(bytes);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    answer
}

/// Reads a printed link: scheme, host and code, which is empty where a password opens.
fn link(out: &mut impl std::io::BufRead) -> (&'static str, String, String) {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let line = line.trim();
    if let Some(host) = line.strip_prefix("https://") {
        return ("https", host.to_owned(), String::new());
    }
    let rest = line.strip_prefix("http://").unwrap_or_else(|| panic!("no link: {line:?}"));
    let (host, code) = rest.split_once("/enter#").unwrap();
    ("http", host.to_owned(), code.to_owned())
}

/// Takes an answer apart.
#[track_caller]
pub fn answer(bytes: &[u8]) -> Answer {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n");
    let end = end.unwrap_or_else(|| panic!("no answer: {:?}", String::from_utf8_lossy(bytes)));
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let body = bytes[end + 4..].to_vec();
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    Answer { status, head, body: if chunked { dechunked(&body) } else { body } }
}

fn dechunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    while let Some(end) = body.windows(2).position(|two| two == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        whole.extend(&body[end + 2..end + 2 + length]);
        body = &body[(end + 4 + length).min(body.len())..];
        if length == 0 {
            break;
        }
    }
    whole
}
