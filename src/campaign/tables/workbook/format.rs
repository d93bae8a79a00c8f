//! One number format: what it shows of a number or a text.
//!
//! ssfmt knows the codes. What it gets wrong, or nobody but the spreadsheet program can know, is told apart here
//! before it is asked: names of months in other languages, other calendars and numerals, the computer's own formats.

use ssfmt::ast::{FormatPart, FormatType, Section};
use ssfmt::{DateSystem, FormatOptions, NumberFormat};

use crate::campaign::tables::row::Kind;

use super::book::Shown;
use super::general::{general, integer, kind, rounded, significant};

/// English, among the languages of a locale's number.
const ENGLISH: u32 = 0x09;

/// A number format.
#[derive(Debug)]
pub(super) enum Format {
    General,
    /// `0`.
    Whole,
    /// A date as the computer writes it, or with the time.
    Regional(Box<Format>),
    Code(Box<Coded>),
    /// What it shows isn't known.
    Unknown,
}

/// A format code, read.
#[derive(Debug)]
pub(super) struct Coded {
    format: NumberFormat,
    /// Of each section.
    decimals: Vec<Option<i32>>,
    conditions: bool,
    names: bool,
}

impl Format {
    /// The format of a code.
    pub(super) fn of_code(code: &str) -> Format {
        match code {
            "" | "General" | "GENERAL" | "general" | "@" | "Standard" => return Format::General,
            "0" => return Format::Whole,
            _ => {}
        }
        let Some(traits) = Traits::of(code) else { return Format::Unknown };
        if traits.system_date {
            return Format::regional("yyyy\\-mm\\-dd");
        }
        if traits.system_time {
            return Format::regional("hh:mm:ss");
        }
        Format::coded(code, traits.english)
    }

    /// A built-in format that has no code in the file.
    pub(super) fn of_id(id: u16) -> Format {
        match id {
            0 | 49 => Format::General,
            14 => Format::regional("yyyy\\-mm\\-dd"),
            22 => Format::regional("yyyy\\-mm\\-dd hh:mm"),
            41 => Format::of_code("_(* #,##0_);_(* (#,##0);_(* \"-\"_);_(@_)"),
            43 => Format::of_code("_(* #,##0.00_);_(* (#,##0.00);_(* \"-\"??_);_(@_)"),
            // The others are the computer's own currency, or East Asian dates.
            id => ssfmt::format_code_from_id(u32::from(id)).map_or(Format::Unknown, Format::of_code),
        }
    }

    fn regional(code: &str) -> Format {
        Format::Regional(Box::new(Format::coded(code, true)))
    }

    fn coded(code: &str, english: bool) -> Format {
        let Ok(format) = NumberFormat::parse(code) else { return Format::Unknown };
        let (mut decimals, mut names, mut conditions) = (vec![], false, false);
        for section in format.sections() {
            conditions |= section.condition.is_some();
            names |= section.parts.iter().any(is_name);
            decimals.push(decimals_of(section));
        }
        Format::Code(Box::new(Coded { format, decimals, conditions, names: names && !english }))
    }

    /// What it shows of a number.
    pub(super) fn number(&self, value: f64, date1904: bool) -> Shown {
        match self {
            Format::General => general(value),
            Format::Whole => {
                let whole = rounded(value, 0).map(|whole| whole.copysign(value));
                match whole.and_then(integer) {
                    Some(text) => {
                        let kind = kind(&text, significant(value));
                        Shown { text, kind, regional: false }
                    }
                    None => Shown::unknown(value.to_string()),
                }
            }
            Format::Regional(format) => Shown { regional: true, ..format.number(value, date1904) },
            Format::Code(coded) => coded.number(value, date1904),
            Format::Unknown => Shown::unknown(general(value).text),
        }
    }

    /// What it shows of a text.
    pub(super) fn text(&self, text: &str) -> Shown {
        match self {
            Format::Code(coded) => coded.text(text),
            _ => Shown::text(text),
        }
    }
}

