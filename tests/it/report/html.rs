//! The report as a page: whole, closed off, and with nothing in it that its text wasn't.

use sendcast::report::{About, Stop, Tally};

use super::*;

fn page(filter: Filter, head: &Head, jobs: &[Listed<'static>]) -> (String, Tally) {
    let zone = TimeZone::get("Asia/Kolkata").unwrap();
    let spec = Spec { format: Format::Html, filter, zone, ..Spec::default() };
    let mut out = Vec::new();
    let tally = write(&mut out, &spec, head, &mut scan(jobs)).unwrap();
    (String::from_utf8(out).unwrap(), tally)
}

/// A piece of a page.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Open(String, Vec<(String, String)>),
    Close(String),
    Text(String),
}

fn unescaped(text: &str) -> String {
    assert!(!text.contains('<'), "a bare `<`: {text}");
    for (at, _) in text.match_indices('&') {
        let known = ["&lt;", "&gt;", "&amp;", "&quot;"].iter().any(|entity| text[at..].starts_with(entity));
        assert!(known, "a bare `&`: {text}");
    }
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

/// The page's pieces, as strictly as XML: whatever isn't quoted, closed or escaped fails.
fn tokens(page: &str) -> Vec<Token> {
    let mut rest = page.strip_prefix("<!DOCTYPE html>").unwrap().trim_end();
    let mut tokens = Vec::new();
    while !rest.is_empty() {
        let Some(tag) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            tokens.push(Token::Text(unescaped(&rest[..end])));
            rest = &rest[end..];
            continue;
        };
        if let Some(name) = tag.strip_prefix('/') {
            let (name, after) = name.split_once('>').unwrap();
            tokens.push(Token::Close(name.to_owned()));
            rest = after;
            continue;
        }
        let end = tag.find([' ', '>']).unwrap();
        let (name, mut after) = tag.split_at(end);
        assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit()), "<{name}");
        let mut attributes = Vec::new();
        while let Some(attribute) = after.strip_prefix(' ') {
            let (key, value) = attribute.split_once("=\"").unwrap();
            let (value, left) = value.split_once('"').unwrap();
            assert!(key.chars().all(|c| c.is_ascii_lowercase() || c == '-' || c == 'B'), "{key}");
            attributes.push((key.to_owned(), unescaped(value)));
            after = left;
        }
        rest = after.strip_prefix('>').unwrap();
        tokens.push(Token::Open(name.to_owned(), attributes));
        if name == "style" {
            let (style, after) = rest.split_once("</style>").unwrap();
            tokens.push(Token::Text(style.to_owned()));
            tokens.push(Token::Close("style".into()));
            rest = after;
        }
    }
    tokens
}

fn texts(page: &str) -> Vec<String> {
    let texts = tokens(page).into_iter().filter_map(|token| match token {
        Token::Text(text) => Some(text),
        _ => None,
    });
    texts.collect()
}

/// What one reads of it, without its style.
fn told(page: &str) -> String {
    texts(page).into_iter().filter(|text| !text.contains("font-size")).collect::<Vec<_>>().join("|")
}

fn hostile() -> (Head, Vec<Listed<'static>>) {
    let evil = "<img src=http://evil onerror=alert(1)>&\"'\u{202e}\u{1b}[2J\u{0}";
    let mut failed =
        listed(planned(2, "919876543210", &[evil, "</td></table><script>"]), after(&[claimed(1, 0)]));
    let problem = Problem::new(evil);
    let refused = Event::Refused { attempt: AttemptNo(1), at: Millis(T), problem };
    let job = failed.job.apply(&refused).unwrap();
    *failed.job.to_mut() = job;
    let bad = bad(3, evil, "`<b>` is no phone number", &[evil]);
    let reply = Reply { text: evil.into(), button: Some(evil.into()), at: Millis(T + 5) };
    let stop = Stop { reason: evil.into(), at: Millis(T + 99_000) };
    let accepted = listed(planned(4, "919876543211", &["x"]), after(&[claimed(1, 0), accepted(1, "a")]));
    let about = About { campaign: evil.into(), round: 1, trial: true, made_at: Millis(T + 60_000) };
    let columns = [evil, "\"><style>*{}"];
    let head = head(&columns)
        .with_replies([(JobId(0), reply)].into())
        .with_stops([(JobId(2), stop)].into())
        .about(about);
    (head, vec![failed, listed(bad, Job::skipped()), accepted])
}

