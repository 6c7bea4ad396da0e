//! Tables of field values: CSV and Parquet files that say, one row a capture or annotation, what its user fields hold.
//!
//! One column names the row's subject: `capture_id`, `path` (of an imported capture, below its root or in full) or
//! `annotation_id`. Every other column is a field; `name:type` says its type (`number`, `text`, `boolean`, `date`), else
//! the field's own type holds, else it is read off the values. An empty cell says nothing about its subject. A cell that
//! does not fit is a problem with its line and column; the other cells of its row count.

mod csv;
mod parquet;

use std::path::{Path, PathBuf};

use muster_domain::field::{FieldType, FieldValue};

/// The most rows that a file may have: a field value stays in memory until the act is written.
pub const MAX_ROWS: usize = 5_000_000;
/// The longest text, bytes.
pub const MAX_TEXT: usize = 64 * 1024;
/// Problems that are told one by one; beyond them they are counted.
pub const MAX_PROBLEMS: usize = 1_000;

/// What the rows of a file are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Captures, by id.
    CaptureId,
    /// Imported captures, by path.
    Path,
    /// Annotations, by id.
    AnnotationId,
}

impl Subject {
    fn of(column: &str) -> Option<Self> {
        match column {
            "capture_id" => Some(Self::CaptureId),
            "path" => Some(Self::Path),
            "annotation_id" => Some(Self::AnnotationId),
            _ => None,
        }
    }

    /// True when the fields sit on annotations.
    pub fn on_annotation(self) -> bool {
        self == Self::AnnotationId
    }
}

/// A column of values.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// The field.
    pub name: String,
    /// Its type.
    pub field_type: FieldType,
    /// Row of the file (into [`ValueTable::subjects`]) and value.
    pub values: Vec<(usize, FieldValue)>,
}

/// A file that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct ValueTable {
    /// What its rows are about.
    pub subject: Subject,
    /// Line (of a CSV file; of Parquet the row, from 1) and the id or path of each row.
    pub subjects: Vec<(u64, String)>,
    /// Its fields.
    pub columns: Vec<Column>,
    /// What is wrong with single rows and cells.
    pub problems: Vec<ValueProblem>,
    /// How many problems there are, also those that are not told.
    pub problem_count: u64,
}

/// What is wrong with one row or cell.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ValueProblem {
    /// A value of another type.
    #[error("line {line}, {column}: {value:?} is not a {field_type}")]
    Type {
        /// The line.
        line: u64,
        /// The column.
        column: String,
        /// What stands there.
        value: String,
        /// What should.
        field_type: &'static str,
    },
    /// A text beyond [`MAX_TEXT`].
    #[error("line {line}, {column}: the text has {bytes} bytes, {MAX_TEXT} are allowed")]
    TooLong {
        /// The line.
        line: u64,
        /// The column.
        column: String,
        /// How long it is.
        bytes: usize,
    },
    /// The row does not say what it is about.
    #[error("line {line}: there is no {subject}")]
    NoSubject {
        /// The line.
        line: u64,
        /// The column that is empty.
        subject: String,
    },
    /// More or fewer cells than the header.
    #[error("line {line}: {found} cells where the header has {expected}")]
    Length {
        /// The line.
        line: u64,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// Bytes that are no text.
    #[error("line {line}: this is not UTF-8")]
    NotText {
        /// The line.
        line: u64,
    },
}

impl ValueProblem {
    /// Its line.
    pub fn line(&self) -> u64 {
        match self {
            Self::Type { line, .. }
            | Self::TooLong { line, .. }
            | Self::NoSubject { line, .. }
            | Self::Length { line, .. }
            | Self::NotText { line } => *line,
        }
    }
}

