//! How one Sendwo goes about what the API leaves open: clocks, pages, names, and what becomes of texts.

use std::time::Duration;

use sendcast::domain::message::Message;
use sendcast::domain::time::Millis;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;

pub const MINUTE: i64 = 60 * 1000;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// What stands behind the last page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum End {
    /// An empty one.
    Empty,
    /// A refusal.
    Refused,
    /// The last one again.
    Repeats,
    /// There are no pages: everything, whatever was asked for.
    NoPages,
    /// There are no pages, and only the newest so many rows.
    Newest(usize),
}

/// By which names a person's conversation is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Names {
    /// By the digits, with or without `+`.
    Both,
    /// By `+` and digits alone; by digits there is nobody, or nothing.
    Plus { refused: bool },
    /// They are two people: what was said before is with the digits, what came since with the `+`.
    Split,
}

/// How times are written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Clock {
    Naive(&'static str),
    Zoned,
    Epoch,
}

/// What becomes of a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Altered {
    No,
    Trimmed,
    Escaped,
    EscapedTwice,
    Composed,
    Decomposed,
    CarriageReturns,
    LineBreaks,
    EmojiLost,
    EmojiAsked,
}

/// How content is wrapped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Wrapped {
    /// The payload that went to Meta, as a JSON text.
    Payload,
    /// The same as a value.
    Value,
    /// The bare text.
    Bare,
    /// A template's parts.
    Template,
}

#[derive(Clone, Debug)]
pub struct Habits {
    /// The clock's lead over UTC, zone and error together, before and after the change.
    zone: i64,
    change: Option<(Millis, i64)>,
    skew: i64,
    clock: Clock,
    pub newest_first: bool,
    pub page: usize,
    pub end: End,
    pub names: Names,
    pub altered: Altered,
    wrapped: Wrapped,
    /// Rows carry ids.
    pub ids: bool,
    /// An unknown person is a 404 instead of a refusal.
    pub not_found: bool,
    /// So many questions of a hundred are lost.
    pub lossy: u8,
    /// Media come back from an address of the server's own.
    pub rehosted: bool,
}

impl Habits {
    pub fn draw(chance: &mut fastrand::Rng, start: Millis) -> Habits {
        let one_in = |chance: &mut fastrand::Rng, n: u8| chance.u8(..n) == 0;
        let change = one_in(chance, 6).then(|| {
            // By the server's clock, as zones do it.
            let quarter = HOUR.unsigned_abs() / 4;
            let at = (start.0 / quarter * quarter).saturating_add_signed(chance.i64(-6..=6) * HOUR / 4);
            (Millis(at), *chance.choice(&[HOUR, -HOUR, HOUR / 2]).unwrap())
        });
        let naive = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%d %b %Y %H:%M:%S", "%Y-%m-%d %I:%M:%S %p"];
        let clock = match chance.u8(0..20) {
            0 => Clock::Naive("%Y-%m-%d %H:%M"),
            1 | 2 => Clock::Zoned,
            3 | 4 => Clock::Epoch,
            _ => Clock::Naive(chance.choice(naive).unwrap()),
        };
        use Altered::{
            CarriageReturns, Composed, Decomposed, EmojiAsked, EmojiLost, Escaped, EscapedTwice, LineBreaks,
            No, Trimmed,
        };
        let all = [
            No,
            No,
            No,
            Trimmed,
            Escaped,
            EscapedTwice,
            Composed,
            Decomposed,
            CarriageReturns,
            LineBreaks,
            EmojiLost,
            EmojiAsked,
        ];
        Habits {
            zone: chance.i64(-48..=56) * HOUR / 4,
            change,
            skew: if chance.bool() { 0 } else { chance.i64(-4 * MINUTE..=4 * MINUTE) },
            clock,
            newest_first: chance.u8(0..5) < 3,
            page: *chance.choice(&[1, 3, 5, 10, 20, 25, 50, 100]).unwrap(),
            end: match chance.u8(0..8) {
                0..3 => End::Empty,
                3 => End::Refused,
                4 | 5 => End::Repeats,
                6 => End::NoPages,
                _ => End::Newest(chance.usize(15..60)),
            },
            names: match chance.u8(0..10) {
                0 => Names::Plus { refused: chance.bool() },
                1 => Names::Split,
                _ => Names::Both,
            },
            altered: *chance.choice(&all).unwrap(),
            wrapped: *chance
                .choice(&[Wrapped::Payload, Wrapped::Value, Wrapped::Bare, Wrapped::Template])
                .unwrap(),
            ids: !one_in(chance, 40),
            not_found: chance.bool(),
            lossy: if one_in(chance, 8) { 5 } else { 0 },
            rehosted: one_in(chance, 5),
        }
    }

    /// The zone's part, for those who would be taken in by it.
    pub fn zone(&self) -> i64 {
        self.zone
    }

