//! Numbers without a format, and what decimal digits of a number are.
//!
//! Invariant: a number counts by its first 15 digits, as spreadsheet programs have it: what lies beyond is how a
//! float is stored.

use std::fmt::Write as _;

use crate::campaign::tables::row::Kind;
use crate::domain::text::Cell;

use super::book::Shown;

/// Integers below have all their digits.
const EXACT: f64 = 1e15;

/// A number's digits and the power of ten of the first: 7.5 is 750000000000000 and 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digits {
    digits: u64,
    power: i32,
}

impl Digits {
    pub(super) fn of(value: f64) -> Option<Digits> {
        let mut text = String::with_capacity(24);
        write!(text, "{:.14e}", value.abs()).ok()?;
        let (digits, power) = text.split_once('e')?;
        let digits = digits
            .bytes()
            .filter(u8::is_ascii_digit)
            .fold(0, |all, digit| all * 10 + u64::from(digit - b'0'));
        Some(Digits { digits, power: power.parse().ok()? })
    }

    /// The number of so many decimals, a half rounded away from zero; negative ones are tens, hundreds, and so on.
    pub(super) fn rounded(self, decimals: i32) -> Digits {
        let surplus = 14 - self.power - decimals;
        if surplus <= 0 {
            return self;
        }
        let Some(unit) = u32::try_from(surplus).ok().and_then(|surplus| 10_u64.checked_pow(surplus)) else {
            return Digits { digits: 0, power: 0 };
        };
        let whole = (self.digits / unit + u64::from(self.digits % unit >= unit / 2)) * unit;
        // 9.99 becomes 10: one digit more.
        if whole >= 1_000_000_000_000_000 {
            return Digits { digits: whole / 10, power: self.power + 1 };
        }
        Digits { digits: whole, power: self.power }
    }

    pub(super) fn value(self) -> f64 {
        format!("{}e{}", self.digits, self.power - 14).parse().unwrap_or(0.0)
    }
}

/// How many millionths a number is, where it is that many and not too many: most numbers are, and need no text to be
/// rounded.
fn millionths(value: f64) -> Option<u64> {
    let value = value.abs();
    let scaled = (value * 1e6).round();
    // The quotient is the float that is nearest to this decimal of 14 digits at most.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number below 10^14")]
    (value < 1e8 && scaled / 1e6 == value).then_some(scaled as u64)
}

/// A number of so many decimals, without its sign; a half is rounded away from zero.
pub(super) fn rounded(value: f64, decimals: i32) -> Option<f64> {
    if let (Some(millionths), Ok(decimals @ 0..=6)) = (millionths(value), u32::try_from(decimals)) {
        let unit = 10_u64.pow(6 - decimals);
        #[expect(clippy::cast_precision_loss, reason = "a whole number below 10^14")]
        return Some(((millionths + unit / 2) / unit) as f64 / f64::from(10_u32.pow(decimals)));
    }
    Digits::of(value).map(|digits| digits.rounded(decimals).value())
}

/// A number by its first 15 digits.
pub(super) fn significant(value: f64) -> f64 {
    if (value.fract() == 0.0 && value.abs() < EXACT) || millionths(value).is_some() {
        return value;
    }
    Digits::of(value).map_or(value, |digits| digits.value().copysign(value))
}

/// The digits of a whole number that has all of them.
pub(super) fn integer(value: f64) -> Option<Cell> {
    if value.fract() != 0.0 || value.abs() >= EXACT {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "a whole number below 10^15")]
    let whole = value as i64;
    let mut text = Cell::default();
    write!(text, "{whole}").ok()?;
    Some(text)
}

/// A number without a format: whole numbers with all their digits, others as wide as a spreadsheet program shows
/// them in a column that is wide enough.
pub(super) fn general(value: f64) -> Shown {
    if let Some(text) = integer(value) {
        return Shown { text, kind: Kind::AsShown, regional: false };
    }
    let value = significant(value);
    let shown = ssfmt::format_default(value, "General").unwrap_or_else(|_| value.to_string());
    if value.abs() >= EXACT || !value.is_finite() {
        // The digits behind the fifteenth are lost: an id or a number of a parcel isn't this one any more.
        return Shown::unknown(shown);
    }
    let kind = kind(&shown, value);
    Shown { text: shown.into(), kind, regional: false }
}

/// What a text is that a number shows: nothing more, where it says just this number.
pub(super) fn kind(text: &str, value: f64) -> Kind {
    if is_plain(text) && text.parse::<f64>() == Ok(value) { Kind::AsShown } else { Kind::Number(value) }
}

/// `12`, `-7.50`: a number as everybody writes it.
fn is_plain(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    is_number(whole) && is_number(decimals) && (whole == "0" || !whole.starts_with('0'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_rounded_as_they_are_written() {
        for (value, decimals, rounded) in [
            (1.005, 2, 1.01),
            (2.675, 2, 2.68),
            (0.075, 2, 0.08),
            (99.995, 2, 100.0),
            (1234.5, 0, 1235.0),
            (1999.0, -3, 2000.0),
            (0.004, 2, 0.0),
            (0.5, 0, 1.0),
            (0.05, 0, 0.0),
            (999_999.5, 0, 1_000_000.0),
            (1e-20, 2, 0.0),
            (1e300, 2, 1e300),
            (0.1 + 0.2, 15, 0.3),
        ] {
            assert_eq!(Digits::of(value).unwrap().rounded(decimals).value(), rounded, "{value} {decimals}");
            assert_eq!(super::rounded(value, decimals), Some(rounded), "{value} {decimals}");
        }
    }

    #[test]
    fn the_short_way_rounds_as_the_long_one() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..20_000 {
            let scale = 10_f64.powi(random.i32(0..9));
            let value = (random.f64() * 1e9).round() / scale;
            for decimals in 0..=6 {
                let long = Digits::of(value).unwrap().rounded(decimals).value();
                assert_eq!(rounded(value, decimals), Some(long), "{value} {decimals}");
            }
            assert_eq!(significant(value), Digits::of(value).unwrap().value(), "{value}");
        }
    }

    #[test]
    fn whole_numbers_keep_all_their_digits() {
        for (value, text, kind) in [
            (919_876_543_210.0, "919876543210", Kind::AsShown),
            (-5.0, "-5", Kind::AsShown),
            (0.1 + 0.2, "0.3", Kind::AsShown),
            (1.0 / 3.0, "0.333333333", Kind::Number(0.333_333_333_333_333)),
            (1234.5, "1234.5", Kind::AsShown),
        ] {
            assert_eq!(general(value), Shown { text: text.into(), kind, regional: false });
        }
        assert_eq!(general(1e20).kind, Kind::NotAsShown);
        assert_eq!(general(f64::NAN).kind, Kind::NotAsShown);
    }

    #[test]
    fn a_text_is_its_number_where_it_says_just_that() {
        assert_eq!(kind("9.50", 9.5), Kind::AsShown);
        for text in ["007", "+7", "7%", "1,234", "", "7.", " 7", "7e0"] {
            assert_eq!(kind(text, 7.0), Kind::Number(7.0), "{text}");
        }
    }
}
