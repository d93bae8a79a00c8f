//! From what stands in a cell to bare digits.

use super::error::PhoneError;
use super::scientific::{Scientific, scientific};
use super::wrapping::{Unwrapped, unwrap};

/// The most digits that are kept: an international prefix, 15 of the number, and a few to tell how many there
/// are too many.
const MAX_DIGITS: usize = 40;

/// A run of at least so many digits may be a number of its own.
const MIN_WHOLE_DIGITS: usize = 7;

/// The digits of a cell, and whether they begin with a country's calling code for certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cleaned {
    digits: [u8; MAX_DIGITS],
    len: usize,
    /// Written with `+` or `00`, or in a way that says so.
    pub(super) international: bool,
    /// Written with `00`, which some countries dial only as a part of a longer prefix.
    pub(super) zeros: bool,
}

impl Cleaned {
    /// ASCII digits, without the `00`.
    pub(super) fn digits(&self) -> &[u8] {
        &self.digits[..self.len]
    }

    fn empty() -> Cleaned {
        Cleaned { digits: [0; MAX_DIGITS], len: 0, international: false, zeros: false }
    }

    fn push(&mut self, digit: u8) -> Result<(), PhoneError> {
        let Some(place) = self.digits.get_mut(self.len) else { return Err(PhoneError::TooLong) };
        *place = digit;
        self.len += 1;
        Ok(())
    }

    /// Takes `00` as `+`, and knows the length that no number exceeds.
    fn finish(mut self) -> Result<Cleaned, PhoneError> {
        if self.len == 0 {
            return Err(PhoneError::NoDigits);
        }
        if !self.international && self.digits().starts_with(b"00") {
            (self.international, self.zeros) = (true, true);
            self.digits.copy_within(2..self.len, 0);
            self.len -= 2;
        }
        // A trunk zero may stand behind the calling code, `+44 (0)20`: 16 digits can still be a number.
        if self.len > 16 { Err(PhoneError::TooLong) } else { Ok(self) }
    }
}

/// Cleans a cell by the rules of `FACTS`: spaces, dashes, brackets, dots, other scripts' digits, invisible
/// characters, emoji and a leading `'` go, and so does what stands around a number (see `wrapping`); `.0` goes;
/// digits in scientific notation are spelt out where none is lost.
pub(super) fn clean(raw: &str) -> Result<Cleaned, PhoneError> {
    if let Some(cleaned) = plain(raw.as_bytes()) {
        return cleaned.finish();
    }
    // As most people write them: nothing to take off.
    let grouped = |byte: u8| byte.is_ascii_digit() || matches!(byte, b' ' | b'-' | b'(' | b')' | b'+');
    if raw.bytes().all(grouped) && raw.bytes().any(|byte| byte.is_ascii_digit()) {
        return walk(raw)?.finish();
    }
    let text = normal(raw);
    let Unwrapped { text, international } = unwrap(&text);
    if text.is_empty() {
        return Err(PhoneError::Empty);
    }
    let mut cleaned = match scientific(text) {
        Some(Scientific::Exact(value)) => {
            let digits = value.to_string();
            Cleaned {
                international: text.starts_with('+'),
                ..plain(digits.as_bytes()).ok_or(PhoneError::TooLong)?
            }
        }
        Some(Scientific::Rounded) => return Err(PhoneError::DigitsLost),
        Some(Scientific::Fraction) => return Err(PhoneError::Fraction),
        Some(Scientific::TooLong) => return Err(PhoneError::TooLong),
        None => walk(without_fraction(text)?)?,
    };
    cleaned.international |= international && !cleaned.digits().starts_with(b"0");
    cleaned.finish()
}

/// The common case: digits, perhaps behind a `+`.
fn plain(bytes: &[u8]) -> Option<Cleaned> {
    let (international, digits) = match bytes {
        [b'+', rest @ ..] => (true, rest),
        _ => (false, bytes),
    };
    if digits.is_empty() || digits.len() > MAX_DIGITS || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let mut cleaned = Cleaned { international, len: digits.len(), ..Cleaned::empty() };
    cleaned.digits[..digits.len()].copy_from_slice(digits);
    Some(cleaned)
}

/// Digits and punctuation of other scripts become ASCII's; what can't be seen goes.
fn normal(raw: &str) -> String {
    let seen = raw.chars().filter(|c| !invisible(*c));
    seen.map(|c| if emoji(c) { ' ' } else { digit(c).unwrap_or_else(|| ascii(c)) }).collect()
}

