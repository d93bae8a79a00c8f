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
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::client::{Client, Params};
use super::error::{ApiError, ApiErrorKind};
use super::transport::{Method, Transport};

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

/// A row of a list.
pub(super) trait Listed: Sized {
    /// Reads it, as far as it goes; `None` where it is no row at all.
    fn read(row: &Value) -> Option<Self>;
    /// By what it is known on another page; where there is nothing, by all that it says.
    fn identity(&self) -> Option<&str>;
}

/// A row, and by what it is known again.
pub(super) struct Row<R> {
    identity: Identity,
    row: R,
}

type Identity = [u8; 16];

impl<R> Row<R> {
    /// What `row` was read from is what it is known by where it has no identity of its own.
    pub fn new(value: &Value, row: R, own: impl FnOnce(&R) -> Option<&str>) -> Row<R> {
        // What it says can't be taken for an id: that has no brackets.
        let hash = match own(&row) {
            Some(id) => Sha256::digest(id),
            None => Sha256::digest(value.to_string()),
        };
        let mut identity = Identity::default();
        identity.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        Row { identity, row }
    }
}

impl<T: Transport> Client<T> {
    /// One page of a list, from 1.
    pub(super) async fn page<R: Listed>(&self, listing: Listing, page: u32) -> Result<Vec<R>, ApiError> {
        Ok(self.rows(listing, page).await?.into_iter().map(|row| row.row).collect())
    }

    /// All pages of a list.
    pub(super) fn pages<'a, R: Listed + 'a>(&'a self, listing: Listing) -> Pages<'a, R> {
        Pages::new(listing.path, move |page| Box::pin(self.rows(listing, page)))
    }

    async fn rows<R: Listed>(&self, listing: Listing, page: u32) -> Result<Vec<Row<R>>, ApiError> {
        let mut params = Params::new();
        if page >= listing.says_page_from {
            params.push(("page".into(), page.to_string()));
        }
        self.ask_for(listing.method, listing.path, params, |envelope| {
            let rows = envelope.list()?;
            let read = |value: &Value| Some(Row::new(value, R::read(value)?, R::identity));
            // What is no row is passed over, but a list of such is none.
            let found: Vec<_> = rows.iter().copied().filter_map(read).collect();
            (rows.is_empty() || !found.is_empty()).then_some(found)
        })
        .await
    }
}

type Answer<'a, R> = Pin<Box<dyn Future<Output = Result<Vec<Row<R>>, ApiError>> + 'a>>;

/// All rows of a list, asked for page by page as they are wanted. A [`Stream`], and the same without one:
///
/// ```no_run
/// # async fn f<T: sendcast::sendwo::Transport>(client: &sendcast::sendwo::Client<T>)
/// # -> Result<(), sendcast::sendwo::ApiError> {
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
pub struct Pages<'a, R> {
    endpoint: &'static str,
    ask: Box<dyn Fn(u32) -> Answer<'a, R> + 'a>,
    answer: Option<Answer<'a, R>>,
    rows: VecDeque<R>,
    seen: HashSet<Identity>,
    /// The page that was asked for last.
    page: u32,
    most: u32,
    ended: bool,
    /// It ended because the last page couldn't be read.
    failed: bool,
}

impl<'a, R> Pages<'a, R> {
    pub(super) fn new(endpoint: &'static str, ask: impl Fn(u32) -> Answer<'a, R> + 'a) -> Pages<'a, R> {
        Pages {
            endpoint,
            ask: Box::new(ask),
            answer: None,
            rows: VecDeque::new(),
            seen: HashSet::new(),
            page: 0,
            most: MOST_PAGES,
            ended: false,
            failed: false,
        }
    }

    /// Gives up, with an error, where so many pages haven't come to an end; [`MOST_PAGES`] where nothing is said.
    #[must_use]
    pub fn at_most(mut self, pages: u32) -> Pages<'a, R> {
        self.most = pages;
        self
    }

    /// The next row; `None` at the end.
    pub async fn next(&mut self) -> Option<Result<R, ApiError>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// After an error: goes on with the page that couldn't be read. Asking once more does no harm. Anywhere else it
    /// changes nothing.
    pub fn again(&mut self) {
        if std::mem::take(&mut self.failed) {
            self.page -= 1;
            self.ended = false;
        }
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
            Err(error) if self.page > 1 && is_behind_the_end(&error) => return Ok(false),
            page => page?,
        };
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

impl<R> Unpin for Pages<'_, R> {}

impl<R> Stream for Pages<'_, R> {
    type Item = Result<R, ApiError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        loop {
            if let Some(row) = this.rows.pop_front() {
                return Poll::Ready(Some(Ok(row)));
            }
            if this.ended {
                return Poll::Ready(None);
            }
            let answer = match &mut this.answer {
                Some(answer) => answer,
                None if this.page >= this.most => {
                    this.ended = true;
                    let text = format!("the list doesn't end: page {} still brought new rows", this.page);
                    return Poll::Ready(Some(Err(ApiError::unreadable(this.endpoint, 200, &text))));
                }
                None => {
                    this.page += 1;
                    this.answer.insert((this.ask)(this.page))
                }
            };
            let page = ready!(answer.as_mut().poll(cx));
            this.answer = None;
            match this.take(page) {
                Ok(goes_on) => this.ended = !goes_on,
                Err(error) => {
                    (this.ended, this.failed) = (true, true);
                    return Poll::Ready(Some(Err(error)));
                }
            }
        }
    }
}

impl<R> fmt::Debug for Pages<'_, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("endpoint", &self.endpoint)
            .field("page", &self.page)
            .finish_non_exhaustive()
    }
}
