//! A browser context: one user, with the tabs, the cookies and the downloads of a test.
#![cfg(test)] // lets clippy take the helpers for test code

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::thread;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::chromium::Browser;
use super::page::{Page, Tab};
use super::wait;

/// Cookies, storage and downloads of their own: one user of the browser.
pub struct Context {
    browser: Arc<Browser>,
    id: String,
    downloads: TempDir,
    // Shared with strangers.
    tabs: Rc<RefCell<Vec<Rc<Tab>>>>,
}

/// A cookie as the browser keeps it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// The host that gets it.
    pub domain: String,
    /// Whether scripts can't read it.
    pub http_only: bool,
    /// `Strict`, `Lax` or `None`, where the server said so.
    pub same_site: Option<String>,
}

impl Context {
    /// A context without cookies.
    pub fn new(browser: &Arc<Browser>) -> Result<Self, String> {
        let made = browser.call(None, "Target.createBrowserContext", json!({}))?;
        let id = made["browserContextId"].as_str().unwrap_or_default().to_owned();
        let downloads = TempDir::with_prefix("sendcast-downloads-").map_err(|error| error.to_string())?;
        let behavior = json!({
            "behavior": "allowAndName",
            "browserContextId": id,
            "downloadPath": downloads.path(),
            "eventsEnabled": true,
        });
        browser.call(None, "Browser.setDownloadBehavior", behavior)?;
        Ok(Self { browser: Arc::clone(browser), id, downloads, tabs: Rc::default() })
    }

    /// A new tab with this URL, loaded.
    #[track_caller]
    pub fn open(&self, url: &str) -> Page {
        let page = self.blank();
        page.goto(url);
        page
    }

    /// A new tab, empty: to set how pages are shown before the first one loads.
    #[track_caller]
    pub fn blank(&self) -> Page {
        let made = json!({ "url": "about:blank", "browserContextId": self.id });
        let made = self.browser.call(None, "Target.createTarget", made).unwrap();
        self.attach(made["targetId"].as_str().unwrap())
    }

    /// The tab that a page opens when it is used in this way, as by a click on a link with `target=_blank`.
    #[track_caller]
    pub fn opened_by(&self, action: impl FnOnce()) -> Page {
        let before = self.targets();
        action();
        let new = || self.targets().into_iter().find(|target| !before.contains(target));
        let target = wait::until(wait::LIMIT, new).unwrap_or_else(|| panic!("no tab was opened in 10 s"));
        let page = self.attach(&target);
        page.until("location.href !== 'about:blank' && document.readyState === 'complete'");
        page.allow(&page.url());
        page
    }

    #[track_caller]
    fn attach(&self, target: &str) -> Page {
        let tab = Rc::new(Tab::attach(&self.browser, target).unwrap());
        self.tabs.borrow_mut().push(Rc::clone(&tab));
        Page(tab)
    }

    fn targets(&self) -> Vec<String> {
        let found = self.browser.call(None, "Target.getTargets", json!({})).unwrap();
        let mine = |target: &&Value| target["type"] == "page" && target["browserContextId"] == *self.id;
        let id = |target: &Value| target["targetId"].as_str().unwrap_or_default().to_owned();
        found["targetInfos"].as_array().unwrap().iter().filter(mine).map(id).collect()
    }

    /// Another user of the same browser.
    #[track_caller]
    pub fn stranger(&self) -> Self {
        let mut stranger = Self::new(&self.browser).unwrap();
        stranger.tabs = Rc::clone(&self.tabs);
        stranger
    }

    /// Every tab that a test has opened, also by strangers, and also those that are closed.
    pub fn tabs(&self) -> Vec<Rc<Tab>> {
        self.tabs.borrow().clone()
    }

    /// All cookies, also those that scripts can't read.
    #[track_caller]
    pub fn cookies(&self) -> Vec<Cookie> {
        let mine = json!({ "browserContextId": self.id });
        let mut found = self.browser.call(None, "Storage.getCookies", mine).unwrap();
        serde_json::from_value(found["cookies"].take()).unwrap()
    }

    /// Forgets all cookies.
    #[track_caller]
    pub fn clear_cookies(&self) {
        let mine = json!({ "browserContextId": self.id });
        self.browser.call(None, "Storage.clearCookies", mine).unwrap();
    }

    /// A file that was downloaded under this name; waits until it is whole. Its path ends in another one.
    #[track_caller]
    pub fn downloaded(&self, name: &str) -> PathBuf {
        let found = wait::until(wait::LIMIT, || {
            let file = self.downloads.path().join(self.browser.downloaded(name)?);
            file.is_file().then_some(file)
        });
        found.unwrap_or_else(|| panic!("no download {name} in 10 s"))
    }

    /// Whether dialogs are accepted, as at a test's start, or cancelled, in all contexts: `confirm`, and the question
    /// whether to leave a page with unsaved text.
    pub fn accept_dialogs(&self, accept: bool) {
        self.browser.accept_dialogs(accept);
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        // Where a test fails, its tabs are still to be looked at.
        if !thread::panicking() {
            let mine = json!({ "browserContextId": self.id });
            let _ = self.browser.call(None, "Target.disposeBrowserContext", mine);
        }
    }
}
