//! The project and its classes.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{app::App, error::AppResult};

/// A project with its schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ProjectDto {
    /// Its id.
    pub project_id: String,
    /// Its name.
    pub name: String,
    /// Grows with each change of the classes.
    pub schema_version: u32,
    /// In display order.
    pub classes: Vec<ClassDto>,
    /// Names that models and imports used and no class answers to.
    pub unmapped: Vec<UnmappedClass>,
}

/// A class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ClassDto {
    /// Its id, stable for ever.
    pub class_id: String,
    /// Its name.
    pub name: String,
    /// Other names that it answers to.
    pub aliases: Vec<String>,
    /// Its colour in the palette, 1 to 20.
    pub colour: u8,
    /// Its number key, 1 to 9.
    pub key: Option<u8>,
    /// True when it takes no new annotations.
    pub retired: bool,
    /// Its annotations that are not deleted.
    pub count: u32,
}

/// A model class without a counterpart in the schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UnmappedClass {
    /// The name, word for word.
    pub model_class: String,
    /// Who used it.
    pub model: String,
    /// How many annotations wait.
    pub count: u32,
}

/// The wanted classes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SaveClassesRequest {
    /// The schema version that the person saw.
    pub base_version: u32,
    /// The full list in display order.
    pub classes: Vec<ClassEdit>,
}

/// One wanted class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ClassEdit {
    /// `None` makes a new one.
    pub class_id: Option<String>,
    /// Its name.
    pub name: String,
    /// Other names that it answers to.
    pub aliases: Vec<String>,
    /// Its colour in the palette, 1 to 20.
    pub colour: u8,
    /// Its number key, 1 to 9.
    pub key: Option<u8>,
    /// True when it takes no new annotations.
    pub retired: bool,
}

/// The project with its classes.
pub async fn project(app: &App) -> AppResult<ProjectDto> {
    Err(app.pending())
}

/// Saves the classes as a new schema version.
pub async fn save_classes(app: &App, request: SaveClassesRequest) -> AppResult<ProjectDto> {
    Err(app.pending())
}
