//! Webhooks in a run: fewer polls, the same report; whatever is lost, late, twice, early or out of order.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use sendcast::domain::ids::MessageId;
use sendcast::domain::job::Reach;
use sendcast::domain::status::Status;
use sendcast::domain::time::Millis;
use sendcast::engine::replies::{self, ReplyCount};
use sendcast::engine::{Ending, offline, run};
use sendcast::queue::local::LocalQueue;
use sendcast::queue::{Queue, View};
use sendcast::sys::clock::Clock as _;
use sendcast::webhooks::{Button, Hook, HookReply, InboxWriter, Record, inbox_dir, read};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::LocalSet;

use super::promise::check_promise;
use super::world::{Accepted, Faults, World};
use super::{Stage, phone};

/// What becomes of a webhook on its way.
#[derive(Clone, Copy)]
struct Way {
    /// None is told after this time.
    dry_after: Duration,
    /// Of so many messages in a hundred nothing is ever told.
    lost: u64,
    /// Each is told so often.
    times: usize,
    /// They come up to so much later, in any order.
    late: u64,
    /// All that comes with an acceptance comes at once: before our own answer.
    early: bool,
}

const PLAIN: Way = Way { dry_after: Duration::MAX, lost: 0, times: 1, late: 0, early: false };

/// Appends bodies to the inbox, as the listener does.
struct Pump {
    writer: InboxWriter,
    clock: sendcast::sys::clock::VirtualClock,
}

impl Pump {
    fn open(stage: &Stage) -> Pump {
        let dir = inbox_dir(&stage.home().account("http://world"));
        let writer = InboxWriter::open(stage.disk.clone(), dir, stage.clock.now()).unwrap();
        Pump { writer, clock: stage.clock }
    }

    fn post(&mut self, bodies: &[Value]) {
        let now = self.clock.now();
        let hooks = bodies.iter().flat_map(|body| read(body.to_string().as_bytes(), None).unwrap());
        let records: Vec<_> = hooks.map(|hook| Record { received: now, hook }).collect();
        self.writer.append(&records, now).unwrap();
    }

    /// Tells of every step that a message makes, until it is dropped.
    async fn tell(mut self, world: World, way: Way) {
        let begun = tokio::time::Instant::now();
        let mut chance = fastrand::Rng::with_seed(7);
        let mut told: HashMap<usize, &'static str> = HashMap::new();
        let mut waiting: Vec<(tokio::time::Instant, Value)> = Vec::new();
        loop {
            tokio::time::sleep(Duration::from_millis(if way.early { 2 } else { 500 })).await;
            let now = tokio::time::Instant::now();
            for (nth, mut word) in world.steps().into_iter().enumerate() {
                if way.early {
                    word = "sent";
                }
                if word == "accepted" || told.insert(nth, word) == Some(word) {
                    continue;
                }
                if (nth as u64 * 37) % 100 < way.lost || begun.elapsed() >= way.dry_after {
                    continue;
                }
                let mut body = world.hook(nth);
                body["message_status"] = word.into();
                for _ in 0..way.times {
                    let late = Duration::from_millis(chance.u64(0..=way.late));
                    waiting.push((now + late, body.clone()));
                }
            }
            let (due, later) = waiting.into_iter().partition(|(at, _)| *at <= now);
            waiting = later;
            let due: Vec<(_, Value)> = due;
            self.post(&due.into_iter().map(|(_, body)| body).collect::<Vec<_>>());
        }
    }
}

async fn run_hooked(stage: &mut Stage, way: Way) -> (LocalQueue, Ending) {
    let queue = stage.queue().await;
    let (_ask, interrupted) = watch::channel(None);
    let setup = stage.setup(interrupted);
    let pump = Pump::open(stage);
    let world = stage.world.clone();
    let work = async move {
        let telling = tokio::task::spawn_local(pump.tell(world, way));
        let ended = run(queue, setup).await.unwrap();
        telling.abort();
        let _ = telling.await;
        ended
    };
    LocalSet::new().run_until(work).await
}

