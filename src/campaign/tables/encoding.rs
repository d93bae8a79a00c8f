//! Which encoding a file is written in, and its text as UTF-8.
//!
//! The whole file is looked at before the first row is read: its first byte beyond ASCII may stand anywhere.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Decoder, Encoding, UTF_8, UTF_16BE, UTF_16LE};

use super::error::TableErrorKind;
use super::limits::HEAD;

/// Text is guessed from so many bytes in whose neighbourhood something isn't ASCII.
const GUESSED_FROM: usize = 1 << 20;

/// How a file's text is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    /// The encoding.
    pub(super) encoding: &'static Encoding,
    /// The bytes of a byte order mark.
    mark: u64,
    /// Some of it can't be decoded: rows with U+FFFD are damaged.
    pub(super) flawed: bool,
    /// It was guessed from the content.
    pub(super) guessed: bool,
}

impl Written {
    fn marked(encoding: &'static Encoding, mark: u64) -> Written {
        // Nobody has checked these bytes.
        Written { encoding, mark, flawed: true, guessed: false }
    }
}

/// Recognises the encoding of a file that holds text.
pub(super) fn recognise(file: &mut File) -> Result<Written, TableErrorKind> {
    let mut buffer = vec![0; HEAD];
    let len = fill(file, &mut buffer)?;
    let head = &buffer[..len];
    if head.is_empty() {
        return Err(TableErrorKind::Empty);
    }
    if head.starts_with(&[0xff, 0xfe, 0, 0]) || head.starts_with(&[0, 0, 0xfe, 0xff]) {
        return Err(TableErrorKind::Other("text in UTF-32"));
    }
    match head {
        [0xff, 0xfe, ..] => return Ok(Written::marked(UTF_16LE, 2)),
        [0xfe, 0xff, ..] => return Ok(Written::marked(UTF_16BE, 2)),
        _ => {}
    }
    if let Some(encoding) = unmarked_utf16(head)? {
        return Ok(Written { guessed: true, ..Written::marked(encoding, 0) });
    }
    let mark = if head.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
    let census = count(file)?;
    // A few bad bytes among much good UTF-8 are damage, not another encoding.
    if census.bad == 0 || mark > 0 || census.good / 10 >= census.bad {
        return Ok(Written { encoding: UTF_8, mark, flawed: census.bad > 0, guessed: false });
    }
    Ok(Written { encoding: guess(file)?, mark, flawed: true, guessed: true })
}

/// ASCII characters (delimiters, digits, line ends) in UTF-16 have a zero byte on one side.
fn unmarked_utf16(head: &[u8]) -> Result<Option<&'static Encoding>, TableErrorKind> {
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    // A table in any script holds this much ASCII: delimiters, line ends, the digits of phone numbers.
    let much = (head.len() / 32).max(2);
    match (even, odd) {
        (0, 0) => Ok(None),
        (even, odd) if odd > 4 * even && odd >= much => Ok(Some(UTF_16LE)),
        (even, odd) if even > 4 * odd && even >= much => Ok(Some(UTF_16BE)),
        _ => Err(TableErrorKind::NotText),
    }
}

struct Census {
    /// Characters beyond ASCII that are whole in UTF-8.
    good: usize,
    /// Sequences that UTF-8 doesn't have.
    bad: usize,
}

