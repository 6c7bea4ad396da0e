//! People, projects, layers and label schemas.

use muster_domain::{
    annotation::Annotation,
    id::{ClassId, OperationId, PersonId, ProjectId},
    schema::{LabelSchema, Person, Project},
};

use crate::{Library, Result, operation::Applied};

/// What a first start makes, and every later start finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstStart {
    /// The first person.
    pub person: Person,
    /// The first project.
    pub project: Project,
}

/// Annotations of a class that are not deleted, by decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassCount {
    /// The class.
    pub class_id: ClassId,
    /// Nobody has decided.
    pub undecided: u64,
    /// A person said right.
    pub accepted: u64,
    /// A person said wrong.
    pub rejected: u64,
}

/// A class of a model or an import without a counterpart in the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnmappedClass {
    /// The name, word for word.
    pub model_class: String,
    /// Annotations that are not deleted.
    pub annotations: u64,
}

impl Library {
    /// The first person and the first project, made where there is none. Processes that start at once agree.
    pub async fn first_start(&self, person_name: &str, project_name: &str) -> Result<FirstStart> {
        todo!()
    }
    pub async fn add_person(&self, person: &Person) -> Result<()> {
        todo!()
    }
    pub async fn people(&self) -> Result<Vec<Person>> {
        todo!()
    }
    pub async fn rename_person(&self, person_id: PersonId, name: &str) -> Result<()> {
        todo!()
    }
    /// A project with the layer `main` and an empty schema of version 1.
    pub async fn add_project(&self, project_id: ProjectId, name: &str) -> Result<Project> {
        todo!()
    }
    pub async fn projects(&self) -> Result<Vec<Project>> {
        todo!()
    }
    pub async fn rename_project(&self, project_id: ProjectId, name: &str) -> Result<()> {
        todo!()
    }
    pub async fn add_layer(&self, project_id: ProjectId, name: &str) -> Result<()> {
        todo!()
    }
    pub async fn layers(&self, project_id: ProjectId) -> Result<Vec<String>> {
        todo!()
    }
    /// The schema in force.
    pub async fn schema(&self, project_id: ProjectId) -> Result<LabelSchema> {
        todo!()
    }
    /// The schema at a version.
    pub async fn schema_at(&self, project_id: ProjectId, version: u32) -> Result<LabelSchema> {
        todo!()
    }
    /// Saves the next version of the schema as an operation of `person_id`. `schema.version` is the version that the
    /// edit was based on.
    pub async fn save_schema(
        &self,
        operation_id: OperationId,
        person_id: PersonId,
        schema: &LabelSchema,
        title: &str,
    ) -> Result<Applied> {
        todo!()
    }
    /// Annotations of each class of the schema in force.
    pub async fn class_counts(&self, project_id: ProjectId) -> Result<Vec<ClassCount>> {
        todo!()
    }
    /// Classes of models and imports without a counterpart in the schema, most frequent first.
    pub async fn unmapped_classes(&self, project_id: ProjectId) -> Result<Vec<UnmappedClass>> {
        todo!()
    }
    /// Annotations without a class whose model class is one of `names` (case ignored), to be mapped by an operation.
    pub async fn unmapped_annotations(
        &self,
        project_id: ProjectId,
        names: &[String],
        limit: u32,
    ) -> Result<Vec<Annotation>> {
        todo!()
    }
}
