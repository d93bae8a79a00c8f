//! What people reply by themselves.

use crate::domain::hash::splitmix;
use crate::domain::message::Message;

/// Of so many who reply one says STOP…
const STOP_ONE_IN: u64 = 8;
/// …and of so many others to whom buttons were sent one writes instead of pressing one.
const WORDS_ONE_IN: u64 = 3;

/// What people write. None of it asks for no more messages, though one looks like it.
const WORDS: [&str; 12] = [
    "Thank you!",
    "Yes please",
    "How much is it?",
    "Is it still available?",
    "ok",
    "👍",
    "Call me tomorrow",
    "Not interested",
    "Which sizes do you have?",
    "When do you open?",
    "I'll stop by tomorrow",
    "Interested, send details",
];

/// The words of a reply to this message, and the id of the button where one is pressed.
pub(super) fn answer(message: &Message, draw: u64) -> (String, Option<String>) {
    if draw.is_multiple_of(STOP_ONE_IN) {
        return ("STOP".to_owned(), None);
    }
    let one_of = |many: usize, salt: u64| {
        usize::try_from(splitmix(draw ^ salt) % (many as u64).max(1)).unwrap_or_default()
    };
    if let Message::Buttons { buttons, .. } = message
        && !splitmix(draw ^ 1).is_multiple_of(WORDS_ONE_IN)
        && let Some(button) = buttons.get(one_of(buttons.len(), 2))
    {
        return (button.title.clone(), Some(button.id.clone()));
    }
    (WORDS[one_of(WORDS.len(), 3)].to_owned(), None)
}
