//! The fuzz targets' bodies over their seeds, and over mutations of them.
//!
//! Each body states its property at its head (`fuzz/bodies/`). `fuzz/seeds/<target>/` holds ordinary inputs and
//! every input that once broke something, named by what it showed. `.ci/fuzz` runs the same bodies under libFuzzer.
#![cfg(test)]

#[path = "../../fuzz/bodies/mod.rs"]
mod bodies;

use std::path::{Path, PathBuf};

type Body = fn(&[u8]);

fn directory(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(name)
}

/// Names and bytes of a target's seeds.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<_> = std::fs::read_dir(directory("seeds").join(target))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    paths.into_iter().map(|path| (name(&path), std::fs::read(path).unwrap())).collect()
}

/// A target's dictionary: a token in quotes a line, `\xNN` for bytes.
fn tokens(target: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(directory("dictionaries").join(format!("{target}.dict"))).unwrap();
    let token = |line: &str| {
        let mut bytes = Vec::new();
        let mut rest = line.strip_prefix('"')?.strip_suffix('"')?.as_bytes();
        while let Some((&byte, after)) = rest.split_first() {
            let (byte, after) = match (byte, after) {
                (b'\\', [b'x', hex @ ..]) => {
                    let digits = std::str::from_utf8(&hex[..2]).unwrap();
                    (u8::from_str_radix(digits, 16).unwrap(), &hex[2..])
                }
                (b'\\', [escaped, after @ ..]) => (*escaped, after),
                _ => (byte, after),
            };
            bytes.push(byte);
            rest = after;
        }
        Some(bytes)
    };
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|l| token(l).unwrap())
        .collect()
}

/// Changes an input in a few places: bytes turned, cut, doubled or moved, tokens put in, other seeds spliced in.
fn mutated(random: &mut fastrand::Rng, seeds: &[(String, Vec<u8>)], tokens: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[random.usize(..seeds.len())].1.clone();
    for _ in 0..random.usize(1..5) {
        let len = bytes.len();
        let (a, b) = (random.usize(..=len), random.usize(..=len));
        let (from, to) = (a.min(b), a.max(b).min(a.min(b) + 64));
        match random.u8(..8) {
            0 | 1 if len > 0 => bytes[a % len] ^= 1 << random.u8(..8),
            2 if len > 0 => bytes[a % len] = random.u8(..),
            3 => drop(bytes.drain(from..to)),
            4 => {
                let piece = bytes[from..to].to_vec();
                drop(bytes.splice(b..b, piece));
            }
            5 => {
                let other = &seeds[random.usize(..seeds.len())].1;
                let at = random.usize(..=other.len());
                drop(bytes.splice(a.., other[at..].iter().copied()));
            }
            _ => {
                let token = &tokens[random.usize(..tokens.len())];
                let replaced = if random.bool() { a } else { len.min(a + token.len()) };
                drop(bytes.splice(a..replaced, token.iter().copied()));
            }
        }
    }
    bytes
}

/// Says which input it was when a body panics.
struct Running<'a>(&'a str, &'a [u8]);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}: {:?}", self.0, String::from_utf8_lossy(self.1));
            eprintln!("bytes: {:?}", self.1);
        }
    }
}

fn replay(target: &str, body: Body, mutations: u32) {
    let (seeds, tokens) = (seeds(target), tokens(target));
    assert!(seeds.len() > 2 && tokens.len() > 2);
    for (name, bytes) in &seeds {
        let _running = Running(name, bytes);
        body(bytes);
    }
    let mut random = fastrand::Rng::with_seed(20_261_122);
    for n in 0..mutations {
        let bytes = mutated(&mut random, &seeds, &tokens);
        let _running = Running(&format!("{target}, mutation {n}"), &bytes);
        body(&bytes);
    }
}

#[test]
fn no_file_loses_a_row() {
    replay("tables", bodies::tables::check, 300);
}

#[test]
fn no_campaign_file_plans_anybody_twice() {
    replay("campaign", bodies::campaign::check, 800);
}

#[test]
fn no_spreadsheet_plans_anybody_twice() {
    replay("csv_campaign", bodies::csv_campaign::check, 200);
}

#[test]
fn no_template_works_for_ever_or_leaves_a_hole() {
    replay("templates", bodies::templates::check, 1000);
}

#[test]
fn no_answer_is_taken_for_more_than_it_says() {
    replay("answers", bodies::answers::check, 2000);
}

#[test]
fn no_journal_shows_what_did_not_happen() {
    replay("journal", bodies::journal::check, 500);
}

#[test]
fn no_states_stand_against_the_journal() {
    replay("states", bodies::states::check, 300);
}

#[test]
fn no_cell_is_another_number_than_the_librarys() {
    replay("phone", bodies::phone::check, 500);
}

#[test]
fn the_seeds_are_few_and_small() {
    let targets = std::fs::read_dir(directory("seeds")).unwrap().map(|entry| entry.unwrap().file_name());
    let all: Vec<_> = targets.flat_map(|target| seeds(target.to_str().unwrap())).collect();
    let bytes: usize = all.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(all.len() < 200 && bytes < 300_000, "{} seeds, {bytes} bytes", all.len());
}
