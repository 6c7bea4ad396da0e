//! What the benchmarks share: synthetic captures and libraries, the statistics of a series of durations, plots.

pub mod durations;
pub mod made;
pub mod plot;
pub mod process;
pub mod queries;
pub mod synthetic;
