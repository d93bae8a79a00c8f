//! The members of one JSON object, each value as it was written.
//!
//! A parsed number would lose what the phone rules need: `9.19877E+11` and `919876543210.0` tell that a
//! spreadsheet has been at work. Hence the text is split here, after `serde_json` has found it to be valid.

/// Takes a valid JSON text apart: `(name, cell)` for each member, in order; `None` when it is no object.
pub(super) fn members(json: &str) -> Option<Vec<(String, String)>> {
    let mut rest = json.trim_start().strip_prefix('{')?.trim_start();
    let mut members = vec![];
    while rest.starts_with('"') {
        let (name, after) = value(rest);
        let (written, after) = value(after.trim_start().strip_prefix(':')?.trim_start());
        members.push((cell(name), cell(written)));
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
fn cell(written: &str) -> String {
    let written = written.trim_end();
    if written.starts_with('"') {
        // Valid JSON by the caller's word; a lone surrogate is the exception that is left.
        return serde_json::from_str(written).unwrap_or_else(|_| written.to_owned());
    }
    if written == "null" { String::new() } else { written.to_owned() }
}
