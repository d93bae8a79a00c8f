//! Audience files: the ordinary ones, and the awkward ones that spreadsheets and exports make.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test's helpers fail the test")]

mod damage;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use sendcast::campaign::tables::{
    Format, MAX_COLUMNS, Row, Table, TableErrorKind, TableOptions, TableWarning, from_json_values, open,
};
use sendcast::domain::text::Cell;

fn file(dir: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

fn table(name: &str, bytes: &[u8]) -> (Table, Vec<Row>) {
    let dir = tempfile::tempdir().unwrap();
    let mut table = open(&file(dir.path(), name, bytes), &TableOptions::default()).unwrap();
    let rows = table.by_ref().collect::<Result<_, _>>().unwrap();
    (table, rows)
}

/// The error, whether it comes with the header or with a row.
fn fails(name: &str, bytes: &[u8]) -> TableErrorKind {
    let dir = tempfile::tempdir().unwrap();
    match open(&file(dir.path(), name, bytes), &TableOptions::default()) {
        Err(error) => error.kind,
        Ok(mut table) => {
            let error = table.find_map(Result::err).expect("an error");
            assert!(table.next().is_none(), "a table ends at its error");
            assert!(error.to_string().contains(name), "{error}");
            error.kind
        }
    }
}

/// `number:line cell|cell` of each row, with a `!` where there is a problem.
fn lines(rows: &[Row]) -> Vec<String> {
    rows.iter()
        .map(|r| {
            let mark = if r.problem.is_some() { "!" } else { "" };
            format!("{}:{} {}{mark}", r.number, r.line, r.cells.join("|"))
        })
        .collect()
}

fn problem(row: &Row) -> &str {
    &row.problem.as_ref().expect("a problem").reason
}

fn utf16(text: &str, little: bool, mark: bool) -> Vec<u8> {
    let mark = if mark { "\u{feff}" } else { "" };
    mark.encode_utf16()
        .chain(text.encode_utf16())
        .flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() })
        .collect()
}

const PEOPLE: &str = "phone,name\n+919876543210,Asha\n+4915112345678,Jürgen\n+819012345678,花子\n";
const PEOPLE_ROWS: [&str; 3] =
    ["2:2 +919876543210|Asha", "3:3 +4915112345678|Jürgen", "4:4 +819012345678|花子"];

#[test]
fn each_delimiter_is_recognised() {
    for delimiter in [",", ";", "\t", "|"] {
        let text = PEOPLE.replace(',', delimiter);
        for end in ["\n", "\r\n", "\r"] {
            let (table, rows) = table("people.csv", text.replace('\n', end).as_bytes());
            assert_eq!(table.columns, ["phone", "name"], "{delimiter:?} {end:?}");
            assert_eq!(lines(&rows), PEOPLE_ROWS, "{delimiter:?} {end:?}");
            assert_eq!(table.warnings, []);
        }
    }
    let (table, rows) = table("people.tsv", PEOPLE.replace(',', "\t").as_bytes());
    assert_eq!((table.format, rows.len()), (Format::Tsv, 3));
}

#[test]
fn delimiters_within_text_mislead_nobody() {
    let (table, rows) = table(
        "a.csv",
        "Name;Betrag, netto;Text\n\"Schmidt; Karl\";12,50;Hallo, du, da\nWeber;7,00;\"a,b,c\"\n".as_bytes(),
    );
    assert_eq!(table.columns, ["Name", "Betrag, netto", "Text"]);
    assert_eq!(lines(&rows), ["2:2 Schmidt; Karl|12,50|Hallo, du, da", "3:3 Weber|7,00|a,b,c"]);
    let (table, rows) = self::table("b.csv", b"phone\n+919876543210\n+919876543211\n");
    assert_eq!((table.columns.len(), rows.len()), (1, 2));
    let (table, rows) = self::table("c.csv", b"\"phone, or so\";\"na;me\"");
    assert_eq!((table.columns.join("/"), rows.len()), ("phone, or so/na;me".to_owned(), 0));
}

