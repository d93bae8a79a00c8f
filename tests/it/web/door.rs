//! Who comes in, and who doesn't. Each attack goes over all routes of the table, so that a new one without a guard fails.

use std::path::{Path, PathBuf};

use sendcast::web::routes::{Access, Does, ROUTES, Route};

use super::served::{Served, Visitor, answer};
use crate::cli::{Desk, THREE, files};

/// A desk with a trial that has run, and a draft: names that nobody outside may learn.
fn desk() -> Desk {
    let desk = Desk::with(THREE);
    desk.run("run c.json --sandbox").exits(0);
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    served.put("/new", &visitor, "customers.csv", desk.read("people.csv").as_bytes()).is(201);
    desk
}

/// The draft's id.
fn draft(desk: &Desk) -> String {
    let drafts = std::fs::read_dir(desk.data.join("drafts")).unwrap();
    let mut ids = drafts.map(|draft| draft.unwrap().file_name().into_string().unwrap());
    ids.find(|id| id.len() == 16).unwrap()
}

fn method(route: &Route) -> &'static str {
    match route.does {
        Does::Show => "GET",
        Does::Change => "POST",
        Does::Bring => "PUT",
    }
}

/// Every address, with the trial's name and the draft's id where they belong.
fn addresses(desk: &Desk) -> Vec<(&'static str, String, Access)> {
    let mut all = Vec::new();
    for route in ROUTES {
        let path = route.path.replace("{name}", "c").replace("{version}", "0").replace("{id}", &draft(desk));
        let path = path.replace("{job}", "0").replace("{format}", "csv");
        assert!(!path.contains('{'), "{path}: say what stands there");
        all.push((method(route), path.clone(), route.access));
        if route.of_trials {
            all.push((method(route), format!("/trials{path}"), route.access));
        }
    }
    assert!(all.len() > 20 && all.iter().any(|(method, ..)| *method == "PUT"));
    all
}

const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

fn form(visitor: &Visitor) -> Vec<u8> {
    format!("token={}&turn=0&word=sent&phone=%2B919876543299&api_token=12%7Cx&to=1", visitor.token)
        .into_bytes()
}

