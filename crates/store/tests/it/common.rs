//! What tests make libraries of.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use muster_domain::{
    annotation::{Annotation, Decision, FieldOrigins},
    capture::{Asset, Capture, CaptureSource, MediaPlace, TriggerHit},
    digest::Digest,
    field::FieldValue,
    geometry::{BoundingBox, Geometry},
    id::{AnnotationId, CaptureId, ClassId, DeviceId, JobId, OperationId, PersonId, ProjectId, ServiceId},
    operation::{Actor, AnnotationChange, Diff, Operation},
    origin::Origin,
    schema::{LabelClass, LabelSchema},
    time::{Clock, UtcMicros},
};
use muster_store::{Library, capture::SyncedCapture, model_run::ModelSetting, service::ServiceDraft};
use tempfile::TempDir;
use uuid::Uuid;

/// A clock that tests move by hand.
#[derive(Debug, Default)]
pub struct TestClock(pub AtomicI64);

impl TestClock {
    pub fn advance(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> UtcMicros {
        UtcMicros(self.0.load(Ordering::Relaxed))
    }
}

/// A library with a person, a project of two classes, a service, and captures.
pub struct Bench {
    pub folder: TempDir,
    pub library: Library,
    pub clock: Arc<TestClock>,
    pub person: PersonId,
    pub project: ProjectId,
    pub service: ServiceId,
    pub classes: Vec<ClassId>,
    pub captures: Vec<CaptureId>,
}

impl Bench {
    pub async fn new(captures: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(1_800_000_000_000_000)));
        let library = Library::create_with(folder.path(), clock.clone()).await.unwrap();
        let first = library.first_start("Ada", "Carts").await.unwrap();
        let (person, project) = (first.person.person_id, first.project.project_id);
        let mut schema = library.schema(project).await.unwrap();
        schema.classes = vec![class(1, "person"), class(2, "car")];
        library.save_schema(operation_id(), person, &schema, "Make classes").await.unwrap();
        let service = ServiceDraft {
            service_id: ServiceId(Uuid::from_u128(0x5e)),
            url: "http://127.0.0.1:1".into(),
            name: "depot".into(),
            token_file: None,
        };
        let service = library.add_service(&service).await.unwrap().service_id;
        let batch: Vec<SyncedCapture> = (1..=captures).map(synced).collect();
        for batch in batch.chunks(muster_store::MAX_BATCH) {
            library.upsert_captures(service, batch, None).await.unwrap();
        }
        let classes = schema.classes.iter().map(|class| class.class_id).collect();
        let captures = batch.iter().map(|synced| synced.capture.capture_id).collect();
        Self { folder, library, clock, person, project, service, classes, captures }
    }

    /// Closes and opens again, as a restart does.
    pub async fn reopen(&mut self) {
        self.library.close().await;
        self.library = Library::open_with(self.folder.path(), self.clock.clone()).await.unwrap();
    }

    /// A box drawn by the person: accepted, because drawing is accepting.
    pub fn drawn(&self, number: u128, capture: usize, x: f64) -> Annotation {
        let origin = Origin::Person { person_id: self.person };
        Annotation {
            annotation_id: AnnotationId(Uuid::from_u128(number)),
            project_id: self.project,
            layer: "main".into(),
            capture_id: self.captures[capture],
            asset: "cam0.jpg".into(),
            frame_index: None,
            geometry: Geometry::Box(BoundingBox { x, y: 20.1, width: 30.2, height: 40.3 }),
            class_id: Some(self.classes[0]),
            model_class: None,
            schema_version: 2,
            attributes: BTreeMap::new(),
            track_id: None,
            z: 0,
            field_origins: FieldOrigins::all(&origin),
            origin,
            decision: Decision::Accepted,
            version: 0,
            deleted: false,
        }
    }

    /// A box that a model proposes.
    pub fn proposed(&self, number: u128, capture: usize, confidence: f64) -> Annotation {
        let setting = setting();
        let origin = Origin::Model {
            model: setting.model,
            version: setting.version,
            model_hash: setting.model_hash,
            parameters_hash: setting.parameters_hash,
            prompt: None,
            confidence,
        };
        Annotation {
            class_id: None,
            model_class: Some("truck".into()),
            field_origins: FieldOrigins::all(&origin),
            origin,
            decision: Decision::Undecided,
            ..self.drawn(number, capture, 5.5)
        }
    }

    pub fn act(&self, title: &str, changes: Vec<AnnotationChange>) -> Operation {
        self.operation(Actor::Person { person_id: self.person }, title, changes)
    }

    pub fn machine(&self, changes: Vec<AnnotationChange>) -> Operation {
        self.operation(Actor::Job { job_id: JobId(Uuid::from_u128(0x10b)) }, "Pre-label", changes)
    }

    fn operation(&self, actor: Actor, title: &str, changes: Vec<AnnotationChange>) -> Operation {
        Operation {
            operation_id: operation_id(),
            project_id: Some(self.project),
            actor,
            at: self.clock.now(),
            title: title.into(),
            diff: Diff::Annotations { changes },
            undoes: None,
        }
    }

    pub fn tag(&self, tag: &str, added: &[CaptureId], removed: &[CaptureId]) -> Operation {
        Operation {
            diff: Diff::Tag { tag: tag.into(), added: added.to_vec(), removed: removed.to_vec() },
            ..self.act("Tag", Vec::new())
        }
    }

    pub async fn annotation(&self, number: u128) -> Annotation {
        self.library.annotation(AnnotationId(Uuid::from_u128(number))).await.unwrap().unwrap()
    }

    /// One number out of plain SQL, asked on a connection of its own.
    pub async fn count(&self, sql: &'static str) -> i64 {
        let mut connection = self.connect().await;
        sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
    }

    pub async fn connect(&self) -> sqlx::SqliteConnection {
        use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};
        let options = SqliteConnectOptions::new().filename(self.folder.path().join("library.db"));
        options.connect().await.unwrap()
    }
}

