//! The body of an import job: files are read on all cores while others are written, a batch in one transaction. What it
//! finished is kept when it is cancelled; doing it again goes on from there.

use std::{
    collections::{HashMap, HashSet},
    fmt::Write as _,
    ops::ControlFlow,
    sync::Arc,
    time::Duration,
};

use muster_domain::{
    digest::Digest,
    field::{FieldType, UserField},
    id::{AnnotationId, CaptureId},
};
use muster_formats::archive::{self, ArchiveLimits};
use muster_store::{
    import::{ImportBatch, ImportFailure, Imported, ImportedCapture, KnownFile, NewImport, OnExisting},
    thumbnail::NewThumbnail,
};
use tokio::sync::mpsc;

use super::{
    ImportMedia, ImportRequest,
    labels::{COCO_IMAGE_ID, LabelSets},
    listing::is_wanted,
    plan::{ImportPlan, PlannedPicture},
    read::{Arrived, ReadFile, Reader, read_all, workers},
    scratch::Scratch,
};
use crate::{
    app::Urgency,
    error::{AppError, AppResult, ErrorCode},
    job::{JobContext, Outcome},
    picture::AHEAD_PX,
};

/// Files that are written in one transaction.
const BATCH: usize = 256;
/// How long a file that was read waits for others.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// Imports pictures with their labels as one act.
pub(super) async fn run(context: &JobContext, mut request: ImportRequest) -> AppResult<Outcome> {
    let opened = &context.opened;
    let identity = opened.identity()?;
    let scratch = Scratch::of_job(&opened.library, context.job_id).await?;
    let plan = plan(context, &request, &scratch).await?;
    if plan.listing.archive.is_some() {
        // Nothing can be left where it is inside an archive.
        request.media = ImportMedia::Copy;
    }
    let library = &opened.library;
    library.set_import_root(&plan.root).await?;
    let new =
        NewImport { import_id: context.job_id, project_id: identity.project_id, person_id: identity.person.person_id };
    library.begin_import(&new).await?;
    let mut failures: Vec<ImportFailure> = plan.failures().collect();
    for labels in &plan.labels {
        failures.extend(labels.file.problems.iter().map(|problem| ImportFailure {
            path: format!("{}: {}", labels.path, problem.path().unwrap_or("label file")),
            reason: problem.to_string(),
        }));
    }
    let ImportPlan { root, listing, pictures, labels, .. } = plan;
    let labels = LabelSets::prepare(opened, labels, request.create_classes).await?;
    if labels.any() {
        let field = UserField { name: COCO_IMAGE_ID.into(), field_type: FieldType::Number, on_annotation: false };
        // A field of that name and another type is the person's own; then the number is not kept.
        if let Err(error) = library.define_field(&field).await {
            tracing::warn!(%error, "the ids of pictures are not kept");
        }
    }
    context.set_total(pictures.len() as u64);
    let folder = match &listing.archive {
        Some(_) => scratch.path().to_owned(),
        None => listing.folder.clone(),
    };
    let reader = Reader {
        folder,
        root_name: root.name.clone(),
        media: request.media,
        blobs: library.blobs().clone(),
        now: context.app.now(),
    };
    let known = library.known_files(&root.name).await?;
    let mut importer = Importer::new(context, &request, labels, known);
    importer.fail(failures);
    let result = importer.run(reader, pictures).await;
    let Importer { counts, duplicates, left, labels, .. } = importer;
    let title = format!("Import {} from {}", counted(counts.new, "capture"), root.name);
    library.end_import(context.job_id, &title, labels.classes_made).await?;
    opened.notify_changed();
    result?;
    Ok(Outcome { message: Some(message(&counts, duplicates, left, labels.any(), context.failed())), result: None })
}

/// Looks for what there is, and unpacks an archive.
async fn plan(context: &JobContext, request: &ImportRequest, scratch: &Scratch) -> AppResult<ImportPlan> {
    context.say("looking for pictures");
    let roots = context.opened.library.import_roots().await?;
    let (path, format, folder) = (request.path.clone(), request.format.clone(), scratch.path().to_owned());
    let making = move || {
        let labels = folder.join("labels");
        std::fs::create_dir(&labels).map_err(|error| crate::place::unreadable("create", &labels, &error))?;
        let plan = ImportPlan::make(&path, &format, &roots, &labels)?;
        // Pictures go to a folder of their own: label files are there already.
        let _ = std::fs::remove_dir_all(&labels);
        Ok(plan)
    };
    let mut plan = context.app.blocking(Urgency::Background, making).await?;
    if let Some(file) = plan.listing.archive.clone() {
        context.say("unpacking");
        let (folder, cancelled) = (scratch.path().to_owned(), context.cancelled());
        let unpacking = move || {
            let mut step = |_: &archive::ArchiveEntry| {
                if cancelled.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            };
            let wanted = |entry: &archive::ArchiveEntry| is_wanted(&entry.path);
            Ok(archive::unpack(&file, &folder, &ArchiveLimits::default(), &wanted, &mut step)?)
        };
        let unpacked = context.app.blocking(Urgency::Background, unpacking).await?;
        context.check()?;
        let there: HashSet<String> = unpacked.entries.into_iter().map(|entry| entry.path).collect();
        plan.pictures.retain(|picture| there.contains(&picture.path));
        plan.listing.failures =
            unpacked.left_out.into_iter().map(|left| ImportFailure { path: left.path, reason: left.reason }).collect();
    }
    Ok(plan)
}

