//! The made library: captures as a fleet would deliver them, five proposals each, through the store's own calls.
//!
//! Everything follows from a capture's number and the size of the library, so that two runs make the same library.
//! Captures arrive nearly in the order of their times, as a feed delivers them, some of them days late. A burst of
//! [`BURST`] shows one picture, so that a million thumbnails fit on a small disk: an eighth of them, real ones of real
//! photos, used again and again.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context as _, Result, ensure};
use muster_domain::{
    annotation::{Annotation, Decision, FieldOrigins, proposal_id},
    capture::{Asset, Capture, CaptureSource, MediaPlace, TriggerHit},
    digest::Digest,
    field::FieldValue,
    geometry::{BoundingBox, Geometry},
    id::{CaptureId, ClassId, DeviceId, JobId, OperationId, ProjectId, uuid_of_parts},
    operation::{Actor, AnnotationChange, Diff, Operation},
    origin::Origin,
    schema::{LabelClass, LabelSchema},
    time::UtcMicros,
};
use muster_media::Limits;
use muster_protocol::manifest::{DeviceTime, Manifest, ManifestAsset, ManifestChunk};
use muster_store::{
    capture::SyncedCapture,
    model_run::{ModelOutput, ModelRun, ModelSetting, RunStatus},
};
use uuid::Uuid;

use crate::synthetic::{CLASSES, DEVICES, FIRST_MICROS, Random, SITES, SPAN_MICROS, STREAMS, TRIGGERS, WORDS};

/// The longer side of the thumbnails, px: the size that the grid asks for first.
pub const THUMBNAIL_PX: u32 = 320;
/// Captures that show the same picture.
pub const BURST: u32 = 8;
/// Classes that models know and the project does not: their proposals stay unmapped.
const UNMAPPED: usize = 2;
/// On one capture in five, two of them are lines that were read.
const PROPOSALS: u64 = 5;

/// A photo that captures show.
#[derive(Debug, Clone)]
pub struct Photo {
    /// Size of the original in bytes.
    pub bytes: u64,
    /// Width of the upright picture, px.
    pub width_px: u32,
    /// Height of the upright picture, px.
    pub height_px: u32,
    /// Its thumbnail, as the grid shows it.
    pub thumbnail: Vec<u8>,
}

/// Reads every photo of a folder.
pub fn photos(folder: &Path) -> Result<Vec<Photo>> {
    let listed = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut paths = listed.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    paths.sort();
    ensure!(!paths.is_empty(), "{} has no photos", folder.display());
    let limits = Limits::default();
    let photo = |path: &std::path::PathBuf| {
        let probe = muster_media::probe_path(path, &limits)?;
        let thumbnail = muster_media::thumbnail_path(path, THUMBNAIL_PX, &limits)?;
        Ok(Photo {
            bytes: std::fs::metadata(path)?.len(),
            width_px: probe.width_px.unwrap_or(640),
            height_px: probe.height_px.unwrap_or(480),
            thumbnail: thumbnail.jpeg,
        })
    };
    paths.iter().map(photo).collect()
}

/// The classes of the project: nearly all that the detector knows, and text.
pub fn classes() -> Vec<LabelClass> {
    let names = CLASSES[..CLASSES.len() - UNMAPPED].iter().copied().chain(["text"]);
    let class = |(place, name): (usize, &str)| LabelClass {
        class_id: ClassId(Uuid::from_u128(0xc1a5_5000 + place as u128)),
        name: name.to_owned(),
        aliases: Vec::new(),
        colour: (place % usize::from(LabelSchema::PALETTE_SIZE)) as u8 + 1,
        key: (place < 9).then_some(place as u8 + 1),
        retired: false,
    };
    names.enumerate().map(class).collect()
}

