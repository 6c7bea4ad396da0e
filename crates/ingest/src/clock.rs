//! When a capture was captured, as far as the service can know.

use muster_domain::time::UtcMicros;
use muster_protocol::manifest::DeviceTime;

use crate::limit::MAX_UNCERTAINTY_MICROS;

/// The service's estimate of a device's moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// When.
    pub at: UtcMicros,
    /// How wrong it may be.
    pub uncertainty_micros: i64,
}

/// Estimates when a capture began from the device's wall clock.
///
/// Nothing is captured after it was offered: a later wall time is cut to the offer. The uncertainty covers what the device
/// believes, what was cut, and the offset of its clock in its last report. The offset widens and does not shift: the
/// report may have been made in another boot than the capture.
pub fn estimate(started: DeviceTime, offered_at: UtcMicros, clock_offset_micros: Option<i64>) -> Estimate {
    let at = started.wall_micros.min(offered_at);
    let cut = started.wall_micros.0.saturating_sub(at.0);
    let offset = clock_offset_micros.map_or(0, i64::saturating_abs);
    let uncertainty = started.uncertainty_micros.max(0).max(cut).max(offset);
    Estimate { at, uncertainty_micros: uncertainty.min(MAX_UNCERTAINTY_MICROS) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uncertainty_covers_what_is_known_to_be_wrong() {
        let check = |wall, uncertainty_micros, offset, expected: (i64, i64)| {
            let started = DeviceTime { wall_micros: UtcMicros(wall), monotonic_micros: 0, uncertainty_micros };
            let got = estimate(started, UtcMicros(1_000), offset);
            assert_eq!((got.at.0, got.uncertainty_micros), expected, "{wall} {uncertainty_micros} {offset:?}");
        };
        check(900, 5, None, (900, 5));
        check(900, -5, None, (900, 0));
        check(900, 5, Some(-70), (900, 70));
        check(1_300, 5, None, (1_000, 300));
        check(i64::MIN, i64::MAX, Some(i64::MIN), (i64::MIN, MAX_UNCERTAINTY_MICROS));
        check(i64::MAX, 0, None, (1_000, MAX_UNCERTAINTY_MICROS));
    }
}
