//! `person`, `project`, `layer`, `label_class`, `label_schema`, `label_schema_class`.

use muster_domain::{
    id::{ClassId, PersonId, ProjectId},
    schema::{LabelClass, LabelSchema, Person, Project},
    time::UtcMicros,
};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::json_of_keys;
use crate::{StoreError, project::UnmappedClass};

/// Adds a person; one that is known stays as it is.
pub async fn add_person(connection: &mut SqliteConnection, person: &Person, now: UtcMicros) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO person (person_id, name, created_at_micros) VALUES (?, ?, ?)
         ON CONFLICT (person_id) DO NOTHING",
    )
    .bind(person.person_id.0)
    .bind(&person.name)
    .bind(now.0)
    .execute(connection)
    .await?;
    Ok(())
}

/// All people, in the order in which they were added.
pub async fn people(connection: &mut SqliteConnection) -> sqlx::Result<Vec<Person>> {
    let rows = sqlx::query("SELECT person_id, name FROM person ORDER BY row_key").fetch_all(connection).await?;
    Ok(rows.iter().map(|row| Person { person_id: PersonId(row.get(0)), name: row.get(1) }).collect())
}

/// Renames a person; false when there is none.
pub async fn rename_person(connection: &mut SqliteConnection, person_id: PersonId, name: &str) -> sqlx::Result<bool> {
    let renamed = sqlx::query("UPDATE person SET name = ? WHERE person_id = ?")
        .bind(name)
        .bind(person_id.0)
        .execute(connection)
        .await?;
    Ok(renamed.rows_affected() > 0)
}

/// The key of a person.
pub async fn person_key(connection: &mut SqliteConnection, person_id: PersonId) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("SELECT row_key FROM person WHERE person_id = ?")
        .bind(person_id.0)
        .fetch_optional(connection)
        .await
}

/// Adds a project with the layer `main` and an empty schema of version 1.
pub async fn add(
    connection: &mut SqliteConnection,
    project_id: ProjectId,
    name: &str,
    now: UtcMicros,
) -> sqlx::Result<()> {
    let key = sqlx::query("INSERT INTO project (project_id, name, created_at_micros) VALUES (?, ?, ?)")
        .bind(project_id.0)
        .bind(name)
        .bind(now.0)
        .execute(&mut *connection)
        .await?
        .last_insert_rowid();
    add_layer(connection, key, "main").await?;
    sqlx::query("INSERT INTO label_schema (project_key, version, made_at_micros) VALUES (?, 1, ?)")
        .bind(key)
        .bind(now.0)
        .execute(connection)
        .await?;
    Ok(())
}

/// All projects, in the order in which they were added.
pub async fn all(connection: &mut SqliteConnection) -> sqlx::Result<Vec<Project>> {
    let rows = sqlx::query(
        "SELECT project_id, name,
             (SELECT max(version) FROM label_schema WHERE label_schema.project_key = project.row_key)
         FROM project ORDER BY row_key",
    )
    .fetch_all(connection)
    .await?;
    let read =
        |row: &SqliteRow| Project { project_id: ProjectId(row.get(0)), name: row.get(1), schema_version: row.get(2) };
    Ok(rows.iter().map(read).collect())
}

/// Renames a project; false when there is none.
pub async fn rename(connection: &mut SqliteConnection, project_id: ProjectId, name: &str) -> sqlx::Result<bool> {
    let renamed = sqlx::query("UPDATE project SET name = ? WHERE project_id = ?")
        .bind(name)
        .bind(project_id.0)
        .execute(connection)
        .await?;
    Ok(renamed.rows_affected() > 0)
}

/// The key of a project.
pub async fn key(connection: &mut SqliteConnection, project_id: ProjectId) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar("SELECT row_key FROM project WHERE project_id = ?")
        .bind(project_id.0)
        .fetch_optional(connection)
        .await
}

/// Adds a layer; one that is known stays as it is.
pub async fn add_layer(connection: &mut SqliteConnection, project_key: i64, name: &str) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO layer (project_key, name) VALUES (?, ?) ON CONFLICT (project_key, name) DO NOTHING")
        .bind(project_key)
        .bind(name)
        .execute(connection)
        .await?;
    Ok(())
}

/// Layers with their keys, in the order in which they were added.
pub async fn layers(connection: &mut SqliteConnection, project_key: i64) -> sqlx::Result<Vec<(i64, String)>> {
    sqlx::query_as("SELECT row_key, name FROM layer WHERE project_key = ? ORDER BY row_key")
        .bind(project_key)
        .fetch_all(connection)
        .await
}

/// The version of the schema in force.
pub async fn schema_version(connection: &mut SqliteConnection, project_key: i64) -> sqlx::Result<u32> {
    sqlx::query_scalar("SELECT max(version) FROM label_schema WHERE project_key = ?")
        .bind(project_key)
        .fetch_one(connection)
        .await
}

/// A schema at a version; without classes when there is no such version.
pub async fn schema(
    connection: &mut SqliteConnection,
    (project_key, project_id): (i64, ProjectId),
    version: u32,
) -> Result<LabelSchema, StoreError> {
    let rows = sqlx::query(
        "SELECT label_class.class_id, label_schema_class.name, aliases, colour, number_key, retired
         FROM label_schema
         JOIN label_schema_class ON label_schema_class.label_schema_key = label_schema.row_key
         JOIN label_class ON label_class.row_key = label_schema_class.label_class_key
         WHERE label_schema.project_key = ? AND label_schema.version = ?
         ORDER BY label_schema_class.ordinal",
    )
    .bind(project_key)
    .bind(version)
    .fetch_all(connection)
    .await?;
    let read = |row: &SqliteRow| {
        Ok(LabelClass {
            class_id: ClassId(row.get(0)),
            name: row.get(1),
            aliases: serde_json::from_str(row.get(2))
                .map_err(|source| StoreError::unreadable("label_schema_class", source))?,
            colour: row.get(3),
            key: row.get(4),
            retired: row.get(5),
        })
    };
    let classes = rows.iter().map(read).collect::<Result<_, StoreError>>()?;
    Ok(LabelSchema { project_id, version, classes })
}

