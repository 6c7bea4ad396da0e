//! Rules and trigger sets at the crate's boundary.

mod rules;
mod sets;
mod windows;