impl Coded {
    fn number(&self, value: f64, date1904: bool) -> Shown {
        let value = significant(value);
        let unknown = || Shown::unknown(general(value).text);
        let sections = self.format.sections();
        let Some((n, section)) = self.section(value) else { return unknown() };
        if section.has_date_parts() {
            return self.date(value, date1904);
        }
        if section.parts.is_empty() && section.color.is_none() && !self.conditions && n > 0 {
            // `0;-0;;@` hides zeros.
            return Shown { text: "".into(), kind: Kind::Number(value), regional: false };
        }
        if section.parts.is_empty() && sections.len() == 1 {
            return general(value);
        }
        let mut shown = value;
        if let Some(decimals) = self.decimals[n] {
            let Some(rounded) = rounded(value, decimals) else { return unknown() };
            // What rounds to nothing stays in its section, and loses a sign that would stand before a zero.
            if rounded != 0.0 || sections.len() == 1 {
                shown = if rounded == 0.0 { 0.0 } else { rounded.copysign(value) };
            }
        }
        let Ok(text) = self.format.try_format(shown, &FormatOptions::default()) else { return unknown() };
        let text = text.trim();
        // A condition that negative numbers meet, too, shows their sign; of a fraction next to nothing ssfmt makes 0.
        let has_digit = text.bytes().any(|b| b.is_ascii_digit());
        let lost_sign = self.conditions && shown < 0.0 && has_digit && !text.contains(['-', '(']);
        let lost = section.metadata.format_type == FormatType::Fraction && value != 0.0 && text == "0";
        if lost_sign || lost || !value.is_finite() {
            return unknown();
        }
        Shown { text: text.into(), kind: kind(text, value), regional: false }
    }

    fn date(&self, value: f64, date1904: bool) -> Shown {
        let date_system = if date1904 { DateSystem::Date1904 } else { DateSystem::Date1900 };
        let options = FormatOptions { date_system, ..FormatOptions::default() };
        // Before the first day and after the last the sheet shows nothing but `#`.
        if !(0.0..2_958_466.0).contains(&value) {
            return Shown::unknown(general(value).text);
        }
        match self.format.try_format(value, &options) {
            Ok(text) => Shown { text: text.trim().into(), kind: Kind::AsShown, regional: self.names },
            Err(_) => Shown::unknown(general(value).text),
        }
    }

    /// The section that shows a number, and which it is.
    fn section(&self, value: f64) -> Option<(usize, &Section)> {
        let sections = self.format.sections();
        let n = if self.conditions {
            let met = |section: &Section| section.condition.is_none_or(|condition| condition.evaluate(value));
            sections.iter().position(met)?
        } else {
            match sections.len() {
                0 | 1 => 0,
                2 => usize::from(value < 0.0),
                _ if value > 0.0 => 0,
                _ if value < 0.0 => 1,
                _ => 2,
            }
        };
        sections.get(n).map(|section| (n, section))
    }

    fn text(&self, text: &str) -> Shown {
        let sections = self.format.sections();
        let section = match sections {
            [_, _, _, section] => section,
            [.., section] if section.has_text_placeholder() => section,
            _ => return Shown::text(text),
        };
        let mut shown = String::with_capacity(text.len());
        for part in &section.parts {
            match part {
                FormatPart::TextPlaceholder => shown.push_str(text),
                FormatPart::Literal(literal) | FormatPart::EscapedLiteral(literal) => shown.push_str(literal),
                _ => {}
            }
        }
        Shown::text(shown)
    }
}

fn is_name(part: &FormatPart) -> bool {
    use ssfmt::ast::DatePart as D;
    matches!(
        part,
        FormatPart::DatePart(D::MonthAbbr | D::MonthFull | D::MonthLetter | D::DayAbbr | D::DayFull)
    )
}

