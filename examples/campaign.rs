//! A campaign from another program: it writes the campaign and its audience, starts `sendcast`, and goes by its exit code
//! and its JSON. Killed at any moment, it is run again: nobody is written to twice.
//!
//! ```sh
//! cargo build && PATH=$PWD/target/debug:$PATH cargo run --example campaign
//! ```

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let dir = std::env::temp_dir().join("sendcast-example");
    fs::create_dir_all(&dir)?;
    let sendcast = Path::new("sendcast");
    let orders = [("Amit", "+91 98765 43210", "A-17"), ("Zeynep", "+90 532 123 45 67", "A-18")];
    let counts = remind(sendcast, &dir, &orders)?;
    println!("delivered or on the way: {}, failed: {}", counts["total"], counts["counts"]["failed"]);
    Ok(())
}

/// Reminds these people of their orders, and returns what `sendcast status --json` says in the end.
pub fn remind(sendcast: &Path, dir: &Path, orders: &[(&str, &str, &str)]) -> Result<Value, Box<dyn Error>> {
    // Recipients may stand in the campaign itself. `key` tells one order from another: the same one is never sent twice.
    let recipients: Vec<Value> = orders
        .iter()
        .map(|(name, phone, order)| json!({"name": name, "phone": phone, "order": order}))
        .collect();
    let campaign = json!({
        "name": "order-reminder",
        "from": "PHONE_NUMBER_ID",
        "audience": {"recipients": recipients, "key": "order"},
        "message": {"type": "text", "body": "Hi {{ name }}, your order {{ order }} is ready."},
        "track": "0",
    });
    fs::write(dir.join("order-reminder.json"), campaign.to_string())?;
    let run = |arguments: &[&str]| {
        let mut command = Command::new(sendcast);
        // The trial's own ledger, and an imitation of Sendwo inside the process: without `--sandbox` it is real.
        command.args(arguments).arg("--sandbox").current_dir(dir).env("SENDCAST_DATA_DIR", dir.join("data"));
        command.stdin(Stdio::null()).output()
    };
    let ran = run(&["run", "order-reminder.json", "--json"])?;
    match ran.status.code() {
        Some(0) => {}
        Some(3) => eprintln!("some failed: `sendcast report` lists them, with what to do"),
        Some(4) => eprintln!("some are in doubt: `sendcast resolve` takes your word on them"),
        // All but wrong usage can be run again, and goes on where it stopped.
        code => {
            let said = String::from_utf8_lossy(&ran.stderr);
            return Err(format!("sendcast ended with {code:?}: {said}").into());
        }
    }
    let status = run(&["status", "order-reminder", "--json"])?;
    Ok(serde_json::from_slice(&status.stdout)?)
}
