//! The fields of the query language: what the parser knows, and the table that completion and documentation show.

use super::ast::Level;

/// A field that holds names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeywordField {
    /// The capture's site.
    Site,
    /// The capture's device.
    Device,
    /// The trigger that fired.
    Trigger,
    /// A stream of the capture.
    Stream,
    /// A tag on the capture.
    Tag,
    /// The latest statement about the capture, `none` without one.
    Submission,
    /// A model that ran on the capture, also when it found nothing.
    Run,
    /// What the capture has; see [`has_values`].
    Has,
    /// The annotation's class.
    Class,
    /// What a person decided on the annotation.
    Decision,
    /// Who made the annotation.
    Origin,
    /// The model that made the annotation.
    Model,
    /// The kind of the annotation's geometry.
    Kind,
    /// The annotation's layer.
    Layer,
}

impl KeywordField {
    /// Every one of them.
    pub const ALL: [Self; 14] = [
        Self::Site,
        Self::Device,
        Self::Trigger,
        Self::Stream,
        Self::Tag,
        Self::Submission,
        Self::Run,
        Self::Has,
        Self::Class,
        Self::Decision,
        Self::Origin,
        Self::Model,
        Self::Kind,
        Self::Layer,
    ];

    /// As written in a query.
    pub fn name(self) -> &'static str {
        match self {
            Self::Site => "site",
            Self::Device => "device",
            Self::Trigger => "trigger",
            Self::Stream => "stream",
            Self::Tag => "tag",
            Self::Submission => "submission",
            Self::Run => "run",
            Self::Has => "has",
            Self::Class => "class",
            Self::Decision => "decision",
            Self::Origin => "origin",
            Self::Model => "model",
            Self::Kind => "kind",
            Self::Layer => "layer",
        }
    }

    /// The field of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    /// What it looks at.
    pub fn level(self) -> Level {
        match self {
            Self::Class | Self::Decision | Self::Origin | Self::Model | Self::Kind | Self::Layer => Level::Annotation,
            _ => Level::Capture,
        }
    }

    /// The only values that it can have; empty for open fields.
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Self::Submission => &["none", "submitted", "verified_empty", "skipped", "escalated"],
            Self::Has => HAS_VALUES,
            Self::Decision => &["undecided", "accepted", "rejected"],
            Self::Origin => &["person", "model", "import", "rule"],
            Self::Kind => &[
                "classification",
                "box",
                "rotated_box",
                "polygon",
                "polyline",
                "mask",
                "keypoints",
                "caption",
                "interval",
            ],
            _ => &[],
        }
    }
}

/// What `has:` knows.
const HAS_VALUES: &[&str] = &[
    "image",
    "video",
    "series",
    "annotation",
    "proposal",
    "caption",
    "note",
    "tag",
    "signal",
    "field",
    "submission",
    "run",
];

/// A field that holds a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum NumberField {
    /// Width of the capture's first picture, px.
    Width,
    /// Height of the capture's first picture, px.
    Height,
    /// The model's confidence in the annotation, 0 to 1.
    Confidence,
    /// Width of the annotation's bounds, px.
    BoxWidth,
    /// Height of the annotation's bounds, px.
    BoxHeight,
    /// Length of the capture's longest video or series, s.
    Duration,
    /// Where it was captured, degrees north.
    Latitude,
    /// Where it was captured, degrees east.
    Longitude,
}

impl NumberField {
    /// Every one of them.
    pub const ALL: [Self; 8] = [
        Self::Width,
        Self::Height,
        Self::Confidence,
        Self::BoxWidth,
        Self::BoxHeight,
        Self::Duration,
        Self::Latitude,
        Self::Longitude,
    ];

    /// As written in a query.
    pub fn name(self) -> &'static str {
        match self {
            Self::Width => "width",
            Self::Height => "height",
            Self::Confidence => "conf",
            Self::BoxWidth => "box_width",
            Self::BoxHeight => "box_height",
            Self::Duration => "duration",
            Self::Latitude => "lat",
            Self::Longitude => "lon",
        }
    }

    /// What it looks at.
    pub fn level(self) -> Level {
        match self {
            Self::Width | Self::Height | Self::Duration | Self::Latitude | Self::Longitude => Level::Capture,
            Self::Confidence | Self::BoxWidth | Self::BoxHeight => Level::Annotation,
        }
    }
}

