//! Any text as a template over any row.
//!
//! Input, parted by the byte 0x1f: the template, three cells, and a campaign variable in JSON. What must hold:
//!
//! - Compiling and rendering end within their fuel, in a text of bounded length or in words, and give the same
//!   text each time. The row's cells come back as they were.
//! - Where the template is nothing but text and `{{ names }}`, it renders to what a simple substitution gives:
//!   nobody reads a hole, an empty cell is undefined, a cell is never read as a template.

use std::collections::BTreeMap;

use sendcast::campaign::template::{TemplateError, Templates};
use sendcast::domain::text::Cell;
use serde_json::{Value, json};

const COLUMNS: [&str; 3] = ["First Name", "City", "message"];
/// What a rendering may come to: 64 bytes for each of 20,000 units of fuel, and the template's own last piece.
const LONGEST: usize = 64 * 20_000 + 65_536;

pub fn check(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut parts = text.split('\u{1f}');
    let source = parts.next().unwrap_or_default();
    let cells: Vec<Cell> = (0..3).map(|_| parts.next().unwrap_or_default().into()).collect();
    let given = parts.next().and_then(|json| serde_json::from_str(json).ok()).unwrap_or(json!([1, 2, 3]));
    let variables: BTreeMap<String, Value> = [
        ("ends".to_owned(), json!("Sunday")),
        ("off".to_owned(), json!(20)),
        ("city".to_owned(), json!("your town")),
        ("blank".to_owned(), json!(" \u{200b}")),
        ("given".to_owned(), given),
    ]
    .into();
    let columns = COLUMNS.map(str::to_owned);
    let mut templates = Templates::new(&columns, &variables);
    templates.literal(true);

    templates.hold(cells.clone(), Vec::new());
    let own = bounded(templates.render_cell(2));
    assert_eq!(templates.release(), cells);

    let compiled = match templates.compile(source) {
        Ok(compiled) => compiled,
        Err(error) => {
            assert!(!error.what.is_empty() && error.everywhere);
            assert!(!matches!(expected(source, &cells), Some(Some(_))), "not compiled: {}", error.what);
            return;
        }
    };
    templates.hold(cells.clone(), Vec::new());
    let rendered = bounded(templates.render(&compiled));
    if !is_costly(&rendered) {
        assert_eq!(rendered, bounded(templates.render(&compiled)), "another text the second time");
    }
    // The row's own template isn't touched by the one that was compiled since.
    if !is_costly(&own) {
        assert_eq!(own, bounded(templates.render_cell(2)));
    }
    assert_eq!(templates.release(), cells);
    if let Some(expected) = expected(source, &cells) {
        assert_eq!(rendered.ok(), expected, "{source:?} over {cells:?}");
    }
}

/// All of the fuel was used up. Once is enough: such inputs would take most of the time.
fn is_costly(rendered: &Result<String, String>) -> bool {
    rendered.as_ref().is_err_and(|what| what.contains("too much work"))
}

fn bounded(rendered: Result<String, TemplateError>) -> Result<String, String> {
    match rendered {
        Ok(text) => {
            assert!(text.len() <= LONGEST, "{} bytes", text.len());
            Ok(text)
        }
        Err(error) => {
            assert!(!error.what.is_empty());
            Err(error.what)
        }
    }
}

/// What a template of text and `{{ names }}` alone comes to; `Some(None)` where a name stands for nothing.
fn expected(source: &str, cells: &[Cell]) -> Option<Option<String>> {
    let mut out = String::new();
    let mut holes = false;
    let mut rest = source;
    while let Some(at) = rest.find("{{") {
        let (before, after) = rest.split_at(at);
        let (name, behind) = after[2..].split_once("}}")?;
        out.push_str(plain(before)?);
        match value(name.trim_matches(' '), cells)? {
            Some(value) => out.push_str(value),
            None => holes = true,
        }
        rest = behind;
    }
    out.push_str(plain(rest)?);
    Some((!holes).then_some(out))
}

/// Text in which nothing begins; of a template with something to fill in, minijinja makes `\r\n` no less.
fn plain(text: &str) -> Option<&str> {
    (!text.contains(['{', '}', '\r'])).then_some(text)
}

fn value<'a>(name: &str, cells: &'a [Cell]) -> Option<Option<&'a str>> {
    let visible = |n: usize| {
        let cell = cells[n].trim();
        let seen = |c: char| !sendcast::domain::message::is_invisible(c);
        cell.contains(seen).then_some(cell)
    };
    Some(match name {
        "first_name" => visible(0),
        "City" => visible(1),
        "city" => visible(1).or(Some("your town")),
        "message" => visible(2),
        "ends" => Some("Sunday"),
        "off" => Some("20"),
        "blank" | "nothing" | "first" => None,
        _ => return None,
    })
}
