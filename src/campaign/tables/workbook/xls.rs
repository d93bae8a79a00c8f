//! XLS: BIFF8 records in an OLE container, as Excel 97 to 2003 wrote them and others still do.

use std::fs::File;
use std::io::Read;

use crate::campaign::tables::error::TableErrorKind;

use super::biff::{f64_at, rk_at, short, u8_at, u16_at, u32_at};
use super::book::{Book, Each, Merged, Sheet, SheetRow, Shown, add_merged, add_sheet, beyond, error_text};
use super::formats::Formats;
use super::package::read_error;
use super::strings::Strings;
use super::xls_text::{Pieces, text_of};

/// The largest workbook stream: its sheets have at most 65,536 rows.
const STREAM: u64 = 512 << 20;
/// How many cells a sheet holds: their places are sorted in memory.
const CELLS: usize = 65_536 * 256;

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
    pub(super) const ARRAY: u16 = 0x221;
    pub(super) const TABLE: u16 = 0x236;
    pub(super) const RK: u16 = 0x27e;
    pub(super) const SHARED_FORMULA: u16 = 0x4bc;
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
        part.take(STREAM).read_to_end(&mut stream).map_err(read_error)?;
        Xls::read(stream)
    }

    fn read(stream: Vec<u8>) -> Result<Xls, TableErrorKind> {
        let mut records = Records { stream: &stream, at: 0 };
        let (mut sheets, mut formats, mut strings, mut computed) =
            (vec![], Formats::default(), Strings::default(), false);
        match records.next() {
            Some((record::BEGIN, body)) if u16_at(body, 0)? == 0x600 => {}
            Some(_) => return Err(TableErrorKind::Workbook("a workbook of Excel 95 or before")),
            None => return Err(short()),
        }
        while let Some((kind, body)) = records.next() {
            match kind {
                record::FILE_PASS => return Err(TableErrorKind::Protected),
                record::DATE_MODE => formats.date1904 = u16_at(body, 0)? == 1,
                record::RECALCULATED => computed = true,
                record::SHEET if u8_at(body, 5)? == 0 => {
                    let name = text_of(&mut Pieces::new(vec![body.get(6..).ok_or_else(short)?]), 1)?;
                    let place = u32_at(body, 0)?.to_string();
                    let hidden = u8_at(body, 4)? & 3 != 0;
                    add_sheet(&mut sheets, Sheet { name, hidden, place })?;
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
        Ok(Xls { stream, sheets, formats, strings, computed })
    }

    /// Where the cells of a sheet stand, in the order of the sheet, and its hidden rows.
    fn places(&self, at: usize) -> Result<(Vec<Place>, Vec<u32>), TableErrorKind> {
        let (mut places, mut hidden) = (vec![], vec![]);
        let mut records = self.sheet(at)?;
        while let Some((at, kind, body)) = records.next()? {
            match kind {
                record::ROW if u16_at(body, 12)? & 0x20 != 0 => hidden.push(u32::from(u16_at(body, 0)?)),
                record::MULTIPLE_RK => {
                    let (row, first) = (u16_at(body, 0)?, u16_at(body, 2)?);
                    for n in 0..body.len().saturating_sub(6) / 6 {
                        let column =
                            u16::try_from(n).ok().and_then(|n| first.checked_add(n)).ok_or_else(beyond)?;
                        places.push(Place { row, column, kind, at: at + 4 + 4 + 6 * n });
                    }
                }
                record::NUMBER
                | record::TEXT
                | record::RICH
                | record::BOOL_OR_ERROR
                | record::RK
                | record::SHARED
                | record::FORMULA => {
                    places.push(Place { row: u16_at(body, 0)?, column: u16_at(body, 2)?, kind, at });
                }
                _ => {}
            }
            if places.len() > CELLS {
                return Err(beyond());
            }
        }
        places.sort_by_key(|place| (place.row, place.column));
        hidden.sort_unstable();
        Ok((places, hidden))
    }

    /// The records of a sheet. Charts within it are sheets of their own, and are passed over.
    fn sheet(&self, at: usize) -> Result<SheetRecords<'_>, TableErrorKind> {
        let mut records = Records { stream: &self.stream, at };
        match records.next() {
            Some((record::BEGIN, _)) => Ok(SheetRecords { records, depth: 1 }),
            _ => Err(TableErrorKind::Damaged("a sheet isn't where it should be".into())),
        }
    }

    /// What the cell shows that stands there; `None` where it holds nothing.
    fn shown(&self, place: &Place) -> Result<Option<Shown>, TableErrorKind> {
        if place.kind == record::MULTIPLE_RK {
            let packed = self.stream.get(place.at..place.at + 6).ok_or_else(short)?;
            return Ok(Some(self.formats.number(usize::from(u16_at(packed, 0)?), rk_at(packed, 2)?)));
        }
        let mut records = Records { stream: &self.stream, at: place.at };
        let (_, body) = records.next().ok_or_else(short)?;
        let style = usize::from(u16_at(body, 4)?);
        let error_or_bool = |value: u8, is_error: bool| match is_error {
            true => Shown::text(error_text(value)),
            false => Shown::bool(value != 0),
        };
        Ok(Some(match place.kind {
            record::NUMBER => self.formats.number(style, f64_at(body, 6)?),
            record::RK => self.formats.number(style, rk_at(body, 6)?),
            record::SHARED => {
                let index = usize::try_from(u32_at(body, 6)?).unwrap_or(usize::MAX);
                self.formats.text(style, self.strings.get(index)?)
            }
            record::BOOL_OR_ERROR => error_or_bool(u8_at(body, 6)?, u8_at(body, 7)? != 0),
            record::FORMULA if u16_at(body, 12)? == 0xffff => match u8_at(body, 6)? {
                0 => {
                    return Ok(self.string_behind(&mut records)?.map(|text| self.formats.text(style, &text)));
                }
                kind @ (1 | 2) => error_or_bool(u8_at(body, 8)?, kind == 2),
                _ if self.computed => return Ok(None),
                _ => Shown::formula(""),
            },
            record::FORMULA => {
                let value = f64_at(body, 6)?;
                // Programs that compute nothing write a zero; Excel says that it has computed.
                if value == 0.0 && !self.computed {
                    Shown::formula("")
                } else {
                    self.formats.number(style, value)
                }
            }
            _ => {
                let text = body.get(6..).ok_or_else(short)?;
                self.formats.text(style, &text_of(&mut records.continued(text), 2)?)
            }
        }))
    }

    /// The text that a formula gave, which stands in a record behind it.
    fn string_behind(&self, records: &mut Records<'_>) -> Result<Option<String>, TableErrorKind> {
        while let Some((kind, body)) = records.next() {
            match kind {
                record::STRING => return text_of(&mut records.continued(body), 2).map(Some),
                // What a formula shares with others may stand between.
                record::ARRAY | record::SHARED_FORMULA | record::TABLE | record::CONTINUE => {}
                _ => break,
            }
        }
        Ok(None)
    }
}

/// Where a cell stands.
#[derive(Clone, Copy, Debug)]
struct Place {
    row: u16,
    column: u16,
    kind: u16,
    /// In the stream: its record, or of several packed numbers this one.
    at: usize,
}

/// The records of a sheet, and where each stands.
struct SheetRecords<'s> {
    records: Records<'s>,
    depth: usize,
}

