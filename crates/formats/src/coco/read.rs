//! Reading a COCO instances file: entry by entry from a buffered reader, so that only the checked entries are in memory.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, HashSet},
    fmt,
    fs::File,
    io::BufReader,
    path::Path,
};

use muster_domain::{field::FieldValue, geometry::BoundingBox};
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeSeed, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use super::{
    extension::{AnnotationExtension, ImageExtension},
    model::{CocoAnnotation, CocoCategory, CocoId, CocoImage, CocoInfo, Segmentation},
    rle::decompress,
    segmentation,
};
use crate::error::FormatError;

/// A file that was understood.
#[derive(Debug)]
pub struct CocoFile {
    /// About the dataset.
    pub info: CocoInfo,
    /// The pictures, in the file's order.
    pub images: Vec<CocoImage>,
    /// The categories, in the file's order.
    pub categories: Vec<CocoCategory>,
    /// The objects that can be used, in the file's order.
    pub annotations: Vec<CocoAnnotation>,
    /// What is wrong with the others, one error each.
    pub problems: Vec<FormatError>,
}

/// Reads and checks a file.
pub fn read(file: &Path) -> Result<CocoFile, FormatError> {
    let reader = BufReader::with_capacity(256 * 1024, File::open(file).map_err(FormatError::io("open", file))?);
    let place = RefCell::new(String::from("the file"));
    let mut deserializer = serde_json::Deserializer::from_reader(reader);
    let raw = TopSeed { place: &place }
        .deserialize(&mut deserializer)
        .and_then(|raw| deserializer.end().map(|()| raw))
        .map_err(|error| from_json(file, &place.borrow(), error))?;
    check(file, raw)
}

fn from_json(file: &Path, place: &str, error: serde_json::Error) -> FormatError {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Io => FormatError::Io { act: "read", file: file.to_owned(), source: error.into() },
        serde_json::error::Category::Data => {
            FormatError::Shape { file: file.to_owned(), path: place.to_owned(), line, reason: error.to_string() }
        }
        serde_json::error::Category::Syntax | serde_json::error::Category::Eof => {
            FormatError::Syntax { file: file.to_owned(), line, column, reason: error.to_string() }
        }
    }
}

#[derive(Default)]
struct RawFile {
    info: CocoInfo,
    images: Option<Vec<RawImage>>,
    categories: Option<Vec<RawCategory>>,
    annotations: Option<Vec<RawAnnotation>>,
}

#[derive(Deserialize)]
struct RawImage {
    id: LenientId,
    file_name: String,
    #[serde(default, deserialize_with = "whole")]
    width: Option<u32>,
    #[serde(default, deserialize_with = "whole")]
    height: Option<u32>,
    #[serde(default)]
    muster: Option<ImageExtension>,
}

#[derive(Deserialize)]
struct RawCategory {
    id: LenientId,
    name: String,
    #[serde(default)]
    supercategory: Option<String>,
}

#[derive(Deserialize)]
struct RawAnnotation {
    id: Option<LenientId>,
    image_id: Option<LenientId>,
    category_id: Option<LenientId>,
    #[serde(default)]
    bbox: Option<Vec<f64>>,
    #[serde(default)]
    segmentation: Option<RawSegmentation>,
    #[serde(default)]
    area: Option<f64>,
    #[serde(default)]
    iscrowd: Option<Crowd>,
    #[serde(default)]
    score: Option<f64>,
    #[serde(default)]
    attributes: Option<BTreeMap<String, serde_json::Value>>,
    #[serde(default)]
    muster: Option<AnnotationExtension>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Crowd {
    Number(u8),
    Flag(bool),
}

/// The spellings of an outline.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawSegmentation {
    Parts(Vec<Vec<f64>>),
    Flat(Vec<f64>),
    Rle { size: [u32; 2], counts: RawCounts },
}

/// The spellings of run lengths.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum RawCounts {
    Numbers(Vec<u32>),
    Text(String),
}

impl RawSegmentation {
    /// Checks an outline; `picture` is width and height, where known.
    pub(super) fn checked(self, picture: Option<(u32, u32)>) -> Result<Segmentation, String> {
        match self {
            Self::Parts(parts) if parts.is_empty() => Ok(Segmentation::None),
            Self::Flat(flat) if flat.is_empty() => Ok(Segmentation::None),
            Self::Flat(flat) => Ok(Segmentation::Polygons(vec![ring(&flat)?])),
            Self::Parts(parts) => {
                parts.iter().map(|part| ring(part)).collect::<Result<_, _>>().map(Segmentation::Polygons)
            }
            Self::Rle { size: [height_px, width_px], counts } => {
                let compressed = matches!(counts, RawCounts::Text(_));
                let counts = match counts {
                    RawCounts::Numbers(counts) => counts,
                    RawCounts::Text(text) => decompress(&text).ok_or("the compressed mask is damaged")?,
                };
                if picture.is_some_and(|picture| picture != (width_px, height_px)) {
                    return Err(format!("the mask has {width_px} × {height_px} px, its picture has another size"));
                }
                let pixels: u64 = counts.iter().map(|&count| u64::from(count)).sum();
                if pixels != u64::from(width_px) * u64::from(height_px) {
                    return Err(format!("the mask's runs add up to {pixels} px, not to {width_px} × {height_px}"));
                }
                Ok(Segmentation::Mask { width_px, height_px, counts, compressed })
            }
        }
    }
}

