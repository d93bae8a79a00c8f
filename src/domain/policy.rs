//! What follows from an outcome.
