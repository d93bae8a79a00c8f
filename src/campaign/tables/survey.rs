//! What a delimited text's beginning tells: its delimiter, its dialect, its header, the shape of its rows.

use super::error::TableErrorKind;
use super::header::{self, NoBeginning, is_phone};
use super::limits::MAX_COLUMNS;
use super::reading::{Format, TableOptions, TableWarning};
use super::shape::{self, Fit, Habit, Shape};
use super::split::{self, Cells, Dialect, Flaw, Split};
use super::window;

/// How many bytes are looked at, at most.
pub(super) const SAMPLE_BYTES: usize = 256 << 10;
/// How many records are kept of them.
const MAX_SAMPLE_RECORDS: usize = 2_000;
/// How many records each delimiter is tried on.
const MAX_TRIED_RECORDS: usize = 200;
/// So many lines with `\"`, or with inches, are a custom; fewer are damage.
const MIN_CUSTOM_LINES: usize = 3;
/// What usually stands between cells; of equals the first: commas stand in ordinary text, the others rarely.
const DELIMITERS: [u8; 4] = [b'\t', b';', b'|', b','];
/// What some programs write; taken only where the usual ones find no table.
const RARE: [u8; 7] = [0x1f, 0x1e, 0x01, b'~', b'^', b':', b'#'];

/// What was found.
#[derive(Debug)]
pub(super) struct Survey {
    pub(super) dialect: Dialect,
    pub(super) header: Vec<String>,
    pub(super) shape: Shape,
    pub(super) warnings: Vec<TableWarning>,
    /// The first record below the header begins here.
    pub(super) start: usize,
    /// The line that begins there.
    pub(super) line: u64,
    /// The header's row.
    pub(super) number: u32,
}

/// A record of the sample.
#[derive(Debug)]
struct Record {
    number: u32,
    line: u64,
    cells: Vec<String>,
    /// It could be split.
    clean: bool,
    next: usize,
    next_line: u64,
}

/// Where the sample begins: the row and the line before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) number: u32,
    pub(super) line: u64,
}

/// Looks at a text's first bytes. `whole`: they are all of it. `named`: the delimiter by a line `sep=`.
pub(super) fn survey(
    bytes: &[u8],
    whole: bool,
    origin: Origin,
    (format, named): (Format, Option<u8>),
    options: &TableOptions,
) -> Result<Survey, TableErrorKind> {
    let delimiter = match options.delimiter {
        Some(delimiter) => u8::try_from(delimiter).map_err(|_| TableErrorKind::Delimiter(delimiter))?,
        None => delimiter(bytes, whole, format, named),
    };
    let dialect = dialect(bytes, whole, delimiter);
    let records = records(bytes, whole, origin, &dialect, MAX_SAMPLE_RECORDS);
    let rows: Vec<&Vec<String>> = records.iter().map(|record| &record.cells).collect();
    let owned: Vec<Vec<&str>> = rows.iter().map(|row| row.iter().map(String::as_str).collect()).collect();
    let at = match options.header_row {
        Some(row) => {
            let found = records.iter().position(|record| record.number == row);
            found.ok_or(TableErrorKind::NoHeaderRow { row })?
        }
        None => match header::find(&owned) {
            Ok(beginning) => beginning.header,
            Err(NoBeginning::Empty) => return Err(TableErrorKind::Empty),
            Err(NoBeginning::Headless { row, column }) => {
                return Err(TableErrorKind::NoHeader { line: records[row].line, column: column + 1 });
            }
        },
    };
    let mut warnings = vec![];
    let (head, below) = (&records[at], &records[at + 1..]);
    if options.header_row.is_none() && records[..at].iter().any(|record| !is_blank(&record.cells)) {
        warnings.push(TableWarning::Above { row: head.number });
    }
    let mut header = head.cells.clone();
    if !head.clean {
        header.iter_mut().for_each(|name| *name = name.trim().trim_matches('"').to_owned());
        warnings.push(TableWarning::HeaderQuotes { row: head.number });
    }
    let clean: Vec<&Vec<String>> =
        below.iter().filter(|r| r.clean && !is_blank(&r.cells)).map(|r| &r.cells).collect();
    let shape = Shape::of(&header, &clean, habit(bytes, whole, delimiter));
    if shape.width > MAX_COLUMNS {
        return Err(TableErrorKind::TooManyColumns { line: head.line });
    }
    misfit(head, &clean, &shape)?;
    header.truncate(shape.width);
    let (start, line, number) = (head.next, head.next_line, head.number);
    Ok(Survey { dialect, header, shape, warnings, start, line, number })
}

