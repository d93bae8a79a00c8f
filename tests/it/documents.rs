//! The documents say what is so: paths, links, tests and options that they name are there, tables and pictures are the
//! sources', sizes and counts hold. What reads a document is tried on bad samples where it stands.
#![cfg(test)] // lets clippy take the helpers for test code

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sendcast::domain::ids::{AttemptNo, MessageId, OwnerId, PlanNo, SenderNo};
use sendcast::domain::job::{Event, Job, News, Reach, ResendBy, State};
use sendcast::domain::problem::Problem;
use sendcast::domain::time::Millis;

use super::structure::ROOMS;

/// ARCHITECTURE.md can be read aloud in ten minutes.
const ARCHITECTURE_BYTES: usize = 12 * 1024;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every Markdown file of the repository but those of what is built or downloaded, by its path.
fn documents() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if path.is_dir() && !["target", ".git", "node_modules"].contains(&name.as_str()) {
                open.push(path);
            } else if name.ends_with(".md") {
                let name = path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
                found.push((name, std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found.sort();
    assert!(found.len() > 8, "the documents are found");
    found
}

/// A document without its fenced blocks; their lines stay, empty.
fn prose(document: &str) -> String {
    let mut fenced = false;
    let lines = document.lines().map(|line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        if fenced || fence { "" } else { line }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What stands between backticks, with its line.
fn spans(document: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (at, line) in prose(document).lines().enumerate() {
        found.extend(line.split('`').skip(1).step_by(2).map(|span| (at + 1, span.to_owned())));
    }
    found
}

/// The block that is fenced as `kind` and comes as the `nth`.
fn fenced<'d>(document: &'d str, kind: &str, nth: usize) -> &'d str {
    let mark = format!("```{kind}\n");
    let block = document.split(mark.as_str()).nth(nth + 1).unwrap_or_else(|| panic!("no block {kind} {nth}"));
    block.split("```").next().unwrap()
}

// ---- paths and links

/// Whether a span names a file or a directory of the repository, and none is there. Paths are from the root, or from
/// `src/`; what names no room and no directory of ours is something else.
fn is_missing(span: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let Some((first, _)) = span.split_once('/') else { return false };
    let ours = ["src", "tests", "benches", "fuzz", "examples", "campaigns", "samples", ".ci"];
    let is_room = ROOMS.iter().any(|(room, _)| *room == first);
    if !span.chars().all(plain) || !(is_room || ours.contains(&first)) {
        return false;
    }
    let places = [root().join(span), root().join("src").join(span), root().join(format!("src/{span}.rs"))];
    !places.iter().any(|place| place.exists())
}

#[test]
fn paths_that_documents_name_are_there() {
    let mut missing = Vec::new();
    for (file, document) in documents() {
        let spans = spans(&document).into_iter().filter(|(_, span)| is_missing(span));
        missing.extend(spans.map(|(line, span)| format!("{file}:{line}: {span}")));
    }
    assert!(missing.is_empty(), "\n{}\n", missing.join("\n"));
    for gone in ["src/nowhere.rs", "domain/job/nowhere.rs", "engine/nowhere/", ".ci/nowhere"] {
        assert!(is_missing(gone), "{gone}");
    }
    for fine in
        ["src/lib.rs", "domain/job/apply.rs", "domain/phone", "queue/", "user/myInfo", "a.rs", "queue/<x>"]
    {
        assert!(!is_missing(fine), "{fine}");
    }
}

/// Where a document's links lead, but for those into the web: path and anchor.
fn links(document: &str) -> Vec<(String, Option<String>)> {
    let prose = prose(document);
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let inside = targets.filter(|target| !target.contains("://"));
    let parts = inside.map(|target| match target.split_once('#') {
        Some((path, anchor)) => (path.to_owned(), Some(anchor.to_owned())),
        None => (target.to_owned(), None),
    });
    parts.collect()
}

/// The anchors of a document's headings, as GitHub makes them.
fn anchors(document: &str) -> Vec<String> {
    let headings = prose(document);
    let headings = headings.lines().filter(|line| line.starts_with('#'));
    let anchor = |line: &str| {
        let kept = line.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.map(|c| if c == ' ' { '-' } else { c }).collect()
    };
    headings.map(anchor).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut dead = Vec::new();
    for (file, document) in documents() {
        let here = root().join(&file);
        for (path, anchor) in links(&document) {
            let target: PathBuf =
                if path.is_empty() { here.clone() } else { here.parent().unwrap().join(&path) };
            let found = match &anchor {
                _ if !target.exists() => false,
                Some(anchor) => anchors(&std::fs::read_to_string(&target).unwrap()).contains(anchor),
                None => true,
            };
            if !found {
                dead.push(format!("{file}: ({path}#{})", anchor.unwrap_or_default()));
            }
        }
    }
    assert!(dead.is_empty(), "\n{}\n", dead.join("\n"));
    let sample = "[a](b.md), [c](d.md#e-f)\n```\n[g](h)\n```\n[w](https://x.y/z.md)\n## E f\n";
    assert_eq!(links(sample), [("b.md".to_owned(), None), ("d.md".to_owned(), Some("e-f".to_owned()))]);
    assert_eq!(anchors(sample), ["e-f"]);
}

// ---- tests, options, counts

/// The sources and the tests, by their path.
fn code() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for dir in ["src", "tests/it", "tests/browser"] {
        let files = super::structure::sources(&root().join(dir));
        found.extend(files.into_iter().map(|(file, source)| (format!("{dir}/{file}"), source)));
    }
    found
}

fn has_fn(source: &str, name: &str) -> bool {
    ["(", "<"].iter().any(|open| source.contains(&format!("fn {name}{open}")))
}

/// Whether a span names a test, `room::file::name`, `room::*` or a long `name_by_itself`, and none is called so.
fn is_missing_test(span: &str, code: &[(String, String)]) -> bool {
    let word = |part: &str| part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    let (path, name) = span.rsplit_once("::").unwrap_or(("", span));
    if span.is_empty() || !path.split("::").all(word) || !(word(name) || name == "*") {
        return false;
    }
    let is_there = |path: &str, name: Option<&str>| {
        let path = path.replace("::", "/");
        let files = [
            format!("tests/it/{path}.rs"),
            format!("tests/it/{path}/mod.rs"),
            format!("tests/browser/{path}.rs"),
            format!("src/{path}/mod.rs"),
        ];
        let named = |source: &str| name.is_none_or(|name| has_fn(source, name));
        code.iter().any(|(file, source)| files.contains(file) && named(source))
    };
    match (path, name) {
        ("", name) if name.matches('_').count() >= 3 => !code.iter().any(|(_, source)| has_fn(source, name)),
        ("", _) => false,
        (path, "*") => !is_there(path, None),
        (path, name) => !is_there(path, Some(name)) && !is_there(&format!("{path}::{name}"), None),
    }
}

#[test]
fn tests_that_documents_name_are_there() {
    let code = code();
    let mut missing = Vec::new();
    for file in ["ARCHITECTURE.md", "CONTRIBUTING.md", "PROOF.md"] {
        let spans = spans(&text(file)).into_iter().filter(|(_, span)| is_missing_test(span, &code));
        missing.extend(spans.map(|(line, span)| format!("{file}:{line}: {span}")));
    }
    assert!(missing.is_empty(), "\n{}\n", missing.join("\n"));
    for gone in ["queue::crash::nobody_wrote_this", "queue::nowhere", "nowhere::*", "no_such_name_here"] {
        assert!(is_missing_test(gone, &code), "{gone}");
    }
    for fine in
        ["queue::crash", "queue::*", "documents::links_lead_somewhere", "links_lead_somewhere", "snake_case"]
    {
        assert!(!is_missing_test(fine, &code), "{fine}");
    }
}

/// The options that a text names.
fn options(text: &str) -> BTreeSet<String> {
    let name =
        |rest: &str| rest.split(|c: char| !c.is_ascii_lowercase() && c != '-').next().map(str::to_owned);
    let starts = |at: usize| text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric() && c != '-');
    let named =
        text.match_indices("--").filter(|(at, _)| starts(*at)).filter_map(|(at, _)| name(&text[at + 2..]));
    named.filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase())).collect()
}

