//! Who wants no more messages, by what they wrote.
//!
//! Invariants:
//!
//! - A message counts as a whole: "STOP", "stop please!", "Stop. Stop." count, "stop the noise, I'd like to order" is
//!   somebody who would like to order. Case, accents, punctuation, width, repetition, invisible characters and slips of
//!   the finger make no difference.
//! - It counts where it is one of the `words`, bare of politeness; or a text that `grammar` understands; or where
//!   each of its sentences is one of these or says nothing ("not interested").
//! - In doubt it counts where it can be taken back by the one who runs the list, and doesn't where somebody may be
//!   ordering. Two lists of phrases in the tests hold that, in thirty languages: `tests/data/`.

mod grammar;
mod languages;
mod normal;
mod words;

use std::collections::HashSet;

use grammar::Grammar;
use normal::{near, plain, sentences, squeezed, without_leet};
use words::{COMPANIONS, POLITE, SLIPS, words};

/// No way of saying it is longer.
const MAX_KEYWORD_CHARS: usize = 120;
/// Words of a file at most.
const MAX_FILE_LINES: usize = 10_000;

/// Words and phrases that put a person onto the opt-out list when they are all that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopWords {
    phrases: HashSet<String>,
    polite: Vec<String>,
    companions: HashSet<String>,
    grammar: Grammar,
    /// What was taken out: no other rule may bring it back.
    out: HashSet<String>,
}

/// Why a file of words can't be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StopFileError {
    /// A line says nothing.
    #[error("line {line} holds no letter or digit: `{text}`")]
    Nothing {
        /// Which, from 1.
        line: usize,
        /// What stands there.
        text: String,
    },
    /// A line is no keyword.
    #[error(
        "line {line} is longer than {MAX_KEYWORD_CHARS} characters: a keyword is a whole message, and short"
    )]
    Long {
        /// Which, from 1.
        line: usize,
    },
    /// A line takes out what isn't there.
    #[error("line {line} takes out `{text}`, which isn't one of the words")]
    Unknown {
        /// Which, from 1.
        line: usize,
        /// What it names.
        text: String,
    },
    /// Too much.
    #[error("more than {MAX_FILE_LINES} lines")]
    Many,
}

impl Default for StopWords {
    fn default() -> StopWords {
        StopWords {
            phrases: words().map(plain).collect(),
            polite: POLITE.split('|').map(plain).collect(),
            companions: COMPANIONS.split('|').map(plain).collect(),
            grammar: Grammar::new(),
            out: HashSet::new(),
        }
    }
}

impl StopWords {
    /// Adds the words of a file: one word or phrase a line; `-word` takes one of the built-in ones out; empty lines
    /// and those that begin with `#` say nothing.
    ///
    /// # Errors
    /// [`StopFileError`], with the line.
    pub fn extend(&mut self, file: &str) -> Result<(), StopFileError> {
        for (at, raw) in file.trim_start_matches('\u{feff}').lines().enumerate() {
            let line = at + 1;
            if line > MAX_FILE_LINES {
                return Err(StopFileError::Many);
            }
            let raw = raw.trim();
            if raw.is_empty() || raw.starts_with('#') {
                continue;
            }
            let (out, word) = raw.strip_prefix('-').map_or((false, raw), |word| (true, word));
            if word.chars().count() > MAX_KEYWORD_CHARS {
                return Err(StopFileError::Long { line });
            }
            let phrase = plain(word);
            if phrase.is_empty() {
                return Err(StopFileError::Nothing { line, text: raw.to_owned() });
            }
            if !out {
                self.out.remove(&phrase);
                self.phrases.insert(phrase);
            } else if self.phrases.remove(&phrase) || self.grammar.says(&phrase) {
                self.out.insert(phrase);
            } else {
                return Err(StopFileError::Unknown { line, text: word.trim().to_owned() });
            }
        }
        Ok(())
    }

    /// Whether that is all that this message says.
    #[must_use]
    pub fn say(&self, written: &str) -> bool {
        if written.chars().take(4 * MAX_KEYWORD_CHARS + 1).count() > 4 * MAX_KEYWORD_CHARS {
            return false;
        }
        let whole = plain(written);
        if whole.is_empty() {
            return is_sign(written);
        }
        if self.says(&whole) {
            return true;
        }
        // "Not interested. Stop writing, please."
        let parts = sentences(written).map(plain).filter(|part| !part.is_empty());
        let says_more = parts.filter(|part| !self.companions.contains(part)).collect::<Vec<_>>();
        says_more.len() < whole.len() && !says_more.is_empty() && says_more.iter().all(|part| self.says(part))
    }

    /// The same of a plain text.
    fn says(&self, plain: &str) -> bool {
        let bare = self.bare(plain);
        if self.out.contains(plain) || self.out.contains(bare) {
            return false;
        }
        self.phrases.contains(plain)
            || self.phrases.contains(bare)
            || self.repeats(bare)
            || self.slips(bare)
            || self.grammar.says(plain)
    }

