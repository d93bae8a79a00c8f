//! Shares of people, how sure they are, and whether two of them differ by more than chance.
//!
//! Intervals are Wilson's score intervals; those of a difference are Newcombe's, made of two of them (method 10 of R. G.
//! Newcombe, "Interval estimation for the difference between independent proportions", 1998). Both hold for small numbers
//! and for shares near 0 and 1, which is where marketers compare.

/// Normal quantiles of 1 − 0.025 / n for n comparisons at a time (Bonferroni), so that all of them hold together in 95 of
/// 100 cases.
const QUANTILES: [f64; 9] =
    [1.959_964, 2.241_403, 2.393_980, 2.497_705, 2.575_829, 2.638_257, 2.690_110, 2.734_369, 2.772_921];

/// So many of so many people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proportion {
    /// Those who are meant.
    pub people: u64,
    /// All of them.
    pub of: u64,
}

/// Which of several shares is the largest, and whether that may be chance.
#[derive(Clone, Debug, PartialEq)]
pub enum Lead {
    /// There is nothing to compare yet: fewer than two groups of people, or nobody in any of them counts.
    Unknown,
    /// The first is ahead of all others by more than chance.
    Ahead {
        /// Whose share is the largest.
        first: usize,
        /// Whose is the next.
        second: usize,
        /// By how much the first is ahead of the second, at least and at most, as a share.
        by: (f64, f64),
    },
    /// The first has the largest share, and these can't be told from it.
    Chance {
        /// Whose share is the largest.
        first: usize,
        /// Those whose difference to it may be chance.
        with: Vec<usize>,
    },
}

impl Proportion {
    /// From 0 to 1; 0 of nobody.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "nobody writes to 2^53 people")]
    pub fn share(self) -> f64 {
        if self.of == 0 { 0.0 } else { self.people as f64 / self.of as f64 }
    }

    /// The interval in which the share lies in 95 of 100 cases; all there is of nobody.
    #[must_use]
    pub fn interval(self) -> (f64, f64) {
        self.wilson(QUANTILES[0])
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody writes to 2^53 people")]
    fn wilson(self, z: f64) -> (f64, f64) {
        if self.of == 0 {
            return (0.0, 1.0);
        }
        let (n, p, z2) = (self.of as f64, self.share(), z * z);
        let middle = p + z2 / (2.0 * n);
        let half = z * (p * (1.0 - p) / n + z2 / (4.0 * n * n)).sqrt();
        let whole = 1.0 + z2 / n;
        // Rounding would leave 10⁻¹⁷ where nobody or everybody is meant.
        let low = if self.people == 0 { 0.0 } else { (middle - half) / whole };
        let high = if self.people == self.of { 1.0 } else { (middle + half) / whole };
        (low, high)
    }

    /// By how much it is larger than another, at least and at most.
    fn ahead_of(self, other: Proportion, z: f64) -> (f64, f64) {
        let (ours, theirs) = (self.share(), other.share());
        let ((low, high), (their_low, their_high)) = (self.wilson(z), other.wilson(z));
        let difference = ours - theirs;
        (
            difference - (ours - low).hypot(their_high - theirs),
            difference + (high - ours).hypot(theirs - their_low),
        )
    }
}

/// Compares shares of people who were divided by chance; groups of nobody are left out.
#[must_use]
pub fn lead(shares: &[Proportion]) -> Lead {
    let mut order: Vec<usize> = (0..shares.len()).filter(|at| shares[*at].of > 0).collect();
    order.sort_by(|a, b| shares[*b].share().total_cmp(&shares[*a].share()));
    let [first, others @ ..] = order.as_slice() else { return Lead::Unknown };
    let Some(second) = others.first().filter(|_| shares[*first].people > 0) else { return Lead::Unknown };
    let z = QUANTILES[others.len().min(QUANTILES.len()) - 1];
    let by = |other: usize| shares[*first].ahead_of(shares[other], z);
    let with: Vec<usize> = others.iter().copied().filter(|other| by(*other).0 <= 0.0).collect();
    match with.is_empty() {
        true => Lead::Ahead { first: *first, second: *second, by: by(*second) },
        false => Lead::Chance { first: *first, with },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(people: u64, of: u64) -> Proportion {
        Proportion { people, of }
    }

    #[test]
    fn intervals_are_those_of_scipy_and_statsmodels() {
        let reference = include_str!("proportion/reference.csv");
        let mut compared = 0;
        for line in reference.lines().skip(1) {
            let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
            let whole: Vec<u64> = line.split(',').take(4).map(|cell| cell.parse().unwrap()).collect();
            let (a, b) = (of(whole[0], whole[1]), of(whole[2], whole[3]));
            let (low, high) = a.interval();
            let (least, most) = a.ahead_of(b, QUANTILES[0]);
            for (found, wanted) in [low, high, least, most].into_iter().zip(&cells[4..]) {
                assert!((found - wanted).abs() < 1e-6, "{line}: {found} for {wanted}");
            }
            compared += 1;
        }
        assert_eq!(compared, 200);
    }

    #[test]
    fn a_lead_is_told_only_where_it_is_more_than_chance() {
        assert_eq!(lead(&[of(52, 100), of(48, 100)]), Lead::Chance { first: 0, with: vec![1] });
        let Lead::Ahead { first: 1, second: 0, by: (least, most) } = lead(&[of(380, 1000), of(450, 1000)])
        else {
            panic!("seven points of a thousand people are more than chance");
        };
        assert!(least > 0.02 && least < 0.03 && most > 0.11 && most < 0.12, "{least} {most}");
        // Of three, one may be behind, and another not.
        let three = [of(450, 1000), of(440, 1000), of(300, 1000)];
        assert_eq!(lead(&three), Lead::Chance { first: 0, with: vec![1] });
    }

    #[test]
    fn several_comparisons_at_a_time_ask_for_more() {
        let two = [of(446, 1000), of(400, 1000)];
        assert!(matches!(lead(&two), Lead::Ahead { first: 0, .. }));
        let many = [two[0], two[1], of(300, 1000), of(300, 1000), of(300, 1000)];
        assert_eq!(lead(&many), Lead::Chance { first: 0, with: vec![1] });
    }

    #[test]
    fn nobody_leads_where_nothing_is_known() {
        for shares in [&[][..], &[of(1, 2)], &[of(0, 0), of(3, 5)], &[of(0, 10), of(0, 10)]] {
            assert_eq!(lead(shares), Lead::Unknown, "{shares:?}");
        }
        assert_eq!(of(0, 0).interval(), (0.0, 1.0));
        assert_eq!(of(0, 10).interval().0, 0.0);
        assert_eq!(of(10, 10).interval().1, 1.0);
    }
}