fn counted(count: u64, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn message(counts: &Imported, duplicates: u64, left: u64, labelled: bool, failed: u64) -> String {
    let mut message = format!("{} new captures, {} were there already", counts.new, counts.known);
    let mut add = |count: u64, text: &str| {
        if count > 0 {
            let _ = write!(message, ", {count} {text}");
        }
    };
    add(duplicates, "with the same bytes as another");
    add(left, "changed since and left as they were");
    add(counts.put_away, "put away because their file has changed");
    if labelled {
        let _ = write!(message, ", {} annotations", counts.added);
        let mut add = |count: u64, text: &str| {
            if count > 0 {
                let _ = write!(message, ", {count} {text}");
            }
        };
        add(counts.replaced, "replaced");
        add(counts.removed, "removed");
        add(counts.kept, "kept as they were");
        add(failed, "could not be read");
    } else {
        add(failed, "could not be read");
    }
    message
}

struct Importer<'a> {
    context: &'a JobContext,
    on_existing: OnExisting,
    skip_duplicates: bool,
    keeps_bytes: bool,
    labels: LabelSets,
    /// By path below the root; the latest last.
    known: HashMap<String, Vec<KnownFile>>,
    /// The first capture of this import with these bytes.
    seen: HashMap<Digest, (CaptureId, String)>,
    failures: Vec<ImportFailure>,
    counts: Imported,
    duplicates: u64,
    /// Changed files that are not imported.
    left: u64,
}

impl<'a> Importer<'a> {
    fn new(context: &'a JobContext, request: &ImportRequest, labels: LabelSets, files: Vec<KnownFile>) -> Self {
        let mut known: HashMap<String, Vec<KnownFile>> = HashMap::new();
        for file in files {
            known.entry(file.relative_path.clone()).or_default().push(file);
        }
        Self {
            context,
            on_existing: request.on_existing.into(),
            skip_duplicates: request.skip_duplicates,
            keeps_bytes: request.media == ImportMedia::Copy,
            labels,
            known,
            seen: HashMap::new(),
            failures: Vec::new(),
            counts: Imported::default(),
            duplicates: 0,
            left: 0,
        }
    }

    fn fail(&mut self, failures: Vec<ImportFailure>) {
        for failure in &failures {
            self.context.fail(failure.path.clone(), failure.reason.clone());
        }
        self.failures.extend(failures);
    }

    /// Reads and writes until all is done, or as far as it got when the person cancels.
    async fn run(&mut self, reader: Reader, pictures: Vec<PlannedPicture>) -> AppResult<()> {
        self.context.say("reading pictures");
        let (send, mut arrivals) = mpsc::channel(BATCH);
        let files = self.with_known(pictures);
        let reading = self.context.opened.tasks.spawn(read_all(
            Arc::new(reader),
            files,
            send,
            workers(self.context.opened.background),
            self.context.cancelled(),
        ));
        let mut batch = Vec::with_capacity(BATCH);
        while let Some(first) = arrivals.recv().await {
            batch.push(first);
            let until = tokio::time::Instant::now() + LONGEST_WAIT;
            while batch.len() < BATCH
                && let Ok(Some(next)) = tokio::time::timeout_at(until, arrivals.recv()).await
            {
                batch.push(next);
            }
            let steps = batch.len() as u64;
            self.write(std::mem::take(&mut batch)).await?;
            self.context.advance(steps);
        }
        if !self.failures.is_empty() {
            self.write(Vec::new()).await?;
        }
        // The reader has nothing left to say once its channel is closed, unless it broke.
        reading.await.map_err(|broken| AppError::new(ErrorCode::Internal, broken.to_string()))?;
        self.context.check()
    }

    /// Pairs files with what the library has of them, where size and time say that they are the same.
    fn with_known(&self, pictures: Vec<PlannedPicture>) -> Vec<(PlannedPicture, Option<KnownFile>)> {
        let same = |picture: &PlannedPicture| {
            let known = self.known.get(&picture.relative_path)?.last()?;
            let is_same = known.bytes == picture.bytes
                && picture.modified_micros.is_some()
                && known.modified_micros == picture.modified_micros;
            is_same.then(|| known.clone())
        };
        pictures
            .into_iter()
            .map(|picture| {
                let known = same(&picture);
                (picture, known)
            })
            .collect()
    }

