//! Workflows fire: what is told, in which shape, to whom, and what gets lost on the way where that is asked
//! for.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use sendcast::sandbox::{
    Delivery, HookPost, HookShape, Hooks, Replies, SandboxOptions, Share, Span, spawn_in_thread,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{HELLO, InProcess, TEXT, form_request};

/// Sent after 400 ms, delivered 1 s later, read 5 s later, unless a fault says otherwise.
fn steady() -> Delivery {
    Delivery {
        sent: Span::millis(400, 400),
        delivered: Span::millis(1_000, 1_000),
        read: Span::millis(5_000, 5_000),
        unread: Share::NONE,
        failing: Share::NONE,
        ..Delivery::default()
    }
}

fn sandbox(hooks: Hooks) -> InProcess {
    InProcess::new(SandboxOptions { delivery: steady(), hooks, ..SandboxOptions::default() })
}

async fn listen(sandbox: &InProcess, target: &str) {
    let form = format!("apiToken=t&workflowName=W&targetUrl={target}");
    assert_eq!(sandbox.post("/webhook/workflow/create", &form).await["status"], "1");
}

async fn reply(sandbox: &InProcess, form: &str) -> (StatusCode, Value) {
    let mut request = form_request("", form);
    *request.uri_mut() = "/sandbox/reply".parse().expect("a path");
    let (response, body) = sandbox.call(request).await;
    (response.status(), serde_json::from_str(&body).expect("JSON"))
}

fn body(post: &HookPost) -> Value {
    serde_json::from_slice(&post.body).expect("JSON")
}

/// Message ids and status words of what is due.
fn told(sandbox: &InProcess) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let posts = sandbox.sandbox.due_posts();
    posts.iter().map(body).map(|body| (text(&body["wa_message_id"]), text(&body["message_status"]))).collect()
}

#[tokio::test]
async fn a_workflow_is_told_of_every_status_once_it_is_there() {
    let sandbox = sandbox(Hooks::default());
    let early = sandbox.send("919876543210").await;
    sandbox.advance(500);
    assert_eq!(told(&sandbox), [], "nobody listens");
    listen(&sandbox, "http://127.0.0.1:9/hook").await;
    let id = sandbox.send("4915112345678").await;
    let of = |id: &str, word: &str| (id.to_owned(), word.to_owned());
    assert_eq!(told(&sandbox), []);
    sandbox.advance(400);
    assert_eq!(told(&sandbox), [of(&id, "sent")], "what was before isn't told");
    sandbox.advance(1_000);
    assert_eq!(told(&sandbox), [of(&early, "delivered"), of(&id, "delivered")]);
    assert_eq!(told(&sandbox), [], "once");
    sandbox.advance(60_000);
    assert_eq!(told(&sandbox), [of(&early, "read"), of(&id, "read")]);
    let reset = axum::http::Request::post("/sandbox/reset").body(axum::body::Body::empty());
    sandbox.call(reset.expect("a request")).await;
    sandbox.send("4915112345678").await;
    sandbox.advance(60_000);
    assert_eq!(told(&sandbox), [], "the workflow was forgotten");
}

#[tokio::test]
async fn the_flat_shape_and_the_form_are_the_siblings() {
    let faults = "news:131049".parse().expect("a plan");
    let options = SandboxOptions { delivery: steady(), faults, ..SandboxOptions::default() };
    let sandbox = InProcess::new(options.clone());
    listen(&sandbox, "http://localhost:9/hook?secret=x").await;
    let id = sandbox.send("919876543210").await;
    sandbox.advance(1_400);
    let posts = sandbox.sandbox.due_posts();
    assert_eq!((posts.len(), posts[0].content_type, &posts[0].signature), (2, "application/json", &None));
    assert_eq!(posts[0].target.as_str(), "http://localhost:9/hook?secret=x");
    assert_eq!(
        body(&posts[0]),
        json!({"webhook_type": "message_status_change", "wa_message_id": id, "message_status": "sent",
            "status_time": "2025-11-13 07:43:20", "failed_reason": ""})
    );
    assert_eq!(
        body(&posts[1]),
        json!({"webhook_type": "message_status_change", "wa_message_id": id, "message_status": "failed",
            "status_time": "2025-11-13 07:43:21",
            "failed_reason": "(Error Code : 131049 ) This message was not delivered to maintain healthy ecosystem engagement."})
    );
    let (status, answer) = reply(&sandbox, "from=919876543210&text=STOP").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(
        body(&sandbox.sandbox.due_posts()[0]),
        json!({"chat_id": "919876543210", "user_message": "STOP", "subscriber_id": "919876543210-10",
            "wa_message_id": answer["message_id"], "postbackid": "", "first_name": "Amit"})
    );

    let hooks = Hooks { shape: HookShape::Form, ..Hooks::default() };
    let sandbox = InProcess::new(SandboxOptions { hooks, ..options });
    listen(&sandbox, "http://127.0.0.1:9/").await;
    let id = sandbox.send("919876543210").await;
    sandbox.advance(400);
    let posts = sandbox.sandbox.due_posts();
    assert_eq!(posts[0].content_type, "application/x-www-form-urlencoded");
    let fields: BTreeMap<_, _> = url::form_urlencoded::parse(&posts[0].body).into_owned().collect();
    assert_eq!((fields["wa_message_id"].as_str(), fields["message_status"].as_str()), (id.as_str(), "sent"));
}

