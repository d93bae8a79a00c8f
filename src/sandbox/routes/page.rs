//! Lists, a page at a time.

use axum::response::Response;
use serde::Serialize;

use crate::sandbox::answer::{self, Refusal};
use crate::sandbox::options::Lists;
use crate::sandbox::params::Params;

/// The asked page of a list; the first, where none is named. Beyond the end it is empty.
pub(super) fn page<T: Serialize>(
    lists: Lists,
    params: &Params<'_>,
    rows: impl Iterator<Item = T>,
) -> Result<Response, Refusal> {
    let wrong = || Refusal::wrong("page", "must be an integer of at least 1.");
    let page = match params.get("page") {
        None => 1,
        Some(text) => text.trim().parse().ok().filter(|page: &usize| *page > 0).ok_or_else(wrong)?,
    };
    let before = if lists.ignore_page { 0 } else { page - 1 };
    let size = lists.rows.max(1);
    let rows: Vec<T> = rows.skip(before.saturating_mul(size)).take(size).collect();
    Ok(answer::success(&rows))
}
