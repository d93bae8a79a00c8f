//! What one recipient is sent, and WhatsApp's limits on it.
//!
//! "Characters" are Unicode scalar values here. WhatsApp names its limits in characters without saying
//! which; Sendwo's side counts code points, so this is the reading under which no message that the API
//! would take is refused beforehand. An emoji built from several code points counts as several.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

use super::links;

/// Longest text message, in characters.
pub const TEXT_LIMIT: usize = 4_096;
/// Longest body of a message with buttons, in characters.
pub const BUTTONS_BODY_LIMIT: usize = 1_024;
/// Longest caption, in characters.
pub const CAPTION_LIMIT: usize = 1_024;
/// Most buttons on one message.
pub const BUTTON_COUNT_LIMIT: usize = 3;
/// Longest button title, in characters.
pub const BUTTON_TITLE_LIMIT: usize = 20;
/// Longest button id, in characters.
pub const BUTTON_ID_LIMIT: usize = 256;

/// A rendered message, ready to POST.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Message {
    /// Free-form text.
    Text {
        /// At most 4,096 characters.
        body: String,
    },
    /// An image, video, audio file or document at a public URL.
    Media {
        /// Which of the four.
        kind: MediaKind,
        /// `http` or `https`.
        url: String,
        /// At most 1,024 characters; none for audio.
        caption: Option<String>,
    },
    /// Text with one to three quick-reply buttons.
    Buttons {
        /// 1 to 1,024 characters.
        body: String,
        /// 1 to 3, with unique ids and titles.
        buttons: Vec<Button>,
    },
    /// A saved bot flow of the account. Its acceptance carries no message id.
    Flow {
        /// Sendwo's id of the flow.
        flow_id: String,
    },
}

/// One quick-reply button.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Button {
    /// What a reply is told by; 1 to 256 characters.
    pub id: String,
    /// What the recipient reads; 1 to 20 characters.
    pub title: String,
}

/// The four kinds of media that Sendwo sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MediaKind {
    /// jpeg, png; 5 MB.
    Image,
    /// mp4, 3gp; 16 MB.
    Video,
    /// aac, amr, mp3, m4a, ogg; 16 MB; carries no caption.
    Audio,
    /// pdf, doc(x), xls(x), ppt(x), txt; 100 MB.
    Document,
}

impl MediaKind {
    /// The API's word, `mediaType`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            MediaKind::Image => "image",
            MediaKind::Video => "video",
            MediaKind::Audio => "audio",
            MediaKind::Document => "document",
        }
    }

    /// All four.
    pub const ALL: [MediaKind; 4] =
        [MediaKind::Image, MediaKind::Video, MediaKind::Audio, MediaKind::Document];

    /// The file extensions that WhatsApp takes for it.
    #[must_use]
    pub fn extensions(self) -> &'static [&'static str] {
        match self {
            MediaKind::Image => &["jpg", "jpeg", "png"],
            MediaKind::Video => &["mp4", "3gp", "3gpp"],
            MediaKind::Audio => &["aac", "amr", "mp3", "m4a", "ogg"],
            MediaKind::Document => &["pdf", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "txt"],
        }
    }

    /// The kind whose files carry this extension (lower case), where there is one.
    #[must_use]
    pub fn of_extension(extension: &str) -> Option<MediaKind> {
        MediaKind::ALL.into_iter().find(|kind| kind.extensions().contains(&extension))
    }
}

