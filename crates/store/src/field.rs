//! Typed user fields on captures and annotations.

use std::collections::BTreeMap;

use muster_domain::{
    field::{FieldType, FieldValue, UserField},
    id::{AnnotationId, CaptureId},
};

use crate::{
    Library, Noun, Result, StoreError,
    capture::live_key,
    table::{
        self,
        field::{Place, type_name},
    },
};

impl Library {
    /// Defines a field; the same again changes nothing, another type of the same name is an error.
    pub async fn define_field(&self, field: &UserField) -> Result<()> {
        let mut transaction = self.begin().await?;
        match table::field::find(&mut transaction, &field.name, field.on_annotation).await? {
            Some((_, found)) if found == field.field_type => return Ok(()),
            Some((_, found)) => {
                return Err(StoreError::FieldExists { name: field.name.clone(), field_type: type_name(found) });
            }
            None => table::field::define(&mut transaction, field).await?,
        }
        self.commit(transaction).await
    }

    /// All fields, by name.
    pub async fn user_fields(&self) -> Result<Vec<UserField>> {
        Ok(table::field::all(&mut *self.read().await?).await?)
    }

    /// Sets a field on captures (`None` clears it), in one transaction. Returns the change sequence after it.
    pub async fn set_capture_field(&self, name: &str, values: &[(CaptureId, Option<FieldValue>)]) -> Result<u64> {
        let mut transaction = self.begin().await?;
        let field = table::field::find(&mut transaction, name, false).await?;
        let (field_key, field_type) = field.ok_or_else(|| StoreError::unknown(Noun::UserField, &name))?;
        let mut changed = Vec::with_capacity(values.len());
        for (capture_id, value) in values {
            check_type(name, field_type, value.as_ref())?;
            let key = live_key(&mut transaction, *capture_id).await?;
            let keys = (i64::from(key), field_key);
            table::field::set(&mut transaction, Place::Capture, keys, value.as_ref()).await?;
            changed.push(key);
        }
        let change_seq = table::change::bump(&mut transaction, &changed).await?;
        self.commit(transaction).await?;
        Ok(change_seq)
    }

    /// Sets a field on annotations (`None` clears it), in one transaction. Returns the change sequence after it.
    pub async fn set_annotation_field(&self, name: &str, values: &[(AnnotationId, Option<FieldValue>)]) -> Result<u64> {
        let mut transaction = self.begin().await?;
        let field = table::field::find(&mut transaction, name, true).await?;
        let (field_key, field_type) = field.ok_or_else(|| StoreError::unknown(Noun::UserField, &name))?;
        let mut changed = Vec::with_capacity(values.len());
        for (annotation_id, value) in values {
            check_type(name, field_type, value.as_ref())?;
            let keys = table::annotation::keys(&mut transaction, *annotation_id).await?;
            let (key, capture_key) = keys.ok_or_else(|| StoreError::unknown(Noun::Annotation, &annotation_id))?;
            table::field::set(&mut transaction, Place::Annotation, (key, field_key), value.as_ref()).await?;
            changed.push(capture_key);
        }
        let change_seq = table::change::bump(&mut transaction, &changed).await?;
        self.commit(transaction).await?;
        Ok(change_seq)
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

fn check_type(name: &str, field_type: FieldType, value: Option<&FieldValue>) -> Result<()> {
    let Some(value) = value else { return Ok(()) };
    let fits = match (field_type, value) {
        (FieldType::Number, FieldValue::Number(number)) => !number.is_nan(),
        (FieldType::Text, FieldValue::Text(_)) | (FieldType::Boolean, FieldValue::Boolean(_)) => true,
        (FieldType::Date, FieldValue::Text(text)) => is_date(text),
        _ => false,
    };
    if fits {
        return Ok(());
    }
    Err(StoreError::FieldType { name: name.to_owned(), field_type: type_name(field_type), value: value.to_text() })
}

/// `YYYY-MM-DD`, a day that the calendar has (proleptic Gregorian).
fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() != 10 || bytes[4] != b'-' || bytes[7] != b'-' {
        return false;
    }
    let number = |range: std::ops::Range<usize>| text.get(range).filter(|digits| is_digits(digits))?.parse().ok();
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else { return false };
    let leap: bool = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days: u32 = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        _ => return false,
    };
    (1..=days).contains(&day)
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_the_calendar() {
        for (text, expected) in [
            ("2026-11-20", true),
            ("2024-02-29", true),
            ("2023-02-29", false),
            ("1900-02-29", false),
            ("2000-02-29", true),
            ("2026-13-01", false),
            ("2026-04-31", false),
            ("2026-4-3", false),
            ("+026-04-03", false),
            ("2026-04-03T", false),
        ] {
            assert_eq!(is_date(text), expected, "{text}");
        }
    }
}
