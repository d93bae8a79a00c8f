//! Where a campaign stands, in a marketer's words: a word for the list, a card that says why, and what can be done.
//!
//! A function of values alone, so that every state can be shown in a test.

use std::time::Duration;

use jiff::tz::TimeZone;

use crate::app::options::zone;
use crate::domain::format::{about, count, eta, people, plural, rate, soon};
use crate::domain::status::Status;
use crate::domain::time::Millis;
use crate::engine::snapshot::{RunState, Snapshot, StopCode, WaitingFor};

/// How a state looks. Its word says it, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// It goes on by itself.
    Good,
    /// It waits, for time or for somebody.
    Waiting,
    /// Somebody has to look.
    Bad,
    /// Nothing is going on.
    Quiet,
}

impl Tone {
    /// Its class in the style.
    #[must_use]
    pub fn class(self) -> &'static str {
        match self {
            Tone::Good => "pill pill-good",
            Tone::Waiting => "pill pill-waiting",
            Tone::Bad => "pill pill-bad",
            Tone::Quiet => "pill pill-quiet",
        }
    }
}

/// Where a campaign belongs in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// Somebody has to decide something.
    NeedsYou,
    /// It is sending, or waits until it can.
    Sending,
    /// Nothing was sent yet.
    Ready,
    /// Nothing is left to do.
    Done,
}

/// What can be done about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Hold it.
    Pause,
    /// Clear the pause, and start a run where none is alive.
    Resume,
    /// Start a run that takes up where the last one stopped.
    GoOn,
    /// Call off what is left.
    Cancel,
    /// Look at what would be sent, and confirm it.
    Review,
    /// Look at what a new round to the same people would be.
    Again,
    /// Put in a new token.
    Token,
}

/// A run that was started from a page.
#[derive(Clone, Debug)]
pub struct Launched {
    /// When.
    pub at: Millis,
    /// Its exit code, once it has ended (−1: killed).
    pub ended: Option<i32>,
    /// Its last words.
    pub words: Vec<String>,
}

/// What is known of a campaign.
#[derive(Clone, Debug)]
pub struct Seen<'s> {
    /// Where it stands.
    pub look: &'s Snapshot,
    /// Whether somebody is working on it.
    pub alive: bool,
    /// The last run that a page started.
    pub launched: Option<Launched>,
    /// When the oldest order that waits to be taken up was given.
    pub ordered: Option<Millis>,
    /// The time.
    pub now: Millis,
    /// The zone of the times that are shown.
    pub zone: &'s TimeZone,
}

/// What is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// Where it belongs.
    pub section: Section,
    /// In a word or two.
    pub pill: String,
    /// How it looks.
    pub tone: Tone,
    /// What is to be known, where something is: a heading and sentences.
    pub card: Option<(String, Vec<String>)>,
    /// What can be done, the natural thing first.
    pub actions: Vec<Action>,
}

/// So long a run may take to give its first sign.
const TO_BEGIN: Duration = Duration::from_secs(10);
/// So long an order may wait for the one who is working on the campaign.
const TO_TAKE_UP: Duration = Duration::from_secs(10);

