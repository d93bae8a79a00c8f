//! Where everything lies in the data directory. Pure path arithmetic: nothing here touches the disk.
//!
//! ```text
//! <data>/                              mode 0700; the platform's data directory, or --data-dir
//!   campaigns/<name>/
//!     settings.json  reports.json      what was said for the campaign; the reports that were written, for `erase` · settings.lock
//!     likeness.json                    a sample of whom it writes to, by which a copy of it is known again
//!     standard-input-…                 an audience that came by standard input
//!     round-001/                       one for each round (`run --again`)
//!       manifest.json                  version, identity (campaign, its path, origin, round), the plans with SHA-256
//!       plan-001.plan …                every row as read and rendered; an edited file adds the next
//!       journal                        the authority on what may have been POSTed
//!       mark                           the commit marker: the last commit batch known to be on disk
//!       queue/                         the states, in sled: a cache of the journal
//!       orders/                        pause, resume, cancel, retry, resolve: a small JSON file each
//!       hooks.json                     how far the inbox was read: a hint, unsynced
//!       forgotten.json                 by what the rows of people who were forgotten are known again: salted hashes
//!       replies                        what people answered, a line each, by job
//!       failures.json                  what was judged of a canary and of failures
//!       status.json                    the runner's picture, twice a second, with a heartbeat; at its end with what it holds by
//!       lock                           one process writes
//!   singles/<time>-<chance>/           one message each (`test`, `send`): the files of a round; removed after 30 days
//!   numbers/<id>/                      of a sending number: lock · line/ · last (time of its last POST) · hold.json · learnt.json
//!   accounts/<origin>/                 of an account on a server: token (`login`) · lock · salt · people-<day> and its count
//!     hooks/                           inbox-<milliseconds>: what webhooks told, a line each · lock · path-secret
//!   optout.csv  optout.lock            who is never written to, in trials too
//!   drafts/<id>/                       a campaign in the making: campaign.json · draft.json · lock · audience-<SHA-256>.<ext> and
//!                                      the like, as they were uploaded
//!   serve-name  serve-password         of the dashboard: its name below localhost, the hash of its password
//!   orders.log  orders.1.log           who ordered what from a page, a line each, the newer first · orders.lock
//!   open-<chance>.html                 leads a browser to the dashboard, for a moment
//!   sandbox/                           campaigns, singles, numbers and accounts, for trials
//!     server/                          what `sendcast sandbox` accepted, and what was changed in its account
//! ```
//!
//! The layout of a file is at the head of the module that writes it. Small JSON files that matter (manifest, settings,
//! orders, holds, failures) are [sealed](super::sealed). What a failure leaves of all this is in PROOF.md.

use std::path::{Path, PathBuf};

use crate::domain::ids::NumberId;
use crate::domain::time::Millis;

/// A data directory, or the sandbox's part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    data: PathBuf,
    sandbox: bool,
}