#[test]
fn excels_first_line_names_the_delimiter_and_is_no_row() {
    for first in [
        "sep=;\r\n",
        "SEP=;\n",
        "\"sep=;\"\r\n",
        "\u{feff}sep=;\r\n",
        " Sep = ; \n",
        "sep=;;;\n",
        "\"sep=;\";;\n",
        "sep=\n",
    ] {
        let (table, rows) = table("a.csv", format!("{first}a,b;c\r\n1,2;3\r\n").as_bytes());
        assert_eq!(table.columns, ["a,b", "c"], "{first:?}");
        assert_eq!(lines(&rows), ["2:3 1,2|3"], "{first:?}");
    }
}

#[test]
fn each_encoding_is_recognised() {
    let (_, rows) = table("a.csv", format!("\u{feff}{PEOPLE}").as_bytes());
    assert_eq!(lines(&rows), PEOPLE_ROWS);
    for little in [true, false] {
        for mark in [true, false] {
            let (table, rows) = table("a.csv", &utf16(PEOPLE, little, mark));
            assert_eq!(table.columns, ["phone", "name"]);
            assert_eq!(lines(&rows), PEOPLE_ROWS, "little: {little}, mark: {mark}");
        }
    }
    let (bytes, _, _) =
        encoding_rs::WINDOWS_1252.encode("phone;name\n+33612345678;Zoë “Zozo” Lefèvre – Paris\n");
    let (table, rows) = table("a.csv", &bytes);
    assert_eq!(lines(&rows), ["2:2 +33612345678|Zoë “Zozo” Lefèvre – Paris"]);
    assert_eq!(
        table.warnings,
        [TableWarning::Guessed { encoding: "windows-1252", example: "Zoë".to_owned() }]
    );
    let (_, rows) = self::table("a.json", &utf16(r#"[{"name": "花子"}]"#, true, true));
    assert_eq!(lines(&rows), ["1:1 花子"]);
}

#[test]
fn a_late_character_decides_the_encoding_of_the_whole_file() {
    let mut ascii = b"phone,name\n".to_vec();
    while ascii.len() < 5 << 20 {
        ascii.extend_from_slice(b"+919876543210,somebody with a plain name\n");
    }
    let late = |tail: &[u8]| {
        let (table, rows) = table("a.csv", &[ascii.as_slice(), b"+33612345678,", tail, b"\n"].concat());
        let last = rows.last().unwrap();
        assert_eq!(last.problem, None);
        (last.cells[1].clone(), table.warnings.len())
    };
    assert_eq!(
        late(b"Andr\xe9 Lef\xe8vre, \xe0 Paris".split(|b| *b == b',').next().unwrap()),
        ("André Lefèvre".into(), 1)
    );
    assert_eq!(late("André".as_bytes()), ("André".into(), 0));
}

#[test]
fn a_damaged_utf8_file_is_utf8_and_its_damaged_rows_are_listed() {
    let mut bytes = b"phone,name\n".to_vec();
    for _ in 0..20 {
        bytes.extend_from_slice("+33612345678,Zoë Lefèvre\n".as_bytes());
    }
    bytes.extend_from_slice(b"+33612345678,Zo\xeb\n");
    let (_, rows) = table("a.csv", &bytes);
    assert_eq!(rows.iter().filter(|r| r.problem.is_some()).count(), 1);
    assert!(problem(&rows[20]).contains("column 2 holds characters that can't be read"));
}

#[test]
fn quoted_newlines_stay_in_their_cell_and_rows_are_counted_as_records() {
    let (_, rows) = table("a.csv", b"phone,text\n1,\"Hi\nthere \"\"you\"\"\"\r\n2,\"a\r\nb\"\r\n3,c");
    assert_eq!(lines(&rows), ["2:2 1|Hi\nthere \"you\"", "3:4 2|a\r\nb", "4:6 3|c"]);
}

#[test]
fn blank_lines_are_no_rows_but_count() {
    let (_, rows) = table("a.csv", b"\n\r\nphone,name\n\n1,a\r\n\r\n,\n  , \n2,b\n\n\n");
    assert_eq!(lines(&rows), ["5:5 1|a", "9:9 2|b"]);
}

#[test]
fn a_row_with_other_cells_than_the_table_is_bad_and_says_how_it_was_read() {
    let (_, rows) = table("a.csv", b"phone,name,city\n1\n2,b\n3,c,d,,\n4,c,d,e\n5,x,y\n");
    assert_eq!(lines(&rows), ["2:2 1||!", "3:3 2|b|!", "4:4 3|c|d!", "5:5 4|c|d!", "6:6 5|x|y"]);
    assert_eq!(
        problem(&rows[1]),
        "the row has 2 cells, but there are 3 columns: put in the delimiter that is missing; read as: phone=2, name=b"
    );
    assert!(problem(&rows[3]).starts_with("the row has 4 cells, but there are only 3 columns"));
    assert!(problem(&rows[3]).ends_with("read as: phone=4, name=c, city=d, 4=e"), "{}", problem(&rows[3]));
}

#[test]
fn empty_cells_at_the_end_that_the_table_leaves_away_are_none() {
    let mut text = String::from("phone,name,note\n");
    for n in 0..16 {
        text += &format!("98765432{n:02},Name {n},\n");
    }
    for n in 16..30 {
        text += &format!("98765432{n:02},Name {n}\n");
    }
    let bad = |text: &str| {
        let (_, rows) = table("a.csv", text.as_bytes());
        rows.iter().filter(|row| row.problem.is_some()).map(|row| row.number).collect::<Vec<_>>()
    };
    assert!(bad(&text).is_empty());
    // A table that writes its empty cells out doesn't leave one away by custom.
    let whole = text.lines().take(17).map(|line| format!("{line}\n")).collect::<String>();
    assert_eq!(bad(&format!("{whole}9876543299,Asha\n")), [18]);
    // The column is filled: a cell is missing.
    let filled = whole.replace(",\n", ",x\n");
    assert_eq!(bad(&format!("{filled}9876543299,Asha\n9876543298,Bea\n9876543297,Cem\n")), [18, 19, 20]);
    // Cells too many that are empty are no harm behind a column that is filled.
    assert!(bad(&format!("{filled}9876543299,Asha,y,,\n")).is_empty());
    assert_eq!(bad(&format!("{whole}9876543299,,Asha,\n")), [18], "shifted by a delimiter too many");
}

#[test]
fn every_column_gets_a_name_of_its_own() {
    let (table, rows) = table("a.csv", b"name, phone ,,name,name_2,\n1,2,3,4,5,6\n");
    assert_eq!(table.columns, ["name", "phone", "column_3", "name_3", "name_2", "column_6"]);
    assert_eq!(rows[0].cells, ["1", "2", "3", "4", "5", "6"]);
    let said: Vec<String> = table.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        said,
        [
            "column 3 has no name and is called `column_3`",
            "two columns are named `name`: the one at position 4 is called `name_3`",
            "column 6 has no name and is called `column_6`",
        ]
    );
    let (table, _) = self::table("a.csv", b"name,phone,name\n");
    assert_eq!(table.columns, ["name", "phone", "name_2"]);
}

#[test]
fn empty_files_are_errors_and_header_only_files_have_no_rows() {
    for name in ["a.csv", "a.tsv", "a.json", "a.ndjson", "a.txt"] {
        assert!(matches!(fails(name, b""), TableErrorKind::Empty), "{name}");
        assert!(matches!(fails(name, b"\xef\xbb\xbf \r\n\n"), TableErrorKind::Empty), "{name}");
    }
    assert!(matches!(fails("a.csv", b",,\n,,\n"), TableErrorKind::Empty));
    for header in
        ["phone,name", "phone,name\n", "phone;name\r\n", "\u{feff}phone\tname", "\"phone\",\"name\""]
    {
        let (table, rows) = table("a.csv", header.as_bytes());
        assert_eq!((table.columns.as_slice(), rows.len()), (&["phone".to_owned(), "name".to_owned()][..], 0));
    }
    let (table, rows) = table("a.json", b" [ ] ");
    assert_eq!((table.columns.len(), rows.len()), (0, 0));
}

#[test]
fn a_missing_header_loses_nobody() {
    let error = fails("a.csv", b"Asha,+91 98765 43210\nRavi,+91 98765 43211\n");
    assert!(matches!(error, TableErrorKind::NoHeader { line: 1, column: 2 }), "{error}");
}

#[test]
fn an_open_quote_swallows_nobody() {
    let (_, rows) = table("a.csv", b"phone,name\n1,a\n2,\"b\n3,c\n4,d\n");
    assert_eq!(lines(&rows), ["2:2 1|a", "3:3 2|\"b!", "4:4 3|c", "5:5 4|d"]);
    assert!(
        problem(&rows[1]).starts_with("column `name`: a quotation mark is opened in this row and not closed")
    );
}

#[test]
fn one_endless_line_is_an_error() {
    let mut long = b"phone,name\n1,a\n".to_vec();
    long.resize(3 << 20, b'x');
    assert!(matches!(fails("a.csv", &long), TableErrorKind::RecordTooLong { line: 3 }));
    let mut header = vec![b'x'; 3 << 20];
    assert!(matches!(fails("a.csv", &header), TableErrorKind::RecordTooLong { line: 1 }));
    header.iter_mut().for_each(|b| *b = b',');
    assert!(matches!(fails("a.csv", &header), TableErrorKind::TooManyColumns { line: 1 }));
    let json = |text: &str| [text.as_bytes(), &vec![b'x'; 3 << 20]].concat();
    assert!(matches!(
        fails("a.json", &json("[{\"a\": 1},\n {\"a\": \"")),
        TableErrorKind::RecordTooLong { line: 2 }
    ));
    assert!(matches!(
        fails("a.ndjson", &json("{\"a\": 1}\n{\"a\": \"")),
        TableErrorKind::RecordTooLong { line: 2 }
    ));
    let (_, rows) = table("a.csv", format!("phone,name\n1,{}\n2,b\n", "x".repeat(70_000)).as_bytes());
    assert!(problem(&rows[0]).contains("column 2 holds more than 64 KiB"));
    assert_eq!((rows[0].cells[1].len(), rows[1].problem.is_none()), (0, true));
}

#[test]
fn a_thousand_columns_and_no_more_in_every_format() {
    let names = |count: usize| (0..count).map(|n| format!("c{n}")).collect::<Vec<_>>();
    let csv = |count| format!("{}\n1\n", names(count).join(",")).into_bytes();
    let objects = |count| {
        let members: Vec<_> = names(count).iter().map(|name| format!("\"{name}\": 1")).collect();
        format!("[{{{}}}]", members.join(", ")).into_bytes()
    };
    for (name, file) in [("a.csv", &csv as &dyn Fn(usize) -> Vec<u8>), ("a.json", &objects)] {
        let (table, rows) = table(name, &file(MAX_COLUMNS));
        assert_eq!((table.columns.len(), rows.len()), (MAX_COLUMNS, 1), "{name}");
        assert!(
            matches!(fails(name, &file(MAX_COLUMNS + 1)), TableErrorKind::TooManyColumns { line: 1 }),
            "{name}"
        );
    }
}

#[test]
fn json_lists_keep_what_was_written() {
    let text = r#"[
  {"phone": 919876543210, "name": "Asha \"A\" \u0905", "vip": true},
  {"phone": 919876543210.0, "city": null, "tags": ["a", {"b": [1, 2]}], "name": ""},
  {"phone": 9.19877E+11, "o": {"k": "v,}]"}}, 7,
  {}
]"#;
    let (table, rows) = table("a.json", text.as_bytes());
    assert_eq!(
        (table.format, table.columns.join(",")),
        (Format::Json, "phone,name,vip,city,tags,o".to_owned())
    );
    assert_eq!(
        lines(&rows),
        [
            "1:2 919876543210|Asha \"A\" अ|true|||",
            "2:3 919876543210.0||||[\"a\", {\"b\": [1, 2]}]|",
            "3:4 9.19877E+11|||||{\"k\": \"v,}]\"}",
            "4:4 |||||!",
            "5:5 |||||",
        ]
    );
    let (table, rows) = self::table("list.txt", b"[{\"phone\": \"1\"}]");
    assert_eq!((table.format, rows.len()), (Format::Json, 1));
}

