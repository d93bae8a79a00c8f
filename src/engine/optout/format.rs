//! How the opt-out list is read: leniently, because people edit it with whatever they have, and whole, because a line
//! that is passed over is a person who is written to.
//!
//! Invariants:
//!
//! - Every line that holds anything is a person, a comment (`#`), the header, or [`Unreadable`].
//! - Each line stands for itself: a quote that is never closed hides nobody.
//! - A line as sendcast writes it (`919876543210,STOP,2026-11-30T10:00:00Z`) is read as written, wherever it stands.
//!
//! Otherwise: UTF-8, UTF-16 with or without a mark, or Windows-1252; `,`, `;`, tab or `|` between cells, or what
//! `sep=` says; columns in any order, found by their header or by which of them holds numbers; numbers as
//! [`phone::parse`] reads them. Digits without `+` or `00` are international where the time that sendcast wrote stands
//! beside them, or where they are at least eleven and valid; else they need `# country: IN` on a line of its own.

use std::borrow::Cow;

use encoding_rs::{UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::OptedOut;
use crate::domain::phone::{self, Accept, Bare, CallingCodes, Country, Phone, PhoneError, Rules};

const DELIMITERS: [char; 4] = ['\t', ';', '|', ','];

/// A line without a valid phone number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// Which, from 1; `None` where the whole file is meant.
    pub line: Option<u64>,
    /// What is wrong with it, as a fragment; none repeats a number.
    pub why: String,
}

/// The people of a list.
#[derive(Debug, Default)]
pub(super) struct Contents {
    /// In the file's order, with the line's position among [`lines`].
    pub(super) entries: Vec<(usize, OptedOut)>,
    pub(super) unreadable: Vec<Unreadable>,
}

/// The text of the file: as it is, or in UTF-8 with a mark where it was UTF-16.
///
/// # Errors
/// When it is no text.
pub(super) fn text(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Unreadable> {
    let no = |why: &str| Unreadable { line: None, why: why.to_owned() };
    let starts = |mark: &[u8]| bytes.starts_with(mark);
    if starts(b"PK\x03\x04") || starts(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Err(no("it is a workbook and no text: save it as CSV"));
    }
    if starts(&[0xff, 0xfe, 0, 0]) || starts(&[0, 0, 0xfe, 0xff]) {
        return Err(no("it is text in UTF-32: save it as UTF-8"));
    }
    let zeros = |parity: usize| bytes.iter().skip(parity).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = if bytes.contains(&0) { (zeros(0), zeros(1)) } else { (0, 0) };
    let encoding = match bytes {
        [0xff, 0xfe, ..] => UTF_16LE,
        [0xfe, 0xff, ..] => UTF_16BE,
        _ if even == 0 && odd == 0 => return Ok(Cow::Borrowed(bytes)),
        _ if odd > 4 * even => UTF_16LE,
        _ if even > 4 * odd => UTF_16BE,
        _ => return Err(no("it holds NUL bytes and is no text")),
    };
    let (decoded, _, damaged) = encoding.decode(bytes);
    if damaged || decoded.contains('\0') {
        return Err(no("it is damaged UTF-16: save it as UTF-8"));
    }
    Ok(Cow::Owned(format!("\u{feff}{decoded}").into_bytes()))
}

/// The lines of a text, with their ends; an old Mac's, too.
pub(super) fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mac = !text.contains(&b'\n');
    text.split_inclusive(move |byte| *byte == b'\n' || (mac && *byte == b'\r'))
}

/// Reads every line.
pub(super) fn read(text: &[u8]) -> Contents {
    let mut contents = Contents::default();
    let mut country = None;
    let mut named = None;
    let mut rows: Vec<(usize, Cow<'_, str>)> = Vec::new();
    for (at, bytes) in lines(text).enumerate() {
        let line = decoded(bytes);
        let line = if at == 0 { trimmed_mark(line) } else { line };
        let shown = line.trim();
        if shown.trim_matches(|c: char| DELIMITERS.contains(&c) || c == '"' || c.is_whitespace()).is_empty() {
            continue;
        }
        if let Some(entry) = ours(shown) {
            contents.entries.push((at, entry));
        } else if let Some(rest) = shown.trim_start_matches('"').strip_prefix('#') {
            match said_country(rest) {
                None => {}
                Some(Ok(code)) if country.is_none_or(|known| known == code) => country = Some(code),
                Some(Ok(_)) => contents.bad(at, "the list names two countries".to_owned()),
                Some(Err(why)) => contents.bad(at, why),
            }
        } else if let Some(delimiter) = separator(shown).filter(|_| rows.is_empty()) {
            named = Some(delimiter);
        } else {
            rows.push((at, line));
        }
    }
    if !rows.is_empty() {
        read_rows(&rows, named, country, &mut contents);
        contents.entries.sort_by_key(|(at, _)| *at);
    }
    contents
}

impl Contents {
    fn bad(&mut self, at: usize, why: String) {
        self.unreadable.push(Unreadable { line: Some(at as u64 + 1), why });
    }
}

fn decoded(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
    }
}

