//! Lists, page by page.
//!
//! "Lists: `page=N`, as many rows as the server likes": the documentation shows `page=1` for subscribers and no page for
//! the other lists, so those are first asked for exactly as it shows them.
//!
//! Invariants:
//!
//! - A list ends at an empty page, at one that brings nothing new (a server that knows no pages gives the same one
//!   for ever), or where the server says that there is no such page; else it is an error, never a shorter list (**L**).
//! - A row that an earlier page has brought isn't told twice: rows move on to the next page when one is added in between.
//! - A server that never ends is given up.

use std::collections::{HashSet, VecDeque};
use std::fmt;

use futures_util::stream::{Stream, unfold};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::client::{Client, Params};
use super::error::{ApiError, ApiErrorKind};
use super::token::Token;
use super::transport::{Method, Transport};
use crate::domain::phone::Phone;

/// How many pages there are at most, where nothing else is said. Of ten rows each they hold a million people.
pub const MOST_PAGES: u32 = 100_000;

/// An endpoint that lists.
#[derive(Clone, Copy, Debug)]
pub(super) struct Listing {
    pub path: &'static str,
    pub method: Method,
    /// From which page on it says which page it wants.
    pub says_page_from: u32,
}

impl Listing {
    /// One that the documentation shows without a page.
    pub const fn at(path: &'static str, method: Method) -> Listing {
        Listing { path, method, says_page_from: 2 }
    }
}

/// A row of a list: what [`Pages`] brings.
pub trait Listed: Sized {
    /// Whether an answer that says yes and brings no list is an empty one, and what is no row is passed over.
    #[doc(hidden)]
    const TOLERANT: bool = false;

    /// Reads it, as far as it goes; `None` where it is no row at all. What it says is scrubbed of the token.
    #[doc(hidden)]
    fn read(row: &Value, token: &Token) -> Option<Self>;

    /// By what it is known on another page; where there is nothing, by all that it says.
    #[doc(hidden)]
    fn identity(&self) -> Option<&str>;

    /// The same where it may tell the number of the person whom the question was about: at most the last digits.
    #[doc(hidden)]
    #[must_use]
    fn about(self, _: Phone) -> Self {
        self
    }
}

/// A row, and by what it is known again.
struct Row<R> {
    identity: Identity,
    row: R,
}

type Identity = [u8; 16];

impl<R: Listed> Row<R> {
    fn read(value: &Value, token: &Token) -> Option<Row<R>> {
        let row = R::read(value, token)?;
        // What it says can't be taken for an id: that has no brackets.
        let hash = match row.identity() {
            Some(id) => Sha256::digest(id),
            None => Sha256::digest(value.to_string()),
        };
        let mut identity = Identity::default();
        identity.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        Some(Row { identity, row })
    }
}

/// A list that is asked for, whole or one page of it.
#[derive(Clone)]
pub(super) struct Question {
    pub listing: Listing,
    /// What goes along with each page.
    pub params: Params,
    /// Whose list it is, where it is one person's.
    pub about: Option<Phone>,
}

impl From<Listing> for Question {
    fn from(listing: Listing) -> Question {
        Question { listing, params: Params::new(), about: None }
    }
}

impl<T: Transport> Client<T> {
    /// One page of a list, from 1.
    pub(super) async fn page<R: Listed>(
        &self,
        question: impl Into<Question>,
        page: u32,
    ) -> Result<Vec<R>, ApiError> {
        let question = question.into();
        Ok(self.rows(&question, page).await?.into_iter().map(|row| row.row).collect())
    }

    /// All pages of a list.
    pub(super) fn pages<R: Listed>(&self, question: impl Into<Question>) -> Pages<'_, T, R> {
        Pages {
            client: self,
            question: question.into(),
            rows: VecDeque::new(),
            seen: HashSet::new(),
            page: 0,
            most: MOST_PAGES,
            ended: false,
            failed: false,
        }
    }

    async fn rows<R: Listed>(&self, question: &Question, page: u32) -> Result<Vec<Row<R>>, ApiError> {
        let (listing, about) = (question.listing, question.about);
        let mut params = question.params.clone();
        if page >= listing.says_page_from {
            params.push(("page".into(), page.to_string()));
        }
        let found = self.ask_for(listing.method, listing.path, params, |envelope| {
            let rows = if R::TOLERANT { envelope.rows() } else { envelope.list()? };
            // What is no row is passed over, but a list of such is none.
            let found: Vec<_> = rows.iter().filter_map(|row| Row::read(row, self.token())).collect();
            (R::TOLERANT || rows.is_empty() || !found.is_empty()).then_some(found)
        });
        let Some(phone) = about else { return found.await };
        let mut rows = found.await.map_err(|error| error.about(phone))?;
        rows = rows.into_iter().map(|row| Row { row: row.row.about(phone), ..row }).collect();
        Ok(rows)
    }
}

