//! Reading a person's conversation back to where a message of a known time would stand.
//!
//! How it is listed is left open by the API: newest or oldest first, in pages of any size; the end is an empty
//! page or one that repeats; a person may be known with or without the `+`.

use std::time::Duration;

use tokio::time::Instant;

use crate::domain::phone::Phone;
use crate::domain::time::Millis;
use crate::queue::Doubt;
use crate::sendwo::{ApiError, ApiErrorKind, Client, ConversationRow, Person, Transport};

/// A conversation is read this many pages back at most.
const PAGES: u32 = 40;
/// Rows this old may be passed over. Zones span a day, and a time without one must not cut the reading short.
const OLD: Duration = Duration::from_secs(2 * 24 * 3600);
/// A later row may seem older by this much: a zone changes by daylight saving.
const DISORDER: Duration = Duration::from_secs(2 * 3600);

/// A conversation that was read for one doubt.
#[derive(Debug)]
pub struct Look {
    /// The doubt.
    pub doubt: Doubt,
    /// When its first page was asked for.
    pub asked_at: Instant,
    /// What came back.
    pub listing: Result<Listing, ApiError>,
}

/// The pages of a conversation that were read.
#[derive(Debug, Default)]
pub struct Listing {
    /// The rows, as they came.
    pub rows: Vec<ConversationRow>,
    /// It holds all that the server lists since a day before that time.
    pub whole: bool,
}

/// Reads a person's conversation, by the digits and by `+` and the digits: a server may know the person by
/// either, or take them for two.
pub async fn read_conversation<T: Transport>(
    client: &Client<T>,
    phone: Phone,
    at: Millis,
) -> Result<Listing, ApiError> {
    let by_digits = pages(client, Person::Phone(phone), at).await;
    if by_digits.as_ref().is_err_and(|error| error.kind != ApiErrorKind::Refused) {
        return by_digits;
    }
    let with_plus = format!("+{}", phone.digits());
    merged(by_digits, pages(client, Person::Id(&with_plus), at).await)
}

/// Two conversations with one person as one. A refusal says that there is nothing of that name.
fn merged(first: Result<Listing, ApiError>, second: Result<Listing, ApiError>) -> Result<Listing, ApiError> {
    match (first, second) {
        (Ok(mut all), Ok(more)) => {
            all.whole &= more.whole;
            all.add(more.rows);
            Ok(all)
        }
        (first, Err(error)) if error.kind == ApiErrorKind::Refused => first,
        (Ok(_), Err(error)) => Err(error),
        (Err(_), second) => second,
    }
}

async fn pages<T: Transport>(client: &Client<T>, who: Person<'_>, at: Millis) -> Result<Listing, ApiError> {
    let mut listing = Listing::default();
    for page in 1..=PAGES {
        let mut answer = client.whatsapp().conversation(who, page).await;
        if answer.as_ref().is_err_and(|error| error.kind == ApiErrorKind::Unreachable) {
            // Asking does no harm; of many pages one may well be lost.
            answer = client.whatsapp().conversation(who, page).await;
        }
        let rows = match answer {
            // A page behind the last one, or pages are unknown there.
            Err(error) if page > 1 && error.kind == ApiErrorKind::Refused => {
                listing.whole = listing.reaches_back(at);
                break;
            }
            answer => answer?,
        };
        if rows.is_empty() {
            listing.whole = true;
            break;
        }
        // Rows without an id may be alike; those with one are the same.
        let repeats =
            rows.iter().any(|row| row.id.is_some()) && rows.iter().all(|row| listing.rows.contains(row));
        listing.add(rows);
        if repeats || (listing.reaches_back(at) && listing.is_newest_first()) {
            // A server that knows no pages repeats, too, and may have listed its newest rows alone.
            listing.whole = listing.reaches_back(at);
            break;
        }
    }
    Ok(listing)
}

impl Listing {
    fn add(&mut self, rows: Vec<ConversationRow>) {
        for row in rows {
            if row.id.is_none() || !self.rows.contains(&row) {
                self.rows.push(row);
            }
        }
    }

    fn times(&self) -> impl DoubleEndedIterator<Item = Millis> {
        self.rows.iter().filter_map(|row| row.at?.as_utc())
    }

    fn reaches_back(&self, at: Millis) -> bool {
        self.times().any(|time| time + OLD < at)
    }

    fn is_newest_first(&self) -> bool {
        match (self.times().next(), self.times().next_back()) {
            (Some(first), Some(last)) => last + DISORDER < first,
            _ => false,
        }
    }
}
