//! People, projects, layers and label schemas.

use std::collections::HashSet;

use muster_domain::{
    annotation::{Annotation, Decision},
    id::{ClassId, OperationId, PersonId, ProjectId},
    operation::{Actor, Diff, Operation},
    schema::{LabelSchema, Person, Project},
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{Library, Noun, Result, StoreError, operation::Applied, table};

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
    /// The models and import formats that used it, separated by commas.
    pub made_by: String,
}

impl Library {
    /// The first person and the first project, made where there is none. Processes that start at once agree.
    pub async fn first_start(&self, person_name: &str, project_name: &str) -> Result<FirstStart> {
        let mut transaction = self.begin().await?;
        if table::project::people(&mut transaction).await?.is_empty() {
            let person = Person { person_id: PersonId(Uuid::new_v4()), name: person_name.to_owned() };
            table::project::add_person(&mut transaction, &person, self.now()).await?;
        }
        if table::project::all(&mut transaction).await?.is_empty() {
            let project_id = ProjectId(Uuid::new_v4());
            table::project::add(&mut transaction, project_id, project_name, self.now()).await?;
        }
        let people = table::project::people(&mut transaction).await?;
        let projects = table::project::all(&mut transaction).await?;
        self.commit(transaction).await?;
        let first = people.into_iter().next().zip(projects.into_iter().next());
        let (person, project) = first.expect("both were just made where they were missing");
        Ok(FirstStart { person, project })
    }

    /// Adds a person; one that is known stays as it is.
    pub async fn add_person(&self, person: &Person) -> Result<()> {
        let mut transaction = self.begin().await?;
        table::project::add_person(&mut transaction, person, self.now()).await?;
        self.commit(transaction).await
    }

    /// All people, in the order in which they were added.
    pub async fn people(&self) -> Result<Vec<Person>> {
        Ok(table::project::people(&mut *self.read().await?).await?)
    }

    /// Renames a person.
    pub async fn rename_person(&self, person_id: PersonId, name: &str) -> Result<()> {
        let mut transaction = self.begin().await?;
        if !table::project::rename_person(&mut transaction, person_id, name).await? {
            return Err(StoreError::unknown(Noun::Person, &person_id));
        }
        self.commit(transaction).await
    }

    /// A project with the layer `main` and an empty schema of version 1.
    pub async fn add_project(&self, project_id: ProjectId, name: &str) -> Result<Project> {
        let mut transaction = self.begin().await?;
        table::project::add(&mut transaction, project_id, name, self.now()).await?;
        self.commit(transaction).await?;
        Ok(Project { project_id, name: name.to_owned(), schema_version: 1 })
    }

    /// All projects, in the order in which they were added.
    pub async fn projects(&self) -> Result<Vec<Project>> {
        Ok(table::project::all(&mut *self.read().await?).await?)
    }

    /// Renames a project.
    pub async fn rename_project(&self, project_id: ProjectId, name: &str) -> Result<()> {
        let mut transaction = self.begin().await?;
        if !table::project::rename(&mut transaction, project_id, name).await? {
            return Err(StoreError::unknown(Noun::Project, &project_id));
        }
        self.commit(transaction).await
    }

    /// Adds a layer; one that is known stays as it is.
    pub async fn add_layer(&self, project_id: ProjectId, name: &str) -> Result<()> {
        let mut transaction = self.begin().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        table::project::add_layer(&mut transaction, project_key, name).await?;
        self.commit(transaction).await
    }

    /// The layers of a project, `main` first.
    pub async fn layers(&self, project_id: ProjectId) -> Result<Vec<String>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        let layers = table::project::layers(&mut transaction, project_key).await?;
        Ok(layers.into_iter().map(|(_, name)| name).collect())
    }

    /// The schema in force.
    pub async fn schema(&self, project_id: ProjectId) -> Result<LabelSchema> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        current_schema(&mut transaction, (project_key, project_id)).await
    }

    /// The schema at a version; a version that never was has no classes.
    pub async fn schema_at(&self, project_id: ProjectId, version: u32) -> Result<LabelSchema> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        table::project::schema(&mut transaction, (project_key, project_id), version).await
    }

    /// Saves the next version of the schema as an operation of `person_id`, so that it can be taken back.
    /// `schema.version` is the version that the edit was based on; the one in force afterwards is one higher.
    pub async fn save_schema(
        &self,
        operation_id: OperationId,
        person_id: PersonId,
        schema: &LabelSchema,
        title: &str,
    ) -> Result<Applied> {
        let before = self.schema_at(schema.project_id, schema.version).await?;
        let after = LabelSchema { version: schema.version + 1, ..schema.clone() };
        self.apply(Operation {
            operation_id,
            project_id: Some(schema.project_id),
            actor: Actor::Person { person_id },
            at: self.now(),
            title: title.to_owned(),
            diff: Diff::Schema { before: Box::new(before), after: Box::new(after) },
            undoes: None,
        })
        .await
    }

    /// Annotations of each class of the schema in force, in its order.
    pub async fn class_counts(&self, project_id: ProjectId) -> Result<Vec<ClassCount>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        let classes = table::project::class_names(&mut transaction, project_key).await?;
        let counts = table::project::class_counts(&mut transaction, project_key).await?;
        let count = |class_key: i64, decision: Decision| {
            let code = table::annotation::decision_code(decision);
            counts.iter().find(|(key, found, _)| (*key, *found) == (class_key, code)).map_or(0, |(_, _, count)| *count)
        };
        Ok(classes
            .into_iter()
            .map(|(key, class_id, _)| ClassCount {
                class_id,
                undecided: count(key, Decision::Undecided),
                accepted: count(key, Decision::Accepted),
                rejected: count(key, Decision::Rejected),
            })
            .collect())
    }

    /// Classes of models and imports without a counterpart in the schema, most frequent first.
    pub async fn unmapped_classes(&self, project_id: ProjectId) -> Result<Vec<UnmappedClass>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        Ok(table::project::unmapped(&mut transaction, project_key).await?)
    }

    /// Annotations without a class whose model class is one of `names` (case ignored), to be mapped by an operation.
    pub async fn unmapped_annotations(
        &self,
        project_id: ProjectId,
        names: &[String],
        limit: u32,
    ) -> Result<Vec<Annotation>> {
        let mut transaction = self.read().await?;
        let project_key = project_key(&mut transaction, project_id).await?;
        // SQLite folds ASCII alone, so the spellings that answer are picked here, as the schema compares names.
        let folded = |name: &str| name.trim().to_lowercase();
        let wanted: HashSet<String> = names.iter().map(|name| folded(name)).collect();
        let spellings = table::project::unmapped(&mut transaction, project_key).await?;
        let spellings =
            spellings.into_iter().map(|class| class.model_class).filter(|name| wanted.contains(&folded(name)));
        let names: serde_json::Value = spellings.collect();
        let stored = table::annotation::unmapped(&mut transaction, project_key, &names.to_string(), limit).await?;
        Ok(stored.into_iter().map(|stored| stored.annotation).collect())
    }
}

/// The key of a project.
pub(crate) async fn project_key(connection: &mut SqliteConnection, project_id: ProjectId) -> Result<i64> {
    let key = table::project::key(connection, project_id).await?;
    key.ok_or_else(|| StoreError::unknown(Noun::Project, &project_id))
}

/// The schema in force.
pub(crate) async fn current_schema(
    connection: &mut SqliteConnection,
    project: (i64, ProjectId),
) -> Result<LabelSchema> {
    let version = table::project::schema_version(connection, project.0).await?;
    table::project::schema(connection, project, version).await
}
