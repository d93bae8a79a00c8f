//! A record split into cells.
//!
//! Invariant: what is split without a flaw has one meaning only. Quotes are those of RFC 4180: they stand around a whole
//! cell, and are doubled within. What is more lenient is as unambiguous: blanks around the quotes, quotes within an
//! unquoted cell that stand in pairs around words, `="…"` for a text.

/// How a file's cells are written.
#[derive(Clone, Debug)]
pub(super) struct Dialect {
    /// What stands between cells.
    pub(super) delimiter: u8,
    /// `\"` is a quotation mark within a quoted cell, as MySQL writes it.
    pub(super) backslash: bool,
    /// The columns in which several cells hold inches: `5"`.
    pub(super) inches: Vec<usize>,
}

impl Dialect {
    pub(super) fn of(delimiter: u8) -> Dialect {
        Dialect { delimiter, backslash: false, inches: vec![] }
    }
}

/// Cells one behind the other, and where each ends.
#[derive(Clone, Debug, Default)]
pub(super) struct Cells {
    pub(super) text: Vec<u8>,
    pub(super) ends: Vec<usize>,
}

impl Cells {
    pub(super) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    fn push(&mut self, cell: &[u8]) {
        self.text.extend_from_slice(cell);
        self.ends.push(self.text.len());
    }

    /// The cells' bytes.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let mut from = 0;
        self.ends.iter().map(move |&end| &self.text[std::mem::replace(&mut from, end)..end])
    }
}

/// Why a record can't be split for sure. Columns are indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    /// Text stands behind a closing quote.
    Behind(usize),
    /// A quote without its partner stands within a cell.
    Stray(usize),
}

/// What the splitting of a record came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Split {
    /// The record's text ends there, without the line's end. `lines`: a cell holds line ends.
    Whole { end: usize, lines: bool },
    /// The record is damaged in its first line or a later one.
    Flawed(Flaw),
    /// A quote in this column isn't closed within these bytes.
    Open(usize),
}

/// Splits the record that begins with `bytes`.
pub(super) fn record(bytes: &[u8], dialect: &Dialect, cells: &mut Cells) -> Split {
    cells.clear();
    let (mut at, mut lines) = (0, false);
    loop {
        let column = cells.ends.len();
        let start = at + bytes[at..].iter().take_while(|b| **b == b' ').count();
        if bytes.get(start) == Some(&b'"') {
            let begun = cells.text.len();
            match quoted(bytes, start + 1, dialect, cells) {
                Some(close) => {
                    let behind = close + bytes[close..].iter().take_while(|b| **b == b' ').count();
                    if ends(bytes, behind, dialect.delimiter) {
                        lines |= memchr::memchr2(b'\n', b'\r', &bytes[start..close]).is_some();
                        cells.ends.push(cells.text.len());
                        if bytes.get(behind) == Some(&dialect.delimiter) {
                            at = behind + 1;
                            continue;
                        }
                        return Split::Whole { end: behind, lines };
                    }
                    if start == at {
                        return Split::Flawed(Flaw::Behind(column));
                    }
                }
                None if start == at => return Split::Open(column),
                None => {}
            }
            // Blanks before a quote that closes elsewhere: a cell that merely begins so.
            cells.text.truncate(begun);
        }
        let end = at + unquoted_len(&bytes[at..], dialect.delimiter);
        let cell = &bytes[at..end];
        if memchr::memchr(b'"', cell).is_some() {
            let inches = || dialect.inches.contains(&column) && inches(cell);
            if !pairs(cell) && !inches() && !is_formula_text(cell) {
                return Split::Flawed(Flaw::Stray(column));
            }
            cells.push(cell);
        } else {
            cells.push(cell);
        }
        if bytes.get(end) != Some(&dialect.delimiter) {
            return Split::Whole { end, lines };
        }
        at = end + 1;
    }
}

/// Splits a line at every delimiter, whatever its quotes say.
pub(super) fn plainly(line: &[u8], delimiter: u8, cells: &mut Cells) {
    cells.clear();
    let mut from = 0;
    for end in memchr::memchr_iter(delimiter, line) {
        cells.push(&line[from..end]);
        from = end + 1;
    }
    cells.push(&line[from..]);
}

/// Where the text of an unquoted cell ends.
fn unquoted_len(bytes: &[u8], delimiter: u8) -> usize {
    memchr::memchr3(delimiter, b'\n', b'\r', bytes).unwrap_or(bytes.len())
}

fn ends(bytes: &[u8], at: usize, delimiter: u8) -> bool {
    bytes.get(at).is_none_or(|b| *b == delimiter || matches!(b, b'\n' | b'\r'))
}

/// Takes a quoted cell's text; where it goes on behind the closing quote, or `None` where none closes.
fn quoted(bytes: &[u8], from: usize, dialect: &Dialect, cells: &mut Cells) -> Option<usize> {
    let mut at = from;
    loop {
        let escape = if dialect.backslash { b'\\' } else { b'"' };
        let found = at + memchr::memchr2(b'"', escape, &bytes[at..])?;
        cells.text.extend_from_slice(&bytes[at..found]);
        match (bytes[found], bytes.get(found + 1)) {
            (b'"', Some(b'"')) => cells.text.push(b'"'),
            (b'"', _) => return Some(found + 1),
            (_, Some(&escaped @ (b'"' | b'\\'))) => cells.text.push(escaped),
            (slash, _) => {
                cells.text.push(slash);
                at = found + 1;
                continue;
            }
        }
        at = found + 2;
    }
}

