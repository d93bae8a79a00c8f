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
pub enum TableError {
    /// The system said no.
    #[error("can't read {path}: {source}")]
    Io {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Not a table.
    #[error("{0}")]
    Bad(String),
}

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
    let io = |source| TableError::Io { path: path.display().to_string(), source };
    let file = std::fs::File::open(path).map_err(io)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(std::io::BufReader::new(file));
    let columns: Vec<String> =
        reader.headers().map_err(|e| TableError::Bad(e.to_string()))?.iter().map(str::to_owned).collect();
    let width = columns.len();
    let mut number = 1;
    let mut record = csv::StringRecord::new();
    let rows = std::iter::from_fn(move || match reader.read_record(&mut record) {
        Err(e) => Some(Err(TableError::Bad(e.to_string()))),
        Ok(false) => None,
        Ok(true) => {
            number += 1;
            let problem = (record.len() != width).then(|| Problem::new("a cell too few or too many"));
            let mut cells: Vec<String> = record.iter().map(str::to_owned).collect();
            cells.resize(width, String::new());
            Some(Ok(Row { number, line: record.position().map_or(0, csv::Position::line), cells, problem }))
        }
    });
    Ok(Table { columns, rows: Box::new(rows) })
}

/// Rows from JSON objects.
///
/// # Errors
/// When one isn't an object.
pub fn from_json_values(values: Vec<serde_json::Value>) -> Result<Table, TableError> {
    let mut columns: Vec<String> = Vec::new();
    for value in &values {
        let object =
            value.as_object().ok_or_else(|| TableError::Bad("a recipient isn't an object".into()))?;
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
    Ok(Table { columns, rows: Box::new(rows) })
}
