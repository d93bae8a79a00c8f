//! Every command that Sendwo's documentation prints, run as printed: only host and token are replaced.

use std::collections::BTreeSet;
use std::path::Path;

use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use sendcast::sandbox::{Running, SandboxOptions, spawn_in_thread};
use serde_json::{Value, json};

const TOKEN: &str = "trial-token";
const BASE: &str = "https://login.sendwo.com/api/v1";

/// A command of the documentation.
#[derive(Debug)]
struct Command {
    heading: String,
    method: Method,
    /// As printed, with the query.
    url: String,
    /// What the `-d`s make, as curl puts them together.
    body: String,
    /// What the documentation shows for an answer.
    answer: Option<Value>,
}

impl Command {
    /// The path below the base.
    fn path(&self) -> &str {
        let rest = self.url.strip_prefix(BASE).expect("the documented base");
        rest.split('?').next().expect("a path")
    }

    /// The same, with something else for the token.
    fn with_token(&self, token: &str) -> (String, String) {
        (self.url.replace("API-KEY", token), self.body.replace("API-KEY", token))
    }
}

/// Reads the file of commands.
fn commands() -> Vec<Command> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/api/documented.txt");
    let text = std::fs::read_to_string(path).expect("the file of commands");
    let mut commands = Vec::new();
    for block in text.split("\n# ").skip(1) {
        let (heading, block) = block.split_once('\n').expect("a heading");
        let (printed, answer) = match block.split_once("\n{") {
            Some((printed, answer)) => {
                let answer: Value = serde_json::from_str(&format!("{{{answer}")).expect("an answer in JSON");
                (printed, Some(answer))
            }
            None => (block, None),
        };
        let printed = printed.replace("\\\n", " ");
        for line in printed.lines().filter(|line| !line.trim().is_empty()) {
            let (method, url, data) = match line.strip_prefix("curl ") {
                Some(arguments) => curl(arguments),
                None => (Method::GET, line.trim().to_owned(), Vec::new()),
            };
            let (heading, body, answer) = (heading.to_owned(), data.join("&"), answer.clone());
            commands.push(Command { heading, method, url, body, answer });
        }
    }
    commands
}

/// curl's arguments: `-X METHOD`, `-d DATA` and the URL, in single quotes where they hold blanks.
fn curl(arguments: &str) -> (Method, String, Vec<String>) {
    let mut words = Vec::new();
    let mut rest = arguments.trim();
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').expect("a closing quote"),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    let (mut method, mut url, mut data) = (Method::GET, None, Vec::new());
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "-X" => method = words.next().expect("a method").parse().expect("a method"),
            "-d" => data.push(words.next().expect("data")),
            _ => assert!(url.replace(word).is_none(), "one URL in {arguments}"),
        }
    }
    (method, url.expect("a URL"), data)
}

fn sandbox() -> Running {
    let token = Some(TOKEN.into());
    spawn_in_thread(SandboxOptions { token, ..SandboxOptions::default() }).expect("a sandbox")
}

/// Sends what curl would: the data as they stand, under the type of a form.
async fn run(client: &Client, sandbox: &Running, command: &Command, token: &str) -> reqwest::Response {
    let (url, body) = command.with_token(token);
    let mut request = client.request(command.method.clone(), url.replace(BASE, &sandbox.base_url()));
    if !body.is_empty() {
        request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body);
    }
    request.send().await.expect("an answer")
}

fn client() -> Client {
    Client::builder().redirect(Policy::none()).no_proxy().build().expect("a client")
}

/// What is answered where the documentation shows nothing; `null` stands for what isn't the same every time.
fn expected(path: &str) -> Value {
    let ok = |message: Value| json!({"status": "1", "message": message});
    match path {
        "/user/module/list" => ok(json!([])),
        "/whatsapp/send-interactive-buttons" | "/whatsapp/send-media" => json!({
            "status": "1", "message": "Message sent successfully.",
            "data": {"message_id": "wamid.HBgMOTE5ODc2NTQzMjEwFQIA"}}),
        "/whatsapp/conversation" => ok(json!([])),
        "/whatsapp/message/delivery-status" => ok(json!({
            "message_status": "delivered", "delivery_status_updated_at": null, "read_time": null,
            "failed_time": null, "failed_reason": ""})),
        "/whatsapp/trigger-bot-flow" => ok(json!("Bot flow triggered successfully.")),
        "/subscriber/create" => json!({
            "status": "1", "message": "Subscriber created successfully.", "data": {"subscriber_id": 501}}),
        "/subscriber/update" => ok(json!("Subscriber updated successfully.")),
        "/subscriber/assign-labels" => ok(json!("Labels assigned successfully.")),
        "/subscriber/add-note" => ok(json!("Note added successfully.")),
        "/label/list" => ok(json!([
            {"id": 12, "label_name": "Lead"}, {"id": 18, "label_name": "Ecommerce"},
            {"id": 22, "label_name": "High Intent"}])),
        "/label/create" => json!({
            "status": "1", "message": "Label created successfully.", "data": {"label_id": 23}}),
        "/catalog/list" => ok(json!([{
            "id": 1, "catalog_id": "CATALOG-ID", "catalog_name": "Your Catalog", "total_products": 3,
            "last_synced_at": null}])),
        "/catalog/sync" => ok(json!("Catalog synced successfully.")),
        "/catalog/order/list" => ok(json!([])),
        "/webhook/workflow/list" => ok(json!([])),
        "/webhook/workflow/create" => json!({
            "status": "1", "message": "Webhook workflow created successfully.", "data": {"workflow_id": 1}}),
        _ => panic!("{path} has an answer in the documentation, or is unknown"),
    }
}

