//! The part of the terminal that is redrawn: progress at the bottom, messages above it.
//!
//! It is drawn in place, for which indicatif clears: each line is written over the last one and what is left of that is
//! erased behind it, a frame is one write, and terminals that know synchronized updates show it at once. Frames differ only
//! where something has changed.
//!
//! Invariants:
//!
//! - The cursor stands at the beginning of the line below what is drawn, so that whatever else is written there damages nothing.
//! - When the terminal has become narrower, what was drawn has wrapped: a frame begins where its first line stands now.
//! - A terminal that says no (a closed window, a lost connection) ends nothing.

use std::fmt;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anstream::adapter::strip_str;
use console::Term;

use super::text::width;

/// Frames are no nearer than this.
const BETWEEN_FRAMES: Duration = Duration::from_millis(50);

/// The terminal shows what comes in between at once, where it knows how.
const BEGIN: &str = "\u{1b}[?2026h";
const END: &str = "\u{1b}[?2026l";
/// What is left of the line; all below it.
const ERASE_LINE_END: &str = "\u{1b}[K";
const ERASE_BELOW: &str = "\u{1b}[J";

/// What is drawn on.
trait Terminal: Send {
    /// Rows and columns.
    fn size(&self) -> (usize, usize);
    /// All of it at once.
    fn write(&mut self, frame: &str) -> io::Result<()>;
}

struct Stderr(Term);

impl Terminal for Stderr {
    fn size(&self) -> (usize, usize) {
        let (rows, columns) = self.0.size();
        (usize::from(rows), usize::from(columns))
    }
    fn write(&mut self, frame: &str) -> io::Result<()> {
        io::stderr().write_all(frame.as_bytes())
    }
}

/// Where progress is drawn, shared by everything that prints.
#[derive(Clone)]
pub(super) struct Screen(Option<Arc<Mutex<Canvas>>>);

impl fmt::Debug for Screen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Screen").field(&self.is_visible()).finish()
    }
}

/// What stands on the terminal.
struct Canvas {
    terminal: Box<dyn Terminal>,
    /// Texts of one or more lines, by whose they are.
    texts: Vec<(u64, String)>,
    next: u64,
    /// The lines as they were drawn last, and within how many columns.
    drawn: Vec<String>,
    columns: usize,
    last: Option<Instant>,
}

/// Some lines at the bottom; they go away with it.
#[derive(Debug)]
pub(super) struct Region {
    screen: Screen,
    id: u64,
}

impl Screen {
    /// stderr; it stays empty where that is no terminal, or one that can't redraw.
    pub(super) fn stderr() -> Screen {
        let term = Term::stderr();
        // Asking a console of Windows for colours makes it understand sequences.
        if term.is_term() && (!cfg!(windows) || term.features().colors_supported()) {
            Screen::on(Stderr(term))
        } else {
            Screen::hidden()
        }
    }

    /// Nothing is ever drawn.
    pub(super) fn hidden() -> Screen {
        Screen(None)
    }

    fn on(terminal: impl Terminal + 'static) -> Screen {
        let columns = terminal.size().1;
        let canvas = Canvas {
            terminal: Box::new(terminal),
            texts: Vec::new(),
            next: 0,
            drawn: Vec::new(),
            columns,
            last: None,
        };
        Screen(Some(Arc::new(Mutex::new(canvas))))
    }

    /// Whether drawing reaches anybody.
    pub(super) fn is_visible(&self) -> bool {
        self.0.is_some()
    }

    /// Room at the bottom, drawn whenever its text is set.
    pub(super) fn region(&self) -> Region {
        let id = self.canvas().map_or(0, |mut canvas| {
            canvas.next += 1;
            canvas.next
        });
        Region { screen: self.clone(), id }
    }

