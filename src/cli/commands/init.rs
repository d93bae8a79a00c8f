//! `init [DIR]`

use std::io;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::app::AppError;
use crate::campaign::{name_of_file, starter};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::sys::platform;

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to write them
    #[arg(value_name = "DIR", default_value = ".")]
    dir: PathBuf,
}

/// Writes a starter campaign and its audience. Never overwrites: if one of the files is there, none is written.
///
/// # Errors
/// When a file is there already, or can't be written.
pub fn run(args: &Args, ctx: &Context) -> Result<Exit, AppError> {
    let campaign = named_after(&args.dir);
    let files = [(starter::CAMPAIGN_NAME, &*campaign), (starter::AUDIENCE_NAME, starter::AUDIENCE)];
    let there: Vec<_> =
        files.iter().map(|(name, _)| args.dir.join(name)).filter(|path| path.exists()).collect();
    if !there.is_empty() {
        let names = there.iter().map(|path| path.display().to_string()).collect();
        return Err(AppError::usage("there is a starter already; nothing was written")
            .details(names)
            .hint("`sendcast init DIR` writes it elsewhere"));
    }
    let mut written = Vec::new();
    for (name, text) in files {
        let path = args.dir.join(name);
        write_new(&path, text.as_bytes()).map_err(|error| AppError::disk("write", &path, &error))?;
        written.push(path);
    }
    let Some(campaign) = written.first() else { return Ok(Exit::Done) };
    if ctx.json() {
        ctx.out_json(&json!({ "written": written }))?;
        return Ok(Exit::Done);
    }
    for path in &written {
        ctx.say(&format!("wrote {}", path.display()));
    }
    let campaign = campaign.display();
    ctx.say(&format!(
        "next:\n  sendcast check {campaign}\n  sendcast preview {campaign}\n  sendcast run {campaign} --sandbox    \
         (nothing reaches WhatsApp)"
    ));
    Ok(Exit::Done)
}

/// The starter's campaign, named after the directory: two starters are two campaigns, each with a ledger of its own.
fn named_after(dir: &Path) -> String {
    let real = platform::real_path(dir);
    let name = real.file_name().and_then(|name| {
        // A dot in it is no extension.
        name_of_file(Path::new(&format!("{}.json", name.to_string_lossy().replace('.', "-")))).ok()
    });
    match name {
        Some(name) => starter::CAMPAIGN.replace(starter::NAME, name.as_str()),
        None => starter::CAMPAIGN.to_owned(),
    }
}

/// Files of the user's own: with the user's usual rights, unlike those of the data directory.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty() && !dir.exists()) {
        std::fs::create_dir_all(dir)?;
        platform::usual_rights(dir)?;
    }
    let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
    io::Write::write_all(&mut file, bytes)?;
    platform::usual_rights(path)
}
