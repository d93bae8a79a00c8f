//! What befalls files.

use std::fs;

use super::shapes::ROUND;
use super::*;

/// One file, and what is done to it.
#[derive(Clone, Debug)]
pub struct Harm {
    pub file: Target,
    pub how: How,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    Journal,
    Mark,
    Manifest,
    Plan,
    States,
    Lock,
    Status,
    Settings,
    Orders,
    OptOut,
    Known,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Flip,
    Zero,
    Cut,
    Grow,
    Empty,
    Remove,
    Swap,
    Repeat,
    /// As it was at an earlier moment.
    Earlier,
}

const TARGETS: [(Target, u32); 11] = [
    (Target::Journal, 6),
    (Target::Mark, 4),
    (Target::Manifest, 3),
    (Target::Plan, 4),
    (Target::States, 7),
    (Target::Lock, 1),
    (Target::Status, 1),
    (Target::Settings, 1),
    (Target::Orders, 1),
    (Target::OptOut, 2),
    (Target::Known, 1),
];
const HOWS: [(How, u32); 9] = [
    (How::Flip, 6),
    (How::Zero, 3),
    (How::Cut, 4),
    (How::Grow, 2),
    (How::Empty, 1),
    (How::Remove, 1),
    (How::Swap, 2),
    (How::Repeat, 2),
    (How::Earlier, 3),
];

fn pick<T: Copy>(from: &[(T, u32)], chance: &mut fastrand::Rng) -> T {
    let all: u32 = from.iter().map(|(_, weight)| weight).sum();
    let mut at = chance.u32(..all);
    for (one, weight) in from {
        match at.checked_sub(*weight) {
            Some(rest) => at = rest,
            None => return *one,
        }
    }
    unreachable!()
}

/// One file harmed, at times two or three. Never what nothing on disk could tell of.
pub fn draw(shape: &Shape, chance: &mut fastrand::Rng) -> Vec<Harm> {
    loop {
        let count = [1, 1, 1, 2, 2, 3][chance.usize(..6)];
        let harms: Vec<_> =
            (0..count).map(|_| Harm { file: pick(&TARGETS, chance), how: pick(&HOWS, chance) }).collect();
        let set_back = |file, hows: &[How]| harms.iter().any(|h| h.file == file && hows.contains(&h.how));
        let journal = harms.iter().any(|harm| harm.file == Target::Journal);
        let states = shape.lagging || harms.iter().any(|harm| harm.file == Target::States);
        if !(journal && states && set_back(Target::Mark, &[How::Earlier])) {
            return harms;
        }
    }
}

impl Harm {
    /// Does it; says what was done, or `None` where there was nothing to do it to.
    pub fn inflict(&self, shape: &Shape, data: &Path, chance: &mut fastrand::Rng) -> Option<String> {
        let round = data.join(ROUND);
        if self.file == Target::States && self.how == How::Earlier && chance.bool() {
            // All of them, as sled left them.
            let _ = fs::remove_dir_all(round.join("queue"));
            copy_dir(&shape.earlier.join(ROUND).join("queue"), &round.join("queue"));
            return Some("queue as it was earlier".to_owned());
        }
        let files = match self.file {
            Target::Journal => vec![round.join("journal")],
            Target::Mark => vec![round.join("mark")],
            Target::Manifest => vec![round.join("manifest.json")],
            Target::Plan => {
                files(&round).into_iter().filter(|p| p.extension() == Some("plan".as_ref())).collect()
            }
            Target::States => files(&round.join("queue")),
            Target::Lock => vec![round.join("lock")],
            Target::Status => vec![round.join("status.json")],
            Target::Settings => vec![round.with_file_name("settings.json")],
            Target::Orders => files(&round.join("orders")),
            Target::OptOut => vec![data.join("optout.csv")],
            Target::Known => vec![data.join("optout.known")],
        };
        let files: Vec<_> = files.into_iter().filter(|path| path.exists()).collect();
        let path = files.get(chance.usize(..files.len().max(1)))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if self.how == How::Remove {
            fs::remove_file(path).unwrap();
            return Some(format!("{name} removed"));
        }
        let mut bytes = fs::read(path).unwrap();
        let what = match self.how {
            How::Earlier => {
                let earlier = shape.earlier.join(path.strip_prefix(data).unwrap());
                bytes = fs::read(earlier).ok()?;
                "as it was earlier".to_owned()
            }
            how => spoil(&mut bytes, how, chance),
        };
        fs::write(path, bytes).unwrap();
        Some(format!("{name} {what}"))
    }
}

fn spoil(bytes: &mut Vec<u8>, how: How, chance: &mut fastrand::Rng) -> String {
    let len = bytes.len();
    if len == 0 {
        bytes.extend(std::iter::repeat_with(|| chance.u8(..)).take(40));
        return "filled".to_owned();
    }
    let at = place(bytes, chance);
    match how {
        How::Flip => {
            let flips = 1 + chance.usize(..6) * chance.usize(..2);
            for n in 0..flips {
                let at = if n == 0 { at } else { place(bytes, chance) };
                bytes[at] ^= 1 << chance.u8(..8);
            }
            format!("with {flips} flipped bits, the first at {at}")
        }
        How::Zero => {
            let to = (at + 1 + chance.usize(..600)).min(len);
            bytes[at..to].fill(0);
            format!("zeroed {at}..{to}")
        }
        How::Cut => {
            bytes.truncate(at);
            format!("cut at {at} of {len}")
        }
        How::Grow => {
            let more = 1 + chance.usize(..5000);
            bytes.extend(std::iter::repeat_with(|| chance.u8(..)).take(more));
            format!("grown by {more}")
        }
        How::Empty => {
            bytes.clear();
            "emptied".to_owned()
        }
        How::Swap | How::Repeat => {
            let size = [8, 28, 64, 512, 4096][chance.usize(..5)].min(len / 2).max(1);
            let places = len / size;
            let (a, b) = (chance.usize(..places) * size, chance.usize(..places) * size);
            let (x, y) = (bytes[a..a + size].to_vec(), bytes[b..b + size].to_vec());
            bytes[b..b + size].copy_from_slice(&x);
            if how == How::Swap {
                bytes[a..a + size].copy_from_slice(&y);
                return format!("{size} bytes at {a} and {b} exchanged");
            }
            format!("{size} bytes of {a} at {b}, too")
        }
        How::Remove | How::Earlier => unreachable!(),
    }
}

/// Anywhere, as often as not near the end, and somewhere that holds something.
fn place(bytes: &[u8], chance: &mut fastrand::Rng) -> usize {
    let len = bytes.len();
    let used = bytes.iter().rposition(|byte| *byte != 0).map_or(len, |last| last + 1);
    match chance.u8(..3) {
        0 => chance.usize(..len),
        1 => used - 1 - chance.usize(..used.min(200)),
        _ => chance.usize(..used),
    }
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(dir) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|e| e.unwrap().path()).filter(|path| path.is_file()).collect();
    files.sort();
    files
}
