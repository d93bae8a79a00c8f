//! The account's labels, as they are named on the command line and in campaigns: by name or by id.

use crate::app::account::pages;
use crate::app::{App, AppError};
use crate::domain::ids::LabelId;
use crate::sendwo::{Client, Label, Transport};

/// A name is near another from here on.
const MIN_SIMILARITY: f64 = 0.5;

/// The labels that the account has.
#[derive(Clone, Debug)]
pub struct Labels(Vec<Label>);

impl Labels {
    /// Asks for them.
    ///
    /// # Errors
    /// When they can't be read.
    pub async fn of<T: Transport>(app: &App, client: &Client<T>) -> Result<Labels, AppError> {
        Ok(Labels(pages::all(app, "labels", client.labels().all()).await?))
    }

    /// Those that these texts name: exactly, else by their id, else in any case.
    ///
    /// # Errors
    /// Where one names none, or several, with what was probably meant: exit 2.
    pub fn named(&self, texts: &[String]) -> Result<Vec<&Label>, AppError> {
        let found: Vec<_> = texts.iter().map(|text| self.find(text.trim())).collect();
        let mut wrong: Vec<AppError> = Vec::new();
        let mut labels: Vec<&Label> = Vec::new();
        for found in found {
            match found {
                Ok(label) if labels.contains(&label) => {}
                Ok(label) => labels.push(label),
                Err(error) => wrong.push(error),
            }
        }
        if wrong.len() < 2 {
            return wrong.pop().map_or(Ok(labels), Err);
        }
        let told = |error: &AppError| match &error.hint {
            Some(hint) => format!("{}; {hint}", error.message),
            None => error.message.clone(),
        };
        Err(AppError::usage(format!("{} labels can't be used", wrong.len()))
            .details(wrong.iter().map(told).collect()))
    }

    /// The same, by their ids and names.
    ///
    /// # Errors
    /// As [`Labels::named`]; also where Sendwo doesn't tell an id.
    pub fn ids(&self, texts: &[String]) -> Result<Vec<(LabelId, String)>, AppError> {
        let with_id = |label: &Label| {
            let name = label.name.clone().unwrap_or_default();
            match &label.id {
                Some(id) => Ok((id.clone(), name)),
                None => Err(AppError::failed(format!("Sendwo doesn't tell the id of the label `{name}`"))
                    .hint("give its id, as Sendwo's dashboard shows it")),
            }
        };
        self.named(texts)?.into_iter().map(with_id).collect()
    }

    fn find(&self, text: &str) -> Result<&Label, AppError> {
        let named = |label: &&Label| label.name.as_deref() == Some(text);
        let by_id = |label: &&Label| label.id.as_ref().is_some_and(|id| id.as_str() == text);
        if let Some(label) = self.0.iter().find(named).or_else(|| self.0.iter().find(by_id)) {
            return Ok(label);
        }
        let lower = text.to_lowercase();
        let alike: Vec<_> = self.names().filter(|(name, _)| name.to_lowercase() == lower).collect();
        match alike[..] {
            [(_, label)] => Ok(label),
            [] => Err(AppError::usage(format!("the account has no label `{text}`")).hint(self.near(&lower))),
            _ => {
                let names: Vec<_> = alike.iter().map(|(name, _)| format!("`{name}`")).collect();
                Err(AppError::usage(format!("`{text}` may be any of {}", names.join(", ")))
                    .hint("write it as it is, or give its id"))
            }
        }
    }

    fn names(&self) -> impl Iterator<Item = (&str, &Label)> {
        self.0.iter().filter_map(|label| Some((label.name.as_deref()?, label)))
    }

    /// What was probably meant by a text in lower case.
    fn near(&self, lower: &str) -> String {
        let likeness = |name: &str| {
            let name = name.to_lowercase();
            // The beginning of a long name is alike, too.
            strsim::normalized_damerau_levenshtein(lower, &name).max(strsim::jaro_winkler(lower, &name) * 0.8)
        };
        let mut near: Vec<_> = self
            .names()
            .map(|(name, _)| (likeness(name), name))
            .filter(|(likeness, _)| *likeness >= MIN_SIMILARITY)
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let near: Vec<_> = near.iter().take(3).map(|(_, name)| format!("`{name}`")).collect();
        match &near[..] {
            [] if self.0.is_empty() => "it has none yet: `sendcast labels create NAME` makes one".to_owned(),
            [] => "`sendcast labels list` shows those that there are".to_owned(),
            [one] => format!("did you mean {one}?"),
            [others @ .., last] => format!("did you mean {} or {last}?", others.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[(&str, &str)]) -> Labels {
        let label = |(id, name): &(&str, &str)| Label {
            id: Some(LabelId::new(*id)),
            name: Some((*name).to_owned()),
            ..Label::default()
        };
        Labels(names.iter().map(label).collect())
    }

    fn named(labels: &Labels, texts: &[&str]) -> Result<Vec<String>, String> {
        let texts: Vec<_> = texts.iter().map(|text| (*text).to_owned()).collect();
        let id = |label: &&Label| label.id.as_ref().unwrap().to_string();
        labels.named(&texts).map(|found| found.iter().map(id).collect()).map_err(|error| {
            [vec![error.message], error.details, error.hint.into_iter().collect()].concat().join("\n")
        })
    }

    #[test]
    fn labels_are_named_by_name_or_id() {
        let known = labels(&[
            ("12", "Lead"),
            ("18", "VIP"),
            ("22", "12"),
            ("23", "vip"),
            ("24", "High Intent Leads"),
        ]);
        assert_eq!(named(&known, &["Lead", " lead ", "18", "LEAD"]), Ok(vec!["12".into(), "18".into()]));
        assert_eq!(named(&known, &["12"]), Ok(vec!["22".into()]), "a name goes before an id");
        assert_eq!(named(&known, &["VIP", "vip"]), Ok(vec!["18".into(), "23".into()]));
        assert!(named(&known, &["Vip"]).unwrap_err().contains("may be any of `VIP`, `vip`"));
    }

    #[test]
    fn unknown_names_say_so_and_offer_near_ones() {
        let known = labels(&[("12", "Lead"), ("18", "Leads 2026"), ("24", "VIP")]);
        let error = named(&known, &["Leed"]).unwrap_err();
        assert_eq!(error, "the account has no label `Leed`\ndid you mean `Lead` or `Leads 2026`?");
        let error = named(&known, &["Leed", "VIP", "zzzz"]).unwrap_err();
        assert!(error.starts_with("2 labels can't be used\n") && error.contains("labels list"), "{error}");
        assert!(named(&labels(&[]), &["x"]).unwrap_err().contains("labels create"));
    }
}
