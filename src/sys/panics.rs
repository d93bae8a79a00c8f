//! Panics of crates that panic over files where an error is due: they become errors, and the user hears nothing of them
//! but that.

use std::any::Any;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// A guarded call is under way on this thread.
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// From now on the process's panic hook prints nothing of panics that [`guarded`] catches, nor of those on sled's own
/// threads. They are in the log.
pub fn silence_caught_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let loud = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let of_sled = std::thread::current().name().is_some_and(|name| name.starts_with("sled-io-"));
            if of_sled || GUARDED.get() {
                tracing::debug!(%panic, "a crate panicked over its files");
            } else {
                loud(panic);
            }
        }));
    });
}

/// Runs a call of a crate that may panic over files.
///
/// # Errors
/// What it panicked with. What the call was given may be half changed then, and isn't to be used any more.
pub fn guarded<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    let before = GUARDED.replace(true);
    let called = catch_unwind(AssertUnwindSafe(call));
    GUARDED.set(before);
    called.map_err(|panic| text(&*panic))
}

fn text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason was given").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_and_says_why() {
        silence_caught_panics();
        assert_eq!(guarded(|| 1), Ok(1));
        assert_eq!(guarded(|| -> u8 { panic!("no room") }), Err("no room".to_owned()));
        assert_eq!(guarded(|| -> u8 { panic!("no room for {}", 7) }), Err("no room for 7".to_owned()));
        assert!(!GUARDED.get());
    }
}
