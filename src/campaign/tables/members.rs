//! The members of one JSON object, each value as it was written.
//!
//! A parsed number would lose what the phone rules need: `9.19877E+11` and `919876543210.0` tell that a
//! spreadsheet has been at work. Hence the text is split here, after `serde_json` has found it to be valid.

use std::borrow::Cow;

/// A member's name, and its value as it is written (see [`cell`]).
pub(super) type Member<'j> = (Cow<'j, str>, &'j str);

/// Takes a valid JSON text apart: the members in order; `None` when it is no object.
pub(super) fn members(json: &str) -> Option<Vec<Member<'_>>> {
    let mut rest = json.trim_start().strip_prefix('{')?.trim_start();
    let mut members = vec![];
    while rest.starts_with('"') {
        let (name, after) = value(rest);
        let (written, after) = value(after.trim_start().strip_prefix(':')?.trim_start());
        members.push((cell(name), written));
        rest = after.trim_start();
        rest = rest.strip_prefix(',').map_or(rest, str::trim_start);
    }
    Some(members)
}

/// Splits the first value off.
fn value(text: &str) -> (&str, &str) {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' => {
                at += 1;
                while at < bytes.len() && bytes[at] != b'"' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at += 1;
                if depth == 0 {
                    break;
                }
                continue;
            }
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth <= 1 => {
                // The end of this value, or of the object around it.
                at += depth;
                break;
            }
            b'}' | b']' => depth -= 1,
            b',' if depth == 0 => break,
            _ => {}
        }
        at += 1;
    }
    text.split_at_checked(at).unwrap_or((text, ""))
}

/// What a cell shows: a string's text, nothing for null, all else as it is written.
pub(super) fn cell(written: &str) -> Cow<'_, str> {
    let written = written.trim_end();
    if let Some(text) = written.strip_prefix('"').and_then(|w| w.strip_suffix('"')) {
        if !text.contains('\\') {
            return Cow::Borrowed(text);
        }
        // Valid JSON by the caller's word; a lone surrogate is the exception that is left.
        return serde_json::from_str(written).map_or(Cow::Borrowed(written), Cow::Owned);
    }
    Cow::Borrowed(if written == "null" { "" } else { written })
}
