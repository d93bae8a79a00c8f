//! Which worksheet is read: the one that is named, else the first that holds a table with phone numbers.
//!
//! A worksheet that is hidden is taken only by its name.

use std::ops::ControlFlow;

use crate::campaign::tables::error::TableErrorKind;
use crate::campaign::tables::reading::{TableOptions, TableWarning};
use crate::campaign::text::probable;

use super::book::{Book, Sheet, SheetRow};
use super::layout::{Layout, is_audience, spread_names};

/// So many rows of a worksheet are looked at, and so many cells.
const MAX_SAMPLE_ROWS: usize = 500;
const MAX_SAMPLE_CELLS: usize = 200_000;
/// So many worksheets are looked at for phone numbers.
const MAX_SHEETS: usize = 100;

/// The worksheet that is read.
pub(super) struct Found {
    pub(super) sheet: usize,
    pub(super) name: String,
    pub(super) layout: Layout,
    pub(super) warnings: Vec<TableWarning>,
}

pub(super) fn choose(book: &mut dyn Book, options: &TableOptions) -> Result<Found, TableErrorKind> {
    let sheets = book.sheets().to_vec();
    if let Some(name) = &options.sheet {
        let sheet = named(&sheets, name)?;
        let rows = sample(book, sheet, options)?;
        let name = sheets[sheet].name.clone();
        if rows.is_empty() {
            return Err(TableErrorKind::EmptySheet(name));
        }
        let (layout, warnings) = Layout::of(&name, &rows, options)?;
        return Ok(Found { sheet, name, layout, warnings });
    }
    let (mut chosen, mut usable, mut wrong) = (None, None, None);
    let (mut others, mut filled, mut headless) = (vec![], 0, None);
    for (index, sheet) in sheets.iter().enumerate().filter(|(_, sheet)| !sheet.hidden).take(MAX_SHEETS) {
        let rows = sample(book, index, options)?;
        if rows.is_empty() {
            continue;
        }
        filled += 1;
        let name = sheet.name.clone();
        match Layout::of(&name, &rows, options) {
            Ok((layout, _)) if layout.has_phones && chosen.is_some() => others.push(name),
            Ok((layout, warnings)) => {
                let place = if layout.has_phones { &mut chosen } else { &mut usable };
                place.get_or_insert(Found { sheet: index, name, layout, warnings });
            }
            // Phone numbers without names of columns: whether these are meant isn't known.
            Err(error @ TableErrorKind::NoSheetHeader { .. }) if chosen.is_none() && is_audience(&rows) => {
                return Err(error);
            }
            Err(error @ TableErrorKind::NoSheetHeader { .. }) => {
                others.push(name);
                headless.get_or_insert(error);
            }
            Err(error) => drop(wrong.get_or_insert(error)),
        }
    }
    book.looked_at();
    let found = match headless {
        Some(error) if chosen.is_none() => return Err(error),
        _ => chosen.or(usable),
    };
    let Some(mut found) = found else {
        let sheets: Vec<String> =
            sheets.into_iter().filter(|sheet| sheet.hidden).map(|sheet| sheet.name).collect();
        let empty =
            if sheets.is_empty() { TableErrorKind::Empty } else { TableErrorKind::OnlyHidden { sheets } };
        return Err(wrong.unwrap_or(empty));
    };
    if filled > 1 {
        let warning = TableWarning::Sheet { sheet: found.name.clone(), others };
        found.warnings.insert(0, warning);
    }
    Ok(found)
}

/// The worksheet of that name; where none has it, the one that has it in other letters.
fn named(sheets: &[Sheet], name: &str) -> Result<usize, TableErrorKind> {
    let plain = |name: &str| name.trim().to_lowercase();
    let exact = sheets.iter().position(|sheet| sheet.name == name);
    exact.or_else(|| sheets.iter().position(|sheet| plain(&sheet.name) == plain(name))).ok_or_else(|| {
        let sheets: Vec<String> = sheets.iter().map(|sheet| sheet.name.clone()).collect();
        let near = probable(name, sheets.iter().map(String::as_str)).map(Box::from);
        TableErrorKind::NoSuchSheet { given: name.into(), sheets: sheets.into(), near }
    })
}

/// The first rows of a worksheet that hold anything.
fn sample(
    book: &mut dyn Book,
    sheet: usize,
    options: &TableOptions,
) -> Result<Vec<SheetRow>, TableErrorKind> {
    let (mut rows, mut cells) = (vec![], 0);
    book.rows(sheet, &mut |row| {
        // What stands above a header that was named tells nothing.
        if options.header_row.is_some_and(|header_row| row.number < header_row) {
            return ControlFlow::Continue(());
        }
        if row.cells.iter().any(|cell| !cell.shown.text.trim().is_empty()) {
            cells += row.cells.len();
            rows.push(row.clone());
        }
        if rows.len() < MAX_SAMPLE_ROWS && cells < MAX_SAMPLE_CELLS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    if options.header_row.is_none() {
        spread_names(&mut rows, |above| book.merged(sheet, above))?;
    }
    Ok(rows)
}
