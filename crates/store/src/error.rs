//! What can go wrong in a library, with the file and the remedy.

use std::{io, path::PathBuf};

use muster_domain::{
    digest::Digest,
    id::{AnnotationId, CaptureId, OperationId},
    schema::InvalidSchema,
};

/// The nouns that can be asked for by an id or a name that nobody has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the noun of the vocabulary that it is named after")]
pub enum Noun {
    Annotation,
    Asset,
    Capture,
    Class,
    Import,
    ImportRoot,
    Job,
    Layer,
    OfflineSet,
    Operation,
    Person,
    Pick,
    Project,
    Service,
    Site,
    Slice,
    UserField,
}

impl std::fmt::Display for Noun {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Annotation => "annotation",
            Self::Asset => "asset",
            Self::Capture => "capture",
            Self::Class => "class",
            Self::Import => "import",
            Self::ImportRoot => "import root",
            Self::Job => "job",
            Self::Layer => "layer",
            Self::OfflineSet => "offline set",
            Self::Operation => "operation",
            Self::Person => "person",
            Self::Pick => "pick",
            Self::Project => "project",
            Self::Service => "service",
            Self::Site => "site",
            Self::Slice => "slice",
            Self::UserField => "user field",
        })
    }
}

/// What can go wrong in a library.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no library here.
    #[error("{} is not a Muster library; make one with `muster init`, or name another folder with --library", path.display())]
    NotALibrary {
        /// The folder or file.
        path: PathBuf,
    },
    /// There is something here already.
    #[error("{} already holds a Muster library; open it instead", path.display())]
    AlreadyALibrary {
        /// The folder.
        path: PathBuf,
    },
    /// A newer Muster wrote it.
    #[error("{} was written by a newer Muster (schema {found}, this one knows {known}); update Muster, or restore a snapshot from its snapshots folder", path.display())]
    TooNew {
        /// The database.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// Another process kept writing.
    #[error("{} is busy: another process has been writing to it for too long; let it finish or close it, then try again", path.display())]
    Busy {
        /// The database.
        path: PathBuf,
    },
    /// Several machines could write to it.
    #[error("{} lies on a network file system ({file_system}), where two machines would damage the database; move the library to a local disk and sync it from a service, or copy it there with `muster backup` from the machine that holds the disk", path.display())]
    NetworkFileSystem {
        /// The library's folder.
        path: PathBuf,
        /// The file system's type.
        file_system: String,
    },
    /// Somebody has it open who must not.
    #[error("{} is open in another window or command; close it, then try again", path.display())]
    InUse {
        /// The library's folder.
        path: PathBuf,
    },
    /// A backup would land on something else.
    #[error("{} cannot take the backup: {rule}; name an empty folder, or one with an earlier backup of this library", path.display())]
    BackupTarget {
        /// The folder.
        path: PathBuf,
        /// Why.
        rule: &'static str,
    },
    /// No room.
    #[error("the disk of {} is full; free some space, nothing that was shown as saved is lost", path.display())]
    DiskFull {
        /// The file that could not grow.
        path: PathBuf,
    },
    /// The database is damaged.
    #[error("{} is damaged; restore the newest file of its snapshots folder with `muster restore`: {source}", path.display())]
    Damaged {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: Box<sqlx::Error>,
    },
    /// SQLite refused for another reason.
    #[error("{}: {source}", path.display())]
    Database {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: Box<sqlx::Error>,
    },
    /// A migration failed; the library is as it was before.
    #[error("{} could not be brought to the present schema and is unchanged: {source}", path.display())]
    Migration {
        /// The database.
        path: PathBuf,
        /// What SQLite said.
        source: Box<sqlx::migrate::MigrateError>,
    },
    /// A file could not be read or written.
    #[error("cannot {act} {}: {source}", path.display())]
    Io {
        /// What was tried.
        act: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A value in the database does not parse.
    #[error("library.db: a value in table {table} does not parse ({source}); run `muster doctor`")]
    Unreadable {
        /// The table.
        table: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The bytes of a blob are not those of its name.
    #[error("{} does not hold the bytes of its name (it hashes to {found}); run `muster doctor` to fetch it again", path.display())]
    BlobDamaged {
        /// The file.
        path: PathBuf,
        /// What it hashes to.
        found: Digest,
    },
    /// The bytes that came are not those that were announced.
    #[error("the bytes hash to {found} but should hash to {wanted}; fetch them again")]
    WrongBytes {
        /// What was announced.
        wanted: Digest,
        /// What came.
        found: Digest,
    },
    /// There is no such thing.
    #[error("there is no {noun} {id} in this library")]
    Unknown {
        /// What kind of thing.
        noun: Noun,
        /// Its id or name.
        id: String,
    },
    /// Somebody else changed the annotation since it was read.
    #[error(
        "annotation {annotation_id} changed in the meantime (read at version {based_on:?}, now {found:?}); read it again"
    )]
    Conflict {
        /// Which.
        annotation_id: AnnotationId,
        /// The version that the act was based on; `None` for a creation.
        based_on: Option<u32>,
        /// The version in the library; `None` when it is not there.
        found: Option<u32>,
    },
    /// What an undo or redo would change was changed by somebody else since; the act is out of reach now.
    #[error("{title:?} cannot be taken back or repeated: the same was changed since by somebody else")]
    OutOfReach {
        /// The operation.
        operation_id: OperationId,
        /// Its title.
        title: String,
    },
    /// A change does not fit together.
    #[error("annotation {annotation_id}: {rule}")]
    InvalidChange {
        /// Which annotation.
        annotation_id: AnnotationId,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// An operation that only a particular actor may send, such as a machine that decides.
    #[error("operation {operation_id}: {rule}")]
    InvalidOperation {
        /// Which operation.
        operation_id: OperationId,
        /// The rule that it breaks.
        rule: &'static str,
    },
    /// The schema breaks a rule.
    #[error(transparent)]
    Schema(#[from] InvalidSchema),
    /// The schema changed in the meantime.
    #[error("the label schema changed in the meantime (edited from version {based_on}, now {found}); read it again")]
    SchemaConflict {
        /// The version that the edit was based on.
        based_on: u32,
        /// The version in force.
        found: u32,
    },
    /// A class that annotations use cannot be removed.
    #[error("class {name:?} is used by {annotations} annotations; retire it instead of removing it")]
    ClassInUse {
        /// Its name.
        name: String,
        /// How many use it.
        annotations: u64,
    },
    /// A value does not have the type of its field.
    #[error("{value:?} is not a {field_type} for the field {name:?}")]
    FieldType {
        /// The field.
        name: String,
        /// Its type.
        field_type: &'static str,
        /// The value.
        value: String,
    },
    /// A user field of this name exists with another type.
    #[error("the field {name:?} exists already and holds a {field_type}; choose another name")]
    FieldExists {
        /// The field.
        name: String,
        /// The type that it has.
        field_type: &'static str,
    },
    /// Another of its kind has this name.
    #[error("there is a {noun} called {name:?} already; choose another name")]
    NameTaken {
        /// What kind of thing.
        noun: Noun,
        /// The name.
        name: String,
    },
    /// A name that the query language could not say.
    #[error("{name:?} cannot be the name of a field: use letters, digits and underscores, and begin with a letter")]
    FieldName {
        /// The name.
        name: String,
    },
    /// A number that SQL and JSON cannot hold.
    #[error("capture {capture_id}: the signal {name:?} is not a number")]
    SignalNotANumber {
        /// The capture.
        capture_id: CaptureId,
        /// The signal.
        name: String,
    },
    /// More captures than one offline set lists.
    #[error(
        "{asked} captures are too many for one offline set; take at most {} at a time",
        crate::offline::MAX_OFFLINE
    )]
    TooManyOffline {
        /// How many were asked for.
        asked: usize,
    },
    /// A service sends more than the library keeps aside.
    #[error(
        "more than {} records of the service cannot be read (the last: {reason}); update Muster",
        crate::aside::MAX_KEPT_ASIDE
    )]
    TooManyKeptAside {
        /// Why the last of them cannot be read.
        reason: String,
    },
    /// The job belongs to another process now.
    #[error("job {job_id} was taken over by another process, because its heartbeat stopped")]
    LeaseLost {
        /// Which.
        job_id: muster_domain::id::JobId,
    },
}

