//! A workbook as a table: which sheet, where it begins, and its rows as they are wanted.
//!
//! The file is read by a thread of its own, a few hundred rows ahead of whoever takes them.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use crate::campaign::tables::error::{TableError, TableErrorKind};
use crate::campaign::tables::table::{Format, Reading, Row, TableOptions, TableWarning};

use super::book::{Book, SheetRow};
use super::layout::{Grid, Layout, NoLayout};
use super::ods::Ods;
use super::package::Package;
use super::parts;
use super::rows::Rows;
use super::xls::Xls;
use super::xlsb::Xlsb;
use super::xlsx::Xlsx;

/// So many rows with content are looked at to find the header, of so many cells.
const SAMPLE: usize = 200;
const SAMPLE_CELLS: usize = 100_000;
/// So many rows, or bytes of text, travel together, and so many such batches wait.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 1 << 20;
const WAITING: usize = 4;

/// How a workbook was opened.
pub(in crate::campaign::tables) struct Begun {
    pub(in crate::campaign::tables) format: Format,
    /// The header, as it stands in the sheet.
    pub(in crate::campaign::tables) header: Vec<String>,
    pub(in crate::campaign::tables) reading: Reading,
    pub(in crate::campaign::tables) warnings: Vec<TableWarning>,
}

/// What the reading thread tells.
enum Told {
    Begun(Box<Begun>),
    Rows(Vec<Row>),
    /// The end, with what can be told only there.
    Ended(Result<Vec<TableWarning>, TableErrorKind>),
}

/// The rows of a worksheet.
pub(in crate::campaign::tables) struct Workbook {
    path: PathBuf,
    told: Option<Receiver<Told>>,
    thread: Option<JoinHandle<()>>,
    rows: std::vec::IntoIter<Row>,
    /// What could be told only at the end.
    pub(in crate::campaign::tables) late: Vec<TableWarning>,
}

/// Opens a workbook: chooses the sheet and finds its header.
pub(in crate::campaign::tables) fn open(
    path: &Path,
    file: File,
    options: &TableOptions,
) -> Result<(Workbook, Begun), TableErrorKind> {
    let (tell, told) = sync_channel(WAITING);
    let options = options.clone();
    let thread = std::thread::Builder::new().name("workbook".to_owned()).spawn(move || {
        let ended = tell_all(file, &options, &tell);
        // Nobody listens any more where it can't be told.
        let _ = tell.send(Told::Ended(ended));
    })?;
    let mut workbook = Workbook {
        path: path.to_owned(),
        told: Some(told),
        thread: Some(thread),
        rows: vec![].into_iter(),
        late: vec![],
    };
    match workbook.listen() {
        Told::Begun(begun) => Ok((workbook, *begun)),
        Told::Ended(Err(kind)) => Err(kind),
        Told::Rows(_) | Told::Ended(Ok(_)) => Err(broken_off()),
    }
}

impl Workbook {
    fn listen(&mut self) -> Told {
        let told = self.told.as_ref().and_then(|told| told.recv().ok());
        told.unwrap_or_else(|| Told::Ended(Err(broken_off())))
    }

    /// The next row that has content.
    pub(in crate::campaign::tables) fn next(&mut self) -> Option<Result<Row, TableError>> {
        loop {
            if let Some(row) = self.rows.next() {
                return Some(Ok(row));
            }
            self.told.as_ref()?;
            match self.listen() {
                Told::Begun(_) => {}
                Told::Rows(rows) => self.rows = rows.into_iter(),
                Told::Ended(ended) => {
                    self.told = None;
                    match ended {
                        Ok(late) => self.late = late,
                        Err(kind) => return Some(Err(TableError { file: Some(self.path.clone()), kind })),
                    }
                }
            }
        }
    }
}