/// How many decimals of a number a section shows; `None` where it shows no plain number.
fn decimals_of(section: &Section) -> Option<i32> {
    let plain =
        |part: &FormatPart| !matches!(part, FormatPart::Scientific { .. } | FormatPart::Fraction { .. });
    let is_digit = |part: &FormatPart| matches!(part, FormatPart::Digit(_));
    if section.has_date_parts() || !section.parts.iter().all(plain) || !section.parts.iter().any(is_digit) {
        return None;
    }
    let point = section.parts.iter().position(|part| matches!(part, FormatPart::DecimalPoint));
    let last = section.parts.iter().rposition(is_digit).unwrap_or(0);
    let count = |from: usize, is: &dyn Fn(&FormatPart) -> bool| {
        i32::try_from(section.parts.iter().skip(from).filter(|part| is(part)).count()).unwrap_or(0)
    };
    let decimals = point.map_or(0, |point| count(point, &is_digit));
    let percents = count(0, &|part| matches!(part, FormatPart::Percent));
    let thousands = count(last, &|part| matches!(part, FormatPart::ThousandsSeparator));
    Some(decimals + 2 * percents - 3 * thousands)
}

/// What a code asks of the program that applies it.
#[derive(Debug, Default)]
struct Traits {
    /// The computer's long date.
    system_date: bool,
    /// The computer's time.
    system_time: bool,
    /// It says that its names are English.
    english: bool,
}

impl Traits {
    /// `None` where nobody but the spreadsheet program can tell what it shows.
    fn of(code: &str) -> Option<Traits> {
        let mut traits = Traits::default();
        let mut foreign = false;
        // The letters of the code itself, outside of texts and brackets.
        let mut letters = String::with_capacity(code.len());
        let mut chars = code.chars();
        while let Some(c) = chars.next() {
            match c {
                '"' => while chars.next().is_some_and(|c| c != '"') {},
                '\\' | '_' | '*' => drop(chars.next()),
                '[' => {
                    let bracket: String = chars.by_ref().take_while(|c| *c != ']').collect();
                    let Some(locale) = bracket.strip_prefix('$') else {
                        if ["DBNUM", "NATNUM", "ENG"]
                            .iter()
                            .any(|word| bracket.to_uppercase().starts_with(word))
                        {
                            return None;
                        }
                        continue;
                    };
                    match locale.rsplit_once('-').map(|(_, id)| id).unwrap_or("") {
                        "" => {}
                        "F800" | "f800" | "x-sysdate" | "sysdate" => traits.system_date = true,
                        "F400" | "f400" | "x-systime" | "systime" => traits.system_time = true,
                        id => match u32::from_str_radix(id, 16) {
                            Ok(id) if id >= 0x1_0000 => return None,
                            Ok(id) if id & 0x3ff == ENGLISH => traits.english = true,
                            Ok(_) => foreign = true,
                            Err(_) if locale.contains("-en-") => traits.english = true,
                            Err(_) => foreign = true,
                        },
                    }
                }
                c => letters.push(c.to_ascii_lowercase()),
            }
        }
        let letters = letters.replace("general", "");
        let names = ["mmm", "ddd", "am/pm", "a/p"].iter().any(|name| letters.contains(name));
        if foreign && names || letters.contains('午') {
            return None;
        }
        // Exponents of another length than two, years of emperors and Buddhists, days of the week in Chinese.
        let rest = letters.replace("am/pm", "").replace("a/p", "");
        let exponent = |sign: &str| rest.split(sign).skip(1).all(|after| digits(after) == 2);
        if !exponent("e+") || !exponent("e-") {
            return None;
        }
        let rest = rest.replace("e+", "").replace("e-", "");
        let other = |c: char| c.is_alphabetic() && c.is_ascii() && !"dmyhs".contains(c);
        (!rest.contains(other)).then_some(traits)
    }
}

fn digits(code: &str) -> usize {
    code.chars().take_while(|c| matches!(c, '0' | '#' | '?')).count()
}
