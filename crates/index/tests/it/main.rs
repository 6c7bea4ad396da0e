//! Tests of the search index at its boundary.

mod agreement;
mod crash;
mod lifecycle;
#[path = "../../../domain/tests/it/strategy.rs"]
mod strategy;
mod vectors;
