//! `optout.known`: everybody who was seen on the opt-out list and not taken off it by sendcast. The list
//! itself is a spreadsheet with no checksum: what it loses by damage, or by a slip in an editor, shows here.
//!
//! A line a person, `digits crc32`; a line that can't be read says nothing, because the list says it too.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use crate::domain::phone::Phone;
use crate::sys::disk::{Disk, write_atomic};

/// Everybody who is known to be on the list.
pub(super) fn read(disk: &dyn Disk, path: &Path) -> io::Result<HashSet<Phone>> {
    match disk.read(path) {
        Ok(bytes) => Ok(bytes.split(|byte| *byte == b'\n').filter_map(parse).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(HashSet::new()),
        Err(error) => Err(error),
    }
}

/// Adds people, durably.
pub(super) fn append(disk: &dyn Disk, path: &Path, people: &[Phone]) -> io::Result<()> {
    if people.is_empty() {
        return Ok(());
    }
    if !disk.exists(path) {
        return write_atomic(disk, path, &lines(people));
    }
    let file = disk.open(path)?;
    // What a kill left of the last line is closed off.
    file.write_at(file.len()?, &[&b"\n"[..], &lines(people)].concat())?;
    file.sync()
}

/// Replaces all of it.
pub(super) fn replace(disk: &dyn Disk, path: &Path, people: &HashSet<Phone>) -> io::Result<()> {
    let mut people: Vec<_> = people.iter().copied().collect();
    people.sort_unstable_by_key(|phone| phone.as_u64());
    write_atomic(disk, path, &lines(&people))
}

fn lines(people: &[Phone]) -> Vec<u8> {
    let line = |phone: &Phone| {
        let digits = phone.digits();
        format!("{digits} {:08x}\n", crc32fast::hash(digits.as_bytes()))
    };
    people.iter().map(line).collect::<String>().into_bytes()
}

fn parse(line: &[u8]) -> Option<Phone> {
    let (digits, sum) = std::str::from_utf8(line).ok()?.split_once(' ')?;
    let whole = sum == format!("{:08x}", crc32fast::hash(digits.as_bytes()));
    Phone::from_digits(digits).filter(|_| whole)
}