/// Every class that a project ever had: id and key.
pub async fn class_keys(connection: &mut SqliteConnection, project_key: i64) -> sqlx::Result<Vec<(ClassId, i64)>> {
    let rows = sqlx::query("SELECT class_id, row_key FROM label_class WHERE project_key = ?")
        .bind(project_key)
        .fetch_all(connection)
        .await?;
    Ok(rows.iter().map(|row| (ClassId(row.get(0)), row.get(1))).collect())
}

/// Writes a version of a schema.
pub async fn insert_schema(
    connection: &mut SqliteConnection,
    project_key: i64,
    schema: &LabelSchema,
    now: UtcMicros,
) -> Result<(), StoreError> {
    let schema_key = sqlx::query("INSERT INTO label_schema (project_key, version, made_at_micros) VALUES (?, ?, ?)")
        .bind(project_key)
        .bind(schema.version)
        .bind(now.0)
        .execute(&mut *connection)
        .await?
        .last_insert_rowid();
    for (ordinal, class) in schema.classes.iter().enumerate() {
        sqlx::query("INSERT INTO label_class (class_id, project_key) VALUES (?, ?) ON CONFLICT (class_id) DO NOTHING")
            .bind(class.class_id.0)
            .bind(project_key)
            .execute(&mut *connection)
            .await?;
        let aliases = serde_json::to_string(&class.aliases)
            .map_err(|source| StoreError::unreadable("label_schema_class", source))?;
        sqlx::query(
            "INSERT INTO label_schema_class
                 (label_schema_key, ordinal, label_class_key, name, aliases, colour, number_key, retired)
             SELECT ?, ?, row_key, ?, ?, ?, ?, ? FROM label_class WHERE class_id = ?",
        )
        .bind(schema_key)
        .bind(ordinal as i64)
        .bind(&class.name)
        .bind(aliases)
        .bind(class.colour)
        .bind(class.key)
        .bind(class.retired)
        .bind(class.class_id.0)
        .execute(&mut *connection)
        .await?;
    }
    Ok(())
}

/// Names of the classes of the schema in force, by key.
pub async fn class_names(
    connection: &mut SqliteConnection,
    project_key: i64,
) -> sqlx::Result<Vec<(i64, ClassId, String)>> {
    let rows = sqlx::query(
        "SELECT label_class.row_key, label_class.class_id, label_schema_class.name
         FROM label_schema_class JOIN label_class ON label_class.row_key = label_schema_class.label_class_key
         WHERE label_schema_class.label_schema_key =
             (SELECT row_key FROM label_schema WHERE project_key = ? ORDER BY version DESC LIMIT 1)
         ORDER BY label_schema_class.ordinal",
    )
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(|row| (row.get(0), ClassId(row.get(1)), row.get(2))).collect())
}

/// Annotations that use any of these classes: what a removal would leave without a name.
pub async fn uses(connection: &mut SqliteConnection, class_keys: &[i64]) -> sqlx::Result<Vec<(i64, u64)>> {
    let rows = sqlx::query(
        "SELECT label_class_key, sum(annotations) FROM annotation_count
         WHERE label_class_key IN (SELECT value FROM json_each(?)) GROUP BY label_class_key
         HAVING sum(annotations) > 0",
    )
    .bind(json_of_keys(class_keys))
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get::<i64, _>(1) as u64)).collect())
}

/// Annotations of each class by decision: class key, decision code, count.
pub async fn class_counts(connection: &mut SqliteConnection, project_key: i64) -> sqlx::Result<Vec<(i64, i64, u64)>> {
    let rows = sqlx::query(
        "SELECT label_class_key, decision, sum(annotations) FROM annotation_count
         WHERE project_key = ? AND label_class_key <> 0 GROUP BY label_class_key, decision",
    )
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1), row.get::<i64, _>(2) as u64)).collect())
}

/// Classes of models and imports that annotations have in place of one of the schema, most frequent first.
pub async fn unmapped(connection: &mut SqliteConnection, project_key: i64) -> sqlx::Result<Vec<UnmappedClass>> {
    let rows = sqlx::query(
        "SELECT model_class, sum(annotations) AS total,
             group_concat(DISTINCT coalesce(model_setting.model, origin.format, origin.kind)) AS made_by
         FROM annotation_count
         JOIN origin ON origin.row_key = annotation_count.origin_key
         LEFT JOIN model_setting ON model_setting.row_key = origin.model_setting_key
         WHERE project_key = ? AND label_class_key = 0 AND model_class <> '' AND annotations > 0
         GROUP BY model_class ORDER BY total DESC, model_class",
    )
    .bind(project_key)
    .fetch_all(connection)
    .await?;
    let class = |row: &SqliteRow| UnmappedClass {
        model_class: row.get(0),
        annotations: row.get::<i64, _>(1) as u64,
        made_by: row.get(2),
    };
    Ok(rows.iter().map(class).collect())
}
