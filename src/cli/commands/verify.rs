//! `verify CAMPAIGN`
