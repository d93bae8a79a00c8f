//! The display of a run: bars on a terminal, plain lines without one, nothing with `--json` or `-q`.

mod bars;
mod display;
mod following;
mod plain;

pub use bars::Bars;
pub use display::Progress;
pub use plain::Plain;
