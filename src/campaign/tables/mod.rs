//! Audience files as tables: delimiters, encodings, JSON lists.
