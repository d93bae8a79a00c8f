//! Connections that wait for their next request.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use hyper::client::conn::http2;
use tokio::time::{Instant, sleep_until};

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
    /// That of HTTP/2, which all use.
    shared: Option<(http2::SendRequest<Body>, Arc<Mutex<Instant>>)>,
    /// Whether a [`sweep`] is under way.
    is_swept: bool,
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
            let mut one = self.pop()?;
            if one.is_ready().await {
                return Some(Loan { connection: Connection::One(one), pool: self.clone(), used: None });
            }
        }
    }

    fn pop(&self) -> Option<Box<One>> {
        let mut waiting = locked(&self.0);
        waiting.shed();
        waiting.idle.pop().map(|(_, one)| one)
    }

    fn share(&self) -> Option<Loan> {
        let mut waiting = locked(&self.0);
        waiting.shared.as_ref()?;
        waiting.shed();
        let (requests, last) = waiting.shared.as_ref()?;
        let (connection, last) = (Connection::Many(requests.clone()), last.clone());
        Some(Loan { connection, pool: self.clone(), used: Some(Use(last)) })
    }

    /// A fresh connection; one that takes many requests is everybody's from here on.
    pub fn lend(&self, connection: Connection) -> Loan {
        let used = match &connection {
            Connection::One(_) => None,
            Connection::Many(requests) => {
                let last = Arc::new(Mutex::new(Instant::now()));
                let mut waiting = locked(&self.0);
                waiting.shared = Some((requests.clone(), last.clone()));
                self.have_swept(&mut waiting);
                Some(Use(last))
            }
        };
        Loan { connection, pool: self.clone(), used }
    }

    fn have_swept(&self, waiting: &mut Waiting) {
        if !std::mem::replace(&mut waiting.is_swept, true) {
            tokio::spawn(sweep(Arc::downgrade(&self.0)));
        }
    }
}

impl Waiting {
    /// Closes what has waited too long, and what is known to be closed.
    fn shed(&mut self) {
        let Some(oldest) = Instant::now().checked_sub(IDLE) else { return };
        let old = self.idle.partition_point(|(since, _)| *since < oldest);
        self.idle.drain(..old);
        self.shared.take_if(|(requests, last)| {
            requests.is_closed() || (Arc::strong_count(last) == 1 && *locked(last) < oldest)
        });
    }

    /// When the next one may have waited too long.
    fn next(&self) -> Option<Instant> {
        let shared = self.shared.as_ref().map(|(_, last)| match Arc::strong_count(last) {
            1 => *locked(last) + IDLE,
            _ => Instant::now() + IDLE,
        });
        let idle = self.idle.first().map(|(since, _)| *since + IDLE);
        shared.into_iter().chain(idle).min()
    }
}

/// Closes what waits too long, until nothing waits any more: the server isn't left with connections of ours while a
/// run waits for something else.
async fn sweep(pool: Weak<Mutex<Waiting>>) {
    while let Some(next) = pool.upgrade().and_then(|pool| {
        let mut waiting = locked(&pool);
        waiting.shed();
        let next = waiting.next();
        waiting.is_swept = next.is_some();
        next
    }) {
        // Waiting too long is longer than the longest wait.
        sleep_until(next + Duration::from_millis(1)).await;
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
            waiting.idle.push((Instant::now(), one));
            self.pool.have_swept(&mut waiting);
        }
    }
}
