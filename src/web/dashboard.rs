//! What all pages share.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::runtime::Builder;
use tokio::task::LocalSet;

use crate::app::order_log::{self, NotedOrder};
use crate::app::{App, AppError, Notice, Settings};
use crate::domain::hex::is_hex;
use crate::domain::time::Millis;
use crate::sys::clock::{Clock, SystemClock};
use crate::sys::disk::{RealDisk, SharedDisk, create_durable_dir, if_there, write_atomic};
use crate::sys::platform;
use crate::web::asked::Asked;
use crate::web::attempts::Attempts;
use crate::web::door::Door;
use crate::web::opening;
use crate::web::operator::Collecting;
use crate::web::password::{Password, PasswordStamp};
use crate::web::rounds::Rounds;
use crate::web::runs::{Launcher, Runs};
use crate::web::session::{Entered, Sessions};

/// Where the dashboard is reached.
#[derive(Clone, Debug)]
pub struct Address {
    /// Its own name below `localhost`.
    pub name: String,
    /// Where it listens.
    pub socket: SocketAddr,
    /// How other machines reach it, where they do.
    pub beyond: Option<Beyond>,
}

/// How other machines reach the dashboard: over TLS, and with a password.
#[derive(Clone, Debug)]
pub struct Beyond {
    /// Its names, with a port where that isn't 443.
    pub hosts: Vec<String>,
}

/// What all pages share. Each request is answered on a thread of its own, so all of it may be used from any.
#[derive(Debug)]
pub struct Dashboard {
    /// What holds for every use case.
    pub settings: Settings,
    /// The machine's file system.
    pub disk: SharedDisk,
    /// Which requests are looked at.
    pub door: Door,
    /// What the browser's cookie is called.
    pub cookie: String,
    /// Whether other machines reach it: who comes in gives a password, over TLS.
    pub is_beyond: bool,
    /// That password.
    pub password: Password,
    /// Runs that were started from a page.
    pub runs: Runs,
    /// Rounds that are being looked through.
    pub rounds: Rounds,
    clock: SystemClock,
    sessions: Mutex<Sessions>,
    attempts: Mutex<Attempts>,
    /// The password's file as it was when the sessions were opened.
    stamp: Mutex<PasswordStamp>,
    /// How many orders each campaign has got from pages. A form names the count that it was shown with, so that one that is
    /// sent twice, or is older than what has happened since, does nothing.
    turns: Mutex<HashMap<String, u64>>,
}

impl Dashboard {
    /// Reached at this address. What an earlier one left of uploads is removed.
    ///
    /// # Errors
    /// When the data directory can't be used.
    pub fn new(settings: Settings, address: &Address, launcher: Launcher) -> Result<Dashboard, AppError> {
        let disk = RealDisk::shared();
        let port = address.socket.port();
        let password = Password::of(Arc::clone(&disk), &settings.data_dir);
        let dashboard = Dashboard {
            door: match &address.beyond {
                None => Door::of_this_machine(&address.name, address.socket),
                Some(beyond) => Door::beyond_this_machine(beyond.hosts.clone()),
            },
            // A browser keeps one that is called so only over TLS, and sends it to its host alone.
            cookie: if address.beyond.is_some() { "__Host-" } else { "" }.to_owned()
                + &format!("sendcast-{port}"),
            is_beyond: address.beyond.is_some(),
            attempts: Mutex::default(),
            stamp: Mutex::new(password.stamp()),
            password,
            runs: Runs::new(launcher),
            rounds: Rounds::default(),
            clock: SystemClock::start(),
            sessions: Mutex::default(),
            turns: Mutex::default(),
            disk,
            settings,
        };
        dashboard.app().home(false)?;
        opening::remove_left(&*dashboard.disk, &dashboard.settings.data_dir)?;
        let uploads = dashboard.uploads();
        let left = dashboard.disk.list(&uploads);
        for path in left.map_err(|error| AppError::disk("read", &uploads, &error))? {
            if_there(dashboard.disk.remove_file(&path))
                .map_err(|error| AppError::disk("remove", &path, &error))?;
        }
        Ok(dashboard)
    }

