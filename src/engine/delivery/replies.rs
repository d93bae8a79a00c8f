//! Which buttons people pressed, in answer to a round's messages: a small file of the round.
//!
//! ```text
//! replies    a line each: crc32 json\n   {"job", "reply", "id", "title", "at", "by_phone"}
//! ```
//!
//! Invariants:
//!
//! - A reply counts once, however often it is told: it is known by the hash of its own id.
//! - Whoever holds the round writes; readers need no lock. A torn line is no reply; what is told again is taken again.
//! - It names jobs, not people.
//!
//! A reply that doesn't name the message it answers may be taken by several rounds that wrote to this person with the
//! same button. It belongs to the message that was accepted last: whoever reads drops the others ([`newest`]).

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::ids::JobId;
use crate::domain::text::Cell;
use crate::domain::time::Millis;
use crate::sys::disk::{Disk, DiskFile, SharedDisk, if_there, write_atomic};
use crate::webhooks::{Button, HookReply};

/// One button that was pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressed {
    /// Whose message it answers.
    pub job: JobId,
    /// By which it is known again.
    reply: String,
    /// The button.
    #[serde(flatten)]
    pub button: Button,
    /// Unix time, in milliseconds.
    pub at: Millis,
    /// When that message was accepted, where the reply named none and the person's number stood for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    by_phone: Option<Millis>,
}

/// A button's answer, as it is to be counted.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// Whose message it answers.
    pub job: JobId,
    /// The reply.
    pub reply: &'a HookReply,
    /// Its button.
    pub button: &'a Button,
    /// Unix time, in milliseconds.
    pub at: Millis,
    /// When the message was accepted, where the reply didn't name it.
    pub by_phone: Option<Millis>,
}

/// How often a button was pressed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyCount {
    /// The button's id.
    pub id: String,
    /// What stands on it.
    pub title: String,
    /// How often.
    pub count: u64,
}

/// A round's replies.
#[derive(Debug)]
pub struct Replies {
    disk: SharedDisk,
    path: PathBuf,
    pressed: Vec<Pressed>,
    known: HashSet<String>,
    /// Open and its length, once something is to be written.
    file: Option<(Box<dyn DiskFile>, u64)>,
    unsynced: bool,
}

impl Replies {
    /// A round's own.
    ///
    /// # Errors
    /// The disk's.
    pub fn open(disk: SharedDisk, round: &Path) -> io::Result<Replies> {
        let path = path(round);
        let pressed = read(&*disk, round)?;
        let known = pressed.iter().map(|pressed| pressed.reply.clone()).collect();
        Ok(Replies { disk, path, pressed, known, file: None, unsynced: false })
    }

    /// Takes a button that was pressed in answer to a job's message. `false` where it was told before.
    ///
    /// # Errors
    /// The disk's: it isn't counted then.
    pub fn take(&mut self, answer: Answer<'_>) -> io::Result<bool> {
        let Answer { job, reply, button, at, by_phone } = answer;
        let name = name(reply, button, at);
        if self.known.contains(&name) {
            return Ok(false);
        }
        let pressed = Pressed { job, reply: name, button: button.clone(), at, by_phone };
        let line = encode(&pressed)?;
        let (file, len) = match self.file.take() {
            Some(open) => open,
            None => self.open_file()?,
        };
        file.write_at(len, &line)?;
        self.file = Some((file, len + line.len() as u64));
        self.unsynced = true;
        self.known.insert(pressed.reply.clone());
        self.pressed.push(pressed);
        Ok(true)
    }

    /// Waits until all of it is on disk.
    ///
    /// # Errors
    /// The disk's.
    pub fn sync(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.unsynced)
            && let Some((file, _)) = &self.file
        {
            file.sync()?;
        }
        Ok(())
    }

    /// How often each button was pressed.
    #[must_use]
    pub fn counts(&self) -> Vec<ReplyCount> {
        counts(&self.pressed)
    }

    /// Behind the last whole line: what a crash tore is written over.
    fn open_file(&self) -> io::Result<(Box<dyn DiskFile>, u64)> {
        let file = self.disk.open_or_create(&self.path)?;
        let mut bytes = vec![0; usize::try_from(file.len()?).map_err(io::Error::other)?];
        let filled = file.fill_from(0, &mut bytes)?;
        let end = bytes[..filled].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at as u64 + 1);
        file.set_len(end)?;
        Ok((file, end))
    }
}

fn path(round: &Path) -> PathBuf {
    round.join("replies")
}

