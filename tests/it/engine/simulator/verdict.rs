//! The end of a life: the report's fold against the server's truth.

use std::collections::HashSet;

use sendcast::domain::ids::JobId;
use sendcast::domain::job::Reach;
use sendcast::domain::status::Status;
use sendcast::queue::local::LocalQueue;
use sendcast::queue::{DesiredState, Listed, Queue};

use super::audience::Audience;
use super::book::{Fate, Page};
use super::judge::Judge;

impl Judge {
    /// Nobody is lost, nothing is left to do, and every status is true. Yields how many stay in doubt.
    pub fn the_end(&mut self, queue: &mut LocalQueue, audience: &Audience) -> u64 {
        self.read();
        self.compare_doubts(queue).unwrap();
        let counts = queue.counts();
        // People who were added to a cancelled campaign wait for ever.
        let cancelled = self.book.wanted == DesiredState::Cancelled;
        let queued = if cancelled { 0 } else { counts[Status::Queued] };
        assert_eq!(queued + counts[Status::Sending], 0, "L: all is settled: {counts:?}");
        let mut lines = Vec::new();
        queue
            .scan(&mut |line| {
                lines.push(line.into_owned());
                Ok(())
            })
            .unwrap();
        let listed: HashSet<JobId> = lines.iter().map(|line| line.id).collect();
        assert_eq!(listed.len(), lines.len(), "L: everybody is listed once");
        let rows = lines.iter().filter(|line| line.row.row.is_some()).count();
        assert_eq!(rows, audience.len(), "L: every row of the audience is listed");
        for job in self.witness.reached_jobs() {
            assert!(listed.contains(&job), "L: {job:?} was written to and is not listed");
        }
        for line in &lines {
            self.line(line);
        }
        counts[Status::InDoubt]
    }

    fn line(&self, line: &Listed<'_>) {
        let nothing = Page::default();
        let page = self.book.page(line.id).unwrap_or(&nothing);
        let (status, accepted) = (line.job.status(), self.witness.accepted_of(line.id));
        let arrived = page.attempts.values().filter_map(|fate| match fate {
            Fate::Accepted { reach, failed } if !failed || *reach >= Reach::Delivered => Some(*reach),
            _ => None,
        });
        let told = arrived.max().map(|reach| match reach {
            Reach::Accepted => Status::Accepted,
            Reach::Sent => Status::Sent,
            Reach::Delivered => Status::Delivered,
            Reach::Read => Status::Read,
        });
        match status {
            Status::Accepted | Status::Sent | Status::Delivered | Status::Read => {
                assert!(accepted > 0 || page.operators_word, "{line:?} wasn't reached");
                assert_eq!(Some(status), told, "never backwards: {page:?}");
            }
            Status::InDoubt => {
                assert!(page.is_in_doubt(), "X: {line:?}: {page:?}");
                let rules = self.witness.rules;
                // A cancelled run looks for nothing any more.
                let looked_for = self.book.wanted != DesiredState::Cancelled;
                let must_be_found = rules.all_is_seen && looked_for && page.allowed == 1;
                assert!(
                    !must_be_found || !self.witness.is_one_and_seen(line.id, &line.job.attempts),
                    "X: it can be seen: {line:?}"
                );
            }
            Status::Queued if self.book.wanted == DesiredState::Cancelled => {}
            Status::Failed | Status::Skipped | Status::Cancelled => {
                assert_eq!(told, None, "L: {line:?} was reached");
                let open = page.attempts.values().any(|fate| matches!(fate, Fate::Open | Fate::Doubt));
                assert!(!open, "X: {line:?} is in doubt: {page:?}");
            }
            Status::Queued | Status::Sending => panic!("L: {line:?} is left"),
        }
    }
}
