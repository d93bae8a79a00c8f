//! Where a table begins: which of a file's first rows names the columns.
//!
//! Delimited text and worksheets share this: it looks at rows of cells and knows nothing of files.
//!
//! Invariants:
//!
//! - The header is found by what stands below it: it is a row above the first phone number whose cell in that column
//!   is no phone number. Titles, notes and blank lines above it are passed over.
//! - A row that holds a phone number in the phone column is never taken for the header: nobody is lost as a name of
//!   columns. Where there is nothing above it, the table has no header.

use crate::campaign::recognise::headers;

/// A cell of a header has at most so many characters; longer ones are notes.
const NAME_CHARS: usize = 80;

/// Where a table begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    /// The header's index among the rows.
    pub(super) header: usize,
    /// The columns in which most cells below the header look like phone numbers, the fullest first.
    pub(super) phones: Vec<usize>,
}

/// Why no header is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoBeginning {
    /// No row has any content.
    Empty,
    /// There are phone numbers, but no names above them.
    Headless {
        /// The index of the first row with a phone number.
        row: usize,
        /// The index of its cell.
        column: usize,
    },
}

/// Finds the header among a table's first rows (a hundred or more, so that there is something to see).
///
/// `rows` are the rows as they stand in the file, blank ones included; they need not be of one length. Without any
/// phone number among them the header is the first row that is filled like the rows of this table.
///
/// # Errors
/// Where no row has content, or the rows begin with a phone number and no names.
pub(super) fn find<C: AsRef<str>>(rows: &[Vec<C>]) -> Result<Beginning, NoBeginning> {
    let first = rows.iter().position(|row| filled(row) > 0).ok_or(NoBeginning::Empty)?;
    let usual = usual_fill(rows);
    let Some((column, grade)) = phone_column(rows) else {
        let full = |row: &Vec<C>| filled(row) * 5 >= usual * 3;
        let header = first + rows[first..].iter().position(full).unwrap_or(0);
        let header = lower(rows, header, rows.len(), |_| true);
        return Ok(Beginning { header, phones: vec![] });
    };
    let is_number = |row: &Vec<C>| row.get(column).is_some_and(|cell| grade <= grade_of(cell.as_ref()));
    let end = rows.iter().position(is_number).unwrap_or(rows.len());
    let over = |row: &Vec<C>| row.get(column).map_or("", |cell| cell.as_ref().trim()).to_owned();
    let wide = |row: &Vec<C>| usual <= 1 || filled(row) * 5 >= usual * 3;
    let names = |row: &Vec<C>| filled(row) > 0 && row.iter().all(|cell| is_name(cell.as_ref()));
    let above = &rows[..end];
    // Of several the fullest: a title may fill two cells. Of those the first: a person without a number comes later.
    let best = |is: &dyn Fn(&Vec<C>) -> bool| {
        let fill = |row: &Vec<C>| if names(row) && is(row) { filled(row) } else { 0 };
        let most = above.iter().map(fill).max().filter(|most| *most > 0)?;
        above.iter().position(|row| fill(row) == most)
    };
    let header = best(&|row| wide(row) && names_phones(&over(row)))
        .or_else(|| best(&|row| wide(row) && !over(row).is_empty()))
        .or_else(|| best(&|row| names_phones(&over(row))))
        // A column of phone numbers may lack a name, where the others have one.
        .or_else(|| best(&|row| wide(row) && filled(row) > 1));
    let Some(header) = header else {
        return Err(NoBeginning::Headless { row: end.min(rows.len() - 1), column });
    };
    let header = lower(rows, header, end, names);
    Ok(Beginning { header, phones: phone_columns(&rows[header + 1..]) })
}

/// The columns of a table's rows (without its header) in which most cells look like phone numbers, the fullest first.
pub(super) fn phone_columns<C: AsRef<str>>(rows: &[Vec<C>]) -> Vec<usize> {
    let tallies = tallies(rows);
    let of_grade = |grade: Grade| {
        let mut found: Vec<(usize, usize)> = tallies
            .iter()
            .enumerate()
            .filter(|(_, tally)| tally.at_least(grade) > 0 && tally.at_least(grade) * 2 >= tally.filled)
            .map(|(column, tally)| (tally.at_least(grade), column))
            .collect();
        found.sort_by_key(|(count, column)| (std::cmp::Reverse(*count), *column));
        found.into_iter().map(|(_, column)| column).collect::<Vec<_>>()
    };
    let long = of_grade(Grade::Long);
    if long.is_empty() { of_grade(Grade::Short) } else { long }
}

/// Whether a cell looks like a whole phone number: ten digits to fifteen, and nothing but what is written around them.
pub(super) fn is_phone(cell: &str) -> bool {
    grade_of(cell) == Grade::Long
}

/// How much a cell looks like a phone number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Grade {
    No,
    /// Seven digits to nine: a number of a small country, or an amount.
    Short,
    /// Ten digits or more.
    Long,
}

