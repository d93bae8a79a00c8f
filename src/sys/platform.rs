//! All that differs by platform: permissions, positioned reads, fsync of a directory, signals, directories.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::domain::hex::hex;

/// Options that create a file only its owner can read (0600; on Windows the profile's own rights hold).
#[must_use]
pub fn private_options() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "only Unix sets a mode"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Creates a directory and its parents, 0700 where that exists.
///
/// # Errors
/// Whatever the system said.
pub fn create_private_dir_all(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Makes a directory's entries durable. Windows has no such call; its journal orders them.
///
/// # Errors
/// Whatever the system said.
pub fn sync_dir(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    return File::open(path)?.sync_all();
    #[cfg(not(unix))]
    {
        let _ = path;
        Ok(())
    }
}

/// Reads from a position.
///
/// # Errors
/// Whatever the system said.
pub fn read_at(file: &File, offset: u64, buf: &mut [u8]) -> io::Result<usize> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::read_at(file, buf, offset);
    #[cfg(windows)]
    return std::os::windows::fs::FileExt::seek_read(file, buf, offset);
}

/// Writes all bytes at a position.
///
/// # Errors
/// Whatever the system said.
pub fn write_all_at(file: &File, offset: u64, bytes: &[u8]) -> io::Result<()> {
    #[cfg(unix)]
    return std::os::unix::fs::FileExt::write_all_at(file, bytes, offset);
    #[cfg(windows)]
    {
        let (mut offset, mut bytes) = (offset, bytes);
        while !bytes.is_empty() {
            match std::os::windows::fs::FileExt::seek_write(file, bytes, offset)? {
                0 => return Err(io::ErrorKind::WriteZero.into()),
                n => {
                    offset += n as u64;
                    bytes = &bytes[n..];
                }
            }
        }
        Ok(())
    }
}

/// Whether an open file still stands under this name: not removed, nor replaced by another.
///
/// # Errors
/// Whatever the system said.
pub fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let there = match std::fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        there => there?,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let here = file.metadata()?;
        Ok((here.dev(), here.ino()) == (there.dev(), there.ino()))
    }
    #[cfg(not(unix))]
    {
        // Its name is only free again once it is closed.
        let _ = (file, there);
        Ok(true)
    }
}

/// Whether others than the owner may do anything with the file.
#[must_use]
pub fn open_to_others(meta: &std::fs::Metadata) -> bool {
    others(meta, 0o077)
}

/// Whether anybody on the machine may write to it.
#[must_use]
pub fn writable_by_anybody(meta: &std::fs::Metadata) -> bool {
    others(meta, 0o002)
}

fn others(meta: &std::fs::Metadata, bits: u32) -> bool {
    #[cfg(unix)]
    return std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & bits != 0;
    #[cfg(not(unix))]
    {
        let _ = (meta, bits);
        false
    }
}

/// The process's mask when it started, where [`private_by_default`] has changed it.
#[cfg(unix)]
static USUAL_MASK: std::sync::OnceLock<u32> = std::sync::OnceLock::new();

/// From here on what the process creates is its owner's alone, also what libraries create. For the start of a
/// program; [`usual_rights`] takes it back for a file.
pub fn private_by_default() {
    #[cfg(unix)]
    {
        let before = rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
        let _ = USUAL_MASK.set(before.bits());
    }
}

/// Gives a file or directory of the user's own the rights that their other files have.
///
/// # Errors
/// Whatever the system said.
pub fn usual_rights(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(mask) = USUAL_MASK.get() {
        use std::os::unix::fs::PermissionsExt;
        let full = if path.is_dir() { 0o777 } else { 0o666 };
        return std::fs::set_permissions(path, std::fs::Permissions::from_mode(full & !mask));
    }
    let _ = path;
    Ok(())
}

/// The platform's data directory for sendcast, where it has one.
#[must_use]
pub fn default_data_dir() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "sendcast").map(|dirs| dirs.data_dir().to_owned())
}