/// What the report says of each message: status, and when.
fn told(queue: &mut LocalQueue) -> BTreeMap<String, (Status, Option<u64>)> {
    let mut told = BTreeMap::new();
    let mut each = |line: sendcast::queue::Listed<'_>| {
        if let Some((_, delivery)) = line.job.best_delivery() {
            let at = match delivery.reach {
                Some(Reach::Read) => delivery.read_at,
                Some(Reach::Delivered) => delivery.delivered_at,
                _ => delivery.failed_at,
            };
            let id = delivery.id.as_ref().map(MessageId::to_string).unwrap_or_default();
            told.insert(id, (line.job.status(), at.map(|at| at.0 / 1000)));
        }
        Ok(())
    };
    queue.scan(&mut each).unwrap();
    told
}

/// What the server knows.
fn truth(world: &World) -> BTreeMap<String, Status> {
    let status = |word: &str| word.parse::<Status>().unwrap();
    let words = world.steps();
    let truth = world.0.borrow();
    truth.accepted.iter().zip(words).map(|(one, word)| (one.id.clone(), status(word))).collect()
}

fn statuses(told: &BTreeMap<String, (Status, Option<u64>)>) -> BTreeMap<String, Status> {
    told.iter().map(|(id, (status, _))| (id.clone(), *status)).collect()
}

fn stage(seed: u64, people: u64) -> Stage {
    let faults = Faults { unread: 0.4, fail_news: 0.05, ..Faults::default() };
    let mut stage = Stage::new(seed, people, faults);
    stage.options.track = Duration::from_secs(600);
    stage
}

fn polls(stage: &Stage) -> usize {
    stage.world.0.borrow().polls
}

