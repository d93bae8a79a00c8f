//! The patterns of the library's metadata as automata (tests only): digits, classes, groups, `|`, `?`, `{n,m}`
//! and `$`.

use std::collections::HashMap;

/// The state of a pattern that can't match any more.
pub(super) const DEAD: u32 = 0;
/// The state of a pattern that has matched the beginning, and wants no more.
pub(super) const MATCHED: u32 = 1;

/// A Thompson NFA over digits, turned into a DFA on demand.
pub(super) struct Pattern {
    /// Edges on digits (a mask of ten bits), by node.
    edges: Vec<Vec<(u16, usize)>>,
    /// Edges on nothing.
    free: Vec<Vec<usize>>,
    accept: usize,
    /// Where a part that must reach the end of the input (`$`) ends.
    accept_at_end: usize,
    sets: Vec<Vec<usize>>,
    known: HashMap<Vec<usize>, u32>,
    steps: HashMap<(u32, u8), u32>,
    /// Whether a match absorbs (all patterns but the national prefix).
    absorbing: bool,
}

impl Pattern {
    pub(super) fn new(source: &str, absorbing: bool) -> Pattern {
        let text: Vec<char> = source.chars().filter(|c| !c.is_whitespace()).collect();
        let mut pattern = Pattern {
            edges: vec![vec![]; 3],
            free: vec![vec![]; 3],
            accept: 1,
            accept_at_end: 2,
            sets: vec![vec![], vec![1]],
            known: HashMap::new(),
            steps: HashMap::new(),
            absorbing,
        };
        let mut at = 0;
        let end = pattern.alternatives(&text, &mut at, 0);
        assert_eq!(at, text.len(), "unread pattern: {source}");
        pattern.free[end].push(1);
        pattern
    }

    fn node(&mut self) -> usize {
        self.edges.push(vec![]);
        self.free.push(vec![]);
        self.edges.len() - 1
    }

    fn alternatives(&mut self, text: &[char], at: &mut usize, from: usize) -> usize {
        let end = self.node();
        loop {
            let start = self.node();
            self.free[from].push(start);
            let last = self.sequence(text, at, start);
            if let Some(last) = last {
                self.free[last].push(end);
            }
            if text.get(*at) == Some(&'|') {
                *at += 1;
            } else {
                return end;
            }
        }
    }

    /// `None` where the sequence ended in `$`: nothing follows.
    fn sequence(&mut self, text: &[char], at: &mut usize, mut from: usize) -> Option<usize> {
        while let Some(&c) = text.get(*at) {
            match c {
                '|' | ')' => break,
                '$' => {
                    *at += 1;
                    let end = self.accept_at_end;
                    self.free[from].push(end);
                    return None;
                }
                _ => {
                    let atom = *at;
                    let first = self.atom(text, at, from);
                    let (low, high) = repetition(text, at);
                    let past = *at;
                    if low == 0 {
                        // The first copy may be left out.
                        self.free[from].push(first);
                    }
                    let mut end = first;
                    for copy in 1..high {
                        let mut again = atom;
                        let next = self.atom(text, &mut again, end);
                        if copy >= low.max(1) {
                            self.free[end].push(next);
                        }
                        end = next;
                    }
                    *at = past;
                    from = end;
                }
            }
        }
        Some(from)
    }

    fn atom(&mut self, text: &[char], at: &mut usize, from: usize) -> usize {
        let c = text[*at];
        *at += 1;
        let mask = match c {
            '(' => {
                if text[*at] == '?' {
                    assert_eq!(text[*at + 1], ':');
                    *at += 2;
                }
                let end = self.alternatives(text, at, from);
                assert_eq!(text[*at], ')');
                *at += 1;
                // A node of its own, so that a repetition's shortcut doesn't leak into the group.
                let after = self.node();
                self.free[end].push(after);
                return after;
            }
            '\\' => {
                assert_eq!(text[*at], 'd');
                *at += 1;
                0x3ff
            }
            '[' => {
                let mut mask = 0;
                while text[*at] != ']' {
                    let low = digit(text[*at]);
                    let mut high = low;
                    if text[*at + 1] == '-' {
                        high = digit(text[*at + 2]);
                        *at += 2;
                    }
                    *at += 1;
                    (low..=high).for_each(|d| mask |= 1 << d);
                }
                *at += 1;
                mask
            }
            c => 1 << digit(c),
        };
        let to = self.node();
        self.edges[from].push((mask, to));
        to
    }

    fn closed(&self, mut set: Vec<usize>) -> Vec<usize> {
        let mut next = 0;
        while next < set.len() {
            for &to in &self.free[set[next]] {
                if !set.contains(&to) {
                    set.push(to);
                }
            }
            next += 1;
        }
        set.sort_unstable();
        set
    }

    fn intern(&mut self, set: Vec<usize>) -> u32 {
        let set = self.closed(set);
        if self.absorbing && set.contains(&self.accept) {
            return MATCHED;
        }
        if set.is_empty() {
            return DEAD;
        }
        if let Some(&id) = self.known.get(&set) {
            return id;
        }
        let id = u32::try_from(self.sets.len()).unwrap();
        self.sets.push(set.clone());
        self.known.insert(set, id);
        id
    }

    pub(super) fn start(&mut self) -> u32 {
        self.intern(vec![0])
    }

    pub(super) fn step(&mut self, state: u32, digit: u8) -> u32 {
        if state == DEAD || (self.absorbing && state == MATCHED) {
            return state;
        }
        if let Some(&to) = self.steps.get(&(state, digit)) {
            return to;
        }
        let mut set = vec![];
        for &node in &self.sets[state as usize] {
            for &(mask, to) in &self.edges[node] {
                if mask & (1 << digit) != 0 && !set.contains(&to) {
                    set.push(to);
                }
            }
        }
        let to = self.intern(set);
        self.steps.insert((state, digit), to);
        to
    }

    pub(super) fn accepts(&self, state: u32) -> bool {
        self.sets[state as usize].contains(&self.accept)
    }

    pub(super) fn accepts_at_end(&self, state: u32) -> bool {
        self.sets[state as usize].contains(&self.accept_at_end)
    }
}

fn digit(c: char) -> u32 {
    c.to_digit(10).unwrap_or_else(|| panic!("not a digit: {c:?}"))
}

fn repetition(text: &[char], at: &mut usize) -> (u32, u32) {
    match text.get(*at) {
        Some('?') => {
            *at += 1;
            (0, 1)
        }
        Some('{') => {
            let close = *at + text[*at..].iter().position(|&c| c == '}').unwrap();
            let inner: String = text[*at + 1..close].iter().collect();
            *at = close + 1;
            let (low, high) = inner.split_once(',').unwrap_or((&inner, &inner));
            (low.parse().unwrap(), high.parse().unwrap())
        }
        _ => (1, 1),
    }
}
