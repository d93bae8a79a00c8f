//! Holds the layering that ARCHITECTURE.md draws: rooms import downwards only, files stay small, `mod.rs`
//! declares, `domain` is pure. It reads the sources; the checker itself is tried on bad samples below.
#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use std::fmt;
use std::path::Path;

/// What each room may import besides itself.
pub(super) const ROOMS: [(&str, &[&str]); 13] = [
    ("domain", &[]),
    ("sys", &["domain"]),
    ("campaign", &["domain", "sys"]),
    ("sendwo", &["domain", "sys"]),
    ("queue", &["domain", "sys"]),
    ("sandbox", &["domain", "sys", "sendwo"]),
    ("webhooks", &["domain", "sys", "sendwo"]),
    ("engine", &["domain", "sys", "queue", "sendwo", "webhooks"]),
    ("report", &["domain", "sys", "queue"]),
    ("app", &["domain", "sys", "campaign", "sendwo", "queue", "sandbox", "webhooks", "engine", "report"]),
    ("ui", &["domain", "sys", "campaign", "sendwo", "queue", "webhooks", "engine", "report"]),
    ("web", &["domain", "sys", "campaign", "sendwo", "queue", "engine", "report", "app", "ui"]),
    (
        "cli",
        &[
            "domain", "sys", "campaign", "sendwo", "queue", "sandbox", "webhooks", "engine", "report", "app",
            "ui", "web",
        ],
    ),
];

/// The longest file, and the longest function in a `mod.rs`.
const LINES: usize = 600;
const MOD_FN_LINES: usize = 5;

/// What `domain` names would make it read a clock, draw chance or do I/O.
const IMPURE: [&str; 12] = [
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::io",
    "std::time::SystemTime",
    "std::time::Instant",
    "tokio",
    "fastrand",
    "tracing",
    "hyper",
];

/// Calls by which a type that is pure elsewhere reads a clock.
const CLOCKS: [&str; 4] = ["Instant::now", "SystemTime", "Timestamp::now", "Zoned::now"];

/// What `app` would name if it knew a terminal, arguments, an environment or a process to end.
const TERMINAL: [&str; 13] = [
    "clap::",
    "anstream::",
    "anstyle::",
    "console::",
    "env::var",
    "env::args",
    "process::exit",
    "process::Command",
    "is_terminal",
    "stdin()",
    "stdout()",
    "stderr()",
    "println!",
];

#[derive(Debug, PartialEq, Eq)]
struct Breach {
    file: String,
    line: usize,
    what: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// Every rule, on one file. `file` is its path below `src/`, with `/`.
fn check(file: &str, source: &str) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut breach = |line: usize, what: String| {
        breaches.push(Breach { file: file.to_owned(), line, what });
    };
    let lines = source.lines().count();
    if lines > LINES {
        breach(lines, format!("{lines} lines; the ceiling is {LINES}"));
    }
    let code = blank(source);
    let room = file.split('/').next().unwrap_or_default();
    let rule = ROOMS.iter().find(|(name, _)| *name == room);
    for (line, path) in paths(&code) {
        let Some(target) = room_named(file, &path) else { continue };
        match rule {
            _ if !ROOMS.iter().any(|(name, _)| *name == target) => {
                breach(line, format!("`{path}` names no room"));
            }
            Some((_, allowed)) if target != room && !allowed.contains(&target) => {
                breach(line, format!("`{room}` may not import `{target}` (`{path}`)"));
            }
            _ => {}
        }
    }
    if room == "domain" {
        for (line, path) in paths(&code).into_iter().filter(|(_, path)| is_impure(path)) {
            breach(line, format!("`domain` is pure and names `{path}`"));
        }
        for (at, text) in code.lines().enumerate() {
            for clock in CLOCKS.iter().filter(|clock| text.contains(*clock)) {
                breach(at + 1, format!("`domain` is pure and reads `{clock}`"));
            }
        }
    }
    if room == "app" {
        for (at, text) in code.lines().enumerate() {
            let text: String = text.split_whitespace().collect();
            for named in TERMINAL.iter().filter(|named| text.contains(*named)) {
                breach(at + 1, format!("`app` knows no terminal and names `{named}`"));
            }
        }
    }
    if file.ends_with("/mod.rs") {
        for (line, length) in functions(&code).into_iter().filter(|(_, n)| *n > MOD_FN_LINES) {
            breach(line, format!("a function of {length} lines; `mod.rs` declares and re-exports"));
        }
    }
    breaches
}

