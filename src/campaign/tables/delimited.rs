//! CSV and its relatives, record by record.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use csv_core::ReadRecordResult;

use crate::domain::problem::Problem;
use crate::domain::text::Cell;

use super::encoding::Text;
use super::error::{TableError, TableErrorKind};
use super::limits::{CELL, COLUMNS, RECORD};
use super::sniff;
use super::table::{Format, Row};

/// The rows of a delimited file.
pub(super) struct Delimited {
    path: PathBuf,
    text: Text,
    core: csv_core::Reader,
    delimiter: u8,
    header_row: u32,
    width: usize,
    /// Where some of the text could not be decoded.
    flawed: bool,
    /// One for each record and each line without content; `sep=` is none.
    number: u32,
    /// The line that comes next.
    line: u64,
    /// The last byte that was read: a line feed behind a carriage return ends no second line.
    last: u8,
    output: Vec<u8>,
    ends: Vec<usize>,
}

/// A record in [`Delimited::output`].
#[derive(Clone, Copy)]
struct Record {
    line: u64,
    columns: usize,
}

impl Delimited {
    /// Recognises the delimiter and reads the header. `whole`: the first buffer of `text` is all of it.
    pub(super) fn open(
        path: &Path,
        mut text: Text,
        format: Format,
        flawed: bool,
        whole: bool,
    ) -> Result<(Delimited, Vec<String>), TableErrorKind> {
        let mut line = 1;
        let head = text.fill_buf()?;
        let delimiter = match sniff::named_delimiter(head) {
            Some((delimiter, length)) => {
                text.consume(length);
                line = 2;
                delimiter
            }
            None => sniff::delimiter(head, whole, format),
        };
        let mut reader = Delimited {
            path: path.to_owned(),
            text,
            core: csv_core::ReaderBuilder::new().delimiter(delimiter).build(),
            delimiter,
            header_row: 1,
            width: 0,
            flawed,
            number: 0,
            line,
            last: 0,
            output: vec![0; 4096],
            ends: vec![0; COLUMNS],
        };
        let header = loop {
            let Some(record) = reader.record()? else { return Err(TableErrorKind::Empty) };
            let (cells, problem) = reader.cells(record);
            if problem.is_some() || cells.iter().any(|c| !c.trim().is_empty()) {
                if let Some(n) = cells.iter().position(|c| is_phone(c)) {
                    return Err(TableErrorKind::NoHeader { line: record.line, column: n + 1 });
                }
                break cells.into_iter().map(String::from).collect::<Vec<_>>();
            }
        };
        reader.width = header.len();
        reader.header_row = reader.number;
        Ok((reader, header))
    }

    /// What stands between cells.
    pub(super) fn delimiter(&self) -> char {
        char::from(self.delimiter)
    }

    /// The row that holds the column names.
    pub(super) fn header_row(&self) -> u32 {
        self.header_row
    }

    /// The next row that has content.
    pub(super) fn next(&mut self) -> Option<Result<Row, TableError>> {
        loop {
            let record = match self.record() {
                Ok(Some(record)) => record,
                Ok(None) => return None,
                Err(kind) => return Some(Err(TableError { file: Some(self.path.clone()), kind })),
            };
            let (mut cells, mut problem) = self.cells(record);
            if problem.is_none() && cells.iter().all(|c| c.trim().is_empty()) {
                continue;
            }
            if cells.len() > self.width {
                let surplus = cells.split_off(self.width);
                if surplus.iter().any(|c| !c.trim().is_empty()) {
                    problem.get_or_insert_with(|| {
                        Problem::new(format!(
                            "the row has {} cells, but there are only {} columns: put quotation marks around a \
                             cell that contains the delimiter",
                            self.width + surplus.len(),
                            self.width
                        ))
                    });
                }
            }
            cells.resize(self.width, Cell::default());
            return Some(Ok(Row { number: self.number, line: record.line, cells, kinds: vec![], problem }));
        }
    }

