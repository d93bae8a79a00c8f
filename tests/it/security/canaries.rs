//! A token, and people, that are looked for in all that any command says and leaves behind.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::canary::{PEOPLE, TOKEN, forms, number_in, person_in, rows, token_in};
use super::desk::{Desk, LONGEST, Said, contents, until};
use super::echoes::servers;
use super::server::{Request, Server, numbers};

/// Fails where the token is in anything, or a person on stderr.
#[track_caller]
fn silent(what: &str, said: &Said) {
    for (stream, bytes) in [("stdout", &said.out), ("stderr", &said.err)] {
        if let Some(form) = token_in(bytes) {
            panic!("{what}: {stream} tells `{form}` of the token:\n{}", String::from_utf8_lossy(bytes));
        }
    }
    if let Some(person) = person_in(&said.err) {
        panic!("{what}: stderr tells `{person}`:\n{}", said.err());
    }
    assert!(!said.err().contains("panicked"), "{what}: {}", said.err());
}

/// The same, and nobody on stdout either: a command whose result isn't a person.
#[track_caller]
fn silent_on_both(what: &str, said: &Said) {
    silent(what, said);
    if let Some(person) = person_in(&said.out) {
        panic!("{what}: stdout tells `{person}`:\n{}", said.out());
    }
}

/// Fails where the token is in any file, name of a file, or temporary directory.
#[track_caller]
fn nothing_left(what: &str, desk: &Desk) {
    for (path, bytes) in contents(desk.root()) {
        let name = path.strip_prefix(desk.root()).unwrap().to_string_lossy().into_owned();
        assert_eq!(token_in(&bytes), None, "{what}: the token is in {name}");
        assert_eq!(token_in(name.as_bytes()), None, "{what}: the token is in a name");
        assert_eq!(person_in(name.as_bytes()), None, "{what}: somebody is in the name {name}");
        // Numbers are in the queue and the report, of course. What others read while it runs has none.
        if name.ends_with("status.json") || name.ends_with("settings.json") || name.ends_with("reports.json")
        {
            assert_eq!(person_in(&bytes), None, "{what}: {name}: {}", String::from_utf8_lossy(&bytes));
        }
    }
    for dir in ["tmp", "home"] {
        assert_eq!(contents(&desk.root().join(dir)).len(), 0, "{what}: something is left in {dir}");
    }
}

fn desk(url: &str) -> Desk {
    let desk = Desk::new()
        .with("SENDWO_API_TOKEN", TOKEN)
        .with("SENDWO_BASE_URL", url)
        .with("RUST_LOG", "trace,hyper=trace,h2=trace,rustls=trace");
    desk.campaign(&rows());
    desk
}

/// The whole life of a campaign against one such server, killed where it takes long; then every look at it.
fn against(name: &str, server: &Server, asks_first: bool) {
    let desk = desk(&server.url());
    let check = desk.says("check c.json -vv");
    silent_on_both(name, &check);
    let mut run = vec!["run", "c.json", "-vv", "--timeout", "2s", "--track", "1s"];
    if !asks_first {
        run.push("--offline");
    }
    // A doubt is looked for from its fifth second on; what is said until then is enough, and a kill leaves more behind.
    let mut first = None;
    let (said, _) = until(desk.command("", &run), LONGEST, |_| {
        if server.asked() > 0 {
            first.get_or_insert_with(Instant::now);
        }
        first.is_some_and(|at| at.elapsed() > Duration::from_secs(2))
    });
    silent_on_both(&format!("{name}: run"), &said);
    nothing_left(name, &desk);
    for look in ["status c", "status c --json", "status", "verify c -vv", "pause c", "resume c -v"] {
        silent_on_both(&format!("{name}: {look}"), &desk.says(look));
    }
    let report = desk.says("report c --format json");
    silent(&format!("{name}: report"), &report);
    let (test, _) = until(
        desk.command("", &["test", "c.json", "--to", "+919876512345", "--offline", "-vv", "--timeout", "1s"]),
        Duration::from_millis(1_500),
        |_| false,
    );
    silent_on_both(&format!("{name}: test"), &test);
    nothing_left(name, &desk);
}

