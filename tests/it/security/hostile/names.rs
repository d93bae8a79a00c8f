//! Names: of campaigns, files, arguments, directories. None leaves its place, none gives a terminal orders.

use super::audiences::ORDERS;
use super::case::{Case, Thing, campaign};

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let long = "x".repeat(300);
    let bad = [
        ("a way out", "../../x"),
        ("an absolute path", "/abs"),
        ("a dot", "."),
        ("two dots", ".."),
        ("a device of Windows", "CON"),
        ("another device of Windows", "com1"),
        ("NUL", "a\0b"),
        ("a line's end", "a\nb"),
        ("300 characters", long.as_str()),
        ("look-alikes", "сampaign"),
        ("full width", "ｃ"),
        ("a blank", "a b"),
        ("nothing", ""),
        ("a backslash", "..\\x"),
        ("a percent", "%2e%2e%2f"),
        ("an option", "--yes now"),
        ("a tilde", "~root"),
        ("a turn", "\u{202e}c"),
        ("an escape", "\u{1b}[2J"),
    ];
    for (what, name) in bad {
        let text = String::from_utf8(campaign("people.csv", "Hi")).unwrap();
        let text =
            text.replace("\"name\":\"c\"", &format!("\"name\":{}", serde_json::to_string(name).unwrap()));
        cases.push(
            Case::new(&format!("a campaign called {what}"))
                .file("c.json", text)
                .asks("check c.json --offline")
                .asks("run c.json --sandbox")
                .asks("erase c.json --yes")
                .rows(&["error: ", "no name for a campaign"]),
        );
        if !name.contains('\0') && name != "." && name != ".." {
            // As an argument it is no campaign's name either.
            cases.push(
                Case::new(&format!("the campaign {what}, by its name"))
                    .asks_exactly(["status", "--", name])
                    .asks_exactly(["erase", "--yes", "--", name])
                    .refused(&[]),
            );
        }
    }
    for (what, order) in ORDERS {
        let file = format!("a{order}.csv").replace('/', "_");
        cases.push(
            Case::new(&format!("{what} in a file's name"))
                .file(&file, "Name,Phone\nA,99\n")
                .file("c.json", campaign(&file, "Hi"))
                .asks_exactly(["check", "c.json", "--offline"])
                .asks_exactly(["run", "c.json", "--sandbox"])
                .asks_exactly(["check", &file, "--offline"])
                .asks_exactly(["optout", "import", &file])
                .refused_or_rows(),
        );
        cases.push(
            Case::new(&format!("{what} in arguments"))
                .asks_exactly(["check", order])
                .asks_exactly(["run", "c.json", "--rate", order])
                .asks_exactly(["run", "c.json", "--track", order])
                .asks_exactly(["run", "c.json", order])
                .asks_exactly([order])
                .asks_exactly(["report", "c", "--status", order])
                .asks_exactly(["report", "c", "--format", order])
                .asks_exactly(["preview", "c.json", "--to", order])
                .asks_exactly(["status", "c", "--base-url", order])
                .asks_exactly(["run", "c.json", "--token-file", order])
                .asks_exactly(["optout", "add", order])
                .asks_exactly(["optout", "add", "+919876543210", "--country", order])
                .asks_exactly(["run", "c.json", "--color", order, "--color", "always"])
                .asks_exactly(["sandbox", "--faults", order])
                .asks_exactly(["completions", order])
                .asks_exactly(["run", "c.json", &format!("--{order}")])
                .refused_or_rows(),
        );
    }
    let data = |name: &str, thing: Thing, mode: u32, dir: &str| {
        Case::new(name)
            .with_mode("d", thing, mode)
            .asks(&format!("run c.json --sandbox --data-dir {dir}"))
            .asks(&format!("optout list --data-dir {dir}"))
            .asks(&format!("status --data-dir {dir}"))
    };
    cases.extend([
        data("a data directory that is a file", Thing::Bytes(b"x".to_vec()), 0o600, "d")
            .refused(&["data directory", "d"]),
        data("a data directory that is a pipe", Thing::Pipe, 0o600, "d").refused(&["data directory"]),
        data("a data directory in a file", Thing::Bytes(b"x".to_vec()), 0o600, "d/x").refused_or_rows(),
        data("a data directory that is a link", Thing::Link(".".into()), 0, "d").taken(&[]),
        data("a data directory that is a link to itself", Thing::Link("d".into()), 0, "d").refused_or_rows(),
        data("a data directory that anybody may write to", Thing::Directory, 0o777, "d")
            .refused(&["anybody on this machine", "chmod 700"]),
        data("a data directory that anybody may write to, like /tmp", Thing::Directory, 0o1777, "d")
            .refused(&["anybody on this machine"]),
        data("a data directory of a device", Thing::Link("/dev/zero".into()), 0, "d")
            .refused(&["data directory"]),
        Case::new("a report that is a directory")
            .thing("r", Thing::Directory)
            .asks("run c.json --sandbox --report r")
            .refused(&["r", "directory"]),
        Case::new("a report in a file")
            .asks("run c.json --sandbox --report people.csv/r.csv")
            .refused(&["people.csv"]),
        Case::new("a report on a full disk")
            .asks("run c.json --sandbox --report /dev/full")
            .refused(&["/dev/full"]),
        Case::new("a report to nowhere").asks("run c.json --sandbox --report /dev/null").taken(&[]),
    ]);
    cases
}
