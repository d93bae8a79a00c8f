//! Chromium over `--remote-debugging-pipe`: JSON ended by NUL, in by its descriptor 3 and out by 4. That needs no port,
//! and the browser ends with the process that holds the pipe, however that one dies.
//!
//! It resolves the names in [`LOCAL_NAMES`] to 127.0.0.1 and no others, and uses no proxy: nothing leaves the machine.
#![cfg(test)] // lets clippy take the helpers for test code

use std::collections::HashMap;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::wait;

/// Names that lead to 127.0.0.1, besides `localhost`: those that `serve` prints, and a foreign one.
pub const LOCAL_NAMES: [&str; 2] = ["*.localhost", "evil.test"];

/// Names the browser, or `must`: take one from PATH, and fail where there is none.
pub const VARIABLE: &str = "SENDCAST_BROWSER";

const PROGRAMS: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

const FLAGS: [&str; 15] = [
    "--headless=new",
    "--remote-debugging-pipe",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-component-update",
    "--disable-background-networking",
    "--disable-default-apps",
    // It would try TLS first.
    "--disable-features=HttpsUpgrades",
    "--disable-sync",
    "--no-pings",
    "--hide-scrollbars",
    "--force-color-profile=srgb",
    "--lang=en-GB",
];

/// How long a single method may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);

/// The browser to test in: what `SENDCAST_BROWSER` names, else the first that is on PATH.
///
/// Windows hands a pipe over in another way: there it is always none.
pub fn find() -> Option<PathBuf> {
    if cfg!(windows) {
        return None;
    }
    let named = env::var_os(VARIABLE).filter(|name| !name.is_empty() && name != "must");
    let names: Vec<OsString> = match named {
        Some(name) => vec![name],
        None => PROGRAMS.map(OsString::from).to_vec(),
    };
    let path = env::var_os("PATH").unwrap_or_default();
    let places = |name: &OsString| match Path::new(name).components().count() {
        1 => env::split_paths(&path).map(|dir| dir.join(name)).collect(),
        _ => vec![PathBuf::from(name)],
    };
    names.iter().flat_map(places).find(|place| place.is_file())
}

/// A browser that runs until it is dropped.
pub struct Browser {
    child: Mutex<Child>,
    wire: Arc<Wire>,
    // Its profile; gone with it.
    _profile: TempDir,
}

