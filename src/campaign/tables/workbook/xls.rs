//! XLS: BIFF8 records in an OLE container, as Excel 97 to 2003 wrote them and others still do.

use std::fs::File;
use std::io::Read;

use crate::campaign::tables::error::TableErrorKind;
use crate::campaign::tables::row::Kind;

use super::biff::{f64_at, rk_at, short, u8_at, u16_at, u32_at};
use super::book::{Book, COLUMNS, Each, Merged, ROWS, Sheet, SheetCell, SheetRow, Shown, beyond, error_text};
use super::formats::Formats;
use super::package::read_error;
use super::strings::Strings;
use super::xls_text::{Pieces, text_of};

/// The largest workbook stream: its sheets have at most 65,536 rows.
const MAX_STREAM_BYTES: u64 = 512 << 20;
/// How many cells a sheet holds that is sorted in memory, and how many bytes of text.
const MAX_SORTED_CELLS: usize = 65_536 * 256;
const MAX_SORTED_BYTES: usize = 1 << 30;

/// The build and the year that LibreOffice claims.
const LIBREOFFICE: u32 = 0x07cc_0dbb;

/// The records that are read, by their numbers in [MS-XLS].
mod record {
    pub(super) const FORMULA: u16 = 0x06;
    pub(super) const EOF: u16 = 0x0a;
    pub(super) const DATE_MODE: u16 = 0x22;
    pub(super) const FILE_PASS: u16 = 0x2f;
    pub(super) const CONTINUE: u16 = 0x3c;
    pub(super) const SHEET: u16 = 0x85;
    pub(super) const MULTIPLE_RK: u16 = 0xbd;
    pub(super) const RICH: u16 = 0xd6;
    pub(super) const STYLE: u16 = 0xe0;
    pub(super) const MERGED: u16 = 0xe5;
    pub(super) const STRINGS: u16 = 0xfc;
    pub(super) const SHARED: u16 = 0xfd;
    pub(super) const RECALCULATED: u16 = 0x1c1;
    pub(super) const NUMBER: u16 = 0x203;
    pub(super) const TEXT: u16 = 0x204;
    pub(super) const BOOL_OR_ERROR: u16 = 0x205;
    pub(super) const STRING: u16 = 0x207;
    pub(super) const ROW: u16 = 0x208;
    pub(super) const RK: u16 = 0x27e;
    pub(super) const FORMAT: u16 = 0x41e;
    pub(super) const BEGIN: u16 = 0x809;
}

pub(super) struct Xls {
    stream: Vec<u8>,
    sheets: Vec<Sheet>,
    formats: Formats,
    strings: Strings,
    /// Excel has computed its formulas: an empty value is one.
    computed: bool,
    /// LibreOffice wrote it, which writes a zero for some formulas that give a text.
    zero_unsure: bool,
}

/// The records from a place on.
struct Records<'s> {
    stream: &'s [u8],
    at: usize,
}

impl<'s> Records<'s> {
    fn next(&mut self) -> Option<(u16, &'s [u8])> {
        let kind = u16_at(self.stream, self.at).ok()?;
        let len = usize::from(u16_at(self.stream, self.at + 2).ok()?);
        let body = self.stream.get(self.at + 4..self.at + 4 + len)?;
        self.at += 4 + len;
        Some((kind, body))
    }

    /// The bodies of a record and of those that go on with it.
    fn continued(&mut self, first: &'s [u8]) -> Pieces<'s> {
        let mut pieces = vec![first];
        while let Ok(record::CONTINUE) = u16_at(self.stream, self.at) {
            match self.next() {
                Some((_, body)) => pieces.push(body),
                None => break,
            }
        }
        Pieces::new(pieces)
    }
}

impl Xls {
    pub(super) fn open(file: File) -> Result<Xls, TableErrorKind> {
        let mut container = cfb::CompoundFile::open(std::io::BufReader::new(file)).map_err(read_error)?;
        if container.is_stream("/EncryptedPackage") {
            return Err(TableErrorKind::Protected);
        }
        let names: Vec<String> = container.read_root_storage().map(|entry| entry.name().to_owned()).collect();
        let named = |wanted: &str| names.iter().find(|name| name.eq_ignore_ascii_case(wanted));
        let Some(name) = named("Workbook").or_else(|| named("Book")) else {
            return Err(TableErrorKind::Other("a document of another program"));
        };
        let mut stream = Vec::new();
        let part = container.open_stream(format!("/{name}")).map_err(read_error)?;
        part.take(MAX_STREAM_BYTES).read_to_end(&mut stream).map_err(read_error)?;
        Xls::read(stream)
    }

