//! A question that a person answers with yes or no, or with a line of text.

use std::io::{self, BufRead, IsTerminal, Write};

use super::printer::Printer;
use super::sanitize;
use crate::sys::platform::{Terminal, controlling_terminal};

/// How often an answer that is neither yes nor no is asked for again.
const TRIES: usize = 3;

/// What was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No, nothing at all (Enter, the end of the input), or nothing that could be understood.
    No,
    /// Nobody was asked: there is no terminal.
    NoTerminal,
}

/// Whether somebody can be asked: on stdin and stderr, else on the terminal that the process was started from.
#[must_use]
pub fn can_ask(printer: &Printer) -> bool {
    is_attended(printer) || controlling_terminal().is_some()
}

fn is_attended(printer: &Printer) -> bool {
    io::stdin().is_terminal() && printer.is_attended()
}

/// Asks, on a terminal; Enter alone means no. `shown` is rendered and shown before. Blocks until a line is read.
#[must_use]
pub fn confirm(printer: &Printer, shown: &str, question: &str) -> Answer {
    on_terminal(printer, shown, |say, input| ask(say, question, input)).unwrap_or(Answer::NoTerminal)
}

/// Asks for a line of text in the same way. `None` where there is no terminal, or no further line.
#[must_use]
pub fn enter(printer: &Printer, shown: &str, question: &str) -> Option<String> {
    on_terminal(printer, shown, |say, input| line(say, question, input)).flatten()
}

fn on_terminal<T>(
    printer: &Printer,
    shown: &str,
    ask: impl FnOnce(&mut dyn FnMut(&str), &mut dyn BufRead) -> T,
) -> Option<T> {
    if is_attended(printer) {
        printer.block(shown);
        return Some(ask(&mut |text| printer.ask(text), &mut io::stdin().lock()));
    }
    let Terminal { input, mut output } = controlling_terminal()?;
    // Whatever stderr is, the question and what it is about are to be seen where it is answered.
    let shown = anstream::adapter::strip_str(&sanitize::styled(shown)).to_string();
    let mut say = |text: &str| {
        // A terminal that is gone has nobody to answer either.
        let _ = write!(output, "{} ", sanitize::block(text));
        let _ = output.flush();
    };
    if !shown.is_empty() {
        say(shown.trim_end());
        say("\n");
    }
    Some(ask(&mut say, &mut io::BufReader::new(input)))
}

fn line(say: &mut dyn FnMut(&str), question: &str, input: &mut dyn BufRead) -> Option<String> {
    say(question);
    let mut bytes = Vec::new();
    match input.read_until(b'\n', &mut bytes) {
        Ok(0) | Err(_) => {
            // What follows stands on a line of its own.
            say("\n");
            None
        }
        Ok(_) => Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned()),
    }
}

fn ask(say: &mut dyn FnMut(&str), question: &str, input: &mut dyn BufRead) -> Answer {
    let question = format!("{question} [y/N]");
    for _ in 0..TRIES {
        say(&question);
        let mut line = String::new();
        match input.read_line(&mut line) {
            Ok(0) | Err(_) => return Answer::No,
            Ok(_) => {}
        }
        match line.trim().to_lowercase().as_str() {
            "y" | "yes" => return Answer::Yes,
            "" | "n" | "no" => return Answer::No,
            _ => say("please answer y or n."),
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
        let answer = ask(&mut |text| printer.ask(text), "send to 1,200 people?", &mut input.as_bytes());
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
}
