//! Making things on several threads, and taking them in order. The threads end with the call.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::{Builder, available_parallelism, scope};

/// More threads than this bring nothing to one disk.
const MAX_THREADS: usize = 8;
/// Things that each thread has made and nobody has taken yet.
const MAX_WAITING_PER_THREAD: usize = 32;

/// Gives away what was made; `false` when nobody wants more.
pub(super) type Emit<'a, T> = dyn FnMut(T) -> bool + 'a;

/// Makes the things of `count` pieces, as many pieces at a time as there are cores, and hands them to `take` in their
/// order, until it fails. Of one piece, or where the system has no thread to give, all of it happens on the caller's.
pub(super) fn in_order<T: Send, E>(
    count: u32,
    make: impl Fn(u32, &mut Emit<'_, T>) + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let here = |n: u32, take: &mut dyn FnMut(T) -> Result<(), E>| {
        let mut taken = Ok(());
        make(n, &mut |made| {
            taken = take(made);
            taken.is_ok()
        });
        taken
    };
    let cores = available_parallelism().map_or(1, usize::from).min(MAX_THREADS).min(count as usize);
    if cores < 2 {
        return (0..count).try_for_each(|n| here(n, &mut take));
    }
    scope(|scope| {
        let start = |from: usize| -> Receiver<Option<T>> {
            let (send, receive) = sync_channel(MAX_WAITING_PER_THREAD);
            let make = &make;
            let work = move || {
                for n in (0..count).skip(from).step_by(cores) {
                    // Nobody takes any more once the caller has failed.
                    let mut wanted = true;
                    make(n, &mut |made| {
                        wanted = send.send(Some(made)).is_ok();
                        wanted
                    });
                    if !wanted || send.send(None).is_err() {
                        return;
                    }
                }
            };
            // Without a thread the other end hangs up, and the caller makes these itself.
            drop(Builder::new().spawn_scoped(scope, work));
            receive
        };
        let threads: Vec<_> = (0..cores).map(start).collect();
        for (n, made) in (0..count).zip(threads.iter().cycle()) {
            loop {
                match made.recv() {
                    Ok(Some(made)) => take(made)?,
                    Ok(None) => break,
                    Err(_) => {
                        here(n, &mut take)?;
                        break;
                    }
                }
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_made_once_and_taken_in_order() {
        for count in [0, 1, 2, 7, 1_000] {
            let mut taken = Vec::new();
            // More than a thread may have made ahead.
            let things = |n: u32| (0..n % 3 * 50).map(move |thing| (n, thing));
            let all = in_order(
                count,
                |n, emit| assert!(things(n).all(&mut *emit)),
                |made| {
                    taken.push(made);
                    Ok::<_, ()>(())
                },
            );
            assert_eq!(all, Ok(()));
            assert_eq!(taken, (0..count).flat_map(things).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_first_refusal_ends_it() {
        for count in [1, 1_000] {
            let mut last = 0;
            let refused = in_order(
                count,
                |n, emit| _ = (n * 200..(n + 1) * 200).all(emit),
                |made| {
                    last = made;
                    if made < 150 { Ok(()) } else { Err(made) }
                },
            );
            assert_eq!((refused, last), (Err(150), 150));
        }
    }
}
