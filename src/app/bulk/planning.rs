//! Planning a table that may have been planned before.

use std::collections::HashMap;

use crate::app::account::preflight;
use crate::app::plan::replan;
use crate::app::plan::{Findings, difference};
use crate::app::{App, AppError, Question};
use crate::campaign::{Campaign, PersonOf, PlanOptions, Planner, source_hash};
use crate::domain::ids::LabelId;
use crate::domain::status::Status;
use crate::queue::{LocalQueue, Queue};
use crate::sendwo::{Client, HttpTransport};
use crate::sys::clock::Clock;

use super::rows::Rows;
use super::subscriber_index::SubscriberIndex;
use super::task::Task;

/// What is planned, and how its questions are answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planning<'a> {
    /// Where to say so.
    pub app: &'a App,
    /// What it is called.
    pub name: &'a str,
    /// What is done.
    pub task: &'a Task<LabelId>,
    /// The table, as the planner reads it.
    pub campaign: &'a Campaign,
    /// Its column that tells who is meant holds the account's ids.
    pub by_id: bool,
    /// Nothing reaches Sendwo.
    pub trial: bool,
    /// Don't ask.
    pub yes: bool,
    /// Cancel those who are gone, whatever that looks like.
    pub accept_removals: bool,
}

impl Planning<'_> {
    /// Plans what is new, asks what has to be asked, and has the queue adopt it; whether to go on.
    ///
    /// # Errors
    /// When the table or the account can't be read, nobody is named with whom it can be done, or the list has no room.
    pub async fn plan(
        &self,
        client: &Client<HttpTransport>,
        queue: &mut LocalQueue,
    ) -> Result<bool, AppError> {
        let Planning { app, task, campaign, .. } = *self;
        let head = queue.head().cloned();
        let same = match &head {
            Some(head) => head.source_hash == source_hash(campaign)?,
            None => false,
        };
        // Who was missing from the list may be on it by now.
        if same && !(task.is_of_listed() && queue.counts()[Status::Skipped] > 0) {
            return Ok(true);
        }
        let people = SubscriberIndex::of(app, client).await?;
        let ids = if self.by_id { people.by_id() } else { HashMap::new() };
        let person = |id: &str| ids.get(id).copied();
        let options = PlanOptions {
            earlier: head.as_ref(),
            person: self.by_id.then_some(&person as &PersonOf<'_>),
            ..PlanOptions::default()
        };
        let mut rows = Rows::new(Planner::new(campaign, options)?, task, &people);
        let new_head = rows.planner.head().clone();
        let shown = replan::short(&new_head.source);
        let staged = queue.stage(new_head, &mut rows)?;
        let diff = &staged.diff;
        if same && diff.new + diff.changed + diff.removed == 0 {
            return Ok(true);
        }
        for note in &rows.planner.warnings().notes {
            app.warn(note);
        }
        let Rows { findings, .. } = rows;
        findings.tell(app, &shown, "the report");
        match &head {
            None => app.say(format!("{}: {}", self.name, findings.sentence(task.doing()))),
            Some(_) => {
                app.say(format!("{}: what is to be done has changed: {}", self.name, difference(diff, None)))
            }
        }
        let go_on = match head {
            None => self.begin(&findings)?,
            Some(_) => replan::accept(app, diff, false, self.accept_removals)?,
        };
        if !go_on {
            return Ok(false);
        }
        if !task.is_of_listed() && !self.trial {
            preflight::room_on_the_list(app, client, diff.new).await?;
        }
        queue.adopt(staged, app.clock.now()).await?;
        Ok(true)
    }

    /// Whether a table that is new is worth a plan, and wanted. It is where all of it was done before, by whatever hand.
    fn begin(&self, findings: &Findings) -> Result<bool, AppError> {
        if findings.good + findings.duplicates == 0 {
            let what = if findings.rows() == 0 { "the file has no rows" } else { "no row can be used" };
            return Err(AppError::usage(format!("{what}: there is nothing to do")));
        }
        if self.trial || self.yes {
            return Ok(true);
        }
        let question = Question::Bulk { doing: self.task.doing(), people: findings.good };
        self.app.confirm(question, || AppError::usage("nobody has confirmed it; nothing was done"))
    }
}