/// What makes the captures of one library.
#[derive(Debug)]
pub struct Maker {
    /// How many captures the library has in the end.
    pub total: u32,
    /// The project that the proposals go to.
    pub project: ProjectId,
    /// The version of its schema.
    pub schema_version: u32,
    /// What the captures show.
    pub photos: Vec<Photo>,
    classes: BTreeMap<String, ClassId>,
    settings: [ModelSetting; 2],
    job: JobId,
}

impl Maker {
    /// Makes captures for a project with [`classes`].
    pub fn new(total: u32, schema: &LabelSchema, photos: Vec<Photo>) -> Self {
        let setting = |model: &str, version: &str| ModelSetting {
            model: model.into(),
            version: version.into(),
            model_hash: Digest::of(model.as_bytes()),
            parameters_hash: Digest::of(b"parameters"),
            prompt: None,
        };
        Self {
            total,
            project: schema.project_id,
            schema_version: schema.version,
            photos,
            classes: schema.classes.iter().map(|class| (class.name.clone(), class.class_id)).collect(),
            settings: [setting("coco-ssd", "1"), setting("pp-ocr", "4")],
            job: JobId(Uuid::from_u128(0x10b)),
        }
    }

    fn random(number: u32) -> Random {
        Random(u64::from(number) << 20 ^ 0x5eed)
    }

    /// The photo that capture `number` shows.
    pub fn photo(&self, number: u32) -> &Photo {
        &self.photos[(shown(number) / BURST) as usize % self.photos.len()]
    }

    /// The digest of its picture.
    pub fn digest(&self, number: u32) -> Digest {
        Digest::of(format!("picture {}", shown(number)).as_bytes())
    }

    /// Capture `number` as a service delivers it, 0 to `total` − 1.
    pub fn synced(&self, number: u32) -> Result<SyncedCapture> {
        let mut random = Self::random(number);
        let captured = self.captured(number, &mut random);
        let capture_id = self.capture_id(number);
        let device = random.skewed(DEVICES as usize) as u64;
        let device_id = DeviceId(Uuid::from_u128(0x00de_71ce_0000 + u128::from(device)));
        let site = format!("site-{:02}", device % SITES);
        let signals = BTreeMap::from([
            ("motion".to_owned(), FieldValue::Number((random.share() * 1e4).round() / 1e4)),
            ("weight_kg".to_owned(), FieldValue::Number((random.share() * 4_000.0).round() / 100.0)),
            ("door".to_owned(), FieldValue::Boolean(random.below(3) == 0)),
            ("shift".to_owned(), FieldValue::Text(["early", "late", "night"][random.skewed(3)].into())),
        ]);
        let trigger = TRIGGERS[random.skewed(TRIGGERS.len())];
        let trigger = TriggerHit {
            name: trigger.into(),
            version: 1 + random.below(3) as u32,
            expression: format!("{} > 0.2", trigger.replace('-', "_")),
            values: BTreeMap::from([("motion".to_owned(), signals["motion"].clone())]),
        };
        let assets = self.assets(number, &mut random);
        let received_at = UtcMicros(captured.0 + 2_000_000 + random.below(600_000_000) as i64);
        let moment = DeviceTime { wall_micros: captured, monotonic_micros: captured.0, uncertainty_micros: 40_000 };
        let manifest = Manifest {
            capture_id,
            device_id,
            site: site.clone(),
            epoch: 1,
            seq: u64::from(number) + 1,
            boot_id: "0193b2e0-0000-7000-8000-00000000b007".into(),
            trigger: trigger.clone(),
            started: moment,
            ended: moment,
            assets: assets.iter().map(manifest_asset).collect(),
            signals: signals.clone(),
            proposals: Vec::new(),
            agent_version: "0.1.0".into(),
            privacy_class: "raw".into(),
        };
        let manifest = serde_json::to_string(&manifest)?;
        let root_hash = Manifest::root_hash(manifest.as_bytes());
        let receipt = format!(
            "{{\"body\":\"{{\\\"capture_id\\\":\\\"{capture_id}\\\",\\\"root_hash\\\":\\\"{root_hash}\\\"}}\",\"signature\":\"{:0>128}\"}}",
            root_hash.to_hex()
        );
        let capture = Capture {
            capture_id,
            source: CaptureSource::Device { device_id, device: format!("cart-{device:04}"), site },
            captured_at: captured,
            uncertainty_micros: 40_000,
            received_at,
            trigger: Some(trigger),
            signals,
            assets,
        };
        Ok(SyncedCapture { capture, version: 1, manifest, root_hash, receipt, proposals: Vec::new() })
    }

