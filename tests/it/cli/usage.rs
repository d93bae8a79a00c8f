//! Help, wrong usage, and what can't run.

use super::{Desk, THREE};

#[test]
fn help_and_version_go_to_stdout() {
    let desk = Desk::new();
    desk.run("--help").exits(0).prints("preview").prints("Exit codes");
    desk.run("--version").exits(0).prints("sendcast 0.");
    for command in [
        "run",
        "check",
        "preview",
        "test",
        "status",
        "pause",
        "resolve",
        "report",
        "optout",
        "sandbox",
        "login",
        "account",
        "usage",
        "numbers",
        "subscribers",
        "subscribers create",
        "labels",
        "catalog",
        "webhooks",
        "webhooks create",
        "conversation",
        "delivery-status",
        "send",
        "send buttons",
    ] {
        desk.run(&format!("{command} --help")).exits(0).prints("Usage: sendcast");
    }
    let help = desk.run("run --help").exits(0);
    assert!(!help.out.contains("--faults"), "for those who test only");
}

#[test]
fn wrong_usage_exits_with_2() {
    let desk = Desk::with(THREE);
    for wrong in [
        "",
        "sned c.json",
        "run",
        "run c.json --rate 5/fortnight",
        "run c.json --track soon",
        "run c.json --limit 0",
        "run c.json --concurrency 0",
        "resolve c",
        "resolve c --sent --resend",
        "preview c.json --row 2 --to 919876543210",
        "report c --status lost",
        "report c --format xlsx",
        "status --watch",
        "optout add",
        "optout add nobody",
        "subscribers",
        "subscribers create",
        "subscribers create --phone 12",
        "subscribers update 501",
        "subscribers assign-labels 501",
        "subscribers add-note 501",
        "labels create",
        "catalog sync",
        "webhooks create --name n",
        "conversation",
        "delivery-status",
        "send",
        "send text --message Hi --to 919876543210",
        "send text --message Hi --from N",
        "run c.json --base-url ftp://x",
        "run c.json --base-url http://example.com",
    ] {
        let said = desk.run(wrong).exits(2);
        assert!(said.out.is_empty() && said.err.contains("error"), "`{wrong}`: {}", said.err);
    }
    assert!(super::files(&desk.data).is_empty(), "nothing was left behind");
}

#[test]
fn what_was_never_planned_is_named_with_a_hint() {
    let desk = Desk::with(THREE);
    desk.run("status c").exits(2).says("no campaign called `c` has been planned");
    desk.run("pause c.json").exits(2).says("`sendcast run c.json` plans and sends it");
    desk.run("run nowhere.json").exits(2).says("there is no file nowhere.json").says("sendcast init");
    desk.run("status").exits(0).says("no campaign has been planned");
    desk.run("run c.json --sandbox").exits(0);
    desk.run("status c").exits(2).says("add `--sandbox`");
    desk.run("status cc --sandbox").exits(2).says("did you mean `c`?");
}

#[test]
fn a_real_run_needs_a_token_and_says_so_before_anything_is_planned() {
    let desk = Desk::with(THREE);
    desk.run("run c.json").exits(1).says("there is no API token").says("SENDWO_API_TOKEN");
    assert!(super::files(&desk.data).is_empty());
}

#[cfg(unix)]
#[test]
fn a_token_file_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let desk = Desk::with(THREE);
    desk.write("token", "1|canary-token");
    std::fs::set_permissions(desk.dir.join("token"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let said = desk.run("run c.json --token-file token").exits(1).says("chmod 600");
    assert!(!said.err.contains("canary"));
}

#[test]
fn an_unknown_key_names_the_nearest_and_sends_nothing() {
    let desk = Desk::with(THREE);
    desk.write(
        "c.json",
        r#"{"from": "1", "mesage": {"type": "text", "body": "x"}, "audience": {"file": "people.csv"}}"#,
    );
    desk.run("run c.json --sandbox").exits(2).says("mesage").says("did you mean `message`?");
    desk.run("check c.json").exits(2).says("did you mean `message`?");
}

#[test]
fn nobody_to_write_to_cant_run() {
    let desk = Desk::with("Ann,12\nBob,\n");
    desk.run("check c.json")
        .exits(2)
        .prints("people.csv row 2: column `Phone`")
        .prints("row 3")
        .says("nobody to write to");
    desk.run("run c.json --sandbox").exits(2).says("nobody to write to");
    assert!(!desk.data.join("sandbox/campaigns/c").exists(), "no queue is left behind");
    let strict = Desk::with("Ann,+919876543210\nBob,12\n");
    strict.run("run c.json --sandbox --strict").exits(2).says("1 row is bad").says("row 3");
    assert!(!strict.data.join("sandbox/campaigns/c").exists());
    strict.run("run c.json --sandbox").exits(0).says("row 3");
    strict.run("run c.json --sandbox --strict").exits(2).says("1 row is bad");
}

#[test]
fn the_schema_and_completions_are_printed() {
    let desk = Desk::new();
    let schema = desk.run("schema").exits(0).json();
    assert!(schema["properties"]["audience"].is_object());
    for shell in ["bash", "zsh", "fish", "powershell"] {
        desk.run(&format!("completions {shell}")).exits(0).prints("sendcast");
    }
}

#[test]
fn init_never_overwrites() {
    let desk = Desk::new();
    desk.run("init new").exits(0).says("sendcast check");
    let first = desk.read("new/first-campaign.json");
    std::fs::write(desk.dir.join("new/first-campaign.json"), "mine").unwrap();
    desk.run("init new").exits(2).says("nothing was written");
    assert_eq!(desk.read("new/first-campaign.json"), "mine");
    desk.write("first-campaign.json", &first);
    std::fs::copy(desk.dir.join("new/customers.csv"), desk.dir.join("customers.csv")).unwrap();
    desk.run("check first-campaign.json").exits(0).prints("to send");
}