/// The answer without what changes from run to run: an id keeps the beginning that the documentation shows,
/// times and the rows of made-up lists are left out.
fn steady(path: &str, mut answer: Value) -> Value {
    if let Some(Value::String(id)) = answer.pointer_mut("/data/message_id") {
        id.truncate("wamid.HBgMOTE5ODc2NTQzMjEwFQIA".len());
    }
    if let Some(at) = answer.pointer_mut("/message/delivery_status_updated_at") {
        assert!(at.take().is_string());
    }
    if let "/user/module/list" | "/catalog/order/list" = path {
        let rows = answer["message"].as_array_mut().expect("rows");
        assert!(!rows.is_empty() && rows.iter().all(Value::is_object), "{path}: {rows:?}");
        rows.clear();
    }
    answer
}

#[test]
fn the_file_holds_every_endpoint_of_the_documentation() {
    let commands = commands();
    let paths: BTreeSet<_> = commands.iter().map(Command::path).collect();
    let headings: BTreeSet<_> = commands.iter().map(|command| command.heading.as_str()).collect();
    assert_eq!((paths.len(), headings.len(), commands.len()), (23, 23, 24), "{paths:?}");
    assert_eq!(commands.iter().filter(|command| command.answer.is_some()).count(), 7);
    assert_eq!(commands.iter().filter(|command| command.method == Method::POST).count(), 14);
    let sent = commands.iter().find(|command| command.path() == "/whatsapp/send-text-message");
    assert_eq!(
        sent.expect("the command").body,
        "apiToken=API-KEY&phoneNumberId=PHONE-NUMBER-ID&to=919876543210&message=Hello from Sendwo API"
    );
}

#[tokio::test]
async fn every_command_as_printed_gets_its_answer_from_a_fresh_account() {
    let client = client();
    for command in commands() {
        let sandbox = sandbox();
        let response = run(&client, &sandbox, &command, TOKEN).await;
        assert_eq!(response.status(), 200, "{}", command.heading);
        let answer: Value =
            serde_json::from_str(&response.text().await.expect("a body")).expect("an answer in JSON");
        let path = command.path();
        let expected = command.answer.clone().unwrap_or_else(|| expected(path));
        assert_eq!(steady(path, answer), expected, "{}", command.heading);
        assert_eq!(sandbox.stats().calls, [(path.to_owned(), 1)].into(), "{}", command.heading);
    }
}

#[tokio::test]
async fn one_after_the_other_they_all_succeed_in_one_account() {
    let (client, sandbox) = (client(), sandbox());
    for command in commands() {
        let response = run(&client, &sandbox, &command, TOKEN).await;
        let answer: Value = serde_json::from_str(&response.text().await.expect("a body")).expect("JSON");
        assert_eq!(answer["status"], "1", "{}: {answer}", command.heading);
    }
    let stats = sandbox.stats();
    assert_eq!((stats.accepted, stats.subscribers, stats.calls.len()), (4, 1, 23));
}

#[tokio::test]
async fn the_methods_are_the_documented_ones() {
    // Documented both ways, or taken both ways since a client may reasonably ask so.
    const EITHER: [&str; 4] = [
        "/user/myInfo",
        "/whatsapp/connect/account/list",
        "/whatsapp/conversation",
        "/whatsapp/message/delivery-status",
    ];
    let (client, sandbox) = (client(), sandbox());
    for mut command in commands() {
        command.method = if command.method == Method::GET { Method::POST } else { Method::GET };
        let status = run(&client, &sandbox, &command, TOKEN).await.status();
        let either = EITHER.contains(&command.path());
        assert_eq!(status, if either { 200 } else { 405 }, "{}", command.heading);
    }
}

#[tokio::test]
async fn no_endpoint_answers_without_the_right_token() {
    let (client, sandbox) = (client(), sandbox());
    for command in commands() {
        let missing = run(&client, &sandbox, &command, "").await;
        assert_eq!(missing.status(), 302, "{}", command.heading);
        let to = missing.headers()["location"].to_str().expect("text").to_owned();
        assert!(to.ends_with("/login"), "{to}");
        assert!(missing.text().await.expect("a page").starts_with("<!DOCTYPE html>"));
        let wrong = run(&client, &sandbox, &command, "another").await;
        assert_eq!(wrong.status(), 401, "{}", command.heading);
        assert_eq!(wrong.text().await.expect("a body"), r#"{"status":"0","message":"Unauthenticated."}"#);
    }
    let stats = sandbox.stats();
    assert_eq!((stats.refused["no_token"], stats.refused["unauthenticated"]), (24, 24));
    assert_eq!((stats.accepted, stats.calls.len()), (0, 0));
}
