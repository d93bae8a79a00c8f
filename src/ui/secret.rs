//! A question whose answer nobody is to see.

use std::io::{self, IsTerminal};

use console::Term;
use secrecy::SecretString;

use super::printer::Printer;

/// Asks on a terminal for one line, which isn't shown as it is typed or pasted. `None`: nobody was asked, because stdin
/// or stderr is no terminal. Blocks until a line is read.
///
/// # Errors
/// Whatever the terminal said.
pub fn secret(printer: &Printer, question: &str) -> io::Result<Option<SecretString>> {
    if !io::stdin().is_terminal() || !printer.is_attended() {
        return Ok(None);
    }
    printer.ask(question);
    Term::stderr().read_secure_line().map(|line| Some(SecretString::from(line)))
}
