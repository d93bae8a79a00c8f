//! Tables that are none, or too much.

use super::case::{Case, Thing};

const TEN_GB: u64 = 10 << 30;
const THREE_GB: u64 = 3 << 30;
const HEADER: &str = "Name,Phone\n";
const ROW: &str = "Ann,+919876543210\n";

pub fn cases() -> Vec<Case> {
    [holes(), no_files(), encodings(), delimited(), lists(), workbooks(), cells()].concat()
}

fn holes() -> Vec<Case> {
    let rows = format!("{HEADER}{}", ROW.repeat(8_000));
    let objects = "{\"phone\":\"+919876543210\"}\n".repeat(5_000);
    let sparse = |name: &str, file: &str, head: &str, length: u64, says: &[&str]| {
        Case::audience(name, file, Thing::Sparse(head.into(), length))
            .asks(&format!("optout import {file}"))
            .refused(&[&[file], says].concat())
    };
    vec![
        sparse("10 GB of nothing as CSV", "z.csv", "", TEN_GB, &["at most 4096"]),
        sparse("10 GB of nothing as JSON", "z.json", "", TEN_GB, &["at most 4096"]),
        sparse("10 GB of nothing as NDJSON", "z.ndjson", "", TEN_GB, &["at most 4096"]),
        sparse("3 GB of nothing", "z.csv", "", THREE_GB, &["not a text file"]),
        sparse("rows and a hole", "z.csv", &rows, THREE_GB, &["line 8002", "NUL"]),
        sparse("a field of 3 GB", "z.csv", &format!("{rows}\"x"), THREE_GB, &["line 8002", "NUL"]),
        sparse(
            "a list and a hole",
            "z.json",
            &format!("[{}", objects.replace("}\n", "},\n")),
            THREE_GB,
            &["line 5001", "NUL"],
        ),
        sparse(
            "a text of 3 GB in JSON",
            "z.json",
            &format!("[{}{{\"phone\":\"", objects.replace("}\n", "},\n")),
            THREE_GB,
            &["line 5001"],
        ),
        sparse(
            "a line of 3 GB in NDJSON",
            "z.ndjson",
            &format!("{objects}{{\"phone\":\""),
            THREE_GB,
            &["line 5001", "NUL"],
        ),
        sparse("10 GB behind a ZIP's head", "z.csv", "PK\u{3}\u{4}", TEN_GB, &["at most 4096"]),
    ]
}

fn no_files() -> Vec<Case> {
    let thing = |name: &str, thing: Thing, says: &str| {
        Case::audience(name, "a.csv", thing).asks("optout import a.csv").refused(&["a.csv", says])
    };
    let named = |name: &str, path: &str, says: &str| {
        Case::new(name)
            .file("c.json", super::case::campaign(path, "Hi"))
            .asks("check c.json --offline")
            .asks("run c.json --sandbox --dry-run")
            .asks(&format!("check people.csv --offline --from 1 --audience {path}"))
            .asks(&format!("optout import {path}"))
            .refused(&[says])
    };
    vec![
        thing("a pipe that nobody writes to", Thing::Pipe, "not a regular file"),
        thing("a socket", Thing::Socket, "not a regular file"),
        thing("a directory", Thing::Directory, "not a regular file"),
        thing("a link to itself", Thing::Link("a.csv".into()), "ymbolic link"),
        thing("a link to a device without an end", Thing::Link("/dev/zero".into()), "not a regular file"),
        thing("a link to nothing", Thing::Link("nowhere".into()), "No such file"),
        Case::audience("a link to a table", "a.csv", Thing::Link("people.csv".into()))
            .taken(&["1 row: 1 to send"]),
        Case::new("a device without an end")
            .file("c.json", super::case::campaign("/dev/zero", "Hi"))
            .asks("check c.json --offline")
            .asks("run c.json --sandbox --dry-run")
            .asks("run c.json --sandbox")
            .asks("optout import /dev/zero")
            .refused(&["/dev/zero", "not a regular file"]),
        Case::new("a device of chance")
            .file("c.json", super::case::campaign("/dev/urandom", "Hi"))
            .asks("run c.json --sandbox")
            .asks("optout import /dev/urandom")
            .refused(&["/dev/urandom", "not a regular file"]),
        Case::new("the process's own memory")
            .file("c.json", super::case::campaign("/proc/self/mem", "Hi"))
            .asks("check c.json --offline")
            .asks("run c.json --sandbox")
            .refused(&["/proc/self/mem"]),
        Case::new("the terminal")
            .file("c.json", super::case::campaign("/dev/tty", "Hi"))
            .asks("run c.json --sandbox")
            .refused(&["/dev/tty"]),
        named("a path through a file", "people.csv/x", "people.csv"),
    ]
}