fn is_impure(path: &str) -> bool {
    IMPURE.iter().any(|bad| path == *bad || path.strip_prefix(bad).is_some_and(|rest| rest.starts_with("::")))
}

/// The room that a path leads to, where it starts at the crate's root.
fn room_named<'p>(file: &str, path: &'p str) -> Option<&'p str> {
    let mut parts = path.split("::");
    let first = parts.next()?;
    if first == "crate" {
        // main.rs and lib.rs declare the rooms; they stand above them.
        return Some(parts.next().unwrap_or("*")).filter(|_| file.contains('/'));
    }
    // `super::super::queue::…` leads out of a room as well.
    let supers = path.split("::").take_while(|part| *part == "super").count();
    let module = file.trim_end_matches("/mod.rs").trim_end_matches(".rs").split('/').count();
    let target = path.split("::").nth(supers)?;
    (supers > 0 && supers >= module && ROOMS.iter().any(|(name, _)| *name == target)).then_some(target)
}

/// Every path that the code imports or names from the root, with its line: `use` trees flattened, and
/// `crate::…`, `super::super::…` and `std::…` wherever they stand.
fn paths(code: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // A `use` in a unit test's module counts its `super`s from there.
    let outside_tests = code.find("#[cfg(test)]").unwrap_or(code.len());
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut at = 0;
    while let Some(start) = code[at..].find(is_word).map(|n| at + n) {
        let end = code[start..].find(|c| !is_word(c)).map_or(code.len(), |n| start + n);
        let word = &code[start..end];
        let line = code[..start].matches('\n').count() + 1;
        let before = code[..start].trim_end();
        at = end;
        if word == "use" && !before.ends_with("::") {
            let stop = code[end..].find(';').map_or(code.len(), |n| end + n);
            let mut flat = Vec::new();
            flatten("", &code[end..stop], &mut flat);
            flat.retain(|path| !path.starts_with("super") || start < outside_tests);
            found.extend(flat.into_iter().map(|path| (line, path)));
            at = stop;
        } else if matches!(word, "crate" | "super" | "std" | "tokio" | "fastrand" | "tracing" | "hyper")
            && code[end..].starts_with("::")
            && !before.ends_with("::")
            && (word != "super" || start < outside_tests)
        {
            let stop = code[end..].find(|c| !is_word(c) && c != ':').map_or(code.len(), |n| end + n);
            found.push((line, code[start..stop].trim_end_matches(':').to_owned()));
            at = stop;
        }
    }
    found
}

/// `a::{b, c::{d, e}}` becomes `a::b`, `a::c::d`, `a::c::e`.
fn flatten(prefix: &str, tree: &str, out: &mut Vec<String>) {
    let tree = tree.trim();
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        let path: String = path.chars().filter(|c| !c.is_whitespace()).collect();
        if !path.is_empty() {
            out.push(format!("{prefix}{path}"));
        }
        return;
    };
    let head: String = tree[..open].chars().filter(|c| !c.is_whitespace()).collect();
    let prefix = format!("{prefix}{head}");
    let inner = tree[open + 1..].trim_end();
    let inner = inner.strip_suffix('}').unwrap_or(inner);
    let mut depth = 0usize;
    let mut piece = String::new();
    for c in inner.chars() {
        match c {
            ',' if depth == 0 => flatten(&prefix, &std::mem::take(&mut piece), out),
            '{' | '}' => {
                depth = if c == '{' { depth + 1 } else { depth.saturating_sub(1) };
                piece.push(c);
            }
            c => piece.push(c),
        }
    }
    flatten(&prefix, &piece, out);
}

