//! Signs of a text that went through another program: people read them as they stand.

/// What a text may hold that nobody meant to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Oddity {
    /// `\n`
    Backslash,
    /// `<br>`
    Html,
    /// `&amp;`
    Entity,
    /// `_x000D_`
    Excel,
    /// `\u00e9`
    Unicode,
    /// `Ã©`
    Mojibake,
}

impl Oddity {
    /// What the recipient sees, and what to do.
    pub fn advice(self) -> &'static str {
        match self {
            Oddity::Backslash => {
                "people read the backslash and the letter; put a real line break in its place"
            }
            Oddity::Html => {
                "WhatsApp knows no HTML, and people read the tag; write *bold*, _italic_, or a real line break"
            }
            Oddity::Entity => "people read it letter by letter; write the sign itself",
            Oddity::Excel => "it is a trace of Excel's line breaks, and people read it; take it out",
            Oddity::Unicode => "people read the code; write the letter itself",
            Oddity::Mojibake => "it looks like letters in a wrong encoding; save the file as UTF-8",
        }
    }
}

/// What a text holds of each kind.
pub(super) fn find(text: &str) -> Vec<(Oddity, &str)> {
    let mut found: Vec<(Oddity, &str)> = Vec::new();
    if !text.bytes().any(|b| matches!(b, b'\\' | b'<' | b'&' | b'_' | 0xc3 | 0xef)) {
        return found;
    }
    for (at, c) in text.char_indices() {
        let rest = &text[at..];
        let hit = match c {
            '\\' => backslash(rest),
            '<' => html(rest).map(|length| (Oddity::Html, length)),
            '&' => entity(rest).map(|length| (Oddity::Entity, length)),
            '_' => excel(rest).map(|length| (Oddity::Excel, length)),
            'Ã' | 'Â' | 'â' | 'ð' | 'à' | '\u{fffd}' => {
                mojibake(rest).map(|length| (Oddity::Mojibake, length))
            }
            _ => None,
        };
        if let Some((oddity, length)) = hit
            && !found.iter().any(|(known, _)| *known == oddity)
        {
            found.push((oddity, &rest[..length]));
        }
    }
    found
}

fn backslash(rest: &str) -> Option<(Oddity, usize)> {
    match rest.as_bytes().get(1)? {
        b'n' | b'r' | b't' => Some((Oddity::Backslash, 2)),
        b'u' if hex(rest.get(2..6)?) => Some((Oddity::Unicode, 6)),
        _ => None,
    }
}

fn hex(text: &str) -> bool {
    text.len() == 4 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Tags that text programs write.
const TAGS: [&str; 26] = [
    "br", "b", "i", "u", "p", "a", "em", "li", "ul", "ol", "h1", "h2", "h3", "hr", "div", "span", "font",
    "strong", "table", "tr", "td", "img", "html", "body", "center", "small",
];

fn html(rest: &str) -> Option<usize> {
    let inner = rest.get(1..)?.split_once('>')?.0;
    let name = inner.trim_start_matches('/');
    let name = name.split([' ', '/']).next()?.to_ascii_lowercase();
    let fits = TAGS.contains(&name.as_str()) && inner.len() <= 200 && !inner.contains('\n');
    fits.then_some(inner.len() + 2)
}

fn entity(rest: &str) -> Option<usize> {
    let window = &rest[..rest.floor_char_boundary(12)];
    let inner = window.get(1..)?.split_once(';')?.0;
    let fits = match inner.strip_prefix('#') {
        Some(code) => {
            !code.is_empty() && code.trim_start_matches(['x', 'X']).bytes().all(|b| b.is_ascii_hexdigit())
        }
        None => (2..=8).contains(&inner.len()) && inner.bytes().all(|b| b.is_ascii_alphanumeric()),
    };
    fits.then_some(inner.len() + 2)
}

fn excel(rest: &str) -> Option<usize> {
    let code = rest.strip_prefix("_x")?.get(..5)?.strip_suffix('_')?;
    hex(code).then_some(7)
}

fn mojibake(rest: &str) -> Option<usize> {
    let mut letters = rest.chars();
    let (first, second) = (letters.next()?, letters.next());
    let continues = |c: char| {
        matches!(
            c,
            '\u{80}'
                ..='\u{bf}'
                    | '‚'
                    | 'ƒ'
                    | '„'
                    | '…'
                    | '†'
                    | '‡'
                    | 'ˆ'
                    | '‰'
                    | 'Š'
                    | '‹'
                    | 'Œ'
                    | 'Ž'
                    | '‘'
                    | '’'
                    | '“'
                    | '”'
                    | '•'
                    | '–'
                    | '—'
                    | '˜'
                    | '™'
                    | 'š'
                    | '›'
                    | 'œ'
                    | 'ž'
                    | 'Ÿ'
                    | '€'
        )
    };
    let second = match (first, second) {
        ('\u{fffd}', _) => return Some(first.len_utf8()),
        ('Ã', Some(c)) if continues(c) => c,
        ('Â', Some(c @ '\u{a0}'..='\u{bf}')) => c,
        ('â', Some(c @ ('€' | '\u{80}'))) => c,
        ('ð', Some(c @ ('Ÿ' | '\u{9f}'))) => c,
        ('à', Some(c @ ('¤' | '¥' | '¦' | '§'))) => c,
        _ => return None,
    };
    Some(first.len_utf8() + second.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_of_other_programs_are_found() {
        for (text, expected) in [
            ("Hi\\nthere", Some((Oddity::Backslash, "\\n"))),
            ("Hi<br/>there", Some((Oddity::Html, "<br/>"))),
            ("<B>Sale</B>", Some((Oddity::Html, "<B>"))),
            ("Tom &amp; Co", Some((Oddity::Entity, "&amp;"))),
            ("it&#39;s", Some((Oddity::Entity, "&#39;"))),
            ("one_x000D_two", Some((Oddity::Excel, "_x000D_"))),
            ("caf\\u00e9", Some((Oddity::Unicode, "\\u00e9"))),
            ("cafÃ©", Some((Oddity::Mojibake, "Ã©"))),
            ("itâ€™s", Some((Oddity::Mojibake, "â€"))),
            ("caf\u{fffd}", Some((Oddity::Mojibake, "\u{fffd}"))),
            ("a < b & c; d_x e \\o/ NÃO <3", None),
            ("नमस्ते – AT&T; x_xyz", None),
        ] {
            assert_eq!(find(text).first().copied(), expected, "{text}");
        }
    }
}