fn encodings() -> Vec<Case> {
    let utf16 = |text: &str, mark: &[u8]| {
        [mark, &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>()].concat()
    };
    let table = format!("{HEADER}{ROW}");
    let mut odd = utf16(&table, b"\xff\xfe");
    odd.push(b'x');
    vec![
        Case::table("UTF-16 of odd length", "a.csv", odd).rows(&["2 rows: 1 to send, 1 bad", "row 3"]),
        Case::table(
            "a lone surrogate",
            "a.csv",
            [utf16(&table, b"\xff\xfe"), b"\x00\xd8,\x00".to_vec()].concat(),
        )
        .rows(&["row 3"]),
        Case::table(
            "UTF-16 with a text of NULs",
            "a.csv",
            [utf16(&table, b"\xff\xfe"), vec![0; 3 << 20]].concat(),
        )
        .refused(&["a.csv", "line 3"]),
        Case::table("UTF-32", "a.csv", utf32(&table)).rows(&["1 row"]),
        Case::table("UTF-32 that isn't", "a.csv", [utf32(&table), vec![0xff; 7]].concat())
            .rows(&["characters that can't be read"]),
        Case::table("UTF-7", "a.csv", format!("{HEADER}Jos+AOk-,+919876543210\n")).refused(&["UTF-7"]),
        Case::table("a mark and nothing", "a.csv", b"\xef\xbb\xbf").rows(&["nobody to write to"]),
        Case::table("two marks", "a.csv", format!("\u{feff}\u{feff}{table}")).rows(&["1 row"]),
        Case::table(
            "bytes that are no text",
            "a.csv",
            [table.as_bytes(), b"\xff\xfe\xfd,+919876543211\n"].concat(),
        )
        .rows(&["2 rows"]),
        Case::table("an overlong slash", "a.csv", [table.as_bytes(), b"\xc0\xaf,+919876543211\n"].concat())
            .rows(&["2 rows"]),
        Case::table("a NUL in the head", "a.csv", format!("{HEADER}A\0n,+919876543210\n"))
            .refused(&["a.csv", "not a text file"]),
        Case::table(
            "a NUL far behind",
            "a.csv",
            format!("{HEADER}{}A\0n,+919876543210\n", ROW.repeat(8_000)),
        )
        .refused(&["line 8002", "NUL"]),
    ]
}

fn delimited() -> Vec<Case> {
    let wide = |n: usize| vec!["x"; n].join(",");
    vec![
        Case::table("a million columns", "a.csv", format!("Phone,{}\n", wide(1_000_000))).refused(&[
            "a.csv",
            "line 1",
            "1,000 columns",
        ]),
        Case::table("a row of a million cells", "a.csv", format!("{HEADER}{ROW}{}\n", wide(1_000_000)))
            .refused(&["a.csv", "line 3", "1,000 columns"]),
        Case::table(
            "a thousand columns of one name",
            "a.csv",
            format!("Phone,{}\n+919876543210{}\n", wide(999), ",y".repeat(999)),
        )
        .taken(&["1 row: 1 to send"]),
        Case::table("a million empty lines", "a.csv", format!("{HEADER}{}{ROW}", "\n".repeat(1_000_000)))
            .taken(&["1 row: 1 to send"]),
        Case::table("a million empty lines and no header", "a.csv", "\n".repeat(1_000_000)).rows(&[]),
        Case::table("a quote that is never closed", "a.csv", format!("{HEADER}{ROW}\"Bob,+919876543211\n"))
            .rows(&["row 3", "opened in this row and not closed", "2 rows: 1 to send, 1 bad"]),
        Case::table("a quote that would swallow all", "a.csv", format!("{HEADER}\"{}", ROW.repeat(20_000)))
            .rows(&["row 2", "opened in this row and not closed", "19,998 rows: duplicate of row 3"]),
        Case::table("a cell of 2 MB", "a.csv", format!("{HEADER}{},+919876543210\n", "x".repeat(2 << 20)))
            .refused(&["line 2", "128 KiB"]),
        Case::table(
            "a cell of 100 KB",
            "a.csv",
            format!("{HEADER}{},+919876543211\n{ROW}", "x".repeat(100_000)),
        )
        .rows(&["row 2: column 1 holds more than 64 KiB", "2 rows: 1 to send, 1 bad"]),
        Case::table("5 MB without a line's end", "a.csv", "x".repeat(5 << 20))
            .refused(&["line 1", "128 KiB"]),
        Case::table("returns alone", "a.csv", "Name,Phone\rAnn,+919876543210\rBob,99\r")
            .rows(&["2 rows: 1 to send, 1 bad", "row 3"]),
        Case::table("no header", "a.csv", "Ann,+919876543210\n").refused(&["line 1", "column 2"]),
        Case::table("a phone of a million digits", "a.csv", format!("{HEADER}Ann,{}\n", "9".repeat(60_000)))
            .rows(&["row 2", "too long"]),
        Case::table("nothing at all", "a.csv", "").rows(&[]),
        Case::table("a separator that is a quote", "a.csv", format!("sep=\"\n{HEADER}{ROW}")).rows(&[]),
    ]
}

