//! How a table is to be read, how it was read, and what should be looked at.

use crate::domain::format::plural;
use crate::domain::phone::Country;

/// What a table was read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Delimited by `,`, `;`, tab or `|`.
    Csv,
    /// Delimited by tabs, by its name.
    Tsv,
    /// A JSON array of objects.
    Json,
    /// One JSON object a line.
    Ndjson,
    /// A list within the campaign file.
    Inline,
    /// A worksheet of a workbook: XLSX, XLSM, XLSB, XLS or ODS.
    Workbook,
}

/// How a file is to be read, where somebody says so; what is `None` is recognised.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// The worksheet to read, where a file has several.
    pub sheet: Option<String>,
    /// The encoding's name, such as `windows-1252`, `MacRoman` or `cp850`.
    pub encoding: Option<String>,
    /// What stands between cells: one ASCII character.
    pub delimiter: Option<char>,
    /// The row of the file that holds the column names, from 1.
    pub header_row: Option<u32>,
    /// The audience's country: helps to guess an encoding.
    pub country: Option<Country>,
}

/// Something that was read, but should be looked at. `Display` says it to a marketer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableWarning {
    /// The file isn't UTF-8 and bears no mark of its encoding.
    #[error("read as {encoding}{}; if names look wrong, save the file as UTF-8", like(example))]
    Guessed {
        /// What it was taken for.
        encoding: &'static str,
        /// A word that isn't ASCII, as it is read; empty where there is none.
        example: String,
    },
    /// UTF-8 that was taken for something else and encoded once more.
    #[error("holds `{shown}`, which looks like `{meant}` encoded twice: export the file again as UTF-8")]
    TwiceEncoded {
        /// A word as it is read.
        shown: String,
        /// What it probably was.
        meant: String,
    },
    /// Rows with content stand above the header.
    #[error("the column names are taken from row {row}; the rows above it are left out")]
    Above {
        /// The header's row.
        row: u32,
    },
    /// The header's quotes are damaged.
    #[error("row {row}: the quotation marks of the column names don't match; they are left out")]
    HeaderQuotes {
        /// The header's row.
        row: u32,
    },
    /// The workbook has several worksheets that could be meant.
    #[error("read from the worksheet `{sheet}`{}", beside(others))]
    Sheet {
        /// The one that is read.
        sheet: String,
        /// Others that hold phone numbers.
        others: Vec<String>,
    },
    /// Rows that the worksheet doesn't show.
    #[error("{rows} {} hidden in the worksheet, perhaps by a filter (the first: row {first}): nothing is sent to them", if *rows == 1 { "row is" } else { "rows are" })]
    HiddenRows {
        /// How many.
        rows: u64,
        /// The first of them.
        first: u32,
    },
    /// Something stands beside the table, in a column without a name.
    #[error("row {row} holds something in column {column}, which has no name{}: it is left out", more(*rows))]
    Outside {
        /// Rows that do so.
        rows: u64,
        /// The first of them.
        row: u32,
        /// The column's letters.
        column: String,
    },
    /// Dates that the spreadsheet program shows by the habits of the computer.
    #[error(
        "column {}: each computer shows these dates and times in its own way; they are read like `{example}`",
        columns.join(", ")
    )]
    Regional {
        /// The columns' names, each in backticks.
        columns: Vec<String>,
        /// A cell as it is read.
        example: String,
    },
    /// A header cell was empty.
    #[error("column {position} has no name and is called `{name}`")]
    Unnamed {
        /// From 1.
        position: usize,
        /// Its name now.
        name: String,
    },
    /// A name stands in the header twice.
    #[error("two columns are named `{given}`: the one at position {position} is called `{name}`")]
    Repeated {
        /// The name in the header.
        given: String,
        /// From 1.
        position: usize,
        /// Its name now.
        name: String,
    },
}

/// How a file was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The encoding's name; none for a worksheet or a list within the campaign file.
    pub encoding: Option<&'static str>,
    /// What stands between cells.
    pub delimiter: Option<char>,
    /// The worksheet.
    pub sheet: Option<String>,
    /// The row that holds the column names, as the file counts.
    pub header_row: Option<u32>,
}

impl Reading {
    /// `customers.csv: 1,000 rows, 5 columns; UTF-8, separated by `;`, column names in row 3`
    #[must_use]
    pub fn headline(&self, file: &str, rows: u64, columns: usize) -> String {
        let how = self.how();
        let (rows, columns) = (plural(rows, "row", "rows"), plural(columns as u64, "column", "columns"));
        let mut text = format!("{file}: {rows}, {columns}");
        if !how.is_empty() {
            text.push_str("; ");
            text.push_str(&how.join(", "));
        }
        text
    }

    /// How it was read, piece by piece: its worksheet, its encoding, what separates its cells, where its column names stand.
    #[must_use]
    pub fn how(&self) -> Vec<String> {
        let mut how = Vec::new();
        how.extend(self.sheet.as_ref().map(|sheet| format!("sheet `{sheet}`")));
        how.extend(self.encoding.map(str::to_owned));
        how.extend(self.delimiter.map(|delimiter| match delimiter {
            '\t' => "separated by tabs".to_owned(),
            delimiter => format!("separated by `{delimiter}`"),
        }));
        how.extend(self.header_row.map(|row| format!("column names in row {row}")));
        how
    }
}

/// What a warning says of other worksheets.
fn beside(others: &[String]) -> String {
    let names: Vec<String> = others.iter().take(20).map(|name| format!("`{name}`")).collect();
    match names.as_slice() {
        [] => String::new(),
        [name] => format!("; {name} holds phone numbers, too: `sheet` says which is meant"),
        names => format!("; {} hold phone numbers, too: `sheet` says which is meant", names.join(", ")),
    }
}

/// ` (and 3 more rows)`.
fn more(rows: u64) -> String {
    match rows {
        0 | 1 => String::new(),
        2 => " (and one more row)".to_owned(),
        rows => format!(" (and {} more rows)", rows - 1),
    }
}

/// An example for a sentence.
fn like(example: &str) -> String {
    if example.is_empty() { String::new() } else { format!(" (`{example}`)") }
}
