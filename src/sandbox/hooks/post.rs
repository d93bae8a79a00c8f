//! One POST to a workflow's target.

use std::fmt;

use url::Url;

/// A POST that is due to a workflow on this machine.
#[derive(Clone, PartialEq, Eq)]
pub struct HookPost {
    /// The workflow's id.
    pub workflow: u64,
    /// Where to: `http` on loopback.
    pub target: Url,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// The body, as it was signed.
    pub body: Vec<u8>,
    /// `X-Hub-Signature-256`, where the workflows have a secret.
    pub signature: Option<String>,
}

/// Without path and body: a path may hold a secret, a body holds people's numbers.
impl fmt::Debug for HookPost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookPost")
            .field("workflow", &self.workflow)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}
