//! A set of small numbers, a bit each.

/// A growable bit set. Reading past its end says no.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// Whether `n` is in it.
    pub(super) fn has(&self, n: u32) -> bool {
        let word = (n / 64) as usize;
        self.words.get(word).is_some_and(|w| w >> (n % 64) & 1 == 1)
    }

    /// Puts `n` in or takes it out.
    pub(super) fn set(&mut self, n: u32, on: bool) {
        let word = (n / 64) as usize;
        if word >= self.words.len() {
            if !on {
                return;
            }
            self.words.resize(word + 1, 0);
        }
        if on {
            self.words[word] |= 1 << (n % 64);
        } else {
            self.words[word] &= !(1 << (n % 64));
        }
    }

    /// The first member at or after `from` and before `end`.
    pub(super) fn next(&self, from: u32, end: u32) -> Option<u32> {
        let mut n = from;
        while n < end {
            let word = self.words.get((n / 64) as usize)? >> (n % 64);
            if word != 0 {
                let found = n + word.trailing_zeros();
                return (found < end).then_some(found);
            }
            n = (n / 64 + 1) * 64;
        }
        None
    }

    /// Members in `from..end`.
    pub(super) fn count(&self, from: u32, end: u32) -> u32 {
        let (mut n, mut total) = (from, 0);
        while n < end {
            let Some(word) = self.words.get((n / 64) as usize) else { break };
            let upto = end.min((n / 64 + 1) * 64);
            let (skip, keep) = (n % 64, upto - n);
            let mask = if keep == 64 { u64::MAX } else { (1 << keep) - 1 };
            total += (word >> skip & mask).count_ones();
            n = upto;
        }
        total
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_a_plain_set() {
        let members = [0, 1, 63, 64, 65, 200, 255, 256, 1000];
        let mut bits = Bits::default();
        for n in members {
            bits.set(n, true);
        }
        bits.set(700, true);
        bits.set(700, false);
        bits.set(5000, false);
        for from in (0..1100).step_by(7) {
            for end in [from, from + 1, from + 63, from + 64, from + 65, 1100] {
                let inside = members.iter().copied().filter(|n| (from..end).contains(n));
                assert_eq!(bits.next(from, end), inside.clone().min(), "{from}..{end}");
                assert_eq!(bits.count(from, end) as usize, inside.count(), "{from}..{end}");
            }
        }
        assert!(bits.has(200) && !bits.has(201) && !bits.has(9999));
    }
}
