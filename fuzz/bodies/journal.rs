//! Any bytes as a round's journal, commit marker, plan and manifest.
//!
//! Input: a mode, what the commit marker says, then what the mode takes. Since a checksum keeps random bytes from going any
//! further, most modes frame what they are given as the queue would. What must hold in all of them: the round is
//! refused, or it is consistent (counts add up, doubt is exact, the reader and the queue see the same, and going
//! on with it claims only what is queued and leaves a sound round behind).
//!
//! - `r`: raw bytes behind the journal's head or its commit batches.
//! - `p`: each piece is an entry's bytes, in commit batches that are framed well.
//! - `e`: entries are drawn from the bytes. **Oracle**: refused exactly where an event isn't admitted or the commit marker
//!   names a commit batch that isn't there; otherwise the jobs are what `Job::apply` makes of them.
//! - `d`: as `e`, then one byte is changed or the file is cut. Refused where that lies at or before the commit batch that
//!   the commit marker names; else the commit batches before it are there, and nothing else.
//! - `m`: the manifest. `f`: the first plan, its head, footer and blocks framed well. `k`: the commit marker.

use std::collections::BTreeMap;

use sendcast::domain::ids::{AttemptNo, JobId, MessageId, OrderId, OwnerId, SenderNo};
use sendcast::domain::job::{Event, Job, News, Reach, ResendBy};
use sendcast::domain::problem::Problem;
use sendcast::domain::time::Millis;
use sendcast::queue::{DesiredState, Entry, QueueError};

use super::input::Input;
use super::round::{self, Base, PLAN, Seen, Shelf, T0};

type Files = BTreeMap<&'static str, Vec<u8>>;

const HEAD: usize = 32;

pub fn check(input: &[u8]) {
    let mut input = Input(input);
    let (mode, mark) = (input.byte(), input.byte());
    round::with(|base| match mode {
        b'r' => raw(base, mark, input),
        b'p' => pieces(base, mark, input),
        b'm' => with_file(base, "manifest.json", input.0.to_vec()),
        b'k' => with_file(base, "mark", input.0.to_vec()),
        b'f' => with_file(base, "plan-001.plan", plan(input)),
        b'd' => drawn(base, mark, input, true),
        _ => drawn(base, mark, input, false),
    });
}

/// Looks, opens, goes on. Yields what was seen.
fn examine(files: &Files) -> Option<Seen> {
    let disk = Base::disk(files);
    let looked = round::look(&disk);
    let shelf = Shelf::default();
    let opened = round::open(&disk, &shelf);
    if let Ok(Some(seen)) = &looked {
        let mut queue = match opened {
            // A reader shows what there is, where the commit marker can't say whether that is all.
            Err(QueueError::Damaged { path, .. }) if path.ends_with("mark") => return looked.ok().flatten(),
            opened => opened.expect("what a reader can read can be opened"),
        };
        let jobs = round::jobs(&mut queue).expect("readable");
        assert_eq!(jobs, seen.jobs, "the queue sees another round than the reader");
        let _refused = round::go_on(&disk, &shelf, queue, seen);
    } else if looked.is_err() {
        // Only a manifest that is behind may differ: opening mends it, and then both see the same.
        assert!(opened.is_err() || round::look(&disk).is_ok(), "opened, and not readable: {looked:?}");
    }
    looked.ok().flatten()
}

fn with_file(base: &Base, name: &'static str, bytes: Vec<u8>) {
    let mut files = base.files.clone();
    files.insert(name, bytes);
    if let Some(seen) = examine(&files) {
        // Neither a commit marker nor a manifest nor a plan's texts make other jobs of the same journal.
        assert_eq!(seen.jobs.len(), base.seen.jobs.len());
    }
}

/// A commit marker's slot, as documented.
fn slot(batch: u64, end: usize) -> Vec<u8> {
    let mut slot = b"mark\0\0\0\0".to_vec();
    slot.extend(batch.to_le_bytes());
    slot.extend((end as u64).to_le_bytes());
    slot.extend(crc32fast::hash(&slot).to_le_bytes());
    let mut file = vec![0; usize::try_from(batch % 2).unwrap_or(0) * 512];
    file.extend(slot);
    file
}

fn raw(base: &Base, mark: u8, mut input: Input<'_>) {
    let mut files = base.files.clone();
    let journal = &base.files["journal"];
    let keep = match input.byte() {
        b'0' => 0,
        b'h' => HEAD,
        n => base.ends[usize::from(n) % base.ends.len()],
    };
    let bytes = [&journal[..keep], input.0].concat();
    files.insert("journal", bytes);
    let named = usize::from(mark) % (base.ends.len() + 1);
    match named {
        0 => drop(files.remove("mark")),
        n => drop(files.insert("mark", slot(n as u64, base.ends[n - 1]))),
    }
    let seen = examine(&files);
    if named > 0 && base.ends[named - 1] > keep && !input.0.starts_with(&journal[keep..base.ends[named - 1]])
    {
        assert!(seen.is_none(), "commit batch {named} was on disk, and is lost unnoticed");
    }
}

