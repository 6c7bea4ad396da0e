//! Use cases, one module a feature; jobs; DTOs; error codes: the only API that shells call.
//!
//! A shell's command converts its arguments, calls one function of a feature module with the [`app::App`], and maps
//! the [`error::AppError`].

pub mod annotate;
pub mod app;
pub mod capture;
pub mod connection;
pub mod doctor;
pub mod error;
pub mod event;
pub mod export;
pub mod import;
pub mod job;
pub mod models;
pub mod prelabel;
pub mod project;
pub mod search;
pub mod settings;
pub mod start;
