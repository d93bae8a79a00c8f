//! From the account's state to what is due at its workflows.

use std::time::Duration;

use secrecy::ExposeSecret;
use url::Url;

use crate::domain::hash::splitmix;
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::sandbox::book::{Change, Reply};
use crate::sandbox::chance::Share;
use crate::sandbox::state::{Entry, State};

use super::answer::answer;
use super::event_queue::Event;
use super::post::HookPost;
use super::shape::{self, News};
use super::sign::signature;

/// Messages that are taken in at a time: the state is locked meanwhile.
const MAX_MESSAGES_AT_ONCE: usize = 20_000;

/// How much is told again after a restart, about.
const SAVE_INTERVAL: Duration = Duration::from_secs(5);

/// What is due, and when to look again.
#[derive(Debug, Default)]
pub struct Taken {
    pub posts: Vec<HookPost>,
    /// `None`: once something was changed.
    pub next: Option<Millis>,
}

/// Takes out about `most` POSTs that are due `now`; what they tell of has been passed then. Also makes
/// the replies that people write by themselves.
pub fn take_due(state: &mut State, now: Millis, most: usize) -> Taken {
    // Said once: a message may come in with a time a little before what was noted since.
    let Some(since) = state.events.since.or_else(|| since(state)) else { return Taken::default() };
    state.events.since = Some(since);
    take_in_messages(state, since);
    take_in_replies(state, since);
    let mut posts = Vec::new();
    while posts.len() < most {
        let Some(event) = state.events.pop(now) else { break };
        match event {
            Event::Answers { nth } => {
                answers(state, nth);
                take_in_replies(state, since);
            }
            Event::Status { .. } | Event::Replied { .. } => posts.extend(told(state, event)),
        }
    }
    // New messages come in between: as long as somebody listens it is looked again, if nothing is known sooner.
    let more = state.events.messages < state.message_count();
    let next = if more { now } else { state.events.next().unwrap_or(Millis(u64::MAX)) };
    if !more {
        state.events.through = next.min(now);
    }
    Taken { posts, next: Some(next) }
}

/// Takes out every POST that is due `now`.
pub fn take_all(state: &mut State, now: Millis) -> Vec<HookPost> {
    let mut posts = Vec::new();
    loop {
        let taken = take_due(state, now, usize::MAX);
        posts.extend(taken.posts);
        if taken.next.is_none_or(|next| next > now) {
            return posts;
        }
    }
}

/// Notes that all that was taken out has finished, now and then: the next process goes on from there. An
/// error is the book's; then it is told again from the last note on.
pub fn note_told(state: &mut State) -> std::io::Result<()> {
    let through = state.events.through;
    let noted = state.book.told().unwrap_or_default();
    if state.events.advanced && through >= noted + SAVE_INTERVAL {
        state.book.keep(Change::Told { through })?;
        state.events.advanced = false;
    }
    Ok(())
}

/// From when on this process tells anything; `None` where nobody listens and nobody replies.
fn since(state: &State) -> Option<Millis> {
    let told = state.book.told();
    if state.options.replies.share != Share::NONE {
        return Some(told.unwrap_or(state.opened()));
    }
    let local = state.book.workflows().iter().filter(|workflow| workflow.is_local);
    let first = local.map(|workflow| workflow.at).min()?;
    Some(told.map_or(first, |told| told.max(first)))
}

fn take_in_messages(state: &mut State, since: Millis) {
    let from = state.events.messages;
    let fresh: Vec<(u32, Entry)> = state.messages(from).take(MAX_MESSAGES_AT_ONCE).collect();
    state.events.messages += fresh.len();
    for (nth, entry) in fresh {
        let (draw, replies) = (state.draw(nth), state.options.replies);
        let steps = state.steps(nth, &entry);
        // What a flow says, and under which ids, is not known here.
        if entry.is_shown() {
            for (salt, (status, at)) in (100..).zip(steps) {
                let event = Event::Status { nth, status };
                state.events.tell(&state.options.hooks, since, at, event, splitmix(draw ^ splitmix(salt)));
            }
        }
        let arrived = steps_delivered(state, nth, &entry);
        if let Some(arrived) = arrived.filter(|_| replies.share.takes(splitmix(draw ^ 200))) {
            let at = arrived + replies.after.pick(splitmix(draw ^ 201));
            if at >= since {
                state.events.put(at, Event::Answers { nth });
            }
        }
    }
}