impl Message {
    /// The contract's word for the type: `text`, `media`, `buttons` or `flow`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Message::Text { .. } => "text",
            Message::Media { .. } => "media",
            Message::Buttons { .. } => "buttons",
            Message::Flow { .. } => "flow",
        }
    }

    /// Checks the message against WhatsApp's limits. Sizes of media files aren't known here.
    ///
    /// # Errors
    /// The first limit that is broken, and by which part.
    pub fn check(&self) -> Result<(), LimitError> {
        match self {
            Message::Text { body } => check_length(Part::Body, body, TEXT_LIMIT),
            Message::Media { kind, url, caption } => {
                check_url(*kind, url)?;
                caption.as_ref().map_or(Ok(()), |caption| check_caption(*kind, caption))
            }
            Message::Buttons { body, buttons } => {
                check_length(Part::Body, body, BUTTONS_BODY_LIMIT)?;
                check_buttons(buttons)
            }
            Message::Flow { flow_id } => check_present(Part::FlowId, flow_id),
        }
    }
}

/// The part of a message that breaks a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The text, or the body of buttons.
    Body,
    /// The media's URL.
    Url,
    /// The media's caption.
    Caption,
    /// The buttons as a whole.
    Buttons,
    /// One button's id; counted from 0.
    ButtonId(usize),
    /// One button's title; counted from 0.
    ButtonTitle(usize),
    /// The flow's id.
    FlowId,
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Part::Body => f.write_str("body"),
            Part::Url => f.write_str("url"),
            Part::Caption => f.write_str("caption"),
            Part::Buttons => f.write_str("buttons"),
            Part::ButtonId(n) => write!(f, "buttons[{n}].id"),
            Part::ButtonTitle(n) => write!(f, "buttons[{n}].title"),
            Part::FlowId => f.write_str("flow_id"),
        }
    }
}

/// A broken limit: what, and which part of the message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{part}: {what}")]
pub struct LimitError {
    /// Which part.
    pub part: Part,
    /// What is wrong with it, in words a marketer can act on.
    pub what: String,
}

impl LimitError {
    fn new(part: Part, what: impl Into<String>) -> LimitError {
        LimitError { part, what: what.into() }
    }
}

/// A text that is there and no longer than `limit`. A body of nothing but white space is empty.
///
/// # Errors
/// When it is empty or too long.
pub fn check_length(part: Part, text: &str, limit: usize) -> Result<(), LimitError> {
    check_present(part, text)?;
    // Bytes are never fewer than characters: most texts need no counting.
    if text.len() <= limit {
        return Ok(());
    }
    let count = text.chars().count();
    if count > limit {
        let what = format!("is {count} characters long; WhatsApp takes at most {limit}");
        return Err(LimitError::new(part, what));
    }
    Ok(())
}

fn check_present(part: Part, text: &str) -> Result<(), LimitError> {
    if text.chars().all(is_invisible) {
        return Err(LimitError::new(part, "is empty"));
    }
    Ok(())
}

/// Whether a reader sees nothing of it: white space, zero-width characters, a byte-order mark.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}')
}

/// A caption for this kind of media.
///
/// # Errors
/// When it is too long, or there is one for audio.
pub fn check_caption(kind: MediaKind, caption: &str) -> Result<(), LimitError> {
    if kind == MediaKind::Audio {
        return Err(LimitError::new(Part::Caption, "WhatsApp shows none with audio; leave it out"));
    }
    check_length(Part::Caption, caption, CAPTION_LIMIT)
}

/// A public URL of a file that doesn't contradict the kind of media. An extension counts
/// only where it names a type of file: `/menu.php?id=3` or `/john.smith` say nothing.
///
/// # Errors
/// When it is no `http` or `https` URL, a page that shows the file, nothing that WhatsApp can reach, or its extension
/// belongs to another kind of file.
pub fn check_url(kind: MediaKind, url: &str) -> Result<(), LimitError> {
    let error = |what: String| Err(LimitError::new(Part::Url, what));
    check_present(Part::Url, url)?;
    if links::is_local_file(url) {
        return error(
            "is a file on a computer; WhatsApp fetches it itself: put it at a public address".to_owned(),
        );
    }
    if url.contains(char::is_whitespace) {
        return error("contains white space; write a blank as %20".to_owned());
    }
    let parsed = match Url::parse(url) {
        Ok(parsed) if matches!(parsed.scheme(), "http" | "https") && parsed.has_host() => parsed,
        _ => return error("is no web address; it has to begin with https:// or http://".to_owned()),
    };
    if let Some(complaint) = links::check_address(&parsed) {
        return error(complaint);
    }
    let Some(extension) = extension(&parsed).filter(|e| !kind.extensions().contains(&e.as_str())) else {
        return Ok(());
    };
    if let Some(other) = MediaKind::of_extension(&extension) {
        let (kind, other) = (kind.word(), other.word());
        return error(format!("ends in .{extension}, which is {other}, not {kind}"));
    }
    if links::OTHER_FILES.contains(&extension.as_str()) {
        let takes = kind.extensions().join(", ");
        let kind = kind.word();
        return error(format!("ends in .{extension}; as {kind} WhatsApp takes {takes}"));
    }
    Ok(())
}

