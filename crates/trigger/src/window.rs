//! The recent past of one signal, bounded in time and in samples.

use std::{collections::VecDeque, time::Duration};

use muster_domain::field::FieldValue;

use crate::MAX_SAMPLES;

/// The recent samples of one signal, in the order of their times.
#[derive(Debug, Clone, Default)]
pub struct SignalWindow {
    samples: VecDeque<(i64, FieldValue)>,
    keep_micros: i64,
}

impl SignalWindow {
    /// A window that keeps at least the last `keep` and always the last two samples.
    pub fn new(keep: Duration) -> Self {
        Self { samples: VecDeque::new(), keep_micros: micros(keep) }
    }

    /// Adds a sample. A number that is not finite, and a time before the last one, are not samples and are left out.
    pub fn push(&mut self, at_micros: i64, value: FieldValue) {
        let is_finite = value.as_number().is_none_or(f64::is_finite);
        let is_late = self.samples.back().is_some_and(|(last, _)| at_micros < *last);
        if !is_finite || is_late {
            return;
        }
        self.samples.push_back((at_micros, value));
        while self.samples.len() > MAX_SAMPLES || (self.samples.len() > 2 && self.is_old(at_micros)) {
            self.samples.pop_front();
        }
    }

    /// The latest value.
    pub fn latest(&self) -> Option<&FieldValue> {
        self.samples.back().map(|(_, value)| value)
    }

    /// Whether the value turned from unset to set in the sample of this very moment.
    pub fn rose(&self, now_micros: i64) -> Option<bool> {
        self.turned(now_micros, true)
    }

    /// Whether the value turned from set to unset in the sample of this very moment.
    pub fn fell(&self, now_micros: i64) -> Option<bool> {
        self.turned(now_micros, false)
    }

    /// The largest number of the last `span`.
    pub fn max(&self, now_micros: i64, span: Duration) -> Option<f64> {
        self.numbers(now_micros, span).reduce(f64::max)
    }

    /// The smallest number of the last `span`.
    pub fn min(&self, now_micros: i64, span: Duration) -> Option<f64> {
        self.numbers(now_micros, span).reduce(f64::min)
    }

    /// The mean of the numbers of the last `span`.
    pub fn mean(&self, now_micros: i64, span: Duration) -> Option<f64> {
        let (sum, count) = self.numbers(now_micros, span).fold((0.0, 0_u32), |(sum, n), x| (sum + x, n + 1));
        (count > 0).then(|| sum / f64::from(count))
    }

    /// The latest number less the one before it.
    pub fn step(&self) -> Option<f64> {
        let mut last = self.samples.iter().rev().map(|(_, value)| value.as_number());
        Some(last.next()?? - last.next()??)
    }

    /// The latest number less the first of the last `span`.
    pub fn delta(&self, now_micros: i64, span: Duration) -> Option<f64> {
        let first = self.numbers(now_micros, span).last()?;
        Some(self.latest()?.as_number()? - first)
    }

    /// The numbers of the last `span`, latest first.
    fn numbers(&self, now_micros: i64, span: Duration) -> impl Iterator<Item = f64> {
        let from = now_micros.saturating_sub(micros(span));
        self.samples.iter().rev().take_while(move |(at, _)| *at > from).filter_map(|(_, value)| value.as_number())
    }

    fn turned(&self, now_micros: i64, to: bool) -> Option<bool> {
        let (at, value) = self.samples.back()?;
        let before = self.samples.iter().rev().nth(1).is_some_and(|(_, value)| is_set(value));
        Some(*at == now_micros && is_set(value) == to && before != to)
    }

    fn is_old(&self, now_micros: i64) -> bool {
        // The second sample is the first that a window of `keep` can still reach once the front one is out of it.
        self.samples.front().is_some_and(|(at, _)| now_micros - at > self.keep_micros)
    }
}

/// True, not zero, not empty.
fn is_set(value: &FieldValue) -> bool {
    match value {
        FieldValue::Boolean(flag) => *flag,
        FieldValue::Number(number) => *number != 0.0,
        FieldValue::Text(text) => !text.is_empty(),
    }
}

fn micros(span: Duration) -> i64 {
    i64::try_from(span.as_micros()).unwrap_or(i64::MAX)
}
