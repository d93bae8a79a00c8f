//! What is visible of a cell, and which known word was probably meant by an unknown one.

use crate::domain::message::is_invisible;

/// A cell without the white space around it; empty where nobody would see anything of it.
pub(super) fn visible(cell: &str) -> &str {
    let trimmed = cell.trim();
    if trimmed.chars().all(is_invisible) { "" } else { trimmed }
}

/// The known word that was probably meant; none where nothing is alike.
pub(super) fn probable<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = nearest(word, known)?;
    let alike = strsim::normalized_damerau_levenshtein(&word.to_lowercase(), &near.to_lowercase()) >= 0.5;
    alike.then_some(near)
}

/// The known word nearest to what was written.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let score = |candidate: &str| {
        let candidate = candidate.to_lowercase();
        strsim::normalized_damerau_levenshtein(&word, &candidate)
            .max(strsim::jaro_winkler(&word, &candidate) * 0.9)
    };
    known.into_iter().max_by(|a, b| score(a).total_cmp(&score(b)))
}
