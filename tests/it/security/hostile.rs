//! Hostile files, templates, names and servers: each case is tried on the binary, with little memory and little time.
//!
//! Held for every case: it ends by itself, with an exit code and no signal; it says nothing that a terminal takes for
//! an order; no panic. A refusal is an `error:` with a `hint:`, and has in it what the case asks for (the file, the
//! place). What is taken as data goes on.

mod audiences;
mod campaigns;
mod case;
mod names;
mod served;
mod templates;
mod tokens;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use case::Case;

fn all() -> Vec<Case> {
    [audiences::cases(), campaigns::cases(), names::cases(), templates::cases(), tokens::cases()].concat()
}

#[test]
fn each_is_refused_with_a_reason_or_taken_as_data() {
    try_all(false);
}

/// The full form: every command of every case, and every server against every command.
#[test]
#[ignore = "the full form; its short form is in the suite"]
fn soak_security() {
    let cases = try_all(true);
    let servers = served::try_all(true);
    super::canaries::every_command(true);
    println!(
        "{cases} hostile files, names and templates, {servers} hostile servers; nothing depends on a seed"
    );
}

fn try_all(full: bool) -> usize {
    let cases = all();
    assert!(cases.len() >= 100, "{} cases", cases.len());
    let mut names: Vec<_> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len(), "two cases have one name");
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(what) = case.try_out(full) {
                        failures.lock().unwrap().push(format!("{}: {what}", case.name));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), cases.len(), failures.join("\n"));
    cases.len()
}
