//! What webhooks told of a person: events in the inboxes, and stops that wait for their person to be known.

use std::path::PathBuf;

use super::found::Ids;
use crate::app::{App, AppError};
use crate::domain::phone::Phone;
use crate::engine::optout::OptOutList;
use crate::sys::clock::Clock;
use crate::sys::home::Home;
use crate::webhooks::{Cursor, Hook, Inbox, Record, Unattributed, inbox_dir};

/// How many events there are of the person.
pub(super) fn count(app: &App, home: &Home, phone: Phone, ids: &Ids) -> Result<u64, AppError> {
    let mut count = 0;
    for dir in inboxes(app, home)? {
        let inbox = Inbox::new(app.disk.clone(), dir.clone());
        let mut cursor = Cursor::default();
        loop {
            let read = inbox.read(&mut cursor).map_err(|error| AppError::disk("read", &dir, &error))?;
            if read.is_empty() {
                break;
            }
            count += read.iter().filter(|(_, record)| is_theirs(record, phone, ids)).count() as u64;
        }
        let (waiting, _) = waiting(app, &dir).read().map_err(|error| AppError::disk("read", &dir, &error))?;
        count += waiting.iter().filter(|stop| answers(stop.answers.as_ref(), ids)).count() as u64;
    }
    Ok(count)
}

/// Makes blank what is about the person. A stop that waits for whoever got the message that it answers is theirs: it puts
/// them on the opt-out list, as it would have later. To be done while the messages' ids are known. Says how many stops
/// those were.
pub(super) fn forget(app: &App, home: &Home, phone: Phone, ids: &Ids) -> Result<u64, AppError> {
    let mut stops = 0;
    for dir in inboxes(app, home)? {
        let failed = |error| AppError::disk("take a person out of", &dir, &error);
        let file = waiting(app, &dir);
        let (waiting, _) = file.read().map_err(failed)?;
        let theirs: Vec<_> = waiting.into_iter().filter(|stop| answers(stop.answers.as_ref(), ids)).collect();
        if !theirs.is_empty() {
            let list = home.optouts();
            let people: Vec<_> = theirs.iter().map(|stop| (phone, stop.how.clone())).collect();
            OptOutList::open(app.disk.clone(), &list)
                .and_then(|mut list| list.add_all(&people, app.clock.now()))
                .map_err(|error| AppError::disk("add to", &list, &error))?;
            file.settle(&theirs).map_err(failed)?;
            stops += theirs.len() as u64;
        }
        let inbox = Inbox::new(app.disk.clone(), dir.clone());
        inbox.erase(&mut |record| is_theirs(record, phone, ids)).map_err(failed)?;
    }
    Ok(stops)
}

fn inboxes(app: &App, home: &Home) -> Result<Vec<PathBuf>, AppError> {
    let parent = home.accounts();
    let accounts = app.disk.list(&parent).map_err(|error| AppError::disk("read", &parent, &error))?;
    Ok(accounts.iter().map(|account| inbox_dir(account)).collect())
}

fn waiting(app: &App, inbox: &std::path::Path) -> Unattributed {
    Unattributed::of_inbox(app.disk.clone(), inbox)
}

fn answers(id: Option<&crate::domain::ids::MessageId>, ids: &Ids) -> bool {
    id.is_some_and(|id| ids.0.contains(id))
}

fn is_theirs(record: &Record, phone: Phone, ids: &Ids) -> bool {
    let is_it = |from: Option<Phone>| from.is_some_and(|from| from.identity() == phone.identity());
    match &record.hook {
        Hook::Delivery(delivery) => ids.0.contains(&delivery.id),
        Hook::Reply(reply) => is_it(reply.from) || answers(reply.answers.as_ref(), ids),
        Hook::Marketing(told) => is_it(told.from),
    }
}
