//! Workbooks made by hand, part by part.

use std::io::{Cursor, Write as _};

/// A ZIP file.
pub fn zip<N: AsRef<str>, B: AsRef<[u8]>>(parts: &[(N, B)]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    for (name, bytes) in parts {
        writer.start_file(name.as_ref(), options).unwrap();
        writer.write_all(bytes.as_ref()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn relations(targets: &[(&str, &str)]) -> String {
    let one = |(n, (kind, target)): (usize, &(&str, &str))| {
        format!("<Relationship Id=\"rId{n}\" Type=\"http://x/relationships/{kind}\" Target=\"{target}\"/>")
    };
    format!("<Relationships>{}</Relationships>", targets.iter().enumerate().map(one).collect::<String>())
}

/// An XLSX file with one worksheet of this data, and perhaps styles and shared strings.
pub fn xlsx(data: &str, styles: &str, strings: &str) -> Vec<u8> {
    let sheet = format!("<worksheet><sheetData>{data}</sheetData></worksheet>");
    let kinds = [
        ("worksheet", "worksheets/sheet1.xml"),
        ("styles", "styles.xml"),
        ("sharedStrings", "/xl/strings.xml"),
    ];
    zip(&[
        ("[Content_Types].xml", "<Types/>".to_owned()),
        ("_rels/.rels", relations(&[("officeDocument", "xl/workbook.xml")])),
        (
            "xl/workbook.xml",
            "<workbook><sheets><sheet name=\"One\" sheetId=\"1\" r:id=\"rId0\"/></sheets></workbook>"
                .to_owned(),
        ),
        ("xl/_rels/workbook.xml.rels", relations(&kinds)),
        ("xl/styles.xml", format!("<styleSheet>{styles}</styleSheet>")),
        ("xl/strings.xml", format!("<sst>{strings}</sst>")),
        ("xl/worksheets/sheet1.xml", sheet),
    ])
}

/// An ODS file with these tables.
pub fn ods(tables: &str) -> Vec<u8> {
    let content = format!(
        "<office:document-content><office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>\
         </office:document-content>"
    );
    let kind = "application/vnd.oasis.opendocument.spreadsheet";
    zip(&[("mimetype", kind.to_owned()), ("content.xml", content)])
}

/// An OLE container with these streams.
pub fn ole(streams: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut container = cfb::CompoundFile::create(Cursor::new(Vec::new())).unwrap();
    for (name, bytes) in streams {
        container.create_stream(format!("/{name}")).unwrap().write_all(bytes).unwrap();
    }
    container.flush().unwrap();
    container.into_inner().into_inner()
}

/// A record of XLSB: its type, its length, its body.
fn record(kind: u16, body: &[u8]) -> Vec<u8> {
    let mut out = vec![];
    match u8::try_from(kind).ok().filter(|kind| *kind < 0x80) {
        Some(kind) => out.push(kind),
        None => out.extend([kind.to_le_bytes()[0] | 0x80, (kind >> 7).to_le_bytes()[0]]),
    }
    let mut len = body.len();
    while len >= 0x80 {
        out.push(len.to_le_bytes()[0] | 0x80);
        len >>= 7;
    }
    out.push(len.to_le_bytes()[0]);
    out.extend(body);
    out
}

fn wide(text: &str) -> Vec<u8> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let mut out = u32::try_from(units.len()).unwrap().to_le_bytes().to_vec();
    out.extend(units.iter().flat_map(|unit| unit.to_le_bytes()));
    out
}

/// A cell of an XLSB file.
pub enum Bin {
    Text(&'static str),
    Shared(u32),
    Real(f64, u32),
    /// Packed into 30 bits.
    Packed(i32, u32),
    Bool(bool),
    Error(u8),
}

/// An XLSB file: styles 0 (no format) and 1 (`0.0%`), shared strings, rows that may be hidden.
pub fn xlsb(strings: &[&str], rows: &[(u32, bool, Vec<Bin>)]) -> Vec<u8> {
    let mut sheet = record(129, &[]);
    sheet.extend(record(145, &[]));
    for (number, hidden, cells) in rows {
        let mut row = number.to_le_bytes().to_vec();
        row.extend([0; 13]);
        row[11] = if *hidden { 0x10 } else { 0 };
        sheet.extend(record(0, &row));
        for (column, cell) in cells.iter().enumerate() {
            let (kind, style, value) = match cell {
                Bin::Packed(number, style) => (2, *style, ((number << 2) | 2).to_le_bytes().to_vec()),
                Bin::Error(code) => (3, 0, vec![*code]),
                Bin::Bool(value) => (4, 0, vec![u8::from(*value)]),
                Bin::Real(number, style) => (5, *style, number.to_le_bytes().to_vec()),
                Bin::Text(text) => (6, 0, wide(text)),
                Bin::Shared(index) => (7, 0, index.to_le_bytes().to_vec()),
            };
            let mut body = u32::try_from(column).unwrap().to_le_bytes().to_vec();
            body.extend(style.to_le_bytes());
            body.extend(value);
            sheet.extend(record(kind, &body));
        }
    }
    sheet.extend(record(146, &[]));
    let mut workbook = record(153, &[0; 8]);
    let mut bundle = [0_u32.to_le_bytes(), 1_u32.to_le_bytes()].concat();
    bundle.extend(wide("rId0"));
    bundle.extend(wide("Eins"));
    workbook.extend(record(156, &bundle));
    let mut styles = record(44, &[164_u16.to_le_bytes().to_vec(), wide("0.0%")].concat());
    styles.extend(record(617, &2_u32.to_le_bytes()));
    for format in [0_u16, 164] {
        let mut style = vec![0; 16];
        style[2..4].copy_from_slice(&format.to_le_bytes());
        styles.extend(record(47, &style));
    }
    styles.extend(record(618, &[]));
    let shared: Vec<u8> =
        strings.iter().flat_map(|text| record(19, &[vec![0], wide(text)].concat())).collect();
    let kinds = [
        ("worksheet", "worksheets/sheet1.bin"),
        ("styles", "styles.bin"),
        ("sharedStrings", "sharedStrings.bin"),
    ];
    zip(&[
        ("[Content_Types].xml", b"<Types/>".to_vec()),
        ("_rels/.rels", relations(&[("officeDocument", "xl/workbook.bin")]).into_bytes()),
        ("xl/workbook.bin", workbook),
        ("xl/_rels/workbook.bin.rels", relations(&kinds).into_bytes()),
        ("xl/styles.bin", styles),
        ("xl/sharedStrings.bin", shared),
        ("xl/worksheets/sheet1.bin", sheet),
    ])
}
