//! From a worksheet's cells to rows, beside calamine's cells: it applies no number format and makes no rows.

use std::fmt::Write as _;
use std::fs::File;
use std::hint::black_box;
use std::io::Write as _;
use std::path::Path;

use calamine::{Xlsx, open_workbook};
use criterion::{Criterion, Throughput};
use sendcast::campaign::tables::{self, TableOptions};

const ROWS: usize = 50_000;

pub fn bench(criterion: &mut Criterion) {
    let home = tempfile::tempdir().expect("a directory");
    let path = home.path().join("people.xlsx");
    write(&path);
    let mut group = criterion.benchmark_group("reading, xlsx");
    group.throughput(Throughput::Elements(ROWS as u64));
    group.sample_size(20);
    group.bench_function("sendcast", |bencher| {
        bencher.iter(|| {
            let table = tables::open(&path, &TableOptions::default()).expect("a table");
            table.for_each(|row| drop(black_box(row.expect("a row"))));
        });
    });
    group.bench_function("calamine, cells", |bencher| {
        bencher.iter(|| {
            let mut book: Xlsx<_> = open_workbook(&path).expect("a workbook");
            let mut cells = book.worksheet_cells_reader("People").expect("a worksheet");
            while let Some(cell) = cells.next_cell().expect("a cell") {
                black_box(cell);
            }
        });
    });
    group.finish();
}

/// Six columns, of which three have number formats.
fn write(path: &Path) {
    let text = |text: &str| format!("<c t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let mut data = String::from("<worksheet><sheetData><row r=\"1\">");
    ["phone", "name", "city", "share", "day", "price"].iter().for_each(|name| data += &text(name));
    for n in 0..ROWS {
        let (row, city) = (n + 2, if n % 2 == 0 { "Pune" } else { "Goa" });
        let cents = n % 100;
        write!(
            data,
            "</row><row r=\"{row}\"><c r=\"A{row}\"><v>{}</v></c>{}{}<c r=\"D{row}\" s=\"1\"><v>0.{:03}</v></c>\
             <c r=\"E{row}\" s=\"2\"><v>{}</v></c><c r=\"F{row}\" s=\"3\"><v>{n}.{cents}</v></c>",
            919_876_000_000 + n,
            text(&format!("Name {n}")),
            text(city),
            n % 1_000,
            46_000 + n % 365,
        )
        .expect("a text");
    }
    data += "</row></sheetData></worksheet>";
    let relations = |kind: &str, target: &str| {
        format!(
            "<Relationships><Relationship Id=\"a\" Type=\"http://x/relationships/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let styles = r#"<styleSheet><numFmts count="1"><numFmt numFmtId="164" formatCode="&quot;₹&quot;#,##0.00"/></numFmts>
        <cellXfs><xf numFmtId="0"/><xf numFmtId="10"/><xf numFmtId="15"/><xf numFmtId="164"/></cellXfs></styleSheet>"#;
    let book = r#"<workbook xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
        <sheets><sheet name="People" sheetId="1" r:id="a"/></sheets></workbook>"#;
    let mut zip = zip::ZipWriter::new(File::create(path).expect("a file"));
    for (name, part) in [
        ("[Content_Types].xml", "<Types/>".to_owned()),
        ("_rels/.rels", relations("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", book.to_owned()),
        ("xl/_rels/workbook.xml.rels", relations("worksheet", "worksheets/sheet1.xml")),
        ("xl/styles.xml", styles.to_owned()),
        ("xl/worksheets/sheet1.xml", data),
    ] {
        let options =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        zip.start_file(name, options).expect("a part");
        zip.write_all(part.as_bytes()).expect("a part");
    }
    zip.finish().expect("a ZIP file");
}
