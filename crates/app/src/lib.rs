//! Use cases, one module a feature; jobs; DTOs; error codes: the only API that shells call.
//!
//! A shell's command converts its arguments, calls one function of a feature module with the [`app::App`], and maps
//! the [`error::AppError`].
//!
//! Three floors, and nothing points upwards: `session` is the running application and the open library; a module a
//! feature stands on it; `open` and `start` put them together.

pub mod annotate;
pub mod capture;
pub mod connection;
pub mod doctor;
pub mod embed;
pub mod error;
mod error_map;
pub mod export;
pub mod fields;
pub mod import;
pub mod map;
pub mod marks;
pub mod models;
pub mod offline;
pub mod open;
pub mod picture;
pub mod place;
pub mod prelabel;
pub mod project;
pub mod search;
mod session;
pub mod settings;
pub mod similar;
pub mod sites;
pub mod slices;
pub mod start;
mod vectors;

pub use session::{app, event, job};
