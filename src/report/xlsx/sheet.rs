//! Sheets of rows: one, and further ones where it is full.

use std::io;

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, IgnoreError, Workbook, Worksheet};

use super::text::{failed, fit, serial};
use crate::report::columns::COLUMNS;
use crate::report::row::Value;

/// Rows of a worksheet, as Excel has them.
pub const MAX_SHEET_ROWS: u32 = 1_048_576;
/// Columns of a worksheet.
const MAX_COLUMNS: usize = 16_384;

/// How the cells of a column look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Look {
    Number,
    Text,
    Time,
}

/// A column of a sheet.
#[derive(Debug)]
pub(super) struct Column {
    name: String,
    /// In characters.
    width: f64,
    look: Look,
}

impl Column {
    /// One of the report's own, by its name; others under the same rules.
    pub(super) fn own(name: &str) -> Column {
        let (width, look) = match name {
            "row" | "attempts" => (12.0, Look::Number),
            "error_code" => (14.0, Look::Number),
            "to" => (21.0, Look::Text),
            "message" | "reason" | "what to do" | "reply" => (46.0, Look::Text),
            "message_id" => (26.0, Look::Text),
            "from" => (19.0, Look::Text),
            name if name.ends_with("_at") => (21.0, Look::Time),
            _ => (14.0, Look::Text),
        };
        Column { name: name.to_owned(), width, look }
    }

    /// One of the audience's.
    pub(super) fn audience(name: &str) -> Column {
        let longest = u32::try_from(name.chars().count()).unwrap_or(u32::MAX);
        Column { name: name.to_owned(), width: f64::from(longest.clamp(14, 36)) + 3.0, look: Look::Text }
    }
}

/// The looks of columns and headers.
#[derive(Debug)]
pub(super) struct Looks {
    header: Format,
    count: Format,
    number: Format,
    text: Format,
    time: Format,
}

impl Default for Looks {
    fn default() -> Looks {
        let header = Format::new()
            .set_bold()
            .set_num_format("@")
            .set_background_color(Color::RGB(0xE6_EF_EA))
            .set_border_bottom(FormatBorder::Thin)
            .set_border_bottom_color(Color::RGB(0x0B_6B_43))
            .set_align(FormatAlign::VerticalCenter);
        let plain = || Format::new().set_align(FormatAlign::Top);
        Looks {
            count: header.clone().set_align(FormatAlign::Right),
            header: header.set_align(FormatAlign::Left).set_indent(1),
            number: plain().set_num_format("0"),
            text: plain().set_num_format("@").set_align(FormatAlign::Left).set_indent(1),
            time: plain().set_num_format("yyyy-mm-dd hh:mm:ss").set_align(FormatAlign::Left).set_indent(1),
        }
    }
}

/// Rows under one header.
pub(super) struct Sheets {
    title: &'static str,
    columns: Vec<Column>,
    /// Rows of a sheet, with its header.
    limit: u32,
    full: Vec<Worksheet>,
    open: Worksheet,
    /// Rows of the open one, with its header.
    rows: u32,
    /// Bytes of all texts, about.
    bytes: u64,
}

impl Sheets {
    /// With these columns, and no rows.
    pub(super) fn new(
        title: &'static str,
        columns: Vec<Column>,
        limit: u32,
        book: &mut Workbook,
        looks: &Looks,
    ) -> io::Result<Sheets> {
        if columns.len() > MAX_COLUMNS {
            let what =
                format!("a worksheet has {MAX_COLUMNS} columns at most, and these are {}", columns.len());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        let limit = limit.clamp(2, MAX_SHEET_ROWS);
        let open = start(title, 1, &columns, book, looks)?;
        Ok(Sheets { title, columns, limit, full: Vec::new(), open, rows: 1, bytes: 0 })
    }

    /// Writes the next row: the cells that aren't empty, in the order of their columns.
    pub(super) fn push<'v>(
        &mut self,
        cells: impl Iterator<Item = (u16, &'v Value)>,
        book: &mut Workbook,
        looks: &Looks,
    ) -> io::Result<()> {
        if self.rows == self.limit {
            let next = start(self.title, self.full.len() + 2, &self.columns, book, looks)?;
            let full = std::mem::replace(&mut self.open, next);
            self.full.push(self.ended(full, self.rows)?);
            self.rows = 1;
        }
        let (sheet, row) = (&mut self.open, self.rows);
        for (column, value) in cells {
            self.bytes += 48;
            match value {
                Value::Number(number) => sheet.write_number(row, column, *number),
                Value::Time(at) => sheet.write_number(row, column, serial(*at)),
                Value::Text(text) => {
                    self.bytes += text.len() as u64;
                    sheet.write_string(row, column, fit(text))
                }
            }
            .map_err(failed)?;
        }
        self.rows += 1;
        Ok(())
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.full.len() + 1
    }

    /// Bytes that they take before they are compressed, about.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Puts them into the workbook, in their order.
    pub(super) fn end(mut self, book: &mut Workbook) -> io::Result<()> {
        let open = std::mem::take(&mut self.open);
        let last = self.ended(open, self.rows)?;
        self.full.drain(..).chain([last]).for_each(|sheet| book.push_worksheet(sheet));
        Ok(())
    }

    fn ended(&self, mut sheet: Worksheet, rows: u32) -> io::Result<Worksheet> {
        let last = u16::try_from(self.columns.len().saturating_sub(1)).unwrap_or(u16::MAX);
        sheet.autofilter(0, 0, rows - 1, last).map_err(failed)?;
        // Texts that look like numbers are meant.
        let meant = IgnoreError::NumberStoredAsText;
        sheet.ignore_error_range(0, 0, rows - 1, last, meant).map_err(failed)?;
        Ok(sheet)
    }
}

/// A sheet with its header.
fn start(
    title: &str,
    no: usize,
    columns: &[Column],
    book: &mut Workbook,
    looks: &Looks,
) -> io::Result<Worksheet> {
    let mut sheet = book.new_worksheet_with_constant_memory().map_err(failed)?;
    let name = if no == 1 { title.to_owned() } else { format!("{title} {no}") };
    sheet.set_name(name).and_then(|sheet| sheet.set_freeze_panes(1, 2)).map_err(failed)?;
    sheet.set_row_height(0, 20).map_err(failed)?;
    for (at, column) in (0..).zip(columns) {
        let (look, header) = match column.look {
            Look::Number => (&looks.number, &looks.count),
            Look::Text => (&looks.text, &looks.header),
            Look::Time => (&looks.time, &looks.header),
        };
        sheet
            .set_column_width(at, column.width)
            .and_then(|sheet| sheet.set_column_format(at, look))
            .and_then(|sheet| sheet.write_string_with_format(0, at, fit(&column.name), header))
            .map_err(failed)?;
    }
    sheet.set_landscape().set_repeat_rows(0, 0).map_err(failed)?;
    Ok(sheet)
}

/// The report's own columns, then the audience's.
pub(super) fn recipient_columns(audience: &[String]) -> Vec<Column> {
    let own = COLUMNS.iter().map(|name| Column::own(name));
    own.chain(audience.iter().map(|name| Column::audience(name))).collect()
}

/// These, then the audience's.
pub(super) fn columns(own: &[&str], audience: &[String]) -> Vec<Column> {
    let own = own.iter().map(|name| Column::own(name));
    own.chain(audience.iter().map(|name| Column::audience(name))).collect()
}
