//! Scenarios across the real binaries.

mod kill;
