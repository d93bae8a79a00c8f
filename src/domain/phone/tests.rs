//! The rules for cells, one by one.

use super::{Accept, Bare, CallingCodes, Country, PhoneError, PhoneWarning, Rules, parse, parse_numeric};

fn country(code: &str) -> Option<Country> {
    (!code.is_empty()).then(|| code.parse().unwrap())
}

/// Numbers that are asked for with their country's code.
fn rules(code: &str) -> Rules {
    Rules { bare: Bare::Agreed(CallingCodes::ANY), ..Rules::from(country(code)) }
}

fn digits(raw: &str, code: &str) -> String {
    match parse(raw, rules(code)) {
        Ok(parsed) => parsed.phone.digits(),
        Err(error) => panic!("{raw:?} in {code:?}: {error}"),
    }
}

fn error(raw: &str, code: &str) -> PhoneError {
    match parse(raw, rules(code)) {
        Ok(parsed) => panic!("{raw:?} in {code:?}: {}", parsed.phone.digits()),
        Err(error) => error,
    }
}

#[test]
fn what_people_type_around_a_number_is_cleaned() {
    for raw in [
        "+919876543210",
        "+91 98765 43210",
        "+91-98765-43210",
        "+91 (98765) 43210",
        "(+91) 98765.43210",
        "+91\u{a0}98765\u{202f}43210",
        "\u{feff}+91 98765 43210\u{200b}",
        "\u{202a}+91 98765 43210\u{202c}",
        "'+919876543210",
        "'919876543210",
        "=\"919876543210\"",
        "＋９１９８７６５４３２１０",
        "+९१ ९८७६५ ४३२१०",
        "+٩١٩٨٧٦٥٤٣٢١٠",
        "+91\u{2011}98765\u{2013}43210",
        "00919876543210",
        "00 91 98765 43210",
        "919876543210",
        "919876543210.0",
        "+919876543210.00",
        "919876543210,0",
        "9.19876543210E+11",
        "9,1987654321e11",
        "9.1987654321E11",
        "p:+919876543210",
        "tel:+91-98765-43210",
        "https://wa.me/919876543210?text=hi",
        "919876543210@c.us",
        "Mobile: +91 98765 43210",
        "+91 98765 43210 (work)",
        "📱 +91 98765 43210",
        "🇮🇳+91 98765 43210",
        "+9️⃣1️⃣ 98765 43210",
        "«+91 98765 43210»,",
        "\"+91 98765 43210\";",
        "919876543210E0",
        "  919876543210\t\r\n",
    ] {
        assert_eq!(digits(raw, ""), "919876543210", "{raw:?}");
    }
    assert_eq!(digits("9,19876543210e11", ""), "919876543210");
}

#[test]
fn what_cannot_be_one_number_is_refused_with_its_reason() {
    assert_eq!(error("", "IN"), PhoneError::Empty);
    assert_eq!(error(" \u{feff}' ", "IN"), PhoneError::Empty);
    assert_eq!(error("-", "IN"), PhoneError::NoDigits);
    assert_eq!(error("n/a", "IN"), PhoneError::Letters);
    assert_eq!(error("tel:me", "IN"), PhoneError::Letters);
    assert_eq!(error("98765 43210 (old)", "IN"), PhoneError::Letters);
    assert_eq!(error("120363041234567890@g.us", ""), PhoneError::Unexpected('@'));
    assert_eq!(error("98765O43210", "IN"), PhoneError::Letters);
    assert_eq!(error("9.19877E+11", ""), PhoneError::DigitsLost);
    assert_eq!(error("9.19877E+11", "IN"), PhoneError::DigitsLost);
    assert_eq!(error("9E+11", "IN"), PhoneError::DigitsLost);
    assert_eq!(error("9.198765432105E+11", ""), PhoneError::Fraction);
    assert_eq!(error("919876543210.5", ""), PhoneError::Fraction);
    assert_eq!(error("*98765 43210", "IN"), PhoneError::Unexpected('*'));
    for two in [
        "9876543210 / 9123456780",
        "9876543210, 9123456780",
        "9876543210;9123456780",
        "9876543210 9123456780",
        "9876543210\n9123456780",
        "+919876543210 +919123456780",
        "9876543210 or 9123456780",
    ] {
        assert_eq!(error(two, "IN"), PhoneError::TwoNumbers, "{two}");
    }
    for extension in ["+1 202 555 0143 ext. 12", "+12025550143x12", "+1 202 555 0143 #12", "9876543210/11"] {
        assert_eq!(error(extension, "US"), PhoneError::Extension, "{extension}");
    }
    assert_eq!(error("+9198765432101234567", ""), PhoneError::TooLong);
    assert_eq!(error(&"9".repeat(60), ""), PhoneError::TooLong);
    assert_eq!(error("+1 23", ""), PhoneError::TooShort);
    assert_eq!(error("+999 1234567", ""), PhoneError::UnknownCallingCode);
    assert_eq!(error("+0919876543210", ""), PhoneError::UnknownCallingCode);
    assert_eq!(error("+91 98765 4321", ""), PhoneError::InvalidIn(country("IN").unwrap()));
    assert_eq!(error("+1 555 0100", ""), PhoneError::InvalidIn(country("US").unwrap()));
}

