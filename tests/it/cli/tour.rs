//! The README's tour, typed as it stands there: its commands are taken from README.md, and its pictures of what is printed are
//! held against what is.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::{Desk, Said};

/// Commands that aren't typed here, by how they begin, and why.
const UNTYPED: [(&str, &str); 8] = [
    ("cargo run --release", "builds for release; what it runs is typed as `sendcast run`"),
    ("cargo test", "these tests"),
    ("cargo install", "builds for release, and may need a network"),
    ("sendcast login", "needs the token of a real account; cli::account tries it"),
    ("sendcast test", "sends a real message; cli::single tries it"),
    ("sendcast run first-campaign.json #", "sends real messages; cli::terminal tries it"),
    (
        "sendcast sandbox --port",
        "serves until it is stopped, on a port that may be taken; the tests of sandbox try it",
    ),
    ("$ sendcast run campaigns/welcome.json", "typed beside its picture, below"),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    std::fs::read_to_string(root().join("README.md")).unwrap()
}

/// The blocks of this language, without their indentation, in their order.
fn blocks(readme: &str, language: &str) -> Vec<Vec<String>> {
    let (mut blocks, mut open) = (Vec::new(), None::<(usize, Vec<String>)>);
    for line in readme.lines() {
        let trimmed = line.trim_start();
        match &mut open {
            Some((_, block)) if trimmed == "```" => {
                blocks.push(std::mem::take(block));
                open = None;
            }
            Some((indent, block)) => block.push(line.get(*indent..).unwrap_or_default().to_owned()),
            None if trimmed == format!("```{language}") => {
                open = Some((line.len() - trimmed.len(), Vec::new()))
            }
            None => {}
        }
    }
    blocks
}

/// Commands of the README, in their order.
fn commands(readme: &str) -> Vec<String> {
    let plain = |line: String| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let typed = blocks(readme, "sh").into_iter().flatten();
    let shown = blocks(readme, "console").into_iter().flatten().filter(|line| line.starts_with("$ "));
    typed.chain(shown).map(plain).filter(|line| !line.is_empty()).collect()
}

fn untyped(command: &str) -> Option<&'static str> {
    UNTYPED.iter().find(|(begins, _)| command.starts_with(begins)).map(|(begins, _)| *begins)
}

/// A shell's lines on a desk, where `sendcast` is this one.
fn shell(desk: &Desk, script: &str) -> Said {
    let binary = Path::new(assert_cmd::cargo::cargo_bin!("sendcast")).parent().unwrap();
    let paths = std::env::var_os("PATH").unwrap_or_default();
    let paths =
        std::env::join_paths([binary.to_owned()].into_iter().chain(std::env::split_paths(&paths))).unwrap();
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .current_dir(&desk.dir)
        .env("PATH", paths)
        .env("SENDCAST_DATA_DIR", &desk.data)
        .env("TZ", "Asia/Kolkata")
        .env_remove("SENDWO_API_TOKEN")
        .env_remove("SENDWO_BASE_URL")
        .stdin(Stdio::null());
    // Whoever runs the tests in a terminal isn't asked.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.output().unwrap().into()
}

#[test]
fn the_first_campaign_is_made_as_the_readme_says() {
    let (desk, readme) = (Desk::new(), readme());
    let commands = commands(&readme);
    for (begins, why) in UNTYPED {
        assert!(
            commands.iter().any(|line| line.starts_with(begins)),
            "`{begins}` isn't in the README ({why})"
        );
    }
    // One in fifty of a trial's messages isn't delivered, and then a run ends with 3.
    let typed = |line: &String| match line.contains(" run ") {
        true => format!("{line} || [ $? = 3 ]"),
        false => line.clone(),
    };
    let typed: Vec<_> = commands.iter().filter(|line| untyped(line).is_none()).map(typed).collect();
    assert!(typed.len() >= 4, "{typed:?}");
    let said = shell(&desk, &format!("set -e\n{}\n", typed.join("\n"))).exits(0);
    assert!(said.out.contains("6 rows: 6 to send"), "`check`:\n{}", said.out);
    assert!(said.out.contains("Hi Amelia"), "`preview`:\n{}", said.out);
    assert!(said.err.contains("report: diwali.sandbox.report.csv"), "`run`:\n{}", said.err);
    let written = desk.read("diwali/first-campaign.json");
    let shown: Vec<_> = blocks(&readme, "json").into_iter().map(|block| block.join("\n")).collect();
    assert!(
        shown.contains(&written.trim_end().to_owned()),
        "the README shows another starter than this:\n{written}"
    );
}

