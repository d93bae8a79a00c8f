//! Taking a person out of what an imitation keeps, while it isn't running.
//!
//! Lines are rewritten in place, filled up with blanks: ids of messages go by a line's place, and those of other people stay.
//!
//! Invariant: a line is what it was, or the same without the person: each is written at once.

use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use crate::domain::message::{Button, Message};
use crate::domain::phone::{Phone, PhoneIdentity};
use crate::sys::platform;

use super::accepted_log::{KIND as ACCEPTED, Record};
use super::book::{Change, KIND as BOOK};

/// Whose messages are who was forgotten's: no line has this number.
const NOBODY: u64 = 1_000_000;

/// The files of an imitation, which nobody else uses as long as this lives.
#[derive(Debug)]
pub struct HeldSandbox {
    accepted: Option<File>,
    book: Option<File>,
}

impl HeldSandbox {
    /// Takes those in `dir`; `None` where there are none.
    ///
    /// # Errors
    /// [`io::ErrorKind::ResourceBusy`] where a sandbox is running on them; whatever the disk says.
    pub fn hold(dir: &Path) -> io::Result<Option<HeldSandbox>> {
        let held = HeldSandbox { accepted: open(dir, ACCEPTED.file)?, book: open(dir, BOOK.file)? };
        for file in held.accepted.iter().chain(&held.book) {
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(io::ErrorKind::ResourceBusy.into()),
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok((held.accepted.is_some() || held.book.is_some()).then_some(held))
    }

    /// Takes the person out. Says how many lines told of them.
    ///
    /// # Errors
    /// Whatever the disk says; done again, it finishes.
    pub fn forget(&self, phone: Phone) -> io::Result<u64> {
        let mut count = 0;
        each_line(self.accepted.as_ref(), phone, &mut count, true, accepted)?;
        let subscribers = subscribers(self.book.as_ref(), phone)?;
        // Last the lines by which their subscribers are known: interrupted before, these are found again.
        let by_id = |line: &[u8], phone| changed(line, phone, &subscribers).filter(|_| !names_number(line));
        each_line(self.book.as_ref(), phone, &mut count, true, by_id)?;
        each_line(self.book.as_ref(), phone, &mut count, true, |line, phone| {
            changed(line, phone, &subscribers)
        })?;
        Ok(count)
    }
}

/// Whether the change says which number a subscriber has.
fn names_number(line: &[u8]) -> bool {
    matches!(
        serde_json::from_slice(line),
        Ok(Change::SubscriberCreated { .. } | Change::SubscriberUpdated { phone: Some(_), .. })
    )
}

/// How many lines of the imitation in `dir` tell of the person; it may be running.
///
/// # Errors
/// Whatever the disk says.
pub fn count_lines_of(dir: &Path, phone: Phone) -> io::Result<u64> {
    let (log, book) = (open(dir, ACCEPTED.file)?, open(dir, BOOK.file)?);
    let mut count = 0;
    each_line(log.as_ref(), phone, &mut count, false, accepted)?;
    let subscribers = subscribers(book.as_ref(), phone)?;
    each_line(book.as_ref(), phone, &mut count, false, |line, phone| changed(line, phone, &subscribers))?;
    Ok(count)
}

fn open(dir: &Path, name: &str) -> io::Result<Option<File>> {
    match File::options().read(true).write(true).open(dir.join(name)) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        opened => opened.map(Some),
    }
}

/// Counts the lines of which `without` makes another, and with `write` puts those in their place.
fn each_line(
    file: Option<&File>,
    phone: Phone,
    count: &mut u64,
    write: bool,
    without: impl Fn(&[u8], PhoneIdentity) -> Option<Vec<u8>>,
) -> io::Result<()> {
    let Some(file) = file else { return Ok(()) };
    let before = *count;
    let mut reader = BufReader::with_capacity(1 << 16, ReadAt { file, at: 0 });
    let (mut line, mut at) = (Vec::new(), 0);
    loop {
        line.clear();
        let len = reader.read_until(b'\n', &mut line)?;
        if len == 0 {
            break;
        }
        let text = line.strip_suffix(b"\n").unwrap_or(&line);
        if let Some(mut left) = without(text, phone.identity()) {
            if left.len() > text.len() {
                return Err(io::Error::other("a line without a person is longer than it was"));
            }
            *count += 1;
            left.resize(text.len(), b' ');
            if write {
                platform::write_all_at(file, at, &left)?;
            }
        }
        at += len as u64;
    }
    if write && *count > before { file.sync_data() } else { Ok(()) }
}

struct ReadAt<'a> {
    file: &'a File,
    at: u64,
}

impl io::Read for ReadAt<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = platform::read_at(self.file, self.at, buf)?;
        self.at += read as u64;
        Ok(read)
    }
}

/// An accepted message without the person; `None` where it went to somebody else.
fn accepted(line: &[u8], person: PhoneIdentity) -> Option<Vec<u8>> {
    let mut record: Record<'static> = serde_json::from_slice(line).ok()?;
    if record.to.identity() != person {
        return None;
    }
    record.to = Phone::from_value(NOBODY)?;
    record.message = std::borrow::Cow::Owned(wordless(&record.message));
    serde_json::to_vec(&record).ok()
}