    /// "stop stop stop"
    fn repeats(&self, plain: &str) -> bool {
        let mut words = plain.split(' ');
        words.next().is_some_and(|first| words.all(|word| word == first) && self.phrases.contains(first))
    }

    /// A word that slipped: `sttop`, `sotp`, `st0p`, `unsubcribe`.
    fn slips(&self, word: &str) -> bool {
        if word.contains(' ') {
            return false;
        }
        let spelt = without_leet(word);
        let word = spelt.as_deref().unwrap_or(word);
        SLIPS.iter().filter(|slip| self.phrases.contains(**slip)).any(|slip| {
            let swapped = word.len() == slip.len() && word != *slip && {
                let (mut a, mut b) = (word.as_bytes().to_vec(), slip.as_bytes().to_vec());
                a.sort_unstable();
                b.sort_unstable();
                a == b && near(word, slip, 1)
            };
            let long = slip.len() >= 9 && word.chars().next() == slip.chars().next() && near(word, slip, 2);
            word == *slip || squeezed(word) == *slip || swapped || long
        })
    }

    /// Without what is said out of politeness around it.
    fn bare<'t>(&self, mut text: &'t str) -> &'t str {
        loop {
            let cut = self.polite.iter().find_map(|word| {
                let before = text.strip_prefix(word.as_str()).and_then(|rest| rest.strip_prefix(' '));
                before.or_else(|| text.strip_suffix(word.as_str()).and_then(|rest| rest.strip_suffix(' ')))
            });
            match cut {
                Some(rest) => text = rest,
                None => return text,
            }
        }
    }
}

/// Nothing but the sign that says stop.
fn is_sign(written: &str) -> bool {
    let mut signs = written.chars().filter(|c| !c.is_whitespace() && *c != '\u{fe0f}').peekable();
    signs.peek().is_some()
        && signs.all(|c| matches!(c, '🛑' | '⛔' | '🚫' | '.' | '!'))
        && written.contains(['🛑', '⛔', '🚫'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_wants_to_be_left_alone_is_understood() {
        let words = StopWords::default();
        for text in [
            "STOP",
            " stop ",
            "Stop.",
            "stop!!!",
            "“STOP”",
            "ＳＴＯＰ",
            "stop please",
            "Please stop",
            "pls stop thanks",
            "stop stop stop",
            "Stop. Stop.",
            "Unsubscribe",
            "UNSUBSCRIBE ME",
            "Opt-out",
            "opt out",
            "OptOut",
            "cancel",
            "END",
            "quit",
            "Don't message me",
            "Don’t text me!",
            "🛑 STOP 🛑",
            "s\u{200b}top",
            "*STOP*",
            "Darme de baja",
            "por favor, dar de baja",
            "CANCELAR",
            "Não quero mais mensagens",
            "sair",
            "Stopp",
            "Bitte keine Werbung mehr",
            "ABMELDEN",
            "Désabonner",
            "arrêtez",
            "stop pub svp",
            "إلغاء الاشتراك",
            "توقّف",
            "berhenti berlangganan",
            "Tolong hentikan",
            "बंद करो",
            "band karo",
            "STOP karo",
            "стоп",
            "Отпишите меня!",
            "退订",
            "配信停止",
            "중지",
        ] {
            assert!(words.say(text), "{text}");
        }
    }

    #[test]
    fn whoever_talks_of_stopping_something_else_is_not() {
        let words = StopWords::default();
        for text in [
            "",
            " ",
            "!!!",
            "✋",
            "👍",
            "stop the noise, I'd like to order",
            "Where is the bus stop?",
            "don't stop",
            "please don't cancel my order",
            "I want to cancel my order",
            "end of the week is fine",
            "please",
            "thanks",
            "nonstop",
            "stopped by your shop",
            "start",
            "yes",
            "STOP by tomorrow",
            "When does it end?",
            "quit smoking tips?",
        ] {
            assert!(!words.say(text), "{text}");
        }
        assert!(!words.say(&"stop ".repeat(1000)));
    }

    #[test]
    fn a_file_adds_words_and_takes_some_out() {
        let mut words = StopWords::default();
        words.extend("\u{feff}# ours\n\nGenug jetzt!\r\n-END\n  -cancel \n").unwrap();
        assert!(words.say("genug  jetzt") && words.say("stop"));
        assert!(!words.say("end") && !words.say("Cancel"));
        for (file, error) in [
            ("stop\n?!", StopFileError::Nothing { line: 2, text: "?!".into() }),
            ("-nowhere", StopFileError::Unknown { line: 1, text: "nowhere".into() }),
        ] {
            assert_eq!(words.extend(file), Err(error));
        }
        assert_eq!(words.extend(&"x".repeat(121)), Err(StopFileError::Long { line: 1 }));
    }

    #[test]
    fn every_word_of_ours_is_understood_as_it_stands() {
        let words = StopWords::default();
        for word in super::words() {
            assert!(words.say(word), "{word}");
        }
    }
}
