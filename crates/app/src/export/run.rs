//! The body of an export job: one pass over the captures, the manifest last.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use muster_domain::{
    annotation::{Annotation, Decision},
    capture::{Asset, AssetKind, Capture, CaptureSource},
    field::FieldValue,
    id::{CaptureId, ClassId},
    ledger::LedgerEvent,
    origin::Origin,
    schema::LabelSchema,
    submission::Submission,
};
use muster_formats::{
    coco::{
        self, AnnotationExtension, CROWD_ATTRIBUTE, ClassExtension, CocoAnnotation, CocoCategory, CocoId, CocoImage,
        CocoInfo, CocoWriter, DatasetExtension, ImageExtension, ModelExtension, SOURCE_ATTRIBUTE, WrittenFile,
    },
    manifest::{ExportManifest, ExportedFile, hash_file},
    names::UniqueNames,
};
use muster_media::Limits;
use muster_store::{annotation::AnnotationFilter, capture::StoredCapture};

use crate::{
    app::Urgency,
    error::{AppError, AppResult},
    export::{ExportMedia, ExportRequest},
    import::{COCO_IMAGE_ID, category_ids, save_category_ids},
    job::{JobContext, Outcome},
    place, search,
    session::opened::MAIN_LAYER,
    session::opened::{OpenLibrary, parse_id},
};

/// Captures that are read at once.
const PAGE: usize = 200;
const LABELS: &str = "annotations.json";
const PICTURES: &str = "images";
/// Ids beyond are no whole numbers in the JSON of other tools. Imported ones beyond are not kept, so that counting on
/// from the largest cannot overflow.
const LARGEST_ID: i64 = 1 << 53;
const CLASSLESS: &str = "accepted annotations without a class";

/// Writes the dataset.
pub(crate) async fn run(context: &JobContext, request: ExportRequest) -> AppResult<Outcome> {
    let opened = &context.opened;
    let keys = chosen(context, &request).await?;
    context.set_total(keys.len() as u64);
    let schema = opened.library.schema(opened.identity()?.project_id).await?;
    let categories = Categories::of(opened, &schema).await?;
    context.say("looking at ids");
    let ids = Ids::survey(context, &keys, &request).await?;
    let out = PathBuf::from(&request.out);
    fs::create_dir_all(out.join(PICTURES)).map_err(|error| place::unreadable("create", &out, &error))?;
    let info = info(context, &request, &schema, &categories)?;
    let writer = CocoWriter::create(&out.join(LABELS), &info, &categories.list)?;
    let mut export = Export {
        context,
        request,
        schema,
        categories,
        ids,
        writer,
        names: UniqueNames::default(),
        files: Vec::new(),
        captures: Vec::new(),
        images: 0,
        annotations: 0,
        left_out: BTreeMap::new(),
        out,
    };
    context.say("writing");
    for page in keys.chunks(PAGE) {
        export.page(page).await?;
    }
    export.finish().await
}

async fn chosen(context: &JobContext, request: &ExportRequest) -> AppResult<Vec<u32>> {
    let mut keys = match &request.capture_ids {
        None => search::matching(&context.app, &context.opened, &request.query).await?.to_vec(),
        Some(texts) => {
            let ids = texts.iter().map(|text| parse_id("capture", text)).collect::<AppResult<Vec<CaptureId>>>()?;
            let known = context.opened.library.known(&ids).await?;
            known.into_iter().filter_map(|(_, row_key)| row_key).collect()
        }
    };
    // By row key: the same library gives the same file, whatever the order on screen.
    keys.sort_unstable();
    Ok(keys)
}

/// The categories of a file. A class keeps its number from export to export, and from the file that it came from.
struct Categories {
    list: Vec<CocoCategory>,
    numbers: HashMap<ClassId, i64>,
}

impl Categories {
    async fn of(opened: &OpenLibrary, schema: &LabelSchema) -> AppResult<Self> {
        let mut saved = category_ids(opened).await?;
        let before = saved.len();
        let mut next = saved.values().copied().filter(|number| usable(*number)).max().unwrap_or(0).max(0) + 1;
        let mut numbers = HashMap::new();
        let mut list = Vec::new();
        for class in &schema.classes {
            let number = *saved.entry(class.class_id.to_string()).or_insert_with(|| {
                next += 1;
                next - 1
            });
            numbers.insert(class.class_id, number);
            let (id, name) = (CocoId::Number(number), class.name.clone());
            list.push(CocoCategory { id, name, supercategory: String::new() });
        }
        list.sort_by(|left, right| left.id.cmp(&right.id));
        if saved.len() > before {
            save_category_ids(opened, &saved).await?;
        }
        Ok(Self { list, numbers })
    }
}

