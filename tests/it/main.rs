//! One binary for all integration tests: it links once.

mod app;
mod campaign;
mod cli;
mod clock;
mod corpus;
mod corpus_served;
mod documents;
mod engine;
mod examples;
mod fuzz;
mod kills;
mod others;
mod pace;
mod phones;
mod queue;
mod reconcile;
mod report;
mod samples;
mod sandbox;
mod security;
mod sendwo;
mod structure;
mod tables;
mod web;
mod webhooks;
mod workbooks;
