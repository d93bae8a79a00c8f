//! Which headers say that a column holds phone numbers, and how likely it is the recipient's.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::phone_words as lists;
use super::words::{folded, words};

/// What a header says of its column. The least is the likeliest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// Whose number it is: the recipient's own, a lesser one of theirs, somebody else's.
    pub whose: Whose,
    /// `to`, WhatsApp, SMS, mobile, telephone, at last any number or contact.
    pub class: u8,
    /// How it is said.
    pub said: Said,
}

/// Whose number a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Whose {
    /// The recipient's.
    Own,
    /// A second one of the recipient's, at home or at work.
    Lesser,
    /// Somebody else's.
    Other,
}

/// How a header says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Said {
    /// By the word alone.
    Bare,
    /// With words that belong to it.
    Decorated,
    /// Within a sentence, or beside words that nobody here knows: only together with what the cells are.
    Loosely,
}

/// The class of a mere number or contact: it takes cells that are phones.
pub(super) const WEAK: u8 = 5;

static CLASSES: LazyLock<HashMap<String, u8>> = LazyLock::new(|| {
    let mut classes = HashMap::new();
    let of_class = [
        (0, "to recipient msisdn"),
        (1, lists::WHATSAPP),
        (2, lists::SMS),
        (3, lists::MOBILE),
        (4, lists::PHONE),
        (WEAK, lists::WEAK),
    ];
    for (class, all) in of_class {
        for word in all.split_whitespace() {
            classes.entry(folded(word)).or_insert(class);
        }
    }
    classes
});
static BESIDE: LazyLock<HashSet<String>> = LazyLock::new(|| set(lists::BESIDE));
static DENIES: LazyLock<HashSet<String>> = LazyLock::new(|| set(lists::DENIES));
static LESSER: LazyLock<HashSet<String>> = LazyLock::new(|| set(lists::LESSER));
static OTHERS: LazyLock<HashSet<String>> = LazyLock::new(|| set(lists::OTHERS));
static WITHOUT_BLANKS: LazyLock<Vec<(u8, String)>> = LazyLock::new(|| {
    let words = |(class, all): &(u8, &'static str)| {
        let class = *class;
        all.split_whitespace().map(move |word| (class, folded(word))).collect::<Vec<_>>()
    };
    lists::WITHOUT_BLANKS.iter().flat_map(words).collect()
});

fn set(all: &str) -> HashSet<String> {
    all.split_whitespace().map(folded).collect()
}

/// What a header says; `None` where it speaks of no phone number.
pub(super) fn rank(header: &str) -> Option<Rank> {
    let mut words = words(&without_examples(header));
    // `Phone (with country code)` holds numbers, `Phone country code` doesn't.
    if let Some(at) = with_country_code(&words) {
        words.truncate(at);
    }
    // "To" alone is the recipient; within a phrase it is only a preposition.
    if words.len() > 1 {
        words.retain(|word| word != "to");
    }
    if words.is_empty() {
        return None;
    }
    let mut class: Option<u8> = None;
    let mut whose = Whose::Own;
    let mut known = true;
    for word in &words {
        if DENIES.contains(word) {
            return None;
        }
        if let Some(found) = class_of(word) {
            class = Some(class.map_or(found, |class| class.min(found)));
        } else if OTHERS.contains(word) {
            whose = whose.max(Whose::Other);
        } else if LESSER.contains(word) {
            whose = whose.max(Whose::Lesser);
        } else if !BESIDE.contains(word) && word != "1" {
            known = false;
        }
    }
    let class = class?;
    let said = match (known, words.len()) {
        (false, _) => Said::Loosely,
        (true, 1) => Said::Bare,
        (true, _) => Said::Decorated,
    };
    // `Order Number`, `Contact person`: what is known of these words isn't enough.
    (class < WEAK || said != Said::Loosely).then_some(Rank { whose, class, said })
}

/// Whether a header belongs to a column that can't hold the recipient's number, whatever its cells look like.
pub(super) fn denies(header: &str) -> bool {
    /// Numbers of other things.
    const THINGS: [&str; 40] = [
        "order",
        "invoice",
        "bill",
        "receipt",
        "transaction",
        "txn",
        "ref",
        "reference",
        "account",
        "acct",
        "sku",
        "gtin",
        "ean",
        "upc",
        "isbn",
        "barcode",
        "imei",
        "serial",
        "tracking",
        "awb",
        "zip",
        "zipcode",
        "postcode",
        "postal",
        "pin",
        "pincode",
        "amount",
        "price",
        "total",
        "qty",
        "quantity",
        "date",
        "time",
        "timestamp",
        "aadhaar",
        "aadhar",
        "ssn",
        "gst",
        "iban",
        "balance",
    ];
    let words = words(header);
    words.iter().any(|word| {
        DENIES.contains(word)
            || OTHERS.contains(word)
            || THINGS.contains(&word.as_str())
            || word.ends_with("id")
    })
}