/// Where functions with a body begin, and how many lines their bodies span.
fn functions(code: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let is_item = code[..at].chars().next_back().is_none_or(char::is_whitespace);
        let rest = &code[at..];
        let (Some(open), semicolon) = (rest.find('{'), rest.find(';')) else { continue };
        if !is_item || semicolon.is_some_and(|semicolon| semicolon < open) {
            continue;
        }
        let mut depth = 0usize;
        let close = rest[open..].char_indices().find(|(_, c)| {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let body = &rest[open..close.map_or(rest.len(), |(n, _)| open + n)];
        found.push((code[..at].matches('\n').count() + 1, body.matches('\n').count().saturating_sub(1)));
    }
    found
}

/// The source with comments and the insides of texts turned to spaces; line breaks stay.
fn blank(source: &str) -> String {
    let chars: Vec<char> = source.chars().collect();
    let at = |n: usize| chars.get(n).copied().unwrap_or('\0');
    let mut out = String::with_capacity(source.len());
    let mut n = 0;
    while n < chars.len() {
        let hashes = chars[n + 1..].iter().take_while(|c| **c == '#').count();
        let behind_a_word = n > 0 && (chars[n - 1].is_alphanumeric() || chars[n - 1] == '_');
        let end = match at(n) {
            '/' if at(n + 1) == '/' => (n..chars.len()).find(|m| at(*m) == '\n').unwrap_or(chars.len()),
            '/' if at(n + 1) == '*' => end_of_comment(&chars, n),
            '"' => end_of_text(&chars, n),
            'r' if at(n + 1 + hashes) == '"' && (!behind_a_word || at(n - 1) == 'b') => {
                end_of_raw(&chars, n + 2 + hashes, hashes)
            }
            '\'' if at(n + 1) == '\\' => {
                (n + 3..chars.len()).find(|m| at(*m) == '\'').map_or(chars.len(), |m| m + 1)
            }
            '\'' if at(n + 2) == '\'' => n + 3,
            _ => {
                out.push(chars[n]);
                n += 1;
                continue;
            }
        };
        out.extend(chars[n..end].iter().map(|c| if *c == '\n' { '\n' } else { ' ' }));
        n = end;
    }
    out
}

fn end_of_comment(chars: &[char], start: usize) -> usize {
    let mut depth = 0usize;
    let mut n = start;
    while n < chars.len() {
        match (chars[n], chars.get(n + 1)) {
            ('/', Some('*')) => {
                depth += 1;
                n += 2;
            }
            ('*', Some('/')) => {
                depth -= 1;
                n += 2;
                if depth == 0 {
                    return n;
                }
            }
            _ => n += 1,
        }
    }
    chars.len()
}

fn end_of_text(chars: &[char], start: usize) -> usize {
    let mut n = start + 1;
    while n < chars.len() {
        match chars[n] {
            '\\' => n += 2,
            '"' => return n + 1,
            _ => n += 1,
        }
    }
    chars.len()
}

fn end_of_raw(chars: &[char], inside: usize, hashes: usize) -> usize {
    (inside..chars.len())
        .find(|n| {
            let after = &chars[n + 1..];
            chars[*n] == '"' && after.iter().take_while(|c| **c == '#').count() >= hashes
        })
        .map_or(chars.len(), |n| n + 1 + hashes)
}

/// Every source file below `dir`, by its path from there.
pub(super) fn sources(dir: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![dir.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().replace('\\', "/");
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    found
}

/// Whether the file's own `mod` line stands behind `#[cfg(test)]`.
fn is_test_only(file: &str, sources: &[(String, String)]) -> bool {
    let Some((dir, name)) = file.rsplit_once('/') else { return false };
    let name = name.trim_end_matches(".rs");
    let parents = [format!("{dir}/mod.rs"), format!("{dir}.rs")];
    sources
        .iter()
        .filter(|(parent, _)| parents.contains(parent))
        .any(|(_, source)| source.contains(&format!("#[cfg(test)]\nmod {name};")))
}

#[test]
fn the_sources_keep_the_layering() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    for (room, _) in ROOMS {
        assert!(sources.iter().any(|(file, _)| file.starts_with(&format!("{room}/"))), "no room {room}");
    }
    let shipped = sources.iter().filter(|(file, _)| !is_test_only(file, &sources));
    let breaches: Vec<_> =
        shipped.flat_map(|(file, source)| check(file, source)).map(|b| b.to_string()).collect();
    assert!(breaches.is_empty(), "\n{}\n", breaches.join("\n"));
}

/// Files that POST a message: only what the gate cleared may be.
fn posting(sources: &[(String, String)]) -> Vec<&str> {
    let squeezed = |source: &str| blank(source).split_whitespace().collect::<String>();
    let ways = ["whatsapp().send", "whatsapp().post(", "whatsapp().trigger_flow("];
    let posts = |source: &str| ways.iter().any(|way| squeezed(source).contains(way));
    sources.iter().filter(|(_, source)| posts(source)).map(|(file, _)| file.as_str()).collect()
}

#[test]
fn one_file_posts_messages() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    assert_eq!(posting(&sources), ["engine/send/sender.rs"]);
    for sneaky in ["client\n    .whatsapp()\n    .send(a, b, c)", "client.whatsapp().send_text(a, b, c)"] {
        assert_eq!(posting(&[("cli/x.rs".to_owned(), sneaky.to_owned())]), ["cli/x.rs"]);
    }
}