#[test]
fn ndjson_lines_stand_alone() {
    let text = "\n{\"phone\": \"1\", \"a\": 1}\r\n\n  {\"phone\": \"2\"}\n{\"phone\": \"3\"\n[4]\n{\"b\": 5}";
    for name in ["a.ndjson", "a.jsonl", "a.json", "a"] {
        let (table, rows) = table(name, text.as_bytes());
        assert_eq!((table.format, table.columns.join(",")), (Format::Ndjson, "phone,a,b".to_owned()));
        assert_eq!(lines(&rows), ["1:2 1|1|", "2:4 2||", "3:5 ||!", "4:6 ||!", "5:7 ||5"]);
        assert!(problem(&rows[2]).starts_with("no valid JSON at column "), "{}", problem(&rows[2]));
    }
}

#[test]
fn broken_json_is_named_with_line_and_column() {
    let place = |text: &str| match fails("a.json", text.as_bytes()) {
        TableErrorKind::Json { line, column, .. } => (line, column),
        other => panic!("{other}"),
    };
    assert_eq!(place("[\n  {\"a\": 1},\n  {\"b\": x}\n]"), (3, 9));
    assert_eq!(place("[{\"a\": 1} {\"a\": 2}]"), (1, 11));
    assert_eq!(place("[{\"a\": 1},\n{\"a\": 2}\n"), (3, 1));
    assert_eq!(place("[{\"a\": 1}] x"), (1, 12));
    assert_eq!(place("[{\"a\": 1},]"), (1, 11));
    assert!(matches!(fails("a.json", b"\"phone\""), TableErrorKind::NotAnArray));
    assert!(matches!(fails("a.json", b"{\n  \"recipients\": []\n}"), TableErrorKind::NotAnArray));
}

