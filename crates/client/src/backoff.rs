//! Exponential backoff with full jitter, after "Exponential Backoff And Jitter" (M. Brooker, 2015).

use std::time::Duration;

use rand::{Rng, RngExt};

/// The pause before the next attempt: uniform between zero and a ceiling that doubles with each failure.
///
/// Full jitter keeps a fleet that lost its service together from coming back together.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Backoff {
    /// A backoff whose ceiling starts at `first` and never exceeds `longest`.
    pub fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, failures: 0 }
    }

    /// What the edge uses: 0.5 s doubling to 10 minutes.
    pub fn edge() -> Self {
        Self::new(Duration::from_millis(500), Duration::from_mins(10))
    }

    /// Failures since the last success.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// Notes a success: the next failure starts from the first ceiling again.
    pub fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// Notes a failure and gives the pause: at least `retry_after` where the service named one.
    ///
    /// A named wait gets jitter on top, so that everyone who was told "30 s" does not return in the same instant.
    pub fn failed(&mut self, retry_after: Option<Duration>, rng: &mut impl Rng) -> Duration {
        let doubled = self.first.saturating_mul(1_u32.checked_shl(self.failures.min(31)).unwrap_or(u32::MAX));
        let ceiling = doubled.min(self.longest);
        self.failures = self.failures.saturating_add(1);
        let jitter = ceiling.mul_f64(rng.random::<f64>());
        retry_after.map_or(jitter, |named| named.saturating_add(jitter.min(named)))
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::SmallRng};

    use super::*;

    #[test]
    fn the_ceiling_doubles_to_its_limit_and_a_named_wait_is_honoured() {
        let mut rng = SmallRng::seed_from_u64(7);
        let mut backoff = Backoff::edge();
        for failure in 0..40_u32 {
            let ceiling = (0.5 * 2_f64.powi(failure.min(30) as i32)).min(600.0);
            let pause = backoff.failed(None, &mut rng).as_secs_f64();
            assert!(pause <= ceiling, "failure {failure}: {pause} s is over {ceiling} s");
        }
        let named = Duration::from_secs(30);
        let pause = backoff.failed(Some(named), &mut rng);
        assert!(pause >= named && pause <= named * 2, "{pause:?}");
        backoff.succeeded();
        assert!(backoff.failed(None, &mut rng) <= Duration::from_millis(500));
    }

    #[test]
    fn jitter_spreads_over_the_whole_range() {
        let mut rng = SmallRng::seed_from_u64(1);
        let mean: f64 = (0..2_000).map(|_| Backoff::edge().failed(None, &mut rng).as_secs_f64()).sum::<f64>() / 2_000.0;
        assert!((mean - 0.25).abs() < 0.01, "{mean}");
    }
}
