//! What a sandbox is asked to be.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::chance::{Share, Span};
use super::fault::FaultPlan;

/// Everything about a sandbox that can be chosen. The default is an account as documented, without faults,
/// kept in memory.
#[derive(Clone, Debug)]
pub struct SandboxOptions {
    /// Where [`spawn_in_thread`](super::spawn_in_thread) listens; port 0 takes a free one.
    pub listen: SocketAddr,
    /// All chance is drawn from it.
    pub seed: u64,
    /// The one token that is let in; `None` lets in every token but an empty one.
    pub token: Option<SecretString>,
    /// Where the ledger file lies; created when missing. `None` keeps everything in memory.
    pub ledger_dir: Option<PathBuf>,
    /// Phone number ids of the account beside the documentation's `PHONE_NUMBER_ID`.
    pub numbers: Vec<String>,
    /// Refuse ids that are not the account's. Otherwise every id is taken that doesn't start with `unknown`.
    pub only_these_numbers: bool,
    /// What goes wrong.
    pub faults: FaultPlan,
    /// The server's own time zone, in minutes east of UTC: its times are written without one.
    pub offset_minutes: i32,
    /// How deliveries go.
    pub delivery: Delivery,
    /// How conversations are listed.
    pub conversation: Conversation,
}

impl Default for SandboxOptions {
    fn default() -> SandboxOptions {
        SandboxOptions {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            token: None,
            ledger_dir: None,
            numbers: Vec::new(),
            only_these_numbers: false,
            faults: FaultPlan::default(),
            offset_minutes: 5 * 60 + 30,
            delivery: Delivery::default(),
            conversation: Conversation::default(),
        }
    }
}

/// How the deliveries of accepted messages go. Each message draws its own delays; shares are drawn when it is
/// accepted and stay with it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// From accepted to sent.
    pub sent: Span,
    /// From sent to delivered, or to failed.
    pub delivered: Span,
    /// From delivered to read.
    pub read: Span,
    /// How many are never read.
    pub unread: Share,
    /// How many fail after they were sent.
    pub failing: Share,
    /// Meta's code for those.
    pub failing_code: u32,
}

impl Default for Delivery {
    fn default() -> Delivery {
        Delivery {
            sent: Span::millis(300, 1_000),
            delivered: Span::millis(500, 3_000),
            read: Span::millis(1_000, 10_000),
            unread: Share::percent(30),
            failing: Share::percent(2),
            failing_code: 131_026,
        }
    }
}

/// How a person's conversation is listed.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// Rows to a page; at least 1.
    pub rows: usize,
    /// How long after its acceptance a message shows up.
    pub lag: Duration,
}

impl Default for Conversation {
    fn default() -> Conversation {
        Conversation { rows: 25, lag: Duration::ZERO }
    }
}