/// A message of the same sort that says nothing.
fn wordless(message: &Message) -> Message {
    let nothing = String::new;
    match message {
        Message::Text { .. } => Message::Text { body: nothing() },
        Message::Media { kind, .. } => Message::Media { kind: *kind, url: nothing(), caption: None },
        Message::Buttons { buttons, .. } => {
            let buttons = buttons.iter().map(|_| Button { id: nothing(), title: nothing() }).collect();
            Message::Buttons { body: nothing(), buttons }
        }
        Message::Flow { .. } => Message::Flow { flow_id: nothing() },
    }
}

/// The subscribers who had this number at some time.
fn subscribers(file: Option<&File>, phone: Phone) -> io::Result<HashSet<u64>> {
    let found = std::cell::RefCell::new(HashSet::new());
    each_line(file, phone, &mut 0, false, |line, person| {
        let (id, phone) = match serde_json::from_slice(line).ok()? {
            Change::SubscriberCreated { id, phone, .. }
            | Change::SubscriberUpdated { id, phone: Some(phone), .. } => (id, phone),
            _ => return None,
        };
        if phone.identity() == person {
            found.borrow_mut().insert(id);
        }
        None
    })?;
    Ok(found.into_inner())
}

/// A change of the account without the person; `None` where it tells of somebody else.
fn changed(line: &[u8], person: PhoneIdentity, subscribers: &HashSet<u64>) -> Option<Vec<u8>> {
    let mut change: Change = serde_json::from_slice(line).ok()?;
    let nobody = Phone::from_value(NOBODY)?;
    match &mut change {
        Change::SubscriberCreated { id, phone, first_name, last_name } if subscribers.contains(id) => {
            *phone = nobody;
            first_name.clear();
            last_name.clear();
        }
        Change::SubscriberUpdated { id, phone, first_name, last_name } if subscribers.contains(id) => {
            *phone = phone.map(|_| nobody);
            first_name.iter_mut().chain(last_name).for_each(String::clear);
        }
        Change::NoteAdded { id, text, .. } if subscribers.contains(id) => text.clear(),
        Change::Replied(reply) if reply.from.identity() == person => {
            reply.from = nobody;
            reply.text.clear();
        }
        _ => return None,
    }
    let left = serde_json::to_vec(&change).ok()?;
    (left != line.trim_ascii_end()).then_some(left)
}

#[cfg(test)]
mod tests {
    use super::super::accepted_log::AcceptedLog;
    use super::super::book::{Book, Reply};
    use super::*;
    use crate::domain::time::Millis;

    #[test]
    fn the_others_stay_where_they_were_and_nothing_tells_of_the_person() {
        let dir = tempfile::tempdir().unwrap();
        let [asha, ben] = ["919876543210", "919876543211"].map(|digits| Phone::from_digits(digits).unwrap());
        let mut log = AcceptedLog::open(Some(dir.path()), 7, |_, _| {}).unwrap();
        let mut book = Book::open(Some(dir.path()), 8).unwrap();
        for (to, name) in [(asha, "Asha"), (ben, "Ben"), (asha, "Asha")] {
            let message = Message::Buttons {
                body: format!("Hi {name}"),
                buttons: vec![Button { id: "yes".into(), title: "Yes".into() }],
            };
            let message = std::borrow::Cow::Owned(message);
            log.append(&Record { at: Millis(1), from: "N".into(), to, code: 0, unread: false, message })
                .unwrap();
            let (first_name, last_name) = (name.to_owned(), String::new());
            let id = 500 + to.as_u64() % 10;
            book.keep(Change::SubscriberCreated { id, phone: to, first_name, last_name }).unwrap();
            book.keep(Change::NoteAdded { id, at: Millis(2), text: format!("{name} called") }).unwrap();
            let (at, number, text) = (Millis(3), "N".to_owned(), format!("I am {name}"));
            book.keep(Change::Replied(Reply { at, from: to, number, text, button: None, to: None })).unwrap();
        }
        assert_eq!(HeldSandbox::hold(dir.path()).unwrap_err().kind(), io::ErrorKind::ResourceBusy);
        assert_eq!(count_lines_of(dir.path(), asha).unwrap(), 8);
        let ids = |book: &Book| -> Vec<_> {
            book.replies_of(ben).unwrap().map(|(place, reply)| book.reply_id(place, reply)).collect()
        };
        let before = ids(&book);
        drop((log, book));
        let held = HeldSandbox::hold(dir.path()).unwrap().unwrap();
        assert_eq!((held.forget(asha).unwrap(), held.forget(asha).unwrap()), (8, 0));
        drop(held);
        for file in [ACCEPTED.file, BOOK.file] {
            let text = std::fs::read_to_string(dir.path().join(file)).unwrap();
            assert!(!text.contains("Asha") && !text.contains("9876543210") && text.contains("Ben"), "{text}");
        }
        let mut people = Vec::new();
        AcceptedLog::open(Some(dir.path()), 7, |record, _| people.push(record.to.as_u64())).unwrap();
        assert_eq!(people, [NOBODY, ben.as_u64(), NOBODY]);
        assert_eq!(ids(&Book::open(Some(dir.path()), 8).unwrap()), before);
        assert!(HeldSandbox::hold(&dir.path().join("none")).unwrap().is_none());
    }
}
