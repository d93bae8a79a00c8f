//! One lane: a client, its server, and what each of them makes of every send. Sends of a lane come one after
//! the other, each to a recipient of its own; in the end the two accounts are laid side by side.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use sendcast::domain::ids::NumberId;
use sendcast::domain::outcome::{Held, Outcome, classify};
use sendcast::domain::phone::Phone;
use sendcast::sendwo::{Client, HttpTransport, Route, Timeouts};

use super::super::faults::Fault;
use super::super::{text, token, without_canary};
use super::witness::Post;

/// What the client made of a send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Accepted,
    /// Refused, or held up, by an answer.
    Answered(u16),
    NeverConnected,
    Unknown,
}

/// How often what was concluded.
pub type Tally = BTreeMap<Verdict, u64>;

/// What became of a lane.
#[derive(Debug, Default)]
pub struct Account {
    pub verdicts: Tally,
    /// Spoilt requests that the server read on a connection which had served a good one.
    pub pooled: u64,
}

impl Account {
    pub fn merge(&mut self, other: &Account) {
        for (verdict, count) in &other.verdicts {
            *self.verdicts.entry(*verdict).or_default() += count;
        }
        self.pooled += other.pooled;
    }
}

pub struct Lane {
    pub post: Arc<Post>,
    client: Option<Client<HttpTransport>>,
    verdicts: HashMap<String, Verdict>,
    warm: u64,
    number: u64,
}

/// Longer than a busy machine needs.
pub const LONG: Duration = Duration::from_secs(20);

impl Lane {
    pub fn new(post: Arc<Post>) -> Lane {
        Lane { post, client: None, verdicts: HashMap::new(), warm: 0, number: 0 }
    }

    /// Connects from here on, and not before it is needed, to this address.
    pub fn reach(&mut self, url: &str, timeouts: Timeouts, route: Route) {
        let base = url.parse().unwrap();
        self.client = Some(Client::new(HttpTransport::over(base, timeouts, route).unwrap(), token()));
    }

    async fn exchange(&mut self, prefix: u64) -> (String, Outcome) {
        self.number += 1;
        let to = format!("{}", prefix * 10_000_000 + self.number);
        let phone = Phone::from_digits(&to).unwrap();
        let client = self.client.as_ref().unwrap();
        let exchange = client.whatsapp().send(&NumberId::new("N"), phone, &text("Hello")).await;
        let outcome = classify(&exchange);
        without_canary(&format!("{exchange:?} {outcome:?} {client:?}"));
        (to, outcome)
    }

    /// A good request, after which a connection is in the pool, and the fault comes. Whether it got through.
    pub async fn warm_up(&mut self, then: Option<Fault>) -> bool {
        self.warm += 1;
        self.post.say(1, then);
        matches!(self.exchange(91_900).await.1, Outcome::Accepted { .. })
    }

    /// The send that counts.
    pub async fn send(&mut self) -> Verdict {
        let (to, outcome) = self.exchange(91_911).await;
        let verdict = match outcome {
            Outcome::Accepted { .. } => Verdict::Accepted,
            Outcome::Refused { http, .. } => Verdict::Answered(http),
            Outcome::Held(Held::Throttled { .. }) => Verdict::Answered(429),
            Outcome::Held(Held::Unavailable { .. }) => Verdict::Answered(503),
            Outcome::Held(Held::Unreachable { .. }) => Verdict::NeverConnected,
            Outcome::Unknown { .. } => Verdict::Unknown,
        };
        self.verdicts.insert(to, verdict);
        verdict
    }

    /// Lays the client's account beside the server's, once all that was sent has been read.
    pub async fn finish(mut self, case: &str) -> Account {
        drop(self.client.take());
        self.post.quiet().await;
        let saw = self.post.saw();
        let mut account = Account { pooled: saw.pooled, ..Account::default() };
        let mut may_have_begun = self.warm;
        for (to, verdict) in &self.verdicts {
            *account.verdicts.entry(*verdict).or_default() += 1;
            may_have_begun += u64::from(*verdict != Verdict::NeverConnected);
            let (whole, answered) = (saw.whole.get(to).copied().unwrap_or(0), saw.answered.get(to).copied());
            assert!(whole <= 1, "{case}: {to} was sent {whole} times");
            match verdict {
                Verdict::NeverConnected => {
                    assert_eq!(whole, 0, "{case}: {to} was read by the server and taken for not sent");
                }
                Verdict::Accepted => assert_eq!((whole, answered), (1, Some(200)), "{case}: {to}"),
                Verdict::Answered(http) => assert_eq!(answered, Some(*http), "{case}: {to}"),
                Verdict::Unknown => {}
            }
        }
        assert!(saw.whole.values().all(|times| *times == 1), "{case}: a warm-up was sent twice");
        let begun = saw.begun;
        assert!(begun <= may_have_begun, "{case}: {begun} requests were begun, at most {may_have_begun} may");
        assert!(saw.strays.is_empty(), "{case}: {:?}", saw.strays);
        account
    }
}
