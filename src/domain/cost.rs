//! What messages cost, by a price for each country: exact sums, each currency apart.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::format::{count, people, plural};
use super::phone::Country;

/// How many countries without a price are named.
const COUNTRIES_NAMED: usize = 5;

/// The codes of ISO 4217 for money that is paid with.
const CODES: &str = "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD \
    CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG \
    HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK \
    MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD \
    SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND \
    VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG";

/// A currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Currency(&'static str);

/// No code of ISO 4217.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no currency code; write the three letters of ISO 4217, such as INR, USD or EUR")]
pub struct UnknownCurrency(String);

impl FromStr for Currency {
    type Err = UnknownCurrency;

    /// Takes the code in either case.
    fn from_str(text: &str) -> Result<Currency, UnknownCurrency> {
        let code = CODES.split_ascii_whitespace().find(|code| code.eq_ignore_ascii_case(text.trim()));
        code.map(Currency).ok_or_else(|| UnknownCurrency(text.trim().chars().take(20).collect()))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// What a message costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Price {
    /// Not negative.
    pub amount: Decimal,
    /// Of what.
    pub currency: Currency,
}

/// What a message to each country costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rates {
    /// By country.
    pub countries: BTreeMap<Country, Price>,
    /// To all others, and to numbers of no country; `None` where nobody knows.
    pub rest: Option<Price>,
}

impl Rates {
    /// What so many messages to each country cost; `None` stands for numbers of no country.
    #[must_use]
    pub fn cost(&self, messages: &BTreeMap<Option<Country>, u64>) -> Cost {
        let mut cost = Cost::default();
        for (country, n) in messages {
            let price = country.and_then(|country| self.countries.get(&country)).or(self.rest.as_ref());
            match price {
                Some(Price { amount, currency }) => {
                    let sum = cost.totals.entry(*currency).or_default();
                    *sum = sum.saturating_add(amount.saturating_mul((*n).into()));
                }
                None => cost.unpriced.push((*country, *n)),
            }
        }
        cost.unpriced.sort_by_key(|(_, n)| Reverse(*n));
        cost
    }
}

/// What messages cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cost {
    /// Each currency's sum, by its code.
    pub totals: BTreeMap<Currency, Decimal>,
    /// How many people nobody knows a price for, by country, most first; `None` stands for numbers of no country.
    pub unpriced: Vec<(Option<Country>, u64)>,
}

impl Cost {
    /// `INR 1,188.00 and USD 3.40`; empty where nothing has a price.
    #[must_use]
    pub fn sums(&self) -> String {
        let sums: Vec<_> =
            self.totals.iter().map(|(currency, sum)| format!("{currency} {}", money(*sum))).collect();
        sums.join(" and ")
    }

    /// `12 people in 2 countries have no price: Nepal, Bhutan`
    #[must_use]
    pub fn gaps(&self) -> Option<String> {
        let all = self.unpriced.iter().map(|(_, n)| n).sum();
        let verb = if all == 1 { "has" } else { "have" };
        let name = |country: &Option<Country>| country.map_or("numbers of no country", Country::name);
        let mut names: Vec<_> =
            self.unpriced.iter().take(COUNTRIES_NAMED).map(|(country, _)| name(country).to_owned()).collect();
        if let Some(more @ 1..) = self.unpriced.len().checked_sub(COUNTRIES_NAMED) {
            names.push(format!("and {more} more"));
        }
        let countries = plural(self.unpriced.len() as u64, "country", "countries");
        (all > 0).then(|| format!("{} in {countries} {verb} no price: {}", people(all), names.join(", ")))
    }
}

impl fmt::Display for Cost {
    /// `INR 1,188.00 and USD 3.40; 12 people in 2 countries have no price: Nepal, Bhutan`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> =
            [Some(self.sums()), self.gaps()].into_iter().flatten().filter(|part| !part.is_empty()).collect();
        f.write_str(if parts.is_empty() { "nothing" } else { "" })?;
        f.write_str(&parts.join("; "))
    }
}