    /// A `UUIDv7` of about its time, as devices make them.
    pub fn capture_id(&self, number: u32) -> CaptureId {
        let mut random = Self::random(number);
        let captured = self.captured(number, &mut random).0;
        let millis = (captured / 1_000).unsigned_abs();
        let tail = Digest::of(&u64::from(number).to_le_bytes());
        let mut bytes = [0_u8; 16];
        bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
        bytes[6..].copy_from_slice(&tail.as_bytes()[..10]);
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        CaptureId(Uuid::from_bytes(bytes))
    }

    fn captured(&self, number: u32, random: &mut Random) -> UtcMicros {
        let step = SPAN_MICROS / u64::from(self.total.max(1));
        // Three in a hundred come up to three days late.
        let late = if random.below(100) < 3 { random.below(3 * 86_400_000_000) } else { random.below(60_000_000) };
        let time = u64::from(number) * step + random.below(step.max(1));
        UtcMicros(FIRST_MICROS + time.saturating_sub(late) as i64)
    }

    fn assets(&self, number: u32, random: &mut Random) -> Vec<Asset> {
        let photo = self.photo(number);
        let video = random.below(100) < 8;
        let stream = STREAMS[random.skewed(STREAMS.len())];
        let word = WORDS[random.skewed(WORDS.len())];
        let mut assets = vec![Asset {
            name: format!("{word}-{number:07}.{}", if video { "mp4" } else { "jpg" }),
            stream: stream.into(),
            media_type: if video { "video/mp4".into() } else { "image/jpeg".into() },
            bytes: photo.bytes,
            digest: self.digest(number),
            width_px: Some(photo.width_px),
            height_px: Some(photo.height_px),
            duration_micros: video.then_some(8_000_000),
            place: MediaPlace::Stored,
        }];
        if random.below(100) < 10 {
            assets.push(Asset {
                name: "imu.parquet".into(),
                stream: "imu".into(),
                media_type: "application/vnd.apache.parquet".into(),
                bytes: 14_000,
                digest: Digest::of(format!("series {number}").as_bytes()),
                width_px: None,
                height_px: None,
                duration_micros: Some(8_000_000),
                place: MediaPlace::Stored,
            });
        }
        assets
    }

    /// What the models made of capture `number`: five proposals, by one model or by two.
    pub fn outputs(&self, capture: &SyncedCapture, number: u32) -> Vec<ModelOutput> {
        let mut random = Random(u64::from(number) << 21 ^ 0xb0c5);
        let lines = if random.below(5) == 0 { 2 } else { 0 };
        let mut outputs = vec![self.output(capture, 0, PROPOSALS - lines, &mut random)];
        if lines > 0 {
            outputs.push(self.output(capture, 1, lines, &mut random));
        }
        outputs
    }

    fn output(&self, capture: &SyncedCapture, model: usize, proposals: u64, random: &mut Random) -> ModelOutput {
        let capture = &capture.capture;
        let setting = self.settings[model].clone();
        let changes: Vec<AnnotationChange> =
            (0..proposals).map(|ordinal| self.proposal(capture, model, ordinal as u32, random)).collect();
        let run = ModelRun {
            capture_id: capture.capture_id,
            project_id: self.project,
            status: RunStatus::Done { proposals: changes.len() as u32 },
            job_id: Some(self.job),
            ran_at: UtcMicros(capture.received_at.0 + 60_000_000),
            setting,
        };
        let operation = Operation {
            operation_id: OperationId(uuid_of_parts("bench", &[capture.capture_id.as_bytes(), &[model as u8]])),
            project_id: Some(self.project),
            actor: Actor::Job { job_id: self.job },
            at: run.ran_at,
            title: format!("Proposals of {}", run.setting.model),
            diff: Diff::Annotations { changes },
            undoes: None,
        };
        ModelOutput { run, operation: Some(operation) }
    }

