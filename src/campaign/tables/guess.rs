//! The likeliest encoding of a text that bears no mark and isn't UTF-8.
//!
//! `chardetng` knows what browsers meet. What it doesn't know (MacRoman, the DOS pages) is held against its answer by how
//! plausible the words become: letters of one script and one case within a word, no symbols among letters.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{IBM866, MACINTOSH, WINDOWS_1250, WINDOWS_1252, X_MAC_CYRILLIC};

use crate::domain::phone::Country;

use super::charset::Charset;
use super::codepages::{CP437, CP850, CP852};

/// How much a character of a text that was read rightly scores, at least (a hundredth).
const PLAUSIBLE: i64 = 100;
/// What `chardetng`'s answer has in advance.
const ADVANCE: i64 = 50;

/// A guess.
#[derive(Clone, Debug)]
pub(super) struct Guess {
    pub(super) charset: Charset,
    /// Some of the words as they are read.
    pub(super) example: String,
    /// The words are such as people write.
    pub(super) plausible: bool,
}

/// Guesses from the lines that aren't ASCII. A megabyte takes a third of a second.
pub(super) fn guess(lines: &[u8], country: Option<Country>) -> Guess {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(lines, true);
    let domain = country.map(|country| match country.code() {
        "GB" => "uk".to_owned(),
        code => code.to_ascii_lowercase(),
    });
    let first = Charset::Web(detector.guess(domain.as_deref().map(str::as_bytes), Utf8Detection::Deny));
    // Where the words are good in another script, nothing speaks for the Latin pages.
    let part = &lines[..lines.len().min(64 << 10)];
    let score = |charset: Charset| plausibility(&charset.sample(part));
    let mut best = (score(first) + ADVANCE, first);
    let latin = first.sample(part).chars().all(|c| !c.is_alphabetic() || (c as u32) < 0x250);
    let others: &[Charset] = if latin || best.0 < PLAUSIBLE + ADVANCE {
        &[
            Charset::Web(WINDOWS_1252),
            Charset::Web(MACINTOSH),
            Charset::Page(&CP850),
            Charset::Page(&CP437),
            Charset::Page(&CP852),
            Charset::Web(WINDOWS_1250),
            Charset::Web(X_MAC_CYRILLIC),
            Charset::Web(IBM866),
        ]
    } else {
        // Cyrillic has a page of Apple's, too.
        &[Charset::Web(X_MAC_CYRILLIC)]
    };
    for other in others {
        let found = score(*other);
        if found > best.0 {
            best = (found, *other);
        }
    }
    let (found, charset) = best;
    Guess { charset, example: example(&charset.sample(part)), plausible: found >= PLAUSIBLE }
}

/// The first word that holds more than ASCII, with the one before it.
pub(super) fn example(text: &str) -> String {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '\'' | '’' | '-') || !c.is_ascii();
    let mut words = text.split(|c: char| !inner(c)).filter(|word| !word.is_empty());
    let word = words.find(|word| !word.is_ascii()).unwrap_or_default();
    word.chars().filter(|c| !c.is_control()).take(30).collect()
}

/// How much a text is like what people write: the mean over its characters beyond ASCII, in hundredths.
fn plausibility(text: &str) -> i64 {
    let chars: Vec<char> = text.chars().collect();
    let (mut sum, mut count) = (0, 0);
    for (at, &c) in chars.iter().enumerate().filter(|(_, c)| !c.is_ascii()) {
        let near = |at: Option<usize>| at.and_then(|at| chars.get(at)).copied().unwrap_or(' ');
        let before = (near(at.checked_sub(2)), near(at.checked_sub(1)));
        sum += worth(c, before, (near(Some(at + 1)), near(Some(at + 2))));
        count += 1;
    }
    if count == 0 { 0 } else { sum * 100 / count }
}

/// What a character among its neighbours is worth.
fn worth(c: char, before: (char, char), after: (char, char)) -> i64 {
    let letters = usize::from(before.1.is_alphabetic()) + usize::from(after.0.is_alphabetic());
    if c == char::REPLACEMENT_CHARACTER || c.is_control() || ('\u{e000}'..='\u{f8ff}').contains(&c) {
        return -8;
    }
    if matches!(c, 'ª' | 'º') {
        return if before.1.is_ascii_digit() || before.1 == '.' { 2 } else { -4 };
    }
    if c.is_alphabetic() {
        let latin = |c: char| (c as u32) < 0x250;
        let mixed = |other: char| other.is_alphabetic() && latin(other) != latin(c);
        if mixed(before.1) || mixed(after.0) {
            return -5;
        }
        let sudden = c.is_uppercase() && before.1.is_lowercase();
        let small_among_great = c.is_lowercase()
            && before.1.is_uppercase()
            && (before.0.is_uppercase() || after.0.is_uppercase());
        let small_before_great = c.is_lowercase() && after.0.is_uppercase() && !before.1.is_uppercase();
        return match () {
            () if sudden || small_among_great || small_before_great => -3,
            () if "áéíóúàèêçãäöüñß".contains(c) || "ÁÉÍÓÚÀÇÃÄÖÜÑ".contains(c) => 4,
            () if "âîôûëïìòùåæøõąćęłńśźżěščřžýůőűğışşţăâț".contains(c) => {
                3
            }
            () if !latin(c) => 3,
            () if c.is_uppercase() && after.0.is_lowercase() && !before.1.is_alphabetic() => 2,
            () => 1,
        };
    }
    if c.is_alphanumeric() {
        return 1;
    }
    match (letters, c) {
        (_, '’' | '‘') => 1,
        (2, _) => -5,
        (
            _,
            '“' | '”' | '„' | '–' | '—' | '…' | '«' | '»' | '¿' | '¡' | '€' | '£' | '°' | '§' | '®' | '™'
            | '\u{a0}',
        ) => 1,
        (0, '•' | '·' | '₹' | '¥' | '№') => 1,
        (1, _) => -3,
        _ if (c as u32) >= 0x2e80 => 1,
        _ => -2,
    }
}

