//! A column of numbers, kept as small as its values allow.

use muster_domain::query::{OneOf, Span, number_key};

/// The most different numbers that are kept as codes.
const MOST_CODES: usize = 1 << 16;
/// Slots of the table that finds codes while a column is read: a power of two.
const SLOTS: usize = 1 << 18;

/// Keys of numbers (see `number_key`) or other whole numbers, row by row; 0 where there is none.
pub(crate) enum Numbers {
    /// Places in a sorted table, whose first entry is 0.
    Coded {
        table: Vec<u64>,
        codes: Vec<u16>,
    },
    Wide(Vec<u64>),
}

impl Numbers {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Coded { codes, .. } => codes.len(),
            Self::Wide(keys) => keys.len(),
        }
    }

    pub(crate) fn key(&self, row: u32) -> u64 {
        match self {
            Self::Coded { table, codes } => table[usize::from(codes[row as usize])],
            Self::Wide(keys) => keys[row as usize],
        }
    }
}

/// Collects a column of numbers.
pub(crate) enum NumbersBuilder {
    Coded { slots: Vec<(u64, u16)>, keys: Vec<u64>, codes: Vec<u16> },
    Wide(Vec<u64>),
}

impl NumbersBuilder {
    pub(crate) fn new(rows: usize) -> Self {
        let slots = vec![(0, 0); SLOTS];
        Self::Coded { slots, keys: vec![0], codes: Vec::with_capacity(rows) }
    }

    pub(crate) fn push(&mut self, key: u64) {
        let wide = match self {
            Self::Wide(wide) => {
                wide.push(key);
                return;
            }
            Self::Coded { slots, keys, codes } => {
                if let Some(code) = code_of(slots, keys, key) {
                    codes.push(code);
                    return;
                }
                let mut wide = Vec::with_capacity(codes.capacity());
                wide.extend(codes.iter().map(|code| keys[usize::from(*code)]));
                wide.push(key);
                wide
            }
        };
        *self = Self::Wide(wide);
    }

    pub(crate) fn finish(self) -> Numbers {
        match self {
            Self::Wide(keys) => Numbers::Wide(keys),
            Self::Coded { keys, mut codes, .. } => {
                let mut order: Vec<u32> = (0..keys.len() as u32).collect();
                order.sort_unstable_by_key(|place| keys[*place as usize]);
                let mut code = vec![0; keys.len()];
                for (new, old) in order.iter().enumerate() {
                    code[*old as usize] = new as u16;
                }
                for old in &mut codes {
                    *old = code[usize::from(*old)];
                }
                Numbers::Coded { table: order.iter().map(|place| keys[*place as usize]).collect(), codes }
            }
        }
    }
}

/// The code of a key, given a new one if need be; `None` when there are too many. Open addressing, key 0 is code 0.
fn code_of(slots: &mut [(u64, u16)], keys: &mut Vec<u64>, key: u64) -> Option<u16> {
    if key == 0 {
        return Some(0);
    }
    let mut slot = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 46) as usize % SLOTS;
    loop {
        let (found, code) = slots[slot];
        if found == key {
            return Some(code);
        }
        if found == 0 {
            let code = u16::try_from(keys.len()).ok().filter(|_| keys.len() < MOST_CODES)?;
            slots[slot] = (key, code);
            keys.push(key);
            return Some(code);
        }
        slot = (slot + 1) % SLOTS;
    }
}

/// Ranges of number keys, both ends included.
pub(crate) struct KeyRanges {
    negated: bool,
    ranges: Vec<(u64, u64)>,
}

impl KeyRanges {
    pub(crate) fn of_numbers(test: &OneOf<Span<f64>>) -> Self {
        Self { negated: test.negated, ranges: test.any.iter().filter_map(key_range).collect() }
    }

    /// Key 0 stands for no value, which no test wants.
    pub(crate) fn holds(&self, key: u64) -> bool {
        key != 0 && self.ranges.iter().any(|(first, last)| (*first..=*last).contains(&key)) != self.negated
    }
}

