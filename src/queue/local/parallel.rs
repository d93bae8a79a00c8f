//! Making things on several threads, and taking them in order.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, available_parallelism, scope};

/// More threads than this bring nothing to one disk.
const THREADS: usize = 8;
/// Fewer things than this aren't worth a thread.
const FEW: u32 = 16;
/// Things that each thread has made and nobody has taken yet.
const DEPTH: usize = 2;

/// Makes `count` things, as many at a time as there are cores, and hands them to `take` in their order, until it
/// fails. Where few are made, or the system has no thread to give, all of it happens on the caller's.
pub(super) fn in_order<T: Send, E>(
    count: u32,
    make: impl Fn(u32) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let cores = if count < FEW { 1 } else { available_parallelism().map_or(1, usize::from).min(THREADS) };
    if cores == 1 {
        return (0..count).try_for_each(|n| take(make(n)));
    }
    scope(|scope| {
        let start = |from: usize| -> Receiver<T> {
            let (send, receive) = sync_channel(DEPTH);
            let make = &make;
            let mine = (0..count).skip(from).step_by(cores);
            // Nobody takes any more once the caller has failed.
            let work = move || mine.map(make).try_for_each(|made| send.send(made));
            // Without a thread the other end hangs up, and the caller makes these itself.
            drop(Builder::new().spawn_scoped(scope, work));
            receive
        };
        let threads: Vec<_> = (0..cores).map(start).collect();
        (0..count)
            .zip(threads.iter().cycle())
            .try_for_each(|(n, made)| take(made.recv().unwrap_or_else(|_| make(n))))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_made_once_and_taken_in_order() {
        for count in [0, 1, FEW - 1, FEW, 1_000] {
            let mut taken = Vec::new();
            let all = in_order(
                count,
                |n| n * 3,
                |made| {
                    taken.push(made);
                    Ok::<_, ()>(())
                },
            );
            assert_eq!(all, Ok(()));
            assert_eq!(taken, (0..count).map(|n| n * 3).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_refusal_ends_it() {
        let mut last = 0;
        let refused = in_order(
            1_000,
            |n| n,
            |made| {
                last = made;
                if made < 100 { Ok(()) } else { Err(made) }
            },
        );
        assert_eq!((refused, last), (Err(100), 100));
    }
}