/// A round's replies, in the order in which they were taken; none where nobody pressed anything.
///
/// # Errors
/// The disk's.
pub fn read(disk: &dyn Disk, round: &Path) -> io::Result<Vec<Pressed>> {
    let bytes = if_there(disk.read(&path(round)))?.unwrap_or_default();
    let whole = bytes.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
    let mut pressed: Vec<Pressed> = Vec::new();
    let mut damaged = 0_u64;
    for line in whole {
        match decode(line) {
            Some(one) => pressed.push(one),
            None => damaged += 1,
        }
    }
    if damaged > 0 {
        tracing::warn!(round = %round.display(), damaged, "some recorded replies are unreadable and aren't counted");
    }
    Ok(pressed)
}

/// Removes what was pressed in answer to these jobs. Says how often that was.
///
/// # Errors
/// The disk's: the file is as it was then, or without them.
pub fn forget(disk: &dyn Disk, round: &Path, jobs: &HashSet<JobId>) -> io::Result<u64> {
    let pressed = read(disk, round)?;
    let (gone, kept): (Vec<_>, Vec<_>) = pressed.into_iter().partition(|one| jobs.contains(&one.job));
    if gone.is_empty() {
        return Ok(0);
    }
    let lines = kept.iter().map(encode).collect::<io::Result<Vec<_>>>()?;
    write_atomic(disk, &path(round), &lines.concat())?;
    Ok(gone.len() as u64)
}

/// Without those that another round has a better claim to: the same reply, by the person's number, to a message that was
/// accepted later. `others` is asked only where there may be such.
///
/// # Errors
/// What `others` said.
pub fn newest<E>(
    pressed: Vec<Pressed>,
    others: impl FnOnce() -> Result<Vec<Pressed>, E>,
) -> Result<Vec<Pressed>, E> {
    if pressed.iter().all(|one| one.by_phone.is_none()) {
        return Ok(pressed);
    }
    let mut claims: HashMap<String, Millis> = HashMap::new();
    for Pressed { reply, by_phone, .. } in others()? {
        if let Some(accepted) = by_phone {
            let claim = claims.entry(reply).or_default();
            *claim = accepted.max(*claim);
        }
    }
    let ours = |one: &Pressed| match one.by_phone {
        Some(accepted) => claims.get(&one.reply).is_none_or(|claim| *claim <= accepted),
        None => true,
    };
    Ok(pressed.into_iter().filter(ours).collect())
}

/// How often each button was pressed, the most pressed first. A button is known by its id; its title is the last that
/// was told.
#[must_use]
pub fn counts(pressed: &[Pressed]) -> Vec<ReplyCount> {
    let mut places: HashMap<&str, usize> = HashMap::new();
    let mut counts: Vec<ReplyCount> = Vec::new();
    for Pressed { button, .. } in pressed {
        let place = *places.entry(&button.id).or_insert_with(|| {
            counts.push(ReplyCount { id: button.id.clone(), title: String::new(), count: 0 });
            counts.len() - 1
        });
        counts[place].count += 1;
        if !button.title.is_empty() {
            counts[place].title.clone_from(&button.title);
        }
    }
    counts.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.id.cmp(&b.id)));
    counts
}

/// What a report says of each job: the title of the button that was pressed last, its id where it bears none; and when.
#[must_use]
pub fn titles(pressed: &[Pressed]) -> HashMap<JobId, (Cell, Millis)> {
    let mut last: HashMap<JobId, (Cell, Millis)> = HashMap::new();
    for Pressed { job, button, at, .. } in pressed {
        let shown = if button.title.is_empty() { &button.id } else { &button.title };
        if last.get(job).is_none_or(|(_, before)| before <= at) {
            last.insert(*job, (Cell::from(shown.as_str()), *at));
        }
    }
    last
}

/// By its own id, or where none was told by who pressed what when.
fn name(reply: &HookReply, button: &Button, at: Millis) -> String {
    let mut hash = Sha256::new();
    match (&reply.id, reply.from) {
        (Some(id), _) => hash.update(id.as_str()),
        (None, from) => {
            hash.update(from.map_or(0, |phone| phone.identity().as_u64()).to_le_bytes());
            hash.update(&button.id);
            hash.update(at.0.to_le_bytes());
        }
    }
    hash.finalize().iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

fn encode(pressed: &Pressed) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(pressed).map_err(io::Error::other)?;
    let mut line = format!("{:08x} ", crc32fast::hash(&json)).into_bytes();
    line.extend_from_slice(&json);
    line.push(b'\n');
    Ok(line)
}