fn grade_of(cell: &str) -> Grade {
    // Most cells are told by their first bytes.
    if cell.len() < 7 || cell.len() > 60 || !cell.contains(char::is_numeric) {
        return Grade::No;
    }
    let bare = unwrapped(cell.trim());
    if let Some((number, exponent)) = bare.split_once(['e', 'E']) {
        let power = exponent.trim_start_matches('+').parse().ok().filter(|power| (9..15).contains(power));
        let plain = number.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','));
        return if plain && power.is_some_and(|_: u8| true) && !number.is_empty() {
            Grade::Long
        } else {
            Grade::No
        };
    }
    let (mut digits, mut dots, mut others) = (0, 0, 0);
    for c in bare.chars() {
        match c {
            _ if c.is_numeric() => digits += 1,
            '.' => dots += 1,
            '+' | '-' | '(' | ')' | '\'' | '/' | '\u{2010}'..='\u{2015}' => others += 1,
            _ if c.is_whitespace() || is_invisible(c) => others += 1,
            _ => return Grade::No,
        }
    }
    // An amount has one point and decimals; `919876543210.0` is a number that a program took for one.
    let amount = dots == 1 && others == 0 && !bare.ends_with(".0") && !bare.ends_with(".00");
    if amount || is_date(bare) {
        return Grade::No;
    }
    match digits {
        7..=9 => Grade::Short,
        10..=15 => Grade::Long,
        // With the two zeros before, and the one behind the point.
        16..=18 if bare.starts_with("00") || dots == 1 => Grade::Long,
        _ => Grade::No,
    }
}

/// Without what exports put around numbers.
fn unwrapped(cell: &str) -> &str {
    let mut bare = cell.trim_matches(['"', '\'', '=', ',', ';']).trim();
    for prefix in ["whatsapp:", "phone:", "mobile:", "tel:", "p:", "m:"] {
        if bare.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
            bare = &bare[prefix.len()..];
        }
    }
    for suffix in ["@c.us", "@s.whatsapp.net"] {
        bare = bare.strip_suffix(suffix).unwrap_or(bare);
    }
    bare.trim()
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// `2026-05-31`, `31/05/2026`, `31.05.2026`.
fn is_date(cell: &str) -> bool {
    let parts: Vec<&str> = cell.split(['-', '/', '.']).collect();
    let short = |part: &str| (1..=2).contains(&part.len());
    match parts.as_slice() {
        [a, b, c] => (a.len() == 4 && short(b) && c.len() <= 2) || (short(a) && short(b) && c.len() == 4),
        _ => false,
    }
}

/// Whether a cell may stand in a header: short, and no number that a person has.
fn is_name(cell: &str) -> bool {
    let cell = cell.trim();
    cell.chars().nth(NAME_CHARS).is_none() && grade_of(cell) != Grade::Long && !cell.contains('@')
}

/// Whether a cell is a usual name of a column with phone numbers.
fn names_phones(cell: &str) -> bool {
    headers::find_phone(&[cell.trim().to_owned()]).is_some()
}

fn filled<C: AsRef<str>>(row: &[C]) -> usize {
    row.iter().filter(|cell| !cell.as_ref().trim().is_empty()).count()
}

/// How many cells the rows of this table fill, most of them at least.
fn usual_fill<C: AsRef<str>>(rows: &[Vec<C>]) -> usize {
    let mut fills: Vec<usize> = rows.iter().map(|row| filled(row)).filter(|fill| *fill > 0).collect();
    fills.sort_unstable();
    fills.get(fills.len() / 2).copied().unwrap_or(0)
}

/// What a column holds.
#[derive(Clone, Copy, Default)]
struct Tally {
    filled: usize,
    short: usize,
    long: usize,
}

impl Tally {
    fn at_least(self, grade: Grade) -> usize {
        if grade == Grade::Long { self.long } else { self.long + self.short }
    }
}

fn tallies<C: AsRef<str>>(rows: &[Vec<C>]) -> Vec<Tally> {
    let mut tallies: Vec<Tally> = vec![];
    for row in rows {
        if tallies.len() < row.len() {
            tallies.resize(row.len(), Tally::default());
        }
        for (tally, cell) in tallies.iter_mut().zip(row) {
            let cell = cell.as_ref();
            tally.filled += usize::from(!cell.trim().is_empty());
            match grade_of(cell) {
                Grade::Long => tally.long += 1,
                Grade::Short => tally.short += 1,
                Grade::No => {}
            }
        }
    }
    tallies
}

