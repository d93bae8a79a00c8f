//! The shared strings of a workbook: one text after another, and where each ends.

use quick_xml::events::Event;

use crate::campaign::tables::error::TableErrorKind;

use super::package::Part;
use super::xml::{Xml, add_text};

/// The most bytes of shared texts, and the most texts: 32 for each row of a full sheet.
const MAX_SHARED_BYTES: usize = 1 << 30;
const MAX_SHARED_TEXTS: usize = 1 << 25;

#[derive(Debug, Default)]
pub(super) struct Strings {
    text: String,
    ends: Vec<u32>,
}

impl Strings {
    pub(super) fn push(&mut self, text: &str) -> Result<(), TableErrorKind> {
        self.text.push_str(text);
        self.end()
    }

    fn end(&mut self) -> Result<(), TableErrorKind> {
        match u32::try_from(self.text.len()) {
            Ok(_) if self.ends.len() >= MAX_SHARED_TEXTS => {
                return Err(TableErrorKind::Damaged(format!(
                    "it has more than {MAX_SHARED_TEXTS} shared texts"
                )));
            }
            Ok(end) if self.text.len() <= MAX_SHARED_BYTES => self.ends.push(end),
            _ => return Err(TableErrorKind::Unpacked),
        }
        Ok(())
    }

    pub(super) fn get(&self, index: usize) -> Result<&str, TableErrorKind> {
        let text = self.ends.get(index).and_then(|&end| {
            let from = if index == 0 { 0 } else { self.ends[index - 1] };
            self.text.get(from as usize..end as usize)
        });
        text.ok_or_else(|| {
            TableErrorKind::Damaged("a cell names a text that the workbook doesn't have".into())
        })
    }

    /// Those of an XLSX file.
    pub(super) fn read(part: Part<'_>) -> Result<Strings, TableErrorKind> {
        let mut xml = Xml::new(part);
        let mut strings = Strings::default();
        let mut item = String::new();
        let mut rich = Rich::default();
        loop {
            let event = xml.next()?;
            match &event {
                Event::Start(element) if element.local_name().as_ref() == "si" => item.clear(),
                Event::End(element) if element.local_name().as_ref() == "si" => {
                    strings.push(&unescaped(&item))?
                }
                Event::Eof => return Ok(strings),
                _ => rich.add(&event, &mut item)?,
            }
        }
    }
}

/// The text of an item: all its runs, without the signs that tell how it is read aloud.
#[derive(Debug, Default)]
pub(super) struct Rich {
    within: bool,
    phonetic: bool,
}

impl Rich {
    pub(super) fn add(&mut self, event: &Event<'_>, text: &mut String) -> Result<(), TableErrorKind> {
        match event {
            Event::Start(element) => match element.local_name().as_ref() {
                "t" => self.within = true,
                "rPh" => self.phonetic = true,
                _ => {}
            },
            Event::End(element) => match element.local_name().as_ref() {
                "t" => self.within = false,
                "rPh" => self.phonetic = false,
                _ => {}
            },
            _ if self.within && !self.phonetic => add_text(event, text)?,
            _ => {}
        }
        Ok(())
    }
}

/// A text in which characters that XML can't hold are written `_x000D_`.
pub(super) fn unescaped(text: &str) -> std::borrow::Cow<'_, str> {
    if !text.contains("_x") {
        return text.into();
    }
    let mut units = Vec::new();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("_x") {
        let code = rest.get(at + 2..at + 7).and_then(|code| code.strip_suffix('_'));
        let unit = code.filter(|code| code.bytes().all(|b| b.is_ascii_hexdigit()));
        let Some(unit) = unit.and_then(|code| u16::from_str_radix(code, 16).ok()) else {
            flush(&mut units, &mut out);
            out.push_str(&rest[..at + 2]);
            rest = &rest[at + 2..];
            continue;
        };
        if at > 0 {
            flush(&mut units, &mut out);
        }
        out.push_str(&rest[..at]);
        units.push(unit);
        rest = &rest[at + 7..];
    }
    flush(&mut units, &mut out);
    out.push_str(rest);
    // A line break is one character, as in any text.
    out.replace("\r\n", "\n").into()
}

fn flush(units: &mut Vec<u16>, out: &mut String) {
    out.extend(char::decode_utf16(units.drain(..)).map(|c| c.unwrap_or('\u{fffd}')));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_taken_back() {
        for (text, meant) in [
            ("a_x000D_\nb", "a\nb"),
            ("_x0041__x0042_c", "ABc"),
            ("_x005F_x000D_", "_x000D_"),
            ("_xD83D__xDE00_!", "😀!"),
            ("a_x00_b _xZZZZ_ _x", "a_x00_b _xZZZZ_ _x"),
        ] {
            assert_eq!(unescaped(text), meant);
        }
    }
}