/// A field that holds a time of the capture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TimeField {
    /// When it was captured.
    Captured,
    /// When it was received.
    Received,
}

impl TimeField {
    /// As written in a query.
    pub fn name(self) -> &'static str {
        match self {
            Self::Captured => "captured",
            Self::Received => "received",
        }
    }
}

/// A field that holds text to find words in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextField {
    /// Paths and asset names of the capture.
    Path,
    /// Notes on the capture.
    Note,
    /// The text of a caption, or of a line that was read: an annotation's.
    Caption,
}

impl TextField {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Path, Self::Note, Self::Caption];

    /// As written in a query.
    pub fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Note => "note",
            Self::Caption => "caption",
        }
    }

    /// What it looks at.
    pub fn level(self) -> Level {
        if self == Self::Caption { Level::Annotation } else { Level::Capture }
    }
}

/// A field that holds an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum IdField {
    /// The capture's.
    Capture,
    /// The annotation's.
    Annotation,
}

impl IdField {
    /// As written in a query.
    pub fn name(self) -> &'static str {
        match self {
            Self::Capture => "id",
            Self::Annotation => "annotation",
        }
    }

    /// What it looks at.
    pub fn level(self) -> Level {
        if self == Self::Capture { Level::Capture } else { Level::Annotation }
    }
}

/// Where named values are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueField {
    /// Signals at the hit: `signal.NAME`.
    Signal,
    /// User fields on the capture: `field.NAME`.
    Field,
    /// User fields on the annotation: `annotation.NAME`.
    Annotation,
}

impl ValueField {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Signal, Self::Field, Self::Annotation];

    /// As written before the dot.
    pub fn name(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Field => "field",
            Self::Annotation => "annotation",
        }
    }

    /// What it looks at.
    pub fn level(self) -> Level {
        if self == Self::Annotation { Level::Annotation } else { Level::Capture }
    }
}

/// What a name before a colon means to the parser.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// Names.
    Keyword(KeywordField),
    /// A number.
    Number(NumberField),
    /// A time.
    Time(TimeField),
    /// `after:`: captured at or after the beginning of the moment.
    After,
    /// `before:`: captured before the beginning of the moment.
    Before,
    /// Text.
    Text(TextField),
    /// An id.
    Id(IdField),
    /// `pick:`: captures in a pick.
    Pick,
    /// `duplicate:`: captures that have duplicates.
    Duplicate,
    /// `map:`: captures in an area of the map.
    Map,
    /// `similar:`: the nearest to a capture or annotation.
    Similar,
    /// `text:`: the nearest to what words describe.
    Described,
    /// `sample:`: only so many.
    Sample,
    /// `seed:`: which sample.
    Seed,
}

/// A field as people see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldInfo {
    /// What to type before the colon. `signal.`, `field.` and `annotation.` are followed by a name.
    pub name: &'static str,
    /// Another name for it.
    pub alias: Option<&'static str>,
    /// What it means to the parser; `None` for `count(…)` and the fields followed by a name.
    pub field: Option<Field>,
    /// True when it looks at one annotation, and so binds.
    pub of_annotation: bool,
    /// One line about it.
    pub description: &'static str,
    /// A query that uses it.
    pub example: &'static str,
}

const fn info(
    name: &'static str,
    field: Option<Field>,
    of_annotation: bool,
    description: &'static str,
    example: &'static str,
) -> FieldInfo {
    FieldInfo { name, alias: None, field, of_annotation, description, example }
}

use KeywordField as K;

