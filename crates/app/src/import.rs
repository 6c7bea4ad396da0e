//! Bringing pictures and labels in from the person's own disk.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{app::App, error::AppResult, job::JobDto};

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportPreview {
    /// What the path holds: `images` or `coco`.
    pub format: String,
    /// Pictures found.
    pub images: u64,
    /// Annotations found.
    pub annotations: u64,
    /// Captures that would be made.
    pub new_captures: u64,
    /// Pictures that the library has already.
    pub duplicates: u64,
    /// Pictures that the label file names and nobody finds (the first 100).
    pub missing: Vec<String>,
    /// Class names that no class of the project answers to.
    pub unknown_classes: Vec<NameCount>,
}

/// A name and how often it occurs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NameCount {
    /// The name.
    pub name: String,
    /// How often.
    pub count: u32,
}

/// What to do with the picture files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ImportMedia {
    /// Copy them into the library.
    Copy,
    /// Leave them where they are.
    Reference,
}

/// What to import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportRequest {
    /// A folder, a picture, or a label file with its pictures beside it.
    pub path: String,
    /// `auto`, `images` or `coco`.
    pub format: String,
    /// Copied or referenced.
    pub media: ImportMedia,
    /// True to make a class of every unknown name.
    pub create_classes: bool,
}

/// What an import would do.
pub async fn preview_import(app: &App, path: String, format: String) -> AppResult<ImportPreview> {
    Err(app.pending())
}

/// Starts an import.
pub async fn start_import(app: &App, request: ImportRequest) -> AppResult<JobDto> {
    Err(app.pending())
}
