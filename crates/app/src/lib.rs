//! Use cases, one module a feature; jobs; DTOs; error codes: the only API that shells call.
//!
//! A shell's command converts its arguments, calls one function of a feature module with the [`app::App`], and maps
//! the [`error::AppError`].

pub mod annotate;
mod annotation_edit;
pub mod app;
pub mod capture;
pub mod connection;
pub mod doctor;
pub mod error;
mod error_map;
pub mod event;
pub mod export;
mod export_run;
pub mod import;
mod import_plan;
mod import_run;
mod index;
pub mod job;
pub mod models;
mod opened;
mod original;
pub mod picture;
pub mod place;
pub mod prelabel;
mod prelabel_run;
pub mod project;
pub mod search;
pub mod settings;
pub mod start;
mod sync;
