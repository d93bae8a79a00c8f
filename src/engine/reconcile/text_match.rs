//! Whether a row of a conversation says what a message says, whatever became of it on the way.
//!
//! Servers trim texts, end lines their own way, escape them for HTML, normalise them, and lose what their
//! database can't hold (emoji). Letters and digits survive all that, so these are compared.

use unicode_normalization::UnicodeNormalization;

use crate::domain::message::Message;
use crate::sendwo::ConversationRow;

/// Whether the row may be this message. A flow has nothing to be known by.
#[must_use]
pub fn text_matches(message: &Message, row: &ConversationRow) -> bool {
    let listed = &row.content;
    match message {
        Message::Text { body } | Message::Buttons { body, .. } => same_text(body, listed.text.as_deref()),
        Message::Media { url, caption, .. } => {
            let caption_matches = caption.as_ref().is_some_and(|caption| {
                same_text(caption, listed.caption.as_deref()) || same_text(caption, listed.text.as_deref())
            });
            match &listed.media_url {
                // WhatsApp may serve the medium from an address of its own.
                Some(other) if caption.is_some() => other == url || caption_matches,
                Some(other) => other == url,
                None => caption_matches,
            }
        }
        Message::Flow { .. } => false,
    }
}

fn same_text(sent: &str, listed: Option<&str>) -> bool {
    let Some(listed) = listed else { return false };
    let (sent, listed) = (plain(sent), plain(listed));
    let (a, b) = (letters(&sent), letters(&listed));
    if a.is_empty() && b.is_empty() { marks(&sent) == marks(&listed) } else { a == b }
}

/// Letters and digits of the plane that every database holds, taken apart.
fn letters(text: &str) -> String {
    text.nfkd().filter(|c| c.is_alphanumeric() && u32::from(*c) < 0x1_0000).collect()
}

/// All that can be seen, of a text without letters.
fn marks(text: &str) -> String {
    // The selector of an emoji's look comes and goes.
    text.nfkd().filter(|c| !c.is_whitespace() && *c != '\u{fe0f}').collect()
}

/// Without HTML's ways of writing: line breaks, and entities however often they were escaped.
fn plain(text: &str) -> String {
    const LAYERS: usize = 4;
    let mut plain = unescaped(text);
    for _ in 1..LAYERS {
        if !plain.contains('&') {
            break;
        }
        plain = unescaped(&plain);
    }
    plain
}

fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['&', '<']) {
        let (before, marked) = rest.split_at(at);
        out.push_str(before);
        let (c, length) = entity(marked).or_else(|| line_break(marked)).unwrap_or_else(|| literal(marked));
        out.push(c);
        rest = &marked[length..];
    }
    out.push_str(rest);
    out
}

/// `&amp;`, `&#39;`, `&#x27;` and their kin at the beginning of a text: what it stands for, and its length.
fn entity(text: &str) -> Option<(char, usize)> {
    const MAX_ENTITY_BYTES: usize = 10;
    let (name, _) =
        text.strip_prefix('&')?.split_once(';').filter(|(name, _)| name.len() <= MAX_ENTITY_BYTES)?;
    let number = name.strip_prefix('#').and_then(|digits| match digits.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => digits.parse().ok(),
    });
    let c = match (name, number) {
        (_, Some(number)) => char::from_u32(number)?,
        ("amp", _) => '&',
        ("lt", _) => '<',
        ("gt", _) => '>',
        ("quot", _) => '"',
        ("apos", _) => '\'',
        ("nbsp", _) => ' ',
        _ => return None,
    };
    Some((c, name.len() + 2))
}

/// `<br>`, `<br />`
fn line_break(text: &str) -> Option<(char, usize)> {
    let (tag, _) = text.strip_prefix('<')?.split_once('>')?;
    let name = tag.trim_end_matches(['/', ' ']);
    name.eq_ignore_ascii_case("br").then_some(('\n', tag.len() + 2))
}

fn literal(text: &str) -> (char, usize) {
    let c = text.chars().next().unwrap_or(' ');
    (c, c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_to_texts_on_the_way_makes_no_difference() {
        let sent = "  Hello \u{1f44b} Jos\u{e9} & \u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947},\n<b>50%</b> off\u{2026} it's \"free\"\n";
        for listed in [
            sent.to_owned(),
            sent.trim().to_owned(),
            sent.replace('\n', "\r\n"),
            sent.replace('\n', "<br />\n"),
            sent.nfd().collect(),
            sent.nfkc().collect(),
            sent.replace('\u{1f44b}', "????"),
            sent.replace('\u{1f44b}', ""),
            sent.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;"),
            sent.replace('&', "&amp;amp;").replace('<', "&amp;lt;").replace('\'', "&amp;#039;"),
            sent.replace('&', "&amp;amp;amp;amp;"),
            sent.replace('\u{1f44b}', "&#128075;").replace('\u{e9}', "&#xE9;"),
        ] {
            assert!(same_text(sent, Some(&listed)), "{listed}");
        }
        for other in ["Hello", "Hello Jose & namaste, 51% off", "", "?"] {
            assert!(!same_text(sent, Some(other)), "{other}");
        }
        assert!(!same_text(sent, None));
    }

    #[test]
    fn a_text_without_letters_is_compared_by_its_marks() {
        assert!(same_text("\u{2764}\u{fe0f}", Some(" \u{2764} ")));
        assert!(!same_text("\u{1f44d}", Some("\u{1f44e}")));
        assert!(!same_text("\u{1f44d}", Some("Yes")));
        assert!(!same_text("Yes", Some("\u{1f44d}")));
    }

    #[test]
    fn no_way_of_writing_html_is_lost() {
        for (written, meant) in [
            ("a & b; &unknown; &#xZZ; <i>", "a & b; &unknown; &#xZZ; <i>"),
            ("&lt;i&gt;&amp;lt;", "<i><"),
            ("&lt;br&gt;&amp;lt;", "\n<"),
            ("x<BR/>y<br >z", "x\ny\nz"),
            ("&", "&"),
            ("&#55296;", "&#55296;"),
        ] {
            assert_eq!(plain(written), meant);
        }
    }
}
