//! A campaign's messages, of which each person gets one.
//!
//! Invariant: which one follows from the variants' names and weights, the campaign's name and the person alone. So an
//! edited file, a new round and another machine give the same person the same one.

use std::collections::BTreeSet;

use super::in_message;
use crate::campaign::error::CampaignError;
use crate::campaign::file::campaign::{Campaign, Variant};
use crate::campaign::plan::content::Compiled;
use crate::campaign::template::Templates;
use crate::domain::draw;
use crate::domain::text::Cell;

/// All of them.
#[derive(Debug)]
pub(super) struct Variants {
    campaign: String,
    all: Vec<Choice>,
}

/// One of them.
#[derive(Debug)]
pub(super) struct Choice {
    /// What the report calls it; `None` where it is the only message.
    pub name: Option<Cell>,
    weight: u32,
    /// The message.
    pub compiled: Compiled,
    /// Its type.
    pub kind: &'static str,
}

impl Variants {
    /// Compiles each, and tells what is to be noted of it.
    ///
    /// # Errors
    /// What is wrong with one of them for every row.
    pub fn new(
        campaign: &Campaign,
        variants: &[Variant],
        templates: &mut Templates,
        notes: &mut Vec<String>,
    ) -> Result<Variants, CampaignError> {
        let mut all = Vec::with_capacity(variants.len());
        for (at, Variant { name, weight, literal, draft }) in variants.iter().enumerate() {
            templates.literal(*literal);
            let compiled =
                Compiled::new(draft, templates).map_err(|wrong| in_message(campaign, at, &wrong))?;
            notes.extend(compiled.notes.iter().map(|note| match name {
                Some(name) => format!("variant `{name}`: {note}"),
                None => note.clone(),
            }));
            let name = name.as_deref().map(Cell::from);
            all.push(Choice { name, weight: *weight, compiled, kind: draft.kind() });
        }
        Ok(Variants { campaign: campaign.name.to_string(), all })
    }

    /// The message that a person gets.
    pub fn of(&self, person: u64) -> &Choice {
        let weighted = self.all.iter().map(|choice| (choice.name.as_deref().unwrap_or(""), choice.weight));
        let drawn = match self.all.as_slice() {
            [_] => None,
            _ => draw::choose(weighted, &self.campaign, person),
        };
        &self.all[drawn.unwrap_or(0)]
    }

    /// The type that all of them have.
    pub fn kind(&self) -> Option<&'static str> {
        let first = self.all.first()?.kind;
        self.all.iter().all(|choice| choice.kind == first).then_some(first)
    }

    /// The positions of the columns that any of them names, in order.
    pub fn columns(&self) -> BTreeSet<usize> {
        self.all.iter().flat_map(|choice| choice.compiled.columns.iter().copied()).collect()
    }
}
