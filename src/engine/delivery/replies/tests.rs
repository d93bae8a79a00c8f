use super::*;
use crate::domain::ids::MessageId;
use crate::sys::disk::RealDisk;

fn pressed(id: Option<&str>, button: &str, title: &str) -> HookReply {
    let button = Button { id: button.into(), title: title.into() };
    let words = Some(if title.is_empty() { button.id.as_str().into() } else { title.into() });
    HookReply { id: id.map(MessageId::new), button: Some(button), words, ..HookReply::default() }
}

fn wrote(id: &str, words: &str) -> HookReply {
    HookReply { id: Some(MessageId::new(id)), words: Some(words.into()), ..HookReply::default() }
}

#[test]
fn a_reply_counts_once_and_survives() {
    let dir = tempfile::tempdir().unwrap();
    let open = || Replies::open(RealDisk::shared(), dir.path()).unwrap();
    let take = |replies: &mut Replies, job, reply: &HookReply, at| {
        replies.take(Answer::to(JobId(job), reply, Millis(at), None)).unwrap()
    };
    let mut replies = open();
    assert_eq!(replies.counts(), ReplyCounts::default());
    let yes = pressed(Some("a"), "yes", "Yes!");
    assert!(take(&mut replies, 1, &yes, 1));
    assert!(!take(&mut replies, 1, &yes, 2), "told twice");
    assert!(take(&mut replies, 2, &pressed(Some("b"), "no", ""), 3));
    assert!(take(&mut replies, 2, &pressed(None, "no", "No"), 4));
    assert!(!take(&mut replies, 2, &pressed(None, "no", "No"), 4));
    let stop = HookReply { stop: Some("stop it".into()), ..wrote("c", "Thanks, but stop it") };
    assert!(take(&mut replies, 3, &stop, 5));
    replies.sync().unwrap();
    let before = replies.counts();
    drop(replies);
    // A kill tore the last line.
    let path = dir.path().join("replies");
    let whole = std::fs::read(&path).unwrap();
    assert!(!String::from_utf8_lossy(&whole).contains("\"a\""));
    std::fs::write(&path, &whole[..whole.len() - 3]).unwrap();
    let mut replies = open();
    assert!(!take(&mut replies, 1, &yes, 9));
    assert!(take(&mut replies, 3, &stop, 5));
    assert_eq!(replies.counts(), before);
    drop(replies);
    assert_eq!(std::fs::read(&path).unwrap(), whole);
    let answers = read(&RealDisk, dir.path()).unwrap();
    let ReplyCounts { replied, stopped, buttons } = counts(&answers);
    assert_eq!((replied, stopped), (3, 1));
    let told: Vec<_> = buttons.into_iter().map(|c| (c.id, c.title, c.count)).collect();
    assert_eq!(told, [("no".into(), "No".into(), 2), ("yes".into(), "Yes!".to_owned(), 1)]);
    let without = |job| forget(&RealDisk, dir.path(), &HashSet::from([JobId(job)])).unwrap();
    assert_eq!((without(7), without(1), without(1)), (0, 1, 0));
    let left = read(&RealDisk, dir.path()).unwrap();
    assert!(left.len() == 3 && left.iter().all(|one| one.job != JobId(1)));
}

#[test]
fn the_first_answer_is_shown_in_whatever_order_they_came() {
    let answers = [
        Answer::to(JobId(1), &wrote("a", "later"), Millis(9), None),
        Answer::to(JobId(1), &pressed(Some("b"), "yes", "Yes"), Millis(5), None),
        Answer::to(JobId(1), &wrote("c", "first"), Millis(2), None),
        Answer::to(JobId(1), &wrote("d", "at the same time"), Millis(2), None),
    ];
    let shown = firsts(&answers, |answer| answer.words.clone());
    assert_eq!(shown[&JobId(1)], ("first".into(), Millis(2)));
    let buttons =
        firsts(&answers, |answer| answer.button.as_ref().map(|button| button.title.as_str().into()));
    assert_eq!(buttons[&JobId(1)], ("Yes".into(), Millis(5)));
}
