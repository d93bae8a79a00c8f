//! Workbooks: what a sheet shows is read, whoever wrote it; what can't be read is refused in words.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test's helpers fail the test")]

mod damaged;
mod layouts;
pub mod made;
mod others;

use std::path::{Path, PathBuf};

use made::{Bin, ods, ole, xlsb, xlsx, zip};
use sendcast::campaign::tables::{
    Format, Kind, Row, Table, TableError, TableErrorKind, TableOptions, TableWarning, open,
};

fn opened(name: &str, bytes: &[u8], options: &TableOptions) -> Result<(Table, Vec<Row>), TableError> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    let mut table = open(&path, options)?;
    let rows = table.by_ref().collect::<Result<_, _>>()?;
    Ok((table, rows))
}

fn read(name: &str, bytes: &[u8]) -> (Table, Vec<Row>) {
    opened(name, bytes, &TableOptions::default()).unwrap()
}

fn fails(name: &str, bytes: &[u8]) -> TableError {
    match opened(name, bytes, &TableOptions::default()) {
        Ok((_, rows)) => panic!("{name}: {} rows are read", rows.len()),
        Err(error) => error,
    }
}

fn texts(rows: &[Row]) -> Vec<String> {
    let mark = |row: &Row| if row.problem.is_some() { "!" } else { "" };
    rows.iter().map(|row| format!("{} {}{}", row.number, row.cells.join("|"), mark(row))).collect()
}

/// The workbooks of the corpus.
fn corpus() -> Vec<PathBuf> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/books");
    let is_book = |path: &PathBuf| {
        let extension = path.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
        matches!(extension.as_str(), "xlsx" | "xls" | "ods")
    };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).filter(is_book).collect();
    files.sort();
    assert!(files.len() >= 40, "{} workbooks", files.len());
    files
}

const HEADER: &str = r#"<row r="1"><c r="A1" t="inlineStr"><is><t>phone</t></is></c><c r="B1" t="inlineStr"><is><t>x</t></is></c></row>"#;

#[test]
fn an_xlsx_file_is_read_however_it_is_written() {
    let plain = xlsx(
        r#"<row><c t="s"><v>0</v></c><c t="s"><v>1</v></c></row>
           <row><c><v>919876543210</v></c><c t="str"><v>a_x000D_&#10;b</v></c></row>
           <row r="9"><c r="B9" s="0"><v>7</v></c><c r="A9" t="n"><v>9.19876543211E11</v></c></row>"#,
        "",
        "<si><t>phone</t></si><si><r><t>na</t></r><r><rPr/><t>me</t></r><rPh><t>x</t></rPh></si>",
    );
    let (table, rows) = read("a.xlsx", &plain);
    assert_eq!(table.columns, ["phone", "name"]);
    assert_eq!(table.format, Format::Workbook);
    assert_eq!((table.reading.sheet.as_deref(), table.reading.header_row), (Some("One"), Some(1)));
    assert_eq!(texts(&rows), ["2 919876543210|a\nb", "9 919876543211|7"]);
    // With prefixes, backslashes and targets from the root; without styles, shared strings and content types.
    let other = zip(&[
        (
            "_rels\\.rels",
            r#"<x:Relationships xmlns:x="r"><x:Relationship Id="a" Type="http://purl.oclc.org/ooxml/officeDocument/relationships/officeDocument" Target="/xl/book.xml"/></x:Relationships>"#,
        ),
        (
            "xl\\book.xml",
            r#"<?xml version="1.0"?><x:workbook><x:sheets><x:sheet name="A &amp; B" r:id="z"/></x:sheets></x:workbook>"#,
        ),
        (
            "xl\\_rels\\book.xml.rels",
            r#"<Relationships><Relationship Id="z" Type="x/worksheet" Target="../xl/s.xml"/></Relationships>"#,
        ),
        (
            "XL\\s.xml",
            r#"<x:worksheet><x:sheetData><x:row r="2"><x:c r="C2" t="inlineStr"><x:is><x:t>phone</x:t></x:is></x:c></x:row><x:row r="3"><x:c r="C3"><x:v>919876543210</x:v></x:c></x:row></x:sheetData></x:worksheet>"#,
        ),
        ("xl\\workbook.xml", ""),
    ]);
    let (table, rows) = read("a.xlsx", &other);
    assert_eq!(
        (table.reading.sheet.as_deref(), texts(&rows)),
        (Some("A & B"), vec!["3 919876543210".to_owned()])
    );
}

