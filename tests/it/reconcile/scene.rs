//! One person of a campaign: what becomes of what is sent to them, and what else is said.

use std::time::Duration;

use sendcast::domain::message::{Button, MediaKind, Message};

use super::habits::{DAY, HOUR, Habits, MINUTE};

/// What the server does with a POST.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fate {
    /// It is accepted so long after it came.
    pub accepted: Option<Duration>,
    /// The conversation shows it so long after that; never, where it is `None`.
    pub shown: Option<Duration>,
    /// It fails afterwards.
    pub fails: bool,
    /// The client hears of it; otherwise it gets no answer within this time.
    pub answered: bool,
    pub silence: Duration,
}

/// A row that isn't this campaign's message.
#[derive(Clone, Debug)]
pub struct Other {
    /// Milliseconds from the POST.
    pub after: i64,
    pub says: Message,
    pub whose: Whose,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Whose {
    /// Of another campaign of the same data directory: its journal knows the id.
    Ours,
    /// Of another campaign of the same data directory, in doubt there as well; whether it was accepted.
    Doubted { accepted: bool },
    /// Of another tool, a bot or a person in the office.
    Strangers,
    /// The person's own.
    Theirs { id: bool },
}

/// One person.
#[derive(Clone, Debug)]
pub struct Scene {
    pub message: Message,
    /// One for each POST; the last goes on.
    pub fates: [Fate; 2],
    pub others: Vec<Other>,
    /// Their conversation shows nothing that was sent by the API.
    pub blank: bool,
    /// The operator orders it to be sent again while it is in doubt.
    pub resent: bool,
}

impl Fate {
    fn good() -> Fate {
        let (now, soon) = (Some(Duration::ZERO), Some(Duration::from_secs(1)));
        Fate { accepted: now, shown: soon, fails: false, answered: true, silence: Duration::ZERO }
    }

    fn draw(chance: &mut fastrand::Rng, late: bool) -> Fate {
        let seconds = |chance: &mut fastrand::Rng, range| Duration::from_secs(chance.u64(range));
        let delay = match chance.u8(0..10) {
            0 => seconds(chance, 30..300),
            1 | 2 => seconds(chance, 2..30),
            _ => Duration::from_millis(chance.u64(0..2_000)),
        };
        let lag = match chance.u8(0..10) {
            _ if late => seconds(chance, 1_200..6 * 3_600),
            // A quarter of an hour after the attempt is the rule.
            0 | 1 => seconds(chance, 30..(860 - delay.as_secs())),
            2..5 => seconds(chance, 3..30),
            _ => seconds(chance, 0..3),
        };
        Fate {
            accepted: (chance.u8(0..10) < 7).then_some(delay),
            shown: Some(lag),
            fails: chance.u8(0..20) == 0,
            answered: false,
            silence: if chance.u8(0..8) == 0 { seconds(chance, 5..25) } else { Duration::from_millis(50) },
        }
    }

    /// Whether it keeps the documented rule: what is listed at all is listed within a quarter of an hour.
    pub fn keeps_the_rule(&self, blank: bool) -> bool {
        const RULE: Duration = Duration::from_secs(15 * 60);
        match (self.accepted, self.shown) {
            (None, _) => true,
            (Some(delay), Some(lag)) => blank || delay + lag < RULE,
            (Some(_), None) => blank,
        }
    }
}

impl Scene {
    /// Another campaign of ours may have said the same at that time: whose a message is can't be told.
    pub fn is_contested(&self) -> bool {
        self.others.iter().any(|other| matches!(other.whose, Whose::Doubted { .. }))
    }

    /// Somebody whose message goes well: they teach the server's clock.
    pub fn good(n: u64, chance: &mut fastrand::Rng, habits: &Habits) -> Scene {
        let mut scene = Scene::draw(n, chance, habits);
        scene.fates = [Fate::good(); 2];
        scene.resent = false;
        scene.blank = chance.u8(0..20) == 0;
        scene
    }

