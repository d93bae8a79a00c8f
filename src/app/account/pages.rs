//! The account's lists, page by page: a page that gets lost on the way is asked for again.

use std::time::Duration;

use crate::app::{App, AppError};
use crate::sendwo::{ApiError, ApiErrorKind, Listed, Pages, Transport};

/// A page is asked for so often once more.
const MAX_TRIES: u32 = 3;

/// No server is waited for longer than this.
const MAX_PAUSE: Duration = Duration::from_secs(60);

/// All rows of a list.
///
/// # Errors
/// As for [`each`].
pub async fn all<R: Listed>(
    app: &App,
    what: &str,
    pages: Pages<'_, impl Transport, R>,
) -> Result<Vec<R>, AppError> {
    let mut rows = Vec::new();
    each(app, what, pages, |row| rows.push(row)).await?;
    Ok(rows)
}

/// Calls `take` for each row of a list, and tells how many there were so far.
///
/// # Errors
/// When a page can't be read: what was taken by then is only a part.
pub async fn each<R: Listed>(
    app: &App,
    what: &str,
    mut pages: Pages<'_, impl Transport, R>,
    mut take: impl FnMut(R),
) -> Result<(), AppError> {
    let reading = app.reading();
    let (mut taken, mut tries) = (0, 0);
    while let Some(row) = pages.next().await {
        match row {
            Ok(row) => {
                take(row);
                (taken, tries) = (taken + 1, 0);
                reading.listed(what, taken);
            }
            Err(error) => {
                tries += 1;
                let pause = pause(&error, tries, taken > 0).ok_or(error)?;
                tokio::time::sleep(pause).await;
                pages.again();
            }
        }
    }
    Ok(())
}

/// How long to wait before a page that couldn't be read is asked for once more; `None` where it isn't. Of many pages one
/// may well be lost, and too many at once are what a long list may be refused for.
fn pause(error: &ApiError, tries: u32, begun: bool) -> Option<Duration> {
    let usual = Duration::from_millis(500) * 2_u32.saturating_pow(tries.saturating_sub(1));
    let pause = match error.kind {
        ApiErrorKind::Throttled { retry_after } => retry_after.unwrap_or(usual),
        ApiErrorKind::Faulty { retry_after } if begun => retry_after.unwrap_or(usual),
        ApiErrorKind::Unreachable if begun => usual,
        _ => return None,
    };
    (tries <= MAX_TRIES && pause <= MAX_PAUSE).then_some(pause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_asked_for_again_where_that_may_help() {
        let error = |kind| ApiError::new(kind, "subscriber/list");
        let after =
            |seconds: u64| ApiErrorKind::Throttled { retry_after: Some(Duration::from_secs(seconds)) };
        let faulty = ApiErrorKind::Faulty { retry_after: None };
        let ms = |ms| Some(Duration::from_millis(ms));
        for (kind, tries, begun, expected) in [
            (ApiErrorKind::Unreachable, 1, true, ms(500)),
            (ApiErrorKind::Unreachable, 3, true, ms(2000)),
            (ApiErrorKind::Unreachable, 4, true, None),
            (ApiErrorKind::Unreachable, 1, false, None),
            (faulty, 2, true, ms(1000)),
            (faulty, 1, false, None),
            (after(7), 1, false, ms(7000)),
            (after(600), 1, true, None),
            (ApiErrorKind::Refused, 1, true, None),
            (ApiErrorKind::Unauthorised, 1, true, None),
        ] {
            assert_eq!(pause(&error(kind), tries, begun), expected, "{kind:?} {tries} {begun}");
        }
    }
}