#[test]
fn an_xlsb_file_shows_what_it_holds() {
    let book = xlsb(
        &["phone", "name", "share", "ok", "why"],
        &[
            (0, false, (0..5).map(Bin::Shared).collect()),
            (
                1,
                false,
                vec![
                    Bin::Real(919_876_543_210.0, 0),
                    Bin::Text("Zoë 😀"),
                    Bin::Real(0.075, 1),
                    Bin::Bool(true),
                    Bin::Error(0x2a),
                ],
            ),
            (
                7,
                true,
                vec![Bin::Real(919_876_543_211.0, 1), Bin::Shared(1), Bin::Packed(2, 1), Bin::Bool(false)],
            ),
        ],
    );
    let (table, rows) = read("a.xlsb", &book);
    assert_eq!(table.columns, ["phone", "name", "share", "ok", "why"]);
    assert_eq!(table.reading.sheet.as_deref(), Some("Eins"));
    assert_eq!(texts(&rows), ["2 919876543210|Zoë 😀|7.5%|TRUE|#N/A", "8 919876543211|name|200.0%|FALSE|!"]);
    assert_eq!(rows[0].kinds[2..4], [Kind::Number(0.075), Kind::Bool(true)]);
    assert!(rows[1].problem.as_ref().unwrap().reason.contains("hidden"));
}

#[test]
fn the_sheet_that_is_named_is_read() {
    let row = |phone: &str| {
        format!(
            "<table:table-row><table:table-cell><text:p>{phone}</text:p></table:table-cell></table:table-row>"
        )
    };
    let table = |name: &str, phone: &str| {
        format!("<table:table table:name=\"{name}\">{}{}</table:table>", row("phone"), row(phone))
    };
    let book = ods(&(table("May", "+919876543210")
        + &table("June", "+919876543211")
        + "<table:table table:name=\"No\"/>"));
    let sheet = |name: &str| {
        let options = TableOptions { sheet: Some(name.to_owned()), ..TableOptions::default() };
        opened("a.ods", &book, &options)
    };
    assert_eq!(texts(&sheet("June").unwrap().1), ["2 +919876543211"]);
    assert_eq!(texts(&sheet(" june").unwrap().1), ["2 +919876543211"]);
    assert_eq!(sheet("May").unwrap().0.warnings, []);
    let unnamed = read("a.ods", &book).0.warnings;
    assert_eq!(unnamed, [TableWarning::Sheet { sheet: "May".to_owned(), others: vec!["June".to_owned()] }]);
    let error = sheet("Juni").unwrap_err();
    assert_eq!(
        error.to_string().rsplit_once('/').unwrap().1,
        "a.ods: has no worksheet `Juni`; it has `May`, `June`, `No`; did you mean `June`?"
    );
    assert!(error.hint().unwrap().contains("sheet"));
    assert!(matches!(sheet("No").unwrap_err().kind, TableErrorKind::EmptySheet(_)));
}

