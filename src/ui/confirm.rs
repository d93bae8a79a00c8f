//! A question that a person answers with yes or no.

use std::io::{self, BufRead, IsTerminal};

use super::printer::Printer;

/// How often an answer that is neither yes nor no is asked for again.
const TRIES: usize = 3;

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No, nothing at all (Enter, the end of the input), or nothing that could be understood.
    No,
    /// Nobody was asked: stdin or stderr is no terminal.
    NoTerminal,
}

/// Asks, on a terminal; Enter alone means no. Blocks until a line is read.
#[must_use]
pub fn confirm(printer: &Printer, question: &str) -> Answer {
    if !io::stdin().is_terminal() || !printer.is_attended() {
        return Answer::NoTerminal;
    }
    ask(printer, question, &mut io::stdin().lock())
}

fn ask(printer: &Printer, question: &str, input: &mut impl BufRead) -> Answer {
    let question = format!("{question} [y/N]");
    for _ in 0..TRIES {
        printer.ask(&question);
        let mut line = String::new();
        match input.read_line(&mut line) {
            Ok(0) | Err(_) => return Answer::No,
            Ok(_) => {}
        }
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Answer::Yes,
            "" | "n" | "no" => return Answer::No,
            _ => printer.ask("please answer y or n."),
        }
    }
    Answer::No
}

#[cfg(test)]
mod tests {
    use super::super::printer::Settings;
    use super::*;

    fn answer(input: &str) -> (Answer, String) {
        let (printer, captured) = Printer::captured(Settings::default());
        let answer = ask(&printer, "send to 1,200 people?", &mut input.as_bytes());
        (answer, captured.stderr())
    }

    #[test]
    fn only_a_clear_yes_is_a_yes() {
        for (input, expected) in [
            ("y\n", Answer::Yes),
            (" YES \r\n", Answer::Yes),
            ("\n", Answer::No),
            ("n\n", Answer::No),
            ("", Answer::No),
            ("sure\nok\nyep\ny\n", Answer::No),
            ("what?\ny\n", Answer::Yes),
        ] {
            assert_eq!(answer(input).0, expected, "{input:?}");
        }
    }

    #[test]
    fn the_question_says_what_enter_means() {
        assert_eq!(answer("y\n").1, "send to 1,200 people? [y/N] ");
        assert!(answer("x\ny\n").1.contains("please answer y or n. send to"));
    }

    #[test]
    fn nobody_is_asked_without_a_terminal() {
        let (printer, captured) = Printer::captured(Settings::default());
        assert_eq!(confirm(&printer, "really?"), Answer::NoTerminal);
        assert_eq!(captured.stderr(), "");
    }
}
