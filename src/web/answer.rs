//! What a request gets.

use std::io::Write;

use hyper::StatusCode;
use hyper::body::Bytes;
use maud::Markup;
use sha2::{Digest, Sha256};

use crate::app::{App, AppError};
use crate::domain::hex::hex;

/// Writes a download as it is made.
pub type Download = Box<dyn FnOnce(&App, &mut (dyn Write + Send)) -> Result<(), AppError> + Send>;

/// What stands in an answer.
pub enum Content {
    /// A page, or a part of one.
    Html(String),
    /// A sentence, for whoever sees no pages.
    Text(String),
    /// Bytes of one of our own assets, which never change under their address.
    Asset(&'static str, Bytes),
    /// A file to keep, under this name and of this type, written while it is sent.
    Download {
        /// What the browser is to call it.
        name: String,
        /// Its media type.
        media_type: &'static str,
        /// Writes it.
        write: Download,
    },
    /// Nothing.
    Empty,
}

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Content::Html(_) => "Html",
            Content::Text(_) => "Text",
            Content::Asset(..) => "Asset",
            Content::Download { .. } => "Download",
            Content::Empty => "Empty",
        })
    }
}

/// What happens to the browser's cookie.
#[derive(Debug)]
pub enum Cookie {
    /// It stays as it is.
    Keep,
    /// It is set to this.
    Set(String),
    /// It goes.
    Clear,
}

/// An answer, before its headers.
#[derive(Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// What stands in it.
    pub content: Content,
    /// Where the browser goes next.
    pub location: Option<String>,
    /// What becomes of the cookie.
    pub cookie: Cookie,
    /// Whether the next same answer may be told in a word (`ETag`).
    pub etag: Option<String>,
    /// Seconds to wait before it is tried again.
    pub retry_after: Option<u64>,
}

impl Answer {
    /// Of this status, with nothing in it.
    #[must_use]
    pub fn empty(status: StatusCode) -> Answer {
        Answer {
            status,
            content: Content::Empty,
            location: None,
            cookie: Cookie::Keep,
            etag: None,
            retry_after: None,
        }
    }

    /// A page.
    #[must_use]
    pub fn page(page: Markup) -> Answer {
        Answer { content: Content::Html(page.into_string()), ..Answer::empty(StatusCode::OK) }
    }

    /// What of a page may have changed since it was asked last: with its fingerprint.
    #[must_use]
    pub fn live(part: Markup) -> Answer {
        let html = part.into_string();
        let digest = Sha256::digest(html.as_bytes());
        let tag = hex(&digest[..8]);
        Answer {
            content: Content::Html(html),
            etag: Some(format!("\"{tag}\"")),
            ..Answer::empty(StatusCode::OK)
        }
    }

    /// Goes on there, with a `GET`.
    #[must_use]
    pub fn see(path: impl Into<String>) -> Answer {
        Answer { location: Some(path.into()), ..Answer::empty(StatusCode::SEE_OTHER) }
    }

    /// What was brought is taken; the script goes on there.
    #[must_use]
    pub fn made(path: impl Into<String>) -> Answer {
        Answer { location: Some(path.into()), ..Answer::empty(StatusCode::CREATED) }
    }

    /// A file to keep.
    #[must_use]
    pub fn download(name: String, media_type: &'static str, write: Download) -> Answer {
        Answer { content: Content::Download { name, media_type, write }, ..Answer::empty(StatusCode::OK) }
    }

    /// With another status.
    #[must_use]
    pub fn status(self, status: StatusCode) -> Answer {
        Answer { status, ..self }
    }

    /// With a cookie.
    #[must_use]
    pub fn cookie(self, cookie: Cookie) -> Answer {
        Answer { cookie, ..self }
    }
}
