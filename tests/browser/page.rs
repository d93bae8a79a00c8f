//! A page: where it is, what it holds, how it is shown. What a user does stands in `input`, what is wrong with a page in
//! `checks`.
//!
//! Methods fail their test where something can't be done, and say what; `try_` before a name returns the error instead.
#![cfg(test)] // lets clippy take the helpers for test code

use std::cell::{Cell, RefCell};
use std::fs;
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use base64::Engine;
use serde_json::{Value, json};
use url::Url;

use super::chromium::{Browser, auto_attach};
use super::wait;

/// A colour scheme that the system asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// `prefers-color-scheme: light`.
    Light,
    /// `prefers-color-scheme: dark`.
    Dark,
}

/// A page in a tab, which is closed when this is dropped. A page that comes after its server in a test is closed before
/// the server is, and doesn't complain of its end.
pub struct Page(pub(super) Rc<Tab>);

impl Deref for Page {
    type Target = Tab;

    fn deref(&self) -> &Tab {
        &self.0
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.collect();
        // Where a test fails, the tab is still to be looked at.
        if !thread::panicking() && self.open_complaints().borrow().is_empty() {
            self.close();
        }
    }
}

/// What is done with a [`Page`].
pub struct Tab {
    browser: Arc<Browser>,
    session: String,
    target: String,
    closed: Cell<bool>,
    theme: Cell<Theme>,
    print: Cell<bool>,
    allowed: RefCell<Vec<String>>,
    complaints: RefCell<Vec<String>>,
}

impl Tab {
    /// Listens to a tab that is there.
    pub(super) fn attach(browser: &Arc<Browser>, target: &str) -> Result<Self, String> {
        let attach = json!({ "targetId": target, "flatten": true });
        let attached = browser.call(None, "Target.attachToTarget", attach)?;
        let page = Self {
            browser: Arc::clone(browser),
            session: attached["sessionId"].as_str().unwrap_or_default().to_owned(),
            target: target.to_owned(),
            closed: Cell::new(false),
            theme: Cell::new(Theme::Light),
            print: Cell::new(false),
            allowed: RefCell::default(),
            complaints: RefCell::default(),
        };
        for domain in ["Page.enable", "Runtime.enable", "Log.enable", "Network.enable", "DOM.enable"] {
            page.call(domain, json!({}))?;
        }
        page.call("Target.setAutoAttach", auto_attach())?;
        page.resize(1280, 800)?;
        page.emulate_media()?;
        Ok(page)
    }

    /// Calls a method of the DevTools protocol for this page.
    pub fn call(&self, method: &str, params: Value) -> Result<Value, String> {
        self.browser.call(Some(&self.session), method, params)
    }

    // ---- where it is

