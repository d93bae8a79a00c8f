//! The numbering plans against an oracle: what Google's libphonenumber says of more than 25,000 numbers of all regions,
//! kept in `tests/data/numbers.tsv` (see `numbers.py` beside it).
#![expect(clippy::unwrap_used, reason = "a test's helpers fail by panicking")]

use sendcast::domain::phone::{Accept, Country, PhoneError, Rules, parse};

static NUMBERS: &str = include_str!("../data/numbers.tsv");

/// A line of the file.
struct Case {
    region: Option<Country>,
    digits: &'static str,
    /// The number in E.164, where it is valid.
    valid: Option<&'static str>,
    possible: bool,
}

fn cases() -> impl Iterator<Item = Case> {
    NUMBERS.lines().skip(1).map(|line| {
        let mut fields = line.split('\t');
        let (question, verdict) = (fields.next().unwrap(), fields.next().unwrap());
        let (region, digits) = match question.split_once(' ') {
            Some((region, digits)) => (Some(region.parse().unwrap()), digits),
            None => (None, question),
        };
        let valid = (verdict == "v").then(|| fields.next().unwrap_or(digits).trim_start_matches('+'));
        Case { region, digits, valid, possible: verdict != "i" }
    })
}

/// Whether a difference follows from a rule of ours, and which.
fn by_rule(ours: Option<&str>, case: &Case) -> Option<&'static str> {
    let given = case.digits.trim_start_matches('+');
    match (ours, case.valid) {
        (None, Some(_)) if given.len() < 7 => Some("fewer than the seven digits that a phone has here"),
        // It takes Colombia's `03` off where `0` leaves a mobile.
        (Some(_), None) if given.starts_with("5703") => Some("the shorter of two prefixes"),
        (None, Some(_)) if given.len() > 15 => Some("more than E.164's 15 digits"),
        (Some(form), _) if form.starts_with("521") || (form.starts_with("55") && form.len() == 12) => {
            Some("a form of WhatsApp's")
        }
        (Some(new), None) if new.starts_with("225") || new.starts_with("229") => Some("renumbered"),
        // It takes the country's prefix off first, also where the number is valid with it.
        (Some(whole), _) if whole == given => Some("valid as it stands"),
        _ => None,
    }
}

#[test]
fn what_is_valid_is_what_the_oracle_calls_valid() {
    let mut rules: Vec<(&str, usize)> = Vec::new();
    let (mut asked, mut valid, mut wrong) = (0, 0, Vec::new());
    for case in cases().filter(|case| case.region.is_none()) {
        asked += 1;
        let ours = parse(case.digits, None).ok().map(|parsed| parsed.phone.digits());
        valid += usize::from(ours.is_some());
        if ours.as_deref() == case.valid {
            continue;
        }
        match by_rule(ours.as_deref(), &case) {
            Some(rule) => match rules.iter_mut().find(|(known, _)| *known == rule) {
                Some((_, times)) => *times += 1,
                None => rules.push((rule, 1)),
            },
            None => wrong.push(format!("{}: {ours:?}, not {:?}", case.digits, case.valid)),
        }
    }
    assert!(asked > 20_000 && valid > asked / 3, "{valid} valid of {asked}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong[..wrong.len().min(40)].join("\n"));
    println!("{asked} asked, {valid} valid, differ by rule: {rules:?}");
    assert!(rules.iter().all(|(_, times)| *times <= 60), "{rules:?}");
}

#[test]
fn what_it_calls_valid_or_possible_is_at_least_possible() {
    let possible = Rules { accept: Accept::Possible, ..Rules::default() };
    for case in cases().filter(|case| case.region.is_none() && case.possible && case.digits.len() <= 16) {
        let ours = parse(case.digits, possible);
        // It also calls possible what is one only once a prefix is off, and numbers of less than seven digits.
        let bare = case.digits.trim_start_matches('+');
        let known = ours.is_ok() || bare.len() < 7 || case.valid.is_none();
        assert!(known, "{}: {ours:?}", case.digits);
    }
    let newer = parse("+910000000000", None).unwrap_err();
    assert!(newer.to_string().contains("newer than this list?"), "{newer}");
}

/// At home more can be meant than the oracle thinks of, which takes the first reading: we refuse where several are valid.
#[test]
fn a_national_number_is_the_oracles_or_refused() {
    let (mut asked, mut same, mut refused, mut wrong) = (0, 0, 0, Vec::new());
    for case in cases() {
        let Some(country) = case.region else { continue };
        asked += 1;
        match (parse(case.digits, Some(country)), case.valid) {
            (Ok(parsed), Some(theirs)) if parsed.phone.digits() == theirs => same += 1,
            (Ok(parsed), theirs) => {
                wrong.push(format!("{} in {country}: {} not {theirs:?}", case.digits, parsed.phone.digits()));
            }
            (Err(PhoneError::Ambiguous(_)), _) | (Err(_), None) => {}
            (Err(error), Some(theirs)) => {
                refused += 1;
                println!("{} in {country}, +{theirs}: {error}", case.digits);
            }
        }
    }
    println!("{asked} asked, {same} the same, {refused} refused, {} differ: {wrong:?}", wrong.len());
    assert!(asked > 3_000 && same > asked / 2, "{same} of {asked}");
    assert!(refused < asked / 50, "{refused} of {asked} are refused that are valid there");
    assert!(wrong.len() < asked / 50, "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