impl StoreError {
    /// Sorts a database error by what a caller can do about it.
    pub(crate) fn of_sql(path: impl Into<PathBuf>, source: sqlx::Error) -> Self {
        let path = path.into();
        let code = match &source {
            sqlx::Error::Database(database) => database.code().and_then(|code| code.parse::<i32>().ok()),
            sqlx::Error::PoolTimedOut => Some(sqlite::BUSY),
            _ => None,
        };
        // Extended codes carry the primary code in their low byte.
        match code.map(|code| code & 0xff) {
            Some(sqlite::BUSY) => Self::Busy { path },
            Some(sqlite::FULL) => Self::DiskFull { path },
            Some(sqlite::CORRUPT) => Self::Damaged { path, source: Box::new(source) },
            Some(sqlite::NOT_A_DATABASE) => Self::NotALibrary { path },
            _ => Self::Database { path, source: Box::new(source) },
        }
    }

    pub(crate) fn unknown(noun: Noun, id: &impl ToString) -> Self {
        Self::Unknown { noun, id: id.to_string() }
    }

    pub(crate) fn unreadable(table: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Unreadable { table, source: source.into() }
    }
}

/// Inside a transaction the path is known to be the library's own database; where one begins and commits, it is named
/// in full.
impl From<sqlx::Error> for StoreError {
    fn from(source: sqlx::Error) -> Self {
        Self::of_sql("library.db", source)
    }
}

/// Result codes of SQLite, <https://sqlite.org/rescode.html>.
mod sqlite {
    pub const BUSY: i32 = 5;
    pub const CORRUPT: i32 = 11;
    pub const FULL: i32 = 13;
    pub const NOT_A_DATABASE: i32 = 26;
}
