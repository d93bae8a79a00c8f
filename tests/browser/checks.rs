//! What is wrong with a page: what it complains of, what axe finds, what hinders the keyboard or a narrow window.
#![cfg(test)] // lets clippy take the helpers for test code

use std::fmt;

use serde_json::{Value, json};

use super::page::Tab;
use super::wait;

/// axe-core 4.14.1, unchanged (MPL-2.0, `axe-LICENSE`).
pub const AXE: &str = include_str!("axe.min.js");

/// An obstacle that axe found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule's name, as `color-contrast`.
    pub rule: String,
    /// `minor`, `moderate`, `serious` or `critical`.
    pub impact: String,
    /// What has to hold.
    pub help: String,
    /// The HTML of each element that breaks it.
    pub nodes: Vec<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}): {}", self.rule, self.impact, self.help)?;
        self.nodes.iter().try_for_each(|node| write!(f, "\n    {node:.300}"))
    }
}

/// What has the focus.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Focus {
    /// The element's name in lower case; `body` where nothing has the focus.
    pub tag: String,
    /// Its id, or nothing.
    pub id: String,
    /// What a screen reader calls it.
    pub role: String,
    /// What a screen reader says it is named.
    pub name: String,
}

impl Tab {
    /// Takes what the page complained of since the last time: warnings, errors and exceptions, reports of its policy,
    /// dialogs, and requests to anybody whom it wasn't allowed to ask.
    pub fn complaints(&self) -> Vec<String> {
        self.collect();
        self.open_complaints().take()
    }

    /// Waits for complaints that hold `part`, and takes those alone.
    #[track_caller]
    pub fn expect_complaint(&self, part: &str) -> Vec<String> {
        let found = wait::until(wait::LIMIT, || {
            self.collect();
            let mut open = self.open_complaints().borrow_mut();
            let found: Vec<_> = open.extract_if(.., |complaint| complaint.contains(part)).collect();
            (!found.is_empty()).then_some(found)
        });
        found.unwrap_or_else(|| panic!("nobody complained of {part:?}; there is {:?}", self.complaints()))
    }

    /// Keeps what the page has complained of until it is taken.
    pub(super) fn collect(&self) {
        if self.is_closed() {
            return;
        }
        // What the page has caused stands before the answer to this.
        let _ = self.try_eval("1");
        let events = self.events();
        self.open_complaints().borrow_mut().extend(events.iter().filter_map(|event| self.complaint(event)));
    }

    fn complaint(&self, event: &Value) -> Option<String> {
        let params = &event["params"];
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match event["method"].as_str()? {
            "Log.entryAdded" => {
                let entry = &params["entry"];
                let level = entry["level"].as_str().filter(|level| ["warning", "error"].contains(level))?;
                Some(format!(
                    "{} {level}: {} {}",
                    text(&entry["source"]),
                    text(&entry["text"]),
                    text(&entry["url"])
                ))
            }
            "Runtime.exceptionThrown" => {
                let thrown = &params["exceptionDetails"];
                let said = thrown["exception"]["description"].as_str().or(thrown["text"].as_str());
                Some(format!("exception: {}", said.unwrap_or_default()))
            }
            "Runtime.consoleAPICalled" => {
                let kind =
                    params["type"].as_str().filter(|kind| ["warning", "error", "assert"].contains(kind))?;
                let said = params["args"].as_array()?.iter().map(|said| match said["value"].as_str() {
                    Some(said) => said.to_owned(),
                    None => said["description"].as_str().unwrap_or_default().to_owned(),
                });
                Some(format!("console.{kind}: {}", said.collect::<Vec<_>>().join(" ")))
            }
            "Page.javascriptDialogOpening" => {
                Some(format!("dialog: {}: {}", text(&params["type"]), text(&params["message"])))
            }
            "Network.requestWillBeSent" => self.foreign(&text(&params["request"]["url"])),
            "Network.webSocketCreated" => self.foreign(&text(&params["url"])),
            _ => None,
        }
    }

    fn foreign(&self, url: &str) -> Option<String> {
        (!self.is_allowed(url)).then(|| format!("request to somebody else: {url:.200}"))
    }

    /// The elements that make the page scroll sideways: nothing where it doesn't.
    #[track_caller]
    pub fn sideways(&self) -> Vec<String> {
        let found = self.eval(
            "(() => {
                const root = document.documentElement;
                if (root.scrollWidth <= root.clientWidth) return [];
                const wide = [...document.querySelectorAll('body *')]
                    .map(element => [element, Math.round(element.getBoundingClientRect().right + scrollX)])
                    .filter(([, right]) => right > root.clientWidth)
                    .map(([element, right]) => `${element.outerHTML.slice(0, 80)} ends at ${right} px`);
                return [`${root.scrollWidth} px in a window of ${root.clientWidth} px`, ...wide.slice(0, 5)];
            })()",
        );
        serde_json::from_value(found).unwrap()
    }

    /// What axe finds in the page as it is now. The page's policy doesn't bind it.
    #[track_caller]
    pub fn axe(&self) -> Vec<Finding> {
        if self.eval("typeof axe") != json!("object") {
            self.call("Runtime.evaluate", json!({ "expression": AXE })).unwrap();
        }
        let found =
            self.eval("axe.run(document, { resultTypes: ['violations'] }).then(found => found.violations)");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let finding = |rule: &Value| Finding {
            rule: text(&rule["id"]),
            impact: text(&rule["impact"]),
            help: text(&rule["help"]),
            nodes: rule["nodes"].as_array().unwrap().iter().map(|node| text(&node["html"])).collect(),
        };
        found.as_array().unwrap().iter().map(finding).collect()
    }

    /// Fails where anything is wrong with the page as it is now: it complained, scrolls sideways, or axe found something.
    #[track_caller]
    pub fn assert_sound(&self) {
        let mut wrong = self.complaints();
        wrong.extend(self.sideways());
        wrong.extend(self.axe().iter().map(Finding::to_string));
        assert!(wrong.is_empty(), "{}:\n{}", self.url(), wrong.join("\n"));
    }

    /// What has the focus now.
    #[track_caller]
    pub fn focus(&self) -> Focus {
        let element = self.object("document.activeElement ?? document.body").unwrap();
        let named = json!({ "objectId": element, "fetchRelatives": false });
        let named = self.call("Accessibility.getPartialAXTree", named).unwrap();
        let said = |key: &str| named["nodes"][0][key]["value"].as_str().unwrap_or_default().trim().to_owned();
        let text = |js: &str| self.eval(js).as_str().unwrap_or_default().to_owned();
        Focus {
            tag: text("document.activeElement?.localName ?? 'body'"),
            id: text("document.activeElement?.id"),
            role: said("role"),
            name: said("name"),
        }
    }

    /// Presses Tab `times` times and says what has the focus after each.
    #[track_caller]
    pub fn tab_order(&self, times: usize) -> Vec<Focus> {
        let press = |_| {
            self.press("Tab");
            self.focus()
        };
        (0..times).map(press).collect()
    }
}