/// All rows of a list, asked for page by page as they are wanted:
///
/// ```no_run
/// # async fn f(client: &sendcast::Client) -> Result<(), sendcast::sendwo::ApiError> {
/// let mut subscribers = client.subscribers().all();
/// while let Some(subscriber) = subscribers.next().await {
///     let subscriber = subscriber?;
///     println!("{:?} {:?}", subscriber.id, subscriber.labels);
/// }
/// let labels = client.labels().all().collect().await?;
/// # Ok(())
/// # }
/// ```
///
/// An error ends it: a list is whole, or it is an error. [`again`](Pages::again) takes it up where it broke off.
/// [`into_stream`](Pages::into_stream) makes a [`Stream`] of it.
pub struct Pages<'a, T, R> {
    client: &'a Client<T>,
    question: Question,
    rows: VecDeque<R>,
    seen: HashSet<Identity>,
    /// The page that was read last.
    page: u32,
    most: u32,
    ended: bool,
    /// It ended because the next page couldn't be read.
    failed: bool,
}

impl<'a, T: Transport, R: Listed> Pages<'a, T, R> {
    /// Gives up, with an error, where so many pages haven't come to an end; [`MOST_PAGES`] where nothing is said.
    #[must_use]
    pub fn at_most(mut self, pages: u32) -> Self {
        self.most = pages;
        self
    }

    /// The next row; `None` at the end. Dropping the future loses no row.
    pub async fn next(&mut self) -> Option<Result<R, ApiError>> {
        loop {
            if let Some(row) = self.rows.pop_front() {
                return Some(Ok(row));
            }
            if self.ended {
                return None;
            }
            if self.page >= self.most {
                self.ended = true;
                let text = format!("the list doesn't end: page {} still brought new rows", self.page);
                return Some(Err(ApiError::unreadable(self.question.listing.path, 200, &text)));
            }
            let page = self.client.rows(&self.question, self.page + 1).await;
            match self.take(page) {
                Ok(goes_on) => self.ended = !goes_on,
                Err(error) => {
                    (self.ended, self.failed) = (true, true);
                    return Some(Err(error));
                }
            }
        }
    }

    /// After an error: goes on with the page that couldn't be read. Asking once more does no harm. Anywhere else it
    /// changes nothing.
    pub fn again(&mut self) {
        if std::mem::take(&mut self.failed) {
            self.ended = false;
        }
    }

    /// The same as a stream, for the combinators of `futures`.
    pub fn into_stream(self) -> impl Stream<Item = Result<R, ApiError>> + use<'a, T, R> {
        unfold(self, async |mut pages| Some((pages.next().await?, pages)))
    }

    /// All that is left.
    ///
    /// # Errors
    /// [`ApiError`]: not even a part is told then.
    pub async fn collect(mut self) -> Result<Vec<R>, ApiError> {
        let mut all = Vec::new();
        while let Some(row) = self.next().await {
            all.push(row?);
        }
        Ok(all)
    }

    /// Takes a page in; whether the list goes on behind it.
    fn take(&mut self, page: Result<Vec<Row<R>>, ApiError>) -> Result<bool, ApiError> {
        let page = match page {
            Err(error) if self.page > 0 && is_behind_the_end(&error) => return Ok(false),
            page => page?,
        };
        self.page += 1;
        // Of rows on one page none is another's double: two may say the same.
        let new: Vec<_> = page.into_iter().filter(|row| !self.seen.contains(&row.identity)).collect();
        let goes_on = !new.is_empty();
        for Row { identity, row } in new {
            self.seen.insert(identity);
            self.rows.push_back(row);
        }
        Ok(goes_on)
    }
}

/// Some servers say no where there is no such page. Only a no that says so ends a list.
fn is_behind_the_end(error: &ApiError) -> bool {
    let text = error.text.to_lowercase();
    let says_so =
        text.starts_with("no ") || ["not found", "no more", "no data"].iter().any(|w| text.contains(w));
    error.kind == ApiErrorKind::Refused && error.code.is_none() && (says_so || error.http == Some(404))
}

impl<T, R> fmt::Debug for Pages<'_, T, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("endpoint", &self.question.listing.path)
            .field("page", &self.page)
            .finish_non_exhaustive()
    }
}
