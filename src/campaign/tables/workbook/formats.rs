//! The number formats of a workbook, by the style of a cell.

use std::cell::RefCell;
use std::collections::HashMap;

use quick_xml::events::Event;

use crate::campaign::tables::error::TableErrorKind;

use super::book::Shown;
use super::format::Format;
use super::package::Part;
use super::xml::{Xml, attribute};

/// How many styles and formats a workbook has at most: Excel allows 65,490.
const STYLES: usize = 70_000;

/// The formats that cells name by their style.
#[derive(Debug, Default)]
pub(super) struct Formats {
    pub(super) date1904: bool,
    codes: HashMap<u16, String>,
    /// The number of each style's format.
    styles: Vec<u16>,
    /// The formats, and which of them each style has.
    compiled: Vec<Format>,
    of_style: Vec<usize>,
    /// What numbers showed that came before: dates and rates come again and again.
    before: RefCell<Vec<Option<Before>>>,
}

/// A format's number, the bits of a number, and what it showed.
type Before = (u16, u64, Shown);

/// So many numbers are remembered.
const BEFORE: usize = 4_096;

impl Formats {
    /// A format of the workbook's own.
    pub(super) fn code(&mut self, id: u16, code: &str) {
        if self.codes.len() < STYLES {
            self.codes.insert(id, code.to_owned());
        }
    }

    /// The format of the next style.
    pub(super) fn style(&mut self, id: u16) {
        if self.styles.len() < STYLES {
            self.styles.push(id);
        }
    }

    /// Once all is there.
    pub(super) fn compile(&mut self) {
        let mut places: HashMap<u16, usize> = HashMap::new();
        for id in &self.styles {
            let place = *places.entry(*id).or_insert_with(|| {
                self.compiled.push(match self.codes.get(id) {
                    // The short date of the computer, which some programs write out as Americans have it.
                    Some(_) if *id == 14 || *id == 22 => Format::of_id(*id),
                    Some(code) => Format::of_code(code),
                    None => Format::of_id(*id),
                });
                self.compiled.len() - 1
            });
            self.of_style.push(place);
        }
    }

    fn format(&self, style: usize) -> &Format {
        self.of_style.get(style).and_then(|place| self.compiled.get(*place)).unwrap_or(&Format::General)
    }

    /// Whether numbers of this style are shown by their digits.
    pub(super) fn is_plain(&self, style: usize) -> bool {
        matches!(self.format(style), Format::General | Format::Whole)
    }

    pub(super) fn number(&self, style: usize, value: f64) -> Shown {
        let format = self.format(style);
        if !matches!(format, Format::Code(_) | Format::Regional(_)) {
            return format.number(value, self.date1904);
        }
        let (id, bits) = (self.styles.get(style).copied().unwrap_or(0), value.to_bits());
        let mut before = self.before.borrow_mut();
        if before.is_empty() {
            before.resize(BEFORE, None);
        }
        // The upper bits of a product depend on all bits of the number.
        let mixed = (bits ^ u64::from(id)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52;
        let place = usize::try_from(mixed).unwrap_or(0) % BEFORE;
        match &before[place] {
            Some((known, same, shown)) if (*known, *same) == (id, bits) => shown.clone(),
            _ => {
                let shown = format.number(value, self.date1904);
                before[place] = Some((id, bits, shown.clone()));
                shown
            }
        }
    }

    pub(super) fn text(&self, style: usize, text: &str) -> Shown {
        self.format(style).text(text)
    }

    /// Those of an XLSX file.
    pub(super) fn read(&mut self, part: Part<'_>) -> Result<(), TableErrorKind> {
        let mut xml = Xml::new(part);
        let mut cells = false;
        loop {
            match xml.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    "numFmt" => {
                        let id = attribute(&element, "numFmtId")?.and_then(|id| id.trim().parse().ok());
                        if let (Some(id), Some(code)) = (id, attribute(&element, "formatCode")?) {
                            self.code(id, &code);
                        }
                    }
                    "cellXfs" => cells = true,
                    "xf" if cells => {
                        let id = attribute(&element, "numFmtId")?.and_then(|id| id.trim().parse().ok());
                        self.style(id.unwrap_or(0));
                    }
                    _ => {}
                },
                Event::End(element) if element.local_name().as_ref() == "cellXfs" => cells = false,
                Event::Eof => break,
                _ => {}
            }
        }
        self.compile();
        Ok(())
    }
}
