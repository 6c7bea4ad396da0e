//! Percentiles of a series of durations.

use std::time::{Duration, Instant};

/// Durations of one kind of act.
#[derive(Debug, Default)]
pub struct Durations(Vec<Duration>);

impl Durations {
    /// Does something and keeps how long it took.
    pub fn time<T>(&mut self, act: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = act();
        self.0.push(start.elapsed());
        result
    }

    /// Keeps a duration that was taken elsewhere.
    pub fn add(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The duration below which a share (0 to 1) of the series lies, by nearest rank; zero for an empty series.
    pub fn percentile(&self, share: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let rank = (share * sorted.len() as f64).ceil() as usize;
        sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// How many there are, and their p50, p95 and maximum in milliseconds, as a row of a Markdown table.
    pub fn row(&self, name: &str) -> String {
        let [middle, high, most] = [0.5, 0.95, 1.0].map(|share| self.percentile(share).as_secs_f64() * 1e3);
        format!("| {name} | {} | {middle:.2} | {high:.2} | {most:.2} |", self.0.len())
    }
}
