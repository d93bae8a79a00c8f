//! Writing a report to a file, and remembering where it went.

use std::io::Write;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::app::campaign_dir::{CampaignDir, answers};
use crate::app::options::choices;
use crate::app::options::saved_options::{self, SavedOptions};
use crate::app::options::zone;
use crate::app::{App, AppError};
use crate::domain::text::Cell;
use crate::engine::replies::{self, Answer};
use crate::queue::{Listing, LocalQueue};
use crate::report::file::{self, FileError, Written};
use crate::report::{About, Filter, Format, Head, Reply, Scan, Spec, Stop, Tally, WriteError, place, write};
use crate::sys::clock::Clock as _;
use crate::sys::platform;
use crate::webhooks::Button;

/// The endings by which a file's name says its format.
const ENDINGS: &str = ".csv, .tsv, .json, .ndjson, .xlsx and .html";

/// The form that a file's name asks for by its ending: a format, and what stands between the cells of CSV. `None` where
/// the ending is no format's, or there is none.
#[must_use]
pub fn named_form(path: &Path) -> Option<(Format, u8)> {
    let ending = path.extension()?.to_str()?;
    if ["tsv", "tab"].iter().any(|tabs| ending.eq_ignore_ascii_case(tabs)) {
        return Some((Format::Csv, b'\t'));
    }
    ending.parse().ok().map(|format| (format, b','))
}

/// The same; a name without an ending gets CSV.
///
/// # Errors
/// When the ending is no format's.
pub fn form_of(path: &Path) -> Result<(Format, u8), AppError> {
    match (named_form(path), path.extension()) {
        (Some(form), _) => Ok(form),
        (None, None) => Ok((Format::Csv, b',')),
        (None, Some(ending)) => {
            let what = format!("{}: no report format has the ending `.{}`", path.display(), ending.display());
            Err(AppError::usage(what).hint(format!("reports end in {ENDINGS}; without an ending it is CSV")))
        }
    }
}

/// Where a run writes its report: where it was told to, else under the usual name in the working directory. One of an
/// earlier round never takes the newest one's place: `newest` is that round's number.
#[must_use]
pub fn path(campaign_dir: &CampaignDir, newest: u32, stored: &SavedOptions) -> PathBuf {
    match &stored.report {
        Some(path) if campaign_dir.round == newest => path.clone(),
        Some(path) => file::of_round(path, campaign_dir.round),
        None => {
            let name = file::default_name(
                &campaign_dir.name,
                campaign_dir.home.is_sandbox(),
                campaign_dir.round,
                Format::Csv,
            );
            PathBuf::from(name)
        }
    }
}

/// The campaign at one of its rounds, the newest where none is named.
///
/// # Errors
/// When there was no such round.
pub fn of_round(app: &App, newest: &CampaignDir, round: Option<u32>) -> Result<CampaignDir, AppError> {
    let campaign_dir = CampaignDir { round: round.unwrap_or(newest.round), ..newest.clone() };
    if campaign_dir.round == newest.round || LocalQueue::exists(&*app.disk, &campaign_dir.round_dir())? {
        return Ok(campaign_dir);
    }
    let what = format!("`{}` has no round {}", campaign_dir.name, campaign_dir.round);
    Err(AppError::usage(what).hint(match newest.round {
        1 => "there has been one round; `run --again` begins another".to_owned(),
        newest => format!("the newest is round {newest}"),
    }))
}

/// Tries the place of the report that a run will leave behind.
///
/// # Errors
/// When nothing can be written there: exit 2, before anything is sent.
pub fn try_place(app: &App, campaign_dir: &CampaignDir, stored: &SavedOptions) -> Result<(), AppError> {
    let path = path(campaign_dir, campaign_dir.round, stored);
    form_of(&path)?;
    place::try_place(&*app.disk, &path).map_err(|error| {
        let hint = match &error {
            FileError::Output { source, .. } if source.kind() != std::io::ErrorKind::NotFound => {
                Some("nothing was sent; name another place with `--report FILE`")
            }
            error => error.hint(),
        };
        AppError { hint: hint.map(str::to_owned), ..AppError::usage(error.to_string()) }
    })
}

/// Writes the report that a run leaves behind, of everybody, and says what its times mean. All that the run did must be
/// on disk.
///
/// # Errors
/// When it can't be written.
pub fn at_the_end(
    app: &App,
    campaign_dir: &CampaignDir,
    stored: &SavedOptions,
) -> Result<(Written, Option<String>), AppError> {
    let path = path(campaign_dir, campaign_dir.round, stored);
    let (format, delimiter) = form_of(&path)?;
    let zone = choices::timezone(&app.settings, stored);
    let spec = Spec { format, delimiter, zone, ..Spec::default() };
    let mut listing = Listing::open(app.disk.clone(), &campaign_dir.round_dir())?;
    let head = head(app, campaign_dir, &listing)?
        .ok_or_else(|| AppError::failed("internal: a run without a plan"))?;
    let written =
        to_file(app, campaign_dir, &path, &spec, &head, &mut |make, take| listing.parts(make, take))?;
    Ok((written, times(spec.format, &spec.zone)))
}

