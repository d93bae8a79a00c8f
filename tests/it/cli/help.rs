//! What `--help` and messages tell people to type: each command of it is one that there is.

use std::collections::HashSet;
use std::path::Path;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use sendcast::cli::args::Cli;

/// A command's words as a shell would split them, up to a comment, a pipe or a redirection.
pub fn words(line: &str) -> Vec<String> {
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

/// Fails where no such command or option is. A name for what has to be written in its place (`CAMPAIGN`) is taken for it.
fn parses(line: &str, whole: bool) -> Result<(), String> {
    match Cli::try_parse_from(words(line)) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => Ok(()),
        // A message may name the command alone.
        Err(error)
            if !whole
                && matches!(
                    error.kind(),
                    ErrorKind::MissingRequiredArgument
                        | ErrorKind::MissingSubcommand
                        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
                ) =>
        {
            Ok(())
        }
        Err(error) => Err(format!("`{line}`: {error}")),
    }
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
        wrong.extend(lines.iter().filter_map(|line| parses(line, true).err()));
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stands between backticks in a text, lines joined.
fn ticked(text: &str) -> Vec<String> {
    text.split('`')
        .skip(1)
        .step_by(2)
        .map(|span| span.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect()
}

/// A source's spans: a string that goes on in the next line is one, and a paragraph's odd backtick spoils no other.
fn spans(source: &str) -> Vec<String> {
    let mut joined = String::new();
    for line in source.lines() {
        let line = line.trim_start();
        match line.strip_suffix('\\') {
            Some(line) => joined.push_str(line),
            None => {
                joined.push_str(line);
                joined.push('\n');
            }
        }
    }
    joined.lines().flat_map(ticked).collect()
}

fn sources(dir: &Path, found: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push((path.display().to_string(), std::fs::read_to_string(&path).unwrap()));
        }
    }
}

/// `{campaign}` and `…` stand for something that is written there.
fn filled(span: &str) -> String {
    let mut text = String::new();
    let mut depth = 0;
    for c in span.chars() {
        match c {
            '{' => depth += 1,
            '}' => {
                depth -= 1;
                text.push('x');
            }
            '…' => text.push('x'),
            c if depth == 0 => text.push(c),
            _ => {}
        }
    }
    text
}

#[test]
fn every_command_that_is_named_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts = Vec::new();
    sources(&root.join("src"), &mut texts);
    for name in ["README.md", "CHANGELOG.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "PROOF.md"] {
        texts.push((name.to_owned(), std::fs::read_to_string(root.join(name)).unwrap()));
    }
    let mut options: HashSet<String> = ["--help", "--version"].map(str::to_owned).into();
    each(&Cli::command(), "sendcast", &mut |command, _| {
        options.extend(command.get_arguments().filter_map(|arg| Some(format!("--{}", arg.get_long()?))));
    });
    let (mut wrong, mut commands) = (Vec::new(), 0);
    for (file, text) in &texts {
        for span in spans(text) {
            if span.starts_with("sendcast ") {
                commands += 1;
                wrong.extend(parses(&filled(&span), false).err().map(|why| format!("{file}: {why}")));
            } else if let Some(option) = span.split([' ', '=']).next().filter(|word| word.starts_with("--"))
                && file.contains("/src/")
                // Colours of a page begin so, too, and curl's options.
                && !file.contains("/report/") && !file.ends_with("/sendwo/http.rs")
                && option.len() > 2
                && !options.contains(option)
            {
                wrong.push(format!("{file}: no command takes `{option}`"));
            }
        }
    }
    assert!(commands > 60, "only {commands} were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
