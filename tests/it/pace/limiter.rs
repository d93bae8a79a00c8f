//! The kinds of limits that servers have.

use std::collections::VecDeque;
use std::time::Duration;

use sendcast::domain::rate_limit::RateLimit;

/// What sort of limit it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    None,
    /// No sliding span of so many seconds takes more than the limit's share.
    Sliding(f64),
    /// The same in fixed spans.
    Fixed(f64),
    /// The same in spans that begin with the first request after the last one: Laravel's.
    Opened(f64),
    /// Tokens come at the limit's rate; so many are kept.
    Bucket(f64),
}

impl Kind {
    /// How long the server counts, where that is longer than a while.
    pub fn is_long(self) -> bool {
        matches!(self, Kind::Sliding(span) | Kind::Fixed(span) | Kind::Opened(span) if span > 20.0)
    }
}

/// Which headers tell of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Headers {
    None,
    /// What remains with every answer, when the span ends with a refusal: Laravel's.
    Laravel,
    /// Both with every answer.
    Ietf,
}

/// A limit at work. Times are seconds.
#[derive(Clone, Debug)]
pub struct Limiter {
    kind: Kind,
    taken: VecDeque<f64>,
    /// Tokens, and when they were counted.
    tokens: (f64, f64),
    /// When the fixed span began, and how many it has taken.
    window: (f64, f64),
    /// What is to be told: the span's limit, what remains, and for how long.
    left: Option<(f64, f64, f64)>,
}

impl Limiter {
    pub fn new(kind: Kind) -> Limiter {
        let window = (f64::NEG_INFINITY, 0.0);
        Limiter { kind, taken: VecDeque::new(), tokens: (1.0, 0.0), window, left: None }
    }

    /// Takes one, where there is room at this limit; else says how many seconds until there is.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
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
            Kind::Fixed(span) | Kind::Opened(span) => {
                let current = match self.kind {
                    Kind::Opened(_) if now < self.window.0 + span => self.window.0,
                    Kind::Opened(_) => now,
                    _ => (now / span).floor() * span,
                };
                if self.window.0 != current {
                    self.window = (current, 0.0);
                }
                let (most, rest) = ((limit * span).floor(), current + span - now);
                let full = self.window.1 >= most;
                self.window.1 += f64::from(u8::from(!full));
                self.left = Some((most, most - self.window.1, rest));
                if full { Err(rest) } else { Ok(()) }
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

    /// What the headers of the last answer tell.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    pub fn told(&self, headers: Headers) -> Option<RateLimit> {
        let (limit, remaining, rest) = self.left.filter(|_| headers != Headers::None)?;
        let ends = headers == Headers::Ietf || remaining == 0.0 && self.window.1 >= limit;
        Some(RateLimit {
            limit: Some(limit as u64),
            remaining: remaining as u64,
            reset: ends.then(|| Duration::from_secs_f64(rest.ceil())),
            window: None,
        })
    }
}