#[test]
fn whatever_a_server_says_back_nobody_reads_the_token_or_a_number() {
    let servers = servers();
    assert!(servers.len() >= 20);
    let (mut asked, mut threads) = (0, Vec::new());
    for (at, (name, answer)) in servers.into_iter().enumerate() {
        threads.push(std::thread::spawn(move || {
            let server = Server::start(answer);
            against(name, &server, at % 2 == 0);
            server.asked()
        }));
    }
    for thread in threads {
        let n = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        assert!(n > 0, "a server wasn't asked");
        asked += n;
    }
    assert!(asked > 60, "{asked} requests");
}

#[test]
fn no_error_of_an_address_or_a_connection_tells_the_token() {
    let (listener, form) = (std::net::TcpListener::bind("127.0.0.1:0").unwrap(), forms(TOKEN)[1].clone());
    let plain = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            drop(stream);
        }
    });
    let addresses = [
        "http://127.0.0.1:1/api/v1".to_owned(),
        format!("http://{plain}/api/v1"),
        format!("https://{plain}/api/v1"),
        format!("https://me:{form}@127.0.0.1:1/"),
        format!("https://127.0.0.1:1/?apiToken={form}"),
        format!("https://127.0.0.1:1/#{form}"),
        format!("ftp://127.0.0.1/{form}"),
        form.clone(),
        format!("http://{form}.invalid/"),
        "http://10.255.255.1/".to_owned(),
    ];
    let threads = addresses.map(|address| {
        std::thread::spawn(move || {
            let desk = desk(&address);
            for command in [
                "run c.json -vv --timeout 1s",
                "check c.json --json -v",
                "run c.json --offline -vv --timeout 1s",
            ] {
                let arguments: Vec<_> = command.split(' ').collect();
                let (said, _) = until(desk.command("", &arguments), Duration::from_millis(1_500), |_| false);
                silent_on_both(&format!("{address}: {command}"), &said);
            }
            nothing_left(&address, &desk);
        })
    });
    for thread in threads {
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    }
}

#[test]
fn every_command_in_every_form_keeps_what_it_knows() {
    every_command(false);
}

/// Every command; the short form asks each in two forms of output, the full one in all.
pub fn every_command(full: bool) {
    let desk = desk("http://127.0.0.1:1/");
    desk.write("people.csv", format!("Name,Phone\n{}Dup,+{}\nBad,123\n", rows(), PEOPLE[0].1));
    desk.write("stop.csv", format!("phone\n+{}\nnobody\n", PEOPLE[2].1));
    let first = PEOPLE[0].1;
    // A result tells people on stdout; the others tell nobody at all.
    let results = [
        "preview c.json".to_owned(),
        "preview c.json --row 3".to_owned(),
        format!("preview c.json --to +{first}"),
        "report c --sandbox".to_owned(),
        "report c --sandbox --format ndjson".to_owned(),
        "optout list".to_owned(),
        "check c.json --sandbox".to_owned(),
        format!("test c.json --sandbox --to +{first}"),
    ];
    let others = [
        "run c.json --sandbox".to_owned(),
        "run c.json --sandbox --dry-run".to_owned(),
        "status c --sandbox".to_owned(),
        "status --sandbox".to_owned(),
        "status c --sandbox --watch".to_owned(),
        "pause c --sandbox".to_owned(),
        "resume c --sandbox".to_owned(),
        "retry c --sandbox".to_owned(),
        format!("resolve c --sandbox --sent --to +{first}"),
        format!("resolve c --sandbox --resend --to {first}"),
        "verify c --sandbox".to_owned(),
        format!("optout add +{first}"),
        format!("optout remove +{first}"),
        "optout import stop.csv".to_owned(),
        "cancel c --sandbox".to_owned(),
        "schema".to_owned(),
        "completions bash".to_owned(),
        "completions zsh".to_owned(),
        "init starter".to_owned(),
        "run nowhere.json".to_owned(),
        "run c.json --rate fast".to_owned(),
        "--help".to_owned(),
        "run --help".to_owned(),
        "--version".to_owned(),
        "erase c --sandbox --yes".to_owned(),
    ];
    desk.says(
        "run c.json --sandbox -vv --faults code:131026@919876512345,reset-after=1x --timeout 1s --limit 1",
    );
    for (turn, form) in ["", " -q", " -v", " -vv", " --json", " --color always"].into_iter().enumerate() {
        let now = |at: usize| full || (at + turn).is_multiple_of(3);
        for (_, command) in results.iter().enumerate().filter(|(at, _)| now(*at)) {
            let said = desk.says(&format!("{command}{form}"));
            // The line above a preview is part of it; all else on stderr tells nobody.
            let above = command.starts_with("preview");
            let err: Vec<u8> = if above {
                said.err().lines().filter(|l| !l.ends_with(':')).collect::<String>().into()
            } else {
                said.err.clone()
            };
            silent(
                &format!("{command}{form}"),
                &Said { code: said.code, out: said.out, err, took: said.took },
            );
        }
        for (_, command) in others.iter().enumerate().filter(|(at, _)| now(*at)) {
            let said = desk.says(&format!("{command}{form}"));
            silent_on_both(&format!("{command}{form}"), &said);
            if command.starts_with("erase") {
                desk.says("run c.json --sandbox --limit 1");
            }
        }
    }
    nothing_left("every command", &desk);
}

