use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::domain::phone::{Phone, ZoneSet};
use crate::domain::status::{Counts, Status};
use crate::domain::time::Millis;
use crate::domain::zone;

const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

fn at(text: &str) -> Millis {
    Millis(text.parse::<Timestamp>().unwrap().as_millisecond().try_into().unwrap())
}

fn schedule(start: Option<&str>, hours: Option<&str>, days: &[Day], timezone: Option<&str>) -> Schedule {
    Schedule {
        start: start.map(|start| start.parse().unwrap()),
        hours: hours.map(|hours| hours.parse().unwrap()),
        days: (!days.is_empty()).then(|| days.to_vec().try_into().unwrap()),
        timezone: timezone.map(|zone| zone.parse().unwrap()),
        late: Late::Ask,
    }
}

fn table(hours: &str, days: &[Day], zone: &str) -> Timetable {
    Timetable::new(schedule(None, Some(hours), days, Some(zone)), TimeZone::UTC)
}

fn everybody(table: &Timetable, from: &str) -> (Option<String>, Option<String>) {
    let open = table.next_open(at(from), ZoneSet::UNKNOWN);
    let closes = open.and_then(|open| table.closes_at(open, ZoneSet::UNKNOWN));
    (open.map(Millis::rfc3339), closes.map(Millis::rfc3339))
}

fn is(told: (Option<String>, Option<String>), opens: &str, closes: &str) {
    assert_eq!(told, (Some(opens.to_owned()), Some(closes.to_owned())));
}

#[test]
fn hours_are_the_zones() {
    let kolkata = table("09:00-20:00", &[], "Asia/Kolkata");
    is(everybody(&kolkata, "2026-11-30T00:00:00Z"), "2026-11-30T03:30:00Z", "2026-11-30T14:30:00Z");
    is(everybody(&kolkata, "2026-11-30T14:29:59Z"), "2026-11-30T14:29:59Z", "2026-11-30T14:30:00Z");
    is(everybody(&kolkata, "2026-11-30T14:30:00Z"), "2026-12-01T03:30:00Z", "2026-12-01T14:30:00Z");
}

#[test]
fn hours_over_midnight_belong_to_the_day_on_which_they_begin() {
    // 2026-11-30 is a Monday.
    let night = table("20:00-02:00", &[Day::Mon], "UTC");
    is(everybody(&night, "2026-11-30T01:00:00Z"), "2026-11-30T20:00:00Z", "2026-12-01T02:00:00Z");
    is(everybody(&night, "2026-12-01T01:00:00Z"), "2026-12-01T01:00:00Z", "2026-12-01T02:00:00Z");
    is(everybody(&night, "2026-12-01T20:00:00Z"), "2026-12-07T20:00:00Z", "2026-12-08T02:00:00Z");
}

#[test]
fn days_without_hours_go_from_midnight_to_midnight() {
    let weekend =
        Timetable::new(schedule(None, None, &[Day::Sat, Day::Sun], Some("Asia/Kolkata")), TimeZone::UTC);
    is(everybody(&weekend, "2026-11-30T00:00:00Z"), "2026-12-04T18:30:00Z", "2026-12-06T18:30:00Z");
}

#[test]
fn what_would_open_while_the_clock_is_set_ahead_opens_when_it_has_been() {
    // New York, 2026-03-08: 02:00 is 03:00, at 07:00 UTC.
    let gap = table("02:30-04:00", &[], "America/New_York");
    is(everybody(&gap, "2026-03-08T06:00:00Z"), "2026-03-08T07:00:00Z", "2026-03-08T08:00:00Z");
    let inside = table("02:15-02:45", &[], "America/New_York");
    is(everybody(&inside, "2026-03-08T06:00:00Z"), "2026-03-09T06:15:00Z", "2026-03-09T06:45:00Z");
}

