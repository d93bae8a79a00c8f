//! Token files that are none, or that others can read.

use super::case::{Case, Thing};

pub fn cases() -> Vec<Case> {
    let of = |name: &str, thing: Thing, mode: u32| {
        Case::new(name)
            .with_mode("t", thing, mode)
            .asks("run c.json --token-file t")
            .asks("test c.json --to +919876543210 --token-file t")
    };
    let text = |name: &str, text: &str| of(name, Thing::Bytes(text.into()), 0o600);
    let mut cases = vec![
        text("an empty token", "").refused(&["token is empty"]),
        text("a token of blanks", " \r\n\t").refused(&["token is empty"]),
        text("a token with a NUL", "1|abc\0def").refused(&["control character"]),
        text("two tokens", "1|abcdefgh\n2|ijklmnop\n").refused(&["space or a control"]),
        text("a token with an escape", "1|abc\u{1b}[2Jdef").refused(&["control character"]),
        text("a token of 10 KB", &"x".repeat(10_000)).refused(&["longer than"]),
        of("a token that is no text", Thing::Bytes(b"\xff\xfe1".to_vec()), 0o600).refused(&["t:", "UTF-8"]),
        of("a token of 10 GB", Thing::Sparse(b"1|abc".to_vec(), 10 << 30), 0o600).refused(&["token"]),
        of("a token that is a directory", Thing::Directory, 0o600).refused(&["t is not a regular file"]),
        of("a token that is a pipe", Thing::Pipe, 0o600).refused(&["t is not a regular file"]),
        of("a token that is a socket", Thing::Socket, 0o600).refused(&["t is not a regular file"]),
        of("a token that is a device", Thing::Link("/dev/zero".into()), 0).refused(&["not a regular file"]),
        of("a token that is a link to itself", Thing::Link("t".into()), 0).refused(&["t:"]),
        Case::new("a token that isn't there")
            .asks("run c.json --token-file t")
            .refused(&["t:", "No such file"]),
        Case::new("a link to a token that others can read")
            .with_mode("open", Thing::Bytes(b"1|abcdefgh".to_vec()), 0o644)
            .thing("t", Thing::Link("open".into()))
            .asks("run c.json --token-file t")
            .refused(&["read by others", "chmod 600"]),
        // Refused connection: the token was taken.
        Case::new("a token with ends of lines around it")
            .file("t", "\u{feff}  1|abcdefgh \r\n")
            .asks("run c.json --token-file t --base-url http://127.0.0.1:1/")
            .refused(&["can't be reached"]),
    ];
    for mode in [0o604, 0o640, 0o660, 0o602, 0o601, 0o610, 0o777] {
        let case =
            of(&format!("a token with the rights {mode:o}"), Thing::Bytes(b"1|abcdefgh".to_vec()), mode);
        cases.push(case.refused(&["the token file t can be read by others", "chmod 600 t"]));
    }
    cases
}
