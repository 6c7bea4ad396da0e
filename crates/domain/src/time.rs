//! Time as the data model keeps it: UTC microseconds, injected by the caller.

use serde::{Deserialize, Serialize};

/// UTC microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UtcMicros(pub i64);

impl UtcMicros {
    /// RFC 3339 in UTC with milliseconds, such as `2026-11-20T14:06:31.204Z`; out of range gives the raw number.
    pub fn to_rfc3339(self) -> String {
        jiff::Timestamp::from_microsecond(self.0)
            .map_or_else(|_| format!("{} µs", self.0), |timestamp| format!("{timestamp:.3}"))
    }
}

/// Where "now" comes from; the only clock that library crates see.
pub trait Clock: Send + Sync {
    /// The present time.
    fn now(&self) -> UtcMicros;
}

/// The machine's wall clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct WallClock;

impl Clock for WallClock {
    fn now(&self) -> UtcMicros {
        UtcMicros(jiff::Timestamp::now().as_microsecond())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prints_utc() {
        assert_eq!(UtcMicros(1_763_647_591_204_000).to_rfc3339(), "2025-11-20T14:06:31.204Z");
        assert_eq!(UtcMicros(i64::MAX).to_rfc3339(), "9223372036854775807 µs");
    }
}