#[test]
fn an_hour_that_comes_twice_counts_twice() {
    // New York, 2026-11-01: 02:00 is 01:00, at 06:00 UTC.
    let fold = table("01:00-02:00", &[], "America/New_York");
    is(everybody(&fold, "2026-11-01T04:00:00Z"), "2026-11-01T05:00:00Z", "2026-11-01T07:00:00Z");
    let half = table("00:30-01:30", &[], "America/New_York");
    is(everybody(&half, "2026-11-01T04:00:00Z"), "2026-11-01T04:30:00Z", "2026-11-01T05:30:00Z");
    is(everybody(&half, "2026-11-01T05:30:00Z"), "2026-11-01T06:00:00Z", "2026-11-01T06:30:00Z");
}

#[test]
fn nothing_leaves_before_the_start() {
    let said = schedule(Some("2026-12-01T10:00"), Some("09:00-20:00"), &[], Some("Asia/Kolkata"));
    let kolkata = Timetable::new(said, TimeZone::UTC);
    is(everybody(&kolkata, "2026-11-30T06:00:00Z"), "2026-12-01T04:30:00Z", "2026-12-01T14:30:00Z");
    assert!(!kolkata.allows(at("2026-11-30T06:00:00Z"), ZoneSet::UNKNOWN));
    let machines = Timetable::new(
        schedule(Some("2030-12-01T10:00"), None, &[], None),
        zone::named("Asia/Kolkata").unwrap(),
    );
    assert_eq!(machines.starts_at(), Some(at("2030-12-01T04:30:00Z")));
    assert_eq!(everybody(&machines, "2026-11-30T06:00:00Z"), (Some("2030-12-01T04:30:00Z".into()), None));
}

#[test]
fn each_person_has_their_own_hours_and_whoever_may_be_in_several_zones_the_strictest() {
    let said = schedule(Some("2026-12-01T10:00"), Some("09:00-20:00"), &[], Some("recipient"));
    let own = Timetable::new(said, zone::named("Asia/Kolkata").unwrap());
    let opens = |digits: &str| {
        let people = own.group(Phone::from_digits(digits).unwrap());
        let open = own.next_open(at("2026-11-01T00:00:00Z"), people).unwrap();
        (open.rfc3339(), own.closes_at(open, people).unwrap().rfc3339())
    };
    let day =
        |opens: &str, closes: &str| (format!("2026-12-01T{opens}:00Z"), format!("2026-12-01T{closes}:00Z"));
    assert_eq!(opens("919876543210"), day("04:30", "14:30"), "India");
    assert_eq!(opens("12125550123"), (day("15:00", "").0, "2026-12-02T01:00:00Z".into()), "New York");
    // Nobody knows where a satellite telephone is.
    assert_eq!(opens("8821612345678"), day("04:30", "14:30"));
    // From ten in Lisbon's Azores until eight in the evening in Lisbon.
    assert_eq!(opens("351912345678"), day("11:00", "20:00"), "Portugal");
    // All of +1 has half an hour in common, when it is evening in Newfoundland and morning on Guam.
    assert_eq!(opens("18005550123"), day("23:00", "23:30"));
    let strict = table("10:00-18:00", &[], "recipient");
    let people = strict.group(Phone::from_digits("18005550123").unwrap());
    assert_eq!(strict.next_open(at("2026-11-01T00:00:00Z"), people), None);
    assert!(!strict.allows(at("2026-12-01T16:00:00Z"), people));
}

/// Local time worked out by hand: the offset is all that is asked of the zone.
fn is_time(hours: (u64, u64), days: &[u64], zone: &TimeZone, moment: Millis) -> bool {
    let offset = zone.to_offset(Timestamp::from_millisecond(moment.0.try_into().unwrap()).unwrap()).seconds();
    let local = moment.0.checked_add_signed(i64::from(offset) * 1000).unwrap();
    let (day, minute) = (local / DAY, local % DAY / MINUTE);
    // 1970-01-01 was a Thursday.
    let has = |day: u64| days.contains(&((day + 3) % 7));
    match hours {
        (opens, closes) if opens < closes => (opens..closes).contains(&minute) && has(day),
        (opens, closes) => (minute >= opens && has(day)) || (minute < closes && has(day - 1)),
    }
}