#[test]
fn nobody_is_answered_under_another_name() {
    let desk = desk();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let port = served.port;
    for (method, path, _) in addresses(&desk) {
        let host = format!("evil.test:{port}");
        let headers =
            [("Host", &*host), ("Cookie", &*visitor.cookie), ("Origin", &format!("http://{host}")), FORM];
        let refused = served.ask(method, &path, &headers, &form(&visitor)).is(421);
        assert!(
            refused.all("set-cookie").is_empty()
                && !refused.text().contains('c'.to_string().repeat(3).as_str())
        );
        assert!(refused.text().starts_with("this address isn't sendcast's"), "{}", refused.text());
    }
    let hosts = [
        format!("127.0.0.1.evil.test:{port}"),
        format!("localhost.:{port}"),
        format!("0.0.0.0:{port}"),
        format!("[::]:{port}"),
        format!("127.1:{port}"),
        format!("x@127.0.0.1:{port}"),
        format!("127.0.0.1:{}", port - 1),
        "127.0.0.1".to_owned(),
    ];
    for host in &hosts {
        served.ask("GET", "/", &[("Host", host), ("Cookie", &visitor.cookie)], b"").is(421);
    }
    // Hyper answers what HTTP itself forbids.
    let none = answer(&served.raw(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n"));
    assert!([400, 421].contains(&none.status), "{none:?}");
    let two = format!("GET / HTTP/1.1\r\nHost: {0}\r\nHost: {0}\r\nConnection: close\r\n\r\n", served.host);
    answer(&served.raw(two.as_bytes())).is(421);
    let whole =
        format!("GET http://evil.test/ HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", served.host);
    answer(&served.raw(whole.as_bytes())).is(421);
    // The control: the same with our name is answered.
    served.get("/trials/c/c", &visitor.cookie).is(200);
    for ours in [format!("127.0.0.1:{port}"), format!("localhost:{port}"), format!("[::1]:{port}")] {
        served.ask("GET", "/enter", &[("Host", &ours)], b"").is(200);
    }
}

#[test]
fn nothing_changes_for_a_page_that_is_not_ours() {
    let desk = desk();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let before = files(&desk.data);
    let (host, port, origin) = (served.host.clone(), served.port, served.origin());
    let foreign = [
        None,
        Some("null".to_owned()),
        Some(format!("http://127.0.0.1:{port}")),
        Some(format!("http://{}", host.replace(&port.to_string(), "1"))),
        Some(format!("https://{host}")),
        Some(format!("http://{host}.evil.test")),
    ];
    for (method, path, _) in addresses(&desk).into_iter().filter(|(method, ..)| *method != "GET") {
        for from in &foreign {
            let mut headers = vec![("Host", &*host), ("Cookie", &*visitor.cookie), FORM];
            headers.push(("X-Form-Token", &visitor.token));
            headers.extend(from.as_deref().map(|from| ("Origin", from)));
            served.ask(method, &path, &headers, &form(&visitor)).is(403);
        }
        for site in ["same-site", "cross-site"] {
            let headers = [
                ("Host", &*host),
                ("Cookie", &*visitor.cookie),
                ("Origin", &*origin),
                ("Sec-Fetch-Site", site),
                ("X-Form-Token", &*visitor.token),
                FORM,
            ];
            served.ask(method, &path, &headers, &form(&visitor)).is(403);
        }
        // From our own page, but of another session.
        if path != "/enter" {
            let stranger = Visitor { token: "0".repeat(32), ..visitor.clone() };
            let sent = if method == "POST" {
                served.post(&path, &stranger, &[])
            } else {
                served.put(&path, &stranger, "x", b"x")
            };
            sent.is(403);
        }
    }
    // An image, a script, a frame of another page, with the cookie that its browser sends.
    for (dest, mode) in
        [("image", "no-cors"), ("script", "no-cors"), ("iframe", "navigate"), ("document", "navigate")]
    {
        let headers = [
            ("Host", &*host),
            ("Cookie", &*visitor.cookie),
            ("Sec-Fetch-Site", "same-site"),
            ("Sec-Fetch-Mode", mode),
            ("Sec-Fetch-Dest", dest),
        ];
        served.ask("GET", "/trials/c/c", &headers, b"").is(403);
    }
    assert!(files(&desk.data) == before, "a file is another");
    // The control: from our own page the same form does something.
    served.post("/optouts/add", &visitor, &[("phone", "+919876543299")]).is(303);
    assert!(files(&desk.data) != before);
}

#[test]
fn without_a_session_nothing_is_told_and_nothing_changes() {
    let desk = desk();
    let served = Served::start(&desk.data);
    let before = files(&desk.data);
    let (host, origin) = (served.host.clone(), served.origin());
    for (method, path, access) in addresses(&desk) {
        for cookie in ["", "x=1", &format!("sendcast-{}={}", served.port, "0".repeat(64))] {
            let headers = [("Host", &*host), ("Origin", &*origin), ("Cookie", cookie), FORM];
            let answer = served.ask(method, &path, &headers, b"token=&code=");
            assert!(!answer.text().contains("/c/c") && answer.all("set-cookie").is_empty(), "{path}");
            if access == Access::Session {
                answer.is(401);
            }
        }
    }
    // What isn't there isn't told apart from what is.
    served.ask("GET", "/no/such", &[("Host", &host)], b"").is(401);
    assert!(files(&desk.data) == before, "a file is another");
}

#[test]
fn a_request_that_shows_changes_no_file() {
    let desk = desk();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let before = files(&desk.data);
    let (host, origin) = (served.host.clone(), served.origin());
    for (_, path, _) in addresses(&desk) {
        for method in ["GET", "HEAD", "OPTIONS", "TRACE", "DELETE", "PATCH"] {
            let headers = [
                ("Host", &*host),
                ("Origin", &*origin),
                ("Cookie", &*visitor.cookie),
                ("X-Form-Token", &*visitor.token),
                ("X-HTTP-Method-Override", "POST"),
            ];
            let answer = served.ask(method, &path, &headers, b"");
            assert!(answer.status < 500, "{method} {path}: {}", answer.text());
        }
    }
    // The states are a cache of the journal, which opening it may write anew; that a draft was looked at is noted beside it.
    let but_notes = |files: Vec<(PathBuf, Vec<u8>)>| {
        let noted = |path: &Path| {
            ["queue", "draft.json", "lock"].iter().any(|part| path.iter().any(|each| each == *part))
        };
        files.into_iter().filter(|(path, _)| !noted(path)).collect::<Vec<_>>()
    };
    assert!(but_notes(files(&desk.data)) == but_notes(before), "a file is another");
    let page = served.get("/trials/c/c", &visitor.cookie).is(200).text();
    assert!(page.contains("3 accepted = 3") || page.contains("= 3"), "{page}");
}

#[test]
fn every_answer_carries_its_headers() {
    let desk = desk();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let port = served.port;
    let entrance = served.ask("GET", "/", &[("Host", &served.host)], b"").is(401);
    let missing = served.get("/c/nobody", &visitor.cookie).is(400);
    let refused = served.ask("GET", "/", &[("Host", "evil.test")], b"").is(421);
    let shown = served.get("/", &visitor.cookie).is(200);
    for answer in [&entrance, &missing, &refused, &shown] {
        let policy = answer.all("content-security-policy");
        assert_eq!(policy.len(), 1, "{answer:?}");
        for part in [
            "default-src 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "base-uri 'none'",
        ] {
            assert!(policy[0].contains(part), "{policy:?}");
        }
        assert!(!policy[0].contains("unsafe"), "{policy:?}");
        assert_eq!(answer.all("x-content-type-options"), ["nosniff"]);
        assert_eq!(answer.all("cache-control"), ["no-store"]);
        assert_eq!(answer.all("referrer-policy"), ["same-origin"]);
    }
    let code = served.another_code();
    let cookie = served.enter(&code).is(204).all("set-cookie")[0].to_owned();
    for part in [&*format!("sendcast-{port}="), "; HttpOnly", "; SameSite=Strict", "; Path=/"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    let style = shown.text().split_once("href=\"/a/").unwrap().1.split('"').next().unwrap().to_owned();
    let style = served.get(&format!("/a/{style}"), "").is(200);
    assert_eq!(style.all("cache-control"), ["private, max-age=31536000, immutable"]);
    assert_eq!(style.all("content-type"), ["text/css; charset=utf-8"]);
}

#[test]
fn a_code_opens_once_even_where_two_come_at_once() {
    let desk = Desk::new();
    let mut served = Served::start(&desk.data);
    let code = served.code().to_owned();
    // Whatever scans links uses nothing up.
    served.ask("GET", "/enter", &[("Host", &served.host)], b"").is(200);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let served = &served;
        let tries: Vec<_> = (0..8).map(|_| scope.spawn(|| served.enter(&code).status)).collect();
        tries.into_iter().map(|each| each.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 204).count(), 1, "{statuses:?}");
    let new = served.another_code();
    for wrong in [code, String::new(), "x".repeat(100_000), new.to_uppercase() + "0"] {
        let refused = served.enter(&wrong);
        assert!([401, 429].contains(&refused.status), "{}", refused.status);
        assert!(refused.all("set-cookie").is_empty());
    }
    let looked_at = (0..200).filter(|_| served.enter("wrong").status == 401).count();
    assert!(looked_at <= 10, "{looked_at} guesses were looked at");
    assert!(!served.enter("wrong").is(429).all("retry-after").is_empty());
}

#[test]
fn leaving_ends_one_session_and_no_other() {
    let desk = desk();
    let mut served = Served::start(&desk.data);
    let (first, second) = (served.visitor(), served.visitor());
    let left = served.post("/leave", &first, &[]).is(303);
    assert!(left.all("set-cookie")[0].contains("Max-Age=0"), "{left:?}");
    served.get("/", &first.cookie).is(401);
    served.get("/", &second.cookie).is(200);
}

#[test]
fn a_name_in_an_address_leads_nowhere_else() {
    let desk = desk();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    for path in [
        "/c/..%2f..",
        "/c/%00",
        "/c/..",
        "/c/../optouts",
        "/trials/c/C",
        "/c/CON",
        "/c/c/",
        "/trials/c/c%20",
        "//c/c",
        "/c/c",
        "/a/../app.js",
    ] {
        let answer = served.get(path, &visitor.cookie);
        assert!([400, 404].contains(&answer.status), "{path}: {}", answer.status);
    }
    served.get(&format!("/c/{}", "x".repeat(10_000)), &visitor.cookie).is(404);
    // The trial is there, and only below `/trials`.
    served.get("/trials/c/c", &visitor.cookie).is(200);
    let real = served.get("/c/c", &visitor.cookie).is(400).text();
    assert!(
        real.contains("there is a trial of that name") || real.contains("There is a trial of that name"),
        "{real}"
    );
}

#[test]
fn a_port_that_is_taken_is_said_and_never_another_one_chosen() {
    let desk = Desk::new();
    let served = Served::start(&desk.data);
    let said = desk.run(&format!("serve --port {}", served.port)).exits(1);
    assert!(said.out.is_empty(), "{}", said.out);
    said.says("choose a port with");
}

#[cfg(unix)]
#[test]
fn a_data_directory_that_others_may_write_to_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    std::fs::create_dir_all(&desk.data).unwrap();
    std::fs::set_permissions(&desk.data, std::fs::Permissions::from_mode(0o777)).unwrap();
    desk.run("serve --port 0").exits(1).says("chmod 700");
}

#[test]
fn what_is_no_plain_request_has_one_meaning_or_none() {
    let desk = Desk::new();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let head =
        format!("Host: {}\r\nOrigin: {}\r\nCookie: {}\r\n", served.host, served.origin(), visitor.cookie);
    let both = format!(
        "POST /optouts/add HTTP/1.1\r\n{head}Content-Type: {}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\
         GET /optouts HTTP/1.1\r\n{head}Connection: close\r\n\r\n",
        FORM.1
    );
    let got = String::from_utf8_lossy(&served.raw(both.as_bytes())).into_owned();
    assert!(got.starts_with("HTTP/1.1 4"), "{got}");
    let long = format!("GET / HTTP/1.1\r\n{head}X: {}\r\n\r\n", "x".repeat(17 << 10));
    let got = String::from_utf8_lossy(&served.raw(long.as_bytes())).into_owned();
    assert!(got.starts_with("HTTP/1.1 4"), "{got}");
    let many = format!("GET /help HTTP/1.1\r\n{head}\r\n").repeat(199)
        + &format!("GET /help HTTP/1.1\r\n{head}Connection: close\r\n\r\n");
    let got = String::from_utf8_lossy(&served.raw(many.as_bytes())).into_owned();
    assert_eq!(got.matches("HTTP/1.1 200 OK").count(), 200, "served in order");
    assert!(desk.run("optout list --json").exits(0).json().as_array().unwrap().is_empty());
}
