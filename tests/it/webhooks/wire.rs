//! The listener's server, over TCP.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sendcast::domain::phone::Phone;
use sendcast::domain::time::Millis;
use sendcast::sys::clock::VirtualClock;
use sendcast::sys::disk::{RealDisk, SharedDisk};
use sendcast::sys::memory_disk::{Fault, MemoryDisk};
use sendcast::webhooks::intake::Keeper;
use sendcast::webhooks::server::{ListenerConfig, serve};
use sendcast::webhooks::{
    Cursor, Inbox, InboxWriter, Intake, PathSecret, SigningSecret, StopWords, Taken, inbox_dir,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::LocalSet;

const SECRET: &str = "CANARY-path-secret-7";
const READ: &str = r#"{"wa_message_id": "wamid.A", "message_status": "read"}"#;

/// A listener on a port of its own.
struct Listener {
    at: SocketAddr,
    inbox: Inbox,
    out: Arc<Mutex<Vec<(Phone, String)>>>,
    taken: Rc<RefCell<Taken>>,
    close: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
}

impl Listener {
    async fn start(disk: SharedDisk, dir: &std::path::Path, signing: Option<&str>) -> Listener {
        let start = Millis(1_795_342_020_000);
        let dir = inbox_dir(&dir.join("accounts/a"));
        let writer = InboxWriter::open(disk.clone(), dir.clone(), start).unwrap();
        let out = Arc::new(Mutex::new(Vec::new()));
        let (list, taken) = (Arc::clone(&out), Rc::new(RefCell::new(Taken::default())));
        let opt_out = Box::new(move |people: &[(Phone, String)], _: Millis| {
            let mut list = list.lock().unwrap();
            let before = list.len();
            for (phone, why) in people {
                if list.iter().all(|(listed, _)| listed != phone) {
                    list.push((*phone, why.clone()));
                }
            }
            Ok((list.len() - before) as u64)
        });
        let keeper = Keeper::new(writer, StopWords::default(), opt_out);
        let told = Rc::clone(&taken);
        let (intake, _task) = Intake::start(keeper, VirtualClock::starting_at(start), move |result| {
            if let Ok(more) = result {
                let sum = told.borrow().and(more);
                *told.borrow_mut() = sum;
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let config = ListenerConfig {
            path: PathSecret::new(SECRET).unwrap(),
            signing: signing.map(|text| SigningSecret::new(text).unwrap()),
            timeout: Duration::from_millis(300),
        };
        let (close, closing) = watch::channel(false);
        let served = tokio::task::spawn_local(serve(listener, config, intake, closing));
        Listener { at, inbox: Inbox::new(disk, dir), out, taken, close, served }
    }

    /// Sends bytes as they are and reads all that comes back.
    async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        // The server may answer and close before all is written.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    async fn request(&self, method: &str, path: &str, headers: &str, body: &str) -> String {
        let length = body.len();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n"
        );
        self.raw(format!("{head}{headers}\r\n{body}").as_bytes()).await
    }

    async fn post(&self, body: &str) -> String {
        self.request("POST", &format!("/hooks/{SECRET}"), "content-type: application/json\r\n", body).await
    }

    fn kept(&self) -> usize {
        let (mut cursor, mut count) = (Cursor::default(), 0);
        loop {
            match self.inbox.read(&mut cursor).unwrap().len() {
                0 => return count,
                more => count += more,
            }
        }
    }
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn what_is_posted_is_kept_before_it_is_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let work = async {
        let listener = Listener::start(RealDisk::shared(), dir.path(), None).await;
        for (n, body) in [READ, r#"{"wa_message_id": "b", "message_status": "sent"}"#].into_iter().enumerate()
        {
            assert_eq!(status(&listener.post(body).await), 200);
            assert_eq!(listener.kept(), n + 1);
        }
        let form = "wa_message_id=c&message_status=failed&failed_reason=x";
        let kind = "content-type: application/x-www-form-urlencoded\r\n";
        assert_eq!(status(&listener.request("POST", &format!("/{SECRET}"), kind, form).await), 200);
        assert_eq!(listener.kept(), 3);
        // STOP, twice: on the list once, with where it came from.
        let stop =
            r#"{"chat_id": "919876543210", "user_message": "Stop, please!", "wa_message_id": "wamid.S"}"#;
        for _ in 0..2 {
            assert_eq!(status(&listener.post(stop).await), 200);
        }
        let button = r#"{"chat_id": "447700900123", "user_message": "Unsubscribe", "postbackid": "b3", "wa_message_id": "d"}"#;
        assert_eq!(status(&listener.post(button).await), 200);
        let order = r#"{"chat_id": "4915112345678", "user_message": "stop the noise, I'd like to order", "wa_message_id": "e"}"#;
        assert_eq!(status(&listener.post(order).await), 200);
        let out = listener.out.lock().unwrap().clone();
        let who: Vec<_> = out.iter().map(|(phone, why)| (phone.digits(), why.as_str())).collect();
        assert_eq!(
            who,
            [
                ("919876543210".to_owned(), "wrote \"Stop, please!\" (webhook)"),
                ("447700900123".to_owned(), "pressed \"Unsubscribe\" (webhook)")
            ]
        );
        let taken = *listener.taken.borrow();
        assert_eq!(taken, Taken { deliveries: 3, replies: 4, buttons: 1, opted_out: 2, ..Taken::default() });
        for entry in std::fs::read_dir(dir.path().join("accounts/a/hooks")).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let inbox = path.to_string_lossy().contains("inbox-");
            assert_eq!((text.contains("please"), text.contains("order")), (inbox, inbox), "{text}");
        }
    };
    LocalSet::new().run_until(work).await;
}

#[tokio::test]
async fn who_does_not_know_the_path_learns_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let work = async {
        let listener = Listener::start(RealDisk::shared(), dir.path(), None).await;
        let mut answers = Vec::new();
        for path in
            ["/", "/hooks", "/hooks/", "/hooks/CANARY-path-secret-8", "/CANARY-path-secret", "/favicon.ico"]
        {
            for method in ["GET", "POST", "DELETE"] {
                let answer = listener.request(method, path, "", READ).await;
                assert_eq!(status(&answer), 404, "{method} {path}");
                let bare: Vec<_> =
                    answer.lines().filter(|line| !line.starts_with("date:")).map(str::to_owned).collect();
                answers.push(bare);
            }
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
        assert!(!answers[0].concat().contains("sendcast"));
        assert_eq!(status(&listener.request("PUT", &format!("/{SECRET}"), "", "").await), 405);
        assert_eq!(listener.kept(), 0);
    };
    LocalSet::new().run_until(work).await;
}

#[tokio::test]
async fn metas_verification_is_answered_for_the_right_token_only() {
    let dir = tempfile::tempdir().unwrap();
    let work = async {
        let listener = Listener::start(RealDisk::shared(), dir.path(), None).await;
        let ask = |token: &str, challenge: &str| {
            format!("/hooks/{SECRET}?hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={token}")
        };
        let answer = listener.request("GET", &ask(SECRET, "115%3Cb%3E"), "", "").await;
        assert!(status(&answer) == 200 && answer.ends_with("\r\n\r\n115<b>"), "{answer}");
        assert!(answer.contains("text/plain") && answer.contains("nosniff"));
        for path in
            [ask("wrong", "1"), ask(SECRET, &"1".repeat(300)), format!("/{SECRET}?hub.mode=subscribe")]
        {
            assert_eq!(status(&listener.request("GET", &path, "", "").await), 403, "{path}");
        }
        assert_eq!(status(&listener.request("GET", &format!("/{SECRET}"), "", "").await), 200);
    };
    LocalSet::new().run_until(work).await;
}

#[tokio::test]
async fn with_a_signing_secret_only_what_is_signed_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let work = async {
        let listener = Listener::start(RealDisk::shared(), dir.path(), Some("CANARY-signing")).await;
        let path = format!("/hooks/{SECRET}");
        let signed = |secret: &str, body: &str| {
            let signature = SigningSecret::new(secret).unwrap().sign(body.as_bytes());
            format!("X-Hub-Signature-256: {signature}\r\n")
        };
        for headers in [
            String::new(),
            signed("other", READ),
            signed("CANARY-signing", "{}"),
            "x-hub-signature-256: sha256=00\r\n".into(),
        ] {
            let answer = listener.request("POST", &path, &headers, READ).await;
            assert_eq!(status(&answer), 401, "{headers}");
            assert!(!answer.contains("CANARY"));
        }
        assert_eq!(listener.kept(), 0);
        assert_eq!(
            status(&listener.request("POST", &path, &signed("CANARY-signing", READ), READ).await),
            200
        );
        assert_eq!(listener.kept(), 1);
    };
    LocalSet::new().run_until(work).await;
}

#[tokio::test]
async fn too_much_too_slow_and_too_broken_is_refused_within_bounds() {
    let dir = tempfile::tempdir().unwrap();
    let work = async {
        let listener = Listener::start(RealDisk::shared(), dir.path(), None).await;
        let path = format!("/hooks/{SECRET}");
        let huge = format!(
            "{{\"wa_message_id\": \"a\", \"message_status\": \"read\", \"x\": \"{}\"}}",
            "x".repeat(2 << 20)
        );
        assert_eq!(status(&listener.post(&huge).await), 413);
        // Not even announced as long: in pieces.
        let mut chunked =
            format!("POST {path} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n").into_bytes();
        for _ in 0..33 {
            chunked.extend(format!("{:x}\r\n{}\r\n", 65536, "y".repeat(65536)).into_bytes());
        }
        chunked.extend(b"0\r\n\r\n");
        assert_eq!(status(&listener.raw(&chunked).await), 413);
        assert_eq!(status(&listener.post("<html>").await), 400);
        // A head, or a body, that doesn't come: the connection ends by itself.
        let started = std::time::Instant::now();
        listener.raw(b"POST /hooks/x HTTP/1.1\r\nhost:").await;
        let slow =
            format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 99\r\n\r\n{{");
        assert_eq!(status(&listener.raw(slow.as_bytes()).await), 408);
        assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
        listener.raw(b"\x00\x01\x02\r\n\r\n").await;
        assert_eq!(listener.kept(), 0);
        assert_eq!(status(&listener.post(READ).await), 200, "and it goes on");
    };
    LocalSet::new().run_until(work).await;
}

#[tokio::test]
async fn what_cant_be_kept_is_not_acknowledged() {
    let work = async {
        let memory = MemoryDisk::new();
        let root = std::path::Path::new("/data");
        let listener = Listener::start(Arc::new(memory.clone()), root, None).await;
        assert_eq!(status(&listener.post(READ).await), 200);
        memory.set_fault(Some((1, Fault::Fail(std::io::ErrorKind::StorageFull))));
        let answer = listener.post(READ).await;
        assert_eq!(status(&answer), 503, "{answer}");
        memory.set_fault(None);
        assert_eq!(status(&listener.post(READ).await), 200, "posted again, it is taken");
        assert!(listener.kept() >= 2);
    };
    LocalSet::new().run_until(work).await;
}

/// What has begun is answered, a connection that waits is closed at once, and nobody new is let in.
#[tokio::test]
async fn it_ends_when_it_is_asked_to() {
    let dir = tempfile::tempdir().unwrap();
    let work = async {
        let listener = Listener::start(RealDisk::shared(), dir.path(), None).await;
        let mut idle = TcpStream::connect(listener.at).await.unwrap();
        let head =
            format!("POST /hooks/{SECRET} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n", READ.len());
        idle.write_all(format!("{head}{READ}").as_bytes()).await.unwrap();
        let mut first = [0; 15];
        idle.read_exact(&mut first).await.unwrap();
        assert_eq!(&first, b"HTTP/1.1 200 OK");
        let mut begun = TcpStream::connect(listener.at).await.unwrap();
        begun.write_all(format!("{head}{}", &READ[..5]).as_bytes()).await.unwrap();
        tokio::time::sleep(Duration::from_millis(30)).await;
        listener.close.send_replace(true);
        begun.write_all(&READ.as_bytes()[5..]).await.unwrap();
        let mut answer = String::new();
        begun.read_to_string(&mut answer).await.unwrap();
        assert_eq!(status(&answer), 200, "{answer}");
        idle.read_to_string(&mut answer).await.unwrap();
        listener.served.await.unwrap();
        assert!(TcpStream::connect(listener.at).await.is_err());
        assert_eq!(listener.inbox.read(&mut Cursor::default()).unwrap().len(), 2);
    };
    LocalSet::new().run_until(work).await;
}