#[test]
fn number_formats_show_what_libreoffice_shows() {
    let pairs: Vec<(&str, &str, &str)> = include_str!("../data/number-formats.tsv")
        .lines()
        .skip(3)
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            (cells[0], cells[1], *cells.get(3).unwrap_or(&cells[2]))
        })
        .collect();
    let mut codes: Vec<&str> = pairs.iter().map(|(code, ..)| *code).collect();
    codes.dedup();
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let mut styles = String::from("<numFmts>");
    for (n, code) in codes.iter().enumerate() {
        styles += &format!("<numFmt numFmtId=\"{}\" formatCode=\"{}\"/>", 164 + n, escape(code));
    }
    styles += "</numFmts><cellXfs>";
    for n in 0..codes.len() {
        styles += &format!("<xf numFmtId=\"{}\"/>", 164 + n);
    }
    styles += "</cellXfs>";
    let mut data = HEADER.to_owned();
    for (n, (code, value, _)) in pairs.iter().enumerate() {
        let style = codes.iter().position(|known| known == code).unwrap();
        data += &format!(
            "<row><c><v>{}</v></c><c s=\"{style}\"><v>{value}</v></c></row>",
            919_876_000_000_u64 + n as u64
        );
    }
    let (_, rows) = read("a.xlsx", &xlsx(&data, &styles, ""));
    assert_eq!(rows.len(), pairs.len());
    let mut wrong = String::new();
    for (row, (code, value, expected)) in rows.iter().zip(&pairs) {
        let known = row.kinds.get(1) != Some(&Kind::NotAsShown);
        let shown = if known { row.cells[1].as_str() } else { "?" };
        if shown != expected.trim() {
            wrong += &format!("{code}\t{value}\t{expected}\t{shown}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn what_isnt_a_workbook_is_said() {
    let said = |name: &str, bytes: &[u8]| fails(name, bytes).kind.to_string();
    assert_eq!(said("a.zip", &zip(&[("a.txt", "x")])), "is a ZIP archive, not a table");
    assert_eq!(said("a.xlsx", &zip(&[("a.txt", "x")])), "is a ZIP archive, not a table");
    let word = zip(&[("[Content_Types].xml", "<Types/>"), ("word/document.xml", "<w/>")]);
    assert_eq!(said("a.docx", &word), "is a Word document, not a table");
    assert_eq!(
        said("a.numbers", &zip(&[("Index/Document.iwa", "x")])),
        "is a Numbers spreadsheet, which isn't read"
    );
    assert_eq!(said("a", &zip(&[("Index/Document.iwa", "x")])), "is a Numbers spreadsheet, which isn't read");
    assert_eq!(said("a.xls", b"<html><table><tr><td>phone"), "is an HTML page, which isn't read");
    assert_eq!(said("a.xls", b"<?xml version=\"1.0\"?><Workbook>"), "is an XML file, which isn't read");
    assert_eq!(said("a.xlsx", b"phone,name\n"), "is damaged: it doesn't begin as an XLSX file does");
    assert_eq!(said("a.csv", b"\x1f\x8b\x08\0"), "is a gzip archive, not a table");
    assert_eq!(
        said("a.doc", &ole(&[("WordDocument", vec![0; 64])])),
        "is a document of another program, not a table"
    );
    let old = [9, 8, 4, 0, 0, 5, 5, 0];
    assert_eq!(
        said("a.xls", &ole(&[("Book", old.to_vec())])),
        "is a workbook of Excel 95 or before, which isn't read"
    );
}

#[test]
fn a_password_is_asked_for_in_words() {
    let begin = [9_u8, 8, 4, 0, 0, 6, 5, 0, 0x2f, 0, 2, 0, 0, 0];
    let manifest = "<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>";
    for (name, bytes) in [
        ("a.xlsx", ole(&[("EncryptedPackage", vec![0; 100]), ("EncryptionInfo", vec![0; 100])])),
        ("a.xls", ole(&[("Workbook", begin.to_vec())])),
        ("a.ods", zip(&[("META-INF/manifest.xml", manifest), ("content.xml", "x")])),
    ] {
        let error = fails(name, &bytes);
        assert!(matches!(error.kind, TableErrorKind::Protected), "{error}");
        assert!(error.hint().unwrap().contains("password"));
    }
}
