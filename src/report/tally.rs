//! What a report adds up to, gathered on the way: the counts, the failures by reason, the replies.

use std::collections::{BTreeMap, HashMap};

use crate::domain::funnel::Funnel;
use crate::domain::problem::NO_REASON;
use crate::domain::status::{Counts, Status};
use crate::domain::text::Cell;

use super::line::ReportLine;

/// How many different reasons are told apart. Servers may put an id or a time into each text; past this,
/// failures are only counted.
pub const MAX_REASONS: usize = 1000;
/// The same of buttons: a title may hold a name.
const MAX_BUTTONS: usize = 1000;
/// What stands for those that aren't told apart.
pub const OTHER_REASONS: &str = "other reasons";
const OTHER_BUTTONS: &str = "other buttons";
/// What stands for answers without a button, of which hardly two are alike.
const IN_WORDS: &str = "in their own words";

/// What the lines of a report add up to, those among them that a filter left out.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Lines in each status.
    pub counts: Counts,
    /// Lines that were written.
    pub written: u64,
    /// Lines of those who replied.
    pub replied: u64,
    /// Lines of those who asked for no more messages in answer to theirs.
    pub stopped: u64,
    buttons: HashMap<Cell, u64>,
    other_buttons: u64,
    /// Lines of those who replied without a button.
    in_words: u64,
    coded: HashMap<u32, (Box<str>, u64)>,
    uncoded: HashMap<Box<str>, u64>,
    others: u64,
    /// Of the lines of each variant, by its name.
    variants: BTreeMap<Cell, Tally>,
}

/// A reason, and how many failed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Meta's code. With one, `reason` is the first text that came with it.
    pub code: Option<u32>,
    /// Plain language.
    pub reason: String,
    /// How many.
    pub count: u64,
}

/// A reply, and how many people gave it. Each is counted once: by their first button, else among those who replied in
/// their own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyTally {
    /// What stands on the button, or what stands for all other replies.
    pub reply: Cell,
    /// How many.
    pub people: u64,
}

impl Tally {
    /// Takes a line into account.
    pub fn add(&mut self, line: &ReportLine<'_>) {
        self.add_line(line);
        if let Some(variant) = line.variant {
            match self.variants.get_mut(variant) {
                Some(of_variant) => of_variant.add_line(line),
                None => self.variants.entry(variant.into()).or_default().add_line(line),
            }
        }
    }

    fn add_line(&mut self, line: &ReportLine<'_>) {
        self.counts[line.status] += 1;
        self.stopped += u64::from(line.stop.is_some());
        if let Some(reply) = line.reply {
            self.replied += 1;
            match &reply.button {
                Some(button) => self.pressed(button, 1),
                None => self.in_words += 1,
            }
        }
        if line.status != Status::Failed {
            return;
        }
        self.failed(line.error_code, line.reason.unwrap_or(NO_REASON), 1);
    }

    fn failed(&mut self, code: Option<u32>, reason: &str, many: u64) {
        let room = self.coded.len() + self.uncoded.len() < MAX_REASONS;
        let count = match code {
            Some(code) => match self.coded.get_mut(&code) {
                Some((_, count)) => count,
                None if room => &mut self.coded.entry(code).or_insert((reason.into(), 0)).1,
                None => &mut self.others,
            },
            None => match self.uncoded.get_mut(reason) {
                Some(count) => count,
                None if room => self.uncoded.entry(reason.into()).or_insert(0),
                None => &mut self.others,
            },
        };
        *count += many;
    }

    fn pressed(&mut self, button: &Cell, many: u64) {
        let room = self.buttons.len() < MAX_BUTTONS;
        *match self.buttons.get_mut(button) {
            Some(people) => people,
            None if room => self.buttons.entry(button.clone()).or_insert(0),
            None => &mut self.other_buttons,
        } += many;
    }

    /// Takes in what another part of the report adds up to.
    pub(super) fn take_in(&mut self, part: Tally) {
        for status in Status::ALL {
            self.counts[status] += part.counts[status];
        }
        self.written += part.written;
        self.replied += part.replied;
        self.stopped += part.stopped;
        self.other_buttons += part.other_buttons;
        self.in_words += part.in_words;
        for (button, people) in part.buttons {
            self.pressed(&button, people);
        }
        self.others += part.others;
        for (code, (reason, count)) in part.coded {
            self.failed(Some(code), &reason, count);
        }
        for (reason, count) in part.uncoded {
            self.failed(None, &reason, count);
        }
        for (name, of_variant) in part.variants {
            self.variants.entry(name).or_default().take_in(of_variant);
        }
    }

    /// What the lines of each variant add up to, by its name.
    pub fn variants(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.variants.iter().map(|(name, tally)| (name.as_str(), tally))
    }

