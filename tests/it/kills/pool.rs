//! Trying many things at a time, and processes that must come to an end.

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How long a process may take: longer is a hang.
const LONGEST: Duration = Duration::from_secs(90);

/// Tries each case, so many at a time: most of a case is waiting. All are tried before a breach is told of.
pub fn each<C, T>(cases: &[C], threads: usize, attempt: impl Fn(&C) -> T + Sync) -> Vec<T>
where
    C: Debug + Sync,
    T: Send,
{
    let (done, breaches, next) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // What was breached has been said on stderr by then.
                    match catch_unwind(AssertUnwindSafe(|| attempt(case))) {
                        Ok(told) => done.lock().unwrap().push(told),
                        Err(_) => breaches.lock().unwrap().push(case),
                    }
                }
            });
        }
    });
    let breaches = breaches.into_inner().unwrap();
    assert!(breaches.is_empty(), "{} of {}: {breaches:#?}", breaches.len(), cases.len());
    done.into_inner().unwrap()
}

/// Starts a process whose words are kept.
pub fn start(command: &mut Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for its end, which must come, and without a panic.
pub fn end(mut process: Child) -> Output {
    let begun = Instant::now();
    while process.try_wait().unwrap().is_none() {
        if begun.elapsed() > LONGEST {
            process.kill().unwrap();
            panic!("it hangs; it said: {}", said(&process.wait_with_output().unwrap()));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = process.wait_with_output().unwrap();
    let said = said(&output);
    let panicked = said.contains("panicked") || matches!(output.status.code(), Some(101 | 134));
    assert!(!panicked, "{}: {said}", output.status);
    output
}

/// Runs a process to its end.
pub fn run(command: &mut Command) -> Output {
    end(start(command))
}

/// What it said on stderr.
pub fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
