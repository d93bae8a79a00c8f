//! What people answered to a round's messages: a small file of the round.
//!
//! ```text
//! replies    a line each: crc32 json\n   {"job", "reply", "at", "words", "button": {"id", "title"}, "stop", "touch"}
//! ```
//!
//! Invariants:
//!
//! - A reply counts once, however often it is told: it is known by the hash of its own id.
//! - Whoever holds the round writes; readers need no lock. A torn line is no reply; what is told again is taken again.
//! - It names jobs, not people.
//!
//! Of a person's replies a report shows the first, and when it came. A button counts wherever it stands among them.
//!
//! A reply that doesn't name the message it answers may be taken by several rounds that wrote to this person. Each notes
//! its `LastTouch`; whoever reads drops those that another round's message has a better right to
//! (`attribution.rs`).

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::last_touch::LastTouch;
use crate::domain::hex::hex;
use crate::domain::ids::JobId;
use crate::domain::phone::Phone;
use crate::domain::text::Cell;
use crate::domain::time::Millis;
use crate::sys::disk::{Disk, DiskFile, SharedDisk, if_there, write_atomic};
use crate::webhooks::{Button, HookMarketing, HookReply};

/// What somebody answered, as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Whose message it answers.
    pub job: JobId,
    /// By which it is known again.
    pub(super) reply: String,
    /// When it was sent. Unix time, in milliseconds.
    pub at: Millis,
    /// What a report shows of it; `None` where nothing was answered, as when somebody changed WhatsApp's settings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<Cell>,
    /// The button that was pressed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button: Option<Button>,
    /// What of it says that the person wants no more messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop: Option<Cell>,
    /// Why it is this job's, where it names no message and the person's number stood for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) touch: Option<LastTouch>,
}

impl Answer {
    /// A reply to this job's message.
    #[must_use]
    pub fn to(job: JobId, reply: &HookReply, at: Millis, touch: Option<LastTouch>) -> Answer {
        let button = reply.button.clone().filter(|_| touch.is_none_or(|touch| touch.by_button));
        Answer {
            job,
            reply: name(reply, at),
            at,
            words: reply.words.clone(),
            button,
            stop: reply.stop.clone(),
            touch,
        }
    }

    /// That a person stopped marketing messages in WhatsApp's settings, after this job's message.
    #[must_use]
    pub fn settings(job: JobId, phone: Phone, told: &HookMarketing, at: Millis, touch: LastTouch) -> Answer {
        let mut hash = Sha256::new();
        hash.update(b"settings");
        hash.update(phone.identity().as_u64().to_le_bytes());
        hash.update(told.at.map_or_else(|| at.to_string(), |told| told.to_string()));
        let stop = Some("WhatsApp's settings".into());
        Answer { job, reply: fingerprint(hash), at, words: None, button: None, stop, touch: Some(touch) }
    }

    /// It is this job's, unless another round's message was the last.
    pub(super) fn is_sure(&self) -> bool {
        self.touch.is_none_or(|touch| touch.is_sure)
    }
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

/// What answers add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplyCounts {
    /// Whose message was answered: jobs.
    pub replied: u64,
    /// Who asked for no more messages by that.
    pub stopped: u64,
    /// How often each button was pressed, the most pressed first.
    pub buttons: Vec<ReplyCount>,
}

/// The same in the making.
#[derive(Debug, Default)]
struct Totals {
    replied: HashSet<JobId>,
    stopped: HashSet<JobId>,
    buttons: HashMap<String, (String, u64)>,
}

impl Totals {
    fn add(&mut self, answer: &Answer) {
        if !answer.is_sure() {
            return;
        }
        if answer.words.is_some() {
            self.replied.insert(answer.job);
        }
        if answer.stop.is_some() {
            self.stopped.insert(answer.job);
        }
        if let Some(Button { id, title }) = &answer.button {
            let (last, count) = self.buttons.entry(id.clone()).or_default();
            *count += 1;
            if !title.is_empty() {
                last.clone_from(title);
            }
        }
    }

    fn counts(&self) -> ReplyCounts {
        let count = |(id, (title, count)): (&String, &(String, u64))| ReplyCount {
            id: id.clone(),
            title: title.clone(),
            count: *count,
        };
        let mut buttons: Vec<_> = self.buttons.iter().map(count).collect();
        buttons.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.id.cmp(&b.id)));
        ReplyCounts { replied: self.replied.len() as u64, stopped: self.stopped.len() as u64, buttons }
    }
}

