//! What `--help` tells people to type: each command of it is one that there is.

use clap::{CommandFactory, Parser};
use sendcast::cli::args::Cli;

/// A command's words as a shell would split them, up to a comment, a pipe or a redirection.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), c) => word.get_or_insert_default().push(c),
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, '|' | '<' | '>' | '&' | ';') => break,
            (None, '#') if word.is_none() => break,
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (None, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// Fails where no such command or option is.
fn parses(line: &str) -> Result<(), String> {
    Cli::try_parse_from(words(line)).map(drop).map_err(|error| format!("`{line}`: {error}"))
}

fn each(command: &clap::Command, path: &str, look: &mut dyn FnMut(&clap::Command, &str)) {
    look(command, path);
    for sub in command.get_subcommands().filter(|sub| sub.get_name() != "help") {
        each(sub, &format!("{path} {}", sub.get_name()), look);
    }
}

#[test]
fn every_command_has_an_example_of_itself() {
    let mut wrong = Vec::new();
    each(&Cli::command(), "sendcast", &mut |command, path| {
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        let (_, examples) = help.split_once("Example").unwrap_or_default();
        let lines: Vec<_> = examples.lines().filter_map(|line| line.strip_prefix("  ")).collect();
        if !lines.iter().any(|line| line.starts_with(path)) {
            wrong.push(format!("`{path} --help` has no example of it"));
        }
        wrong.extend(lines.iter().filter_map(|line| parses(line).err()));
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