impl Drop for Workbook {
    fn drop(&mut self) {
        // The thread ends when nobody listens; then the file is closed, too.
        self.told = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Reading ended without a word: the thread is gone.
fn broken_off() -> TableErrorKind {
    TableErrorKind::Damaged("reading it broke off".into())
}

fn tell_all(
    file: File,
    options: &TableOptions,
    tell: &SyncSender<Told>,
) -> Result<Vec<TableWarning>, TableErrorKind> {
    let (mut book, format) = book(file)?;
    let (sheet, layout) = choose(&mut *book, options)?;
    let mut warnings = others_left_out(&*book, sheet, options);
    warnings.extend(layout.warnings.iter().cloned());
    let reading = Reading {
        sheet: book.sheets().get(sheet).map(|sheet| sheet.name.clone()),
        header_row: Some(layout.header_row),
        ..Reading::default()
    };
    let header = layout.names.clone();
    let mut rows = Rows::new(layout);
    if tell.send(Told::Begun(Box::new(Begun { format, header, reading, warnings }))).is_err() {
        return Ok(vec![]);
    }
    let (mut batch, mut bytes) = (Vec::with_capacity(BATCH), 0);
    book.refresh();
    book.rows(sheet, &mut |sheet_row| {
        if let Some(row) = rows.row(sheet_row) {
            bytes += row.cells.iter().map(|cell| cell.len()).sum::<usize>();
            batch.push(row);
        }
        if batch.len() < BATCH && bytes < BATCH_BYTES {
            return ControlFlow::Continue(());
        }
        bytes = 0;
        match tell.send(Told::Rows(std::mem::replace(&mut batch, Vec::with_capacity(BATCH)))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    // Where nobody listens any more the end isn't heard either.
    let _ = tell.send(Told::Rows(batch));
    Ok(rows.late())
}

/// The workbook in a file, by what the file holds.
fn book(mut file: File) -> Result<(Box<dyn Book>, Format), TableErrorKind> {
    let mut magic = vec![];
    file.by_ref().take(8).read_to_end(&mut magic)?;
    std::io::Seek::rewind(&mut file)?;
    if !magic.starts_with(b"PK") {
        return Ok((Box::new(Xls::open(file)?), Format::Xls));
    }
    let mut package = Package::open(file)?;
    if package.has("content.xml") {
        return Ok((Box::new(Ods::open(package)?), Format::Ods));
    }
    if package.has("Index/Document.iwa") || package.has("Index.zip") {
        return Err(TableErrorKind::Workbook("a Numbers spreadsheet"));
    }
    if package.has("word/document.xml") {
        return Err(TableErrorKind::Other("a Word document"));
    }
    if !package.has("[Content_Types].xml")
        && !package.has("xl/workbook.xml")
        && !package.has("xl/workbook.bin")
    {
        return Err(TableErrorKind::Other("a ZIP archive"));
    }
    let workbook = parts::workbook(&mut package)?;
    if workbook.to_lowercase().ends_with(".bin") {
        return Ok((Box::new(Xlsb::open(package, &workbook)?), Format::Xlsb));
    }
    Ok((Box::new(Xlsx::open(package, &workbook)?), Format::Xlsx))
}

/// The sheet that is named, or the first visible one that holds a table with phone numbers, else the first that holds
/// anything.
fn choose(book: &mut dyn Book, options: &TableOptions) -> Result<(usize, Layout), TableErrorKind> {
    if let Some(wanted) = &options.sheet {
        let sheet = named(book, wanted)?;
        return laid_out(book, sheet, options.header_row)?.map(|layout| (sheet, layout)).map_err(refusal);
    }
    let visible: Vec<usize> =
        (0..book.sheets().len()).filter(|sheet| !book.sheets()[*sheet].hidden).collect();
    let (mut first, mut headless, mut refused) = (None, None, None);
    for sheet in visible {
        match laid_out(book, sheet, options.header_row)? {
            Ok(layout) if layout.phone.is_some() => return Ok((sheet, layout)),
            Ok(layout) => drop(first.get_or_insert((sheet, layout))),
            Err(why @ NoLayout::Headless { many: true, .. }) => return Err(refusal(why)),
            Err(why @ NoLayout::Headless { .. }) => drop(headless.get_or_insert(why)),
            Err(NoLayout::Empty) => {}
            Err(why) => drop(refused.get_or_insert(why)),
        }
    }
    match (headless, first, refused) {
        (Some(why), ..) => Err(refusal(why)),
        (None, Some(found), _) => Ok(found),
        (None, None, Some(why)) => Err(refusal(why)),
        (None, None, None) if book.sheets().iter().any(|sheet| sheet.hidden) => {
            Err(TableErrorKind::OnlyHidden { sheets: names(book) })
        }
        (None, None, None) => Err(TableErrorKind::Empty),
    }
}

/// The sheet of that name, in any case where no other is meant.
fn named(book: &dyn Book, wanted: &str) -> Result<usize, TableErrorKind> {
    let sheets = book.sheets();
    let exactly = sheets.iter().position(|sheet| sheet.name == wanted);
    let wished = wanted.trim().to_lowercase();
    let loosely = || sheets.iter().position(|sheet| sheet.name.trim().to_lowercase() == wished);
    exactly
        .or_else(loosely)
        .ok_or_else(|| TableErrorKind::NoSuchSheet { given: wanted.to_owned(), sheets: names(book) })
}

fn names(book: &dyn Book) -> Vec<String> {
    book.sheets().iter().take(50).map(|sheet| sheet.name.clone()).collect()
}

/// How a sheet is laid out, by its first rows.
fn laid_out(
    book: &mut dyn Book,
    sheet: usize,
    header_row: Option<u32>,
) -> Result<Result<Layout, NoLayout>, TableErrorKind> {
    let mut sample: Vec<SheetRow> = vec![];
    let mut cells = 0;
    book.rows(sheet, &mut |row| {
        // What stands above a header that was named tells nothing.
        if header_row.is_some_and(|header_row| row.number < header_row) {
            return ControlFlow::Continue(());
        }
        cells += row.cells.len();
        sample.push(row.clone());
        if sample.len() < SAMPLE && cells < SAMPLE_CELLS {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    })?;
    let mut grid = Grid::new(&sample);
    if header_row.is_none()
        && let Some(above) = grid.needs_merged()
    {
        grid.spread(&book.merged(sheet, above)?);
    }
    Ok(grid.layout(header_row))
}

fn refusal(why: NoLayout) -> TableErrorKind {
    match why {
        NoLayout::Empty => TableErrorKind::Empty,
        NoLayout::Headless { row, column, .. } => {
            TableErrorKind::NoHeader { line: u64::from(row), column: column as usize + 1 }
        }
        NoLayout::Refused(kind) => kind,
    }
}

/// Says which sheets aren't read, where nobody said which one is.
fn others_left_out(book: &dyn Book, taken: usize, options: &TableOptions) -> Vec<TableWarning> {
    let sheets = book.sheets();
    let Some(sheet) = sheets.get(taken).filter(|_| options.sheet.is_none()) else { return vec![] };
    let others = sheets.iter().enumerate().filter(|(at, sheet)| *at != taken && !sheet.hidden);
    let others: Vec<String> = others.map(|(_, sheet)| sheet.name.clone()).collect();
    match others.is_empty() {
        true => vec![],
        false => vec![TableWarning::OtherSheets { taken: sheet.name.clone(), others }],
    }
}
