//! The checks see: what is wrong on purpose is noticed, and a clean page has no complaint. Without these a blind check
//! would pass every page.
#![cfg(test)] // lets clippy take the helpers for test code

use std::fs;
use std::path::PathBuf;

use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::checks::{AXE, Focus};
use super::context::Context;
use super::page::{Page, Theme};
use super::server::{Answer, Server};

trials! {
    in_browser: [
        a_clean_page_has_no_complaint,
        an_inline_handler_is_noticed,
        an_assignment_of_html_is_noticed,
        an_outside_image_is_blocked_and_noticed,
        an_outside_request_is_noticed_and_reaches_nobody,
        a_form_posted_from_elsewhere_is_seen_as_such,
        what_a_script_says_and_throws_is_noticed,
        a_dialog_is_noticed_and_answered,
        a_page_that_would_be_left_asks,
        a_framed_page_is_noticed_in_its_frame,
        unnamed_input_and_pale_text_are_found,
        a_wide_element_is_found,
        keys_reach_the_page,
        fields_are_filled_and_chosen,
        a_covered_button_is_not_clicked,
        files_are_chosen_and_dropped,
        dark_mode_and_print_are_shown,
        the_window_has_its_size,
        a_tab_behind_another_is_hidden,
        a_tab_that_a_page_opens_is_followed,
        the_history_is_gone_through,
        pages_work_without_scripts,
        the_network_can_be_taken_away,
        cookies_are_each_contexts_own,
        a_name_below_localhost_leads_here,
        a_file_is_downloaded,
        the_clock_is_indias,
        what_never_holds_is_named,
    ],
    plain: [axe_is_unchanged],
}