#[test]
fn inline_lists_are_tables_too() {
    let values = serde_json::json!([{"phone": 919876543210u64, "n": null}, {"x": [1], "phone": "2"}, "no"]);
    let mut table = from_json_values(values.as_array().unwrap().clone());
    assert_eq!((table.format, table.columns.join(",")), (Format::Inline, "phone,n,x".to_owned()));
    let rows: Vec<Row> = table.by_ref().collect::<Result<_, _>>().unwrap();
    assert_eq!(lines(&rows), ["1:0 919876543210||", "2:0 2||[1]", "3:0 ||!"]);
}

#[test]
fn other_files_are_named_with_a_remedy() {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes, says) in [
        ("a.xlsx", &b"PK\x03\x04...[Content_Types].xml"[..], "is damaged"),
        ("a.csv", b"PK\x03\x04...[Content_Types].xml", "is damaged"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1", "is damaged"),
        ("a.csv", b"\x1f\x8b\x08", "a gzip archive"),
        ("a.csv", b"\x00\x01\x00\x00\x02\x00abc\x00\x00", "is not a text file"),
    ] {
        let error = open(&file(dir.path(), name, bytes), &TableOptions::default()).unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert!(error.hint().is_some());
    }
    let csv = file(dir.path(), "b.csv", PEOPLE.as_bytes());
    let sheet = TableOptions { sheet: Some("May".to_owned()), ..TableOptions::default() };
    assert!(matches!(open(&csv, &sheet).unwrap_err().kind, TableErrorKind::NoSheets));
    assert!(matches!(open(dir.path(), &TableOptions::default()).unwrap_err().kind, TableErrorKind::NotAFile));
    let missing = open(&dir.path().join("none.csv"), &TableOptions::default()).unwrap_err();
    assert!(missing.to_string().contains("none.csv") && matches!(missing.kind, TableErrorKind::Io(_)));
}

