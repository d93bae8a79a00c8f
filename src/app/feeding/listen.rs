//! Taking webhooks in, and handing on what they told, until an end is asked for.

use std::cell::RefCell;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::attribute::Attribution;
use super::feed::{Fed, Feeder};
use crate::app::{App, AppError, optouts};
use crate::domain::phone::Phone;
use crate::domain::time::Millis;
use crate::engine::optout::OptOutList;
use crate::sys::clock::Clock;
use crate::sys::disk::SharedDisk;
use crate::sys::home::Home;
use crate::sys::platform::Interrupt;
use crate::webhooks::intake::Keeper;
use crate::webhooks::server::{ListenerConfig, serve};
use crate::webhooks::{
    InboxError, InboxWriter, Intake, PathSecret, SigningSecret, StopList, StopWords, Taken, inbox_dir,
};

/// How webhooks are taken in.
#[derive(Debug)]
pub struct ListenOptions {
    /// What means "stop".
    pub words: StopWords,
    /// What webhooks are signed with; unsigned ones are refused then.
    pub signing: Option<SigningSecret>,
    /// The secret part of the path; one is made and kept where none is given.
    pub path: Option<PathSecret>,
    /// How often campaigns that nobody runs get what has come.
    pub every: Duration,
}

/// An account's inbox, held by this process alone.
#[derive(Debug)]
pub struct WebhookListener {
    home: Home,
    origin: String,
    inbox: PathBuf,
    writer: InboxWriter,
    stops: FileList,
    options: ListenOptions,
    path: PathSecret,
    ours: bool,
}

/// What has come so far.
#[derive(Clone, Debug, Default)]
pub struct Heard {
    /// All that was taken in since it began.
    pub taken: Taken,
    /// Stops of which nobody knows whose they are.
    pub waiting: u64,
    /// The disk's error since the last time.
    pub failed: Option<String>,
    /// What campaigns were told since the last time.
    pub fed: Vec<Fed>,
}

impl WebhookListener {
    /// Takes hold of the inbox.
    ///
    /// # Errors
    /// When another process has it, or the disk says no.
    pub fn open(app: &App, options: ListenOptions) -> Result<WebhookListener, AppError> {
        let home = app.home(false)?;
        let origin = app.settings.base_url.server();
        let inbox = inbox_dir(&home.account(&origin));
        let writer = InboxWriter::open(app.disk.clone(), inbox.clone(), app.clock.now()).map_err(taken)?;
        let (path, ours) = match &options.path {
            Some(given) => (given.clone(), false),
            None => {
                let place = PathSecret::path(&inbox);
                let kept = PathSecret::kept(&*app.disk, &place);
                (kept.map_err(|error| AppError::disk("keep the path's secret in", &place, &error))?, true)
            }
        };
        let stops = stop_list(app, &home)?;
        Ok(WebhookListener { home, origin, inbox, writer, stops, options, path, ours })
    }

    /// The path's secret, where it is one that sendcast made: one that was handed over isn't said back.
    #[must_use]
    pub fn own_path(&self) -> Option<&str> {
        self.ours.then(|| self.path.expose())
    }

