//! A message normalised, so that two ways of writing the same are the same text.

use unicode_normalization::UnicodeNormalization as _;

/// Lower case, without accents, vowel points and marks that nobody sees; whatever is neither letter nor digit is a gap,
/// and gaps are one space. Apostrophes vanish: `don't` is `dont`. Letters spelt one by one (`S.T.O.P`) are a word.
pub(super) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.nfkd().flat_map(char::to_lowercase).nfkd() {
        match c {
            // Latin accents, Hebrew points, Arabic vowel signs and the stretching of letters.
            '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{640}' | '\u{670}' => {
            }
            '\'' | '\u{2018}' | '\u{2019}' | '\u{2bc}' | '\u{60}' | '\u{b4}' => {}
            '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2069}'
            | '\u{feff}'
            | '\u{ad}'
            | '\u{fe0f}' => {}
            c if c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c) => {
                if gap && !out.is_empty() {
                    out.push(' ');
                }
                gap = false;
                push(&mut out, c);
            }
            _ => gap = true,
        }
    }
    let spelt = out.chars().count() >= 5 && out.split(' ').all(|word| word.chars().count() == 1);
    if spelt { out.replace(' ', "") } else { out }
}

/// Letters that keyboards and languages write in two ways are one.
fn push(out: &mut String, c: char) {
    out.push(match c {
        'ł' => 'l',
        'ø' => 'o',
        'đ' => 'd',
        'ı' => 'i',
        'ς' => 'σ',
        // Arabic and Persian forms.
        'ى' | 'ی' => 'ي',
        'ک' => 'ك',
        'ة' | 'ہ' | 'ھ' | 'ۃ' => 'ه',
        'ß' => return out.push_str("ss"),
        'æ' => return out.push_str("ae"),
        c => c,
    });
}

/// The sentences of a message, as people type them.
pub(super) fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split([
        '.', '!', '?', ',', ';', ':', '\n', '\r', '…', '。', '！', '？', '，', '、', '؟', '،', '।', '۔',
    ])
}

/// With the digits that stand for letters (`st0p`) as letters; `None` where there are none, or no letters.
pub(super) fn without_leet(word: &str) -> Option<String> {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    if digits == 0 || letters < 3 {
        return None;
    }
    let letter = |c| match c {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '8' => 'b',
        c => c,
    };
    Some(word.chars().map(letter).collect())
}

/// Without the repetitions of a letter: `sttoppp` is `stop`.
pub(super) fn squeezed(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

/// Whether two words differ by at most `most` letters that were added, left out, changed, or swapped with the next.
pub(super) fn near(a: &str, b: &str, most: usize) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len().abs_diff(b.len()) > most {
        return false;
    }
    // Optimal string alignment over three rows.
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut cost = changed.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                cost = cost.min(before[j - 2] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[b.len()] <= most
}