#[tokio::test]
async fn metas_shape_is_metas_and_signed() {
    let secret = Some("hush".into());
    let hooks = Hooks { shape: HookShape::Meta, secret, ..Hooks::default() };
    let faults = "news:131026@4915112345678".parse().expect("a plan");
    let options = SandboxOptions { delivery: steady(), faults, hooks, ..SandboxOptions::default() };
    let sandbox = InProcess::new(options);
    listen(&sandbox, "http://[::1]:9/hook").await;
    let (good, bad) = (sandbox.send("919876543210").await, sandbox.send("4915112345678").await);
    let buttons = "/whatsapp/send-interactive-buttons";
    let form =
        "&message=Which%3F&buttons[0][id]=yes&buttons[0][title]=Yes&buttons[1][id]=no&buttons[1][title]=No";
    let common = HELLO.split("&message").next().expect("the rest");
    let asked = sandbox.post(buttons, &format!("{common}{form}")).await["data"]["message_id"].clone();
    sandbox.advance(1_400);
    let posts = sandbox.sandbox.due_posts();
    let status = |post: &HookPost| body(post)["entry"][0]["changes"][0]["value"]["statuses"][0].clone();
    let of = |id: &str, word: &str| {
        let all: Vec<_> = posts.iter().map(&status).filter(|told| told["id"] == id).collect();
        all.into_iter().find(|told| told["status"] == word)
    };
    assert_eq!(posts.len(), 6);
    assert_eq!(
        of(&good, "delivered"),
        Some(
            json!({"id": good, "status": "delivered", "timestamp": "1763000001", "recipient_id": "919876543210"})
        )
    );
    assert_eq!(
        of(&bad, "failed").expect("told")["errors"],
        json!([{"code": 131_026, "title": "Message undeliverable."}])
    );
    let envelope = body(&posts[0]);
    assert_eq!(envelope["object"], "whatsapp_business_account");
    assert_eq!(envelope["entry"][0]["changes"][0]["field"], "messages");
    assert!(
        posts.iter().all(|post| post.signature.as_ref().is_some_and(|s| s.len() == "sha256=".len() + 64))
    );

    let (_, answer) = reply(&sandbox, "from=919876543210&button=no").await;
    let value = body(&sandbox.sandbox.due_posts()[0])["entry"][0]["changes"][0]["value"].clone();
    assert_eq!(
        value["messages"][0],
        json!({"from": "919876543210", "id": answer["message_id"], "timestamp": "1763000001",
            "type": "interactive",
            "interactive": {"type": "button_reply", "button_reply": {"id": "no", "title": "No"}},
            "context": {"from": "PHONE-NUMBER-ID", "id": asked}})
    );
    assert_eq!(value["contacts"][0], json!({"profile": {"name": "Amit"}, "wa_id": "919876543210"}));
    assert_eq!(value["metadata"]["phone_number_id"], "PHONE-NUMBER-ID");
}

