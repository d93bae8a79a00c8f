//! The use case: refuse what is there, ask or don't, write.

use std::path::{Path, PathBuf};

use crate::app::init::draft::People;
use crate::app::init::files;
use crate::app::init::interview::Interview;
use crate::app::{App, AppError};
use crate::campaign::{name_of_file, starter};
use crate::sys::platform;

/// What to write, and where.
#[derive(Clone, Debug, Default)]
pub struct InitRequest {
    /// The directory; it is made where there is none.
    pub dir: PathBuf,
    /// The spreadsheet, where it was named already.
    pub file: Option<PathBuf>,
    /// Whether the operator is asked. Else what is sure is taken: of a spreadsheet its own columns, without one the
    /// starter.
    pub asks: bool,
}

/// What was written.
#[derive(Clone, Debug)]
pub struct Written {
    /// The campaign file.
    pub campaign: PathBuf,
    /// All files.
    pub files: Vec<PathBuf>,
    /// Whether somebody has yet to say which number sends.
    pub needs_sender: bool,
}

/// Writes a campaign that runs in the sandbox at once. Never overwrites: if a file is there, none is written.
///
/// # Errors
/// When a file is there already or can't be written, the spreadsheet can't be read, or the answers end too early.
pub async fn init(app: &App, request: &InitRequest) -> Result<Written, AppError> {
    let InitRequest { dir, file, asks } = request;
    let campaign = dir.join(starter::CAMPAIGN_NAME);
    let audience = dir.join(starter::AUDIENCE_NAME);
    let name = name_after(dir);
    if !asks && file.is_none() {
        free(&[&campaign, &audience])?;
        files::create_dir(dir)?;
        files::write_new(&campaign, &starter::CAMPAIGN.replace(starter::NAME, &name))?;
        files::write_new(&audience, starter::AUDIENCE)?;
        return Ok(Written { files: vec![campaign.clone(), audience], campaign, needs_sender: true });
    }
    free(&[&campaign])?;
    let draft = Interview { app, request }.draft(&campaign, name).await?;
    let mut written = vec![campaign.clone()];
    if let People::Sample = draft.people {
        free(&[&campaign, &audience])?;
    }
    files::create_dir(dir)?;
    match &draft.people {
        People::File(file) => files::write_new(&campaign, &draft.text(&files::relative(dir, file)))?,
        People::Sample => {
            files::write_new(&campaign, &draft.text(starter::AUDIENCE_NAME))?;
            files::write_new(&audience, starter::AUDIENCE)?;
            written.push(audience);
        }
    }
    let needs_sender = draft.from == starter::SENDER;
    Ok(Written { campaign, files: written, needs_sender })
}

/// Refuses to overwrite.
pub(super) fn free(files: &[&Path]) -> Result<(), AppError> {
    let there: Vec<_> =
        files.iter().filter(|path| path.exists()).map(|path| path.display().to_string()).collect();
    match there.is_empty() {
        true => Ok(()),
        false => Err(AppError::usage("there is such a file already; nothing was written")
            .details(there)
            .hint("`sendcast init DIR` writes it elsewhere")),
    }
}

/// The campaign's name: the directory's, so that two of them are two campaigns, each with a ledger of its own.
fn name_after(dir: &Path) -> String {
    let real = platform::real_path(dir);
    let name = real.file_name().and_then(|name| {
        // A dot in it is no extension.
        name_of_file(Path::new(&format!("{}.json", name.to_string_lossy().replace('.', "-")))).ok()
    });
    name.map_or_else(|| starter::NAME.to_owned(), |name| name.as_str().to_owned())
}