/// The file that a path named in `file` leads to, where it is one below `src/`. What a `mod.rs` passes on leads
/// nowhere.
fn file_named<'f>(file: &str, path: &str, files: &[&'f str]) -> Option<&'f str> {
    let mut from: Vec<&str> = file.trim_end_matches(".rs").split('/').collect();
    let mut parts = path.split("::").peekable();
    match parts.next()? {
        "crate" => from.clear(),
        "super" => {
            from.pop();
            while parts.next_if_eq(&"super").is_some() {
                from.pop();
            }
        }
        _ => return None,
    }
    from.extend(parts);
    (1..=from.len()).rev().find_map(|length| {
        let name = format!("{}.rs", from[..length].join("/"));
        files.iter().copied().find(|other| *other == name && *other != file)
    })
}

/// A circle of files below a room, if there is one: each names the next.
fn circle(room: &str, sources: &[(String, String)]) -> Option<Vec<String>> {
    let declares = |file: &str| file.ends_with("/mod.rs");
    let inside = |file: &str| file.starts_with(&format!("{room}/")) && !declares(file);
    let shipped: Vec<_> =
        sources.iter().filter(|(file, _)| inside(file) && !is_test_only(file, sources)).collect();
    let files: Vec<&str> = shipped.iter().map(|(file, _)| file.as_str()).collect();
    let mut open: Vec<(&str, Vec<&str>)> = shipped
        .iter()
        .map(|(file, source)| {
            let code = blank(source.split("#[cfg(test)]").next().unwrap_or_default());
            let named = paths(&code).into_iter().filter_map(|(_, path)| file_named(file, &path, &files));
            (file.as_str(), named.collect())
        })
        .collect();
    // Whoever names nobody that is left is in no circle.
    loop {
        let left: Vec<&str> = open.iter().map(|(file, _)| *file).collect();
        open.iter_mut().for_each(|(_, named)| named.retain(|other| left.contains(other)));
        let before = open.len();
        open.retain(|(_, named)| !named.is_empty());
        if open.is_empty() {
            return None;
        }
        if open.len() == before {
            return Some(
                open.iter().map(|(file, named)| format!("{file} -> {}", named.join(", "))).collect(),
            );
        }
    }
}