fn lists() -> Vec<Case> {
    let good = "{\"phone\": \"+919876543210\"}";
    let nested = |deep, open: &str, close: &str| format!("{}1{}", open.repeat(deep), close.repeat(deep));
    let keys = |n: usize| (0..n).map(|n| format!("\"k{n}\": 1")).collect::<Vec<_>>().join(", ");
    vec![
        Case::table("a list 100,000 deep", "a.json", nested(100_000, "[", "]")).rows(&[]),
        Case::table(
            "a cell 40,000 deep",
            "a.json",
            format!("[{{\"phone\": \"+919876543210\", \"x\": {}}}]", nested(40_000, "[", "]")),
        )
        .rows(&["holds more than 64 KiB"]),
        Case::table(
            "objects 100,000 deep",
            "a.json",
            format!("[{{\"phone\": {}}}]", nested(100_000, "{\"a\":", "}")),
        )
        .rows(&[]),
        Case::table(
            "an object 20,000 deep on a line",
            "a.ndjson",
            format!("{good}\n{{\"x\": {}}}\n", nested(20_000, "{\"a\":", "}")),
        )
        .rows(&["2 rows: 1 to send, 1 bad"]),
        Case::table("a text of 3 MB", "a.json", format!("[{{\"phone\": \"{}\"}}]", "9".repeat(3 << 20)))
            .refused(&["a.json", "line 1", "128 KiB"]),
        Case::table(
            "a line of 3 MB",
            "a.ndjson",
            format!("{good}\n{{\"phone\": \"{}\"}}", "9".repeat(3 << 20)),
        )
        .refused(&["a.ndjson", "line 2", "128 KiB"]),
        Case::table(
            "keys twice",
            "a.json",
            format!("[{{\"phone\": \"1\", \"phone\": \"+919876543210\"}}, {good}]"),
        )
        .rows(&["2 rows"]),
        Case::table(
            "a number of 60,000 digits",
            "a.json",
            format!("[{{\"phone\": {}}}]", "9".repeat(60_000)),
        )
        .rows(&["row 1"]),
        Case::table(
            "a number without bounds",
            "a.json",
            "[{\"phone\": 1e999999999}, {\"phone\": -1E-999999999}]",
        )
        .rows(&[]),
        Case::table("2,000 keys", "a.json", format!("[{{{}}}]", keys(2_000))).refused(&[
            "a.json",
            "line 1",
            "1,000 columns",
        ]),
        Case::table("a list that isn't closed", "a.json", format!("[{good},"))
            .refused(&["line 1", "isn't closed"]),
        Case::table("something behind the list", "a.json", format!("[{good}] x"))
            .refused(&["line 1", "follows the end"]),
        Case::table("a million empty objects", "a.json", format!("[{}{good}]", "{},".repeat(100_000)))
            .rows(&["100,001 rows"]),
        Case::table(
            "lone surrogates",
            "a.ndjson",
            format!("{good}\n{{\"phone\": \"\\ud800\"}}\n{{\"\\udfff\": 1}}\n"),
        )
        .rows(&["3 rows"]),
        Case::table("NULs in JSON", "a.json", "[{\"phone\": \"\\u0000\", \"\\u0000\": 1}]").rows(&["row 1"]),
        Case::table("an object alone", "a.json", good.replace(": ", ":\n")).refused(&["no JSON array"]),
    ]
}

