//! The cells of an XLSX worksheet, row by row.

use quick_xml::events::{BytesStart, Event};

use crate::campaign::tables::error::TableErrorKind;
use crate::campaign::tables::row::Kind;
use crate::domain::text::Cell;

use super::book::{COLUMNS, Each, Merged, ROWS, SheetRow, Shown, beyond};
use super::formats::Formats;
use super::quick_cell::quick_cell;
use super::strings::{Rich, Strings, unescaped};
use super::xml::{Xml, add_text, attribute, says_yes};

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Type {
    Number,
    Shared,
    Text,
    Inline,
    Bool,
    Error,
    Date,
}

impl Type {
    /// By the attribute `t`.
    fn of(name: &str) -> Type {
        match name {
            "s" => Type::Shared,
            "str" => Type::Text,
            "inlineStr" => Type::Inline,
            "b" => Type::Bool,
            "e" => Type::Error,
            "d" => Type::Date,
            _ => Type::Number,
        }
    }
}

/// Hands on the rows that hold anything, until enough.
pub(super) fn rows(
    mut xml: Xml<'_>,
    formats: &Formats,
    strings: &Strings,
    uncomputed: bool,
    each: &mut Each<'_>,
) -> Result<(), TableErrorKind> {
    let mut row = SheetRow::default();
    let (value, formula) = (String::new(), String::new());
    let mut reader = Reader { formats, strings, uncomputed, value, formula, next: 0 };
    let mut within = false;
    loop {
        if within {
            reader.quickly(&mut xml, &mut row)?;
        }
        match xml.next()? {
            Event::Start(element) => match element.local_name().as_ref() {
                "row" => {
                    let number = match attribute(&element, "r")? {
                        Some(number) => number.trim().parse().map_err(|_| beyond())?,
                        None => row.number + 1,
                    };
                    if !(1..=ROWS).contains(&number) {
                        return Err(beyond());
                    }
                    row.begin(number, says_yes(&element, "hidden")?);
                    reader.next = 0;
                    within = true;
                }
                "c" => {
                    let head = reader.head(&element)?;
                    if let Some(shown) = reader.cell(&mut xml, head)? {
                        row.push(head.0, shown);
                    }
                }
                _ => {}
            },
            Event::End(element) => match element.local_name().as_ref() {
                "row" if !row.cells.is_empty() => {
                    if each(&mut row).is_break() {
                        return Ok(());
                    }
                    row.cells.clear();
                }
                "sheetData" => return Ok(()),
                _ => {}
            },
            Event::Eof => return Ok(()),
            _ => {}
        }
    }
}

/// The merged cells, which stand behind all rows.
pub(super) fn merged(mut xml: Xml<'_>, above: u32) -> Result<Vec<Merged>, TableErrorKind> {
    let mut merged = vec![];
    loop {
        match xml.next()? {
            Event::Start(element) if element.local_name().as_ref() == "mergeCell" => {
                let place = attribute(&element, "ref")?.unwrap_or_default();
                let (from, to) = place.split_once(':').unwrap_or_default();
                if let (Some(column), Some(first), Some(last)) = (column_of(from), row_of(from), row_of(to)) {
                    Merged { first, last, column }.add_to(&mut merged, above);
                }
            }
            Event::Eof => return Ok(merged),
            _ => {}
        }
    }
}

struct Reader<'b> {
    formats: &'b Formats,
    strings: &'b Strings,
    uncomputed: bool,
    value: String,
    formula: String,
    /// The column of a cell that doesn't say where it stands.
    next: u32,
}

