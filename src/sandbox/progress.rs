//! Where a message stands: computed from its id, its acceptance and the time, whenever somebody asks.

use std::time::Duration;

use crate::domain::status::Status;
use crate::domain::time::Millis;

use super::options::Delivery;
use crate::domain::hash::splitmix;

/// What was drawn for a message when it was accepted, and stays with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fate {
    /// Meta's code when it fails after it was sent; 0 otherwise.
    pub(super) code: u32,
    /// It is never read.
    pub(super) unread: bool,
}

impl Fate {
    /// Draws it; `news` is the fault plan's word on it.
    pub(super) fn draw(delivery: &Delivery, hash: u64, news: Option<u32>) -> Fate {
        let failing = delivery.failing.takes(splitmix(hash ^ 1)).then_some(delivery.failing_code);
        Fate { code: news.or(failing).unwrap_or(0), unread: delivery.unread.takes(splitmix(hash ^ 2)) }
    }
}

/// Where it stands, and since when.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Progress {
    /// `Accepted`, `Sent`, `Delivered`, `Read` or `Failed`.
    pub(super) status: Status,
    /// When it was accepted, sent or delivered, the last of these.
    pub(super) updated: Millis,
    pub(super) read: Option<Millis>,
    pub(super) failed: Option<Millis>,
}

/// What happens to a message, and when: sent, delivered, and read where it is; or sent and failed.
pub(super) fn steps(
    accepted: Millis,
    hash: u64,
    fate: Fate,
    delivery: &Delivery,
) -> impl Iterator<Item = (Status, Millis)> + use<> {
    let sent = accepted + delivery.sent.pick(splitmix(hash ^ 3));
    let arrived = sent + delivery.delivered.pick(splitmix(hash ^ 4));
    let read = arrived + delivery.read.pick(splitmix(hash ^ 5));
    let fails = fate.code != 0;
    let arrives = if fails { Status::Failed } else { Status::Delivered };
    let is_read = !fails && !fate.unread;
    [(Status::Sent, sent), (arrives, arrived)].into_iter().chain(is_read.then_some((Status::Read, read)))
}

impl Progress {
    /// Where a message stands `now` that was accepted at `accepted`.
    pub(super) fn at(now: Millis, accepted: Millis, hash: u64, fate: Fate, delivery: &Delivery) -> Progress {
        let fresh = Progress { status: Status::Accepted, updated: accepted, read: None, failed: None };
        let past = steps(accepted, hash, fate, delivery).take_while(|(_, at)| *at <= now);
        past.fold(fresh, |before, (status, at)| match status {
            Status::Read => Progress { status, read: Some(at), ..before },
            Status::Failed => Progress { status, failed: Some(at), ..before },
            _ => Progress { status, updated: at, ..before },
        })
    }
}

/// A time as the server writes it: its own zone, unnamed.
pub(super) fn local_time(at: Millis, offset_minutes: i32) -> String {
    let minutes = Duration::from_secs(u64::from(offset_minutes.unsigned_abs()) * 60);
    let shifted = if offset_minutes < 0 { at - minutes } else { at + minutes };
    let stamp = i64::try_from(shifted.0).ok().and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    stamp.map(|stamp| stamp.strftime("%Y-%m-%d %H:%M:%S").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_moves_forward_within_its_spans() {
        let delivery = Delivery::default();
        let accepted = Millis(1_700_000_000_000);
        for message in 0..200_u64 {
            let hash = splitmix(message);
            let fate = Fate::draw(&delivery, hash, None);
            let at =
                |ms: u64| Progress::at(accepted + Duration::from_millis(ms), accepted, hash, fate, &delivery);
            assert_eq!(at(0).status, Status::Accepted);
            assert_eq!(at(299).status, Status::Accepted);
            let mut last = at(0).status;
            for ms in (0..15_000).step_by(25) {
                let now = at(ms).status;
                assert!(now >= last || now == Status::Failed, "{last} then {now}");
                last = now;
            }
            let end = at(15_000);
            match (fate.code, fate.unread) {
                (0, false) => assert_eq!(end.status, Status::Read),
                (0, true) => assert_eq!(end.status, Status::Delivered),
                _ => assert_eq!((end.status, end.failed.is_some()), (Status::Failed, true)),
            }
        }
    }

    #[test]
    fn times_are_written_in_the_servers_zone() {
        let at = Millis(1_722_153_063_000);
        assert_eq!(local_time(at, 0), "2024-07-28 07:51:03");
        assert_eq!(local_time(at, 330), "2024-07-28 13:21:03");
        assert_eq!(local_time(at, -480), "2024-07-27 23:51:03");
    }
}
