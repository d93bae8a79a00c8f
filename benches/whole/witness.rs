//! The sink as a program of its own, for those who measure from outside (`benches/peers`): it prints its URL, then
//! answers each line that it reads with one line of JSON.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::sink::{Seen, Sink};

/// Serves until stdin ends.
pub fn run(delay: Duration) -> io::Result<()> {
    let sink = Sink::counting(delay)?;
    println!("{}", sink.url());
    let mut since = Instant::now();
    for line in io::stdin().lines() {
        let told = match line?.trim() {
            "reset" => {
                sink.reset();
                since = Instant::now();
                json!({})
            }
            "report" => report(&sink.seen(), since),
            other => return Err(io::Error::other(format!("neither reset nor report: {other}"))),
        };
        println!("{told}");
    }
    Ok(())
}

/// Seconds count from the reset.
fn report(seen: &Seen, since: Instant) -> Value {
    let seconds = |at: Instant| at.saturating_duration_since(since).as_secs_f64();
    let mut times: HashMap<u64, usize> = HashMap::new();
    for recipient in &seen.recipients {
        *times.entry(*recipient).or_default() += 1;
    }
    let once = times.values().filter(|count| **count == 1).count();
    json!({
        "posts": seen.posts.len(),
        "first_post_s": seen.posts.first().copied().map(seconds),
        "last_answer_s": seen.answered.map(seconds),
        "rate": seen.rate(),
        "distinct": times.len(),
        "once": once,
        "twice_or_more": times.len() - once,
    })
}
