//! The ZIP container of a workbook, and its parts, unpacked within bounds.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use zip::ZipArchive;
use zip::result::ZipError;

use crate::campaign::tables::error::TableErrorKind;

/// A workbook unpacks to at most so many bytes, all that is read of it together.
pub(super) const UNPACKED: u64 = 2 << 30;
/// The longest piece of a part that is held at once: a tag, a text.
const PIECE: u64 = 8 << 20;
/// The largest directory of a ZIP file: that of a workbook has some dozens of entries.
const DIRECTORY: u32 = 16 << 20;

/// Why a part isn't read on; travels within an [`io::Error`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
enum Limit {
    #[error("unpacks to more than 2 GiB")]
    Unpacked,
    #[error("a single text of more than 8 MiB")]
    Piece,
}

/// A ZIP file whose parts are found by name, in any case.
pub(super) struct Package {
    archive: ZipArchive<BufReader<File>>,
    names: HashMap<String, usize>,
    left: u64,
    limit: u64,
}

impl Package {
    pub(super) fn open(file: File) -> Result<Package, TableErrorKind> {
        Package::within(file, UNPACKED)
    }

    /// One that may unpack to so many bytes.
    fn within(mut file: File, limit: u64) -> Result<Package, TableErrorKind> {
        if directory(&mut file)? > DIRECTORY {
            return Err(TableErrorKind::Damaged("its list of parts is too long".into()));
        }
        let archive = ZipArchive::new(BufReader::new(file)).map_err(damaged)?;
        let mut names = HashMap::new();
        for (index, name) in archive.file_names().enumerate() {
            names.entry(plain(&name.map_err(damaged)?)).or_insert(index);
        }
        Ok(Package { archive, names, left: limit, limit })
    }

    /// Counts anew what is unpacked.
    pub(super) fn count_anew(&mut self) {
        self.left = self.limit;
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.names.contains_key(&plain(name))
    }

    /// The part of that name. What is read of it counts towards the whole.
    pub(super) fn part(&mut self, name: &str) -> Result<Option<Part<'_>>, TableErrorKind> {
        let Some(&index) = self.names.get(&plain(name)) else { return Ok(None) };
        let entry = self.archive.by_index(index).map_err(damaged)?;
        let inner: Box<dyn Read + '_> = Box::new(entry);
        let inner = BufReader::with_capacity(128 << 10, inner);
        Ok(Some(Part { inner, left: &mut self.left, piece: PIECE }))
    }

    /// The part of that name, which a workbook can't be without.
    pub(super) fn needed(&mut self, name: &str) -> Result<Part<'_>, TableErrorKind> {
        self.part(name)?.ok_or_else(|| TableErrorKind::Damaged(format!("its part `{name}` is missing")))
    }
}

/// A name as it is looked for: some programs write backslashes, or a slash first.
fn plain(name: &str) -> String {
    name.replace('\\', "/").trim_start_matches('/').to_lowercase()
}

/// How long the directory at the end of a ZIP file says it is; 0 where it isn't found.
fn directory(file: &mut File) -> Result<u32, TableErrorKind> {
    let len = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(len.saturating_sub(66_000)))?;
    let mut tail = Vec::new();
    file.by_ref().take(66_000).read_to_end(&mut tail)?;
    file.rewind()?;
    let end = tail.windows(4).rposition(|w| w == b"PK\x05\x06");
    let size = end.and_then(|at| tail.get(at + 12..at + 16)).and_then(|size| size.try_into().ok());
    let size = size.map_or(0, u32::from_le_bytes);
    // Of a ZIP64 file the size stands elsewhere; a small one can't be large.
    Ok(if size == u32::MAX { u32::try_from(len).unwrap_or(u32::MAX) } else { size })
}

fn damaged(error: ZipError) -> TableErrorKind {
    match error {
        ZipError::UnsupportedArchive(why) if why.to_lowercase().contains("password") => {
            TableErrorKind::Protected
        }
        ZipError::Io(error) => read_error(error),
        error => TableErrorKind::Damaged(error.to_string()),
    }
}

/// What an error while a part is read means: the disk's own errors stay what they are.
pub(super) fn read_error(error: io::Error) -> TableErrorKind {
    if let Some(limit) = error.get_ref().and_then(|inner| inner.downcast_ref::<Limit>()) {
        return match limit {
            Limit::Unpacked => TableErrorKind::Unpacked,
            Limit::Piece => TableErrorKind::Damaged(limit.to_string()),
        };
    }
    match error.kind() {
        io::ErrorKind::InvalidData
        | io::ErrorKind::InvalidInput
        | io::ErrorKind::UnexpectedEof
        | io::ErrorKind::Other => TableErrorKind::Damaged(error.to_string()),
        _ => TableErrorKind::Io(error),
    }
}

/// A part of a workbook, unpacked as it is read.
pub(super) struct Part<'a> {
    inner: BufReader<Box<dyn Read + 'a>>,
    left: &'a mut u64,
    piece: u64,
}

impl Part<'_> {
    /// A new piece begins, which may be as long as a piece may be.
    pub(super) fn begin(&mut self) {
        self.piece = PIECE;
    }
}

impl Read for Part<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let piece = self.fill_buf()?;
        let len = piece.len().min(buffer.len());
        buffer[..len].copy_from_slice(&piece[..len]);
        self.consume(len);
        Ok(len)
    }
}

impl BufRead for Part<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        let limit = match (*self.left, self.piece) {
            (0, _) => Some(Limit::Unpacked),
            (_, 0) => Some(Limit::Piece),
            _ => None,
        };
        match limit {
            Some(limit) => Err(io::Error::new(io::ErrorKind::InvalidData, limit)),
            None => self.inner.fill_buf(),
        }
    }

    fn consume(&mut self, amount: usize) {
        *self.left = self.left.saturating_sub(amount as u64);
        self.piece = self.piece.saturating_sub(amount as u64);
        self.inner.consume(amount);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn package(bytes: usize, limit: u64) -> Package {
        let mut writer = zip::ZipWriter::new(tempfile::tempfile().unwrap());
        let packed =
            zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
        for name in ["xl\\A.xml", "/b.xml"] {
            writer.start_file(name, packed).unwrap();
            writer.write_all(&vec![b' '; bytes]).unwrap();
        }
        Package::within(writer.finish().unwrap(), limit).unwrap()
    }

    fn read(package: &mut Package, name: &str) -> Result<u64, TableErrorKind> {
        let mut part = package.needed(name)?;
        let mut all = 0;
        loop {
            part.begin();
            match part.read(&mut [0; 4096]).map_err(read_error)? {
                0 => return Ok(all),
                n => all += n as u64,
            }
        }
    }

    #[test]
    fn what_is_read_of_all_parts_counts_together() {
        let mut package = package(100_000, 250_000);
        assert_eq!(read(&mut package, "xl/a.xml").unwrap(), 100_000);
        assert_eq!(read(&mut package, "B.xml").unwrap(), 100_000);
        assert!(matches!(read(&mut package, "b.xml"), Err(TableErrorKind::Unpacked)));
        package.count_anew();
        assert_eq!(read(&mut package, "b.xml").unwrap(), 100_000);
        assert!(matches!(read(&mut package, "c.xml"), Err(TableErrorKind::Damaged(_))));
    }

    #[test]
    fn a_piece_is_bounded_too() {
        let mut package = package(9 << 20, 1 << 30);
        let mut part = package.needed("b.xml").unwrap();
        let error = part.read_to_end(&mut vec![]).unwrap_err();
        assert!(matches!(read_error(error), TableErrorKind::Damaged(_)));
    }
}
