//! Making blank what webhooks told of a campaign's messages and people, when it is erased.

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;

use crate::app::{App, AppError};
use crate::domain::ids::MessageId;
use crate::domain::phone::{Phone, PhoneIdentity};
use crate::queue::{QueueError, View};
use crate::sys::home::Home;
use crate::webhooks::{Hook, Inbox, Record, inbox_dir};

/// What of an inbox is a campaign's.
#[derive(Debug, Default)]
struct Traces {
    ids: HashSet<MessageId>,
    people: HashSet<PhoneIdentity>,
}

impl Traces {
    /// A reply belongs to what it answers; one that names nothing, to whoever wrote it.
    fn hold(&self, record: &Record) -> bool {
        match &record.hook {
            Hook::Delivery(delivery) => self.ids.contains(&delivery.id),
            Hook::Reply(reply) => match (&reply.answers, &reply.from) {
                (Some(id), _) => self.ids.contains(id),
                (None, Some(phone)) => self.people.contains(&phone.identity()),
                (None, None) => false,
            },
            Hook::Marketing(told) => told.from.is_some_and(|phone| self.people.contains(&phone.identity())),
        }
    }
}

/// Makes blank in the inboxes of the data directory whatever is about these rounds. To be done while they are still
/// there; done again, it finishes.
///
/// # Errors
/// The disk's.
pub(super) fn forget_webhooks(app: &App, home: &Home, rounds: &[PathBuf]) -> Result<(), AppError> {
    let mut by_origin: HashMap<String, Traces> = HashMap::new();
    for round in rounds {
        match traces(app, round, &mut by_origin) {
            Ok(()) => {}
            // What a kill left of its making, or of its removal, tells of nobody.
            Err(QueueError::Disk { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => app.warn(format!(
                "{}: {error}; what webhooks told of it stays in the data directory for up to 35 days",
                round.display()
            )),
        }
    }
    for (origin, traces) in by_origin {
        let dir = inbox_dir(&home.account(&origin));
        let erased = Inbox::new(app.disk.clone(), dir.clone()).erase(&mut |record| traces.hold(record));
        let erased = erased.map_err(|error| AppError::disk("erase what webhooks told in", &dir, &error))?;
        tracing::debug!(erased, "what webhooks told is blank");
    }
    Ok(())
}

fn traces(
    app: &App,
    round: &std::path::Path,
    by_origin: &mut HashMap<String, Traces>,
) -> Result<(), QueueError> {
    let mut view = View::open(app.disk.clone(), round)?;
    let traces = by_origin.entry(view.identity().origin.clone()).or_default();
    view.message_ids(&mut |id| {
        traces.ids.insert(id.clone());
    })?;
    view.scan(&mut |listed| {
        traces.people.extend(listed.row.phone.into_iter().chain(listed.phone()).map(Phone::identity));
        Ok(())
    })
}
