//! Subscribers, labels, notes, the catalog and workflows: what is changed is seen, what is wrong is refused.

use sendcast::sandbox::{Limits, Lists, SandboxOptions};
use serde_json::{Value, json};

use super::{HELLO, InProcess, TEXT, refusal};

fn fresh() -> InProcess {
    InProcess::new(SandboxOptions::default())
}

/// POSTs these parameters behind the token.
async fn post(sandbox: &InProcess, path: &str, form: &str) -> Value {
    sandbox.post(path, &format!("apiToken=t&{form}")).await
}

async fn list(sandbox: &InProcess, path: &str, page: usize) -> Vec<Value> {
    let answer = sandbox.get(&format!("/api/v1{path}?apiToken=t&page={page}")).await;
    assert_eq!(answer["status"], "1", "{answer}");
    answer["message"].as_array().expect("rows").clone()
}

fn amit() -> Value {
    json!({"subscriber_id": 501, "first_name": "Amit", "last_name": "Sharma",
        "phone_number": "919876543210", "labels": ["Lead", "Ecommerce"]})
}

fn created(what: &str, id_name: &str, id: u64) -> Value {
    json!({"status": "1", "message": format!("{what} created successfully."), "data": {id_name: id}})
}

#[tokio::test]
async fn a_subscriber_that_is_created_shows_up_in_the_list() {
    let sandbox = fresh();
    let ada = "phoneNumber=%2B49+15112345678&firstName=Ada";
    assert_eq!(
        post(&sandbox, "/subscriber/create", ada).await,
        refusal("The phone number must be a phone number with country code."),
        "blanks are not forgiven"
    );
    let ada = "phoneNumber=%2B4915112345678&firstName=Ada&lastName=";
    assert_eq!(post(&sandbox, "/subscriber/create", ada).await, created("Subscriber", "subscriber_id", 502));
    assert_eq!(post(&sandbox, "/subscriber/create", ada).await, refusal("Subscriber already exists."));
    // The documentation creates the person whom its list shows: once.
    let sample = "phoneNumber=919876543210&firstName=Amit&lastName=Sharma";
    assert_eq!(
        post(&sandbox, "/subscriber/create", sample).await,
        created("Subscriber", "subscriber_id", 501)
    );
    assert_eq!(post(&sandbox, "/subscriber/create", sample).await, refusal("Subscriber already exists."));
    let row = json!({"subscriber_id": 502, "first_name": "Ada", "last_name": "",
        "phone_number": "4915112345678", "labels": []});
    assert_eq!(list(&sandbox, "/subscriber/list", 1).await, [amit(), row]);
    assert_eq!(sandbox.stats().subscribers, 2);
}

#[tokio::test]
async fn a_subscriber_is_updated_labelled_and_noted() {
    let sandbox = fresh();
    post(&sandbox, "/subscriber/create", "phoneNumber=4915112345678&firstName=Ada").await;
    assert_eq!(
        post(&sandbox, "/label/create", "labelName=High Intent Leads").await,
        created("Label", "label_id", 23)
    );
    let ok = |text: &str| json!({"status": "1", "message": text});
    for (path, form, answer) in [
        ("/subscriber/update", "subscriberId=502&lastName=Byron", "Subscriber updated successfully."),
        (
            "/subscriber/update",
            "subscriberId=502&phoneNumber=4915100000000",
            "Subscriber updated successfully.",
        ),
        ("/subscriber/assign-labels", "subscriberId=502&labelIds=23,12", "Labels assigned successfully."),
        ("/subscriber/assign-labels", "subscriberId=502&labelIds= 18 , 12 ", "Labels assigned successfully."),
        ("/subscriber/add-note", "subscriberId=4915100000000-10&note=Calls back", "Note added successfully."),
        ("/subscriber/add-note", "subscriberId=502&note=Bought", "Note added successfully."),
    ] {
        assert_eq!(post(&sandbox, path, form).await, ok(answer), "{path} {form}");
    }
    assert_eq!(
        list(&sandbox, "/subscriber/list", 1).await[1],
        json!({"subscriber_id": 502, "first_name": "Ada", "last_name": "Byron",
            "phone_number": "4915100000000", "labels": ["Lead", "Ecommerce", "High Intent Leads"]})
    );
    let page = sandbox.get("/sandbox/subscribers?to=4915100000000").await;
    let notes: Vec<_> = page["subscribers"][0]["notes"].as_array().expect("notes").iter().collect();
    assert_eq!([&notes[0]["note"], &notes[1]["note"]], ["Calls back", "Bought"]);
    // Nobody has the former number: it may be taken anew.
    assert_eq!(
        post(&sandbox, "/subscriber/create", "phoneNumber=4915112345678").await,
        created("Subscriber", "subscriber_id", 503)
    );
    // Who is known has a conversation, by id and by number, if an empty one.
    for id in ["501", "502", "4915112345678"] {
        let query = format!("/api/v1/whatsapp/conversation?apiToken=t&subscriberId={id}");
        assert_eq!(sandbox.get(&query).await, json!({"status": "1", "message": []}), "{id}");
    }
}

