//! JSON as senders write it, not as they should.

use serde_json::Value;

/// Reads JSON. Where an escape names half of a character (a lone surrogate: an emoji that was cut in two), U+FFFD stands
/// in its place; strict JSON is read as it is.
pub(crate) fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| serde_json::from_str(&repaired(text)?).ok())
}

/// The text with halves of characters replaced; `None` where it has none.
fn repaired(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut copied) = (0, 0);
    while let Some(found) = bytes.get(at..)?.iter().position(|byte| *byte == b'\\') {
        at += found;
        // Another escape, or a whole character's: a backslash and what it escapes is never the start of the next.
        at += match (unit(bytes, at), unit(bytes, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                out.push_str(text.get(copied..at)?);
                out.push_str("\\ufffd");
                copied = at + 6;
                6
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
    }
    if copied == 0 {
        return None;
    }
    out.push_str(text.get(copied..)?);
    Some(out)
}

/// The UTF-16 unit of a `\uXXXX` that stands there.
fn unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn halves_of_characters_are_replaced_and_whole_ones_stay() {
        for (written, read) in [
            (r#"{"a":"Hi \ud83d\ude00"}"#, json!({"a": "Hi 😀"})),
            (r#"{"a":"Hi \ud83d"}"#, json!({"a": "Hi \u{fffd}"})),
            (r#"{"a":"\uDE00!"}"#, json!({"a": "\u{fffd}!"})),
            (r#"["\ud83d\ud83d\ude00\ud83d"]"#, json!(["\u{fffd}😀\u{fffd}"])),
            (r#"["\ud83dé\ud83d","\\ud83d"]"#, json!(["\u{fffd}é\u{fffd}", "\\ud83d"])),
            (r#"["\ud83d\n"]"#, json!(["\u{fffd}\n"])),
        ] {
            assert_eq!(parse(written), Some(read), "{written}");
        }
        for no_json in ["", "\\", "\\ud83d", r#"{"a":"\ud83d"#, "\"\\u", "<html>"] {
            assert_eq!(parse(no_json), None, "{no_json}");
        }
    }

    proptest! {
        #[test]
        fn strict_json_is_read_as_it_is(text in ".{0,40}") {
            let json = Value::String(text);
            prop_assert_eq!(parse(&json.to_string()), Some(json));
        }

        #[test]
        fn nothing_panics(text in "[\\\\udDe083é\"{} ]{0,60}") {
            let _ = parse(&text);
        }
    }
}
