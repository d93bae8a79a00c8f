//! `sendcast serve`, and requests to it byte by byte.

use std::io::{BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

/// A dashboard of its own process; it ends with this value.
pub struct Served {
    child: Child,
    out: BufReader<ChildStdout>,
    /// `sendcast-….localhost:PORT`
    pub host: String,
    pub port: u16,
    code: String,
}

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
        let mut command = Command::new(env!("CARGO_BIN_EXE_sendcast"));
        command.args(["serve", "--port", "0", "--timezone", "UTC", "--data-dir"]).arg(data).args(more);
        command.env_remove("SENDWO_API_TOKEN").env_remove("SENDCAST_DATA_DIR").env_remove("SENDWO_BASE_URL");
        command.current_dir(data.parent().unwrap());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (host, code) = link(&mut out);
        let port = host.rsplit_once(':').unwrap().1.parse().unwrap();
        Served { child, out, host, port, code }
    }

    /// The code of the link that was printed last.
    pub fn code(&self) -> &str {
        &self.code
    }

    /// Enter at the terminal prints another link.
    pub fn another_code(&mut self) -> String {
        self.child.stdin.as_mut().unwrap().write_all(b"\n").unwrap();
        self.code = link(&mut self.out).1;
        self.code.clone()
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.host)
    }

    /// Sends these bytes and reads to the end of the connection, or for a second.
    pub fn raw(&self, bytes: &[u8]) -> Vec<u8> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        // The server may have answered and gone before all was sent.
        let _ = stream.write_all(bytes);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        answer
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
        let cookie = entered.all("set-cookie")[0].split(';').next().unwrap().to_owned();
        let page = self.get("/", &cookie).is(200).text();
        let token = page.split_once("name=\"form-token\" content=\"").unwrap().1.split('"').next().unwrap();
        Visitor { cookie, token: token.to_owned() }
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

/// Reads a printed link: host and code.
fn link(out: &mut impl std::io::BufRead) -> (String, String) {
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let rest = line.trim().strip_prefix("http://").unwrap_or_else(|| panic!("no link: {line:?}"));
    let (host, code) = rest.split_once("/enter#").unwrap();
    (host.to_owned(), code.to_owned())
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
