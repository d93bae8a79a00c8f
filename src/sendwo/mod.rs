//! The typed client of Sendwo's API.
//!
//! Invariants:
//!
//! - A request goes out once: no redirect is followed, nothing is sent again (**D**). Only a connection that
//!   was never made is told as such; every other fault may have reached the server.
//! - The token is added where the bytes are made and stands in no error, log or `Debug`. What the server
//!   says is scrubbed of it too.
//! - No answer, whatever its bytes, makes the client panic; unknown fields and shapes are ignored.
//!
//! Layers, from the wire up: [`transport`] (requests and answers as data, the network as a trait), [`http`]
//! (the network itself), [`envelope`] (Sendwo's JSON), [`client`], and a module for each resource of the API:
//! [`user`], [`whatsapp`]; each further one (subscribers, labels, catalog, webhooks) is a file beside them and
//! a handle on [`Client`].

pub mod base_url;
pub mod client;
pub mod envelope;
pub mod error;
pub mod http;
pub mod moment;
mod redact;
pub mod token;
pub mod transport;
pub mod user;
pub mod whatsapp;

pub use base_url::{BaseUrl, BaseUrlError, PlainHttp};
pub use client::Client;
pub use error::{ApiError, ApiErrorKind};
pub use http::{HttpTransport, Lookup, Route, Timeouts, TransportError};
pub use moment::Moment;
pub use token::{Token, TokenError};
pub use transport::{CallError, Method, Request, Response, Transport};
pub use user::UserInfo;
pub use whatsapp::{
    ConnectedNumber, Content, ConversationRow, DeliveryReport, DeliveryStatus, Direction, Person,
};
