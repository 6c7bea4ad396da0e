//! The body of an import job. What it finished is kept when it is cancelled; doing it again goes on from there.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::PathBuf,
};

use muster_domain::{
    annotation::{Annotation, Decision, FieldOrigins},
    capture::{Asset, Capture, CaptureSource, MediaPlace},
    field::{FieldType, FieldValue, UserField},
    id::{AnnotationId, CaptureId, ClassId, OperationId, imported_capture_id, uuid_of_parts},
    operation::{Actor, AnnotationChange, Diff, Operation},
    origin::Origin,
    schema::{LabelClass, LabelSchema},
    time::UtcMicros,
};
use muster_formats::coco::{self, CocoAnnotation, CocoId};
use muster_store::annotation::AnnotationFilter;
use uuid::Uuid;

use crate::{
    app::Urgency,
    error::{AppError, AppResult},
    import::plan::{ImportPlan, Labels, PictureFacts, PlannedPicture},
    import::{ImportMedia, ImportRequest},
    job::{JobContext, Outcome},
    session::opened::MAIN_LAYER,
    session::opened::OpenLibrary,
};

/// Captures that are written in one transaction.
const BATCH: usize = 100;
/// Annotations in one operation. More become several acts, so that one undo stays quick.
const ANNOTATIONS_PER_OPERATION: usize = 20_000;
/// The uncertainty of a time without a zone: fourteen hours either way.
const NO_ZONE_MICROS: i64 = 14 * 3_600_000_000;
/// The user field that keeps a picture's id in the label file that it came from.
pub(crate) const COCO_IMAGE_ID: &str = "coco_image_id";
/// The person's setting that keeps the number of each class in COCO files.
pub(crate) const COCO_CATEGORY_IDS: &str = "coco_category_ids";

/// Imports pictures first, then their labels as one act.
pub(crate) async fn run(context: &JobContext, request: ImportRequest) -> AppResult<Outcome> {
    let opened = &context.opened;
    let roots = opened.library.import_roots().await?;
    let (path, format) = (request.path.clone(), request.format.clone());
    context.say("looking for pictures");
    let plan = context.app.blocking(Urgency::Background, move || ImportPlan::make(&path, &format, &roots)).await?;
    let labelled = plan.annotations() as u64;
    context.set_total(plan.pictures.len() as u64 + labelled);
    opened.library.set_import_root(&plan.root).await?;
    for name in &plan.missing {
        context.fail(name.clone(), "the label file names this picture and it is nowhere near");
    }
    let ImportPlan { root, pictures, labels, .. } = plan;
    context.say("reading pictures");
    let mut importer =
        PictureImporter { context, root_name: root.name, media: request.media, new: 0, places: HashMap::new() };
    importer.run(pictures).await?;
    let PictureImporter { new, places, .. } = importer;
    let known = places.len() as u64 - new;
    let mut message = format!("{new} new captures, {known} were there already");
    if let Some(labels) = labels {
        context.say("reading labels");
        let added = LabelImporter::new(context, &labels, &places, request.create_classes).await?.run(&labels).await?;
        message = format!("{message}, {added} annotations");
    }
    opened.notify_changed();
    if context.failed() > 0 {
        message = format!("{message}, {} could not be read", context.failed());
    }
    Ok(Outcome { message: Some(message), result: None })
}

/// The captures that pictures of the labels became.
type Places = HashMap<Option<CocoId>, Vec<(CaptureId, String)>>;

struct PictureImporter<'a> {
    context: &'a JobContext,
    root_name: String,
    media: ImportMedia,
    new: u64,
    places: HashMap<CaptureId, (Option<CocoId>, String)>,
}

