//! What a file is: by its name, then by its content.

use std::path::Path;

use super::error::TableErrorKind;
use super::table::Format;

/// What the delimiter is sought among; of equals the first: commas stand in ordinary text, the others rarely.
const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];

/// How many records are looked at.
const RECORDS: usize = 100;

/// What can be told from raw bytes: files that are no text.
pub(super) fn foreign(path: &Path, head: &[u8]) -> Result<(), TableErrorKind> {
    let extension = extension(path);
    let contains = |what: &[u8]| head.windows(what.len()).any(|w| w == what);
    if head.starts_with(b"PK\x03\x04") {
        return Err(if contains(b"opendocument.spreadsheet") || extension == "ods" {
            TableErrorKind::Workbook("an ODS spreadsheet")
        } else if contains(b"xl/") || contains(b"[Content_Types].xml") || extension.starts_with("xls") {
            TableErrorKind::Workbook("an XLSX spreadsheet")
        } else if extension == "numbers" {
            TableErrorKind::Workbook("a Numbers spreadsheet")
        } else {
            TableErrorKind::Other("a ZIP archive")
        });
    }
    if head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(TableErrorKind::Workbook("an old Excel (XLS) spreadsheet"));
    }
    if head.starts_with(&[0x1f, 0x8b]) {
        return Err(TableErrorKind::Other("a gzip archive"));
    }
    if head.starts_with(b"%PDF") {
        return Err(TableErrorKind::Other("a PDF"));
    }
    match extension.as_str() {
        _ if head.is_empty() => Ok(()),
        "xlsx" | "xlsm" => Err(TableErrorKind::Workbook("an XLSX spreadsheet")),
        "ods" => Err(TableErrorKind::Workbook("an ODS spreadsheet")),
        _ => Ok(()),
    }
}

fn extension(path: &Path) -> String {
    path.extension().map(|e| e.to_string_lossy().to_lowercase()).unwrap_or_default()
}

/// The format of a text, by its file's extension, else by its first character.
pub(super) fn format(path: &Path, text: &[u8]) -> Format {
    let first = text.iter().copied().find(|b| !b.is_ascii_whitespace());
    match (extension(path).as_str(), first) {
        ("csv", _) => Format::Csv,
        ("tsv" | "tab", _) => Format::Tsv,
        ("ndjson" | "jsonl", Some(b'[')) => Format::Json,
        ("ndjson" | "jsonl", _) | (_, Some(b'{')) => Format::Ndjson,
        ("json", _) | (_, Some(b'[')) => Format::Json,
        _ => Format::Csv,
    }
}

/// The file's extension promises one object a line.
pub(super) fn named_by_line(path: &Path) -> bool {
    matches!(extension(path).as_str(), "ndjson" | "jsonl")
}

/// Excel's first line `sep=;`: the delimiter, and how many bytes the line takes.
pub(super) fn named_delimiter(text: &[u8]) -> Option<(u8, usize)> {
    let end = text.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(text.len());
    let line = &text[..end];
    let line = line.strip_prefix(b"\"").and_then(|l| l.strip_suffix(b"\"")).unwrap_or(line);
    let [s, e, p, b'=', delimiter] = line else { return None };
    if ![*s, *e, *p].eq_ignore_ascii_case(b"sep") || delimiter.is_ascii_alphanumeric() || *delimiter == b'"' {
        return None;
    }
    let past = match text.get(end..) {
        Some([b'\r', b'\n', ..]) => end + 2,
        Some([_, ..]) => end + 1,
        _ => end,
    };
    Some((*delimiter, past))
}

/// The delimiter that splits the most records as it splits the header; of equals the one behind which quotes end
/// where cells end, then the one that makes more columns.
/// `whole`: the text ends where the file ends.
pub(super) fn delimiter(text: &[u8], whole: bool, format: Format) -> u8 {
    let mut best: Option<((usize, bool, usize), u8)> = None;
    for delimiter in DELIMITERS {
        let counts = columns(text, whole, delimiter);
        let Some(&header) = counts.first() else { continue };
        if header < 2 {
            continue;
        }
        if delimiter == b'\t' && format == Format::Tsv {
            return delimiter;
        }
        let alike = counts.iter().filter(|n| **n == header).count() * 1_000 / counts.len();
        let score = (alike, !misquoted(text, delimiter), header);
        if best.is_none_or(|(other, _)| score > other) {
            best = Some((score, delimiter));
        }
    }
    best.map_or(if format == Format::Tsv { b'\t' } else { b',' }, |(_, delimiter)| delimiter)
}

/// Whether a quote that opens a cell would close before the cell ends: `"a","b|c"` isn't split by `|`.
fn misquoted(text: &[u8], delimiter: u8) -> bool {
    let mut rest = text;
    let mut begins = true;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if begins && byte == b'"' {
            let closed = loop {
                let Some(end) = rest.iter().position(|b| *b == b'"') else { return false };
                rest = &rest[end + 1..];
                match rest.first() {
                    Some(b'"') => rest = &rest[1..],
                    next => break next,
                }
            };
            match closed {
                None | Some(b'\r' | b'\n') => {}
                Some(next) if *next == delimiter => {}
                Some(_) => return true,
            }
            begins = false;
        } else {
            begins = byte == delimiter || matches!(byte, b'\r' | b'\n');
        }
    }
    false
}

/// How many columns each of the first records would have.
fn columns(text: &[u8], whole: bool, delimiter: u8) -> Vec<usize> {
    let mut reader = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    let mut output = vec![0; text.len().max(1)];
    let mut ends = vec![0; text.len() + 1];
    let mut rest = text;
    let mut counts = vec![];
    while counts.len() < RECORDS {
        let (result, read, _, columns) = reader.read_record(rest, &mut output, &mut ends);
        rest = &rest[read..];
        match result {
            csv_core::ReadRecordResult::Record => counts.push(columns),
            // The text may end within a record: then that record tells nothing, unless it is the only one.
            _ => {
                if rest.is_empty() && (whole || counts.is_empty()) && columns > 0 {
                    let (_, _, _, more) = reader.read_record(&[], &mut output, &mut ends);
                    counts.push(columns + more);
                }
                break;
            }
        }
    }
    counts
}