/// The path by which a file is known from one day to the next: absolute, links resolved as far as it (or
/// its directory) exists.
#[must_use]
pub fn real_path(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let real = std::fs::canonicalize(&absolute).or_else(|error| {
        let (Some(dir), Some(name)) = (absolute.parent(), absolute.file_name()) else { return Err(error) };
        std::fs::canonicalize(dir).map(|dir| dir.join(name))
    });
    let real = real.unwrap_or(absolute);
    // Windows answers `\\?\C:\…`, which people don't write.
    #[cfg(windows)]
    if let Some(plain) = real.to_str().and_then(|text| text.strip_prefix(r"\\?\")) {
        if !plain.starts_with("UNC") {
            return PathBuf::from(plain);
        }
    }
    real
}

/// A path as people type it, paste it or drop a file where no shell reads it: in quotation marks, with blanks behind a
/// backslash, from `~`.
#[must_use]
pub fn typed_path(text: &str) -> PathBuf {
    let text = text.trim();
    let within = |mark| text.strip_prefix(mark).and_then(|text| text.strip_suffix(mark));
    if let Some(text) = within('"').or_else(|| within('\'')) {
        return PathBuf::from(text);
    }
    if let (Some(rest), Some(home)) = (text.strip_prefix("~/"), std::env::home_dir()) {
        return home.join(rest);
    }
    match cfg!(unix) && !Path::new(text).exists() {
        true => PathBuf::from(text.replace("\\ ", " ")),
        false => PathBuf::from(text),
    }
}

/// Fills it with chance fit for secrets, from the system.
///
/// # Errors
/// Whatever the system said.
pub fn fill_random(bytes: &mut [u8]) -> io::Result<()> {
    getrandom::fill(bytes).map_err(io::Error::other)
}

/// So many bytes of chance fit for secrets, as lower hexadecimal digits.
///
/// # Errors
/// Whatever the system said.
pub fn random_hex<const BYTES: usize>() -> io::Result<String> {
    let mut bytes = [0; BYTES];
    fill_random(&mut bytes)?;
    Ok(hex(&bytes))
}

/// The terminal that the process was started from, to read from and to write to.
#[derive(Debug)]
pub struct Terminal {
    /// What is typed.
    pub input: File,
    /// What is shown.
    pub output: File,
}

/// The terminal that the process was started from, wherever its streams go (`| tee`, `< list`). `None` where there is
/// none (a scheduler, a service), and where the process is in the background of it: nobody can type to it there.
#[must_use]
pub fn controlling_terminal() -> Option<Terminal> {
    #[cfg(unix)]
    {
        let output = OpenOptions::new().read(true).write(true).open("/dev/tty").ok()?;
        let foreground = rustix::termios::tcgetpgrp(&output).ok()?;
        (foreground == rustix::process::getpgrp()).then_some(())?;
        Some(Terminal { input: output.try_clone().ok()?, output })
    }
    #[cfg(not(unix))]
    {
        let open = |name: &str| OpenOptions::new().read(true).write(true).open(name).ok();
        Some(Terminal { input: open("CONIN$")?, output: open("CONOUT$")? })
    }
}

/// A signal that asks the process to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interrupt {
    /// Ctrl-C; exit code 130.
    Interrupt,
    /// SIGTERM; exit code 143.
    Terminate,
}

impl Interrupt {
    /// The exit code that tells of it.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Interrupt::Interrupt => 130,
            Interrupt::Terminate => 143,
        }
    }
}

/// Waits for the next interrupt, again and again.
#[derive(Debug)]
pub struct Interrupts {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Interrupts {
    /// Starts listening; from here on the signals no longer end the process by themselves.
    ///
    /// # Errors
    /// Whatever the system said.
    pub fn listen() -> io::Result<Interrupts> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            Ok(Interrupts {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
            })
        }
        #[cfg(not(unix))]
        Ok(Interrupts {})
    }

    /// The next one.
    pub async fn next(&mut self) -> Interrupt {
        #[cfg(unix)]
        tokio::select! {
            _ = self.interrupt.recv() => Interrupt::Interrupt,
            _ = self.terminate.recv() => Interrupt::Terminate,
        }
        #[cfg(not(unix))]
        {
            let _ = tokio::signal::ctrl_c().await;
            Interrupt::Interrupt
        }
    }
}
