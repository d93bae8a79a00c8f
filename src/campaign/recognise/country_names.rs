//! Which country a cell names: a name in English, in the country's own language and some thirty others, ISO 3166 codes of two
//! and three letters, a calling code (`+977`, `977`, `0091`), a flag, or several of these that agree (`India (+91)`).
//!
//! Invariant: nothing is guessed. A word that no list has is no country, however near it is to one; a calling code that
//! several countries share stands for the numbers of all of them.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::words::folded;
use crate::domain::phone::Country;

/// `IN<tab>india|भारत|…`, made by `country_names.py`.
static LIST: &str = include_str!("country_names.txt");

static NAMES: LazyLock<HashMap<String, Country>> = LazyLock::new(|| {
    let mut names = HashMap::with_capacity(9_000);
    let mut doubtful = Vec::new();
    for line in LIST.lines() {
        let Some((code, all)) = line.split_once('\t') else { continue };
        let Ok(country) = code.parse::<Country>() else { continue };
        for name in all.split('|') {
            let key = key(name);
            if names.insert(key.clone(), country).is_some_and(|other| other != country) {
                doubtful.push(key);
            }
        }
    }
    for name in doubtful {
        names.remove(&name);
    }
    names
});

/// The country that a cell names, by a code or in words; `None` where it names none, or two.
#[must_use]
pub fn country(cell: &str) -> Option<Country> {
    let cell = cell.trim();
    if cell.is_empty() || cell.len() > 120 {
        return None;
    }
    if let Some(country) = whole(cell) {
        return Some(country);
    }
    // `India (+91)`, `IN +91`, `+91 (India)`, `🇮🇳 +91`, `IND - India`: every part has to say the same.
    let mut found: Option<Country> = None;
    let spread = spread(cell);
    let separators: &[char] = &['(', ')', '[', ']', '|', '/', ':', ';', ',', '–', '—', '\u{1}'];
    for part in spread.split(separators).flat_map(|part| part.split(" - ")) {
        let part = part.trim_matches(|c: char| c.is_whitespace() || matches!(c, '-' | '.' | '"' | '\''));
        if part.is_empty() {
            continue;
        }
        let here = whole(part)?;
        found = Some(match found {
            None => here,
            Some(other) if other == here => other,
            // The name says more than a shared code: `Canada (+1)`.
            Some(other) if other.calling_code() == here.calling_code() => {
                if is_code(part) {
                    other
                } else {
                    here
                }
            }
            Some(_) => return None,
        });
    }
    found
}

/// A cell that is a name, a code or a flag as a whole.
fn whole(text: &str) -> Option<Country> {
    if let Some(country) = flag(text) {
        return Some(country);
    }
    if is_code(text) {
        return calling_code(text);
    }
    let letters = text.len() == 2 || text.len() == 3;
    if letters && text.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        let found = if text.len() == 2 { text.parse().ok() } else { Country::of_alpha3(text) };
        if found.is_some() {
            return found;
        }
    }
    NAMES.get(&key(text)).copied()
}

/// Only digits, and what stands around a calling code.
fn is_code(text: &str) -> bool {
    text.bytes().any(|byte| byte.is_ascii_digit())
        && text.bytes().all(|byte| {
            byte.is_ascii_digit() || matches!(byte, b'+' | b'-' | b' ' | b'.' | b'(' | b')' | b'\'')
        })
}

/// `+977`, `977`, `0091`, `91.0` and `1-242`; the country it is best known for.
fn calling_code(text: &str) -> Option<Country> {
    let text = text.trim_matches(|c: char| matches!(c, '\'' | '(' | ')' | ' '));
    let text = text.strip_suffix(".0").unwrap_or(text);
    let text = text.strip_prefix('+').unwrap_or(text).trim_start();
    let text = text.strip_prefix("00").or_else(|| text.strip_prefix('0')).unwrap_or(text);
    let (code, rest) = match text.find(['-', ' ']) {
        Some(at) => (&text[..at], text[at..].trim_matches(['-', ' '])),
        None => (text, ""),
    };
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(code) || !digits(rest) || rest.len() > 4 {
        return None;
    }
    // `1242` is the Bahamas' share of +1.
    let code = if code.len() == 4 && code.starts_with('1') { "1" } else { code };
    Country::of_calling_code(code.parse().ok()?)
}

/// Two regional indicators.
fn flag(text: &str) -> Option<Country> {
    let letter =
        |c: char| u8::try_from(u32::from(c).checked_sub(0x1f1e6)?).ok().filter(|n| *n < 26).map(|n| b'A' + n);
    let mut chars = text.chars().filter(|c| !matches!(c, '\u{fe0f}' | '\u{200d}'));
    let code = [letter(chars.next()?)?, letter(chars.next()?)?];
    if chars.next().is_some() {
        return None;
    }
    std::str::from_utf8(&code).ok()?.parse().ok()
}

/// With a break before a `+` and behind a flag, so that both are parts of their own; and before bare digits.
fn spread(cell: &str) -> String {
    let mut spread = String::with_capacity(cell.len() + 4);
    let mut indicators = 0;
    let mut digits = false;
    for c in cell.chars() {
        let indicator = ('\u{1f1e6}'..='\u{1f1ff}').contains(&c);
        indicators = if indicator { indicators + 1 } else { 0 };
        let digit = c.is_ascii_digit() || c == '+' || (digits && matches!(c, '-' | ' ' | '.'));
        if digit != digits && (c == '+' || c.is_ascii_digit() || digits) {
            spread.push('\u{1}');
        }
        digits = digit;
        spread.push(c);
        if indicators == 2 {
            spread.push('\u{1}');
            indicators = 0;
        }
    }
    spread
}

