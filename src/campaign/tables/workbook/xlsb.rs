//! XLSB: the parts of XLSX as binary records.

use std::io::Read;

use crate::campaign::tables::error::TableErrorKind;

use super::biff::{f64_at, rk_at, short, u8_at, u16_at, u32_at, utf16_at};
use super::book::{Book, COLUMNS, Each, Merged, ROWS, Sheet, SheetRow, Shown, beyond, error_text};
use super::formats::Formats;
use super::package::{Package, Part, read_error};
use super::parts::Relations;
use super::strings::Strings;

/// No record of cells, texts or formats is longer; longer ones are passed over.
const RECORD: usize = 1 << 20;

/// The records that are read, by their numbers in [MS-XLSB].
mod record {
    pub(super) const ROW: u16 = 0;
    pub(super) const RK: u16 = 2;
    pub(super) const ERROR: u16 = 3;
    pub(super) const BOOL: u16 = 4;
    pub(super) const REAL: u16 = 5;
    pub(super) const TEXT: u16 = 6;
    pub(super) const SHARED: u16 = 7;
    pub(super) const FORMULA_TEXT: u16 = 8;
    pub(super) const FORMULA_NUMBER: u16 = 9;
    pub(super) const FORMULA_BOOL: u16 = 10;
    pub(super) const FORMULA_ERROR: u16 = 11;
    pub(super) const STRING: u16 = 19;
    pub(super) const FORMAT: u16 = 44;
    pub(super) const STYLE: u16 = 47;
    pub(super) const RICH: u16 = 62;
    pub(super) const SHEET_DATA_END: u16 = 146;
    pub(super) const WORKBOOK: u16 = 153;
    pub(super) const MERGED: u16 = 176;
    pub(super) const SHEET: u16 = 156;
    pub(super) const STYLES: u16 = 617;
    pub(super) const STYLES_END: u16 = 618;
}

/// The records of a part.
struct Records<'a> {
    part: Part<'a>,
    body: Vec<u8>,
}

impl<'a> Records<'a> {
    fn new(part: Part<'a>) -> Records<'a> {
        Records { part, body: Vec::new() }
    }

    fn byte(&mut self) -> Result<Option<u8>, TableErrorKind> {
        let mut byte = [0];
        match self.part.read(&mut byte).map_err(read_error)? {
            0 => Ok(None),
            _ => Ok(Some(byte[0])),
        }
    }

    /// The type of the next record, whose body then stands in `body`.
    fn next(&mut self) -> Result<Option<u16>, TableErrorKind> {
        self.part.begin();
        let Some(low) = self.byte()? else { return Ok(None) };
        let mut kind = u16::from(low & 0x7f);
        if low & 0x80 != 0 {
            kind |= u16::from(self.byte()?.ok_or_else(short)? & 0x7f) << 7;
        }
        let mut len = 0;
        for step in 0..4 {
            let byte = self.byte()?.ok_or_else(short)?;
            len |= usize::from(byte & 0x7f) << (7 * step);
            if byte & 0x80 == 0 {
                break;
            }
        }
        self.body.clear();
        let kept =
            (&mut self.part).take(len.min(RECORD) as u64).read_to_end(&mut self.body).map_err(read_error)?;
        if kept < len.min(RECORD) {
            return Err(short());
        }
        let mut left = len - kept;
        while left > 0 {
            self.part.begin();
            let piece = left.min(RECORD) as u64;
            let passed =
                std::io::copy(&mut (&mut self.part).take(piece), &mut std::io::sink()).map_err(read_error)?;
            if passed < piece {
                return Err(short());
            }
            left -= usize::try_from(passed).unwrap_or(left);
        }
        Ok(Some(kind))
    }

    /// A text with its length before it, and where it ends.
    fn text(&self, at: usize) -> Result<(String, usize), TableErrorKind> {
        let chars = match u32_at(&self.body, at)? {
            // No text at all.
            u32::MAX => 0,
            chars => usize::try_from(chars).map_err(|_| short())?,
        };
        Ok((utf16_at(&self.body, at + 4, chars)?, at + 4 + 2 * chars))
    }
}

pub(super) struct Xlsb {
    package: Package,
    sheets: Vec<Sheet>,
    formats: Formats,
    strings: Strings,
}

impl Xlsb {
    /// `workbook`: its main part.
    pub(super) fn open(mut package: Package, workbook: &str) -> Result<Xlsb, TableErrorKind> {
        let relations = Relations::of(&mut package, workbook)?;
        let mut formats = Formats::default();
        let mut sheets = vec![];
        let mut records = Records::new(package.needed(workbook)?);
        while let Some(kind) = records.next()? {
            match kind {
                record::WORKBOOK => formats.date1904 = u8_at(&records.body, 0)? & 1 != 0,
                record::SHEET => {
                    let hidden = u32_at(&records.body, 0)? != 0;
                    let (id, end) = records.text(8)?;
                    let (name, _) = records.text(end)?;
                    if let Some(place) = relations.worksheet(&id) {
                        sheets.push(Sheet { name, hidden, place: place.to_owned() });
                    }
                }
                _ => {}
            }
        }
        drop(records);
        if let Some(part) = package.part(relations.of_kind("styles").unwrap_or("xl/styles.bin"))? {
            let mut records = Records::new(part);
            let mut cells = false;
            while let Some(kind) = records.next()? {
                match kind {
                    record::FORMAT => formats.code(u16_at(&records.body, 0)?, &records.text(2)?.0),
                    record::STYLES => cells = true,
                    record::STYLES_END => cells = false,
                    record::STYLE if cells => formats.style(u16_at(&records.body, 2)?),
                    _ => {}
                }
            }
        }
        formats.compile();
        let mut strings = Strings::default();
        if let Some(part) =
            package.part(relations.of_kind("sharedStrings").unwrap_or("xl/sharedStrings.bin"))?
        {
            let mut records = Records::new(part);
            while let Some(kind) = records.next()? {
                if kind == record::STRING {
                    strings.push(&records.text(1)?.0)?;
                }
            }
        }
        Ok(Xlsb { package, sheets, formats, strings })
    }
}

impl Book for Xlsb {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn merged(&mut self, sheet: usize, above: u32) -> Result<Vec<Merged>, TableErrorKind> {
        let Some(sheet) = self.sheets.get(sheet) else { return Ok(vec![]) };
        let mut records = Records::new(self.package.needed(&sheet.place)?);
        let mut merged = vec![];
        while let Some(kind) = records.next()? {
            if kind == record::MERGED {
                let row = |at| Ok::<_, TableErrorKind>(u32_at(&records.body, at)?.saturating_add(1));
                let cell = Merged { first: row(0)?, last: row(4)?, column: u32_at(&records.body, 8)? };
                cell.add_to(&mut merged, above);
            }
        }
        Ok(merged)
    }

