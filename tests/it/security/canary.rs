//! Birds that nobody may see, and how they are looked for. The forms are written once more here, not taken from the
//! client, so that one it doesn't know of shows.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};

/// An id, and a secret with characters that every encoding writes in its own way.
pub const TOKEN: &str = "31337|cAnArY+t0ken/Zwitsch&er=9x7Q";
/// The people: name and number.
pub const PEOPLE: [(&str, &str); 3] = [
    ("Zuleikha Canarywala", "919876512345"),
    ("Björn Kanarienvogel", "4915123456789"),
    ("Кенар Ивановна", "905321234567"),
];

/// The rows of a table with the columns Name and Phone.
pub fn rows() -> String {
    PEOPLE.iter().map(|(name, phone)| format!("{name},+{phone}\n")).collect()
}

/// A piece of the token that these bytes hold, in whatever form.
pub fn token_in(bytes: &[u8]) -> Option<String> {
    let texts = seen(bytes);
    forms(TOKEN)
        .into_iter()
        .chain(forms(&TOKEN[6..]))
        .chain(["cAnArY", "Zwitsch", "yRaNAc", "hcstiwZ"].map(str::to_owned))
        .find(|form| texts.iter().any(|text| text.contains(form)))
}

/// A number of a person's that these bytes tell, with more than its last four digits; or their name.
pub fn person_in(bytes: &[u8]) -> Option<String> {
    let texts = seen(bytes);
    let names = PEOPLE.iter().flat_map(|(name, _)| name.split(' ').map(str::to_owned));
    let found = names.into_iter().find(|name| texts.iter().any(|text| text.contains(name.as_str())));
    found.or_else(|| number_in(bytes))
}

/// A number of a person's that these bytes tell, with more than its last four digits.
pub fn number_in(bytes: &[u8]) -> Option<String> {
    let texts = seen(bytes);
    let joined: Vec<String> = texts
        .iter()
        .map(|text| text.chars().filter(|c| !matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '+')).collect())
        .collect();
    PEOPLE.iter().find_map(|(_, phone)| {
        let most = &phone[phone.len() - 6..];
        let hex: String = phone.bytes().map(|b| format!("{b:02x}")).collect();
        let backwards: String = phone.chars().rev().collect();
        let encoded = in_base64(phone);
        let mut forms = vec![most.to_owned(), hex, backwards];
        forms.extend(encoded);
        forms.into_iter().find(|form| joined.iter().chain(&texts).any(|text| text.contains(form)))
    })
}

/// The text as it is, and as it looks.
fn seen(bytes: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let hidden = |c: &char| {
        c.is_control()
            || matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}')
    };
    let looks = text.chars().filter(|c| !hidden(c)).collect();
    vec![text, looks]
}

/// How a text may be written.
pub fn forms(text: &str) -> Vec<String> {
    let percent = |upper: bool, all: bool| -> String {
        text.bytes()
            .map(|b| match b {
                b if b.is_ascii_alphanumeric() && !all => char::from(b).to_string(),
                b if upper => format!("%{b:02X}"),
                b => format!("%{b:02x}"),
            })
            .collect()
    };
    let mut forms = vec![
        text.to_owned(),
        percent(true, false),
        percent(false, false),
        percent(true, false).replace('%', "%25"),
        text.replace('/', "\\/"),
        text.replace('&', "&amp;"),
        text.bytes().map(|b| format!("{b:02x}")).collect(),
        text.bytes().map(|b| format!("{b:02X}")).collect(),
        text.chars().rev().collect(),
    ];
    forms.extend(in_base64(text));
    forms
}

/// The part of a text's base64 that doesn't hang on what stands around it, for each place where it may begin.
fn in_base64(text: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for engine in [STANDARD, URL_SAFE] {
        for before in ["", "x", "xy"] {
            let encoded = engine.encode(format!("{before}{text}zz"));
            let from = (before.len() * 8).div_ceil(6);
            let to = (before.len() + text.len()) * 8 / 6;
            forms.push(encoded[from..to].to_owned());
        }
    }
    forms
}

#[test]
fn a_canary_is_seen_in_every_form() {
    for form in forms(TOKEN).into_iter().chain(forms(&TOKEN[6..])) {
        assert!(token_in(format!("…{form}…").as_bytes()).is_some(), "{form}");
    }
    assert!(token_in("cAn\u{200b}A\u{1b}rY".as_bytes()).is_some());
    assert!(token_in(b"[token] 31337 canary").is_none());
    for said in ["+91 98765-12345", "9876512345", "Zuleikha", "6512345"] {
        assert!(person_in(said.as_bytes()).is_some(), "{said}");
    }
    let id = STANDARD.encode("\u{1c}\u{18}\u{c}919876512345\u{15}");
    assert!(number_in(id.as_bytes()).is_some());
    assert!(person_in("to …2345: 131026, +91".as_bytes()).is_none());
}
