//! Tests of the domain at its boundary.

mod query;
mod strategy;
