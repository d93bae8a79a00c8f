//! The inbox: what was kept is there, whatever happens.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sendcast::domain::ids::MessageId;
use sendcast::domain::job::{News, Reach};
use sendcast::domain::time::Millis;
use sendcast::sys::disk::{Disk, RealDisk, SharedDisk};
use sendcast::sys::memory_disk::{Fault, MemoryDisk};
use sendcast::webhooks::{Cursor, Hook, HookDelivery, Inbox, InboxError, InboxWriter, Record, inbox_dir};

const START: Millis = Millis(1_795_342_020_000);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn record(n: u64, at: Millis) -> Record {
    let id = MessageId::new(format!("wamid.{n}="));
    Record {
        received: at,
        hook: Hook::Delivery(HookDelivery { id, news: News::Reached(Reach::Sent), at: None }),
    }
}

fn ids(records: &[(Cursor, Record)]) -> Vec<String> {
    let id = |record: &Record| match &record.hook {
        Hook::Delivery(delivery) => delivery.id.to_string(),
        Hook::Reply(_) | Hook::Marketing(_) => String::new(),
    };
    records.iter().map(|(_, record)| id(record)).collect()
}

/// All that there is from a cursor on.
fn all(inbox: &Inbox, cursor: &mut Cursor) -> Vec<String> {
    let mut found = Vec::new();
    loop {
        let page = inbox.read(cursor).unwrap();
        if page.is_empty() {
            return found;
        }
        found.extend(ids(&page));
    }
}

fn expected(range: std::ops::Range<u64>) -> Vec<String> {
    range.map(|n| format!("wamid.{n}=")).collect()
}

struct Place {
    _root: tempfile::TempDir,
    disk: SharedDisk,
    dir: std::path::PathBuf,
}

impl Place {
    fn new() -> Place {
        let root = tempfile::tempdir().unwrap();
        let dir = inbox_dir(&root.path().join("accounts/a"));
        Place { _root: root, disk: RealDisk::shared(), dir }
    }
    fn writer(&self, now: Millis) -> InboxWriter {
        InboxWriter::open(self.disk.clone(), self.dir.clone(), now).unwrap()
    }
    fn inbox(&self) -> Inbox {
        Inbox::new(self.disk.clone(), self.dir.clone())
    }
    fn files(&self) -> Vec<std::path::PathBuf> {
        let mut files = self.disk.list(&self.dir).unwrap();
        files.retain(|path| path.file_name().unwrap().to_string_lossy().starts_with("inbox-"));
        files
    }
}

#[test]
fn a_reader_follows_over_days_and_goes_on_where_it_was() {
    let place = Place::new();
    let (inbox, mut cursor) = (place.inbox(), Cursor::default());
    assert!(all(&inbox, &mut cursor).is_empty(), "nothing is there yet");
    let mut writer = place.writer(START);
    for day in 0..4_u64 {
        let now = START + DAY * u32::try_from(day).unwrap();
        let records: Vec<_> = (day * 10..day * 10 + 10).map(|n| record(n, now)).collect();
        writer.append(&records, now).unwrap();
        assert_eq!(all(&inbox, &mut cursor), expected(day * 10..day * 10 + 10));
        assert_eq!(inbox.end().unwrap(), cursor);
    }
    assert_eq!(place.files().len(), 4);
    let mut since = inbox.since(START + DAY * 2).unwrap();
    assert_eq!(all(&inbox, &mut since), expected(20..40));
    // A clock that was set back begins no file before the last one.
    writer.append(&[record(40, START)], START).unwrap();
    assert_eq!(all(&inbox, &mut cursor), expected(40..41));
    drop(writer);
    // News comes for thirty days.
    let later = START + DAY * 37;
    let mut writer = place.writer(later);
    writer.append(&[record(41, later)], later).unwrap();
    let mut old = Cursor::default();
    assert_eq!(all(&inbox, &mut old), expected(20..42), "two days are gone");
    assert_eq!(all(&inbox, &mut cursor), expected(41..42));
}

#[test]
fn a_torn_line_is_cut_and_a_damaged_one_passed_over() {
    let place = Place::new();
    let mut writer = place.writer(START);
    writer.append(&(0..5).map(|n| record(n, START)).collect::<Vec<_>>(), START).unwrap();
    assert!(matches!(
        InboxWriter::open(place.disk.clone(), place.dir.clone(), START),
        Err(InboxError::Locked)
    ));
    drop(writer);
    let path = &place.files()[0];
    let whole = std::fs::read(path).unwrap();
    for cut in 1..40 {
        std::fs::write(path, &whole[..whole.len() - cut]).unwrap();
        assert_eq!(all(&place.inbox(), &mut Cursor::default()), expected(0..4), "a torn line isn't read");
        let mut writer = place.writer(START);
        writer.append(&[record(4, START)], START).unwrap();
        drop(writer);
        assert_eq!(std::fs::read(path).unwrap(), whole);
    }
    for at in 0..whole.len() - 1 {
        let mut damaged = whole.clone();
        damaged[at] ^= 1;
        std::fs::write(path, &damaged).unwrap();
        let found = all(&place.inbox(), &mut Cursor::default());
        assert!((3..=4).contains(&found.len()), "byte {at}: {found:?}");
    }
}