/// Whether a line looks like its picture, in which `…` stands for anything.
fn is_pictured(picture: &str, line: &str) -> bool {
    let mut parts = picture.split('…');
    let Some(mut rest) = line.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let mut ends_open = false;
    for part in parts {
        ends_open = part.is_empty();
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.is_empty() || ends_open
}

/// A line without its figures: how far deliveries have come when the run ends is a matter of time.
fn without_figures(line: &str) -> String {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    let (mut text, mut within) = (String::new(), false);
    for c in line.chars() {
        let figure = c.is_ascii_digit() || (within && matches!(c, ',' | '.'));
        if figure && !within {
            text.push('N');
        } else if !figure {
            text.push(c);
        }
        within = figure;
    }
    text
}

#[test]
fn the_run_looks_like_its_pictures() {
    let desk = Desk::new();
    for (from, to) in [("campaigns/welcome.json", "campaigns"), ("samples/customers.csv", "samples")] {
        std::fs::create_dir(desk.dir.join(to)).unwrap();
        std::fs::copy(root().join(from), desk.dir.join(from)).unwrap();
    }
    let [first, second] = &blocks(&readme(), "console")[..] else { panic!("the README has two pictures") };
    let command = first[0].strip_prefix("$ ").unwrap();
    // Some of its people can't be reached.
    let said = shell(&desk, command).exits(3);
    // Behind the blank line stand bars, which only a terminal shows; `ui` holds them by snapshots.
    let above = first[1..].iter().take_while(|line| !line.is_empty());
    let mut lines = said.err.lines();
    for picture in above.filter(|picture| *picture != "…") {
        assert!(lines.any(|line| is_pictured(picture, line)), "no such line:\n{picture}\nin:\n{}", said.err);
    }
    let mut lines = lines.map(without_figures);
    for picture in second.iter().map(|picture| without_figures(picture)) {
        assert!(
            lines.any(|line| is_pictured(&picture, &line)),
            "no such line:\n{picture}\nin:\n{}",
            said.err
        );
    }
}

/// The lines that `sandbox` prints to be typed in another terminal, up to the first message.
fn told_by_a_sandbox(desk: &Desk, arguments: &[&str], then: &str) -> Said {
    let mut command = desk.command("sandbox");
    let mut sandbox = command.args(arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let told = BufReader::new(sandbox.stderr.take().unwrap()).lines().map(Result::unwrap);
    let typed: Vec<_> = told.take_while(|line| !line.contains("Ctrl-C ends it")).collect();
    let typed: Vec<_> = typed.iter().filter_map(|line| line.strip_prefix("  ")).collect();
    let (run, before) = typed.split_last().unwrap();
    assert!(run.starts_with("sendcast run "), "{typed:?}");
    let said = shell(desk, &format!("set -e\n{}\n{then}\n{run} --dry-run\n", before.join("\n")));
    sandbox.kill().unwrap();
    sandbox.wait().unwrap();
    said
}

#[test]
fn what_the_sandbox_says_to_type_is_taken_by_it() {
    for arguments in [&[][..], &["--token", "12|mine"], &["--token", "it's", "--token", "another"]] {
        let desk = Desk::new();
        told_by_a_sandbox(&desk, arguments, "sendcast account").exits(0).prints("Sendwo User");
    }
}
