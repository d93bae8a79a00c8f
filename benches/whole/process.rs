//! Runs a program and says what it took: wall clock, CPU, peak memory.

use std::io;
use std::process::{Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// What a program took.
pub struct Took {
    pub begun: Instant,
    pub wall: Duration,
    /// User and system time together, to 10 ms.
    pub cpu: Duration,
    /// MB resident at most, seen every few milliseconds; 0 where the system doesn't tell.
    pub peak: f64,
    pub status: ExitStatus,
}

/// Runs it to its end. `each` is called every few milliseconds, and may kill it.
pub fn run_while(command: &mut Command, mut each: impl FnMut(&mut std::process::Child)) -> io::Result<Took> {
    let before = children_cpu();
    let begun = Instant::now();
    let mut child = command.spawn()?;
    let mut peak = 0.0_f64;
    let status = loop {
        peak = peak.max(resident_peak(child.id()));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        each(&mut child);
        thread::sleep(Duration::from_millis(2));
    };
    let wall = begun.elapsed();
    Ok(Took { begun, wall, cpu: children_cpu().saturating_sub(before), peak, status })
}

/// Runs it to its end.
pub fn run(command: &mut Command) -> io::Result<Took> {
    run_while(command, |_| {})
}

/// CPU time of the children that were waited for.
fn children_cpu() -> Duration {
    cpu("self", 13)
}

/// CPU time of a process that runs, user and system.
pub fn cpu_of(process: u32) -> Duration {
    cpu(&process.to_string(), 11)
}

/// Two neighbouring times of a process's `stat`, from the one that stands so many fields behind its name. The kernel
/// counts in hundredths of a second.
fn cpu(process: &str, user: usize) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    // The name, in brackets, may hold anything.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(user).take(2).filter_map(|text| text.parse::<u64>().ok()).sum();
    Duration::from_millis(ticks * 10)
}

/// MB resident at most so far.
fn resident_peak(process: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    kilobytes.unwrap_or(0.0) / 1024.0
}
