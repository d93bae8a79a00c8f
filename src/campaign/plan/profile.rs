//! What a table's columns hold, for people who want to see how a file is understood.
//!
//! Invariants: any table can be looked at, also one without phone numbers; a guess is a help for reading and decides
//! nothing about what is sent; a row that can't be read is counted and named, and its cells count for no column.

use crate::campaign::recognise::headers;
use crate::campaign::tables::{Kind, Row, Table, TableError, TableWarning};
use crate::campaign::text::visible;
use crate::domain::text::Cell;

/// How many examples of a column are kept.
const MAX_EXAMPLES: usize = 3;
/// Longest example, in characters.
const MAX_EXAMPLE_CHARS: usize = 40;
/// How many rows that can't be read are kept; all are counted.
const MAX_BAD_ROWS_KEPT: usize = 20;
/// By so many filled cells a column's sort is guessed: more would tell no more, and cost as much as planning them.
const SAMPLE_ROWS: u64 = 10_000;

/// What a column probably holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// Phone numbers.
    Phone,
    /// Countries.
    Country,
    /// First names.
    FirstName,
    /// Last names.
    LastName,
    /// Names.
    Name,
    /// Addresses for e-mail.
    Email,
    /// Links.
    Link,
    /// Days or times.
    Date,
    /// Yes or no.
    YesNo,
    /// Numbers.
    Number,
    /// Anything else that is filled in.
    Text,
    /// Nothing in any row.
    Empty,
}

impl Guess {
    /// In a word or two.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Guess::Phone => "phone",
            Guess::Country => "country",
            Guess::FirstName => "first name",
            Guess::LastName => "last name",
            Guess::Name => "name",
            Guess::Email => "e-mail",
            Guess::Link => "link",
            Guess::Date => "date",
            Guess::YesNo => "yes/no",
            Guess::Number => "number",
            Guess::Text => "text",
            Guess::Empty => "empty",
        }
    }
}

/// One column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its header.
    pub name: String,
    /// What a template may call it; empty where its header can't be normalised.
    pub variable: String,
    /// What it probably holds.
    pub guess: Guess,
    /// Rows with something in it.
    pub filled: u64,
    /// Rows with a number in it.
    pub numbers: u64,
    /// Different values of the first 10,000 filled cells, cut to 40 characters.
    pub examples: Vec<String>,
}

/// A table, read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Rows, with those that can't be read.
    pub rows: u64,
    /// Rows that can't be read.
    pub bad: u64,
    /// The first of them: row and reason.
    pub bad_rows: Vec<(u32, String)>,
    /// The columns in their order.
    pub columns: Vec<Column>,
    /// What should be looked at and was known only at the end.
    pub late: Vec<TableWarning>,
}

/// What was seen of a column so far.
#[derive(Clone, Debug, Default)]
struct Seen {
    filled: u64,
    numbers: u64,
    /// Of the first [`SAMPLE_ROWS`] filled cells, so many are of this sort.
    phones: u64,
    mails: u64,
    links: u64,
    dates: u64,
    words: u64,
    examples: Vec<String>,
}

impl Profile {
    /// Reads a table to its end. Each row also goes to `row`, good or bad.
    ///
    /// # Errors
    /// When the table can't be read any further, or as `row` says.
    pub fn of<E: From<TableError>>(
        mut table: Table,
        mut row: impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<Profile, E> {
        let mut profiler = Profiler::new(&table.columns);
        let (mut rows, mut bad, mut bad_rows) = (0, 0, Vec::new());
        for read in table.by_ref() {
            let read = read?;
            rows += 1;
            row(&read)?;
            match &read.problem {
                None => profiler.add(&read.cells, &read.kinds),
                Some(problem) => {
                    bad += 1;
                    if bad_rows.len() < MAX_BAD_ROWS_KEPT {
                        bad_rows.push((read.number, problem.reason.to_string()));
                    }
                }
            }
        }
        Ok(Profile { rows, bad, bad_rows, columns: profiler.columns(), late: table.late_warnings().to_vec() })
    }
}

/// Looks at rows one by one.
#[derive(Clone, Debug)]
pub struct Profiler {
    names: Vec<String>,
    seen: Vec<Seen>,
}

impl Profiler {
    /// For a table with these columns.
    #[must_use]
    pub fn new(names: &[String]) -> Profiler {
        Profiler { names: names.to_vec(), seen: vec![Seen::default(); names.len()] }
    }