#[test]
fn options_that_the_readme_names_are_there() {
    fn known(command: &clap::Command, names: &mut BTreeSet<String>) {
        names.extend(command.get_arguments().filter_map(clap::Arg::get_long).map(str::to_owned));
        command.get_subcommands().for_each(|below| known(below, names));
    }
    let mut names = BTreeSet::from(["release", "path", "open", "help"].map(str::to_owned));
    known(&<sendcast::cli::Cli as clap::CommandFactory>::command(), &mut names);
    let unknown: Vec<_> = options(&text("README.md")).difference(&names).cloned().collect();
    assert_eq!(unknown, [""; 0], "no command has these");
    assert_eq!(options("a --b-c=1, `--d` --- e--f"), BTreeSet::from(["b-c", "d"].map(str::to_owned)));
}

/// The formats in a list such as `CSV, TSV or ODS file`.
fn formats(text: &str) -> BTreeSet<&str> {
    let end = text.find(" file").unwrap_or_default();
    let words = text[..end].rsplit(|c: char| !c.is_ascii_alphanumeric());
    words.take_while(|word| !["a", "an", "A", "An"].contains(word)).filter(|word| word.len() > 2).collect()
}

#[test]
fn the_schema_and_the_readme_name_the_same_formats() {
    let schema = sendcast::campaign::schema();
    let said = &schema["$defs"]["AudienceFile"]["properties"]["file"]["description"];
    let named = formats(said.as_str().unwrap());
    let all = ["CSV", "JSON", "NDJSON", "ODS", "TSV", "XLS", "XLSB", "XLSM", "XLSX"];
    assert_eq!(named, BTreeSet::from(all), "those that `tables` and `workbooks` try");
    let readme = text("README.md");
    let list = &readme[readme.find("An audience, or a campaign that is a spreadsheet,").unwrap()..];
    assert_eq!(formats(list), named);
}

