//! Hiding a person's number in a text from outside.

use super::Phone;
use super::numbering::calling_code_length;

/// So many last digits, however they are written, are taken for the number.
const MIN_TELLING_DIGITS: usize = 7;

impl Phone {
    /// Whether a text tells this number, whole or national and however it is written: its last seven digits at least.
    #[must_use]
    pub fn is_told_in(self, text: &str) -> bool {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        digits >= MIN_TELLING_DIGITS && found(text, self.digits().as_bytes()).is_some()
    }

    /// The digits behind the calling code.
    #[must_use]
    pub fn national(self) -> String {
        let mut digits = self.digits();
        let code = calling_code_length(digits.as_bytes());
        digits.split_off(code)
    }

    /// A text that may tell this number (whole or national, with blanks and signs between its digits) with
    /// `…` and its last four digits instead.
    #[must_use]
    pub fn hidden_in(self, text: &str) -> String {
        let digits = self.digits();
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((from, to)) = found(rest, digits.as_bytes()) {
            out.push_str(&rest[..from]);
            out.push_str(&self.to_string());
            rest = &rest[to..];
        }
        out.push_str(rest);
        out
    }
}

/// Where the number first stands: as many of its digits as there are, the last seven at least.
fn found(text: &str, digits: &[u8]) -> Option<(usize, usize)> {
    // The text's digits with their places; what breaks a number off stands between as a NUL.
    let mut seen: Vec<(u8, usize)> = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => seen.push((text.as_bytes()[at], at)),
            ' ' | '-' | '.' | '(' | ')' | '/' | '+' | '\u{a0}' | '\u{2010}' | '\u{2011}' | '\u{202f}' => {}
            _ => seen.push((0, at)),
        }
    }
    let last = digits.get(digits.len().checked_sub(MIN_TELLING_DIGITS)?..)?;
    let start =
        seen.windows(MIN_TELLING_DIGITS).position(|window| window.iter().map(|(digit, _)| digit).eq(last))?;
    let end = start + MIN_TELLING_DIGITS - 1;
    let before = digits[..digits.len() - MIN_TELLING_DIGITS].iter().rev();
    let more =
        before.zip(seen[..start].iter().rev()).take_while(|(digit, (found, _))| *digit == found).count();
    let from = seen[start - more].1;
    let from = if text[..from].ends_with('+') { from - 1 } else { from };
    Some((from, seen[end].1 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_hidden_however_it_is_written() {
        let phone = Phone::from_digits("919876543210").unwrap();
        for written in [
            "919876543210",
            "+919876543210",
            "+91 98765 43210",
            "+91-98765-43210",
            "+91 (987) 654.3210",
            "9876543210",
            "6543210",
        ] {
            assert!(phone.is_told_in(written), "{written}");
            assert_eq!(
                phone.hidden_in(&format!("to {written}, twice: {written}!")),
                "to …3210, twice: …3210!"
            );
        }
        assert_eq!(phone.hidden_in("00919876543210"), "00…3210");
        assert_eq!(phone.hidden_in("%2B919876543210"), "%2B…3210");
        for other in ["", "919876543211", "3210", "543210", "6543 x 210", "(#131026) no", "…3210", "नमस्ते"]
        {
            assert_eq!(phone.hidden_in(other), other);
            assert!(!phone.is_told_in(other), "{other}");
        }
        assert_eq!(phone.national(), "9876543210");
        assert_eq!(Phone::from_digits("14155552671").unwrap().national(), "4155552671");
    }
}
