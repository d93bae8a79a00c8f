//! Hours that a life keeps, and a judge of them that knows nothing of the product's own arithmetic.

use jiff::civil::{Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use sendcast::domain::schedule::{Schedule, Timetable};
use sendcast::domain::time::Millis;

/// People of these countries are in one zone each: how their numbers begin, and whose clock it is. All but the first set
/// their clocks twice a year.
pub const COUNTRIES: [(u64, &str); 11] = [
    (919_800_000_000, "Asia/Kolkata"),
    (4_915_110_000_000, "Europe/Berlin"),
    (447_400_000_000, "Europe/London"),
    (33_612_000_000, "Europe/Paris"),
    (12_122_000_000, "America/New_York"),
    (13_122_000_000, "America/Chicago"),
    (12_132_000_000, "America/Los_Angeles"),
    (201_001_000_000, "Africa/Cairo"),
    (9_613_100_000, "Asia/Beirut"),
    (972_502_000_000, "Asia/Jerusalem"),
    (61_280_000_000, "Australia/Sydney"),
];

/// When something may leave.
#[derive(Clone, Debug)]
pub struct LifeHours {
    /// From when until when; over midnight where it ends before it begins.
    opens: Time,
    closes: Time,
    /// The days that are left out, by the day on which the hours began.
    closed: Vec<Weekday>,
    /// Everybody's clock, or each person's own.
    zone: Option<&'static str>,
    home: &'static str,
}

impl LifeHours {
    /// Hours near a moment, and that moment: seven minutes past an hour, often on a day on which the clocks are set.
    pub fn draw(chance: &mut fastrand::Rng, usual: Millis) -> (LifeHours, Millis) {
        let home = chance.choice(&COUNTRIES).unwrap().1;
        let zone = TimeZone::get(home).unwrap();
        let usual = Timestamp::from_millisecond(i64::try_from(usual.0).unwrap()).unwrap();
        let transitions: Vec<_> = zone.following(usual).take(2).map(|change| change.timestamp()).collect();
        let near = match chance.choice(&transitions) {
            Some(change) if chance.u8(0..3) > 0 => *change - chance.i64(1..6).hours(),
            _ => usual,
        };
        let begins = near.to_zoned(TimeZone::UTC).with().minute(7).second(0).build().unwrap().timestamp();
        let local = begins.to_zoned(zone).time();
        let opens = local.wrapping_add(chance.i64(-120..120).minutes()).with().second(0).build().unwrap();
        let length = *chance.choice(&[1, 5, 60, 180, 660]).unwrap();
        let days = [Weekday::Saturday, Weekday::Sunday, Weekday::Wednesday];
        let hours = LifeHours {
            opens,
            closes: opens.wrapping_add(length.minutes()),
            closed: if chance.u8(0..3) == 0 { chance.choose_multiple(days, 2) } else { Vec::new() },
            zone: chance.bool().then_some(home),
            home,
        };
        (hours, Millis(u64::try_from(begins.as_millisecond()).unwrap()))
    }

    /// Whether people of many countries are written to by their own clocks.
    pub fn is_by_recipient(&self) -> bool {
        self.zone.is_none()
    }

    /// The same for the product.
    pub fn timetable(&self) -> Timetable {
        let days: Vec<String> = (0..7)
            .map(|day| Weekday::from_monday_zero_offset(day).unwrap())
            .filter(|day| !self.closed.contains(day))
            .map(|day| format!("{day:?}")[..3].to_lowercase())
            .collect();
        let time = |time: Time| time.strftime("%H:%M").to_string();
        let schedule: Schedule = serde_json::from_value(serde_json::json!({
            "hours": format!("{}-{}", time(self.opens), time(self.closes)),
            "days": days,
            "timezone": self.zone.unwrap_or("recipient"),
        }))
        .unwrap();
        Timetable::new(schedule, TimeZone::get(self.home).unwrap())
    }

    /// Whether somebody may be written to when the process's clock shows this.
    pub fn allow(&self, to: &str, at: Millis) -> bool {
        let own = || {
            let number: u64 = to.parse().unwrap();
            let country = COUNTRIES.iter().find(|(first, _)| (*first..first + 10_000_000).contains(&number));
            country.unwrap_or_else(|| panic!("{to} is of no country")).1
        };
        let zone = TimeZone::get(self.zone.unwrap_or_else(own)).unwrap();
        let local = Timestamp::from_millisecond(i64::try_from(at.0).unwrap()).unwrap().to_zoned(zone);
        let (time, today) = (local.time(), local.date().weekday());
        let has = |day: Weekday| !self.closed.contains(&day);
        if self.opens < self.closes {
            has(today) && self.opens <= time && time < self.closes
        } else {
            (has(today) && self.opens <= time) || (has(today.previous()) && time < self.closes)
        }
    }
}
