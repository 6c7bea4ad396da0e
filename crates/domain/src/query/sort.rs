//! The order of results.

use crate::annotation::Decision;

use super::row::CaptureRow;

/// How results are ordered. Equal keys are ordered by row key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Sort {
    /// Captured last comes first.
    #[default]
    CapturedDescending,
    /// Captured first comes first.
    CapturedAscending,
    /// Received last comes first.
    ReceivedDescending,
    /// The least confidence of an undecided annotation comes first; captures without one come last.
    Risk,
}

impl Sort {
    /// Every order.
    pub const ALL: [Self; 4] =
        [Self::CapturedDescending, Self::CapturedAscending, Self::ReceivedDescending, Self::Risk];

    /// Its name, as typed and stored.
    pub fn name(self) -> &'static str {
        match self {
            Self::CapturedDescending => "captured",
            Self::CapturedAscending => "captured_asc",
            Self::ReceivedDescending => "received",
            Self::Risk => "risk",
        }
    }

    /// The order of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|sort| sort.name() == name)
    }

    /// The number by which rows are ordered, least first.
    pub fn key(self, row: &CaptureRow) -> u64 {
        match self {
            Self::CapturedDescending => !of_micros(row.captured_at.0),
            Self::CapturedAscending => of_micros(row.captured_at.0),
            Self::ReceivedDescending => !of_micros(row.received_at.0),
            Self::Risk => row
                .annotations
                .iter()
                .filter(|annotation| annotation.decision == Decision::Undecided)
                .filter_map(|annotation| annotation.confidence.and_then(number_key))
                .min()
                .unwrap_or(u64::MAX),
        }
    }
}

/// Signed microseconds in the order of unsigned numbers.
pub fn of_micros(micros: i64) -> u64 {
    (micros as u64) ^ (1 << 63)
}

/// The microseconds of a key made by [`of_micros`].
pub fn micros_of(key: u64) -> i64 {
    (key ^ (1 << 63)) as i64
}

/// A number in the order of unsigned numbers, never 0; `None` for NaN. The two zeros are one.
pub fn number_key(number: f64) -> Option<u64> {
    if number.is_nan() {
        return None;
    }
    let bits = if number == 0.0 { 0 } else { number.to_bits() };
    Some(if bits >> 63 == 0 { bits | (1 << 63) } else { !bits })
}

/// The number of a key made by [`number_key`].
pub fn number_of_key(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order_of_numbers() {
        let numbers = [f64::NEG_INFINITY, -1e300, -2.5, -1e-300, 0.0, 1e-300, 0.5, 2.0, 1e300, f64::INFINITY];
        let keys: Vec<u64> = numbers.iter().map(|number| number_key(*number).unwrap()).collect();
        assert!(keys.is_sorted_by(|left, right| left < right));
        assert!(keys.iter().all(|key| *key > 0));
        for (number, key) in numbers.iter().zip(keys) {
            assert_eq!(number_of_key(key).to_bits(), number.to_bits());
        }
        for micros in [i64::MIN, -1, 0, 1, i64::MAX] {
            assert_eq!(micros_of(of_micros(micros)), micros);
        }
        assert_eq!((number_key(-0.0), number_key(f64::NAN)), (number_key(0.0), None));
    }
}
