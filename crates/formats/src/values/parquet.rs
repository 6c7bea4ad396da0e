//! Values from Parquet: flat columns of numbers, texts, booleans and dates.

use std::{fs::File, path::Path};

use jiff::civil::Date;
use muster_domain::field::{FieldType, FieldValue};
use parquet::{
    errors::ParquetError,
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};

use super::{Column, Known, MAX_ROWS, MAX_TEXT, Problems, ValueError, ValueProblem, ValueTable, header};

/// What the days of a date column count from.
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

pub(super) fn read(file: &Path, known: Known<'_>) -> Result<ValueTable, ValueError> {
    let opened = File::open(file).map_err(|source| ValueError::Io { file: file.to_owned(), source })?;
    let damaged = |error: ParquetError| ValueError::Damaged { file: file.to_owned(), reason: error.to_string() };
    let reader = SerializedFileReader::new(opened).map_err(damaged)?;
    let metadata = reader.metadata().file_metadata();
    if usize::try_from(metadata.num_rows()).is_ok_and(|rows| rows > MAX_ROWS) {
        return Err(ValueError::TooManyRows { file: file.to_owned() });
    }
    let names: Vec<String> = metadata.schema().get_fields().iter().map(|field| field.name().to_owned()).collect();
    let header = header(file, &names, known)?;
    let mut problems = Problems::default();
    let mut subjects = Vec::new();
    let mut columns: Vec<(Option<FieldType>, Column)> = header
        .fields
        .iter()
        .map(|(_, name, said)| {
            let field_type = said.unwrap_or(FieldType::Text);
            (*said, Column { name: name.clone(), field_type, values: Vec::new() })
        })
        .collect();
    for (row, line) in reader.get_row_iter(None).map_err(damaged)?.zip(1_u64..) {
        let row = row.map_err(damaged)?;
        if subjects.len() == MAX_ROWS {
            return Err(ValueError::TooManyRows { file: file.to_owned() });
        }
        let cells: Vec<&Field> = row.get_column_iter().map(|(_, field)| field).collect();
        let Some(subject) = subject_of(cells[header.subject_at]) else {
            problems.add(ValueProblem::NoSubject { line, subject: header.subject_name.clone() });
            continue;
        };
        for ((at, name, _), (said, column)) in header.fields.iter().zip(&mut columns) {
            if is_empty(cells[*at]) {
                continue;
            }
            let Some((read, value)) = value_of(cells[*at]) else {
                let reason = "it holds neither numbers, texts, booleans nor dates".to_owned();
                return Err(ValueError::Column { file: file.to_owned(), column: name.clone(), reason });
            };
            column.field_type = *said.get_or_insert(read);
            match fitting(column.field_type, value) {
                Ok(value) => column.values.push((subjects.len(), value)),
                Err(Misfit::Long(bytes)) => problems.add(ValueProblem::TooLong { line, column: name.clone(), bytes }),
                Err(Misfit::Type(value)) => {
                    let field_type = column.field_type.name();
                    problems.add(ValueProblem::Type { line, column: name.clone(), value, field_type });
                }
            }
        }
        subjects.push((line, subject));
    }
    let columns = columns.into_iter().map(|(_, column)| column).collect();
    let (problems, problem_count) = (problems.told, problems.count);
    Ok(ValueTable { subject: header.subject, subjects, columns, problems, problem_count })
}

/// Ids come as text or as their 16 bytes.
fn subject_of(field: &Field) -> Option<String> {
    match field {
        Field::Str(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Field::Bytes(bytes) => uuid::Uuid::from_slice(bytes.data()).ok().map(|id| id.to_string()),
        _ => None,
    }
}

/// Data frames write a missing number as NaN.
fn is_empty(field: &Field) -> bool {
    match field {
        Field::Null => true,
        Field::Float(value) => value.is_nan(),
        Field::Double(value) => value.is_nan(),
        _ => false,
    }
}

/// The value of a cell and the type that the file gives it; `None` for what makes no field.
fn value_of(field: &Field) -> Option<(FieldType, FieldValue)> {
    let number = |number: f64| Some((FieldType::Number, FieldValue::Number(number)));
    match field {
        Field::Bool(flag) => Some((FieldType::Boolean, FieldValue::Boolean(*flag))),
        Field::Byte(value) => number(f64::from(*value)),
        Field::Short(value) => number(f64::from(*value)),
        Field::Int(value) => number(f64::from(*value)),
        Field::Long(value) => number(*value as f64),
        Field::UByte(value) => number(f64::from(*value)),
        Field::UShort(value) => number(f64::from(*value)),
        Field::UInt(value) => number(f64::from(*value)),
        Field::ULong(value) => number(*value as f64),
        // The shortest decimal of a float is what a person wrote; its bits as a double would end in noise.
        Field::Float(value) => number(value.to_string().parse().unwrap_or(f64::from(*value))),
        Field::Double(value) => number(*value),
        Field::Str(text) => Some((FieldType::Text, FieldValue::Text(text.clone()))),
        Field::Date(days) => {
            let day = EPOCH.checked_add(jiff::Span::new().try_days(i64::from(*days)).ok()?).ok()?;
            Some((FieldType::Date, FieldValue::Text(day.to_string())))
        }
        _ => None,
    }
}

enum Misfit {
    Type(String),
    Long(usize),
}

/// The value as the field's type has it: a text column may fill a field of another type.
fn fitting(field_type: FieldType, value: FieldValue) -> Result<FieldValue, Misfit> {
    match value {
        FieldValue::Text(text) if text.len() > MAX_TEXT => Err(Misfit::Long(text.len())),
        FieldValue::Text(text) => field_type.read(&text).ok_or(Misfit::Type(text)),
        value if field_type.holds(&value) => Ok(value),
        value => Err(Misfit::Type(value.to_text())),
    }
}