    /// Loads a URL. Its origin is one that the page may talk to from now on.
    #[track_caller]
    pub fn goto(&self, url: &str) {
        self.try_goto(url).unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// As [`Tab::goto`]; the error is Chromium's, such as `net::ERR_BLOCKED_BY_RESPONSE`.
    pub fn try_goto(&self, url: &str) -> Result<(), String> {
        self.allow(url);
        let answer = self.call("Page.navigate", json!({ "url": url }))?;
        match answer["errorText"].as_str() {
            Some(error) => Err(error.to_owned()),
            None => self.loaded(),
        }
    }

    /// Loads the same page again.
    #[track_caller]
    pub fn reload(&self) {
        let before = self.document_id();
        self.call("Page.reload", json!({})).unwrap();
        let changed = wait::until(wait::LIMIT, || (self.document_id() != before).then_some(()));
        changed.unwrap_or_else(|| panic!("the page wasn't loaded again in 10 s"));
        self.loaded().unwrap();
    }

    /// Goes back in the history, as the button does.
    #[track_caller]
    pub fn back(&self) {
        let history = || self.call("Page.getNavigationHistory", json!({})).unwrap();
        let now = history();
        let index = now["currentIndex"].as_u64().unwrap();
        let before = index.checked_sub(1).unwrap_or_else(|| panic!("nothing to go back to"));
        let entry = &now["entries"][usize::try_from(before).unwrap()]["id"];
        self.call("Page.navigateToHistoryEntry", json!({ "entryId": entry })).unwrap();
        let gone = wait::until(wait::LIMIT, || (history()["currentIndex"] == json!(before)).then_some(()));
        gone.unwrap_or_else(|| panic!("the page didn't go back in 10 s"));
        self.loaded().unwrap();
    }

    /// The URL that the address bar would show.
    #[track_caller]
    pub fn url(&self) -> String {
        self.eval("location.href").as_str().unwrap_or_default().to_owned()
    }

    /// Closes the tab. What it complained of so far is kept.
    pub fn close(&self) {
        if !self.is_closed() {
            self.collect();
            self.closed.set(true);
            let _ = self.browser.call(None, "Target.closeTarget", json!({ "targetId": self.target }));
        }
    }

    /// Whether it is closed, and can only be asked for its complaints.
    pub fn is_closed(&self) -> bool {
        self.closed.get()
    }

    /// Names an origin that the page may talk to, by a URL of it.
    pub fn allow(&self, url: &str) {
        self.allowed.borrow_mut().push(origin(url));
    }

    pub(super) fn is_allowed(&self, url: &str) -> bool {
        let inside = ["data:", "blob:", "about:", "chrome-error:"];
        inside.iter().any(|scheme| url.starts_with(scheme)) || self.allowed.borrow().contains(&origin(url))
    }

    pub(super) fn events(&self) -> Vec<Value> {
        self.browser.events(&self.session)
    }

    pub(super) fn open_complaints(&self) -> &RefCell<Vec<String>> {
        &self.complaints
    }

    fn document_id(&self) -> Value {
        let tree = self.call("Page.getFrameTree", json!({})).unwrap_or_default();
        tree["frameTree"]["frame"]["loaderId"].clone()
    }

    fn loaded(&self) -> Result<(), String> {
        self.holds("document.readyState === 'complete'")
    }

    // ---- what it holds

    /// The value of an expression; of a promise, what it comes to. Fails where it throws.
    #[track_caller]
    pub fn eval(&self, js: &str) -> Value {
        self.try_eval(js).unwrap_or_else(|error| panic!("{js:.200}: {error}"))
    }

    /// As [`Tab::eval`]; the error is what it throws.
    pub fn try_eval(&self, js: &str) -> Result<Value, String> {
        self.evaluate(js, true).map(|mut result| result["value"].take())
    }

    /// The handle of an object: of the element that `js` comes to.
    pub(super) fn object(&self, js: &str) -> Result<Value, String> {
        self.evaluate(js, false).map(|mut result| result["objectId"].take())
    }

    fn evaluate(&self, js: &str, by_value: bool) -> Result<Value, String> {
        let params = json!({
            "expression": js, "awaitPromise": true, "returnByValue": by_value, "userGesture": true
        });
        let mut answer = self.call("Runtime.evaluate", params)?;
        let thrown = &answer["exceptionDetails"];
        if thrown.is_null() {
            return Ok(answer["result"].take());
        }
        let said = thrown["exception"]["description"].as_str().or(thrown["text"].as_str());
        Err(said.unwrap_or("an exception").to_owned())
    }

    /// Waits until an expression is true, for 10 s.
    #[track_caller]
    pub fn until(&self, js: &str) {
        self.holds(js).unwrap_or_else(|error| panic!("{error}"));
    }

    fn holds(&self, js: &str) -> Result<(), String> {
        self.holds_within(wait::LIMIT, js)
    }

    /// As [`Tab::until`], with a limit of its own. The error names what was waited for.
    pub fn holds_within(&self, limit: Duration, js: &str) -> Result<(), String> {
        let mut last = Ok(Value::Null);
        let held = wait::until(limit, || {
            last = self.try_eval(&format!("!!({js})"));
            (last == Ok(json!(true))).then_some(())
        });
        held.ok_or_else(|| {
            let error = last.err().map(|error| format!(" ({error})")).unwrap_or_default();
            let url = self.try_eval("location.href").unwrap_or_default();
            let url = url.as_str().unwrap_or("an unknown page");
            format!("in {} s this never held: {js}{error}, at {url}", limit.as_secs())
        })
    }

    /// Waits until an element is there and returns its text, as it is seen.
    #[track_caller]
    pub fn text(&self, selector: &str) -> String {
        let element = element(selector);
        self.until(&element);
        self.eval(&format!("{element}.innerText")).as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the text of an element holds `part`.
    #[track_caller]
    pub fn until_text(&self, selector: &str, part: &str) {
        self.until(&format!("{}?.innerText.includes({})", element(selector), json!(part)));
    }

    /// The document's HTML as it is now.
    pub fn html(&self) -> Result<String, String> {
        let html = self.try_eval("document.documentElement.outerHTML")?;
        Ok(html.as_str().unwrap_or_default().to_owned())
    }

    // ---- how it is shown

    /// The size of the window, in CSS pixels. Below 600 it is a phone's, which heeds `<meta name=viewport>`.
    #[track_caller]
    pub fn viewport(&self, width: u32, height: u32) {
        self.resize(width, height).unwrap();
    }

    fn resize(&self, width: u32, height: u32) -> Result<(), String> {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 });
        self.call("Emulation.setDeviceMetricsOverride", size).map(drop)
    }

