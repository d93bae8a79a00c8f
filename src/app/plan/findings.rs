//! What planning finds, gathered while the rows pass by on their way into the queue.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::app::claims::Likeness;
use crate::app::plan::{Complaints, Pending, Tried};
use crate::app::{App, Reading};
use crate::campaign::{CampaignError, Planner};
use crate::domain::cost::{Cost, Rates};
use crate::domain::format::{count, plural};
use crate::domain::ids::SenderNo;
use crate::domain::phone::Phone;
use crate::domain::plan::{Fate, PlanDiff, PlannedRow, SkipCause};
use crate::domain::problem::Problem;
use crate::engine::LimitOption;

/// How many reasons for skipping rows are told, the most frequent first.
pub const REASONS_SHOWN: usize = 8;

/// A row that is skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SkippedRow {
    /// As the spreadsheet counts.
    pub row: Option<u32>,
    /// The column, where one is to blame.
    pub column: Option<String>,
    /// The recipient, as far as it could be read.
    pub to: String,
    /// Why.
    pub reason: String,
    /// What sort of reason.
    pub kind: SkipCause,
}

impl SkippedRow {
    fn of(row: &PlannedRow, kind: SkipCause, problem: &Problem) -> SkippedRow {
        let column = problem.column.as_deref().map(str::to_owned);
        SkippedRow { row: row.row, column, to: row.to.to_string(), reason: problem.reason.to_string(), kind }
    }

    /// `customers.csv row 17: …`
    #[must_use]
    pub fn line(&self, source: &str) -> String {
        match self.row {
            Some(row) => format!("{source} row {row}: {}", self.reason),
            None => format!("{source}: {}", self.reason),
        }
    }
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    /// Rows that will be sent to.
    pub good: u64,
    /// Rows in which something is wrong.
    pub bad: u64,
    /// Rows that repeat somebody.
    pub duplicates: u64,
    /// People who are never written to.
    pub opted_out: u64,
    /// People whom the campaign leaves out.
    pub excluded: u64,
    /// Rows that `where` doesn't select.
    pub filtered: u64,
    /// People who weren't drawn.
    pub not_sampled: u64,
    /// People who got as many messages as the cap allows.
    pub capped: u64,
    /// The rows that are skipped, as many as were asked for.
    pub skipped: Vec<SkippedRow>,
    /// Why rows are skipped, and how many for each reason.
    pub complaints: Complaints,
    /// The first row that will be sent each variant of the message, and how many people get it; one entry where there is
    /// one message.
    pub firsts: Vec<(PlannedRow, u64)>,
    /// Messages for each sender, by its position in the plan's head.
    pub by_sender: Vec<u64>,
    /// Whom the round has sent to or tried to.
    pub tried: Tried,
    /// What is left to send.
    pub pending: Pending,
    /// What of it this run sends, where it has a limit: at most so many.
    this_run: Option<(LimitOption, Pending)>,
    /// What a message costs, where the campaign names a list of prices.
    pub rates: Option<Rates>,
    /// A sample of whom it goes to and with what.
    pub likeness: Likeness,
}

impl Findings {
    /// Counts a row, and keeps it where it is one of the first `keep` that are skipped.
    pub fn add(&mut self, row: &PlannedRow, keep: usize) {
        match &row.fate {
            Fate::Send(payload) => {
                self.good += 1;
                if let (Some(phone), Some(message)) = (row.phone, payload.message()) {
                    self.likeness.add(phone, message);
                }
                if !self.tried.has(row) {
                    self.add_pending(row.sender, row.phone);
                }
                let sender = usize::from(row.sender.0);
                if self.by_sender.len() <= sender {
                    self.by_sender.resize(sender + 1, 0);
                }
                self.by_sender[sender] += 1;
                match self.firsts.iter_mut().find(|(first, _)| first.variant == row.variant) {
                    Some((_, people)) => *people += 1,
                    None => self.firsts.push((row.clone(), 1)),
                }
            }
            Fate::Skip { cause, problem, .. } => {
                let skipped = SkippedRow::of(row, *cause, problem);
                match skipped.kind {
                    SkipCause::Bad => self.bad += 1,
                    SkipCause::Duplicate => self.duplicates += 1,
                    SkipCause::OptedOut => self.opted_out += 1,
                    SkipCause::Excluded => self.excluded += 1,
                    SkipCause::Filtered => self.filtered += 1,
                    SkipCause::NotSampled => self.not_sampled += 1,
                    SkipCause::Capped => self.capped += 1,
                    // The queue alone says so, of a plan that it keeps.
                    SkipCause::Forgotten => {}
                }
                self.complaints.add(&skipped);
                if self.skipped.len() < keep {
                    self.skipped.push(skipped);
                }
            }
        }
    }

