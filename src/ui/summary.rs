//! What a run leaves on the screen: how it ended, why some failed, where the report is, what to do next.

use std::path::Path;
use std::time::Duration;

use crate::domain::codes::advice;
use crate::domain::funnel::{Funnel, Stage};
use crate::domain::status::Status;
use crate::engine::replies::ReplyCount;
use crate::engine::snapshot::{RunState, Snapshot};
use crate::report::{Comparison, Failure};

use super::sanitize;
use super::style::{BAD, BOLD, DIM, GOOD, HINT, PLAIN, WARN};
use super::text::{Line, left, right};
use crate::domain::format::{count, duration, people, quoted, rate};

/// The numbers' column.
const NUMBER: usize = 9;
/// The longest name of a stage.
const STAGE: usize = 10;

/// A run that has ended.
#[derive(Clone, Copy, Debug)]
pub struct Summary<'a> {
    /// Where the campaign stands.
    pub snapshot: &'a Snapshot,
    /// The campaign as the user named it: commands that are suggested name it so.
    pub campaign: &'a str,
    /// How long this run took.
    pub took: Duration,
    /// How many messages the API took in this run, which those in doubt aren't; with `took` it makes the rate.
    pub accepted: u64,
    /// How many replied, by the report.
    pub replied: u64,
    /// How many of them asked for no more messages.
    pub stopped: u64,
    /// Why some failed, the commonest first.
    pub failures: &'a [Failure],
    /// Its variants beside each other, where it has several.
    pub compared: Option<&'a Comparison>,
    /// Where the report is.
    pub report: Option<&'a Path>,
    /// What the times in the report mean, where it is for people.
    pub times: Option<&'a str>,
    /// The report's usual name, where another program held that file.
    pub instead_of: Option<&'a Path>,
    /// Nothing reached WhatsApp.
    pub trial: bool,
}