/// The extension of a URL's last path segment, in lower case; the query is no part of it.
#[must_use]
pub fn extension(url: &Url) -> Option<String> {
    let last = url.path_segments()?.next_back()?;
    let (stem, extension) = last.rsplit_once('.')?;
    let plain = (1..=5).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_alphanumeric());
    (plain && !stem.is_empty()).then(|| extension.to_ascii_lowercase())
}

/// One to three buttons with unique ids and titles of the right lengths.
///
/// # Errors
/// The first limit that is broken.
pub fn check_buttons(buttons: &[Button]) -> Result<(), LimitError> {
    check_button_count(buttons.len())?;
    let (mut ids, mut titles) = (HashSet::new(), HashSet::new());
    for (n, button) in buttons.iter().enumerate() {
        check_length(Part::ButtonTitle(n), &button.title, BUTTON_TITLE_LIMIT)?;
        check_length(Part::ButtonId(n), &button.id, BUTTON_ID_LIMIT)?;
        if !titles.insert(button.title.as_str()) {
            let what = format!("`{}` is the title of another button, too", button.title);
            return Err(LimitError::new(Part::ButtonTitle(n), what));
        }
        if !ids.insert(button.id.as_str()) {
            let what = format!("`{}` is the id of another button, too", button.id);
            return Err(LimitError::new(Part::ButtonId(n), what));
        }
    }
    Ok(())
}

