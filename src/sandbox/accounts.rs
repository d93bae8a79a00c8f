//! The accounts behind the API, each with a token and a state of its own, and the clock that they share.

use std::fmt;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::domain::hash::splitmix;
use crate::domain::time::Millis;

use super::SandboxClock;
use super::options::{Account as AccountOptions, SandboxOptions};
use super::state::State;

/// What every handler holds.
pub(super) type App = Arc<Shared>;

/// The accounts and the clock.
pub(super) struct Shared {
    clock: SandboxClock,
    first: Account,
    others: Vec<Account>,
    /// Told of every change that isn't a message.
    changed: Notify,
}

/// One account: its token, and its state behind its one lock.
pub(super) struct Account {
    /// `None` lets in every token.
    token: Option<SecretString>,
    state: Mutex<State>,
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared").field("accounts", &(self.others.len() + 1)).finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn open(options: SandboxOptions, clock: SandboxClock) -> io::Result<Shared> {
        let now = clock();
        let taken: Vec<&SecretString> =
            options.token.iter().chain(options.accounts.iter().map(|account| &account.token)).collect();
        for (n, account) in (2..).zip(&options.accounts) {
            let token = account.token.expose_secret();
            let holders = taken.iter().filter(|other| other.expose_secret() == token).count();
            if holders > 1 || token.trim().is_empty() {
                let text = format!("account {n} needs a token of its own");
                return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
            }
        }
        // The first one's files are locked before anything lies beside them.
        let first = State::open(options.clone(), now)?;
        let first = Account { token: options.token.clone(), state: Mutex::new(first) };
        let mut others = Vec::new();
        for (n, account) in (2..).zip(&options.accounts) {
            let state = Mutex::new(State::open(further(&options, n, account), now)?);
            others.push(Account { token: Some(account.token.clone()), state });
        }
        Ok(Shared { clock, first, others, changed: Notify::new() })
    }

    pub(super) fn now(&self) -> Millis {
        (self.clock)()
    }

    /// Tells the webhook sender that something was changed.
    pub(super) fn wake(&self) {
        self.changed.notify_one();
    }

    /// Ends when something was changed, also if that was just before.
    pub(super) fn changed(&self) -> Notified<'_> {
        self.changed.notified()
    }

    /// The first account.
    pub(super) fn first(&self) -> &Account {
        &self.first
    }

    /// All of them, the first one first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Account> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// The account that a token lets into.
    pub(super) fn admit(&self, token: &str) -> Option<&Account> {
        let named = self.others.iter().find(|account| account.takes(token));
        named.or_else(|| Some(&self.first).filter(|first| first.takes(token)))
    }
}

impl Account {
    /// The state. Nothing awaits while it is held. A handler that panicked (none should) leaves it usable:
    /// files are written before what is in memory.
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this is the account's token. Takes the same time wherever the first difference is.
    fn takes(&self, token: &str) -> bool {
        let Some(right) = &self.token else { return true };
        let right = right.expose_secret().as_bytes();
        let given = token.as_bytes();
        let differing = right.iter().zip(given).fold(0, |differing, (a, b)| differing | (a ^ b));
        right.len() == given.len() && std::hint::black_box(differing) == 0
    }
}

/// What the `n`-th account is asked to be: as the first, but for its numbers, its chance and its directory. The
/// directory is named by the order, so that nothing of the token is on disk.
fn further(options: &SandboxOptions, n: u64, account: &AccountOptions) -> SandboxOptions {
    SandboxOptions {
        numbers: account.numbers.clone(),
        seed: splitmix(options.seed ^ n),
        ledger_dir: options.ledger_dir.as_ref().map(|dir| dir.join(format!("account-{n}"))),
        token: None,
        accounts: Vec::new(),
        ..options.clone()
    }
}
