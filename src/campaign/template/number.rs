//! What a cell's text is as a number, however it is written.
//!
//! Invariant: a text that two readers could take for two numbers is none (`1.234` is a thousand to one and one and a
//! quarter to another).

use std::str::FromStr;

use rust_decimal::Decimal;

/// Why a text is no number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::campaign) enum NoNumber {
    /// One separator with three digits behind it: thousands or decimals.
    Ambiguous,
    /// `9.2E+11`: a spreadsheet has rounded it, or may have.
    Scientific,
    /// More digits than are computed with.
    TooLong,
    /// Digits with something else.
    Decorated,
    /// Anything else.
    Text,
}

impl NoNumber {
    /// What is wrong, and what to do about it.
    pub fn why(self) -> &'static str {
        match self {
            NoNumber::Ambiguous => {
                "can be read as thousands or as decimals; write it without the separator, or say which it is: \
                 `| number('.')` or `| number(',')` names the decimal sign"
            }
            NoNumber::Scientific => "may have been rounded by a spreadsheet; write all of its digits",
            NoNumber::TooLong => {
                "has more than 28 digits, too many to compute with; compare it as a text, in quotes"
            }
            NoNumber::Decorated => {
                "is no number; leave only the digits in the cell, or compare it as a text, in quotes"
            }
            NoNumber::Text => "is no number; fix the cell, or compare it as a text, in quotes",
        }
    }
}

/// Signs that only group digits.
fn groups(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{2009}' | '\u{202f}' | '\'' | '’')
}

/// The number that a text writes: `9`, `007`, `9.50`, `9,5`, `1,234.50`, `1.234,50`, `12,34,567`, `1 234`, `-3`.
///
/// # Errors
/// Why it is none, or not surely one.
pub(super) fn parse(text: &str) -> Result<Decimal, NoNumber> {
    let (negative, body) = sign(text.trim());
    let plain = !body.is_empty() && body.bytes().all(|b| b.is_ascii_digit());
    if plain {
        return decimal(negative, body, "");
    }
    shape(body)?;
    let dots = body.matches('.').count();
    let commas = body.matches(',').count();
    let grouped = body.contains(groups);
    let point = match (dots, commas) {
        (0, 0) => None,
        (1, 1..) if body.rfind('.') > body.rfind(',') => Some('.'),
        (1.., 1) if body.rfind(',') > body.rfind('.') => Some(','),
        (1.., 1..) => return Err(NoNumber::Decorated),
        (1, 0) | (0, 1) => {
            let sign = if dots == 1 { '.' } else { ',' };
            let (before, after) = body.split_once(sign).unwrap_or((body, ""));
            let thousands = after.len() == 3 && (1..=3).contains(&before.len()) && !before.starts_with('0');
            if thousands && !grouped {
                return Err(NoNumber::Ambiguous);
            }
            Some(sign)
        }
        _ => None,
    };
    split(negative, body, point)
}

/// The number that a text writes with this decimal sign; the other one groups digits.
///
/// # Errors
/// Why it is none.
pub(super) fn parse_with(text: &str, point: char) -> Result<Decimal, NoNumber> {
    let (negative, body) = sign(text.trim());
    shape(body)?;
    split(negative, body, body.contains(point).then_some(point))
}

/// The decimal of a float, by its shortest form.
pub(super) fn of_float(value: f64) -> Option<Decimal> {
    let text = format!("{value}");
    Decimal::from_str_exact(&text).ok().or_else(|| Decimal::from_scientific(&text).ok())
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix(['-', '\u{2212}']) {
        Some(body) => (true, body),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

fn shape(body: &str) -> Result<(), NoNumber> {
    let digits = body.bytes().any(|b| b.is_ascii_digit());
    if !digits {
        return Err(NoNumber::Text);
    }
    if body.chars().all(|c| c.is_ascii_digit() || groups(c) || matches!(c, '.' | ',')) {
        return Ok(());
    }
    let scientific = body.split_once(['e', 'E']).is_some_and(|(mantissa, exponent)| {
        let exponent = exponent.trim_start_matches(['+', '-']);
        let digits = |text: &str, also: &[char]| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || also.contains(&c))
        };
        digits(mantissa, &['.', ',']) && digits(exponent, &[])
    });
    Err(if scientific { NoNumber::Scientific } else { NoNumber::Decorated })
}

