//! Which encoding a file is written in, and its text as UTF-8.
//!
//! The whole file is looked at before the first row is read: its first byte beyond ASCII may stand anywhere.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use encoding_rs::{ISO_2022_JP, UTF_8, UTF_16BE, UTF_16LE};

use super::charset::{self, Charset, Decoding};
use super::error::TableErrorKind;
use super::guess::{self, Guess};
use super::limits::HEAD_BYTES;
use super::reading::{TableOptions, TableWarning};

/// Text is guessed from so many bytes in whose neighbourhood something isn't ASCII.
const GUESSED_FROM: usize = 1 << 20;

/// How a file's text is written.
#[derive(Clone, Debug)]
pub(super) struct Written {
    /// The encoding.
    charset: Charset,
    /// The bytes of a byte order mark.
    mark: u64,
    /// What should be looked at.
    pub(super) warning: Option<TableWarning>,
}

impl Written {
    fn sure(charset: Charset, mark: u64) -> Written {
        Written { charset, mark, warning: None }
    }

    /// The encoding's name.
    pub(super) fn name(&self) -> &'static str {
        self.charset.name()
    }

    fn guessed(charset: Charset, example: String) -> Written {
        let warning = Some(TableWarning::Guessed { encoding: charset.name(), example });
        Written { charset, mark: 0, warning }
    }
}

/// Recognises the encoding of a file that holds text, unless somebody says it.
pub(super) fn recognise(file: &mut File, options: &TableOptions) -> Result<Written, TableErrorKind> {
    let mut buffer = vec![0; HEAD_BYTES];
    let len = fill(file, &mut buffer)?;
    let head = &buffer[..len];
    if let Some(name) = &options.encoding {
        let (charset, mark) = charset::forced(name, head)?;
        return Ok(Written::sure(charset, mark));
    }
    if head.is_empty() {
        return Err(TableErrorKind::Empty);
    }
    let utf8 = Charset::Web(UTF_8);
    for charset in [
        Charset::Utf32 { little: true },
        Charset::Utf32 { little: false },
        Charset::Web(UTF_16LE),
        Charset::Web(UTF_16BE),
    ] {
        if head.starts_with(charset.mark()) {
            return Ok(Written::sure(charset, charset.mark().len() as u64));
        }
    }
    if let Some(charset) =
        unmarked_utf32(head).map_or_else(|| unmarked_utf16(head), |found| Ok(Some(found)))?
    {
        return Ok(Written::guessed(charset, guess::example(&charset.sample(head))));
    }
    let mark = if head.starts_with(utf8.mark()) { utf8.mark().len() as u64 } else { 0 };
    let census = count(file)?;
    match census {
        Census { utf7: true, good: 0, bad: 0, .. } => return Err(TableErrorKind::Encoding("UTF-7")),
        Census { escapes: Some(charset), good: 0, bad: 0, .. } => {
            return match charset {
                Ok(charset) => Ok(Written::guessed(charset, guess::example(&charset.sample(head)))),
                Err(name) => Err(TableErrorKind::Encoding(name)),
            };
        }
        _ => {}
    }
    // Characters that are whole in UTF-8 don't come about by chance: what is broken beside them is damage.
    if census.bad == 0 || mark > 0 || (census.good > 0 && census.good >= census.bad) {
        let warning = census.twice.map(|(shown, meant)| TableWarning::TwiceEncoded { shown, meant });
        return Ok(Written { charset: utf8, mark, warning });
    }
    let Guess { charset, example, plausible } = guess::guess(&suspects(file)?, options.country);
    // Some bytes of rubbish among ASCII are no evidence of what hardly anybody writes.
    let usual = matches!(charset, Charset::Web(encoding) if encoding != encoding_rs::MACINTOSH);
    match plausible {
        true if usual || census.bad > 2 => Ok(Written::guessed(charset, example)),
        _ if census.bad <= 2 => Ok(Written::sure(utf8, mark)),
        _ => Err(TableErrorKind::Encoding("an encoding that can't be told")),
    }
}

/// ASCII characters in UTF-32 have three zero bytes on one side.
fn unmarked_utf32(head: &[u8]) -> Option<Charset> {
    let units = head.len() / 4;
    let zeros = |at: usize| head.chunks_exact(4).filter(|unit| unit[at] == 0).count();
    let (first, second, third, fourth) = (zeros(0), zeros(1), zeros(2), zeros(3));
    let most = |count: usize| units >= 2 && count * 10 >= units * 9;
    let little = most(fourth) && most(third) && first == 0;
    let big = most(first) && most(second) && fourth == 0;
    (little || big).then_some(Charset::Utf32 { little })
}