fn workbooks() -> Vec<Case> {
    // Without a list of its parts no part of it is ever unpacked.
    let zip = |inside: &str| {
        [b"PK\x03\x04\x14\0\x08\0\x08\0".to_vec(), vec![0; 16], inside.as_bytes().to_vec(), vec![0; 1 << 20]]
            .concat()
    };
    vec![
        Case::table("an XLSX that would inflate to petabytes", "a.xlsx", zip("[Content_Types].xml"))
            .refused(&["damaged"]),
        Case::table("an XLSX that is called CSV", "a.csv", zip("xl/workbook.xml")).refused(&["damaged"]),
        Case::table("an ODS bomb", "a.ods", zip("mimetypeapplication/vnd.oasis.opendocument.spreadsheet"))
            .refused(&["damaged"]),
        Case::table("a ZIP bomb", "a.csv", zip("42/42/42")).refused(&["damaged"]),
        Case::audience("an XLSX of 3 GB", "a.xlsx", Thing::Sparse(zip("xl/"), THREE_GB))
            .refused(&["damaged"]),
        Case::table("gzip", "a.csv", b"\x1f\x8b\x08\0\0\0\0\0").refused(&["gzip"]),
        Case::table("an old XLS", "a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1").refused(&["damaged"]),
        Case::table("no XLSX at all", "a.xlsx", "Name,Phone\nAnn,+919876543210\n").refused(&["XLSX"]),
    ]
}

/// What leads a terminal or a reader's eye astray.
pub const ORDERS: [(&str, &str); 9] = [
    ("a colour", "\u{1b}[31mred\u{1b}[0m"),
    ("a window's title", "\u{1b}]0;owned\u{7}"),
    ("a link", "\u{1b}]8;;http://evil\u{1b}\\here\u{1b}]8;;\u{1b}\\"),
    ("the clipboard", "\u{1b}]52;c;cm0gLXJm\u{7}"),
    ("C1", "\u{9b}2J\u{9d}0;x\u{9c}\u{90}q\u{9c}"),
    ("DCS", "\u{1b}P+q544e\u{1b}\\"),
    ("a bell and a return", "good\r\u{7}evil\u{8}\u{8}"),
    ("a turn of the text", "\u{202e}gpj.exe\u{2066}\u{200f}"),
    ("what has no width", "a\u{200b}\u{2060}\u{feff}b"),
];

fn cells() -> Vec<Case> {
    let mut cases = Vec::new();
    for (name, order) in ORDERS {
        let quoted = order.replace('"', "\"\"");
        let table = format!(
            "\"N{quoted}\",Phone,\"{quoted}\"\n\"A{quoted}\",+919876543210,\"{quoted}\"\n\"B\",\"{quoted}\",x\n"
        );
        cases.push(
            Case::table(&format!("{name} in headers and cells"), "a.csv", table)
                .asks("check c.json --offline --json")
                .asks("preview c.json")
                .asks("run c.json --sandbox")
                .asks("status c --sandbox")
                .rows(&[]),
        );
        cases.push(
            Case::body(&format!("{name} in a message"), &format!("Hi {order} {{{{ name }}}}"))
                .asks("preview c.json")
                .asks("preview c.json --json")
                .asks("run c.json --sandbox -vv")
                .rows(&[]),
        );
        cases.push(
            Case::body(
                &format!("{name} in a template's mistake"),
                &format!("{{{{ {order}name | {order}shout }}}}"),
            )
            .asks("run c.json --sandbox")
            .refused_or_rows(),
        );
    }
    cases
}

fn utf32(text: &str) -> Vec<u8> {
    let bytes = text.chars().flat_map(|c| u32::from(c).to_le_bytes());
    b"\xff\xfe\0\0".iter().copied().chain(bytes).collect()
}
