//! The vocabularies: for each language the few words that a wish to be left alone is made of. `_` joins words that count
//! only together. They are normalised before they are compared, as messages are.
//!
//! A word belongs here when it is used to say so, and not when it could make a text be about something else: "order",
//! "today" and "bus" are missing on purpose.

mod european;
mod others;

/// One language's words, by what they are.
#[derive(Clone, Copy)]
pub(super) struct Language {
    /// To stop, enough.
    pub(super) stop: &'static str,
    /// What negates a verb.
    pub(super) not: &'static str,
    /// What negates a thing.
    pub(super) no: &'static str,
    /// To send.
    pub(super) send: &'static str,
    /// To write, to contact, to bother: needs no object.
    pub(super) write: &'static str,
    /// Messages and what they carry.
    pub(super) thing: &'static str,
    /// To remove, to unsubscribe.
    pub(super) off: &'static str,
    /// The person.
    pub(super) me: &'static str,
    /// The person's number, the list that it stands on.
    pub(super) list: &'static str,
    /// To want.
    pub(super) want: &'static str,
    /// To receive.
    pub(super) receive: &'static str,
    /// Again, any more.
    pub(super) more: &'static str,
    /// A verb that says "don't send" by itself.
    pub(super) refuse: &'static str,
    /// Words that change nothing.
    pub(super) fill: &'static str,
    /// Words are joined, or written without spaces.
    pub(super) joined: bool,
}

const NONE: Language = Language {
    stop: "",
    not: "",
    no: "",
    send: "",
    write: "",
    thing: "",
    off: "",
    me: "",
    list: "",
    want: "",
    receive: "",
    more: "",
    refuse: "",
    fill: "",
    joined: false,
};

/// All of them.
pub(super) fn all() -> impl Iterator<Item = &'static Language> {
    european::EUROPEAN.iter().chain(others::OTHERS)
}
