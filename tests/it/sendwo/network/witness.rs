//! What the server of one lane saw and did. It is the witness: a request that it has read whole may have been
//! accepted, whatever the client makes of it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use tokio::sync::Notify;
use url::form_urlencoded;

use super::super::faults::Fault;
use super::moment::Moment;
use super::tls::Botch;

/// Where requests go; anything else was followed or made up.
const PATH: &str = "/api/v1/whatsapp/send-text-message";

/// What arrived.
#[derive(Default)]
pub struct Saw {
    /// Requests of which at least one byte was read.
    pub begun: u64,
    /// How often each recipient's request was read whole.
    pub whole: HashMap<String, u32>,
    /// The status that a recipient's request was answered with, where the answer was a whole one.
    pub answered: HashMap<String, u16>,
    /// Spoilt requests that arrived on a connection which had served a good one.
    pub pooled: u64,
    /// Requests for anything else.
    pub strays: Vec<String>,
}

/// One lane's server side, shared with its client side, which says what comes next.
#[derive(Default)]
pub struct Post {
    saw: Mutex<Saw>,
    /// Good answers left, and what comes then.
    next: Mutex<(u32, Option<Fault>)>,
    moment: Mutex<Option<Moment>>,
    botch: Mutex<Option<Botch>>,
    live: AtomicUsize,
    /// Now is the moment to close the idle connection.
    pub now: Notify,
}

/// A connection that is being served.
pub struct Served(Arc<Post>);

impl Drop for Served {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Post {
    pub fn saw(&self) -> MutexGuard<'_, Saw> {
        self.saw.lock().unwrap()
    }

    /// So many requests are answered well, then everything meets with this.
    pub fn say(&self, good: u32, fault: Option<Fault>) {
        *self.next.lock().unwrap() = (good, fault);
    }

    /// What the next request, or connection, meets with; `None` for a good answer.
    pub fn fault(&self) -> Option<Fault> {
        let (good, fault) = *self.next.lock().unwrap();
        fault.filter(|_| good == 0)
    }

    /// A request was answered well.
    pub fn answered_well(&self, to: String) {
        let mut next = self.next.lock().unwrap();
        next.0 = next.0.saturating_sub(1);
        self.saw().answered.insert(to, 200);
    }

    /// How an idle connection ends when [`Post::now`] comes.
    pub fn set_moment(&self, moment: Option<Moment>) {
        *self.moment.lock().unwrap() = moment;
    }

    pub fn moment(&self) -> Option<Moment> {
        *self.moment.lock().unwrap()
    }

    /// How the next handshakes are botched; `None` for a good one.
    pub fn set_botch(&self, botch: Option<Botch>) {
        *self.botch.lock().unwrap() = botch;
    }

    pub fn botch(&self) -> Option<Botch> {
        *self.botch.lock().unwrap()
    }

    pub fn serving(self: &Arc<Post>) -> Served {
        self.live.fetch_add(1, Ordering::SeqCst);
        Served(self.clone())
    }

    /// Waits until everything that was sent has been read: no connection is left.
    pub async fn quiet(&self) {
        for _ in 0..20_000 {
            if self.live.load(Ordering::SeqCst) == 0 {
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        panic!("a connection is still being served");
    }

    /// A whole request was read; its recipient.
    pub fn whole(&self, path: &str, body: &str, pooled: bool) -> String {
        let to = form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "to");
        let to = to.map(|(_, value)| value.into_owned()).unwrap_or_default();
        let spoilt = self.fault().is_some();
        let mut saw = self.saw();
        *saw.whole.entry(to.clone()).or_default() += 1;
        saw.pooled += u64::from(spoilt && pooled);
        if path != PATH {
            saw.strays.push(path.to_owned());
        }
        to
    }
}
