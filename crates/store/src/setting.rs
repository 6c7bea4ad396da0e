//! Settings of a person.

use std::collections::BTreeMap;

use muster_domain::id::PersonId;

use crate::{Library, Result};

impl Library {
    /// A person's setting.
    pub async fn setting(&self, person_id: PersonId, name: &str) -> Result<Option<serde_json::Value>> {
        todo!()
    }
    /// All settings of a person.
    pub async fn settings(&self, person_id: PersonId) -> Result<BTreeMap<String, serde_json::Value>> {
        todo!()
    }
    /// Saves a setting; `Null` removes it.
    pub async fn set_setting(&self, person_id: PersonId, name: &str, value: &serde_json::Value) -> Result<()> {
        todo!()
    }
}
