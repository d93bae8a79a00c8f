//! Workflows that fire: what happened to a message, and what a person replied, is posted to their target
//! URLs.
//!
//! Invariants:
//!
//! - **Only loopback is ever contacted**: `http` to 127.0.0.1, localhost or [::1]. Any other target stays
//!   in the list and gets nothing.
//! - **It costs nothing where nobody listens**: without such a workflow no message is looked at. A workflow
//!   is told of what happens from its creation on; a sandbox that is opened again goes on from about where
//!   it was, and tells some of it twice.
//! - **Neither order nor once-only is promised**, as real webhooks promise neither: what a target doesn't
//!   take is posted again a few times, then dropped; shares of news that are lost, late or told twice can
//!   be asked for, and are drawn from the seed.
//!
//! The [`EventQueue`] knows what falls due when, in the order of the clock that it is given; the webhook sender posts
//! it, or the caller in process does ([`Sandbox::due_posts`](super::Sandbox::due_posts)).

mod answer;
mod due;
mod event_queue;
mod post;
mod shape;
mod sign;
mod target;
mod webhook_sender;

pub use post::HookPost;

pub(super) use due::take_all;
pub(super) use event_queue::EventQueue;
pub(super) use target::is_local;
pub(super) use webhook_sender::send_webhooks;