impl PictureImporter<'_> {
    async fn run(&mut self, pictures: Vec<PlannedPicture>) -> AppResult<()> {
        let mut pictures = pictures.into_iter();
        loop {
            let batch: Vec<PlannedPicture> = pictures.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                return Ok(());
            }
            self.batch(batch).await?;
        }
    }

    async fn batch(&mut self, batch: Vec<PlannedPicture>) -> AppResult<()> {
        let mut captures = Vec::with_capacity(batch.len());
        let mut image_ids = Vec::new();
        for picture in batch {
            self.context.check()?;
            let relative_path = picture.relative_path.clone();
            let (path, image_id) = (picture.path.clone(), picture.image_id.clone());
            match self.context.app.blocking(Urgency::Background, move || picture.facts()).await {
                Ok(facts) => {
                    let capture = self.capture(&relative_path, &facts);
                    self.keep_bytes(&facts, &path).await?;
                    if let Some(number) = image_id.as_ref().and_then(CocoId::number) {
                        image_ids.push((capture.capture_id, Some(FieldValue::Number(number as f64))));
                    }
                    self.places.insert(capture.capture_id, (image_id, capture.assets[0].name.clone()));
                    captures.push(capture);
                }
                Err(error) => self.context.fail(relative_path, error.message),
            }
            self.context.advance(1);
        }
        let library = &self.context.opened.library;
        self.new += u64::from(library.insert_imported(&captures).await?.inserted);
        if !image_ids.is_empty() {
            let field = UserField { name: COCO_IMAGE_ID.into(), field_type: FieldType::Number, on_annotation: false };
            library.define_field(&field).await?;
            library.set_capture_field(COCO_IMAGE_ID, &image_ids).await?;
        }
        self.context.opened.notify_changed();
        Ok(())
    }

    async fn keep_bytes(&self, facts: &PictureFacts, path: &PathBuf) -> AppResult<()> {
        let blobs = self.context.opened.library.blobs();
        if self.media == ImportMedia::Copy && blobs.size(&facts.digest)? != Some(facts.bytes) {
            let file = tokio::fs::File::open(path).await;
            let file = file.map_err(|error| crate::place::unreadable("read", path, &error))?;
            blobs.put_stream(file, Some(&facts.digest)).await?;
        }
        Ok(())
    }

    fn capture(&self, relative_path: &str, facts: &PictureFacts) -> Capture {
        let now = self.context.app.now();
        let (captured_at, uncertainty_micros) = match facts.probe.recorded_time {
            Some(time) if time.has_zone => (UtcMicros(time.micros), 1_000_000),
            Some(time) => (UtcMicros(time.micros), NO_ZONE_MICROS),
            // A file's own time survives most copies and is better than none.
            None => (facts.modified_micros.map_or(now, UtcMicros), NO_ZONE_MICROS),
        };
        let name = relative_path.rsplit('/').next().unwrap_or(relative_path).to_owned();
        let place = match self.media {
            ImportMedia::Copy => MediaPlace::Stored,
            ImportMedia::Reference => {
                MediaPlace::Referenced { root: self.root_name.clone(), relative_path: relative_path.to_owned() }
            }
        };
        let asset = Asset {
            name,
            stream: "import".into(),
            media_type: facts.probe.media_type.into(),
            bytes: facts.bytes,
            digest: facts.digest,
            width_px: facts.probe.width_px,
            height_px: facts.probe.height_px,
            duration_micros: facts.probe.duration_micros,
            place,
        };
        Capture {
            capture_id: imported_capture_id(&self.root_name, relative_path, &facts.digest),
            source: CaptureSource::Import { root: self.root_name.clone(), relative_path: relative_path.to_owned() },
            captured_at,
            uncertainty_micros,
            received_at: now,
            trigger: None,
            signals: BTreeMap::new(),
            assets: vec![asset],
        }
    }
}

struct LabelImporter<'a> {
    context: &'a JobContext,
    origin: Origin,
    schema: LabelSchema,
    class_names: HashMap<CocoId, String>,
    places: Places,
    /// Annotation ids that the captures have already, with their capture.
    present: HashSet<AnnotationId>,
}

impl<'a> LabelImporter<'a> {
    async fn new(
        context: &'a JobContext,
        labels: &Labels,
        pictures: &HashMap<CaptureId, (Option<CocoId>, String)>,
        create_classes: bool,
    ) -> AppResult<Self> {
        let opened = &context.opened;
        for problem in &labels.file.problems {
            context.fail(problem.path().unwrap_or("label file"), problem.to_string());
        }
        let mut places: Places = HashMap::new();
        for (capture_id, (image_id, asset)) in pictures {
            places.entry(image_id.clone()).or_default().push((*capture_id, asset.clone()));
        }
        let class_names: HashMap<CocoId, String> =
            labels.file.categories.iter().map(|category| (category.id.clone(), category.name.clone())).collect();
        let schema = if create_classes {
            create_missing_classes(opened, labels).await?
        } else {
            opened.library.schema(opened.identity()?.project_id).await?
        };
        remember_category_ids(opened, labels, &schema).await?;
        let origin = Origin::Import { format: coco::FORMAT.into(), file: labels.digest, source_id: String::new() };
        let present = present_annotations(opened, pictures.keys().copied().collect()).await?;
        Ok(Self { context, origin, schema, class_names, places, present })
    }

