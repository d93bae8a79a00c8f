//! No fault of a connection is taken for not sent. The server is the witness: it notes every request that it
//! has read, whole or in part, by its recipient. Claimed of every send, through the real client:
//!
//! - *never connected* means that the server read nothing of it; *refused* and *held*, that the server answered
//!   so; *accepted*, that the server answered well;
//! - a request is read once at most, whatever happened to the connection (nothing is sent again, no redirect is
//!   followed), and nothing of it before TLS is up;
//! - the token is in nothing that is shown.
//!
//! Each fault is tried on a fresh connection and on one that has served before ("pooled"; where there is no
//! connection at all, behind one that has died).

mod closed;
mod http2;
mod lane;
mod moment;
mod server;
mod tls;
mod witness;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sendcast::sendwo::{Route, Timeouts};
use tokio::task::{JoinSet, LocalSet};

use self::closed::{Names, Port, fill, serve_once};
use self::lane::{Account, LONG, Lane, Verdict};
use self::moment::Moment;
use self::server::{Servers, Speaks};
use self::tls::{Authority, Botch};
use self::witness::Post;
use super::faults::Fault;
use crate::kills::setting;

/// Lanes at once.
const LANES: u64 = 64;
/// How long hanging takes.
const SHORT: Duration = Duration::from_millis(75);

