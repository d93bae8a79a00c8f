//! Damaged tables: whatever is wrong with a file, nobody gets another's words and nobody disappears.
//!
//! A table of 80 people, each of whose cells carries the person's own number, is written in many ways and damaged in
//! 2,000. What is planned is held against who each person is:
//!
//! - **Sent wrong**: a message that isn't the person's own, word by word. None may be.
//! - **Lost**: a person whose line is as it was and who isn't sent to. None may be, unless the file is refused.
//! - **Untold**: a damaged line that is neither sent with its own words nor a bad row of its own number. None may be.
//! - **Refused**: files without a plan. Few may be, and each says why.

use std::collections::{BTreeMap, HashMap};

use sendcast::campaign::{Campaign, PlanOptions, Planner};
use sendcast::domain::message::Message;
use sendcast::domain::payload::Payload;
use sendcast::domain::plan::Fate;

use super::file;

/// How many people there are.
const PEOPLE: usize = 80;
/// How many files are made.
const FILES: usize = 2_000;

const COLUMNS: [&str; 6] = ["Id", "Name", "City", "Mobile", "Amount", "Note"];
/// What is sent: every cell's words.
const BODY: &str = "{{ Id }}/{{ Name | default('-') }}/{{ City | default('-') }}/{{ Amount | default('-') }}/{{ Note | default('-') }}";

/// How a table is written.
#[derive(Clone, Copy, Debug)]
struct Style {
    delimiter: char,
    /// Every cell is quoted, or those that need it.
    quoted: bool,
    end: &'static str,
    /// Some cells hold the delimiter, quotes and line ends.
    rich: bool,
    /// The phone number stands first.
    phone_first: bool,
    /// The last column is empty in most rows.
    sparse: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    None,
    QuoteAtStart,
    QuoteAtEnd,
    QuoteWithin,
    QuotesDoubled,
    QuoteCurly,
    QuoteMissing,
    Escape,
    DelimiterMissing,
    DelimiterTooMany,
    DelimiterWithin,
    OtherDelimiter,
    LineEndWithin,
    LineEndMissing,
}

const DAMAGES: [Damage; 14] = [
    Damage::None,
    Damage::QuoteAtStart,
    Damage::QuoteAtEnd,
    Damage::QuoteWithin,
    Damage::QuotesDoubled,
    Damage::QuoteCurly,
    Damage::QuoteMissing,
    Damage::Escape,
    Damage::DelimiterMissing,
    Damage::DelimiterTooMany,
    Damage::DelimiterWithin,
    Damage::OtherDelimiter,
    Damage::LineEndWithin,
    Damage::LineEndMissing,
];

/// What stands above the table, below it, or is done to its header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frame {
    Bare,
    Title,
    Notes,
    Sep,
    Groups,
    Totals,
    HeaderAgain,
    OtherTable,
    HeaderQuote,
    HeaderShort,
}

const FRAMES: [Frame; 10] = [
    Frame::Bare,
    Frame::Title,
    Frame::Notes,
    Frame::Sep,
    Frame::Groups,
    Frame::Totals,
    Frame::HeaderAgain,
    Frame::OtherTable,
    Frame::HeaderQuote,
    Frame::HeaderShort,
];

fn phone(n: usize) -> String {
    format!("98765{:05}", 43_000 + n)
}

/// A person's cells in the order of [`COLUMNS`].
fn person(n: usize, style: Style) -> [String; 6] {
    let rich = |text: String, kind: usize| match kind {
        _ if !style.rich => text,
        0 => format!("{text}{} Road", style.delimiter),
        1 => format!("{text} \"Tower\" {n}"),
        2 => format!("{text}\nFlat {n}{} Block {n}\nIndia-{n}", style.delimiter),
        _ => text,
    };
    let note = if style.sparse && !n.is_multiple_of(3) {
        String::new()
    } else {
        rich(format!("note-{n}"), (n + 2) % 9)
    };
    [
        format!("id-{n}"),
        format!("Name-{n}"),
        rich(format!("City-{n}"), n % 7),
        phone(n),
        format!("{}.50", 1_000 + n),
        note,
    ]
}

fn arranged<T: Clone>(cells: &[T; 6], style: Style) -> Vec<T> {
    let mut cells = cells.to_vec();
    if style.phone_first {
        let phone = cells.remove(3);
        cells.insert(0, phone);
    }
    cells
}

