//! The whole program against a sink, and the references in the same run: `cargo bench --bench whole -- [FIGURE…]`.
//!
//! Each figure prints a table of rounds and the medians. Client and sink share the machine's cores; so do the
//! references. See BENCHMARKS.md.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it prints its figures")]
#![expect(clippy::expect_used, reason = "a bench that can't go on tells why and ends")]

mod bare;
mod figures;
mod ours;
mod process;
mod sink;
mod witness;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<u32>().expect("a number");
    let ended = match words[..] {
        ["bare-loop", url, count, in_flight] => {
            bare::run(url, number(count) as usize, number(in_flight) as usize).map_err(io::Error::other)
        }
        ["sink"] => witness::run(Duration::ZERO),
        ["sink", "--delay-ms", delay] => witness::run(Duration::from_millis(number(delay).into())),
        _ => figures::run(&arguments),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
