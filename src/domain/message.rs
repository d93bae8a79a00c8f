//! What one recipient is sent, and WhatsApp's limits on it.

use serde::{Deserialize, Serialize};

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
}
