//! How much of a file is taken in at once.

/// The longest record, in bytes of UTF-8: a block of the plan holds 256 of them in memory.
pub(super) const MAX_RECORD_BYTES: usize = 128 << 10;
/// The longest cell, in bytes of UTF-8.
pub(super) const MAX_CELL_BYTES: usize = 64 << 10;
/// The most columns.
pub const MAX_COLUMNS: usize = 1_000;
/// How much is looked at to recognise a delimiter or a format, and how much is read at once.
pub(super) const HEAD_BYTES: usize = 64 << 10;
/// The largest file. No audience of people has as many bytes.
pub(super) const MAX_FILE_BYTES: u64 = 4 << 30;
