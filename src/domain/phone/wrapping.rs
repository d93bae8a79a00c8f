//! What exports and people put around a number: links, schemes, WhatsApp's ids, labels, quotes.
//!
//! Invariants:
//!
//! - What is taken off says nothing of the number, but that a WhatsApp link or id begins with a calling code.
//! - Letters go only as whole words of a known list, before or after the number. A name, a note such as `old`, a
//!   letter in place of a digit: the cell is refused.

/// What stands inside of the wrapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unwrapped<'t> {
    pub(super) text: &'t str,
    /// The wrapping says that the digits begin with a calling code.
    pub(super) international: bool,
}

/// Schemes before a number. `tel:` and the like may stand before national ones.
const SCHEMES: [&str; 12] = [
    "p:",
    "tel://",
    "tel:",
    "phone:",
    "callto:",
    "sms:",
    "smsto:",
    "sip:",
    "skype:",
    "facetime:",
    "t:",
    "n:",
];
/// Schemes, links and endings of WhatsApp's: what they hold begins with a calling code.
const WHATSAPP_SCHEMES: [&str; 3] = ["whatsapp:", "wa:", "wa.me:"];
const WHATSAPP_HOSTS: [&str; 4] = ["wa.me/", "api.whatsapp.com/", "web.whatsapp.com/", "whatsapp.com/"];
const WHATSAPP_ENDINGS: [&str; 2] = ["@c.us", "@s.whatsapp.net"];

/// Words that say what kind of number it is, in lower case, without dots.
const LABELS: [&str; 111] = [
    "mobile",
    "mob",
    "mobil",
    "mobiles",
    "mobilno",
    "mobiltelefon",
    "cell",
    "cellphone",
    "cellular",
    "cel",
    "cels",
    "celular",
    "cellulare",
    "celulares",
    "movil",
    "móvil",
    "portable",
    "gsm",
    "handy",
    "handynummer",
    "hp",
    "komórka",
    "phone",
    "phones",
    "ph",
    "telephone",
    "telefon",
    "telefono",
    "teléfono",
    "telefone",
    "téléphone",
    "telefoon",
    "tel",
    "tél",
    "tlf",
    "tlfno",
    "tfno",
    "fone",
    "fon",
    "puhelin",
    "numero",
    "número",
    "numéro",
    "number",
    "num",
    "no",
    "nr",
    "nº",
    "n°",
    "№",
    "whatsapp",
    "whatsap",
    "watsapp",
    "whats",
    "wa",
    "wapp",
    "wsp",
    "zap",
    "sms",
    "text",
    "call",
    "contact",
    "contacto",
    "contato",
    "kontakt",
    "work",
    "office",
    "business",
    "biz",
    "company",
    "home",
    "house",
    "personal",
    "private",
    "primary",
    "main",
    "preferred",
    "default",
    "other",
    "trabajo",
    "trabalho",
    "casa",
    "travail",
    "bureau",
    "maison",
    "arbeit",
    "privat",
    "büro",
    "lavoro",
    "ufficio",
    "hm",
    "wk",
    "cp",
    "m",
    "p",
    "t",
    "c",
    "h",
    "w",
    "тел",
    "телефон",
    "моб",
    "мобильный",
    "جوال",
    "موبايل",
    "هاتف",
    "واتساب",
    "मोबाइल",
    "手机",
    "电话",
    "携帯",
];

/// Takes the wrapping off. The text is cleaned of invisible characters and has ASCII's punctuation.
pub(super) fn unwrap(text: &str) -> Unwrapped<'_> {
    let mut inner = Unwrapped { text: trim(text), international: false };
    // Wrappings stand in wrappings; each step takes something off.
    loop {
        let before = inner;
        inner.text = trim(inner.text);
        formula(&mut inner);
        scheme(&mut inner);
        link(&mut inner);
        ending(&mut inner);
        inner.text = trim(label_before(inner.text));
        inner.text = trim(label_after(inner.text));
        if inner == before {
            return inner;
        }
    }
}