fn written(cell: &str, style: Style) -> String {
    let needs = style.quoted || cell.contains(['"', '\n', '\r', style.delimiter]);
    if needs { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

/// A line, damaged at a cell.
fn damaged(mut cells: Vec<String>, column: usize, damage: Damage, style: Style) -> String {
    let delimiter = style.delimiter;
    let other = if delimiter == ';' { ',' } else { ';' };
    let cell = &mut cells[column];
    let middle = |cell: &str| {
        let middle = cell.len() / 2;
        (middle..=cell.len()).find(|at| cell.is_char_boundary(*at)).unwrap()
    };
    match damage {
        Damage::None => {}
        Damage::QuoteAtStart => cell.insert(0, '"'),
        Damage::QuoteAtEnd => cell.push('"'),
        Damage::QuoteWithin => cell.insert(middle(cell), '"'),
        Damage::QuotesDoubled => cell.insert_str(0, "\"\""),
        Damage::QuoteCurly => cell.insert(0, '“'),
        Damage::QuoteMissing => match cell.strip_suffix('"') {
            Some(open) => *cell = open.to_owned(),
            None => *cell = format!("\"{cell}"),
        },
        Damage::Escape => *cell = format!("\"a \\\"{}\\\" b\"", cell.replace('"', "")),
        // Within quotes these are text, not damage.
        Damage::DelimiterWithin if cell.starts_with('"') => cell.push(delimiter),
        Damage::LineEndWithin if cell.starts_with('"') => cell.push_str(style.end),
        Damage::DelimiterTooMany => cell.push(delimiter),
        Damage::DelimiterWithin => cell.insert(middle(cell), delimiter),
        Damage::LineEndWithin => cell.insert_str(middle(cell), style.end),
        Damage::DelimiterMissing | Damage::OtherDelimiter | Damage::LineEndMissing => {}
    }
    let mut line = String::new();
    for (n, cell) in cells.iter().enumerate() {
        if n > 0 {
            match damage {
                Damage::DelimiterMissing if n == column.max(1) => {}
                Damage::OtherDelimiter if n == column.max(1) => line.push(other),
                _ => line.push(delimiter),
            }
        }
        line.push_str(cell);
    }
    line
}

/// A file, and who stands where.
struct Made {
    text: String,
    /// The words of each person, by phone number.
    own: HashMap<String, String>,
    /// Whose lines are damaged: the number of their (first) line among the file's rows, as it must be told.
    hurt: BTreeMap<usize, Damage>,
}

fn made(rng: &mut fastrand::Rng, damages: &[(Damage, usize, usize)], frame: Frame, style: Style) -> Made {
    let d = style.delimiter;
    let mut header: Vec<String> = arranged(&COLUMNS.map(str::to_owned), style);
    let names = header.clone();
    let line =
        |cells: &[String]| cells.iter().map(|c| written(c, style)).collect::<Vec<_>>().join(&d.to_string());
    let mut text = String::new();
    let put = |line: &str, text: &mut String| {
        text.push_str(line);
        text.push_str(style.end);
    };
    match frame {
        Frame::Title => {
            put("Customers of May 2026", &mut text);
            put("", &mut text);
        }
        Frame::Notes => {
            put(&format!("Exported by Asha{d} 12.05.2026"), &mut text);
            put(&format!("Filter: active{d}{d}{d}"), &mut text);
            put(&d.to_string().repeat(5), &mut text);
        }
        Frame::Sep => put(&format!("sep={d}"), &mut text),
        Frame::Groups => put(&format!("Customer{d}{d}{d}Contact{d}{d}"), &mut text),
        Frame::HeaderQuote => {
            let column = rng.usize(0..6);
            let at = if rng.bool() { 0 } else { header[column].len() };
            header[column].insert(at, '"');
        }
        Frame::HeaderShort => {
            header.remove(rng.usize(0..6));
        }
        _ => {}
    }
    if frame == Frame::HeaderQuote {
        put(&header.join(&d.to_string()), &mut text);
    } else {
        put(&line(&header), &mut text);
    }
    let (mut own, mut hurt) = (HashMap::new(), BTreeMap::new());
    for n in 0..PEOPLE {
        let cells = person(n, style);
        let [id, name, city, _, amount, note] = cells.clone();
        let or_dash = |cell: String| if cell.is_empty() { "-".to_owned() } else { cell };
        own.insert(format!("91{}", phone(n)), format!("{id}/{name}/{city}/{amount}/{}", or_dash(note)));
        let cells: Vec<String> = arranged(&cells, style).iter().map(|cell| written(cell, style)).collect();
        let damage = damages.iter().find(|(_, row, _)| *row == n);
        if frame == Frame::HeaderAgain && n == 40 {
            put(&line(&names), &mut text);
        }
        let Some(&(damage, _, column)) = damage else {
            put(&cells.join(&d.to_string()), &mut text);
            continue;
        };
        hurt.insert(n, damage);
        let hurt_line = damaged(cells, column, damage, style);
        if damage == Damage::LineEndMissing {
            text.push_str(&hurt_line);
            hurt.insert(n + 1, damage);
        } else {
            put(&hurt_line, &mut text);
        }
    }
    match frame {
        Frame::Totals => put(&format!("Total{d}{d}{d}{d}86160.00{d}"), &mut text),
        Frame::OtherTable => {
            put("", &mut text);
            // The phone number stands where it stood; the words change their places.
            let mut others = COLUMNS.map(str::to_owned);
            others.swap(1, 2);
            put(&arranged(&others, style).join(&d.to_string()), &mut text);
            for n in 100..105 {
                let mut cells = person(n, Style { rich: false, ..style });
                cells.swap(1, 2);
                put(&line(&arranged(&cells, style)), &mut text);
            }
        }
        _ => {}
    }
    Made { text, own, hurt }
}

#[derive(Debug, Default)]
struct Score {
    files: usize,
    refused: BTreeMap<String, usize>,
    sent: usize,
    wrong: usize,
    lost: usize,
    hurt: usize,
    told: usize,
}

#[test]
fn damage_costs_nobody_but_its_own_row() {
    let dir = tempfile::tempdir().unwrap();
    let campaign = serde_json::json!({
        "from": "1", "audience": {"file": "people.csv", "country": "IN", "phone": "Mobile"},
        "message": {"type": "text", "body": BODY},
    });
    let campaign_file = file(dir.path(), "c.json", campaign.to_string().as_bytes());
    let mut rng = fastrand::Rng::with_seed(15);
    let mut score = Score::default();
    let mut complaints = String::new();
    for n in 0..FILES {
        let style = Style {
            delimiter: [',', ';', '\t', '|'][n % 4],
            quoted: n / 4 % 3 == 0,
            end: ["\n", "\r\n"][n / 12 % 2],
            rich: n / 24 % 2 == 0,
            phone_first: n / 48 % 2 == 0,
            sparse: n / 96 % 3 == 0,
        };
        let frame = if rng.u8(0..3) == 0 { FRAMES[rng.usize(0..FRAMES.len())] } else { Frame::Bare };
        let first = (DAMAGES[n % DAMAGES.len()], n / DAMAGES.len() % PEOPLE, n / 3 % 6);
        let mut damages = vec![first];
        // Some files are damaged twice: an even number of quotes is the worst.
        if rng.u8(0..3) == 0 {
            damages.push((
                if rng.bool() { first.0 } else { DAMAGES[rng.usize(0..14)] },
                rng.usize(0..PEOPLE),
                rng.usize(0..6),
            ));
        }
        // A line end in the first cell or the last leaves a whole row and a line of one cell, as a title does.
        let telling = |(damage, row, column): &(Damage, usize, usize)| match damage {
            Damage::None => false,
            Damage::LineEndMissing => *row < PEOPLE - 1,
            Damage::LineEndWithin => (1..5).contains(column),
            _ => true,
        };
        damages.retain(telling);
        let made = made(&mut rng, &damages, frame, style);
        file(dir.path(), "people.csv", made.text.as_bytes());
        let what = format!("file {n}: {damages:?} {frame:?} {style:?}");
        judge(&Campaign::load(&campaign_file).unwrap(), &made, &what, &mut score, &mut complaints);
    }
    println!("{score:#?}");
    assert!(complaints.is_empty(), "{}", complaints.lines().take(40).collect::<Vec<_>>().join("\n"));
    assert_eq!((score.wrong, score.lost, score.told), (0, 0, score.hurt));
    let refused: usize = score.refused.values().sum();
    assert!(refused * 20 < score.files, "{refused} files were refused");
}

fn judge(campaign: &Campaign, made: &Made, what: &str, score: &mut Score, complaints: &mut String) {
    score.files += 1;
    let planned = Planner::new(campaign, PlanOptions::default())
        .and_then(|planner| planner.collect::<Result<Vec<_>, _>>());
    let rows = match planned {
        Ok(rows) => rows,
        Err(error) => {
            let reason = error.to_string();
            let reason = reason.rsplit(": ").next().unwrap_or_default();
            let reason = reason.chars().map(|c| if c.is_ascii_digit() { 'N' } else { c }).collect();
            *score.refused.entry(reason).or_default() += 1;
            return;
        }
    };
    let mut sent: HashMap<String, bool> = HashMap::new();
    let mut bad = String::new();
    for row in &rows {
        match &row.fate {
            Fate::Send(Payload::Message(Message::Text { body })) => {
                score.sent += 1;
                let right = made.own.get(row.to.as_str()).is_some_and(|own| own == body);
                if !right {
                    score.wrong += 1;
                    *complaints += &format!("{what}\n  sent {:?}\n  to {}\n", body, row.to);
                }
                sent.insert(row.to.to_string(), right);
            }
            Fate::Send(other) => unreachable!("only texts are sent: {other:?}"),
            Fate::Skip { problem, .. } => {
                bad.push_str(&row.cells.join("\u{1}"));
                bad.push_str(&problem.reason);
                bad.push('\u{2}');
            }
        }
    }
    for n in 0..PEOPLE {
        let is_sent = sent.contains_key(&format!("91{}", phone(n)));
        if let Some(damage) = made.hurt.get(&n) {
            score.hurt += 1;
            // Its words stand in a bad row, or it was sent with its own.
            let told = is_sent
                || bad.contains(&format!("e-{n}"))
                || bad.contains(&phone(n))
                || bad.contains(&format!("id-{n}"));
            score.told += usize::from(told);
            if !told {
                *complaints += &format!("{what}\n  row of person {n} ({damage:?}) isn't told\n");
            }
        } else if !is_sent {
            score.lost += 1;
            *complaints += &format!(
                "{what}\n  lost {n}: {}\n",
                rows.iter()
                    .find(|r| r.cells.iter().any(|c| c.contains(&phone(n))))
                    .map_or(String::new(), |r| format!("{:?}", r.fate))
            );
        }
    }
}
