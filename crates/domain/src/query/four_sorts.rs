//! The four orders that the first version of the index keeps.

use crate::annotation::Decision;

use super::{
    row::CaptureRow,
    sort::{number_key, of_micros},
};

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