fn is_blank(cells: &[String]) -> bool {
    cells.iter().all(|cell| cell.trim().is_empty())
}

/// Where (nearly) no row has the cells that the header has, nobody can tell which cell is what.
fn misfit(head: &Record, rows: &[&Vec<String>], shape: &Shape) -> Result<(), TableErrorKind> {
    let fits =
        |row: &&&Vec<String>| shape.fit(row.len(), is_blank(&row[shape.width.min(row.len())..])) == Fit::Fits;
    let fitting = rows.iter().filter(fits).count();
    let cells = usual(rows.iter().map(|row| row.len()));
    // A column without a name that holds something: perhaps the last one, perhaps all are shifted.
    let beyond =
        |row: &&&Vec<String>| row.len() == cells && row.len() > shape.width && !is_blank(&row[shape.width..]);
    let unnamed = rows.iter().any(|row| beyond(&row));
    if rows.len() < 3 || (fitting * 20 > rows.len() && !unnamed) {
        return Ok(());
    }
    Err(TableErrorKind::Misfit { line: head.line, header: shape.width, rows: cells })
}

/// The number that comes most often.
fn usual(counts: impl Iterator<Item = usize>) -> usize {
    let mut tally: Vec<usize> = vec![];
    for count in counts {
        if tally.len() <= count {
            tally.resize(count + 1, 0);
        }
        tally[count] += 1;
    }
    (0..tally.len()).rev().max_by_key(|n| tally[*n]).unwrap_or(0)
}

/// The delimiter by which the rows agree best and phone numbers stand alone in their cells.
fn delimiter(bytes: &[u8], whole: bool, format: Format, named: Option<u8>) -> u8 {
    let tried = |delimiter: u8| Trial::of(bytes, whole, delimiter);
    if let Some(named) = named
        && tried(named).columns >= 2
    {
        return named;
    }
    let trials = DELIMITERS.map(tried);
    if format == Format::Tsv && trials[0].columns >= 2 {
        return b'\t';
    }
    let best = |trials: &[Trial]| {
        let splitting = trials.iter().filter(|trial| trial.columns >= 2).copied();
        // Of equals the first, so the last by this order.
        splitting.rev().max_by_key(|trial| trial.score())
    };
    let usual = best(&trials);
    let alone = trials[3].phones;
    if usual.is_none_or(|trial| trial.phones == 0 || trial.agreeing < 500) {
        let better = best(&RARE.map(tried)).filter(|rare| {
            rare.agreeing >= 900 && rare.phones > usual.map_or(alone, |trial| trial.phones.max(alone)) + 500
        });
        if let Some(rare) = better {
            return rare.delimiter;
        }
    }
    usual.map_or(named.unwrap_or(if format == Format::Tsv { b'\t' } else { b',' }), |trial| trial.delimiter)
}

/// How a delimiter splits the first records.
#[derive(Clone, Copy, Debug)]
struct Trial {
    delimiter: u8,
    /// How many columns most records have.
    columns: usize,
    /// Of a thousand records, how many have as many.
    agreeing: usize,
    /// Of a thousand records, how many hold a phone number in a cell of its own.
    phones: usize,
}

impl Trial {
    fn of(bytes: &[u8], whole: bool, delimiter: u8) -> Trial {
        let origin = Origin { number: 0, line: 1 };
        let records = records(bytes, whole, origin, &Dialect::of(delimiter), MAX_TRIED_RECORDS);
        let total = records.len().max(1);
        let columns = usual(records.iter().map(|record| record.cells.len()));
        let agreeing = records.iter().filter(|r| r.clean && r.cells.len() == columns).count();
        let phones = records.iter().filter(|r| r.cells.iter().any(|cell| is_phone(cell))).count();
        Trial { delimiter, columns, agreeing: agreeing * 1_000 / total, phones: phones * 1_000 / total }
    }

