//! Settings of a person.

use std::collections::BTreeMap;

use muster_domain::id::PersonId;

use sqlx::SqliteConnection;

use crate::{Library, Noun, Result, StoreError, table};

impl Library {
    /// A person's setting.
    pub async fn setting(&self, person_id: PersonId, name: &str) -> Result<Option<serde_json::Value>> {
        let mut transaction = self.read().await?;
        let person_key = person_key(&mut transaction, person_id).await?;
        table::setting::get(&mut transaction, person_key, name).await?.as_deref().map(parse).transpose()
    }

    /// All settings of a person.
    pub async fn settings(&self, person_id: PersonId) -> Result<BTreeMap<String, serde_json::Value>> {
        let mut transaction = self.read().await?;
        let person_key = person_key(&mut transaction, person_id).await?;
        let settings = table::setting::of_person(&mut transaction, person_key).await?;
        settings.into_iter().map(|(name, json)| Ok((name, parse(&json)?))).collect()
    }

    /// Saves a setting; `Null` removes it.
    pub async fn set_setting(&self, person_id: PersonId, name: &str, value: &serde_json::Value) -> Result<()> {
        let mut transaction = self.begin().await?;
        let person_key = person_key(&mut transaction, person_id).await?;
        if value.is_null() {
            table::setting::unset(&mut transaction, person_key, name).await?;
        } else {
            table::setting::set(&mut transaction, person_key, name, &value.to_string()).await?;
        }
        self.commit(transaction).await
    }
}

async fn person_key(connection: &mut SqliteConnection, person_id: PersonId) -> Result<i64> {
    let key = table::project::person_key(connection, person_id).await?;
    key.ok_or_else(|| StoreError::unknown(Noun::Person, &person_id))
}

fn parse(json: &str) -> Result<serde_json::Value> {
    serde_json::from_str(json).map_err(|source| StoreError::unreadable("setting", source))
}