impl<'s> SheetRecords<'s> {
    fn next(&mut self) -> Result<Option<(usize, u16, &'s [u8])>, TableErrorKind> {
        loop {
            let at = self.records.at;
            let Some((kind, body)) = self.records.next() else {
                return Err(short());
            };
            match kind {
                record::BEGIN => self.depth += 1,
                record::EOF if self.depth == 1 => return Ok(None),
                record::EOF => self.depth -= 1,
                _ if self.depth == 1 => return Ok(Some((at, kind, body))),
                _ => {}
            }
        }
    }
}

impl Book for Xls {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> Result<(), TableErrorKind> {
        let Some(at) = self.sheets.get(sheet).and_then(|sheet| sheet.place.parse().ok()) else {
            return Ok(());
        };
        let (places, hidden) = self.places(at)?;
        let mut row = SheetRow::default();
        for of_row in places.chunk_by(|a, b| a.row == b.row) {
            let Some(first) = of_row.first() else { continue };
            let number = u32::from(first.row);
            row.begin(number + 1, hidden.binary_search(&number).is_ok());
            for place in of_row {
                if let Some(shown) = self.shown(place)? {
                    row.put(u32::from(place.column), shown)?;
                }
            }
            if !row.holds_nothing() && each(&mut row).is_break() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn merged(&mut self, sheet: usize, above: u32) -> Result<Vec<Merged>, TableErrorKind> {
        let Some(at) = self.sheets.get(sheet).and_then(|sheet| sheet.place.parse().ok()) else {
            return Ok(vec![]);
        };
        let mut merged = vec![];
        let mut records = self.sheet(at)?;
        while let Some((_, kind, body)) = records.next()? {
            if kind == record::MERGED {
                for place in body.get(2..).unwrap_or_default().chunks_exact(8) {
                    let row = |at| Ok::<_, TableErrorKind>(u32::from(u16_at(place, at)?) + 1);
                    let new = Merged { first: row(0)?, last: row(2)?, column: u32::from(u16_at(place, 4)?) };
                    add_merged(&mut merged, above, new);
                }
            }
        }
        Ok(merged)
    }
}