#[test]
fn the_proofs_count_of_mutations_is_theirs() {
    let count = text("tests/mutations.toml").lines().filter(|line| *line == "[[mutation]]").count();
    let said = format!("Each of the {count} ways in `tests/mutations.toml`");
    assert!(text("PROOF.md").contains(&said), "PROOF.md doesn't say: {said}");
}

/// A word that stands for something that was to be written.
fn placeholder(text: &str) -> Option<&str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.into_iter().find(|word| ["PLAN", "TODO", "TBD", "FIXME", "XXX", "WIP"].contains(word))
}

#[test]
fn no_document_has_a_placeholder() {
    for (file, document) in documents() {
        assert_eq!(placeholder(&document), None, "{file}");
    }
    assert_eq!(placeholder("**PLAN** msg/s"), Some("PLAN"));
    assert_eq!(placeholder("the plan, PLANNED"), None);
}

/// Lines of a manifest's tables of dependencies that have no comment, neither above nor behind. One comment may stand
/// above several lines.
fn uncommented(manifest: &str) -> Vec<&str> {
    let (mut inside, mut commented, mut bare) = (false, false, Vec::new());
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
            commented = false;
        } else if line.starts_with('#') {
            commented = true;
        } else if line.is_empty() {
            commented = false;
        } else if inside && !commented && !line.contains(" # ") {
            bare.push(line);
        }
    }
    bare
}

