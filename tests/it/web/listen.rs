//! A dashboard that other machines reach: a password, TLS, and who ordered what.

use std::io::Write as _;
use std::process::Stdio;
use std::sync::Arc;

use rcgen::{CertificateParams, KeyPair};
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::served::Served;
use crate::cli::{Desk, Said, THREE, files};

const PASSWORD: &str = "CANARY correct horse";
const HOST: &str = "send.example.com";
const PROXIED: [&str; 3] = ["--behind-proxy", "--host", HOST];

fn set_password(desk: &Desk, password: &str) -> Said {
    let mut command = desk.command("serve --set-password");
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(format!("{password}\n").as_bytes()).unwrap();
    let said: Said = child.wait_with_output().unwrap().into();
    assert!(!format!("{}{}", said.out, said.err).contains("CANARY"), "{}{}", said.out, said.err);
    said
}

fn proxied() -> (Desk, Served) {
    let desk = Desk::with(THREE);
    set_password(&desk, PASSWORD).exits(0);
    let served = Served::start_with(&desk.data, &PROXIED);
    (desk, served)
}

#[test]
fn what_others_could_reach_is_refused_with_what_is_missing() {
    let desk = Desk::new();
    for address in ["0.0.0.0", "[::]", "::ffff:0.0.0.0"] {
        let said = desk.run(&format!("serve --port 0 --listen {address}")).exits(2);
        assert!(said.out.is_empty(), "{}", said.out);
        said.says("a password").says("--host NAME").says("--tls-cert FILE --tls-key FILE");
    }
    set_password(&desk, "too short").exits(2).says("needs 12 at least");
    assert!(!desk.data.join("serve-password").exists());
    set_password(&desk, PASSWORD).exits(0).says("every session has ended");
    desk.run("serve --port 0 --listen 0.0.0.0 --behind-proxy").exits(2).says("--host NAME");
    desk.run("serve --port 0 --listen 0.0.0.0 --host x").exits(2).says("--behind-proxy");
    desk.run("serve --port 0 --listen 0.0.0.0 --host https://x --behind-proxy").exits(2).says("no host name");
    desk.run("serve --port 0 --listen here").exits(2).says("IP address");
    desk.run("serve --port 0 --host x --behind-proxy --open").exits(2).says("only this computer");
    let kept = desk.data.join("serve-password");
    assert!(!std::fs::read_to_string(&kept).unwrap().contains("CANARY"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o640)).unwrap();
        desk.run("serve --port 0 --host x --behind-proxy").exits(1).says("chmod 600");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_whole_loopback_is_this_machine() {
    for address in ["127.0.0.2", "[::1]"] {
        let desk = Desk::new();
        let served = Served::start_with(&desk.data, &["--listen", address]);
        assert!(served.origin().starts_with("http://"), "{}", served.origin());
        assert_eq!(served.host.starts_with("127.0.0.2:"), address == "127.0.0.2", "{}", served.host);
    }
}

#[test]
fn a_password_opens_and_on_the_loopback_there_is_none() {
    let (desk, served) = proxied();
    let form = served.ask("GET", "/enter", &[("Host", HOST)], b"").is(200).text();
    assert!(form.contains("type=\"password\""), "{form}");
    served.ask("GET", "/", &[("Host", HOST)], b"").is(401);
    served.ask("GET", "/enter", &[("Host", &format!("127.0.0.1:{}", served.port))], b"").is(421);
    let refused = served.log_in("not this one at all", "Asha", &[]).is(401);
    assert!(refused.all("set-cookie").is_empty() && !refused.text().contains("not this one"));
    served.enter("0123456789abcdef0123456789abcdef").is(401);
    let entered = served.log_in(PASSWORD, "  Asha\u{202e} <b>\r\n", &[]).is(303);
    assert_eq!(entered.all("location"), ["/"], "never where the request says");
    let cookie = entered.all("set-cookie")[0].to_owned();
    assert!(cookie.starts_with(&format!("__Host-sendcast-{}=", served.port)), "{cookie}");
    for part in ["; Path=/", "; HttpOnly", "; SameSite=Strict", "; Secure"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    let visitor = served.let_in(&entered);
    let page = served.get("/", &visitor.cookie).is(200).text();
    assert!(page.contains("Asha") && page.contains("&lt;b&gt;") && !page.contains('\u{202e}'), "{page}");
    // A plain origin isn't the proxy's.
    let plain = [("Host", HOST), ("Origin", "http://send.example.com"), ("Cookie", &*visitor.cookie)];
    served.ask("POST", "/leave", &plain, b"").is(403);
    let left = served.post("/leave", &visitor, &[]).is(303);
    assert!(left.all("set-cookie")[0].contains("Max-Age=0; Secure"), "{left:?}");
    let again = served.get("/", &visitor.cookie).is(401);
    assert_eq!(again.all("cache-control"), ["no-store"], "Back shows nothing");
    // The control: on the loopback nobody is asked for one, and it opens nothing.
    let own = Served::start(&desk.data);
    for path in ["/enter", "/"] {
        let page = own.get(path, "").text();
        assert!(!page.contains("type=\"password\"") && page.contains("sendcast serve"), "{page}");
    }
    own.log_in(PASSWORD, "", &[]).is(401);
}

#[test]
fn guessing_is_slow_and_no_header_makes_it_faster() {
    let (_desk, served) = proxied();
    for n in 0..5 {
        served.log_in("not this one at all", "", &[("X-Forwarded-For", &format!("192.0.2.{n}"))]).is(401);
    }
    // Not even the right one is looked at now.
    let begun = std::time::Instant::now();
    for n in 0..50 {
        let from = format!("192.0.2.{n}");
        let late = served.log_in(PASSWORD, "", &[("X-Forwarded-For", &from), ("Forwarded", &from)]).is(429);
        let seconds: u64 = late.all("retry-after")[0].parse().unwrap();
        assert!((1..=61).contains(&seconds), "{seconds}");
        assert!(late.all("set-cookie").is_empty());
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "each was computed");
}

#[cfg(target_os = "linux")]
#[test]
fn a_hundred_at_once_take_the_memory_of_one() {
    let (_desk, served) = proxied();
    let peak = || {
        let status = std::fs::read_to_string(format!("/proc/{}/status", served.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    };
    served.log_in("not this one at all", "", &[]).is(401);
    let one = peak();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let tries: Vec<_> =
            (0..100).map(|_| scope.spawn(|| served.log_in("not this one at all", "", &[]).status)).collect();
        tries.into_iter().map(|each| each.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 401).count(), 4, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 96, "{statuses:?}");
    // Threads and connections take some; a second computation would take 19 MiB.
    assert!(peak() < one + (16 << 10), "{} kB after {one} kB", peak());
}

#[test]
fn another_password_ends_every_session() {
    let (desk, served) = proxied();
    let first = served.let_in(&served.log_in(PASSWORD, "Asha", &[]).is(303));
    served.get("/", &first.cookie).is(200);
    set_password(&desk, "another CANARY horse").exits(0);
    served.get("/", &first.cookie).is(401);
    served.log_in(PASSWORD, "Asha", &[]).is(401);
    let second = served.let_in(&served.log_in("another CANARY horse", "Asha", &[]).is(303));
    served.get("/", &second.cookie).is(200);
    // Where there is none any more nobody comes in, and nobody learns that.
    std::fs::remove_file(desk.data.join("serve-password")).unwrap();
    served.get("/", &second.cookie).is(401);
    served.log_in("another CANARY horse", "Asha", &[]).is(401);
}

#[test]
fn its_own_tls_is_spoken_with_the_certificate_it_was_given() {
    let desk = Desk::with(THREE);
    set_password(&desk, PASSWORD).exits(0);
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec![HOST.to_owned()]).unwrap().self_signed(&key).unwrap();
    desk.write("cert.pem", &certificate.pem());
    desk.write("key.pem", &key.serialize_pem());
    desk.write("other.pem", &KeyPair::generate().unwrap().serialize_pem());
    let path = |name: &str| desk.dir.join(name).to_str().unwrap().to_owned();
    let (cert, key, other) = (path("cert.pem"), path("key.pem"), path("other.pem"));
    desk.run(&format!("serve --port 0 --host x --tls-cert {cert} --tls-key {other}"))
        .exits(1)
        .says("certificate and key");
    desk.run(&format!("serve --port 0 --host x --tls-cert {cert}")).exits(2);
    let served = Served::start_with(&desk.data, &["--host", HOST, "--tls-cert", &cert, "--tls-key", &key]);
    assert_eq!(served.host, format!("{HOST}:{}", served.port));
    // Without TLS it says nothing that is HTTP.
    let plain = served
        .raw(format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", served.host).as_bytes());
    assert!(!plain.starts_with(b"HTTP"), "{plain:?}");
    let mut roots = RootCertStore::empty();
    roots.add(certificate.der().clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let served = served.over_tls(config);
    let visitor = served.let_in(&served.log_in(PASSWORD, "", &[]).is(303));
    served.get("/", &visitor.cookie).is(200);
    served.ask("GET", "/enter", &[("Host", "127.0.0.1")], b"").is(421);
}

#[test]
fn who_ordered_what_is_noted_without_numbers_and_goes_with_the_campaign() {
    let (desk, served) = proxied();
    desk.run("run c.json --sandbox --limit 1").exits(6);
    let asha = served.let_in(&served.log_in(PASSWORD, "Asha", &[]).is(303));
    let turn = |page: &str| {
        page.split_once("name=\"turn\" value=\"").unwrap().1.split('"').next().unwrap().to_owned()
    };
    let page = served.get("/trials/c/c", &asha.cookie).is(200).text();
    served.post("/trials/c/c/pause", &asha, &[("turn", &turn(&page))]).is(303);
    // One that is sent twice is ordered once.
    served.post("/trials/c/c/pause", &asha, &[("turn", &turn(&page))]).is(303);
    served.post("/optouts/add", &asha, &[("phone", "+919876543299"), ("reason", "asked")]).is(303);
    let mut own = Served::start(&desk.data);
    let visitor = own.visitor();
    own.post("/optouts/remove", &visitor, &[("phone", "+919876543299")]).is(303);
    let log = std::fs::read_to_string(desk.data.join("orders.log")).unwrap();
    let lines: Vec<serde_json::Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> = lines.iter().map(|line| (&line["who"], &line["what"], &line["about"])).collect();
    let said = |text: &str| serde_json::Value::from(text);
    assert_eq!(
        told,
        [
            (&said("Asha"), &said("pause"), &serde_json::Value::Null),
            (&said("Asha"), &said("opt-out added"), &said("…3299")),
            (&said("this computer"), &said("opt-out removed"), &said("…3299")),
        ]
    );
    assert!(!log.contains("9876543299") && lines[0]["campaign"] == "c" && lines[0]["trial"] == true, "{log}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(desk.data.join("orders.log")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let page = served.get("/account", &asha.cookie).is(200).text();
    assert!(
        page.contains("What was ordered here") && page.contains("<bdi>opt-out added</bdi>: <bdi>…3299</bdi>"),
        "{page}"
    );
    // Erased, it stands nowhere any more.
    desk.run("erase c --sandbox --yes").exits(0);
    let log = std::fs::read_to_string(desk.data.join("orders.log")).unwrap();
    assert!(log.lines().count() == 2 && !log.contains("pause"), "{log}");
    // At a megabyte it becomes the older file, which goes then.
    std::fs::write(desk.data.join("orders.log"), "x\n".repeat(1 << 19)).unwrap();
    served.post("/optouts/add", &asha, &[("phone", "+919876543298")]).is(303);
    served.post("/optouts/add", &asha, &[("phone", "+919876543297")]).is(303);
    let log = std::fs::read_to_string(desk.data.join("orders.log")).unwrap();
    assert!(log.lines().count() == 1 && log.contains("3297"), "{log}");
    assert!(std::fs::read_to_string(desk.data.join("orders.1.log")).unwrap().contains("3298"));
    let page = served.get("/account", &asha.cookie).is(200).text();
    assert!(page.contains("3297") && page.contains("3298"), "the older file is shown, too");
    assert!(files(&desk.data).iter().all(|(_, bytes)| !String::from_utf8_lossy(bytes).contains("CANARY")));
}
