//! Typed user fields on captures and annotations.

use std::collections::{BTreeMap, HashMap};

use muster_domain::{
    field::{FieldType, FieldValue, UserField},
    id::{AnnotationId, CaptureId},
};

use crate::{
    Library, Noun, Result, StoreError,
    capture::live_key,
    table::{
        self,
        field::{Place, Valued},
    },
};
use uuid::Uuid;

impl Library {
    /// Defines a field; the same again changes nothing, another type of the same name is an error.
    pub async fn define_field(&self, field: &UserField) -> Result<()> {
        if !is_field_name(&field.name) {
            return Err(StoreError::FieldName { name: field.name.clone() });
        }
        let mut transaction = self.begin().await?;
        match table::field::find(&mut transaction, &field.name, field.on_annotation).await? {
            Some((_, found)) if found == field.field_type => return Ok(()),
            Some((_, found)) => {
                return Err(StoreError::FieldExists { name: field.name.clone(), field_type: found.name() });
            }
            None => table::field::define(&mut transaction, field).await?,
        }
        self.commit(transaction).await
    }

    /// All fields, by name.
    pub async fn user_fields(&self) -> Result<Vec<UserField>> {
        Ok(table::field::all(&mut *self.read().await?).await?)
    }

    /// Removes a field with all its values. That cannot be taken back.
    pub async fn remove_field(&self, name: &str, on_annotation: bool) -> Result<()> {
        let mut transaction = self.begin().await?;
        if !table::field::remove(&mut transaction, name, on_annotation).await? {
            return Err(StoreError::unknown(Noun::UserField, &name));
        }
        self.commit(transaction).await
    }

    /// Writes what a job read (an import's places, a model's measures) into a field of captures (`None` clears it), in
    /// one transaction. It is no act of a person and cannot be taken back; for those see [`Library::set_fields`].
    /// Returns the change sequence after it.
    pub async fn set_capture_field(&self, name: &str, values: &[(CaptureId, Option<FieldValue>)]) -> Result<u64> {
        let values: Vec<_> = values.iter().map(|(id, value)| (id.0, value.as_ref())).collect();
        self.write_field(name, Place::Capture, &values).await
    }

    /// Like [`Self::set_capture_field`], for annotations.
    pub async fn set_annotation_field(&self, name: &str, values: &[(AnnotationId, Option<FieldValue>)]) -> Result<u64> {
        let values: Vec<_> = values.iter().map(|(id, value)| (id.0, value.as_ref())).collect();
        self.write_field(name, Place::Annotation, &values).await
    }

    async fn write_field(&self, name: &str, place: Place, values: &[(Uuid, Option<&FieldValue>)]) -> Result<u64> {
        let mut transaction = self.begin().await?;
        let on_annotation = matches!(place, Place::Annotation);
        let field = table::field::find(&mut transaction, name, on_annotation).await?;
        let (field_key, field_type) = field.ok_or_else(|| StoreError::unknown(Noun::UserField, &name))?;
        let ids: Vec<Uuid> = values.iter().map(|(id, _)| *id).collect();
        let found = table::field::values(&mut transaction, place, field_key, &ids).await?;
        let found: HashMap<Uuid, Valued> = found.into_iter().map(|valued| (valued.id, valued)).collect();
        let (mut writing, mut changed) = (Vec::with_capacity(values.len()), Vec::with_capacity(values.len()));
        for (id, value) in values {
            check_type(name, field_type, *value)?;
            let noun = if on_annotation { Noun::Annotation } else { Noun::Capture };
            let subject = found.get(id).ok_or_else(|| StoreError::unknown(noun, id))?;
            writing.push((subject.row_key, *value));
            changed.push(subject.capture_key);
        }
        table::field::set_many(&mut transaction, place, field_key, &writing).await?;
        let change_seq = table::change::bump(&mut transaction, &changed).await?;
        self.commit(transaction).await?;
        Ok(change_seq)
    }

    /// The captures at these paths: below their import root, or in full. A path can be that of several.
    pub async fn captures_at(&self, paths: &[String]) -> Result<Vec<(String, CaptureId)>> {
        Ok(table::capture::at_paths(&mut *self.read().await?, paths).await?)
    }

    /// Those of the annotations that are there and not deleted.
    pub async fn known_annotations(&self, ids: &[AnnotationId]) -> Result<Vec<AnnotationId>> {
        Ok(table::annotation::live(&mut *self.read().await?, ids).await?)
    }

    /// The fields of a capture.
    pub async fn capture_fields(&self, capture_id: CaptureId) -> Result<BTreeMap<String, FieldValue>> {
        let mut transaction = self.read().await?;
        let key = live_key(&mut transaction, capture_id).await?;
        let fields = table::field::of_captures(&mut transaction, &[key]).await?;
        Ok(fields.into_iter().map(|(_, name, value)| (name, value)).collect())
    }

    /// The fields of an annotation.
    pub async fn annotation_fields(&self, annotation_id: AnnotationId) -> Result<BTreeMap<String, FieldValue>> {
        let mut transaction = self.read().await?;
        let keys = table::annotation::keys(&mut transaction, annotation_id).await?;
        let (key, capture_key) = keys.ok_or_else(|| StoreError::unknown(Noun::Annotation, &annotation_id))?;
        let fields = table::field::of_annotations_on(&mut transaction, &[capture_key]).await?;
        let own = fields.into_iter().filter(|(annotation_key, ..)| *annotation_key == key);
        Ok(own.map(|(_, name, value)| (name, value)).collect())
    }
}

/// Letters, digits and underscores, as `field.NAME` can say it.
fn is_field_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
        && letters.all(|letter| letter.is_alphanumeric() || letter == '_')
}

/// Refuses a value of another type.
pub(crate) fn check_type(name: &str, field_type: FieldType, value: Option<&FieldValue>) -> Result<()> {
    let Some(value) = value else { return Ok(()) };
    if field_type.holds(value) {
        return Ok(());
    }
    Err(StoreError::FieldType { name: name.to_owned(), field_type: field_type.name(), value: value.to_text() })
}