impl Browser {
    /// Starts `program` with an empty profile, in India's time zone. Fails where it doesn't answer.
    pub fn start(program: &Path) -> Result<Self, String> {
        // Below `target`: it stays there where the test process is killed.
        let profile = fs::create_dir_all(env!("CARGO_TARGET_TMPDIR"))
            .and_then(|()| TempDir::with_prefix_in("browser-", env!("CARGO_TARGET_TMPDIR")))
            .map_err(|error| error.to_string())?;
        let mut command = Command::new("sh");
        command
            // The shell moves the pipe to the descriptors 3 and 4: by std alone they would be inherited by unsafe code.
            .args(["-c", r#"exec "$0" "$@" 3<&0 4>&1 0</dev/null 1>/dev/null"#])
            .arg(program)
            .args(FLAGS)
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(format!("--host-resolver-rules={}", resolver_rules(&LOCAL_NAMES)))
            .env("TZ", "Asia/Kolkata")
            .env_remove("DBUS_SESSION_BUS_ADDRESS")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if is_root() {
            // As root its sandbox refuses to start.
            command.arg("--no-sandbox");
        }
        let mut child = command.spawn().map_err(|error| format!("{}: {error}", program.display()))?;
        let (Some(pipe), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("the browser has no pipe".to_owned());
        };
        let wire = Arc::new(Wire::new(pipe));
        let reader = Arc::clone(&wire);
        thread::spawn(move || reader.read(answers));
        let browser = Self { child: Mutex::new(child), wire, _profile: profile };
        browser.call(None, "Browser.getVersion", json!({}))?;
        Ok(browser)
    }

    /// Calls a method of the DevTools protocol, for a session or for the browser, and waits for what it returns.
    pub fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value, String> {
        self.wire.call(session, method, params)
    }

    /// Takes the events that came for a session and for the frames in it.
    pub fn events(&self, session: &str) -> Vec<Value> {
        self.wire.events.lock().unwrap().remove(session).unwrap_or_default()
    }

    /// The download under this name that is whole: the name of its file, which is Chromium's.
    pub fn downloaded(&self, name: &str) -> Option<String> {
        let events = self.wire.downloads.lock().unwrap();
        let begun = events.iter().filter(|event| event["suggestedFilename"] == name);
        let done = |guid: &&Value| {
            events.iter().any(|event| event["guid"] == **guid && event["state"] == "completed")
        };
        begun.map(|event| &event["guid"]).find(done)?.as_str().map(str::to_owned)
    }

    /// Whether dialogs of pages are accepted, as they are at the start, or cancelled.
    pub fn accept_dialogs(&self, accept: bool) {
        self.wire.accept_dialogs.store(accept, Ordering::Relaxed);
    }

    /// Whether it still runs.
    pub fn is_running(&self) -> bool {
        !self.wire.closed.load(Ordering::Relaxed)
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.call(None, "Browser.close", json!({}));
        let child = self.child.get_mut().unwrap();
        if wait::until(wait::LIMIT, || child.try_wait().ok().flatten()).is_none() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    false
}

/// `names` lead to 127.0.0.1; what is neither among them nor this machine itself leads nowhere.
fn resolver_rules(names: &[&str]) -> String {
    let mut rules: Vec<String> = names.iter().map(|name| format!("MAP {name} 127.0.0.1")).collect();
    rules.extend(["MAP * ~NOTFOUND", "EXCLUDE 127.0.0.1", "EXCLUDE localhost"].map(str::to_owned));
    rules.join(", ")
}

/// A call without an answer so far.
struct Pending {
    session: Option<String>,
    answer: mpsc::Sender<Value>,
}

/// Both ends of the pipe, and what came out of it.
struct Wire {
    pipe: Mutex<ChildStdin>,
    next_id: AtomicU64,
    waiting: Mutex<HashMap<u64, Pending>>,
    events: Mutex<HashMap<String, Vec<Value>>>,
    downloads: Mutex<Vec<Value>>,
    // A frame of another site has a session of its own; its events count as the page's.
    pages: Mutex<HashMap<String, String>>,
    accept_dialogs: AtomicBool,
    closed: AtomicBool,
}

impl Wire {
    fn new(pipe: ChildStdin) -> Self {
        Self {
            pipe: Mutex::new(pipe),
            next_id: AtomicU64::new(1),
            waiting: Mutex::default(),
            events: Mutex::default(),
            downloads: Mutex::default(),
            pages: Mutex::default(),
            accept_dialogs: AtomicBool::new(true),
            closed: AtomicBool::new(false),
        }
    }

    fn send(&self, id: u64, session: Option<&str>, method: &str, params: Value) -> Result<(), String> {
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = json!(session);
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.pipe.lock().unwrap().write_all(&bytes).map_err(|error| format!("{method}: {error}"))
    }

    fn call(&self, session: Option<&str>, method: &str, params: Value) -> Result<Value, String> {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = mpsc::channel();
        self.waiting.lock().unwrap().insert(id, Pending { session: session.map(str::to_owned), answer });
        self.send(id, session, method, params)?;
        let mut answer = match answered.recv_timeout(ANSWER_LIMIT) {
            Ok(answer) => answer,
            Err(mpsc::RecvTimeoutError::Timeout) => return Err(format!("{method}: no answer in 20 s")),
            Err(mpsc::RecvTimeoutError::Disconnected) => {
                return Err(format!("{method}: the browser is gone"));
            }
        };
        match answer.get("error") {
            Some(error) => Err(format!("{method}: {}", error["message"].as_str().unwrap_or("failed"))),
            None => Ok(answer["result"].take()),
        }
    }

    /// Calls without waiting: the thread that reads would wait for itself.
    fn post(&self, session: &str, method: &str, params: Value) {
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let _ = self.send(id, Some(session), method, params);
    }

    fn read(&self, answers: ChildStdout) {
        let mut answers = BufReader::new(answers);
        let mut message = Vec::new();
        while answers.read_until(0, &mut message).is_ok_and(|length| length > 0) {
            if message.last() == Some(&0) {
                message.pop();
            }
            if let Ok(value) = serde_json::from_slice::<Value>(&message) {
                self.take(value);
            }
            message.clear();
        }
        self.closed.store(true, Ordering::Relaxed);
        self.waiting.lock().unwrap().clear();
    }

    fn take(&self, message: Value) {
        if let Some(id) = message["id"].as_u64() {
            if let Some(pending) = self.waiting.lock().unwrap().remove(&id) {
                let _ = pending.answer.send(message);
            }
            return;
        }
        let Some(session) = message["sessionId"].as_str().map(str::to_owned) else {
            return self.browser_event(message);
        };
        match message["method"].as_str().unwrap_or_default() {
            "Target.attachedToTarget" => self.attached(&session, &message["params"]),
            "Page.javascriptDialogOpening" => {
                let accept = self.accept_dialogs.load(Ordering::Relaxed);
                self.post(&session, "Page.handleJavaScriptDialog", json!({ "accept": accept }));
                self.keep(&session, message);
            }
            "Log.entryAdded"
            | "Runtime.consoleAPICalled"
            | "Runtime.exceptionThrown"
            | "Network.requestWillBeSent"
            | "Network.webSocketCreated" => self.keep(&session, message),
            _ => {}
        }
    }

    fn browser_event(&self, mut event: Value) {
        match event["method"].as_str().unwrap_or_default() {
            "Browser.downloadWillBegin" | "Browser.downloadProgress" => {
                self.downloads.lock().unwrap().push(event["params"].take());
            }
            "Target.detachedFromTarget" => {
                // Nothing answers there any more.
                let gone = event["params"]["sessionId"].as_str();
                let is_there =
                    |pending: &Pending| pending.session.is_none() || pending.session.as_deref() != gone;
                self.waiting.lock().unwrap().retain(|_, pending| is_there(pending));
            }
            _ => {}
        }
    }

    /// A frame or a worker that waits until it is listened to.
    fn attached(&self, session: &str, params: &Value) {
        let Some(below) = params["sessionId"].as_str() else { return };
        let page = self.page_of(session);
        self.pages.lock().unwrap().insert(below.to_owned(), page);
        for domain in ["Runtime.enable", "Log.enable", "Network.enable", "Page.enable"] {
            self.post(below, domain, json!({}));
        }
        self.post(below, "Target.setAutoAttach", auto_attach());
        self.post(below, "Runtime.runIfWaitingForDebugger", json!({}));
    }

    fn page_of(&self, session: &str) -> String {
        self.pages.lock().unwrap().get(session).cloned().unwrap_or_else(|| session.to_owned())
    }

    fn keep(&self, session: &str, event: Value) {
        let page = self.page_of(session);
        self.events.lock().unwrap().entry(page).or_default().push(event);
    }
}

/// Has the browser attach to a page's frames of other sites, before they load anything.
pub fn auto_attach() -> Value {
    json!({ "autoAttach": true, "waitForDebuggerOnStart": true, "flatten": true })
}
