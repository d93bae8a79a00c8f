//! Names of encodings, and their decoders.
//!
//! The Encoding Standard's come from `encoding_rs`; beside them DOS code pages and UTF-32, which it leaves out.

use encoding_rs::{Decoder, Encoding, UTF_8};

use crate::campaign::text::probable;

use super::codepages::{CP437, CP850, CP852, Page};
use super::error::TableErrorKind;

/// How bytes become text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    /// One of the Encoding Standard's.
    Web(&'static Encoding),
    /// A DOS code page.
    Page(&'static Page),
    /// Four bytes a character, in this order.
    Utf32 { little: bool },
}

/// Names that a person may give beside the Encoding Standard's labels, in small letters and digits alone.
const ALIASES: [(&str, &str); 22] = [
    ("utf8sig", "utf-8"),
    ("utf8bom", "utf-8"),
    ("utf8mb4", "utf-8"),
    ("utf16", "utf-16le"),
    ("unicode", "utf-16le"),
    ("ucs2", "utf-16le"),
    ("ansi", "windows-1252"),
    ("mbcs", "windows-1252"),
    ("western", "windows-1252"),
    ("latin1", "windows-1252"),
    ("latin2", "iso-8859-2"),
    ("latin9", "iso-8859-15"),
    ("macroman", "macintosh"),
    ("mac", "macintosh"),
    ("applemacintosh", "macintosh"),
    ("maccyrillic", "x-mac-cyrillic"),
    ("cp932", "shift_jis"),
    ("shiftjis", "shift_jis"),
    ("cp936", "gbk"),
    ("cp949", "euc-kr"),
    ("cp950", "big5"),
    ("cp866", "ibm866"),
];

/// What a wrong name is compared with.
const KNOWN: [&str; 40] = [
    "utf-8",
    "utf-16le",
    "utf-16be",
    "utf-32",
    "utf-32le",
    "utf-32be",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "windows-874",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-5",
    "iso-8859-7",
    "iso-8859-9",
    "iso-8859-15",
    "latin1",
    "macroman",
    "macintosh",
    "x-mac-cyrillic",
    "cp437",
    "cp850",
    "cp852",
    "cp866",
    "koi8-r",
    "koi8-u",
    "gbk",
    "gb18030",
    "big5",
    "shift_jis",
    "euc-jp",
    "iso-2022-jp",
    "euc-kr",
    "ascii",
];

impl Charset {
    /// The encoding of this name.
    pub(super) fn named(name: &str) -> Result<Charset, TableErrorKind> {
        let label = name.trim();
        if let Some(encoding) = Encoding::for_label_no_replacement(label.as_bytes()) {
            return Ok(Charset::Web(encoding));
        }
        let plain: String =
            label.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        let page = plain.strip_prefix("cp").or_else(|| plain.strip_prefix("ibm")).unwrap_or(&plain);
        Ok(match (plain.as_str(), page) {
            (_, "437" | "dos" | "oem") => Charset::Page(&CP437),
            (_, "850" | "858") => Charset::Page(&CP850),
            (_, "852") => Charset::Page(&CP852),
            ("utf32" | "utf32le" | "ucs4" | "ucs4le", _) => Charset::Utf32 { little: true },
            ("utf32be" | "ucs4be", _) => Charset::Utf32 { little: false },
            _ => {
                let alias = ALIASES.iter().find(|(alias, _)| *alias == plain).map(|(_, label)| *label);
                let dashed = plain.strip_prefix("iso8859").map(|part| format!("iso-8859-{part}"));
                let windows = plain
                    .strip_prefix("windows")
                    .or(plain.strip_prefix("win"))
                    .map(|n| format!("windows-{n}"));
                let found = alias.map(str::to_owned).or(dashed).or(windows);
                match found.and_then(|label| Encoding::for_label_no_replacement(label.as_bytes())) {
                    Some(encoding) => Charset::Web(encoding),
                    None => {
                        return Err(TableErrorKind::UnknownEncoding {
                            given: name.to_owned(),
                            near: probable(label, KNOWN).map(str::to_owned),
                        });
                    }
                }
            }
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Charset::Web(encoding) if encoding == encoding_rs::MACINTOSH => "MacRoman",
            Charset::Web(encoding) => encoding.name(),
            Charset::Page(page) => page.name,
            Charset::Utf32 { little: true } => "UTF-32LE",
            Charset::Utf32 { little: false } => "UTF-32BE",
        }
    }

    /// The byte order mark that such a file may begin with.
    pub(super) fn mark(self) -> &'static [u8] {
        match self {
            Charset::Web(encoding) if encoding == UTF_8 => b"\xef\xbb\xbf",
            Charset::Web(encoding) if encoding == encoding_rs::UTF_16LE => b"\xff\xfe",
            Charset::Web(encoding) if encoding == encoding_rs::UTF_16BE => b"\xfe\xff",
            Charset::Web(_) | Charset::Page(_) => b"",
            Charset::Utf32 { little: true } => b"\xff\xfe\0\0",
            Charset::Utf32 { little: false } => b"\0\0\xfe\xff",
        }
    }

    /// The text of these bytes, which may begin or end within a character.
    pub(super) fn sample(self, bytes: &[u8]) -> String {
        let mut decoded = vec![];
        self.decoder().decode(bytes, true, &mut decoded);
        String::from_utf8_lossy(&decoded).into_owned()
    }

    pub(super) fn decoder(self) -> Decoding {
        match self {
            Charset::Web(encoding) => Decoding::Web(encoding.new_decoder_without_bom_handling()),
            Charset::Page(page) => Decoding::Page(page.high.chars().collect()),
            Charset::Utf32 { little } => Decoding::Utf32 { little, rest: vec![] },
        }
    }
}

/// A decoder at work.
pub(super) enum Decoding {
    Web(Decoder),
    Page(Vec<char>),
    Utf32 { little: bool, rest: Vec<u8> },
}

impl Decoding {
    /// Decodes a piece into UTF-8 and puts it behind what `out` holds; what can't be decoded becomes U+FFFD.
    pub(super) fn decode(&mut self, bytes: &[u8], last: bool, out: &mut Vec<u8>) {
        let mut put = |c: char| out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        match self {
            Decoding::Web(decoder) => {
                let begun = out.len();
                // Three bytes for each is the most that any encoding needs, and some for what was carried over.
                out.resize(begun + bytes.len() * 3 + 16, 0);
                let (_, _, written, _) = decoder.decode_to_utf8(bytes, &mut out[begun..], last);
                out.truncate(begun + written);
            }
            Decoding::Page(high) => {
                for byte in bytes {
                    put(match byte.checked_sub(0x80) {
                        Some(above) => {
                            high.get(usize::from(above)).copied().unwrap_or(char::REPLACEMENT_CHARACTER)
                        }
                        None => char::from(*byte),
                    });
                }
            }
            Decoding::Utf32 { little, rest } => {
                rest.extend_from_slice(bytes);
                let units = rest.chunks_exact(4);
                let left = units.remainder().to_vec();
                for unit in units {
                    let unit = <[u8; 4]>::try_from(unit).unwrap_or_default();
                    let code = if *little { u32::from_le_bytes(unit) } else { u32::from_be_bytes(unit) };
                    put(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                }
                if last && !left.is_empty() {
                    put(char::REPLACEMENT_CHARACTER);
                }
                *rest = left;
            }
        }
    }
}

/// The name's charset, for a file that begins so: `UTF-16` and `UTF-32` leave the order to the mark.
pub(super) fn forced(name: &str, head: &[u8]) -> Result<(Charset, u64), TableErrorKind> {
    let mut charset = Charset::named(name)?;
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let order_is_open = !plain.to_ascii_lowercase().ends_with("le");
    if order_is_open && charset == Charset::Web(encoding_rs::UTF_16LE) && head.starts_with(b"\xfe\xff") {
        charset = Charset::Web(encoding_rs::UTF_16BE);
    }
    if order_is_open && charset == (Charset::Utf32 { little: true }) && head.starts_with(b"\0\0\xfe\xff") {
        charset = Charset::Utf32 { little: false };
    }
    let mark = charset.mark();
    Ok((charset, if head.starts_with(mark) { mark.len() as u64 } else { 0 }))
}
