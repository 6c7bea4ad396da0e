//! Scenarios across the real binaries.

mod crash;
mod kill;
mod sync;
mod together;