/// What a send meets with.
#[derive(Clone, Copy, Debug)]
enum Fate {
    /// Nobody listens.
    Refused,
    /// The name isn't known.
    Unnamed,
    /// A handshake that comes to nothing.
    Handshake,
    /// A proxy's tunnel that comes to nothing.
    Proxy,
    /// A connection that isn't taken up.
    Backlog,
    /// One of these, on a connection that was made.
    Spoilt(&'static [Fault]),
    /// Any of them, within TLS; over HTTP/1.1 or HTTP/2.
    Within(&'static str),
    /// The idle connection ends at the very moment; without TLS, or within it.
    AtTheMoment(Option<&'static str>),
}

const UNCONNECTED: [(&str, Fate); 5] = [
    ("refused", Fate::Refused),
    ("name not known", Fate::Unnamed),
    ("TLS handshake", Fate::Handshake),
    ("connect timeout", Fate::Backlog),
    ("proxy's tunnel", Fate::Proxy),
];

const SPOILT: [(&str, Fate); 10] = [
    ("closed or reset at accept", Fate::Spoilt(&[Fault::ResetAtAccept, Fault::CloseAtAccept])),
    ("closed unread", Fate::Spoilt(&[Fault::CloseUnread])),
    ("reset after the request", Fate::Spoilt(&[Fault::ResetAfterRequest, Fault::CloseAfterRequest])),
    ("cut head", Fate::Spoilt(&[Fault::CutHead])),
    ("bad status line", Fate::Spoilt(&[Fault::BadStatusLine])),
    ("hang", Fate::Spoilt(&[Fault::Hang, Fault::HangInBody])),
    ("cut body", Fate::Spoilt(&[Fault::CutBody, Fault::CutChunks])),
    ("oversized", Fate::Spoilt(&[Fault::OversizedBody, Fault::OversizedHead])),
    ("redirect", Fate::Spoilt(&[Fault::Redirect302, Fault::Redirect307])),
    ("HTML", Fate::Spoilt(&[Fault::Html])),
];

const WITHIN_TLS: [(&str, Fate); 2] =
    [("within TLS", Fate::Within("http/1.1")), ("within TLS, HTTP/2", Fate::Within("h2"))];

const AT_THE_MOMENT: [(&str, Fate); 3] = [
    ("closed at the moment", Fate::AtTheMoment(None)),
    ("closed at the moment, TLS", Fate::AtTheMoment(Some("http/1.1"))),
    ("closed at the moment, HTTP/2", Fate::AtTheMoment(Some("h2"))),
];

impl Fate {
    /// How long the client waits.
    fn timeouts(self, fault: Option<Fault>) -> Timeouts {
        match self {
            Fate::Backlog | Fate::Handshake | Fate::Proxy => Timeouts { connect: SHORT, request: LONG },
            // A good request before it has to come through, a handshake with it.
            Fate::Within(_) if fault.is_some_and(Fault::hangs) => {
                Timeouts { connect: SHORT * 6, request: SHORT * 6 }
            }
            _ if fault.is_some_and(Fault::hangs) => Timeouts { connect: SHORT, request: SHORT },
            _ => Timeouts { connect: LONG, request: LONG },
        }
    }

    fn draw(self, chance: &mut fastrand::Rng) -> Option<Fault> {
        match self {
            Fate::Spoilt(faults) => chance.choice(faults).copied(),
            Fate::Within(_) => chance.choice(&Fault::ALL).copied(),
            _ => None,
        }
    }

    /// Whether a connection that was pooled ends before the send.
    fn lets_die(self) -> bool {
        !matches!(self, Fate::Spoilt(_) | Fate::Within(_) | Fate::AtTheMoment(_))
    }

    /// Where no connection comes to be, that must be said; where one does, it must not.
    fn check(self, pooled: bool, fault: Option<Fault>, verdict: Verdict, case: &str) {
        let fits = match self {
            Fate::Refused | Fate::Unnamed | Fate::Handshake | Fate::Proxy | Fate::Backlog => {
                // A pooled connection may still serve it, or die with it.
                verdict == Verdict::NeverConnected
                    || (pooled && matches!(verdict, Verdict::Accepted | Verdict::Unknown))
            }
            Fate::Spoilt(_) | Fate::Within(_) => match fault {
                Some(Fault::Redirect302) => verdict == Verdict::Answered(302),
                Some(Fault::Redirect307) => verdict == Verdict::Answered(307),
                // Reset so early, it may look like one that never was; nothing was written on it then.
                Some(Fault::ResetAtAccept) => {
                    matches!(verdict, Verdict::NeverConnected | Verdict::Unknown)
                }
                _ => verdict == Verdict::Unknown,
            },
            Fate::AtTheMoment(_) => matches!(verdict, Verdict::Accepted | Verdict::Unknown),
        };
        assert!(fits, "{case}, {fault:?}: {verdict:?}");
    }
}

/// One lane's sends of one case. Each has a client of its own, so that what is pooled is what was warmed up.
struct Drive {
    case: String,
    fate: Fate,
    pooled: bool,
    chance: fastrand::Rng,
    servers: Arc<Servers>,
    authority: Arc<Authority>,
    lane: Lane,
}

impl Drive {
    async fn run(mut self, sends: u64) -> Account {
        let speaks = match self.fate {
            Fate::Handshake | Fate::Within(_) | Fate::AtTheMoment(Some(_)) => {
                Speaks::Tls(self.authority.clone())
            }
            Fate::Proxy => Speaks::Tunnel(self.authority.clone()),
            _ => Speaks::Http,
        };
        let address = self.servers.listen(&self.lane.post, speaks).await;
        if self.pooled && self.fate.lets_die() {
            self.lane.post.set_moment(Some(Moment::Close));
        }
        let port = Port::hold();
        for _ in 0..sends {
            let fault = self.fate.draw(&mut self.chance);
            let verdict = match self.fate {
                Fate::Spoilt(_) | Fate::Within(_) => self.spoilt(address, fault).await,
                Fate::AtTheMoment(_) => self.at_the_moment(address).await,
                Fate::Handshake | Fate::Proxy => self.botched(address).await,
                Fate::Unnamed => self.unnamed(address.port()).await,
                Fate::Refused | Fate::Backlog => self.closed(&port).await,
            };
            self.fate.check(self.pooled, fault, verdict, &self.case);
        }
        self.lane.finish(&self.case).await
    }

    /// A new client, which waits so many times as long as it has to.
    fn reach(&mut self, address: SocketAddr, fault: Option<Fault>, patience: u32) {
        let Timeouts { connect, request } = self.fate.timeouts(fault);
        let timeouts =
            Timeouts { connect: (connect * patience).min(LONG), request: (request * patience).min(LONG) };
        let roots = Some(self.authority.pem.clone());
        match self.fate {
            Fate::Handshake | Fate::Within(_) | Fate::AtTheMoment(Some(_)) => {
                let route = Route { roots, ..Route::default() };
                self.lane.reach(&format!("https://{address}/api/v1"), timeouts, route);
            }
            Fate::Proxy => {
                let route = Route { roots, proxy: Some(format!("http://{address}")), ..Route::default() };
                self.lane.reach("https://api.test/api/v1", timeouts, route);
            }
            _ => self.lane.reach(&format!("http://{address}/api/v1"), timeouts, Route::default()),
        }
    }

    /// A new client with a connection in its pool. On a busy machine that may take patience.
    async fn warm(&mut self, address: SocketAddr, fault: Option<Fault>) {
        for doubled in 0..9 {
            self.reach(address, fault, 1 << doubled);
            if self.lane.warm_up(fault).await {
                return;
            }
        }
        panic!("{}: no good request gets through", self.case);
    }

    async fn spoilt(&mut self, address: SocketAddr, fault: Option<Fault>) -> Verdict {
        if self.pooled {
            self.warm(address, fault).await;
        } else {
            self.reach(address, fault, 1);
            self.lane.post.say(0, fault);
        }
        self.lane.send().await
    }

    async fn at_the_moment(&mut self, address: SocketAddr) -> Verdict {
        let post = self.lane.post.clone();
        post.set_moment(self.chance.choice(&Moment::ALL).copied());
        self.warm(address, None).await;
        let (close, send) = (self.chance.u8(0..6), self.chance.u8(0..6));
        let closing = async {
            yields(close).await;
            post.now.notify_one();
        };
        let sending = async {
            yields(send).await;
            self.lane.send().await
        };
        tokio::join!(closing, sending).1
    }

    async fn botched(&mut self, address: SocketAddr) -> Verdict {
        let botch = match self.fate {
            Fate::Proxy => Botch::draw_of_proxy(&mut self.chance),
            _ => Botch::draw(&mut self.chance),
        };
        let post = self.lane.post.clone();
        post.set_botch(None);
        if self.pooled {
            self.warm(address, None).await;
            post.set_botch(Some(botch));
            self.let_die().await;
        } else {
            self.reach(address, None, 1);
        }
        post.set_botch(Some(botch));
        self.lane.send().await
    }

    async fn unnamed(&mut self, port: u16) -> Verdict {
        let names = Names::default();
        let url = format!("http://api.localhost:{port}/api/v1");
        self.lane.reach(&url, self.fate.timeouts(None), names.route());
        if self.pooled {
            names.set_known(true);
            assert!(self.lane.warm_up(None).await, "{}", self.case);
            names.set_known(false);
            self.let_die().await;
        }
        self.lane.send().await
    }

    /// A port on which nobody listens, or whose queue is full.
    async fn closed(&mut self, port: &Port) -> Verdict {
        self.reach(port.address(), None, 1);
        let full = matches!(self.fate, Fate::Backlog);
        let mut listener = (full || self.pooled).then(|| port.listen(1));
        if self.pooled
            && let Some(listening) = listener.take()
        {
            let post = self.lane.post.clone();
            let serving = tokio::task::spawn_local(async move { serve_once(listening, &post).await });
            assert!(self.lane.warm_up(None).await, "{}", self.case);
            self.let_die().await;
            listener = Some(serving.await.unwrap());
        }
        let held = if full { fill(port.address()).await } else { Vec::new() };
        let listening = listener.filter(|_| full);
        let verdict = self.lane.send().await;
        drop((held, listening));
        verdict
    }

    /// Closes the pooled connection; the client may have noticed when this returns, or not.
    async fn let_die(&mut self) {
        let post = self.lane.post.clone();
        post.now.notify_one();
        if self.chance.bool() {
            post.quiet().await;
            tokio::time::sleep(Duration::from_millis(2)).await;
        } else {
            yields(self.chance.u8(0..6)).await;
        }
    }
}

async fn yields(count: u8) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

/// So many sends of one case, over lanes.
async fn case(
    name: &str,
    fate: Fate,
    pooled: bool,
    sends: u64,
    seed: u64,
    servers: &Arc<Servers>,
) -> Account {
    let case = format!("{name}, {}", if pooled { "pooled" } else { "fresh" });
    let alpn = match fate {
        Fate::Within(alpn) | Fate::AtTheMoment(Some(alpn)) => alpn,
        _ => "http/1.1",
    };
    let authority = Authority::new(&[alpn]);
    let mut lanes = JoinSet::new();
    for lane in 0..LANES.min(sends) {
        let drive = Drive {
            case: case.clone(),
            fate,
            pooled,
            chance: fastrand::Rng::with_seed(seed ^ (lane << 32)),
            servers: servers.clone(),
            authority: authority.clone(),
            lane: Lane::new(Arc::new(Post::default())),
        };
        lanes.spawn_local(drive.run(sends / LANES + u64::from(lane < sends % LANES)));
    }
    let mut all = Account::default();
    while let Some(account) = lanes.join_next().await {
        all.merge(&account.unwrap());
    }
    let total: u64 = all.verdicts.values().sum();
    assert_eq!(total, sends, "{case}: every send has one verdict");
    // The check would be empty if faults met no pooled connection.
    let is_read =
        |fault: &Fault| !matches!(fault, Fault::ResetAtAccept | Fault::CloseAtAccept | Fault::CloseUnread);
    if pooled && matches!(fate, Fate::Spoilt(faults) if faults.iter().all(is_read)) {
        assert!(all.pooled * 10 >= sends * 9, "{case}: {} of {sends} on a pooled connection", all.pooled);
    }
    all
}

/// These cases; what became of each.
async fn try_all(
    cases: &[(&str, Fate)],
    sends: u64,
    seed: u64,
    mut told: impl FnMut(&str, bool, &Account, Duration),
) {
    let servers = Arc::new(Servers::start());
    for &(name, fate) in cases {
        for pooled in [false, true] {
            if !pooled && matches!(fate, Fate::AtTheMoment(_)) {
                continue;
            }
            let started = Instant::now();
            let account = case(name, fate, pooled, sends, seed, &servers).await;
            told(name, pooled, &account, started.elapsed());
        }
    }
}

/// A few of each case.
async fn some(cases: &[(&str, Fate)]) {
    LocalSet::new().run_until(try_all(cases, 128, 1, |_, _, _, _| {})).await;
}

#[tokio::test]
async fn where_no_connection_is_made_the_server_read_nothing() {
    some(&UNCONNECTED).await;
}

#[tokio::test]
async fn nothing_that_was_read_is_taken_for_not_sent() {
    some(&SPOILT).await;
}

#[tokio::test]
async fn within_tls_nothing_that_was_read_is_taken_for_not_sent() {
    some(&WITHIN_TLS).await;
}

#[tokio::test]
async fn a_connection_that_ends_at_the_very_moment_proves_nothing() {
    some(&AT_THE_MOMENT).await;
}

#[tokio::test]
#[ignore = "a soak: minutes"]
async fn soak_network() {
    let (seed, sends) = (setting("SENDCAST_SOAK_SEED", 1), setting("SENDCAST_SOAK_SIZE", 10_000));
    let started = Instant::now();
    let mut all = Account::default();
    let told = |name: &str, pooled: bool, account: &Account, took: Duration| {
        let way = if pooled { "pooled" } else { "fresh" };
        println!("{name:30} {way:6} {:?} in {:.1} s", account.verdicts, took.as_secs_f64());
        all.merge(account);
    };
    let cases = [&UNCONNECTED[..], &SPOILT, &WITHIN_TLS, &AT_THE_MOMENT].concat();
    LocalSet::new().run_until(try_all(&cases, sends, seed, told)).await;
    let total: u64 = all.verdicts.values().sum();
    println!(
        "seed {seed}: {total} sends, {:?}; none wrongly taken for not sent, none read twice, in {:.0} s",
        all.verdicts,
        started.elapsed().as_secs_f64()
    );
}
