//! Builds the automaton of [`super::fast`] from the library's own metadata (tests only).
//!
//! The automaton answers for a string of digits what the library answers for `+` and these digits: parsed
//! without a country, is the number valid, is it a mobile, and was a trunk `0` dropped on the way. Where the
//! library would do more than that (carrier codes, transformed numbers, regions that are told apart by
//! leading zeros), the automaton says [`super::fast::ASK`].
//!
//! Two habits of the library are modelled as they are: its patterns need only match the *beginning* of a
//! number (the possible lengths do the rest), and a national prefix is dropped whenever it matches.

use std::collections::HashMap;

use phonenumber::Metadata;
use phonenumber::metadata::{DATABASE, Descriptor};

use super::fast::{ASK, MAX_DEPTH, MOBILE, MOBILE_TRUNK, OTHER, OTHER_TRUNK, REJECT};
use super::pattern::{DEAD, MATCHED, Pattern};

/// One pattern of a region, with its possible lengths (none: any).
struct Rule {
    pattern: Pattern,
    lengths: Vec<u16>,
}

impl Rule {
    fn new(descriptor: &Descriptor) -> Rule {
        Rule {
            pattern: Pattern::new(descriptor.national_number().as_str(), true),
            lengths: descriptor.possible_length().to_vec(),
        }
    }
}

/// One region of a calling code. Patterns are numbered: general, special kinds, fixed line, mobile.
struct Region {
    rules: Vec<Option<Rule>>,
    same_line: bool,
    leading: Option<Pattern>,
    prefix: Option<Pattern>,
    trunk: Option<u8>,
    alone: bool,
}

const GENERAL: usize = 0;
const FIXED: usize = 9;
const CELL: usize = 10;

impl Region {
    fn new(meta: &Metadata, alone: bool) -> Region {
        let d = meta.descriptors();
        let all = [
            Some(d.general()),
            d.premium_rate(),
            d.toll_free(),
            d.shared_cost(),
            d.voip(),
            d.personal_number(),
            d.pager(),
            d.uan(),
            d.voicemail(),
            d.fixed_line(),
            d.mobile(),
        ];
        let source = |d: Option<&Descriptor>| d.map(|d| d.national_number().as_str().to_owned());
        let trunk = meta.national_prefix().map(str::as_bytes);
        let prefix = match meta.national_prefix_for_parsing() {
            Some(regex) => Some(regex.as_str().to_owned()),
            None => meta.national_prefix().map(str::to_owned),
        };
        Region {
            rules: all.into_iter().map(|d| d.map(Rule::new)).collect(),
            same_line: source(d.fixed_line()) == source(d.mobile()),
            leading: meta.leading_digits().map(|r| Pattern::new(r.as_str(), true)),
            prefix: prefix.map(|p| Pattern::new(&p, false)),
            trunk: trunk.map(|t| t[0]),
            alone,
        }
    }

    /// The states of all patterns before the first digit.
    fn start(&mut self) -> Vec<u32> {
        let mut states: Vec<u32> =
            self.rules.iter_mut().map(|r| r.as_mut().map_or(DEAD, |r| r.pattern.start())).collect();
        states.push(self.leading.as_mut().map_or(DEAD, Pattern::start));
        states
    }

    fn step(&mut self, states: &[u32], digit: u8) -> Vec<u32> {
        let mut next = vec![];
        for (rule, &state) in self.rules.iter_mut().zip(states) {
            next.push(rule.as_mut().map_or(DEAD, |r| r.pattern.step(state, digit)));
        }
        next.push(self.leading.as_mut().map_or(DEAD, |p| p.step(states[CELL + 1], digit)));
        next
    }

    /// The library's `number_type`, for a national number of this length.
    fn kind(&self, states: &[u32], length: u16) -> u8 {
        let matches = |n: usize| match &self.rules[n] {
            Some(r) => states[n] == MATCHED && (r.lengths.is_empty() || r.lengths.contains(&length)),
            None => false,
        };
        if !matches(GENERAL) {
            REJECT
        } else if (1..FIXED).any(matches) {
            OTHER
        } else if matches(FIXED) {
            if self.same_line || matches(CELL) { MOBILE } else { OTHER }
        } else if matches(CELL) {
            MOBILE
        } else {
            REJECT
        }
    }
}

/// Where a calling code's walk stands.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Walk {
    /// Digits of the national number, with its zero.
    length: u16,
    /// The first digit was a zero; `states` begin after it.
    zero: bool,
    /// Something that only the library decides: two leading zeros.
    ask: bool,
    first: u8,
    /// By region.
    states: Vec<Vec<u32>>,
    /// The national prefix: its state, and whether a match of one, or of more, digits was seen.
    prefixes: Vec<(u32, bool, bool)>,
    /// Single regions without a trunk zero keep the zero: states that include it.
    whole: Vec<u32>,
}

struct Code {
    regions: Vec<Region>,
}

impl Code {
    fn start(&mut self) -> Walk {
        let states: Vec<Vec<u32>> = self.regions.iter_mut().map(Region::start).collect();
        let prefixes = self
            .regions
            .iter_mut()
            .map(|r| (r.prefix.as_mut().map_or(DEAD, Pattern::start), false, false))
            .collect();
        let whole = states[0].clone();
        Walk { length: 0, zero: false, ask: false, first: 10, states, prefixes, whole }
    }

