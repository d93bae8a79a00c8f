//! Who is let in: one-time codes, and the sessions that they open.
//!
//! A code is printed in the *fragment* of a link, which no browser sends anywhere; a script hands it in by a POST. It opens
//! one session, within ten minutes. A session is a cookie with 256 random bits, of which only the digest is kept here. All of
//! it lives in memory and ends with the server.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::app::Notice;
use crate::domain::time::Millis;
use crate::sys::platform;
use crate::ui::sanitize;

/// How long a code opens.
const CODE_LASTS: Duration = Duration::from_mins(10);
/// A session nobody uses for so long is over,
const IDLE: Duration = Duration::from_hours(12);
/// and each one after so long.
const AGE: Duration = Duration::from_hours(7 * 24);
/// More of them push out the one that was used least recently.
const MAX_SESSIONS: usize = 32;
/// So many wrong codes may be tried at once, and one more each time this has passed: 128 bits can't be guessed anyway, and
/// whoever tries costs nothing.
const MAX_GUESSES: u32 = 10;
const GUESS_EVERY: Duration = Duration::from_secs(6);
/// A longer text is no code.
const MAX_CODE_CHARS: usize = 64;
/// A longer name is cut.
const MAX_NAME_CHARS: usize = 40;

type Digest = [u8; 32];

/// What a session's cookie is found by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionKey(Digest);

impl SessionKey {
    /// Of the cookie's value.
    #[must_use]
    pub fn of(cookie: &str) -> SessionKey {
        SessionKey(digest(cookie))
    }
}

/// A session that was opened.
#[derive(Debug)]
struct Session {
    opened: Millis,
    used: Millis,
    form_token: String,
    notices: Vec<Notice>,
    who: Who,
}

/// Whose a session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Who {
    /// Whoever opened a link that this computer has printed.
    ThisComputer,
    /// Whoever gave the password, and the name that they gave, where they did.
    Somebody(Option<String>),
}

impl Who {
    /// Somebody by the name that they gave: at most so long, and without what isn't shown.
    #[must_use]
    pub fn named(name: &str) -> Who {
        let name: String = sanitize::line(name).chars().take(MAX_NAME_CHARS).collect();
        let name = name.trim();
        Who::Somebody((!name.is_empty()).then(|| name.to_owned()))
    }

    /// In words.
    #[must_use]
    pub fn words(&self) -> &str {
        match self {
            Who::ThisComputer => "this computer",
            Who::Somebody(None) => "somebody with the password",
            Who::Somebody(Some(name)) => name,
        }
    }
}

/// A session as a request brings it.
#[derive(Clone, Debug)]
pub struct Entered {
    /// Whose it is.
    pub key: SessionKey,
    /// What each of its forms carries.
    pub form_token: String,
    /// Whose it is.
    pub who: Who,
}

/// Why a code opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeError {
    /// It was used, or is too old, or was never one.
    Void,
    /// Too many were tried: again after this.
    TooMany(Duration),
}

/// All codes and sessions.
#[derive(Debug, Default)]
pub struct Sessions {
    codes: Vec<(Digest, Millis)>,
    sessions: HashMap<SessionKey, Session>,
    /// How many wrong codes were tried lately, as of when.
    guesses: (u32, Millis),
}

impl Sessions {
    /// A new code, to be used once.
    ///
    /// # Errors
    /// When the system has no random bits to give.
    pub fn new_code(&mut self, now: Millis) -> io::Result<String> {
        let code = platform::random_hex::<16>()?;
        self.codes.retain(|(_, until)| now < *until);
        self.codes.push((digest(&code), now + CODE_LASTS));
        Ok(code)
    }

    /// Takes a code; yields the cookie's value of the session that it opens.
    ///
    /// # Errors
    /// Why it opens none; and the system's, as `None`.
    pub fn enter(&mut self, code: &str, now: Millis) -> Result<String, Option<CodeError>> {
        self.forgive(now);
        if self.guesses.0 >= MAX_GUESSES {
            return Err(Some(CodeError::TooMany(GUESS_EVERY)));
        }
        // Digests are compared: how long that takes says nothing of the code.
        let found = (code.len() <= MAX_CODE_CHARS)
            .then(|| digest(code))
            .and_then(|tried| self.codes.iter().position(|(of, until)| *of == tried && now < *until));
        let Some(found) = found else {
            self.guesses.0 += 1;
            return Err(Some(CodeError::Void));
        };
        self.codes.swap_remove(found);
        self.open(Who::ThisComputer, now).map_err(|_| None)
    }

    /// Whether a code can still be used.
    #[must_use]
    pub fn awaits(&self, code: &str, now: Millis) -> bool {
        let code = digest(code);
        self.codes.iter().any(|(of, until)| *of == code && now < *until)
    }

    /// Opens a session, for whoever has shown that they may; yields its cookie's value.
    ///
    /// # Errors
    /// When the system has no random bits to give.
    pub fn open(&mut self, who: Who, now: Millis) -> io::Result<String> {
        let cookie = platform::random_hex::<32>()?;
        let session = Session {
            opened: now,
            used: now,
            form_token: platform::random_hex::<16>()?,
            notices: Vec::new(),
            who,
        };
        self.sessions.retain(|_, session| session.lasts(now));
        if self.sessions.len() >= MAX_SESSIONS
            && let Some(oldest) =
                self.sessions.iter().min_by_key(|(_, session)| session.used).map(|(key, _)| *key)
        {
            self.sessions.remove(&oldest);
        }
        self.sessions.insert(SessionKey::of(&cookie), session);
        Ok(cookie)
    }

