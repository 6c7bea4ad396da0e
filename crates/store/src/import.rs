//! Imports: what a person brings from their own disk, as one act that can be taken back.
//!
//! **Layout.** `import` names each import by its job. What it brought hangs on it (`import_capture`,
//! `import_annotation`), so that its operation stays a line however many labels came. **Undo.** Taking it back withdraws
//! the captures that it brought with everything on them and turns what it changed elsewhere, where nobody has been
//! since; a redo brings all of it back. **Deletion.** Nothing of a withdrawn capture is deleted: importing its file again
//! brings it back too, and [`Library::erase`] removes it like any other.

use std::collections::{HashMap, HashSet};

use muster_domain::{
    annotation::Annotation,
    capture::Capture,
    digest::Digest,
    field::FieldValue,
    id::{AnnotationId, CaptureId, JobId, OperationId, PersonId, ProjectId},
    operation::{Actor, Diff, Operation},
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{
    Library, Noun, Result, StoreError,
    apply::{Base, apply, imports},
    arrival::{Arrival, write_batch},
    lookup::Lookup,
    project::project_key,
    table::{self, field::Place},
};

/// What becomes of labels for a capture that is there already, and of one whose file has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnExisting {
    /// It stays as it is.
    Skip,
    /// Labels that it does not have yet are added.
    Merge,
    /// Labels of earlier imports that nobody has touched since give way; what a person decided stays.
    Replace,
}

/// An import to begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewImport {
    /// Its job.
    pub import_id: JobId,
    /// The project that its labels belong to.
    pub project_id: ProjectId,
    /// Who imports.
    pub person_id: PersonId,
}

/// A file on its way into the library.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedCapture {
    /// The capture, from [`muster_domain::capture::CaptureSource::Import`].
    pub capture: Capture,
    /// When its file was changed last, microseconds since 1970.
    pub modified_micros: Option<i64>,
    /// Where it was captured: degrees north and east.
    pub place: Option<(f64, f64)>,
    /// User fields; fields that are not defined, or are of another type, are passed over.
    pub fields: Vec<(&'static str, FieldValue)>,
}

/// A file that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportFailure {
    /// The file.
    pub path: String,
    /// Why.
    pub reason: String,
}

/// What is written in one transaction.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ImportBatch {
    /// What comes.
    pub captures: Vec<ImportedCapture>,
    /// All labels that the import has for a capture, of this batch or of the library.
    pub labels: Vec<(CaptureId, Vec<Annotation>)>,
    /// Captures whose file has changed and that give way, unless somebody has left a mark on them.
    pub outdated: Vec<CaptureId>,
    /// What could not be used.
    pub failures: Vec<ImportFailure>,
}

/// What a batch did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// Captures that are new, or are back after their import was taken back.
    pub new: u64,
    /// Captures that were there already.
    pub known: u64,
    /// Captures that gave way to their changed file.
    pub put_away: u64,
    /// Annotations that are new.
    pub added: u64,
    /// Annotations of earlier imports that are different now.
    pub replaced: u64,
    /// Annotations of earlier imports that are gone.
    pub removed: u64,
    /// Annotations that stayed as they were: known already, or a person's.
    pub kept: u64,
}

impl std::ops::AddAssign for Imported {
    fn add_assign(&mut self, other: Self) {
        self.new += other.new;
        self.known += other.known;
        self.put_away += other.put_away;
        self.added += other.added;
        self.replaced += other.replaced;
        self.removed += other.removed;
        self.kept += other.kept;
    }
}

/// A file that the library has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownFile {
    /// Its capture's key.
    pub row_key: u32,
    /// Its capture.
    pub capture_id: CaptureId,
    /// Below its root, with forward slashes.
    pub relative_path: String,
    /// The asset's name.
    pub asset: String,
    /// Of its bytes.
    pub digest: Digest,
    /// Its size.
    pub bytes: u64,
    /// When it was changed last, where that is known.
    pub modified_micros: Option<i64>,
    /// True when the library has no copy of it.
    pub referenced: bool,
}

impl Library {
    /// Begins an import, or goes on with it. Imports that another process left are ended first.
    pub async fn begin_import(&self, new: &NewImport) -> Result<()> {
        for import_id in table::import::abandoned(&mut *self.read().await?).await? {
            self.end_import(import_id, "Import", None).await?;
        }
        let mut transaction = self.begin().await?;
        let project = project_key(&mut transaction, new.project_id).await?;
        table::import::begin(&mut transaction, new.import_id, project, new.person_id, self.now()).await?;
        self.commit(transaction).await
    }