/// The names of a manifest's dependencies, as code writes them.
fn dependencies(manifest: &str) -> Vec<String> {
    let mut inside = false;
    let mut names = Vec::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| inside && !line.starts_with('#')) {
            names.push(name.replace('-', "_"));
        }
    }
    names
}

#[test]
fn every_dependency_says_what_it_is_for_and_is_used() {
    let manifest = text("Cargo.toml");
    assert_eq!(uncommented(&manifest), [""; 0], "these say nothing of why they are there");
    let benches = super::structure::sources(&root().join("benches/parts"));
    let code: Vec<String> = code().into_iter().chain(benches).map(|(_, source)| source).collect();
    let is_used = |name: &str| {
        let ways = [format!("{name}::"), format!("use {name} "), format!("use {name};")];
        code.iter().any(|source| ways.iter().any(|way| source.contains(way)))
    };
    let names = dependencies(&manifest);
    assert!(names.len() > 60, "{names:?}");
    let unused: Vec<_> = names.iter().filter(|name| !is_used(name)).collect();
    assert!(unused.is_empty(), "nothing uses {unused:?}");

    let sample = "[package]\nname = \"x\"\n[dependencies]\n# Why.\na = \"1\"\nb-c = \"1\"\n\nd = \"1\"\n\
                  e = \"1\" # why\n[dev-dependencies]\nf = \"1\"\n[lints.rust]\ng = \"warn\"\n";
    assert_eq!(uncommented(sample), ["d = \"1\"", "f = \"1\""]);
    assert_eq!(dependencies(sample), ["a", "b_c", "d", "e", "f"]);
}

// ---- ARCHITECTURE.md

#[test]
fn the_architecture_is_short() {
    let bytes = text("ARCHITECTURE.md").len();
    assert!(bytes <= ARCHITECTURE_BYTES, "{bytes} bytes; the ceiling is {ARCHITECTURE_BYTES}");
}

/// The table of who may import whom, as a document has it: a room and those that it names.
fn imports(document: &str) -> Vec<(String, Vec<String>)> {
    let rows = document.lines().skip_while(|line| !line.starts_with("| room | may import |")).skip(2);
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let mut table = Vec::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let mut cells = row.trim_matches('|').split('|');
        let (rooms, may) =
            (quoted(cells.next().unwrap_or_default()), quoted(cells.next().unwrap_or_default()));
        table.extend(rooms.into_iter().map(|room| (room, may.clone())));
    }
    table
}

#[test]
fn the_architectures_rooms_are_those_that_are_held() {
    let document = text("ARCHITECTURE.md");
    let held: BTreeSet<_> = ROOMS.iter().map(|(room, may)| (*room, may.iter().copied().collect())).collect();
    let table = imports(&document);
    let said: BTreeSet<(&str, BTreeSet<&str>)> =
        table.iter().map(|(room, may)| (room.as_str(), may.iter().map(String::as_str).collect())).collect();
    assert_eq!(said, held);
    let tree = fenced(&document, "text", 0);
    for (room, _) in ROOMS {
        assert!(
            tree.lines().any(|line| line.trim_start().starts_with(&format!("{room}/"))),
            "no line for {room}"
        );
    }
    let sample =
        "| room | may import |\n|---|---|\n| `a` | nothing |\n| `b`, `c` | `a`, `d` |\n\n| `e` | `f` |";
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let table = [("a", names(&[])), ("b", names(&["a", "d"])), ("c", names(&["a", "d"]))];
    assert_eq!(imports(sample), table.map(|(room, may)| (room.to_owned(), may)));
}

// ---- a job's states

fn state(job: &Job) -> &'static str {
    match job.state {
        State::Queued { .. } => "queued",
        State::Sending { .. } => "sending",
        State::InDoubt => "in_doubt",
        State::Reached(_) => "reached",
        State::Failed => "failed",
        State::Skipped => "skipped",
        State::Cancelled { .. } => "cancelled",
    }
}

