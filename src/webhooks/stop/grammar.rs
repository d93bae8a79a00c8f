//! Ways of saying stop that are made of several words.
//!
//! A text means stop when *each* of its words belongs to the small vocabulary of one language, and together they make
//! one of these:
//!
//! | | for instance |
//! |---|---|
//! | to stop, and sending, writing or messages; no negation | stop sending me this, message bhejna band karo |
//! | a negation, and writing; or sending, and me, messages or again | don't contact me, ne m'envoyez plus |
//! | a negation or "no", then messages, and nothing that is done with them | no more messages, keine Werbung |
//! | a negation, wanting, and messages or receiving them | ya no quiero mensajes |
//! | to remove, and me, my number, a list or messages; no negation | take me off your list |
//! | a verb that carries the negation in itself | mesaj göndermeyin |
//!
//! A word that isn't in the vocabulary says that the text is about something else: "stop the noise", "when does the bus
//! stop", "don't send the parcel". A negation before "stop" is no stop.

use std::collections::HashMap;

use super::languages::{self, Language};
use super::normal::plain;

/// What a word may be; several at once.
type Class = u16;
const FILL: Class = 0;
const STOP: Class = 1;
const NOT: Class = 1 << 1;
const NO: Class = 1 << 2;
const SEND: Class = 1 << 3;
const WRITE: Class = 1 << 4;
const THING: Class = 1 << 5;
const OFF: Class = 1 << 6;
const ME: Class = 1 << 7;
const LIST: Class = 1 << 8;
const WANT: Class = 1 << 9;
const RECEIVE: Class = 1 << 10;
const MORE: Class = 1 << 11;
const REFUSE: Class = 1 << 12;

/// Longer texts say more than stop.
const MAX_WORDS: usize = 24;

/// The vocabularies, one for each language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grammar(Vec<Vocabulary>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Vocabulary {
    words: HashMap<String, Class>,
    /// The longest entry, in words.
    longest: usize,
    /// Written without spaces, or with endings that are joined to words.
    joined: bool,
}

impl Grammar {
    pub(super) fn new() -> Grammar {
        Grammar(languages::all().map(Vocabulary::new).collect())
    }

    /// Whether this plain text is one of the ways above, in any language.
    pub(super) fn says(&self, plain: &str) -> bool {
        let words: Vec<&str> = plain.split(' ').collect();
        words.len() <= MAX_WORDS
            && self.0.iter().any(|vocabulary| vocabulary.classes(&words).is_some_and(|all| means_stop(&all)))
    }
}

impl Vocabulary {
    fn new(language: &Language) -> Vocabulary {
        let Language {
            stop,
            not,
            no,
            send,
            write,
            thing,
            off,
            me,
            list,
            want,
            receive,
            more,
            refuse,
            fill,
            joined,
        } = *language;
        let groups = [
            (STOP, stop),
            (NOT, not),
            (NO, no),
            (SEND, send),
            (WRITE, write),
            (THING, thing),
            (OFF, off),
            (ME, me),
            (LIST, list),
            (WANT, want),
            (RECEIVE, receive),
            (MORE, more),
            (REFUSE, refuse),
            (FILL, fill),
        ];
        let mut words: HashMap<String, Class> = HashMap::new();
        for (class, group) in groups {
            for word in group.split_whitespace() {
                *words.entry(plain(&word.replace('_', " "))).or_default() |= class;
            }
        }
        let longest = words.keys().map(|word| word.split(' ').count()).max().unwrap_or(1);
        Vocabulary { words, longest, joined }
    }

    /// What each word is; `None` where one isn't of this language. The longest entry that fits comes first.
    fn classes(&self, words: &[&str]) -> Option<Vec<Class>> {
        let mut classes = Vec::with_capacity(words.len());
        let mut at = 0;
        while at < words.len() {
            let most = self.longest.min(words.len() - at);
            let found =
                (1..=most).rev().find_map(|n| Some((n, *self.words.get(&words[at..at + n].join(" "))?)));
            match found {
                Some((n, class)) => {
                    classes.push(class);
                    at += n;
                }
                None if self.joined => {
                    self.pieces(words[at], &mut classes, &mut Vec::new())?;
                    at += 1;
                }
                None => return None,
            }
        }
        Some(classes)
    }

    /// Takes a word apart into entries, the longest first. `dead`: beginnings that were tried in vain.
    fn pieces(&self, rest: &str, classes: &mut Vec<Class>, dead: &mut Vec<usize>) -> Option<()> {
        if rest.is_empty() {
            return Some(());
        }
        if dead.contains(&rest.len()) {
            return None;
        }
        let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).collect::<Vec<_>>();
        for end in ends.into_iter().rev() {
            let Some(class) = self.words.get(&rest[..end]) else { continue };
            classes.push(*class);
            if self.pieces(&rest[end..], classes, dead).is_some() {
                return Some(());
            }
            classes.pop();
        }
        dead.push(rest.len());
        None
    }
}

fn means_stop(classes: &[Class]) -> bool {
    let has = |class: Class| classes.iter().any(|one| one & class != 0);
    let last = |class: Class| classes.iter().rposition(|one| one & class != 0);
    let negated = has(NOT) || has(NO);
    if has(REFUSE) {
        return !has(NOT) && !has(STOP);
    }
    if !negated {
        return (has(STOP) && has(SEND | WRITE | THING)) || (has(OFF) && has(ME | LIST | THING));
    }
    // "Don't stop sending": what is negated is the stopping.
    let of_stop = has(STOP) && last(NOT | NO) < last(STOP);
    let of_off = has(OFF) && last(NOT | NO) < last(OFF);
    if of_stop || of_off {
        return false;
    }
    let acts = has(SEND | WRITE | RECEIVE | WANT);
    let no_things = !acts && has(THING);
    let writes = has(WRITE) && !has(WANT | RECEIVE);
    let sends = has(SEND) && !has(WANT | RECEIVE) && has(ME | THING | MORE);
    let wants = has(WANT) && has(THING | RECEIVE | SEND | WRITE);
    no_things || writes || sends || wants
}