impl Summary<'_> {
    /// The block as text, a newline after each line.
    #[must_use]
    pub fn render(&self, color: bool) -> String {
        let mut lines = vec![self.heading()];
        lines.extend(self.funnel());
        lines.extend(self.not_accepted());
        lines.extend(self.replies());
        lines.extend(self.variants());
        lines.extend(self.places());
        lines.extend(self.next());
        let mut out = String::new();
        for line in lines {
            out.push_str(&line.render(color));
            out.push('\n');
        }
        out
    }

    fn heading(&self) -> Line {
        let s = self.snapshot;
        let mut line = Line::default();
        line.push(BOLD, &sanitize::line(&s.campaign));
        let state = match s.state {
            RunState::Tracking => "following deliveries".to_owned(),
            other => other.to_string(),
        };
        line.push(PLAIN, &format!(": {state}, after {}", duration(self.took)));
        if self.accepted > 0 {
            let seconds = self.took.as_secs_f64().max(0.001);
            #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
            let per_second = self.accepted as f64 / seconds;
            line.push(DIM, &format!(" ({} accepted, {})", count(self.accepted), rate(per_second)));
        }
        line
    }

    /// How many people got how far: the figures of every report.
    fn funnel(&self) -> Vec<Line> {
        let funnel = Funnel::new(&self.snapshot.counts, self.replied);
        let told = |stage: &Stage| stage.people > 0 || !matches!(stage.name, "read" | "replied");
        let line = |stage: &Stage| {
            let style = if matches!(stage.name, "audience" | "written to") { PLAIN } else { GOOD };
            let mut line = Line::default();
            line.push(style, &right(&count(stage.people), NUMBER));
            match stage.percent.filter(|_| stage.name != "written to") {
                Some(percent) => {
                    line.push(PLAIN, &format!("  {}", left(stage.name, STAGE)));
                    line.push(DIM, &right(&format!("{percent} %"), 7));
                }
                None => line.push(PLAIN, &format!("  {}", stage.name)),
            }
            line
        };
        funnel.stages().iter().filter(|stage| told(stage)).map(line).collect()
    }

    /// Those who aren't among the accepted, and why some failed.
    fn not_accepted(&self) -> Vec<Line> {
        let c = &self.snapshot.counts;
        let open = c[Status::Queued] + c[Status::Sending];
        let mut lines = Vec::new();
        let mut add = |n: u64, style, what: &str| {
            if n > 0 {
                let mut line = Line::default();
                line.push(style, &right(&count(n), NUMBER));
                line.push(PLAIN, &format!("  {what}"));
                lines.push(line);
            }
        };
        add(open, PLAIN, "not sent yet");
        add(c[Status::InDoubt], WARN, "in doubt: outcome unknown");
        add(c[Status::Skipped], DIM, "skipped, with the reason in the report");
        add(c[Status::Cancelled], DIM, "cancelled");
        add(c[Status::Failed], BAD, "failed");
        for failure in self.failures {
            let code = failure.code.map(|code| format!(" ({code})")).unwrap_or_default();
            let reason = sanitize::line(&failure.reason);
            let mut line = Line::default();
            line.push(BAD, &right(&count(failure.count), NUMBER + 6));
            line.push(PLAIN, &format!("  {reason}{code}"));
            lines.push(line);
            if let Some(hint) = failure.code.and_then(advice) {
                let mut line = Line::default();
                line.push(HINT, &format!("{:1$}→ {hint}", "", NUMBER + 8));
                lines.push(line);
            }
        }
        lines
    }

    /// Which buttons were pressed, and how often; who asked for no more messages.
    fn replies(&self) -> Vec<Line> {
        let line = |reply: &ReplyCount| {
            let shown = if reply.title.is_empty() { &reply.id } else { &reply.title };
            let mut line = Line::default();
            line.push(GOOD, &right(&count(reply.count), NUMBER));
            line.push(PLAIN, &format!("  pressed “{}”", sanitize::line(shown)));
            line
        };
        let mut lines: Vec<_> = self.snapshot.replies.iter().map(line).collect();
        if self.stopped > 0 {
            let mut line = Line::default();
            line.push(WARN, &right(&count(self.stopped), NUMBER));
            line.push(PLAIN, "  asked for no more messages");
            lines.push(line);
        }
        lines
    }

    /// What each variant came to, and whether they differ by more than chance.
    fn variants(&self) -> Vec<Line> {
        let Some(compared) = self.compared else { return Vec::new() };
        let mut lines = Vec::new();
        let mut add = |name: &str, shares: Vec<String>, verdict: Option<String>| {
            let mut line = Line::default();
            line.push(PLAIN, &format!("variants, {}: ", sanitize::line(name)));
            line.push(BOLD, &sanitize::line(&shares.join(", ")));
            lines.push(line);
            if let Some(verdict) = verdict {
                let mut line = Line::default();
                line.push(DIM, &format!("{:1$}→ {2}", "", NUMBER + 2, sanitize::line(&verdict)));
                lines.push(line);
            }
        };
        let written = compared.variants.iter().map(|(name, people)| format!("{name} {}", count(*people)));
        add("written to", written.collect(), None);
        for measure in &compared.measures {
            let shares = compared.variants.iter().zip(&measure.shares);
            let shares = shares.map(|((name, _), share)| format!("{name} {:.1} %", share.share() * 100.0));
            add(&measure.name, shares.collect(), Some(compared.verdict(measure)));
        }
        lines
    }

    fn places(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        if self.trial {
            let mut line = Line::default();
            line.push(WARN, "a trial: nothing has reached WhatsApp");
            lines.push(line);
        }
        if let Some(report) = self.report {
            let mut line = Line::default();
            line.push(PLAIN, "report: ");
            line.push(BOLD, &sanitize::line(&report.display().to_string()));
            if let Some(times) = self.times {
                line.push(DIM, &format!(" ({})", sanitize::line(times)));
            }
            if let Some(held) = self.instead_of {
                let held = held.file_name().unwrap_or(held.as_os_str()).to_string_lossy();
                line.push(WARN, &format!(" (another program holds {})", sanitize::line(&held)));
            }
            lines.push(line);
        }
        lines
    }

    /// What is left to do, each with its command.
    fn next(&self) -> Vec<Line> {
        let s = self.snapshot;
        let (open, doubt) = (s.counts[Status::Queued] + s.counts[Status::Sending], s.counts[Status::InDoubt]);
        let under_way = s.counts[Status::Accepted] + s.counts[Status::Sent];
        let campaign = quoted(&sanitize::line(self.campaign));
        let trial = if self.trial { " --sandbox" } else { "" };
        let mut lines = Vec::new();
        let mut add = |why: String, command: String| {
            let mut line = Line::default();
            line.push(PLAIN, &format!("{why} → "));
            line.push(HINT, &format!("sendcast {command}{trial}"));
            lines.push(line);
        };
        if doubt > 0 {
            let look = format!("report {campaign} --status in_doubt -o FILE");
            add(format!("in doubt: {}", count(doubt)), look);
            add("you know they arrived".into(), format!("resolve {campaign} --sent"));
            add("you know they didn't, or twice is no harm".into(), format!("resolve {campaign} --resend"));
        }
        match s.state {
            RunState::Paused => {
                add("paused".into(), format!("resume {campaign}"));
            }
            RunState::Cancelled => {}
            _ if open > 0 => {
                add(format!("not sent yet: {}", people(open)), format!("run {campaign}"));
            }
            _ if under_way > 0 && s.tracked => {
                add(format!("ask again for {} deliveries", count(under_way)), format!("run {campaign}"));
            }
            _ => {}
        }
        let hopeful = self.failures.is_empty() || self.failures.iter().any(|f| !is_hopeless(f.code));
        if s.counts[Status::Failed] > 0 && s.state != RunState::Cancelled && hopeful {
            add("try the failed once more".into(), format!("retry {campaign}"));
        }
        lines
    }
}

