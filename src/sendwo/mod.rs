//! The typed client of Sendwo's API.
//!
//! Invariants:
//!
//! - A request goes out once: no redirect is followed, nothing is sent again (**D**). Only a connection that
//!   was never made is told as such; every other fault may have reached the server.
//! - The token is added where the bytes are made and stands in no error, log or `Debug`. What the server
//!   says is scrubbed of it too.
//! - No answer, whatever its bytes, makes the client panic; unknown fields and shapes are ignored.
//! - What changes something was done only where that is plainly said; any other answer may mean that it was
//!   ([`ApiError::is_in_doubt`]), because actions have no idempotency key either.
//!
//! A client is set up by [`Client::builder`]. Each resource of the API has a handle on it, named as in Sendwo's
//! documentation: [`user`](Client::user), [`whatsapp`](Client::whatsapp), [`subscribers`](Client::subscribers),
//! [`labels`](Client::labels), [`catalog`](Client::catalog), [`webhooks`](Client::webhooks).
//!
//! Futures are `Send` over [`HttpTransport`]; over a [`Transport`] of your own they are what its futures are.
//!
//! Layers, from the wire up: `transport` (requests and answers as data, the network as a trait), `http` (the network
//! itself), `envelope` (Sendwo's JSON) and `reply` (what an answer to a message says), `client`, `pages` (lists, page by
//! page), and a module for each resource.

mod base_url;
mod builder;
mod catalog;
mod client;
mod done;
mod envelope;
mod error;
mod fields;
mod http;
mod labels;
pub(crate) mod lenient;
mod moment;
mod pages;
mod rate_limit;
mod redact;
#[doc(hidden)]
pub mod reply;
mod subscribers;
mod token;
mod transport;
mod unfold;
mod user;
mod webhooks;
mod whatsapp;

pub use base_url::{BaseUrl, BaseUrlError, PlainHttp};
pub use builder::{BuildError, ClientBuilder};
pub use catalog::{Catalog, CatalogOrder, Catalogs};
pub use client::Client;
pub use done::{Created, Done};
pub use error::{ApiError, ApiErrorKind};
pub use http::{HttpTransport, Lookup, Route, Timeouts, TransportError};
pub use labels::{Label, Labels};
pub use moment::Moment;
pub use pages::{Listed, Pages};
pub use subscribers::{NewSubscriber, Subscriber, SubscriberUpdate, Subscribers};
pub use token::{Token, TokenError};
pub use transport::{CallError, Method, Request, Response, Transport};
pub use user::{Limit, Module, ModuleUsage, Package, Usage, User, UserInfo};
pub use webhooks::{Webhooks, Workflow};
pub use whatsapp::{
    ConnectedNumber, Content, ConversationRow, DeliveryReport, DeliveryStatus, Direction, Person,
    SendOutcome, WhatsApp,
};

#[doc(inline)]
pub use crate::domain::{
    ids::{CatalogId, LabelId, MessageId, NumberId, SubscriberId, WorkflowId},
    job::Reach,
    message::{Button, MediaKind},
    phone::{Phone, PhoneError},
    problem::Problem,
    time::Millis,
};