/// A number of buttons that WhatsApp takes.
///
/// # Errors
/// When it isn't 1, 2 or 3.
pub fn check_button_count(count: usize) -> Result<(), LimitError> {
    if (1..=BUTTON_COUNT_LIMIT).contains(&count) {
        return Ok(());
    }
    let what = format!("there are {count}; WhatsApp takes 1 to {BUTTON_COUNT_LIMIT}");
    Err(LimitError::new(Part::Buttons, what))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(message: &Message) -> String {
        message.check().map_or_else(|error| error.to_string(), |()| "fine".to_owned())
    }

    fn text(body: impl Into<String>) -> Message {
        Message::Text { body: body.into() }
    }

    fn media(kind: MediaKind, url: &str, caption: Option<&str>) -> Message {
        Message::Media { kind, url: url.into(), caption: caption.map(str::to_owned) }
    }

    fn buttons(body: &str, list: &[(&str, &str)]) -> Message {
        let list = list.iter().map(|&(id, title)| Button { id: id.into(), title: title.into() });
        Message::Buttons { body: body.into(), buttons: list.collect() }
    }

    #[test]
    fn a_text_has_one_to_4096_characters() {
        assert_eq!(complaint(&text("a")), "fine");
        assert_eq!(complaint(&text("न".repeat(4_096))), "fine");
        assert_eq!(complaint(&text("😀".repeat(4_096))), "fine");
        assert_eq!(
            complaint(&text("न".repeat(4_097))),
            "body: is 4097 characters long; WhatsApp takes at most 4096"
        );
        for empty in ["", " \n\t", "\u{200b}\u{feff}\u{a0}"] {
            assert_eq!(complaint(&text(empty)), "body: is empty", "{empty:?}");
        }
    }

    #[test]
    fn buttons_are_one_to_three_unique_and_short() {
        assert_eq!(complaint(&buttons("Which?", &[("a", "A"), ("b", "B"), ("c", "C")])), "fine");
        assert_eq!(complaint(&buttons("Which?", &[])), "buttons: there are 0; WhatsApp takes 1 to 3");
        let four = [("a", "A"), ("b", "B"), ("c", "C"), ("d", "D")];
        assert_eq!(complaint(&buttons("Which?", &four)), "buttons: there are 4; WhatsApp takes 1 to 3");
        assert_eq!(
            complaint(&buttons("Which?", &[("a", "Yes"), ("b", "Yes")])),
            "buttons[1].title: `Yes` is the title of another button, too"
        );
        assert_eq!(
            complaint(&buttons("Which?", &[("a", "Yes"), ("a", "No")])),
            "buttons[1].id: `a` is the id of another button, too"
        );
        assert_eq!(
            complaint(&buttons("Which?", &[("a", "Twenty-one characters")])),
            "buttons[0].title: is 21 characters long; WhatsApp takes at most 20"
        );
        assert_eq!(complaint(&buttons("Which?", &[("", "A")])), "buttons[0].id: is empty");
        let long = "i".repeat(257);
        assert_eq!(
            complaint(&buttons("Which?", &[(&long, "A")])),
            "buttons[0].id: is 257 characters long; WhatsApp takes at most 256"
        );
        assert_eq!(
            complaint(&buttons(&"b".repeat(1_025), &[("a", "A")])),
            "body: is 1025 characters long; WhatsApp takes at most 1024"
        );
    }

    #[test]
    fn a_url_may_not_contradict_the_kind() {
        use MediaKind::{Audio, Document, Image, Video};
        for (kind, url) in [
            (Image, "https://example.com/a.JPG"),
            (Image, "http://example.com/a.png?size=big.mp4"),
            (Video, "https://example.com/a.3gp#t=1"),
            (Audio, "https://example.com/a.ogg"),
            (Document, "https://example.com/menu.pdf"),
            (Document, "https://example.com/menu.php?id=3"),
            (Image, "https://example.com/john.smith"),
            (Image, "https://example.com"),
        ] {
            assert_eq!(complaint(&media(kind, url, None)), "fine", "{url}");
        }
        for (kind, url, expected) in [
            (Image, "https://example.com/a.mp4", "url: ends in .mp4, which is video, not image"),
            (
                Image,
                "https://example.com/a.gif?x=.png",
                "url: ends in .gif; as image WhatsApp takes jpg, jpeg, png",
            ),
            (
                Image,
                "ftp://example.com/a.png",
                "url: is no web address; it has to begin with https:// or http://",
            ),
            (Image, "example.com/a.png", "url: is no web address; it has to begin with https:// or http://"),
            (Image, "https://example.com/my pic.png", "url: contains white space; write a blank as %20"),
            (Image, "", "url: is empty"),
        ] {
            assert_eq!(complaint(&media(kind, url, None)), expected);
        }
    }

    #[test]
    fn captions_are_short_and_not_for_audio() {
        let url = "https://example.com/file";
        assert_eq!(complaint(&media(MediaKind::Image, url, Some("Look"))), "fine");
        assert_eq!(
            complaint(&media(MediaKind::Image, url, Some(&"c".repeat(1_025)))),
            "caption: is 1025 characters long; WhatsApp takes at most 1024"
        );
        assert_eq!(
            complaint(&media(MediaKind::Audio, url, Some("Listen"))),
            "caption: WhatsApp shows none with audio; leave it out"
        );
    }

    #[test]
    fn a_flow_has_an_id() {
        assert_eq!(complaint(&Message::Flow { flow_id: "77".into() }), "fine");
        assert_eq!(complaint(&Message::Flow { flow_id: " ".into() }), "flow_id: is empty");
    }
}
