//! Secrets and people are nowhere where they don't belong.

use std::path::Path;
use std::time::{Duration, Instant};

use super::served::Served;
use crate::cli::account::{Office, TOKEN};
use crate::cli::{Desk, files};

fn found(bytes: &[u8], secret: &str) -> bool {
    bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
}

/// The command lines of all processes.
fn command_lines() -> Vec<Vec<u8>> {
    let all = std::fs::read_dir("/proc").unwrap();
    all.filter_map(|entry| std::fs::read(entry.ok()?.path().join("cmdline")).ok()).collect()
}

#[test]
fn no_secret_is_told_in_logs_pages_files_or_command_lines() {
    let office = Office::new();
    let rows: String = (0..40).map(|n| format!("P{n},+9198765{n:05}\n")).collect();
    office.desk.people(&rows);
    office.desk.write(
        "c.json",
        r#"{"name": "c", "from": "PHONE_NUMBER_ID", "rate": "5/s", "track": "0",
            "audience": {"file": "people.csv", "country": "IN"}, "message": {"type": "text", "body": "Hi"}}"#,
    );
    office.run(&["run", "c.json", "--yes", "--offline", "--limit", "1"]).exits(6);
    office.run(&["pause", "c"]).exits(0);
    let mut command = Served::command(&office.desk.data);
    command.env("SENDWO_BASE_URL", office.running.base_url()).env("SENDWO_API_TOKEN", TOKEN);
    let mut served = Served::start_by(command, &office.desk.data, &["-vvv"]);
    let visitor = served.visitor();
    let spare = served.another_code();
    let cookie = visitor.cookie.split_once('=').unwrap().1.to_owned();
    let new_token = "77|CANARY-that-is-new";
    let page = served.get("/c/c", &visitor.cookie).is(200).text();
    let turn = page.split_once("name=\"turn\" value=\"").unwrap().1.split('"').next().unwrap();
    served.post("/c/c/resume", &visitor, &[("turn", turn)]).is(303);
    let end = Instant::now() + Duration::from_secs(60);
    while office.running.stats().accepted < 5 {
        assert!(Instant::now() < end, "nothing is sent: {}", served.said());
        std::thread::sleep(Duration::from_millis(20));
    }
    // A run goes on.
    let secrets = [&*spare, &*cookie, &*visitor.token, TOKEN, new_token];
    let lines = command_lines();
    assert!(lines.iter().any(|line| found(line, "--expect")), "the control: the run is among them");
    for secret in secrets {
        assert!(!lines.iter().any(|line| found(line, secret)), "on a command line");
    }
    let mut told = vec![
        served.post("/account/token", &visitor, &[("api_token", new_token)]),
        served.post("/account/token", &visitor, &[("api_token", "no token\u{7}CANARY-that-is-refused")]),
        served.enter(&"0".repeat(32)),
        served.ask("GET", "/", &[("Host", "evil.test"), ("Cookie", &visitor.cookie)], b""),
        served.ask("POST", "/c/c/pause", &[("Host", &served.host), ("Cookie", &visitor.cookie)], b""),
        served.post("/c/c/resolve", &visitor, &[("word", "?")]),
        served.put("/new", &visitor, "x.csv", b"\0\0"),
    ];
    for path in [
        "/",
        "/account",
        "/c/c",
        "/c/nobody",
        "/no",
        "/help",
        "/optouts",
        "/numbers",
        "/c/c/people",
        "/c/c/report",
    ] {
        told.push(served.get(path, &visitor.cookie));
    }
    for answer in told {
        let text = format!("{}\n{}", answer.head, answer.text());
        for secret in [&*spare, &*cookie, TOKEN, "CANARY"] {
            assert!(!text.contains(secret), "{text}");
        }
        // The one field of each form, and the head's for the script.
        let field = format!("name=\"token\" value=\"{}\"", visitor.token);
        let head = format!("name=\"form-token\" content=\"{}\"", visitor.token);
        let without = text.replace(&field, "").replace(&head, "");
        assert!(!without.contains(&visitor.token), "{without}");
    }
    let said = served.said();
    assert!(!said.is_empty(), "the control: it says something at -vvv");
    for secret in [&*spare, &*cookie, &*visitor.token, TOKEN, "CANARY"] {
        assert!(!said.contains(secret), "{said}");
        // A token that Sendwo takes is kept in one place.
        let elsewhere =
            |path: &Path| !path.ends_with("token") || !path.starts_with(office.desk.data.join("accounts"));
        for (path, bytes) in files(&office.desk.data).into_iter().filter(|(path, _)| elsewhere(path)) {
            assert!(!found(&bytes, secret), "{}", path.display());
        }
    }
}

/// The names and numbers that stand anywhere below a directory, in a path or in a file.
fn left(dir: &Path, secrets: &[&str]) -> Vec<String> {
    let mut left = Vec::new();
    for (path, bytes) in files(dir) {
        for secret in secrets {
            if found(&bytes, secret) || path.strip_prefix(dir).unwrap().to_str().unwrap().contains(secret) {
                left.push(format!("{secret} in {}", path.display()));
            }
        }
    }
    left
}

#[test]
fn erasing_takes_names_numbers_the_uploaded_file_and_the_runs_log() {
    let desk = Desk::new();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let list = b"Name,Phone\nAnnCanary,+919876543210\nBobCanary,+919876543211\n";
    let brought = served.put("/new", &visitor, "diwali-canary.csv", list).is(201);
    let draft = brought.all("location")[0].trim_end_matches("/people").to_owned();
    served.post(&format!("{draft}/message"), &visitor, &[("type", "text"), ("body", "Hi {{ name }}")]);
    served.post(&format!("{draft}/trial"), &visitor, &[]).is(303);
    let end = Instant::now() + Duration::from_secs(60);
    let page = loop {
        let page = served.get("/trials/c/diwali-canary", &visitor.cookie).text();
        if page.contains("2 accepted = 2") || page.contains("= 2") && page.contains("Done") {
            break page;
        }
        assert!(Instant::now() < end, "{page}");
        std::thread::sleep(Duration::from_millis(50));
    };
    drop(page);
    let turn = "0";
    served.post("/trials/c/diwali-canary/cancel", &visitor, &[("turn", turn)]).is(303);
    let secrets = ["AnnCanary", "BobCanary", "9876543210", "9876543211", "diwali-canary"];
    let before = left(&desk.data, &secrets);
    assert!(before.iter().any(|what| what.contains("drafts")), "the control: {before:?}");
    assert!(desk.data.join("sandbox/campaigns/diwali-canary/run.log").exists());
    desk.run("erase diwali-canary --sandbox --yes --reports").exits(0);
    served.post(&format!("{draft}/remove"), &visitor, &[]).is(303);
    assert_eq!(left(&desk.data, &secrets), Vec::<String>::new());
    served.get("/", &visitor.cookie).is(200);
}
