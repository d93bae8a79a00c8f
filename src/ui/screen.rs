//! The part of the terminal that is redrawn: progress at the bottom, messages above it.
//!
//! indicatif panics where the terminal says no (a closed window, a lost connection). That must not end a
//! run, so it draws on a terminal that never says no.

use std::io;

use console::Term;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle, TermLike};

/// How often a second the screen is redrawn at most.
const HERTZ: u8 = 20;

/// Where progress is drawn, shared by everything that prints.
#[derive(Clone, Debug)]
pub(super) struct Screen(MultiProgress);

impl Screen {
    /// stderr; it stays empty where that is no terminal, or one that can't redraw.
    pub(super) fn stderr() -> Screen {
        if ProgressDrawTarget::stderr().is_hidden() {
            return Screen::hidden();
        }
        Screen::on(Term::buffered_stderr())
    }

    /// Nothing is ever drawn.
    pub(super) fn hidden() -> Screen {
        Screen(MultiProgress::with_draw_target(ProgressDrawTarget::hidden()))
    }

    fn on(term: impl TermLike + 'static) -> Screen {
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(Forgiving(term)), HERTZ);
        Screen(MultiProgress::with_draw_target(target))
    }

    /// Whether drawing reaches anybody.
    pub(super) fn is_visible(&self) -> bool {
        !self.0.is_hidden()
    }

    /// Some lines at the bottom, drawn whenever their text is set.
    pub(super) fn lines(&self) -> ProgressBar {
        let bar = self.0.add(ProgressBar::no_length());
        if let Ok(style) = ProgressStyle::with_template("{msg}") {
            bar.set_style(style);
        }
        bar
    }

    /// Takes such lines away.
    pub(super) fn remove(&self, lines: &ProgressBar) {
        lines.finish_and_clear();
        self.0.remove(lines);
    }

    /// Runs `print` with the progress out of the way.
    pub(super) fn suspend<R>(&self, print: impl FnOnce() -> R) -> R {
        self.0.suspend(print)
    }
}

/// A terminal whose errors nobody hears of: there is no other place to tell them.
#[derive(Debug)]
struct Forgiving<T>(T);

impl<T: TermLike> TermLike for Forgiving<T> {
    fn width(&self) -> u16 {
        self.0.width()
    }
    fn height(&self) -> u16 {
        self.0.height()
    }
    fn move_cursor_up(&self, n: usize) -> io::Result<()> {
        forgive(self.0.move_cursor_up(n))
    }
    fn move_cursor_down(&self, n: usize) -> io::Result<()> {
        forgive(self.0.move_cursor_down(n))
    }
    fn move_cursor_right(&self, n: usize) -> io::Result<()> {
        forgive(self.0.move_cursor_right(n))
    }
    fn move_cursor_left(&self, n: usize) -> io::Result<()> {
        forgive(self.0.move_cursor_left(n))
    }
    fn write_line(&self, text: &str) -> io::Result<()> {
        forgive(self.0.write_line(text))
    }
    fn write_str(&self, text: &str) -> io::Result<()> {
        forgive(self.0.write_str(text))
    }
    fn clear_line(&self) -> io::Result<()> {
        forgive(self.0.clear_line())
    }
    fn flush(&self) -> io::Result<()> {
        forgive(self.0.flush())
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the trait's signatures")]
fn forgive(_: io::Result<()>) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::{Arc, Mutex};

    use super::*;

    /// A terminal that notes what is written, or that has gone.
    #[derive(Clone, Debug, Default)]
    struct Fake {
        gone: bool,
        refused: Arc<AtomicU32>,
        written: Arc<Mutex<String>>,
    }

    impl Fake {
        fn answer(&self, text: &str) -> io::Result<()> {
            if self.gone {
                self.refused.fetch_add(1, Ordering::Relaxed);
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.written.lock().unwrap().push_str(text);
            Ok(())
        }
    }

    impl TermLike for Fake {
        fn width(&self) -> u16 {
            80
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            self.answer("")
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            self.answer("")
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            self.answer("")
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            self.answer("")
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.answer(text)
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.answer(text)
        }
        fn clear_line(&self) -> io::Result<()> {
            self.answer("")
        }
        fn flush(&self) -> io::Result<()> {
            self.answer("")
        }
    }

    fn use_it(screen: &Screen) -> u32 {
        let lines = screen.lines();
        let mut prints = 0;
        for n in 0..5 {
            lines.set_message(format!("first {n}\nsecond {n}"));
            screen.suspend(|| prints += 1);
        }
        screen.remove(&lines);
        prints
    }

    #[test]
    fn lines_are_drawn_and_messages_printed_between() {
        let term = Fake::default();
        let screen = Screen::on(term.clone());
        assert!(screen.is_visible());
        assert_eq!(use_it(&screen), 5);
        let written = term.written.lock().unwrap().clone();
        assert!(written.contains("first 4") && written.contains("second 4"), "{written}");
    }

    #[test]
    fn a_terminal_that_vanishes_ends_nothing() {
        let term = Fake { gone: true, ..Fake::default() };
        assert_eq!(use_it(&Screen::on(term.clone())), 5);
        assert!(term.refused.load(Ordering::Relaxed) > 0);
    }

    #[test]
    fn a_hidden_screen_still_prints() {
        assert!(!Screen::hidden().is_visible());
        assert_eq!(use_it(&Screen::hidden()), 5);
    }
}