/// When a message reaches its person.
fn steps_delivered(state: &State, nth: u32, entry: &Entry) -> Option<Millis> {
    state.steps(nth, entry).find(|(status, _)| *status == Status::Delivered).map(|(_, at)| at)
}

fn take_in_replies(state: &mut State, since: Millis) {
    while let Some(reply) = state.book.reply(state.events.replies) {
        let (at, place) = (reply.at, state.events.replies);
        state.events.replies += 1;
        let Ok(place) = u32::try_from(place) else { continue };
        let draw = splitmix(splitmix(state.options.seed ^ u64::from(place)) ^ 300);
        state.events.tell(&state.options.hooks, since, at, Event::Replied { place }, draw);
    }
}

/// A person replies to the `nth` message.
fn answers(state: &mut State, nth: u32) {
    let Some(entry) = state.message(nth) else { return };
    let Ok(record) = state.record(&entry) else { return };
    let draw = splitmix(state.draw(nth) ^ 202);
    let (text, button) = answer(&record.message, draw);
    let Some(arrived) = steps_delivered(state, nth, &entry) else { return };
    let at = arrived + state.options.replies.after.pick(splitmix(state.draw(nth) ^ 201));
    // After a restart some come up again.
    if state
        .book
        .replies_of(entry.to)
        .is_some_and(|mut all| all.any(|(_, it)| it.to == Some(nth) && it.at == at))
    {
        return;
    }
    let number = record.from.into_owned();
    let reply = Reply { at, from: entry.to, number, text, button, to: Some(nth) };
    if state.book.keep(Change::Replied(reply)).is_err() {
        state.tally.refused("ledger");
    }
}

/// An event as each workflow that it concerns is told of it.
fn told(state: &State, event: Event) -> Vec<HookPost> {
    let Some((at, news)) = news(state, event) else { return Vec::new() };
    let hooks = &state.options.hooks;
    let (content_type, body) = shape::body(hooks.shape, &news, |at| state.local(at));
    let signature = hooks.secret.as_ref().map(|secret| signature(secret.expose_secret().as_bytes(), &body));
    let listening = state.book.workflows().iter().filter(|workflow| workflow.is_local && workflow.at <= at);
    listening
        .filter_map(|workflow| {
            Some(HookPost {
                workflow: workflow.id,
                target: Url::parse(&workflow.target).ok()?,
                content_type,
                body: body.clone(),
                signature: signature.clone(),
            })
        })
        .collect()
}

/// When it happened, and what is told of it.
fn news(state: &State, event: Event) -> Option<(Millis, News<'_>)> {
    match event {
        Event::Status { nth, status } => {
            let entry = state.message(nth)?;
            let (_, at) = state.steps(nth, &entry).find(|(step, _)| *step == status)?;
            let number = state.number_of(&entry);
            let (id, to, code) = (state.id(nth, &entry), entry.to, entry.code());
            Some((at, News::Status { id, status, at, to, code, number }))
        }
        Event::Replied { place } => {
            let reply = state.book.reply(usize::try_from(place).ok()?)?;
            let known = state.book.subscribers().by_phone(reply.from);
            let answered = reply.to.and_then(|nth| Some((nth, state.message(nth)?)));
            let news = News::Reply {
                id: state.book.reply_id(place, reply),
                reply,
                first_name: known.map_or("", |known| &known.first_name),
                context: answered
                    .filter(|(_, entry)| entry.is_shown())
                    .map(|(nth, entry)| state.id(nth, &entry)),
            };
            Some((reply.at, news))
        }
        Event::Answers { .. } => None,
    }
}
