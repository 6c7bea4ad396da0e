//! The project and its classes.

use std::collections::HashMap;

use muster_domain::{
    annotation::Annotation,
    id::{ClassId, OperationId},
    operation::{Actor, AnnotationChange, Diff, Operation},
    origin::Origin,
    schema::{LabelClass, LabelSchema},
    time::UtcMicros,
};
use serde::{Deserialize, Serialize};
use specta::Type;
use uuid::Uuid;

use crate::{
    app::App,
    error::{AppError, AppResult},
    session::opened::{Identity, OpenLibrary, parse_id},
};

/// Annotations that one mapping operation changes at most.
const MAP_BATCH: u32 = 1_000;

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
    let opened = app.opened().await?;
    let identity = opened.identity()?;
    let schema = opened.library.schema(identity.project_id).await?;
    let counts: HashMap<ClassId, u64> = opened
        .library
        .class_counts(identity.project_id)
        .await?
        .into_iter()
        .map(|count| (count.class_id, count.undecided + count.accepted + count.rejected))
        .collect();
    let class = |class: LabelClass| ClassDto {
        count: counts.get(&class.class_id).map_or(0, |count| *count as u32),
        class_id: class.class_id.to_string(),
        name: class.name,
        aliases: class.aliases,
        colour: class.colour,
        key: class.key,
        retired: class.retired,
    };
    let unmapped = opened.library.unmapped_classes(identity.project_id).await?;
    Ok(ProjectDto {
        project_id: identity.project_id.to_string(),
        name: identity.project_name,
        schema_version: schema.version,
        classes: schema.classes.into_iter().map(class).collect(),
        unmapped: unmapped.into_iter().map(unmapped_class).collect(),
    })
}

fn unmapped_class(class: muster_store::project::UnmappedClass) -> UnmappedClass {
    UnmappedClass { model_class: class.model_class, model: class.made_by, count: class.annotations as u32 }
}

/// Renames the project.
pub async fn rename_project(app: &App, name: String) -> AppResult<ProjectDto> {
    let opened = app.opened().await?;
    let name = name.trim();
    if name.is_empty() {
        return Err(AppError::invalid("a project needs a name"));
    }
    opened.library.rename_project(opened.identity()?.project_id, name).await?;
    opened.load_identity().await?;
    project(app).await
}

/// Saves the classes as a new schema version; proposals of model classes that are named now are mapped.
pub async fn save_classes(app: &App, request: SaveClassesRequest) -> AppResult<ProjectDto> {
    let opened = app.opened().await?;
    let identity = opened.identity()?;
    let classes = request.classes.into_iter().map(label_class).collect::<AppResult<Vec<_>>>()?;
    let schema = LabelSchema { project_id: identity.project_id, version: request.base_version, classes };
    schema.check().map_err(|error| AppError::invalid(error.to_string()))?;
    let operation_id = OperationId(Uuid::new_v4());
    opened.library.save_schema(operation_id, identity.person.person_id, &schema, "Change classes").await?;
    map_classes(&opened).await?;
    opened.notify_changed();
    project(app).await
}

fn label_class(edit: ClassEdit) -> AppResult<LabelClass> {
    let class_id = match edit.class_id {
        Some(text) => parse_id("class", &text)?,
        None => ClassId(Uuid::new_v4()),
    };
    let aliases = edit.aliases.iter().map(|alias| alias.trim().to_owned()).filter(|alias| !alias.is_empty()).collect();
    Ok(LabelClass {
        class_id,
        name: edit.name.trim().to_owned(),
        aliases,
        colour: edit.colour,
        key: edit.key,
        retired: edit.retired,
    })
}

/// Gives annotations without a class the class that answers to their model's name, by a rule and in batches.
///
/// What a person decided stays decided: the rule sets a class where there is none, and nothing else.
pub(crate) async fn map_classes(opened: &OpenLibrary) -> AppResult<u64> {
    let identity = opened.identity()?;
    let schema = opened.library.schema(identity.project_id).await?;
    let mut mapped = 0;
    for class in schema.classes.iter().filter(|class| !class.retired) {
        let names: Vec<String> = std::iter::once(&class.name).chain(&class.aliases).cloned().collect();
        loop {
            let waiting = opened.library.unmapped_annotations(identity.project_id, &names, MAP_BATCH).await?;
            if waiting.is_empty() {
                break;
            }
            mapped += waiting.len() as u64;
            let operation = mapping(&identity, class, schema.version, opened.library.now(), waiting);
            opened.library.apply(operation).await?;
        }
    }
    Ok(mapped)
}

fn mapping(
    identity: &Identity,
    class: &LabelClass,
    schema_version: u32,
    at: UtcMicros,
    waiting: Vec<Annotation>,
) -> Operation {
    let change = |before: Annotation| {
        let mut after = before.clone();
        after.class_id = Some(class.class_id);
        after.schema_version = schema_version;
        after.field_origins.class = Origin::Rule { rule: "class_mapping".into() };
        AnnotationChange { annotation_id: before.annotation_id, before: Some(before), after: Some(after) }
    };
    Operation {
        operation_id: OperationId(Uuid::new_v4()),
        project_id: Some(identity.project_id),
        actor: Actor::Person { person_id: identity.person.person_id },
        at,
        title: format!("Map proposals to {}", class.name),
        diff: Diff::Annotations { changes: waiting.into_iter().map(change).collect() },
        undoes: None,
    }
}
