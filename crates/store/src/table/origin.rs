//! `origin`, `model_setting`: who makes annotations, each written once.

use std::collections::HashMap;

use muster_domain::{digest::Digest, id::PersonId, origin::Origin};
use sqlx::{Row, SqliteConnection, sqlite::SqliteRow};

use super::{digest, json_of_keys};
use crate::model_run::ModelSetting;

/// An origin without what differs between the annotations of one hand: the confidence, the id in an imported file.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Hand {
    /// A person.
    Person(PersonId),
    /// A model with its parameters.
    Model(ModelSetting),
    /// An imported file.
    Import {
        /// Its format.
        format: String,
        /// Its hash.
        file: Digest,
    },
    /// A rule.
    Rule(String),
}

impl Hand {
    /// The hand, the confidence and the id in the file.
    pub fn of(origin: &Origin) -> (Self, Option<f64>, Option<&str>) {
        match origin {
            Origin::Person { person_id } => (Self::Person(*person_id), None, None),
            Origin::Model { model, version, model_hash, parameters_hash, prompt, confidence } => {
                let setting = ModelSetting {
                    model: model.clone(),
                    version: version.clone(),
                    model_hash: *model_hash,
                    parameters_hash: *parameters_hash,
                    prompt: prompt.clone(),
                };
                (Self::Model(setting), Some(*confidence), None)
            }
            Origin::Import { format, file, source_id } => {
                (Self::Import { format: format.clone(), file: *file }, None, Some(source_id))
            }
            Origin::Rule { rule } => (Self::Rule(rule.clone()), None, None),
        }
    }

    /// The origin again.
    pub fn origin(&self, confidence: Option<f64>, source_id: Option<&str>) -> Origin {
        match self {
            Self::Person(person_id) => Origin::Person { person_id: *person_id },
            Self::Model(setting) => Origin::Model {
                model: setting.model.clone(),
                version: setting.version.clone(),
                model_hash: setting.model_hash,
                parameters_hash: setting.parameters_hash,
                prompt: setting.prompt.clone(),
                confidence: confidence.unwrap_or_default(),
            },
            Self::Import { format, file } => Origin::Import {
                format: format.clone(),
                file: *file,
                source_id: source_id.unwrap_or_default().to_owned(),
            },
            Self::Rule(rule) => Origin::Rule { rule: rule.clone() },
        }
    }
}

/// Keys of hands, remembered for one transaction.
#[derive(Default)]
pub struct Hands {
    keys: HashMap<Hand, i64>,
}

impl Hands {
    /// The key of a hand, made where it is new.
    pub async fn key(&mut self, connection: &mut SqliteConnection, hand: &Hand) -> sqlx::Result<i64> {
        if let Some(key) = self.keys.get(hand) {
            return Ok(*key);
        }
        let key = match find(connection, hand).await? {
            Some(key) => key,
            None => insert(connection, hand).await?,
        };
        self.keys.insert(hand.clone(), key);
        Ok(key)
    }
}

async fn find(connection: &mut SqliteConnection, hand: &Hand) -> sqlx::Result<Option<i64>> {
    let query = match hand {
        Hand::Person(person_id) => {
            sqlx::query_scalar("SELECT row_key FROM origin WHERE kind = 'person' AND person_id = ?").bind(person_id.0)
        }
        Hand::Model(setting) => {
            let Some(key) = setting_key(connection, setting).await? else { return Ok(None) };
            sqlx::query_scalar("SELECT row_key FROM origin WHERE kind = 'model' AND model_setting_key = ?").bind(key)
        }
        Hand::Import { format, file } => {
            sqlx::query_scalar("SELECT row_key FROM origin WHERE kind = 'import' AND file_digest = ? AND format = ?")
                .bind(file.as_bytes().as_slice())
                .bind(format)
        }
        Hand::Rule(rule) => {
            sqlx::query_scalar("SELECT row_key FROM origin WHERE kind = 'rule' AND rule = ?").bind(rule)
        }
    };
    query.fetch_optional(connection).await
}