#[tokio::test(start_paused = true)]
async fn with_webhooks_a_tenth_of_the_polls_ends_with_the_same_report() {
    let mut without = stage(1, 600);
    let (mut queue, ending) = without.run().await;
    assert_eq!(ending, Ending::Settled);
    let polled = told(&mut queue);
    assert_eq!(statuses(&polled), truth(&without.world));

    let mut with = stage(1, 600);
    let (mut queue, ending) = run_hooked(&mut with, PLAIN).await;
    assert_eq!(ending, Ending::Settled);
    check_promise(&with, &mut queue);
    let hooked = told(&mut queue);
    assert_eq!(statuses(&hooked), truth(&with.world));
    let (many, few) = (polls(&without), polls(&with));
    assert!(few * 10 <= many, "{few} polls with webhooks, {many} without");

    // Each time is the server's own, as polls tell it.
    let by_status =
        |told: &BTreeMap<String, (Status, Option<u64>)>| told.values().filter(|(_, at)| at.is_none()).count();
    assert_eq!((by_status(&hooked), by_status(&polled)), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn webhooks_that_dry_up_or_get_lost_leave_nobody_behind() {
    let dry = |seconds| Way { dry_after: Duration::from_secs(seconds), ..PLAIN };
    for (name, way) in [
        ("dry after two seconds", dry(2)),
        ("dry after five seconds", dry(5)),
        ("every tenth lost", Way { lost: 10, ..PLAIN }),
        ("half of them lost", Way { lost: 50, ..PLAIN }),
        ("all of them lost", Way { lost: 100, ..PLAIN }),
        ("a minute late, twice, in any order", Way { late: 60_000, times: 2, ..PLAIN }),
    ] {
        let mut stage = stage(3, 100);
        let (mut queue, ending) = run_hooked(&mut stage, way).await;
        assert_eq!(ending, Ending::Settled, "{name}");
        check_promise(&stage, &mut queue);
        assert_eq!(statuses(&told(&mut queue)), truth(&stage.world), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn news_that_overtakes_our_own_answer_is_not_lost() {
    let mut stage = Stage::new(5, 300, Faults { lost_after: 0.05, ..Faults::default() });
    stage.options.track = Duration::ZERO;
    stage.options.pulse = Duration::from_millis(2);
    let (mut queue, ending) = run_hooked(&mut stage, Way { early: true, ..PLAIN }).await;
    assert_eq!(ending, Ending::Settled);
    check_promise(&stage, &mut queue);
    assert_eq!(polls(&stage), 0);
    assert_eq!(queue.counts()[Status::Sent], 300, "{:?}", queue.counts());
}

#[tokio::test(start_paused = true)]
async fn what_comes_while_nobody_runs_is_taken_up_by_the_next_run() {
    let mut stage = Stage::new(6, 100, Faults::default());
    stage.options.track = Duration::ZERO;
    let (queue, ending) = run_hooked(&mut stage, PLAIN).await;
    assert_eq!(ending, Ending::Settled);
    assert!(queue.counts()[Status::Read] < 100);
    queue.close().await.unwrap();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let mut pump = Pump::open(&stage);
    let bodies: Vec<_> = (0..100).map(|nth| stage.world.hook(nth)).collect();
    pump.post(&bodies);
    // Others' messages, and nonsense, change nothing.
    pump.post(&[json!({"wa_message_id": "wamid.OTHERS", "message_status": "read"})]);
    drop(pump);
    let (mut queue, _) = stage.run().await;
    assert_eq!(queue.counts()[Status::Read], 100);
    assert_eq!(polls(&stage), 0);
    check_promise(&stage, &mut queue);
    queue.close().await.unwrap();
    let before = written(&stage);
    // Read again from the beginning, as after a crash that lost the hint, it changes nothing.
    stage.disk.remove_file(&stage.round().join("hooks.json")).unwrap();
    let (queue, _) = stage.run().await;
    queue.close().await.unwrap();
    assert_eq!(written(&stage), before + 1, "that it was opened, and nothing else");
}

/// How many entries the journal has.
fn written(stage: &Stage) -> u64 {
    View::open(stage.disk.clone(), &stage.round()).unwrap().sequence()
}

#[tokio::test(start_paused = true)]
async fn a_person_who_stopped_marketing_goes_onto_the_opt_out_list_once() {
    let mut stage = Stage::new(8, 20, Faults { fail_news: 1.0, fail_code: 131_050, ..Faults::default() });
    stage.options.track = Duration::from_secs(30);
    let (queue, _) = run_hooked(&mut stage, Way { times: 3, ..PLAIN }).await;
    assert_eq!(queue.counts()[Status::Failed], 20);
    assert_eq!(stage.optouts.0.borrow().len(), 20);
}

#[tokio::test(start_paused = true)]
async fn buttons_are_counted_once_by_answer_or_by_phone() {
    let mut stage = Stage::new(9, 10, Faults::default());
    stage.buttons = true;
    stage.options.track = Duration::ZERO;
    let (queue, _) = stage.run().await;
    queue.close().await.unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let accepted = stage.world.0.borrow().accepted.clone();
    let (ids, to): (Vec<_>, Vec<_>) = accepted.into_iter().map(|one| (one.id, one.to)).unzip();
    let by_context = |n: usize, button: &str| {
        json!({"entry": [{"changes": [{"value": {"messages": [{"from": to[n], "id": format!("in.{n}"),
            "context": {"id": ids[n]}, "type": "interactive",
            "interactive": {"type": "button_reply", "button_reply": {"id": button, "title": format!("{button}!")}}}]}}]}]})
    };
    let by_phone = |to: &str, n: usize, button: &str| json!({"chat_id": to, "postbackid": button, "user_message": format!("{button}!"), "wa_message_id": format!("in.{n}")});
    let mut pump = Pump::open(&stage);
    let stranger = phone(99).digits();
    pump.post(&[
        by_context(0, "yes"),
        by_context(0, "yes"),
        by_context(1, "no"),
        by_phone(&to[2], 2, "yes"),
        by_phone(&to[2], 2, "yes"),
        by_phone(&to[3], 3, "unheard-of"),
        by_phone(&stranger, 4, "yes"),
        json!({"chat_id": to[4], "user_message": "hello", "wa_message_id": "in.5"}),
    ]);
    drop(pump);
    for _ in 0..2 {
        let (queue, _) = stage.run().await;
        queue.close().await.unwrap();
    }
    let pressed = replies::read(&*stage.disk, &stage.round()).unwrap();
    let count = |id: &str, count| ReplyCount { id: id.into(), title: format!("{id}!"), count };
    let counts = replies::counts(&pressed);
    assert_eq!(counts.buttons, [count("yes", 2), count("no", 1)]);
    // Who wrote, and who pressed a button that no message carries, has replied as well.
    assert_eq!((counts.replied, counts.stopped), (5, 0));
    let last = stage.seen.snapshots.borrow().last().unwrap().clone();
    assert_eq!((last.replies, last.replied), (counts.buttons, 5));
}

/// Meta's form of a text by this person, with more about it and about what it came in by.
fn text_by(phone: &str, id: &str, words: &str, more: &Value) -> Value {
    let mut message = json!({"from": phone, "id": id, "type": "text", "text": {"body": words}});
    message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let number = message.as_object_mut().unwrap().remove("number").unwrap_or("number".into());
    json!({"entry": [{"changes": [{"value": {"metadata": {"phone_number_id": number}, "messages": [message]}}]}]})
}

#[tokio::test(start_paused = true)]
async fn what_a_reply_answers_is_the_last_message_of_a_week_or_nothing() {
    let mut stage = Stage::new(11, 6, Faults::default());
    stage.options.track = Duration::ZERO;
    let (queue, _) = stage.run().await;
    queue.close().await.unwrap();
    let sent = stage.clock.now();
    let to: Vec<_> = stage.world.0.borrow().accepted.iter().map(|one| one.to.clone()).collect();
    tokio::time::sleep(Duration::from_secs(60)).await;
    let mut pump = Pump::open(&stage);
    let seconds = |at: Millis| json!({"timestamp": (at.0 / 1000).to_string()});
    pump.post(&[
        text_by(&to[0], "in.0", "now", &json!({})),
        text_by(&to[1], "in.1", "told late, written before", &seconds(Millis(sent.0 - 60_000))),
        text_by(&to[2], "in.2", "to another number of ours", &json!({"number": "another"})),
        text_by(&to[3], "in.3", "to a message of others", &json!({"context": {"id": "wamid.OTHERS"}})),
    ]);
    tokio::time::sleep(Duration::from_secs(6 * 24 * 3600)).await;
    pump.post(&[text_by(&to[4], "in.4", "within a week", &json!({}))]);
    tokio::time::sleep(Duration::from_secs(2 * 24 * 3600)).await;
    pump.post(&[text_by(&to[5], "in.5", "too late", &json!({}))]);
    drop(pump);
    let (queue, _) = stage.run().await;
    queue.close().await.unwrap();
    let answers = replies::read(&*stage.disk, &stage.round()).unwrap();
    let words: Vec<_> = answers.iter().filter_map(|answer| answer.words.as_deref()).collect();
    assert_eq!(words, ["now", "within a week"]);
}

/// What is told between two runs of a message in doubt waits until that is found.
#[tokio::test(start_paused = true)]
async fn a_reply_to_a_message_in_doubt_is_counted_once_it_is_found() {
    let mut stage = Stage::new(12, 60, Faults { lost_after: 0.2, ..Faults::default() });
    assert!(stage.run_for(Duration::from_secs(2)).await.is_none());
    let accepted = stage.world.0.borrow().accepted.clone();
    assert_eq!(accepted.len(), 60);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut pump = Pump::open(&stage);
    let named = |(nth, one): (usize, &Accepted)| {
        text_by(&one.to, &format!("in.{nth}"), "Hello", &json!({"context": {"id": one.id}}))
    };
    pump.post(&accepted.iter().enumerate().map(named).collect::<Vec<_>>());
    drop(pump);
    for _ in 0..2 {
        let mut queue = stage.queue().await;
        let account = stage.home().account("http://world");
        let folded = offline::record_webhooks(
            &mut queue,
            stage.disk.clone(),
            &account,
            &stage.round(),
            &mut stage.optouts.clone(),
        )
        .await
        .unwrap();
        let early = folded.replies.replied;
        assert!((30..60).contains(&early), "{early}");
        queue.close().await.unwrap();
    }
    let (queue, _) = stage.run().await;
    assert_eq!(queue.counts()[Status::InDoubt], 0, "{:?}", queue.counts());
    queue.close().await.unwrap();
    let answers = replies::read(&*stage.disk, &stage.round()).unwrap();
    assert_eq!((replies::counts(&answers).replied, answers.len()), (60, 60));
}

/// A reply whose message isn't known yet is counted once it is.
#[tokio::test(start_paused = true)]
async fn a_reply_that_comes_early_waits_for_its_message() {
    let mut stage = Stage::new(10, 60, Faults { lost_after: 0.2, ..Faults::default() });
    stage.options.track = Duration::from_secs(60);
    let queue = stage.queue().await;
    let (_ask, interrupted) = watch::channel(None);
    let setup = stage.setup(interrupted);
    let (mut pump, world) = (Pump::open(&stage), stage.world.clone());
    let work = async move {
        let running = tokio::task::spawn_local(run(queue, setup));
        tokio::time::sleep(Duration::from_secs(2)).await;
        let pressed = |(nth, id): (usize, String)| {
            let button = Some(Button { id: "yes".into(), title: String::new() });
            let (id, answers) = (Some(MessageId::new(format!("in.{nth}"))), Some(MessageId::new(id)));
            Hook::Reply(HookReply { id, answers, button, words: Some("Yes".into()), ..HookReply::default() })
        };
        let ids: Vec<_> = world.0.borrow().accepted.iter().map(|one| one.id.clone()).collect();
        assert_eq!(ids.len(), 60);
        let now = pump.clock.now();
        let hooks = ids.into_iter().enumerate().map(pressed);
        let records: Vec<_> = hooks.map(|hook| Record { received: now, hook }).collect();
        pump.writer.append(&records, now).unwrap();
        running.await.unwrap().unwrap()
    };
    let (queue, _) = LocalSet::new().run_until(work).await;
    assert_eq!(queue.counts()[Status::InDoubt], 0, "found in the conversation: {:?}", queue.counts());
    let pressed = replies::read(&*stage.disk, &stage.round()).unwrap();
    let yes = ReplyCount { id: "yes".into(), title: String::new(), count: 60 };
    assert_eq!(replies::counts(&pressed).buttons, [yes]);
}

/// Whatever kills and webhooks do: nobody twice, nobody lost, and what is said of each message is true.
#[tokio::test(start_paused = true)]
async fn kills_and_webhooks_together_end_with_the_truth() {
    for seed in 0..6 {
        let faults =
            Faults { unread: 0.4, fail_news: 0.1, lost_after: 0.03, history: true, ..Faults::default() };
        let mut stage = Stage::new(20 + seed, 150, faults);
        stage.options.track = Duration::from_secs(120);
        let (pump, world) = (Pump::open(&stage), stage.world.clone());
        let way = Way { lost: 5, times: 2, late: 3_000, ..PLAIN };
        let work = async {
            tokio::task::spawn_local(pump.tell(world, way));
            stage.run_with_kills(8, seed).await
        };
        let (mut queue, ending) = LocalSet::new().run_until(work).await;
        assert_eq!(ending, Ending::Settled, "seed {seed}");
        let doubts = check_promise(&stage, &mut queue);
        let (told, truth) = (statuses(&told(&mut queue)), truth(&stage.world));
        for (id, status) in &told {
            assert_eq!(truth.get(id), Some(status), "seed {seed}: {id}");
        }
        assert!(told.len() + doubts.len() >= 150, "seed {seed}: {} and {}", told.len(), doubts.len());
    }
}
