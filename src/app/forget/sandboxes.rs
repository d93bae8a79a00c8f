//! The ledgers of imitations: of `sendcast sandbox`, and of each trial.

use std::io;
use std::path::PathBuf;

use super::look::homes;
use crate::app::campaign_dir::CampaignDir;
use crate::app::{App, AppError};
use crate::domain::phone::Phone;
use crate::sandbox::{HeldSandbox, count_lines_of};

/// How many lines tell of the person.
pub(super) fn count(app: &App, phone: Phone) -> Result<u64, AppError> {
    let mut count = 0;
    for dir in dirs(app)? {
        count += count_lines_of(&dir, phone).map_err(|error| AppError::disk("read", &dir, &error))?;
    }
    Ok(count)
}

/// Those that tell of the person, taken; or those that are in use.
pub(super) fn hold(app: &App, phone: Phone) -> Result<(Vec<HeldSandbox>, Vec<PathBuf>), AppError> {
    let (mut held, mut busy) = (Vec::new(), Vec::new());
    for dir in dirs(app)? {
        let failed = |error| AppError::disk("take", &dir, &error);
        if count_lines_of(&dir, phone).map_err(failed)? == 0 {
            continue;
        }
        match HeldSandbox::hold(&dir) {
            Ok(sandbox) => held.extend(sandbox),
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => busy.push(dir),
            Err(error) => return Err(failed(error)),
        }
    }
    Ok((held, busy))
}

/// Where ledgers may lie: each account of an imitation has one.
fn dirs(app: &App) -> Result<Vec<PathBuf>, AppError> {
    let [real, trials] = homes(app)?;
    let mut servers = vec![real.sandbox_server()];
    for home in [&real, &trials] {
        let campaigns = CampaignDir::all(&*app.disk, home)?;
        servers.extend(campaigns.into_iter().map(|campaign_dir| campaign_dir.dir.join("server")));
    }
    let mut dirs = Vec::new();
    for server in servers {
        let beside = app.disk.list(&server).map_err(|error| AppError::disk("read", &server, &error))?;
        dirs.push(server);
        dirs.extend(beside.into_iter().filter(|path| path.is_dir()));
    }
    Ok(dirs)
}