/// ASCII characters (delimiters, digits, line ends) in UTF-16 have a zero byte on one side.
fn unmarked_utf16(head: &[u8]) -> Result<Option<Charset>, TableErrorKind> {
    let zeros = |parity: usize| head.iter().skip(parity).step_by(2).filter(|b| **b == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    // A table in any script holds this much ASCII: delimiters, line ends, the digits of phone numbers.
    let much = (head.len() / 32).max(2);
    match (even, odd) {
        (0, 0) => Ok(None),
        (even, odd) if odd > 4 * even && odd >= much => Ok(Some(Charset::Web(UTF_16LE))),
        (even, odd) if even > 4 * odd && even >= much => Ok(Some(Charset::Web(UTF_16BE))),
        _ => Err(TableErrorKind::NotText),
    }
}

struct Census {
    /// Characters beyond ASCII that are whole in UTF-8.
    good: usize,
    /// Sequences that UTF-8 doesn't have.
    bad: usize,
    /// Escape sequences that switch character sets: the encoding, or the name of one that isn't read.
    escapes: Option<Result<Charset, &'static str>>,
    /// Letters in base 64.
    utf7: bool,
    /// A word that was encoded twice, and what it was.
    twice: Option<(String, String)>,
}

/// As far as is needed to tell.
fn count(file: &mut File) -> Result<Census, TableErrorKind> {
    file.seek(SeekFrom::Start(0))?;
    let mut census = Census { good: 0, bad: 0, escapes: None, utf7: false, twice: None };
    let mut seen = 0;
    let mut buffer = vec![0; HEAD_BYTES];
    let mut carried = 0;
    loop {
        let read = fill(file, &mut buffer[carried..])?;
        let len = carried + read;
        let last = read == 0;
        if memchr::memchr(0, &buffer[carried..len]).is_some() {
            return Err(nul(file)?);
        }
        let mut rest = &buffer[..len];
        let ascii = rest.is_ascii();
        if ascii && census.good + census.bad == 0 {
            census.escapes = census.escapes.or_else(|| escapes(rest));
            census.utf7 = census.utf7 || guess::is_utf7(rest);
        }
        if !ascii {
            if census.bad > 0 && seen >= GUESSED_FROM {
                break;
            }
            if census.twice.is_none() && seen < GUESSED_FROM {
                census.twice = guess::twice_encoded(&String::from_utf8_lossy(rest));
            }
            seen += rest.len();
        }
        carried = 0;
        let leads = |valid: &[u8]| valid.iter().filter(|b| **b >= 0xc0).count();
        while let Err(error) = std::str::from_utf8(rest) {
            let (valid, behind) = rest.split_at(error.valid_up_to());
            census.good += leads(valid);
            match error.error_len() {
                Some(bytes) => {
                    census.bad += 1;
                    rest = &behind[bytes..];
                }
                None => {
                    // A character that goes on in the next piece, if there is one.
                    census.bad += usize::from(last);
                    carried = if last { 0 } else { behind.len() };
                    rest = &[];
                }
            }
        }
        if !ascii {
            census.good += leads(rest);
        }
        if last {
            break;
        }
        buffer.copy_within(len - carried..len, 0);
    }
    Ok(census)
}

/// The escape sequences of ISO 2022, or of HZ, in a text of ASCII.
fn escapes(text: &[u8]) -> Option<Result<Charset, &'static str>> {
    let behind = |escape: &[u8]| {
        memchr::memchr_iter(escape[0], text)
            .find_map(|at| text[at..].strip_prefix(escape))
            .and_then(|b| b.first())
    };
    match behind(b"\x1b$") {
        Some(b'B' | b'@') => return Some(Ok(Charset::Web(ISO_2022_JP))),
        Some(b')' | b'A') => return Some(Err("ISO-2022-KR or ISO-2022-CN")),
        _ => {}
    }
    if matches!(behind(b"\x1b("), Some(b'J' | b'I')) {
        return Some(Ok(Charset::Web(ISO_2022_JP)));
    }
    (behind(b"~{").is_some() && behind(b"~}").is_some()).then_some(Err("HZ-GB-2312"))
}

/// The lines that aren't ASCII, a megabyte of them at most.
fn suspects(file: &mut File) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(0))?;
    let mut lines = vec![];
    let mut buffer = vec![0; HEAD_BYTES];
    while lines.len() < GUESSED_FROM {
        let piece = match fill(file, &mut buffer)? {
            0 => break,
            len => &buffer[..len],
        };
        if !piece.is_ascii() {
            piece
                .split_inclusive(|b| *b == b'\n')
                .filter(|l| !l.is_ascii())
                .for_each(|l| lines.extend_from_slice(l));
        }
    }
    Ok(lines)
}

/// Where the first NUL byte stands.
fn nul(file: &mut File) -> io::Result<TableErrorKind> {
    file.seek(SeekFrom::Start(0))?;
    let mut line = 1;
    let mut buffer = vec![0; HEAD_BYTES];
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
pub(super) fn text(mut file: File, written: &Written) -> io::Result<Text> {
    file.seek(SeekFrom::Start(written.mark))?;
    let decoder = (written.charset != Charset::Web(UTF_8)).then(|| Transcoder {
        decoding: written.charset.decoder(),
        raw: vec![0; HEAD_BYTES / 2],
        decoded: vec![],
        at: 0,
        done: false,
    });
    Ok(BufReader::with_capacity(HEAD_BYTES, Decoded { file, decoder }))
}

/// Decodes while it reads; what is UTF-8 already passes untouched.
pub(super) struct Decoded {
    file: File,
    decoder: Option<Transcoder>,
}

struct Transcoder {
    decoding: Decoding,
    raw: Vec<u8>,
    decoded: Vec<u8>,
    at: usize,
    done: bool,
}

impl Read for Decoded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(t) = &mut self.decoder else { return self.file.read(buffer) };
        while t.at == t.decoded.len() && !t.done {
            let read = fill(&mut self.file, &mut t.raw)?;
            t.done = read == 0;
            t.decoded.clear();
            t.at = 0;
            t.decoding.decode(&t.raw[..read], t.done, &mut t.decoded);
        }
        let n = buffer.len().min(t.decoded.len() - t.at);
        buffer[..n].copy_from_slice(&t.decoded[t.at..t.at + n]);
        t.at += n;
        Ok(n)
    }
}
