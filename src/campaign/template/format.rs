//! `{{ '%.2f' | format(price) }}`: values put into a text by C's rules.

use std::iter::Peekable;
use std::str::Chars;

use rust_decimal::{Decimal, RoundingStrategy};

use super::arguments::{Given, whole};
use super::operators::Operators;

/// Widest field, in characters.
const MAX_FIELD_CHARS: usize = 100;

/// One `%…`.
#[derive(Default)]
struct Field {
    name: Option<String>,
    left: bool,
    zeros: bool,
    plus: bool,
    blank: bool,
    grouped: bool,
    width: usize,
    places: Option<u32>,
}

/// The text with the values put in.
///
/// # Errors
/// A `%` that names no value, a value that isn't there or is no number.
pub(super) fn format(operators: Operators<'_>, text: &str, given: &Given<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    let mut next = 0;
    while let Some(c) = letters.next() {
        if c != '%' {
            out.push(c);
            continue;
        }
        if letters.next_if_eq(&'%').is_some() {
            out.push('%');
            continue;
        }
        let field = field(&mut letters)?;
        let conversion = letters.next().ok_or_else(broken)?;
        let value = match &field.name {
            Some(name) => given.named.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            None => given.positional.get(next),
        };
        next += usize::from(field.name.is_none());
        let value = value.ok_or_else(|| "`format` has fewer values than `%`".to_owned());
        let made = match conversion {
            's' => operators.printed(value?)?.into_owned(),
            'd' | 'i' | 'u' => {
                let number = operators.number(value?)?;
                whole(number).map_err(|why| format!("{why}; write `%.2f`, or `| round` before"))?;
                signed(&field, number, 0)
            }
            'f' | 'F' => signed(&field, operators.number(value?)?, field.places.unwrap_or(6)),
            _ => return Err(broken()),
        };
        pad(&mut out, &field, &made, conversion != 's');
    }
    if next < given.positional.len() {
        return Err("`format` has more values than `%`".to_owned());
    }
    Ok(out)
}

fn broken() -> String {
    "in a format, a `%` names a value, as in `%s`, `%d` or `%.2f`; write `%%` for the sign itself".to_owned()
}

fn field(letters: &mut Peekable<Chars<'_>>) -> Result<Field, String> {
    let mut field = Field::default();
    if letters.next_if_eq(&'(').is_some() {
        let mut name = String::new();
        loop {
            match letters.next().ok_or_else(broken)? {
                ')' => break,
                c => name.push(c),
            }
        }
        field.name = Some(name);
    }
    while let Some(flag) = letters.next_if(|c| matches!(c, '-' | '0' | '+' | ' ' | ',')) {
        match flag {
            '-' => field.left = true,
            '0' => field.zeros = true,
            '+' => field.plus = true,
            ',' => field.grouped = true,
            _ => field.blank = true,
        }
    }
    field.width = digits(letters)?;
    if letters.next_if_eq(&'.').is_some() {
        field.places = Some(u32::try_from(digits(letters)?).unwrap_or(u32::MAX).min(28));
    }
    Ok(field)
}

fn digits(letters: &mut Peekable<Chars<'_>>) -> Result<usize, String> {
    let mut number = 0_usize;
    while let Some(digit) = letters.peek().and_then(|c| c.to_digit(10)) {
        letters.next();
        number = number.saturating_mul(10).saturating_add(digit as usize);
    }
    if number > MAX_FIELD_CHARS {
        return Err(format!("a format is at most {MAX_FIELD_CHARS} wide"));
    }
    Ok(number)
}

fn signed(field: &Field, number: Decimal, places: u32) -> String {
    let rounded = number.round_dp_with_strategy(places, RoundingStrategy::MidpointAwayFromZero);
    let mut digits = rounded.abs().to_string();
    let written = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let wanted = places as usize;
    if written < wanted {
        if written == 0 {
            digits.push('.');
        }
        digits.push_str(&"0".repeat(wanted - written));
    } else if wanted == 0 {
        digits.truncate(digits.find('.').unwrap_or(digits.len()));
    }
    if field.grouped {
        digits = thousands(&digits);
    }
    let sign = match (rounded.is_sign_negative() && !rounded.is_zero(), field.plus, field.blank) {
        (true, ..) => "-",
        (false, true, _) => "+",
        (false, false, true) => " ",
        _ => "",
    };
    let missing = field.width.saturating_sub(digits.len() + sign.len());
    let zeros = if field.zeros && !field.left { "0".repeat(missing) } else { String::new() };
    format!("{sign}{zeros}{digits}")
}

fn thousands(digits: &str) -> String {
    let (whole, fraction) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in whole.chars().enumerate() {
        if n > 0 && (whole.len() - n) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out + fraction
}

fn pad(out: &mut String, field: &Field, made: &str, is_number: bool) {
    let made: String = match field.places {
        Some(places) if !is_number => made.chars().take(places as usize).collect(),
        _ => made.to_owned(),
    };
    let blanks = " ".repeat(field.width.saturating_sub(made.chars().count()));
    let (before, behind) = if field.left { ("", &*blanks) } else { (&*blanks, "") };
    for part in [before, &made, behind] {
        out.push_str(part);
    }
}
