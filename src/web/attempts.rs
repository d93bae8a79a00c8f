//! How often a password may be tried: five times, then once a minute for each address, and ten times a minute in all.
//!
//! An address is that of the connection: what a header says of it can be made up. Behind a proxy all connections are the
//! proxy's, and share what one has.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use crate::domain::time::Millis;

/// Of one address.
const FEW: Limit = Limit { at_once: 5, every: Duration::from_mins(1) };
/// Of all.
const ALL: Limit = Limit { at_once: 10, every: Duration::from_secs(6) };

/// So many at once, and one more each time this has passed.
#[derive(Clone, Copy, Debug)]
struct Limit {
    at_once: u32,
    every: Duration,
}

/// What was tried, as of when.
#[derive(Clone, Copy, Debug, Default)]
struct Tried {
    times: u32,
    since: Millis,
}

impl Tried {
    /// As it is now: what has passed was forgiven.
    fn at(self, now: Millis, limit: Limit) -> Tried {
        let passed = now.since(self.since).as_millis() / limit.every.as_millis();
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        match self.times.saturating_sub(passed) {
            0 => Tried { times: 0, since: now },
            // The part of a time that has begun counts.
            times => Tried { times, since: self.since + limit.every * passed },
        }
    }

    /// How long until one more may be tried.
    fn wait(self, now: Millis, limit: Limit) -> Option<Duration> {
        (self.times >= limit.at_once).then(|| limit.every.saturating_sub(now.since(self.since)))
    }
}

/// All attempts that count still.
#[derive(Debug, Default)]
pub struct Attempts {
    of: HashMap<IpAddr, Tried>,
    all: Tried,
}

impl Attempts {
    /// Counts one.
    ///
    /// # Errors
    /// How long to wait, where too many were made; it isn't looked at then, and doesn't count.
    pub fn take(&mut self, from: IpAddr, now: Millis) -> Result<(), Duration> {
        // No more addresses are kept than attempts that count: nobody fills the memory.
        self.of.retain(|_, tried| tried.at(now, FEW).times > 0);
        self.all = self.all.at(now, ALL);
        let of = self.of.get(&network(from)).copied().unwrap_or_default().at(now, FEW);
        let waits = [of.wait(now, FEW), self.all.wait(now, ALL)];
        if let Some(wait) = waits.into_iter().flatten().max() {
            return Err(wait);
        }
        self.all.times += 1;
        self.of.insert(network(from), Tried { times: of.times + 1, ..of });
        Ok(())
    }

    /// What an address has tried was right in the end.
    pub fn forgive(&mut self, from: IpAddr) {
        self.of.remove(&network(from));
    }
}

/// Who has one address of IPv6 has 2⁶⁴ of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6((v6.to_bits() >> 64 << 64).into()),
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Millis = Millis(1_800_000_000_000);
    const A: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

    #[test]
    fn five_then_one_a_minute() {
        let mut attempts = Attempts::default();
        let tried = (0..100).filter(|_| attempts.take(A, START).is_ok()).count();
        assert_eq!(tried, 5);
        let later = START + Duration::from_secs(59);
        assert_eq!(attempts.take(A, later), Err(Duration::from_secs(1)));
        let minutes = (1..=3).map(|n| START + Duration::from_mins(n));
        assert!(minutes.into_iter().all(|at| attempts.take(A, at).is_ok() && attempts.take(A, at).is_err()));
        attempts.forgive(A);
        assert!(attempts.take(A, START + Duration::from_mins(3)).is_ok(), "the right one was given");
    }

    #[test]
    fn ten_a_minute_in_all_and_an_address_is_a_network() {
        let mut attempts = Attempts::default();
        let each = |n: u32| IpAddr::from(n.to_be_bytes());
        let tried = (0..100_000).filter(|n| attempts.take(each(*n), START).is_ok()).count();
        assert_eq!(tried, 10);
        assert_eq!(attempts.of.len(), 10);
        assert!(attempts.take(each(1 << 20), START + Duration::from_secs(6)).is_ok());
        let v6 = |n: u128| IpAddr::from((0x2001_0db8_u128 << 96 | n).to_be_bytes());
        assert_eq!(network(v6(1)), network(v6(2)));
        assert_ne!(network(v6(1)), network(v6(1 << 64)));
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), A);
    }
}