impl Home {
    /// The real one.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>) -> Home {
        Home { data: data.into(), sandbox: false }
    }

    /// The same data directory's part for trials: a trial marks nobody as reached.
    #[must_use]
    pub fn sandbox(self) -> Home {
        Home { sandbox: true, ..self }
    }

    /// Whether this is the part for trials.
    #[must_use]
    pub fn is_sandbox(&self) -> bool {
        self.sandbox
    }

    /// How a command names a campaign of this part: with `--sandbox` where it is a trial.
    #[must_use]
    pub fn called(&self, campaign: &str) -> String {
        if self.sandbox { format!("{campaign} --sandbox") } else { campaign.to_owned() }
    }

    /// The data directory itself.
    #[must_use]
    pub fn data(&self) -> &Path {
        &self.data
    }

    fn root(&self) -> PathBuf {
        if self.sandbox { self.data.join("sandbox") } else { self.data.clone() }
    }

    /// All campaigns.
    #[must_use]
    pub fn campaigns(&self) -> PathBuf {
        self.root().join("campaigns")
    }

    /// One campaign; its name holds letters, digits, `-` and `_` only.
    #[must_use]
    pub fn campaign(&self, name: &str) -> PathBuf {
        self.campaigns().join(escaped(name))
    }

    /// Where a campaign lies whose name's own directory holds another one, which bore that name before: `n` from 2.
    #[must_use]
    pub fn campaign_beside(&self, name: &str, n: u32) -> PathBuf {
        // No name has a dot in it.
        self.campaigns().join(format!("{}.{n}", escaped(name)))
    }

    /// One round of a campaign, from 1.
    #[must_use]
    pub fn round(&self, name: &str, round: u32) -> PathBuf {
        round_dir(&self.campaign(name), round)
    }

    /// Single messages' queues.
    #[must_use]
    pub fn singles(&self) -> PathBuf {
        self.root().join("singles")
    }

    /// One of them, begun at this time; `chance` tells it from others of the same millisecond.
    #[must_use]
    pub fn single(&self, at: Millis, chance: u32) -> PathBuf {
        self.singles().join(format!("{:013}-{chance:08x}", at.0))
    }

    /// What belongs to a sending number.
    #[must_use]
    pub fn number(&self, id: &NumberId) -> PathBuf {
        self.root().join("numbers").join(escaped(id.as_str()))
    }

    /// All accounts.
    #[must_use]
    pub fn accounts(&self) -> PathBuf {
        self.root().join("accounts")
    }

    /// What belongs to the account on a server.
    #[must_use]
    pub fn account(&self, origin: &str) -> PathBuf {
        self.accounts().join(escaped(origin))
    }

    /// The opt-out list: one for trials and real runs.
    #[must_use]
    pub fn optouts(&self) -> PathBuf {
        self.data.join("optout.csv")
    }

    /// Campaigns in the making: for trials and real runs.
    #[must_use]
    pub fn drafts(&self) -> PathBuf {
        self.data.join("drafts")
    }

    /// The ledger of the imitation server.
    #[must_use]
    pub fn sandbox_server(&self) -> PathBuf {
        self.data.join("sandbox").join("server")
    }
}

/// A round's directory, in its campaign's.
#[must_use]
pub fn round_dir(campaign: &Path, round: u32) -> PathBuf {
    campaign.join(format!("round-{round:03}"))
}

/// A round's number from its directory's name.
#[must_use]
pub fn round_number(dir: &Path) -> Option<u32> {
    dir.file_name()?.to_str()?.strip_prefix("round-")?.parse().ok()
}

/// When a single message was begun, from its directory's name.
#[must_use]
pub fn single_time(dir: &Path) -> Option<Millis> {
    let (at, _) = dir.file_name()?.to_str()?.split_once('-')?;
    at.parse().ok().map(Millis)
}

/// A name that is safe as a file name on every platform and stays unique: what is not a letter, a digit,
/// `-`, `_` or `.` (nor a leading dot) becomes `%XX`.
fn escaped(name: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(name.len());
    for (at, byte) in name.bytes().enumerate() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => out.push(char::from(byte)),
            b'.' if at > 0 => out.push('.'),
            _ => {
                // Writing to a string can't fail.
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cant_leave_their_place() {
        let home = Home::new("data");
        assert_eq!(home.number(&NumberId::new("../x/y")), Path::new("data/numbers/%2E.%2Fx%2Fy"));
        assert_eq!(
            home.clone().sandbox().round("diwali", 2),
            Path::new("data/sandbox/campaigns/diwali/round-002")
        );
        assert_eq!(round_number(&home.round("x", 12)), Some(12));
        let single = home.single(Millis(1_700_000_000_000), 0xabc);
        assert_eq!(single, Path::new("data/singles/1700000000000-00000abc"));
        assert_eq!(single_time(&single), Some(Millis(1_700_000_000_000)));
        assert_eq!(single_time(Path::new("data/singles/mine")), None);
        assert_eq!(home.clone().sandbox().optouts(), Path::new("data/optout.csv"));
        assert_eq!(home.sandbox().drafts(), Path::new("data/drafts"));
    }
}