fn trimmed_mark(line: Cow<'_, str>) -> Cow<'_, str> {
    match line {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim_start_matches('\u{feff}')),
        Cow::Owned(text) => Cow::Owned(text.trim_start_matches('\u{feff}').to_owned()),
    }
}

/// A line as sendcast writes it.
fn ours(line: &str) -> Option<OptedOut> {
    let (number, rest) = line.split_once(',')?;
    let (reason, at) = rest.rsplit_once(',')?;
    let phone = Phone::from_digits(number)?;
    if !is_stamp(at) {
        return None;
    }
    let reason = match reason.strip_prefix('"').and_then(|reason| reason.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => reason.to_owned(),
    };
    Some(OptedOut { phone, reason, at: at.to_owned() })
}

/// `2026-11-30T10:00:00Z`, perhaps with parts of a second.
fn is_stamp(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let Some(rest) = bytes.get(shape.len()..) else { return false };
    let fits = shape.iter().zip(bytes).all(|(s, b)| if *s == b'd' { b.is_ascii_digit() } else { s == b });
    let (Some(b'Z'), fraction) = (rest.last(), &rest[..rest.len().saturating_sub(1)]) else { return false };
    fits && fraction.iter().all(|b| *b == b'.' || b.is_ascii_digit())
}

/// The country that a comment names: `country: IN`.
fn said_country(comment: &str) -> Option<Result<Country, String>> {
    let comment = comment.trim_matches(|c: char| DELIMITERS.contains(&c) || c == '"' || c.is_whitespace());
    let rest = comment.get(..7).filter(|word| word.eq_ignore_ascii_case("country")).map(|_| &comment[7..])?;
    let code = rest.trim_start().strip_prefix([':', '='])?.trim();
    Some(code.parse().map_err(|_| "the country is no ISO code such as IN".to_owned()))
}

/// Excel's first line `sep=;`.
fn separator(line: &str) -> Option<char> {
    let line = line.trim_matches('"');
    let rest = line.get(..4).filter(|word| word.eq_ignore_ascii_case("sep=")).map(|_| &line[4..])?;
    // A tab behind the sign is gone with what stands around the line.
    Some(rest.chars().next().unwrap_or('\t'))
}

