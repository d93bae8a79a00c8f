//! A JSON object of which some keys are changed: all other values stay as they are written, to the byte, since a number's digits
//! and an expert's lines mean something.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

/// What a level of objects is set in by.
const INDENT: &str = "  ";

/// The keys of an object in their order, with their values as they are written.
#[derive(Clone, Debug, Default)]
pub(super) struct Object(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Object, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Object;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
                let mut entries = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    entries.push(entry);
                }
                Ok(Object(entries))
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

impl Object {
    /// Reads a text.
    ///
    /// # Errors
    /// When it is no object.
    pub fn read(text: &str) -> serde_json::Result<Object> {
        serde_json::from_str(text.strip_prefix('\u{feff}').unwrap_or(text))
    }

    /// The value of a key, as it is written.
    pub fn get(&self, key: &str) -> Option<&RawValue> {
        self.0.iter().find(|(each, _)| each == key).map(|(_, value)| &**value)
    }

    /// All keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &RawValue)> {
        self.0.iter().map(|(key, value)| (&**key, &**value))
    }

    /// Puts a value at a path of keys, or takes it away. An object on the way is made where there is none, and goes where it is
    /// left empty.
    ///
    /// # Errors
    /// When what is on the way is no object.
    pub fn set(&mut self, path: &[&str], value: Option<&Value>) -> serde_json::Result<()> {
        self.set_at(path, value, 1)
    }

    fn set_at(&mut self, path: &[&str], value: Option<&Value>, depth: usize) -> serde_json::Result<()> {
        let Some((key, below)) = path.split_first() else { return Ok(()) };
        let value = match below {
            [] => value.map(|value| raw(&indented(&format!("{value:#}"), depth))).transpose()?,
            below => {
                let mut object =
                    self.get(key).map(|raw| Object::read(raw.get())).transpose()?.unwrap_or_default();
                object.set_at(below, value, depth + 1)?;
                match object.0.is_empty() {
                    true => None,
                    false => Some(raw(&object.text_at(depth))?),
                }
            }
        };
        let place = self.0.iter().position(|(each, _)| each == key);
        match (place, value) {
            (Some(place), Some(value)) => self.0[place].1 = value,
            (Some(place), None) => drop(self.0.remove(place)),
            (None, Some(value)) => self.0.push(((*key).to_owned(), value)),
            (None, None) => {}
        }
        Ok(())
    }

    /// As a file.
    pub fn text(&self) -> String {
        let mut text = self.text_at(0);
        text.push('\n');
        text
    }

    fn text_at(&self, depth: usize) -> String {
        let line = format!("\n{}", INDENT.repeat(depth + 1));
        let entries: Vec<_> =
            self.0.iter().map(|(key, value)| format!("{line}{}: {value}", Value::from(&**key))).collect();
        format!("{{{}\n{}}}", entries.join(","), INDENT.repeat(depth))
    }
}

fn raw(text: &str) -> serde_json::Result<Box<RawValue>> {
    RawValue::from_string(text.to_owned())
}

fn indented(text: &str, depth: usize) -> String {
    text.replace('\n', &format!("\n{}", INDENT.repeat(depth)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(text: &str, path: &[&str], value: Option<Value>) -> String {
        let mut object = Object::read(text).unwrap();
        object.set(path, value.as_ref()).unwrap();
        object.text()
    }

    #[test]
    fn only_the_key_that_is_meant_is_changed() {
        let text = "{\n  \"name\": \"x\",\n  \"variables\": {\"price\": 1.50,   \"n\": 12345678901234567890123},\n  \"audience\": {\n    \
                    \"file\": \"a.csv\",\n    \"where\": \"a  >  1.0\"\n  }\n}\n";
        assert_eq!(changed(text, &["daily"], None), text, "what isn't there needn't go");
        let set = changed(text, &["audience", "phone"], Some(json!("Mobile")));
        assert_eq!(set, text.replace("1.0\"\n", "1.0\",\n    \"phone\": \"Mobile\"\n"));
        assert_eq!(changed(&set, &["audience", "phone"], None), text);
        let set = changed(text, &["name"], Some(json!("y \"z\"")));
        assert_eq!(set, text.replace("\"x\"", r#""y \"z\"""#));
    }

    #[test]
    fn an_object_on_the_way_comes_and_goes() {
        let set = changed("{}", &["schedule", "hours"], Some(json!("09:00-20:00")));
        assert_eq!(set, "{\n  \"schedule\": {\n    \"hours\": \"09:00-20:00\"\n  }\n}\n");
        assert_eq!(changed(&set, &["schedule", "hours"], None), "{\n}\n");
        let mut object = Object::read(r#"{"schedule": 5}"#).unwrap();
        assert!(object.set(&["schedule", "hours"], Some(&json!("x"))).is_err());
        assert_eq!(object.text(), "{\n  \"schedule\": 5\n}\n");
    }

    #[test]
    fn values_are_set_in_by_their_depth() {
        let set = changed("{\"a\": 1}", &["message"], Some(json!({"type": "text", "body": "a\nb"})));
        assert_eq!(
            set,
            "{\n  \"a\": 1,\n  \"message\": {\n    \"type\": \"text\",\n    \"body\": \"a\\nb\"\n  }\n}\n"
        );
    }
}
