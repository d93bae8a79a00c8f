//! Damaged images: real rounds on a real file system, with real sled, in every shape that a round has, and
//! copies of them damaged as disks, crashes and people damage files. What a run and readers then do is judged
//! against the truth, which is kept apart from the files:
//!
//! - either it is refused: the error names a file and a remedy, and nothing on disk was changed;
//! - or it opens, and then nobody is lost (every row is there, with a status), nobody to whom a message was
//!   released is claimable again unless it is known that it wasn't accepted, doubts are exactly those of the
//!   journal, and no durable outcome is forgotten or altered.
//!
//! Never a panic, never a hang, and no more memory than the files are worth.
//!
//! Out of scope, because nothing on disk could tell: the journal, the commit marker and the states all set back to
//! earlier moments (the drawing leaves such images out), and the opt-out list together with what is
//! remembered of it.

mod harm;
mod judge;
mod shapes;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use super::*;
use harm::Harm;
use judge::Verdict;
use shapes::Shape;

/// An image that isn't judged by then hangs.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn damaged_images_are_refused_or_right() {
    let tally = judge_images(11, 150, 2);
    let refused = tally.values().map(|(refused, _)| refused).sum::<u64>();
    let opened = tally.values().map(|(_, opened)| opened).sum::<u64>();
    assert!(refused > 20 && opened > 20, "{refused} refused, {opened} opened: the drawing is one-sided");
}

#[test]
#[ignore = "the full form: .ci/soak images"]
fn soak_images() {
    let seed = crate::kills::setting("SENDCAST_SOAK_SEED", 1);
    let size = crate::kills::setting("SENDCAST_SOAK_SIZE", 10_000);
    let before = virtual_memory();
    let tally = judge_images(seed, size, 4);
    for (what, (refused, opened)) in &tally {
        println!("{what:12} {refused:5} refused {opened:5} opened and right");
    }
    println!("seed {seed}: {size} images, and the promise held in each");
    // A length of 4 GB that is believed shows here, touched or not.
    let grown = virtual_memory().saturating_sub(before);
    assert!(grown < 3 << 20, "{grown} KB of address space more than at the start");
}

/// Judges images; the tally is by the first file that was harmed.
fn judge_images(seed: u64, size: u64, threads: u64) -> BTreeMap<String, (u64, u64)> {
    sendcast::sys::panics::silence_caught_panics();
    let home = tempfile::tempdir().unwrap();
    let shapes: Arc<Vec<Shape>> = Arc::new(shapes::all(home.path()));
    for shape in shapes.iter() {
        // The harness itself: what isn't damaged opens.
        let (what, verdict) = judged(shape, &[], 0);
        assert!(matches!(verdict, Ok(Verdict::Opened)), "{}, {what}, unharmed: {verdict:?}", shape.name);
    }
    let (sender, receiver) = mpsc::channel();
    let next = Arc::new(AtomicU64::new(0));
    for _ in 0..threads {
        let (sender, next, shapes) = (sender.clone(), next.clone(), shapes.clone());
        std::thread::spawn(move || {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= size {
                    return;
                }
                let mut chance = fastrand::Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(n));
                let shape = &shapes[chance.usize(..shapes.len())];
                let harms = harm::draw(shape, &mut chance);
                let (what, verdict) = judged(shape, &harms, chance.u64(..));
                if sender.send((n, shape.name, what, verdict)).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    let mut tally: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for done in 0..size {
        let (n, shape, what, verdict) = receiver
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|error| panic!("seed {seed}: {done} images judged, and then {error}"));
        let first = what.split_whitespace().next().unwrap_or("-").to_owned();
        let (refused, opened) = tally.entry(first).or_default();
        match verdict {
            Ok(Verdict::Refused) => *refused += 1,
            Ok(Verdict::Opened) => *opened += 1,
            Err(why) => panic!("seed {seed}, image {n}, {shape}, {what}: {why}"),
        }
    }
    tally
}

/// Copies a shape, harms the copy, and has it judged. Yields the harm in words.
fn judged(shape: &Shape, harms: &[Harm], seed: u64) -> (String, Result<Verdict, String>) {
    let copy = tempfile::tempdir().unwrap();
    copy_dir(&shape.data, copy.path());
    let mut chance = fastrand::Rng::with_seed(seed);
    let done: Vec<_> =
        harms.iter().filter_map(|harm| harm.inflict(shape, copy.path(), &mut chance)).collect();
    let judged = catch_unwind(AssertUnwindSafe(|| run(judge::image(shape, copy.path(), harms))));
    let verdict = judged.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        Err(text.or_else(|| panic.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default())
    });
    (done.join(", "), verdict)
}

fn copy_dir(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_dir(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// The most address space that the process had, in KB; 0 where the system doesn't say.
fn virtual_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmPeak:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}