/// Commit batches that are framed as the queue frames them.
struct Batches {
    bytes: Vec<u8>,
    next: u64,
    sequence: u64,
    body: Vec<u8>,
    count: u32,
    /// The end of each commit batch from the first.
    ends: Vec<usize>,
}

impl Batches {
    fn behind(base: &Base) -> Batches {
        Batches {
            bytes: base.files["journal"].clone(),
            next: base.ends.len() as u64 + 1,
            sequence: base.seen.sequence + 1,
            body: Vec::new(),
            count: 0,
            ends: base.ends.clone(),
        }
    }

    fn push(&mut self, entry: &[u8]) {
        let mut len = entry.len();
        while len > 0x7f {
            self.body.push(u8::try_from(len & 0x7f).unwrap_or(0) | 0x80);
            len >>= 7;
        }
        self.body.push(u8::try_from(len).unwrap_or(0));
        self.body.extend_from_slice(entry);
        self.count += 1;
    }

    fn end_batch(&mut self, count: u32) {
        let mut head = b"grp1".to_vec();
        head.extend(u32::try_from(self.body.len()).expect("small").to_le_bytes());
        head.extend(self.next.to_le_bytes());
        head.extend(self.sequence.to_le_bytes());
        head.extend(count.to_le_bytes());
        let crc = crc32fast::hash(&[head.as_slice(), &self.body].concat());
        head.extend(crc.to_le_bytes());
        self.bytes.extend(head);
        self.bytes.append(&mut self.body);
        self.ends.push(self.bytes.len());
        self.next += 1;
        self.sequence += u64::from(count);
        self.count = 0;
    }
}

fn pieces(base: &Base, mark: u8, mut input: Input<'_>) {
    let mut batches = Batches::behind(base);
    while !input.is_empty() {
        match input.byte() {
            // A commit batch that says something else of its entries than it has.
            b'!' => {
                let count = u32::from(input.word()) << 16 | u32::from(input.word());
                batches.end_batch(count);
            }
            b'.' => batches.end_batch(batches.count),
            _ => batches.push(input.piece()),
        }
    }
    batches.end_batch(batches.count);
    let mut files = base.files.clone();
    let last = batches.ends.len();
    if mark % 2 == 1 {
        files.insert("mark", slot(last as u64, batches.ends[last - 1]));
    }
    files.insert("journal", batches.bytes);
    examine(&files);
}

fn plan(mut input: Input<'_>) -> Vec<u8> {
    let (head, footer) = (input.piece(), input.piece());
    let mut bytes = b"sendcast plan\0\0\0".to_vec();
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(1u32.to_le_bytes());
    bytes.extend(u32::try_from(head.len()).expect("small").to_le_bytes());
    bytes.extend(crc32fast::hash(head).to_le_bytes());
    bytes.extend_from_slice(head);
    while !input.is_empty() {
        // Packed here, or given as packed.
        let packed = match input.byte() {
            b'=' => input.piece().to_vec(),
            _ => lz4_flex::compress_prepend_size(input.piece()),
        };
        bytes.extend(u32::try_from(packed.len()).expect("small").to_le_bytes());
        bytes.extend(crc32fast::hash(&packed).to_le_bytes());
        bytes.extend(packed);
    }
    let at = bytes.len() as u64;
    bytes.extend_from_slice(footer);
    bytes.extend(at.to_le_bytes());
    bytes.extend(u32::try_from(footer.len()).expect("small").to_le_bytes());
    bytes.extend(crc32fast::hash(footer).to_le_bytes());
    bytes.extend(b"plan end");
    bytes
}

/// Jobs and all as they must be after each commit batch.
struct Model {
    seen: Seen,
    refused: bool,
}

impl Model {
    fn take(&mut self, entry: &Entry) {
        self.seen.sequence += 1;
        match entry {
            Entry::Job { job, event } => {
                match self.seen.jobs.get_mut(job.0 as usize).map(|job| job.apply(event)) {
                    Some(Ok(changed)) => {
                        let slot: &mut Job = &mut self.seen.jobs[job.0 as usize];
                        self.seen.counts.shift(slot.status(), changed.status());
                        *slot = changed;
                    }
                    _ => self.refused = true,
                }
            }
            Entry::Wanted { wanted, .. } => self.seen.wanted = *wanted,
            Entry::Opened { .. } | Entry::Order { .. } => {}
            Entry::Plan { .. } => self.refused = true,
        }
    }
}

