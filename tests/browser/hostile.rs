//! Texts from strangers wherever texts come in: they are shown as text, and nothing else happens.
#![cfg(test)] // lets clippy take the helpers for test code

use serde_json::json;

use super::context::Context;
use super::desk::{Desk, enter};
use super::page::Page;

trials! {
    in_browser: [
        hostile_cells_and_messages_are_text,
        hostile_reasons_and_file_names_are_text,
        hostile_words_of_the_server_are_text,
    ],
    plain: [],
}

const HOSTILE: [&str; 8] = [
    "<script>window.pwned = 1</script>",
    "\"><svg onload=\"window.pwned = 1\">",
    "<img src=http://evil.test/x onerror=window.pwned=1>",
    "javascript:window.pwned=1",
    "{{7*7}}",
    "\u{202e}reversed\u{2066}",
    "</main></body><h1>Sent</h1>",
    "` `` <code>",
];

/// What a page shows of them: nothing has run, and none has become an element.
#[track_caller]
fn is_text(page: &Page) {
    assert_eq!(page.eval("typeof window.pwned"), json!("undefined"));
    let made = "document.querySelectorAll('main script, svg[onload], main img, [onerror], [href^=\"javascript:\"], main main').length";
    assert_eq!(page.eval(made), json!(0));
    assert_eq!(page.eval("document.querySelectorAll('h1').length"), json!(1));
    page.viewport(390, 800);
    assert_eq!(page.sideways(), Vec::<String>::new());
    page.viewport(1280, 800);
    page.assert_sound();
}

fn hostile_cells_and_messages_are_text(context: &Context) {
    let desk = Desk::new();
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let long = "x".repeat(64 << 10);
    let headers: Vec<_> = HOSTILE.iter().map(|text| cell(text)).collect();
    let mut rows = format!("Phone,Name,{}\n", headers.join(","));
    for (at, text) in HOSTILE.iter().copied().chain([&*long]).enumerate() {
        let same: Vec<_> = HOSTILE.iter().map(|_| cell(if text.len() > 100 { "" } else { text })).collect();
        rows.push_str(&format!("+9198765{at:05},{},{}\n", cell(text), same.join(",")));
    }
    rows.push_str(&format!("{},Bad,{}\n", cell(HOSTILE[1]), headers.join(",")));
    desk.write("people.csv", &rows);
    let all = HOSTILE.join(" ").replace("{{7*7}}", "{{ '{{7*7}}' }}");
    let body = json!({ "type": "buttons", "literal": true, "body": format!("{all} {{{{ name | truncate(200) }}}}"),
        "buttons": [{ "id": HOSTILE[4], "title": "<svg onload=x()>" }] });
    let url = "https://example.com/%22%3E<script>window.pwned=1</script>.jpg";
    let media =
        json!({ "type": "media", "literal": true, "media_type": "image", "url": url, "caption": all });
    desk.campaign("c", "max", &body.to_string());
    desk.campaign("m", "max", &media.to_string());
    for name in ["c", "m"] {
        let run =
            format!("run {name}.json --sandbox --new --yes --limit 8 --faults code:131026@919876500000");
        let mut command = desk.command(&run);
        let out = command.output().unwrap();
        assert!(
            out.status.code().is_some_and(|code| [0, 3, 6].contains(&code)),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
    }
    let server = desk.serve();
    let page = enter(context, server.link());
    for name in ["c", "m"] {
        for path in [
            "",
            "/people",
            "/people/0",
            "/people/1",
            "/people/5",
            "/people/8",
            "/people/9",
            "/report",
            "/send",
        ] {
            page.goto(&format!("{}/trials/c/{name}{path}", server.origin()));
            is_text(&page);
        }
    }
    page.goto(&format!("{}/trials/c/c/people/0", server.origin()));
    page.until_text("main .words", "<script>window.pwned = 1</script>");
    assert!(!page.text("main").contains('\u{202e}'), "a text that turns others around");
    // Looked for, too.
    for text in HOSTILE {
        let query = url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        page.goto(&format!(
            "{}/trials/c/c/people?number={query}&status={query}&code={query}",
            server.origin()
        ));
        is_text(&page);
    }
}

fn hostile_reasons_and_file_names_are_text(context: &Context) {
    let desk = Desk::new();
    let server = desk.serve();
    let page = enter(context, server.link());
    page.goto(&format!("{}/optouts", server.origin()));
    for (at, text) in HOSTILE.iter().enumerate() {
        page.fill("[name=phone]", &format!("+9198765{at:05}"));
        page.fill("[name=reason]", text);
        page.click("form[action='/optouts/add'] button");
        let on_the_list = if at == 0 { "1 person is".to_owned() } else { format!("{} people are", at + 1) };
        page.until_text("main", &on_the_list);
    }
    page.until_text("table", "<script>window.pwned = 1</script>");
    is_text(&page);
    for (at, text) in HOSTILE.iter().enumerate() {
        let name: String = text.chars().filter(|c| *c != '/').collect();
        let list = desk.write(&format!("{name}.csv"), &format!("Phone\n+9198764{at:05}\n{}\n", HOSTILE[2]));
        page.set_files("input[type=file]", &list);
        page.until_text("main", &format!("{} people are on the list", HOSTILE.len() + at + 1));
        page.until_text("main", "1 row was left out");
    }
    is_text(&page);
    for text in HOSTILE {
        page.fill("#search", text);
        page.press("Enter");
        page.until("location.search.includes('number=') && document.readyState === 'complete'");
        is_text(&page);
        page.goto(&format!("{}/optouts", server.origin()));
    }
}

/// What the API answers is a stranger's word as well.
fn hostile_words_of_the_server_are_text(context: &Context) {
    let desk = Desk::new();
    let words = HOSTILE.join(" ");
    let name = words.clone();
    let api = super::server::Server::start(move |request| {
        let body = if request.path.contains("user") {
            json!({ "status": "1", "message": { "name": name, "email": name, "package_name": name, "status": "1" } })
        } else {
            json!({ "status": "0", "message": name })
        };
        super::server::Answer::new("application/json", body.to_string())
    });
    let mut command = super::sendcast::Sendcast::command(&desk.data(), 0);
    command.env("SENDWO_BASE_URL", format!("{}/api/v1", api.origin()));
    command.env("SENDWO_API_TOKEN", "12345|a-token-that-is-long-enough");
    let server = super::sendcast::Sendcast::start(command).unwrap();
    let page = enter(context, server.link());
    for path in ["/account", "/numbers"] {
        page.goto(&format!("{}{path}", server.origin()));
        page.until_text("main", "<script>");
        is_text(&page);
    }
}