#[test]
fn no_files_of_a_room_name_each_other_in_a_circle() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    for room in ["campaign", "queue", "engine"] {
        assert_eq!(circle(room, &sources), None, "in `{room}`");
    }
    let of = |files: [(&str, &str); 3]| files.map(|(file, source)| (file.to_owned(), source.to_owned()));
    let round = of([
        ("engine/a.rs", "use super::b::{C, D};"),
        ("engine/b.rs", "use crate::engine::send::c::E;"),
        ("engine/send/c.rs", "fn f() { super::super::a::g() }"),
    ]);
    assert_eq!(circle("engine", &round).map(|files| files.len()), Some(3));
    let straight = of([
        ("engine/a.rs", "use super::b::{C, D};"),
        ("engine/b.rs", "use crate::engine::send::c::E;"),
        ("engine/send/c.rs", "#[cfg(test)]\nmod tests { use crate::engine::a::g; }"),
    ]);
    assert_eq!(circle("engine", &straight), None);
}

#[test]
fn every_directory_below_src_is_a_room() {
    for (file, _) in sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")) {
        let Some((room, _)) = file.split_once('/') else { continue };
        assert!(ROOMS.iter().any(|(name, _)| *name == room), "`{room}` has no rule");
    }
}

// ---- the checker is tried on bad samples

fn breaches(file: &str, source: &str) -> Vec<String> {
    check(file, source).into_iter().map(|b| format!("{}: {}", b.line, b.what)).collect()
}

#[test]
fn an_import_upwards_or_sideways_is_a_breach() {
    assert_eq!(
        breaches("queue/local.rs", "use crate::domain::job::Job;\nuse crate::engine::run::Run;\n"),
        ["2: `queue` may not import `engine` (`crate::engine::run::Run`)"]
    );
    assert_eq!(breaches("sendwo/client.rs", "use crate::queue::Intent;").len(), 1);
    assert_eq!(breaches("campaign/tables/csv.rs", "use crate::sendwo::Client;").len(), 1);
    assert_eq!(breaches("report/line.rs", "use crate::engine::snapshot::Snapshot;").len(), 1);
    assert_eq!(breaches("sandbox/state.rs", "use crate::queue::Listed;").len(), 1);
    assert_eq!(breaches("sys/disk.rs", "use crate::domain::time::Millis;"), [""; 0]);
    assert_eq!(breaches("cli/run.rs", "use crate::sandbox::Sandbox;\nuse crate::ui::Printer;"), [""; 0]);
}

#[test]
fn no_way_of_writing_an_import_escapes() {
    let ways = [
        "use crate::{domain::job::Job, engine::{run::Run, x}};",
        "use crate::{\n    domain::job::Job,\n    engine::run,\n};",
        "pub(crate) use crate::engine as e;",
        "fn f() -> crate::engine::Run { todo() }",
        "fn f() { let x = crate::engine::run(); }",
        "use crate ::engine::Run;",
        "use super::super::engine::Run;",
        "fn f() { super::super::engine::run() }",
        "macro_rules! m { () => { $crate::engine::run() } }",
        "const A: char = '\"'; use crate::engine::Run; const B: char = '\"';",
        "fn f<'a>(x: &'a str) { crate::engine::run(x) }",
        "/* /* nested */ */ use crate::engine::Run;",
        "#[cfg(test)]\nmod tests { use crate::engine::Run; }",
    ];
    for way in ways {
        assert!(!breaches("queue/local.rs", way).is_empty(), "{way}");
    }
    assert_eq!(breaches("queue/local.rs", "use crate::*;"), ["1: `crate::*` names no room"]);
    assert_eq!(breaches("queue/local.rs", "use crate::nowhere::X;").len(), 1);
}

