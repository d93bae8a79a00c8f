//! The rules for cells, one by one.

use super::{Accept, Bare, CallingCodes, Country, PhoneError, PhoneWarning, Rules, parse, parse_numeric};

fn country(code: &str) -> Option<Country> {
    (!code.is_empty()).then(|| code.parse().unwrap())
}

/// With a country by its national numbers; without one by calling codes that the column agrees on.
fn rules(code: &str) -> Rules {
    Rules { country: country(code), bare: Bare::Agreed(CallingCodes::ANY), accept: Accept::Valid }
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
        "9.1987654321E11",
        "9,1987654321e11",
        "919876543210E0",
        "  919876543210\t\r\n",
    ] {
        assert_eq!(digits(raw, ""), "919876543210", "{raw:?}");
    }
}

#[test]
fn what_cannot_be_one_number_is_refused_with_its_reason() {
    assert_eq!(error("", "IN"), PhoneError::Empty);
    assert_eq!(error(" \u{feff}' ", "IN"), PhoneError::Empty);
    assert_eq!(error("-", "IN"), PhoneError::NoDigits);
    assert_eq!(error("n/a", "IN"), PhoneError::Letters);
    assert_eq!(error("fax:+919876543210", "IN"), PhoneError::Letters);
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
    assert_eq!(error("6591234567", ""), PhoneError::NeedsCountry, "ten digits");
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

#[test]
fn bare_digits_without_a_country_mean_what_is_said_of_them() {
    let bare = |bare| Rules { bare, ..Rules::default() };
    for raw in ["919876543210", "14155552671", "4155552671", "13912345678", "09876543210", "020 7946 0958"] {
        assert_eq!(parse(raw, bare(Bare::National)), Err(PhoneError::NeedsCountry), "{raw}");
    }
    let read = |raw: &str, rules| parse(raw, rules).map(|parsed| parsed.phone.digits());
    let india = bare(Bare::Agreed(CallingCodes::of([91])));
    assert_eq!(read("919876543210", india).as_deref(), Ok("919876543210"));
    assert_eq!(read("+14155552671", india).as_deref(), Ok("14155552671"), "a + says it all");
    for other in ["14155552671", "6591234567", "9876543210", "13912345678"] {
        assert_eq!(parse(other, india), Err(PhoneError::NeedsCountry), "{other}");
    }
    let international = bare(Bare::International);
    assert_eq!(read("6591234567", international).as_deref(), Ok("6591234567"));
    assert!(parse("4155552671", international).is_err(), "no number of Switzerland's");
    let at_home = Rules { country: country("DE"), ..international };
    assert_eq!(read("4915112345678", at_home).as_deref(), Ok("4915112345678"));
    assert_eq!(read("919876543210", at_home).as_deref(), Ok("919876543210"), "said to be international");
    assert_eq!(
        read("0151 12345678", at_home).as_deref(),
        Ok("4915112345678"),
        "no calling code begins with 0"
    );
}

#[test]
fn what_stands_around_a_number_is_taken_off() {
    for raw in [
        "p:+919876543210",
        "tel:+91-98765-43210",
        "whatsapp:+919876543210",
        "https://wa.me/919876543210",
        "https://api.whatsapp.com/send?phone=919876543210&text=Hi",
        "919876543210@c.us",
        "919876543210@s.whatsapp.net",
        "Mobile: +91 98765 43210",
        "+91 98765 43210 (WhatsApp)",
        "\"+91 98765 43210\"",
        "'+91 98765 43210'",
        "\u{201c}+91 98765 43210\u{201d}",
        "+91 98765 43210,",
        "\u{1f4de} +91 98765 43210",
        "\u{1f1ee}\u{1f1f3} +91 98765 43210",
    ] {
        assert_eq!(
            parse(raw, None).map(|parsed| parsed.phone.digits()).as_deref(),
            Ok("919876543210"),
            "{raw}"
        );
    }
    assert_eq!(digits("Mobile: 98765 43210", "IN"), "919876543210");
    assert_eq!(digits("p:9876543210", "IN"), "919876543210");
}

#[test]
fn only_whole_numbers_are_valid() {
    for raw in ["+5511705840684", "+97233142764978", "951234567"] {
        assert!(parse(raw, rules("")).is_err(), "{raw}");
    }
    let possible = Rules { accept: Accept::Possible, ..rules("") };
    let taken = parse("+55 11 70584-0684", possible).unwrap();
    assert_eq!(
        (taken.phone.digits().as_str(), taken.warning),
        ("5511705840684", Some(PhoneWarning::Unlisted))
    );
    let refused = error("+55 11 70584-0684", "");
    assert!(
        refused.to_string().contains("newer than")
            && refused.to_string().contains("`\"accept\": \"possible\"`")
    );
    assert!(parse("+91 12345678", possible).is_err(), "no number of India is so short");
}

#[test]
fn a_zero_that_a_spreadsheet_took_is_put_back() {
    let ivory = parse("707070707", country("CI")).unwrap();
    assert_eq!(
        (ivory.phone.digits().as_str(), ivory.warning),
        ("2250707070707", Some(PhoneWarning::ZeroPutBack(country("CI").unwrap())))
    );
    assert!(parse("7070707", country("CI")).is_err(), "three digits are missing");
}

#[test]
fn a_country_dials_abroad_in_its_own_way() {
    for (raw, code) in [
        ("0011 91 98765 43210", "AU"),
        ("009 91 98765 43210", "NG"),
        ("000 91 98765 43210", "KE"),
        ("011 91 98765 43210", "US"),
        ("010 91 98765 43210", "JP"),
        ("810 91 98765 43210", "RU"),
        ("8~10 91 98765 43210", "RU"),
        ("0091 98765 43210", "DE"),
    ] {
        assert_eq!(
            parse(raw, country(code)).map(|parsed| parsed.phone.digits()).as_deref(),
            Ok("919876543210"),
            "{raw} in {code}"
        );
    }
}

/// Prefixes that were given up, and zeros that are dialled at home.
#[test]
fn old_ways_to_dial_at_home_are_read() {
    for (raw, code, sent) in [
        ("044 55 1234 5678", "MX", "525512345678"),
        ("01 55 1234 5678", "MX", "525512345678"),
        ("1 55 1234 5678", "MX", "525512345678"),
        ("011 15 2345-6789", "AR", "5491123456789"),
        ("07 12 34 56", "CI", "2250707123456"),
        ("97123456", "BJ", "2290197123456"),
        ("077 12 34 56", "GA", "24177123456"),
    ] {
        assert_eq!(digits(raw, code), sent, "{raw} in {code}");
    }
}

#[test]
fn whatsapps_forms_are_taken() {
    for (raw, sent) in [
        ("+52 1 55 1234 5678", "5215512345678"),
        ("+52 55 1234 5678", "525512345678"),
        ("+54 9 11 2345 6789", "5491123456789"),
        ("+55 11 8765 4321", "551187654321"),
        ("+55 11 98765 4321", "5511987654321"),
        ("+225 07123456", "2250707123456"),
        ("+229 97123456", "2290197123456"),
    ] {
        assert_eq!(digits(raw, ""), sent, "{raw}");
    }
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