impl Serialize for Cost {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let totals: BTreeMap<_, _> =
            self.totals.iter().map(|(currency, sum)| (currency.0, plain(*sum))).collect();
        let code = |country: &Option<Country>| country.map(Country::code);
        let unpriced: Vec<_> = self
            .unpriced
            .iter()
            .map(|(country, n)| serde_json::json!({ "country": code(country), "people": n }))
            .collect();
        let mut fields = serializer.serialize_struct("Cost", 2)?;
        fields.serialize_field("totals", &totals)?;
        fields.serialize_field("unpriced", &unpriced)?;
        fields.end()
    }
}

/// With all of its decimals, two at least: `1188.00`, `0.0625`.
fn plain(sum: Decimal) -> String {
    let mut sum = sum.normalize();
    if sum.scale() < 2 {
        sum.rescale(2);
    }
    sum.to_string()
}

/// The same with its thousands grouped.
fn money(sum: Decimal) -> String {
    let plain = plain(sum);
    let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, "00"));
    let whole = whole.parse().map_or_else(|_| whole.to_owned(), count);
    format!("{whole}.{decimals}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(code: &str) -> Option<Country> {
        Some(code.parse().unwrap())
    }

    fn price(amount: &str, currency: &str) -> Price {
        Price { amount: amount.parse().unwrap(), currency: currency.parse().unwrap() }
    }

    fn rates() -> Rates {
        let of = |code: &str, amount, currency| (country(code).unwrap(), price(amount, currency));
        Rates { countries: [of("IN", "0.1", "INR"), of("US", "0.025", "USD")].into(), rest: None }
    }

    #[test]
    fn sums_are_exact_and_each_currency_stands_apart() {
        let cost = rates().cost(&[(country("IN"), 3), (country("US"), 1)].into());
        assert_eq!(cost.to_string(), "INR 0.30 and USD 0.025");
        let million = rates().cost(&[(country("IN"), 12_345_678), (country("US"), 4)].into());
        assert_eq!(million.to_string(), "INR 1,234,567.80 and USD 0.10");
        let euro = Rates { rest: Some(price("0.0700", "eur")), ..rates() };
        assert_eq!(euro.cost(&[(country("DE"), 1), (None, 1)].into()).to_string(), "EUR 0.14");
        assert_eq!(rates().cost(&BTreeMap::new()).to_string(), "nothing");
    }

    #[test]
    fn who_has_no_price_is_counted_and_named_most_people_first() {
        let cost = rates().cost(&[(country("BT"), 4), (country("IN"), 1), (country("NP"), 8)].into());
        assert_eq!(cost.to_string(), "INR 0.10; 12 people in 2 countries have no price: Nepal, Bhutan");
        let one = rates().cost(&[(None, 1)].into());
        assert_eq!(one.to_string(), "1 person in 1 country has no price: numbers of no country");
        let many = ["BT", "NP", "DE", "FR", "GB", "ES", "IT"].map(|code| (country(code), 1)).into();
        let many = rates().cost(&many).to_string();
        assert!(
            many.starts_with("7 people in 7 countries have no price: ") && many.ends_with(", and 2 more"),
            "{many}"
        );
        assert_eq!(
            serde_json::to_string(&cost).unwrap(),
            r#"{"totals":{"INR":"0.10"},"unpriced":[{"country":"NP","people":8},{"country":"BT","people":4}]}"#
        );
    }

    #[test]
    fn currencies_are_those_of_the_standard() {
        assert_eq!(" inr ".parse::<Currency>().unwrap().to_string(), "INR");
        for wrong in ["", "₹", "RS", "INRR", "UDS", "AED AFN"] {
            assert!(wrong.parse::<Currency>().is_err(), "{wrong}");
        }
    }
}