    /// Looks at a row: a cell for each column, and what they are beside their text (none: as shown).
    pub fn add(&mut self, cells: &[Cell], kinds: &[Kind]) {
        for (at, (seen, cell)) in self.seen.iter_mut().zip(cells).enumerate() {
            seen.add(cell, kinds.get(at).copied().unwrap_or_default());
        }
    }

    /// What the columns hold, by the rows so far.
    #[must_use]
    pub fn columns(self) -> Vec<Column> {
        let column = |(name, seen): (String, Seen)| {
            let guess = seen.guess(&name);
            let Seen { filled, numbers, examples, .. } = seen;
            Column { variable: headers::plain(&name), name, guess, filled, numbers, examples }
        };
        self.names.into_iter().zip(self.seen).map(column).collect()
    }
}

impl Seen {
    fn add(&mut self, cell: &Cell, kind: Kind) {
        let text = visible(cell);
        if text.is_empty() {
            return;
        }
        self.filled += 1;
        self.numbers += u64::from(matches!(kind, Kind::Number(_)) || is_number(text));
        if self.filled > SAMPLE_ROWS {
            return;
        }
        self.phones += u64::from(is_phone(text));
        self.mails += u64::from(is_mail(text));
        self.links += u64::from(text.starts_with("https://") || text.starts_with("http://"));
        self.dates += u64::from(is_date(text));
        self.words += u64::from(matches!(kind, Kind::Bool(_)) || is_yes_or_no(text));
        if self.examples.len() < MAX_EXAMPLES {
            let mut example: String = text.chars().take(MAX_EXAMPLE_CHARS).collect();
            if example.len() < text.len() {
                example.push('…');
            }
            if !self.examples.contains(&example) {
                self.examples.push(example);
            }
        }
    }

    /// By the content, where nearly all of it is of one sort; else by the header.
    fn guess(&self, header: &str) -> Guess {
        if self.filled == 0 {
            return Guess::Empty;
        }
        let looked_at = self.filled.min(SAMPLE_ROWS);
        let nearly_all = |n: u64| n * 10 >= looked_at * 9;
        let by_header = header_guess(header);
        match by_header {
            Some(Guess::Phone) if self.phones * 2 >= looked_at => return Guess::Phone,
            Some(Guess::Phone) | None => {}
            Some(guess) => return guess,
        }
        for (n, guess) in [
            (self.mails, Guess::Email),
            (self.links, Guess::Link),
            (self.dates, Guess::Date),
            (self.words, Guess::YesNo),
        ] {
            if nearly_all(n) {
                return guess;
            }
        }
        if self.numbers * 10 >= self.filled * 9 {
            return Guess::Number;
        }
        if nearly_all(self.phones) { Guess::Phone } else { Guess::Text }
    }
}

fn header_guess(header: &str) -> Option<Guess> {
    let columns = [header.to_owned()];
    if headers::find_phone(&columns).is_some() {
        return Some(Guess::Phone);
    }
    let plain = headers::plain(header);
    let known = |words: &[&str]| words.contains(&plain.as_str());
    if known(&[
        "first_name",
        "firstname",
        "given_name",
        "vorname",
        "prenom",
        "prénom",
        "nombre",
        "nome",
        "имя",
    ]) {
        return Some(Guess::FirstName);
    }
    if known(&[
        "last_name",
        "lastname",
        "surname",
        "family_name",
        "nachname",
        "apellido",
        "sobrenome",
        "фамилия",
    ]) {
        return Some(Guess::LastName);
    }
    if known(&[
        "name",
        "full_name",
        "fullname",
        "customer_name",
        "contact_name",
        "नाम",
        "姓名",
        "名前",
        "이름",
        "الاسم",
    ]) {
        return Some(Guess::Name);
    }
    if known(&[
        "country",
        "country_code",
        "country_region",
        "land",
        "pays",
        "pais",
        "país",
        "страна",
        "国家",
        "देश",
    ]) {
        return Some(Guess::Country);
    }
    None
}

/// A decimal number as people write it, with signs between its digits. With a `+` it is rather a phone number.
fn is_number(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '−']).unwrap_or(text);
    let mut digits = 0;
    let plain = rest.chars().all(|c| {
        digits += usize::from(c.is_ascii_digit());
        c.is_ascii_digit() || matches!(c, '.' | ',' | '\'' | ' ' | '\u{a0}' | '\u{202f}')
    });
    plain && digits > 0 && rest.starts_with(|c: char| c.is_ascii_digit())
}

