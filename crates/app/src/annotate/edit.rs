//! The rules by which a person's edits become changes of annotations.

use muster_domain::{
    annotation::{Annotation, Decision as DomainDecision, FieldOrigins},
    geometry::{BoundingBox, Geometry},
    id::{AnnotationId, CaptureId, ClassId},
    operation::AnnotationChange,
    origin::Origin,
    schema::LabelSchema,
};

use crate::{
    annotate::{BoxDto, Decision, Edit},
    error::{AppError, AppResult, ErrorCode},
    session::opened::{Identity, MAIN_LAYER, parse_id},
};

/// What edits are checked against.
pub(crate) struct EditContext<'a> {
    pub identity: &'a Identity,
    pub schema: &'a LabelSchema,
    pub capture_id: CaptureId,
    /// The capture's asset names.
    pub assets: &'a [String],
    /// The capture's annotations with tombstones.
    pub annotations: &'a [Annotation],
}

impl EditContext<'_> {
    /// The changes of one gesture. Later edits see what earlier ones made.
    pub fn changes(&self, edits: &[Edit]) -> AppResult<Vec<AnnotationChange>> {
        let mut changes: Vec<AnnotationChange> = Vec::with_capacity(edits.len());
        for edit in edits {
            let change = self.change(edit)?;
            if changes.iter().any(|earlier| earlier.annotation_id == change.annotation_id) {
                return Err(AppError::invalid("a gesture changes an annotation once"));
            }
            changes.push(change);
        }
        Ok(changes)
    }

    fn change(&self, edit: &Edit) -> AppResult<AnnotationChange> {
        match edit {
            Edit::Create { annotation_id, asset, bounds, class_id } => {
                self.create(annotation_id, asset, *bounds, class_id, changes_z(self.annotations))
            }
            Edit::Update { annotation_id, base_version, bounds, class_id, decision } => {
                let before = self.existing(annotation_id, *base_version)?;
                self.update(before, *bounds, class_id.as_deref(), *decision)
            }
            Edit::Delete { annotation_id, base_version } => {
                let before = self.existing(annotation_id, *base_version)?;
                Ok(changed(before, |after| after.deleted = true))
            }
            Edit::Restore { annotation_id, base_version } => {
                let before = self.existing(annotation_id, *base_version)?;
                Ok(changed(before, |after| after.deleted = false))
            }
        }
    }

    fn create(&self, id: &str, asset: &str, bounds: BoxDto, class_id: &str, z: i32) -> AppResult<AnnotationChange> {
        let annotation_id: AnnotationId = parse_id("annotation", id)?;
        if !self.assets.iter().any(|name| name == asset) {
            return Err(AppError::not_found(format!("asset {asset:?} in capture {}", self.capture_id)));
        }
        let origin = self.person();
        let after = Annotation {
            annotation_id,
            project_id: self.identity.project_id,
            layer: MAIN_LAYER.into(),
            capture_id: self.capture_id,
            asset: asset.to_owned(),
            frame_index: None,
            geometry: Geometry::Box(bounding_box(bounds)?),
            class_id: Some(self.class(class_id)?),
            model_class: None,
            schema_version: self.schema.version,
            attributes: std::collections::BTreeMap::new(),
            track_id: None,
            z,
            field_origins: FieldOrigins::all(&origin),
            origin,
            decision: DomainDecision::Accepted,
            version: 1,
            deleted: false,
        };
        Ok(AnnotationChange { annotation_id, before: None, after: Some(after) })
    }

    /// Editing is accepting, unless the person says otherwise in the same gesture.
    fn update(
        &self,
        before: &Annotation,
        bounds: Option<BoxDto>,
        class_id: Option<&str>,
        decision: Option<Decision>,
    ) -> AppResult<AnnotationChange> {
        let mut after = before.clone();
        if let Some(bounds) = bounds {
            after.geometry = fitted(&before.geometry, bounding_box(bounds)?)?;
            after.field_origins.geometry = self.person();
            after.decision = DomainDecision::Accepted;
        }
        if let Some(class_id) = class_id {
            after.class_id = Some(self.class(class_id)?);
            after.schema_version = self.schema.version;
            after.field_origins.class = self.person();
            after.decision = DomainDecision::Accepted;
        }
        if let Some(decision) = decision {
            after.decision = decision.into();
        }
        Ok(AnnotationChange { annotation_id: before.annotation_id, before: Some(before.clone()), after: Some(after) })
    }

    fn existing(&self, id: &str, base_version: u32) -> AppResult<&Annotation> {
        let annotation_id: AnnotationId = parse_id("annotation", id)?;
        let found = self.annotations.iter().find(|annotation| annotation.annotation_id == annotation_id);
        let found = found.ok_or_else(|| AppError::not_found(format!("annotation {annotation_id} on this capture")))?;
        if found.version != base_version {
            let message =
                format!("the annotation changed in between (version {} now, {base_version} before)", found.version);
            return Err(
                AppError::new(ErrorCode::Conflict, message).with_remedy("look at the present state and do it again")
            );
        }
        Ok(found)
    }

    fn class(&self, text: &str) -> AppResult<ClassId> {
        let class_id: ClassId = parse_id("class", text)?;
        let class = self.schema.class(class_id).ok_or_else(|| AppError::not_found(format!("class {text}")))?;
        if class.retired {
            return Err(AppError::invalid(format!(
                "the class {:?} is retired and takes no new annotations",
                class.name
            )));
        }
        Ok(class_id)
    }

    fn person(&self) -> Origin {
        Origin::Person { person_id: self.identity.person.person_id }
    }
}