    /// How many people got how far.
    #[must_use]
    pub fn funnel(&self) -> Funnel {
        Funnel::new(&self.counts, self.replied)
    }

    /// What people replied: the commonest buttons first, at most `limit`, the other ones summed up, then those who replied
    /// in their own words.
    #[must_use]
    pub fn replies(&self, limit: usize) -> Vec<ReplyTally> {
        let mut replies = self.told_buttons();
        let rest = replies.split_off(limit.min(replies.len()));
        let others = rest.iter().map(|r| r.people).sum::<u64>() + self.other_buttons;
        let more = [(OTHER_BUTTONS, others), (IN_WORDS, self.in_words)];
        let more = more.into_iter().filter(|(_, people)| *people > 0);
        replies.extend(more.map(|(reply, people)| ReplyTally { reply: reply.into(), people }));
        replies
    }

    /// The buttons that were pressed, the commonest first, as far as they are told apart.
    pub(super) fn told_buttons(&self) -> Vec<ReplyTally> {
        let told = self.buttons.iter();
        let mut buttons: Vec<_> =
            told.map(|(reply, people)| ReplyTally { reply: reply.clone(), people: *people }).collect();
        buttons.sort_by(|a, b| b.people.cmp(&a.people).then_with(|| a.reply.cmp(&b.reply)));
        buttons
    }

    /// How many pressed this one first.
    pub(super) fn pressed_first(&self, button: &Cell) -> u64 {
        self.buttons.get(button).copied().unwrap_or(0)
    }

    /// The reasons of the failed, the commonest first, at most `limit`; the rest is summed up in one last
    /// entry without a code.
    #[must_use]
    pub fn failures(&self, limit: usize) -> Vec<Failure> {
        let coded = self.coded.iter().map(|(code, (reason, count))| Failure {
            code: Some(*code),
            reason: reason.to_string(),
            count: *count,
        });
        let uncoded = self.uncoded.iter().map(|(reason, count)| Failure {
            code: None,
            reason: reason.to_string(),
            count: *count,
        });
        let mut failures: Vec<Failure> = coded.chain(uncoded).collect();
        failures.sort_by(|a, b| {
            b.count.cmp(&a.count).then(a.code.cmp(&b.code)).then_with(|| a.reason.cmp(&b.reason))
        });
        let rest = failures.split_off(limit.min(failures.len()));
        let count = rest.iter().map(|f| f.count).sum::<u64>() + self.others;
        if count > 0 {
            failures.push(Failure { code: None, reason: OTHER_REASONS.into(), count });
        }
        failures
    }
}

/// A line about a message that was delivered, without anything else to tell.
#[cfg(test)]
pub(super) fn blank_line() -> ReportLine<'static> {
    ReportLine {
        row: None,
        phone: None,
        to: "491701234567",
        status: Status::Delivered,
        skipped_as: None,
        kind: "text",
        variant: None,
        message: None,
        message_id: None,
        attempts: 1,
        error_code: None,
        reason: None,
        from: None,
        status_at: None,
        accepted_at: None,
        sent_at: None,
        delivered_at: None,
        read_at: None,
        failed_at: None,
        reply: None,
        stop: None,
        cells: std::borrow::Cow::Borrowed(&[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line<'a>(status: Status, error_code: Option<u32>, reason: Option<&'a str>) -> ReportLine<'a> {
        ReportLine { status, error_code, reason, ..blank_line() }
    }

    #[test]
    fn failures_are_grouped_by_code_or_else_by_reason() {
        let mut tally = Tally::default();
        tally.add(&line(Status::Delivered, None, None));
        tally.add(&line(Status::Failed, Some(131_026), Some("first text")));
        tally.add(&line(Status::Failed, Some(131_026), Some("another text")));
        tally.add(&line(Status::Failed, None, Some("no credit")));
        tally.add(&line(Status::Failed, None, None));
        tally.add(&line(Status::InDoubt, None, Some("timeout")));
        assert_eq!(tally.counts.total(), 6);
        let told = |limit| {
            let failures = tally.failures(limit);
            failures.iter().map(|f| format!("{} {:?} {}", f.count, f.code, f.reason)).collect::<Vec<_>>()
        };
        assert_eq!(told(5), ["2 Some(131026) first text", "1 None no credit", "1 None no reason was given"]);
        assert_eq!(told(1), ["2 Some(131026) first text", "2 None other reasons"]);
    }

    #[test]
    fn a_flood_of_different_reasons_is_counted_and_not_kept() {
        let mut tally = Tally::default();
        for n in 0..3000 {
            let reason = format!("request {n} refused");
            tally.add(&line(Status::Failed, None, Some(&reason)));
        }
        let failures = tally.failures(5);
        assert_eq!(failures.iter().map(|f| f.count).sum::<u64>(), 3000);
        assert_eq!(tally.uncoded.len(), MAX_REASONS);
    }
}
