//! The moment at which retries are born: the server ends an idle connection while the client writes on it.

use tokio::io::AsyncWriteExt;

use super::server::Plug;

/// How the idle connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// Closed.
    Close,
    /// Reset.
    Reset,
    /// No more is written to the client, and what it writes is still read: it could be accepted.
    HalfClose,
    /// An unasked `408`, as load balancers send to connections that they find idle, then closed.
    Late408,
}

impl Moment {
    pub const ALL: [Moment; 4] = [Moment::Close, Moment::Reset, Moment::HalfClose, Moment::Late408];

    /// Ends it. Whether what still comes is to be read.
    pub async fn strike<S: Plug>(self, stream: &mut S) -> bool {
        match self {
            Moment::Close => false,
            Moment::Reset => {
                let _ = stream.tcp().set_zero_linger();
                false
            }
            Moment::HalfClose => stream.shutdown().await.is_ok(),
            Moment::Late408 => {
                let answer =
                    b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                let _ = stream.write_all(answer).await;
                let _ = stream.shutdown().await;
                true
            }
        }
    }
}
