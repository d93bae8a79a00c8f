//! Holds the report and the journal against what the server accepted.

use std::collections::{BTreeMap, BTreeSet};

use sendcast::domain::ids::{AttemptNo, JobId};
use sendcast::domain::job::Event;
use sendcast::domain::status::Status;
use sendcast::queue::{Entry, View};
use sendcast::sandbox::Stats;

use super::desk::{Desk, Row};

/// Attempts with an intent in the journal and neither an outcome nor a verdict: read off the entries alone,
/// without the states that are kept beside them.
pub fn unanswered(view: &View) -> BTreeSet<(JobId, AttemptNo)> {
    let mut open = BTreeSet::new();
    view.entries(&mut |_, entry| {
        let Entry::Job { job, event } = entry else { return Ok(()) };
        match event {
            Event::Claimed { attempt, .. } => {
                assert!(open.insert((job, attempt)), "{job:?} {attempt:?} twice")
            }
            Event::Withdrawn { attempt, .. }
            | Event::Accepted { attempt, .. }
            | Event::NotAccepted { attempt, .. }
            | Event::Refused { attempt, .. }
            | Event::Found { attempt, .. }
            | Event::FoundFailed { attempt, .. } => {
                assert!(open.remove(&(job, attempt)), "an outcome without an intent: {job:?} {attempt:?}");
            }
            _ => {}
        }
        Ok(())
    })
    .unwrap();
    open
}

/// What a kill left: at most `concurrency` in flight, and the doubts are exactly the unanswered attempts
/// that are not in flight. Yields those in flight.
pub fn after_a_kill(view: &mut View, concurrency: usize) -> BTreeSet<(JobId, AttemptNo)> {
    let sending = view.in_status(Status::Sending, JobId(0), usize::MAX).unwrap();
    assert!(sending.len() <= concurrency, "{} in flight, and {concurrency} places", sending.len());
    let jobs: BTreeSet<JobId> = sending.iter().map(|(job, _)| *job).collect();
    let doubts: BTreeSet<_> = view.in_doubt().unwrap().iter().map(|d| (d.job, d.attempt)).collect();
    let (in_flight, expected) = unanswered(view).into_iter().partition(|(job, _)| jobs.contains(job));
    assert_eq!(doubts, expected, "the doubts, and what the journal leaves unanswered");
    assert_eq!(view.counts()[Status::InDoubt], doubts.len() as u64);
    in_flight
}

/// What a settled campaign looks like, by status.
pub type Tally = BTreeMap<String, u64>;

/// The whole promise, once nothing is left to send. `good` are the recipients who may be written to, and
/// `rows` is the audience's length.
pub fn settled(desk: &Desk, stats: &Stats, good: &BTreeSet<String>, rows: u64) -> Tally {
    // Nobody is written to twice, and nobody else is written to.
    assert_eq!(stats.duplicates, BTreeMap::new(), "written to twice");
    let stranger = stats.recipients.keys().find(|to| !good.contains(*to));
    assert_eq!(stranger, None, "is no recipient");

    // Nobody is lost: every row once, in its order, and each with one of the last words.
    let report = desk.report();
    let numbers: Vec<u64> = report.iter().map(|row| row.row).collect();
    // The header is the file's first line; rows count from the one below it, as the report says.
    let first = numbers.first().copied().unwrap_or_default();
    assert_eq!(numbers, (first..first + rows).collect::<Vec<_>>(), "every row once");
    let sent: BTreeMap<String, &Row> = report
        .iter()
        .filter(|row| row.status != "skipped")
        .map(|row| (row.to.replace(['+', ' '], ""), row))
        .collect();
    let written: BTreeSet<String> = sent.keys().cloned().collect();
    assert_eq!(&written, good, "the recipients");
    assert_eq!(report.iter().filter(|row| row.status != "skipped").count(), good.len(), "each once");

    // What the server accepted is known to be accepted; what it didn't isn't.
    for (to, row) in &sent {
        let accepted = stats.recipients.contains_key(to);
        let known = matches!(row.status.as_str(), "accepted" | "sent" | "delivered" | "read")
            || row.status == "failed" && !row.message_id.is_empty();
        let open = matches!(row.status.as_str(), "in_doubt" | "failed") && row.message_id.is_empty();
        assert!(if accepted { known } else { open }, "the server accepted it: {accepted}; {row:?}");
    }

    // The doubts are exactly the intents without an outcome or a verdict.
    let mut view = desk.view().unwrap();
    after_a_kill(&mut view, 0);
    let mut in_doubt = BTreeSet::new();
    for (job, _) in unanswered(&view) {
        let listed = view.listed(job).unwrap().unwrap();
        in_doubt.insert(listed.row.phone.unwrap().digits());
    }
    let reported: BTreeSet<String> =
        sent.iter().filter(|(_, row)| row.status == "in_doubt").map(|(to, _)| to.clone()).collect();
    assert_eq!(reported, in_doubt, "the report's doubts, and the journal's");

    let verified = desk.verify();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));

    let mut tally = Tally::new();
    for row in &report {
        *tally.entry(row.status.clone()).or_default() += 1;
    }
    tally
}
