//! How long a campaign takes, and what limits it: the arithmetic of a run's ETA (`domain/schedule`), for what has yet to begin.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde::Serialize;

use super::Pending;
use crate::app::App;
use crate::app::options::{SavedOptions, choices, zone};
use crate::domain::format::{about, people, soon};
use crate::domain::ids::NumberId;
use crate::domain::priority::Priority;
use crate::domain::rate::Rate;
use crate::domain::schedule::{Forecast, Load, Timetable, forecast};
use crate::domain::time::Millis;
use crate::engine;
use crate::queue::{Party, QueueError, local};
use crate::sys::clock::Clock;
use crate::sys::home::Home;

/// What is done so soon needs no time of day.
const MOMENT: Duration = Duration::from_secs(60);
/// How many days are named.
const DAYS_NAMED: usize = 3;

/// What may limit how fast a campaign goes out.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The ceiling for each number.
    pub rate: Rate,
    /// Its share where others send from the same number.
    pub priority: Priority,
    /// Who is in line for each number now, beside the campaign itself.
    pub others: Vec<Vec<Party>>,
    /// How many different people in 24 hours.
    pub daily: Option<u64>,
    /// How many of those were written to already, and when the first of these places is free again.
    pub taken: Option<(Millis, u64)>,
    /// When it may send; `None` for at all times.
    pub timetable: Option<Timetable>,
    /// The zone of the times that people read.
    pub zone: TimeZone,
}

impl Limits {
    /// What holds for a campaign now.
    ///
    /// # Errors
    /// When it can't be read who else sends from the numbers, or whom the account has written to.
    pub fn of(
        app: &App,
        (home, origin, campaign): (&Home, &str, &str),
        senders: &[NumberId],
        stored: &SavedOptions,
    ) -> Result<Limits, QueueError> {
        let in_line = |id: &NumberId| {
            let mut parties = local::in_line(&app.disk, &home.number(id))?;
            parties.retain(|party| party.campaign != campaign);
            Ok::<_, QueueError>(parties)
        };
        let daily = stored.file.daily;
        let taken = || engine::quota_taken(&app.disk, home.account(origin), app.clock.now());
        Ok(Limits {
            rate: choices::rate(stored),
            priority: stored.file.priority,
            others: senders.iter().map(in_line).collect::<Result<_, _>>()?,
            daily,
            taken: daily.map(|_| taken()).transpose()?.flatten(),
            timetable: choices::timetable(&app.settings, stored),
            zone: choices::timezone(&app.settings, stored),
        })
    }

    /// The share of a number's time that is the campaign's.
    fn share(&self, sender: usize) -> f64 {
        let others = self.others.get(sender).into_iter().flatten();
        let own = self.priority.weight();
        f64::from(own) / f64::from(own + others.map(|party| party.priority.weight()).sum::<u32>())
    }

    /// What is to be sent, and how fast. The number that takes longest decides.
    fn load(&self, pending: &Pending) -> Load {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let seconds = |(at, n): (usize, &u64)| Some(*n as f64 / (self.rate.per_second()? * self.share(at)));
        let longest = pending.by_sender.iter().enumerate().filter_map(seconds).fold(0.0, f64::max);
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let per_second = (longest > 0.0).then(|| pending.messages as f64 / longest);
        Load { people: pending.people(), per_second, daily: self.daily, taken: self.taken }
    }
}

/// What makes a campaign take as long as it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// The rate of its numbers.
    Pace,
    /// Other campaigns that send from its numbers.
    SharedNumber,
    /// How many people in 24 hours.
    Daily,
    /// Its start, hours and days.
    Schedule,
}

/// How a campaign would go out, were it run now.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// How many messages.
    pub messages: u64,
    /// When; `None` where nothing ever leaves.
    pub forecast: Option<Forecast>,
    /// Without which of them it would be done earlier.
    pub limited_by: Vec<Limit>,
    /// What may limit it.
    pub limits: Limits,
    now: Millis,
    paced: bool,
}