impl Reader<'_> {
    /// Takes the cells that come next as long as they are written in an ordinary way.
    fn quickly(&mut self, xml: &mut Xml<'_>, row: &mut SheetRow) -> Result<(), TableErrorKind> {
        while let Some(cell) = quick_cell(xml.at_hand()?) {
            let column = match cell.place {
                "" => self.next,
                place => column_of(place).ok_or_else(beyond)?,
            };
            let kind = Type::of(cell.kind);
            self.stands_at(column)?;
            let shown = match cell.value {
                Some(value) => {
                    self.value.clear();
                    self.value.push_str(value);
                    self.shown(cell.style.parse().unwrap_or(0), kind)?
                }
                None => None,
            };
            let len = cell.len;
            xml.pass(len);
            if let Some(shown) = shown.filter(holds) {
                row.push(column, shown);
            }
        }
        Ok(())
    }

    /// A cell stands in this column.
    fn stands_at(&mut self, column: u32) -> Result<(), TableErrorKind> {
        if column >= COLUMNS {
            return Err(beyond());
        }
        self.next = column + 1;
        Ok(())
    }

    /// Column, style and type.
    fn head(&mut self, element: &BytesStart<'_>) -> Result<(u32, usize, Type), TableErrorKind> {
        let (mut column, mut style, mut kind) = (self.next, 0, Type::Number);
        for attribute in element.attributes().with_checks(false) {
            let attribute = attribute.map_err(|error| TableErrorKind::Damaged(error.to_string()))?;
            let value = attribute.value.as_ref();
            match attribute.key.as_ref() {
                "r" => column = column_of(value).ok_or_else(beyond)?,
                "s" => style = value.parse().unwrap_or(0),
                "t" => kind = Type::of(value),
                _ => {}
            }
        }
        self.stands_at(column)?;
        Ok((column, style, kind))
    }

    /// What the cell shows, up to its end; `None` where it holds nothing.
    fn cell(&mut self, xml: &mut Xml<'_>, head: (u32, usize, Type)) -> Result<Option<Shown>, TableErrorKind> {
        #[derive(PartialEq)]
        enum Within {
            Cell,
            Value,
            Formula,
            Inline,
        }
        let (_, style, kind) = head;
        let (mut valued, mut computed, mut inline) = (false, false, false);
        let mut within = Within::Cell;
        let mut rich = Rich::default();
        self.value.clear();
        self.formula.clear();
        loop {
            let event = xml.next()?;
            match &event {
                Event::Start(element) if within == Within::Cell => match element.local_name().as_ref() {
                    "v" => (within, valued) = (Within::Value, true),
                    "f" => (within, computed) = (Within::Formula, true),
                    "is" => (within, inline) = (Within::Inline, true),
                    _ => {}
                },
                Event::End(element) => match element.local_name().as_ref() {
                    "c" => break,
                    "v" | "f" | "is" => within = Within::Cell,
                    _ if within == Within::Inline => rich.add(&event, &mut self.value)?,
                    _ => {}
                },
                Event::Eof => return Err(TableErrorKind::Damaged("it ends within a cell".into())),
                _ => match within {
                    // The text stands in `is`, too.
                    Within::Value if kind == Type::Inline => {}
                    Within::Value => add_text(&event, &mut self.value)?,
                    Within::Formula => add_text(&event, &mut self.formula)?,
                    Within::Inline => rich.add(&event, &mut self.value)?,
                    Within::Cell => {}
                },
            }
        }
        let no_value = self.value.is_empty() && kind != Type::Text;
        if computed && (!valued || no_value || (self.uncomputed && self.value == "0")) {
            return Ok(Some(Shown::formula(&self.formula)));
        }
        if !valued && !inline {
            return Ok(None);
        }
        let shown = self.shown(style, if inline { Type::Inline } else { kind })?;
        Ok(shown.filter(holds))
    }

    fn shown(&self, style: usize, kind: Type) -> Result<Option<Shown>, TableErrorKind> {
        let value = self.value.as_str();
        Ok(Some(match kind {
            Type::Shared => {
                let index = value
                    .trim()
                    .parse()
                    .map_err(|_| TableErrorKind::Damaged(format!("`{value}` is no text's number")))?;
                self.formats.text(style, self.strings.get(index)?)
            }
            Type::Text | Type::Inline => self.formats.text(style, &unescaped(value)),
            Type::Bool => Shown::bool(matches!(value.trim(), "1" | "true")),
            Type::Error => Shown::text(value.trim()),
            Type::Date => match serial(value.trim(), self.formats.date1904) {
                Some(serial) => self.formats.number(style, serial),
                None => Shown::unknown(value),
            },
            Type::Number => {
                let value = value.trim();
                if value.is_empty() {
                    return Ok(None);
                }
                if is_integer(value) && self.formats.is_plain(style) {
                    return Ok(Some(Shown { text: Cell::from(value), kind: Kind::AsShown, regional: false }));
                }
                match value.parse::<f64>() {
                    Ok(number) => self.formats.number(style, number),
                    Err(_) => Shown::unknown(value),
                }
            }
        }))
    }
}

/// Whether a cell holds anything.
fn holds(shown: &Shown) -> bool {
    !shown.text.is_empty() || shown.kind != Kind::AsShown
}

/// Digits that are a number as it stands.
fn is_integer(value: &str) -> bool {
    value.len() <= 15 && !value.starts_with('0') && value.bytes().all(|b| b.is_ascii_digit()) || value == "0"
}

/// `AB12` is 27.
fn column_of(reference: &str) -> Option<u32> {
    let mut column = 0_u32;
    for byte in reference.bytes() {
        match byte {
            b'$' => {}
            b'0'..=b'9' => break,
            b'a'..=b'z' | b'A'..=b'Z' => {
                column = column * 26 + u32::from(byte.to_ascii_uppercase() - b'A') + 1;
                if column > COLUMNS {
                    return None;
                }
            }
            _ => return None,
        }
    }
    column.checked_sub(1)
}

/// `AB12` is 12.
fn row_of(reference: &str) -> Option<u32> {
    reference.trim_start_matches(|c: char| !c.is_ascii_digit()).parse().ok()
}

/// The number of an ISO date's day, as dates are kept.
fn serial(text: &str, date1904: bool) -> Option<f64> {
    let text = text.strip_suffix('Z').unwrap_or(text);
    let first = jiff::civil::date(
        if date1904 { 1904 } else { 1899 },
        if date1904 { 1 } else { 12 },
        if date1904 { 1 } else { 30 },
    );
    let (date, time) = match text.parse::<jiff::civil::DateTime>() {
        Ok(moment) => (moment.date(), moment.time()),
        Err(_) => (first, text.parse::<jiff::civil::Time>().ok()?),
    };
    let days = (date - first).get_days();
    let seconds =
        f64::from(time.hour()) * 3600.0 + f64::from(time.minute()) * 60.0 + f64::from(time.second());
    Some(f64::from(days) + (seconds + f64::from(time.subsec_nanosecond()) / 1e9) / 86_400.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_and_dates_are_read() {
        assert_eq!(column_of("A1"), Some(0));
        assert_eq!(column_of("$AB$12"), Some(27));
        assert_eq!(column_of("XFD1048576"), Some(16_383));
        assert_eq!(column_of("XFE1"), None);
        assert_eq!(column_of("ZZZZZZZZZZZZ1"), None);
        assert_eq!(column_of("12"), None);
        assert_eq!(serial("2026-12-01", false), Some(46_357.0));
        assert_eq!(serial("2026-12-01T12:00:00Z", false), Some(46_357.5));
        assert_eq!(serial("2026-12-01", true), Some(44_895.0));
        assert_eq!(serial("06:00:00", false), Some(0.25));
        assert_eq!(serial("soon", false), None);
        assert!(
            is_integer("0")
                && is_integer("919876543210")
                && !is_integer("007")
                && !is_integer("1234567890123456")
        );
    }
}
