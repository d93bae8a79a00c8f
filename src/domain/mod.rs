//! Pure types and decisions. Nothing here reads a clock, draws chance of its own, or does I/O; time and
//! random numbers are handed in.

pub mod cap;
pub mod codes;
pub mod cost;
pub mod draw;
pub mod format;
pub mod funnel;
pub mod guard;
pub mod hash;
pub mod hex;
pub mod ids;
pub mod job;
mod links;
pub mod message;
pub mod outcome;
pub mod payload;
pub mod percent;
pub mod phone;
pub mod plan;
pub mod policy;
pub mod priority;
pub mod problem;
pub mod proportion;
pub mod rate;
pub mod rate_limit;
pub mod round_kind;
pub mod schedule;
pub mod status;
pub mod subscriber_action;
pub mod text;
pub mod time;
pub mod zone;