impl Estimate {
    /// From `now` on.
    #[must_use]
    pub fn of(pending: &Pending, limits: Limits, now: Millis) -> Estimate {
        let load = limits.load(pending);
        let timetable = limits.timetable.as_ref();
        let told = if pending.messages > 0 { forecast(timetable, &load, now) } else { None };
        let lasts = |told: &Option<Forecast>| Some(told.as_ref()?.ends?.since(now));
        let whole = lasts(&told);
        // A twentieth less is no difference that anybody would do something about.
        let is_shorter = |without: Option<Duration>| match (without, whole) {
            (Some(without), Some(whole)) => without * 20 < whole * 19,
            (without, whole) => without.is_some() && whole.is_none(),
        };
        let alone = limits.others.iter().all(Vec::is_empty);
        let unshared = || Limits { others: Vec::new(), ..limits.clone() }.load(pending);
        let without = |limit: Limit| match limit {
            Limit::Pace => forecast(timetable, &Load { per_second: None, ..load.clone() }, now),
            Limit::SharedNumber if alone => told.clone(),
            Limit::SharedNumber => forecast(timetable, &unshared(), now),
            Limit::Daily => forecast(timetable, &Load { daily: None, taken: None, ..load.clone() }, now),
            Limit::Schedule => forecast(None, &load, now),
        };
        let all = [Limit::Pace, Limit::SharedNumber, Limit::Daily, Limit::Schedule];
        let limits_it = |limit: &Limit| pending.messages > 0 && is_shorter(lasts(&without(*limit)));
        let limited_by = all.into_iter().filter(limits_it).collect();
        let (messages, paced) = (pending.messages, load.per_second.is_some());
        Estimate { messages, forecast: told, limited_by, limits, now, paced }
    }

    /// How long messages leave; `None` where nothing bounds their rate, or they never leave.
    #[must_use]
    pub fn sending(&self) -> Option<Duration> {
        self.forecast.as_ref().filter(|_| self.paced).map(Forecast::sending)
    }

    /// The days on which something leaves, by the clock of its times.
    #[must_use]
    pub fn days(&self) -> Vec<Date> {
        let date = |at: Millis| {
            let moment = Timestamp::from_millisecond(i64::try_from(at.0).ok()?).ok()?;
            Some(moment.to_zoned(self.zone().clone()).date())
        };
        let mut days: Vec<Date> = Vec::new();
        for (from, until) in self.forecast.iter().flat_map(|told| &told.spans) {
            // Until midnight isn't on the next day.
            let last = Millis(until.0.saturating_sub(1)).max(*from);
            let (Some(mut day), Some(last)) = (date(*from), date(last)) else { continue };
            while day <= last {
                if days.last().is_none_or(|known| *known < day) {
                    days.push(day);
                }
                let Ok(next) = day.checked_add(1.day()) else { break };
                day = next;
            }
        }
        days
    }

    /// `starts tomorrow 09:00, takes about 7 h on Tue and Wed, done Wed 15:20 (Asia/Kolkata)`
    #[must_use]
    pub fn when(&self) -> String {
        let Some(told) = &self.forecast else {
            if self.messages == 0 {
                return "nothing is left to send".to_owned();
            }
            return "never goes out: its schedule has no time for anybody".to_owned();
        };
        let moment = |at| soon(at, self.now, self.zone());
        let starts = if told.starts <= self.now { "now".to_owned() } else { moment(told.starts) };
        let takes = self
            .sending()
            .map_or_else(|| "as fast as it goes".to_owned(), |sending| format!("takes {}", about(sending)));
        let days = self.days();
        let on = if days.len() > 1 {
            format!(" on {}", named(&days, self.now, self.zone()))
        } else {
            String::new()
        };
        let zone = zone::name(self.zone());
        match told.ends {
            None => format!("starts {starts}, takes more than ten years ({zone})"),
            Some(ends) if ends.since(self.now) < MOMENT => format!("starts {starts}, {takes}"),
            Some(ends) => format!("starts {starts}, {takes}{on}, done {} ({zone})", moment(ends)),
        }
    }

