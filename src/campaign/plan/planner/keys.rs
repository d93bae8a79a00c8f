//! What a `key` column says of who somebody is.
//!
//! Invariant: a cell that more than one person could share, because a spreadsheet or an export lost what stood in it,
//! tells nobody apart: its row is bad, and no duplicate.

use crate::campaign::text::visible;
use crate::domain::phone::rounded_by_spreadsheet;

/// The key that a cell holds.
///
/// # Errors
/// Why it tells nobody, behind the column's name.
pub(super) fn key(cell: &str) -> Result<&str, &'static str> {
    let cell = visible(cell);
    if cell.is_empty() || is_nothing(cell) {
        return Err("is empty, and it tells who this is");
    }
    if is_error(cell) {
        return Err("holds an error of the spreadsheet, and it tells who this is: fix the formula");
    }
    if rounded_by_spreadsheet(cell) {
        return Err(
            "holds a number that the spreadsheet has rounded (it shows E+), and it tells who this is: format the column \
                    as text and enter it again",
        );
    }
    Ok(cell)
}

fn is_nothing(cell: &str) -> bool {
    matches!(
        cell.to_ascii_lowercase().as_str(),
        "-" | "." | "n/a" | "null" | "none" | "nan" | "nil" | "undefined" | "<na>" | "(null)" | "(blank)"
    )
}

fn is_error(cell: &str) -> bool {
    let Some(rest) = cell.strip_prefix('#') else { return cell.starts_with("Err:") };
    rest.bytes().all(|byte| byte == b'#')
        || [
            "N/A", "NV", "REF!", "VALUE!", "NAME?", "DIV/0!", "NULL!", "NUM!", "SPILL!", "CALC!", "FIELD!",
            "ERROR!",
        ]
        .iter()
        .any(|error| rest.eq_ignore_ascii_case(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tells_nobody_apart_is_no_key() {
        for cell in [
            "",
            " ",
            "-",
            "N/A",
            "NULL",
            "nan",
            "#N/A",
            "#REF!",
            "#####",
            "9.19877E+11",
            "1E+15",
            "1,23457E+12",
            "Err:502",
        ] {
            assert!(key(cell).is_err(), "{cell}");
        }
        for cell in ["7", "A-1", "12E5", "E5", "9.1987654321E+10", "1.5", "#7", "None-1", "e+1", "ABC+E+1"] {
            assert_eq!(key(cell), Ok(cell));
        }
    }
}
