//! Numbers and times in words people read at a glance.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::time::Millis;

/// `1,200`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 message`, `1,200 messages`.
#[must_use]
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A name as a shell takes it.
#[must_use]
pub fn quoted(name: &str) -> String {
    let name: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | '\\' | ':');
    if !name.is_empty() && name.chars().all(safe) {
        return name;
    }
    format!("\"{name}\"")
}

/// `1 person`, `1,200 people`.
#[must_use]
pub fn people(n: u64) -> String {
    plural(n, "person", "people")
}

/// A time that was measured: `0.4 s`, `42 s`, `2 min 5 s`, `3 h 20 min`, `2 days 4 h`.
#[must_use]
pub fn duration(time: Duration) -> String {
    if time < Duration::from_secs(10) {
        let tenths = time.as_millis() / 100;
        return match (tenths / 10, tenths % 10) {
            (s, 0) => format!("{s} s"),
            (s, t) => format!("{s}.{t} s"),
        };
    }
    let s = time.as_secs();
    let pair = |big: u64, unit: &str, small: u64, small_unit: &str| match small {
        0 => format!("{} {unit}", count(big)),
        small => format!("{} {unit} {small} {small_unit}", count(big)),
    };
    match s {
        0..60 => format!("{s} s"),
        60..3600 => pair(s / 60, "min", s % 60, "s"),
        3600..86_400 => pair(s / 3600, "h", s % 3600 / 60, "min"),
        _ => pair(s / 86_400, if s < 172_800 { "day" } else { "days" }, s % 86_400 / 3600, "h"),
    }
}

/// A time that is estimated: `a moment`, `about 40 s`, `about 2 min`, `about 3½ h`, `about 2 days`.
#[must_use]
pub fn about(time: Duration) -> String {
    let s = time.as_secs();
    // In halves, rounded.
    let halves = |unit: u64| (s * 2 + unit / 2) / unit;
    let half = |halves: u64| match (halves / 2, halves % 2) {
        (n, 0) => n.to_string(),
        (n, _) => format!("{n}½"),
    };
    match s {
        0..5 => "a moment".to_owned(),
        5..20 => format!("about {s} s"),
        20..58 => format!("about {} s", (s + 2) / 5 * 5),
        58..3570 => format!("about {} min", (s + 30) / 60),
        3570..129_600 => format!("about {} h", half(halves(3600))),
        _ => format!("about {} days", half(halves(86_400))),
    }
}

/// A moment as a clock in this zone shows it: `Tue 2026-12-01 10:00`.
#[must_use]
pub fn local(at: Millis, zone: &TimeZone) -> String {
    zoned(at, zone).map(|moment| moment.strftime("%a %Y-%m-%d %H:%M").to_string()).unwrap_or_default()
}

/// A moment within hours as a clock in this zone shows it, to the second; further off as [`soon`] does.
#[must_use]
pub fn to_the_second(at: Millis, now: Millis, zone: &TimeZone) -> String {
    let (then, today) = (zoned(at, zone), zoned(now, zone));
    match then.filter(|then| today.is_some_and(|today| today.date() == then.date())) {
        Some(then) => then.strftime("%H:%M:%S").to_string(),
        None => soon(at, now, zone),
    }
}

/// A moment of these days as a clock in this zone shows it: `today 15:20`, `tomorrow 09:00`, `Wed 15:20`; further off with
/// its date.
#[must_use]
pub fn soon(at: Millis, now: Millis, zone: &TimeZone) -> String {
    let (Some(then), Some(today)) = (zoned(at, zone), zoned(now, zone)) else { return String::new() };
    let time = then.strftime("%H:%M");
    match then.date().since(today.date()).map(|days| days.get_days()) {
        Ok(0) => format!("today {time}"),
        Ok(1) => format!("tomorrow {time}"),
        Ok(2..=6) => format!("{} {time}", then.strftime("%a")),
        _ => local(at, zone),
    }
}

fn zoned(at: Millis, zone: &TimeZone) -> Option<Zoned> {
    let moment = Timestamp::from_millisecond(i64::try_from(at.0).ok()?).ok()?;
    Some(moment.to_zoned(zone.clone()))
}

/// The estimate of what is left: `about 2 min left`.
#[must_use]
pub fn eta(seconds: u64) -> String {
    format!("{} left", about(Duration::from_secs(seconds)))
}