#[tokio::test]
async fn what_is_missing_or_wrong_is_refused_and_changes_nothing() {
    let sandbox = fresh();
    post(&sandbox, "/subscriber/create", "phoneNumber=4915112345678").await;
    let phone = "The phone number must be a phone number with country code.";
    let cases = [
        ("/subscriber/create", "firstName=Ada", "The phone number field is required."),
        ("/subscriber/create", "phoneNumber=0151&firstName=Ada", phone),
        ("/subscriber/update", "firstName=Ada", "The subscriber id field is required."),
        ("/subscriber/update", "subscriberId=599&firstName=Ada", "Subscriber not found."),
        ("/subscriber/update", "subscriberId=919876543210&firstName=Ada", "Subscriber not found."),
        ("/subscriber/update", "subscriberId=501", "There is nothing to update."),
        ("/subscriber/update", "subscriberId=501&phoneNumber=x", phone),
        ("/subscriber/update", "subscriberId=501&phoneNumber=4915112345678", "Subscriber already exists."),
        ("/subscriber/assign-labels", "subscriberId=501", "The label ids field is required."),
        ("/subscriber/assign-labels", "subscriberId=501&labelIds=22,99", "Label not found: 99."),
        (
            "/subscriber/assign-labels",
            "subscriberId=501&labelIds=Lead",
            "The label ids must be ids with commas between.",
        ),
        ("/subscriber/assign-labels", "subscriberId=500&labelIds=12", "Subscriber not found."),
        ("/subscriber/add-note", "subscriberId=501&note=+", "The note field is required."),
        ("/subscriber/add-note", "subscriberId=x&note=x", "Subscriber not found."),
        ("/label/create", "", "The label name field is required."),
        ("/label/create", "labelName=lead", "Label already exists."),
        ("/catalog/sync", "", "The catalog id field is required."),
        ("/catalog/sync", "catalogId=1", "Catalog not found."),
        ("/webhook/workflow/create", "targetUrl=https://x.example/", "The workflow name field is required."),
        ("/webhook/workflow/create", "workflowName=W", "The target url field is required."),
        (
            "/webhook/workflow/create",
            "workflowName=W&targetUrl=x.example",
            "The target url must be a valid URL.",
        ),
        (
            "/webhook/workflow/create",
            "workflowName=W&targetUrl=ftp://x.example",
            "The target url must be a valid URL.",
        ),
        ("/user/module/list", "page=0", "The page must be an integer of at least 1."),
    ];
    for (path, form, text) in &cases {
        assert_eq!(post(&sandbox, path, form).await, refusal(text), "{path} {form}");
    }
    assert_eq!(sandbox.stats().refused.values().sum::<u64>(), cases.len() as u64);
    for path in ["/subscriber/list?page=-1", "/label/list?page=two", "/webhook/workflow/list?page=1.5"] {
        let answer = sandbox.get(&format!("/api/v1{path}&apiToken=t")).await;
        assert_eq!(answer, refusal("The page must be an integer of at least 1."), "{path}");
    }
    assert_eq!(list(&sandbox, "/subscriber/list", 1).await[0], amit());
    assert_eq!(list(&sandbox, "/label/list", 1).await.len(), 3);
    assert!(list(&sandbox, "/webhook/workflow/list", 1).await.is_empty());
    assert_eq!(list(&sandbox, "/catalog/list", 1).await[0]["last_synced_at"], Value::Null);
}