    /// Counts somebody who is left to be sent to.
    pub fn add_pending(&mut self, sender: SenderNo, phone: Option<Phone>) {
        self.pending.add(sender, phone);
        if let Some((limit, this_run)) = &mut self.this_run
            && matches!(limit, LimitOption::First(limit) if this_run.messages < *limit)
        {
            this_run.add(sender, phone);
        }
    }

    /// Rows in all.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.good + self.all_skipped()
    }

    /// Rows that are skipped, for whatever reason.
    #[must_use]
    pub fn all_skipped(&self) -> u64 {
        self.bad
            + self.duplicates
            + self.opted_out
            + self.excluded
            + self.filtered
            + self.not_sampled
            + self.capped
    }

    /// `1,200 rows: 1,188 to send, 9 bad, 2 duplicates, 1 opted out`, where `doing` is `send`.
    #[must_use]
    pub fn sentence(&self, doing: &str) -> String {
        let mut text = format!("{}: {} to {doing}", plural(self.rows(), "row", "rows"), count(self.good));
        for (n, what) in [
            (self.bad, "bad"),
            (self.duplicates, if self.duplicates == 1 { "duplicate" } else { "duplicates" }),
            (self.opted_out, "opted out"),
            (self.excluded, "left out"),
            (self.filtered, "not selected"),
            (self.not_sampled, "not drawn"),
            (self.capped, "capped"),
        ] {
            if n > 0 {
                text.push_str(&format!(", {} {what}", count(n)));
            }
        }
        text
    }

    /// How many people get each variant of the message, by its name; nothing where there is one message.
    #[must_use]
    pub fn by_variant(&self) -> BTreeMap<&str, u64> {
        let named = self.firsts.iter().filter_map(|(row, people)| Some((row.variant.as_deref()?, *people)));
        named.collect()
    }

    /// Counts what is left to send, with what its duration and its cost are told by. To be said before the first row.
    pub fn count(
        &mut self,
        by_recipient: bool,
        rates: Option<Rates>,
        tried: Tried,
        limit: Option<LimitOption>,
    ) {
        let none = Pending::none(by_recipient, rates.is_some());
        self.this_run = limit.map(|limit| (limit, none.clone()));
        (self.pending, self.rates, self.tried) = (none, rates, tried);
    }

    /// What this run sends: all that is left, or as many as its limit lets.
    #[must_use]
    pub fn this_run(&self) -> Cow<'_, Pending> {
        match &self.this_run {
            None => Cow::Borrowed(&self.pending),
            Some((LimitOption::First(_), first)) => Cow::Borrowed(first),
            Some((limit, _)) => Cow::Owned(self.pending.part(limit.of(self.pending.messages))),
        }
    }

    /// What so many messages cost, where the campaign names a list of prices.
    #[must_use]
    pub fn cost_of(&self, pending: &Pending) -> Option<Cost> {
        Some(self.rates.as_ref()?.cost(pending.by_country.as_ref()?))
    }

    /// Says why rows are skipped, the most frequent reasons first, and what `lists` them one by one.
    pub fn tell(&self, app: &App, source: &str, lists: &str) {
        let lines = self.complaints.lines(source, REASONS_SHOWN);
        lines.iter().for_each(|line| app.warn(line));
        if self.all_skipped() > lines.len() as u64 {
            app.say(format!("{lists} lists each of these rows"));
        }
    }
}

/// The planner's rows, looked at as they pass.
#[derive(Debug)]
pub struct Gather<'a> {
    /// Where they come from.
    pub planner: Planner<'a>,
    /// What was found so far.
    pub findings: Findings,
    keep: usize,
    reading: Reading,
}

impl<'a> Gather<'a> {
    /// Keeps the first `keep` skipped rows, and tells how far it is where that takes longer than a moment.
    #[must_use]
    pub fn new(app: &App, planner: Planner<'a>, keep: usize) -> Gather<'a> {
        Gather { planner, findings: Findings::default(), keep, reading: app.reading() }
    }
}

impl Iterator for Gather<'_> {
    type Item = Result<PlannedRow, CampaignError>;
    fn next(&mut self) -> Option<Self::Item> {
        let row = self.planner.next()?;
        if let Ok(row) = &row {
            self.findings.add(row, self.keep);
            self.reading.rows(self.findings.rows());
        }
        Some(row)
    }
}