fn split(negative: bool, body: &str, point: Option<char>) -> Result<Decimal, NoNumber> {
    let (whole, fraction) = match point {
        Some(point) => body.split_once(point).ok_or(NoNumber::Decorated)?,
        None => (body, ""),
    };
    if !fraction.bytes().all(|b| b.is_ascii_digit()) || point.is_some() && fraction.is_empty() {
        return Err(NoNumber::Decorated);
    }
    let mut separators = whole.chars().filter(|c| !c.is_ascii_digit());
    let Some(separator) = separators.next() else { return decimal(negative, whole, fraction) };
    if separators.any(|c| c != separator) {
        return Err(NoNumber::Decorated);
    }
    let parts: Vec<&str> = whole.split(separator).collect();
    let (first, rest) = parts.split_first().ok_or(NoNumber::Decorated)?;
    let (last, middle) = rest.split_last().ok_or(NoNumber::Decorated)?;
    let by = |size: usize| middle.iter().all(|part| part.len() == size);
    let fits = last.len() == 3
        && !first.starts_with('0')
        && (by(3) && (1..=3).contains(&first.len())
            || separator == ',' && by(2) && (1..=2).contains(&first.len()));
    if !fits {
        return Err(NoNumber::Decorated);
    }
    decimal(negative, &parts.concat(), fraction)
}

fn decimal(negative: bool, whole: &str, fraction: &str) -> Result<Decimal, NoNumber> {
    let zero = if whole.is_empty() { "0" } else { "" };
    let sign = if negative { "-" } else { "" };
    let mut text = String::with_capacity(whole.len() + fraction.len() + 3);
    for part in [sign, zero, whole] {
        text.push_str(part);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    // `from_str` would round what doesn't fit.
    if whole.trim_start_matches('0').len() + fraction.len() > 28 {
        return Err(NoNumber::TooLong);
    }
    Decimal::from_str(&text).map_err(|_| NoNumber::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, number) in [
            ("9", "9"),
            (" 9 ", "9"),
            ("007", "7"),
            ("9.50", "9.50"),
            ("9,5", "9.5"),
            (".5", "0.5"),
            ("-3", "-3"),
            ("+3", "3"),
            ("\u{2212}3", "-3"),
            ("1,234.50", "1234.50"),
            ("1.234,50", "1234.50"),
            ("1,234,567", "1234567"),
            ("1.234.567", "1234567"),
            ("12,34,567.00", "1234567.00"),
            ("1 234", "1234"),
            ("1\u{a0}234,500", "1234.500"),
            ("1'234.5", "1234.5"),
            ("1234.567", "1234.567"),
            ("0.125", "0.125"),
            ("0,125", "0.125"),
            ("12345678901234567890", "12345678901234567890"),
        ] {
            assert_eq!(parse(text).map(|n| n.to_string()).as_deref(), Ok(number), "{text}");
        }
    }

    #[test]
    fn what_could_be_two_numbers_is_none() {
        for (text, why) in [
            ("1.234", NoNumber::Ambiguous),
            ("12,345", NoNumber::Ambiguous),
            ("9.2E+11", NoNumber::Scientific),
            ("1e5", NoNumber::Scientific),
            ("12 pcs", NoNumber::Decorated),
            ("7.5%", NoNumber::Decorated),
            ("₹500", NoNumber::Decorated),
            ("5.", NoNumber::Decorated),
            ("1,23", NoNumber::Text),
            ("1,2,3", NoNumber::Decorated),
            ("1 23", NoNumber::Decorated),
            ("2026-01-31", NoNumber::Decorated),
            ("98765 43210", NoNumber::Decorated),
            ("1.2.3", NoNumber::Decorated),
            ("", NoNumber::Text),
            ("gold", NoNumber::Text),
            ("12345678901234567890123456789", NoNumber::TooLong),
        ] {
            let expected = if text == "1,23" { Ok("1.23".to_owned()) } else { Err(why) };
            assert_eq!(parse(text).map(|n| n.to_string()), expected, "{text}");
        }
        assert_eq!(parse_with("1.234", '.').unwrap().to_string(), "1.234");
        assert_eq!(parse_with("1.234", ',').unwrap().to_string(), "1234");
        assert_eq!(parse_with("1,234", '.').unwrap().to_string(), "1234");
    }
}
