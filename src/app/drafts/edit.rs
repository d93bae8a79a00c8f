//! Changing a campaign's file key by key, from what forms say: an empty field takes its key out, and what a form doesn't know
//! of stays as it is.

use serde_json::{Map, Value, json};

/// A campaign's file, or an object in it.
pub type Object = Map<String, Value>;

/// How the spreadsheet is read, and who in it is meant.
#[derive(Clone, Debug, Default)]
pub struct People {
    /// The column with the phone numbers.
    pub phone: String,
    /// ISO code of the country of numbers without one.
    pub country: String,
    /// The worksheet.
    pub sheet: String,
    /// The row that holds the column names.
    pub header_row: String,
    /// The encoding.
    pub encoding: String,
    /// What stands between cells.
    pub delimiter: String,
    /// Which rows are meant: an expression over the columns.
    pub only: String,
    /// How many of them: a share, or a number.
    pub sample: String,
}

/// When, from which number and how fast it is sent.
#[derive(Clone, Debug, Default)]
pub struct Sending {
    /// The campaign's name.
    pub name: String,
    /// Which numbers send.
    pub from: Vec<String>,
    /// The pace: `20/s`.
    pub rate: String,
    /// Different people in 24 hours.
    pub daily: String,
    /// The day on which it starts, and the time: `2026-12-01`, `10:00`; at once where the day is empty.
    pub start: (String, String),
    /// Within which hours: from and to, `09:00` and `20:00`.
    pub hours: (String, String),
    /// On which days: `mon`…
    pub days: Vec<String>,
    /// By whose clock: a zone, or `recipient`.
    pub timezone: String,
    /// A share of all that is written to first: `2%`.
    pub canary: String,
    /// The share of failures at which it pauses: `20%`.
    pub guard: String,
    /// How many messages one person gets at most, and within how long: `2`, `7d`.
    pub cap: (String, String),
}

impl People {
    /// Puts it into a campaign's file.
    pub fn into_file(self, file: &mut Object) {
        let People { phone, country, sheet, header_row, encoding, delimiter, only, sample } = self;
        within(file, "audience", |audience| {
            set(audience, "phone", text(&phone));
            set(audience, "country", text(&country));
            set(audience, "sheet", text(&sheet));
            set(audience, "header_row", number(&header_row));
            set(audience, "encoding", text(&encoding));
            set(audience, "delimiter", text(&delimiter));
            set(audience, "where", text(&only));
            set(audience, "sample", number(&sample));
        });
    }
}

impl Sending {
    /// Puts it into a campaign's file.
    pub fn into_file(self, file: &mut Object) {
        let Sending { name, from, rate, daily, start, hours, days, timezone, canary, guard, cap } = self;
        set(file, "name", text(&name));
        match &from[..] {
            [] => {}
            [one] => set(file, "from", Some(json!(one))),
            several => set(file, "from", Some(json!(several))),
        }
        set(file, "rate", text(&rate));
        set(file, "daily", number(&daily));
        within(file, "schedule", |schedule| {
            let (day, time) = (start.0.trim(), start.1.trim());
            let time = if time.is_empty() { "00:00" } else { time };
            set(schedule, "start", (!day.is_empty()).then(|| json!(format!("{day}T{time}"))));
            let (begin, end) = (hours.0.trim(), hours.1.trim());
            let has_hours = !begin.is_empty() || !end.is_empty();
            set(schedule, "hours", has_hours.then(|| json!(format!("{begin}-{end}"))));
            // All seven are what no word says.
            set(schedule, "days", (!days.is_empty() && days.len() < 7).then(|| json!(days)));
            let means_something = ["start", "hours", "days"].iter().any(|key| schedule.contains_key(*key));
            set(schedule, "timezone", text(&timezone).filter(|_| means_something));
        });
        within(file, "canary", |object| set(object, "share", text(&canary)));
        within(file, "guard", |object| set(object, "max_failed", text(&guard)));
        within(file, "cap", |object| {
            set(object, "messages", number(&cap.0));
            set(object, "per", text(&cap.1).filter(|_| !cap.0.trim().is_empty()));
        });
        // What is about nothing any more goes as a whole.
        for (part, needs) in [("canary", "share"), ("guard", "max_failed"), ("cap", "messages")] {
            if file.get(part).is_some_and(|object| object.get(needs).is_none()) {
                file.shift_remove(part);
            }
        }
    }
}

/// Changes an object in a file, which is made where there is none, and taken out where nothing is left in it.
fn within(file: &mut Object, key: &str, change: impl FnOnce(&mut Object)) {
    let mut object = match file.get(key) {
        Some(Value::Object(object)) => object.clone(),
        _ => Object::new(),
    };
    change(&mut object);
    set(file, key, (!object.is_empty()).then_some(Value::Object(object)));
}

/// Sets a key, or takes it out.
pub fn set(file: &mut Object, key: &str, value: Option<Value>) {
    match value {
        Some(value) => {
            file.insert(key.to_owned(), value);
        }
        None => {
            file.shift_remove(key);
        }
    }
}

fn text(text: &str) -> Option<Value> {
    let text = text.trim();
    (!text.is_empty()).then(|| json!(text))
}

/// A number where it is one, else the text, which the parser then refuses in its words.
fn number(written: &str) -> Option<Value> {
    let digits: String = written.chars().filter(|c| !matches!(c, ',' | ' ')).collect();
    digits.parse::<u64>().map(|n| json!(n)).ok().or_else(|| text(written))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(value: Value) -> Object {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn a_form_changes_its_own_keys_and_leaves_what_an_expert_wrote() {
        let mut file = object(json!({
            "$schema": "x", "name": "a", "from": "1", "retry": { "attempts": 2 },
            "schedule": { "start": "2026-12-01T10:00", "late": "skip" }, "canary": { "share": "2%", "wait": "5m" },
        }));
        let sending = Sending {
            name: "b".into(),
            hours: ("09:00".into(), "20:00".into()),
            days: vec!["mon".into(), "tue".into()],
            timezone: "Asia/Kolkata".into(),
            canary: "5%".into(),
            daily: "2,000".into(),
            cap: ("2".into(), "7d".into()),
            ..Sending::default()
        };
        sending.into_file(&mut file);
        assert_eq!(
            Value::Object(file.clone()),
            json!({
                "$schema": "x", "name": "b", "from": "1", "retry": { "attempts": 2 },
                "schedule": {
                    "late": "skip", "hours": "09:00-20:00", "days": ["mon", "tue"], "timezone": "Asia/Kolkata",
                },
                "canary": { "share": "5%", "wait": "5m" }, "daily": 2000, "cap": { "messages": 2, "per": "7d" },
            })
        );
        Sending { name: "b".into(), ..Sending::default() }.into_file(&mut file);
        assert_eq!(
            Value::Object(file),
            json!({ "$schema": "x", "name": "b", "from": "1", "retry": { "attempts": 2 }, "schedule": { "late": "skip" } })
        );
    }

    #[test]
    fn people_are_corrected_within_the_audience() {
        let mut file =
            object(json!({ "audience": { "file": "a.csv", "exclude": ["b.csv"], "country": "IN" } }));
        let people = People { phone: "Mobile".into(), header_row: "3".into(), ..People::default() };
        people.into_file(&mut file);
        assert_eq!(
            Value::Object(file),
            json!({ "audience": { "file": "a.csv", "exclude": ["b.csv"], "phone": "Mobile", "header_row": 3 } })
        );
    }
}