fn ring(flat: &[f64]) -> Result<Vec<[f64; 2]>, String> {
    if flat.len() < 6 || !flat.len().is_multiple_of(2) {
        return Err(format!("a polygon needs at least 3 points of 2 numbers, this one has {} numbers", flat.len()));
    }
    Ok(flat.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect())
}

struct LenientId(CocoId);

impl<'de> Deserialize<'de> for LenientId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;
        impl Visitor<'_> for IdVisitor {
            type Value = LenientId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id: a whole number or a text")
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<LenientId, E> {
                Ok(LenientId(CocoId::Number(number)))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<LenientId, E> {
                Ok(LenientId(i64::try_from(number).map_or_else(|_| CocoId::Text(number.to_string()), CocoId::Number)))
            }

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<LenientId, E> {
                if number.fract() == 0.0 && number.abs() < 9.0e15 {
                    return Ok(LenientId(CocoId::Number(number as i64)));
                }
                Err(E::invalid_value(de::Unexpected::Float(number), &self))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<LenientId, E> {
                Ok(LenientId(CocoId::Text(text.to_owned())))
            }
        }
        deserializer.deserialize_any(IdVisitor)
    }
}

/// A size in pixels; some tools write `640.0`.
fn whole<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let Some(number) = Option::<f64>::deserialize(deserializer)? else { return Ok(None) };
    if number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number) {
        return Ok(Some(number as u32).filter(|pixels| *pixels > 0));
    }
    Err(de::Error::invalid_value(de::Unexpected::Float(number), &"a size in whole pixels"))
}

struct TopSeed<'a> {
    place: &'a RefCell<String>,
}

impl<'de> DeserializeSeed<'de> for TopSeed<'_> {
    type Value = RawFile;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RawFile, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for TopSeed<'_> {
    type Value = RawFile;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with images, categories and annotations")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawFile, A::Error> {
        let mut raw = RawFile::default();
        while let Some(section) = map.next_key::<String>()? {
            self.place.replace(section.clone());
            match section.as_str() {
                // Tools put anything into `info`; only Muster's own block has to fit.
                "info" => raw.info = lenient_info(&map.next_value()?),
                "images" => raw.images = Some(map.next_value_seed(ListSeed::new("images", self.place))?),
                "categories" => raw.categories = Some(map.next_value_seed(ListSeed::new("categories", self.place))?),
                "annotations" => raw.annotations = Some(map.next_value_seed(ListSeed::new("annotations", self.place))?),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(raw)
    }
}

fn lenient_info(value: &serde_json::Value) -> CocoInfo {
    let description = value.get("description").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let muster = value.get("muster").and_then(|block| serde_json::from_value(block.clone()).ok());
    CocoInfo { description, muster }
}

struct ListSeed<'a, T> {
    section: &'static str,
    place: &'a RefCell<String>,
    entries: Vec<T>,
}

impl<'a, T> ListSeed<'a, T> {
    fn new(section: &'static str, place: &'a RefCell<String>) -> Self {
        Self { section, place, entries: Vec::new() }
    }
}

impl<'de, T: Deserialize<'de>> DeserializeSeed<'de> for ListSeed<'_, T> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListSeed<'_, T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a list of {}", self.section)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<Vec<T>, A::Error> {
        loop {
            self.place.replace(format!("{}[{}]", self.section, self.entries.len()));
            match list.next_element()? {
                Some(entry) => self.entries.push(entry),
                None => return Ok(self.entries),
            }
        }
    }
}

fn check(file: &Path, raw: RawFile) -> Result<CocoFile, FormatError> {
    let missing = |section| FormatError::MissingSection { file: file.to_owned(), section };
    let images: Vec<CocoImage> = raw.images.ok_or_else(|| missing("images"))?.into_iter().map(image).collect();
    // A file of pictures alone (`image_info_*.json`) has neither categories nor annotations.
    let categories: Vec<CocoCategory> = raw.categories.unwrap_or_default().into_iter().map(category).collect();
    unique(file, "images", images.iter().map(|image| &image.id))?;
    unique(file, "categories", categories.iter().map(|category| &category.id))?;

    let sizes: HashMap<CocoId, Option<(u32, u32)>> =
        images.iter().map(|image| (image.id.clone(), image.width_px.zip(image.height_px))).collect();
    let known: HashSet<CocoId> = categories.iter().map(|category| category.id.clone()).collect();
    let mut annotations = Vec::new();
    let mut problems = Vec::new();
    let mut ids = HashSet::new();
    for (ordinal, raw) in raw.annotations.unwrap_or_default().into_iter().enumerate() {
        let entry = Entry { file, path: format!("annotations[{ordinal}]") };
        if let Some(LenientId(id)) = &raw.id
            && !ids.insert(id.clone())
        {
            return Err(entry.duplicate(id));
        }
        match entry.annotation(raw, &sizes, &known) {
            Ok(annotation) => annotations.push(annotation),
            Err(problem) => problems.push(problem),
        }
    }
    Ok(CocoFile { info: raw.info, images, categories, annotations, problems })
}