/// Minutes and seconds on a running clock: `0:42`, `12:05`, `1:02:03`.
#[must_use]
pub fn clock(time: Duration) -> String {
    let s = time.as_secs();
    match s / 3600 {
        0 => format!("{}:{:02}", s / 60, s % 60),
        h => format!("{h}:{:02}:{:02}", s / 60 % 60, s % 60),
    }
}

/// Messages a second, or a minute or an hour where they are rare: `19.8/s`, `1,280/s`, `12/min`, `5/h`.
#[must_use]
pub fn rate(per_second: f64) -> String {
    if !per_second.is_finite() || per_second <= 0.0 {
        return "0/s".to_owned();
    }
    if per_second >= 99.95 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "positive; it saturates"
        )]
        return format!("{}/s", count(per_second.round() as u64));
    }
    let (value, unit) = if per_second >= 0.95 {
        (per_second, "s")
    } else if per_second * 60.0 >= 0.95 {
        (per_second * 60.0, "min")
    } else {
        (per_second * 3600.0, "h")
    };
    let text = format!("{value:.1}");
    format!("{}/{unit}", text.strip_suffix(".0").unwrap_or(&text))
}

/// A share in whole per cent, rounded down so that 100 % means all: `41 %`.
#[must_use]
pub fn percent(part: u64, whole: u64) -> String {
    format!("{} %", hundredths(part, whole))
}

/// A share in whole per cent, rounded down; all of nothing is all.
#[must_use]
pub fn hundredths(part: u64, whole: u64) -> u64 {
    let share = u128::from(part) * 100 / u128::from(whole.max(1));
    if whole == 0 { 100 } else { u64::try_from(share.min(100)).unwrap_or(100) }
}

/// How many of `percent` per cent each part of a whole has: by the largest remainder, so that they add up. One that isn't all has
/// less than all, as with [`percent`]; all are 0 where there is nothing.
#[must_use]
pub fn shares(parts: &[u64], percent: u64) -> Vec<u64> {
    let whole: u128 = parts.iter().map(|part| u128::from(*part)).sum();
    if whole == 0 {
        return vec![0; parts.len()];
    }
    let scaled = |part: u64| u128::from(part) * u128::from(percent);
    let mut shares: Vec<u64> =
        parts.iter().map(|part| u64::try_from(scaled(*part) / whole).unwrap_or(percent)).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|at| std::cmp::Reverse(scaled(parts[*at]) % whole));
    let left = percent.saturating_sub(shares.iter().sum());
    order.iter().zip(0..left).for_each(|(at, _)| shares[*at] += 1);
    let rounded_to_all = (0..parts.len()).find(|at| shares[*at] == percent && u128::from(parts[*at]) < whole);
    let others = (0..parts.len()).filter(|at| Some(*at) != rounded_to_all);
    if let (Some(at), Some(other)) = (rounded_to_all, others.max_by_key(|at| parts[*at]))
        && percent > 0
    {
        shares[at] -= 1;
        shares[other] += 1;
    }
    shares
}

/// `512 bytes`, `12.4 MB`; a megabyte has a million.
#[must_use]
pub fn bytes(n: u64) -> String {
    if n < 1000 {
        return plural(n, "byte", "bytes");
    }
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let mut value = n as f64;
    for unit in ["kB", "MB", "GB", "TB"] {
        value /= 1000.0;
        if value < 999.95 || unit == "TB" {
            let text = format!("{value:.1}");
            return format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text));
        }
    }
    String::new()
}