    fn read(stream: Vec<u8>) -> Result<Xls, TableErrorKind> {
        let mut records = Records { stream: &stream, at: 0 };
        let (mut sheets, mut formats, mut strings, mut computed) =
            (vec![], Formats::default(), Strings::default(), false);
        let zero_unsure = match records.next() {
            // As LibreOffice has it, this is Excel 97, whose files nobody has any more.
            Some((record::BEGIN, body)) if u16_at(body, 0)? == 0x600 => {
                u32_at(body, 4).is_ok_and(|by| by == LIBREOFFICE)
            }
            Some(_) => return Err(TableErrorKind::Workbook("a workbook of Excel 95 or before")),
            None => return Err(short()),
        };
        while let Some((kind, body)) = records.next() {
            match kind {
                record::FILE_PASS => return Err(TableErrorKind::Protected),
                record::DATE_MODE => formats.date1904 = u16_at(body, 0)? == 1,
                record::RECALCULATED => computed = true,
                record::SHEET if u8_at(body, 5)? == 0 => {
                    let name = text_of(&mut Pieces::new(vec![&body[6..]]), 1)?;
                    let place = u32_at(body, 0)?.to_string();
                    sheets.push(Sheet { name, hidden: u8_at(body, 4)? & 3 != 0, place });
                }
                record::FORMAT => {
                    let code = body.get(2..).ok_or_else(short)?;
                    formats.code(u16_at(body, 0)?, &text_of(&mut Pieces::new(vec![code]), 2)?);
                }
                record::STYLE => formats.style(u16_at(body, 2)?),
                record::STRINGS => {
                    let mut pieces = records.continued(body);
                    pieces.skip(4)?;
                    for _ in 0..pieces.u32()? {
                        strings.push(&text_of(&mut pieces, 2)?)?;
                    }
                }
                record::EOF => break,
                _ => {}
            }
        }
        formats.compile();
        Ok(Xls { stream, sheets, formats, strings, computed, zero_unsure })
    }

