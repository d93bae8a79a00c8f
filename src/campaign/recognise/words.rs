//! The words of a header or of a name, so that two that a reader takes for the same are the same.

use unicode_normalization::UnicodeNormalization;

/// A text for comparing: lower case, without accents on Latin letters and without Arabic vowel marks, letters and
/// digits of one form.
pub(super) fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let mut folded = String::with_capacity(text.len());
    for c in text.nfkd() {
        match c {
            // Accents, Arabic vowels, joiners, variation selectors.
            '\u{300}'..='\u{36f}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{200b}'..='\u{200f}' => {}
            '\u{fe00}'..='\u{fe0f}' | '\u{feff}' => {}
            // Nukta: `फ़ोन` and `फोन` are one word.
            '\u{93c}' | '\u{9bc}' | '\u{a3c}' | '\u{abc}' => {}
            // Letters that Persian and Urdu write with signs of their own.
            'ي' | 'ى' => folded.push('ی'),
            'ك' => folded.push('ک'),
            'đ' | 'Đ' => folded.push('d'),
            'ł' | 'Ł' => folded.push('l'),
            'ø' | 'Ø' => folded.push('o'),
            'ı' => folded.push('i'),
            'ß' => folded.push_str("ss"),
            'æ' | 'Æ' => folded.push_str("ae"),
            c => folded.extend(c.to_lowercase()),
        }
    }
    folded
}

/// The words of a header, folded: `mobileNumber`, `Mobile-Number` and `MOBILE NUMBER` are two.
pub(super) fn words(header: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut previous_lower = false;
    for c in header.chars() {
        let part =
            (unicode_ident::is_xid_continue(c) && c != '_') || matches!(c, 'º' | '\u{200c}' | '\u{200d}');
        if !part || (previous_lower && c.is_uppercase()) {
            words.extend((!current.is_empty()).then(|| std::mem::take(&mut current)));
        }
        if part {
            current.push(c);
        }
        previous_lower = c.is_lowercase();
    }
    words.extend((!current.is_empty()).then_some(current));
    let mut joined: Vec<String> = Vec::with_capacity(words.len());
    for word in words.iter().map(|word| folded(word)).filter(|word| !word.is_empty()) {
        match joined.last_mut() {
            // `WhatsApp` is one word, whatever its capitals and blanks say.
            Some(last) if matches!(last.as_str(), "whats" | "what's") && word.starts_with("app") => {
                last.push_str(&word);
            }
            _ => joined.push(word),
        }
    }
    joined
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_cut_and_folded() {
        assert_eq!(words("mobileNumber"), ["mobile", "number"]);
        assert_eq!(words("WhatsApp_No."), ["whatsapp", "no"]);
        assert_eq!(words("Whats App"), ["whatsapp"]);
        assert_eq!(words("Numéro de TÉLÉPHONE"), ["numero", "de", "telephone"]);
        assert_eq!(words("Số điện thoại"), ["so", "dien", "thoai"]);
        assert_eq!(words("फ़ोन नंबर"), words("फोन नंबर"));
        assert_eq!(words("أرقام الهاتف"), words("ارقام الهاتف"));
        assert_eq!(words("***"), [""; 0]);
    }
}