/// Ids of pictures and annotations: the imported ones where they are unique, numbers beyond them for the others.
#[derive(Default)]
struct Ids {
    imported_images: HashMap<CaptureId, i64>,
    next_image: i64,
    taken_annotations: HashMap<i64, u32>,
    used_annotations: HashSet<i64>,
    next_annotation: i64,
}

impl Ids {
    async fn survey(context: &JobContext, keys: &[u32], request: &ExportRequest) -> AppResult<Self> {
        let opened = &context.opened;
        let project_id = opened.identity()?.project_id;
        let mut ids = Self::default();
        let mut images: HashMap<i64, Vec<CaptureId>> = HashMap::new();
        for page in keys.chunks(PAGE) {
            context.check()?;
            for row in opened.library.rows(project_id, page).await? {
                let number = row.user_fields.get(COCO_IMAGE_ID).and_then(FieldValue::as_number);
                if let Some(number) = number.map(|number| number as i64).filter(|number| usable(*number)) {
                    images.entry(number).or_default().push(row.capture_id);
                }
            }
            for capture in opened.library.annotations_of(page, &AnnotationFilter::main(project_id)).await? {
                for annotation in capture.annotations.iter().filter(|annotation| exported(annotation, request)) {
                    if let Some(number) = imported_number(annotation) {
                        *ids.taken_annotations.entry(number).or_default() += 1;
                    }
                }
            }
        }
        ids.next_image = images.keys().max().copied().unwrap_or(0).max(0) + 1;
        ids.next_annotation = ids.taken_annotations.keys().max().copied().unwrap_or(0).max(0) + 1;
        let unique = images.into_iter().filter(|(_, captures)| captures.len() == 1);
        ids.imported_images = unique.map(|(number, captures)| (captures[0], number)).collect();
        Ok(ids)
    }

    fn image(&mut self, capture_id: CaptureId) -> CocoId {
        // A capture has its imported id once; its further pictures get new ones.
        CocoId::Number(self.imported_images.remove(&capture_id).unwrap_or_else(|| {
            self.next_image += 1;
            self.next_image - 1
        }))
    }

    fn annotation(&mut self, annotation: &Annotation) -> CocoId {
        let own = imported_number(annotation).filter(|number| self.taken_annotations.get(number) == Some(&1));
        let number = own.filter(|number| self.used_annotations.insert(*number)).unwrap_or_else(|| {
            self.next_annotation += 1;
            self.next_annotation - 1
        });
        CocoId::Number(number)
    }
}

fn usable(number: i64) -> bool {
    (-LARGEST_ID..=LARGEST_ID).contains(&number)
}

fn imported_number(annotation: &Annotation) -> Option<i64> {
    match &annotation.origin {
        Origin::Import { format, source_id, .. } if format == coco::FORMAT => {
            source_id.parse().ok().filter(|number| usable(*number))
        }
        _ => None,
    }
}

/// Rejected ones never, undecided ones when they are asked for.
fn exported(annotation: &Annotation, request: &ExportRequest) -> bool {
    match annotation.decision {
        Decision::Accepted => true,
        Decision::Undecided => request.include_proposals,
        Decision::Rejected => false,
    }
}

fn info(
    context: &JobContext,
    request: &ExportRequest,
    schema: &LabelSchema,
    categories: &Categories,
) -> AppResult<CocoInfo> {
    let project = context.opened.identity()?.project_name;
    let class = |class: &muster_domain::schema::LabelClass| ClassExtension {
        category_id: categories.numbers[&class.class_id],
        class_id: class.class_id,
        name: class.name.clone(),
        aliases: class.aliases.clone(),
        colour: class.colour,
    };
    Ok(CocoInfo {
        description: format!("{project}, exported by Muster"),
        muster: Some(DatasetExtension {
            muster_version: env!("CARGO_PKG_VERSION").into(),
            project,
            schema_version: schema.version,
            query: request.query.clone(),
            includes_proposals: request.include_proposals,
            exported_at_micros: context.app.now(),
            classes: schema.classes.iter().map(class).collect(),
        }),
    })
}

