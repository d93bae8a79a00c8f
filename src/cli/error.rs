//! What a command says when it can't do as asked: a fragment, a hint, an exit code.

use std::io;
use std::path::Path;

use crate::campaign::CampaignError;
use crate::cli::exit::Exit;
use crate::engine::EngineError;
use crate::queue::{QueueError, StageError};
use crate::sendwo::{ApiError, ApiErrorKind, TransportError};

/// Why a command couldn't do as asked. Rendered as `error: …`, then a line for each of `details`, then
/// `hint: …`.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CliError {
    /// The exit code it ends with.
    pub exit: Exit,
    /// What is wrong, as a lowercase fragment.
    pub message: String,
    /// Single findings, one a line (bad keys, bad rows).
    pub details: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
}

impl CliError {
    /// Wrong usage, or a campaign that can't run: exit 2.
    pub fn usage(message: impl Into<String>) -> CliError {
        CliError { exit: Exit::Usage, message: message.into(), details: Vec::new(), hint: None }
    }

    /// Could not run: exit 1.
    pub fn failed(message: impl Into<String>) -> CliError {
        CliError { exit: Exit::CouldNotRun, ..CliError::usage(message) }
    }

    /// The disk said no to this path: exit 1.
    pub fn disk(doing: &str, path: &Path, error: &io::Error) -> CliError {
        CliError::failed(format!("can't {doing} {}: {error}", path.display()))
    }

    /// With what to do about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> CliError {
        CliError { hint: Some(hint.into()), ..self }
    }

    /// With single findings.
    #[must_use]
    pub fn details(self, details: Vec<String>) -> CliError {
        CliError { details, ..self }
    }
}

impl From<QueueError> for CliError {
    fn from(error: QueueError) -> CliError {
        let hint = match &error {
            QueueError::Disk { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                Some("make room on the disk and run it again: it goes on where it stopped".to_owned())
            }
            QueueError::Disk { .. } => Some(
                "nothing was sent after that; mend the disk or the permissions and run it again".to_owned(),
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
            QueueError::TooNew { .. } => Some("update sendcast".to_owned()),
            QueueError::Stopped | QueueError::Invalid(_) => None,
        };
        CliError { hint, ..CliError::failed(error.to_string()) }
    }
}

impl From<CampaignError> for CliError {
    /// A campaign that can't run.
    fn from(error: CampaignError) -> CliError {
        CliError { hint: error.hint(), ..CliError::usage(error.to_string()) }
    }
}

impl From<ApiError> for CliError {
    fn from(error: ApiError) -> CliError {
        if error.kind == ApiErrorKind::Invalid {
            return CliError::usage(error.text);
        }
        CliError { hint: error.hint().map(str::to_owned), ..CliError::failed(error.to_string()) }
    }
}

impl From<TransportError> for CliError {
    fn from(error: TransportError) -> CliError {
        CliError::failed(error.to_string())
    }
}

impl From<EngineError> for CliError {
    fn from(error: EngineError) -> CliError {
        match error {
            EngineError::Queue(error) => error.into(),
        }
    }
}

impl<E: Into<CliError>> From<StageError<E>> for CliError {
    fn from(error: StageError<E>) -> CliError {
        match error {
            StageError::Rows(error) => error.into(),
            StageError::Queue(error) => error.into(),
        }
    }
}
