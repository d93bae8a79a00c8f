//! Why a cell holds no usable number, and what to mind about one that does.

use super::Country;

/// Why an accepted number deserves a look. `Display` says it to a marketer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneWarning {
    /// A numeric cell that ends in several zeros.
    #[error("the number ends in several zeros: the spreadsheet may have rounded it")]
    Rounded,
    /// A zero at the beginning was put back.
    #[error("read with a 0 in front, without which it is no number of {} (+{}): the spreadsheet took it", .0.name(), .0.calling_code())]
    ZeroPutBack(Country),
    /// Taken by [`Accept::Possible`](super::Accept::Possible).
    #[error("the numbering plans don't list this number; it is taken because of `\"accept\": \"possible\"`")]
    Unlisted,
}

/// Why a cell holds no usable number. `Display` says it to a marketer; none repeats the number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Nothing in it.
    #[error("the phone number is empty")]
    Empty,
    /// No digit in it.
    #[error("this is no phone number: it has no digits")]
    NoDigits,
    /// Letters.
    #[error("the phone number contains letters: write digits only, such as +91 98765 43210")]
    Letters,
    /// Another character that has no place in a number.
    #[error("the phone number contains `{}`: write digits only, such as +91 98765 43210", .0.escape_default())]
    Unexpected(char),
    /// `9.19877E+11`.
    #[error(
        "the spreadsheet has cut off this number's last digits (it shows E+): format the column as text \
             and enter the number again"
    )]
    DigitsLost,
    /// `919876543210.5`.
    #[error("the phone number has a decimal fraction: format the column as text and enter the number again")]
    Fraction,
    /// More than one number.
    #[error("two phone numbers in one cell: give each its own row")]
    TwoNumbers,
    /// An extension.
    #[error("the phone number has an extension, which WhatsApp can't reach: keep the number alone")]
    Extension,
    /// More than 15 digits.
    #[error("the phone number is too long: no number has more than 15 digits")]
    TooLong,
    /// Fewer digits than any number has.
    #[error("the phone number is too short")]
    TooShort,
    /// Bare digits in an audience that says neither a country nor that they carry a calling code.
    #[error(
        "a national number, and nobody says of which country: write it with + and the country's code, set `country` for \
             the audience, or `\"numbers\": \"international\"` where all numbers begin with their country's code"
    )]
    NeedsCountry,
    /// The first digits behind `+` or `00` are no country's.
    #[error("no country has this calling code: after + comes the country's code, such as +91")]
    UnknownCallingCode,
    /// No such number behind a calling code.
    #[error("no valid number of {} (+{}): look for missing or extra digits", .0.name(), .0.calling_code())]
    InvalidIn(Country),
    /// No such number behind a calling code that is no country's own (satellites, freephone).
    #[error("no valid phone number: look for missing or extra digits")]
    Invalid,
    /// The length is right, but the numbering plans list no such number.
    #[error(
        "no known number of {} (+{}), though its length is right: is a digit wrong, or is the number newer than \
             this list? `\"accept\": \"possible\"` lets such numbers through", .0.name(), .0.calling_code()
    )]
    Unlisted(Country),
    /// Neither a national number nor one with the country's calling code.
    #[error("no valid number of {} (+{}): look for missing or extra digits, and write a number of another \
             country with + in front", .0.name(), .0.calling_code())]
    NotOf(Country),
    /// Valid both as a national and as an international number.
    #[error("the number can be read as one of {} or with a calling code: write it with + in front", .0.name())]
    Ambiguous(Country),
}
