//! One binary for all integration tests: it links once.

mod campaign;
mod cli;
mod engine;
mod kills;
mod pace;
mod queue;
mod report;
mod samples;
mod sandbox;
mod security;
mod sendwo;
mod structure;
mod tables;