    fn score(&self) -> (usize, usize) {
        (self.agreeing + self.phones, self.columns)
    }
}

/// How cells are written, by what the first lines have in common.
fn dialect(bytes: &[u8], whole: bool, delimiter: u8) -> Dialect {
    let plain = Dialect::of(delimiter);
    let escaping = Dialect { backslash: true, ..plain.clone() };
    let mut cells = Cells::default();
    let (mut as_plain, mut as_escaping) = (0, 0);
    let mut inches: Vec<usize> = vec![];
    let mut at = 0;
    while let Some(line) = window::line(bytes, at, whole).filter(|line| line.next > at) {
        let text = &bytes[at..line.end];
        at = line.next;
        if memchr::memchr(b'"', text).is_none() {
            continue;
        }
        let split = split::record(text, &plain, &mut cells);
        if text.windows(2).any(|pair| pair == b"\\\"") {
            as_plain += usize::from(matches!(split, Split::Whole { .. }));
            as_escaping +=
                usize::from(matches!(split::record(text, &escaping, &mut cells), Split::Whole { .. }));
        } else if matches!(split, Split::Flawed(Flaw::Stray(_))) {
            split::plainly(text, delimiter, &mut cells);
            let marked = |(_, cell): &(usize, &[u8])| cell.contains(&b'"') && split::inches(cell);
            inches.extend(cells.iter().enumerate().filter(marked).map(|(column, _)| column));
        }
    }
    // One is damage, several are a custom.
    inches.sort_unstable();
    let mut several: Vec<usize> = inches
        .windows(MIN_CUSTOM_LINES)
        .filter(|of| of[0] == of[MIN_CUSTOM_LINES - 1])
        .map(|of| of[0])
        .collect();
    several.dedup();
    Dialect { backslash: as_escaping >= MIN_CUSTOM_LINES && as_plain == 0, inches: several, ..plain }
}

/// How the first lines are written.
fn habit(bytes: &[u8], whole: bool, delimiter: u8) -> Habit {
    let mut at = 0;
    let lines = std::iter::from_fn(|| {
        let line = window::line(bytes, at, whole).filter(|line| line.next > at)?;
        Some(&bytes[std::mem::replace(&mut at, line.next)..line.end])
    });
    Habit::of(lines.take(MAX_TRIED_RECORDS), delimiter)
}

/// The first records, blank lines left out. One that isn't whole at the sample's end tells nothing.
fn records(bytes: &[u8], whole: bool, origin: Origin, dialect: &Dialect, most: usize) -> Vec<Record> {
    let Origin { mut number, mut line } = origin;
    let (mut records, mut cells, mut at) = (vec![], Cells::default(), 0);
    let habit = habit(bytes, whole, dialect.delimiter);
    while records.len() < most {
        let Some(found) = window::line(bytes, at, whole).filter(|found| found.next > at) else { break };
        number = number.saturating_add(1);
        let (mut next, mut next_line) = (found.next, line + 1);
        if found.end > at {
            let clean = match split::record(&bytes[at..], dialect, &mut cells) {
                Split::Whole { lines: false, .. } => true,
                Split::Whole { end, .. }
                    if !shape::swallows(&bytes[at..at + end], dialect.delimiter, habit) =>
                {
                    let Some(last) = window::line(bytes, at + end, whole) else { break };
                    next = last.next;
                    next_line = line + window::lines(&bytes[at..at + end]).count() as u64;
                    true
                }
                _ => false,
            };
            if !clean {
                split::plainly(&bytes[at..found.end], dialect.delimiter, &mut cells);
            }
            let text = |cell: &[u8]| String::from_utf8_lossy(cell).into_owned();
            let cells = cells.iter().map(text).collect();
            records.push(Record { number, line, cells, clean, next, next_line });
        }
        (at, line) = (next, next_line);
    }
    records
}