    /// Writes a batch of an import: captures, their fields and labels, and what failed. Doing it again changes nothing.
    pub async fn import_batch(
        &self,
        import_id: JobId,
        batch: ImportBatch,
        on_existing: OnExisting,
    ) -> Result<Imported> {
        let mut transaction = self.begin().await?;
        let imported = self.write_import(&mut transaction, import_id, batch, on_existing).await?;
        self.commit(transaction).await?;
        Ok(imported)
    }

    async fn write_import(
        &self,
        connection: &mut SqliteConnection,
        import_id: JobId,
        batch: ImportBatch,
        on_existing: OnExisting,
    ) -> Result<Imported> {
        let import = line(connection, import_id).await?;
        let ids: Vec<CaptureId> = batch.captures.iter().map(|item| item.capture.capture_id).collect();
        let withdrawn = table::import::withdrawn(connection, &ids).await?;
        let back = table::import::bring_back(connection, &withdrawn).await?;
        let before = keys_of(connection, &ids).await?;
        let arrivals: Vec<Arrival<'_>> =
            batch.captures.iter().map(|item| Arrival { capture: &item.capture, synced: None }).collect();
        write_batch(connection, &arrivals, self.now()).await?;
        let after = keys_of(connection, &ids).await?;
        let fresh: Vec<u32> = after.iter().filter(|(id, _)| !before.contains_key(id)).map(|(_, key)| *key).collect();
        let brought: Vec<u32> = fresh.iter().copied().chain(back.iter().map(|(key, _)| *key)).collect();
        table::import::note_captures(connection, import.row_key, &brought, true).await?;
        write_fields(connection, &batch.captures, &after).await?;
        let places = batch.captures.iter().filter_map(|item| {
            let (latitude, longitude) = item.place?;
            Some((*after.get(&item.capture.capture_id)?, latitude, longitude))
        });
        table::import::set_places(connection, &places.collect::<Vec<_>>()).await?;
        let modified = batch
            .captures
            .iter()
            .filter_map(|item| Some((*after.get(&item.capture.capture_id)?, item.modified_micros?)));
        table::import::set_modified(connection, &modified.collect::<Vec<_>>()).await?;
        let mut imported =
            Imported { new: brought.len() as u64, known: (after.len() - brought.len()) as u64, ..Imported::default() };
        let outdated = keys_of(connection, &batch.outdated).await?;
        let outdated: Vec<u32> = outdated.into_values().collect();
        let outdated = table::import::untouched(connection, &outdated).await?;
        let put_away = table::import::withdraw(connection, &outdated, self.now()).await?;
        let put_away: Vec<u32> = put_away.into_iter().map(|(key, _)| key).collect();
        table::import::note_captures(connection, import.row_key, &put_away, false).await?;
        imported.put_away = put_away.len() as u64;
        let labelled: Vec<CaptureId> = batch.labels.iter().map(|(capture_id, _)| *capture_id).collect();
        let labelled = keys_of(connection, &labelled).await?;
        let labels: Vec<(u32, Vec<Annotation>)> = batch
            .labels
            .into_iter()
            .filter_map(|(capture_id, annotations)| Some((*labelled.get(&capture_id)?, annotations)))
            .collect();
        let labelled = imports::write_labels(connection, &import, labels, on_existing).await?;
        imported += labelled.imported;
        table::import::fail(connection, import.row_key, &batch.failures).await?;
        let changed: Vec<u32> = brought.into_iter().chain(put_away).chain(labelled.captures).collect();
        table::change::bump(connection, &changed).await?;
        Ok(imported)
    }

