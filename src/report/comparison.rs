//! Variants of a message beside each other: how many each reached, and whether they differ by more than chance.
//!
//! Every figure is a share of those whom the variant was written to, as in the funnel.

use crate::domain::proportion::{Lead, Proportion, lead};
use crate::domain::text::Cell;

use super::tally::{ReplyTally, Tally};

/// How many buttons are compared, the most pressed ones first.
const MAX_BUTTONS: usize = 5;
/// What the figures mean.
pub const NOTE: &str = "Shares are of those written to, with 95 % intervals. A difference is called more than chance only \
                        where chance alone would show one of that kind in at most 5 of 100 campaigns.";

/// The variants of a campaign, compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Each, and how many people it was written to.
    pub variants: Vec<(Cell, u64)>,
    /// By what they are compared.
    pub measures: Vec<Measure>,
}

/// One thing by which variants are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Measure {
    /// What: `delivered`, `read`, `replied`, `pressed “Yes”`, `asked for no more`.
    pub name: String,
    /// Of each variant.
    pub shares: Vec<Proportion>,
    /// Which of them is the largest.
    pub lead: Lead,
}

impl Comparison {
    /// Of the variants that were written to anybody; `None` where these are fewer than two.
    #[must_use]
    pub fn of(tally: &Tally) -> Option<Comparison> {
        let arms: Vec<(&str, &Tally)> =
            tally.variants().filter(|(_, arm)| arm.funnel().written_to > 0).collect();
        if arms.len() < 2 {
            return None;
        }
        let measure = |name: String, people: &dyn Fn(&Tally) -> u64| {
            let share = |arm: &Tally| Proportion { people: people(arm), of: arm.funnel().written_to };
            let shares: Vec<Proportion> = arms.iter().map(|(_, arm)| share(arm)).collect();
            Measure { name, lead: lead(&shares), shares }
        };
        let mut measures = vec![
            measure("delivered".to_owned(), &|arm| arm.funnel().delivered),
            measure("read".to_owned(), &|arm| arm.funnel().read),
        ];
        if tally.replied > 0 {
            measures.push(measure("replied".to_owned(), &|arm| arm.replied));
            let buttons = tally.told_buttons();
            for ReplyTally { reply, .. } in buttons.iter().take(MAX_BUTTONS).filter(|_| buttons.len() > 1) {
                measures.push(measure(format!("pressed “{reply}”"), &|arm| arm.pressed_first(reply)));
            }
        }
        if tally.stopped > 0 {
            measures.push(measure("asked for no more".to_owned(), &|arm| arm.stopped));
        }
        let variants = arms.iter().map(|(name, arm)| ((*name).into(), arm.funnel().written_to)).collect();
        Some(Comparison { variants, measures })
    }

    /// What a measure says, in words.
    #[must_use]
    pub fn verdict(&self, measure: &Measure) -> String {
        let name = |at: &usize| format!("`{}`", self.variants[*at].0);
        let two = self.variants.len() == 2;
        match &measure.lead {
            Lead::Unknown => "nothing to compare yet".to_owned(),
            Lead::Ahead { first, by: (least, most), .. } if two => {
                format!(
                    "{} is higher by {} to {} points: more than chance",
                    name(first),
                    points(*least),
                    points(*most)
                )
            }
            Lead::Ahead { first, second, by: (least, most) } => format!(
                "{} is higher than all others by more than chance, than {} by {} to {} points",
                name(first),
                name(second),
                points(*least),
                points(*most)
            ),
            Lead::Chance { .. } if two => "the difference may be chance".to_owned(),
            Lead::Chance { first, with } => {
                let with: Vec<String> = with.iter().map(name).collect();
                format!(
                    "{} is the highest; its difference to {} may be chance",
                    name(first),
                    with.join(" and ")
                )
            }
        }
    }
}

/// `45.2 % (41.9–48.5 %)`
#[must_use]
pub fn with_interval(share: Proportion) -> String {
    let (low, high) = share.interval();
    format!("{} % ({}–{} %)", points(share.share()), points(low), points(high))
}

/// A share in per cent, with one decimal.
fn points(share: f64) -> String {
    format!("{:.1}", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::status::Status;
    use crate::report::line::ReportLine;
    use crate::report::tally::blank_line;

    fn tally(arms: &[(&str, u64, u64)]) -> Tally {
        let mut tally = Tally::default();
        for (name, written, read) in arms {
            for n in 0..*written {
                let status = if n < *read { Status::Read } else { Status::Delivered };
                tally.add(&ReportLine { variant: Some(name), status, ..blank_line() });
            }
        }
        tally
    }

    fn told(arms: &[(&str, u64, u64)]) -> Vec<String> {
        let compared = Comparison::of(&tally(arms)).unwrap();
        compared.measures.iter().map(|m| format!("{}: {}", m.name, compared.verdict(m))).collect()
    }

    #[test]
    fn a_difference_is_told_with_what_it_is_worth() {
        assert_eq!(
            told(&[("A", 1000, 380), ("B", 1000, 450)]),
            [
                "delivered: the difference may be chance",
                "read: `B` is higher by 2.7 to 11.3 points: more than chance"
            ]
        );
        assert_eq!(told(&[("A", 100, 52), ("B", 100, 48)])[1], "read: the difference may be chance");
        assert_eq!(
            told(&[("A", 1000, 450), ("B", 1000, 440), ("C", 1000, 300)])[1],
            "read: `A` is the highest; its difference to `B` may be chance"
        );
        assert_eq!(
            told(&[("A", 1000, 600), ("B", 1000, 440), ("C", 1000, 300)])[1],
            "read: `A` is higher than all others by more than chance, than `B` by 11.0 to 20.9 points"
        );
        assert_eq!(told(&[("A", 10, 0), ("B", 10, 0)])[1], "read: nothing to compare yet");
    }

    #[test]
    fn one_variant_is_compared_with_nothing() {
        assert_eq!(Comparison::of(&tally(&[("A", 10, 5)])), None);
        let mut unsent = tally(&[("A", 10, 5)]);
        unsent.add(&ReportLine { variant: Some("B"), status: Status::Queued, ..blank_line() });
        assert_eq!(Comparison::of(&unsent), None);
        unsent.add(&blank_line());
        assert_eq!(unsent.variants().count(), 2);
    }

    #[test]
    fn shares_are_shown_with_their_intervals() {
        assert_eq!(with_interval(Proportion { people: 7, of: 20 }), "35.0 % (18.1–56.7 %)");
    }
}