/// The keys of the numbers in a range; `None` when a limit is not a number, so that nothing is in it.
fn key_range(span: &Span<f64>) -> Option<(u64, u64)> {
    Some(match *span {
        Span::Any => (1, u64::MAX),
        Span::Is(number) => (number_key(number)?, number_key(number)?),
        Span::Above(limit) => (number_key(limit)?.checked_add(1)?, u64::MAX),
        Span::AtLeast(limit) => (number_key(limit)?, u64::MAX),
        Span::Below(limit) => (1, number_key(limit)? - 1),
        Span::AtMost(limit) => (1, number_key(limit)?),
        Span::Between(low, high) => (number_key(low)?, number_key(high)?),
    })
}

/// A test of numbers, ready for one column.
pub(crate) enum NumberTest<'a> {
    Coded {
        codes: &'a [u16],
        wanted: Vec<bool>,
    },
    /// The wanted codes follow each other, as they do for one range.
    CodeRange {
        codes: &'a [u16],
        first: u16,
        last: u16,
    },
    Wide {
        keys: &'a [u64],
        ranges: KeyRanges,
    },
}

impl<'a> NumberTest<'a> {
    pub(crate) fn new(numbers: &'a Numbers, ranges: KeyRanges) -> Self {
        match numbers {
            Numbers::Wide(keys) => Self::Wide { keys, ranges },
            Numbers::Coded { table, codes } => {
                let wanted: Vec<bool> = table.iter().map(|key| ranges.holds(*key)).collect();
                let first = wanted.iter().position(|wanted| *wanted);
                let last = wanted.iter().rposition(|wanted| *wanted);
                match first.zip(last) {
                    Some((first, last)) if wanted[first..=last].iter().all(|wanted| *wanted) => {
                        Self::CodeRange { codes, first: first as u16, last: last as u16 }
                    }
                    _ => Self::Coded { codes, wanted },
                }
            }
        }
    }

    /// Marks which rows from `first` on pass, one byte a row.
    pub(crate) fn mark(&self, first: u32, marks: &mut [u8]) {
        let rows = first as usize..first as usize + marks.len();
        match self {
            Self::CodeRange { codes, first, last } => {
                let (least, width) = (*first, *last - *first);
                for (mark, code) in marks.iter_mut().zip(&codes[rows]) {
                    *mark = u8::from(code.wrapping_sub(least) <= width);
                }
            }
            Self::Coded { codes, wanted } => {
                for (mark, code) in marks.iter_mut().zip(&codes[rows]) {
                    *mark = u8::from(wanted[usize::from(*code)]);
                }
            }
            Self::Wide { keys, ranges } => {
                for (mark, key) in marks.iter_mut().zip(&keys[rows]) {
                    *mark = u8::from(ranges.holds(*key));
                }
            }
        }
    }

    pub(crate) fn holds(&self, row: u32) -> bool {
        match self {
            Self::CodeRange { codes, first, last } => (*first..=*last).contains(&codes[row as usize]),
            Self::Coded { codes, wanted } => wanted[usize::from(codes[row as usize])],
            Self::Wide { keys, ranges } => ranges.holds(keys[row as usize]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_what_was_put_in() {
        for different in [1_u64, 300, 65_534, 65_535, 65_536, 70_000] {
            let keys: Vec<u64> = (0..140_000).map(|row: u64| (row * 7_919 % different) * 3).collect();
            let mut builder = NumbersBuilder::new(keys.len());
            for key in &keys {
                builder.push(*key);
            }
            let numbers = builder.finish();
            assert_eq!(numbers.len(), keys.len());
            assert!(keys.iter().zip(0..).all(|(key, row)| numbers.key(row) == *key), "{different}");
            let ranges = || KeyRanges { negated: false, ranges: vec![(3, 90), (300, 600)] };
            let test = NumberTest::new(&numbers, ranges());
            assert!(keys.iter().zip(0..).all(|(key, row)| test.holds(row) == ranges().holds(*key)), "{different}");
        }
    }
}