struct Export<'a> {
    context: &'a JobContext,
    request: ExportRequest,
    schema: LabelSchema,
    categories: Categories,
    ids: Ids,
    writer: CocoWriter,
    names: UniqueNames,
    files: Vec<ExportedFile>,
    /// The captures that are in it.
    captures: Vec<CaptureId>,
    images: u64,
    annotations: u64,
    left_out: BTreeMap<String, u64>,
    out: PathBuf,
}

impl Export<'_> {
    async fn page(&mut self, keys: &[u32]) -> AppResult<()> {
        let opened = self.context.opened.clone();
        let project_id = opened.identity()?.project_id;
        let captures = opened.library.captures(keys).await?;
        let annotations = opened.library.annotations_of(keys, &AnnotationFilter::main(project_id)).await?;
        let mut annotations: HashMap<CaptureId, Vec<Annotation>> =
            annotations.into_iter().map(|capture| (capture.capture_id, capture.annotations)).collect();
        let submissions = opened.library.latest_submissions(project_id, MAIN_LAYER, keys).await?;
        let submissions: HashMap<CaptureId, Submission> =
            submissions.into_iter().map(|submission| (submission.capture_id, submission)).collect();
        for StoredCapture { capture, .. } in captures {
            self.context.check()?;
            let annotations = annotations.remove(&capture.capture_id).unwrap_or_default();
            self.capture(&capture, &annotations, submissions.get(&capture.capture_id)).await?;
            self.captures.push(capture.capture_id);
            self.context.advance(1);
        }
        Ok(())
    }

    async fn capture(
        &mut self,
        capture: &Capture,
        annotations: &[Annotation],
        submission: Option<&Submission>,
    ) -> AppResult<()> {
        for asset in &capture.assets {
            let of_asset: Vec<&Annotation> =
                annotations.iter().filter(|annotation| annotation.asset == asset.name).collect();
            if asset.kind() != AssetKind::Image {
                self.leave_out("assets that are no pictures", 1);
                self.leave_out("annotations on assets that are no pictures", of_asset.len() as u64);
                continue;
            }
            let file_name = self.names.unique(&wanted_name(capture, asset));
            if let Err(error) = self.write_picture(asset, &file_name).await {
                self.context.fail(file_name, error.message);
                self.leave_out("pictures whose original cannot be read", 1);
                continue;
            }
            let id = self.ids.image(capture.capture_id);
            self.writer.image(&CocoImage {
                id: id.clone(),
                file_name,
                width_px: asset.width_px,
                height_px: asset.height_px,
                muster: Some(image_extension(capture, asset, submission)),
            })?;
            self.images += 1;
            for annotation in of_asset {
                self.annotation(annotation, asset, &id)?;
            }
        }
        Ok(())
    }

    fn annotation(&mut self, annotation: &Annotation, asset: &Asset, image_id: &CocoId) -> AppResult<()> {
        if !exported(annotation, &self.request) {
            if annotation.decision == Decision::Rejected {
                self.leave_out("rejected annotations", 1);
            } else {
                self.leave_out("undecided proposals", 1);
            }
            return Ok(());
        }
        let Some(encoded) = coco::encode(annotation, asset.width_px.zip(asset.height_px)) else {
            self.leave_out(&format!("annotations of the kind {}", annotation.geometry.kind()), 1);
            return Ok(());
        };
        let undecided = annotation.decision == Decision::Undecided;
        let Some(class_id) = annotation.class_id else {
            self.leave_out(if undecided { "undecided proposals without a class" } else { CLASSLESS }, 1);
            return Ok(());
        };
        let Some(number) = self.categories.numbers.get(&class_id).copied() else {
            self.leave_out("annotations whose class is not in the schema", 1);
            return Ok(());
        };
        let own = [CROWD_ATTRIBUTE, SOURCE_ATTRIBUTE];
        let attributes = annotation.attributes.iter().filter(|(name, _)| !own.contains(&name.as_str()));
        let object = CocoAnnotation {
            id: self.ids.annotation(annotation),
            image_id: image_id.clone(),
            category_id: CocoId::Number(number),
            bounds: encoded.bounds,
            segmentation: encoded.segmentation,
            area: encoded.area,
            is_crowd: annotation.attributes.get(CROWD_ATTRIBUTE) == Some(&FieldValue::Boolean(true)),
            score: annotation.origin.confidence().filter(|_| undecided),
            attributes: attributes.map(|(name, value)| (name.clone(), value.clone())).collect(),
            muster: Some(annotation_extension(annotation)),
        };
        self.writer.annotation(&object)?;
        self.annotations += 1;
        Ok(())
    }

    fn leave_out(&mut self, what: &str, count: u64) {
        if count > 0 {
            *self.left_out.entry(what.to_owned()).or_default() += count;
        }
    }

    async fn write_picture(&mut self, asset: &Asset, file_name: &str) -> AppResult<()> {
        if self.request.media == ExportMedia::None {
            return Ok(());
        }
        let source = self.context.opened.original(asset).await?;
        let target = self.out.join(PICTURES).join(file_name);
        let (media, media_type) = (self.request.media, asset.media_type.clone());
        let work = move || write_picture(&source, &target, media, &media_type);
        let WrittenFile { bytes, sha256, .. } = self.context.app.blocking(Urgency::Background, work).await?;
        self.files.push(ExportedFile { path: format!("{PICTURES}/{file_name}"), bytes, sha256 });
        Ok(())
    }

    async fn finish(mut self) -> AppResult<Outcome> {
        self.context.check()?;
        let labels = self.writer.finish()?;
        let WrittenFile { bytes, sha256, .. } = labels;
        self.files.insert(0, ExportedFile { path: LABELS.into(), bytes, sha256 });
        let identity = self.context.opened.identity()?;
        let manifest = ExportManifest {
            muster_version: env!("CARGO_PKG_VERSION").into(),
            format: coco::FORMAT.into(),
            project: identity.project_name,
            schema_version: self.schema.version,
            query: self.request.query,
            includes_proposals: self.request.include_proposals,
            exported_at_micros: self.context.app.now(),
            images: self.images,
            annotations: self.annotations,
            left_out: self.left_out,
            files: self.files,
        };
        manifest.write(&self.out)?;
        let place = format!("into {}", self.out.display());
        self.context.opened.note(&self.captures, LedgerEvent::Exported, &place).await?;
        if let Some(count) = manifest.left_out.get(CLASSLESS) {
            let what =
                format!("{count} {CLASSLESS} are left out: give them a class, or map the model's names to classes");
            self.context.fail(LABELS, what);
        }
        let left_out = told(&manifest.left_out);
        let message = format!("{} pictures, {} annotations{left_out}", self.images, self.annotations);
        Ok(Outcome { message: Some(message), result: Some(self.out.display().to_string()) })
    }
}