#[tokio::test]
async fn workflows_and_syncs_are_listed() {
    let sandbox = fresh();
    let hook = "workflowName=New Lead Webhook&targetUrl=https://example.com/webhook";
    for id in 1..=2 {
        assert_eq!(
            post(&sandbox, "/webhook/workflow/create", hook).await,
            json!({"status": "1", "message": "Webhook workflow created successfully.", "data": {"workflow_id": id}})
        );
    }
    let listed = list(&sandbox, "/webhook/workflow/list", 1).await;
    assert_eq!(
        listed[1],
        json!({"id": 2, "workflow_name": "New Lead Webhook", "target_url": "https://example.com/webhook",
            "created_at": "2025-11-13 07:43:20"})
    );
    post(&sandbox, "/webhook/workflow/create", "workflowName=Here&targetUrl=http://localhost:9/h").await;
    let page = sandbox.get("/sandbox/workflows").await;
    let contacted = |n: usize| page["workflows"][n]["contacted"].clone();
    assert_eq!([contacted(1), contacted(2)], [json!(false), json!(true)], "this machine alone is contacted");
    post(&sandbox, "/catalog/sync", "catalogId=CATALOG-ID").await;
    assert_eq!(list(&sandbox, "/catalog/list", 1).await[0]["last_synced_at"], "2025-11-13 07:43:20");
    let orders = list(&sandbox, "/catalog/order/list", 1).await;
    assert_eq!((orders.len(), &orders[0]["phone_number"]), (3, &json!("919876543210")));
    assert_eq!(orders[0]["created_at"], "2025-11-12 07:43:20");
}

#[tokio::test]
async fn lists_come_in_pages_and_end() {
    let lists = Lists { rows: 3, ignore_page: false };
    let sandbox = InProcess::new(SandboxOptions { lists, ..SandboxOptions::default() });
    for n in 0..7 {
        post(&sandbox, "/subscriber/create", &format!("phoneNumber=49151000000{n}")).await;
    }
    let mut ids = Vec::new();
    for page in 1..=4 {
        let rows = list(&sandbox, "/subscriber/list", page).await;
        assert_eq!(rows.len(), [3, 3, 2, 0][page - 1], "page {page}");
        ids.extend(rows.iter().filter_map(|row| row["subscriber_id"].as_u64()));
    }
    assert_eq!(ids, (501..=508).collect::<Vec<_>>());
    assert!(list(&sandbox, "/subscriber/list", usize::MAX).await.is_empty());
    let modules = post(&sandbox, "/user/module/list", "page=7").await["message"].take();
    assert_eq!(modules.as_array().map(Vec::len), Some(2), "twenty, as the usage log counts");

    let lists = Lists { rows: 2, ignore_page: true };
    let sandbox = InProcess::new(SandboxOptions { lists, ..SandboxOptions::default() });
    assert_eq!(list(&sandbox, "/label/list", 1).await.len(), 2);
    assert_eq!(list(&sandbox, "/label/list", 9).await, list(&sandbox, "/label/list", 1).await);
}