#[tokio::test]
async fn a_reply_shows_in_the_conversation_and_what_makes_none_is_refused() {
    let sandbox = InProcess::new(SandboxOptions::default());
    for (form, wrong) in [
        ("text=x", "`from`"),
        ("from=0151&text=x", "`from`"),
        ("from=4915112345678", "either `text` or `button`"),
        ("from=4915112345678&text=x&button=y", "either `text` or `button`"),
        ("from=4915112345678&button=y", "`title`"),
    ] {
        let (status, answer) = reply(&sandbox, form).await;
        assert_eq!(status, StatusCode::BAD_REQUEST);
        assert!(answer["error"].as_str().is_some_and(|text| text.contains(wrong)), "{form}: {answer}");
    }
    sandbox.send("4915112345678").await;
    sandbox.advance(1_000);
    let (_, first) = reply(&sandbox, "from=4915112345678&text=Who is this?").await;
    sandbox.advance(1_000);
    sandbox.send("4915112345678").await;
    let (_, second) = reply(&sandbox, "from=%2B4915112345678&button=b1&title=Fine&number=N2").await;
    // Somebody who was never written to writes first.
    reply(&sandbox, "from=4915100000000&text=Hello").await;
    let conversation = async |query: &str| {
        let path = format!("/api/v1/whatsapp/conversation?apiToken=t&{query}");
        sandbox.get(&path).await["message"].as_array().expect("rows").clone()
    };
    let rows = conversation("subscriberId=4915112345678").await;
    let senders: Vec<_> = rows.iter().map(|row| row["sender"].as_str().expect("a sender")).collect();
    assert_eq!(senders, ["user", "bot", "user", "bot"], "newest first");
    assert_eq!(
        (&rows[0]["wa_message_id"], &rows[2]["wa_message_id"]),
        (&second["message_id"], &first["message_id"])
    );
    assert_eq!(
        (&rows[2]["message_status"], &rows[2]["conversation_time"]),
        (&Value::Null, &json!("2025-11-13 07:43:21"))
    );
    let content: Value =
        serde_json::from_str(rows[2]["message_content"].as_str().expect("text")).expect("JSON");
    assert_eq!(
        (&content["from"], &content["text"]["body"]),
        (&json!("4915112345678"), &json!("Who is this?"))
    );
    let ids: std::collections::BTreeSet<_> = rows.iter().filter_map(|row| row["id"].as_u64()).collect();
    assert_eq!(ids.len(), 4, "each row has an id of its own");
    assert_eq!(conversation("subscriberId=4915112345678&phoneNumberId=N2").await.len(), 1);
    assert_eq!(conversation("subscriberId=4915100000000").await.len(), 1);
    // A reply's id is no message's.
    let id = first["message_id"].as_str().expect("an id");
    assert_eq!(sandbox.status(id).await["message"], "Message not found.");
    assert_eq!(sandbox.stats().replies, 3);
}

#[tokio::test]
async fn news_gets_lost_late_and_double_by_the_seed() {
    let run = async |seed: u64| {
        let hooks = Hooks {
            lost: Share::percent(10),
            twice: Share::percent(20),
            late: Share::percent(30),
            late_by: Span::millis(2_000, 9_000),
            ..Hooks::default()
        };
        let options = SandboxOptions { delivery: steady(), hooks, seed, ..SandboxOptions::default() };
        let sandbox = InProcess::new(options);
        listen(&sandbox, "http://127.0.0.1:9/").await;
        for n in 0..300 {
            sandbox.send(&format!("9198765{n:05}")).await;
        }
        let (mut all, mut backwards) = (Vec::new(), 0);
        let mut last = BTreeMap::<String, String>::new();
        for _ in 0..300 {
            sandbox.advance(100);
            for (id, word) in told(&sandbox) {
                let rank = |word: &str| ["sent", "delivered", "read"].iter().position(|known| *known == word);
                let before = last.insert(id.clone(), word.clone());
                backwards += u32::from(before.is_some_and(|before| rank(&before) > rank(&word)));
                all.push((id, word));
            }
        }
        let stats = sandbox.stats().hooks;
        let distinct: std::collections::BTreeSet<_> = all.iter().cloned().collect();
        assert_eq!(900 - stats.lost, distinct.len() as u64);
        assert_eq!(all.len() as u64, distinct.len() as u64 + stats.twice);
        assert!(backwards > 30, "some come after what happened after them: {backwards}");
        (all, stats)
    };
    let (all, stats) = run(7).await;
    assert_eq!(run(7).await, (all.clone(), stats), "the same seed, the same news");
    assert_ne!(run(8).await.0, all);
    assert!((50..130).contains(&stats.lost) && (110..220).contains(&stats.twice), "{stats:?}");
    assert!((180..310).contains(&stats.late), "{stats:?}");
}

