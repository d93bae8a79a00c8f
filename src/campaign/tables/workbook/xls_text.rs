//! Texts of BIFF8: in one byte a character or in two, perhaps over several records.

use crate::campaign::tables::error::TableErrorKind;

use super::biff::{short, u16_at, u32_at};

/// The bodies of a record and of those that go on with it.
pub(super) struct Pieces<'s> {
    pieces: Vec<&'s [u8]>,
    piece: usize,
    at: usize,
}

impl<'s> Pieces<'s> {
    pub(super) fn new(pieces: Vec<&'s [u8]>) -> Pieces<'s> {
        Pieces { pieces, piece: 0, at: 0 }
    }

    /// What is left of the piece that is being read; goes on to the next where it is at its end.
    fn rest(&mut self) -> Result<&'s [u8], TableErrorKind> {
        loop {
            let piece = self.pieces.get(self.piece).ok_or_else(short)?;
            match piece.get(self.at..) {
                Some(rest) if !rest.is_empty() => return Ok(rest),
                _ => (self.piece, self.at) = (self.piece + 1, 0),
            }
        }
    }

    pub(super) fn skip(&mut self, mut bytes: usize) -> Result<(), TableErrorKind> {
        while bytes > 0 {
            let step = self.rest()?.len().min(bytes);
            self.at += step;
            bytes -= step;
        }
        Ok(())
    }

    fn u8(&mut self) -> Result<u8, TableErrorKind> {
        let byte = self.rest()?[0];
        self.at += 1;
        Ok(byte)
    }

    fn u16(&mut self) -> Result<u16, TableErrorKind> {
        u16_at(&[self.u8()?, self.u8()?], 0)
    }

    pub(super) fn u32(&mut self) -> Result<u32, TableErrorKind> {
        u32_at(&[self.u8()?, self.u8()?, self.u8()?, self.u8()?], 0)
    }
}

/// A text whose length stands in so many bytes before it.
pub(super) fn text_of(pieces: &mut Pieces<'_>, length: usize) -> Result<String, TableErrorKind> {
    let mut chars = if length == 1 { usize::from(pieces.u8()?) } else { usize::from(pieces.u16()?) };
    let flags = pieces.u8()?;
    let runs = if flags & 8 != 0 { usize::from(pieces.u16()?) } else { 0 };
    let phonetic = if flags & 4 != 0 { usize::try_from(pieces.u32()?).map_err(|_| short())? } else { 0 };
    let mut wide = flags & 1 != 0;
    let mut units: Vec<u16> = Vec::with_capacity(chars);
    let mut piece = pieces.piece;
    while chars > 0 {
        let mut rest = pieces.rest()?;
        if pieces.piece != piece {
            // A text that goes on in the next record says anew how wide its characters are.
            wide = pieces.u8()? & 1 != 0;
            piece = pieces.piece;
            rest = pieces.rest()?;
        }
        let width = if wide { 2 } else { 1 };
        let taken = (rest.len() / width).min(chars);
        if taken == 0 {
            return Err(short());
        }
        for n in 0..taken {
            units.push(if wide { u16_at(rest, 2 * n)? } else { u16::from(rest[n]) });
        }
        pieces.at += taken * width;
        chars -= taken;
    }
    // How runs look, and how the text is read aloud.
    pieces.skip(4 * runs + phonetic)?;
    Ok(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_goes_on_in_the_next_record_at_another_width() {
        let first = [5, 0, 0, b'A', b's'];
        let second = [1, 0x39, 0x09, b'h', 0, b'a', 0, 3, 0, 0, b'P', b'u'];
        let third = [0, b'n'];
        let mut pieces = Pieces::new(vec![&first, &second, &third]);
        assert_eq!(text_of(&mut pieces, 2).unwrap(), "As\u{939}ha");
        assert_eq!(text_of(&mut pieces, 2).unwrap(), "Pun");
        assert!(text_of(&mut pieces, 2).is_err());
    }

    #[test]
    fn runs_and_phonetic_signs_are_left_out() {
        let bytes = [1, 0, 12, 1, 0, 2, 0, 0, 0, b'A', 9, 9, 9, 9, 8, 8, 1, 0, 0, b'B'];
        let mut pieces = Pieces::new(vec![&bytes]);
        assert_eq!(text_of(&mut pieces, 2).unwrap(), "A");
        assert_eq!(text_of(&mut pieces, 2).unwrap(), "B");
    }
}
