//! Who wants no more messages, by what they wrote.
//!
//! A message counts as a whole: "STOP", "stop please!", "Stop. Stop." count, "stop the noise, I'd like to order" is
//! somebody who would like to order. Case, accents, punctuation, width and repetition make no difference.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization as _;

use super::words::{POLITE, WORDS};

/// No way of saying it is longer.
const LONGEST: usize = 120;
/// Words of a file at most.
const MOST: usize = 10_000;

/// Words and phrases that put a person onto the opt-out list when they are all that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StopWords {
    phrases: HashSet<String>,
    polite: Vec<String>,
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
    #[error("line {line} is longer than {LONGEST} characters: a keyword is a whole message, and short")]
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
    #[error("more than {MOST} lines")]
    Many,
}

impl Default for StopWords {
    fn default() -> StopWords {
        StopWords {
            phrases: WORDS.iter().copied().flatten().map(|word| plain(word)).collect(),
            polite: POLITE.iter().map(|word| plain(word)).collect(),
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
            if line > MOST {
                return Err(StopFileError::Many);
            }
            let raw = raw.trim();
            if raw.is_empty() || raw.starts_with('#') {
                continue;
            }
            let (out, word) = raw.strip_prefix('-').map_or((false, raw), |word| (true, word));
            if word.chars().count() > LONGEST {
                return Err(StopFileError::Long { line });
            }
            let phrase = plain(word);
            if phrase.is_empty() {
                return Err(StopFileError::Nothing { line, text: raw.to_owned() });
            }
            if !out {
                self.phrases.insert(phrase);
            } else if !self.phrases.remove(&phrase) {
                return Err(StopFileError::Unknown { line, text: word.trim().to_owned() });
            }
        }
        Ok(())
    }

    /// Whether that is all that this message says.
    #[must_use]
    pub fn say(&self, written: &str) -> bool {
        if written.chars().take(4 * LONGEST + 1).count() > 4 * LONGEST {
            return false;
        }
        let written = plain(written);
        let words: Vec<&str> = written.split(' ').collect();
        let whole = |text: &str| self.phrases.contains(text);
        if written.is_empty() {
            return false;
        }
        // "stop stop stop"
        whole(&written) || whole(self.bare(&written)) || {
            let first = words[0];
            words.iter().all(|word| *word == first) && whole(first)
        }
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

/// Lower case, without accents, Arabic vowel signs and marks that nobody sees; whatever is neither letter nor digit
/// is a gap, and gaps are one space. Apostrophes vanish: `don't` is `dont`.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.nfkd().flat_map(char::to_lowercase).nfkd() {
        match c {
            '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{65f}' | '\u{640}' | '\u{670}' => {}
            '\'' | '\u{2019}' | '\u{2bc}' | '\u{60}' | '\u{b4}' => {}
            '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{ad}' | '\u{fe0f}' => {}
            c if c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c) => {
                if gap && !out.is_empty() {
                    out.push(' ');
                }
                gap = false;
                out.push(c);
            }
            _ => gap = true,
        }
    }
    out
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
            "🛑",
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
        for word in WORDS.iter().copied().flatten() {
            assert!(words.say(word), "{word}");
        }
    }
}
