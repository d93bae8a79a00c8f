//! The sandbox, in process and over TCP.
#![cfg(test)] // lets clippy take the helpers for test code

mod accounts;
mod command;
mod documented;
mod faults;
mod hooks;
mod resources;
mod tcp;

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use sendcast::domain::time::Millis;
use sendcast::sandbox::{Conversation, Delivery, Sandbox, SandboxOptions, Share, Span, Stats};
use serde_json::{Value, json};
use tower::ServiceExt;

const START: u64 = 1_763_000_000_000;
const TEXT: &str = "/whatsapp/send-text-message";
const HELLO: &str =
    "apiToken=API-KEY&phoneNumberId=PHONE-NUMBER-ID&to=919876543210&message=Hello from Sendwo API";

/// A sandbox in process whose clock the test holds.
struct InProcess {
    sandbox: Sandbox,
    router: Router,
    now: Arc<AtomicU64>,
}

impl InProcess {
    fn new(options: SandboxOptions) -> InProcess {
        let now = Arc::new(AtomicU64::new(START));
        let clock = Arc::clone(&now);
        let sandbox = Sandbox::new(options, Arc::new(move || Millis(clock.load(Ordering::SeqCst))));
        let sandbox = sandbox.expect("a sandbox");
        InProcess { router: sandbox.router(), sandbox, now }
    }

    fn with_faults(plan: &str) -> InProcess {
        InProcess::new(SandboxOptions { faults: plan.parse().expect("a plan"), ..SandboxOptions::default() })
    }

    fn advance(&self, ms: u64) {
        self.now.fetch_add(ms, Ordering::SeqCst);
    }

    fn router(&self) -> Router {
        self.router.clone()
    }

    fn stats(&self) -> Stats {
        self.sandbox.stats()
    }

    async fn call(&self, request: Request<Body>) -> (Response<()>, String) {
        let (parts, body) = self.router().oneshot(request).await.expect("infallible").into_parts();
        let body = axum::body::to_bytes(body, 1 << 24).await.expect("a body");
        (Response::from_parts(parts, ()), String::from_utf8(body.to_vec()).expect("text"))
    }

    /// POSTs a form to the API; the answer is JSON with HTTP 200.
    async fn post(&self, path: &str, form: &str) -> Value {
        let (response, body) = self.call(form_request(path, form)).await;
        assert_eq!(response.status(), StatusCode::OK, "{body}");
        serde_json::from_str(&body).expect("JSON")
    }

    async fn get(&self, path_and_query: &str) -> Value {
        let (_, body) = self.call(Request::get(path_and_query).body(Body::empty()).expect("a request")).await;
        serde_json::from_str(&body).expect("JSON")
    }

    /// Sends the documented text to someone and returns the id.
    async fn send(&self, to: &str) -> String {
        let answer = self.post(TEXT, &HELLO.replace("919876543210", to)).await;
        answer["data"]["message_id"].as_str().unwrap_or_else(|| panic!("no id in {answer}")).to_owned()
    }

    async fn status(&self, id: &str) -> Value {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("apiToken", "t").append_pair("messageId", id);
        self.get(&format!("/api/v1/whatsapp/message/delivery-status?{}", query.finish())).await
    }
}

fn form_request(path: &str, form: &str) -> Request<Body> {
    Request::post(format!("/api/v1{path}"))
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form.to_owned()))
        .expect("a request")
}

fn refusal(text: &str) -> Value {
    json!({"status": "0", "message": text})
}