fn drawn(base: &Base, mark: u8, mut input: Input<'_>, damage: bool) {
    let (place, how) = (usize::from(input.word()), input.byte());
    let mut batches = Batches::behind(base);
    let mut model = Model { seen: base.seen.clone(), refused: false };
    // After each commit batch of ours: what is seen there, and whether it is refused by then.
    let mut after = vec![(base.seen.clone(), false)];
    loop {
        let entry = if input.is_empty() { None } else { draw(&mut input, &model.seen.jobs) };
        if let Some(entry) = &entry {
            model.take(entry);
            batches.push(&postcard::to_stdvec(entry).expect("an entry"));
            continue;
        }
        batches.end_batch(batches.count);
        after.push((model.seen.clone(), model.refused));
        if input.is_empty() {
            break;
        }
    }
    // The commit marker: none, one of the commit batches, or one behind the last.
    let (first, last) = (base.ends.len(), batches.ends.len());
    let named = usize::from(mark) % (last + 2);
    let mut files = base.files.clone();
    match named {
        0 => drop(files.remove("mark")),
        n => {
            let end = batches.ends.get(n - 1).copied().unwrap_or(batches.bytes.len() + 40);
            files.insert("mark", slot(n as u64, end));
        }
    }
    // The first byte that isn't as it was written.
    let mut bad = batches.bytes.len();
    if damage {
        bad = place % batches.bytes.len();
        if how == 0 {
            batches.bytes.truncate(bad);
        } else {
            batches.bytes[bad] ^= how;
        }
    }
    files.insert("journal", batches.bytes);
    let seen = examine(&files);

    let whole = batches.ends.iter().take_while(|end| **end <= bad).count();
    if bad < HEAD || named > whole {
        assert!(seen.is_none(), "commit batch {named} was on disk, and {whole} are whole");
        return;
    }
    if whole < first {
        // Commit batches of the base are lost above the commit marker: never with a plan, which the manifest names.
        return;
    }
    if damage && how != 0 && whole + 1 < last {
        assert!(seen.is_none(), "commit batch {} is broken, and whole ones follow", whole + 1);
        return;
    }
    let (expected, refused) = &after[whole - first];
    match seen {
        Some(seen) => {
            assert!(!refused, "an event that isn't admitted was taken");
            assert_eq!(seen, *expected);
        }
        None => assert!(*refused, "refused: {expected:?}"),
    }
}

/// The next entry, mostly one that the job admits; `None` ends the commit batch.
fn draw(input: &mut Input<'_>, jobs: &[Job]) -> Option<Entry> {
    let what = input.byte();
    let which = input.byte();
    let at = Millis(T0.0 + u64::from(which));
    let job = JobId(u32::from(which & 7));
    let issued = jobs.get(job.0 as usize).map_or(0, |job| job.issued);
    let attempt = AttemptNo(if which & 0x80 == 0 { issued } else { u32::from(which >> 3 & 3) });
    let id = (which & 0x40 == 0).then(|| MessageId::new(format!("wamid.{which}=")));
    let problem = Problem::new(if which & 0x20 == 0 { "reset" } else { "" });
    let owner = OwnerId(u64::from(which));
    let reach = [Reach::Accepted, Reach::Sent, Reach::Delivered, Reach::Read][usize::from(which >> 3 & 3)];
    let not_before = Millis(u64::from(which >> 6));
    let event = match what {
        b'c' => {
            let attempt = AttemptNo(attempt.0 + 1);
            let lease_until = Millis(at.0 + 60_000);
            Event::Claimed { attempt, sender: SenderNo(0), plan: PLAN, owner, lease_until, at }
        }
        b'w' => Event::Withdrawn { attempt, not_before },
        b'a' => Event::Accepted { attempt, id, at },
        b'n' => Event::NotAccepted { attempt, not_before, counts: which & 8 == 0, problem },
        b'r' => Event::Refused { attempt, at, problem },
        b'd' => Event::Doubted { attempt, at, problem },
        b'k' => Event::Looked { attempt, at, unseen: which & 8 == 0, problem },
        b'f' => Event::Found { attempt, id, at },
        b'x' => Event::FoundFailed { attempt, id, at, problem },
        b's' => Event::Resend { by: if which & 8 == 0 { ResendBy::Operator } else { ResendBy::Unseen } },
        b'v' => Event::News { attempt, news: News::Reached(reach), at },
        b'V' => Event::News { attempt, news: News::Failed(problem), at },
        b't' => Event::Retry { not_before },
        b'C' => Event::Cancelled { by_removal: which & 8 == 0 },
        b'S' => Event::Skipped { problem },
        b'R' => Event::Removed,
        b'B' => Event::Returned,
        b'O' => return Some(Entry::Order { id: OrderId::new(format!("o{which}")), at }),
        b'W' => {
            let wanted = [DesiredState::Running, DesiredState::Paused, DesiredState::Cancelled]
                [usize::from(which % 3)];
            return Some(Entry::Wanted { wanted, at });
        }
        b'T' => return Some(Entry::Opened { owner, at }),
        _ => return None,
    };
    Some(Entry::Job { job, event })
}