#[test]
fn the_token_is_in_no_argument_and_no_child_and_a_kill_leaves_none() {
    let server = Server::start(Arc::new(|request: &Request, stream: &mut std::net::TcpStream| {
        if request.asks("connect/account/list") {
            return numbers(stream);
        }
        std::thread::sleep(Duration::from_secs(5));
        Ok(())
    }));
    let desk = desk(&server.url());
    let mut looks = 0;
    let (said, ended) = until(desk.command("", &["run", "c.json", "-vv"]), Duration::from_secs(10), |id| {
        if let Ok(arguments) = std::fs::read(format!("/proc/{id}/cmdline")) {
            assert_eq!(token_in(&arguments), None);
            assert_eq!(number_in(&arguments), None);
        }
        if server.asked() < 2 {
            return false;
        }
        looks += 1;
        let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
        assert_eq!(children.trim(), "", "it starts no other program");
        looks > 20
    });
    assert!(!ended && server.asked() >= 2, "{}", said.err());
    silent_on_both("a killed run", &said);
    nothing_left("a killed run", &desk);
    let report = desk.says("report c --format csv");
    silent("a report after a kill", &report);
}

#[test]
fn no_debug_of_a_type_that_holds_the_token_tells_it() {
    use sendcast::sendwo::{Client, HttpTransport, Method, Request, Timeouts, Token};
    let token = Token::new(TOKEN).unwrap();
    let base: sendcast::sendwo::BaseUrl = "http://127.0.0.1:1/".parse().unwrap();
    let transport = HttpTransport::new(base, Timeouts::default()).unwrap();
    let client = Client::new(transport.clone(), token.clone());
    let request = Request {
        method: Method::Get,
        path: "x",
        params: vec![("to".into(), PEOPLE[0].1.into())],
        token: token.clone(),
        timeout: None,
    };
    let options = sendcast::sandbox::SandboxOptions { token: Some(TOKEN.into()), ..Default::default() };
    let phone = sendcast::domain::phone::Phone::from_digits(PEOPLE[0].1).unwrap();
    let shown = format!(
        "{token} {token:?} {token:#?} {client:?} {client:#?} {transport:?} {request:?} {request:#?} {options:?} {phone} {phone:?} {:?}",
        Token::new(&format!("{TOKEN}\n{TOKEN}"))
    );
    assert_eq!(token_in(shown.as_bytes()), None, "{shown}");
    assert_eq!(number_in(shown.as_bytes()), None, "{shown}");
}
