//! (structure)