    fn looked_at(&mut self) {
        self.package.count_anew();
    }

    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> Result<(), TableErrorKind> {
        let Some(sheet) = self.sheets.get(sheet) else { return Ok(()) };
        let mut records = Records::new(self.package.needed(&sheet.place)?);
        let mut row = SheetRow::default();
        while let Some(kind) = records.next()? {
            match kind {
                record::ROW | record::SHEET_DATA_END => {
                    if !row.cells.is_empty() && each(&mut row).is_break() {
                        return Ok(());
                    }
                    if kind == record::SHEET_DATA_END {
                        return Ok(());
                    }
                    let number = u32_at(&records.body, 0)?;
                    if number >= ROWS {
                        return Err(beyond());
                    }
                    row.begin(number + 1, u8_at(&records.body, 11)? & 0x10 != 0);
                }
                record::RK..=record::FORMULA_ERROR | record::RICH => {
                    let column = u32_at(&records.body, 0)?;
                    if column >= COLUMNS {
                        return Err(beyond());
                    }
                    let shown = shown(&records, kind, &self.formats, &self.strings)?;
                    if !shown.text.is_empty() || shown.kind != crate::campaign::tables::row::Kind::AsShown {
                        row.push(column, shown);
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

fn shown(
    records: &Records<'_>,
    kind: u16,
    formats: &Formats,
    strings: &Strings,
) -> Result<Shown, TableErrorKind> {
    let body = &records.body;
    // 24 bits, and eight flags behind them.
    let style = usize::try_from(u32_at(body, 4)? & 0x00ff_ffff).unwrap_or(usize::MAX);
    Ok(match kind {
        record::RK => formats.number(style, rk_at(body, 8)?),
        record::REAL | record::FORMULA_NUMBER => formats.number(style, f64_at(body, 8)?),
        record::BOOL | record::FORMULA_BOOL => Shown::bool(u8_at(body, 8)? != 0),
        record::TEXT | record::FORMULA_TEXT => formats.text(style, &records.text(8)?.0),
        record::RICH => formats.text(style, &records.text(9)?.0),
        record::SHARED => {
            let index = usize::try_from(u32_at(body, 8)?).unwrap_or(usize::MAX);
            formats.text(style, strings.get(index)?)
        }
        record::ERROR | record::FORMULA_ERROR => Shown::text(error_text(u8_at(body, 8)?)),
        _ => Shown::unknown(""),
    })
}