    async fn run(mut self, labels: &Labels) -> AppResult<u64> {
        let identity = self.context.opened.identity()?;
        let mut changes = Vec::new();
        for object in &labels.file.annotations {
            changes.extend(self.changes(object)?);
            self.context.advance(1);
        }
        let added = changes.len() as u64;
        let parts = changes.len().div_ceil(ANNOTATIONS_PER_OPERATION);
        let mut changes = changes.into_iter();
        for part in 1..=parts {
            self.context.check()?;
            let title =
                if parts == 1 { "Import labels".into() } else { format!("Import labels, part {part} of {parts}") };
            let operation = Operation {
                operation_id: OperationId(Uuid::new_v4()),
                project_id: Some(identity.project_id),
                actor: Actor::Person { person_id: identity.person.person_id },
                at: self.context.app.now(),
                title,
                diff: Diff::Annotations { changes: changes.by_ref().take(ANNOTATIONS_PER_OPERATION).collect() },
                undoes: None,
            };
            self.context.opened.library.apply(operation).await?;
        }
        Ok(added)
    }

    /// The annotation on each capture that the picture became; none where it is there already.
    fn changes(&mut self, object: &CocoAnnotation) -> AppResult<Vec<AnnotationChange>> {
        let Some(places) = self.places.get(&Some(object.image_id.clone())) else { return Ok(Vec::new()) };
        let mut changes = Vec::new();
        for (capture_id, asset) in places.clone() {
            let derived = derived_id(capture_id, &object.id);
            let own = object.muster.as_ref().map(|block| block.annotation_id);
            if self.present.contains(&derived) || own.is_some_and(|own| self.present.contains(&own)) {
                continue;
            }
            self.present.insert(derived);
            let after = self.annotation(object, derived, capture_id, asset)?;
            changes.push(AnnotationChange { annotation_id: derived, before: None, after: Some(after) });
        }
        Ok(changes)
    }

    fn annotation(
        &self,
        object: &CocoAnnotation,
        annotation_id: AnnotationId,
        capture_id: CaptureId,
        asset: String,
    ) -> AppResult<Annotation> {
        let (geometry, attributes) = coco::decode(object);
        let mut origin = self.origin.clone();
        if let Origin::Import { source_id, .. } = &mut origin {
            *source_id = object.id.to_string();
        }
        let name = self.class_names.get(&object.category_id).cloned();
        let class = name.as_deref().and_then(|name| self.schema.class_named(name));
        let undecided = object.muster.as_ref().is_some_and(|block| block.decision == Decision::Undecided.name());
        Ok(Annotation {
            annotation_id,
            project_id: self.context.opened.identity()?.project_id,
            layer: MAIN_LAYER.into(),
            capture_id,
            asset,
            frame_index: None,
            geometry,
            class_id: class.map(|class| class.class_id),
            model_class: name,
            schema_version: self.schema.version,
            attributes,
            track_id: None,
            z: 0,
            field_origins: FieldOrigins::all(&origin),
            origin,
            decision: if undecided { Decision::Undecided } else { Decision::Accepted },
            version: 1,
            deleted: false,
        })
    }
}

/// The same label on the same capture is the same annotation, also from a file that was written anew.
fn derived_id(capture_id: CaptureId, source_id: &CocoId) -> AnnotationId {
    let text = source_id.to_string();
    AnnotationId(uuid_of_parts(
        "muster 2026-11 imported annotation id",
        &[capture_id.as_bytes(), coco::FORMAT.as_bytes(), text.as_bytes()],
    ))
}

async fn present_annotations(opened: &OpenLibrary, ids: Vec<CaptureId>) -> AppResult<HashSet<AnnotationId>> {
    let project_id = opened.identity()?.project_id;
    let filter = AnnotationFilter { project_id, layer: None, with_deleted: true };
    let mut present = HashSet::new();
    for ids in ids.chunks(muster_store::MAX_BATCH) {
        let keys: Vec<u32> = opened.library.known(ids).await?.into_iter().filter_map(|(_, key)| key).collect();
        for capture in opened.library.annotations_of(&keys, &filter).await? {
            present.extend(capture.annotations.iter().map(|annotation| annotation.annotation_id));
        }
    }
    Ok(present)
}