#[tokio::test]
async fn people_reply_by_themselves_where_that_is_asked_for() {
    let replies = Replies { share: Share::percent(50), after: Span::millis(1_000, 4_000) };
    let sandbox = InProcess::new(SandboxOptions { delivery: steady(), replies, ..SandboxOptions::default() });
    let buttons = "buttons[0][id]=yes&buttons[0][title]=Yes&buttons[1][id]=no&buttons[1][title]=No";
    for n in 0..400 {
        let form = format!("apiToken=t&phoneNumberId=N&to=9198765{n:05}&message=Which%3F&{buttons}");
        sandbox.post("/whatsapp/send-interactive-buttons", &form).await;
    }
    sandbox.advance(1_400);
    assert!(sandbox.sandbox.due_posts().is_empty());
    assert_eq!(sandbox.stats().replies, 0, "nobody replies to what hasn't reached them");
    sandbox.advance(4_000);
    assert!(sandbox.sandbox.due_posts().is_empty(), "nobody listens, and people reply all the same");
    let mut said = BTreeMap::<String, u32>::new();
    for n in 0..400 {
        let path = format!("/api/v1/whatsapp/conversation?apiToken=t&subscriberId=9198765{n:05}");
        let rows = sandbox.get(&path).await["message"].as_array().expect("rows").clone();
        if let Some(row) = rows.iter().find(|row| row["sender"] == "user") {
            let content: Value =
                serde_json::from_str(row["message_content"].as_str().expect("text")).expect("JSON");
            let button = content["interactive"]["button_reply"]["id"].as_str();
            let text = button.or(content["text"]["body"].as_str()).expect("something").to_owned();
            *said.entry(text).or_default() += 1;
        }
    }
    let sum = said.values().sum::<u32>();
    assert_eq!(u64::from(sum), sandbox.stats().replies);
    assert!((160..240).contains(&sum) && said["STOP"] < said["no"] && said["STOP"] < said["yes"], "{said:?}");
    let typed = sum - said["STOP"] - said["no"] - said["yes"];
    assert!(said.len() > 8 && typed < said["no"] + said["yes"], "others write something: {said:?}");
}

/// A listener that hands on what it gets, and answers with what the test says.
struct Listener {
    address: std::net::SocketAddr,
    got: mpsc::UnboundedReceiver<(HeaderMap, Value)>,
}

impl Listener {
    /// `refusals` POSTs are refused first.
    async fn start(refusals: u32) -> Listener {
        let (sender, got) = mpsc::unbounded_channel();
        let left = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(refusals));
        let take = move |State(sender): State<mpsc::UnboundedSender<_>>, headers: HeaderMap, body: Bytes| async move {
            use std::sync::atomic::Ordering::SeqCst;
            if left.fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1)).is_ok() {
                return StatusCode::SERVICE_UNAVAILABLE;
            }
            // A target takes its time, so that what is noted as told is later than what was told.
            tokio::time::sleep(Duration::from_millis(2)).await;
            let _ = sender.send((headers, serde_json::from_slice(&body).expect("JSON")));
            StatusCode::OK
        };
        let router = Router::new().route("/hook/{secret}", post(take)).with_state(sender);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        Listener { address, got }
    }

    async fn next(&mut self) -> (HeaderMap, Value) {
        let got = tokio::time::timeout(Duration::from_secs(30), self.got.recv()).await;
        got.expect("it comes in time").expect("it listens")
    }
}

