//! The text within a cell of an ODS file.

use quick_xml::events::Event;

use crate::campaign::tables::error::TableErrorKind;

use super::xml::{Xml, add_text, attribute};

/// Spaces that stand together, at most.
const SPACES: usize = 1_000;

pub(super) struct Text;

impl Text {
    /// Reads up to the end of the cell: its paragraphs, a line each; `None` where it has none.
    pub(super) fn read(xml: &mut Xml<'_>) -> Result<Option<String>, TableErrorKind> {
        let mut text: Option<String> = None;
        // Within the cell, within a paragraph, and within what isn't part of its text (a note, a drawing).
        let (mut depth, mut paragraph, mut aside) = (1, 0, 0);
        loop {
            let event = xml.next()?;
            match &event {
                Event::Start(element) => {
                    depth += 1;
                    match element.local_name().as_ref() {
                        "annotation" | "frame" | "shapes" | "custom-shape" | "control" | "detective"
                        | "ruby-text" | "table" => aside += 1,
                        _ if aside > 0 => {}
                        "p" | "h" => {
                            paragraph += 1;
                            match &mut text {
                                Some(text) => text.push('\n'),
                                None => text = Some(String::new()),
                            }
                        }
                        "s" => {
                            let spaces =
                                attribute(element, "c")?.and_then(|count| count.parse().ok()).unwrap_or(1);
                            text.get_or_insert_default().extend(std::iter::repeat_n(' ', SPACES.min(spaces)));
                        }
                        "tab" => text.get_or_insert_default().push('\t'),
                        "line-break" => text.get_or_insert_default().push('\n'),
                        _ => {}
                    }
                }
                Event::End(element) => {
                    depth -= 1;
                    if depth == 0 {
                        return Ok(text);
                    }
                    match element.local_name().as_ref() {
                        "annotation" | "frame" | "shapes" | "custom-shape" | "control" | "detective"
                        | "ruby-text" | "table" => aside -= 1,
                        "p" | "h" if aside == 0 => paragraph -= 1,
                        _ => {}
                    }
                }
                Event::Eof => return Err(TableErrorKind::Damaged("it ends within a cell".into())),
                _ if paragraph > 0 && aside == 0 => add_text(&event, text.get_or_insert_default())?,
                _ => {}
            }
        }
    }
}
