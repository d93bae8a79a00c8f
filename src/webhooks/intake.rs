//! Taking events in: who wrote STOP goes onto the opt-out list, all of it into the inbox, and only then is it
//! acknowledged.
//!
//! Many bodies at once cost one sync: what has arrived while one is being written goes with the next.

use std::io;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::clean::words;
use super::event::{Hook, HookMarketing, HookReply, STOPPED_MARKETING, Wish};
use super::inbox::{InboxWriter, Record};
use super::stop::StopWords;
use super::unattributed::{StopOfUnknown, Unattributed};
use crate::domain::phone::Phone;
use crate::domain::time::Millis;
use crate::sendwo::Moment;
use crate::sys::clock::Clock;

/// Bodies that may wait; the next one waits for its connection.
const MAX_WAITING_BODIES: usize = 256;
/// Bodies that are written with one sync.
const MAX_BODIES_PER_SYNC: usize = 256;

/// The opt-out list, as webhooks change it.
pub trait StopList: Send {
    /// Puts people on it, durably: who, why, when. Says how many weren't on it.
    ///
    /// # Errors
    /// The disk's.
    fn add(&mut self, people: &[(Phone, String)], at: Millis) -> io::Result<u64>;

    /// Takes a person off it who wants marketing messages again since `told`, where nothing but WhatsApp's own word put
    /// them on it, before that. Says whether.
    ///
    /// # Errors
    /// The disk's.
    fn resume(&mut self, phone: Phone, told: Millis) -> io::Result<bool> {
        let _ = (phone, told);
        Ok(false)
    }
}

impl<F: FnMut(&[(Phone, String)], Millis) -> io::Result<u64> + Send> StopList for F {
    fn add(&mut self, people: &[(Phone, String)], at: Millis) -> io::Result<u64> {
        self(people, at)
    }
}

/// What was taken in with one sync; nothing personal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// News of deliveries.
    pub deliveries: u64,
    /// Replies, those of buttons among them.
    pub replies: u64,
    /// Buttons that were pressed.
    pub buttons: u64,
    /// People who asked not to be written to and weren't on the list yet.
    pub opted_out: u64,
    /// Stops of people whose number isn't known.
    pub unattributed: u64,
    /// People who want marketing messages again and are off the list.
    pub resumed: u64,
    /// People who want them again and stay on it, for they said stop in another way, too.
    pub still_out: u64,
}

impl Taken {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Taken) -> Taken {
        Taken {
            deliveries: self.deliveries + other.deliveries,
            replies: self.replies + other.replies,
            buttons: self.buttons + other.buttons,
            opted_out: self.opted_out + other.opted_out,
            unattributed: self.unattributed + other.unattributed,
            resumed: self.resumed + other.resumed,
            still_out: self.still_out + other.still_out,
        }
    }
}

/// Everything that takes in.
pub struct Keeper {
    inbox: InboxWriter,
    stop: StopWords,
    list: Box<dyn StopList>,
    unattributed: Unattributed,
}

impl std::fmt::Debug for Keeper {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keeper").field("inbox", &self.inbox).finish_non_exhaustive()
    }
}

impl Keeper {
    /// Into this inbox, and this list.
    #[must_use]
    pub fn new(inbox: InboxWriter, stop: StopWords, list: Box<dyn StopList>) -> Keeper {
        let unattributed = inbox.unattributed();
        Keeper { inbox, stop, list, unattributed }
    }

    /// Keeps events; durable when it returns.
    ///
    /// # Errors
    /// The disk's: nothing of it may be acknowledged then. Taken in again, nothing happens twice.
    pub fn keep(&mut self, mut hooks: Vec<Hook>, now: Millis) -> io::Result<Taken> {
        let mut taken = Taken::default();
        let (mut leaving, mut unknown) = (Vec::new(), Vec::new());
        for hook in &mut hooks {
            match hook {
                Hook::Delivery(_) => taken.deliveries += 1,
                Hook::Reply(reply) => {
                    taken.replies += u64::from(reply.words.is_some());
                    taken.buttons += u64::from(reply.button.is_some());
                    let Some(said) = self.says_stop(reply) else { continue };
                    let how = how(reply, said);
                    reply.stop = words(said);
                    match reply.from {
                        Some(phone) => leaving.push((phone, how)),
                        None => unknown.push(unknown_of(reply, how, now)),
                    }
                }
                Hook::Marketing(told) => match (told.wish, told.from) {
                    (Wish::Stop, Some(phone)) => leaving.push((phone, reason(told))),
                    (Wish::Stop, None) => unknown.push(StopOfUnknown {
                        at: now,
                        how: reason(told),
                        answers: None,
                        user: told.user.clone(),
                        id: None,
                    }),
                    (Wish::Resume, Some(phone)) => {
                        // In the order in which it was told.
                        taken.opted_out += self.opt_out(&std::mem::take(&mut leaving), now)?;
                        let off = match told.at {
                            Some(Moment::Exact(at)) => self.list.resume(phone, at)?,
                            _ => false,
                        };
                        taken.resumed += u64::from(off);
                        taken.still_out += u64::from(!off);
                    }
                    (Wish::Resume, None) => taken.still_out += 1,
                },
            }
        }
        taken.opted_out += self.opt_out(&leaving, now)?;
        if !unknown.is_empty() {
            tracing::warn!(
                count = unknown.len(),
                "somebody asked to stop, but the webhook has no phone number"
            );
            self.unattributed.note(&unknown)?;
            taken.unattributed = unknown.len() as u64;
        }
        let records: Vec<_> = hooks.into_iter().map(|hook| Record { received: now, hook }).collect();
        self.inbox.append(&records, now)?;
        Ok(taken)
    }

