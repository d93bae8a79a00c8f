//! ODS: OpenDocument spreadsheets. Each cell carries the text that it shows.

use std::collections::HashSet;
use std::ops::ControlFlow;

use quick_xml::events::{BytesStart, Event};

use crate::campaign::tables::error::TableErrorKind;
use crate::campaign::tables::row::Kind;

use super::book::{Book, COLUMNS, Each, Merged, ROWS, Sheet, SheetRow, Shown};
use super::general::{general, kind, significant};
use super::ods_text::Text;
use super::package::{Package, UNPACKED};
use super::xml::{Xml, attribute};

const CONTENT: &str = "content.xml";

pub(super) struct Ods {
    package: Package,
    sheets: Vec<Sheet>,
}

impl Ods {
    pub(super) fn open(mut package: Package) -> Result<Ods, TableErrorKind> {
        if let Some(part) = package.part("META-INF/manifest.xml")? {
            let mut xml = Xml::new(part);
            loop {
                match xml.next() {
                    Ok(Event::Start(element)) if element.local_name().as_ref() == "encryption-data" => {
                        return Err(TableErrorKind::Protected);
                    }
                    // A manifest may name a DTD; what it says isn't needed.
                    Ok(Event::Eof) | Err(_) => break,
                    Ok(_) => {}
                }
            }
        }
        let sheets = sheets(Xml::new(package.needed(CONTENT)?))?;
        Ok(Ods { package, sheets })
    }
}

fn sheets(mut xml: Xml<'_>) -> Result<Vec<Sheet>, TableErrorKind> {
    let (mut sheets, mut hidden, mut style, mut depth) = (vec![], HashSet::new(), String::new(), 0);
    loop {
        match xml.next()? {
            Event::Start(element) => match element.local_name().as_ref() {
                "style" => style = attribute(&element, "name")?.unwrap_or_default().into_owned(),
                "table-properties" if attribute(&element, "display")?.as_deref() == Some("false") => {
                    hidden.insert(style.clone());
                }
                "table" => {
                    if depth == 0 && !is_cache(&element)? {
                        let style = attribute(&element, "style-name")?.unwrap_or_default();
                        sheets.push(Sheet {
                            name: attribute(&element, "name")?.unwrap_or_default().into_owned(),
                            hidden: hidden.contains(&*style),
                            place: sheets.len().to_string(),
                        });
                    }
                    depth += 1;
                }
                _ => {}
            },
            Event::End(element) if element.local_name().as_ref() == "table" => depth -= 1,
            Event::Eof => return Ok(sheets),
            _ => {}
        }
    }
}

/// What another file's cells were, the last time they were read.
fn is_cache(element: &BytesStart<'_>) -> Result<bool, TableErrorKind> {
    Ok(attribute(element, "style-name")?.as_deref() == Some("ta_extref"))
}

/// How often a row or a cell stands there.
fn repeated(element: &BytesStart<'_>, name: &str) -> Result<u32, TableErrorKind> {
    Ok(attribute(element, name)?.and_then(|times| times.trim().parse().ok()).unwrap_or(1).max(1))
}

impl Book for Ods {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn looked_at(&mut self) {
        self.package.count_anew();
    }

    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> Result<(), TableErrorKind> {
        self.walk(sheet, each, &mut |_| {})
    }

    fn merged(&mut self, sheet: usize, above: u32) -> Result<Vec<Merged>, TableErrorKind> {
        let mut merged = vec![];
        let mut each = |row: &mut SheetRow| match row.number < above {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        };
        self.walk(sheet, &mut each, &mut |cell| cell.add_to(&mut merged, above))?;
        Ok(merged)
    }
}