/// Written like a phone number: 7 to 15 digits, and nothing but what is written around them.
fn is_phone(text: &str) -> bool {
    let digits = text.chars().filter(char::is_ascii_digit).count();
    (7..=15).contains(&digits)
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, '+' | '-' | '(' | ')' | ' ' | '.' | '/' | '\''))
        && !is_date(text)
}

fn is_mail(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
    })
}

/// Three numbers with a sign between them, one of them a year or all of two digits, perhaps with a time behind.
fn is_date(text: &str) -> bool {
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    ['-', '/', '.'].into_iter().any(|sign| {
        let parts: Vec<&str> = day.split(sign).collect();
        parts.len() == 3
            && parts
                .iter()
                .all(|part| matches!(part.len(), 1 | 2 | 4) && part.bytes().all(|b| b.is_ascii_digit()))
            && parts.iter().filter(|part| part.len() == 4).count() <= 1
    })
}

fn is_yes_or_no(text: &str) -> bool {
    ["yes", "no", "true", "false", "y", "n", "ja", "nein", "oui", "non", "sí", "si", "sim", "não"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::tables::from_json_values;

    fn guess(header: &str, cells: &[&str]) -> Guess {
        let rows: Vec<_> = cells.iter().map(|cell| serde_json::json!({ header: cell })).collect();
        let profile = Profile::of::<TableError>(from_json_values(rows), |_| Ok(())).unwrap();
        profile.columns[0].guess
    }

    #[test]
    fn columns_are_guessed_by_content_and_header() {
        assert_eq!(guess("Mobile", &["+91 98765 43210", "98765 43210", ""]), Guess::Phone);
        assert_eq!(guess("Mobile", &["yes", "no"]), Guess::YesNo, "the content decides against the header");
        assert_eq!(guess("Contact info", &["+91 98765-43210", "(022) 2345-678"]), Guess::Phone);
        assert_eq!(guess("First Name", &["Asha"]), Guess::FirstName);
        assert_eq!(guess("x", &["a@example.com"]), Guess::Email);
        assert_eq!(guess("x", &["2026-12-01", "1.12.2026 10:00"]), Guess::Date);
        assert_eq!(guess("x", &["1,234.50", "9"]), Guess::Number);
        assert_eq!(guess("x", &["https://example.com/a"]), Guess::Link);
        assert_eq!(guess("x", &["Pune", "9"]), Guess::Text);
        assert_eq!(guess("x", &["", " "]), Guess::Empty);
    }

    #[test]
    fn fill_numbers_and_examples_are_counted() {
        let long = "x".repeat(60);
        let rows = vec![
            serde_json::json!({"a": "7", "b": long}),
            serde_json::json!({"a": "7"}),
            serde_json::json!({"a": "n/a", "b": ""}),
            serde_json::json!("no row"),
        ];
        let mut told = 0;
        let profile = Profile::of::<TableError>(from_json_values(rows), |_| {
            told += 1;
            Ok(())
        });
        let profile = profile.unwrap();
        assert_eq!((profile.rows, profile.bad, told), (4, 1, 4));
        assert_eq!(profile.bad_rows[0].0, 4);
        let [a, b] = profile.columns.as_slice() else { panic!("{profile:?}") };
        assert_eq!(
            (a.filled, a.numbers, a.examples.as_slice()),
            (3, 2, &["7".to_owned(), "n/a".to_owned()][..])
        );
        assert_eq!(b.filled, 1);
        assert_eq!(b.examples[0].chars().count(), MAX_EXAMPLE_CHARS + 1);
    }
}
