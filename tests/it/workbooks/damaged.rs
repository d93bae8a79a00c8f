//! Damage and malice: an error or rows, soon, never a panic and never the memory of a range.

use super::made::{ods, xlsx};
use super::{HEADER, corpus, fails, opened, read, texts};
use sendcast::campaign::tables::{TableErrorKind, TableOptions};

/// What a table says when its reader panicked.
const PANICKED: &str = "can't be read to its end";

/// Reads what may be damaged; says whether it was read.
fn survives(name: &str, bytes: &[u8]) -> bool {
    match opened(name, bytes, &TableOptions::default()) {
        Ok(_) => true,
        Err(error) => {
            let said = error.to_string();
            assert!(!said.contains(PANICKED), "{name}: {said}");
            false
        }
    }
}

fn small() -> Vec<(String, Vec<u8>)> {
    let names =
        ["rich.xlsx", "two_tables.xlsx", "formats_lo.ods", "two_tables_lo.ods", "xlwt.xls", "rich_lo.xls"];
    let files = corpus().into_iter().filter_map(|path| {
        let name = path.file_name()?.to_string_lossy().into_owned();
        names.contains(&name.as_str()).then(|| (name, std::fs::read(&path).unwrap()))
    });
    let files: Vec<_> = files.collect();
    assert_eq!(files.len(), names.len());
    files
}

#[test]
fn a_file_that_is_cut_off_is_an_error() {
    for (name, bytes) in small() {
        for part in 1..50 {
            let read = survives(&name, &bytes[..bytes.len() * part / 50]);
            assert!(!read || name.ends_with(".xls"), "{name}, {part}/50: read");
        }
    }
}

#[test]
fn damaged_bytes_never_panic() {
    let mut random = fastrand::Rng::with_seed(7);
    for (name, bytes) in small() {
        for _ in 0..60 {
            let mut damaged = bytes.clone();
            for _ in 0..random.usize(1..8) {
                let at = random.usize(..damaged.len());
                damaged[at] = random.u8(..);
            }
            survives(&name, &damaged);
        }
    }
}

#[test]
fn damaged_xml_never_panics() {
    let mut random = fastrand::Rng::with_seed(8);
    let data = format!(
        "{HEADER}<row r=\"2\" hidden=\"0\"><c r=\"A2\" s=\"1\"><f>1+1</f><v>919876543210</v></c><c r=\"B2\" t=\"s\"><v>0</v></c></row>"
    );
    for _ in 0..300 {
        let mut damaged = data.clone().into_bytes();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..damaged.len());
            damaged[at] = *random.choice(b"<>/&;=\"rtsvc019 \x80").unwrap();
        }
        let styles = "<cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs>";
        survives("a.xlsx", &xlsx(&String::from_utf8_lossy(&damaged), styles, "<si><t>x</t></si>"));
    }
}

#[test]
fn far_cells_cost_nothing() {
    let far = r#"<row r="2"><c r="A2"><v>919876543210</v></c></row><row r="1048576"><c r="A1048576"><v>919876543211</v></c><c r="XFD1048576"><v>1</v></c></row>"#;
    let (table, rows) = read("a.xlsx", &xlsx(&format!("{HEADER}{far}"), "", ""));
    assert_eq!(table.columns, ["phone", "x", "column_3"]);
    assert_eq!(texts(&rows), ["2 919876543210||", "1048576 919876543211||1"]);
    for beyond in [
        r#"<row r="1048577"><c><v>1</v></c></row>"#,
        r#"<row r="2"><c r="XFE2"><v>1</v></c></row>"#,
        r#"<row r="4294967296"><c><v>1</v></c></row>"#,
        r#"<row r="0"><c><v>1</v></c></row>"#,
        r#"<row r="3"><c><v>1</v></c></row><row r="2"><c><v>1</v></c></row>"#,
    ] {
        let error = fails("a.xlsx", &xlsx(&format!("{HEADER}{beyond}"), "", ""));
        assert!(matches!(error.kind, TableErrorKind::Damaged(_)), "{error}");
    }
}

#[test]
fn a_row_that_is_repeated_a_million_times_is_no_bomb() {
    let cell = |text: &str, times: u32| {
        format!(
            "<table:table-cell table:number-columns-repeated=\"{times}\" office:value-type=\"string\"><text:p>{text}</text:p>\
             </table:table-cell>"
        )
    };
    let row = |cells: &str, times: u32| {
        format!("<table:table-row table:number-rows-repeated=\"{times}\">{cells}</table:table-row>")
    };
    let book = |rows: &str| ods(&format!("<table:table table:name=\"A\">{rows}</table:table>"));
    let header = row(&(cell("phone", 1) + &cell("x", 1)), 1);
    let person = row(&cell("+919876543210", 1), 1);
    let long = "y".repeat(60_000);
    let error = fails("a.ods", &book(&(header.clone() + &row(&(cell("1", 1) + &cell(&long, 1)), 1_048_575))));
    assert!(matches!(error.kind, TableErrorKind::Unpacked), "{error}");
    let wide = book(&(header.clone() + &person + &row(&cell(&long, 16_384), 4)));
    let (_, rows) = read("a.ods", &wide);
    assert!(rows.iter().skip(1).all(|row| row.problem.is_some()) && rows.len() == 5);
    // Blank rows and columns to the end of the sheet are how every ODS file ends.
    let blank = row("<table:table-cell table:number-columns-repeated=\"16384\"/>", 4_000_000_000);
    let (_, rows) = read("a.ods", &book(&(header + &person + &blank + &person)));
    assert_eq!(texts(&rows), ["2 +919876543210|"]);
}

#[test]
fn texts_have_bounds() {
    let text = |bytes: usize| format!("<si><t>{}</t></si>", "x".repeat(bytes));
    let row = r#"<row r="2"><c><v>919876543210</v></c><c t="s"><v>0</v></c></row>"#;
    let book = |bytes: usize, cells: &str| xlsx(&format!("{HEADER}{row}{cells}"), "", &text(bytes));
    let (_, rows) = read("a.xlsx", &book(65_536, ""));
    assert!(rows[0].problem.is_none());
    let (_, rows) = read("a.xlsx", &book(65_537, ""));
    assert_eq!(rows[0].problem.as_ref().unwrap().reason.as_ref(), "column 2 holds more than 64 KiB of text");
    let (_, rows) = read("a.xlsx", &book(2 << 20, ""));
    assert!(rows[0].problem.is_some());
    assert!(matches!(fails("a.xlsx", &book(9 << 20, "")).kind, TableErrorKind::Damaged(_)));
    let missing = r#"<row r="3"><c t="s"><v>7</v></c></row>"#;
    assert!(matches!(fails("a.xlsx", &book(1, missing)).kind, TableErrorKind::Damaged(_)));
    let laughs = format!("<!DOCTYPE a [<!ENTITY a \"aaaa\">]>{HEADER}");
    assert!(matches!(fails("a.xlsx", &xlsx(&laughs, "", "")).kind, TableErrorKind::Damaged(_)));
}