/// `="0123"`, which keeps a spreadsheet from taking it for a number.
fn is_formula_text(cell: &[u8]) -> bool {
    let text = cell.strip_prefix(b"=\"").and_then(|text| text.strip_suffix(b"\""));
    text.is_some_and(|text| !text.contains(&b'"'))
}

/// Whether the quotes within an unquoted cell stand around words: `Asha "Bunty" Rao`.
fn pairs(cell: &[u8]) -> bool {
    let word = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_alphanumeric() || !b.is_ascii());
    let mut opened = false;
    for at in memchr::memchr_iter(b'"', cell) {
        let before = at.checked_sub(1).and_then(|at| cell.get(at));
        let after = cell.get(at + 1);
        let fits = if opened { !word(after) } else { !word(before) };
        let blank = |b: Option<&u8>| b.is_none_or(|b| matches!(b, b' ' | b'"' | b'\\'));
        let inner = if opened { before } else { after };
        if !fits || blank(inner) {
            return false;
        }
        opened = !opened;
    }
    !opened
}

/// Whether each quote is the mark of inches: a number of at most three digits stands before it, no letter behind.
pub(super) fn inches(cell: &[u8]) -> bool {
    memchr::memchr_iter(b'"', cell).all(|at| {
        let before =
            cell[..at].rsplit(|b| matches!(b, b' ' | b'x' | b'"' | b'(' | b'/')).next().unwrap_or_default();
        let number = before.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','));
        let digits = before.iter().take_while(|b| b.is_ascii_digit()).count();
        number
            && (1..=3).contains(&digits)
            && cell.get(at + 1).is_none_or(|b| !b.is_ascii_alphabetic() || *b == b'x')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(text: &str) -> Result<Vec<String>, Split> {
        let mut cells = Cells::default();
        match record(text.as_bytes(), &Dialect::of(b','), &mut cells) {
            Split::Whole { .. } => {
                Ok(cells.iter().map(|c| String::from_utf8_lossy(c).into_owned()).collect())
            }
            flawed => Err(flawed),
        }
    }

    #[test]
    fn well_formed_records_are_split() {
        for (text, cells) in [
            ("a,b,,c\nd", &["a", "b", "", "c"][..]),
            ("\"a,b\",\"c \"\"d\"\"\"\r\n", &["a,b", "c \"d\""]),
            ("\"a\nb\",c\n", &["a\nb", "c"]),
            ("a, \"b, c\" ,d", &["a", "b, c", "d"]),
            ("=\"0123\",\"\",\"x\"", &["=\"0123\"", "", "x"]),
            ("Asha \"Bunty\" Rao,(\"A\"),x", &["Asha \"Bunty\" Rao", "(\"A\")", "x"]),
            (" \"Bunty\" Rao,x", &[" \"Bunty\" Rao", "x"]),
            ("", &[""]),
        ] {
            assert_eq!(
                split(text).as_deref(),
                Ok(&cells.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>()[..])
            );
        }
    }

    #[test]
    fn what_has_two_meanings_is_flawed() {
        for (text, flaw) in [
            ("1,\"Asha,Pune", Split::Open(1)),
            ("1,\"Asha\" Rao,Pune", Split::Flawed(Flaw::Behind(1))),
            ("\"\"Asha\"\",1", Split::Flawed(Flaw::Behind(0))),
            ("\"5\" pipe\",1", Split::Flawed(Flaw::Behind(0))),
            ("\"Asha \\\"A\\\" Rao\",1", Split::Flawed(Flaw::Behind(0))),
            ("1,Asha\",Pune", Split::Flawed(Flaw::Stray(1))),
            ("1,As\"ha,Pune", Split::Flawed(Flaw::Stray(1))),
            ("1,Asha\"\",Pune", Split::Flawed(Flaw::Stray(1))),
            ("1,\\\"Asha\\\",Pune", Split::Flawed(Flaw::Stray(1))),
            ("1,As\"h\"a,Pune", Split::Flawed(Flaw::Stray(1))),
        ] {
            assert_eq!(split(text), Err(flaw), "{text}");
        }
    }

    #[test]
    fn escapes_and_inches_are_read_where_they_are_the_custom() {
        let mut cells = Cells::default();
        let mysql = Dialect { backslash: true, ..Dialect::of(b',') };
        let text = br#""Asha \"A\", Rao","C:\\x","a\n","b""c""#;
        assert!(matches!(record(text, &mysql, &mut cells), Split::Whole { .. }));
        let read: Vec<_> = cells.iter().map(|c| String::from_utf8_lossy(c).into_owned()).collect();
        assert_eq!(read, ["Asha \"A\", Rao", "C:\\x", "a\\n", "b\"c"]);
        let pipes = Dialect { inches: vec![1], ..Dialect::of(b',') };
        assert!(matches!(record(b"1,5\" pipe", &pipes, &mut cells), Split::Whole { .. }));
        assert!(matches!(record(b"1,pipe\" 5", &pipes, &mut cells), Split::Flawed(Flaw::Stray(1))));
    }
}
