//! Bringing pictures and labels in from the person's own disk.
//!
//! | module | what |
//! | --- | --- |
//! | `listing` | the files of a folder or archive, before any is read |
//! | `plan`, `finder` | which of them are pictures and labels, and which belong together |
//! | `preview` | what an import would do |
//! | `read` | one file from one reading: hash, header, thumbnail, copy |
//! | `labels` | label files as annotations |
//! | `run` | the job: readers on all cores, one writer, one act |
//! | `roots` | the folders that imports came from: moved, and changed since |

use muster_store::import::OnExisting;
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::App,
    error::{AppError, AppResult, ErrorCode},
    job::{self, JobContext, JobDto, JobKind, Outcome, Work},
    place,
    session::opened::parse_id,
};

mod finder;
mod labels;
mod listing;
mod plan;
mod preview;
mod read;
mod roots;
mod run;
mod scratch;

pub(crate) use labels::{COCO_IMAGE_ID, category_ids, save_category_ids};
pub use preview::preview_import;
pub use roots::{FileReport, FileState, ImportRootDto, RootReport, changed_files, import_roots, relink};

/// What an import would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportPreview {
    /// What the path holds: `images` or `coco`.
    pub format: String,
    /// The import root that the captures will belong to.
    pub root: String,
    /// True for an archive, whose pictures are copied in any case.
    pub is_archive: bool,
    /// Pictures and videos found.
    pub images: u64,
    /// Their size.
    pub bytes: u64,
    /// Annotations found.
    pub annotations: u64,
    /// Pictures that the library has already, unchanged.
    pub matched: u64,
    /// Pictures that the library has with other bytes.
    pub changed: u64,
    /// Pictures that the library does not have under this path.
    pub new: u64,
    /// New and changed pictures with the bytes of another one, in the library or among them.
    pub duplicate: u64,
    /// True when so many pictures had to be compared that the duplicates are those found in a few seconds.
    pub duplicate_is_partial: bool,
    /// Files that cannot be used, as far as a look at their first bytes tells.
    pub unreadable: u64,
    /// Pictures that the label file names and nobody finds.
    pub missing: u64,
    /// The first of the unreadable and missing ones, each with the reason.
    pub problems: Vec<ImportProblem>,
    /// Class names that no class of the project answers to.
    pub unknown_classes: Vec<NameCount>,
}

/// A file that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportProblem {
    /// The file.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// Files that an import could not use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportProblems {
    /// How many there are.
    pub total: u64,
    /// Some of them, by path.
    pub problems: Vec<ImportProblem>,
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

/// What becomes of what the library has already. None takes away what a person decided, and none makes anything twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ImportOnExisting {
    /// Captures that are there stay as they are, without new labels; changed files are left out.
    Skip,
    /// New labels join those that are there; a changed file becomes a second capture.
    #[default]
    Merge,
    /// Labels of earlier imports give way to those of this one; a changed file takes its capture's place.
    Replace,
}

impl From<ImportOnExisting> for OnExisting {
    fn from(wanted: ImportOnExisting) -> Self {
        match wanted {
            ImportOnExisting::Skip => Self::Skip,
            ImportOnExisting::Merge => Self::Merge,
            ImportOnExisting::Replace => Self::Replace,
        }
    }
}

/// What to import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ImportRequest {
    /// A folder, a picture, a video, an archive, or a label file with its pictures beside it.
    pub path: String,
    /// `auto`, `images` or `coco`.
    pub format: String,
    /// Copied or referenced; an archive's are always copied.
    pub media: ImportMedia,
    /// True to make a class of every unknown name.
    pub create_classes: bool,
    /// What becomes of what the library has already.
    pub on_existing: ImportOnExisting,
    /// True to make no second capture of a picture with the bytes of another one; its labels go to that one.
    pub skip_duplicates: bool,
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

/// The files that an import could not use, however many there are: some of them, by path.
pub async fn import_problems(app: &App, job_id: String, offset: u32, limit: u32) -> AppResult<ImportProblems> {
    let opened = app.opened().await?;
    let (total, failures) = opened.library.import_failures(parse_id("job", &job_id)?, offset, limit).await?;
    let problem =
        |failure: muster_store::import::ImportFailure| ImportProblem { path: failure.path, reason: failure.reason };
    Ok(ImportProblems { total, problems: failures.into_iter().map(problem).collect() })
}
