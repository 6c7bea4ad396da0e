//! What the benchmarks share: synthetic captures and the statistics of a series of durations.

pub mod durations;
pub mod synthetic;
