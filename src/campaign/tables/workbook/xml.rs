//! XML of a part, event by event. Entities that a file defines itself aren't resolved: a DTD is refused.

use std::borrow::Cow;
use std::io::BufRead as _;

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::campaign::tables::error::TableErrorKind;

use super::package::{Part, read_error};

/// A part as XML events; an empty element comes as its start and its end.
pub(super) struct Xml<'a> {
    reader: Reader<Part<'a>>,
    buffer: Vec<u8>,
}

impl<'a> Xml<'a> {
    pub(super) fn new(part: Part<'a>) -> Xml<'a> {
        let mut reader = Reader::from_reader(part);
        reader.config_mut().expand_empty_elements = true;
        Xml { reader, buffer: Vec::with_capacity(4096) }
    }

    pub(super) fn next(&mut self) -> Result<Event<'_>, TableErrorKind> {
        self.buffer.clear();
        self.buffer.shrink_to(64 << 10);
        self.reader.get_mut().begin();
        match self.reader.read_event_into(&mut self.buffer) {
            Ok(Event::DocType(_)) => Err(TableErrorKind::Damaged("its XML defines a document type".into())),
            Ok(event) => Ok(event),
            Err(error) => Err(broken(error)),
        }
    }
}

pub(super) fn broken(error: quick_xml::Error) -> TableErrorKind {
    match error {
        quick_xml::Error::Io(error) => match std::sync::Arc::try_unwrap(error) {
            Ok(error) => read_error(error),
            Err(error) => TableErrorKind::Damaged(error.to_string()),
        },
        error => TableErrorKind::Damaged(error.to_string()),
    }
}

impl Xml<'_> {
    /// The bytes behind the last event that are at hand.
    pub(super) fn at_hand(&mut self) -> Result<&[u8], TableErrorKind> {
        let part = self.reader.get_mut();
        part.begin();
        part.fill_buf().map_err(read_error)
    }

    /// Passes over so many of the bytes at hand: whole elements.
    pub(super) fn pass(&mut self, bytes: usize) {
        self.reader.get_mut().consume(bytes);
    }
}

/// Adds what an event within a text says to it.
pub(super) fn add_text(event: &Event<'_>, text: &mut String) -> Result<(), TableErrorKind> {
    match event {
        Event::Text(piece) if memchr::memchr(b'\r', piece.as_bytes()).is_some() => {
            text.push_str(&piece.xml10_content())
        }
        Event::Text(piece) => text.push_str(piece),
        Event::CData(piece) => text.push_str(&piece.xml10_content()),
        Event::GeneralRef(reference) => text.push(character(reference)?),
        _ => {}
    }
    Ok(())
}

fn character(reference: &BytesRef<'_>) -> Result<char, TableErrorKind> {
    if let Some(character) = reference.resolve_char_ref().map_err(broken)? {
        return Ok(character);
    }
    match &**reference {
        "amp" => Ok('&'),
        "lt" => Ok('<'),
        "gt" => Ok('>'),
        "quot" => Ok('"'),
        "apos" => Ok('\''),
        other => Err(TableErrorKind::Damaged(format!("its XML uses `&{other};`, which it doesn't have"))),
    }
}

/// The value of an attribute, by its name without a prefix.
pub(super) fn attribute<'e>(
    element: &'e BytesStart<'_>,
    name: &str,
) -> Result<Option<Cow<'e, str>>, TableErrorKind> {
    for attribute in element.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| TableErrorKind::Damaged(error.to_string()))?;
        if attribute.key.local_name().as_ref() == name {
            return attribute.normalized_value(XmlVersion::Implicit1_0).map(Some).map_err(broken);
        }
    }
    Ok(None)
}

/// Whether an attribute says yes.
pub(super) fn says_yes(element: &BytesStart<'_>, name: &str) -> Result<bool, TableErrorKind> {
    Ok(attribute(element, name)?.is_some_and(|value| matches!(&*value, "1" | "true" | "on")))
}