    /// The cells of a sheet, and its hidden rows.
    fn cells(&self, at: usize) -> Result<(Vec<Placed>, Vec<u32>), TableErrorKind> {
        let mut records = Records { stream: &self.stream, at };
        let (mut cells, mut hidden) = (Held::default(), vec![]);
        match records.next() {
            Some((record::BEGIN, _)) => {}
            _ => return Err(TableErrorKind::Damaged("a sheet isn't where it should be".into())),
        }
        // Charts within a sheet are sheets of their own.
        let mut depth = 1;
        // The formula whose text comes in a record of its own.
        let mut awaits = None;
        while let Some((kind, body)) = records.next() {
            match kind {
                record::BEGIN => depth += 1,
                record::EOF if depth == 1 => break,
                record::EOF => depth -= 1,
                _ if depth > 1 => {}
                record::ROW if u16_at(body, 12)? & 0x20 != 0 => hidden.push(u32::from(u16_at(body, 0)?)),
                record::MULTIPLE_RK => {
                    let (row, first) = place(body)?;
                    let count = u32::try_from(body.len().saturating_sub(6) / 6).unwrap_or(0);
                    for n in 0..count {
                        let at = 4 + 6 * n as usize;
                        let shown = self.formats.number(usize::from(u16_at(body, at)?), rk_at(body, at + 2)?);
                        put(&mut cells, row, first + n, shown)?;
                    }
                }
                record::STRING => {
                    if let Some((row, column, style)) = awaits.take() {
                        let text = text_of(&mut records.continued(body), 2)?;
                        put(&mut cells, row, column, self.formats.text(style, &text))?;
                    }
                }
                record::NUMBER
                | record::TEXT
                | record::RICH
                | record::BOOL_OR_ERROR
                | record::RK
                | record::SHARED
                | record::FORMULA => {
                    let (row, column) = place(body)?;
                    let style = usize::from(u16_at(body, 4)?);
                    awaits = None;
                    let shown = match kind {
                        record::NUMBER => self.formats.number(style, f64_at(body, 6)?),
                        record::RK => self.formats.number(style, rk_at(body, 6)?),
                        record::SHARED => {
                            let index = usize::try_from(u32_at(body, 6)?).unwrap_or(usize::MAX);
                            self.formats.text(style, self.strings.get(index)?)
                        }
                        record::BOOL_OR_ERROR if u8_at(body, 7)? == 0 => Shown::bool(u8_at(body, 6)? != 0),
                        record::BOOL_OR_ERROR => Shown::text(error_text(u8_at(body, 6)?)),
                        record::FORMULA if u16_at(body, 12)? == 0xffff => match u8_at(body, 6)? {
                            0 => {
                                awaits = Some((row, column, style));
                                continue;
                            }
                            1 => Shown::bool(u8_at(body, 8)? != 0),
                            2 => Shown::text(error_text(u8_at(body, 8)?)),
                            _ if self.computed => continue,
                            _ => Shown::formula(""),
                        },
                        record::FORMULA if self.zero_unsure && f64_at(body, 6)? == 0.0 => Shown::formula(""),
                        record::FORMULA => self.formats.number(style, f64_at(body, 6)?),
                        _ => self.formats.text(style, &text_of(&mut records.continued(&body[6..]), 2)?),
                    };
                    put(&mut cells, row, column, shown)?;
                }
                _ => {}
            }
        }
        let mut cells = cells.cells;
        cells.sort_by_key(|(row, cell): &Placed| (*row, cell.column));
        hidden.sort_unstable();
        Ok((cells, hidden))
    }
}

fn place(body: &[u8]) -> Result<(u32, u32), TableErrorKind> {
    Ok((u32::from(u16_at(body, 0)?), u32::from(u16_at(body, 2)?)))
}

/// A cell and its row, from 0.
type Placed = (u32, SheetCell);

/// The cells of a sheet that were read.
#[derive(Default)]
struct Held {
    cells: Vec<Placed>,
    bytes: usize,
}

fn put(held: &mut Held, row: u32, column: u32, shown: Shown) -> Result<(), TableErrorKind> {
    if row >= ROWS || column >= COLUMNS || held.cells.len() >= MAX_SORTED_CELLS {
        return Err(beyond());
    }
    // A text that cells share is held for each of them.
    held.bytes = held.bytes.saturating_add(shown.text.len());
    if held.bytes > MAX_SORTED_BYTES {
        return Err(TableErrorKind::Unpacked);
    }
    if !shown.text.is_empty() || shown.kind != Kind::AsShown {
        held.cells.push((row, SheetCell { column, shown }));
    }
    Ok(())
}

impl Book for Xls {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn merged(&mut self, sheet: usize, above: u32) -> Result<Vec<Merged>, TableErrorKind> {
        let place = self.sheets.get(sheet).and_then(|sheet| sheet.place.parse().ok());
        let mut records = Records { stream: &self.stream, at: place.unwrap_or(self.stream.len()) };
        let (mut merged, mut depth) = (vec![], 0);
        while let Some((kind, body)) = records.next() {
            match kind {
                record::BEGIN => depth += 1,
                record::EOF if depth <= 1 => break,
                record::EOF => depth -= 1,
                record::MERGED if depth == 1 => {
                    for place in body.get(2..).unwrap_or_default().chunks_exact(8) {
                        let row = |at| Ok::<_, TableErrorKind>(u32::from(u16_at(place, at)?) + 1);
                        let column = u32::from(u16_at(place, 4)?);
                        Merged { first: row(0)?, last: row(2)?, column }.add_to(&mut merged, above);
                    }
                }
                _ => {}
            }
        }
        Ok(merged)
    }

    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> Result<(), TableErrorKind> {
        let Some(at) = self.sheets.get(sheet).and_then(|sheet| sheet.place.parse().ok()) else {
            return Ok(());
        };
        let (cells, hidden) = self.cells(at)?;
        let mut row = SheetRow::default();
        let mut cells = cells.into_iter().peekable();
        while let Some((number, cell)) = cells.next() {
            if row.cells.is_empty() {
                row.begin(number + 1, hidden.binary_search(&number).is_ok());
            }
            row.push(cell.column, cell.shown);
            if cells.peek().is_none_or(|(next, _)| *next != number) {
                if each(&mut row).is_break() {
                    return Ok(());
                }
                row.cells.clear();
            }
        }
        Ok(())
    }
}