/// Quotes on both sides, the `'` that marks text, and separators that a list left at the end.
fn trim(text: &str) -> &str {
    let mut text = text.trim();
    loop {
        let before = text;
        text = text
            .trim_end_matches([',', ';', ':', '|', ' ', '\n', '`'])
            .trim_start_matches(['\'', '`', ' ', '\n']);
        for quote in ['"', '\''] {
            if let Some(inner) = text.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
                text = inner;
            }
        }
        text = text.strip_suffix('\'').unwrap_or(text);
        text = text.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')).unwrap_or(text);
        if text == before {
            return text;
        }
    }
}

fn strip_prefix<'t>(text: &'t str, prefix: &str) -> Option<&'t str> {
    let head = text.get(..prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then(|| &text[prefix.len()..])
}

/// `="…"`, and a link's first argument: `=HYPERLINK("tel:…","…")`.
fn formula(inner: &mut Unwrapped<'_>) {
    let Some(rest) = inner.text.strip_prefix('=') else { return };
    let rest = rest.trim_start();
    if rest.starts_with('"') || rest.starts_with('+') || rest.starts_with(|c: char| c.is_ascii_digit()) {
        inner.text = rest;
        return;
    }
    let Some(arguments) = strip_prefix(rest, "HYPERLINK(").and_then(|rest| rest.strip_suffix(')')) else {
        return;
    };
    let Some(quoted) = arguments.trim().strip_prefix('"') else { return };
    let Some((first, second)) = quoted.split_once('"') else { return };
    // What is shown must not be another number.
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let (target, shown) = (digits(first), digits(second));
    if shown.is_empty() || target.ends_with(shown.trim_start_matches('0')) {
        inner.text = first;
    }
}

fn scheme(inner: &mut Unwrapped<'_>) {
    if let Some(rest) = SCHEMES.iter().find_map(|scheme| strip_prefix(inner.text, scheme)) {
        inner.text = rest;
    }
    if let Some(rest) = WHATSAPP_SCHEMES.iter().find_map(|scheme| strip_prefix(inner.text, scheme)) {
        // `WA: 98765 43210` is a label; `whatsapp:919876543210` and `whatsapp:+91…` are addresses.
        inner.international |= strip_prefix(inner.text, "whatsapp:").is_some() && !rest.starts_with(' ');
        inner.text = rest;
    }
}

fn link(inner: &mut Unwrapped<'_>) {
    let text =
        ["https://", "http://", "//"].iter().find_map(|s| strip_prefix(inner.text, s)).unwrap_or(inner.text);
    let text = strip_prefix(text, "www.").unwrap_or(text);
    let rest = WHATSAPP_HOSTS.iter().find_map(|host| strip_prefix(text, host));
    let query =
        text.find("phone=").or_else(|| text.find("Phone=")).filter(|_| rest.is_some() || is_send(text));
    let number = match (query, rest) {
        (Some(at), _) => &text[at + "phone=".len()..],
        (None, Some(rest)) => rest,
        (None, None) => return,
    };
    let end = number.find(['?', '&', '/', '#']).unwrap_or(number.len());
    let number = number[..end].trim_start_matches("%2B").trim_start_matches("%2b");
    if number.chars().any(|c| c.is_ascii_digit()) {
        inner.text = number;
        inner.international = true;
    }
}

/// `whatsapp://send?phone=…`, once the scheme is off.
fn is_send(text: &str) -> bool {
    strip_prefix(text, "send").is_some_and(|rest| rest.starts_with(['?', '/']))
}

/// `919876543210@c.us`, also of one device, `919876543210:12@s.whatsapp.net`. Groups and hidden ids are no numbers.
fn ending(inner: &mut Unwrapped<'_>) {
    let lower = inner.text.to_ascii_lowercase();
    let Some(ending) = WHATSAPP_ENDINGS.iter().find(|ending| lower.ends_with(*ending)) else { return };
    let id = &inner.text[..inner.text.len() - ending.len()];
    inner.text = id.split(':').next().unwrap_or(id);
    inner.international = true;
}

fn is_label(word: &str) -> bool {
    let word = word.trim_matches('.').to_lowercase();
    LABELS.contains(&word.as_str())
}

