//! Whole numbers whose format hides digits that somebody needs: of a phone number that is shown as `9.2E+11`, of a key.

use std::borrow::Cow;

use crate::domain::text::Cell;

use super::row::{Kind, Row};

/// From here on a float doesn't hold every whole number of its length.
const EXACT: f64 = 1e15;

/// The digits of a whole number where the cell shows it in another way than phone numbers are written: `9.19E+11`,
/// `919,876,543,210`. `None` where what it shows holds all the digits, perhaps more before them (`+91 98765 43210`).
pub(super) fn dialled(shown: &str, value: f64) -> Option<Cell> {
    let digits = whole(value)?;
    let usual =
        |c: char| c.is_ascii_digit() || c.is_whitespace() || matches!(c, '+' | '-' | '(' | ')' | '.' | '/');
    let kept: String = shown.chars().filter(char::is_ascii_digit).collect();
    let as_usual = shown.chars().all(usual) && kept.ends_with(digits.as_str());
    (!as_usual).then_some(digits)
}

/// The digits of a whole number where what the cell shows has lost some. `None` where they are all there.
fn lost(shown: &str, value: f64) -> Option<Cell> {
    let digits = whole(value)?;
    let kept: String = shown.chars().filter(char::is_ascii_digit).collect();
    (!kept.contains(digits.as_str())).then_some(digits)
}

fn whole(value: f64) -> Option<Cell> {
    (value.fract() == 0.0 && value > 0.0 && value < EXACT).then(|| Cell::from(format!("{value:.0}")))
}

impl Row {
    /// Gives a phone number that a worksheet has as a number all its digits, whatever its format makes of them.
    pub fn dial(&mut self, column: usize) {
        self.replace(column, dialled);
    }

    /// Gives a whole number all its digits, where its format has left some out.
    pub fn show_digits(&mut self, column: usize) {
        self.replace(column, lost);
    }

    /// The row as somebody sees it who looks for the column of phone numbers: numbers that are as long as one have all
    /// their digits.
    #[must_use]
    pub fn with_digits(&self) -> Cow<'_, Row> {
        let mut row = Cow::Borrowed(self);
        for (column, kind) in self.kinds.iter().enumerate() {
            if let (Kind::Number(value @ 1e9..EXACT), Some(shown)) = (kind, self.cells.get(column))
                && let Some(digits) = dialled(shown, *value)
            {
                row.to_mut().cells[column] = digits;
            }
        }
        row
    }

    fn replace(&mut self, column: usize, digits: fn(&str, f64) -> Option<Cell>) {
        if let (Some(Kind::Number(value)), Some(cell)) = (self.kinds.get(column), self.cells.get_mut(column))
            && let Some(digits) = digits(cell, *value)
        {
            *cell = digits;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_phones_keep_their_digits() {
        let digits = |shown, value| dialled(shown, value).map(|digits| digits.to_string());
        let whole = Some("919876543210".to_owned());
        for shown in ["9.19877E+11", "919,876,543,210", "919876543210.00", "₹919876543210", "919877M"] {
            assert_eq!(digits(shown, 919_876_543_210.0), whole, "{shown}");
        }
        for shown in ["+91 98765 43210", "919876543210", "(91) 9876-543210", "00919876543210"] {
            assert_eq!(digits(shown, 919_876_543_210.0), None, "{shown}");
        }
        assert_eq!(digits("0412345678", 412_345_678.0), None);
        assert_eq!(digits("7.5%", 0.075), None);
    }

    #[test]
    fn a_key_keeps_what_its_format_adds() {
        let digits = |shown, value| lost(shown, value).map(|digits| digits.to_string());
        assert_eq!(digits("INV-0012", 12.0), None);
        assert_eq!(digits("1.23E+08", 123_456_789.0), Some("123456789".to_owned()));
        assert_eq!(digits("123K", 123_456.0), Some("123456".to_owned()));
        assert_eq!(digits("1E+20", 1e20), None);
    }
}