/// A name for comparing: letters of one form, no punctuation, no article.
fn key(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for c in folded(name).chars() {
        if c.is_alphanumeric() || unicode_ident::is_xid_continue(c) && c != '_' {
            key.push(c);
        } else if c == '&' {
            key.push_str("and");
        }
    }
    match key.strip_prefix("the") {
        Some(rest) if rest.len() > 3 => rest.to_owned(),
        _ => key,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(cell: &str) -> &'static str {
        country(cell).map_or("-", Country::code)
    }

    #[test]
    fn countries_are_understood_as_people_write_them() {
        for (cell, expected) in [
            ("IN", "IN"),
            ("in", "IN"),
            ("IND", "IN"),
            ("India", "IN"),
            (" INDIA ", "IN"),
            ("+91", "IN"),
            ("91", "IN"),
            ("0091", "IN"),
            ("91.0", "IN"),
            ("India (+91)", "IN"),
            ("+91 (India)", "IN"),
            ("IN +91", "IN"),
            ("(+91) India", "IN"),
            ("🇮🇳", "IN"),
            ("🇮🇳 +91", "IN"),
            ("🇮🇳 India", "IN"),
            ("🇮🇳 India (+91)", "IN"),
            ("IND - India", "IN"),
            ("India - IN", "IN"),
            ("India +91", "IN"),
            ("IN/India", "IN"),
            ("भारत", "IN"),
            ("Indien", "IN"),
            ("Republic of India", "IN"),
            ("India 91", "IN"),
            ("'+91", "IN"),
            ("Nepal", "NP"),
            ("+977", "NP"),
            ("977", "NP"),
            ("नेपाल", "NP"),
            ("NPL", "NP"),
            ("UK", "GB"),
            ("United Kingdom", "GB"),
            ("U.K.", "GB"),
            ("England", "GB"),
            ("Great Britain", "GB"),
            ("+44", "GB"),
            ("United Kingdom (+44)", "GB"),
            ("USA", "US"),
            ("U.S.A.", "US"),
            ("United States", "US"),
            ("United States of America", "US"),
            ("+1", "US"),
            ("1", "US"),
            ("1-242", "US"),
            ("1242", "US"),
            ("Canada (+1)", "CA"),
            ("+1 Canada", "CA"),
            ("CA", "CA"),
            ("Brasil", "BR"),
            ("Brésil", "BR"),
            ("巴西", "BR"),
            ("Deutschland", "DE"),
            ("Allemagne", "DE"),
            ("Germany", "DE"),
            ("ألمانيا", "DE"),
            ("Германия", "DE"),
            ("UAE", "AE"),
            ("United Arab Emirates", "AE"),
            ("الإمارات العربية المتحدة", "AE"),
            ("KSA", "SA"),
            ("Saudi Arabia", "SA"),
            ("中国", "CN"),
            ("中國", "CN"),
            ("日本", "JP"),
            ("대한민국", "KR"),
            ("South Korea", "KR"),
            ("Korea, Republic of", "KR"),
            ("Côte d'Ivoire", "CI"),
            ("Ivory Coast", "CI"),
            ("Cote d Ivoire", "CI"),
            ("Viet Nam", "VN"),
            ("Việt Nam", "VN"),
            ("Türkiye", "TR"),
            ("Turkey", "TR"),
            ("Россия", "RU"),
            ("+7", "RU"),
            ("Kazakhstan", "KZ"),
            ("México", "MX"),
            ("The Netherlands", "NL"),
            ("Holland", "NL"),
            ("ایران", "IR"),
            ("پاکستان", "PK"),
            ("বাংলাদেশ", "BD"),
            ("ישראל", "IL"),
            ("ไทย", "TH"),
            ("Bosnia & Herzegovina", "BA"),
            ("Bosnia and Herzegovina", "BA"),
            ("Hong Kong", "HK"),
            ("Hong Kong SAR China", "HK"),
            ("Czech Republic", "CZ"),
            ("Tanzania, United Republic of", "TZ"),
            ("España", "ES"),
            ("Espana", "ES"),
            ("Svizzera", "CH"),
            ("NA", "NA"),
        ] {
            assert_eq!(code(cell), expected, "{cell}");
        }
    }

    #[test]
    fn nothing_is_guessed() {
        for cell in [
            "",
            " ",
            "Atlantis",
            "Indai",
            "XX",
            "ZZZ",
            "+999",
            "0",
            "00",
            "Pune",
            "Maharashtra",
            "India, Nepal",
            "IN/NP",
            "India (+977)",
            "9876543210",
            "560001",
            "Yes",
            "-",
            "North",
            "Mrs",
            "919",
            "#N/A",
            "IN2",
        ] {
            assert_eq!(code(cell), "-", "{cell}");
        }
    }

    #[test]
    fn every_country_has_its_codes_and_its_name() {
        assert_eq!(LIST.lines().count(), Country::all().count());
        for one in Country::all() {
            assert_eq!(country(one.code()), Some(one));
            assert_eq!(country(one.name()), Some(one), "{}", one.name());
            let by_code = country(&format!("+{}", one.calling_code())).map(Country::calling_code);
            assert_eq!(by_code, Some(one.calling_code()));
        }
    }
}