    fn opt_out(&mut self, leaving: &[(Phone, String)], now: Millis) -> io::Result<u64> {
        if leaving.is_empty() { Ok(0) } else { self.list.add(leaving, now) }
    }

    /// What of a reply says that somebody wants to be left alone: a text, or a button's title or id.
    fn says_stop<'r>(&self, reply: &'r HookReply) -> Option<&'r str> {
        let pressed = reply.button.iter().flat_map(|button| [button.title.as_str(), button.id.as_str()]);
        pressed.chain(reply.text.as_deref()).find(|said| self.stop.say(said))
    }
}

/// How somebody said so, for the opt-out list.
fn how(reply: &HookReply, said: &str) -> String {
    let how = if reply.button.is_some() { "pressed" } else { "wrote" };
    format!("{how} \"{}\" (webhook)", said.trim())
}

fn unknown_of(reply: &HookReply, how: String, now: Millis) -> StopOfUnknown {
    let (answers, user, id) = (reply.answers.clone(), reply.user.clone(), reply.id.clone());
    StopOfUnknown { at: now, how, answers, user, id }
}

fn reason(told: &HookMarketing) -> String {
    match told.code {
        Some(code) => format!("{STOPPED_MARKETING} ({code})"),
        None => format!("{STOPPED_MARKETING} (WhatsApp's settings)"),
    }
}

/// What to tell whoever posted.
type Kept = oneshot::Sender<io::Result<()>>;

/// Where the server hands events in; clones share it.
#[derive(Clone, Debug)]
pub struct Intake {
    sender: mpsc::Sender<(Vec<Hook>, Kept)>,
}

impl Intake {
    /// Starts taking in, on a task of its own that ends when the last clone is dropped. `told` hears of each sync, and
    /// of the disk's errors.
    ///
    /// Runs on a `LocalSet`.
    pub fn start<C: Clock>(
        keeper: Keeper,
        clock: C,
        told: impl FnMut(io::Result<Taken>) + 'static,
    ) -> (Intake, JoinHandle<()>) {
        let (sender, waiting) = mpsc::channel(MAX_WAITING_BODIES);
        (Intake { sender }, tokio::task::spawn_local(take_in(keeper, clock, waiting, told)))
    }

    /// Keeps events; they are on disk when it returns.
    ///
    /// # Errors
    /// The disk's, or the end of the program.
    pub async fn keep(&self, hooks: Vec<Hook>) -> io::Result<()> {
        let (kept, answer) = oneshot::channel();
        let gone = || io::Error::other("sendcast is ending");
        self.sender.send((hooks, kept)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

async fn take_in<C: Clock>(
    mut keeper: Keeper,
    clock: C,
    mut waiting: mpsc::Receiver<(Vec<Hook>, Kept)>,
    mut told: impl FnMut(io::Result<Taken>),
) {
    while let Some((mut hooks, first)) = waiting.recv().await {
        let mut kept = vec![first];
        while kept.len() < MAX_BODIES_PER_SYNC
            && let Ok((more, next)) = waiting.try_recv()
        {
            hooks.extend(more);
            kept.push(next);
        }
        let now = clock.now();
        let written = tokio::task::spawn_blocking(move || {
            let taken = keeper.keep(hooks, now);
            (keeper, taken)
        });
        let taken;
        // A panic of ours would be a bug; nothing is acknowledged any more then.
        let Ok(back) = written.await else { return };
        (keeper, taken) = back;
        for one in kept {
            let answer = match &taken {
                Ok(_) => Ok(()),
                Err(error) => Err(io::Error::new(error.kind(), error.to_string())),
            };
            // Whoever posted may have hung up.
            let _ = one.send(answer);
        }
        told(taken);
    }
}
