//! User fields: typed values that people keep on captures and annotations.

pub mod import;

use muster_domain::field::{FieldType, FieldValue, UserField as StoredField};
use serde::{Deserialize, Serialize};
use specta::Type;

pub use import::{FieldImport, FieldProblem, import_fields};

use crate::{
    annotate::TagResult,
    app::App,
    error::{AppError, AppResult},
    marks::{Selected, Selection},
    session::opened::OpenLibrary,
};

/// The type of a user field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum UserFieldType {
    /// A number.
    Number,
    /// A text.
    Text,
    /// True or false.
    Boolean,
    /// A day, `YYYY-MM-DD`.
    Date,
}

impl From<FieldType> for UserFieldType {
    fn from(field_type: FieldType) -> Self {
        match field_type {
            FieldType::Number => Self::Number,
            FieldType::Text => Self::Text,
            FieldType::Boolean => Self::Boolean,
            FieldType::Date => Self::Date,
        }
    }
}

impl From<UserFieldType> for FieldType {
    fn from(field_type: UserFieldType) -> Self {
        match field_type {
            UserFieldType::Number => Self::Number,
            UserFieldType::Text => Self::Text,
            UserFieldType::Boolean => Self::Boolean,
            UserFieldType::Date => Self::Date,
        }
    }
}

/// A field that a person defined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UserField {
    /// Its name: letters, digits and underscores.
    pub name: String,
    /// What it holds.
    #[serde(rename = "type")]
    pub field_type: UserFieldType,
    /// True when it sits on annotations, false on captures.
    pub on_annotation: bool,
}

impl From<StoredField> for UserField {
    fn from(field: StoredField) -> Self {
        Self { name: field.name, field_type: field.field_type.into(), on_annotation: field.on_annotation }
    }
}

/// A value as a window or a command line gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(untagged)]
pub enum UserFieldValue {
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A text, or any other value as a person types it.
    Text(String),
}

impl UserFieldValue {
    /// The value in a field's type; a text is read as a person means it.
    fn in_type(self, name: &str, field_type: FieldType) -> AppResult<FieldValue> {
        let (value, typed) = match self {
            Self::Boolean(flag) => (Some(FieldValue::Boolean(flag)), flag.to_string()),
            Self::Number(number) => (Some(FieldValue::Number(number)), number.to_string()),
            Self::Text(text) => (field_type.read(&text), text),
        };
        value.filter(|value| field_type.holds(value)).ok_or_else(|| {
            let error = AppError::invalid(format!("{typed:?} is not a {} for the field {name:?}", field_type.name()));
            match field_type {
                FieldType::Date => error.with_remedy("write days as YYYY-MM-DD"),
                FieldType::Boolean => error.with_remedy("write true or false"),
                FieldType::Number | FieldType::Text => error,
            }
        })
    }
}

/// All fields, by name.
pub async fn user_fields(app: &App) -> AppResult<Vec<UserField>> {
    let fields = app.opened().await?.library.user_fields().await?;
    Ok(fields.into_iter().map(UserField::from).collect())
}

/// Defines a field; the same again changes nothing.
pub async fn define_field(
    app: &App,
    name: String,
    field_type: UserFieldType,
    on_annotation: bool,
) -> AppResult<UserField> {
    let field = StoredField { name: name.trim().to_owned(), field_type: field_type.into(), on_annotation };
    app.opened().await?.library.define_field(&field).await?;
    Ok(field.into())
}

/// Removes a field with all its values.
pub async fn remove_field(app: &App, name: String, on_annotation: bool) -> AppResult<()> {
    let opened = app.opened().await?;
    opened.library.remove_field(&name, on_annotation).await?;
    opened.notify_changed();
    Ok(())
}

/// Sets a field on what is selected, in one act; null takes the value away.
pub async fn set_field(
    app: &App,
    selection: Selection,
    name: String,
    value: Option<UserFieldValue>,
) -> AppResult<TagResult> {
    let opened = app.opened().await?;
    let selected = opened.selected(&selection).await?;
    let on_annotation = matches!(selected, Selected::Annotations(_));
    let field = field_named(&opened, &name, on_annotation).await?;
    let value = value.map(|value| value.in_type(&name, field.field_type)).transpose()?;
    let act = opened.act(if value.is_some() { format!("Set {name}") } else { format!("Clear {name}") })?;
    let marked = match selected {
        Selected::Captures(row_keys) => {
            opened.library.set_field_on_rows(&act, &name, &row_keys, value.as_ref()).await?
        }
        Selected::Annotations(ids) => {
            let values = ids.into_iter().map(|id| (id.0, value.clone())).collect();
            opened.library.set_fields(&act, true, vec![(name, values)]).await?
        }
    };
    Ok(TagResult { changed: opened.done(marked).changed })
}

async fn field_named(opened: &OpenLibrary, name: &str, on_annotation: bool) -> AppResult<StoredField> {
    let fields = opened.library.user_fields().await?;
    let known: Vec<String> =
        fields.iter().filter(|field| field.on_annotation == on_annotation).map(|field| field.name.clone()).collect();
    let found = fields.into_iter().find(|field| field.name == name && field.on_annotation == on_annotation);
    found.ok_or_else(|| {
        let place = if on_annotation { "annotations" } else { "captures" };
        AppError::not_found(format!("field {name:?} on {place}")).with_remedy(if known.is_empty() {
            "define it first: muster field define NAME TYPE".to_owned()
        } else {
            format!("define it first, or use one of: {}", known.join(", "))
        })
    })
}
