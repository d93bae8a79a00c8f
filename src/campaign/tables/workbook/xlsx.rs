//! XLSX and XLSM: the workbook, its worksheets and what they share.

use quick_xml::events::Event;

use crate::campaign::tables::error::TableErrorKind;

use super::book::{Book, Each, Merged, Sheet};
use super::formats::Formats;
use super::package::Package;
use super::parts::Relations;
use super::strings::Strings;
use super::xlsx_cells;
use super::xml::{Xml, attribute, says_yes};

pub(super) struct Xlsx {
    package: Package,
    sheets: Vec<Sheet>,
    formats: Formats,
    strings: Strings,
    /// Formulas are computed when a spreadsheet program opens it: a zero is no value yet.
    uncomputed: bool,
}

impl Xlsx {
    /// `workbook`: its main part.
    pub(super) fn open(mut package: Package, workbook: &str) -> Result<Xlsx, TableErrorKind> {
        let relations = Relations::of(&mut package, workbook)?;
        let mut formats = Formats::default();
        let (mut sheets, mut uncomputed) = (vec![], false);
        let mut xml = Xml::new(package.needed(workbook)?);
        loop {
            match xml.next()? {
                Event::Start(element) => match element.local_name().as_ref() {
                    "calcPr" => uncomputed = says_yes(&element, "fullCalcOnLoad")?,
                    "workbookPr" => formats.date1904 = says_yes(&element, "date1904")?,
                    "sheet" => {
                        // `r:id`, beside `sheetId`.
                        let id = attribute(&element, "id")?.unwrap_or_default();
                        let state = attribute(&element, "state")?;
                        if let Some(place) = relations.worksheet(&id) {
                            sheets.push(Sheet {
                                name: attribute(&element, "name")?.unwrap_or_default().into_owned(),
                                hidden: state.is_some_and(|state| state != "visible"),
                                place: place.to_owned(),
                            });
                        }
                    }
                    _ => {}
                },
                Event::Eof => break,
                _ => {}
            }
        }
        drop(xml);
        if let Some(part) = package.part(relations.of_kind("styles").unwrap_or("xl/styles.xml"))? {
            formats.read(part)?;
        }
        let strings =
            match package.part(relations.of_kind("sharedStrings").unwrap_or("xl/sharedStrings.xml"))? {
                Some(part) => Strings::read(part)?,
                None => Strings::default(),
            };
        Ok(Xlsx { package, sheets, formats, strings, uncomputed })
    }
}

impl Book for Xlsx {
    fn sheets(&self) -> &[Sheet] {
        &self.sheets
    }

    fn looked_at(&mut self) {
        self.package.count_anew();
    }

    fn rows(&mut self, sheet: usize, each: &mut Each<'_>) -> Result<(), TableErrorKind> {
        let Some(sheet) = self.sheets.get(sheet) else { return Ok(()) };
        let xml = Xml::new(self.package.needed(&sheet.place)?);
        xlsx_cells::rows(xml, &self.formats, &self.strings, self.uncomputed, each)
    }

    fn merged(&mut self, sheet: usize, above: u32) -> Result<Vec<Merged>, TableErrorKind> {
        let Some(sheet) = self.sheets.get(sheet) else { return Ok(vec![]) };
        xlsx_cells::merged(Xml::new(self.package.needed(&sheet.place)?), above)
    }
}
