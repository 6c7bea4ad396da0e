//! The wire: golden files of version 1, limits of a manifest, and what a receipt proves.

mod golden;
mod proofs;