async fn insert(connection: &mut SqliteConnection, hand: &Hand) -> sqlx::Result<i64> {
    let query = match hand {
        Hand::Person(person_id) => {
            sqlx::query("INSERT INTO origin (kind, person_id) VALUES ('person', ?)").bind(person_id.0)
        }
        Hand::Model(setting) => {
            let key = ensure_setting(connection, setting).await?;
            sqlx::query("INSERT INTO origin (kind, model_setting_key) VALUES ('model', ?)").bind(key)
        }
        Hand::Import { format, file } => {
            sqlx::query("INSERT INTO origin (kind, format, file_digest) VALUES ('import', ?, ?)")
                .bind(format)
                .bind(file.as_bytes().as_slice())
        }
        Hand::Rule(rule) => sqlx::query("INSERT INTO origin (kind, rule) VALUES ('rule', ?)").bind(rule),
    };
    Ok(query.execute(connection).await?.last_insert_rowid())
}

/// Hands by their keys.
pub async fn load(
    connection: &mut SqliteConnection,
    keys: impl IntoIterator<Item = i64>,
) -> sqlx::Result<HashMap<i64, Hand>> {
    let rows = sqlx::query(
        "SELECT origin.row_key, kind, person_id, format, file_digest, rule,
             model, version, model_hash, parameters_hash, prompt
         FROM origin LEFT JOIN model_setting ON model_setting.row_key = origin.model_setting_key
         WHERE origin.row_key IN (SELECT value FROM json_each(?))",
    )
    .bind(json_of_keys(keys))
    .fetch_all(connection)
    .await?;
    rows.iter().map(|row| Ok((row.get("row_key"), read(row)?))).collect()
}

fn read(row: &SqliteRow) -> sqlx::Result<Hand> {
    Ok(match row.get::<&str, _>("kind") {
        "person" => Hand::Person(PersonId(row.get("person_id"))),
        "model" => Hand::Model(read_setting(row)?),
        "import" => Hand::Import { format: row.get("format"), file: digest(row.get("file_digest"))? },
        // The table's CHECK knows four names.
        _ => Hand::Rule(row.get("rule")),
    })
}

/// A setting out of a row with its columns.
pub fn read_setting(row: &SqliteRow) -> sqlx::Result<ModelSetting> {
    Ok(ModelSetting {
        model: row.get("model"),
        version: row.get("version"),
        model_hash: digest(row.get("model_hash"))?,
        parameters_hash: digest(row.get("parameters_hash"))?,
        prompt: row.get("prompt"),
    })
}

/// The key of a model with its parameters.
pub async fn setting_key(connection: &mut SqliteConnection, setting: &ModelSetting) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "SELECT row_key FROM model_setting
         WHERE model_hash = ? AND parameters_hash = ? AND model = ? AND version = ? AND prompt IS ?",
    )
    .bind(setting.model_hash.as_bytes().as_slice())
    .bind(setting.parameters_hash.as_bytes().as_slice())
    .bind(&setting.model)
    .bind(&setting.version)
    .bind(&setting.prompt)
    .fetch_optional(connection)
    .await
}

/// The key of a model with its parameters, made where it is new.
pub async fn ensure_setting(connection: &mut SqliteConnection, setting: &ModelSetting) -> sqlx::Result<i64> {
    if let Some(key) = setting_key(connection, setting).await? {
        return Ok(key);
    }
    let inserted = sqlx::query(
        "INSERT INTO model_setting (model, version, model_hash, parameters_hash, prompt) VALUES (?, ?, ?, ?, ?)",
    )
    .bind(&setting.model)
    .bind(&setting.version)
    .bind(setting.model_hash.as_bytes().as_slice())
    .bind(setting.parameters_hash.as_bytes().as_slice())
    .bind(&setting.prompt)
    .execute(connection)
    .await?;
    Ok(inserted.last_insert_rowid())
}