#[test]
fn national_numbers_need_a_country() {
    assert_eq!(error("9876543210", ""), PhoneError::NeedsCountry);
    assert_eq!(error("09876543210", ""), PhoneError::NeedsCountry);
    assert_eq!(error("020 7946 0958", ""), PhoneError::NeedsCountry);
    assert_eq!(error("6591234567", ""), PhoneError::NeedsCountry, "ten digits, though Singapore's");
    assert_eq!(parse("919876543210", None), Err(PhoneError::NeedsCountry));
    for (raw, code, expected) in [
        ("9876543210", "IN", "919876543210"),
        ("098765 43210", "IN", "919876543210"),
        ("9198765432", "IN", "919198765432"), // begins with the country's own code
        ("919198765432", "IN", "919198765432"),
        ("07911 123456", "GB", "447911123456"),
        ("+44 (0)7911 123456", "", "447911123456"),
        ("(415) 555-2671", "US", "14155552671"),
        ("1 415 555 2671", "US", "14155552671"),
        ("011 91 98765 43210", "US", "919876543210"),
        ("(11) 98765-4321", "BR", "5511987654321"),
        ("0 11 98765-4321", "BR", "5511987654321"),
        ("55991234567", "BR", "5555991234567"), // area code 55
        ("0812 3456 7890", "ID", "6281234567890"),
        ("02 1234 5678", "IT", "390212345678"),
        ("347 123 4567", "IT", "393471234567"),
        ("8 916 123-45-67", "RU", "79161234567"),
        ("030/123456", "DE", "4930123456"),
        ("0712 123456", "KE", "254712123456"),
        ("0501234567", "AE", "971501234567"),
    ] {
        assert_eq!(digits(raw, code), expected, "{raw} in {code}");
    }
}

#[test]
fn international_numbers_need_no_plus() {
    for (raw, code, expected) in [
        ("919876543210", "", "919876543210"),
        ("447911123456", "", "447911123456"),
        ("14155552671", "", "14155552671"),
        ("919876543210", "IN", "919876543210"),
        ("919876543210", "GB", "919876543210"), // twelve digits
        ("79161234567", "RU", "79161234567"),
        ("4915112345678", "DE", "4915112345678"), // also a valid German landline
        ("62811234567", "ID", "62811234567"),     // also a valid Indonesian landline
        ("5511987654321", "BR", "5511987654321"),
        ("+14155552671", "IN", "14155552671"),
        ("0014155552671", "IN", "14155552671"),
    ] {
        assert_eq!(digits(raw, code), expected, "{raw} in {code}");
    }
    let india = country("IN").unwrap();
    assert_eq!(error("14155552671", "IN"), PhoneError::NotOf(india), "too near to a slip of the hand");
    assert_eq!(error("919876543210", "DE"), PhoneError::Ambiguous(country("DE").unwrap()));
    let international = |code| Rules { bare: Bare::International, ..Rules::from(country(code)) };
    for (raw, code, expected) in [
        ("6591234567", "", "6591234567"),
        ("919876543210", "DE", "919876543210"),
        ("14155552671", "IN", "14155552671"),
        ("098765 43210", "IN", "919876543210"),
    ] {
        let read = parse(raw, international(code)).map(|parsed| parsed.phone.digits());
        assert_eq!(read.as_deref(), Ok(expected), "{raw} in {code}");
    }
    assert_eq!(parse("09876543210", international("")), Err(PhoneError::NeedsCountry));
}

#[test]
fn forms_of_whatsapps_and_old_ones_are_numbers() {
    for (raw, code, sent) in [
        ("+55 11 8765-4321", "", "551187654321"),
        ("551187654321", "", "551187654321"),
        ("(11) 8765-4321", "BR", "551187654321"),
        ("+521 55 1234 5678", "", "5215512345678"),
        ("1 55 1234 5678", "MX", "525512345678"),
        ("044 55 1234 5678", "MX", "525512345678"),
        ("+54 9 11 2345-6789", "", "5491123456789"),
        ("+54 11 15 2345-6789", "", "5491123456789"),
        ("011 15 2345-6789", "AR", "5491123456789"),
        ("+225 07 12 34 56", "", "2250707123456"),
        ("07 12 34 56", "CI", "2250707123456"),
        ("+229 97 12 34 56", "", "2290197123456"),
        ("97123456", "BJ", "2290197123456"),
        ("077 12 34 56", "GA", "24177123456"),
    ] {
        assert_eq!(digits(raw, code), sent, "{raw} in {code}");
    }
    for wrong in ["+55 11 1765-4321", "+521 15 1234 5678", "+225 60 12 34 56"] {
        assert!(parse(wrong, None).is_err(), "{wrong}");
    }
}

