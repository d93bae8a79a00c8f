//! Taking a secret out of a text from outside, in whatever form a server may say it back.
//!
//! All forms are looked for at once, by their first two bytes: every answer is searched, and there are many forms
//! (BENCHMARKS.md).

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

use crate::domain::hex::hex;

/// A shorter form would garble ordinary words.
const MIN_FORM_CHARS: usize = 8;

/// Every form in which servers, proxies and logs write a text: plain, percent-encoded (once and twice), as JSON, PHP and
/// HTML escape it, in hex, in base64 wherever it begins, and backwards. Longest first; none is shorter than
/// eight bytes.
fn forms(text: &str) -> Vec<String> {
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
    let hex = hex(text.as_bytes());
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
    forms.retain(|form| form.len() >= MIN_FORM_CHARS);
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

/// Texts to be found in others. Most texts hold none of them, which costs a look at each pair of bytes.
pub(super) struct Forms {
    /// Of each text, longest first.
    forms: Vec<SecretString>,
    shortest: usize,
    /// A bit for each pair of bytes: whether a form starts with it.
    starts: Box<[u64; 1024]>,
}

impl Forms {
    /// Of these texts, in every form.
    pub fn of<'t>(texts: impl IntoIterator<Item = &'t str>) -> Forms {
        let forms: Vec<String> = texts.into_iter().flat_map(forms).collect();
        let shortest = forms.iter().map(String::len).min().unwrap_or(usize::MAX);
        let mut starts = Box::new([0; 1024]);
        for form in &forms {
            if let [a, b, ..] = form.as_bytes() {
                let (word, bit) = place(*a, *b);
                starts[word] |= bit;
            }
        }
        Forms { forms: forms.into_iter().map(SecretString::from).collect(), shortest, starts }
    }

    /// The text with every form replaced, if there is one in it.
    pub fn replaced(&self, text: &str, instead: &str) -> Option<String> {
        if !self.is_in(text) {
            return None;
        }
        let forms = self.forms.iter().map(ExposeSecret::expose_secret);
        Some(forms.fold(text.to_owned(), |text, form| match text.contains(form) {
            true => text.replace(form, instead),
            false => text,
        }))
    }

    /// Whether a text of so many bytes is long enough to hold one.
    pub fn fit_into(&self, bytes: usize) -> bool {
        bytes >= self.shortest
    }

    fn is_in(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let starts = |pair: &[u8]| {
            let (word, bit) = place(pair[0], pair[1]);
            self.starts[word] & bit != 0
        };
        let begins =
            |at| self.forms.iter().any(|form| bytes[at..].starts_with(form.expose_secret().as_bytes()));
        self.fit_into(bytes.len())
            && bytes.windows(2).enumerate().any(|(at, pair)| starts(pair) && begins(at))
    }
}

fn place(a: u8, b: u8) -> (usize, u64) {
    let pair = u16::from_le_bytes([a, b]);
    (usize::from(pair / 64), 1 << (pair % 64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_found_in_every_form() {
        let secret = "31337|CANARY+canary/\"Secret=";
        let forms = Forms::of([secret]);
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
            assert_eq!(forms.replaced(&format!("<{said}>"), "…").unwrap(), "<…>", "{said}");
        }
        for before in ["", "a", "ab", "abc", "apiToken="] {
            for after in ["", "&", "&x", "&to="] {
                let said = STANDARD_NO_PAD.encode(format!("{before}{secret}{after}"));
                let left = forms.replaced(&said, "…").unwrap();
                let around = before.len().div_ceil(3) * 4 + after.len().div_ceil(3) * 4 + 4;
                assert!(left.contains('…') && left.chars().count() <= around + 3, "{left}");
            }
        }
    }

    #[test]
    fn short_texts_are_left() {
        assert!(forms("abc").iter().all(|form| form.len() >= MIN_FORM_CHARS));
        assert_eq!(Forms::of(["trial-token"]).replaced("a trial", "…"), None);
        assert_eq!(Forms::of(["abc"]).replaced("abc", "…"), None);
    }
}