fn class_of(word: &str) -> Option<u8> {
    if let Some(&class) = CLASSES.get(word) {
        return Some(class);
    }
    if word.is_ascii() {
        // `phoneno`, `mobilenumber`, `whatsappno`, `cellphone`.
        for ending in ["number", "nummer", "numero", "num", "no", "nr", "phone"] {
            let before = word.strip_suffix(ending).filter(|before| before.len() > 1);
            if let Some(&class) = before.and_then(|before| CLASSES.get(before)) {
                return (class > 0).then_some(class.min(4));
            }
        }
    }
    // The Arabic article.
    if let Some(&class) = word.strip_prefix("ال").and_then(|bare| CLASSES.get(bare)) {
        return Some(class);
    }
    if let Some((class, _)) = lists::STEMS.iter().find(|(_, stem)| word.starts_with(&folded(stem))) {
        return Some(*class);
    }
    if word.is_ascii() {
        return None;
    }
    WITHOUT_BLANKS.iter().filter(|(_, part)| word.contains(part.as_str())).map(|(class, _)| *class).min()
}

/// Without what stands in brackets as an example: `(e.g. +91 98765 43210)`.
fn without_examples(header: &str) -> String {
    let lower = header.to_lowercase();
    match lower.find(['(', '（', '[']) {
        Some(at)
            if lower.len() == header.len()
                && ["e.g", "eg", "ex.", "ej.", "z.b", "例", "no space", "without"]
                    .iter()
                    .any(|mark| lower[at..].contains(mark)) =>
        {
            header[..at].to_owned()
        }
        _ => header.to_owned(),
    }
}

/// Where words begin that say how the number is written.
fn with_country_code(words: &[String]) -> Option<usize> {
    let at = words.iter().position(|word| {
        matches!(
            word.as_str(),
            "with" | "incl" | "including" | "include" | "includes" | "con" | "com" | "avec" | "mit"
        )
    })?;
    let rest = &words[at + 1..];
    rest.iter()
        .any(|word| {
            matches!(
                word.as_str(),
                "code" | "codigo" | "indicatif" | "prefix" | "prefijo" | "ddi" | "vorwahl"
            ) || word.contains("vorwahl")
        })
        .then_some(at)
}