/// `12 new, 3 changed, 40 already sent, 2 removed`; with `again`, what gets those the new message who were sent another.
#[must_use]
pub fn difference(diff: &PlanDiff, again: Option<&str>) -> String {
    let differs = match (diff.differs, again) {
        (0, _) | (_, None) => String::new(),
        (n, Some(again)) => {
            let whom =
                if n == diff.already_sent { "them".to_owned() } else { format!("{} of them", count(n)) };
            format!(" (for {whom} the message has changed since; {again} is how they get it)")
        }
    };
    format!(
        "{} new, {} changed, {} already sent{differs}, {} removed",
        count(diff.new),
        count(diff.changed),
        count(diff.already_sent),
        count(diff.removed)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::cost::Price;
    use crate::domain::message::Message;

    fn row(number: u32, fate: Fate) -> PlannedRow {
        PlannedRow {
            row: Some(number),
            key: None,
            to: "919876543210".into(),
            phone: None,
            sender: SenderNo(u16::try_from(number % 2).unwrap()),
            variant: None,
            cells: Vec::new(),
            fate,
        }
    }

    #[test]
    fn rows_are_counted_and_the_first_bad_ones_kept() {
        let skip =
            |cause, reason: &str| Fate::Skip { cause, problem: Problem::new(reason), kind: "text".into() };
        let mut found = Findings::default();
        for number in 2..7 {
            found.add(&row(number, Fate::Send(Message::Text { body: "x".into() }.into())), 2);
        }
        for (number, cause, reason) in [
            (7, SkipCause::Bad, "column `Mobile`: too short"),
            (8, SkipCause::Duplicate, "duplicate of row 2"),
            (9, SkipCause::OptedOut, "on the opt-out list"),
            (10, SkipCause::Bad, "bad"),
        ] {
            let mut row = row(number, skip(cause, reason));
            if let (7, Fate::Skip { problem, .. }) = (number, &mut row.fate) {
                *problem = problem.clone().in_column("Mobile");
            }
            found.add(&row, 2);
        }
        assert_eq!(found.sentence("send"), "9 rows: 5 to send, 2 bad, 1 duplicate, 1 opted out");
        assert_eq!(found.skipped.len(), 2);
        assert_eq!(found.skipped[0].column.as_deref(), Some("Mobile"));
        assert_eq!(found.skipped[0].line("a.csv"), "a.csv row 7: column `Mobile`: too short");
        assert_eq!(found.by_sender, [3, 2]);
        assert_eq!((found.pending.messages, found.this_run().messages), (5, 5));
        assert_eq!(found.firsts.iter().map(|(row, n)| (row.row, *n)).collect::<Vec<_>>(), [(Some(2), 5)]);
    }

    #[test]
    fn what_a_limit_leaves_to_this_run_is_counted_and_priced_apart() {
        let mut found = Findings::default();
        let price = Price { amount: "0.1".parse().unwrap(), currency: "INR".parse().unwrap() };
        found.count(
            false,
            Some(Rates { rest: Some(price), ..Rates::default() }),
            Tried::default(),
            Some(LimitOption::First(3)),
        );
        for number in 2..7 {
            let send = Fate::Send(Message::Text { body: "x".into() }.into());
            found.add(&PlannedRow { phone: "+919876543210".parse().ok(), ..row(number, send) }, 0);
        }
        assert_eq!((found.pending.messages, found.this_run().messages), (5, 3));
        let cost = |found: &Findings, pending: &Pending| found.cost_of(pending).unwrap().to_string();
        assert_eq!(
            (cost(&found, &found.pending), cost(&found, &found.this_run())),
            ("INR 0.50".into(), "INR 0.30".into())
        );
        // A share is drawn by chance.
        found.this_run = Some((LimitOption::Share("40%".parse().unwrap()), Pending::default()));
        assert_eq!((found.this_run().messages, cost(&found, &found.this_run())), (2, "INR 0.20".into()));
    }

    #[test]
    fn what_an_edited_file_changes_is_one_sentence() {
        let diff = PlanDiff { new: 12, changed: 3, already_sent: 40, removed: 2, ..PlanDiff::default() };
        assert_eq!(difference(&diff, Some("`--again`")), "12 new, 3 changed, 40 already sent, 2 removed");
        let told = |differs| difference(&PlanDiff { differs, ..diff }, Some("`--again`"));
        assert_eq!(
            told(11),
            "12 new, 3 changed, 40 already sent (for 11 of them the message has changed since; `--again` is how \
             they get it), 2 removed"
        );
        assert!(told(40).contains("40 already sent (for them the message has changed since;"));
        let differs = PlanDiff { differs: 5, ..diff };
        assert_eq!(difference(&differs, None), "12 new, 3 changed, 40 already sent, 2 removed");
    }
}
