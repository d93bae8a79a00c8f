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
    /// The first account's token; `None` lets in every token but an empty one.
    pub token: Option<SecretString>,
    /// Further accounts, each with a state of its own. Whatever is said here of the first holds for them too,
    /// but for the numbers.
    pub accounts: Vec<Account>,
    /// Where the accepted log file lies; created when missing. `None` keeps everything in memory.
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
    /// How everything else is listed.
    pub lists: Lists,
    /// What the account's package allows.
    pub limits: Limits,
    /// How workflows are told.
    pub hooks: Hooks,
    /// What people reply by themselves.
    pub replies: Replies,
}

impl Default for SandboxOptions {
    fn default() -> SandboxOptions {
        SandboxOptions {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 1,
            token: None,
            accounts: Vec::new(),
            ledger_dir: None,
            numbers: Vec::new(),
            only_these_numbers: false,
            faults: FaultPlan::default(),
            offset_minutes: 5 * 60 + 30,
            delivery: Delivery::default(),
            conversation: Conversation::default(),
            lists: Lists::default(),
            limits: Limits::default(),
            hooks: Hooks::default(),
            replies: Replies::default(),
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

/// A further account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its token, unlike every other's and not empty.
    pub token: SecretString,
    /// Its phone number ids beside the documentation's `PHONE_NUMBER_ID`.
    pub numbers: Vec<String>,
}

/// How subscribers, labels, catalogs, orders and workflows are listed: `page=N`, from 1.
#[derive(Clone, Copy, Debug)]
pub struct Lists {
    /// Rows to a page; at least 1. A page beyond the end is empty.
    pub rows: usize,
    /// Every page is the first, as servers answer that don't know of pages.
    pub ignore_page: bool,
}

impl Default for Lists {
    fn default() -> Lists {
        Lists { rows: 100, ignore_page: false }
    }
}

/// What the account's package allows, as its usage log tells.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many messages may be accepted; `None`, as documented, is unlimited.
    pub credit: Option<u64>,
    /// How many subscribers there may be. The documented account uses 1,250 of 5,000, and goes on from there.
    pub subscribers: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { credit: None, subscribers: 5_000 }
    }
}

/// How workflows on this machine are told what happens; others are told nothing. Every share is drawn for each
/// piece of news.
#[derive(Clone, Debug)]
pub struct Hooks {
    /// The shape of what is posted.
    pub shape: HookShape,
    /// Signs every body (`X-Hub-Signature-256`), where there is one.
    pub secret: Option<SecretString>,
    /// How much is never told.
    pub lost: Share,
    /// How much is told a second time, later.
    pub twice: Share,
    /// How much is told late, so that it may come after what happened after it.
    pub late: Share,
    /// How late, and how long before something is told again.
    pub late_by: Span,
}

impl Default for Hooks {
    fn default() -> Hooks {
        Hooks {
            shape: HookShape::default(),
            secret: None,
            lost: Share::NONE,
            twice: Share::NONE,
            late: Share::NONE,
            late_by: Span::millis(500, 15_000),
        }
    }
}

/// The shape of what is posted to a workflow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HookShape {
    /// A flat JSON object, as sibling platforms post it.
    #[default]
    Flat,
    /// The same fields as a form.
    Form,
    /// Meta's own shape.
    Meta,
}

/// What people reply by themselves to what reached them: to buttons mostly with one of them, else in words; one in eight
/// says STOP. What each says is drawn from the seed.
#[derive(Clone, Copy, Debug)]
pub struct Replies {
    /// How many messages are replied to.
    pub share: Share,
    /// How long after it was delivered.
    pub after: Span,
}

impl Default for Replies {
    fn default() -> Replies {
        Replies { share: Share::NONE, after: Span::millis(1_000, 20_000) }
    }
}