const ZONES: [&str; 10] = [
    "America/New_York",
    "America/St_Johns",
    "America/Santiago",
    "Africa/Casablanca",
    "Africa/Cairo",
    "Europe/London",
    "Europe/Berlin",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Pacific/Auckland",
];

/// The two days of a year on which each zone's clock is set, with the day before and the day after, minute by minute.
#[test]
fn the_days_on_which_the_clock_is_set_are_right_to_the_minute() {
    let hours = [
        "09:00-20:00",
        "00:00-24:00",
        "01:30-02:30",
        "02:00-03:00",
        "23:30-00:30",
        "02:30-01:30",
        "00:30-01:00",
    ];
    let mut days_seen = 0;
    for name in ZONES {
        let zone = zone::named(name).unwrap();
        let year = at("2026-01-01T00:00:00Z");
        let sets: Vec<_> = zone
            .following(Timestamp::from_millisecond(year.0.try_into().unwrap()).unwrap())
            .map(|set| Millis(set.timestamp().as_millisecond().try_into().unwrap()))
            .take_while(|set| set.0 < year.0 + 365 * DAY)
            .collect();
        assert!(sets.len() >= 2, "{name}");
        days_seen += sets.len();
        for (set, text) in sets.iter().flat_map(|set| hours.map(|text| (*set, text))) {
            let days = [Day::Fri, Day::Sat, Day::Sun];
            let table = table(text, &days, name);
            let parsed: Hours = text.parse().unwrap();
            let hours = (u64::from(parsed.opens()), u64::from(parsed.closes()));
            let first = set.0 / MINUTE * MINUTE - 30 * 60 * MINUTE;
            let minutes: Vec<_> = (0..60 * 60).map(|n| Millis(first + n * MINUTE)).collect();
            let expected: Vec<_> = minutes.iter().map(|at| is_time(hours, &[4, 5, 6], &zone, *at)).collect();
            for (n, moment) in minutes.iter().enumerate() {
                let told = table.allows(*moment, ZoneSet::UNKNOWN);
                assert_eq!(told, expected[n], "{text} in {name} at {moment}");
                if n % 7 != 0 {
                    continue;
                }
                let opens =
                    minutes[n..].iter().zip(&expected[n..]).find(|(_, open)| **open).map(|(at, _)| *at);
                let next = table.next_open(*moment, ZoneSet::UNKNOWN).unwrap();
                assert!(
                    opens.map_or(next > minutes[minutes.len() - 1], |at| at == next),
                    "{text} in {name} at {moment}"
                );
                let closes =
                    minutes[n..].iter().zip(&expected[n..]).find(|(_, open)| !**open).map(|(at, _)| *at);
                let next = table.closes_at(*moment, ZoneSet::UNKNOWN).unwrap();
                assert!(
                    closes.map_or(next > minutes[minutes.len() - 1], |at| at == next),
                    "{text} in {name} at {moment}"
                );
            }
        }
    }
    assert!(days_seen >= 20, "{days_seen}");
}