#[tokio::test]
async fn every_documented_call_gets_the_documented_answer() {
    let sandbox = InProcess::new(SandboxOptions::default());
    let common = "apiToken=API-KEY&phoneNumberId=PHONE-NUMBER-ID&to=919876543210";
    let buttons = "buttons[0][id]=book_demo&buttons[0][title]=Book Call&buttons[1][id]=pricing&buttons[1][title]=View Pricing";
    for (path, form) in [
        (TEXT, HELLO.to_owned()),
        ("/whatsapp/send-interactive-buttons", format!("{common}&message=Choose an option&{buttons}")),
        (
            "/whatsapp/send-media",
            format!(
                "{common}&mediaType=image&mediaUrl=https://example.com/product-image.jpg&caption=Here is your product image"
            ),
        ),
    ] {
        let mut answer = sandbox.post(path, &form).await;
        let id = answer["data"]["message_id"].take();
        assert_eq!(
            answer,
            json!({"status": "1", "message": "Message sent successfully.", "data": {"message_id": null}})
        );
        assert!(id.as_str().is_some_and(|id| id.starts_with("wamid.HBgMOTE5ODc2NTQzMjEwFQIA")), "{id}");
    }
    let flow = sandbox.post("/whatsapp/trigger-bot-flow", &format!("{common}&flowId=FLOW-ID")).await;
    assert_eq!(flow["status"], "1");
    assert!(flow["message"].is_string() && flow.get("data").is_none(), "a flow has no id: {flow}");

    let account = json!({"status": "1", "message": [{
        "id": 10, "display_phone_number": "+91 98765 XXXXX", "phone_number_id": "PHONE_NUMBER_ID",
        "whatsapp_business_account_id": "WABA_ID", "verified_name": "Your Brand"}]});
    let list = "/whatsapp/connect/account/list";
    assert_eq!(sandbox.get(&format!("/api/v1{list}?apiToken=API-KEY")).await, account);
    assert_eq!(sandbox.post(list, "apiToken=API-KEY").await, account);
    let info = sandbox.post("/user/myInfo", "apiToken=API-KEY").await;
    assert_eq!(sandbox.get("/api/v1/user/myInfo?apiToken=API-KEY").await, info);
    assert_eq!((&info["message"]["user_id"], &info["message"]["status"]), (&json!(114), &json!("1")));
    assert_eq!(info["message"]["whatsapp_bots_details"][0]["whatsapp_business_name"], "Sendwo");

    let status = sandbox.status("MESSAGE-ID").await;
    assert_eq!((&status["status"], &status["message"]["message_status"]), (&json!("1"), &json!("delivered")));
    let fresh = InProcess::new(SandboxOptions::default());
    let conversation = "/api/v1/whatsapp/conversation?apiToken=API-KEY&subscriberId=SUBSCRIBER-ID";
    assert_eq!(fresh.get(conversation).await, json!({"status": "1", "message": []}));

    let stats = sandbox.stats();
    assert_eq!((stats.accepted, stats.recipients["919876543210"]), (4, 4));
    assert_eq!(stats.by_type.values().copied().collect::<Vec<_>>(), [1, 1, 1, 1]);
    assert_eq!((stats.posts, stats.polls, stats.requests), (4, 1, 9));
    assert_eq!(stats.duplicates["919876543210"], 4);
}