/// Whether all of it is labels, and there is one.
fn labels(text: &str) -> bool {
    let mut words = text
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '°' | 'º')))
        .filter(|w| !w.is_empty());
    let mut any = false;
    words.all(|word| {
        any = true;
        word.split('.').filter(|part| !part.is_empty()).all(is_label)
    }) && any
}

/// Letters up to where the number begins.
fn label_before(text: &str) -> &str {
    let Some(at) = text.find(|c: char| c.is_ascii_digit() || c == '+') else { return text };
    let head = &text[..at];
    // What opens a bracket of the number stays with it.
    let open = head.rfind('(').filter(|open| head[open + 1..].trim().is_empty());
    let (head, number) = text.split_at(open.unwrap_or(at));
    let apart = head.ends_with(|c: char| !c.is_alphanumeric());
    if apart && labels(head) { number } else { text }
}

/// Letters behind the number's last digit.
fn label_after(text: &str) -> &str {
    let Some(at) = text.rfind(|c: char| c.is_ascii_digit()) else { return text };
    let tail = &text[at + 1..];
    let apart = tail.starts_with(|c: char| !c.is_alphanumeric());
    // A bracket that the number itself opened closes with it.
    let closes = tail.starts_with(')');
    if apart && labels(tail) { &text[..at + 1 + usize::from(closes)] } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_around_a_number_goes() {
        for (text, number, international) in [
            ("p:+919876543210", "+919876543210", false),
            ("tel:+91-98765-43210", "+91-98765-43210", false),
            ("TEL:09876543210", "09876543210", false),
            ("whatsapp:+919876543210", "+919876543210", true),
            ("whatsapp:919876543210", "919876543210", true),
            ("WhatsApp: 9876543210", "9876543210", false),
            ("https://wa.me/919876543210", "919876543210", true),
            ("https://wa.me/919876543210?text=Hi%201", "919876543210", true),
            ("wa.me/+919876543210", "+919876543210", true),
            ("https://api.whatsapp.com/send?phone=919876543210&text=hi", "919876543210", true),
            ("https://api.whatsapp.com/send/?text=1&phone=%2B919876543210", "919876543210", true),
            ("whatsapp://send?phone=919876543210", "919876543210", true),
            ("919876543210@c.us", "919876543210", true),
            ("919876543210:12@s.whatsapp.net", "919876543210", true),
            ("Mobile: 98765 43210", "98765 43210", false),
            ("Mob. No.: 98765 43210", "98765 43210", false),
            ("M: (020) 7946 0958", "(020) 7946 0958", false),
            ("98765 43210 (work)", "98765 43210", false),
            ("(020 7946) (office)", "(020 7946)", false),
            ("+91 98765 43210 WhatsApp", "+91 98765 43210", false),
            ("98765 43210 - Mobile phone", "98765 43210", false),
            ("\"'98765 43210'\",", "98765 43210", false),
            ("'98765 43210'", "98765 43210", false),
            ("98765 43210;", "98765 43210", false),
            ("=HYPERLINK(\"tel:+919876543210\",\"98765 43210\")", "+919876543210", false),
            ("=HYPERLINK(\"https://wa.me/919876543210\";\"chat\")", "919876543210", true),
            ("=\"919876543210\"", "919876543210", false),
            ("=+919876543210", "+919876543210", false),
            ("Тел.: 8 916 123-45-67", "8 916 123-45-67", false),
            ("手机: 13812345678", "13812345678", false),
        ] {
            assert_eq!(unwrap(text), Unwrapped { text: number, international }, "{text}");
        }
    }

    #[test]
    fn what_may_mean_something_stays() {
        for text in [
            "98765O43210",
            "98765 4321O",
            "98765 43210 (old)",
            "Ramesh 98765 43210",
            "1-800-FLOWERS",
            "+1 202 555 0143 ext. 12",
            "9876543210x12",
            "120363041234567890@g.us",
            "https://wa.me/message/ABCDEF",
            "https://example.com/9876543210",
            "=HYPERLINK(\"tel:+919876543210\",\"9123456780\")",
            "98765 43210 fax",
        ] {
            assert_eq!(unwrap(text).text, text);
        }
    }
}
