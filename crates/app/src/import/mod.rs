//! Bringing pictures and labels in from the person's own disk.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult, ErrorCode},
    job::{self, JobContext, JobDto, JobKind, Outcome, Work},
    place,
};

mod plan;
pub(crate) mod run;

use plan::ImportPlan;

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

impl Work for ImportRequest {
    const KIND: JobKind = JobKind::Import;

    fn title(&self) -> String {
        format!("Import {}", self.path)
    }

    async fn run(self, context: &JobContext) -> AppResult<Outcome> {
        run::run(context, self).await
    }
}

/// What an import would do.
pub async fn preview_import(app: &App, path: String, format: String) -> AppResult<ImportPreview> {
    let opened = app.opened().await?;
    let identity = opened.identity()?;
    let roots = opened.library.import_roots().await?;
    let plan = app.blocking(Urgency::Interactive, move || ImportPlan::make(&path, &format, &roots)).await?;
    let schema = opened.library.schema(identity.project_id).await?;
    let mut unknown: BTreeMap<String, u32> = BTreeMap::new();
    for name in plan.class_names().filter(|name| schema.class_named(name).is_none()) {
        *unknown.entry(name.to_owned()).or_default() += 1;
    }
    let mut unknown_classes: Vec<NameCount> =
        unknown.into_iter().map(|(name, count)| NameCount { name, count }).collect();
    unknown_classes.sort_by_key(|class| std::cmp::Reverse(class.count));
    let known = run::known_sources(&opened).await?;
    let duplicates =
        plan.pictures.iter().filter(|picture| known.contains(&plan.root.name, &picture.relative_path)).count();
    Ok(ImportPreview {
        format: plan.format_name().into(),
        images: plan.pictures.len() as u64,
        annotations: plan.annotations() as u64,
        new_captures: (plan.pictures.len() - duplicates) as u64,
        duplicates: duplicates as u64,
        missing: plan.missing.iter().take(100).cloned().collect(),
        unknown_classes,
    })
}

/// Starts an import.
pub async fn start_import(app: &App, request: ImportRequest) -> AppResult<JobDto> {
    let opened = app.opened().await?;
    opened.identity()?;
    let path =
        std::path::absolute(&request.path).map_err(|error| place::unreadable("read", request.path.as_ref(), &error))?;
    if !path.exists() {
        return Err(AppError::new(ErrorCode::UnreadableFile, format!("there is nothing at {}", path.display()))
            .with_remedy("check the path"));
    }
    let request = ImportRequest { path: path.display().to_string(), ..request };
    job::start(app, &opened, request).await
}
