//! Which headers say that a column holds each row's country, or its calling code.

use std::collections::HashSet;
use std::sync::LazyLock;

use super::phone_header;
use super::words::{folded, words};

/// A column that may hold each row's country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CountryHeader {
    /// It is about the number: a calling code, or the phone's country.
    pub of_number: bool,
    /// Its words alone don't suffice: most of its cells have to be countries.
    pub weak: bool,
    /// Its cells have to be calling codes: a prefix is also `Mr`.
    pub code: bool,
    /// What it is the country of: `billing`, `shipping`, `home`.
    pub of: Vec<String>,
}

static COUNTRY: LazyLock<HashSet<String>> = LazyLock::new(|| {
    set(
        "country countries countrycode pais país países paisde pays land länder paese paesi страна страны країна ülke ülkesi negara \
        kraj państwo država země tara țara maa ország χώρα देश राष्ट्र দেশ దేశం நாடு દેશ ದೇಶ രാജ്യം ਦੇਸ਼ ملک کشور دولة الدولة بلد البلد \
        مدينةبلد מדינה ארץ nchi bansa 国 國 countryname ländercode länderkürzel landcode landkode landeskürzel ländername isocountry",
    )
});
static DIAL: LazyLock<HashSet<String>> = LazyLock::new(|| {
    set(
        "dial dialing dialling calling isd ddi dialcode callingcode isdcode phonecode ländervorwahl landesvorwahl landvorwahl \
        länderkennzahl landeskennzahl ländervorwahlnummer indicatif landnummer landsnummer",
    )
});
/// Words that stand for a calling code, or for much else.
static DIAL_OR_NOT: LazyLock<HashSet<String>> =
    LazyLock::new(|| set("prefix prefijo prefixo préfixe prefisso vorwahl prefiks prefikso"));
static ISO: LazyLock<HashSet<String>> =
    LazyLock::new(|| set("iso iso2 iso3 iso3166 alpha2 alpha3 nation nazione nación nação"));
static BESIDE: LazyLock<HashSet<String>> = LazyLock::new(|| {
    set(
        "地区 地區 代码 代碼 コード 코드 kodu code codes codigo código kod kode codice код कोड کد رمز كود קוד mã ma name nom nombre iso iso2 iso3 alpha alpha2 alpha3 region \
        territory 2 3 of de du do da del della der des the your customer residence resident current required value and or s user \
        contact client address addr default primary main subscriber member lead person 1 letter short full number no",
    )
});
static OF: LazyLock<HashSet<String>> = LazyLock::new(|| {
    set(
        "billing shipping home work business company mailing delivery other office default payment account invoice",
    )
});
const WITHOUT_BLANKS: [&str; 8] = ["国家", "國家", "国名", "국가", "나라", "ประเทศ", "国番号", "国コード"];

fn set(all: &str) -> HashSet<String> {
    all.split_whitespace().map(folded).collect()
}

/// What a header says; `None` where it isn't about each row's country.
pub(super) fn recognise(header: &str) -> Option<CountryHeader> {
    let words = words(header);
    let (mut country, mut dial, mut maybe, mut iso, mut phone, mut code) =
        (false, false, false, false, false, false);
    let mut of = Vec::new();
    for word in &words {
        code |= word.starts_with("cod") || word.starts_with("kod") || word == "код" || word == "कोड";
        if COUNTRY.contains(word) {
            country = true;
        } else if DIAL.contains(word) {
            dial = true;
        } else if DIAL_OR_NOT.contains(word) {
            maybe = true;
        } else if ISO.contains(word) {
            iso = true;
        } else if OF.contains(word) {
            of.push(word.clone());
        } else if !word.is_ascii() && WITHOUT_BLANKS.iter().any(|part| word.contains(&folded(part))) {
            country = true;
        } else if is_phone(word) {
            phone = true;
        } else if word == "quoc" || word == "gia" || word == "nuoc" {
            // `Quốc gia`
            country |= word == "gia" || word == "nuoc";
        } else if !BESIDE.contains(word) {
            return None;
        }
    }
    // `Phone code`, `Mobile prefix`.
    dial |= phone && (maybe || (code && !country));
    let weak = !country && !dial;
    if weak && !maybe && !iso {
        return None;
    }
    Some(CountryHeader { of_number: dial || maybe || (phone && country), weak, code: weak && !iso, of })
}

fn is_phone(word: &str) -> bool {
    phone_header::rank(word).is_some_and(|rank| (1..=4).contains(&rank.class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn country_headers_are_recognised() {
        let mut missed = Vec::new();
        for header in [
            "Country",
            "country",
            "COUNTRY",
            "Country Code",
            "country_code",
            "CountryCode",
            "Country/Region",
            "Country ISO",
            "Dial code",
            "Dialing Code",
            "Calling code",
            "ISD",
            "ISD Code",
            "Phone code",
            "Phone country code",
            "Billing Country",
            "Default Address Country Code",
            "Shipping Country",
            "País",
            "Pais",
            "Pays",
            "Land",
            "Ländercode",
            "Ländervorwahl",
            "Paese",
            "Страна",
            "Код страны",
            "Ülke",
            "Ülke Kodu",
            "Negara",
            "Kode Negara",
            "Kraj",
            "国家",
            "国家/地区",
            "國家",
            "국가",
            "국가코드",
            "国番号",
            "ประเทศ",
            "देश",
            "देश कोड",
            "দেশ",
            "దేశం",
            "நாடு",
            "દેશ",
            "ದೇಶ",
            "രാജ്യം",
            "ਦੇਸ਼",
            "ملک",
            "کشور",
            "الدولة",
            "البلد",
            "رمز الدولة",
            "מדינה",
            "Quốc gia",
            "Nchi",
            "Código de país",
            "Code pays",
            "Indicatif",
            "Country of residence",
            "Country (2-letter)",
            "Country Name",
            "Країна",
        ] {
            if recognise(header).is_none_or(|found| found.weak) {
                missed.push(header);
            }
        }
        assert_eq!(missed, [""; 0]);
        for header in ["ISO", "ISO2", "Prefix", "Nation", "Prefijo"] {
            assert!(recognise(header).is_some_and(|found| found.weak), "{header}");
        }
        for header in [
            "Name",
            "City",
            "Code",
            "Region",
            "State",
            "Phone",
            "Country of birth",
            "Destination country",
            "Nationality",
            "Postal code",
            "Area code",
            "Country manager",
            "Passport country",
            "Home",
            "",
        ] {
            assert_eq!(recognise(header), None, "{header}");
        }
    }

    #[test]
    fn a_calling_code_is_about_the_number() {
        for header in ["Dial code", "Phone country code", "Mobile prefix", "ISD"] {
            assert!(recognise(header).unwrap().of_number, "{header}");
        }
        assert!(!recognise("Country").unwrap().of_number);
        assert_eq!(recognise("Shipping Country").unwrap().of, ["shipping"]);
    }
}