#[test]
fn a_zero_that_was_taken_is_put_back_and_told() {
    for (raw, code, expected) in [("707070707", "CI", "2250707070707"), ("212345678", "IT", "390212345678")] {
        let parsed = parse(raw, country(code)).unwrap();
        let told = Some(PhoneWarning::ZeroPutBack(country(code).unwrap()));
        assert_eq!((parsed.phone.digits().as_str(), parsed.warning), (expected, told), "{raw} in {code}");
    }
    assert_eq!(digits("9876543210", "IN"), "919876543210", "none is missing here");
}

#[test]
fn countries_dial_abroad_by_their_own_prefixes() {
    for (raw, code) in [
        ("0011 91 98765 43210", "AU"),
        ("009 91 98765 43210", "NG"),
        ("000 91 98765 43210", "KE"),
        ("011 91 98765 43210", "US"),
        ("119 91 98765 43210", "CU"),
        ("8 10 91 98765 43210", "RU"),
        ("001 91 98765 43210", "SG"),
        ("00 91 98765 43210", "AU"),
        ("00 91 98765 43210", "US"),
    ] {
        assert_eq!(digits(raw, code), "919876543210", "{raw} in {code}");
    }
    assert!(parse("0011 91 98765 43210", None).is_err());
}

#[test]
fn numbers_newer_than_the_list_are_taken_where_it_is_said() {
    let possible = |code| Rules { accept: Accept::Possible, ..Rules::from(country(code)) };
    for (raw, code, expected) in [
        ("+91 00000 00000", "", "910000000000"),
        ("50000 00000", "IN", "915000000000"),
        ("+1 999 999 9999", "", "19999999999"),
    ] {
        assert!(error(raw, code).to_string().contains("newer than this list?"), "{raw}");
        let parsed = parse(raw, possible(code)).unwrap();
        assert_eq!(
            (parsed.phone.digits().as_str(), parsed.warning),
            (expected, Some(PhoneWarning::Unlisted))
        );
    }
    assert!(parse("+91 98765 4321", possible("")).is_err(), "no number has this length");
    assert_eq!(parse("98765 43210", possible("IN")).unwrap().warning, None);
}

#[test]
fn numeric_cells_warn_where_zeros_may_be_rounding() {
    let india = country("IN");
    assert_eq!(parse_numeric(919_876_543_210.0, india).unwrap().warning, None);
    let rounded = parse_numeric(919_877_000_000.0, india).unwrap();
    assert_eq!(
        (rounded.phone.digits().as_str(), rounded.warning),
        ("919877000000", Some(PhoneWarning::Rounded))
    );
    assert_eq!(parse_numeric(919_876_543_210.5, india), Err(PhoneError::Fraction));
    assert_eq!(parse_numeric(1e18, india), Err(PhoneError::TooLong));
    assert_eq!(parse_numeric(f64::NAN, india), Err(PhoneError::NoDigits));
}

#[test]
fn sentences_name_the_remedy_and_no_number() {
    let text = error("98765 4321", "IN").to_string();
    assert!(text.contains("India (+91)") && !text.contains("98765"), "{text}");
    assert!(error("9.19877E+11", "").to_string().contains("format the column as text"));
    assert_eq!(error("1\u{1b}[31m", "").to_string().find('\u{1b}'), None);
}

/// Whatever stands in a cell: a number of 7 to 15 digits or a reason, never a panic.
#[test]
fn no_cell_breaks_the_reader() {
    const PIECES: [&str; 26] = [
        "0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "91", "00", "+", " ", "-", "(", ")", ".", "/", ",",
        ";", "E+11", "x", "é", "９", "\u{feff}",
    ];
    let mut random = fastrand::Rng::with_seed(7);
    let countries: Vec<Country> = Country::all().collect();
    for _ in 0..20_000 {
        let raw: String = (0..random.usize(0..18)).map(|_| PIECES[random.usize(..PIECES.len())]).collect();
        let country = random.bool().then(|| countries[random.usize(..countries.len())]);
        match parse(&raw, country) {
            Ok(parsed) => assert!((7..=15).contains(&parsed.phone.digits().len()), "{raw:?}"),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
}
