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

impl FieldType {
    /// Every type.
    pub const ALL: [Self; 4] = [Self::Number, Self::Text, Self::Boolean, Self::Date];

    /// The name, as stored and typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Text => "text",
            Self::Boolean => "boolean",
            Self::Date => "date",
        }
    }

    /// The type of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field_type| field_type.name() == name)
    }

    /// The value that a text means in this type; `None` when it means none. Surrounding blanks are no part of it, but
    /// of a text they are.
    pub fn read(self, text: &str) -> Option<FieldValue> {
        let trimmed = text.trim();
        match self {
            Self::Number => trimmed.parse().ok().filter(|number: &f64| number.is_finite()).map(FieldValue::Number),
            Self::Text => Some(FieldValue::Text(text.to_owned())),
            Self::Boolean => match trimmed.to_ascii_lowercase().as_str() {
                "true" | "yes" => Some(FieldValue::Boolean(true)),
                "false" | "no" => Some(FieldValue::Boolean(false)),
                _ => None,
            },
            Self::Date => is_date(trimmed).then(|| FieldValue::Text(trimmed.to_owned())),
        }
    }

    /// True for a value that a field of this type can hold.
    pub fn holds(self, value: &FieldValue) -> bool {
        match (self, value) {
            (Self::Number, FieldValue::Number(number)) => number.is_finite(),
            (Self::Text, FieldValue::Text(_)) | (Self::Boolean, FieldValue::Boolean(_)) => true,
            (Self::Date, FieldValue::Text(text)) => is_date(text),
            _ => false,
        }
    }
}

/// `YYYY-MM-DD`, a day that the calendar has (proleptic Gregorian).
pub fn is_date(text: &str) -> bool {
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

    #[test]
    fn reads_a_text_in_each_type() {
        let text = |text: &str| Some(FieldValue::Text(text.into()));
        for (field_type, typed, expected) in [
            (FieldType::Number, " 1e3 ", Some(FieldValue::Number(1000.0))),
            (FieldType::Number, "nan", None),
            (FieldType::Number, "inf", None),
            (FieldType::Number, "1,5", None),
            (FieldType::Boolean, "YES", Some(FieldValue::Boolean(true))),
            (FieldType::Boolean, "0", None),
            (FieldType::Date, " 2026-11-20", text("2026-11-20")),
            (FieldType::Date, "20.11.2026", None),
            (FieldType::Text, " kept ", text(" kept ")),
        ] {
            let read = field_type.read(typed);
            assert_eq!(read, expected, "{field_type:?} {typed:?}");
            assert!(read.is_none_or(|value| field_type.holds(&value)));
        }
    }
}