    /// Runs `print` with the progress out of the way.
    pub(super) fn suspend<R>(&self, print: impl FnOnce() -> R) -> R {
        let Some(mut canvas) = self.canvas() else { return print() };
        if canvas.drawn.is_empty() {
            return print();
        }
        let mut frame = BEGIN.to_owned();
        frame.push_str(&canvas.to_the_top());
        frame.push_str(ERASE_BELOW);
        canvas.send(&frame);
        canvas.drawn.clear();
        let printed = print();
        canvas.draw();
        canvas.send(END);
        printed
    }

    fn canvas(&self) -> Option<MutexGuard<'_, Canvas>> {
        self.0.as_ref().map(|canvas| canvas.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Region {
    /// Shows these lines. What comes too soon after the last frame is left to the next one.
    pub(super) fn set(&self, text: String) {
        let Some(mut canvas) = self.screen.canvas() else { return };
        match canvas.texts.iter_mut().find(|(id, _)| *id == self.id) {
            Some((_, shown)) => *shown = text,
            None => canvas.texts.push((self.id, text)),
        }
        if canvas.last.is_none_or(|last| last.elapsed() >= BETWEEN_FRAMES) {
            canvas.draw();
        }
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        let Some(mut canvas) = self.screen.canvas() else { return };
        canvas.texts.retain(|(id, _)| *id != self.id);
        canvas.draw();
    }
}

impl Canvas {
    /// Draws a frame, where it differs from the last.
    fn draw(&mut self) {
        let (rows, columns) = self.terminal.size();
        let lines = self.texts.iter().flat_map(|(_, text)| text.lines());
        // What has left the top of the terminal can't be drawn over.
        let lines: Vec<String> = lines.take(rows.saturating_sub(1)).map(str::to_owned).collect();
        if lines == self.drawn && columns == self.columns {
            return;
        }
        let mut frame = BEGIN.to_owned();
        frame.push_str(&self.to_the_top());
        // Rows that have wrapped are joined again when the terminal becomes wider, unless they were erased.
        if columns != self.columns {
            frame.push_str(ERASE_BELOW);
        }
        for line in &lines {
            frame.push_str(line);
            frame.push_str(ERASE_LINE_END);
            frame.push_str("\r\n");
        }
        frame.push_str(ERASE_BELOW);
        frame.push_str(END);
        self.send(&frame);
        (self.drawn, self.columns, self.last) = (lines, columns, Some(Instant::now()));
    }

    /// What leads to the beginning of the first line, from below the last.
    fn to_the_top(&self) -> String {
        let columns = self.terminal.size().1.max(1);
        let rows = |line: &String| width(&strip_str(line).to_string()).div_ceil(columns).max(1);
        match self.drawn.iter().map(rows).sum::<usize>() {
            0 => "\r".to_owned(),
            up => format!("\r\u{1b}[{up}A"),
        }
    }

    fn send(&mut self, frame: &str) {
        // There is no other place to tell it.
        let _ = self.terminal.write(frame);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// A terminal that notes each write, or that has gone.
    #[derive(Clone, Debug, Default)]
    struct Fake {
        gone: bool,
        columns: Arc<AtomicUsize>,
        writes: Arc<Mutex<Vec<String>>>,
    }

    impl Fake {
        fn of(columns: usize) -> Fake {
            Fake { columns: Arc::new(columns.into()), ..Fake::default() }
        }

        fn writes(&self) -> Vec<String> {
            std::mem::take(&mut *self.writes.lock().unwrap())
        }
    }

    impl Terminal for Fake {
        fn size(&self) -> (usize, usize) {
            (5, self.columns.load(Ordering::Relaxed))
        }
        fn write(&mut self, frame: &str) -> io::Result<()> {
            self.writes.lock().unwrap().push(frame.to_owned());
            if self.gone { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(()) }
        }
    }

    fn set(screen: &Screen, region: &Region, text: &str) {
        // As if the last frame were long ago.
        screen.canvas().unwrap().last = None;
        region.set(text.to_owned());
    }

    #[test]
    fn a_frame_is_one_write_that_draws_over_the_last_and_clears_nothing_first() {
        let term = Fake::of(80);
        let screen = Screen::on(term.clone());
        let region = screen.region();
        set(&screen, &region, "first\nsecond");
        assert_eq!(
            term.writes(),
            ["\u{1b}[?2026h\rfirst\u{1b}[K\r\nsecond\u{1b}[K\r\n\u{1b}[J\u{1b}[?2026l"]
        );
        set(&screen, &region, "first\nlast");
        let frames = term.writes();
        assert_eq!(
            frames,
            ["\u{1b}[?2026h\r\u{1b}[2Afirst\u{1b}[K\r\nlast\u{1b}[K\r\n\u{1b}[J\u{1b}[?2026l"]
        );
        // Nothing is erased but behind what was written, and no line as a whole.
        assert!(!frames[0].contains("\u{1b}[2K") && frames[0].find("\u{1b}[J") > frames[0].find("last"));
        set(&screen, &region, "first\nlast");
        assert!(term.writes().is_empty(), "nothing has changed");
        drop(region);
        assert_eq!(term.writes(), ["\u{1b}[?2026h\r\u{1b}[2A\u{1b}[J\u{1b}[?2026l"]);
    }

    #[test]
    fn what_comes_too_soon_waits_for_the_next_frame() {
        let term = Fake::of(80);
        let screen = Screen::on(term.clone());
        let region = screen.region();
        for n in 0..100 {
            region.set(n.to_string());
        }
        assert!(term.writes().len() < 50);
        set(&screen, &region, "the last");
        assert!(term.writes().last().unwrap().contains("the last"));
    }

    #[test]
    fn lines_that_wrapped_when_the_terminal_became_narrower_are_drawn_over() {
        let term = Fake::of(80);
        let screen = Screen::on(term.clone());
        let region = screen.region();
        set(&screen, &region, &format!("\u{1b}[32m{}\u{1b}[0m\n{}", "a".repeat(70), "b".repeat(30)));
        term.columns.store(40, Ordering::Relaxed);
        term.writes();
        set(&screen, &region, "a\nb");
        assert!(term.writes()[0].starts_with("\u{1b}[?2026h\r\u{1b}[3A\u{1b}[Ja"), "two rows and one");
        term.columns.store(80, Ordering::Relaxed);
        set(&screen, &region, "a\nb");
        assert!(
            term.writes()[0].starts_with("\u{1b}[?2026h\r\u{1b}[2A"),
            "as wide as it was, it is drawn again"
        );
    }

    #[test]
    fn messages_are_printed_above_and_more_lines_than_rows_are_left_out() {
        let term = Fake::of(80);
        let screen = Screen::on(term.clone());
        let (above, below) = (screen.region(), screen.region());
        set(&screen, &above, "one\ntwo");
        set(&screen, &below, "three\nfour\nfive\nsix");
        let frame = term.writes().pop().unwrap();
        assert!(frame.contains("two") && frame.contains("four") && !frame.contains("five"), "{frame:?}");
        screen.suspend(|| term.writes.lock().unwrap().push("a message\n".into()));
        let writes = term.writes();
        assert_eq!(writes[..2], ["\u{1b}[?2026h\r\u{1b}[4A\u{1b}[J", "a message\n"]);
        assert!(writes[2].contains("\rone") && writes[3] == "\u{1b}[?2026l", "{writes:?}");
    }

    #[test]
    fn a_terminal_that_vanishes_ends_nothing() {
        let screen = Screen::on(Fake { gone: true, ..Fake::of(0) });
        let region = screen.region();
        set(&screen, &region, "lost");
        assert_eq!(screen.suspend(|| 7), 7);
    }

    #[test]
    fn a_hidden_screen_still_prints() {
        let screen = Screen::hidden();
        let region = screen.region();
        region.set("nobody sees it".into());
        assert_eq!((screen.is_visible(), screen.suspend(|| 7)), (false, 7));
    }
}