impl Seen<'_> {
    /// What to say.
    #[must_use]
    pub fn state(&self) -> State {
        if let Some(starting) = self.starting() {
            return starting;
        }
        let mut state = match self.look.state {
            RunState::Planned => self.planned(),
            RunState::Scheduled => self.scheduled(),
            RunState::Waiting => self.waiting(),
            RunState::Running => self.running(),
            RunState::Paused => self.paused(),
            RunState::Stopped => self.stopped(),
            RunState::Tracking => self.tracking(),
            RunState::Settled => self.settled(),
            RunState::Cancelled => self.cancelled(),
        };
        if let Some(at) = self.ordered {
            let ago = self.now.since(at);
            state.pill = format!("{}…", state.pill);
            let said = if ago < TO_TAKE_UP {
                "What you ordered is with the one who sends.".to_owned()
            } else {
                format!("What you ordered {} ago isn’t taken up yet; it is at the next message.", about(ago))
            };
            state.card.get_or_insert_with(|| ("An order is on its way".to_owned(), Vec::new())).1.push(said);
        }
        if self.look.counts[Status::InDoubt] > 0 && state.section == Section::Done {
            state.section = Section::NeedsYou;
        }
        state
    }

    fn left(&self) -> u64 {
        self.look.counts[Status::Queued] + self.look.counts[Status::Sending]
    }

    /// A run that was started and hasn't given a sign, or never will.
    fn starting(&self) -> Option<State> {
        let launched = self.launched.as_ref()?;
        if self.alive || self.look.heartbeat.is_some_and(|at| at >= launched.at) {
            return None;
        }
        let words = launched.words.iter();
        match launched.ended {
            None => {
                let slow = self.now.since(launched.at) > TO_BEGIN;
                let card = slow.then(|| {
                    let said = "It reads the file and asks the account first; a great file takes its time."
                        .to_owned();
                    (
                        "It hasn’t begun to send yet".to_owned(),
                        std::iter::once(said).chain(words.cloned()).collect(),
                    )
                });
                Some(State {
                    section: Section::Sending,
                    pill: "Starting".to_owned(),
                    tone: Tone::Waiting,
                    card,
                    actions: Vec::new(),
                })
            }
            // It couldn't run at all; any other code is that of a run which has left its word.
            Some(code @ (1 | 2)) => Some(State {
                section: Section::NeedsYou,
                pill: "Didn’t start".to_owned(),
                tone: Tone::Bad,
                card: Some((
                    if code == 2 { "It can’t be sent as it is" } else { "It didn’t start" }.to_owned(),
                    std::iter::once("Nothing was sent by this attempt.".to_owned())
                        .chain(words.cloned())
                        .collect(),
                )),
                actions: if code == 2 { vec![Action::Review] } else { vec![Action::GoOn, Action::Review] },
            }),
            Some(_) => None,
        }
    }

    fn planned(&self) -> State {
        State {
            section: Section::Ready,
            pill: "Ready".to_owned(),
            tone: Tone::Quiet,
            card: Some(("Nothing was sent yet".to_owned(), Vec::new())),
            actions: vec![Action::Review, Action::Cancel],
        }
    }

    fn scheduled(&self) -> State {
        let until = self.until();
        let pill = self
            .look
            .until
            .map_or_else(|| "Scheduled".to_owned(), |at| format!("Starts {}", soon(at, self.now, self.zone)));
        State {
            section: Section::Sending,
            pill,
            tone: Tone::Waiting,
            card: Some((
                format!("It starts {until}"),
                vec!["Leave this computer on and awake; this page may be closed.".to_owned()],
            )),
            actions: vec![Action::Pause, Action::Cancel],
        }
    }

    /// `by itself at 10:40`, as far as it is known.
    fn until(&self) -> String {
        match self.look.until {
            None => "by itself".to_owned(),
            Some(at) => {
                let after = about(at.since(self.now));
                let zone = zone::name(self.zone);
                format!("by itself {} ({zone}), in {after}", soon(at, self.now, self.zone))
            }
        }
    }

    fn waiting(&self) -> State {
        let until = self.until();
        let till = |unknown: &str| match self.look.until {
            Some(at) => format!("Waiting till {}", soon(at, self.now, self.zone)),
            None => unknown.to_owned(),
        };
        let awake = "Leave this computer on; this page may be closed.".to_owned();
        let (pill, title, mut words) = match self.look.waiting_for {
            Some(WaitingFor::RecipientQuota) => (
                till("Waiting for the daily limit"),
                "The day’s people have been written to".to_owned(),
                vec![
                    "The campaign’s limit of different people in 24 hours is reached.".to_owned(),
                    format!("Sending goes on {until}."),
                    awake,
                ],
            ),
            Some(WaitingFor::Schedule) => (
                till("Waiting for its hours"),
                "It is outside of the campaign’s hours".to_owned(),
                vec![format!("Sending goes on {until}."), awake],
            ),
            Some(WaitingFor::Canary) => (
                "Waiting for the first ones".to_owned(),
                "The first people were written to".to_owned(),
                vec![format!(
                    "Everybody else follows once enough of them are known to have got it; it is decided {until}."
                )],
            ),
            Some(WaitingFor::Number) | None => (
                "Waiting for the number".to_owned(),
                "It waits for the number that sends".to_owned(),
                vec![format!("It goes on {until}.")],
            ),
        };
        words.extend(self.look.hold.clone());
        State {
            section: Section::Sending,
            pill,
            tone: Tone::Waiting,
            card: Some((title, words)),
            actions: vec![Action::Pause, Action::Cancel],
        }
    }

    fn running(&self) -> State {
        let mut pill = "Sending".to_owned();
        if self.look.rate > 0.0 {
            pill.push_str(&format!(" · {}", rate(self.look.rate)));
        }
        if let Some(seconds) = self.look.eta_s {
            pill.push_str(&format!(" · {}", eta(seconds)));
        }
        let card = self.look.hold.clone().map(|hold| ("It goes slower just now".to_owned(), vec![hold]));
        State {
            section: Section::Sending,
            pill,
            tone: Tone::Good,
            card,
            actions: vec![Action::Pause, Action::Cancel],
        }
    }

    fn paused(&self) -> State {
        let left = people(self.left());
        let by_itself = self.look.reason.clone();
        let title = if by_itself.is_some() { "Paused for safety" } else { "Paused" };
        let mut words: Vec<_> = by_itself.iter().cloned().collect();
        words.push(format!("{left} haven’t been written to."));
        let in_flight = self.look.counts[Status::Sending];
        if in_flight > 0 && self.alive {
            words.push(format!("{} on the way still.", plural(in_flight, "message is", "messages are")));
        }
        State {
            section: Section::NeedsYou,
            pill: title.to_owned(),
            tone: if by_itself.is_some() { Tone::Bad } else { Tone::Waiting },
            card: Some((title.to_owned(), words)),
            actions: vec![Action::Resume, Action::Cancel],
        }
    }

    fn stopped(&self) -> State {
        let left = self.left();
        let to_write = plural(left, "person is", "people are");
        let to_write = format!("{to_write} to be written to.");
        let reason = self.look.reason.clone();
        let go_on = vec![Action::GoOn, Action::Cancel];
        let (pill, title, words, actions) = match self.look.code {
            Some(StopCode::Token) => (
                "Stopped",
                "Sendwo doesn’t take the token any more",
                vec!["Put in a new one, then go on. Nobody was written to twice.".to_owned(), to_write],
                vec![Action::Token, Action::GoOn, Action::Cancel],
            ),
            Some(StopCode::Disk) => (
                "Stopped: the disk",
                "The disk failed, or is full",
                reason
                    .into_iter()
                    .chain([
                        "Nothing is sent without being written down first. Make room, then go on.".to_owned(),
                        to_write,
                    ])
                    .collect(),
                go_on,
            ),
            Some(StopCode::Limit) => (
                "Stopped at the limit",
                "As many were written to as were asked for this time",
                vec![to_write],
                go_on,
            ),
            Some(StopCode::Missed) => (
                "Missed",
                "Its time came, and nothing was sent",
                reason.into_iter().chain([to_write]).collect(),
                vec![Action::Review, Action::Cancel],
            ),
            Some(StopCode::Guard | StopCode::Number | StopCode::Error) if reason.is_some() => {
                ("Stopped", "It has stopped", reason.into_iter().chain([to_write]).collect(), go_on)
            }
            _ if left == 0 => (
                "Not followed",
                "All are sent; nobody follows the deliveries",
                reason.into_iter().chain(["Going on follows them for a while longer.".to_owned()]).collect(),
                vec![Action::GoOn],
            ),
            _ => (
                "Nobody is sending",
                "Nobody is sending this",
                reason
                    .into_iter()
                    .chain([format!(
                        "The run or the computer stopped. Nobody was written to twice. {to_write}"
                    )])
                    .collect(),
                go_on,
            ),
        };
        State {
            section: Section::NeedsYou,
            pill: pill.to_owned(),
            tone: if left == 0 { Tone::Quiet } else { Tone::Bad },
            card: Some((title.to_owned(), words)),
            actions,
        }
    }

    fn tracking(&self) -> State {
        let till = match self.look.until {
            Some(at) => format!(" till {}", soon(at, self.now, self.zone)),
            None => String::new(),
        };
        State {
            section: Section::Sending,
            pill: "Sent; following".to_owned(),
            tone: Tone::Good,
            card: Some((
                "All are sent".to_owned(),
                vec![format!(
                    "Deliveries are followed{till}; {} on a phone by now. This page may be closed.",
                    plural(self.look.arrived(), "message is", "messages are")
                )],
            )),
            actions: Vec::new(),
        }
    }

    fn settled(&self) -> State {
        let doubt = self.look.counts[Status::InDoubt];
        let pill = if doubt > 0 { format!("Done · {} in doubt", count(doubt)) } else { "Done".to_owned() };
        State {
            section: Section::Done,
            pill,
            tone: if doubt > 0 { Tone::Bad } else { Tone::Quiet },
            card: None,
            actions: vec![Action::Again],
        }
    }

    fn cancelled(&self) -> State {
        let c = &self.look.counts;
        let sent = c.written_to();
        let called_off = plural(c[Status::Cancelled], "person was", "people were");
        let sent = plural(sent, "person had", "people had");
        State {
            section: Section::Done,
            pill: "Cancelled".to_owned(),
            tone: Tone::Quiet,
            card: Some((
                "Cancelled".to_owned(),
                vec![format!("{called_off} called off; {sent} been written to before.")],
            )),
            actions: vec![Action::Again],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::snapshot::example;

    const NOW: Millis = Millis(1_795_341_660_000);

    /// The contract's campaign in this state: 700 queued, 4 sending, 484 reached, 9 failed, 3 skipped.
    fn look(state: RunState) -> Snapshot {
        Snapshot { state, heartbeat: Some(NOW), until: Some(NOW + Duration::from_hours(13)), ..example() }
    }

    fn seen(look: &Snapshot) -> State {
        let alive = look.state.is_at_work();
        Seen { look, alive, launched: None, ordered: None, now: NOW, zone: &TimeZone::UTC }.state()
    }

    /// What is said: the word, the card's heading, all sentences, and what can be done.
    fn told(look: &Snapshot) -> (String, String, String, Vec<Action>) {
        let State { pill, card, actions, .. } = seen(look);
        let (title, words) = card.unwrap_or_default();
        (pill, title, words.join(" "), actions)
    }

    #[test]
    fn what_goes_on_by_itself_says_until_when_and_may_be_paused() {
        let (pill, title, _, actions) = told(&look(RunState::Running));
        assert_eq!((&*pill, &*title), ("Sending · 19.8/s · about 35 s left", ""));
        assert_eq!(actions, [Action::Pause, Action::Cancel]);
        let slower =
            Snapshot { hold: Some("WhatsApp asked to send more slowly".into()), ..look(RunState::Running) };
        assert_eq!(told(&slower).2, "WhatsApp asked to send more slowly");
        let (pill, title, words, _) = told(&look(RunState::Scheduled));
        assert!(pill.starts_with("Starts tomorrow") || pill.starts_with("Starts "), "{pill}");
        assert!(
            title.contains("(UTC), in about 13 h") && words.contains("this page may be closed"),
            "{title} {words}"
        );
        for (waits, begins) in [
            (WaitingFor::RecipientQuota, "The day’s people"),
            (WaitingFor::Schedule, "It is outside of the campaign’s hours"),
            (WaitingFor::Canary, "The first people were written to"),
            (WaitingFor::Number, "It waits for the number"),
        ] {
            let (pill, title, words, actions) =
                told(&Snapshot { waiting_for: Some(waits), ..look(RunState::Waiting) });
            assert!(title.starts_with(begins) && pill.starts_with("Waiting"), "{pill}: {title}");
            assert!(words.contains("in about 13 h"), "{words}");
            assert_eq!(actions, [Action::Pause, Action::Cancel]);
        }
        let (_, title, words, actions) = told(&look(RunState::Tracking));
        assert!(title == "All are sent" && words.contains("388 messages are on a phone by now"), "{words}");
        assert_eq!(actions, []);
    }

    #[test]
    fn a_stop_says_why_and_what_to_do() {
        let stopped = |code: Option<StopCode>, reason: Option<&str>| {
            told(&Snapshot { code, reason: reason.map(str::to_owned), ..look(RunState::Stopped) })
        };
        let go_on = vec![Action::GoOn, Action::Cancel];
        let (pill, title, words, actions) = stopped(Some(StopCode::Token), Some("the token is invalid"));
        assert_eq!((&*pill, &*title), ("Stopped", "Sendwo doesn’t take the token any more"));
        assert_eq!(actions, [Action::Token, Action::GoOn, Action::Cancel]);
        assert!(words.contains("704 people are to be written to."), "{words}");
        let (pill, _, words, actions) = stopped(Some(StopCode::Disk), Some("the disk is full"));
        assert!(
            pill == "Stopped: the disk" && words.starts_with("the disk is full Nothing is sent without"),
            "{words}"
        );
        assert_eq!(actions, go_on);
        assert_eq!(stopped(Some(StopCode::Limit), None).0, "Stopped at the limit");
        let (pill, _, words, actions) = stopped(Some(StopCode::Missed), Some("its time came Tue 10:00"));
        assert!(pill == "Missed" && words.contains("its time came Tue 10:00"), "{words}");
        assert_eq!(actions, [Action::Review, Action::Cancel], "never by itself, and not without a look");
        assert_eq!(stopped(Some(StopCode::Error), Some("8 of 10 were refused")).1, "It has stopped");
        let (pill, _, words, actions) = stopped(None, None);
        assert!(pill == "Nobody is sending" && words.contains("Nobody was written to twice."), "{words}");
        assert_eq!(actions, go_on);
        let mut sent = look(RunState::Stopped);
        sent.counts = crate::domain::status::Counts::default();
        sent.counts[Status::Accepted] = 3;
        assert_eq!(told(&sent).0, "Not followed");
    }

    #[test]
    fn what_needs_somebody_stands_first() {
        let paused = look(RunState::Paused);
        assert_eq!(seen(&paused).section, Section::NeedsYou);
        assert_eq!(told(&paused).3, [Action::Resume, Action::Cancel]);
        let guarded = Snapshot { reason: Some("25 % failed".into()), ..paused };
        assert_eq!(told(&guarded).0, "Paused for safety");
        let mut settled = look(RunState::Settled);
        assert_eq!((seen(&settled).section, &*told(&settled).0), (Section::Done, "Done"));
        settled.counts.shift(Status::Accepted, Status::InDoubt);
        assert_eq!((seen(&settled).section, &*told(&settled).0), (Section::NeedsYou, "Done · 1 in doubt"));
        assert_eq!(seen(&look(RunState::Planned)).section, Section::Ready);
        assert_eq!(told(&look(RunState::Planned)).3, [Action::Review, Action::Cancel]);
        let (pill, _, words, actions) = told(&look(RunState::Cancelled));
        assert!(pill == "Cancelled" && words.contains("497 people had been written to before"), "{words}");
        assert_eq!(actions, [Action::Again]);
    }

    #[test]
    fn a_run_that_was_started_is_told_until_it_speaks_for_itself() {
        let stopped = Snapshot { heartbeat: Some(NOW - Duration::from_mins(5)), ..look(RunState::Stopped) };
        let with = |ended, ago: u64| {
            let at = NOW - Duration::from_secs(ago);
            let launched = Some(Launched { at, ended, words: vec!["error: it can't".into()] });
            Seen { look: &stopped, alive: false, launched, ordered: None, now: NOW, zone: &TimeZone::UTC }
                .state()
        };
        assert_eq!((&*with(None, 1).pill, with(None, 1).card), ("Starting", None));
        assert!(with(None, 20).card.is_some(), "it takes long");
        assert_eq!((&*with(Some(1), 1).pill, with(Some(1), 1).actions[0]), ("Didn’t start", Action::GoOn));
        let refused = with(Some(2), 1);
        assert_eq!(refused.actions, [Action::Review], "the same again ends the same way");
        assert!(refused.card.unwrap().1.contains(&"error: it can't".to_owned()));
        assert_eq!(with(Some(6), 1).pill, "Nobody is sending", "it has left its word");
        // A sign since it was started is the run's own.
        let fresh = Snapshot { heartbeat: Some(NOW), ..look(RunState::Running) };
        let launched = Some(Launched { at: NOW - Duration::from_secs(9), ended: None, words: Vec::new() });
        let seen =
            Seen { look: &fresh, alive: true, launched, ordered: None, now: NOW, zone: &TimeZone::UTC };
        assert!(seen.state().pill.starts_with("Sending"));
    }

    #[test]
    fn an_order_that_isnt_taken_up_is_told() {
        let running = look(RunState::Running);
        let with = |ago: u64| {
            let ordered = Some(NOW - Duration::from_secs(ago));
            let seen =
                Seen { look: &running, alive: true, launched: None, ordered, now: NOW, zone: &TimeZone::UTC };
            seen.state().card.unwrap().1.pop().unwrap()
        };
        assert!(with(3).contains("is with the one who sends"));
        assert!(with(12).contains("isn’t taken up yet"));
    }
}
