//! Whose number it is: bare digits, forms of one number, keys.

use sendcast::campaign::{Campaign, PlanOptions, Planner};
use sendcast::domain::phone::Phone;
use sendcast::domain::plan::{Fate, PlannedRow, SkipCause};
use tempfile::TempDir;

use super::{OptedOut, file};

/// Plans a table with one column, `phone`, under further keys of the audience.
fn rows(cells: &[&str], audience: &str, opted_out: &[&str]) -> Vec<PlannedRow> {
    let dir = TempDir::new().unwrap();
    let table: String = cells.iter().map(|cell| format!("{{\"phone\": {cell:?}}}\n")).collect();
    file(&dir, "people.ndjson", &table);
    let text = format!(
        r#"{{"from": "1", "audience": {{"file": "people.ndjson"{audience}}}, "message": {{"type": "text", "body": "Hi"}}}}"#
    );
    let campaign = Campaign::load(&file(&dir, "c.json", &text)).unwrap();
    let listed = opted_out.iter().map(|digits| Phone::from_digits(digits).unwrap()).collect();
    let known = OptedOut(listed);
    let options = PlanOptions { known: &known, ..PlanOptions::default() };
    match Planner::new(&campaign, options) {
        Ok(planner) => planner.map(Result::unwrap).collect(),
        Err(_) => Vec::new(),
    }
}

/// Who is written to.
fn sent(rows: &[PlannedRow]) -> Vec<&str> {
    rows.iter().filter(|row| matches!(row.fate, Fate::Send(_))).map(|row| row.to.as_str()).collect()
}

fn cause(row: &PlannedRow) -> Option<SkipCause> {
    match &row.fate {
        Fate::Skip { cause, .. } => Some(*cause),
        Fate::Send(_) => None,
    }
}

/// A list of a country's own numbers, whose country nobody names, reaches nobody, wherever its digits would lead.
#[test]
fn national_lists_without_a_country_reach_no_stranger() {
    let mut random = fastrand::Rng::with_seed(15);
    let mut digits = |n: usize| (0..n).map(|_| char::from(b'0' + random.u8(..10))).collect::<String>();
    let mut lists: Vec<(&str, Vec<String>)> = Vec::new();
    for (country, heads, tail) in [
        ("US", &["415555", "212555", "310867", "972233", "206789", "617495"][..], 4),
        ("CN", &["139", "138", "186", "150", "177"][..], 8),
        ("CN of one operator", &["1502", "1512"][..], 7),
        ("BR", &["119", "219", "519", "619", "669", "849", "959"][..], 8),
        ("BR of one town", &["519"][..], 8),
        ("BR of another town", &["849"][..], 8),
        ("DE without the zero", &["1512", "1570", "1520"][..], 7),
        ("ID without the zero", &["8170", "8180", "8210", "85212", "8123"][..], 8),
        ("IN", &["98", "97", "70", "62"][..], 8),
        ("RU", &["8916", "8903", "8855", "8862"][..], 7),
        ("GB without the zero", &["7911", "7400"][..], 6),
    ] {
        let list = (0..60).map(|n| format!("{}{}", heads[n % heads.len()], digits(tail))).collect();
        lists.push((country, list));
    }
    for (country, list) in lists {
        for few in [1, 3, 60] {
            let cells: Vec<&str> = list.iter().take(few).map(String::as_str).collect();
            let rows = rows(&cells, "", &[]);
            assert_eq!(sent(&rows), Vec::<&str>::new(), "{few} numbers of {country}");
        }
    }
}

#[test]
fn lists_that_carry_the_code_are_read() {
    for list in [
        &["919876543210", "919123456780", "919812345678"][..],
        &["14155552671", "12125550143", "16502530000"],
        &["447911123456", "4915112345678", "447911123457", "4915112345679"],
    ] {
        assert_eq!(sent(&rows(list, "", &[])), list, "{list:?}");
    }
    let said = rows(&["6591234567", "51987654321"], r#", "numbers": "international""#, &[]);
    assert_eq!(sent(&said), ["6591234567", "51987654321"]);
    // One that the others don't speak for.
    let mut mixed: Vec<String> = (0..60).map(|n| format!("9198765432{n:02}")).collect();
    mixed.push("51987654321".to_owned());
    mixed.push("9876543299".to_owned());
    let cells: Vec<&str> = mixed.iter().map(String::as_str).collect();
    assert_eq!(sent(&rows(&cells, "", &[])).len(), 60);
}

#[test]
fn one_person_in_two_forms_is_one() {
    for (first, second, key) in [
        ("+55 11 98765-4321", "+55 11 8765-4321", "5511987654321"),
        ("+551187654321", "+5511987654321", "5511987654321"),
        ("+52 55 1234 5678", "+5215512345678", "525512345678"),
        ("+54 9 11 2345-6789", "+54 11 2345-6789", "541123456789"),
        ("+54 11 15 2345-6789", "+5491123456789", "541123456789"),
        ("+225 07 12 34 56", "+225 07 07 12 34 56", "2250707123456"),
        ("+229 97 12 34 56", "+229 01 97 12 34 56", "2290197123456"),
    ] {
        let planned = rows(&[first, second, "+919876543210"], "", &[]);
        assert_eq!(planned[0].key.as_deref(), Some(key), "{first}");
        assert_eq!(cause(&planned[1]), Some(SkipCause::Duplicate), "{first}, {second}");
        assert_eq!(sent(&planned).len(), 2);
        let to = planned[0].phone.unwrap().digits();
        for form in [to.as_str(), key] {
            let planned = rows(&[first, second], "", &[form]);
            assert_eq!(cause(&planned[0]), Some(SkipCause::OptedOut), "{first}, {form} on the list");
            assert!(sent(&planned).is_empty(), "{second}, {form} on the list");
        }
    }
}

#[test]
fn what_exports_put_around_a_number_is_taken_off() {
    let planned = rows(
        &[
            "p:+919876543210",
            "https://wa.me/919876543211",
            "919876543212@c.us",
            "Mobile: +91 98765 43213",
            "+91 98765 43214 (work)",
            "'+91 98765 43215',",
            "📞 +91 98765 43216",
            "9.1987654321E11",
            "9.19877E+11",
            "+91 98765 43210 / +91 98765 43217",
            "+91 98765 4321O",
        ],
        "",
        &[],
    );
    let expected: Vec<String> = (0..7).map(|n| format!("91987654321{n}")).collect();
    assert_eq!(sent(&planned), expected);
    let causes: Vec<_> = planned[7..].iter().map(cause).collect();
    let bad = Some(SkipCause::Bad);
    // The eighth row has the first one's number, written by a program, and no other number speaks for its code.
    assert_eq!(causes[1..], [bad, bad, bad]);
}

#[test]
fn possible_numbers_are_let_through_where_the_audience_says_so() {
    assert!(sent(&rows(&["+915000000000"], "", &[])).is_empty());
    assert_eq!(sent(&rows(&["+915000000000"], r#", "accept": "possible""#, &[])), ["915000000000"]);
}