impl Ods {
    /// Hands on the rows of a worksheet that hold anything, and its cells that have several rows.
    fn walk(
        &mut self,
        sheet: usize,
        each: &mut Each<'_>,
        merged: &mut dyn FnMut(Merged),
    ) -> Result<(), TableErrorKind> {
        let mut xml = Xml::new(self.package.needed(CONTENT)?);
        let (mut tables, mut depth, mut wanted) = (0, 0, false);
        let (mut row, mut next_row, mut column) = (SheetRow::default(), 1_u32, 0_u32);
        let mut times = 1;
        // A row that says that it stands there a million times makes a million rows.
        let mut copied = 0_u64;
        loop {
            match xml.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    "table" => {
                        if depth == 0 && !is_cache(&element)? {
                            wanted = tables == sheet;
                            tables += 1;
                        }
                        depth += 1;
                    }
                    "table-row" if wanted => {
                        times = repeated(&element, "number-rows-repeated")?;
                        let visibility = attribute(&element, "visibility")?;
                        row.begin(next_row, visibility.is_some_and(|visibility| visibility != "visible"));
                        column = 0;
                    }
                    name @ ("table-cell" | "covered-table-cell") if wanted => {
                        let covered = name == "covered-table-cell";
                        let times = repeated(&element, "number-columns-repeated")?;
                        let rows = repeated(&element, "number-rows-spanned")?;
                        if rows > 1 {
                            merged(Merged {
                                first: next_row,
                                last: next_row.saturating_add(rows - 1),
                                column,
                            });
                        }
                        let head = Head::of(&element)?;
                        let text = Text::read(&mut xml)?;
                        let shown = head.shown(text);
                        // What lies under a merged cell isn't seen.
                        if let Some(shown) = shown.filter(|_| !covered) {
                            for column in column..column.saturating_add(times).min(COLUMNS) {
                                row.push(column, shown.clone());
                            }
                        }
                        column = column.saturating_add(times);
                    }
                    _ => {}
                },
                Event::End(element) => match element.local_name().as_ref() {
                    "table-row" if wanted => {
                        if !row.cells.is_empty() {
                            let cells = row.cells.clone();
                            let bytes =
                                cells.iter().map(|cell| cell.shown.text.len() as u64 + 1).sum::<u64>();
                            copied = copied.saturating_add(bytes.saturating_mul(u64::from(times)));
                            if times > 1 && copied > UNPACKED {
                                return Err(TableErrorKind::Unpacked);
                            }
                            for number in next_row..next_row.saturating_add(times) {
                                if number > ROWS {
                                    break;
                                }
                                row.number = number;
                                row.cells.clone_from(&cells);
                                if each(&mut row).is_break() {
                                    return Ok(());
                                }
                            }
                            row.cells.clear();
                        }
                        next_row = next_row.saturating_add(times);
                    }
                    "table" => {
                        depth -= 1;
                        if depth == 0 && wanted {
                            return Ok(());
                        }
                    }
                    _ => {}
                },
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }
}

/// What a cell says of itself.
#[derive(Debug, Default)]
struct Head {
    kind: String,
    value: Option<f64>,
    yes: bool,
    text: Option<String>,
    formula: Option<String>,
    error: bool,
    /// It has a style, so perhaps a format that hides zeros.
    styled: bool,
}

impl Head {
    fn of(element: &BytesStart<'_>) -> Result<Head, TableErrorKind> {
        let mut head = Head::default();
        for found in element.attributes().with_checks(false) {
            let found = found.map_err(|error| TableErrorKind::Damaged(error.to_string()))?;
            let value =
                || found.normalized_value(quick_xml::XmlVersion::Implicit1_0).map_err(super::xml::broken);
            match (
                found.key.prefix().map_or("", |prefix| prefix.into_inner()),
                found.key.local_name().as_ref(),
            ) {
                ("calcext", "value-type") => head.error = value()? == "error",
                (_, "value-type") => head.kind = value()?.into_owned(),
                (_, "value") => head.value = value()?.trim().parse().ok(),
                (_, "boolean-value") => head.yes = value()? == "true",
                (_, "string-value" | "date-value" | "time-value") => head.text = Some(value()?.into_owned()),
                (_, "style-name") => head.styled = true,
                (_, "formula") => head.formula = Some(value()?.into_owned()),
                _ => {}
            }
        }
        Ok(head)
    }

    /// What the cell shows beside what it says; `None` where it holds nothing.
    fn shown(self, text: Option<String>) -> Option<Shown> {
        // pandas writes a zero with an empty text.
        let text = text.filter(|text| self.styled || self.value.is_none() || !text.is_empty());
        // A formula that nobody has computed; truth values have no text beside theirs.
        if let (None, None, None, Some(formula)) = (&text, self.value, &self.text, &self.formula)
            && !self.error
            && self.kind != "boolean"
        {
            return Some(Shown::formula(formula));
        }
        let shown = match (self.kind.as_str(), text) {
            ("float" | "percentage" | "currency", Some(text)) => match self.value {
                // LibreOffice keeps truth values as numbers where they came from an XLSX file.
                Some(1.0) if text == "TRUE" => Shown::bool(true),
                Some(0.0) if text == "FALSE" => Shown::bool(false),
                Some(value) => {
                    let value = significant(value);
                    Shown { kind: kind(text.trim(), value), text: text.trim().into(), regional: false }
                }
                None => Shown::text(text),
            },
            ("float", None) => general(self.value?),
            ("percentage" | "currency", None) => Shown::unknown(general(self.value?).text),
            ("boolean", text) => {
                let shown = Shown::bool(self.yes);
                Shown { text: text.map_or(shown.text, Into::into), ..shown }
            }
            ("date" | "time", None) => Shown::unknown(self.text?),
            (_, Some(text)) => Shown::text(text),
            ("string", None) => Shown::text(self.text.unwrap_or_default()),
            (_, None) => return None,
        };
        (!shown.text.is_empty() || shown.kind != Kind::AsShown).then_some(shown)
    }
}