    /// `limited by the pace (20/s) and the schedule (09:00-20:00 in Asia/Kolkata)`; nothing where nothing limits it.
    #[must_use]
    pub fn why(&self) -> Option<String> {
        let told: Vec<_> = self.limited_by.iter().map(|limit| self.named(*limit)).collect();
        (!told.is_empty()).then(|| format!("limited by {}", listed(&told)))
    }

    fn named(&self, limit: Limit) -> String {
        let Limits { rate, others, daily, taken, timetable, .. } = &self.limits;
        match limit {
            Limit::Pace if others.len() > 1 => format!("the pace ({rate} for each number)"),
            Limit::Pace => format!("the pace ({rate})"),
            Limit::SharedNumber => {
                let mut names: Vec<_> =
                    others.iter().flatten().map(|party| party.campaign.as_str()).collect();
                names.sort_unstable();
                names.dedup();
                format!("other campaigns on its number ({})", names.join(", "))
            }
            Limit::Daily => {
                let taken = taken.filter(|(_, n)| *n > 0);
                let taken =
                    taken.map(|(_, n)| format!(", {} already written to", people(n))).unwrap_or_default();
                format!("`daily` ({} in any 24 hours{taken})", people(daily.unwrap_or_default()))
            }
            Limit::Schedule => {
                let hours = timetable.as_ref().map(ToString::to_string).unwrap_or_default();
                format!("the schedule ({hours})")
            }
        }
    }

    fn zone(&self) -> &TimeZone {
        self.limits.timetable.as_ref().map_or(&self.limits.zone, Timetable::home)
    }
}

/// `Tue and Wed`, `Tue 2026-12-15 and Wed 2026-12-16`, `12 days`
fn named(days: &[Date], now: Millis, zone: &TimeZone) -> String {
    if days.len() > DAYS_NAMED {
        return format!("{} days", days.len());
    }
    let today = Timestamp::from_millisecond(i64::try_from(now.0).unwrap_or_default()).ok();
    let today = today.map(|moment| moment.to_zoned(zone.clone()).date());
    let week = today.and_then(|day| day.checked_add(6.days()).ok());
    let near = days.last() <= week.as_ref();
    let names: Vec<_> =
        days.iter().map(|day| day.strftime(if near { "%a" } else { "%a %Y-%m-%d" }).to_string()).collect();
    listed(&names)
}

