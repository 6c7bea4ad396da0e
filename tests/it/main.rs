//! Scenarios across the real binaries.

mod kill;
mod sync;
