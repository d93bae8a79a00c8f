//! Usage and limits of each module.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::super::error::ApiError;
use super::super::fields::{Fields, number};
use super::super::transport::{Method, Transport};
use super::User;

const USAGE_LOG: &str = "user/usage/log";

/// "Module-wise usage limits and current consumption for the connected Sendwo account."
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Usage {
    /// `modules`
    pub modules: Vec<ModuleUsage>,
    /// `package_name`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package_name: Option<String>,
    /// `total_modules`: how many there are, also where fewer are listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_modules: Option<u64>,
    /// What else was said.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// A module's limit, and what of it is used.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ModuleUsage {
    /// `module_name`, for instance `Message Credit` or `Subscribers`.
    #[serde(rename = "module_name", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `limit`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<Limit>,
    /// `used`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<u64>,
    /// What else was said.
    #[serde(flatten)]
    pub other: Map<String, Value>,
}

/// How much of something a package allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// `"unlimited"`
    Unlimited,
    /// So many.
    Of(u64),
}

impl Limit {
    /// Reads `"unlimited"` in any case, a number, or a text of digits. Anything else is `None`: what isn't known to be
    /// unlimited isn't.
    #[must_use]
    pub fn read(value: &Value) -> Option<Limit> {
        match value {
            Value::String(text) if text.trim().eq_ignore_ascii_case("unlimited") => Some(Limit::Unlimited),
            value => number(value).map(Limit::Of),
        }
    }
}

impl Serialize for Limit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Limit::Unlimited => serializer.serialize_str("unlimited"),
            Limit::Of(n) => serializer.serialize_u64(*n),
        }
    }
}

impl Usage {
    /// The module of that name, in any case.
    #[must_use]
    pub fn module(&self, name: &str) -> Option<&ModuleUsage> {
        self.modules.iter().find(|module| {
            module.name.as_deref().is_some_and(|known| known.to_lowercase() == name.to_lowercase())
        })
    }
}

impl ModuleUsage {
    /// How much is left; `None` where the answer doesn't tell.
    #[must_use]
    pub fn left(&self) -> Option<Limit> {
        match self.limit? {
            Limit::Unlimited => Some(Limit::Unlimited),
            Limit::Of(limit) => Some(Limit::Of(limit.saturating_sub(self.used?))),
        }
    }
}

impl<T: Transport> User<'_, T> {
    /// Usage Log, `user/usage/log`: "check module-wise usage limits and current consumption".
    ///
    /// # Errors
    /// [`ApiError`].
    pub async fn usage(&self) -> Result<Usage, ApiError> {
        self.client
            .ask_for(Method::Post, USAGE_LOG, Vec::new(), |envelope| envelope.objects().find_map(read))
            .await
    }
}

fn read(fields: &Map<String, Value>) -> Option<Usage> {
    let mut fields = Fields::of(&Value::Object(fields.clone()))?;
    let modules = fields.take(&["modules"], |value| match value {
        Value::Array(rows) => Some(rows.iter().filter_map(module).collect()),
        Value::Object(rows) => Some(rows.values().filter_map(module).collect()),
        _ => None,
    })?;
    Some(Usage {
        modules,
        package_name: fields.text(&["package_name"]),
        total_modules: fields.number(&["total_modules"]),
        other: fields.rest(),
    })
}

fn module(row: &Value) -> Option<ModuleUsage> {
    let mut fields = Fields::of(row)?;
    Some(ModuleUsage {
        name: fields.text(&["module_name", "name"]),
        limit: fields.take(&["limit"], Limit::read),
        used: fields.number(&["used", "count"]),
        other: fields.rest(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn limits_are_numbers_or_unlimited() {
        for (value, limit) in [
            (json!("unlimited"), Some(Limit::Unlimited)),
            (json!(" Unlimited "), Some(Limit::Unlimited)),
            (json!(5000), Some(Limit::Of(5000))),
            (json!("5000"), Some(Limit::Of(5000))),
            (json!(0), Some(Limit::Of(0))),
            (json!(-1), None),
            (json!(""), None),
            (json!(null), None),
            (json!([1]), None),
        ] {
            assert_eq!(Limit::read(&value), limit, "{value}");
        }
    }

    #[test]
    fn what_is_left_is_told_where_it_is_known() {
        let left = |row: Value| module(&row).unwrap().left();
        assert_eq!(left(json!({"limit": 5000, "used": 1250})), Some(Limit::Of(3750)));
        assert_eq!(left(json!({"limit": "10", "used": "12"})), Some(Limit::Of(0)));
        assert_eq!(left(json!({"limit": "unlimited"})), Some(Limit::Unlimited));
        assert_eq!(left(json!({"limit": 5000})), None);
        assert_eq!(left(json!({"used": 1})), None);
    }
}