    /// The session of a cookie's value, which is used by this.
    pub fn find(&mut self, cookie: &str, now: Millis) -> Option<Entered> {
        let key = SessionKey::of(cookie);
        let session = self.sessions.get_mut(&key).filter(|session| session.lasts(now))?;
        session.used = now;
        Some(Entered { key, form_token: session.form_token.clone(), who: session.who.clone() })
    }

    /// Ends one.
    pub fn close(&mut self, key: SessionKey) {
        self.sessions.remove(&key);
    }

    /// Ends all of them, and voids all codes.
    pub fn close_all(&mut self) {
        self.sessions.clear();
        self.codes.clear();
    }

    /// Keeps something to be said on the session's next page.
    pub fn tell(&mut self, key: SessionKey, notices: impl IntoIterator<Item = Notice>) {
        if let Some(session) = self.sessions.get_mut(&key) {
            session.notices.extend(notices);
        }
    }

    /// What is to be said, once.
    pub fn take_notices(&mut self, key: SessionKey) -> Vec<Notice> {
        self.sessions.get_mut(&key).map(|session| std::mem::take(&mut session.notices)).unwrap_or_default()
    }

    fn forgive(&mut self, now: Millis) {
        let (tried, since) = self.guesses;
        let passed = now.since(since).as_millis() / GUESS_EVERY.as_millis();
        let passed = u32::try_from(passed).unwrap_or(u32::MAX);
        if passed > 0 {
            self.guesses = (tried.saturating_sub(passed), now);
        }
    }
}

impl Session {
    fn lasts(&self, now: Millis) -> bool {
        now.since(self.used) < IDLE && now.since(self.opened) < AGE
    }
}

fn digest(secret: &str) -> Digest {
    Sha256::digest(secret).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Millis = Millis(1_800_000_000_000);

    #[test]
    fn a_code_opens_one_session_within_ten_minutes() {
        let mut sessions = Sessions::default();
        let code = sessions.new_code(START).unwrap();
        assert_eq!(code.len(), 32, "128 bits");
        let wrong = format!("{}{}", &code[..31], if code.ends_with('0') { '1' } else { '0' });
        for no_code in [&*wrong, "", &"0".repeat(1 << 20)] {
            assert_eq!(sessions.enter(no_code, START).unwrap_err(), Some(CodeError::Void));
        }
        let cookie = sessions.enter(&code, START).unwrap();
        assert_eq!(cookie.len(), 64, "256 bits");
        assert_eq!(sessions.enter(&code, START).unwrap_err(), Some(CodeError::Void), "used");
        assert!(sessions.find(&cookie, START).is_some() && sessions.find(&code, START).is_none());
        let late = sessions.new_code(START).unwrap();
        assert_eq!(sessions.enter(&late, START + CODE_LASTS).unwrap_err(), Some(CodeError::Void), "old");
        assert!(!format!("{sessions:?}").contains(&cookie), "only its digest is kept");
    }

    #[test]
    fn guessing_is_bounded_and_forgiven() {
        let mut sessions = Sessions::default();
        let code = sessions.new_code(START).unwrap();
        let looked_at =
            (0..1_000).filter(|_| sessions.enter("wrong", START) == Err(Some(CodeError::Void))).count();
        assert_eq!(looked_at, MAX_GUESSES as usize);
        assert_eq!(sessions.enter(&code, START), Err(Some(CodeError::TooMany(GUESS_EVERY))));
        assert!(sessions.enter(&code, START + GUESS_EVERY).is_ok());
    }

    #[test]
    fn a_session_ends_when_nobody_uses_it_and_at_last_in_any_case() {
        let mut sessions = Sessions::default();
        let enter = |sessions: &mut Sessions, at| {
            let code = sessions.new_code(at).unwrap();
            sessions.enter(&code, at).unwrap()
        };
        let idle = enter(&mut sessions, START);
        assert!(sessions.find(&idle, START + IDLE).is_none());
        let mut used = START;
        let kept = enter(&mut sessions, START);
        while used.since(START) + IDLE / 2 < AGE {
            used = used + IDLE / 2;
            assert!(sessions.find(&kept, used).is_some(), "{used}");
        }
        assert!(sessions.find(&kept, START + AGE).is_none());
    }

    #[test]
    fn leaving_one_session_leaves_the_others_and_too_many_push_out_the_oldest() {
        let mut sessions = Sessions::default();
        let cookies: Vec<_> = (0..=MAX_SESSIONS as u64)
            .map(|n| {
                let at = START + Duration::from_secs(n);
                let code = sessions.new_code(at).unwrap();
                sessions.enter(&code, at).unwrap()
            })
            .collect();
        assert!(sessions.find(&cookies[0], START).is_none(), "pushed out");
        sessions.close(SessionKey::of(&cookies[1]));
        assert!(sessions.find(&cookies[1], START).is_none() && sessions.find(&cookies[2], START).is_some());
    }

    #[test]
    fn a_name_is_what_can_be_shown() {
        assert_eq!(
            Who::named(" Asha\u{202e}\r\nRao "),
            Who::named(Who::named(" Asha\u{202e}\r\nRao ").words())
        );
        assert_eq!(Who::named(&"x".repeat(100)).words().len(), 40);
        assert_eq!(Who::named("  "), Who::Somebody(None));
        assert!(!Who::named("a\u{202e}\nb").words().contains(['\u{202e}', '\n']));
    }

    #[test]
    fn all_of_them_end_at_once() {
        let mut sessions = Sessions::default();
        let cookie = sessions.open(Who::named("Asha"), START).unwrap();
        let code = sessions.new_code(START).unwrap();
        assert_eq!(sessions.find(&cookie, START).unwrap().who.words(), "Asha");
        assert!(sessions.awaits(&code, START));
        sessions.close_all();
        assert!(sessions.find(&cookie, START).is_none() && !sessions.awaits(&code, START));
    }
}
