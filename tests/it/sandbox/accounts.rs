//! Several accounts behind one address, told apart by their tokens.

use sendcast::sandbox::{Account, Sandbox, SandboxOptions};
use serde_json::{Value, json};

use super::{HELLO, InProcess, TEXT};

fn options() -> SandboxOptions {
    let account =
        |token: &str, number: &str| Account { token: token.into(), numbers: vec![number.to_owned()] };
    SandboxOptions {
        token: Some("one".into()),
        accounts: vec![account("two", "222"), account("three", "333")],
        only_these_numbers: true,
        ..SandboxOptions::default()
    }
}

fn numbers(list: &Value) -> Vec<&str> {
    let rows = list["message"].as_array().expect("rows");
    rows.iter().filter_map(|row| row["phone_number_id"].as_str()).collect()
}

#[tokio::test]
async fn each_token_has_a_state_of_its_own() {
    let dir = tempfile::tempdir().expect("a directory");
    let options = || SandboxOptions { ledger_dir: Some(dir.path().to_owned()), ..options() };
    let sandbox = InProcess::new(options());
    let hello = |token: &str| HELLO.replace("API-KEY", token);
    let mut ids = Vec::new();
    for token in ["one", "two"] {
        ids.push(sandbox.post(TEXT, &hello(token)).await["data"]["message_id"].clone());
        let create = format!("apiToken={token}&phoneNumber=49151000000{}", ids.len());
        let created = sandbox.post("/subscriber/create", &create).await;
        assert_eq!(created["data"]["subscriber_id"], 502, "ids count in each account");
    }
    assert_ne!(ids[0], ids[1]);
    sandbox.post(TEXT, &hello("two")).await;
    let accepted = |sandbox: &InProcess| {
        ["one", "two", "three"].map(|token| sandbox.sandbox.stats_of(token).map(|stats| stats.accepted))
    };
    assert_eq!(accepted(&sandbox), [Some(1), Some(2), Some(0)]);
    assert_eq!(sandbox.sandbox.stats_of("four"), None);
    assert_eq!(sandbox.get("/sandbox/stats?token=two").await["accepted"], 2);
    assert_eq!(sandbox.get("/sandbox/stats").await["accepted"], 1);
    assert_eq!(sandbox.get("/sandbox/stats?token=four").await, json!({"error": "no account has this token"}));

    let list = "/whatsapp/connect/account/list";
    assert_eq!(numbers(&sandbox.post(list, "apiToken=one").await), ["PHONE_NUMBER_ID"]);
    assert_eq!(numbers(&sandbox.post(list, "apiToken=three").await), ["PHONE_NUMBER_ID", "333"]);
    let foreign = HELLO.replace("API-KEY", "two").replace("PHONE-NUMBER-ID", "333");
    assert_eq!(sandbox.post(TEXT, &foreign).await["status"], "0", "another account's number");
    // A message of one account is nothing to another.
    let status = |token: &str| {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("apiToken", token).append_pair("messageId", ids[0].as_str().expect("an id"));
        format!("/api/v1/whatsapp/message/delivery-status?{}", query.finish())
    };
    assert_eq!(sandbox.get(&status("one")).await["status"], "1");
    assert_eq!(sandbox.get(&status("two")).await["message"], "Message not found.");
    let conversation = "/api/v1/whatsapp/conversation?subscriberId=919876543210&apiToken=";
    assert_eq!(sandbox.get(&format!("{conversation}two")).await["message"].as_array().map(Vec::len), Some(2));
    assert_eq!(sandbox.get(&format!("{conversation}three")).await["message"], json!([]));

    let reset = axum::http::Request::post("/sandbox/reset?token=one").body(axum::body::Body::empty());
    sandbox.call(reset.expect("a request")).await;
    assert_eq!(accepted(&sandbox), [Some(0), Some(2), Some(0)]);
    drop(sandbox);
    assert_eq!(accepted(&InProcess::new(options())), [Some(0), Some(2), Some(0)], "each has its files");
    for file in std::fs::read_dir(dir.path().join("account-2")).expect("a directory") {
        let text = std::fs::read_to_string(file.expect("an entry").path()).expect("text");
        assert!(!text.contains("two"), "no token is on disk");
    }
}

#[test]
fn tokens_are_told_apart() {
    for (token, others) in [(Some("a"), vec!["a"]), (None, vec!["a", "a"]), (None, vec![" "])] {
        let accounts = others.into_iter().map(|t| Account { token: t.into(), numbers: Vec::new() }).collect();
        let token = token.map(Into::into);
        let options = SandboxOptions { token, accounts, ..SandboxOptions::default() };
        let clock = std::sync::Arc::new(|| sendcast::domain::time::Millis(super::START));
        let error = Sandbox::new(options, clock).expect_err("refused");
        assert!(error.to_string().contains("a token of its own"), "{error}");
    }
}

#[tokio::test]
async fn any_other_token_is_the_first_accounts_where_that_takes_any() {
    let sandbox = InProcess::new(SandboxOptions { token: None, ..options() });
    for (token, accepted) in [("whatever", 1), ("two", 1), ("else", 2)] {
        sandbox.post(TEXT, &HELLO.replace("API-KEY", token)).await;
        assert_eq!(sandbox.sandbox.stats_of(token).expect("an account").accepted, accepted, "{token}");
    }
}
