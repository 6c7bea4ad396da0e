//! Keys of what operations name, remembered for one transaction: while it holds the write lock nobody changes them.

use std::collections::{HashMap, HashSet, hash_map::Entry};

use muster_domain::{
    annotation::Annotation,
    id::{CaptureId, ClassId, ProjectId},
};
use sqlx::SqliteConnection;

use crate::{
    Noun, Result, StoreError,
    project::project_key,
    table::{self, origin::Hands},
};

/// What was looked up so far.
#[derive(Default)]
pub(crate) struct Lookup {
    /// Who makes annotations.
    pub hands: Hands,
    projects: HashMap<ProjectId, ProjectKeys>,
    captures: HashMap<CaptureId, CaptureKeys>,
}

/// A project's key, its layers, and the classes of its schema in force.
pub(crate) struct ProjectKeys {
    pub key: i64,
    layers: HashMap<String, i64>,
    classes: HashMap<ClassId, i64>,
}

struct CaptureKeys {
    key: u32,
    assets: HashSet<String>,
}

/// The keys that one annotation refers to.
pub(crate) struct AnnotationKeys {
    pub layer: i64,
    pub capture: u32,
    pub class: Option<i64>,
}

impl Lookup {
    /// The keys of a project.
    pub async fn project(&mut self, connection: &mut SqliteConnection, project_id: ProjectId) -> Result<&ProjectKeys> {
        match self.projects.entry(project_id) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => {
                let key = project_key(connection, project_id).await?;
                let layers = table::project::layers(connection, key).await?;
                let classes = table::project::class_names(connection, key).await?;
                Ok(place.insert(ProjectKeys {
                    key,
                    layers: layers.into_iter().map(|(key, name)| (name, key)).collect(),
                    classes: classes.into_iter().map(|(key, class_id, _)| (class_id, key)).collect(),
                }))
            }
        }
    }

    /// Forgets a project, because its schema changed.
    pub fn forget_project(&mut self, project_id: ProjectId) {
        self.projects.remove(&project_id);
    }

    /// Looks up those of the captures that were not looked up yet; unknown and erased ones stay unknown.
    pub async fn load_captures(
        &mut self,
        connection: &mut SqliteConnection,
        ids: impl IntoIterator<Item = CaptureId>,
    ) -> Result<()> {
        let missing: HashSet<CaptureId> = ids.into_iter().filter(|id| !self.captures.contains_key(id)).collect();
        if missing.is_empty() {
            return Ok(());
        }
        let missing: Vec<CaptureId> = missing.into_iter().collect();
        let mut by_key = HashMap::with_capacity(missing.len());
        for known in table::capture::known(connection, &missing).await? {
            if !known.erased {
                by_key.insert(known.row_key, (known.capture_id, HashSet::new()));
            }
        }
        let keys: Vec<u32> = by_key.keys().copied().collect();
        for (key, name) in table::asset::names(connection, &keys).await? {
            if let Some((_, assets)) = by_key.get_mut(&key) {
                assets.insert(name);
            }
        }
        let found = by_key.into_iter().map(|(key, (capture_id, assets))| (capture_id, CaptureKeys { key, assets }));
        self.captures.extend(found);
        Ok(())
    }

    /// The key of a capture that was looked up.
    pub fn capture(&self, capture_id: CaptureId) -> Result<u32> {
        let found = self.captures.get(&capture_id).map(|capture| capture.key);
        found.ok_or_else(|| StoreError::unknown(Noun::Capture, &capture_id))
    }

    /// The keys that an annotation refers to, or what of it is not there. Its project and capture were looked up.
    pub fn annotation(&self, annotation: &Annotation) -> Result<AnnotationKeys> {
        let capture = self.capture(annotation.capture_id)?;
        if !self.captures[&annotation.capture_id].assets.contains(&annotation.asset) {
            return Err(StoreError::unknown(Noun::Asset, &annotation.asset));
        }
        let project = self.projects.get(&annotation.project_id);
        let project = project.ok_or_else(|| StoreError::unknown(Noun::Project, &annotation.project_id))?;
        let layer = project.layers.get(&annotation.layer).copied();
        let layer = layer.ok_or_else(|| StoreError::unknown(Noun::Layer, &annotation.layer))?;
        let class = match annotation.class_id {
            None => None,
            Some(class_id) => {
                let class = project.classes.get(&class_id).copied();
                Some(class.ok_or_else(|| StoreError::unknown(Noun::Class, &class_id))?)
            }
        };
        Ok(AnnotationKeys { layer, capture, class })
    }
}