const FIELDS: &[FieldInfo] = &[
    info("class", Some(Field::Keyword(K::Class)), true, "class of the annotation", "class:person,car"),
    FieldInfo {
        name: "conf",
        alias: Some("confidence"),
        field: Some(Field::Number(NumberField::Confidence)),
        of_annotation: true,
        description: "confidence of the model, 0 to 1",
        example: "conf:0.2..0.8",
    },
    info("decision", Some(Field::Keyword(K::Decision)), true, "what a person decided", "decision:undecided"),
    info("origin", Some(Field::Keyword(K::Origin)), true, "who made the annotation", "origin:person"),
    info("model", Some(Field::Keyword(K::Model)), true, "model that made the annotation", "model:coco-ssd*"),
    info("kind", Some(Field::Keyword(K::Kind)), true, "kind of geometry", "kind:box"),
    info("layer", Some(Field::Keyword(K::Layer)), true, "layer of the annotation", "layer:gold"),
    info("box_width", Some(Field::Number(NumberField::BoxWidth)), true, "width of the annotation, px", "box_width:<16"),
    info(
        "box_height",
        Some(Field::Number(NumberField::BoxHeight)),
        true,
        "height of the annotation, px",
        "box_height:>=100",
    ),
    info(
        "caption",
        Some(Field::Text(TextField::Caption)),
        true,
        "words in a caption or a line that was read",
        "caption:\"no entry\"",
    ),
    info("annotation", Some(Field::Id(IdField::Annotation)), true, "id of the annotation", "annotation:8f14e45f"),
    info("annotation.", None, true, "user field on the annotation", "annotation.occluded:true"),
    info("count", None, false, "how many annotations", "count(person):>=2"),
    info("site", Some(Field::Keyword(K::Site)), false, "site of the device", "site:depot-1"),
    info("device", Some(Field::Keyword(K::Device)), false, "device that captured it", "device:cart-*"),
    info("trigger", Some(Field::Keyword(K::Trigger)), false, "trigger that fired", "trigger:motion"),
    info("stream", Some(Field::Keyword(K::Stream)), false, "sensor of the device", "stream:front"),
    info("tag", Some(Field::Keyword(K::Tag)), false, "tag on the capture", "-tag:seen"),
    info(
        "submission",
        Some(Field::Keyword(K::Submission)),
        false,
        "latest statement about the capture",
        "submission:none",
    ),
    info("run", Some(Field::Keyword(K::Run)), false, "model that ran on it, found something or not", "-run:coco-ssd*"),
    info("has", Some(Field::Keyword(K::Has)), false, "what the capture has", "has:video"),
    info(
        "captured",
        Some(Field::Time(TimeField::Captured)),
        false,
        "time of capture; UTC, or @site",
        "captured:2026-11-20@site",
    ),
    info(
        "received",
        Some(Field::Time(TimeField::Received)),
        false,
        "time of arrival; UTC, or @site",
        "received:>=2026-11-20",
    ),
    info("after", Some(Field::After), false, "captured from then on; UTC, or @site", "after:2026-11-01"),
    info("before", Some(Field::Before), false, "captured earlier; UTC, or @site", "before:2026-11-20T14:00Z"),
    info("width", Some(Field::Number(NumberField::Width)), false, "width of the picture, px", "width:>=1920"),
    info("height", Some(Field::Number(NumberField::Height)), false, "height of the picture, px", "height:<480"),
    info("path", Some(Field::Text(TextField::Path)), false, "words in paths and asset names", "path:street"),
    info("note", Some(Field::Text(TextField::Note)), false, "words in notes", "note:blurred"),
    info("id", Some(Field::Id(IdField::Capture)), false, "beginning of the capture's id", "id:0198f3a2"),
    info("duration", Some(Field::Number(NumberField::Duration)), false, "length of the video, s", "duration:>10"),
    info("lat", Some(Field::Number(NumberField::Latitude)), false, "degrees north, where known", "lat:52.3..52.6"),
    info("lon", Some(Field::Number(NumberField::Longitude)), false, "degrees east, where known", "lon:13.2..13.6"),
    info("pick", Some(Field::Pick), false, "captures of a pick", "pick:\"first 500\""),
    info("duplicate", Some(Field::Duplicate), false, "captures with duplicates", "-duplicate:extra"),
    info("map", Some(Field::Map), false, "captures in an area of the map", "map:\"0,0 4,0 4,3\""),
    info("similar", Some(Field::Similar), false, "the nearest to a capture or annotation", "similar:0198f3a2"),
    info("text", Some(Field::Described), false, "the nearest to a description", "text:\"a red truck\""),
    info("sample", Some(Field::Sample), false, "only so many of them, at random", "sample:500 seed:7"),
    info("seed", Some(Field::Seed), false, "which sample", "sample:500 seed:7"),
    info("signal.", None, false, "signal value at the hit", "signal.motion:>0.2"),
    info("field.", None, false, "user field on the capture", "field.weather:rain"),
];

/// The table of fields, in the order in which completion shows them.
pub fn fields() -> &'static [FieldInfo] {
    FIELDS
}

/// The field of a name, which is already lower case.
pub(super) fn field_named(name: &str) -> Option<Field> {
    FIELDS.iter().find(|info| info.name == name || info.alias == Some(name)).and_then(|info| info.field)
}