fn changed(before: &Annotation, edit: impl FnOnce(&mut Annotation)) -> AnnotationChange {
    let mut after = before.clone();
    edit(&mut after);
    AnnotationChange { annotation_id: before.annotation_id, before: Some(before.clone()), after: Some(after) }
}

fn changes_z(annotations: &[Annotation]) -> i32 {
    annotations.iter().map(|annotation| annotation.z).max().unwrap_or(-1).saturating_add(1)
}

fn bounding_box(bounds: BoxDto) -> AppResult<BoundingBox> {
    let BoxDto { x, y, width, height } = bounds;
    BoundingBox::new(x, y, width, height).map_err(|error| AppError::invalid(error.to_string()))
}

/// The geometry moved and scaled so that `wanted` is the box around it.
fn fitted(geometry: &Geometry, wanted: BoundingBox) -> AppResult<Geometry> {
    let map = |point: [f64; 2], old: &BoundingBox| {
        [
            wanted.x + (point[0] - old.x) / old.width * wanted.width,
            wanted.y + (point[1] - old.y) / old.height * wanted.height,
        ]
    };
    let old = geometry.bounds();
    let ring = |points: &[[f64; 2]], old: &BoundingBox| points.iter().map(|&point| map(point, old)).collect();
    Ok(match (geometry, old) {
        (Geometry::Box(_), _) => Geometry::Box(wanted),
        (Geometry::Caption { text, .. }, _) => Geometry::Caption { text: text.clone(), bounds: Some(wanted) },
        (Geometry::Polygon { rings }, Some(old)) => {
            Geometry::Polygon { rings: rings.iter().map(|points| ring(points, &old)).collect() }
        }
        (Geometry::Polyline { points }, Some(old)) => Geometry::Polyline { points: ring(points, &old) },
        (Geometry::Keypoints { points }, Some(old)) => {
            let moved = |point: &[f64; 3]| {
                let [x, y] = map([point[0], point[1]], &old);
                [x, y, point[2]]
            };
            Geometry::Keypoints { points: points.iter().map(moved).collect() }
        }
        (other, _) => {
            return Err(AppError::invalid(format!("the box of a {} cannot be changed", other.kind())));
        }
    })
}

impl From<Decision> for DomainDecision {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Undecided => Self::Undecided,
            Decision::Accepted => Self::Accepted,
            Decision::Rejected => Self::Rejected,
        }
    }
}

impl From<DomainDecision> for Decision {
    fn from(decision: DomainDecision) -> Self {
        match decision {
            DomainDecision::Undecided => Self::Undecided,
            DomainDecision::Accepted => Self::Accepted,
            DomainDecision::Rejected => Self::Rejected,
        }
    }
}
