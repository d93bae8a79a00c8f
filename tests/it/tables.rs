//! (tables)