#[tokio::test]
async fn a_send_may_come_as_json_or_in_the_query() {
    let sandbox = InProcess::new(SandboxOptions::default());
    let body = json!({"apiToken": "t", "phoneNumberId": "N", "to": 919876543210_u64, "message": "Ünï — 🎉"});
    let json = Request::post("/api/v1/whatsapp/send-text-message")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Body::from(body.to_string()))
        .expect("a request");
    let query = Request::post(
        "/api/v1/whatsapp/send-text-message?apiToken=t&phoneNumberId=N&to=%2B919876543210&message=Hi",
    )
    .body(Body::empty())
    .expect("a request");
    for request in [json, query] {
        let (response, body) = sandbox.call(request).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(body.contains(r#""status":"1""#), "{body}");
    }
    let listed = sandbox.get("/sandbox/messages?to=919876543210").await;
    assert_eq!(listed["messages"][0]["message"]["Text"]["body"], "Ünï — 🎉");
    assert_eq!(listed["messages"][1]["message"]["Text"]["body"], "Hi");
}

#[tokio::test]
async fn the_token_is_checked() {
    let token = Some("right|token".into());
    let sandbox = InProcess::new(SandboxOptions { token, ..SandboxOptions::default() });
    for wrong in ["right|toke", "right|tokex", "x", "right|token2"] {
        let (response, body) = sandbox.call(form_request("/user/myInfo", &format!("apiToken={wrong}"))).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(body, r#"{"status":"0","message":"Unauthenticated."}"#);
    }
    assert_eq!(sandbox.post("/user/myInfo", "apiToken=right%7Ctoken").await["status"], "1");
    for missing in ["", "apiToken="] {
        let (response, body) = sandbox.call(form_request(TEXT, missing)).await;
        assert_eq!(response.status(), StatusCode::FOUND);
        assert_eq!(response.headers()[header::LOCATION], "/login");
        assert!(body.starts_with("<!DOCTYPE html>"));
    }
    let (response, body) = sandbox.call(Request::get("/login").body(Body::empty()).expect("a request")).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert!(response.headers()[header::CONTENT_TYPE].to_str().expect("text").starts_with("text/html"));
    assert!(body.contains("Login"));
    let refused = sandbox.stats().refused;
    assert_eq!((refused["unauthenticated"], refused["no_token"]), (4, 2));
    assert!(!format!("{:?}", sandbox.sandbox).contains("right"));
}

#[tokio::test]
async fn what_whatsapp_would_not_take_is_refused() {
    let numbers = vec!["15550001111".to_owned()];
    let sandbox =
        InProcess::new(SandboxOptions { numbers, only_these_numbers: true, ..SandboxOptions::default() });
    let long = "ä".repeat(4_097);
    let cases = [
        (TEXT, "to=919876543210&message=x", "The phone number id field is required."),
        (TEXT, "phoneNumberId=15550001111&message=x", "The to field is required."),
        (TEXT, "phoneNumberId=15550001111&to=919876543210&message=+", "The message field is required."),
        (TEXT, "phoneNumberId=15550001111&to=0123&message=x", "(Error Code : 131009 )"),
        (TEXT, &format!("phoneNumberId=15550001111&to=919876543210&message={long}"), "(Error Code : 100 )"),
        (TEXT, "phoneNumberId=15550002222&to=919876543210&message=x", "WhatsApp account not found"),
        ("/whatsapp/send-media", "mediaUrl=https://x.y/z.jpg", "The media type field is required."),
        ("/whatsapp/send-media", "mediaType=gif&mediaUrl=https://x.y/z.gif", "media type is invalid"),
        ("/whatsapp/send-media", "mediaType=image&mediaUrl=ftp://x.y/z.jpg", "must be a valid URL"),
        (
            "/whatsapp/send-media",
            "mediaType=audio&mediaUrl=https://x.y/z.mp3&caption=x",
            "(Error Code : 100 )",
        ),
        ("/whatsapp/send-interactive-buttons", "message=x", "You can send between 1 and 3 reply buttons."),
        (
            "/whatsapp/send-interactive-buttons",
            "message=x&buttons[0][id]=a&buttons[0][title]=This title is too long",
            "Button title length invalid",
        ),
        (
            "/whatsapp/send-interactive-buttons",
            "message=x&buttons[0][id]=a&buttons[0][title]=A&buttons[1][id]=b&buttons[1][title]=A",
            "duplicated",
        ),
        ("/whatsapp/trigger-bot-flow", "flowId=", "The flow id field is required."),
    ];
    for (path, form, expected) in cases {
        let whole = if form.contains("to=") || form.contains("phoneNumberId") {
            format!("apiToken=t&{form}")
        } else {
            format!("apiToken=t&phoneNumberId=15550001111&to=919876543210&{form}")
        };
        let answer = sandbox.post(path, &whole).await;
        assert_eq!(answer["status"], "0", "{form}");
        assert!(answer["message"].as_str().is_some_and(|text| text.contains(expected)), "{form}: {answer}");
    }
    assert_eq!(sandbox.stats().accepted, 0);
    assert_eq!(sandbox.stats().refused.values().sum::<u64>(), cases.len() as u64);
    let exactly = HELLO.replace("Hello from Sendwo API", &"ä".repeat(4_096));
    assert_eq!(sandbox.post(TEXT, &exactly).await["status"], "1");

    let open = InProcess::new(SandboxOptions::default());
    assert_eq!(open.post(TEXT, &HELLO.replace("PHONE-NUMBER-ID", "1234")).await["status"], "1");
    let unknown = open.post(TEXT, &HELLO.replace("PHONE-NUMBER-ID", "unknown-1")).await;
    assert_eq!(unknown, refusal("WhatsApp account not found. Please check the phone number id."));
}

#[tokio::test]
async fn a_slash_at_a_paths_end_makes_no_difference_and_a_multipart_form_is_refused_plainly() {
    let sandbox = InProcess::new(SandboxOptions::default());
    let answer = sandbox.post(&format!("{TEXT}/"), HELLO).await;
    assert_eq!(answer["status"], "1");
    let form = "--x\r\nContent-Disposition: form-data; name=\"apiToken\"\r\n\r\nt\r\n--x--\r\n";
    let request = Request::post(format!("/api/v1{TEXT}"))
        .header(header::CONTENT_TYPE, "multipart/form-data; boundary=x")
        .body(Body::from(form))
        .expect("a request");
    let (response, body) = sandbox.call(request).await;
    assert_eq!(response.status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert!(body.contains("x-www-form-urlencoded"), "{body}");
}

#[tokio::test]
async fn other_paths_and_methods_are_refused() {
    let sandbox = InProcess::new(SandboxOptions::default());
    let get = Request::get(format!("/api/v1{TEXT}?apiToken=t")).body(Body::empty()).expect("a request");
    assert_eq!(sandbox.call(get).await.0.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(sandbox.call(form_request("/nothing", "apiToken=t")).await.0.status(), StatusCode::NOT_FOUND);
    let huge = form_request(TEXT, &"x".repeat((1 << 20) + 1));
    assert_eq!(sandbox.call(huge).await.0.status(), StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn statuses_move_with_the_clock() {
    let delivery = Delivery {
        sent: Span::millis(400, 400),
        delivered: Span::millis(1_000, 1_000),
        read: Span::millis(5_000, 5_000),
        unread: Share::NONE,
        failing: Share::NONE,
        ..Delivery::default()
    };
    let faults = "news:131049@4915112345678".parse().expect("a plan");
    let sandbox = InProcess::new(SandboxOptions { delivery, faults, ..SandboxOptions::default() });
    let (good, bad) = (sandbox.send("919876543210").await, sandbox.send("4915112345678").await);
    // START is 2025-11-13 02:13:20 UTC; the server is at +05:30.
    let expected = |word: &str, at: &str, read: Value| {
        json!({"status": "1", "message": {"message_status": word, "delivery_status_updated_at": at,
            "read_time": read, "failed_time": null, "failed_reason": ""}})
    };
    assert_eq!(sandbox.status(&good).await, expected("accepted", "2025-11-13 07:43:20", Value::Null));
    sandbox.advance(399);
    assert_eq!(sandbox.status(&good).await["message"]["message_status"], "accepted");
    sandbox.advance(1);
    assert_eq!(sandbox.status(&good).await["message"]["message_status"], "sent");
    assert_eq!(sandbox.status(&bad).await["message"]["message_status"], "sent");
    sandbox.advance(1_000);
    assert_eq!(sandbox.status(&good).await, expected("delivered", "2025-11-13 07:43:21", Value::Null));
    let failed = sandbox.status(&bad).await;
    assert_eq!(failed["message"]["message_status"], "failed");
    assert_eq!(failed["message"]["failed_time"], "2025-11-13 07:43:21");
    assert!(
        failed["message"]["failed_reason"].as_str().is_some_and(|t| t.starts_with("(Error Code : 131049 )"))
    );
    sandbox.advance(5_000);
    assert_eq!(
        sandbox.status(&good).await,
        expected("read", "2025-11-13 07:43:21", json!("2025-11-13 07:43:26"))
    );
    assert_eq!(sandbox.status("wamid.HBgMOTE5ODc2NTQzMjEwFQIA").await, refusal("Message not found."));
    assert_eq!(sandbox.stats().polls, 8);
}

#[tokio::test]
async fn shares_of_deliveries_hold() {
    let delivery =
        Delivery { failing: Share::percent(10), unread: Share::percent(50), ..Delivery::default() };
    let sandbox = InProcess::new(SandboxOptions { delivery, ..SandboxOptions::default() });
    let mut ids = Vec::new();
    for n in 0..1_000 {
        ids.push(sandbox.send(&format!("9198765{n:05}")).await);
    }
    sandbox.advance(15_000);
    let mut counts = std::collections::BTreeMap::<String, usize>::new();
    for id in &ids {
        let status =
            sandbox.status(id).await["message"]["message_status"].as_str().expect("a word").to_owned();
        *counts.entry(status).or_default() += 1;
    }
    assert_eq!(counts.keys().collect::<Vec<_>>(), ["delivered", "failed", "read"]);
    assert!((70..130).contains(&counts["failed"]), "{counts:?}");
    assert!((390..510).contains(&counts["read"]), "{counts:?}");
}

#[tokio::test]
async fn a_conversation_is_listed_newest_first_in_pages() {
    let conversation = Conversation { rows: 2, lag: Duration::from_secs(3) };
    let sandbox = InProcess::new(SandboxOptions { conversation, ..SandboxOptions::default() });
    let page = async |n: usize| {
        let query = format!("/api/v1/whatsapp/conversation?apiToken=t&subscriberId=919876543210&page={n}");
        sandbox.get(&query).await["message"].as_array().expect("rows").clone()
    };
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(sandbox.send("919876543210").await);
        sandbox.advance(1_000);
    }
    sandbox.send("4915112345678").await;
    sandbox.post("/whatsapp/trigger-bot-flow", &format!("{HELLO}&flowId=7")).await;
    assert_eq!(page(1).await.len(), 1, "the others don't show yet");
    sandbox.advance(2_999);
    let (first, second) = (page(1).await, page(2).await);
    let shown: Vec<_> = first.iter().chain(&second).map(|row| row["wa_message_id"].clone()).collect();
    assert_eq!(shown, [ids[2].as_str(), &ids[1], &ids[0]]);
    assert!(page(3).await.is_empty());
    let row = &first[0];
    assert_eq!((&row["sender"], &row["conversation_time"]), (&json!("bot"), &json!("2025-11-13 07:43:22")));
    let content: Value = serde_json::from_str(row["message_content"].as_str().expect("text")).expect("JSON");
    assert_eq!(content["text"]["body"], "Hello from Sendwo API");
    assert_eq!((&content["to"], &content["type"]), (&json!("919876543210"), &json!("text")));
    let nobody = "/api/v1/whatsapp/conversation?apiToken=t&subscriberId=4912345678901";
    assert_eq!(sandbox.get(nobody).await, refusal("Subscriber not found."));
}

#[tokio::test]
async fn the_plan_and_the_ledger_can_be_changed_while_it_runs() {
    let sandbox = InProcess::new(SandboxOptions::default());
    let id = sandbox.send("919876543210").await;
    let set =
        |plan: &'static str| Request::post("/sandbox/faults").body(Body::from(plan)).expect("a request");
    assert_eq!(sandbox.call(set("500=1x, reset=5%")).await.1, r#"{"faults":"500=1x,reset=5%"}"#);
    assert_eq!(sandbox.call(form_request(TEXT, HELLO)).await.0.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let (response, body) = sandbox.call(set("nonsense")).await;
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(body.contains("fault `nonsense`"), "{body}");
    sandbox.call(set("")).await;

    let stats: Stats = serde_json::from_value(sandbox.get("/sandbox/stats").await).expect("stats");
    assert_eq!((stats, sandbox.stats().faults["500=1x"]), (sandbox.stats(), 1));
    sandbox.advance(1);
    sandbox.call(Request::post("/sandbox/reset").body(Body::empty()).expect("a request")).await;
    assert_eq!(
        sandbox.stats(),
        Stats { by_type: sandbox.stats().by_type, subscribers: 1, ..Stats::default() }
    );
    assert_eq!(sandbox.status(&id).await, refusal("Message not found."));
    assert_ne!(sandbox.send("919876543210").await, id, "ids are not given twice");
}

#[tokio::test]
async fn the_ledger_survives_the_process() {
    let dir = tempfile::tempdir().expect("a directory");
    let options =
        || SandboxOptions { ledger_dir: Some(dir.path().join("ledger")), ..SandboxOptions::default() };
    let first = InProcess::new(options());
    let ids = [first.send("919876543210").await, first.send("4915112345678").await];
    first.advance(20_000);
    let before = [first.status(&ids[0]).await, first.status(&ids[1]).await];
    drop(first);
    let file = dir.path().join("ledger/sandbox-ledger.jsonl");
    let mut torn = std::fs::File::options().append(true).open(&file).expect("the ledger");
    torn.write_all(br#"{"at":1763000000000,"from":"N","to":91"#).expect("writes");
    drop(torn);

    // Another seed and other shares: what was accepted keeps its id and its fate.
    let delivery = Delivery { failing: Share::ALL, ..Delivery::default() };
    let second = InProcess::new(SandboxOptions { seed: 99, delivery, ..options() });
    second.advance(20_000);
    assert_eq!([second.status(&ids[0]).await, second.status(&ids[1]).await], before);
    let third = second.send("919876543210").await;
    assert!(!ids.contains(&third));
    let stats = second.stats();
    assert_eq!(
        (stats.accepted, stats.recipients["919876543210"], stats.recipients["4915112345678"]),
        (3, 2, 1)
    );
    assert_eq!(stats.posts, 1, "arrivals are this process's");
    let listed = second.get("/sandbox/messages?page=2&limit=2").await;
    assert_eq!(listed["messages"][0]["message_id"], third.as_str());
    drop(second);
    assert_eq!(std::fs::read_to_string(&file).expect("text").lines().count(), 4);
}
