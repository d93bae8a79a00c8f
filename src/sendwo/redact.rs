//! Taking a secret out of a text from outside, in whatever form a server may say it back.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// A shorter form would garble ordinary words.
const SHORTEST: usize = 8;

/// Every form in which servers, proxies and logs write a text: plain, percent-encoded (once and twice), as JSON, PHP and
/// HTML escape it, in hex, in base64 wherever it begins, and backwards. Longest first; none is shorter than
/// eight bytes.
pub(super) fn forms(text: &str) -> Vec<String> {
    let mut forms = vec![text.to_owned(), text.chars().rev().collect()];
    let percent: String = url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    forms.push(percent.replace('+', "%20"));
    forms.push(percent.replace('%', "%25"));
    forms.push(lower_hex(&percent));
    forms.push(percent);
    if let Ok(json) = serde_json::to_string(text) {
        let json = json[1..json.len() - 1].to_owned();
        forms.push(json.replace('/', "\\/"));
        forms.push(json);
    }
    for quote in ["&#39;", "&#039;"] {
        let html = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        forms.push(html.replace('"', "&quot;").replace('\'', quote));
    }
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.push(hex.to_uppercase());
    forms.push(hex);
    for skipped in 0..3 {
        // What stands before it shifts its bits; characters that share bits with a neighbour are left out.
        let shifted = [&[0; 2][..skipped], text.as_bytes()].concat();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let encoded = engine.encode(&shifted);
            let from = [0, 2, 3][skipped];
            let to = encoded.len() - usize::from(shifted.len() % 3 != 0);
            forms.push(encoded.get(from..to).unwrap_or_default().to_owned());
        }
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    forms.dedup();
    forms
}

/// The hex digits of percent-encoding in lower case, all else as it is.
fn lower_hex(percent: &str) -> String {
    let mut parts = percent.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        out.push('%');
        out.push_str(&digits.to_ascii_lowercase());
        out.push_str(rest);
    }
    out
}

/// The text with each of these forms replaced.
pub(super) fn replaced<'f>(
    mut text: String,
    forms: impl IntoIterator<Item = &'f str>,
    instead: &str,
) -> String {
    for form in forms {
        if text.contains(form) {
            text = text.replace(form, instead);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_every_form() {
        let secret = "31337|CANARY+canary/\"Secret=";
        let forms = forms(secret);
        let said = [
            secret.to_owned(),
            "31337%7CCANARY%2Bcanary%2F%22Secret%3D".to_owned(),
            "31337%7cCANARY%2bcanary%2f%22Secret%3d".to_owned(),
            "31337%257CCANARY%252Bcanary%252F%2522Secret%253D".to_owned(),
            r#"31337|CANARY+canary\/\"Secret="#.to_owned(),
            "31337|CANARY+canary/&quot;Secret=".to_owned(),
            secret.bytes().map(|b| format!("{b:02X}")).collect(),
            secret.chars().rev().collect(),
        ];
        for said in said {
            let left = replaced(format!("<{said}>"), forms.iter().map(String::as_str), "…");
            assert_eq!(left, "<…>", "{said}");
        }
        for before in ["", "a", "ab", "abc", "apiToken="] {
            for after in ["", "&", "&x", "&to="] {
                let said = STANDARD_NO_PAD.encode(format!("{before}{secret}{after}"));
                let left = replaced(said, forms.iter().map(String::as_str), "…");
                let around = before.len().div_ceil(3) * 4 + after.len().div_ceil(3) * 4 + 4;
                assert!(left.contains('…') && left.chars().count() <= around + 3, "{left}");
            }
        }
    }

    #[test]
    fn short_texts_are_left() {
        assert!(forms("abc").iter().all(|form| form.len() >= SHORTEST));
        assert_eq!(replaced("a trial".to_owned(), ["trial-token"], "…"), "a trial");
    }
}