    fn step(&mut self, walk: &Walk, digit: u8) -> Walk {
        let mut next = walk.clone();
        next.length += 1;
        if walk.length == 0 {
            next.first = digit;
        }
        if walk.length == 1 && walk.zero {
            next.first = digit;
            next.ask = digit == 0;
        }
        if walk.length == 0 && digit == 0 {
            next.zero = true;
        } else {
            for (region, states) in self.regions.iter_mut().zip(&mut next.states) {
                *states = region.step(states, digit);
            }
        }
        next.whole = self.regions[0].step(&walk.whole, digit);
        for (region, (state, one, more)) in self.regions.iter_mut().zip(&mut next.prefixes) {
            if let Some(prefix) = &mut region.prefix {
                *state = prefix.step(*state, digit);
                if prefix.accepts(*state) {
                    if next.length == 1 { *one = true } else { *more = true }
                }
            }
        }
        next
    }

    fn class(&self, walk: &Walk, code_length: usize) -> u8 {
        let total = usize::from(walk.length) + code_length;
        if walk.ask {
            return ASK;
        }
        let length = walk.length - u16::from(walk.zero);
        if length < 2 {
            return REJECT;
        }
        let region = if self.regions[0].alone {
            Some(0)
        } else {
            (0..self.regions.len()).find(|&n| match &self.regions[n].leading {
                Some(_) => walk.states[n][CELL + 1] == MATCHED,
                None => self.regions[n].kind(&walk.states[n], length) != REJECT,
            })
        };
        let Some(n) = region else {
            // Without a region the library leaves a zero where it is, and may find a region then.
            return if walk.zero { ASK } else { REJECT };
        };
        let region = &self.regions[n];
        let (state, one, more) = walk.prefixes[n];
        let at_end = region.prefix.as_ref().is_some_and(|p| p.accepts_at_end(state));
        // The prefix is looked for twice: the second time in what the first has left.
        if more || at_end || region.trunk == Some(b'0' + walk.first) {
            return ASK;
        }
        match (walk.zero, one) {
            (false, true) => ASK,
            (false, false) if total > 15 => REJECT,
            (false, false) => region.kind(&walk.states[n], length),
            (true, true) if total > 16 => REJECT,
            (true, true) => match region.kind(&walk.states[n], length) {
                MOBILE => MOBILE_TRUNK,
                OTHER => OTHER_TRUNK,
                kind => kind,
            },
            (true, false) if !region.alone => ASK,
            (true, false) if total > 15 => REJECT,
            (true, false) => region.kind(&walk.whole, walk.length),
        }
    }
}

/// The automaton under construction: equal nodes are one.
struct Nodes {
    rows: Vec<(u8, [u16; 10])>,
    known: HashMap<(u8, [u16; 10]), u16>,
}

impl Nodes {
    fn intern(&mut self, class: u8, to: [u16; 10]) -> u16 {
        *self.known.entry((class, to)).or_insert_with(|| {
            self.rows.push((class, to));
            u16::try_from(self.rows.len() - 1).unwrap()
        })
    }

    fn walk(
        &mut self,
        code: &mut Code,
        code_length: usize,
        walk: &Walk,
        seen: &mut HashMap<Walk, u16>,
    ) -> u16 {
        if let Some(&node) = seen.get(walk) {
            return node;
        }
        let class = code.class(walk, code_length);
        let depth = code_length + usize::from(walk.length);
        let mut to = [0; 10];
        let hopeless = !walk.ask
            && walk.whole.iter().chain(walk.states.iter().flatten()).all(|&s| s == DEAD)
            && walk.prefixes.iter().all(|&(s, one, more)| s == DEAD && !one && !more);
        let regions_leading_zero = walk.zero && !code.regions[0].alone;
        if depth < MAX_DEPTH && (!hopeless || regions_leading_zero) {
            for digit in 0..10u8 {
                let next = code.step(walk, digit);
                to[usize::from(digit)] = self.walk(code, code_length, &next, seen);
            }
        }
        let node = self.intern(class, to);
        seen.insert(walk.clone(), node);
        node
    }

    /// Hangs a calling code's nodes below the first node.
    fn insert(&mut self, at: Option<u16>, code: &[u8], below: u16) -> u16 {
        let (class, mut to) = at.map_or((REJECT, [0; 10]), |n| self.rows[usize::from(n)]);
        let digit = usize::from(code[0] - b'0');
        to[digit] = match &code[1..] {
            [] => below,
            rest => {
                let next = to[digit];
                self.insert((next != 0).then_some(next), rest, below)
            }
        };
        self.intern(class, to)
    }
}

/// The file's bytes: the first node's number, then each node's class and its ten ways on.
fn automaton() -> Vec<u8> {
    let mut nodes = Nodes { rows: vec![], known: HashMap::new() };
    assert_eq!(nodes.intern(REJECT, [0; 10]), 0);
    let mut root = None;
    for calling_code in 1..=999u16 {
        let Some(metas) = DATABASE.by_code(&calling_code) else { continue };
        let alone = metas.len() == 1;
        let mut code = Code { regions: metas.into_iter().map(|m| Region::new(m, alone)).collect() };
        let digits = calling_code.to_string();
        let start = code.start();
        let below = nodes.walk(&mut code, digits.len(), &start, &mut HashMap::new());
        root = Some(nodes.insert(root, digits.as_bytes(), below));
    }
    let mut bytes = root.unwrap().to_le_bytes().to_vec();
    for (class, to) in &nodes.rows {
        bytes.push(*class);
        to.iter().for_each(|n| bytes.extend(n.to_le_bytes()));
    }
    bytes
}

/// After an update of the library: `UPDATE_NUMBERING=1 cargo test --lib numbering`.
#[test]
fn the_numbering_plans_are_the_librarys_own() {
    let bytes = automaton();
    if std::env::var_os("UPDATE_NUMBERING").is_some() {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/domain/phone/numbering.bin");
        std::fs::write(file, &bytes).unwrap();
        println!("{} nodes", bytes.len() / 21);
        return;
    }
    assert!(
        bytes == super::fast::NUMBERING,
        "the library's metadata has changed: run this test with UPDATE_NUMBERING=1"
    );
}