/// `a`, `a and b`, `a, b and c`
fn listed(all: &[String]) -> String {
    match all {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::SenderNo;

    /// 22:00 on a Monday there.
    const NOW: &str = "2026-11-30T16:30:00Z";

    fn at(text: &str) -> Millis {
        Millis(text.parse::<Timestamp>().unwrap().as_millisecond().try_into().unwrap())
    }

    fn limits(rate: &str, schedule: Option<&str>) -> Limits {
        let zone = crate::domain::zone::named("Asia/Kolkata").unwrap();
        let timetable =
            schedule.map(|text| Timetable::new(serde_json::from_str(text).unwrap(), zone.clone()));
        Limits {
            rate: rate.parse().unwrap(),
            priority: Priority::Normal,
            others: vec![Vec::new()],
            daily: None,
            taken: None,
            timetable,
            zone,
        }
    }

    fn pending(by_sender: &[u64]) -> Pending {
        let mut pending = Pending::none(false, false);
        for (sender, n) in (0..).zip(by_sender) {
            (0..*n).for_each(|_| pending.add(SenderNo(sender), None));
        }
        pending
    }

    fn told(messages: &[u64], limits: Limits) -> (String, String) {
        let estimate = Estimate::of(&pending(messages), limits, at(NOW));
        (estimate.when(), estimate.why().unwrap_or_default())
    }

    fn says(told: (String, String), when: &str, why: &str) {
        assert_eq!((told.0.as_str(), told.1.as_str()), (when, why));
    }

    #[test]
    fn a_plain_campaign_is_limited_by_its_pace() {
        says(
            told(&[2400], limits("20/s", None)),
            "starts now, takes about 2 min, done today 22:02 (Asia/Kolkata)",
            "limited by the pace (20/s)",
        );
        // Two numbers share the work; the one that has more decides.
        let mut two = limits("20/s", None);
        two.others.push(Vec::new());
        says(
            told(&[1200, 2400], two),
            "starts now, takes about 2 min, done today 22:02 (Asia/Kolkata)",
            "limited by the pace (20/s for each number)",
        );
        says(told(&[2400], limits("max", None)), "starts now, as fast as it goes", "");
        says(told(&[60], limits("20/s", None)), "starts now, takes a moment", "limited by the pace (20/s)");
    }

    #[test]
    fn hours_and_days_say_on_which_days_it_goes() {
        let schedule = r#"{"hours": "09:00-14:00", "late": "ask"}"#;
        says(
            told(&[7 * 3600], limits("1/s", Some(schedule))),
            "starts tomorrow 09:00, takes about 7 h on Tue and Wed, done Wed 11:00 (Asia/Kolkata)",
            "limited by the pace (1/s) and the schedule (09:00-14:00 in Asia/Kolkata)",
        );
        let later =
            r#"{"start": "2026-12-14T09:00", "hours": "09:00-14:00", "days": ["mon", "fri"], "late": "ask"}"#;
        says(
            told(&[7 * 3600], limits("1/s", Some(later))),
            "starts Mon 2026-12-14 09:00, takes about 7 h on Mon 2026-12-14 and Fri 2026-12-18, done Fri 2026-12-18 11:00 \
             (Asia/Kolkata)",
            "limited by the pace (1/s) and the schedule (09:00-14:00 on mon, fri in Asia/Kolkata)",
        );
        let never = limits("1/s", Some(r#"{"start": "2026-12-14T09:00", "late": "ask"}"#));
        let many = told(&[7 * 24 * 3600], never).0;
        assert!(many.contains("takes about 7 days on 8 days, done Mon 2026-12-21 09:00"), "{many}");
    }

    #[test]
    fn a_daily_limit_counts_whom_the_account_has_written_to() {
        let daily = Limits { daily: Some(1000), ..limits("20/s", None) };
        says(
            told(&[2500], daily.clone()),
            "starts now, takes about 2 min on Mon, Tue and Wed, done Wed 22:00 (Asia/Kolkata)",
            "limited by `daily` (1,000 people in any 24 hours)",
        );
        let used_up = Limits { taken: Some((at("2026-12-01T03:30:00Z"), 1000)), ..daily };
        says(
            told(&[100], used_up),
            "starts tomorrow 09:00, takes about 5 s, done tomorrow 09:00 (Asia/Kolkata)",
            "limited by `daily` (1,000 people in any 24 hours, 1,000 people already written to)",
        );
    }

    #[test]
    fn another_campaign_on_the_number_takes_its_share() {
        let other = Party { campaign: "welcome".into(), priority: Priority::Normal };
        let shared = Limits { others: vec![vec![other]], ..limits("20/s", None) };
        says(
            told(&[2400], shared.clone()),
            "starts now, takes about 4 min, done today 22:04 (Asia/Kolkata)",
            "limited by the pace (20/s) and other campaigns on its number (welcome)",
        );
        // With three times its weight it has three quarters of the time.
        let high = Limits { priority: Priority::High, ..shared };
        assert!(told(&[9000], high).0.contains("takes about 10 min"), "450 s at 20/s alone");
    }
}
