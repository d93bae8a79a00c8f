//! A sandbox on a thread of its own, for `--sandbox` and for tests over TCP.

use std::io;
use std::net::SocketAddr;
use std::thread::JoinHandle;

use tokio::sync::oneshot;

use crate::sys::clock::SystemClock;

use super::{FaultPlan, Sandbox, SandboxOptions, Stats, clock};

/// Opens a sandbox with the machine's clock and serves it on a thread of its own, at `options.listen`.
///
/// # Errors
/// As [`Sandbox::new`]; and when the address can't be listened on or no thread can be had.
pub fn spawn_in_thread(options: SandboxOptions) -> io::Result<Running> {
    let listen = options.listen;
    Sandbox::new(options, clock(SystemClock::start()))?.spawn_in_thread(listen)
}

impl Sandbox {
    /// Serves this sandbox on a thread of its own, with a runtime of its own.
    ///
    /// # Errors
    /// When the address can't be listened on or no thread can be had.
    pub fn spawn_in_thread(self, listen: SocketAddr) -> io::Result<Running> {
        let listener = std::net::TcpListener::bind(listen)?;
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let served = self.clone();
        let thread = std::thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener)?;
                tokio::select! {
                    ended = served.serve(listener) => ended,
                    // Told to stop, or the handle is gone.
                    _ = stopped => Ok(()),
                }
            })
        })?;
        Ok(Running { addr, sandbox: self, stop: Some(stop), thread: Some(thread) })
    }
}

/// A sandbox that is being served. Dropping it stops it.
#[derive(Debug)]
pub struct Running {
    addr: SocketAddr,
    sandbox: Sandbox,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<io::Result<()>>>,
}

impl Running {
    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// What a client takes as base URL: `http://127.0.0.1:…/api/v1`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}/api/v1", self.addr)
    }

    /// What the first account has accepted and seen so far.
    #[must_use]
    pub fn stats(&self) -> Stats {
        self.sandbox.stats()
    }

    /// The same of the account with this token; `None` where the token lets in nowhere.
    #[must_use]
    pub fn stats_of(&self, token: &str) -> Option<Stats> {
        self.sandbox.stats_of(token)
    }

    /// Replaces the fault plan of every account.
    pub fn set_faults(&self, plan: FaultPlan) {
        self.sandbox.set_faults(plan);
    }

    /// Closes every connection and the accepted log, and waits for the thread.
    ///
    /// # Errors
    /// What ended serving before.
    pub fn stop(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        if let Some(stop) = self.stop.take() {
            // Fails when the thread has ended already.
            let _ = stop.send(());
        }
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(ended)) => ended,
            Some(Err(_)) => Err(io::Error::other("the sandbox's thread panicked")),
            None => Ok(()),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Nobody is left to tell.
        let _ = self.end();
    }
}