    /// Somebody whose message falls in doubt.
    pub fn draw(n: u64, chance: &mut fastrand::Rng, habits: &Habits) -> Scene {
        let message = message(n, chance);
        let late = chance.u8(0..20) == 0;
        let mut fate = Fate::draw(chance, late);
        if chance.u8(0..25) == 0 {
            fate.shown = None;
        }
        let again = if chance.bool() { Fate::draw(chance, false) } else { Fate::good() };
        let others = others(&message, chance, habits);
        // A stranger's at the time of the second attempt couldn't be told from it, either.
        let twin =
            |other: &Other| other.whose == Whose::Strangers && other.says == message && other.after > 0;
        let resent = chance.u8(0..10) == 0 && !others.iter().any(twin);
        Scene { fates: [fate, again], blank: chance.u8(0..20) == 0, resent, others, message }
    }
}

fn message(n: u64, chance: &mut fastrand::Rng) -> Message {
    let body = match chance.u8(0..4) {
        0 => format!("Hello number {n}, welcome!"),
        1 => format!(
            "  Jos\u{e9} \u{1f44b} & co.,\n<b>50%</b> off it's \u{928}\u{92e}\u{938}\u{94d}\u{924}\u{947}  \n\nfor {n} \u{1f389}\n"
        ),
        2 => format!("Caf\u{65}\u{301} at {n}:00? \"Yes\" &amp; no"),
        _ => "Our shop opens today.\nCome by!".to_owned(),
    };
    let url = format!("https://example.com/{n}.jpg");
    match chance.u8(0..12) {
        0 => Message::Media { kind: MediaKind::Image, url, caption: Some(body) },
        1 => Message::Media { kind: MediaKind::Image, url, caption: None },
        2 => {
            let buttons = vec![Button { id: "a".into(), title: "Book".into() }];
            Message::Buttons { body, buttons }
        }
        3 if n.is_multiple_of(4) => Message::Flow { flow_id: "FLOW".into() },
        _ => Message::Text { body },
    }
}

/// What else stands in the conversation.
fn others(message: &Message, chance: &mut fastrand::Rng, habits: &Habits) -> Vec<Other> {
    let mut others = Vec::new();
    let text = |says: &str| Message::Text { body: says.to_owned() };
    let mut add = |after: i64, says: Message, whose: Whose| others.push(Other { after, says, whose });
    let one_in = |chance: &mut fastrand::Rng, n: u8| chance.u8(..n) == 0;
    // Earlier campaigns; the same one last week.
    if !one_in(chance, 4) {
        for _ in 0..chance.u8(1..4) {
            let says = if one_in(chance, 3) { message.clone() } else { text("Last month's news") };
            add(-chance.i64(1..30) * DAY - chance.i64(0..DAY), says, Whose::Ours);
        }
    }
    // Another campaign to the same people, at the same time.
    if one_in(chance, 4) {
        let says = if one_in(chance, 3) { message.clone() } else { text("Another offer") };
        add(chance.i64(-30_000..30_000), says, Whose::Ours);
    }
    // The same by another campaign, which is in doubt as well.
    if one_in(chance, 8) {
        let after = chance.i64(-9 * MINUTE..30_000);
        add(after, message.clone(), Whose::Doubted { accepted: chance.bool() });
    }
    // The same by another tool, at times that a server's clock may make fit.
    if one_in(chance, 4) {
        let zone = habits.zone();
        let far = [
            -7 * DAY,
            -DAY,
            -HOUR,
            -10 * MINUTE,
            -3 * MINUTE,
            20 * MINUTE,
            HOUR,
            DAY,
            -zone,
            zone,
            -HOUR / 2,
        ];
        let after = *chance.choice(&far).unwrap();
        // What comes within ten minutes of an attempt can't be told from it by anyone.
        if !(-2 * MINUTE..12 * MINUTE).contains(&after) {
            add(after + chance.i64(-5_000..5_000), message.clone(), Whose::Strangers);
        }
    }
    for _ in 0..if one_in(chance, 3) { chance.u8(1..6) } else { 0 } {
        add(chance.i64(-3 * DAY..DAY), text("An agent's word"), Whose::Strangers);
    }
    if one_in(chance, 10) {
        add(chance.i64(1_000..300_000), text("The bot answers"), Whose::Strangers);
    }
    // The person: also in our words.
    for _ in 0..chance.u8(0..8) {
        add(chance.i64(-3 * DAY..DAY), text("ok"), Whose::Theirs { id: chance.bool() });
    }
    if one_in(chance, 7) {
        add(chance.i64(1_000..60_000), message.clone(), Whose::Theirs { id: chance.bool() });
    }
    if one_in(chance, 40) {
        for _ in 0..chance.u8(60..200) {
            add(chance.i64(-40 * DAY..-DAY), text("and then?"), Whose::Theirs { id: true });
        }
    }
    others
}
