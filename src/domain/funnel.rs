//! The stages of a campaign, from its audience to those who replied.
//!
//! A status names where one message stands now; a stage counts everybody who got at least that far. So `delivered` of a
//! funnel includes those who have read it, and every figure of that kind is computed here.

use super::format::hundredths;
use super::status::{Counts, Status};

/// How many people got how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Funnel {
    /// Rows of the audience.
    pub audience: u64,
    /// A message was tried: all but those queued, skipped and cancelled.
    pub written_to: u64,
    /// The API took the message, and no failure was reported since.
    pub accepted: u64,
    /// It is on the phone.
    pub delivered: u64,
    /// It was read.
    pub read: u64,
    /// It was answered.
    pub replied: u64,
}

/// One stage of a [`Funnel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Its name.
    pub name: &'static str,
    /// How many got at least that far.
    pub people: u64,
    /// Their share of those written to, in whole per cent, rounded down; `None` of the audience itself, and where
    /// nobody was written to.
    pub percent: Option<u64>,
}

impl Funnel {
    /// What these counts add up to, with so many who replied.
    #[must_use]
    pub fn new(counts: &Counts, replied: u64) -> Funnel {
        Funnel {
            audience: counts.total(),
            written_to: counts.written_to(),
            accepted: counts.reached(),
            delivered: counts.arrived(),
            read: counts[Status::Read],
            replied,
        }
    }

    /// All stages, the widest first.
    #[must_use]
    pub fn stages(&self) -> [Stage; 6] {
        let Funnel { audience, written_to, accepted, delivered, read, replied } = *self;
        let share = |people| (written_to > 0).then(|| hundredths(people, written_to));
        let stage = |name, people| Stage { name, people, percent: share(people) };
        [
            Stage { name: "audience", people: audience, percent: None },
            stage("written to", written_to),
            stage("accepted", accepted),
            stage("delivered", delivered),
            stage("read", read),
            stage("replied", replied),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_include_what_lies_behind_them() {
        let mut counts = Counts::default();
        for (n, status) in (1..).zip(Status::ALL) {
            counts[status] = n;
        }
        let funnel = Funnel::new(&counts, 4);
        let told = funnel.stages().map(|stage| (stage.name, stage.people, stage.percent));
        assert_eq!(
            told,
            [
                ("audience", 55, None),
                ("written to", 35, Some(100)),
                ("accepted", 18, Some(51)),
                ("delivered", 11, Some(31)),
                ("read", 6, Some(17)),
                ("replied", 4, Some(11)),
            ]
        );
        let open = counts[Status::Sending] + counts[Status::Failed] + counts[Status::InDoubt];
        assert_eq!(funnel.written_to, funnel.accepted + open);
    }

    #[test]
    fn nobody_has_no_share() {
        assert!(Funnel::default().stages().iter().all(|stage| stage.people == 0 && stage.percent.is_none()));
    }
}