#[tokio::test]
async fn the_usage_log_follows_and_its_limits_hold() {
    let limits = Limits { credit: Some(2), subscribers: 1_251 };
    let sandbox = InProcess::new(SandboxOptions { limits, ..SandboxOptions::default() });
    let usage = async || {
        let modules = post(&sandbox, "/user/usage/log", "").await["message"]["modules"].take();
        [(&modules[0]["used"], &modules[0]["limit"]), (&modules[1]["used"], &modules[1]["limit"])]
            .map(|(used, limit)| (used.as_u64().expect("a number"), limit.as_u64().expect("a number")))
    };
    assert_eq!(usage().await, [(0, 2), (1_250, 1_251)]);
    let hello = |to: &str| HELLO.replace("919876543210", to);
    assert_eq!(sandbox.post(TEXT, &hello("4915112345678")).await["status"], "1");
    assert_eq!(post(&sandbox, "/subscriber/create", "phoneNumber=4915100000000").await["status"], "1");
    assert_eq!(usage().await, [(1, 2), (1_251, 1_251)]);
    let full = refusal("Subscriber limit has been exceeded. Please upgrade your package.");
    assert_eq!(post(&sandbox, "/subscriber/create", "phoneNumber=4915100000001").await, full);
    // Where there is no place for another, only those who are subscribers can be written to.
    assert_eq!(sandbox.post(TEXT, &hello("4915112345678")).await, full);
    assert_eq!(sandbox.post(TEXT, &hello("4915100000000")).await["status"], "1");
    let spent = refusal("Message credit limit has been exceeded. Please upgrade your package.");
    assert_eq!(sandbox.post(TEXT, &hello("4915100000000")).await, spent);
    assert_eq!(usage().await, [(2, 2), (1_251, 1_251)]);
}

#[tokio::test]
async fn what_was_changed_survives_the_process_and_a_reset_forgets_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = || SandboxOptions { ledger_dir: Some(dir.path().to_owned()), ..SandboxOptions::default() };
    let first = InProcess::new(options());
    post(&first, "/subscriber/create", "phoneNumber=4915112345678&firstName=Ada").await;
    post(&first, "/subscriber/assign-labels", "subscriberId=502&labelIds=22").await;
    post(&first, "/webhook/workflow/create", "workflowName=W&targetUrl=https://x.example/h").await;
    let paths = ["/subscriber/list", "/label/list", "/webhook/workflow/list"];
    let mut before = Vec::new();
    for path in paths {
        before.push(list(&first, path, 1).await);
    }
    drop(first);
    // A kill in the middle of a write leaves half a line, which was never answered.
    let file = dir.path().join("sandbox-account.jsonl");
    let mut torn = std::fs::File::options().append(true).open(&file).expect("the book");
    std::io::Write::write_all(&mut torn, br#"{"change":"label_created","id":2"#).expect("writes");
    drop(torn);
    let second = InProcess::new(options());
    for (path, before) in paths.into_iter().zip(&before) {
        assert_eq!(list(&second, path, 1).await, *before, "{path}");
    }
    assert_eq!(
        post(&second, "/subscriber/create", "phoneNumber=4915100000000").await,
        created("Subscriber", "subscriber_id", 503)
    );
    let reset = axum::http::Request::post("/sandbox/reset").body(axum::body::Body::empty());
    second.call(reset.expect("a request")).await;
    assert_eq!(list(&second, "/subscriber/list", 1).await, [amit()]);
    drop(second);
    assert_eq!(list(&InProcess::new(options()), "/webhook/workflow/list", 1).await, [Value::Null; 0]);
}

#[tokio::test]
async fn faults_strike_changes_where_they_are_meant_for_them() {
    let sandbox = InProcess::with_faults("changes.500-after=1x,gets.html=1x");
    let create = super::form_request("/subscriber/create", "apiToken=t&phoneNumber=4915112345678");
    assert_eq!(sandbox.call(create).await.0.status(), 500);
    let asked =
        axum::http::Request::get("/api/v1/subscriber/list?apiToken=t").body(axum::body::Body::empty());
    let (_, body) = sandbox.call(asked.expect("a request")).await;
    assert!(body.starts_with("<!DOCTYPE html>"), "{body}");
    assert_eq!(list(&sandbox, "/subscriber/list", 1).await.len(), 2, "it was created all the same");
    assert_eq!(sandbox.send("4915112345678").await.get(..6), Some("wamid."));
}
