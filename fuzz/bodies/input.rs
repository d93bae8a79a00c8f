//! Taking a structured input off raw bytes, and running what never waits.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Bytes that are taken from the front; past their end it yields zeros and nothing.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a>(pub &'a [u8]);

impl<'a> Input<'a> {
    /// Whether nothing is left.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// One byte.
    pub fn byte(&mut self) -> u8 {
        self.0.split_off_first().copied().unwrap_or(0)
    }

    /// Two bytes, little-endian.
    pub fn word(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// A piece behind its length (two bytes), or what is left of it.
    pub fn piece(&mut self) -> &'a [u8] {
        let len = usize::from(self.word()).min(self.0.len());
        self.0.split_off(..len).unwrap_or_default()
    }
}

/// The output of a future that has nothing to wait for.
pub fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}