    /// The colour scheme of the system.
    #[track_caller]
    pub fn theme(&self, theme: Theme) {
        self.theme.set(theme);
        self.emulate_media().unwrap();
    }

    /// Shows the page as it is printed.
    #[track_caller]
    pub fn print_media(&self, print: bool) {
        self.print.set(print);
        self.emulate_media().unwrap();
    }

    fn emulate_media(&self) -> Result<(), String> {
        let theme = if self.theme.get() == Theme::Dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": theme }]);
        let media = if self.print.get() { "print" } else { "" };
        self.call("Emulation.setEmulatedMedia", json!({ "media": media, "features": features })).map(drop)
    }

    /// Whether scripts of pages run, from the next page on.
    #[track_caller]
    pub fn scripts(&self, run: bool) {
        self.call("Emulation.setScriptExecutionDisabled", json!({ "value": !run })).unwrap();
    }

    /// Takes the network away from the page, this machine's included, or gives it back.
    #[track_caller]
    pub fn offline(&self, offline: bool) {
        let conditions = json!({
            "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1
        });
        self.call("Network.emulateNetworkConditions", conditions).unwrap();
    }

    /// Brings the tab before the other ones.
    #[track_caller]
    pub fn bring_to_front(&self) {
        self.call("Page.bringToFront", json!({})).unwrap();
    }

    /// Saves the whole page as `target/browser/NAME.png`.
    #[track_caller]
    pub fn screenshot(&self, name: &str) -> PathBuf {
        self.try_screenshot(name).unwrap()
    }

    /// As [`Tab::screenshot`].
    pub fn try_screenshot(&self, name: &str) -> Result<PathBuf, String> {
        // A tab behind others isn't drawn.
        self.call("Page.bringToFront", json!({}))?;
        let mut size = self.call("Page.getLayoutMetrics", json!({}))?["cssContentSize"].take();
        size["scale"] = json!(1);
        let params = json!({ "format": "png", "captureBeyondViewport": true, "clip": size });
        let answer = self.call("Page.captureScreenshot", params)?;
        save(&format!("{name}.png"), &decode(&answer["data"])?)
    }

    /// Saves the page as it is printed, as `target/browser/NAME.pdf`.
    #[track_caller]
    pub fn pdf(&self, name: &str) -> PathBuf {
        let answer = self.call("Page.printToPDF", json!({ "printBackground": true })).unwrap();
        save(&format!("{name}.pdf"), &decode(&answer["data"]).unwrap()).unwrap()
    }
}

/// The expression for the first element that a selector finds.
pub fn element(selector: &str) -> String {
    format!("document.querySelector({})", json!(selector))
}

fn origin(url: &str) -> String {
    match Url::parse(url) {
        // A web socket is asked of the same server.
        Ok(mut url) => {
            let _ = if url.scheme() == "ws" { url.set_scheme("http") } else { Ok(()) };
            let origin = url.origin();
            if origin.is_tuple() { origin.ascii_serialization() } else { format!("{}:", url.scheme()) }
        }
        Err(_) => url.to_owned(),
    }
}

fn decode(data: &Value) -> Result<Vec<u8>, String> {
    let text = data.as_str().unwrap_or_default();
    base64::engine::general_purpose::STANDARD.decode(text).map_err(|error| error.to_string())
}

/// `target/browser`, wherever `target` is.
fn saved() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser")
}

/// Writes a file into `target/browser`.
pub fn save(name: &str, bytes: &[u8]) -> Result<PathBuf, String> {
    let file = saved().join(name);
    fs::create_dir_all(saved()).and_then(|()| fs::write(&file, bytes)).map_err(|error| error.to_string())?;
    Ok(file)
}

/// Removes the files from `target/browser` whose names begin so.
pub fn forget(prefix: &str) {
    for entry in fs::read_dir(saved()).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            let _ = fs::remove_file(entry.path());
        }
    }
}