/// A round's replies.
#[derive(Debug)]
pub struct Replies {
    disk: SharedDisk,
    path: PathBuf,
    known: HashSet<String>,
    totals: Totals,
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
        let (mut known, mut totals) = (HashSet::new(), Totals::default());
        for answer in read(&*disk, round)? {
            totals.add(&answer);
            known.insert(answer.reply);
        }
        Ok(Replies { disk, path, known, totals, file: None, unsynced: false })
    }

    /// Takes an answer to a job's message. `false` where it was told before.
    ///
    /// # Errors
    /// The disk's: it isn't counted then.
    pub fn take(&mut self, answer: Answer) -> io::Result<bool> {
        if self.known.contains(&answer.reply) {
            return Ok(false);
        }
        let line = encode(&answer)?;
        let (file, len) = match self.file.take() {
            Some(open) => open,
            None => self.open_file()?,
        };
        file.write_at(len, &line)?;
        self.file = Some((file, len + line.len() as u64));
        self.unsynced = true;
        self.totals.add(&answer);
        self.known.insert(answer.reply);
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

    /// What they add up to, those that another round may have a better right to among them.
    #[must_use]
    pub fn counts(&self) -> ReplyCounts {
        self.totals.counts()
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

/// How long the file of a round's answers is, by which it is seen whether there is another one; `0` where there is none.
///
/// # Errors
/// The disk's.
pub fn bytes(disk: &dyn Disk, round: &Path) -> io::Result<u64> {
    let file = if_there(disk.open_read(&path(round)))?;
    file.map_or(Ok(0), |file| file.len())
}

/// A round's answers, in the order in which they were taken; none where nobody answered.
///
/// # Errors
/// The disk's.
pub fn read(disk: &dyn Disk, round: &Path) -> io::Result<Vec<Answer>> {
    let bytes = if_there(disk.read(&path(round)))?.unwrap_or_default();
    let whole = bytes.split_inclusive(|byte| *byte == b'\n').filter_map(|line| line.strip_suffix(b"\n"));
    let mut answers: Vec<Answer> = Vec::new();
    let mut damaged = 0_u64;
    for line in whole {
        match decode(line) {
            Some(one) => answers.push(one),
            None => damaged += 1,
        }
    }
    if damaged > 0 {
        tracing::warn!(round = %round.display(), damaged, "some recorded replies are unreadable and aren't counted");
    }
    Ok(answers)
}

/// Removes what was answered to these jobs. Says how often that was.
///
/// # Errors
/// The disk's: the file is as it was then, or without them.
pub fn forget(disk: &dyn Disk, round: &Path, jobs: &HashSet<JobId>) -> io::Result<u64> {
    let answers = read(disk, round)?;
    let (gone, kept): (Vec<_>, Vec<_>) = answers.into_iter().partition(|one| jobs.contains(&one.job));
    if gone.is_empty() {
        return Ok(0);
    }
    let lines = kept.iter().map(encode).collect::<io::Result<Vec<_>>>()?;
    write_atomic(disk, &path(round), &lines.concat())?;
    Ok(gone.len() as u64)
}

/// What answers add up to. A button is known by its id; its title is the last that was told.
#[must_use]
pub fn counts(answers: &[Answer]) -> ReplyCounts {
    let mut totals = Totals::default();
    answers.iter().for_each(|answer| totals.add(answer));
    totals.counts()
}

/// Of each job the first answer for which `pick` has something, and when it came.
#[must_use]
pub fn firsts(answers: &[Answer], pick: impl Fn(&Answer) -> Option<Cell>) -> HashMap<JobId, (Cell, Millis)> {
    let mut firsts: HashMap<JobId, (Cell, Millis)> = HashMap::new();
    for answer in answers {
        let Some(picked) = pick(answer) else { continue };
        if firsts.get(&answer.job).is_none_or(|(_, before)| answer.at < *before) {
            firsts.insert(answer.job, (picked, answer.at));
        }
    }
    firsts
}

/// By its own id, or where none was told by who sent what when.
fn name(reply: &HookReply, at: Millis) -> String {
    let mut hash = Sha256::new();
    match (&reply.id, reply.from) {
        (Some(id), _) => hash.update(id.as_str()),
        (None, from) => {
            hash.update(from.map_or(0, |phone| phone.identity().as_u64()).to_le_bytes());
            let button = reply.button.as_ref().map(|button| button.id.as_str());
            hash.update(button.or(reply.words.as_deref()).unwrap_or_default());
            hash.update(reply.at.map_or_else(|| at.to_string(), |told| told.to_string()));
        }
    }
    fingerprint(hash)
}

fn fingerprint(hash: Sha256) -> String {
    hex(&hash.finalize()[..12])
}

fn encode(answer: &Answer) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(answer).map_err(io::Error::other)?;
    let mut line = format!("{:08x} ", crc32fast::hash(&json)).into_bytes();
    line.extend_from_slice(&json);
    line.push(b'\n');
    Ok(line)
}

fn decode(line: &[u8]) -> Option<Answer> {
    let (sum, json) = line.split_at_checked(9)?;
    (sum == format!("{:08x} ", crc32fast::hash(json)).as_bytes()).then_some(())?;
    serde_json::from_slice(json).ok()
}

#[cfg(test)]
mod tests;