/// Codes of failures that another try doesn't mend: the person or the number is the reason.
fn is_hopeless(code: Option<u32>) -> bool {
    let codes = [130_403, 130_472, 130_497, 131_021, 131_026, 131_047, 131_050];
    code.is_some_and(|code| codes.contains(&code))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::engine::snapshot::example;

    fn failures() -> Vec<Failure> {
        vec![
            Failure {
                code: Some(131_047),
                reason: "nothing was heard from this person for 24 hours".into(),
                count: 6,
            },
            Failure { code: None, reason: "Credit\u{1b}[2J has run out".into(), count: 3 },
        ]
    }

    fn summary<'a>(snapshot: &'a Snapshot, failures: &'a [Failure]) -> Summary<'a> {
        Summary {
            snapshot,
            campaign: "campaigns/diwali.json",
            took: Duration::from_secs(63),
            accepted: 1186,
            replied: 0,
            stopped: 0,
            failures,
            compared: None,
            report: Some(Path::new("diwali-offer.report.csv")),
            times: Some("times are Asia/Kolkata"),
            instead_of: None,
            trial: false,
        }
    }

    fn settled() -> Snapshot {
        let mut s = example();
        s.state = RunState::Settled;
        s.counts[Status::Delivered] += s.counts[Status::Queued] + s.counts[Status::Sending] - 2;
        s.counts[Status::InDoubt] = 2;
        s.counts[Status::Queued] = 0;
        s.counts[Status::Sending] = 0;
        s
    }

    #[test]
    fn a_settled_campaign() {
        assert_snapshot!(summary(&settled(), &failures()).render(false), @r"
        diwali-offer: settled, after 1 min 3 s (1,186 accepted, 18.8/s)
            1,200  audience
            1,197  written to
            1,186  accepted     99 %
            1,090  delivered    91 %
               88  read          7 %
                2  in doubt: outcome unknown
                3  skipped, with the reason in the report
                9  failed
                      6  nothing was heard from this person for 24 hours (131047)
                         → free messages only reach people who wrote to you within 24 hours; send the others a flow
                      3  Credit has run out
        report: diwali-offer.report.csv (times are Asia/Kolkata)
        in doubt: 2 → sendcast report campaigns/diwali.json --status in_doubt -o FILE
        you know they arrived → sendcast resolve campaigns/diwali.json --sent
        you know they didn't, or twice is no harm → sendcast resolve campaigns/diwali.json --resend
        ask again for 96 deliveries → sendcast run campaigns/diwali.json
        try the failed once more → sendcast retry campaigns/diwali.json
        ");
    }

    #[test]
    fn buttons_are_counted_below_the_deliveries() {
        let mut s = settled();
        let reply = |id: &str, title: &str, count| ReplyCount { id: id.into(), title: title.into(), count };
        s.replies = vec![reply("yes", "Yes\u{1b}[2J!", 1_234), reply("no", "", 2)];
        let text = summary(&s, &[]).render(false);
        let told: Vec<_> = text.lines().filter(|line| line.contains("pressed")).collect();
        assert_eq!(told, ["    1,234  pressed “Yes!”", "        2  pressed “no”"]);
    }

    #[test]
    fn an_interrupted_trial() {
        let mut s = example();
        s.state = RunState::Stopped;
        let mut summary = summary(&s, &[]);
        summary.campaign = "my offer.json";
        summary.trial = true;
        summary.report = Some(Path::new("out/diwali-offer.report-2.csv"));
        summary.instead_of = Some(Path::new("out/diwali-offer.report.csv"));
        assert_snapshot!(summary.render(false), @r#"
        diwali-offer: stopped, after 1 min 3 s (1,186 accepted, 18.8/s)
            1,200  audience
              497  written to
              484  accepted     97 %
              388  delivered    78 %
               88  read         17 %
              704  not sent yet
                3  skipped, with the reason in the report
                9  failed
        a trial: nothing has reached WhatsApp
        report: out/diwali-offer.report-2.csv (times are Asia/Kolkata) (another program holds diwali-offer.report.csv)
        not sent yet: 704 people → sendcast run "my offer.json" --sandbox
        try the failed once more → sendcast retry "my offer.json" --sandbox
        "#);
    }

    #[test]
    fn a_perfect_run_has_nothing_left_to_do() {
        let mut s = settled();
        let sum = s.total;
        s.counts = crate::domain::status::Counts::default();
        s.counts[Status::Delivered] = sum;
        let text = summary(&s, &[]).render(false);
        assert!(!text.contains('→'), "{text}");
        assert_eq!(text.lines().count(), 6, "{text}");
    }

    #[test]
    fn a_paused_and_a_cancelled_campaign_say_what_leads_on() {
        let mut s = example();
        s.state = RunState::Paused;
        assert!(summary(&s, &[]).render(false).contains("paused → sendcast resume campaigns/diwali.json\n"));
        s.state = RunState::Cancelled;
        assert!(!summary(&s, &[]).render(false).contains('→'));
    }
}
