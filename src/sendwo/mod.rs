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
//! (the network itself), [`envelope`] (Sendwo's JSON) and [`reply`] (what an answer to a message says), [`client`], [`pages`] (lists, page by page), and a module for
//! each resource of the API with a handle on [`Client`]: [`user`], [`whatsapp`], [`subscribers`], [`labels`],
//! [`catalog`], [`webhooks`].

pub mod base_url;
pub mod catalog;
pub mod client;
pub mod done;
pub mod envelope;
pub mod error;
mod fields;
pub mod http;
pub mod labels;
pub mod moment;
pub mod pages;
mod rate_limit;
mod redact;
pub mod reply;
pub mod subscribers;
pub mod token;
pub mod transport;
mod unfold;
pub mod user;
pub mod webhooks;
pub mod whatsapp;

pub use base_url::{BaseUrl, BaseUrlError, PlainHttp};
pub use catalog::{Catalog, CatalogOrder};
pub use client::Client;
pub use done::{Created, Done};
pub use error::{ApiError, ApiErrorKind};
pub use http::{HttpTransport, Lookup, Route, Timeouts, TransportError};
pub use labels::Label;
pub use moment::Moment;
pub use pages::Pages;
pub use subscribers::{NewSubscriber, Subscriber, SubscriberUpdate};
pub use token::{Token, TokenError};
pub use transport::{CallError, Method, Request, Response, Transport};
pub use user::{Limit, Module, ModuleUsage, Package, Usage, UserInfo};
pub use webhooks::Workflow;
pub use whatsapp::{
    ConnectedNumber, Content, ConversationRow, DeliveryReport, DeliveryStatus, Direction, Person,
};
