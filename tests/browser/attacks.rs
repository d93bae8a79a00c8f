//! Other pages, of another port of this machine and of a foreign name that leads here, while somebody is let in: they change
//! nothing and learn nothing.
#![cfg(test)] // lets clippy take the helpers for test code

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::context::Context;
use super::desk::{Desk, enter};
use super::page::Page;
use super::sendcast::Sendcast;
use super::server::{Answer, Server};

trials! {
    in_browser: [
        a_page_of_another_port_can_do_nothing,
        a_page_of_a_foreign_name_can_do_nothing,
        the_dashboard_is_not_shown_under_a_foreign_name,
        the_dashboard_is_not_shown_in_a_frame,
    ],
    plain: [],
}

/// All files below a directory, with what is in them.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

fn campaign() -> (Desk, Sendcast) {
    let desk = Desk::with("max", 6);
    desk.run("run c.json --sandbox --limit 2", 6);
    let server = desk.serve();
    (desk, server)
}

/// An attacker's page: nothing but a heading.
fn attacker() -> Server {
    Server::start(|_| Answer::page("<!doctype html><title>Prizes</title><h1>Prizes</h1>"))
}

/// What the page's fetch of `path` came to: its status and text, or its error.
#[track_caller]
fn fetched(page: &Page, dashboard: &str, path: &str, init: &Value) -> String {
    let js = format!(
        "fetch({}, {init}).then(async answer => `${{answer.type}} ${{answer.status}} ${{await answer.text()}}`, error => 'refused: ' + error)",
        json!(format!("{dashboard}{path}"))
    );
    page.eval(&js).as_str().unwrap().to_owned()
}

/// Whether an element of this kind loads that address.
#[track_caller]
fn loads(page: &Page, tag: &str, url: &str) -> bool {
    let js = format!(
        "new Promise(done => {{
            const element = document.createElement('{tag}');
            element.onload = () => done(true);
            element.onerror = () => done(false);
            element.src = {};
            document.body.append(element);
        }})",
        json!(url)
    );
    page.eval(&js) == json!(true)
}

/// What an attacker's page tries, while somebody is let in; then everything is as it was.
fn assault(context: &Context, name: &str) {
    let (desk, server) = campaign();
    let user = enter(context, server.link());
    let attacker = attacker();
    let page = context.open(&attacker.origin_as(name));
    let before = files(&desk.data());
    // By the dashboard's own name, and by those that every program of this machine knows.
    let names = [server.origin().to_owned(), format!("http://127.0.0.1:{}", server.port())];
    for dashboard in &names {
        page.allow(dashboard);
        for path in ["/", "/trials/c/c", "/trials/c/c/people", "/trials/c/c/report/csv", "/optouts"] {
            for mode in ["cors", "no-cors"] {
                let init = json!({ "credentials": "include", "mode": mode });
                let said = fetched(&page, dashboard, path, &init);
                assert!(
                    said.starts_with("refused: ") || said == "opaque 0 ",
                    "{path} by {mode} can be read: {said}"
                );
            }
            let url = format!("{dashboard}{path}");
            assert!(!loads(&page, "img", &url), "{path} as an image");
            assert!(!loads(&page, "script", &url), "{path} as a script");
        }
        for (path, body) in [
            ("/trials/c/c/go-on", "turn=0"),
            ("/trials/c/c/cancel", "turn=0"),
            ("/optouts/add", "phone=%2B919876543210"),
            ("/leave", ""),
        ] {
            let form = "application/x-www-form-urlencoded";
            let init = json!({
                "method": "POST", "credentials": "include", "mode": "no-cors", "body": body,
                "headers": { "Content-Type": form }
            });
            let said = fetched(&page, dashboard, path, &init);
            assert!(said.starts_with("refused: ") || said == "opaque 0 ", "{path}: {said}");
            // A form in a tab of its own, as by a click.
            let post = format!(
                "(() => {{
                    const form = Object.assign(document.createElement('form'), {{ method: 'post', action: {}, target: '_blank' }});
                    for (const [name, value] of new URLSearchParams({}))
                        form.append(Object.assign(document.createElement('input'), {{ name, value }}));
                    document.body.append(form);
                    form.submit();
                }})()",
                json!(format!("{dashboard}{path}")),
                json!(body)
            );
            let refused = context.opened_by(|| drop(page.eval(&post)));
            refused.until_text("body", "refused: this was asked by a page that isn't sendcast's");
            refused.complaints();
            refused.close();
        }
        let init = json!({ "method": "PUT", "credentials": "include", "body": "Phone\n+919876543210\n" });
        assert!(fetched(&page, dashboard, "/optouts/import", &init).starts_with("refused: "));
    }
    // The browser said in its console what it kept from that page.
    page.complaints();
    assert!(files(&desk.data()) == before, "a file is another");
    // The control: the user is still there, and can do all that.
    user.bring_to_front();
    user.goto(&format!("{}/trials/c/c", server.origin()));
    user.click("#actions [action$='/go-on'] button");
    user.until_text("#pill", "Done");
    user.assert_sound();
    assert!(files(&desk.data()) != before);
}

fn a_page_of_another_port_can_do_nothing(context: &Context) {
    assault(context, "127.0.0.1");
}

fn a_page_of_a_foreign_name_can_do_nothing(context: &Context) {
    assault(context, "evil.test");
}

fn the_dashboard_is_not_shown_under_a_foreign_name(context: &Context) {
    let (_desk, server) = campaign();
    let _user = enter(context, server.link());
    let page = context.blank();
    for path in ["/", "/enter", "/trials/c/c", "/nowhere"] {
        page.goto(&format!("http://evil.test:{}{path}", server.port()));
        page.until_text("body", "this address isn't sendcast's");
        page.expect_complaint("421");
    }
    // The browser has more to say of such an address.
    page.complaints();
    assert!(context.cookies().iter().all(|cookie| cookie.domain.ends_with(".localhost")));
}

fn the_dashboard_is_not_shown_in_a_frame(context: &Context) {
    let (_desk, server) = campaign();
    let user = enter(context, server.link());
    let attacker = attacker();
    for name in ["127.0.0.1", "evil.test"] {
        let page = context.open(&attacker.origin_as(name));
        page.allow(server.origin());
        for sandbox in ["", "allow-scripts", "allow-scripts allow-same-origin"] {
            for path in ["/", "/enter", "/trials/c/c"] {
                let frame = format!(
                    "new Promise(done => {{
                        const frame = document.createElement('iframe');
                        if ({0}) frame.sandbox = {0};
                        frame.onload = () => {{
                            try {{ done(frame.contentDocument?.body.innerText ?? 'another origin') }}
                            catch (error) {{ done('another origin') }}
                        }};
                        frame.src = {1};
                        document.body.append(frame);
                    }})",
                    json!(sandbox),
                    json!(format!("{}{path}", server.origin()))
                );
                assert_eq!(page.eval(&frame), json!("another origin"));
                // What stands there is the browser's own word that it was refused.
                page.expect_complaint("frame-ancestors");
            }
        }
        page.complaints();
    }
    user.assert_sound();
}