#[test]
fn what_only_talks_of_a_room_is_none() {
    let harmless = [
        "// use crate::engine::Run;",
        "/// See [`crate::engine::Run`].",
        "/* crate::engine::run() */",
        "const A: &str = \"use crate::engine::Run;\";",
        "const A: &str = r#\"say \"crate::engine::run\" now\"#;",
        "use crate::queue::Listed;",
        "use super::engine::Run;",
        "use crate::domain::{ids::{JobId, PlanNo}, job::Job};",
        "#[cfg(test)]\nmod tests { use super::super::engine::Run; }",
    ];
    for text in harmless {
        assert_eq!(breaches("queue/local.rs", text), [""; 0], "{text}");
    }
    // `cli/report.rs` is not the room `report`.
    assert_eq!(breaches("ui/table.rs", "use super::cli::Thing;"), [""; 0]);
    assert_eq!(breaches("main.rs", "use sendcast::cli::main;"), [""; 0]);
}

#[test]
fn an_impure_domain_is_a_breach() {
    let impure = [
        "use std::fs;",
        "use std::{fmt, fs::File};",
        "use std::io::Write;",
        "use std::time::{Duration, Instant};",
        "fn f() { std::thread::sleep(d) }",
        "use tokio::time::sleep;",
        "fn f() { fastrand::u32(..) }",
        "fn f() { let t = jiff::Timestamp::now(); }",
        "fn f() { let t = time::SystemTime::now(); }",
        "use crate::sys::clock::Clock;",
    ];
    for source in impure {
        assert!(!breaches("domain/policy.rs", source).is_empty(), "{source}");
    }
    let pure = "//! Nothing here reads std::fs or SystemTime.\nuse std::time::Duration;\nuse std::fmt;";
    assert_eq!(breaches("domain/policy.rs", pure), [""; 0]);
}

#[test]
fn an_app_that_knows_a_terminal_is_a_breach() {
    let knowing = [
        "#[derive(clap::Args)]\nstruct A;",
        "use clap::{Args, Parser};",
        "fn f() { std::process::exit(1) }",
        "use std::process;\nfn f() { process::exit(1) }",
        "fn f() { io::stdin().lock(); }",
        "fn f() { eprintln!(\"x\") }",
        "fn f() -> bool { input.is_terminal() }",
        "fn f() { std::env::var(\"SENDWO_API_TOKEN\") }",
        "use crate::ui::Printer;",
        "use crate::cli::Context;",
    ];
    for source in knowing {
        assert!(!breaches("app/run/run.rs", source).is_empty(), "{source}");
        assert_eq!(breaches("cli/run.rs", source), [""; 0], "{source}");
    }
    assert_eq!(breaches("queue/local.rs", "use crate::app::App;").len(), 1);
    assert_eq!(breaches("ui/table.rs", "use crate::app::App;").len(), 1);
    let unknowing = "//! No println! here.\nfn f() { std::process::id(); say(\"stdin()\") }";
    assert_eq!(breaches("app/run/run.rs", unknowing), [""; 0]);
}

#[test]
fn a_long_file_and_a_working_mod_are_breaches() {
    let line = "const A: u8 = 0;\n";
    assert_eq!(breaches("ui/long.rs", &line.repeat(LINES)), [""; 0]);
    assert_eq!(breaches("ui/long.rs", &line.repeat(LINES + 1)), ["601: 601 lines; the ceiling is 600"]);
    let long = format!("mod a;\npub fn f() {{\n{}}}\n", "    work();\n".repeat(6));
    assert_eq!(breaches("ui/mod.rs", &long), ["2: a function of 6 lines; `mod.rs` declares and re-exports"]);
    assert_eq!(breaches("ui/work.rs", &long), [""; 0]);
    let declares = "mod a;\npub use a::A;\npub trait T {\n    fn f();\n}\npub fn g() -> u8 {\n    1\n}\n";
    assert_eq!(breaches("ui/mod.rs", declares), [""; 0]);
}
