//! A line of the report as a JSON object: what `json` and `ndjson` share. Times are RFC 3339 in UTC, numbers are E.164
//! with `+`, texts are as they were.

use std::io::{self, Write};

use super::columns::{COLUMNS, audience_names};
use super::head::Head;
use super::line::{Field, ReportLine};
use super::phone::e164;
use super::time::push_rfc3339;

/// Encodes lines, with the keys encoded once.
#[derive(Debug, Default)]
pub(super) struct Objects {
    /// `{"row":`, `,"to":`, … the audience's keys after the fixed ones.
    keys: Vec<Vec<u8>>,
}

impl Objects {
    /// For these columns.
    pub(super) fn new(head: &Head) -> io::Result<Objects> {
        let own = COLUMNS.into_iter().map(str::to_owned);
        let names = own.chain(audience_names(&head.columns)).enumerate();
        let keys = names.map(|(at, name)| {
            let mut key = vec![if at == 0 { b'{' } else { b',' }];
            serde_json::to_writer(&mut key, &name)?;
            key.push(b':');
            Ok(key)
        });
        Ok(Objects { keys: keys.collect::<io::Result<_>>()? })
    }

    /// Appends one object, without a line's end.
    pub(super) fn encode(&self, line: &ReportLine<'_>, out: &mut Vec<u8>) -> io::Result<()> {
        let fields = line.fields();
        let own = self.keys.len().min(fields.len());
        let (own_keys, audience_keys) = self.keys.split_at(own);
        for (key, field) in own_keys.iter().zip(fields) {
            out.extend_from_slice(key);
            match field {
                Field::Absent => out.extend_from_slice(b"null"),
                Field::Number(n) => write!(out, "{n}")?,
                Field::Word(text) | Field::Text(text) => serde_json::to_writer(&mut *out, text)?,
                Field::Phone(phone) => serde_json::to_writer(&mut *out, &e164(phone))?,
                Field::Time(at) => {
                    let start = out.len();
                    out.push(b'"');
                    if push_rfc3339(at, out)? {
                        out.push(b'"');
                    } else {
                        out.truncate(start);
                        out.extend_from_slice(b"null");
                    }
                }
            }
        }
        for (at, key) in audience_keys.iter().enumerate() {
            out.extend_from_slice(key);
            match line.cells.get(at) {
                Some(cell) => serde_json::to_writer(&mut *out, cell)?,
                None => out.extend_from_slice(b"null"),
            }
        }
        out.push(b'}');
        Ok(())
    }
}