pub fn operation_id() -> OperationId {
    OperationId(Uuid::new_v4())
}

pub fn create(after: Annotation) -> AnnotationChange {
    AnnotationChange { annotation_id: after.annotation_id, before: None, after: Some(after) }
}

/// A change of what is in the library.
pub fn edit(before: &Annotation, change: impl FnOnce(&mut Annotation)) -> AnnotationChange {
    let mut after = before.clone();
    change(&mut after);
    AnnotationChange { annotation_id: before.annotation_id, before: Some(before.clone()), after: Some(after) }
}

pub fn class(number: u128, name: &str) -> LabelClass {
    LabelClass {
        class_id: ClassId(Uuid::from_u128(0xc1a5_5000 + number)),
        name: name.into(),
        aliases: Vec::new(),
        colour: number as u8,
        key: Some(number as u8),
        retired: false,
    }
}

pub fn with_classes(schema: &LabelSchema, classes: Vec<LabelClass>) -> LabelSchema {
    LabelSchema { classes, ..schema.clone() }
}

pub fn setting() -> ModelSetting {
    ModelSetting {
        model: "ssd-mobilenet-coco".into(),
        version: "1".into(),
        model_hash: Digest::of(b"model"),
        parameters_hash: Digest::of(b"parameters"),
        prompt: None,
    }
}

pub fn capture_id(number: u32) -> CaptureId {
    CaptureId(Uuid::from_u128(0xca97_0000_0000 + u128::from(number)))
}

pub fn image(name: &str, bytes: &[u8]) -> Asset {
    Asset {
        name: name.into(),
        stream: "cam0".into(),
        media_type: "image/jpeg".into(),
        bytes: bytes.len() as u64,
        digest: Digest::of(bytes),
        width_px: Some(640),
        height_px: Some(480),
        duration_micros: None,
        place: MediaPlace::Stored,
    }
}

/// A capture of device `number % 3` at site `number % 2`, with the picture `picture <number>`.
pub fn synced(number: u32) -> SyncedCapture {
    let trigger = TriggerHit {
        name: "motion".into(),
        version: 1,
        expression: "motion > 0.2".into(),
        values: BTreeMap::from([("motion".to_owned(), FieldValue::Number(0.1 + 0.2))]),
    };
    let signals = BTreeMap::from([
        ("weight".to_owned(), FieldValue::Number(f64::from(number) / 3.0)),
        ("door".to_owned(), FieldValue::Boolean(number.is_multiple_of(2))),
        ("shift".to_owned(), FieldValue::Text(["early", "late"][number as usize % 2].into())),
    ]);
    let capture = Capture {
        capture_id: capture_id(number),
        source: CaptureSource::Device {
            device_id: DeviceId(Uuid::from_u128(0xde1 + u128::from(number % 3))),
            device: format!("cart-{}", number % 3),
            site: format!("depot-{}", number % 2),
        },
        captured_at: UtcMicros(1_790_000_000_000_000 + i64::from(number) * 1_000_000),
        uncertainty_micros: 1_500,
        received_at: UtcMicros(1_790_000_100_000_000 + i64::from(number) * 1_000_000),
        trigger: Some(trigger),
        signals,
        assets: vec![image("cam0.jpg", format!("picture {number}").as_bytes())],
    };
    let manifest = format!("{{\"capture\": {number},  \"spaces\" : \"kept\"}}");
    let root_hash = Digest::of(manifest.as_bytes());
    SyncedCapture { capture, version: 1, manifest, root_hash, receipt: "receipt".into(), proposals: Vec::new() }
}

/// A picture that a person imported, left where it is.
pub fn imported(number: u32, root: &str) -> Capture {
    let relative_path = format!("street/{number}.jpg");
    let mut asset = image(&format!("{number}.jpg"), format!("file {number}").as_bytes());
    asset.place = MediaPlace::Referenced { root: root.into(), relative_path: relative_path.clone() };
    Capture {
        capture_id: muster_domain::id::imported_capture_id(root, &relative_path, &asset.digest),
        source: CaptureSource::Import { root: root.into(), relative_path },
        trigger: None,
        signals: BTreeMap::new(),
        assets: vec![asset],
        ..synced(number).capture
    }
}