    /// Reads one record; `None` at the end. Lines without any character are passed over and counted.
    fn record(&mut self) -> Result<Option<Record>, TableErrorKind> {
        if !self.skip_blank_lines()? {
            return Ok(None);
        }
        self.number = self.number.checked_add(1).ok_or(TableErrorKind::TooManyRows)?;
        let line = self.line;
        let (mut written, mut columns) = (0, 0);
        loop {
            let input = self.text.fill_buf()?;
            let ended = input.is_empty();
            // A last line without its end: within a quotation mark, not even this would end it.
            let input = if ended { b"\n" } else { input };
            let (result, read, out, cells) =
                self.core.read_record(input, &mut self.output[written..], &mut self.ends[columns..]);
            if read > 0 {
                self.line += lines(&input[..read], self.last);
                self.last = input[read - 1];
            }
            if !ended {
                self.text.consume(read);
            }
            written += out;
            columns += cells;
            match result {
                ReadRecordResult::Record => return Ok(Some(Record { line, columns })),
                ReadRecordResult::OutputEndsFull => return Err(TableErrorKind::TooManyColumns { line }),
                ReadRecordResult::OutputFull if self.output.len() >= RECORD => {
                    return Err(TableErrorKind::RecordTooLong { line });
                }
                ReadRecordResult::OutputFull => self.output.resize((self.output.len() * 2).min(RECORD), 0),
                ReadRecordResult::InputEmpty if ended => return Err(TableErrorKind::UnclosedQuote { line }),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// Whether a record follows.
    fn skip_blank_lines(&mut self) -> Result<bool, TableErrorKind> {
        loop {
            let input = self.text.fill_buf()?;
            match input.first() {
                None => return Ok(false),
                Some(b'\n') if self.last == b'\r' => self.last = b'\n',
                Some(&end @ (b'\r' | b'\n')) => {
                    self.last = end;
                    self.line += 1;
                    self.number = self.number.checked_add(1).ok_or(TableErrorKind::TooManyRows)?;
                }
                Some(_) => return Ok(true),
            }
            self.text.consume(1);
        }
    }

    fn cells(&self, record: Record) -> (Vec<Cell>, Option<Problem>) {
        let mut cells = Vec::with_capacity(record.columns.max(self.width));
        let mut problem = None;
        let mut from = 0;
        // Cells end between characters wherever the record is UTF-8 as a whole and each cell is as well.
        let whole =
            self.ends[..record.columns].last().and_then(|end| std::str::from_utf8(&self.output[..*end]).ok());
        for (n, &end) in self.ends[..record.columns].iter().enumerate() {
            let cell = match whole.and_then(|text| text.get(from..end)) {
                Some(cell) => Cell::from(cell),
                None => Cell::from_utf8_lossy(&self.output[from..end]),
            };
            from = end;
            if cell.len() > CELL {
                problem.get_or_insert_with(|| {
                    Problem::new(format!("column {} holds more than 64 KiB of text", n + 1))
                });
                cells.push(Cell::default());
                continue;
            }
            if self.flawed && cell.contains('\u{fffd}') {
                problem.get_or_insert_with(|| {
                    Problem::new(format!(
                        "column {} holds characters that can't be read: save the file as UTF-8 and look at this row",
                        n + 1
                    ))
                });
            }
            cells.push(cell);
        }
        (cells, problem)
    }
}

/// How many lines end in these bytes, the one before them being `last`: `\n`, `\r\n` and a bare `\r` each end one.
fn lines(bytes: &[u8], last: u8) -> u64 {
    let feeds = bytes.iter().filter(|b| **b == b'\n').count() as u64;
    if !bytes.contains(&b'\r') && last != b'\r' {
        return feeds;
    }
    let returns = bytes.iter().filter(|b| **b == b'\r').count() as u64;
    let pairs = bytes.windows(2).filter(|w| w == b"\r\n").count() as u64;
    let split = u64::from(last == b'\r' && bytes.first() == Some(&b'\n'));
    feeds + returns - pairs - split
}

/// A cell that nobody would name a column: ten digits or more and nothing but what is written around them.
fn is_phone(cell: &str) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    (10..=15).contains(&digits) && cell.bytes().all(|b| b.is_ascii_digit() || b" +-().'".contains(&b))
}
