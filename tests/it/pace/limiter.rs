//! The kinds of limits that servers have.

use std::collections::VecDeque;

/// What sort of limit it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    None,
    /// No sliding span of so many seconds takes more than the limit's share.
    Sliding(f64),
    /// The same in fixed spans.
    Fixed(f64),
    /// Tokens come at the limit's rate; so many are kept.
    Bucket(f64),
}

/// A limit at work. Times are seconds.
#[derive(Clone, Debug)]
pub struct Limiter {
    kind: Kind,
    taken: VecDeque<f64>,
    /// Tokens, and when they were counted.
    tokens: (f64, f64),
    /// The fixed span's number, and how many it has taken.
    window: (u64, u32),
}

impl Limiter {
    pub fn new(kind: Kind) -> Limiter {
        Limiter { kind, taken: VecDeque::new(), tokens: (1.0, 0.0), window: (0, 0) }
    }

    /// Takes one, where there is room at this limit; else says how many seconds until there is.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "small and positive"
    )]
    pub fn take(&mut self, now: f64, limit: f64) -> Result<(), f64> {
        match self.kind {
            Kind::None => Ok(()),
            Kind::Sliding(span) => {
                let most = (limit * span) as usize;
                while self.taken.front().is_some_and(|at| *at <= now - span) {
                    self.taken.pop_front();
                }
                match self.taken.len().checked_sub(most) {
                    Some(first) => Err(self.taken[first] + span - now),
                    None => {
                        self.taken.push_back(now);
                        Ok(())
                    }
                }
            }
            Kind::Fixed(span) => {
                let window = (now / span) as u64;
                if self.window.0 != window {
                    self.window = (window, 0);
                }
                if f64::from(self.window.1) >= (limit * span).floor() {
                    return Err((window + 1) as f64 * span - now);
                }
                self.window.1 += 1;
                Ok(())
            }
            Kind::Bucket(size) => {
                let (tokens, at) = self.tokens;
                let tokens = (tokens + (now - at) * limit).min(size);
                let enough = tokens >= 1.0 - 1e-9;
                self.tokens = (tokens - f64::from(u8::from(enough)), now);
                if enough { Ok(()) } else { Err((1.0 - tokens) / limit) }
            }
        }
    }
}