    async fn write(&mut self, arrived: Vec<Arrived>) -> AppResult<()> {
        let library = &self.context.opened.library;
        let mut batch = ImportBatch::default();
        let (mut read, mut placed) = (Vec::new(), Vec::new());
        for item in arrived {
            match item {
                Arrived::Read(file) => read.push(*file),
                Arrived::Known(picture, known) => {
                    self.counts.known += 1;
                    placed.push((picture, known.capture_id, known.asset));
                }
                Arrived::Failed(failure) => self.fail(vec![failure]),
            }
        }
        let mut thumbnails = Vec::new();
        let mut written = Vec::new();
        let twins = self.twins(&read).await?;
        for mut file in read {
            let asset = &file.capture.assets[0];
            let (digest, capture_id, name) = (asset.digest, file.capture.capture_id, asset.name.clone());
            if self.keeps_bytes {
                written.push((digest, asset.bytes));
            }
            if let Some(picture) = file.thumbnail.take() {
                thumbnails.push(NewThumbnail { digest, size_px: AHEAD_PX, picture });
            }
            if !self.takes_changed(&file, &mut batch) {
                continue;
            }
            let first = self.seen.entry(digest).or_insert_with(|| (capture_id, name.clone())).clone();
            let twin = twins.get(&digest).cloned().or(Some(first)).filter(|(twin, _)| *twin != capture_id);
            if let Some(twin) = twin {
                self.duplicates += 1;
                if self.skip_duplicates {
                    placed.push((file.picture, twin.0, twin.1));
                    continue;
                }
            }
            let number = LabelSets::image_number(&file.picture.images);
            batch.captures.push(ImportedCapture {
                capture: file.capture,
                modified_micros: file.modified_micros,
                place: file.place,
                fields: number.map(|number| (COCO_IMAGE_ID, number)).into_iter().collect(),
            });
            placed.push((file.picture, capture_id, name));
        }
        self.label(placed, &mut batch).await?;
        batch.failures = std::mem::take(&mut self.failures);
        if !written.is_empty() {
            library.blobs().list_written(&written).await?;
        }
        self.counts += library.import_batch(self.context.job_id, batch, self.on_existing).await?;
        library.thumbnails().put(&thumbnails).await?;
        self.context.opened.notify_changed();
        Ok(())
    }

    /// The captures that the library has already with the bytes of these files.
    async fn twins(&self, read: &[ReadFile]) -> AppResult<HashMap<Digest, (CaptureId, String)>> {
        let digests: Vec<Digest> = read.iter().map(|file| file.capture.assets[0].digest).collect();
        let own: HashSet<CaptureId> = read.iter().map(|file| file.capture.capture_id).collect();
        let mut twins = HashMap::new();
        for (digest, capture_id, asset) in self.context.opened.library.captures_with_bytes(&digests).await? {
            if !own.contains(&capture_id) {
                twins.entry(digest).or_insert((capture_id, asset));
            }
        }
        Ok(twins)
    }

    /// Decides about a file that the library has with other bytes: false when it is not to come.
    fn takes_changed(&mut self, file: &ReadFile, batch: &mut ImportBatch) -> bool {
        let capture_id = file.capture.capture_id;
        let Some(known) = self.known.get(&file.picture.relative_path) else { return true };
        if known.iter().any(|known| known.capture_id == capture_id) {
            return true;
        }
        match self.on_existing {
            OnExisting::Skip => {
                self.left += 1;
                return false;
            }
            OnExisting::Merge => {}
            OnExisting::Replace => batch.outdated.extend(known.iter().map(|known| known.capture_id)),
        }
        true
    }

    /// Puts the labels of pictures into the batch.
    async fn label(&self, placed: Vec<(PlannedPicture, CaptureId, String)>, batch: &mut ImportBatch) -> AppResult<()> {
        if !self.labels.any() {
            return Ok(());
        }
        let mut labelled = Vec::with_capacity(placed.len());
        for (picture, capture_id, asset) in placed {
            if !picture.images.is_empty() {
                labelled.push((capture_id, self.labels.of(&picture.images, capture_id, &asset)));
            }
        }
        // Labels that were exported from this library come home to their own ids.
        let own: Vec<AnnotationId> =
            labelled.iter().flat_map(|(_, labels)| labels).filter_map(|(_, own)| *own).collect();
        let there: HashSet<(AnnotationId, CaptureId)> =
            self.context.opened.library.annotations_there(&own).await?.into_iter().collect();
        for (capture_id, labels) in labelled {
            let annotations = labels.into_iter().map(|(mut annotation, own)| {
                if let Some(own) = own.filter(|own| there.contains(&(*own, capture_id))) {
                    annotation.annotation_id = own;
                }
                annotation
            });
            batch.labels.push((capture_id, annotations.collect()));
        }
        Ok(())
    }
}
