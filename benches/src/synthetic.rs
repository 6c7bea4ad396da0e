//! Synthetic captures with a realistic spread of sites, devices, classes, confidences, times and texts.

use std::collections::BTreeMap;

use muster_domain::{
    annotation::Decision,
    field::FieldValue,
    id::{AnnotationId, CaptureId},
    query::{AnnotationRow, CaptureRow},
    time::UtcMicros,
};
use uuid::Uuid;

/// Names of classes; the first are the most frequent.
pub const CLASSES: [&str; 80] = [
    "person",
    "car",
    "chair",
    "bottle",
    "cup",
    "dining table",
    "bowl",
    "traffic light",
    "handbag",
    "bird",
    "boat",
    "truck",
    "bench",
    "umbrella",
    "cow",
    "banana",
    "motorcycle",
    "backpack",
    "carrot",
    "sheep",
    "potted plant",
    "wine glass",
    "donut",
    "kite",
    "knife",
    "bicycle",
    "broccoli",
    "cake",
    "suitcase",
    "tv",
    "orange",
    "pizza",
    "bus",
    "remote",
    "vase",
    "horse",
    "clock",
    "surfboard",
    "zebra",
    "cell phone",
    "sports ball",
    "giraffe",
    "tie",
    "skis",
    "sink",
    "spoon",
    "elephant",
    "apple",
    "laptop",
    "couch",
    "train",
    "dog",
    "fork",
    "cat",
    "teddy bear",
    "skateboard",
    "bed",
    "airplane",
    "keyboard",
    "toilet",
    "tennis racket",
    "sandwich",
    "oven",
    "snowboard",
    "hot dog",
    "refrigerator",
    "baseball glove",
    "frisbee",
    "mouse",
    "stop sign",
    "fire hydrant",
    "baseball bat",
    "toothbrush",
    "bear",
    "scissors",
    "microwave",
    "parking meter",
    "toaster",
    "hair drier",
    "book",
];

pub(crate) const TRIGGERS: [&str; 6] = ["motion", "door", "weight-change", "speech", "low-light", "manual"];
pub(crate) const STREAMS: [&str; 3] = ["front", "rear", "scale"];
pub(crate) const WORDS: [&str; 24] = [
    "exit", "no", "entry", "stop", "sale", "open", "closed", "street", "parking", "platform", "north", "south", "gate",
    "dock", "fragile", "push", "pull", "ticket", "taxi", "school", "bakery", "hotel", "garage", "warning",
];
const MODELS: [&str; 2] = ["coco-ssd@1", "pp-ocr@4"];
const STATEMENTS: [&str; 5] = ["none", "submitted", "verified_empty", "skipped", "escalated"];
pub(crate) const SITES: u64 = 40;
pub(crate) const DEVICES: u64 = 1_500;
/// 2026-08-20T00:00:00Z.
pub(crate) const FIRST_MICROS: i64 = 1_787_184_000_000_000;
pub(crate) const SPAN_MICROS: u64 = 90 * 86_400_000_000;

/// A generator of pseudo-random numbers (`SplitMix64`, Steele, Lea and Flood 2014), seeded by what it makes.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// From 0 up to, not including, 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A place in a list whose first entries are the most frequent.
    pub(crate) fn skewed(&mut self, length: usize) -> usize {
        (self.share().powi(3) * length as f64) as usize
    }

    fn id(&mut self) -> Uuid {
        Uuid::from_u64_pair(self.next(), self.next())
    }
}

/// The capture of a row key; the same key and edit always give the same capture. `edit` is 0 for the first version.
pub fn capture(row_key: u32, edit: u32) -> CaptureRow {
    let mut random = Random(u64::from(row_key) << 20 ^ u64::from(edit) << 52);
    let device = random.below(DEVICES);
    let captured = FIRST_MICROS + random.below(SPAN_MICROS) as i64;
    let annotations = (0..random.below(11)).map(|_| annotation(&mut random)).collect();
    let mut some = |share: f64, value: String| if random.share() < share { vec![value] } else { Vec::new() };
    let tags = some(0.05, format!("batch-{}", row_key % 7));
    let text = some(0.02, format!("check {} again", WORDS[row_key as usize % WORDS.len()]));
    CaptureRow {
        row_key,
        change_seq: u64::from(row_key) + 1,
        capture_id: CaptureId(random.id()),
        site: Some(format!("site-{:02}", device % SITES)),
        device: Some(format!("cart-{device:04}")),
        trigger: Some(TRIGGERS[random.skewed(TRIGGERS.len())].to_owned()),
        streams: vec![STREAMS[random.skewed(STREAMS.len())].to_owned()],
        media: vec![if random.share() < 0.1 { "video" } else { "image" }],
        paths: vec![format!("{}/IMG_{row_key:07}.jpg", WORDS[random.skewed(WORDS.len())])],
        time_zone: None,
        content: Some(random.next() >> (u64::from(random.share() < 0.05) * 48)),
        captured_at: UtcMicros(captured),
        received_at: UtcMicros(captured + random.below(3_600_000_000) as i64),
        width_px: Some([1920, 1280, 640][random.skewed(3)]),
        height_px: Some([1080, 720, 480][random.skewed(3)]),
        duration_s: None,
        latitude: Some(45.0 + random.share() * 10.0),
        longitude: Some(5.0 + random.share() * 10.0),
        signals: BTreeMap::from([
            ("motion".to_owned(), FieldValue::Number(random.share())),
            ("weight_kg".to_owned(), FieldValue::Number((random.share() * 4_000.0).round() / 100.0)),
        ]),
        user_fields: BTreeMap::new(),
        tags,
        submission: STATEMENTS[random.skewed(STATEMENTS.len() * 2).saturating_sub(STATEMENTS.len())],
        model_runs: MODELS.map(str::to_owned).to_vec(),
        text,
        annotations,
    }
}

fn annotation(random: &mut Random) -> AnnotationRow {
    let read = random.share() < 0.1;
    let decided = random.share();
    let confidence = 0.05 + 0.95 * random.share().sqrt();
    let text = read.then(|| format!("{} {}", WORDS[random.skewed(WORDS.len())], WORDS[random.skewed(WORDS.len())]));
    AnnotationRow {
        annotation_id: AnnotationId(random.id()),
        class: if read { "text".to_owned() } else { CLASSES[random.skewed(CLASSES.len())].to_owned() },
        decision: match decided {
            ..0.8 => Decision::Undecided,
            ..0.95 => Decision::Accepted,
            _ => Decision::Rejected,
        },
        origin: "model",
        model: Some(MODELS[usize::from(read)].to_owned()),
        confidence: Some((confidence * 1e4).round() / 1e4),
        kind: if read { "caption" } else { "box" },
        width_px: Some((random.share() * 600.0).round()),
        height_px: Some((random.share() * 400.0).round()),
        layer: "main".to_owned(),
        text,
        user_fields: BTreeMap::new(),
    }
}
