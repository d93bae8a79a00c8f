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
        "report c --format pdf",
        "report c -o x.pdf",
        "report c -o x.2026-11",
        "report c --format xlsx -o x.csv",
        "report c --format html -o x.xlsx",
        "report c --json --format xlsx",
        "report c --json --format html",
        "report c --delimiter ; -o x.xlsx",
        "report c --json --format csv",
        "report c --json --format csv -o -",
        "report c --json --delimiter ;",
        "report c --format csv -o x.json",
        "report c --format json -o x.tsv",
        "report c --format json -o x.ndjson",
        "report c --json --format ndjson -o x.csv",
        "table people.csv --json --format csv",
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
fn the_schema_names_only_formats_that_are_read() {
    let desk = Desk::new();
    let schema = desk.run("schema").exits(0).json();
    let said = schema["$defs"]["AudienceFile"]["properties"]["file"]["description"].as_str().unwrap();
    let is_format = |word: &&str| word.len() > 2 && word.bytes().all(|byte| byte.is_ascii_uppercase());
    let formats: Vec<&str> = said.split(|c: char| !c.is_alphanumeric()).filter(is_format).collect();
    assert!(formats.len() >= 4, "{said}");
    for format in formats {
        let file = format!("a.{}", format.to_lowercase());
        let one = r#"{"Phone": "+919876543210"}"#;
        desk.write(
            &file,
            &match format {
                "JSON" => format!("[{one}]"),
                "NDJSON" => format!("{one}\n"),
                _ => "Phone\n+919876543210\n".to_owned(),
            },
        );
        let said = desk.run(&format!("table {file}"));
        match format {
            "CSV" | "TSV" | "JSON" | "NDJSON" => said.exits(0).prints("1 row"),
            // What is asked for is another file of this kind, not another kind.
            _ => {
                let known =
                    said.code == 0 || said.err.contains(&format!("doesn't begin as an {format} file"));
                assert!(known, "{file}: {}", said.err);
                said
            }
        };
    }
}

#[test]
fn a_format_that_goes_with_json_is_taken() {
    let desk = Desk::with(THREE);
    desk.run("run c.json --sandbox").exits(0);
    for fine in [
        "report c --sandbox --json --format json",
        "report c --sandbox --json --format csv -o x.csv",
        "report c --sandbox --json --delimiter ; -o x.csv",
        "report c --sandbox --json --format json -o x.report",
        "table people.csv --json --format json",
    ] {
        desk.run(fine).exits(0).json();
    }
}

#[test]
fn each_command_has_a_manual_page() {
    let desk = Desk::with(THREE);
    desk.run("man pages").exits(0).says("pages in pages");
    let run = desk.read("pages/sendcast-run.1");
    assert!(run.contains(".TH sendcast-run 1") && run.contains("\\-\\-rate"), "{run}");
    assert!(desk.read("pages/sendcast.1").contains("sendcast\\-run(1)"));
    assert!(desk.dir.join("pages/sendcast-optout-add.1").exists());
    assert!(!desk.dir.join("pages/sendcast-man.1").exists(), "it is for those who package sendcast");
    assert!(!desk.run("--help").exits(0).out.contains("Manual pages"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(desk.dir.join("pages/sendcast.1")).unwrap().permissions().mode();
        assert_ne!(mode & 0o044, 0, "others read it: {mode:o}");
    }
    desk.run("man people.csv/x").exits(1);
}