/// A sandbox over TCP whose messages are read at once, and a POST to it.
async fn api(base: &str, path: &str, form: &str) -> Value {
    let request = reqwest::Client::new()
        .post(format!("{base}{path}"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(form.to_owned());
    serde_json::from_str(&request.send().await.expect("an answer").text().await.expect("a body"))
        .expect("JSON")
}

fn at_once() -> Delivery {
    let now = Span::millis(0, 0);
    Delivery {
        sent: now,
        delivered: now,
        read: now,
        unread: Share::NONE,
        failing: Share::NONE,
        ..Delivery::default()
    }
}

#[tokio::test]
async fn over_tcp_news_is_posted_signed_and_again_where_it_was_refused() {
    let mut listener = Listener::start(2).await;
    let hooks = Hooks { shape: HookShape::Meta, secret: Some("hush".into()), ..Hooks::default() };
    let sandbox = spawn_in_thread(SandboxOptions { delivery: at_once(), hooks, ..SandboxOptions::default() })
        .expect("a sandbox");
    let base = sandbox.base_url();
    for target in [&format!("http://{}/hook/s3cret", listener.address), "http://example.invalid/never"] {
        let form = format!("apiToken=t&workflowName=W&targetUrl={target}");
        assert_eq!(api(&base, "/webhook/workflow/create", &form).await["status"], "1");
    }
    let id = api(&base, TEXT, HELLO).await["data"]["message_id"].clone();
    let mut words = Vec::new();
    for _ in 0..3 {
        let (headers, body) = listener.next().await;
        assert!(headers["x-hub-signature-256"].to_str().expect("text").starts_with("sha256="));
        assert_eq!(headers["content-type"], "application/json");
        let status = &body["entry"][0]["changes"][0]["value"]["statuses"][0];
        assert_eq!(status["id"], id);
        words.push(status["status"].as_str().expect("a word").to_owned());
    }
    words.sort();
    assert_eq!(words, ["delivered", "read", "sent"]);
    let root = base.trim_end_matches("/api/v1");
    let replied = api(root, "/sandbox/reply", "from=919876543210&text=STOP").await;
    let (_, body) = listener.next().await;
    let message = &body["entry"][0]["changes"][0]["value"]["messages"][0];
    assert_eq!((&message["id"], &message["text"]["body"]), (&replied["message_id"], &json!("STOP")));
    // Taken is counted once the answer is there, which may be after the listener told of it.
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while sandbox.stats().hooks.taken < 4 && std::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let stats = sandbox.stats().hooks;
    assert_eq!((stats.taken, stats.refused, stats.dropped), (4, 2, 0));
}

#[tokio::test]
async fn over_tcp_thousands_of_news_arrive_each() {
    const MESSAGES: usize = 1_000;
    let mut listener = Listener::start(0).await;
    let options = SandboxOptions { delivery: at_once(), ..SandboxOptions::default() };
    let sandbox = spawn_in_thread(options).expect("a sandbox");
    let base = sandbox.base_url();
    let form = format!("apiToken=t&workflowName=W&targetUrl=http://{}/hook/x", listener.address);
    api(&base, "/webhook/workflow/create", &form).await;
    let client = reqwest::Client::new();
    for n in 0..MESSAGES {
        let form = HELLO.replace("919876543210", &format!("9198765{n:05}"));
        let request = client.post(format!("{base}{TEXT}")).body(form);
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        request.send().await.expect("an answer");
    }
    let mut counts = BTreeMap::<String, usize>::new();
    for _ in 0..3 * MESSAGES {
        let (_, body) = listener.next().await;
        *counts.entry(body["message_status"].as_str().expect("a word").to_owned()).or_default() += 1;
    }
    assert_eq!(counts.into_values().collect::<Vec<_>>(), [MESSAGES; 3]);
}

#[tokio::test]
async fn a_sandbox_that_is_opened_again_tells_what_fell_due_meanwhile() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = || SandboxOptions {
        delivery: steady(),
        ledger_dir: Some(dir.path().to_owned()),
        ..SandboxOptions::default()
    };
    let first = InProcess::new(options());
    listen(&first, "http://127.0.0.1:9/").await;
    let id = first.send("919876543210").await;
    first.advance(400);
    assert_eq!(told(&first).len(), 1);
    drop(first);
    let second = InProcess::new(options());
    second.advance(1_500);
    let of = |word: &str| (id.clone(), word.to_owned());
    assert_eq!(told(&second), [of("sent"), of("delivered")], "at least once");
}

/// How many lines of the book note what was told.
fn notes(dir: &std::path::Path) -> usize {
    let book = std::fs::read_to_string(dir.join("sandbox-account.jsonl")).expect("the book");
    book.lines().filter(|line| line.contains(r#""change":"told""#)).count()
}

#[tokio::test]
async fn over_tcp_what_was_told_is_not_told_again_after_a_restart() {
    let dir = tempfile::tempdir().expect("a directory");
    let mut listener = Listener::start(0).await;
    let ledger_dir = Some(dir.path().to_owned());
    let options = || SandboxOptions {
        delivery: at_once(),
        ledger_dir: ledger_dir.clone(),
        ..SandboxOptions::default()
    };
    let sandbox = spawn_in_thread(options()).expect("a sandbox");
    let form = format!("apiToken=t&workflowName=W&targetUrl=http://{}/hook/x", listener.address);
    api(&sandbox.base_url(), "/webhook/workflow/create", &form).await;
    let first = api(&sandbox.base_url(), TEXT, HELLO).await["data"]["message_id"].clone();
    for _ in 0..3 {
        assert_eq!(listener.next().await.1["wa_message_id"], first);
    }
    let deadline = std::time::Instant::now() + Duration::from_secs(30);
    while notes(dir.path()) == 0 && std::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(notes(dir.path()), 1, "noted now and then, not each time");
    sandbox.stop().expect("stops");
    let sandbox = spawn_in_thread(options()).expect("opens again");
    let second = api(&sandbox.base_url(), TEXT, HELLO).await["data"]["message_id"].clone();
    for _ in 0..3 {
        assert_eq!(listener.next().await.1["wa_message_id"], second);
    }
}
