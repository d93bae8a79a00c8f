//! The workbook as a whole.

use std::io::{self, Write};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};

use super::sheet::{Looks, Sheets, columns, recipient_columns};
use super::summary::Summary;
use super::text::failed;
use crate::domain::codes::advice;
use crate::domain::status::Status;
use crate::report::columns::audience_names;
use crate::report::head::Head;
use crate::report::overview::Overview;
use crate::report::row::{AUDIENCE, Row, Value};
use crate::report::tally::Tally;
use crate::report::write::{Document, Spec};
use crate::sys::panics::guarded;

/// A sheet that may take more than this before it is compressed is written with 64-bit sizes, which some programs other
/// than Excel can't read; the format ends at 4 GiB without them.
const LARGE_BYTES: u64 = 2 << 30;
/// Speed before size: three times as fast as the usual, for a file that is a tenth larger.
const COMPRESSION: u8 = 3;

/// What stands on the sheet of failures before the audience's columns.
const FAILURES: [&str; 8] =
    ["row", "to", "error_code", "reason", "what to do", "attempts", "failed_at", "from"];
/// The same on the sheet of replies.
const REPLIES: [&str; 7] = ["row", "to", "replied_at", "reply", STOP, "status", "message"];
/// Whether a reply asks for no more messages.
const STOP: &str = "asked to stop";

/// A workbook in the making.
pub(in crate::report) struct Book {
    book: Workbook,
    looks: Looks,
    recipients: Sheets,
    failures: Sheets,
    replies: Sheets,
    overview: Overview,
}

impl Book {
    /// With all sheets, and no rows.
    pub(in crate::report) fn new(spec: &Spec, head: &Head) -> io::Result<Book> {
        let mut book = Workbook::new();
        let scratch = spec.scratch.clone().unwrap_or_else(std::env::temp_dir);
        book.set_tempdir(scratch).map_err(failed)?;
        book.set_zip_compression_level(COMPRESSION);
        book.add_worksheet().set_name(Summary::TITLE).map_err(failed)?;
        let looks = Looks::default();
        let names = audience_names(&head.columns);
        let mut sheets = |title, columns| Sheets::new(title, columns, spec.sheet_rows, &mut book, &looks);
        let recipients = sheets("Recipients", recipient_columns(&names))?;
        let failures = sheets("Failures", columns(&FAILURES, &names))?;
        let replies = sheets("Replies", columns(&REPLIES, &names))?;
        Ok(Book { book, looks, recipients, failures, replies, overview: Overview::new(spec, head) })
    }

    fn push(&mut self, row: &Row) -> io::Result<()> {
        let Book { book, looks, recipients, failures, replies, .. } = self;
        recipients.push(row.cells.iter().map(|(column, value)| (*column, value)), book, looks)?;
        if row.status == Status::Failed {
            let todo = match row.own("error_code") {
                Some(Value::Number(code)) => advice(*code).map(|todo| Value::Text(todo.into())),
                _ => None,
            };
            failures.push(beside(row, &FAILURES, &[("what to do", todo.as_ref())]), book, looks)?;
        }
        let yes = Value::Text("yes".into());
        if row.own("reply").is_some() {
            let instead = [(STOP, row.stop_is_first().then_some(&yes))];
            replies.push(beside(row, &REPLIES, &instead), book, looks)?;
        }
        // The first reply may be the stop itself.
        if let Some((stop, at)) = row.stop.as_ref().filter(|_| !row.stop_is_first()) {
            let (said, at) = (Value::Text(stop.reason.clone()), at.map(Value::Time));
            let instead = [("replied_at", at.as_ref()), ("reply", Some(&said)), (STOP, Some(&yes))];
            replies.push(beside(row, &REPLIES, &instead), book, looks)?;
        }
        Ok(())
    }

    fn save(mut self, tally: &Tally, out: &mut Latch<'_>) -> io::Result<()> {
        let bytes = [&self.recipients, &self.failures, &self.replies].map(Sheets::bytes);
        self.book.use_zip_large_file(bytes.iter().any(|bytes| *bytes > LARGE_BYTES));
        let about = &self.overview.about;
        let mut properties = DocProperties::new().set_title(&about.campaign);
        if let Ok(made) = ExcelDateTime::from_timestamp(i64::try_from(about.made_at.0 / 1000).unwrap_or(0)) {
            properties = properties.set_creation_datetime(&made);
        }
        self.book.set_properties(&properties);
        let sheets = self.recipients.count();
        let summary = self.book.worksheet_from_index(0).map_err(failed)?;
        Summary { overview: &self.overview, tally, sheets }.write(summary)?;
        for sheets in [self.recipients, self.failures, self.replies] {
            sheets.end(&mut self.book)?;
        }
        self.book.save_to_writer(out).map_err(failed)
    }
}

/// A row's cells under other columns of ours, some of which have another value, and then the audience's.
fn beside<'v>(
    row: &'v Row,
    own: &'static [&'static str],
    instead: &'v [(&'static str, Option<&'v Value>)],
) -> impl Iterator<Item = (u16, &'v Value)> {
    let ours = (0_u16..).zip(own).filter_map(move |(at, name)| {
        let other = instead.iter().find(|(other, _)| other == name);
        Some((at, other.map_or_else(|| row.own(name), |(_, value)| *value)?))
    });
    let before = u16::try_from(own.len()).unwrap_or(AUDIENCE);
    let cells = row.cells.iter().filter(|(column, _)| *column >= AUDIENCE);
    ours.chain(cells.map(move |(column, value)| (column - AUDIENCE + before, value)))
}

impl Document for Book {
    fn take(&mut self, rows: &[Row]) -> io::Result<()> {
        let taken = guarded(|| rows.iter().try_for_each(|row| self.push(row)));
        taken.unwrap_or_else(|panic| Err(full(&panic)))
    }

    fn finish(self: Box<Self>, tally: &Tally, out: &mut (dyn Write + Send)) -> io::Result<()> {
        let mut out = Latch { out, error: None };
        let saved = guarded(|| self.save(tally, &mut out));
        if let Some(error) = out.error {
            return Err(error);
        }
        saved.unwrap_or_else(|panic| Err(full(&panic)))
    }
}

/// `rust_xlsxwriter` panics where it can't write to its files.
fn full(panic: &str) -> io::Error {
    let kind = if panic.contains("StorageFull") { io::ErrorKind::StorageFull } else { io::ErrorKind::Other };
    io::Error::new(kind, format!("the workbook's sheets can't be kept beside it: {panic}"))
}

/// An output that keeps its first error to itself and then takes everything, because the workbook's writer would panic
/// over it.
struct Latch<'o> {
    out: &'o mut (dyn Write + Send),
    error: Option<io::Error>,
}

impl Write for Latch<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.error.is_none()
            && let Err(error) = self.out.write_all(bytes)
        {
            self.error = Some(error);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