/// A word that is UTF-8 written as UTF-8 once more (`JosÃ©`), and what it was.
pub(super) fn twice_encoded(text: &str) -> Option<(String, String)> {
    let inner = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric();
    text.split(|c| !inner(c)).filter(|word| !word.is_ascii()).find_map(|word| {
        let (bytes, _, unmappable) = WINDOWS_1252.encode(word);
        let meant = std::str::from_utf8(&bytes).ok().filter(|meant| !unmappable && !meant.is_ascii())?;
        let cut = |text: &str| text.chars().take(30).collect::<String>();
        Some((cut(word), cut(meant)))
    })
}

/// Whether a text in ASCII is UTF-7: what isn't ASCII stands between `+` and `-` in base 64.
pub(super) fn is_utf7(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"+/v") {
        return true;
    }
    memchr::memchr_iter(b'+', bytes).any(|at| {
        let run = &bytes[at + 1..bytes.len().min(at + 80)];
        // A phone number's digits are base 64 as well; letters of the alphabets begin with `A` to `D` in it.
        if !run.first().is_some_and(|b| (b'A'..=b'D').contains(b)) {
            return false;
        }
        let length =
            run.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'+' || **b == b'/').count();
        run.get(length) == Some(&b'-') && are_letters(&run[..length])
    })
}

/// Whether base 64 holds UTF-16 letters beyond ASCII, and nothing is left over.
fn are_letters(base64: &[u8]) -> bool {
    let (mut bits, mut held) = (0u32, 0u32);
    let mut units = vec![];
    for byte in base64 {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 16 {
            held -= 16;
            units.push(u16::try_from((bits >> held) & 0xffff).unwrap_or_default());
            bits &= (1 << held) - 1;
        }
    }
    let text = String::from_utf16(&units).unwrap_or_default();
    bits == 0 && held < 6 && !text.is_empty() && text.chars().all(|c| !c.is_ascii() && c.is_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8], country: &str) -> (&'static str, bool) {
        let guess = guess(bytes, country.parse().ok());
        (guess.charset.name(), guess.plausible)
    }

    fn page(text: &str, high: &str) -> Vec<u8> {
        let byte = |c: char| match high.chars().position(|h| h == c) {
            Some(at) => u8::try_from(at + 128).unwrap(),
            None => u8::try_from(c).unwrap(),
        };
        text.chars().map(byte).collect()
    }

    const NAMES: [&str; 5] =
        ["José,Müller,Zoë\n", "João,Conceição,Ângela\n", "André\n", "Jürgen Groß\n", "JOSÉ MUÑOZ\n"];

    #[test]
    fn names_are_read_in_the_page_they_were_written_in() {
        for text in NAMES {
            for country in ["", "IN", "PT", "DE"] {
                let bytes = WINDOWS_1252.encode(text).0;
                assert_eq!(
                    guess(&bytes, country.parse().ok()).charset.sample(&bytes),
                    text,
                    "1252 {country}"
                );
                let mac = MACINTOSH.encode(text).0;
                assert_eq!(
                    guess(&mac, country.parse().ok()).charset.sample(&mac),
                    text,
                    "MacRoman {country}"
                );
                let dos = page(text, CP850.high);
                assert_eq!(guess(&dos, country.parse().ok()).charset.sample(&dos), text, "cp850 {country}");
            }
        }
        let us = page("José,Müller,Zoë,niño\n", CP437.high);
        assert_eq!(guess(&us, None).charset.sample(&us), "José,Müller,Zoë,niño\n");
    }

    #[test]
    fn a_country_decides_between_scripts() {
        let text = "Иван,Москва\nМария,Тверь\nПётр,Омск\n";
        for encoding in [encoding_rs::WINDOWS_1251, encoding_rs::KOI8_R, IBM866, X_MAC_CYRILLIC] {
            let bytes = encoding.encode(text).0;
            let guess = guess(&bytes, "RU".parse().ok());
            assert_eq!(guess.charset.sample(&bytes), text, "{}", encoding.name());
        }
        assert_eq!(read(b"JO\xc3O,CONCEI\xc7\xc3O\n", "PT").0, "windows-1252");
        let (sjis, _, _) = encoding_rs::SHIFT_JIS.encode("花子,東京\n太郎,大阪\n");
        assert_eq!(guess(&sjis, "JP".parse().ok()).charset.sample(&sjis), "花子,東京\n太郎,大阪\n");
    }

    #[test]
    fn other_ways_of_writing_are_recognised() {
        assert_eq!(twice_encoded("a,JosÃ©,b").unwrap(), ("JosÃ©".to_owned(), "José".to_owned()));
        assert_eq!(twice_encoded("José Müller, 20 °C, naïve, São"), None);
        assert!(is_utf7(b"phone,name\n+919876543210,Jos+AOk-\n"));
        assert!(!is_utf7(b"phone,name\n+919876543210,A+B-C +ABC-\n+91-98765-43210,x\n"));
    }
}