    /// Ends an import: from now on it is one act of the person who made it, together with an earlier act `goes_on_with`
    /// that prepared it. The act, if it brought anything; ending it again changes nothing.
    pub async fn end_import(
        &self,
        import_id: JobId,
        title: &str,
        goes_on_with: Option<OperationId>,
    ) -> Result<Option<OperationId>> {
        let mut transaction = self.begin().await?;
        let import = line(&mut transaction, import_id).await?;
        let size = table::import::size(&mut transaction, import.row_key).await?;
        let mut act = None;
        if !import.ended && size != (0, 0) {
            table::import::end(&mut transaction, import.row_key, self.now()).await?;
            let operation = Operation {
                operation_id: OperationId(Uuid::new_v4()),
                project_id: Some(import.project_id),
                actor: Actor::Person { person_id: import.person_id },
                at: self.now(),
                title: title.to_owned(),
                diff: Diff::Import { import_id, present: true },
                undoes: None,
            };
            let mut lookup = Lookup::default();
            let (_, key) = apply(&mut transaction, &mut lookup, &operation, Base::Version, self.now()).await?;
            if let (Some(key), Some(first)) = (key, goes_on_with)
                && let Some(first_key) = table::operation::key(&mut transaction, first).await?
            {
                table::operation::join(&mut transaction, key, first_key).await?;
            }
            act = Some(operation.operation_id);
        }
        self.commit(transaction).await?;
        Ok(act)
    }

    /// How many files an import could not use, and some of them, by path.
    pub async fn import_failures(
        &self,
        import_id: JobId,
        offset: u32,
        limit: u32,
    ) -> Result<(u64, Vec<ImportFailure>)> {
        Ok(table::import::failures(&mut *self.read().await?, import_id, offset, limit).await?)
    }

    /// The files of an import root that the library has, by path; a changed file that was imported again is there twice.
    pub async fn known_files(&self, root: &str) -> Result<Vec<KnownFile>> {
        Ok(table::import::known_files(&mut *self.read().await?, root).await?)
    }

    /// Remembers that files are still the same though they carry another time: row key and microseconds since 1970.
    pub async fn note_files(&self, files: &[(u32, i64)]) -> Result<()> {
        let mut transaction = self.begin().await?;
        table::import::set_modified(&mut transaction, files).await?;
        self.commit(transaction).await
    }

    /// The captures that have these bytes, with the asset's name; the earliest first.
    pub async fn captures_with_bytes(&self, digests: &[Digest]) -> Result<Vec<(Digest, CaptureId, String)>> {
        Ok(table::import::with_bytes(&mut *self.read().await?, digests).await?)
    }

    /// Those of the annotations that are there, with their captures; tombstones count.
    pub async fn annotations_there(&self, ids: &[AnnotationId]) -> Result<Vec<(AnnotationId, CaptureId)>> {
        Ok(table::import::annotations_there(&mut *self.read().await?, ids).await?)
    }

    /// Those of the sizes, bytes, that some asset of the library has: other files cannot be duplicates of it.
    pub async fn asset_sizes(&self, sizes: &[u64]) -> Result<HashSet<u64>> {
        Ok(table::import::sizes(&mut *self.read().await?, sizes).await?.into_iter().collect())
    }
}

async fn line(connection: &mut SqliteConnection, import_id: JobId) -> Result<table::import::Line> {
    table::import::line(connection, import_id).await?.ok_or_else(|| StoreError::unknown(Noun::Import, &import_id))
}

/// The keys of those captures that are there.
async fn keys_of(connection: &mut SqliteConnection, ids: &[CaptureId]) -> Result<HashMap<CaptureId, u32>> {
    let known = table::capture::known(connection, ids).await?;
    Ok(known.into_iter().filter(|known| !known.erased).map(|known| (known.capture_id, known.row_key)).collect())
}

async fn write_fields(
    connection: &mut SqliteConnection,
    captures: &[ImportedCapture],
    keys: &HashMap<CaptureId, u32>,
) -> Result<()> {
    let mut by_name: HashMap<&str, Vec<(i64, &FieldValue)>> = HashMap::new();
    for item in captures {
        let Some(key) = keys.get(&item.capture.capture_id) else { continue };
        for (name, value) in &item.fields {
            by_name.entry(name).or_default().push((i64::from(*key), value));
        }
    }
    for (name, values) in by_name {
        let Some((field_key, field_type)) = table::field::find(connection, name, false).await? else { continue };
        let fitting: Vec<(i64, Option<&FieldValue>)> = values
            .into_iter()
            .filter(|(_, value)| field_type.holds(value))
            .map(|(key, value)| (key, Some(value)))
            .collect();
        table::field::set_many(connection, Place::Capture, field_key, &fitting).await?;
    }
    Ok(())
}
