//! What a file is: by its name, then by its content.

use std::path::Path;

use super::error::TableErrorKind;
use super::reading::Format;
use super::window;

/// How a file is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Content {
    Text,
    /// A ZIP file or an OLE container, which may be a workbook.
    Container,
}

/// What can be told from raw bytes.
pub(super) fn content(path: &Path, head: &[u8]) -> Result<Content, TableErrorKind> {
    let extension = extension(path);
    if head.starts_with(b"PK\x03\x04") {
        return match extension.as_str() {
            "numbers" => Err(TableErrorKind::Workbook("a Numbers spreadsheet")),
            _ => Ok(Content::Container),
        };
    }
    if head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Ok(Content::Container);
    }
    if head.starts_with(&[0x1f, 0x8b]) {
        return Err(TableErrorKind::Other("a gzip archive"));
    }
    if head.starts_with(b"%PDF") {
        return Err(TableErrorKind::Other("a PDF"));
    }
    // Reports of web applications call a page or Excel's XML of 2003 `.xls`.
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let begins = |what: &str| text.get(..what.len()).is_some_and(|t| t.eq_ignore_ascii_case(what.as_bytes()));
    if ["<html", "<!doctype html", "<table", "<head", "<meta", "<style"].iter().any(|tag| begins(tag)) {
        return Err(TableErrorKind::Workbook("an HTML page"));
    }
    if begins("<?xml") {
        return Err(TableErrorKind::Workbook("an XML file"));
    }
    match extension.as_str() {
        _ if head.is_empty() => Ok(Content::Text),
        "xlsx" | "xlsm" | "xlsb" | "ods" => Err(TableErrorKind::Damaged(format!(
            "it doesn't begin as an {} file does",
            extension.to_uppercase()
        ))),
        _ => Ok(Content::Text),
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

/// Excel's first line `sep=;` in all its spellings (quoted, in capitals, with blanks, with the empty cells that another
/// program put behind it): the delimiter, where it names one, and how many bytes the line takes.
pub(super) fn named_delimiter(text: &[u8]) -> Option<(Option<u8>, usize)> {
    let line = window::line(text, 0, true)?;
    let bare = text[..line.end].trim_ascii_start();
    let bare = bare.strip_prefix(b"\"").unwrap_or(bare);
    let (name, rest) = bare.split_at_checked(3)?;
    if !name.eq_ignore_ascii_case(b"sep") {
        return None;
    }
    let rest = trim_blanks(trim_blanks(rest).strip_prefix(b"=")?);
    let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
    let tab = if rest.starts_with(b"\\t") { 2 } else { 3 };
    let tab =
        rest.split_at_checked(tab).filter(|(name, _)| *name == b"\\t" || name.eq_ignore_ascii_case(b"tab"));
    let (delimiter, behind) = match (tab, rest.split_first()) {
        (Some((_, behind)), _) => (Some(b'\t'), behind),
        (_, None) => (None, rest),
        (_, Some((b'"', behind))) => (None, behind),
        (_, Some((delimiter, _))) if delimiter.is_ascii_alphanumeric() || !delimiter.is_ascii() => {
            return None;
        }
        (_, Some((delimiter, behind))) => (Some(*delimiter), behind),
    };
    let filler = |b: &u8| b" \",;\t|".contains(b) || Some(*b) == delimiter;
    behind.iter().all(filler).then_some((delimiter, line.next))
}

fn trim_blanks(text: &[u8]) -> &[u8] {
    let start = text.iter().position(|b| *b != b' ').unwrap_or(text.len());
    &text[start..]
}
