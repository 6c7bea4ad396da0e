//! The order of results.

use std::{cmp::Ordering, fmt};

use crate::{annotation::Decision, field::FieldValue};

use super::{
    eval::{annotation_number, capture_number, keyword_values},
    fields::{KeywordField, NumberField, ValueField},
    row::CaptureRow,
    text::fold,
};

/// By what results are ordered.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SortField {
    /// When it was captured.
    Captured,
    /// When it was received.
    Received,
    /// The least confidence of an undecided annotation.
    Risk,
    /// How often the words that the query looks for stand in the capture.
    Relevance,
    /// The distance that `similar:` or `text:` measured.
    Distance,
    /// The capture's id.
    Id,
    /// A name.
    Keyword(KeywordField),
    /// A number.
    Number(NumberField),
    /// A signal or user field.
    Value(ValueField, String),
}

/// How results are ordered. What has no value comes last, ascending and descending. Of several values (a capture's
/// annotations) the least counts when ascending and the greatest when descending. Equal ones are ordered by row key, in
/// the same direction.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SortSpec {
    /// By what.
    pub by: SortField,
    /// Greatest first.
    pub descending: bool,
}

impl Default for SortSpec {
    fn default() -> Self {
        Self::descending(SortField::Captured)
    }
}

/// The value by which a capture is ordered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortValue {
    /// A number's key, a time's key.
    Number(u64),
    /// A text, folded, and as it is.
    Text(String, String),
    /// An id.
    Id(u128),
}

impl SortField {
    /// Reads `captured`, `received`, `risk`, `relevance`, `distance`, `id`, the name of a field, `signal.NAME`,
    /// `field.NAME` or `annotation.NAME`.
    pub fn from_name(name: &str) -> Option<Self> {
        let keyword = || KeywordField::from_name(name).map(Self::Keyword);
        let number = || NumberField::ALL.into_iter().find(|field| field.name() == name).map(Self::Number);
        let value = || {
            let (owner, rest) = name.split_once('.')?;
            let field = ValueField::ALL.into_iter().find(|field| field.name() == owner)?;
            (!rest.is_empty()).then(|| Self::Value(field, rest.to_owned()))
        };
        match name {
            "captured" => Some(Self::Captured),
            "received" => Some(Self::Received),
            "risk" => Some(Self::Risk),
            "relevance" => Some(Self::Relevance),
            "distance" => Some(Self::Distance),
            "id" => Some(Self::Id),
            "confidence" => Some(Self::Number(NumberField::Confidence)),
            _ => keyword().or_else(number).or_else(value),
        }
    }
}

impl fmt::Display for SortField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Captured => f.write_str("captured"),
            Self::Received => f.write_str("received"),
            Self::Risk => f.write_str("risk"),
            Self::Relevance => f.write_str("relevance"),
            Self::Distance => f.write_str("distance"),
            Self::Id => f.write_str("id"),
            Self::Keyword(field) => f.write_str(field.name()),
            Self::Number(field) => f.write_str(field.name()),
            Self::Value(field, name) => write!(f, "{}.{name}", field.name()),
        }
    }
}

impl SortSpec {
    /// Least first.
    pub fn ascending(by: SortField) -> Self {
        Self { by, descending: false }
    }

    /// Greatest first.
    pub fn descending(by: SortField) -> Self {
        Self { by, descending: true }
    }

    /// The value of a row. `None` when it has none, and for relevance and distance, which no row has by itself.
    pub fn value(&self, row: &CaptureRow) -> Option<SortValue> {
        let extreme = |values: Vec<SortValue>| {
            if self.descending { values.into_iter().max() } else { values.into_iter().min() }
        };
        match &self.by {
            SortField::Captured => Some(SortValue::Number(of_micros(row.captured_at.0))),
            SortField::Received => Some(SortValue::Number(of_micros(row.received_at.0))),
            SortField::Risk => risk(row).map(SortValue::Number),
            SortField::Relevance | SortField::Distance => None,
            SortField::Id => Some(SortValue::Id(row.capture_id.0.as_u128())),
            SortField::Keyword(field) => extreme(keyword_values(row, *field).into_iter().map(text).collect()),
            SortField::Number(field) => extreme(numbers(row, *field)),
            SortField::Value(field, name) => extreme(named(row, *field, name)),
        }
    }

