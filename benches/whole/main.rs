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

use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [word, url, count, in_flight] = &arguments[..]
        && word == "bare-loop"
    {
        let number = |text: &str| text.parse().expect("a number");
        return match bare::run(url, number(count), number(in_flight)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    match figures::run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
