//! Stand-in: CSV and JSON rows, just enough to plan from.

use std::path::Path;

use crate::domain::problem::Problem;

/// How to open a table.
#[derive(Clone, Debug, Default)]
pub struct TableOptions {
    /// The worksheet, where the file has several.
    pub sheet: Option<String>,
}

/// Why a table can't be read.
#[derive(Debug, thiserror::Error)]
#[error("{}: {kind}", file.as_deref().unwrap_or(Path::new("inline")).display())]
pub struct TableError {
    /// The file.
    pub file: Option<std::path::PathBuf>,
    /// What is wrong.
    #[source]
    pub kind: TableErrorKind,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum TableErrorKind {
    /// The system said no.
    #[error("can't be read: {0}")]
    Io(#[from] std::io::Error),
    /// No content at all.
    #[error("is empty")]
    Empty,
    /// Not a table.
    #[error("{0}")]
    Bad(String),
}

impl TableError {
    /// What to do.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        None
    }
}

/// Something to look at.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read as {0}")]
pub struct TableWarning(&'static str);

/// One row.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// The row's number for people.
    pub number: u32,
    /// The physical line.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
    /// What is wrong with it.
    pub problem: Option<Problem>,
}

/// A table being read.
pub struct Table {
    /// The header.
    pub columns: Vec<String>,
    /// What should be looked at.
    pub warnings: Vec<TableWarning>,
    rows: Box<dyn Iterator<Item = Result<Row, TableError>>>,
}

impl std::fmt::Debug for Table {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Table").field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl Iterator for Table {
    type Item = Result<Row, TableError>;
    fn next(&mut self) -> Option<Self::Item> {
        self.rows.next()
    }
}

/// Opens a file.
///
/// # Errors
/// When it can't be read.
pub fn open(path: &Path, _options: &TableOptions) -> Result<Table, TableError> {
    let at = |kind| TableError { file: Some(path.to_owned()), kind };
    let file = std::fs::File::open(path).map_err(|error| at(error.into()))?;
    if file.metadata().is_ok_and(|metadata| metadata.len() == 0) {
        return Err(at(TableErrorKind::Empty));
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(std::io::BufReader::new(file));
    let columns: Vec<String> = reader
        .headers()
        .map_err(|e| at(TableErrorKind::Bad(e.to_string())))?
        .iter()
        .map(str::to_owned)
        .collect();
    let width = columns.len();
    let mut number = 1;
    let mut record = csv::StringRecord::new();
    let rows = std::iter::from_fn(move || match reader.read_record(&mut record) {
        Err(e) => Some(Err(TableError { file: None, kind: TableErrorKind::Bad(e.to_string()) })),
        Ok(false) => None,
        Ok(true) => {
            number += 1;
            let problem = (record.len() != width).then(|| Problem::new("a cell too few or too many"));
            let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
            cells.resize(width, String::new());
            Some(Ok(Row { number, line: record.position().map_or(0, csv::Position::line), cells, problem }))
        }
    });
    Ok(Table { columns, warnings: Vec::new(), rows: Box::new(rows) })
}

/// Rows from JSON objects.
#[must_use]
pub fn from_json_values(values: Vec<serde_json::Value>) -> Table {
    let mut columns: Vec<String> = Vec::new();
    for object in values.iter().filter_map(serde_json::Value::as_object) {
        for key in object.keys() {
            if !columns.contains(key) {
                columns.push(key.clone());
            }
        }
    }
    let names = columns.clone();
    let rows = values.into_iter().zip(1..).map(move |(value, number)| {
        let cells = names
            .iter()
            .map(|name| match value.get(name) {
                None | Some(serde_json::Value::Null) => String::new(),
                Some(serde_json::Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            })
            .collect();
        Ok(Row { number, line: 0, cells, problem: None })
    });
    Table { columns, warnings: Vec::new(), rows: Box::new(rows) }
}