/// Why a file of values cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum ValueError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", .file.display())]
    Io {
        /// Which file.
        file: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Neither `.csv`, `.tsv` nor `.parquet`.
    #[error("{} is neither CSV nor Parquet; name it *.csv, *.tsv or *.parquet", .file.display())]
    Kind {
        /// Which file.
        file: PathBuf,
    },
    /// No column, or several, say what the rows are about.
    #[error("{}: one column must be called capture_id, path or annotation_id; the columns are: {columns}", .file.display())]
    Subject {
        /// Which file.
        file: PathBuf,
        /// The names of its columns.
        columns: String,
    },
    /// A column whose name or type makes no field.
    #[error("{}, column {column:?}: {reason}", .file.display())]
    Column {
        /// Which file.
        file: PathBuf,
        /// Which column.
        column: String,
        /// What is wrong.
        reason: String,
    },
    /// More rows than [`MAX_ROWS`].
    #[error("{} has more than {MAX_ROWS} rows; cut it into several files", .file.display())]
    TooManyRows {
        /// Which file.
        file: PathBuf,
    },
    /// The file is damaged.
    #[error("{} is damaged: {reason}", .file.display())]
    Damaged {
        /// Which file.
        file: PathBuf,
        /// What the reader says.
        reason: String,
    },
}

/// The type of a field that exists already: by name, and whether it sits on annotations.
pub type Known<'a> = &'a dyn Fn(&str, bool) -> Option<FieldType>;

/// Reads a file, by its name's ending.
pub fn read(file: &Path, known: Known<'_>) -> Result<ValueTable, ValueError> {
    let ending = file.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    match ending.as_str() {
        "csv" | "txt" => csv::read(file, None, known),
        "tsv" => csv::read(file, Some(b'\t'), known),
        "parquet" | "pq" => parquet::read(file, known),
        _ => Err(ValueError::Kind { file: file.to_owned() }),
    }
}

/// What a header says: which column is the subject, and the fields beside it.
struct Header {
    subject: Subject,
    subject_at: usize,
    subject_name: String,
    /// Place in the file, field, and its type where the header or the library says it.
    fields: Vec<(usize, String, Option<FieldType>)>,
}

fn header(file: &Path, names: &[String], known: Known<'_>) -> Result<Header, ValueError> {
    let subjects: Vec<(usize, Subject)> =
        names.iter().enumerate().filter_map(|(at, name)| Some((at, Subject::of(name.trim())?))).collect();
    let [(subject_at, subject)] = subjects[..] else {
        return Err(ValueError::Subject { file: file.to_owned(), columns: names.join(", ") });
    };
    let mut fields: Vec<(usize, String, Option<FieldType>)> = Vec::new();
    for (at, column) in names.iter().enumerate().filter(|(at, _)| *at != subject_at) {
        let wrong = |reason: &str| {
            Err(ValueError::Column { file: file.to_owned(), column: column.clone(), reason: reason.to_owned() })
        };
        let (name, said) = match column.trim().split_once(':') {
            None => (column.trim(), None),
            Some((name, said)) => match FieldType::from_name(said.trim()) {
                None => return wrong("the type after the colon is number, text, boolean or date"),
                said => (name.trim(), said),
            },
        };
        // A query writes field.NAME and annotation.NAME; files written from one may do so too.
        let prefix = if subject.on_annotation() { "annotation." } else { "field." };
        let name = name.strip_prefix(prefix).unwrap_or(name);
        if name.is_empty() {
            return wrong("a column of values needs a name");
        }
        if fields.iter().any(|(_, other, _)| other == name) {
            return wrong("there are two columns of this name");
        }
        let has = known(name, subject.on_annotation());
        if let (Some(said), Some(has)) = (said, has)
            && said != has
        {
            return wrong(&format!("the field exists already and holds a {}", has.name()));
        }
        fields.push((at, name.to_owned(), has.or(said)));
    }
    let subject_name = names[subject_at].trim().to_owned();
    Ok(Header { subject, subject_at, subject_name, fields })
}

/// Problems, told up to a limit and counted beyond it.
#[derive(Default)]
struct Problems {
    told: Vec<ValueProblem>,
    count: u64,
}

impl Problems {
    fn add(&mut self, problem: ValueProblem) {
        self.count += 1;
        if self.told.len() < MAX_PROBLEMS {
            self.told.push(problem);
        }
    }
}