    /// Whether unsigned webhooks are refused.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.options.signing.is_some()
    }

    /// Takes in and hands on until `interrupted` has a value; what was acknowledged by then is on disk. `heard` is called
    /// after each time that campaigns were fed.
    ///
    /// # Errors
    /// The disk's, and what `heard` says.
    pub async fn listen(
        self,
        app: &App,
        socket: TcpListener,
        interrupted: &mut watch::Receiver<Option<Interrupt>>,
        heard: &mut dyn FnMut(&Heard) -> Result<(), AppError>,
    ) -> Result<(), AppError> {
        let WebhookListener { home, origin, inbox, writer, stops, options, path, .. } = self;
        let ListenOptions { words, signing, every, .. } = options;
        let keeper = Keeper::new(writer, words, Box::new(stops));
        let sum = Rc::new(RefCell::new(Heard::default()));
        let told = Rc::clone(&sum);
        let (intake, taking) = Intake::start(keeper, app.clock.clone(), move |taken| {
            let mut sum = told.borrow_mut();
            match taken {
                Ok(taken) => sum.taken = sum.taken.and(taken),
                Err(error) => sum.failed = Some(error.to_string()),
            }
        });
        let config = ListenerConfig { path, signing, timeout: ListenerConfig::REQUEST_TIMEOUT };
        let (close, closing) = watch::channel(false);
        let serving = tokio::task::spawn_local(serve(socket, config, intake, closing));
        let attribution = Attribution::new(app.disk.clone(), home.clone(), &origin);
        let feeder = Feeder::new(app.disk.clone(), home, app.clock.clone(), origin)
            .map_err(|error| AppError::disk("read", &inbox, &error))?;
        let fed = feed(app, (feeder, attribution), &sum, every, interrupted, heard).await;
        // What is being taken in is written and acknowledged; nobody else is let in.
        close.send_replace(true);
        let _ =
            tokio::time::timeout(ListenerConfig::REQUEST_TIMEOUT, async { (serving.await, taking.await) })
                .await;
        fed?;
        heard(&sum.take())
    }
}

/// Hands on and tells, until it is interrupted. It works beside the server: opening a great campaign takes its time.
async fn feed(
    app: &App,
    (mut feeder, mut attribution): (Feeder, Attribution),
    sum: &RefCell<Heard>,
    every: Duration,
    interrupted: &mut watch::Receiver<Option<Interrupt>>,
    heard: &mut dyn FnMut(&Heard) -> Result<(), AppError>,
) -> Result<(), AppError> {
    loop {
        let runtime = tokio::runtime::Handle::current();
        let now = app.clock.now();
        let fed = tokio::task::spawn_blocking(move || {
            let fed = runtime.block_on(feeder.feed());
            let whose = attribution.attribute(now);
            (feeder, attribution, fed, whose)
        });
        let (back, again, fed, whose) =
            fed.await.map_err(|error| AppError::failed(format!("internal: {error}")))?;
        (feeder, attribution) = (back, again);
        {
            let mut so_far = sum.borrow_mut();
            match whose {
                Ok(whose) => {
                    so_far.taken.opted_out += whose.found;
                    so_far.waiting = whose.waiting;
                }
                Err(error) => so_far.failed = Some(error.to_string()),
            }
            match fed {
                Ok(fed) => so_far.fed = fed,
                Err(error) => so_far.failed = Some(error.to_string()),
            }
            heard(&so_far)?;
            (so_far.failed, so_far.fed) = (None, Vec::new());
        }
        if let Ok(ended) = tokio::time::timeout(every, interrupted.wait_for(Option::is_some)).await {
            // The one who hears signals is gone only with the program.
            drop(ended);
            return Ok(());
        }
    }
}

fn taken(error: InboxError) -> AppError {
    let hint = match error {
        InboxError::Locked => "one is enough for all campaigns of an account; stop that one first",
        InboxError::Disk { .. } => "fix the disk or its permissions and start it again",
    };
    AppError::failed(error.to_string()).hint(hint)
}

/// The list, read anew each time: others change it as well.
#[derive(Debug)]
struct FileList {
    disk: SharedDisk,
    path: PathBuf,
}

impl StopList for FileList {
    fn add(&mut self, people: &[(Phone, String)], at: Millis) -> io::Result<u64> {
        OptOutList::open(self.disk.clone(), &self.path)?.add_all(people, at)
    }

    fn resume(&mut self, phone: Phone, told: Millis) -> io::Result<bool> {
        OptOutList::open(self.disk.clone(), &self.path)?.lift(phone, told)
    }
}

/// The list as `optout` keeps it. One that can't be read is told now, not when the first person asks to be left alone.
fn stop_list(app: &App, home: &Home) -> Result<FileList, AppError> {
    if let (_, Some(damage)) = optouts::open_damaged(app, home)? {
        app.warn(damage.message);
        damage.details.into_iter().for_each(|line| app.warn(line));
    }
    Ok(FileList { disk: app.disk.clone(), path: home.optouts() })
}