/// A recipient that is only to be recognised: the last four characters, `…3210`.
#[must_use]
pub fn masked(to: &str) -> String {
    let start = to.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    format!("…{}", to.get(start..).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_grouped() {
        let told = [0, 7, 999, 1000, 1200, 123_456, 1_000_000].map(count).join(" ");
        assert_eq!(told, "0 7 999 1,000 1,200 123,456 1,000,000");
        assert_eq!(people(1), "1 person");
        assert_eq!(people(1200), "1,200 people");
        assert_eq!(plural(0, "message", "messages"), "0 messages");
    }

    #[test]
    fn measured_times() {
        let told: Vec<_> = [0, 400, 1000, 9999, 42_000, 60_000, 125_000, 3_600_000, 12_000_000, 187_200_000]
            .iter()
            .map(|ms| duration(Duration::from_millis(*ms)))
            .collect();
        assert_eq!(
            told.join(" | "),
            "0 s | 0.4 s | 1 s | 9.9 s | 42 s | 1 min | 2 min 5 s | 1 h | 3 h 20 min | 2 days 4 h"
        );
    }

    #[test]
    fn estimated_times() {
        let told: Vec<_> = [0, 7, 19, 36, 57, 58, 110, 3569, 3570, 12_600, 86_400, 129_600, 432_000]
            .iter()
            .map(|s| about(Duration::from_secs(*s)))
            .collect();
        assert_eq!(
            told.join(" | "),
            "a moment | about 7 s | about 19 s | about 35 s | about 55 s | about 1 min | about 2 min | \
             about 59 min | about 1 h | about 3½ h | about 24 h | about 1½ days | about 5 days"
        );
        assert_eq!(eta(35), "about 35 s left");
    }

    #[test]
    fn moments_of_these_days_have_no_date() {
        let at = |text: &str| Millis(text.parse::<Timestamp>().unwrap().as_millisecond().try_into().unwrap());
        let zone = crate::domain::zone::named("Asia/Kolkata").unwrap();
        let told = |text: &str| soon(at(text), at("2026-11-30T19:00:00Z"), &zone);
        // By then it is Tuesday there.
        assert_eq!(told("2026-12-01T04:30:00Z"), "today 10:00");
        assert_eq!(told("2026-12-01T18:30:00Z"), "tomorrow 00:00");
        assert_eq!(told("2026-12-07T09:50:00Z"), "Mon 15:20");
        assert_eq!(told("2026-12-08T09:50:00Z"), "Tue 2026-12-08 15:20");
        assert_eq!(told("2026-11-30T09:50:00Z"), "Mon 2026-11-30 15:20");
    }

    #[test]
    fn clocks_rates_shares_and_sizes() {
        let clocks = [0, 42, 725, 3723].map(|s| clock(Duration::from_secs(s))).join(" ");
        assert_eq!(clocks, "0:00 0:42 12:05 1:02:03");
        let rates = [0.0, f64::NAN, 19.84, 20.0, 99.96, 1280.4, 0.2, 0.0014].map(rate).join(" ");
        assert_eq!(rates, "0/s 0/s 19.8/s 20/s 100/s 1,280/s 12/min 5/h");
        assert_eq!(percent(497, 1197), "41 %");
        assert_eq!(percent(1196, 1197), "99 %");
        assert_eq!(percent(0, 0), "100 %");
        let sizes = [1, 999, 1000, 12_400_000, 999_960_000, 5_000_000_000].map(bytes).join(" | ");
        assert_eq!(sizes, "1 byte | 999 bytes | 1 kB | 12.4 MB | 1 GB | 5 GB");
    }

    #[test]
    fn shares_of_a_whole_add_up() {
        assert_eq!(shares(&[1, 1, 1], 100), [34, 33, 33]);
        assert_eq!(shares(&[700, 499, 1], 100), [58, 42, 0]);
        assert_eq!(shares(&[1199, 1], 100), [99, 1], "all but one isn't all");
        assert_eq!((shares(&[5, 0], 100), shares(&[0, 0], 100)), (vec![100, 0], vec![0, 0]));
        assert_eq!(shares(&[2, 1], 42), [28, 14]);
        let few = || (0..9u64).chain([50, 999]);
        for parts in few().flat_map(|a| few().flat_map(move |b| few().map(move |c| [a, b, c, 1]))) {
            let told = shares(&parts, 100);
            let all: u64 = parts.iter().sum();
            assert_eq!(told.iter().sum::<u64>(), 100, "{parts:?}");
            for (part, share) in parts.iter().zip(told) {
                let exact = part * 100 / all;
                assert!((exact.saturating_sub(1)..=exact + 1).contains(&share), "{parts:?}: {share}");
            }
        }
    }

    #[test]
    fn a_masked_phone_shows_four_characters() {
        assert_eq!(masked("919876543210"), "…3210");
        assert_eq!(masked("९८७६५"), "…८७६५");
        assert_eq!(masked("12"), "…12");
    }
}