#[test]
fn an_estimate_goes_through_the_hours_and_the_quota() {
    let kolkata = table("09:00-20:00", &[], "Asia/Kolkata");
    let load = |people, daily| Load {
        people: vec![(ZoneSet::UNKNOWN, people)],
        per_second: Some(1.0),
        daily,
        taken: None,
    };
    let ends = |table: Option<&Timetable>, load: &Load| {
        ends_at(table, load, at("2026-11-30T00:00:00Z")).unwrap().rfc3339()
    };
    assert_eq!(ends(None, &load(3600, None)), "2026-11-30T01:00:00Z");
    assert_eq!(ends(Some(&kolkata), &load(3600, None)), "2026-11-30T04:30:00Z");
    // Eleven hours fit into a day.
    assert_eq!(ends(Some(&kolkata), &load(12 * 3600, None)), "2026-12-01T04:30:00Z");
    assert_eq!(ends(Some(&kolkata), &load(12 * 3600, Some(3600))), "2026-12-11T04:30:00Z");
    assert_eq!(ends(None, &load(3000, Some(1000))), "2026-12-02T00:16:40Z");
    let taken = Load { taken: Some((at("2026-11-30T12:00:00Z"), 1000)), ..load(10, Some(1000)) };
    assert_eq!(ends(None, &taken), "2026-11-30T12:00:10Z");
    assert_eq!(ends(None, &Load { per_second: None, ..load(3000, Some(1000)) }), "2026-12-02T00:00:00Z");
    assert_eq!(
        ends_at(None, &Load { per_second: Some(1e-9), ..load(2, None) }, Millis(0))
            .map(|at| at > Millis(DAY)),
        Some(true)
    );
    assert_eq!(ends_at(None, &load(1_000_000, Some(1)), Millis(0)), None);
}

#[test]
fn a_forecast_tells_when_messages_leave() {
    let kolkata = table("09:00-20:00", &[], "Asia/Kolkata");
    let load = Load { people: vec![(ZoneSet::UNKNOWN, 12 * 3600)], per_second: Some(1.0), ..Load::default() };
    let told = forecast(Some(&kolkata), &load, at("2026-11-30T00:00:00Z")).unwrap();
    let hours: Vec<_> = told.spans.iter().map(|(from, until)| (from.rfc3339(), until.rfc3339())).collect();
    let span = |from: &str, until: &str| (from.to_owned(), until.to_owned());
    assert_eq!(
        hours,
        [
            span("2026-11-30T03:30:00Z", "2026-11-30T14:30:00Z"),
            span("2026-12-01T03:30:00Z", "2026-12-01T04:30:00Z")
        ]
    );
    assert_eq!((told.starts, told.ends), (told.spans[0].0, Some(told.spans[1].1)));
    assert_eq!(told.sending(), Duration::from_secs(12 * 3600));
    // Steps one after the other are one stretch.
    let two = Load { people: vec![(ZoneSet::UNKNOWN, 10), (ZoneSet::UNKNOWN, 10)], ..load };
    let told = forecast(None, &two, Millis(0)).unwrap();
    assert_eq!(told.spans, [(Millis(0), Millis(20_000))]);
    // The quota is used up: it starts when there is room.
    let full = Load { daily: Some(100), taken: Some((Millis(5_000), 100)), ..two };
    assert_eq!(forecast(None, &full, Millis(0)).unwrap().starts, Millis(5_000));
    let ages = Load { people: vec![(ZoneSet::UNKNOWN, 1_000_000)], daily: Some(1), ..Load::default() };
    let told = forecast(None, &ages, Millis(0)).unwrap();
    assert_eq!((told.starts, told.ends), (Millis(0), None));
    let nobody = forecast(None, &Load::default(), Millis(7)).unwrap();
    assert_eq!((nobody.starts, nobody.ends, nobody.spans.len()), (Millis(7), Some(Millis(7)), 0));
}

#[test]
fn an_estimate_goes_around_the_world() {
    let own = table("09:00-20:00", &[], "recipient");
    let people = |digits: &str| own.group(Phone::from_digits(digits).unwrap());
    let load = Load {
        people: vec![(people("12125550123"), 100), (people("919876543210"), 100)],
        per_second: Some(1.0),
        ..Load::default()
    };
    let ends = ends_at(Some(&own), &load, at("2026-11-30T00:00:00Z")).unwrap();
    assert_eq!(
        ends.rfc3339(),
        "2026-11-30T03:31:40Z",
        "New York is open until one, India from half past three"
    );
    let strict = table("10:00-18:00", &[], "recipient");
    let never = Load { people: vec![(people("18005550123"), 1)], ..load };
    assert_eq!(ends_at(Some(&strict), &never, at("2026-11-30T00:00:00Z")), None);
}

