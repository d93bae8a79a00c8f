//! The examples do what they say, against a local sandbox.
#![cfg(test)] // lets clippy take the helpers for test code

use std::path::Path;

use sendcast::Client;
use sendcast::sandbox::{SandboxOptions, spawn_in_thread};

#[expect(dead_code, clippy::print_stdout, reason = "an example is a program of its own")]
#[path = "../../examples/client.rs"]
mod client;

#[expect(
    dead_code,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "an example is a program of its own"
)]
#[path = "../../examples/campaign.rs"]
mod campaign;

#[tokio::test]
async fn the_client_alone_sends_one_message() {
    let sandbox = spawn_in_thread(SandboxOptions::default()).unwrap();
    let client = Client::builder("trial").base_url(sandbox.base_url()).build().unwrap();
    let said = client::send(&client, "PHONE_NUMBER_ID", "+91 98765 43210", "Hello!").await.unwrap();
    assert!(said.contains("wamid.") && said.contains("Reached"), "{said}");
    let refused = client::send(&client, "unknown-number", "+91 98765 43210", "Hello!").await.unwrap();
    assert!(refused.contains("not sent") && refused.contains("account not found"), "{refused}");
    assert!(client::send(&client, "PHONE_NUMBER_ID", "12", "Hello!").await.is_err(), "that is no number");
}

#[test]
fn a_campaign_from_another_program_writes_to_each_order_once() {
    let dir = tempfile::tempdir().unwrap();
    let sendcast = Path::new(assert_cmd::cargo::cargo_bin!("sendcast"));
    let mut orders = vec![("Amit", "+91 98765 43210", "A-17"), ("Zeynep", "+90 532 123 45 67", "A-18")];
    let first = campaign::remind(sendcast, dir.path(), &orders).unwrap();
    assert_eq!((&first["total"], &first["counts"]["queued"]), (&2.into(), &0.into()), "{first}");
    // Run again with one more: only that one is new.
    orders.push(("Asha", "+91 98765 43211", "A-19"));
    let again = campaign::remind(sendcast, dir.path(), &orders).unwrap();
    assert_eq!((&again["total"], &again["counts"]["queued"]), (&3.into(), &0.into()), "{again}");
    let mut report = std::process::Command::new(sendcast);
    report.args(["report", "order-reminder", "--sandbox", "--json"]).current_dir(dir.path());
    let report = report.env("SENDCAST_DATA_DIR", dir.path().join("data")).output().unwrap();
    let rows: Vec<serde_json::Value> = serde_json::from_slice(&report.stdout).unwrap();
    assert_eq!(rows.iter().map(|row| row["attempts"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 1, 1]);
}