    fn proposal(&self, capture: &Capture, model: usize, ordinal: u32, random: &mut Random) -> AnnotationChange {
        let ModelSetting { model: name, version, model_hash, parameters_hash, prompt } = self.settings[model].clone();
        let asset = &capture.assets[0];
        let subject = Digest::of(
            &[asset.digest.as_bytes().as_slice(), capture.capture_id.as_bytes(), asset.name.as_bytes()].concat(),
        );
        let annotation_id = proposal_id(&subject, &model_hash, &parameters_hash, ordinal);
        let confidence = ((0.05 + 0.95 * random.share().sqrt()) * 1e4).round() / 1e4;
        let origin = Origin::Model { model: name, version, model_hash, parameters_hash, prompt, confidence };
        let bounds = bounds(asset, random);
        let (class, geometry) = if model == 1 {
            let text = format!("{} {}", WORDS[random.skewed(WORDS.len())], WORDS[random.skewed(WORDS.len())]);
            ("text", Geometry::Caption { text, bounds: Some(bounds) })
        } else {
            (Self::class(capture, random), Geometry::Box(bounds))
        };
        let after = Annotation {
            annotation_id,
            project_id: self.project,
            layer: "main".into(),
            capture_id: capture.capture_id,
            asset: asset.name.clone(),
            frame_index: asset.media_type.starts_with("video").then_some(0),
            geometry,
            class_id: self.classes.get(class).copied(),
            model_class: Some(class.to_owned()),
            schema_version: self.schema_version,
            attributes: BTreeMap::new(),
            track_id: None,
            z: ordinal as i32,
            field_origins: FieldOrigins::all(&origin),
            origin,
            decision: Decision::Undecided,
            version: 1,
            deleted: false,
        };
        AnnotationChange { annotation_id, before: None, after: Some(after) }
    }

    /// Some classes are frequent everywhere, others at some sites only.
    fn class(capture: &Capture, random: &mut Random) -> &'static str {
        let shift = match &capture.source {
            CaptureSource::Device { site, .. } if random.below(3) == 0 => {
                7 * (site.bytes().map(usize::from).sum::<usize>() % 8)
            }
            _ => 0,
        };
        CLASSES[(random.skewed(CLASSES.len()) + shift) % CLASSES.len()]
    }
}

/// The first capture of the burst, whose picture the others show too.
fn shown(number: u32) -> u32 {
    number / BURST * BURST
}

fn bounds(asset: &Asset, random: &mut Random) -> BoundingBox {
    let (width, height) = (f64::from(asset.width_px.unwrap_or(640)), f64::from(asset.height_px.unwrap_or(480)));
    let rounded = |value: f64| (value * 10.0).round() / 10.0;
    let box_width = rounded(8.0 + random.share().powi(2) * (width * 0.6));
    let box_height = rounded(8.0 + random.share().powi(2) * (height * 0.6));
    let x = rounded(random.share() * (width - box_width).max(0.0));
    let y = rounded(random.share() * (height - box_height).max(0.0));
    BoundingBox { x, y, width: box_width, height: box_height }
}

fn manifest_asset(asset: &Asset) -> ManifestAsset {
    ManifestAsset {
        name: asset.name.clone(),
        stream: asset.stream.clone(),
        media_type: asset.media_type.clone(),
        bytes: asset.bytes,
        blake3: asset.digest,
        chunks: vec![ManifestChunk { blake3: asset.digest, bytes: asset.bytes }],
        width_px: asset.width_px,
        height_px: asset.height_px,
        duration_micros: asset.duration_micros,
    }
}