fn any_schedule() -> impl Strategy<Value = (Schedule, Millis, Phone)> {
    let hours = (0u64..24 * 60, 1u64..24 * 60).prop_map(|(opens, length)| {
        let time = |minutes: u64| format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
        format!("{}-{}", time(opens), time(opens + length)).parse::<Hours>().unwrap()
    });
    let phone = prop::sample::select(vec![
        "919876543210",
        "351912345678",
        "5511961234567",
        "12125550123",
        "61412345678",
    ]);
    let zone = prop_oneof![Just("recipient"), prop::sample::select(ZONES.to_vec())];
    (prop::option::of(hours), 1u8..128, 0u64..2 * 366 * 24 * 60, prop::option::of(0i32..800), zone, phone)
        .prop_map(|(hours, days, minute, start, zone, phone)| {
            let all = [Day::Mon, Day::Tue, Day::Wed, Day::Thu, Day::Fri, Day::Sat, Day::Sun];
            let days: Vec<_> = all.into_iter().filter(|day| days >> (*day as u8) & 1 == 1).collect();
            let start = start.map(|days| {
                let date = jiff::civil::date(2026, 1, 1).saturating_add(jiff::Span::new().days(days));
                Start::Wall(date.at(10, 0, 0, 0))
            });
            let schedule = Schedule {
                start,
                hours,
                days: days.try_into().ok(),
                timezone: zone.parse().ok(),
                late: Late::Send,
            };
            (
                schedule,
                Millis(at("2026-01-01T00:00:00Z").0 + minute * MINUTE),
                Phone::from_digits(phone).unwrap(),
            )
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn the_next_opening_is_open_and_nothing_is_before_it((schedule, from, phone) in any_schedule(), chance in any::<u64>()) {
        let stored = serde_json::to_string(&schedule).unwrap();
        prop_assert_eq!(&serde_json::from_str::<Schedule>(&stored).unwrap(), &schedule);
        let table = Timetable::new(schedule, TimeZone::UTC);
        let people = table.group(phone);
        let mut chance = fastrand::Rng::with_seed(chance);
        let Some(open) = table.next_open(from, people) else {
            for _ in 0..2000 {
                prop_assert!(!table.allows(Millis(chance.u64(from.0..from.0 + 366 * DAY)), people));
            }
            return Ok(());
        };
        prop_assert!(open >= from && table.allows(open, people));
        prop_assert_eq!(table.next_open(open, people), Some(open));
        for _ in 0..200 {
            let before = Millis(chance.u64(from.0..open.0.max(from.0 + 1)));
            prop_assert!(before >= open || !table.allows(before, people), "{} is before {}", before, open);
        }
        prop_assert!(open == from || !table.allows(Millis(open.0 - 1), people));
        let Some(closes) = table.closes_at(open, people) else { return Ok(()) };
        prop_assert!(closes > open && !table.allows(closes, people));
        for _ in 0..200 {
            prop_assert!(table.allows(Millis(chance.u64(open.0..closes.0)), people));
        }
    }
}

#[test]
fn a_start_is_missed_a_quarter_of_an_hour_after_its_time_unless_something_was_sent() {
    let schedule =
        r#"{"start": "2026-11-28T10:00", "hours": "09:00-20:00", "days": ["mon"], "timezone": "UTC"}"#;
    let timetable = Timetable::new(serde_json::from_str(schedule).unwrap(), TimeZone::UTC);
    // The first Monday after that Saturday, at nine.
    let came = Millis(1_796_029_200_000);
    let mut counts = Counts::default();
    counts[Status::Queued] = 3;
    let minutes = |n: u64| came + Duration::from_secs(n * 60);
    assert_eq!(timetable.missed(&counts, minutes(15)), None);
    assert_eq!(timetable.missed(&counts, minutes(16)), Some(came));
    counts[Status::Accepted] = 1;
    assert_eq!(timetable.missed(&counts, minutes(16)), None, "it had begun");
}
