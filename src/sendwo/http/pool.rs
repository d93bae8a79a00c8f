//! Connections that wait for their next request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::client::conn::http2;
use tokio::time::Instant;

use super::connection::{Body, Connection, One};

/// A pooled connection that the server has closed makes a send ambiguous; measured, 2 s are rarely outlived.
const IDLE: Duration = Duration::from_secs(2);

/// Connections to one server. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Pool(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    /// Those of HTTP/1.1, and since when: the last one has waited the shortest.
    idle: Vec<(Instant, Box<One>)>,
    /// That of HTTP/2, and what its users share.
    shared: Option<(http2::SendRequest<Body>, Arc<Mutex<Instant>>)>,
}

/// Lasts as long as a request on a shared connection; notes when it ended.
struct Use(Arc<Mutex<Instant>>);

impl Drop for Use {
    fn drop(&mut self) {
        *locked(&self.0) = Instant::now();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A connection for one request.
pub(super) struct Loan {
    pub connection: Connection,
    pool: Pool,
    used: Option<Use>,
}

impl Pool {
    /// A connection that takes a request, as far as is known.
    pub async fn take(&self) -> Option<Loan> {
        if let Some(shared) = self.share() {
            return Some(shared);
        }
        loop {
            let (since, mut one) = locked(&self.0).idle.pop()?;
            if since.elapsed() > IDLE {
                // All the others have waited longer.
                locked(&self.0).idle.clear();
                return None;
            }
            if one.is_ready().await {
                return Some(Loan { connection: Connection::One(one), pool: self.clone(), used: None });
            }
        }
    }

    fn share(&self) -> Option<Loan> {
        let mut waiting = locked(&self.0);
        let (requests, last) = waiting.shared.as_ref()?;
        let is_idle = Arc::strong_count(last) == 1;
        if requests.is_closed() || (is_idle && locked(last).elapsed() > IDLE) {
            waiting.shared = None;
            return None;
        }
        let (connection, last) = (Connection::Many(requests.clone()), last.clone());
        Some(Loan { connection, pool: self.clone(), used: Some(Use(last)) })
    }

    /// A fresh connection; one that takes many requests is everybody's from here on.
    pub fn lend(&self, connection: Connection) -> Loan {
        let last = match &connection {
            Connection::One(_) => None,
            Connection::Many(requests) => {
                let last = Arc::new(Mutex::new(Instant::now()));
                locked(&self.0).shared = Some((requests.clone(), last.clone()));
                Some(Use(last))
            }
        };
        Loan { connection, pool: self.clone(), used: last }
    }
}

impl Loan {
    /// It took no request: nobody else is to try it.
    pub fn retire(self) {
        let mut waiting = locked(&self.pool.0);
        let is_this = |shared: &(_, Arc<Mutex<Instant>>)| {
            self.used.as_ref().is_some_and(|used| Arc::ptr_eq(&used.0, &shared.1))
        };
        waiting.shared.take_if(|shared| is_this(shared));
    }

    /// The answer was read to its end: the connection may serve again.
    pub fn give_back(self) {
        if let Connection::One(one) = self.connection {
            let mut waiting = locked(&self.pool.0);
            if waiting.idle.first().is_some_and(|(since, _)| since.elapsed() > IDLE) {
                waiting.idle.retain(|(since, _)| since.elapsed() <= IDLE);
            }
            waiting.idle.push((Instant::now(), one));
        }
    }
}