/// As far as is needed to tell.
fn count(file: &mut File) -> Result<Census, TableErrorKind> {
    file.seek(SeekFrom::Start(0))?;
    let (mut good, mut bad, mut seen) = (0, 0, 0);
    let mut buffer = vec![0; HEAD];
    let mut carried = 0;
    loop {
        let read = fill(file, &mut buffer[carried..])?;
        let len = carried + read;
        let last = read == 0;
        if buffer[carried..len].contains(&0) {
            return Err(nul(file)?);
        }
        let mut rest = &buffer[..len];
        if !rest.is_ascii() {
            if bad > 0 && seen >= GUESSED_FROM {
                break;
            }
            seen += rest.len();
            good += rest.iter().filter(|b| **b >= 0xc0).count();
        }
        carried = 0;
        while let Err(error) = std::str::from_utf8(rest) {
            match error.error_len() {
                Some(bytes) => {
                    bad += 1;
                    rest = &rest[error.valid_up_to() + bytes..];
                }
                None if last => {
                    bad += 1;
                    break;
                }
                None => {
                    // A character that goes on in the next piece (it was counted as good: once more is no harm).
                    carried = rest.len() - error.valid_up_to();
                    break;
                }
            }
        }
        if last {
            break;
        }
        buffer.copy_within(len - carried..len, 0);
    }
    // Every bad sequence was counted as a good beginning, at most.
    Ok(Census { good: good.saturating_sub(bad), bad })
}

/// The likeliest encoding of a text that isn't UTF-8. Slow: a third of a second for a megabyte.
fn guess(file: &mut File) -> io::Result<&'static Encoding> {
    file.seek(SeekFrom::Start(0))?;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut buffer = vec![0; HEAD];
    let mut fed = 0;
    while fed < GUESSED_FROM {
        let piece = match fill(file, &mut buffer)? {
            0 => break,
            len => &buffer[..len],
        };
        if !piece.is_ascii() {
            detector.feed(piece, false);
            fed += piece.len();
        }
    }
    detector.feed(&[], true);
    Ok(detector.guess(None, Utf8Detection::Deny))
}

/// Where the first NUL byte stands.
fn nul(file: &mut File) -> io::Result<TableErrorKind> {
    file.seek(SeekFrom::Start(0))?;
    let mut line = 1;
    let mut buffer = vec![0; HEAD];
    loop {
        let len = fill(file, &mut buffer)?;
        let end = buffer[..len].iter().position(|byte| *byte == 0);
        let before = &buffer[..end.unwrap_or(len)];
        line += before.iter().filter(|byte| **byte == b'\n').count() as u64;
        if end.is_some() || len == 0 {
            return Ok(TableErrorKind::Nul { line });
        }
    }
}

/// Reads until the buffer is full or the file ends.
fn fill(file: &mut File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// A file's text in UTF-8, without its byte order mark.
pub(super) type Text = BufReader<Decoded>;

/// Begins at the beginning.
pub(super) fn text(mut file: File, written: Written) -> io::Result<Text> {
    file.seek(SeekFrom::Start(written.mark))?;
    let decoder = (written.encoding != UTF_8).then(|| Transcoder {
        decoder: written.encoding.new_decoder_without_bom_handling(),
        raw: vec![0; HEAD / 2],
        decoded: vec![0; HEAD * 2],
        at: 0,
        len: 0,
        done: false,
    });
    Ok(BufReader::with_capacity(HEAD, Decoded { file, decoder }))
}

/// Decodes while it reads; what is UTF-8 already passes untouched.
pub(super) struct Decoded {
    file: File,
    decoder: Option<Transcoder>,
}

struct Transcoder {
    decoder: Decoder,
    raw: Vec<u8>,
    decoded: Vec<u8>,
    at: usize,
    len: usize,
    done: bool,
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(t) = &mut self.decoder else { return self.file.read(buffer) };
        while t.at == t.len && !t.done {
            let read = fill(&mut self.file, &mut t.raw)?;
            t.done = read == 0;
            // `decoded` holds four bytes for each raw one, more than any encoding needs (three).
            let (_, _, written, _) = t.decoder.decode_to_utf8(&t.raw[..read], &mut t.decoded, t.done);
            (t.at, t.len) = (0, written);
        }
        let n = buffer.len().min(t.len - t.at);
        buffer[..n].copy_from_slice(&t.decoded[t.at..t.at + n]);
        t.at += n;
        Ok(n)
    }
}
