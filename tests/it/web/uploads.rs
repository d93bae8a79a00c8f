//! Files that are brought: bounded, and under a name of ours.

use super::served::{Served, answer};
use crate::cli::{Desk, files};

const LIST: &[u8] = b"Name,Phone\nAnn,+919876543210\nBob,+919876543211\n";

#[test]
fn a_file_is_taken_under_any_name_and_leaves_nothing_behind() {
    let desk = Desk::new();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let rtl = "%E2%80%AExslx.csv";
    let names = [
        "..%2F..%2Foptout.csv",
        "C%3A%5Cx",
        "CON",
        "a%00b",
        rtl,
        "%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E.csv",
    ];
    for name in names.iter().map(|name| (*name).to_owned()).chain(["x".repeat(4 << 10)]) {
        served.put("/optouts/import", &visitor, &name, LIST).is(201);
        let page = served.get("/optouts", &visitor.cookie).is(200).text();
        assert!(!page.contains("<img"), "{page}");
    }
    assert_eq!(desk.run("optout list --json").exits(0).json().as_array().unwrap().len(), 2);
    let left: Vec<_> = files(&desk.data).into_iter().map(|(path, _)| path).collect();
    let left: Vec<_> =
        left.iter().map(|path| path.strip_prefix(&desk.data).unwrap().display().to_string()).collect();
    assert_eq!(
        left.iter()
            .filter(|path| !path.starts_with("optout") && !path.starts_with("orders"))
            .collect::<Vec<_>>(),
        ["serve-name"],
        "{left:?}"
    );
}

#[test]
fn a_file_that_is_too_large_or_lies_about_it_is_refused() {
    let desk = Desk::new();
    let mut served = Served::start(&desk.data);
    let visitor = served.visitor();
    let head = |length: &str| {
        format!(
            "PUT /optouts/import HTTP/1.1\r\nHost: {}\r\nOrigin: {}\r\nCookie: {}\r\nX-Form-Token: {}\r\n{length}\r\n\
             Connection: close\r\n\r\n",
            served.host,
            served.origin(),
            visitor.cookie,
            visitor.token
        )
    };
    let most = sendcast::web::routes::MAX_FILE_BYTES;
    answer(&served.raw(head(&format!("Content-Length: {}", most + 1)).as_bytes())).is(413);
    // Shorter than it says: the connection ends before the file does.
    let mut short = head("Content-Length: 1000").into_bytes();
    short.extend(LIST);
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", served.port)).unwrap();
    std::io::Write::write_all(&mut stream, &short).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut got = Vec::new();
    let _ = std::io::Read::read_to_end(&mut stream, &mut got);
    assert!(!String::from_utf8_lossy(&got).contains("HTTP/1.1 30"), "{got:?}");
    // Chunked without an end.
    let mut endless = head("Transfer-Encoding: chunked").into_bytes();
    endless.extend(b"5\r\nPhone\r\n");
    let mut stream = std::net::TcpStream::connect(("127.0.0.1", served.port)).unwrap();
    std::io::Write::write_all(&mut stream, &endless).unwrap();
    drop(stream);
    assert!(desk.run("optout list --json").exits(0).json().as_array().unwrap().is_empty());
    let until = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while std::fs::read_dir(desk.data.join("uploads")).is_ok_and(|mut left| left.next().is_some()) {
        assert!(std::time::Instant::now() < until, "an upload stays behind");
        std::thread::yield_now();
    }
}

#[test]
fn what_an_earlier_server_left_of_an_upload_is_removed() {
    let desk = Desk::new();
    let uploads = desk.data.join("uploads");
    std::fs::create_dir_all(&uploads).unwrap();
    std::fs::write(uploads.join("0123.part"), "half").unwrap();
    let _served = Served::start(&desk.data);
    assert_eq!(std::fs::read_dir(uploads).unwrap().count(), 0);
}