    /// The name below `localhost` of a data directory's dashboard. It is made by chance once and kept, so that a page that is
    /// open finds a server that was started again, and no other server of this machine can guess it.
    ///
    /// # Errors
    /// The disk's.
    pub fn name_of(data: &std::path::Path) -> Result<String, AppError> {
        let disk = RealDisk::shared();
        let path = data.join("serve-name");
        let failed = |error: io::Error| AppError::disk("keep the dashboard's name in", &path, &error);
        let kept = if_there(disk.read(&path)).map_err(failed)?;
        let is_name = |name: &str| name.strip_prefix("sendcast-").is_some_and(|rest| is_hex(rest, 16));
        if let Some(name) = kept.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|name| is_name(name))
        {
            return Ok(name);
        }
        let name = format!("sendcast-{}", platform::random_hex::<8>().map_err(failed)?);
        create_durable_dir(&*disk, data, 3).map_err(failed)?;
        write_atomic(&*disk, &path, name.as_bytes()).map_err(failed)?;
        Ok(name)
    }

    /// Where uploads lie until somebody takes them.
    #[must_use]
    pub fn uploads(&self) -> PathBuf {
        self.settings.data_dir.join("uploads")
    }

    /// The time.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// What use cases stand on, for one request.
    #[must_use]
    pub fn app(&self) -> App {
        self.app_with(Rc::new(Collecting::default()))
    }

    fn app_with(&self, operator: Rc<Collecting>) -> App {
        App {
            settings: self.settings.clone(),
            disk: Arc::clone(&self.disk),
            clock: self.clock.clone(),
            operator,
        }
    }

    /// Carries out what waits for something, and yields what it said on the way.
    ///
    /// # Errors
    /// What it says, and where this thread can't wait.
    pub fn carry_out<T>(
        &self,
        work: impl AsyncFnOnce(&App) -> Result<T, AppError>,
    ) -> Result<(T, Vec<Notice>), AppError> {
        let operator = Rc::new(Collecting::default());
        let app = self.app_with(Rc::clone(&operator));
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| AppError::failed(format!("can't start: {error}")))?;
        let done = LocalSet::new().block_on(&runtime, work(&app));
        runtime.shutdown_background();
        Ok((done?, operator.take()))
    }

    /// Codes and sessions.
    pub fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How often a password was tried.
    pub fn attempts(&self) -> MutexGuard<'_, Attempts> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends every session where the password was changed since they were opened, which another process may have done.
    pub fn heed_password(&self) {
        let mut stamp = self.stamp.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.password.stamp();
        if *stamp != now {
            self.sessions().close_all();
            *stamp = now;
        }
    }

    /// Notes an order that a page gives, before it is carried out. One that can't be noted is carried out all the same: a
    /// pause mustn't wait for the disk.
    pub fn note(&self, asked: &Asked, what: &str, campaign: Option<&str>, about: Option<String>) {
        let order = NotedOrder {
            at: self.now().rfc3339(),
            who: asked.session.as_ref().map_or("nobody", |session| session.who.words()).to_owned(),
            what: what.to_owned(),
            campaign: campaign.map(str::to_owned),
            trial: asked.trial,
            about,
        };
        if let Err(error) = order_log::note(&asked.app, &order) {
            tracing::warn!(%error, "an order wasn't noted in orders.log");
        }
    }

    /// Keeps something to be said on the next page of whoever asked.
    pub fn tell(&self, asked: &Asked, notices: impl IntoIterator<Item = Notice>) {
        if let Some(Entered { key, .. }) = asked.session {
            self.sessions().tell(key, notices);
        }
    }

    /// The count that a form about this carries.
    #[must_use]
    pub fn turn(&self, about: &str) -> u64 {
        self.turns().get(about).copied().unwrap_or(0)
    }

    /// Takes the turn that a form carries: once, and only the newest.
    #[must_use]
    pub fn take_turn(&self, about: &str, shown: Option<&str>) -> bool {
        let mut turns = self.turns();
        let turn = turns.entry(about.to_owned()).or_default();
        if shown.and_then(|shown| shown.parse().ok()) != Some(*turn) {
            return false;
        }
        *turn += 1;
        true
    }

    fn turns(&self) -> MutexGuard<'_, HashMap<String, u64>> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