    /// The order of two rows.
    pub fn compare(&self, left: &CaptureRow, right: &CaptureRow) -> Ordering {
        let by_key = left.row_key.cmp(&right.row_key);
        let directed = |order: Ordering| if self.descending { order.reverse() } else { order };
        match (self.value(left), self.value(right)) {
            (Some(left), Some(right)) => directed(left.cmp(&right).then(by_key)),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => directed(by_key),
        }
    }
}

/// The key of the least confidence of an undecided annotation.
pub fn risk(row: &CaptureRow) -> Option<u64> {
    let undecided = row.annotations.iter().filter(|annotation| annotation.decision == Decision::Undecided);
    undecided.filter_map(|annotation| annotation.confidence.and_then(number_key)).min()
}

fn text(value: &str) -> SortValue {
    SortValue::Text(fold(value), value.to_owned())
}

fn numbers(row: &CaptureRow, field: NumberField) -> Vec<SortValue> {
    let of_annotations = row.annotations.iter().filter_map(|annotation| annotation_number(annotation, field));
    let all = capture_number(row, field).into_iter().chain(of_annotations);
    all.filter_map(number_key).map(SortValue::Number).collect()
}

fn named(row: &CaptureRow, field: ValueField, name: &str) -> Vec<SortValue> {
    let wanted = fold(name);
    let maps = match field {
        ValueField::Signal => vec![&row.signals],
        ValueField::Field => vec![&row.user_fields],
        ValueField::Annotation => row.annotations.iter().map(|annotation| &annotation.user_fields).collect(),
    };
    let values = maps.into_iter().flatten().filter(|(name, _)| fold(name) == wanted);
    let value = |(_, value): (&String, &FieldValue)| match value {
        FieldValue::Number(number) => number_key(*number).map(SortValue::Number),
        other => Some(text(&other.to_text())),
    };
    values.filter_map(value).collect()
}

/// Signed microseconds in the order of unsigned numbers.
pub fn of_micros(micros: i64) -> u64 {
    (micros as u64) ^ (1 << 63)
}

/// The microseconds of a key made by [`of_micros`].
pub fn micros_of(key: u64) -> i64 {
    (key ^ (1 << 63)) as i64
}

/// A number in the order of unsigned numbers, never 0; `None` for NaN. The two zeros are one.
pub fn number_key(number: f64) -> Option<u64> {
    if number.is_nan() {
        return None;
    }
    let bits = if number == 0.0 { 0 } else { number.to_bits() };
    Some(if bits >> 63 == 0 { bits | (1 << 63) } else { !bits })
}

/// The number of a key made by [`number_key`].
pub fn number_of_key(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key & !(1 << 63) } else { !key })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_the_order_of_numbers() {
        let numbers = [f64::NEG_INFINITY, -1e300, -2.5, -1e-300, 0.0, 1e-300, 0.5, 2.0, 1e300, f64::INFINITY];
        let keys: Vec<u64> = numbers.iter().map(|number| number_key(*number).unwrap()).collect();
        assert!(keys.is_sorted_by(|left, right| left < right));
        assert!(keys.iter().all(|key| *key > 0));
        for (number, key) in numbers.iter().zip(keys) {
            assert_eq!(number_of_key(key).to_bits(), number.to_bits());
        }
        for micros in [i64::MIN, -1, 0, 1, i64::MAX] {
            assert_eq!(micros_of(of_micros(micros)), micros);
        }
        assert_eq!((number_key(-0.0), number_key(f64::NAN)), (number_key(0.0), None));
    }

    #[test]
    fn names_are_read_as_written() {
        for name in ["captured", "risk", "site", "conf", "width", "signal.imu.x", "annotation.occluded", "distance"] {
            assert_eq!(SortField::from_name(name).map(|by| by.to_string()).as_deref(), Some(name));
        }
        for name in ["", "signal.", "nothing", "path"] {
            assert_eq!(SortField::from_name(name), None, "{name}");
        }
    }
}
