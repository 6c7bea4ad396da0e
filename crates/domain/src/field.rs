//! Typed user fields on captures and annotations.

use serde::{Deserialize, Serialize};

/// The type of a user field or attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// `f64`.
    Number,
    /// UTF-8 text.
    Text,
    /// True or false.
    Boolean,
    /// A calendar day, `YYYY-MM-DD`.
    Date,
}

/// A value of a user field, attribute or signal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(f64),
    /// A text; dates are texts of the form `YYYY-MM-DD`.
    Text(String),
}

impl FieldValue {
    /// The number, if it is one.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The value as a person would type it in a query.
    pub fn to_text(&self) -> String {
        match self {
            Self::Boolean(flag) => flag.to_string(),
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        }
    }
}

/// A field that a person defined.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserField {
    /// Its name: letters, digits and underscores.
    pub name: String,
    /// What it holds.
    pub field_type: FieldType,
    /// True when it sits on annotations, false on captures.
    pub on_annotation: bool,
}