/// Some event about one of a job's attempts, or about the job.
fn any_event(job: &Job, chance: &mut fastrand::Rng) -> Event {
    let attempt = AttemptNo(chance.u32(1..=job.issued.max(1)));
    let at = Millis(1_000);
    let problem = Problem::new("why");
    let id = Some(MessageId::new("wamid.1"));
    let reaches = [Reach::Accepted, Reach::Sent, Reach::Delivered, Reach::Read];
    let not_before = Millis(chance.u64(0..3));
    match chance.u32(0..20) {
        0..4 => Event::Claimed {
            attempt: AttemptNo(job.issued + 1),
            sender: SenderNo(0),
            plan: PlanNo(1),
            owner: OwnerId(1),
            lease_until: at,
            at,
        },
        4 => Event::Withdrawn { attempt, not_before },
        5 => Event::Accepted { attempt, id, at },
        6 => Event::NotAccepted { attempt, not_before, counts: true, problem },
        7 => Event::Refused { attempt, at, problem },
        8 => Event::Doubted { attempt, at, problem },
        9 => Event::Looked { attempt, at, unseen: chance.bool(), problem },
        10 => Event::Found { attempt, id, at },
        11 => Event::FoundFailed { attempt, id, at, problem },
        12 => Event::Resend { by: if chance.bool() { ResendBy::Operator } else { ResendBy::Unseen } },
        13 => Event::News { attempt, news: News::Reached(reaches[chance.usize(0..4)]), at },
        14 => Event::News { attempt, news: News::Failed(problem), at },
        15 => Event::Retry { not_before },
        16 => Event::Cancelled { by_removal: chance.bool() },
        17 => Event::Skipped { problem },
        18 if chance.bool() => Event::Removed,
        18 => Event::Returned,
        _ => Event::Rescheduled { not_before },
    }
}

/// Every change of state that `Job::apply` makes in many lives: from, event, to.
fn transitions() -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    let mut chance = fastrand::Rng::with_seed(1);
    for life in 0..40_000 {
        let mut job = if life % 8 == 0 { Job::skipped() } else { Job::queued() };
        for _ in 0..40 {
            let event = any_event(&job, &mut chance);
            let Ok(next) = job.apply(&event) else { continue };
            if state(&job) != state(&next) {
                found.insert((state(&job).to_owned(), event.name().to_owned(), state(&next).to_owned()));
            }
            job = next;
        }
    }
    found
}

/// The arrows of a picture: from, word, to. Several words stand with commas between them; what is in brackets explains.
fn arrows(picture: &str) -> BTreeSet<(String, String, String)> {
    let mut found = BTreeSet::new();
    for line in picture.lines() {
        let Some((from, rest)) = line.split_once("-->") else { continue };
        let (to, words) = rest.split_once(':').unwrap_or((rest, ""));
        let (from, to) = (from.trim(), to.trim());
        for word in words.split(',').filter(|_| from != "[*]") {
            found.insert((from.to_owned(), word.trim().to_owned(), to.to_owned()));
        }
    }
    found
}

#[test]
fn the_picture_of_a_jobs_states_is_what_apply_does() {
    let document = text("ARCHITECTURE.md");
    let picture = document.split("```mermaid\n").find(|block| block.starts_with("stateDiagram")).unwrap();
    let drawn = arrows(picture.split("```").next().unwrap());
    let made = transitions();
    let only = |a: &BTreeSet<_>, b: &BTreeSet<_>| {
        a.difference(b).cloned().collect::<Vec<(String, String, String)>>()
    };
    assert_eq!(only(&drawn, &made), [], "drawn, and not made by `Job::apply`");
    assert_eq!(only(&made, &drawn), [], "made by `Job::apply`, and not drawn");
    let sample = arrows("a --> b : one, two\n[*] --> a: begin\nc: a name\n");
    let arrow = |word: &str| ("a".to_owned(), word.to_owned(), "b".to_owned());
    assert_eq!(sample, BTreeSet::from([arrow("one"), arrow("two")]));
}