fn invisible(c: char) -> bool {
    matches!(c,
        '\u{00ad}' | '\u{034f}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{20e3}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
        || (c.is_control() && !c.is_whitespace())
}

/// Pictures, among them telephones and flags.
fn emoji(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{231a}'..='\u{23ff}')
}

fn ascii(c: char) -> char {
    match c {
        '\n' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        c if c.is_whitespace() => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => '-',
        '\u{ff08}' | '[' | '\u{ff3b}' => '(',
        '\u{ff09}' | ']' | '\u{ff3d}' => ')',
        '\u{ff0b}' | '\u{fe62}' => '+',
        '\u{ff0e}' | '\u{b7}' | '\u{2022}' | '\u{3002}' => '.',
        '\u{ff0f}' | '\\' => '/',
        '\u{ff0c}' | '\u{60c}' | '\u{3001}' => ',',
        '\u{ff1b}' | '\u{61b}' => ';',
        '\u{2018}' | '\u{2019}' | '\u{b4}' | '`' | '\u{ff07}' => '\'',
        '\u{201a}' | '\u{201b}' | '\u{2032}' | '\u{2039}' | '\u{203a}' => '\'',
        '\u{201c}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2033}' | '\u{ff02}' => '"',
        c => c,
    }
}

/// A decimal digit of any script that writes numbers left to right by tens.
fn digit(c: char) -> Option<char> {
    /// Where each script's ten digits begin.
    const ZEROS: [u32; 26] = [
        0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50,
        0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0xff10, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6,
    ];
    let code = u32::from(c);
    if code < 0x660 {
        return None;
    }
    let zero = ZEROS.iter().find(|zero| (**zero..**zero + 10).contains(&code))?;
    char::from_digit(code - zero, 10)
}

/// Drops the `.0` of a cell that was taken for a number; other fractions are no part of a phone number.
fn without_fraction(text: &str) -> Result<&str, PhoneError> {
    let Some((before, after)) = text.split_once(['.', ',']) else { return Ok(text) };
    let number = before.trim_start_matches('+');
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !digits(number) || !digits(after) || number.len() < MIN_WHOLE_DIGITS {
        return Ok(text);
    }
    if after.bytes().all(|b| b == b'0') {
        return Ok(before);
    }
    // `9876543.210` may be a way of grouping; nine digits before a dot are a number already.
    if number.len() >= 9 { Err(PhoneError::Fraction) } else { Ok(text) }
}

fn walk(text: &str) -> Result<Cleaned, PhoneError> {
    let mut cleaned = Cleaned::empty();
    // Digits since the last separator of any kind, and whether a whole number lies behind.
    let mut run = 0;
    let mut whole_runs = 0;
    for (at, c) in text.char_indices() {
        match c {
            '0'..='9' => {
                run += 1;
                if run == MIN_WHOLE_DIGITS {
                    whole_runs += 1;
                }
                if cleaned.len == MAX_DIGITS {
                    break;
                }
                let mut byte = [0];
                c.encode_utf8(&mut byte);
                cleaned.push(byte[0])?;
            }
            // Russia's way to write that a tone follows the 8.
            '~' if cleaned.len == 1 => run = 0,
            ' ' | '-' | '(' | ')' | '.' => {
                if c != '.' || run > 0 {
                    run = 0;
                }
            }
            '+' if cleaned.len == 0 => cleaned.international = true,
            '+' => return Err(PhoneError::TwoNumbers),
            '/' | ',' | ';' | '|' | '&' | '\n' => {
                let behind = count_digits(&text[at..]);
                if cleaned.len >= MIN_WHOLE_DIGITS && behind >= MIN_WHOLE_DIGITS {
                    return Err(PhoneError::TwoNumbers);
                }
                match c {
                    // `030/123456`, and a line break at the end.
                    '/' if cleaned.len < MIN_WHOLE_DIGITS => run = 0,
                    '\n' if behind == 0 || cleaned.len == 0 => run = 0,
                    '/' | '\n' if cleaned.len >= MIN_WHOLE_DIGITS && behind > 0 => {
                        return Err(PhoneError::Extension);
                    }
                    c => return Err(PhoneError::Unexpected(c)),
                }
            }
            '#' if cleaned.len >= 5 => return Err(PhoneError::Extension),
            c => return Err(stray(c, &text[at..], &cleaned)),
        }
    }
    if whole_runs > 1 && cleaned.len > 15 {
        return Err(PhoneError::TwoNumbers);
    }
    Ok(cleaned)
}

/// What letters and other characters tell.
fn stray(c: char, rest: &str, cleaned: &Cleaned) -> PhoneError {
    if !c.is_alphabetic() {
        return PhoneError::Unexpected(c);
    }
    let behind = count_digits(rest);
    let word: String = rest.chars().take_while(|c| c.is_alphabetic()).collect::<String>().to_lowercase();
    if cleaned.len >= MIN_WHOLE_DIGITS && behind >= MIN_WHOLE_DIGITS {
        return PhoneError::TwoNumbers;
    }
    let extension = word == "x"
        || ["ext", "xt", "int", "anexo", "ramal", "poste", "доб", "dw"].iter().any(|e| word.starts_with(e));
    if cleaned.len >= 5 && behind > 0 && extension { PhoneError::Extension } else { PhoneError::Letters }
}

fn count_digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}
