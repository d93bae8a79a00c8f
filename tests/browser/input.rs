//! What a user does to a page: by the mouse, the keyboard and files.
#![cfg(test)] // lets clippy take the helpers for test code

use std::path::Path;

use serde_json::{Value, json};

use super::page::{Tab, element};
use super::wait;

impl Tab {
    /// Clicks the middle of an element with the mouse. Waits until it is there, and nothing covers it.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let (x, y) = self.place(selector);
        for kind in ["mouseMoved", "mousePressed", "mouseReleased"] {
            let button = if kind == "mouseMoved" { "none" } else { "left" };
            let event = json!({ "type": kind, "x": x, "y": y, "button": button, "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event).unwrap();
        }
    }

    /// Presses a key, as `a`, `?`, `Enter` or `Control+Shift+ArrowDown`.
    #[track_caller]
    pub fn press(&self, keys: &str) {
        let stroke = Stroke::parse(keys).unwrap_or_else(|| panic!("no such key: {keys}"));
        for event in stroke.events() {
            self.call("Input.dispatchKeyEvent", event).unwrap();
        }
    }

    /// Types text into what has the focus, at once.
    #[track_caller]
    pub fn type_text(&self, text: &str) {
        self.call("Input.insertText", json!({ "text": text })).unwrap();
    }

    /// Clicks a field and puts text in the place of what it holds.
    #[track_caller]
    pub fn fill(&self, selector: &str, text: &str) {
        self.click(selector);
        self.eval(&format!("{}.select()", element(selector)));
        if text.is_empty() {
            self.press("Delete");
        } else {
            self.type_text(text);
        }
    }

    /// Chooses an option of a `<select>` by its value. Its list is the system's, which no mouse of ours reaches.
    #[track_caller]
    pub fn choose(&self, selector: &str, value: &str) {
        self.until(&element(selector));
        let chosen = self.eval(&format!(
            "(() => {{
                const list = {};
                list.focus();
                list.value = {};
                for (const kind of ['input', 'change']) list.dispatchEvent(new Event(kind, {{ bubbles: true }}));
                return list.value;
            }})()",
            element(selector),
            json!(value)
        ));
        assert_eq!(chosen, json!(value), "{selector} has no such option");
    }

    /// Chooses a file in an `<input type=file>`.
    #[track_caller]
    pub fn set_files(&self, selector: &str, file: &Path) {
        self.until(&element(selector));
        let input = self.object(&element(selector)).unwrap();
        self.call("DOM.setFileInputFiles", json!({ "files": [file], "objectId": input })).unwrap();
    }

    /// Drags a file from outside onto an element and drops it there.
    #[track_caller]
    pub fn drop_file(&self, selector: &str, file: &Path) {
        let (x, y) = self.place(selector);
        let data = json!({ "items": [], "files": [file], "dragOperationsMask": 1 });
        for kind in ["dragEnter", "dragOver", "drop"] {
            let event = json!({ "type": kind, "x": x, "y": y, "data": data });
            self.call("Input.dispatchDragEvent", event).unwrap();
        }
    }

    /// The middle of an element, scrolled into view, once a click there would reach it.
    #[track_caller]
    fn place(&self, selector: &str) -> (f64, f64) {
        let find = format!(
            "(() => {{
                const element = {};
                if (!element) return 'it is not there';
                element.scrollIntoView({{ block: 'center', inline: 'center', behavior: 'instant' }});
                const box = element.getBoundingClientRect();
                if (!box.width || !box.height) return 'it is not shown';
                const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
                const top = document.elementFromPoint(x, y);
                const reached = top && (element.contains(top) || top.contains(element) || top.control === element
                    || top.closest('label')?.control === element);
                if (!reached) return 'it is covered by ' + (top?.outerHTML.slice(0, 100) ?? 'nothing: out of view');
                return [x, y];
            }})()",
            element(selector)
        );
        let mut last = Ok(Value::Null);
        let place = wait::until(wait::LIMIT, || {
            last = self.try_eval(&find);
            let place = last.as_ref().ok()?;
            Some((place[0].as_f64()?, place[1].as_f64()?))
        });
        place.unwrap_or_else(|| panic!("{selector} can't be reached in 10 s: {last:?}"))
    }
}

/// A key with those that are held meanwhile.
struct Stroke<'a> {
    key: &'a str,
    // The number that Windows gives the key, by which the browser knows what it does.
    number: u32,
    text: String,
    modifiers: u32,
}

const ALT: u32 = 1;
const CONTROL: u32 = 2;
const META: u32 = 4;
const SHIFT: u32 = 8;

impl<'a> Stroke<'a> {
    fn parse(keys: &'a str) -> Option<Self> {
        // The plus itself may stand at the end.
        let last = keys.char_indices().next_back()?.0;
        let (held, key) = match keys[..last].rfind('+') {
            Some(plus) => (&keys[..plus], &keys[plus + 1..]),
            None => ("", keys),
        };
        let mut modifiers = 0;
        for held in held.split('+').filter(|held| !held.is_empty()) {
            modifiers |= match held {
                "Alt" => ALT,
                "Control" => CONTROL,
                "Meta" => META,
                "Shift" => SHIFT,
                _ => return None,
            };
        }
        let (number, text) = match key {
            "Backspace" => (8, ""),
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "Space" => return Some(Self { key: " ", number: 32, text: " ".to_owned(), modifiers }),
            "PageUp" => (33, ""),
            "PageDown" => (34, ""),
            "End" => (35, ""),
            "Home" => (36, ""),
            "ArrowLeft" => (37, ""),
            "ArrowUp" => (38, ""),
            "ArrowRight" => (39, ""),
            "ArrowDown" => (40, ""),
            "Delete" => (46, ""),
            _ if key.chars().count() != 1 => return None,
            _ => {
                let upper = key.chars().next()?.to_ascii_uppercase();
                (if upper.is_ascii_alphanumeric() { u32::from(upper) } else { 0 }, key)
            }
        };
        let text = if modifiers & !SHIFT == 0 { text.to_owned() } else { String::new() };
        Some(Self { key, number, text, modifiers })
    }

    fn events(&self) -> [Value; 2] {
        let kind = if self.text.is_empty() { "rawKeyDown" } else { "keyDown" };
        let event = |kind: &str, text: &str| {
            json!({
                "type": kind,
                "key": self.key,
                "windowsVirtualKeyCode": self.number,
                "text": text,
                "modifiers": self.modifiers,
            })
        };
        let mut down = event(kind, &self.text);
        if self.modifiers == CONTROL && self.key == "a" {
            // A window system would make a command of it.
            down["commands"] = json!(["selectAll"]);
        }
        [down, event("keyUp", "")]
    }
}