#[test]
fn it_is_well_formed_and_loads_nothing_whatever_is_in_it() {
    let (head, jobs) = hostile();
    let (page, _) = page(Filter::ALL, &head, &jobs);
    const VOID: [&str; 1] = ["meta"];
    const KNOWN: [&str; 34] = [
        "html", "head", "meta", "title", "style", "body", "header", "main", "footer", "section", "div",
        "span", "p", "h1", "h2", "ul", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr", "th", "td",
        "bdi", "strong", "time", "svg", "rect", "code", "details", "summary",
    ];
    let mut open = Vec::new();
    for token in tokens(&page) {
        match token {
            Token::Open(name, attributes) => {
                assert!(KNOWN.contains(&name.as_str()), "<{name}>");
                for (key, value) in attributes {
                    let loads = ["src", "href", "srcset", "action", "data", "poster", "style", "xlink"];
                    assert!(!loads.contains(&key.as_str()) && !key.starts_with("on"), "{key}={value}");
                }
                if !VOID.contains(&name.as_str()) {
                    open.push(name);
                }
            }
            Token::Close(name) => assert_eq!(open.pop(), Some(name)),
            Token::Text(text) => assert!(
                !text.chars().any(|c| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}')),
                "{text:?}"
            ),
        }
    }
    assert!(open.is_empty(), "{open:?}");
    assert!(told(&page).contains("<img src=http://evil onerror=alert(1)>&\"'"), "it is shown as it was");
}

#[test]
fn its_policy_allows_its_own_style_and_nothing_else() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let (page, _) = page(Filter::ALL, &head(&["Name"]), &everyone());
    let tokens = tokens(&page);
    let policy = tokens.iter().find_map(|token| match token {
        Token::Open(name, attributes) if name == "meta" => {
            let has = |key: &str, value: &str| attributes.iter().any(|(k, v)| k == key && v == value);
            let content = attributes.iter().find(|(key, _)| key == "content")?;
            has("http-equiv", "Content-Security-Policy").then(|| content.1.clone())
        }
        _ => None,
    });
    let style = page.split_once("<style>").unwrap().1.split_once("</style>").unwrap().0;
    assert!(!style.contains("url(") && !style.contains("@import") && !style.contains('<'));
    let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(style));
    assert_eq!(
        policy.unwrap(),
        format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
    );
    assert!(style.contains("prefers-color-scheme: dark") && style.contains("@media print"));
}

#[test]
fn its_figures_are_the_tallys() {
    let reply = Reply { text: "Yes".into(), button: Some("Yes".into()), at: Millis(T + 20_000) };
    let about = About { campaign: "diwali-offer".into(), round: 2, trial: false, made_at: Millis(T) };
    let head = head(&["Name", "to"]).with_replies([(JobId(0), reply)].into()).about(about);
    let (page, tally) = page(Filter::ALL, &head, &everyone());
    let told = told(&page);
    for stage in tally.funnel().stages() {
        assert!(told.contains(&format!("{}|{}|", stage.name, stage.people)), "{}: {told}", stage.name);
    }
    for expected in [
        "diwali-offer|",
        "Asia/Kolkata",
        "22 Nov 2026, 15:30",
        "nothing was heard from this person in the last 24 hours| |code 131047|free messages only reach",
        "Yes|1|100 %",
        "1|skipped|never to be sent",
        "1|in doubt|outcome unknown",
        "+91 98765 43210",
        "Björn, \"the one\"",
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
}

#[test]
fn of_many_recipients_it_shows_the_first_and_says_so() {
    let jobs: Vec<_> =
        (2..1_502).map(|row| listed(planned(row, "919876543210", &["Asha"]), Job::queued())).collect();
    let (page, tally) = page(Filter::ALL, &head(&["Name"]), &jobs);
    assert_eq!(tally.written, 1_500);
    let rows = page.matches("<td class=\"who\">").count();
    assert_eq!(rows, 1_000);
    assert!(told(&page).contains("The first 1,000 of 1,500. All of them are in the report as CSV or XLSX"));
}

#[test]
fn without_rows_it_is_whole() {
    let (page, _) = page(Filter::ALL, &head(&["Name"]), &[]);
    let told = told(&page);
    assert!(told.contains("audience|0|") && told.contains("No row."), "{told}");
    assert!(!told.contains("Failures by reason") && !told.contains("Replies|"), "{told}");
}

#[test]
fn a_filter_leaves_rows_out_and_says_which() {
    let (page, _) = page(Filter::of(&[Status::Failed]), &head(&["Name", "to"]), &everyone());
    assert_eq!(page.matches("<td class=\"who\">").count(), 1);
    assert!(told(&page).contains("1 of 7 rows: only failed"));
}

#[test]
fn columns_that_say_nothing_more_are_left_out() {
    let cells = ["9876543210", "Asha", "", "a", "b", "c", "d"];
    let job = listed(planned(2, "919876543210", &cells), Job::queued());
    let columns = ["Mobile", "Name", "Empty", "A", "B", "C", "D"];
    let (page, _) = page(Filter::ALL, &head(&columns), &[job]);
    let told = told(&page);
    assert!(told.contains("When|Name|A|B|C|Reason or reply"), "{told}");
    assert!(told.contains("with 1 more of the audience"), "{told}");
}