fn read_rows(
    rows: &[(usize, Cow<'_, str>)],
    named: Option<char>,
    country: Option<Country>,
    contents: &mut Contents,
) {
    let delimiter = named.unwrap_or_else(|| delimiter(rows));
    let cells: Vec<Vec<String>> = rows.iter().map(|(_, line)| cells(line, delimiter)).collect();
    let first = &cells[0];
    let hint = hinted(first);
    let header = is_header(first, &hint);
    let body = usize::from(header);
    let columns = match header && !hint.is_empty() {
        true => hint,
        false => fullest(&cells[body..], country).into_iter().collect(),
    };
    for ((at, _), cells) in rows.iter().zip(&cells).skip(body) {
        let stamp = cells.iter().find(|cell| is_stamp(cell));
        let mut found = Vec::new();
        let mut wrong = None;
        for cell in columns.iter().filter_map(|column| cells.get(*column)).filter(|cell| !cell.is_empty()) {
            match number(cell, country, stamp.is_some()) {
                Ok(phone) => found.push(phone),
                Err(error) => wrong = Some(error.to_string()),
            }
        }
        if wrong.is_none() && found.is_empty() {
            wrong = Some("no phone number".to_owned());
        }
        if let Some(why) = wrong {
            contents.bad(*at, why);
            continue;
        }
        let mut others = cells.iter().enumerate().filter(|(n, _)| !columns.contains(n)).map(|(_, cell)| cell);
        let reason = others.find(|cell| !cell.is_empty() && !is_stamp(cell)).cloned().unwrap_or_default();
        for phone in found {
            let entry = OptedOut { phone, reason: reason.clone(), at: stamp.cloned().unwrap_or_default() };
            contents.entries.push((*at, entry));
        }
    }
}

/// What most lines hold outside of quotes; of equals the one that ordinary text holds least.
fn delimiter(rows: &[(usize, Cow<'_, str>)]) -> char {
    let holds = |line: &str, wanted: char| {
        let mut quoted = false;
        line.chars().any(|c| {
            quoted ^= c == '"';
            !quoted && c == wanted
        })
    };
    let count = |wanted: char| rows.iter().filter(|(_, line)| holds(line, wanted)).count();
    let mut best = (0, ',');
    for wanted in DELIMITERS {
        let count = count(wanted);
        if count > best.0 {
            best = (count, wanted);
        }
    }
    best.1
}

/// The cells of a line. Where its quotes don't match they say nothing.
fn cells(line: &str, delimiter: char) -> Vec<String> {
    let line = line.trim_end_matches(['\r', '\n']);
    let byte = u8::try_from(delimiter).ok().filter(u8::is_ascii);
    let record = byte.filter(|_| line.matches('"').count().is_multiple_of(2)).and_then(|byte| {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .delimiter(byte)
            .flexible(true)
            .from_reader(line.as_bytes());
        reader.records().next()?.ok()
    });
    match record {
        Some(record) => record.iter().map(|cell| cell.trim().to_owned()).collect(),
        None => line.split(delimiter).map(|cell| cell.trim_matches(['"', ' ']).to_owned()).collect(),
    }
}

/// The columns whose header says that they hold phone numbers.
fn hinted(header: &[String]) -> Vec<usize> {
    const WITHIN: [&str; 20] = [
        "phone",
        "mobile",
        "whatsapp",
        "msisdn",
        "telefon",
        "telefono",
        "telephone",
        "telefone",
        "celular",
        "handy",
        "rufnummer",
        "телефон",
        "номер",
        "फोन",
        "मोबाइल",
        "هاتف",
        "جوال",
        "电话",
        "手机",
        "電話",
    ];
    const ALONE: [&str; 12] = [
        "number", "to", "tel", "cell", "contact", "numero", "número", "numéro", "nummer", "mob", "wa", "رقم",
    ];
    const OTHER: [&str; 9] = ["type", " id", "_id", "country", "code", "name", "date", "time", "consent"];
    let is_phone = |cell: &String| {
        let cell = cell.to_lowercase().replace(['é', 'è'], "e");
        let other = OTHER.iter().any(|word| cell.contains(word));
        !other
            && (WITHIN.iter().any(|word| cell.contains(word))
                || ALONE.contains(&cell.trim_matches(['.', ':'])))
    };
    (0..header.len()).filter(|n| is_phone(&header[*n])).collect()
}

/// A first line without digits that uses the words of a header; any other might be a person.
fn is_header(first: &[String], hint: &[usize]) -> bool {
    const WORDS: [&str; 14] = [
        "reason", "at", "date", "name", "time", "grund", "datum", "motivo", "fecha", "nombre", "raison",
        "comment", "note", "status",
    ];
    let digits = |cell: &String| cell.bytes().filter(u8::is_ascii_digit).count();
    let known = first.iter().any(|cell| WORDS.contains(&cell.to_lowercase().as_str()));
    first.iter().all(|cell| digits(cell) < 5) && (known || !hint.is_empty())
}

/// The column of which most cells are numbers.
fn fullest(rows: &[Vec<String>], country: Option<Country>) -> Option<usize> {
    let width = rows.iter().map(Vec::len).max()?;
    let count = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|cells| Some((cells.get(column)?, cells.iter().any(|cell| is_stamp(cell)))));
        cells.filter(|(cell, stamped)| number(cell, country, *stamped).is_ok()).count()
    };
    let counts: Vec<usize> = (0..width).map(count).collect();
    let most = counts.iter().copied().max().filter(|most| *most > 0)?;
    counts.iter().position(|count| *count == most)
}

/// A number as it stands in a list of people who must not be written to. `ours`: sendcast wrote it.
///
/// # Errors
/// What is wrong with it; a national number without a country is [`PhoneError::NeedsCountry`].
pub fn number(cell: &str, country: Option<Country>, ours: bool) -> Result<Phone, PhoneError> {
    if let Some(phone) = Phone::from_digits(cell).filter(|_| ours) {
        return Ok(phone);
    }
    let marked =
        cell.contains(['+', '＋']) || cell.trim_start_matches(['\'', '"', ' ', '=']).starts_with("00");
    let rules = Rules {
        country,
        // A national number hardly has eleven digits.
        bare: Bare::Agreed(CallingCodes::ANY),
        accept: if marked { Accept::Possible } else { Accept::Valid },
    };
    phone::parse(cell, rules).map(|parsed| parsed.phone)
}
