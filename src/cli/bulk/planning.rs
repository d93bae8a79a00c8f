//! Planning a table that may have been planned before.

use std::collections::HashMap;

use crate::campaign::{Campaign, PersonOf, PlanOptions, Planner, source_hash};
use crate::cli::context::Context;
use crate::cli::error::CliError;
use crate::cli::planning::{Findings, difference};
use crate::cli::{preflight, questions, replanning};
use crate::domain::ids::LabelId;
use crate::domain::status::Status;
use crate::queue::{LocalQueue, Queue};
use crate::sendwo::{Client, HttpTransport};
use crate::sys::clock::Clock;
use crate::ui::format::people as persons;

use super::people::People;
use super::rows::Rows;
use super::task::Task;

/// What is planned, and how its questions are answered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planning<'a> {
    /// Where to say so.
    pub ctx: &'a Context,
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
    ) -> Result<bool, CliError> {
        let Planning { ctx, task, campaign, .. } = *self;
        let head = queue.head().cloned();
        let same = match &head {
            Some(head) => head.source_hash == source_hash(campaign)?,
            None => false,
        };
        // Who was missing from the list may be on it by now.
        if same && !(task.is_of_listed() && queue.counts()[Status::Skipped] > 0) {
            return Ok(true);
        }
        let people = People::of(ctx, client).await?;
        let ids = if self.by_id { people.by_id() } else { HashMap::new() };
        let person = |id: &str| ids.get(id).copied();
        let options = PlanOptions {
            earlier_senders: head.as_ref().map_or(&[][..], |head| &head.senders),
            person: self.by_id.then_some(&person as &PersonOf<'_>),
            ..PlanOptions::default()
        };
        let mut rows = Rows::new(Planner::new(campaign, options)?, task, &people);
        let new_head = rows.planner.head().clone();
        let shown = replanning::short(&new_head.source);
        let staged = queue.stage(new_head, &mut rows)?;
        let diff = &staged.diff;
        if same && diff.new + diff.changed + diff.removed == 0 {
            return Ok(true);
        }
        for note in &rows.planner.warnings().notes {
            ctx.warn(note);
        }
        let Rows { findings, .. } = rows;
        findings.tell(ctx, &shown, "the report");
        match &head {
            None => ctx.say(&format!("{}: {}", self.name, findings.sentence(task.doing()))),
            Some(_) => {
                ctx.say(&format!("{}: what is to be done has changed: {}", self.name, difference(diff, None)))
            }
        }
        let go_on = match head {
            None => self.begin(&findings)?,
            Some(_) => questions::accept(ctx, diff, false, self.accept_removals)?,
        };
        if !go_on {
            return Ok(false);
        }
        if !task.is_of_listed() && !self.trial {
            preflight::room_on_the_list(ctx, client, diff.new).await?;
        }
        queue.adopt(staged, ctx.clock.now()).await?;
        Ok(true)
    }

    /// Whether a table that is new is worth a plan, and wanted. It is where all of it was done before, by whatever hand.
    fn begin(&self, findings: &Findings) -> Result<bool, CliError> {
        if findings.good + findings.duplicates == 0 {
            let what = if findings.rows() == 0 { "the file has no rows" } else { "no row can be used" };
            return Err(CliError::usage(format!("{what}: there is nothing to do")));
        }
        if self.trial || self.yes || !self.ctx.attended() {
            return Ok(true);
        }
        self.ctx.ask(&format!("{} {}?", capital(self.task.doing()), persons(findings.good)))
    }
}

/// With its first letter large.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