#[test]
fn erased_records_are_gone_and_cursors_stay() {
    let place = Place::new();
    let mut writer = place.writer(START);
    writer.append(&(0..10).map(|n| record(n, START)).collect::<Vec<_>>(), START).unwrap();
    let (inbox, mut cursor) = (place.inbox(), Cursor::default());
    let page = inbox.read(&mut cursor).unwrap();
    let mut middle = page[6].0;
    let odd = |record: &Record| matches!(&record.hook, Hook::Delivery(d) if d.id.as_str().ends_with(['1', '3', '5', '7', '9', '=']) && d.id.as_str() < "wamid.8");
    assert_eq!(inbox.erase(&mut |record| odd(record)).unwrap(), 8);
    assert_eq!(inbox.erase(&mut |record| odd(record)).unwrap(), 0, "done again, it finds none");
    let text = std::fs::read_to_string(&place.files()[0]).unwrap();
    assert!(!text.contains("wamid.7") && text.contains("wamid.8"));
    assert_eq!(all(&inbox, &mut middle), expected(8..10));
    // The writer goes on.
    writer.append(&[record(10, START)], START).unwrap();
    assert_eq!(all(&inbox, &mut cursor), expected(10..11));
    assert_eq!(all(&inbox, &mut Cursor::default()), expected(8..11));
}

/// More than is read at once is blank, in a file that isn't the last.
#[test]
fn what_stands_behind_much_that_was_erased_is_read() {
    let place = Place::new();
    let mut writer = place.writer(START);
    writer.append(&(0..9_000).map(|n| record(n, START)).collect::<Vec<_>>(), START).unwrap();
    writer.append(&[record(9_001, START + DAY)], START + DAY).unwrap();
    let inbox = place.inbox();
    let early = |record: &Record| match &record.hook {
        Hook::Delivery(d) => d.id.as_str() != "wamid.8999=" && d.id.as_str() != "wamid.9001=",
        Hook::Reply(_) | Hook::Marketing(_) => false,
    };
    assert_eq!(inbox.erase(&mut |record| early(record)).unwrap(), 8_999);
    assert_eq!(all(&inbox, &mut Cursor::default()), ["wamid.8999=", "wamid.9001="]);
}

/// Whatever operation the disk fails at, or the power goes at: what was acknowledged is there.
#[test]
fn what_was_acknowledged_survives_any_fault_of_the_disk() {
    let dir = inbox_dir(Path::new("/data/accounts/a"));
    for fault in [Fault::PowerCut, Fault::Fail(std::io::ErrorKind::Other)] {
        for at in 0..60 {
            let memory = MemoryDisk::new();
            memory.create_dir_all(Path::new("/data")).unwrap();
            memory.sync_dir(Path::new("/")).unwrap();
            let disk: SharedDisk = Arc::new(memory.clone());
            memory.set_fault(Some((at, fault)));
            let mut acknowledged = 0;
            let mut tried = 0;
            if let Ok(mut writer) = InboxWriter::open(disk.clone(), dir.clone(), START) {
                for n in 0..6_u64 {
                    let now = START + DAY * u32::try_from(n / 2).unwrap();
                    tried = n + 1;
                    if writer.append(&[record(n, now)], now).is_ok() {
                        acknowledged |= 1 << n;
                    }
                }
            }
            if fault == Fault::PowerCut {
                memory.power_cut(at);
            }
            memory.set_fault(None);
            let inbox = Inbox::new(disk.clone(), dir.clone());
            let found = all(&inbox, &mut Cursor::default());
            for n in (0..tried).filter(|n| acknowledged & (1 << n) != 0) {
                assert!(found.contains(&format!("wamid.{n}=")), "{fault:?} at {at}: {n} of {found:?}");
            }
            // And it goes on.
            let later = START + DAY * 3;
            let mut writer = InboxWriter::open(disk, dir.clone(), later).unwrap();
            writer.append(&[record(9, later)], later).unwrap();
            let after = all(&inbox, &mut Cursor::default());
            assert_eq!(after.last().map(String::as_str), Some("wamid.9="), "{fault:?} at {at}");
        }
    }
}
