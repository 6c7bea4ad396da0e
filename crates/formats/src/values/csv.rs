//! Values from CSV (RFC 4180), with commas, semicolons or tabs.

use std::{fs::File, io::BufReader, path::Path};

use csv::{ByteRecord, ReaderBuilder};
use muster_domain::field::FieldType;

use super::{Column, Header, Known, MAX_ROWS, MAX_TEXT, Problems, ValueError, ValueProblem, ValueTable, header};

/// What spreadsheets write before UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// Cells of one column that are not empty: row and text.
type Cells = Vec<(usize, String)>;

pub(super) fn read(file: &Path, delimiter: Option<u8>, known: Known<'_>) -> Result<ValueTable, ValueError> {
    let delimiter = match delimiter {
        Some(delimiter) => delimiter,
        None => delimiter_of(file)?,
    };
    let opened = open(file)?;
    let mut reader =
        ReaderBuilder::new().delimiter(delimiter).flexible(true).has_headers(false).from_reader(BufReader::new(opened));
    let mut record = ByteRecord::new();
    let damaged = |error: csv::Error| ValueError::Damaged { file: file.to_owned(), reason: error.to_string() };
    let mut names: Vec<String> = Vec::new();
    if reader.read_byte_record(&mut record).map_err(damaged)? {
        names = record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect();
    }
    if let Some(first) = names.first_mut() {
        *first = first.trim_start_matches(BYTE_ORDER_MARK).to_owned();
    }
    let header = header(file, &names, known)?;
    let mut problems = Problems::default();
    let mut subjects = Vec::new();
    let mut cells: Vec<Cells> = vec![Vec::new(); header.fields.len()];
    while reader.read_byte_record(&mut record).map_err(damaged)? {
        // The reader's place of a record is before the empty lines above it; the place behind it is exact.
        let within: u64 = record.iter().map(newlines).sum();
        let line =
            record.position().map_or(0, csv::Position::line).max(reader.position().line().saturating_sub(1 + within));
        if record.iter().all(<[u8]>::is_empty) {
            continue;
        }
        if subjects.len() == MAX_ROWS {
            return Err(ValueError::TooManyRows { file: file.to_owned() });
        }
        match row(&header, names.len(), &record, line) {
            Ok((subject, values)) => {
                for (column, value) in values {
                    cells[column].push((subjects.len(), value));
                }
                subjects.push((line, subject));
            }
            Err(problem) => problems.add(problem),
        }
    }
    let columns = header.fields.into_iter().zip(cells);
    let columns = columns.map(|((_, name, said), cells)| column(name, said, cells, &subjects, &mut problems)).collect();
    let (problems, problem_count) = (problems.told, problems.count);
    Ok(ValueTable { subject: header.subject, subjects, columns, problems, problem_count })
}

#[expect(clippy::naive_bytecount, reason = "cells are short")]
fn newlines(cell: &[u8]) -> u64 {
    cell.iter().filter(|byte| **byte == b'\n').count() as u64
}

fn open(file: &Path) -> Result<File, ValueError> {
    File::open(file).map_err(|source| ValueError::Io { file: file.to_owned(), source })
}

/// The first of tab, semicolon and comma that the header has most of.
fn delimiter_of(file: &Path) -> Result<u8, ValueError> {
    use std::io::{BufRead as _, Read as _};
    let mut first = Vec::new();
    let read = BufReader::new(open(file)?).take(MAX_TEXT as u64).read_until(b'\n', &mut first);
    read.map_err(|source| ValueError::Io { file: file.to_owned(), source })?;
    #[expect(clippy::naive_bytecount, reason = "one line, counted a few times")]
    let count = |delimiter: u8| first.iter().filter(|byte| **byte == delimiter).count();
    let best = [b',', b';', b'\t'].into_iter().rev().max_by_key(|delimiter| count(*delimiter));
    Ok(best.filter(|delimiter| count(*delimiter) > 0).unwrap_or(b','))
}

/// The subject of a row, and its cells that are not empty by their place among the fields.
fn row(
    header: &Header,
    expected: usize,
    record: &ByteRecord,
    line: u64,
) -> Result<(String, Vec<(usize, String)>), ValueProblem> {
    if record.len() != expected {
        return Err(ValueProblem::Length { line, found: record.len(), expected });
    }
    let text = |at: usize| std::str::from_utf8(&record[at]).map_err(|_| ValueProblem::NotText { line });
    let subject = text(header.subject_at)?.trim().to_owned();
    if subject.is_empty() {
        return Err(ValueProblem::NoSubject { line, subject: header.subject_name.clone() });
    }
    let mut values = Vec::with_capacity(header.fields.len());
    for (column, (at, name, _)) in header.fields.iter().enumerate() {
        let cell = text(*at)?;
        if cell.len() > MAX_TEXT {
            return Err(ValueProblem::TooLong { line, column: name.clone(), bytes: cell.len() });
        }
        if !cell.trim().is_empty() {
            values.push((column, cell.to_owned()));
        }
    }
    Ok((subject, values))
}

fn column(
    name: String,
    said: Option<FieldType>,
    cells: Cells,
    subjects: &[(u64, String)],
    problems: &mut Problems,
) -> Column {
    let field_type = said.unwrap_or_else(|| type_of(&cells));
    let mut values = Vec::with_capacity(cells.len());
    for (row, text) in cells {
        match field_type.read(&text) {
            Some(value) => values.push((row, value)),
            None => problems.add(ValueProblem::Type {
                line: subjects[row].0,
                column: name.clone(),
                value: text,
                field_type: field_type.name(),
            }),
        }
    }
    Column { name, field_type, values }
}

/// The narrowest type that every cell reads as.
fn type_of(cells: &Cells) -> FieldType {
    let narrow = [FieldType::Date, FieldType::Boolean, FieldType::Number];
    let fits =
        |field_type: &FieldType| !cells.is_empty() && cells.iter().all(|(_, text)| field_type.read(text).is_some());
    narrow.into_iter().find(fits).unwrap_or(FieldType::Text)
}
