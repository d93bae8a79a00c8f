//! Cells that hold a program's word for "nothing here", or a spreadsheet's error.

/// Words that programs write into cells that are empty. As they write them: `Null` and `Nan` are people's names.
const BLANKS: &[&str] = &[
    "NULL",
    "null",
    "(null)",
    "<null>",
    "[NULL]",
    "\\N",
    "nan",
    "NaN",
    "NAN",
    "-nan",
    "NaT",
    "None",
    "none",
    "NONE",
    "nil",
    "NIL",
    "N/A",
    "n/a",
    "N/a",
    "N.A.",
    "n.a.",
    "NA",
    "<NA>",
    "undefined",
    "(blank)",
    "(empty)",
    "(none)",
    "-",
    "--",
    "---",
    "–",
    "—",
    ".",
    "..",
];

/// Of them, those that programs join to a full name: `undefined undefined`.
const JOINED: &[&str] = &["NULL", "null", "nan", "NaN", "None", "undefined"];

/// What other programs show in the place of a number, or of a value that isn't there yet.
const BROKEN: &[&str] = &[
    "inf",
    "-inf",
    "-Infinity",
    "1.#INF",
    "-1.#INF",
    "1.#IND",
    "-1.#IND",
    "1.#QNAN",
    "-1.#QNAN",
    "Loading...",
    "Loading…",
    "[object Object]",
];

/// Spreadsheets' errors that end in no sign.
const ERRORS: &[&str] = &[
    "#N/A",
    "#NA",
    "#N/A N/A",
    "#REF",
    "#VALUE",
    "#NAME",
    "#DIV/0",
    "#NULL",
    "#NUM",
    "#ERROR",
    "#GETTING_DATA",
    "#NV",
    "#N/D",
    "#Н/Д",
    "#YOK",
    "#I/T",
    "#N/B",
    "#IB",
    "#HIÁNYZIK",
    "#SAKNAS",
    "#NENÍ_K_DISPOZICI",
    "#-BRAK",
    "#BRAK",
    "#DISP",
    "#N/DISP",
];

/// Whether a cell's visible text is a program's word for an empty cell.
pub(super) fn is_blank(text: &str) -> bool {
    let joined = |words: &str| words.contains(' ') && words.split(' ').all(|word| JOINED.contains(&word));
    text.len() <= 9 && BLANKS.contains(&text) || text.len() <= 29 && joined(text)
}

/// Whether a cell's visible text is what a spreadsheet shows in the place of a value.
pub(super) fn is_error(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'#') => is_hash_error(text),
        Some(b'e' | b'E' | b'F' | b'f') => is_office_error(text) || is_vba_error(text),
        Some(b'[' | b'-' | b'1' | b'i' | b'L') => text.len() <= 15 && BROKEN.contains(&text),
        _ => false,
    }
}

/// `#REF!`, `#BEZUG!`, `#¿NOMBRE?`, `#####`.
fn is_hash_error(text: &str) -> bool {
    if text.len() > 40 {
        return text.bytes().all(|b| b == b'#');
    }
    if text.len() >= 3 && text.bytes().all(|b| b == b'#') {
        return true;
    }
    let upper = text.to_uppercase();
    if ERRORS.contains(&upper.as_str()) {
        return true;
    }
    let Some(word) = text.strip_prefix('#').and_then(|rest| rest.strip_suffix(['!', '?'])) else {
        return false;
    };
    let known = |c: char| c.is_alphabetic() || c.is_ascii_digit() || matches!(c, '/' | '_' | '¡' | '¿');
    word.chars().count() >= 2
        && word.chars().any(char::is_alphabetic)
        && word.chars().all(known)
        && text == upper
}

/// `Error 2042`: Excel's `#N/A`, as its macros write it.
fn is_vba_error(text: &str) -> bool {
    let number = text.strip_prefix("Error 20");
    number.is_some_and(|rest| rest.len() == 2 && rest.bytes().all(|b| b.is_ascii_digit()))
}

/// LibreOffice's `Err:502`, also in other languages.
fn is_office_error(text: &str) -> bool {
    let Some((word, number)) = text.split_once(':') else { return false };
    let word = word.trim_end().to_lowercase();
    let number = number.trim_start();
    matches!(
        word.as_str(),
        "err" | "error" | "fehler" | "erreur" | "errore" | "erro" | "fout" | "fel" | "feil"
    ) && number.len() == 3
        && number.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_spreadsheets_are_known() {
        for text in [
            "#N/A",
            "#REF!",
            "#VALUE!",
            "#NAME?",
            "#DIV/0!",
            "#NULL!",
            "#NUM!",
            "#SPILL!",
            "#CALC!",
            "#GETTING_DATA",
            "###",
            "##########",
            "Err:502",
            "Fehler:502",
            "#ERROR!",
            "#NV",
            "#BEZUG!",
            "#WERT!",
            "#N/D",
            "#REF",
            "#¡REF!",
            "#¿NOMBRE?",
            "#ЗНАЧ!",
            "#Н/Д",
            "#n/a",
            "[object Object]",
            "Error 2042",
            "-1.#IND",
            "-inf",
            "Loading...",
        ] {
            assert!(is_error(text), "{text}");
        }
        for text in [
            "#1",
            "#",
            "##",
            "#diwali",
            "#Sale!",
            "Err",
            "Erika",
            "#12!",
            "# REF!",
            "Error: call us",
            "[x]",
            "Error 404",
            "info",
            "1.5",
        ] {
            assert!(!is_error(text), "{text}");
        }
    }

    #[test]
    fn words_for_nothing_are_known_as_programs_write_them() {
        for text in [
            "NULL",
            "nan",
            "NaN",
            "None",
            "N/A",
            "undefined",
            "-",
            ".",
            "null",
            "n/a",
            "—",
            "undefined undefined",
        ] {
            assert!(is_blank(text), "{text}");
        }
        for text in
            ["Null", "Nan", "Nil", "Na", "Nullah", "0", "no", "A-", "-1", "X", "?", "None left", "Nan Nan"]
        {
            assert!(!is_blank(text), "{text}");
        }
    }
}