/// What the lines of a round's report have in common, with what people answered; `None` before the first plan.
///
/// # Errors
/// When it can't be read.
pub fn head(app: &App, campaign_dir: &CampaignDir, listing: &Listing) -> Result<Option<Head>, AppError> {
    let Some(newest) = listing.head() else { return Ok(None) };
    let answers = answers::of(&app.disk, campaign_dir)?;
    let about = About {
        campaign: campaign_dir.name.clone(),
        round: campaign_dir.round,
        trial: campaign_dir.home.is_sandbox(),
        made_at: app.clock.now(),
    };
    let head = with_answers(Head::new(newest, &listing.earlier_heads()?), &answers);
    Ok(Some(head.about(about)))
}

/// The same head with what people answered.
pub(in crate::app) fn with_answers(head: Head, answers: &[Answer]) -> Head {
    let buttons = replies::firsts(answers, |answer| answer.button.as_ref().map(shown));
    let firsts = replies::firsts(answers, |answer| answer.words.clone());
    let reply = |(job, (text, at))| {
        let button = buttons.get(&job).map(|(button, _)| button.clone());
        (job, Reply { text, button, at })
    };
    let replies = firsts.into_iter().map(reply).collect();
    let stops = replies::firsts(answers, |answer| answer.stop.clone());
    let stops = stops.into_iter().map(|(job, (reason, at))| (job, Stop { reason, at })).collect();
    head.with_replies(replies).with_stops(stops)
}

/// Writes the report of a round, as it is now, to `out`: a download. It isn't remembered anywhere. `spec.filter` leaves
/// lines out; what is returned counts all of them.
///
/// # Errors
/// When it can't be read or written.
pub fn to_writer(
    app: &App,
    campaign_dir: &CampaignDir,
    spec: &Spec,
    out: impl Write + Send,
) -> Result<Tally, AppError> {
    let mut listing = Listing::open(app.disk.clone(), &campaign_dir.round_dir())?;
    let head = head(app, campaign_dir, &listing)?;
    let head = head.ok_or_else(|| AppError::failed("nothing was planned in this round yet"))?;
    let written = write(out, spec, &head, &mut |make, take| listing.parts(make, take));
    written.map_err(|error| match error {
        WriteError::Queue(error) => error.into(),
        WriteError::Output(error) => AppError::failed(format!("the report can't be written: {error}")),
    })
}

/// What the lines of a round's report add up to, as it is now.
///
/// # Errors
/// When it can't be read.
pub fn figures(app: &App, campaign_dir: &CampaignDir) -> Result<Tally, AppError> {
    let spec = Spec { format: Format::Ndjson, filter: Filter::NONE, ..Spec::default() };
    to_writer(app, campaign_dir, &spec, std::io::sink())
}

/// What stands on a button; its id where it bears nothing.
fn shown(button: &Button) -> Cell {
    if button.title.is_empty() { button.id.as_str().into() } else { button.title.as_str().into() }
}

/// Writes a report and remembers where, for `erase`.
///
/// # Errors
/// When it can't be written.
pub fn to_file(
    app: &App,
    campaign_dir: &CampaignDir,
    path: &Path,
    spec: &Spec,
    head: &Head,
    scan: &mut Scan<'_>,
) -> Result<Written, AppError> {
    // Remembered first: a kill in between leaves a name too many, never a report that `erase` doesn't know.
    // By its real path: the bytes of a linked report are where the link leads. A pipe or a device keeps none.
    if !path.exists() || path.is_file() {
        saved_options::remember_report(&*app.disk, &campaign_dir.dir, &platform::real_path(path))?;
    }
    let written = file::write(&*app.disk, path, spec, head, scan)?;
    if let Some(asked) = &written.instead_of {
        saved_options::remember_report(&*app.disk, &campaign_dir.dir, &written.path)?;
        app.warn(format!(
            "{} is held by another program: the report is in {}",
            asked.display(),
            written.path.display()
        ));
    }
    Ok(written)
}

/// What the times of a report mean, for those that a person reads.
#[must_use]
pub fn times(format: Format, zone: &TimeZone) -> Option<String> {
    format.has_local_times().then(|| format!("times are {}", zone::name(zone)))
}

impl From<FileError> for AppError {
    fn from(error: FileError) -> AppError {
        let hint = error.hint().map(str::to_owned);
        match error {
            FileError::Queue(error) => error.into(),
            error => AppError { hint, ..AppError::failed(error.to_string()) },
        }
    }
}