fn decode(line: &[u8]) -> Option<Pressed> {
    let (sum, json) = line.split_at_checked(9)?;
    (sum == format!("{:08x} ", crc32fast::hash(json)).as_bytes()).then_some(())?;
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::MessageId;
    use crate::sys::disk::RealDisk;

    fn reply(id: Option<&str>) -> HookReply {
        HookReply {
            from: None,
            user: None,
            id: id.map(MessageId::new),
            answers: None,
            button: None,
            text: None,
            at: None,
        }
    }

    fn button(id: &str, title: &str) -> Button {
        Button { id: id.into(), title: title.into() }
    }

    #[test]
    fn a_reply_counts_once_and_survives() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Replies::open(RealDisk::shared(), dir.path()).unwrap();
        let (yes, no, titled) = (button("yes", "Yes!"), button("no", ""), button("no", "No"));
        let mut replies = open();
        let take = |replies: &mut Replies, job, id, button, at| {
            let (reply, at) = (reply(id), Millis(at));
            replies.take(Answer { job: JobId(job), reply: &reply, button, at, by_phone: None }).unwrap()
        };
        assert!(replies.counts().is_empty());
        assert!(take(&mut replies, 1, Some("a"), &yes, 1));
        assert!(!take(&mut replies, 1, Some("a"), &yes, 2), "told twice");
        assert!(take(&mut replies, 2, Some("b"), &no, 3));
        assert!(take(&mut replies, 2, None, &titled, 4));
        assert!(!take(&mut replies, 2, None, &titled, 4));
        replies.sync().unwrap();
        drop(replies);
        // A kill tore the last line.
        let path = dir.path().join("replies");
        let whole = std::fs::read(&path).unwrap();
        assert!(!String::from_utf8_lossy(&whole).contains("\"a\""));
        std::fs::write(&path, &whole[..whole.len() - 3]).unwrap();
        let mut replies = open();
        assert!(!take(&mut replies, 1, Some("a"), &yes, 9));
        assert!(take(&mut replies, 2, None, &titled, 4));
        drop(replies);
        assert_eq!(std::fs::read(&path).unwrap(), whole);
        let pressed = read(&RealDisk, dir.path()).unwrap();
        let told: Vec<_> = counts(&pressed).into_iter().map(|c| (c.id, c.title, c.count)).collect();
        assert_eq!(told, [("no".into(), "No".into(), 2), ("yes".into(), "Yes!".to_owned(), 1)]);
        let without = |job| forget(&RealDisk, dir.path(), &HashSet::from([JobId(job)])).unwrap();
        assert_eq!((without(7), without(1), without(1)), (0, 1, 0));
        let left = read(&RealDisk, dir.path()).unwrap();
        assert!(left.len() == 2 && left.iter().all(|one| one.job == JobId(2)));
        let titles = titles(&pressed);
        let told = |job| titles.get(&JobId(job)).map(|(title, at)| (title.as_str(), at.0));
        assert_eq!((told(1), told(2)), (Some(("Yes!", 1)), Some(("No", 4))));
    }
    #[test]
    fn of_several_rounds_the_last_message_has_the_reply() {
        let rounds = [5, 7, 6].map(|accepted| {
            let dir = tempfile::tempdir().unwrap();
            let mut replies = Replies::open(RealDisk::shared(), dir.path()).unwrap();
            let (reply, button) = (reply(Some("a")), button("yes", "Yes"));
            let by_phone = Some(Millis(accepted));
            let answer = Answer { job: JobId(1), reply: &reply, button: &button, at: Millis(9), by_phone };
            assert!(replies.take(answer).unwrap());
            read(&RealDisk, dir.path()).unwrap()
        });
        for (n, kept) in [(0, 0), (1, 1), (2, 0)] {
            let others = || Ok::<_, ()>(rounds.iter().flatten().cloned().collect());
            assert_eq!(newest(rounds[n].clone(), others).unwrap().len(), kept, "round {n}");
        }
        let named = rounds.map(|_| Pressed { by_phone: None, ..named() });
        assert_eq!(newest(named.to_vec(), || Err(())).map(|kept| kept.len()), Ok(3));
    }

    fn named() -> Pressed {
        Pressed { job: JobId(1), reply: "a".into(), button: button("x", ""), at: Millis(1), by_phone: None }
    }
}