async fn create_missing_classes(opened: &OpenLibrary, labels: &Labels) -> AppResult<LabelSchema> {
    let identity = opened.identity()?;
    let mut schema = opened.library.schema(identity.project_id).await?;
    let before = schema.classes.len();
    for category in &labels.file.categories {
        let name = category.name.trim();
        if !name.is_empty() && schema.class_named(name).is_none() {
            let class = new_class(&schema, name);
            schema.classes.push(class);
        }
    }
    let added = schema.classes.len() - before;
    if added == 0 {
        return Ok(schema);
    }
    schema.check().map_err(|error| AppError::invalid(error.to_string()))?;
    let title = format!("Add {added} classes");
    let operation_id = OperationId(Uuid::new_v4());
    opened.library.save_schema(operation_id, identity.person.person_id, &schema, &title).await?;
    crate::project::map_classes(opened).await?;
    Ok(opened.library.schema(identity.project_id).await?)
}

/// A class of this name with the next colour and the next free number key.
pub(crate) fn new_class(schema: &LabelSchema, name: &str) -> LabelClass {
    let used: HashSet<u8> = schema.classes.iter().filter_map(|class| class.key).collect();
    LabelClass {
        class_id: ClassId(Uuid::new_v4()),
        name: name.to_owned(),
        aliases: Vec::new(),
        colour: (schema.classes.len() % usize::from(LabelSchema::PALETTE_SIZE)) as u8 + 1,
        key: (1..=9).find(|key| !used.contains(key)),
        retired: false,
    }
}

/// The numbers that classes have in COCO files, by class id.
pub(crate) async fn category_ids(opened: &OpenLibrary) -> AppResult<BTreeMap<String, i64>> {
    let person_id = opened.identity()?.person.person_id;
    let saved = opened.library.setting(person_id, COCO_CATEGORY_IDS).await?;
    Ok(saved.and_then(|saved| serde_json::from_value(saved).ok()).unwrap_or_default())
}

/// Saves the numbers that classes have in COCO files.
pub(crate) async fn save_category_ids(opened: &OpenLibrary, ids: &BTreeMap<String, i64>) -> AppResult<()> {
    let person_id = opened.identity()?.person.person_id;
    let value = serde_json::to_value(ids).map_err(|error| AppError::invalid(error.to_string()))?;
    Ok(opened.library.set_setting(person_id, COCO_CATEGORY_IDS, &value).await?)
}

/// A class keeps the number of the first file that it came from, unless another class has it.
async fn remember_category_ids(opened: &OpenLibrary, labels: &Labels, schema: &LabelSchema) -> AppResult<()> {
    let mut ids = category_ids(opened).await?;
    let before = ids.len();
    for category in &labels.file.categories {
        let (Some(number), Some(class)) = (category.id.number(), schema.class_named(&category.name)) else { continue };
        let class_id = class.class_id.to_string();
        if !ids.contains_key(&class_id) && !ids.values().any(|taken| *taken == number) {
            ids.insert(class_id, number);
        }
    }
    if ids.len() > before { save_category_ids(opened, &ids).await } else { Ok(()) }
}

/// Which files the library has as captures.
pub(crate) struct KnownSources(HashSet<(String, String)>);

impl KnownSources {
    /// True when a capture came from this file.
    pub fn contains(&self, root: &str, relative_path: &str) -> bool {
        self.0.contains(&(root.to_owned(), relative_path.to_owned()))
    }
}

/// Which files the library has as captures.
pub(crate) async fn known_sources(opened: &OpenLibrary) -> AppResult<KnownSources> {
    let (mut known, mut after) = (HashSet::new(), 0);
    loop {
        let keys = opened.library.row_keys(after, muster_store::MAX_BATCH as u32).await?;
        let Some(last) = keys.last() else { return Ok(KnownSources(known)) };
        after = *last;
        for stored in opened.library.captures(&keys).await? {
            if let CaptureSource::Import { root, relative_path } = stored.capture.source {
                known.insert((root, relative_path));
            }
        }
    }
}
