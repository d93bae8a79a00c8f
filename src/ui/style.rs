//! The few styles there are, so that one meaning has one look.

use anstyle::{AnsiColor, Style};

/// Nothing special.
pub(super) const PLAIN: Style = Style::new();
/// Names, headers, titles.
pub(super) const BOLD: Style = Style::new().bold();
/// What matters less.
pub(super) const DIM: Style = Style::new().dimmed();
/// Done, delivered.
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
/// Waiting, in doubt.
pub(super) const WARN: Style = AnsiColor::Yellow.on_default();
/// Failed.
pub(super) const BAD: Style = AnsiColor::Red.on_default();
/// What to do.
pub(super) const HINT: Style = AnsiColor::Cyan.on_default();
