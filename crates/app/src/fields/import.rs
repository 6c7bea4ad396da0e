//! Field values out of a CSV or Parquet file, as one act.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
};

use muster_domain::{
    field::{FieldType, FieldValue, UserField as StoredField},
    id::{AnnotationId, CaptureId},
};
use muster_formats::values::{self, Subject, ValueError, ValueTable};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

use super::UserField;
use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult, ErrorCode},
    session::opened::OpenLibrary,
};

/// Ids or paths that are looked up at once.
const LOOKED_UP: usize = 20_000;
/// Problems that are told; the others are counted.
const TOLD: usize = 200;

/// What a file of values did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FieldImport {
    /// The fields that it has values of.
    pub fields: Vec<UserField>,
    /// Rows that were read.
    pub rows: u32,
    /// Values that were set.
    pub changed: u32,
    /// Values that were so already.
    pub unchanged: u32,
    /// The act that an undo takes back; `None` when nothing changed.
    pub operation_id: Option<String>,
    /// What is wrong with single lines and cells; the rest came in.
    pub problems: Vec<FieldProblem>,
    /// How many problems there are, also those that are not told.
    pub problem_count: u32,
}

/// What is wrong with one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FieldProblem {
    /// The line; of Parquet the row, from 1.
    pub line: u32,
    /// What is wrong.
    pub message: String,
}

impl From<ValueError> for AppError {
    fn from(error: ValueError) -> Self {
        let code = match error {
            ValueError::Io { .. } | ValueError::Damaged { .. } => ErrorCode::UnreadableFile,
            _ => ErrorCode::Invalid,
        };
        Self::new(code, error.to_string()).with_source(&error)
    }
}

/// Sets fields from a file, defining those that are new. All of it is one step of undo, but for the definitions.
pub async fn import_fields(app: &App, path: String) -> AppResult<FieldImport> {
    let opened = app.opened().await?;
    let known: HashMap<(String, bool), FieldType> = opened
        .library
        .user_fields()
        .await?
        .into_iter()
        .map(|field| ((field.name, field.on_annotation), field.field_type))
        .collect();
    let file = PathBuf::from(&path);
    let name = file.file_name().map_or_else(|| path.clone(), |name| name.to_string_lossy().into_owned());
    let table = app
        .blocking(Urgency::Interactive, move || {
            let type_of = |name: &str, on_annotation: bool| known.get(&(name.to_owned(), on_annotation)).copied();
            Ok(values::read(&file, &type_of)?)
        })
        .await?;
    write(&opened, table, format!("Set fields from {name}")).await
}

async fn write(opened: &OpenLibrary, table: ValueTable, title: String) -> AppResult<FieldImport> {
    let on_annotation = table.subject.on_annotation();
    let mut problems: Vec<FieldProblem> = table
        .problems
        .iter()
        .map(|problem| FieldProblem { line: problem.line() as u32, message: problem.to_string() })
        .collect();
    let mut problem_count = table.problem_count;
    let ids = resolve(opened, table.subject, &table.subjects, &mut |line, message| {
        problem_count += 1;
        problems.push(FieldProblem { line: line as u32, message: format!("line {line}: {message}") });
    })
    .await?;
    let mut fields = Vec::with_capacity(table.columns.len());
    let mut columns = Vec::with_capacity(table.columns.len());
    for column in table.columns {
        let field = StoredField { name: column.name.clone(), field_type: column.field_type, on_annotation };
        opened.library.define_field(&field).await?;
        fields.push(UserField::from(field));
        // A later line about the same subject holds.
        let mut values: HashMap<Uuid, FieldValue> = HashMap::with_capacity(column.values.len());
        values.extend(column.values.into_iter().filter_map(|(row, value)| Some((ids[row]?, value))));
        columns.push((column.name, values.into_iter().map(|(id, value)| (id, Some(value))).collect()));
    }
    let act = opened.act(title)?;
    let done = opened.done(opened.library.set_fields(&act, on_annotation, columns).await?);
    problems.sort_by_key(|problem| problem.line);
    problems.truncate(TOLD);
    Ok(FieldImport {
        fields,
        rows: table.subjects.len() as u32,
        changed: done.changed,
        unchanged: done.skipped,
        operation_id: done.operation_id,
        problems,
        problem_count: problem_count as u32,
    })
}

/// The id of each row's subject; `None` where the library has it not, which is told.
async fn resolve(
    opened: &OpenLibrary,
    subject: Subject,
    subjects: &[(u64, String)],
    tell: &mut (impl FnMut(u64, String) + Send),
) -> AppResult<Vec<Option<Uuid>>> {
    let mut ids = Vec::with_capacity(subjects.len());
    for subjects in subjects.chunks(LOOKED_UP) {
        match subject {
            Subject::Path => {
                let paths: Vec<String> = subjects.iter().map(|(_, path)| path.clone()).collect();
                let mut found: HashMap<String, Vec<CaptureId>> = HashMap::new();
                for (path, capture_id) in opened.library.captures_at(&paths).await? {
                    found.entry(path).or_default().push(capture_id);
                }
                for (line, path) in subjects {
                    let captures = found.get(path).map_or(&[][..], Vec::as_slice);
                    match captures {
                        [one] => ids.push(Some(one.0)),
                        [] => {
                            tell(*line, format!("there is no capture {path:?}"));
                            ids.push(None);
                        }
                        several => {
                            let count = several.len();
                            tell(*line, format!("{count} captures are called {path:?}; use capture_id"));
                            ids.push(None);
                        }
                    }
                }
            }
            Subject::CaptureId | Subject::AnnotationId => {
                let parsed: Vec<Option<Uuid>> = subjects.iter().map(|(_, text)| Uuid::parse_str(text).ok()).collect();
                let present = present(opened, subject, parsed.iter().flatten()).await?;
                let noun = if subject.on_annotation() { "annotation" } else { "capture" };
                for ((line, text), id) in subjects.iter().zip(parsed) {
                    let id = id.filter(|id| present.contains(id));
                    if id.is_none() {
                        tell(*line, format!("there is no {noun} {text:?}"));
                    }
                    ids.push(id);
                }
            }
        }
    }
    Ok(ids)
}

async fn present<'a>(
    opened: &OpenLibrary,
    subject: Subject,
    ids: impl Iterator<Item = &'a Uuid>,
) -> AppResult<HashSet<Uuid>> {
    if subject.on_annotation() {
        let ids: Vec<AnnotationId> = ids.map(|id| AnnotationId(*id)).collect();
        let known = opened.library.known_annotations(&ids).await?;
        return Ok(known.into_iter().map(|id| id.0).collect());
    }
    let ids: Vec<CaptureId> = ids.map(|id| CaptureId(*id)).collect();
    let known = opened.library.known(&ids).await?;
    Ok(known.into_iter().filter(|(_, row_key)| row_key.is_some()).map(|(id, _)| id.0).collect())
}