/// What is left out and why, as the end of a sentence.
fn told(left_out: &BTreeMap<String, u64>) -> String {
    let parts: Vec<String> = left_out.iter().map(|(what, count)| format!("{count} {what}")).collect();
    if parts.is_empty() { String::new() } else { format!("; left out: {}", parts.join(", ")) }
}

/// Imports keep their path; captures of devices get site and device.
fn wanted_name(capture: &Capture, asset: &Asset) -> String {
    match &capture.source {
        CaptureSource::Import { relative_path, .. } => relative_path.clone(),
        CaptureSource::Device { device, site, .. } => {
            let id = capture.capture_id.0.simple().to_string();
            let plain = |text: &str| text.replace('/', "_");
            format!("{}/{}/{id}-{}", plain(site), plain(device), plain(&asset.name))
        }
    }
}

/// Copies or links a picture. One that is only upright by its EXIF orientation is written upright: boxes are in pixels
/// of the upright picture, and many training tools do not look at EXIF.
fn write_picture(source: &Path, target: &Path, media: ExportMedia, media_type: &str) -> AppResult<WrittenFile> {
    let failed = |error: io::Error| place::unreadable("write", target, &error);
    if fs::canonicalize(target).is_ok_and(|target| fs::canonicalize(source).is_ok_and(|source| source == target)) {
        return Err(AppError::invalid(format!("{} is an original, not a copy", target.display()))
            .with_remedy("export into another folder"));
    }
    if let Some(folder) = target.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    if media_type == "image/jpeg" {
        let limits = Limits::default();
        let bytes = muster_media::read_limited(source, &limits)?;
        if !muster_media::is_upright_jpeg(&bytes) {
            let upright = muster_media::upright_jpeg(&source.display().to_string(), &bytes, &limits)?;
            create_anew(target).and_then(|mut file| file.write_all(&upright)).map_err(failed)?;
            return Ok(hash_file(target)?);
        }
    }
    clear(target).map_err(failed)?;
    let linked = media == ExportMedia::Link && fs::hard_link(source, target).is_ok();
    if !linked {
        let copy = || io::copy(&mut fs::File::open(source)?, &mut create_anew(target)?);
        copy().map_err(failed)?;
    }
    Ok(hash_file(target)?)
}