fn image(raw: RawImage) -> CocoImage {
    CocoImage { id: raw.id.0, file_name: raw.file_name, width_px: raw.width, height_px: raw.height, muster: raw.muster }
}

fn category(raw: RawCategory) -> CocoCategory {
    CocoCategory { id: raw.id.0, name: raw.name, supercategory: raw.supercategory.unwrap_or_default() }
}

fn unique<'a>(file: &Path, section: &str, ids: impl Iterator<Item = &'a CocoId>) -> Result<(), FormatError> {
    let mut seen = HashSet::new();
    for (ordinal, id) in ids.enumerate() {
        if !seen.insert(id) {
            return Err(Entry { file, path: format!("{section}[{ordinal}]") }.duplicate(id));
        }
    }
    Ok(())
}

/// One entry and where it is, for errors.
struct Entry<'a> {
    file: &'a Path,
    path: String,
}

impl Entry<'_> {
    fn duplicate(&self, id: &CocoId) -> FormatError {
        FormatError::DuplicateId { file: self.file.to_owned(), path: self.path.clone(), id: id.to_string() }
    }

    fn missing(&self, field: &'static str) -> FormatError {
        FormatError::MissingField { file: self.file.to_owned(), path: self.path.clone(), field }
    }

    fn unknown(&self, field: &'static str, id: &CocoId) -> FormatError {
        let (file, path) = (self.file.to_owned(), self.path.clone());
        FormatError::UnknownReference { file, path, field, id: id.to_string() }
    }

    fn geometry(&self, reason: impl Into<String>) -> FormatError {
        FormatError::Geometry { file: self.file.to_owned(), path: self.path.clone(), reason: reason.into() }
    }

    fn annotation(
        &self,
        raw: RawAnnotation,
        sizes: &HashMap<CocoId, Option<(u32, u32)>>,
        categories: &HashSet<CocoId>,
    ) -> Result<CocoAnnotation, FormatError> {
        let LenientId(id) = raw.id.ok_or_else(|| self.missing("id"))?;
        let LenientId(image_id) = raw.image_id.ok_or_else(|| self.missing("image_id"))?;
        let LenientId(category_id) = raw.category_id.ok_or_else(|| self.missing("category_id"))?;
        let size = *sizes.get(&image_id).ok_or_else(|| self.unknown("image_id", &image_id))?;
        if !categories.contains(&category_id) {
            return Err(self.unknown("category_id", &category_id));
        }
        let segmentation = match raw.segmentation {
            None => Segmentation::None,
            Some(outline) => outline.checked(size).map_err(|reason| self.geometry(reason))?,
        };
        let bounds = match raw.bbox.as_deref() {
            Some(&[x, y, width, height]) => BoundingBox::new(x, y, width, height)
                .map_err(|error| self.geometry(format!("{error}; bbox is [{x}, {y}, {width}, {height}]")))?,
            Some([]) | None => segmentation::bounds(&segmentation)
                .ok_or_else(|| self.geometry("there is neither bbox nor segmentation"))?,
            Some(other) => return Err(self.geometry(format!("bbox has {} numbers instead of 4", other.len()))),
        };
        let outlined = || segmentation::area(&segmentation).unwrap_or_else(|| bounds.area());
        Ok(CocoAnnotation {
            id,
            image_id,
            category_id,
            bounds,
            area: raw.area.unwrap_or_else(outlined),
            segmentation,
            is_crowd: matches!(raw.iscrowd, Some(Crowd::Number(1..) | Crowd::Flag(true))),
            score: raw.score,
            attributes: attributes(raw.attributes.unwrap_or_default()),
            muster: raw.muster,
        })
    }
}

fn attributes(raw: BTreeMap<String, serde_json::Value>) -> BTreeMap<String, FieldValue> {
    let value = |value: serde_json::Value| match value {
        serde_json::Value::Null => None,
        serde_json::Value::Bool(flag) => Some(FieldValue::Boolean(flag)),
        serde_json::Value::Number(number) => number.as_f64().map(FieldValue::Number),
        serde_json::Value::String(text) => Some(FieldValue::Text(text)),
        nested => Some(FieldValue::Text(nested.to_string())),
    };
    raw.into_iter().filter_map(|(name, raw)| value(raw).map(|value| (name, value))).collect()
}
