//! A round's answers, where several rounds may have taken the same reply.

use std::collections::HashMap;

use super::last_touch::Newest;
use super::replies::Answer;
use crate::domain::time::Millis;
use crate::queue::Listed;

/// Without those to which another round's message has as good a right, or a better one, or of which nobody knows whose they are.
/// `others` is asked only where there may be such.
///
/// # Errors
/// What `others` said.
pub fn attributed<E>(
    mut answers: Vec<Answer>,
    others: impl FnOnce() -> Result<Vec<Answer>, E>,
) -> Result<Vec<Answer>, E> {
    answers.retain(Answer::is_sure);
    if answers.iter().all(|one| one.touch.is_none()) {
        return Ok(answers);
    }
    let mut rivals: HashMap<String, (bool, u64)> = HashMap::new();
    for Answer { reply, touch, .. } in others()? {
        if let Some(touch) = touch {
            let best = rivals.entry(reply).or_default();
            *best = touch.rank().max(*best);
        }
    }
    answers.retain(|one| match one.touch {
        Some(touch) => rivals.get(&one.reply).is_none_or(|rival| *rival < touch.rank()),
        None => true,
    });
    Ok(answers)
}

/// The messages among which one may be what these answer instead: of when they were sent, from the first to the last.
#[must_use]
pub fn contested(answers: &[Answer]) -> Option<(Millis, Millis)> {
    let unnamed =
        answers.iter().filter_map(|one| Some((one.touch.filter(|touch| !touch.by_button)?.sent, one.at)));
    unnamed.reduce(|(from, until), (sent, at)| (from.min(sent), until.max(at)))
}

/// Whether a message of a ledger that notes no replies has as good a right to this answer, or a better one.
#[must_use]
pub fn is_rivalled(answer: &Answer, by: &Listed<'_>) -> bool {
    let (Some(touch), Some(phone)) = (answer.touch.filter(|touch| !touch.by_button), by.phone()) else {
        return false;
    };
    let mut newest = Newest::before(phone, answer.at);
    by.job.attempts.iter().for_each(|attempt| newest.consider(by.id, attempt));
    let rival = newest.found().filter(|(rival, _)| rival.person == touch.person);
    rival.is_some_and(|(rival, _)| rival.rank() >= touch.rank())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ids::{JobId, MessageId};
    use crate::engine::delivery::last_touch::LastTouch;
    use crate::webhooks::HookReply;

    #[test]
    fn of_several_rounds_the_last_message_has_the_reply() {
        let touch = |sent, by_button, is_sure| {
            let reply = HookReply {
                id: Some(MessageId::new("a")),
                words: Some("Yes".into()),
                ..HookReply::default()
            };
            Answer::to(
                JobId(1),
                &reply,
                Millis(9_000),
                Some(LastTouch { person: 1, sent: Millis(sent), by_button, is_sure }),
            )
        };
        let kept = |own: &Answer, other: Option<&Answer>| {
            let others = other.into_iter().cloned().collect();
            attributed(vec![own.clone()], || Ok::<_, ()>(others)).unwrap().len() == 1
        };
        let (old, new) = (touch(5_000, false, true), touch(7_000, false, true));
        assert!(kept(&new, Some(&old)) && !kept(&old, Some(&new)) && kept(&old, None));
        // The same second: neither.
        let same = touch(7_900, false, true);
        assert!(!kept(&new, Some(&same)) && !kept(&same, Some(&new)));
        // In doubt itself, it has nothing and lets no older one have it.
        let unsure = touch(7_000, false, false);
        assert!(!kept(&unsure, None) && !kept(&old, Some(&unsure)));
        // A button is known by the message that carries it.
        let button = touch(1_000, true, true);
        assert!(kept(&button, Some(&new)) && !kept(&new, Some(&button)));
        let named = Answer { touch: None, ..old };
        assert_eq!(attributed(vec![named], || Err(())).map(|kept| kept.len()), Ok(1), "nobody else is asked");
    }
}
