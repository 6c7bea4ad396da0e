//! The labels of an import, as annotations of the captures that its pictures became.

use std::collections::{BTreeMap, HashMap, HashSet};

use muster_domain::{
    annotation::{Annotation, Decision, FieldOrigins},
    field::FieldValue,
    id::{AnnotationId, CaptureId, ClassId, OperationId, ProjectId, uuid_of_parts},
    origin::Origin,
    schema::{LabelClass, LabelSchema},
};
use muster_formats::coco::{self, CocoAnnotation, CocoId};
use uuid::Uuid;

use super::plan::Labels;
use crate::{
    error::{AppError, AppResult},
    session::opened::{MAIN_LAYER, OpenLibrary},
};

/// The user field that keeps a picture's id in the label file that it came from.
pub(crate) const COCO_IMAGE_ID: &str = "coco_image_id";
/// The person's setting that keeps the number of each class in COCO files.
const COCO_CATEGORY_IDS: &str = "coco_category_ids";

/// Label files, ready to be asked for the labels of one picture.
pub(super) struct LabelSets {
    sets: Vec<LabelSet>,
    schema: LabelSchema,
    project_id: ProjectId,
    /// The act that made classes for the labels, where it can be taken back with the import.
    pub classes_made: Option<OperationId>,
}

struct LabelSet {
    origin: Origin,
    class_names: HashMap<CocoId, String>,
    by_image: HashMap<CocoId, Vec<CocoAnnotation>>,
}

impl LabelSets {
    /// Prepares label files, with classes for their names where they are wanted.
    pub async fn prepare(opened: &OpenLibrary, labels: Vec<Labels>, create_classes: bool) -> AppResult<Self> {
        let project_id = opened.identity()?.project_id;
        let (schema, classes_made) = if create_classes {
            create_missing_classes(opened, &labels).await?
        } else {
            (opened.library.schema(project_id).await?, None)
        };
        remember_category_ids(opened, &labels, &schema).await?;
        let sets = labels.into_iter().map(LabelSet::of).collect();
        Ok(Self { sets, schema, project_id, classes_made })
    }

    /// True when there are label files.
    pub fn any(&self) -> bool {
        !self.sets.is_empty()
    }

    /// The number of a picture in its first label file.
    pub fn image_number(images: &[(usize, CocoId)]) -> Option<FieldValue> {
        images.first().and_then(|(_, id)| id.number()).map(|number| FieldValue::Number(number as f64))
    }

    /// The labels of a picture, on the capture that it became; each with the id that it has where it was exported from.
    pub fn of(
        &self,
        images: &[(usize, CocoId)],
        capture_id: CaptureId,
        asset: &str,
    ) -> Vec<(Annotation, Option<AnnotationId>)> {
        let mut annotations = Vec::new();
        for (place, image_id) in images {
            let set = &self.sets[*place];
            for object in set.by_image.get(image_id).into_iter().flatten() {
                let own = object.muster.as_ref().map(|block| block.annotation_id);
                annotations.push((self.annotation(set, object, capture_id, asset), own));
            }
        }
        annotations
    }

    fn annotation(&self, set: &LabelSet, object: &CocoAnnotation, capture_id: CaptureId, asset: &str) -> Annotation {
        let (geometry, attributes) = coco::decode(object);
        let mut origin = set.origin.clone();
        if let Origin::Import { source_id, .. } = &mut origin {
            *source_id = object.id.to_string();
        }
        let name = set.class_names.get(&object.category_id).cloned();
        let class = name.as_deref().and_then(|name| self.schema.class_named(name));
        let undecided = object.muster.as_ref().is_some_and(|block| block.decision == Decision::Undecided.name());
        Annotation {
            annotation_id: derived_id(capture_id, &object.id),
            project_id: self.project_id,
            layer: MAIN_LAYER.into(),
            capture_id,
            asset: asset.to_owned(),
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
        }
    }
}

impl LabelSet {
    fn of(labels: Labels) -> Self {
        let mut by_image: HashMap<CocoId, Vec<CocoAnnotation>> = HashMap::new();
        for annotation in labels.file.annotations {
            by_image.entry(annotation.image_id.clone()).or_default().push(annotation);
        }
        let categories = labels.file.categories.into_iter();
        Self {
            origin: Origin::Import { format: coco::FORMAT.into(), file: labels.digest, source_id: String::new() },
            class_names: categories.map(|category| (category.id, category.name)).collect(),
            by_image,
        }
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

async fn create_missing_classes(
    opened: &OpenLibrary,
    labels: &[Labels],
) -> AppResult<(LabelSchema, Option<OperationId>)> {
    let identity = opened.identity()?;
    let mut schema = opened.library.schema(identity.project_id).await?;
    let before = schema.classes.len();
    for category in labels.iter().flat_map(|labels| &labels.file.categories) {
        let name = category.name.trim();
        if !name.is_empty() && schema.class_named(name).is_none() {
            let class = new_class(&schema, name);
            schema.classes.push(class);
        }
    }
    let added = schema.classes.len() - before;
    if added == 0 {
        return Ok((schema, None));
    }
    schema.check().map_err(|error| AppError::invalid(error.to_string()))?;
    let title = format!("Add {added} classes");
    let operation_id = OperationId(Uuid::new_v4());
    opened.library.save_schema(operation_id, identity.person.person_id, &schema, &title).await?;
    let mapped = crate::project::map_classes(opened).await?;
    // Proposals that waited for a class hold on to it, so that it cannot go with the import.
    Ok((opened.library.schema(identity.project_id).await?, (mapped == 0).then_some(operation_id)))
}

/// A class of this name with the next colour and the next free number key.
fn new_class(schema: &LabelSchema, name: &str) -> LabelClass {
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
async fn remember_category_ids(opened: &OpenLibrary, labels: &[Labels], schema: &LabelSchema) -> AppResult<()> {
    let mut ids = category_ids(opened).await?;
    let before = ids.len();
    for category in labels.iter().flat_map(|labels| &labels.file.categories) {
        let (Some(number), Some(class)) = (category.id.number(), schema.class_named(&category.name)) else { continue };
        let class_id = class.class_id.to_string();
        if !ids.contains_key(&class_id) && !ids.values().any(|taken| *taken == number) {
            ids.insert(class_id, number);
        }
    }
    if ids.len() > before { save_category_ids(opened, &ids).await } else { Ok(()) }
}
