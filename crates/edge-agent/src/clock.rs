//! The clock of a source: real, or replayed faster from a day of its own.

use std::time::Duration;

use muster_domain::time::{Clock, UtcMicros, WallClock};
use muster_edge::DeviceTime;
use tokio::time::Instant;

/// What the agent believes of its wall clock's error; nothing measures it yet.
const UNCERTAINTY_MICROS: i64 = 1_000_000;

/// Where a source's time stands.
#[derive(Debug, Clone)]
pub struct SourceClock {
    began: Instant,
    start: UtcMicros,
    speed: f64,
}

impl SourceClock {
    /// A clock that starts now, runs `speed` times as fast as time, and shows `start` (the present when left out).
    pub fn new(start: Option<UtcMicros>, speed: f64) -> Self {
        Self { began: Instant::now(), start: start.unwrap_or_else(|| WallClock.now()), speed }
    }

    /// Microseconds of the source's own time since it began.
    pub fn elapsed_micros(&self) -> i64 {
        (self.began.elapsed().as_secs_f64() * self.speed * 1e6) as i64
    }

    /// Waits until the source's own time has come so far.
    pub async fn wait_until(&self, offset_micros: i64) {
        let real = Duration::from_secs_f64((offset_micros.max(0) as f64 / 1e6 / self.speed).min(1e9));
        tokio::time::sleep_until(self.began + real).await;
    }

    /// The moment at this offset, as the device's clocks tell it.
    pub fn at(&self, offset_micros: i64) -> DeviceTime {
        DeviceTime {
            wall_micros: UtcMicros(self.start.0.saturating_add(offset_micros)),
            monotonic_micros: offset_micros,
            uncertainty_micros: UNCERTAINTY_MICROS,
        }
    }
}