#[test]
fn a_large_file_in_any_encoding_is_read_to_its_end() {
    let mut text = String::from("phone\tname\ttext\n");
    for n in 0..20_000 {
        text.push_str(&format!("+9198{n:08}\tआशा {n}\t\"line\none, two\"\n"));
    }
    for bytes in [text.as_bytes().to_vec(), utf16(&text, true, true), utf16(&text, false, false)] {
        let (table, rows) = table("a.csv", &bytes);
        assert_eq!((table.columns.len(), rows.len()), (3, 20_000));
        for (n, row) in (0u32..).zip(&rows) {
            assert_eq!((row.number, row.line), (n + 2, u64::from(n) * 2 + 2));
            assert_eq!(row.cells[1], format!("आशा {n}"));
            assert_eq!(row.problem, None);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    /// What a CSV writer wrote comes back cell by cell, whatever the cells hold; but for cells with a quote that looks
    /// stray, or as if it had swallowed rows: those are bad rows, and no good row has cells that weren't a row.
    #[test]
    fn csv_survives_a_round_trip(
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        cells in prop::collection::vec(prop::collection::vec("[a-z ,;|\t\n\"é花0-9]{0,12}", 3), 0..20),
        crlf in any::<bool>(),
    ) {
        let terminator = if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(terminator)
            .quote_style(csv::QuoteStyle::Always)
            .from_writer(vec![]);
        writer.write_record(["phone", "first name", "text"]).unwrap();
        cells.iter().for_each(|row| writer.write_record(row).unwrap());
        let mut bytes = vec![];
        writeln!(bytes, "sep={}", char::from(delimiter)).unwrap();
        bytes.extend(writer.into_inner().unwrap());
        let (table, rows) = table("a.csv", &bytes);
        prop_assert_eq!(table.columns.len(), 3);
        let expected: Vec<(u32, Vec<String>)> = (2u32..)
            .zip(cells)
            .filter(|(_, row)| row.iter().any(|c| !c.trim().is_empty()))
            .collect();
        let strings = |cells: Vec<Cell>| -> Vec<String> { cells.into_iter().map(String::from).collect() };
        if rows.iter().any(|row| row.problem.is_some()) {
            let quoted = |cell: &String| cell.contains('"');
            prop_assert!(expected.iter().flat_map(|(_, row)| row).any(quoted), "{:?}", rows);
            // A line within a cell that is a row of this table by itself is what a stray quote would have swallowed.
            let is_row = |line: &str| line.matches(char::from(delimiter)).count() == 2;
            let holds_rows = |cell: &String| cell.lines().any(is_row);
            let ambiguous = expected.iter().flat_map(|(_, row)| row).any(holds_rows);
            for row in rows.into_iter().filter(|row| row.problem.is_none() && !ambiguous) {
                let cells = strings(row.cells);
                prop_assert!(expected.iter().any(|(_, row)| *row == cells), "{:?}", cells);
            }
        } else {
            let read: Vec<(u32, Vec<String>)> = rows.into_iter().map(|r| (r.number, strings(r.cells))).collect();
            prop_assert_eq!(read, expected);
        }
    }

    /// Any bytes at all make rows or an error: no panic, no endless loop.
    #[test]
    fn no_bytes_break_the_reader(
        name in prop::sample::select(vec!["a.csv", "a.tsv", "a.json", "a.ndjson", "a"]),
        start in prop::sample::select(vec!["", "[", "{", "a,b\n", "sep=;\n", "\u{feff}", "[{\"a\":"]),
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let dir = tempfile::tempdir().unwrap();
        let path = file(dir.path(), name, &[start.as_bytes(), &bytes].concat());
        if let Ok(table) = open(&path, &TableOptions::default()) {
            let width = table.columns.len();
            for row in table.map_while(Result::ok) {
                prop_assert_eq!(row.cells.len(), width);
            }
        }
    }

    /// JSON that `serde_json` writes comes back as its values.
    #[test]
    fn json_survives_a_round_trip(
        objects in prop::collection::vec(
            prop::collection::btree_map("[a-c\"\\\\é]{1,2}", "[a-z{}\\[\\],:\"\\\\é\n]{0,8}", 0..4), 0..8),
        pretty in any::<bool>(),
    ) {
        let text = if pretty { serde_json::to_string_pretty(&objects) } else { serde_json::to_string(&objects) };
        let (table, rows) = table("a.json", text.unwrap().as_bytes());
        prop_assert_eq!(rows.len(), objects.len());
        for (row, object) in rows.iter().zip(&objects) {
            for (name, cell) in table.columns.iter().zip(&row.cells) {
                prop_assert_eq!(cell, object.get(name).map_or("", String::as_str));
            }
        }
    }
}
