//! The desktop shell: one window, its commands, its pictures and its events. It calls `muster-app` and nothing else.

pub mod bindings;
pub mod commands;
pub mod pictures;
mod raw;
pub mod shell;