const STYLE: &str = "
    body { margin: 8px; background: #fff; color: #111; font: 16px sans-serif }
    .pale { color: #ccc }
    .wide { width: 900px; height: 10px }
    #cover { position: fixed; inset: 0 }
    @media (prefers-color-scheme: dark) { body { background: #111; color: #eee } }
    @media print { nav { display: none } }
";

const SCRIPT: &str = "
    const says = text => { document.querySelector('#said').textContent = text };
    const named = files => [...files].map(file => `${file.name} ${file.size}`).join();
    document.querySelector('#go')?.addEventListener('click', () => says('clicked'));
    document.querySelector('#file')?.addEventListener('change', event => says(`chosen ${named(event.target.files)}`));
    addEventListener('keydown', event => {
        const held = ['ctrlKey', 'shiftKey', 'altKey'].filter(key => event[key]).join();
        if (event.target === document.body) says(`${event.key} ${held}`);
    });
    addEventListener('dragover', event => event.preventDefault());
    addEventListener('drop', event => { event.preventDefault(); says(`dropped ${named(event.dataTransfer.files)}`) });
";

/// A page under the strict policy, sound but for `body`.
fn strict(body: &str) -> Answer {
    let page = format!(
        "<!doctype html><html lang=en><head><meta charset=utf-8><title>Control</title>
        <meta name=viewport content='width=device-width'><link rel=stylesheet href=/style.css>
        <script src=/script.js defer></script></head>
        <body><main><h1>Control</h1><p id=said role=status></p>{body}</main></body></html>"
    );
    Answer::strict_page(&page)
}

/// A server of one strict page.
fn serve(body: &'static str) -> Server {
    Server::start(move |request| match request.path.as_str() {
        "/" => strict(body),
        "/style.css" => Answer::new("text/css", STYLE),
        "/script.js" => Answer::new("text/javascript", SCRIPT),
        "/favicon.ico" => Answer::new("image/svg+xml", "<svg xmlns='http://www.w3.org/2000/svg'/>"),
        _ => Answer::not_found(),
    })
}

/// A tab with that page.
fn open(context: &Context, server: &Server) -> Page {
    context.open(&server.origin())
}

fn people(dir: &TempDir) -> PathBuf {
    let file = dir.path().join("people.csv");
    fs::write(&file, "phone\n+919876543210\n").unwrap();
    file
}

// ---- what a page complains of

fn a_clean_page_has_no_complaint(context: &Context) {
    let server = serve("<p>Nothing is wrong here.</p><button id=go>Go</button>");
    let page = open(context, &server);
    page.assert_sound();
    page.click("#go");
    page.until_text("#said", "clicked");
    assert_eq!(page.text("h1"), "Control");
    for width in [390, 768, 1280] {
        for theme in [Theme::Light, Theme::Dark] {
            page.viewport(width, 800);
            page.theme(theme);
            page.assert_sound();
        }
    }
}

fn an_inline_handler_is_noticed(context: &Context) {
    let server = serve("<button id=go onclick='document.title = \"run\"'>Go</button>");
    let page = open(context, &server);
    page.click("#go");
    page.until_text("#said", "clicked");
    page.expect_complaint("inline event handler");
    assert_eq!(page.eval("document.title"), json!("Control"));
}

fn an_assignment_of_html_is_noticed(context: &Context) {
    let server = Server::start(|request| match request.path.as_str() {
        "/" => strict("<script src=/assign.js defer></script>"),
        "/assign.js" => {
            Answer::new("text/javascript", "document.querySelector('#said').innerHTML = '<b>set</b>'")
        }
        "/style.css" => Answer::new("text/css", STYLE),
        _ => Answer::new("text/javascript", ""),
    });
    let page = open(context, &server);
    let complaints = page.expect_complaint("TrustedHTML");
    assert!(complaints.iter().any(|complaint| complaint.starts_with("exception")), "{complaints:?}");
    assert_eq!(page.eval("document.querySelector('#said').innerHTML"), json!(""));
}

fn an_outside_image_is_blocked_and_noticed(context: &Context) {
    let server = serve("<img alt=Outside src=http://pictures.example/a.png>");
    let page = open(context, &server);
    let complaints = page.expect_complaint("pictures.example");
    assert!(complaints.iter().any(|complaint| complaint.contains("img-src")), "{complaints:?}");
}

fn an_outside_request_is_noticed_and_reaches_nobody(context: &Context) {
    let other = Server::start(|_| Answer::page("secret"));
    let page = Server::start(|_| Answer::page("<!doctype html><title>No policy</title>"));
    let page = context.open(&page.origin());
    for outside in ["http://example.com/", "http://198.51.100.1/"] {
        let error = page.try_eval(&format!("fetch('{outside}')")).unwrap_err();
        assert!(error.contains("Failed to fetch"), "{error}");
        page.expect_complaint(&format!("request to somebody else: {outside}"));
        page.expect_complaint("ERR_NAME_NOT_RESOLVED");
    }
    // Another port is somebody else, too. It gets the request and the page no answer.
    assert!(page.try_eval(&format!("fetch('{}')", other.origin())).is_err());
    page.expect_complaint(&other.origin());
    assert_eq!(other.requests()[0].header("sec-fetch-site"), Some("same-site"));
    page.complaints();
}

fn a_form_posted_from_elsewhere_is_seen_as_such(context: &Context) {
    let victim = serve("");
    let target = victim.origin();
    let form = format!(
        "<!doctype html><title>Attacker</title><form method=post action='{target}/order'>
        <input name=order value=cancel><button id=go>Win</button></form>"
    );
    let attacker = Server::start(move |_| Answer::page(&form));
    for (name, site) in [("127.0.0.1", "same-site"), ("evil.test", "cross-site")] {
        let page = context.open(&attacker.origin_as(name));
        page.allow(&target);
        page.click("#go");
        page.until("location.pathname === '/order'");
        page.expect_complaint("404");
        let request = victim.requests().pop().unwrap();
        assert_eq!((request.method.as_str(), &*request.body), ("POST", &b"order=cancel"[..]));
        assert_eq!(request.header("sec-fetch-site"), Some(site));
        assert_eq!(request.header("origin"), Some(&*attacker.origin_as(name)));
    }
}

fn what_a_script_says_and_throws_is_noticed(context: &Context) {
    let server = serve("");
    let page = open(context, &server);
    page.eval("console.log('fine'), console.warn('a warning'), console.error('an error', 7)");
    page.eval("setTimeout(() => { throw new Error('thrown') })");
    page.eval("void Promise.reject(new Error('rejected'))");
    for part in
        ["console.warning: a warning", "console.error: an error 7", "Error: thrown", "Error: rejected"]
    {
        page.expect_complaint(part);
    }
    page.eval("void fetch('/missing')");
    page.expect_complaint("404");
}

fn a_dialog_is_noticed_and_answered(context: &Context) {
    let server = serve("");
    let page = open(context, &server);
    assert_eq!(page.eval("confirm('Go on?')"), json!(true));
    context.accept_dialogs(false);
    assert_eq!(page.eval("confirm('Really?')"), json!(false));
    page.expect_complaint("dialog: confirm: Go on?");
    page.expect_complaint("dialog: confirm: Really?");
}

fn a_page_that_would_be_left_asks(context: &Context) {
    let server = serve("<label>Text <input id=text></label>");
    let page = open(context, &server);
    page.eval("addEventListener('beforeunload', event => event.preventDefault())");
    page.fill("#text", "not saved");
    context.accept_dialogs(false);
    assert_eq!(page.try_goto("about:blank"), Err("net::ERR_ABORTED".to_owned()));
    page.expect_complaint("dialog: beforeunload");
    assert_eq!(page.eval("document.querySelector('#text').value"), json!("not saved"));
    context.accept_dialogs(true);
    page.goto("about:blank");
    page.expect_complaint("dialog: beforeunload");
}

fn a_framed_page_is_noticed_in_its_frame(context: &Context) {
    let server = serve("");
    let ours = server.origin_as("sendcast-ab12.localhost");
    let frame = format!("<!doctype html><title>Attacker</title><iframe src='{ours}'></iframe>");
    let attacker = Server::start(move |_| Answer::page(&frame));
    let page = context.open(&attacker.origin_as("evil.test"));
    page.expect_complaint(&format!("request to somebody else: {ours}"));
    page.expect_complaint("frame-ancestors");
    assert!(server.requests().iter().all(|request| request.path == "/"), "nothing of the page was loaded");
}

// ---- what hinders people

fn unnamed_input_and_pale_text_are_found(context: &Context) {
    let server = serve("<input><img src=/a.svg><p class=pale>Hardly to be read</p>");
    let page = open(context, &server);
    page.expect_complaint("404");
    let findings = page.axe();
    let rules: Vec<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
    assert_eq!(rules, ["color-contrast", "image-alt", "label"]);
    let contrast = findings[0].to_string();
    assert!(
        contrast.starts_with("color-contrast (serious): ") && contrast.contains("class=\"pale\""),
        "{contrast}"
    );
}

fn a_wide_element_is_found(context: &Context) {
    let server = serve("<div class=wide></div>");
    let page = open(context, &server);
    assert_eq!(page.sideways(), [""; 0]);
    page.viewport(390, 800);
    assert_eq!(
        page.sideways(),
        ["908 px in a window of 390 px", "<div class=\"wide\"></div> ends at 908 px"]
    );
}

// ---- what a user does

fn keys_reach_the_page(context: &Context) {
    let server = serve(
        "<a id=first href='/'>First</a> <label>Name <input id=second></label>
        <button id=go aria-label='Go on'>Go</button>",
    );
    let page = open(context, &server);
    for (keys, said) in [
        ("j", "j"),
        ("?", "?"),
        ("Escape", "Escape"),
        ("Control+Shift+k", "k ctrlKey,shiftKey"),
        ("Alt+ArrowDown", "ArrowDown altKey"),
        ("Control++", "+ ctrlKey"),
    ] {
        page.press(keys);
        page.until(&format!("document.querySelector('#said').textContent.trim() === {}", json!(said)));
    }
    let focus = |tag: &str, id: &str, role: &str, name: &str| {
        let [tag, id, role, name] = [tag, id, role, name].map(str::to_owned);
        Focus { tag, id, role, name }
    };
    let order = page.tab_order(3);
    assert_eq!(
        order,
        [
            focus("a", "first", "link", "First"),
            focus("input", "second", "textbox", "Name"),
            focus("button", "go", "button", "Go on"),
        ]
    );
    page.press("Enter");
    page.until_text("#said", "clicked");
    page.press("Shift+Tab");
    assert_eq!(page.focus().id, "second");
    page.type_text("नमस्ते");
    page.press("!");
    assert_eq!(page.eval("document.activeElement.value"), json!("नमस्ते!"));
    page.press("Control+a");
    page.press("x");
    page.press("Space");
    assert_eq!(page.eval("document.activeElement.value"), json!("x "));
}

fn fields_are_filled_and_chosen(context: &Context) {
    let server = serve(
        "<label>Name <input id=name value=before></label>
        <label>Text <textarea id=text></textarea></label>
        <label>Number <select id=number><option value=a>A</option><option value=b>B</option></select></label>",
    );
    let page = open(context, &server);
    page.fill("#name", "Asha");
    page.fill("#text", "two\nlines");
    page.choose("#number", "b");
    let values = "['#name', '#text', '#number'].map(field => document.querySelector(field).value)";
    assert_eq!(page.eval(values), json!(["Asha", "two\nlines", "b"]));
    page.fill("#name", "");
    assert_eq!(page.eval("document.querySelector('#name').value"), json!(""));
}

fn a_covered_button_is_not_clicked(context: &Context) {
    let server = serve("<button id=go>Go</button><div id=cover></div>");
    let page = open(context, &server);
    // Uncovered by the page itself, while the click waits.
    page.eval("void setTimeout(() => document.querySelector('#cover').remove(), 100)");
    page.click("#go");
    page.until_text("#said", "clicked");
    assert_eq!(page.eval("document.querySelector('#cover')"), json!(null));
}

fn files_are_chosen_and_dropped(context: &Context) {
    let dir = TempDir::new().unwrap();
    let file = people(&dir);
    let server = serve("<label>File <input type=file id=file></label><p id=here>Drop it here</p>");
    let page = open(context, &server);
    page.set_files("#file", &file);
    page.until_text("#said", "chosen people.csv 20");
    page.drop_file("#here", &file);
    page.until_text("#said", "dropped people.csv 20");
}

// ---- how a page is shown

fn dark_mode_and_print_are_shown(context: &Context) {
    let server = serve("<nav>Elsewhere</nav>");
    let page = open(context, &server);
    let background = "getComputedStyle(document.body).backgroundColor";
    assert_eq!(page.eval(background), json!("rgb(255, 255, 255)"));
    page.theme(Theme::Dark);
    assert_eq!(page.eval(background), json!("rgb(17, 17, 17)"));
    page.print_media(true);
    assert_eq!(page.eval("getComputedStyle(document.querySelector('nav')).display"), json!("none"));
    assert!(fs::read(page.pdf("control")).unwrap().starts_with(b"%PDF"));
    page.print_media(false);
    assert_eq!(page.eval("getComputedStyle(document.querySelector('nav')).display"), json!("block"));
    assert!(fs::read(page.screenshot("control")).unwrap().starts_with(b"\x89PNG"));
}

fn the_window_has_its_size(context: &Context) {
    let server = serve("");
    let page = open(context, &server);
    for (width, height) in [(390, 844), (768, 1024), (1280, 800)] {
        page.viewport(width, height);
        page.until(&format!("innerWidth === {width} && innerHeight === {height}"));
    }
}

fn a_tab_behind_another_is_hidden(context: &Context) {
    let server = serve("");
    let (first, second) = (open(context, &server), open(context, &server));
    for (front, behind) in [(&first, &second), (&second, &first)] {
        front.bring_to_front();
        front.until("document.visibilityState === 'visible'");
        behind.until("document.visibilityState === 'hidden'");
    }
}

fn a_tab_that_a_page_opens_is_followed(context: &Context) {
    let server = serve("<a id=further href='/?further' target=_blank>Further</a>");
    let page = open(context, &server);
    let further = context.opened_by(|| page.click("#further"));
    assert_eq!(further.url(), format!("{}/?further", server.origin()));
    further.complaints();
    assert_eq!(page.url(), format!("{}/", server.origin()));
}

fn the_history_is_gone_through(context: &Context) {
    let server = serve("<a id=further href='/?further'>Further</a>");
    let page = open(context, &server);
    page.click("#further");
    page.until("location.search === '?further'");
    page.expect_complaint("404");
    page.eval("document.title = 'changed'");
    page.reload();
    page.expect_complaint("404");
    assert_eq!(page.eval("document.title"), json!("Not found"));
    page.back();
    assert_eq!(page.url(), format!("{}/", server.origin()));
    page.close();
}

fn pages_work_without_scripts(context: &Context) {
    let server = serve("<button id=go>Go</button><noscript>Choosing a file needs a script.</noscript>");
    let page = open(context, &server);
    page.click("#go");
    page.until_text("#said", "clicked");
    page.scripts(false);
    page.reload();
    page.click("#go");
    assert_eq!(
        page.eval("document.querySelector('noscript').getBoundingClientRect().height > 0"),
        json!(true)
    );
    assert_eq!(page.text("#said"), "");
}

fn the_network_can_be_taken_away(context: &Context) {
    let server = serve("");
    let page = open(context, &server);
    let asks = "fetch('/style.css').then(() => 'there', () => 'away')";
    page.offline(true);
    assert_eq!(page.eval(asks), json!("away"));
    page.expect_complaint("ERR_INTERNET_DISCONNECTED");
    page.offline(false);
    assert_eq!(page.eval(asks), json!("there"));
}

fn cookies_are_each_contexts_own(context: &Context) {
    let server = Server::start(|_| {
        Answer::page("<!doctype html><title>Cookie</title>")
            .header("Set-Cookie", "session=secret; HttpOnly; SameSite=Strict; Path=/")
    });
    let page = context.open(&server.origin());
    let cookies = context.cookies();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    assert_eq!((cookies[0].name.as_str(), cookies[0].value.as_str()), ("session", "secret"));
    assert_eq!((cookies[0].domain.as_str(), cookies[0].http_only), ("127.0.0.1", true));
    assert_eq!(cookies[0].same_site.as_deref(), Some("Strict"));
    assert_eq!(page.eval("document.cookie"), json!(""));
    let sent = |at: usize| server.requests()[at].header("cookie").map(str::to_owned);
    page.reload();
    assert_eq!(sent(1).as_deref(), Some("session=secret"));
    let stranger = context.stranger();
    let theirs = stranger.open(&server.origin());
    assert_eq!(sent(2), None);
    assert_eq!(theirs.complaints(), [""; 0]);
    context.clear_cookies();
    assert_eq!(context.cookies(), []);
}

fn a_name_below_localhost_leads_here(context: &Context) {
    let server = serve("");
    let page = context.open(&server.origin_as("sendcast-ab12.localhost"));
    page.assert_sound();
    let evil = context.open(&server.origin_as("evil.test"));
    assert_eq!(evil.text("h1"), "Control");
    let host = |at: usize| server.requests()[at].header("host").map(str::to_owned);
    assert!(host(0).unwrap().starts_with("sendcast-ab12.localhost:"));
    let nowhere = context.blank();
    assert_eq!(nowhere.try_goto("http://example.com/"), Err("net::ERR_NAME_NOT_RESOLVED".to_owned()));
}

fn a_file_is_downloaded(context: &Context) {
    let server = Server::start(|request| match request.path.as_str() {
        "/report.csv" => Answer::new("text/csv", "phone,status\n")
            .header("Content-Disposition", "attachment; filename=\"report.csv\""),
        _ => Answer::page("<!doctype html><title>Report</title><a id=get href=/report.csv>Report</a>"),
    });
    let page = context.open(&server.origin());
    page.click("#get");
    assert_eq!(fs::read_to_string(context.downloaded("report.csv")).unwrap(), "phone,status\n");
}

fn the_clock_is_indias(context: &Context) {
    let page = context.blank();
    assert_eq!(page.eval("new Date().getTimezoneOffset()"), json!(-330));
}

fn what_never_holds_is_named(context: &Context) {
    let page = context.blank();
    let error = page.holds_within(std::time::Duration::ZERO, "document.title === 'never'").unwrap_err();
    assert_eq!(error, "in 0 s this never held: document.title === 'never', at about:blank");
}

// ---- what the checks are made of

fn axe_is_unchanged() {
    let sum: String = Sha256::digest(AXE).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(sum, "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c");
    assert!(AXE.starts_with("/*! axe v4.14.1\n"));
}
