//! The corpus's values, held against calamine's.

use std::collections::HashMap;
use std::path::Path;

use calamine::{Data, Reader as _, open_workbook_auto};
use sendcast::campaign::tables::{Kind, Row, TableOptions, open};

use super::corpus;

/// Whether a row of ours has a cell of that value.
fn has(row: &Row, value: &Data) -> bool {
    row.cells.iter().enumerate().any(|(n, cell)| {
        let kind = row.kinds.get(n).copied().unwrap_or_default();
        let is_number = |number: f64| match kind {
            Kind::Number(value) => (value - number).abs() <= number.abs() * 1e-14,
            Kind::Bool(value) => f64::from(value) == number,
            Kind::NotAsShown => true,
            Kind::AsShown => {
                cell.parse::<f64>().is_ok_and(|value| (value - number).abs() <= number.abs() * 1e-14)
            }
        };
        match value {
            // The text between what a format puts around it, with one kind of line end.
            Data::String(text) => {
                cell.contains(text.replace("\r\n", "\n").trim()) || kind == Kind::NotAsShown
            }
            Data::Bool(value) => kind == Kind::Bool(*value),
            Data::Float(number) => is_number(*number),
            #[expect(clippy::cast_precision_loss, reason = "as the sheet has it")]
            Data::Int(number) => is_number(*number as f64),
            // A date of ours is a text.
            Data::DateTime(_) | Data::DateTimeIso(_) | Data::DurationIso(_) => !cell.is_empty(),
            Data::Error(error) => cell.as_str() == error.to_string(),
            _ => true,
        }
    })
}

fn differences(path: &Path) -> (usize, Vec<String>) {
    let Ok(mut table) = open(path, &TableOptions::default()) else { return (0, vec![]) };
    let sheet = table.reading.sheet.clone().unwrap();
    let header_row = table.reading.header_row.unwrap();
    let rows: HashMap<u32, Row> =
        table.by_ref().map(|row| row.map(|row| (row.number, row)).unwrap()).collect();
    let mut book = open_workbook_auto(path).unwrap();
    let range = book.worksheet_range(&sheet).unwrap();
    let (mut values, mut wrong) = (0, vec![]);
    for (row, column, value) in range.used_cells() {
        let (first, left) = range.start().unwrap();
        let number = first + u32::try_from(row).unwrap() + 1;
        if number <= header_row || value.to_string().trim().is_empty() {
            continue;
        }
        values += 1;
        if !rows.get(&number).is_some_and(|row| has(row, value)) {
            let column = left + u32::try_from(column).unwrap();
            wrong.push(format!("{}: row {number}, column {column}: {value:?}", path.display()));
        }
    }
    (values, wrong)
}

#[test]
fn calamine_reads_the_same_values() {
    let mut all = 0;
    let mut wrong = vec![];
    for path in corpus() {
        let (values, differences) = differences(&path);
        all += values;
        wrong.extend(differences);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(all > 500, "{all} values");
}