/// The column with the most phone numbers, of equals one under a name for it, then the first. Short numbers count
/// only where most of their column looks like that.
fn phone_column<C: AsRef<str>>(rows: &[Vec<C>]) -> Option<(usize, Grade)> {
    let tallies = tallies(rows);
    let named = |column: usize| {
        rows.iter().take(50).filter_map(|row| row.get(column)).any(|cell| names_phones(cell.as_ref()))
    };
    let best = |grade: Grade| {
        let count = |column: usize| tallies[column].at_least(grade);
        let most = (0..tallies.len()).map(count).max().filter(|most| *most > 0)?;
        // An id or a date without marks may be as long: of columns about as full the one with the name.
        let full: Vec<usize> = (0..tallies.len()).filter(|column| count(*column) * 2 >= most).collect();
        // Another table may stand below: the upper one's is the one whose numbers begin first.
        let first = |column: &usize| {
            let is_number =
                |row: &Vec<C>| row.get(*column).is_some_and(|cell| grade <= grade_of(cell.as_ref()));
            rows.iter().position(is_number)
        };
        let column = full.iter().copied().filter(|column| named(*column)).min_by_key(first);
        column.or_else(|| full.into_iter().find(|column| count(*column) == most))
    };
    if let Some(column) = best(Grade::Long) {
        return Some((column, Grade::Long));
    }
    let column = best(Grade::Short)?;
    let tally = tallies[column];
    (tally.at_least(Grade::Short) * 2 >= tally.filled && named(column)).then_some((column, Grade::Short))
}

/// Where the row that was found names groups of columns only and the names stand below, the lower one.
fn lower<C: AsRef<str>>(
    rows: &[Vec<C>],
    header: usize,
    end: usize,
    names: impl Fn(&Vec<C>) -> bool,
) -> usize {
    let (upper, next) = (&rows[header], header + 1);
    if next >= end || next >= rows.len() {
        return header;
    }
    let below = &rows[next];
    let words = |row: &Vec<C>| row.iter().all(|cell| !cell.as_ref().contains(char::is_numeric));
    let mut groups: Vec<String> = upper.iter().map(|cell| cell.as_ref().trim().to_lowercase()).collect();
    groups.retain(|name| !name.is_empty());
    groups.sort();
    groups.dedup();
    // A group stands over several columns: it leaves cells empty or says its name again.
    let fewer = groups.len() < filled(below);
    let phones = || below.iter().any(|cell| names_phones(cell.as_ref()));
    if fewer && names(below) && words(below) && words(upper) && phones() { next } else { header }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Result<Beginning, NoBeginning> {
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        find(&rows)
    }

    fn header(text: &str) -> usize {
        found(text).unwrap().header
    }

    #[test]
    fn the_header_stands_above_the_phones() {
        assert_eq!(header("Name,Mobile\nAna,9876543210\n"), 0);
        assert_eq!(
            header("Customers of May\n\nName,Mobile,City\nAna,9876543210,Pune\nBea,9876543211,Goa\n"),
            2
        );
        assert_eq!(header("Report,May,2026\nName,Mobile,City\nAna,9876543210,Pune\n"), 1);
        assert_eq!(
            header("Exported by Asha, on Monday\nKunde,Zahl,Ort\nAna,9876543210,Pune\nB,9876543211,Ulm\n"),
            1
        );
        assert_eq!(header("Name,Mobile\nAna,none\n,\nBea,9876543210\n"), 0, "a bad phone below the header");
        assert_eq!(header("name,phone\nAna,91234567\nBea,91234568\n"), 0);
        assert_eq!(header("Title\nphone\n+919876543210\n+919876543211\n"), 1);
        let two = "name,mobile\nAna,9876543210\nBea,9876543211\n\nmobile,name\n9876543212,Cleo\n";
        assert_eq!(header(two), 0, "another table below");
    }

    #[test]
    fn of_two_lines_the_lower_names_the_columns() {
        let two = found("Customer,,Contact,\nName,City,Mobile,Email\nAna,Pune,9876543210,a@b.in\n").unwrap();
        assert_eq!((two.header, two.phones), (1, vec![2]));
        let merged =
            found("Customer,Customer,Contact,Contact\nName,City,Mobile,Mail\nAna,Pune,9876543210,x\n");
        assert_eq!(merged.unwrap().header, 1);
        assert_eq!(header("Name,,Mobile\nAna,Pune,n/a\nBea,Goa,9876543210\n"), 0, "a person is no header");
    }

    #[test]
    fn nobody_becomes_a_header() {
        assert_eq!(
            found("Ana,9876543210\nBea,9876543211\n"),
            Err(NoBeginning::Headless { row: 0, column: 1 })
        );
        assert_eq!(
            found("Customers\n9876543210,Ana,x\n9876543211,Bea,y\n"),
            Err(NoBeginning::Headless { row: 1, column: 0 })
        );
        assert_eq!(found(",,\n\n"), Err(NoBeginning::Empty));
    }

    #[test]
    fn a_table_without_phones_has_a_header_too() {
        assert_eq!(header("Stock list\n\nsku,title,price\na,b,1\nc,d,2\n"), 2);
        assert_eq!(header("a\n1\n"), 0);
    }

    #[test]
    fn phones_are_told_from_amounts_and_dates() {
        for phone in [
            "+91 98765 43210",
            "919876543210.0",
            "p:+919876543210",
            "9.19876E+11",
            "(020) 7946-0958",
            "'0987 654 3210",
        ] {
            assert!(is_phone(phone), "{phone}");
        }
        for other in
            ["1234567890.55", "2026-05-31 10:00", "12", "Asha", "98765 43210 Asha", "1234567890123456789"]
        {
            assert!(!is_phone(other), "{other}");
        }
    }
}
