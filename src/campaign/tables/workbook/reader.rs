//! A workbook as a table's rows: it is read on a thread of its own, a few hundred rows ahead.

use std::fs::File;
use std::io::{Read, Seek};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::campaign::tables::error::{TableError, TableErrorKind};
use crate::campaign::tables::reading::{TableOptions, TableWarning};
use crate::campaign::tables::row::Row;

use super::book::Book;
use super::choice::choose;
use super::ods::Ods;
use super::package::Package;
use super::parts;
use super::xls::Xls;
use super::xlsb::Xlsb;
use super::xlsx::Xlsx;

/// So many rows are handed on at once, or so many bytes of text.
const CHUNK_ROWS: usize = 256;
const CHUNK_BYTES: usize = 1 << 20;
/// So many pieces are read ahead.
const MAX_CHUNKS_AHEAD: usize = 3;

/// The rows of a worksheet.
pub(in crate::campaign::tables) struct Workbook {
    path: PathBuf,
    pieces: Receiver<Message>,
    piece: std::vec::IntoIter<Row>,
    ended: bool,
    /// What could be told only at the end.
    pub(in crate::campaign::tables) late: Vec<TableWarning>,
}

/// A workbook, and what its beginning tells.
pub(in crate::campaign::tables) struct Opened {
    pub(in crate::campaign::tables) workbook: Workbook,
    pub(in crate::campaign::tables) header: Vec<String>,
    pub(in crate::campaign::tables) sheet: String,
    pub(in crate::campaign::tables) sheets: Vec<String>,
    pub(in crate::campaign::tables) header_row: u32,
    pub(in crate::campaign::tables) warnings: Vec<TableWarning>,
}

/// What the thread says.
enum Message {
    Begun(Beginning),
    Rows(Vec<Row>),
    /// The end, with what can be told only there.
    Ended(Result<Vec<TableWarning>, TableErrorKind>),
}

struct Beginning {
    header: Vec<String>,
    sheet: String,
    sheets: Vec<String>,
    header_row: u32,
    warnings: Vec<TableWarning>,
}

/// Finds the worksheet and its header.
pub(in crate::campaign::tables) fn open(
    path: &Path,
    file: File,
    options: &TableOptions,
) -> Result<Opened, TableErrorKind> {
    let (sender, pieces) = sync_channel(MAX_CHUNKS_AHEAD);
    let options = options.clone();
    std::thread::Builder::new().name("workbook".to_owned()).spawn(move || {
        let ended = run(file, &options, &sender);
        // Nobody may wait for it any more.
        let _ = sender.send(Message::Ended(ended));
    })?;
    match pieces.recv() {
        Ok(Message::Begun(Beginning { header, sheet, sheets, header_row, warnings })) => {
            let piece = Vec::new().into_iter();
            let workbook = Workbook { path: path.to_owned(), pieces, piece, ended: false, late: vec![] };
            Ok(Opened { workbook, header, sheet, sheets, header_row, warnings })
        }
        Ok(Message::Ended(Err(kind))) => Err(kind),
        Ok(_) | Err(_) => Err(broken_off()),
    }
}

impl Workbook {
    /// The next row that has content.
    pub(in crate::campaign::tables) fn next(&mut self) -> Option<Result<Row, TableError>> {
        loop {
            if let Some(row) = self.piece.next() {
                return Some(Ok(row));
            }
            if self.ended {
                return None;
            }
            let ended = match self.pieces.recv() {
                Ok(Message::Rows(rows)) => {
                    self.piece = rows.into_iter();
                    continue;
                }
                Ok(Message::Ended(ended)) => ended,
                Ok(Message::Begun(_)) | Err(_) => Err(broken_off()),
            };
            self.ended = true;
            match ended {
                Ok(late) => self.late = late,
                Err(kind) => return Some(Err(TableError { file: Some(self.path.clone()), kind })),
            }
        }
    }
}

/// The thread ended without a word: something in it panicked.
fn broken_off() -> TableErrorKind {
    TableErrorKind::Damaged("it can't be read to its end".into())
}

fn run(
    file: File,
    options: &TableOptions,
    sender: &SyncSender<Message>,
) -> Result<Vec<TableWarning>, TableErrorKind> {
    let mut book = book(file)?;
    let found = choose(&mut *book, options)?;
    let mut layout = found.layout;
    let (header, header_row) = (layout.header.clone(), layout.header_row);
    // What is hidden is read where it is named, and offered to nobody.
    let shown = book.sheets().iter().filter(|sheet| !sheet.hidden || sheet.name == found.name);
    let sheets = shown.map(|sheet| sheet.name.clone()).collect();
    let begun = Beginning { header, sheet: found.name, sheets, header_row, warnings: found.warnings };
    if sender.send(Message::Begun(begun)).is_err() {
        return Ok(vec![]);
    }
    let (mut piece, mut bytes, mut last, mut in_order) = (Vec::with_capacity(CHUNK_ROWS), 0, 0, true);
    book.rows(found.sheet, &mut |row| {
        in_order = row.number > last;
        last = row.number;
        if !in_order {
            return ControlFlow::Break(());
        }
        if row.number <= header_row {
            return ControlFlow::Continue(());
        }
        if let Some(row) = layout.row(row) {
            bytes += row.cells.iter().map(|cell| cell.len()).sum::<usize>();
            piece.push(row);
        }
        if piece.len() < CHUNK_ROWS && bytes < CHUNK_BYTES {
            return ControlFlow::Continue(());
        }
        bytes = 0;
        match sender.send(Message::Rows(std::mem::replace(&mut piece, Vec::with_capacity(CHUNK_ROWS)))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    })?;
    let _ = sender.send(Message::Rows(piece));
    if in_order {
        Ok(layout.late_warnings())
    } else {
        Err(TableErrorKind::Damaged("its rows aren't in order".into()))
    }
}

/// The book in a file, by its container and what that holds.
fn book(mut file: File) -> Result<Box<dyn Book>, TableErrorKind> {
    let mut start = [0; 2];
    file.read_exact(&mut start)?;
    file.rewind()?;
    if &start != b"PK" {
        return Ok(Box::new(Xls::open(file)?));
    }
    let mut package = Package::open(file)?;
    if package.has("[Content_Types].xml") || package.has("xl/workbook.xml") || package.has("xl/workbook.bin")
    {
        if package.has("word/document.xml") {
            return Err(TableErrorKind::Other("a Word document"));
        }
        let workbook = parts::workbook(&mut package)?;
        return Ok(if workbook.to_lowercase().ends_with(".bin") {
            Box::new(Xlsb::open(package, &workbook)?)
        } else {
            Box::new(Xlsx::open(package, &workbook)?)
        });
    }
    if package.has("content.xml") {
        return Ok(Box::new(Ods::open(package)?));
    }
    if package.has("Index/Document.iwa") || package.has("index.zip") {
        return Err(TableErrorKind::Workbook("a Numbers spreadsheet"));
    }
    Err(TableErrorKind::Other("a ZIP archive"))
}
