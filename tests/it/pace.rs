//! The pace over restarts, judged by when the POSTs arrived at a server in a process of its own.
#![cfg(test)]

mod adapting;
mod limiter;
mod outage;
mod policy;
mod refused;
mod restarts;
mod retries;
mod schedule;
mod server;
mod stage;
mod turns;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use sendcast::sandbox::NumberStats;

use crate::kills::desk::Desk;
#[cfg(unix)]
use crate::kills::desk::signal;
use crate::kills::server::Server;
use crate::kills::setting;

/// Sees how late the machine wakes those who sleep: so much may an arrival's stamp be off.
struct Witness {
    over: Arc<AtomicBool>,
    thread: JoinHandle<Duration>,
}

impl Witness {
    fn start() -> Witness {
        let over = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            let mut worst = Duration::ZERO;
            while !ended.load(Ordering::Relaxed) {
                let asleep = Instant::now();
                std::thread::sleep(Duration::from_millis(1));
                worst = worst.max(asleep.elapsed());
            }
            worst
        });
        Witness { over, thread }
    }

    /// The longest that a sleep of a millisecond took.
    fn worst(self) -> Duration {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

/// How a run is ended before the next.
#[derive(Clone, Copy)]
enum End {
    Killed,
    #[cfg(unix)]
    Asked,
}

/// What arrived, and how far the machine's lateness may have moved it.
struct Seen {
    stats: NumberStats,
    late: Duration,
}

impl Seen {
    /// What so many seconds hold at the most: 0.995 of the rate, the pacer's four milliseconds, and one for
    /// the first. A stamp comes late when the server does, so that a stall makes a bunch of what was spread; the
    /// witness may have slept through a longer one than its own, hence twice.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    fn at_most(&self, rate: f64, seconds: f64) -> u64 {
        (0.995 * rate * (seconds + 0.004 + 2.0 * self.late.as_secs_f64())) as u64 + 1
    }

    /// No sliding second, and no row of whole seconds, holds more than the rate.
    fn keeps(&self, rate: f64) {
        let most = self.at_most(rate, 1.0);
        let stats = &self.stats;
        assert!(stats.max_per_second <= most, "{} in a second, not {most}: {self}", stats.max_per_second);
        let seconds: Vec<(u64, u64)> = stats.seconds.iter().map(|(at, count)| (*at, *count)).collect();
        for (n, (from, _)) in seconds.iter().enumerate() {
            let mut sum = 0;
            for (at, count) in &seconds[n..] {
                sum += count;
                let span = at - from + 1;
                let most = self.at_most(rate, f64::from(u32::try_from(span).unwrap()));
                assert!(sum <= most, "{sum} in {span} seconds, not {most}: {self}");
            }
        }
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} POSTs, at most {} in a second; in each: {:?}; the machine was late by {:.1?} at most",
            self.stats.posts,
            self.stats.max_per_second,
            self.stats.seconds.values().collect::<Vec<_>>(),
            self.late
        )
    }
}

/// Sends at this rate in as many runs as there are ends. Each lasts `span` from its first POST on.
fn restarted(rate: &str, people: usize, span: Duration, ends: &[End]) -> Seen {
    let server = Server::start("", 1);
    let desk = Desk::with(&server.url, people);
    let witness = Witness::start();
    for end in ends {
        let before = server.stats().posts;
        let mut run = desk.start(&format!("--rate {rate} --offline"));
        let ended = || run.try_wait().unwrap().is_some();
        assert!(server.wait_for_posts(before + 1, Duration::from_secs(30), ended), "{}", desk.said());
        std::thread::sleep(span);
        match end {
            End::Killed => run.kill().unwrap(),
            #[cfg(unix)]
            End::Asked => signal(&run, "TERM"),
        }
        run.wait().unwrap();
    }
    let late = witness.worst();
    let stats = server.stats();
    assert!(stats.duplicates.is_empty());
    Seen { stats: stats.numbers["PHONE_NUMBER_ID"].clone(), late }
}

#[test]
fn two_restarts_and_no_second_holds_more_than_the_rate() {
    #[cfg(unix)]
    let ends = [End::Killed, End::Asked, End::Killed];
    #[cfg(not(unix))]
    let ends = [End::Killed; 3];
    let seen = restarted("80/s", 1_000, Duration::from_millis(1_400), &ends);
    seen.keeps(80.0);
    assert!(seen.stats.posts > 80, "{seen}");
}

/// Killed as soon as its first POST arrives, ten times: were each start good for one, there would be dozens.
#[test]
fn a_restart_grants_nothing() {
    let seen = restarted("4/s", 100, Duration::ZERO, &[End::Killed; 10]);
    seen.keeps(4.0);
    assert!(seen.stats.posts >= 10, "{seen}");
}

/// `SENDCAST_SOAK_SIZE` seconds (20) at 80 a second and at 1,000, with a restart about every second.
#[test]
#[ignore = "a soak: run it with `.ci/soak pace`"]
fn soak_pace() {
    let seconds = setting("SENDCAST_SOAK_SIZE", 20);
    println!("{seconds} seconds at each pace; nothing is drawn, whatever the seed");
    let ends = vec![End::Killed; usize::try_from(seconds).unwrap()];
    for (rate, per_second, people) in [("80/s", 80.0, 82), ("1000/s", 1_000.0, 1_100)] {
        let seen = restarted(rate, people * ends.len() + people, Duration::from_secs(1), &ends);
        println!("{rate}: {seen}");
        seen.keeps(per_second);
    }
}
