//! A line of the report as people read it, owned: what the formats are made of that are whole only once every line is
//! known ([`Document`](super::write::Document)).

use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::domain::status::Status;
use crate::domain::text::Cell;

use super::columns::COLUMNS;
use super::head::Stop;
use super::line::{Field, ReportLine};
use super::phone::grouped;
use super::time::local;

/// What a cell holds.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    /// A number of ours.
    Number(u32),
    /// A text, as it was.
    Text(Cell),
    /// A moment, on a clock of the report's zone.
    Time(DateTime),
}

/// A line. Most cells are empty, so only the others are here.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Where it stands.
    pub(super) status: Status,
    /// That they asked for no more messages in answer to this one, and when.
    pub(super) stop: Option<(Stop, Option<DateTime>)>,
    /// The cells that aren't empty, by their column, in order.
    pub(super) cells: Vec<(u16, Value)>,
}

impl Row {
    /// Of a line, with times in this zone and so many columns of the audience's.
    pub(super) fn new(line: &ReportLine<'_>, columns: usize, zone: &TimeZone) -> Row {
        let own = (0..).zip(line.fields()).filter_map(|(column, field)| {
            let value = match field {
                Field::Absent | Field::Word("") | Field::Text("") => return None,
                Field::Number(number) => Value::Number(number),
                Field::Word(text) | Field::Text(text) => Value::Text(text.into()),
                Field::Phone(phone) => Value::Text(grouped(phone)),
                Field::Time(at) => Value::Time(local(at, zone)?),
            };
            Some((column, value))
        });
        let filled = line.cells.iter().take(columns).zip(AUDIENCE..).filter(|(cell, _)| !cell.is_empty());
        let audience = filled.map(|(cell, column)| (column, Value::Text(cell.clone())));
        let stop = line.stop.map(|stop| (stop.clone(), local(stop.at, zone)));
        Row { status: line.status, stop, cells: own.chain(audience).collect() }
    }

    /// Whether the first reply is the one that asks for no more messages.
    pub(super) fn stop_is_first(&self) -> bool {
        let at = self.stop.as_ref().and_then(|(_, at)| at.map(Value::Time));
        at.is_some() && at.as_ref() == self.own("replied_at")
    }

    /// The value under one of [`COLUMNS`].
    pub(super) fn own(&self, name: &str) -> Option<&Value> {
        let column = COLUMNS.iter().position(|column| *column == name)?;
        self.at(u16::try_from(column).ok()?)
    }

    /// The value in a column.
    pub(super) fn at(&self, column: u16) -> Option<&Value> {
        let found = self.cells.binary_search_by_key(&column, |(column, _)| *column).ok()?;
        self.cells.get(found).map(|(_, value)| value)
    }
}

/// The first of the audience's columns.
#[expect(clippy::cast_possible_truncation, reason = "there are twenty")]
pub(super) const AUDIENCE: u16 = COLUMNS.len() as u16;
