//! What became of lives, counted.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

/// What became of one life, or of many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub lives: u64,
    pub kills: u64,
    pub power_cuts: u64,
    pub disk_errors: u64,
    pub jumps: u64,
    pub orders: u64,
    pub edits: u64,
    pub posts: u64,
    pub accepted: u64,
    /// Lives with hours, and their POSTs.
    pub with_hours: u64,
    pub posts_within_hours: u64,
    /// In doubt at the end.
    pub doubts: u64,
    /// The most that a crash left in flight.
    pub most_left: u64,
    pub steps: u64,
    pub events: u64,
    pub virtual_time: Duration,
    pub trace: u64,
}

impl Tally {
    /// Adds another, the same way in whatever order they come.
    pub fn add(&mut self, seed: u64, other: &Tally) {
        self.lives += other.lives;
        self.kills += other.kills;
        self.power_cuts += other.power_cuts;
        self.disk_errors += other.disk_errors;
        self.jumps += other.jumps;
        self.orders += other.orders;
        self.edits += other.edits;
        self.posts += other.posts;
        self.accepted += other.accepted;
        self.with_hours += other.with_hours;
        self.posts_within_hours += other.posts_within_hours;
        self.doubts += other.doubts;
        self.most_left = self.most_left.max(other.most_left);
        self.steps += other.steps;
        self.events += other.events;
        self.virtual_time += other.virtual_time;
        let mut hasher = DefaultHasher::new();
        (seed, other.trace).hash(&mut hasher);
        self.trace = self.trace.wrapping_add(hasher.finish());
    }

    /// Joins two parts of one sum.
    pub fn join(self, other: Tally) -> Tally {
        let mut sum = self;
        sum.add(0, &other);
        Tally { trace: self.trace.wrapping_add(other.trace), ..sum }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { lives, kills, power_cuts, disk_errors, jumps, orders, edits, .. } = self;
        writeln!(f, "{lives} lives: {kills} kills, {power_cuts} power cuts, {disk_errors} disk errors,")?;
        writeln!(f, "  {jumps} clock jumps, {orders} orders, {edits} edits;")?;
        let Tally {
            posts, accepted, doubts, most_left, steps, events, with_hours, posts_within_hours, ..
        } = self;
        writeln!(f, "  {posts} POSTs, {accepted} accepted, {doubts} in doubt at the end;")?;
        writeln!(f, "  {with_hours} lives with hours, {posts_within_hours} POSTs in them;")?;
        writeln!(f, "  a crash left {most_left} in flight at most; {steps} steps, {events} in the trace;")?;
        write!(f, "  {} h of virtual time; trace {:016x}", self.virtual_time.as_secs() / 3600, self.trace)
    }
}
