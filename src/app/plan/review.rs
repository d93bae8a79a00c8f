//! What somebody has looked at before it is sent: a run that is to send that and nothing else (`--expect`) is refused when it
//! isn't the same any more.
//!
//! Invariant: whatever can be changed between a look and a start, and decides who is written to, with what, from which number,
//! how fast and when, is a part of it. Who is left out on their own account (an opt-out, a cap) isn't: they only become fewer.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

use crate::app::campaign_dir::CampaignDir;
use crate::app::options::{SavedOptions, choices};
use crate::app::{App, AppError, Settings};
use crate::domain::ids::SenderNo;
use crate::domain::plan::PlanHead;
use crate::queue::Listing;

/// What would be sent, as three fingerprints, so that what has changed can be told: `3f9a0c12-77b0e1aa-0c4d5e6f`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Review {
    /// The campaign's file, its message, and all the lists of people that it reads.
    content: u32,
    /// The account, the numbers, and which of them sends in whose place.
    numbers: u32,
    /// Pace, limits, hours, and what pauses it.
    limits: u32,
}

impl Review {
    /// Of a plan with this head, in the account on this server, as it is run with these options by these clocks.
    #[must_use]
    pub fn of(head: &PlanHead, origin: &str, stored: &SavedOptions, settings: &Settings) -> Review {
        let file = &stored.file;
        // With the clock that its hours go by.
        let timetable = choices::timetable(settings, stored);
        let limits = (file.daily, file.cap, file.canary, file.guard, file.priority, file.retry, timetable);
        // Of a plan that was made before, `senders` may hold numbers that send to nobody any more.
        let number = |no: &SenderNo| head.senders.get(usize::from(no.0));
        let moved = head.moved.iter().map(|(from, to)| (number(from), number(to)));
        Review {
            content: fingerprint(&head.source_hash),
            numbers: fingerprint(&format!("{:?}", (origin, &head.spread, moved.collect::<Vec<_>>()))),
            limits: fingerprint(&format!("{:?}", (choices::rate(stored), limits))),
        }
    }

    /// Of a campaign's newest plan, as its last run took it; `None` before the first plan.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn of_frozen(app: &App, campaign_dir: &CampaignDir) -> Result<Option<Review>, AppError> {
        let listing = Listing::open(app.disk.clone(), &campaign_dir.round_dir())?;
        let stored = SavedOptions::load(&*app.disk, &campaign_dir.dir)?;
        let identity = campaign_dir.identity(&*app.disk)?;
        let review = |(head, origin): (&PlanHead, String)| Review::of(head, &origin, &stored, &app.settings);
        Ok(listing.head().zip(identity.map(|identity| identity.origin)).map(review))
    }

    /// Refuses to send what isn't what was `expected`.
    ///
    /// # Errors
    /// What has changed since it was looked at.
    pub fn hold_against(self, expected: Review, campaign: &str) -> Result<(), AppError> {
        let parts = [
            (self.content != expected.content, "its file or its people"),
            (self.numbers != expected.numbers, "the account or the numbers that send"),
            (self.limits != expected.limits, "its pace, limits or hours"),
        ];
        let changed: Vec<_> = parts.into_iter().filter_map(|(has, what)| has.then_some(what)).collect();
        if changed.is_empty() {
            return Ok(());
        }
        let changed = changed.join(", and ");
        let what =
            format!("{campaign} isn't what was reviewed any more: {changed} changed since; nothing was sent");
        Err(AppError::usage(what)
            .hint("look at it again: `sendcast check CAMPAIGN --json` tells its `review` as it is now"))
    }
}

fn fingerprint(text: &str) -> u32 {
    let digest = Sha256::digest(text);
    u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]])
}

impl fmt::Display for Review {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}-{:08x}-{:08x}", self.content, self.numbers, self.limits)
    }
}

impl FromStr for Review {
    type Err = String;
    fn from_str(text: &str) -> Result<Review, String> {
        let part = |part: &str| match part.len() {
            8 => u32::from_str_radix(part, 16).ok(),
            _ => None,
        };
        let mut parts = text.trim().split('-').map(part);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(Some(content)), Some(Some(numbers)), Some(Some(limits)), None) => {
                Ok(Review { content, numbers, limits })
            }
            _ => Err(format!("`{text}` is no review; `sendcast check CAMPAIGN --json` tells it as `review`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written() {
        let review = Review { content: 1, numbers: 0xffff_ffff, limits: 0x0c4d_5e6f };
        assert_eq!(review.to_string(), "00000001-ffffffff-0c4d5e6f");
        assert_eq!(review.to_string().parse(), Ok(review));
        for wrong in [
            "",
            "1-2-3",
            "00000001-ffffffff",
            "00000001-ffffffff-0c4d5e6f-0c4d5e6f",
            "0000000x-ffffffff-0c4d5e6f",
        ] {
            assert!(wrong.parse::<Review>().unwrap_err().contains("is no review"), "{wrong}");
        }
    }
}