/// A file under a name that is free. What stands there from an earlier run may be a link to an original, which writing
/// over it would destroy.
fn create_anew(target: &Path) -> io::Result<fs::File> {
    clear(target)?;
    fs::File::create_new(target)
}

fn clear(target: &Path) -> io::Result<()> {
    match fs::remove_file(target) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn image_extension(capture: &Capture, asset: &Asset, submission: Option<&Submission>) -> ImageExtension {
    let (site, device) = match &capture.source {
        CaptureSource::Device { device, site, .. } => (Some(site.clone()), Some(device.clone())),
        CaptureSource::Import { .. } => (None, None),
    };
    ImageExtension {
        capture_id: capture.capture_id,
        asset: asset.name.clone(),
        submission: submission.map_or("none", |submission| submission.statement.name()).into(),
        blake3: asset.digest,
        captured_at_micros: capture.captured_at,
        site,
        device,
        trigger: capture.trigger.as_ref().map(|hit| hit.name.clone()),
    }
}

fn annotation_extension(annotation: &Annotation) -> AnnotationExtension {
    let origins = &annotation.field_origins;
    let model = match &annotation.origin {
        Origin::Model { model, version, model_hash, .. } => {
            Some(ModelExtension { name: model.clone(), version: version.clone(), hash: *model_hash })
        }
        _ => None,
    };
    let person = [&origins.geometry, &origins.class, &annotation.origin].into_iter().find_map(|origin| match origin {
        Origin::Person { person_id } => Some(*person_id),
        _ => None,
    });
    AnnotationExtension {
        annotation_id: annotation.annotation_id,
        origin: annotation.origin.kind().into(),
        decision: annotation.decision.name().into(),
        geometry_origin: origins.geometry.kind().into(),
        class_origin: origins.class.kind().into(),
        model,
        confidence: annotation.origin.confidence(),
        person,
        version: annotation.version,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_original_survives_every_repetition_of_its_export() {
        let folder = tempfile::tempdir().unwrap();
        let (source, target) = (folder.path().join("photo.png"), folder.path().join("out/images/photo.png"));
        fs::write(&source, b"pixels").unwrap();
        for media in [ExportMedia::Link, ExportMedia::Link, ExportMedia::Copy, ExportMedia::Link, ExportMedia::Copy] {
            let written = write_picture(&source, &target, media, "image/png").unwrap();
            assert_eq!(written.bytes, 6, "{media:?}");
            assert_eq!(fs::read(&source).unwrap(), b"pixels", "{media:?}");
        }
        fs::write(&target, b"changed").unwrap();
        assert_eq!(fs::read(&source).unwrap(), b"pixels", "a copy shares nothing with the original");
        assert!(write_picture(&source, &source, ExportMedia::Copy, "image/png").is_err());
        assert_eq!(fs::read(&source).unwrap(), b"pixels");
    }

    #[test]
    fn a_copy_never_writes_through_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (source, target) = (folder.path().join("photo"), folder.path().join("link"));
        fs::write(&source, b"pixels").unwrap();
        fs::hard_link(&source, &target).unwrap();
        create_anew(&target).unwrap().write_all(b"upright").unwrap();
        assert_eq!(fs::read(&source).unwrap(), b"pixels");
    }

    #[test]
    fn the_message_says_what_is_left_out() {
        let left_out = BTreeMap::from([("undecided proposals".to_owned(), 500), (CLASSLESS.to_owned(), 3)]);
        let expected = "; left out: 3 accepted annotations without a class, 500 undecided proposals";
        assert_eq!(told(&left_out), expected);
        assert_eq!(told(&BTreeMap::new()), "");
    }

    #[test]
    fn ids_that_other_tools_cannot_hold_are_not_kept() {
        assert!(usable(LARGEST_ID) && usable(-1));
        assert!(!usable(LARGEST_ID + 1) && !usable(i64::MAX) && !usable(i64::MIN));
    }
}
