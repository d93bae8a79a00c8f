//! Numbers against an oracle: `tests/data/numbers.tsv` holds what Google's libphonenumber says of each, `tests/data/zones.tsv`
//! in which time zones it has them.

#![expect(clippy::unwrap_used, reason = "the helpers of tests are tests")]

use sendcast::domain::phone::{Country, Phone, PhoneWarning, parse};

const NUMBERS: &str = include_str!("../data/numbers.tsv");

/// The question, the verdict, and the number in E.164 where it isn't the question itself.
fn lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    NUMBERS.lines().filter(|line| !line.starts_with('#')).map(|line| {
        let mut fields = line.split('\t');
        let question = fields.next().unwrap();
        let verdict = fields.next().unwrap();
        (question, verdict, fields.next().unwrap_or(question))
    })
}

fn person(e164: &str) -> Option<String> {
    Phone::from_digits(e164.trim_start_matches('+')).map(|phone| phone.identity().digits())
}

/// Forms of a number that the library doesn't list, by their calling codes.
fn has_forms(e164: &str) -> bool {
    ["+55", "+52", "+54", "+225", "+229", "+241"].iter().any(|code| e164.starts_with(code))
}

#[test]
fn international_numbers_are_judged_as_the_library_judges_them() {
    let (mut asked, mut agreed, mut forms) = (0, 0, 0);
    let mut wrong = Vec::new();
    for (question, verdict, e164) in lines().filter(|(question, ..)| question.starts_with('+')) {
        asked += 1;
        let ours = parse(question, None).ok();
        match (verdict, ours) {
            ("v", Some(parsed)) => {
                assert_eq!(Some(parsed.phone.identity().digits()), person(e164), "{question}");
                agreed += 1;
            }
            ("v", None) => println!("refused: {question} ({e164})"),
            (_, None) => agreed += 1,
            (_, Some(parsed)) => {
                let phone = format!("+{}", parsed.phone.digits());
                if !has_forms(question) {
                    wrong.push(format!("{question} is no number, and became {phone}"));
                }
                forms += 1;
            }
        }
    }
    println!("{agreed} of {asked}; {forms} in a form of WhatsApp's or of before a renumbering");
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(asked >= 20_000, "{asked}");
    assert!(asked - agreed - forms <= asked / 200, "{agreed} and {forms} of {asked}");
    assert!(forms <= asked / 50, "{forms}");
}

#[test]
fn national_numbers_are_judged_as_the_library_judges_them() {
    let (mut asked, mut agreed) = (0, 0);
    for (question, verdict, e164) in lines().filter(|(question, ..)| !question.starts_with('+')) {
        let (region, digits) = question.split_once(' ').unwrap();
        let country: Country = region.parse().unwrap();
        asked += 1;
        match (verdict, parse(digits, Some(country))) {
            ("v", Ok(parsed)) => {
                assert_eq!(Some(parsed.phone.identity().digits()), person(e164), "{question}");
                agreed += 1;
            }
            (_, Err(_)) if verdict != "v" => agreed += 1,
            ("v", Err(error)) => println!("refused: {question} ({e164}): {error}"),
            (_, Ok(parsed)) => {
                let zero = matches!(parsed.warning, Some(PhoneWarning::ZeroPutBack(_)));
                let phone = format!("+{}", parsed.phone.digits());
                println!("accepted: {question} as {phone}, zero {zero}");
                // Digits that begin with a calling code for certain, which the library asks to be marked.
                let international = phone[1..] == *digits;
                assert!(zero || international, "{question} is no number, and became {phone}");
            }
            (_, Err(_)) => {}
        }
    }
    println!("{agreed} of {asked}");
    assert!(agreed * 100 >= asked * 97, "{agreed} of {asked}");
}

#[test]
fn the_zones_of_a_number_are_those_that_the_library_names() {
    let (mut asked, mut exact, mut nearer) = (0, 0, 0);
    for line in include_str!("../data/zones.tsv").lines().skip(1) {
        let mut fields = line.split('\t');
        let (zones, least) = (fields.next().unwrap(), fields.next().unwrap());
        let mut zones: Vec<_> = zones.split(' ').filter(|zone| !zone.is_empty()).collect();
        zones.sort_unstable();
        for digits in fields.next().unwrap().split(' ') {
            asked += 1;
            let Some(phone) = Phone::from_digits(digits) else { continue };
            let ours = phone.zones().names();
            if ours == zones {
                exact += 1;
                continue;
            }
            // Of countries that share a calling code, the number's own.
            assert_ne!(least, "=", "{digits}: {ours:?}, not {zones:?}");
            assert!(!ours.is_empty() && ours.iter().all(|zone| zones.contains(zone)), "{digits}: {ours:?}");
            let at_least = least.split(' ').filter(|zone| !zone.is_empty());
            assert!(
                at_least.clone().all(|zone| ours.contains(&zone)),
                "{digits}: {ours:?} lacks some of {least}"
            );
            nearer += 1;
        }
    }
    println!("{exact} of {asked} as the library says, {nearer} of the number's own country alone");
    assert!(asked >= 20_000 && exact >= asked * 9 / 10 && nearer > 500, "{asked}, {exact}, {nearer}");
}