/// The columns that are phone numbers by their headers alone, the likeliest first.
pub(super) fn by_headers(columns: &[String]) -> Vec<usize> {
    let mut ranked: Vec<_> = columns
        .iter()
        .enumerate()
        .filter_map(|(position, header)| Some((rank(header)?, position)))
        .filter(|(rank, _)| rank.said != Said::Loosely)
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, position)| position).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Headers that say it, in the languages that most people speak, and in the exports of common programs.
    const PHONES: &str = "phone|Phone|PHONE NUMBER|Phone No.|mobile|Mobile_Number|mobileNumber|WhatsApp|whatsapp number|WhatsApp No.|\
        Whats App|WA|to|To|number|Contact|Contact Number|Contact No|cell|Tel.|Handy-Nr.|Customer Phone|Phone*|phone_1|msisdn|\
        Phone (with country code)|MobilePhone|phoneno|Mobile No|Mob.|Cell Phone|WhatsApp Phone Number|SMS Phone Number|Mobile Phone Number|\
        SMS|WHATSAPP|Phone 1 - Value|Default Address Phone|Shipping Phone|billing_phone|Phone Number (required)|\
        Teléfono|Número de teléfono|Celular|Móvil|Teléfono móvil|Número de WhatsApp|Tu número de celular|\
        Numéro de téléphone|Téléphone portable|Portable|Tél.|Votre numéro WhatsApp|N° de téléphone|\
        Telefone|Telemóvel|Número de telefone|Seu WhatsApp|\
        Telefonnummer|Handynummer|Mobilnummer|Rufnummer|Telefon|Ihre Handynummer|Mobiltelefon|\
        Телефон|Номер телефона|Мобильный телефон|Контактный телефон|Номер мобильного|Ватсап|Номер WhatsApp|Телефон клиента|Мобільний телефон|\
        मोबाइल नंबर|मोबाइल|फ़ोन|फोन नंबर|व्हाट्सएप नंबर|संपर्क|मोबाईल नंबर|दूरध्वनी क्रमांक|व्हॉट्सअॅप नंबर|\
        رقم الجوال|رقم الهاتف|الهاتف|جوال|واتساب|رقم الواتساب|رقم الموبايل|المحمول|موبائل نمبر|فون نمبر|واٹس ایپ نمبر|شماره تلفن|شماره موبایل|تلفن همراه|\
        মোবাইল নম্বর|ফোন নম্বর|হোয়াটসঅ্যাপ নম্বর|\
        Nomor HP|No. HP|Nomor Telepon|Nomor WhatsApp|No WA|No. Telepon|Nombor Telefon|No Telefon Bimbit|Telp|\
        手机|手机号|手机号码|电话|电话号码|联系电话|WhatsApp号码|手機號碼|電話|電話番号|携帯番号|携帯電話番号|\
        전화번호|휴대폰 번호|휴대전화|연락처|핸드폰|\
        మొబైల్ నంబర్|ఫోన్ నంబర్|వాట్సాప్ నంబర్|மொபைல் எண்|தொலைபேசி எண்|வாட்ஸ்அப் எண்|મોબાઇલ નંબર|ફોન નંબર|વોટ્સએપ નંબર|\
        ಮೊಬೈಲ್ ಸಂಖ್ಯೆ|ಫೋನ್ ಸಂಖ್ಯೆ|ವಾಟ್ಸಾಪ್ ಸಂಖ್ಯೆ|മൊബൈൽ നമ്പർ|ഫോൺ നമ്പർ|വാട്സാപ്പ് നമ്പർ|ਮੋਬਾਈਲ ਨੰਬਰ|ਫ਼ੋਨ ਨੰਬਰ|ਵਟਸਐਪ ਨੰਬਰ|\
        Telefon numarası|Cep telefonu|Cep|Telefon No|WhatsApp numarası|\
        Số điện thoại|Điện thoại|SĐT|Điện thoại di động|Numero di telefono|Cellulare|Telefono cellulare|\
        מספר טלפון|טלפון|נייד|טלפון נייד|וואטסאפ|Numer telefonu|Telefon komórkowy|Komórka|\
        เบอร์โทรศัพท์|เบอร์โทร|มือถือ|หมายเลขโทรศัพท์|Namba ya simu|Simu|Telefoonnummer|Mobiel nummer|Telefonszám|Puhelinnumero|Τηλέφωνο|\
        What is your WhatsApp number?|Your phone number (with country code)|Please enter your mobile number|\
        WhatsApp number (e.g. +91 98765 43210)|Enter your WhatsApp no. (with country code, no spaces)|Phone number (incl. country code)|\
        ¿Cuál es tu número de WhatsApp?|Quel est votre numéro de téléphone ?|Wie lautet deine Handynummer?|आपका मोबाइल नंबर क्या है?|\
        Alternate Phone|Home Phone|Business Phone|Mobile 2|Parent's phone";

    #[test]
    fn headers_in_many_languages_are_recognised() {
        let missed: Vec<_> =
            PHONES.split('|').map(str::trim).filter(|header| rank(header).is_none()).collect();
        assert_eq!(missed, [""; 0]);
    }

    #[test]
    fn what_speaks_of_something_else_is_not() {
        let taken: Vec<_> = [
            "name",
            "Contact Name",
            "Order Number",
            "Phone Type",
            "Contact Email",
            "Send to",
            "Number of orders",
            "mobile app",
            "phone_number_id",
            "Phone country code",
            "House Number",
            "WhatsApp opt-in",
            "city",
            "",
            "Phone 1 - Label",
            "Phone 1 - Type",
            "Accepts SMS Marketing",
            "SMS Consent",
            "WhatsApp consent",
            "Fax",
            "Phone verified",
            "Device model",
            "Emergency contact number",
            "Mobile network",
            "Phone extension",
            "Last contacted date",
            "Preferred contact method",
            "Total",
            "Company",
            "Row",
            "Toronto",
            "Notes",
            "Kontaktname",
        ]
        .into_iter()
        .filter(|header| rank(header).is_some())
        .collect();
        assert_eq!(taken, [""; 0]);
    }

    #[test]
    fn the_recipients_own_number_goes_first() {
        let order = |headers: &[&'static str]| {
            let mut ranked: Vec<_> = headers.iter().map(|header| (rank(header).unwrap(), *header)).collect();
            ranked.sort_by_key(|(rank, _)| *rank);
            ranked.into_iter().map(|(_, header)| header).collect::<Vec<_>>()
        };
        assert_eq!(
            order(&[
                "Parent phone",
                "Home Phone",
                "Contact",
                "Phone Number",
                "Phone",
                "Mobile",
                "SMS",
                "WhatsApp Number",
                "to"
            ]),
            [
                "to",
                "WhatsApp Number",
                "SMS",
                "Mobile",
                "Phone",
                "Phone Number",
                "Contact",
                "Home Phone",
                "Parent phone"
            ]
        );
        assert_eq!(order(&["Phone Number", "SMS Phone Number"])[0], "SMS Phone Number");
        assert_eq!(order(&["Business Phone", "Mobile Phone", "Home Phone"])[0], "Mobile Phone");
        assert_eq!(
            order(&["Phone Number", "Mobile Phone Number", "WhatsApp Phone Number"])[0],
            "WhatsApp Phone Number"
        );
    }

    #[test]
    fn some_columns_are_never_taken_for_their_cells() {
        for header in [
            "Order ID",
            "Invoice No",
            "ZIP",
            "Zipcode",
            "IMEI",
            "GTIN",
            "Amount",
            "order_date",
            "customerid",
            "Fax",
        ] {
            assert!(denies(header), "{header}");
        }
        for header in ["Handset", "Column 3", "Telegram", "Kolom", "x"] {
            assert!(!denies(header), "{header}");
        }
    }
}