    /// The quarter of an hour by its clock: zones don't change within one.
    pub fn quarter(&self, at: Millis) -> u64 {
        at.0.saturating_add_signed(self.skew) / (15 * 60 * 1000)
    }

    /// Whether it writes no zone.
    pub fn is_naive(&self) -> bool {
        matches!(self.clock, Clock::Naive(_))
    }

    pub fn zone_at(&self, at: Millis) -> i64 {
        let by_its_clock = Millis(at.0.saturating_add_signed(self.skew));
        self.zone + self.change.filter(|(change, _)| by_its_clock >= *change).map_or(0, |(_, by)| by)
    }

    /// Whether the clock was set between two moments so that it writes the one at the other's time: from what is
    /// listed nobody could tell the two apart.
    pub fn repeats(&self, other: Millis, at: Millis) -> bool {
        let apart = i64::try_from(other.0).unwrap() - i64::try_from(at.0).unwrap();
        let set = self.zone_at(other) - self.zone_at(at);
        set != 0 && self.is_naive() && (-2 * MINUTE..12 * MINUTE).contains(&(apart + set))
    }

    /// A time as this server writes it.
    pub fn written(&self, at: Millis) -> Value {
        let by_its_clock = i64::try_from(at.0).unwrap() + self.skew;
        let zone = self.zone_at(at);
        let shown = |ms: i64, format: &str| {
            jiff::Timestamp::from_millisecond(ms).unwrap().strftime(format).to_string()
        };
        match self.clock {
            Clock::Naive(format) => shown(by_its_clock + zone, format).into(),
            Clock::Zoned => {
                let (sign, minutes) = (if zone < 0 { '-' } else { '+' }, zone.abs() / MINUTE);
                let local = shown(by_its_clock + zone, "%Y-%m-%dT%H:%M:%S");
                format!("{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60).into()
            }
            Clock::Epoch => (by_its_clock / 1000).into(),
        }
    }

    /// What the conversation shows of a message.
    pub fn content(&self, message: &Message) -> Value {
        let text = |body: &str| self.altered.apply(body);
        let payload = match message {
            Message::Text { body } if self.wrapped == Wrapped::Bare => return text(body).into(),
            Message::Text { body } if self.wrapped == Wrapped::Template => {
                json!({"type": "template", "template": {"components": [{"type": "body", "text": text(body)}]}})
            }
            Message::Text { body } => json!({"type": "text", "text": {"body": text(body)}}),
            Message::Media { kind, url, caption } => {
                let link = if self.rehosted { "https://lookaside.test/media/77" } else { url };
                let mut media = json!({"link": link});
                if let Some(caption) = caption {
                    media["caption"] = text(caption).into();
                }
                json!({"type": kind.word(), kind.word(): media})
            }
            Message::Buttons { body, buttons } => {
                let buttons: Vec<_> = buttons
                    .iter()
                    .map(|b| json!({"type": "reply", "reply": {"id": b.id, "title": b.title}}))
                    .collect();
                json!({"type": "interactive", "interactive":
                    {"type": "button", "body": {"text": text(body)}, "action": {"buttons": buttons}}})
            }
            Message::Flow { .. } => json!({"type": "text", "text": {"body": "What the flow says"}}),
        };
        if self.wrapped == Wrapped::Value { payload } else { payload.to_string().into() }
    }

    /// Whether this message can be told from others by what is listed.
    pub fn shows_well(&self, message: &Message) -> bool {
        match message {
            Message::Flow { .. } => false,
            Message::Media { caption: None, .. } => !self.rehosted,
            _ => true,
        }
    }

    /// How long the request takes on its way, and the answer back.
    pub fn latency(&self, chance: &mut fastrand::Rng) -> Duration {
        Duration::from_millis(if chance.u8(..) < 6 { chance.u64(500..6_000) } else { chance.u64(5..60) })
    }
}

impl Altered {
    fn apply(self, text: &str) -> String {
        let escaped = |text: &str| {
            text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('\'', "&#039;")
        };
        let is_emoji = |c: char| u32::from(c) >= 0x1_0000;
        match self {
            Altered::No => text.to_owned(),
            Altered::Trimmed => text.lines().map(str::trim).collect::<Vec<_>>().join("\n").trim().to_owned(),
            Altered::Escaped => escaped(text),
            Altered::EscapedTwice => escaped(&escaped(text)),
            Altered::Composed => text.nfc().collect(),
            Altered::Decomposed => text.nfd().collect(),
            Altered::CarriageReturns => text.replace('\n', "\r\n"),
            Altered::LineBreaks => text.replace('\n', "<br />\n"),
            Altered::EmojiLost => text.chars().filter(|c| !is_emoji(*c)).collect(),
            Altered::EmojiAsked => text.chars().map(|c| if is_emoji(c) { '?' } else { c }).collect(),
        }
    }
}
