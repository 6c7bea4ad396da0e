//! The running application and the library that is open in it: what every feature works with. It knows no feature.

pub mod app;
pub(crate) mod connection;
mod covers;
pub(crate) mod daily;
pub mod event;
pub(crate) mod index;
pub mod job;
pub(crate) mod opened;
pub(crate) mod original;
pub(crate) mod searches;
pub(crate) mod spaces;
