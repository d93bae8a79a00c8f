//! What a use case says when it can't do as asked: a kind, a fragment, a hint.

use std::io;
use std::path::{Path, PathBuf};

use crate::app::question::Question;
use crate::campaign::CampaignError;
use crate::engine::EngineError;
use crate::queue::{QueueError, StageError};
use crate::sendwo::{ApiError, ApiErrorKind, TransportError};
use crate::sys::disk::is_full;

/// What sort of error it is.
#[derive(Clone, Debug)]
pub enum ErrorKind {
    /// What was asked makes no sense, or the campaign can't run as it is: the same again ends the same way.
    Usage,
    /// It could not be done this time: the disk, the server, another process.
    Failed,
    /// Nobody answered this question; nothing was changed. It can be answered beforehand.
    Unanswered(Box<Question>),
}

/// Why a use case couldn't do as asked.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct AppError {
    /// What sort of error it is.
    pub kind: ErrorKind,
    /// What is wrong, as a lowercase fragment.
    pub message: String,
    /// Single findings, one a line (bad keys, bad rows).
    pub details: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The file or directory that it is about, where it is about one.
    pub path: Option<PathBuf>,
    /// The disk has no room for it.
    pub disk_full: bool,
}

impl AppError {
    /// [`ErrorKind::Usage`]
    pub fn usage(message: impl Into<String>) -> AppError {
        let message = message.into();
        AppError {
            kind: ErrorKind::Usage,
            message,
            details: Vec::new(),
            hint: None,
            path: None,
            disk_full: false,
        }
    }

    /// [`ErrorKind::Failed`]
    pub fn failed(message: impl Into<String>) -> AppError {
        AppError { kind: ErrorKind::Failed, ..AppError::usage(message) }
    }

    /// The disk said no to this path.
    pub fn disk(doing: &str, path: &Path, error: &io::Error) -> AppError {
        let what = format!("can't {doing} {}: {error}", path.display());
        AppError { path: Some(path.to_owned()), disk_full: is_full(error), ..AppError::failed(what) }
    }

    /// The system gives none of the chance that ids and secrets are made of.
    pub fn no_randomness(error: io::Error) -> AppError {
        AppError::failed(format!("the system gives no random bytes: {error}"))
    }

    /// Whether the same again ends the same way.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        !matches!(self.kind, ErrorKind::Failed)
    }

    /// With what to do about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> AppError {
        AppError { hint: Some(hint.into()), ..self }
    }

    /// With single findings.
    #[must_use]
    pub fn details(self, details: Vec<String>) -> AppError {
        AppError { details, ..self }
    }
}

impl From<QueueError> for AppError {
    fn from(error: QueueError) -> AppError {
        let disk_full = matches!(&error, QueueError::Disk { source, .. } if is_full(source));
        let hint = match &error {
            QueueError::Disk { .. } if disk_full => {
                Some("make room on the disk and run it again: it goes on where it stopped".to_owned())
            }
            QueueError::Disk { .. } => Some(
                "nothing was sent after that; fix the disk or the permissions and run it again".to_owned(),
            ),
            QueueError::Damaged { hint, .. } => Some(hint.clone()),
            QueueError::Locked { .. } => Some(
                "`sendcast status CAMPAIGN --watch` shows how it goes; wait for it, or stop it".to_owned(),
            ),
            QueueError::Foreign { .. } => Some(
                "go back to the file and the server that it was planned with: under another name everybody is \
                 written to again"
                    .to_owned(),
            ),
            QueueError::OtherFormat { found, known, .. } if found > known => Some("update sendcast".to_owned()),
            QueueError::OtherFormat { .. } => {
                Some("finish it with the sendcast that began it, or `sendcast erase` it".to_owned())
            }
            QueueError::Stopped | QueueError::Invalid(_) => None,
        };
        AppError { hint, disk_full, ..AppError::failed(error.to_string()) }
    }
}

impl From<CampaignError> for AppError {
    /// A campaign that can't run.
    fn from(error: CampaignError) -> AppError {
        AppError { hint: error.hint(), ..AppError::usage(error.to_string()) }
    }
}

impl From<ApiError> for AppError {
    fn from(error: ApiError) -> AppError {
        if error.kind == ApiErrorKind::Invalid {
            return AppError::usage(error.text);
        }
        AppError { hint: error.hint().map(str::to_owned), ..AppError::failed(error.to_string()) }
    }
}

impl From<TransportError> for AppError {
    fn from(error: TransportError) -> AppError {
        AppError::failed(error.to_string())
    }
}

impl From<EngineError> for AppError {
    fn from(error: EngineError) -> AppError {
        match error {
            EngineError::Queue(error) => error.into(),
        }
    }
}

impl<E: Into<AppError>> From<StageError<E>> for AppError {
    fn from(error: StageError<E>) -> AppError {
        match error {
            StageError::Rows(error) => error.into(),
            StageError::Queue(error) => error.into(),
        }
    }
}
