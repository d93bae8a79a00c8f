//! Words that mean yes or no, as spreadsheets and forms write them.
//!
//! Invariant: a word that means yes to some and no to others is none: `o` (French yes, a circle beside `x`), `e` (Turkish
//! yes, Finnish and Estonian no), `h` (Turkish no, Hindi yes), `jo` (Danish yes, Albanian no), `nai` (Greek yes, Hindi no).

/// Words for yes, in lower case.
const YES: &[&str] = &[
    "1",
    "true",
    "yes",
    "y",
    "t",
    "on",
    "x",
    "✓",
    "✔",
    "☑",
    "✅", // signs, English
    "sí",
    "si",
    "s",
    "verdadero",
    "cierto",
    "sim",
    "verdadeiro",
    "oui",
    "vrai",
    "sì",
    "vero", // Romance
    "da",
    "adevărat",
    "ja",
    "j",
    "wahr",
    "waar",
    "sann",
    "sand", // Romanian, Germanic
    "да",
    "д",
    "истина",
    "так",
    "tak",
    "prawda",
    "ano",
    "áno", // Slavic
    "ya",
    "iya",
    "benar",
    "oo",
    "opo",
    "có",
    "đúng",
    "evet",
    "doğru",
    "ndiyo",
    "igen",
    "igaz",
    "kyllä",
    "kyl",
    "tosi",
    "taip",
    "jā",
    "jah",
    "naam",
    "haan",
    "haa",
    "haan ji",
    "ναι",
    "αληθές", // Latin, Greek
    "是",
    "是的",
    "对",
    "對",
    "真",
    "有",
    "はい",
    "예",
    "네",
    "응", // East Asian
    "हाँ",
    "हां",
    "हा",
    "जी",
    "जी हाँ",
    "सही",
    "होय",
    "हो",
    "হ্যাঁ",
    "হাঁ",
    "હા",
    "ਹਾਂ",
    "ହଁ",
    "అవును",
    "ஆம்",
    "ஆமாம்",
    "ಹೌದು",
    "അതെ", // India
    "نعم",
    "أجل",
    "صحيح",
    "بله",
    "آری",
    "بلی",
    "ہاں",
    "جی ہاں",
    "جی",
    "כן",
    "נכון",
    "ใช่",
    "ဟုတ်ကဲ့",
    "បាទ", // Arabic script and others
];
/// Words for no, in lower case.
const NO: &[&str] = &[
    "0",
    "false",
    "no",
    "n",
    "f",
    "off",
    "✗",
    "✘",
    "☐",
    "❌",
    "✖", // signs, English
    "falso",
    "não",
    "nao",
    "non",
    "faux",
    "nu",
    "fals", // Romance
    "nein",
    "falsch",
    "nee",
    "onwaar",
    "nej",
    "nei",
    "falsk",
    "usann", // Germanic
    "нет",
    "н",
    "ложь",
    "ні",
    "не",
    "nie",
    "fałsz",
    "ne",
    "nepravda", // Slavic
    "tidak",
    "tdk",
    "bukan",
    "không",
    "hayır",
    "hayir",
    "yanlış",
    "hapana",
    "nem",
    "hamis",
    "ei",
    "epätosi",
    "nē",
    "ei ole",
    "nahi",
    "nahin",
    "όχι",
    "ochi",
    "ψευδές", // Latin, Greek
    "否",
    "不",
    "不是",
    "没有",
    "沒有",
    "假",
    "無",
    "いいえ",
    "偽",
    "아니요",
    "아니오",
    "아니", // East Asian
    "नहीं",
    "नही",
    "ना",
    "नाही",
    "না",
    "ના",
    "ਨਹੀਂ",
    "ନା",
    "కాదు",
    "లేదు",
    "இல்லை",
    "ಇಲ್ಲ",
    "ಅಲ್ಲ",
    "ഇല്ല",
    "അല്ല", // India
    "لا",
    "كلا",
    "خطأ",
    "خیر",
    "نه",
    "نہیں",
    "לא",
    "שקר",
    "ไม่",
    "ไม่ใช่",
    "မဟုတ်ဘူး",
    "ទេ", // Arabic script and others
];

/// What a word means, where it is one for yes or no.
pub(super) fn meaning(text: &str) -> Option<bool> {
    // The words are short: what is longer needs no look.
    if text.len() > 40 {
        return None;
    }
    let word = text.trim().trim_end_matches(['.', '!', '\u{fe0f}']).to_lowercase();
    if YES.contains(&word.as_str()) {
        Some(true)
    } else if NO.contains(&word.as_str()) {
        Some(false)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn yes_and_no_in_many_languages() {
        for word in [
            "TRUE",
            "Yes",
            "Y",
            "1",
            "x",
            "✓",
            "✔\u{fe0f}",
            "Ja",
            "Sí",
            "Oui",
            "Да",
            "是",
            "हाँ",
            "نعم",
            "SIM",
        ] {
            assert_eq!(meaning(word), Some(true), "{word}");
        }
        for word in ["FALSE", "no", "N", "0", "Nein", "Não", "否", "Нет", "नहीं", "لا", "Hayır", "não."]
        {
            assert_eq!(meaning(word), Some(false), "{word}");
        }
        for word in ["", "Pune", "maybe", "2", "Norway", "-", "O", "E", "H", "Jo", "nai", "○", "×"] {
            assert_eq!(meaning(word), None, "{word}");
        }
    }

    #[test]
    fn no_word_means_both() {
        for word in YES {
            assert!(!NO.contains(word), "{word}");
            assert_eq!(meaning(word), Some(true), "{word}");
        }
    }
}
