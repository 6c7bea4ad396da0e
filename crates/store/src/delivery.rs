//! What a service delivers, taken in: captures, proposals of models on devices, and what could not be read.
//!
//! A delivery is one transaction. Its proposals go into one project, in the layer `main`, with the class of the schema
//! that answers to the model's name; they are proposals like any other, and one operation of the sync stands for them.

use std::collections::HashMap;

use muster_domain::{
    annotation::device_proposal_id,
    digest::Digest,
    geometry::BoundingBox,
    id::{CaptureId, OperationId, ProjectId, ServiceId},
    operation::Actor,
    schema::LabelSchema,
    time::UtcMicros,
};
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::{
    Library, Noun, Result, StoreError,
    arrival::{Arrival, write_batch},
    aside::{self, Unread},
    capture::{SyncedCapture, Upserted},
    model_run::ModelSetting,
    project::{current_schema, project_key},
    table::{
        self,
        origin::{Hand, Hands},
        proposal::{ProposalRecord, RunRecord},
    },
};

/// What a model on the device saw.
#[derive(Debug, Clone, PartialEq)]
pub struct SyncedProposal {
    /// The asset's name.
    pub asset: String,
    /// The model's id and version, as the device wrote them: `id@version`.
    pub model: String,
    /// The model's own class name.
    pub class: String,
    /// 0 to 1.
    pub confidence: f64,
    /// Where, in pixels of the upright picture.
    pub bounds: BoundingBox,
}

/// Something to take in at once.
#[derive(Debug, Clone, Copy)]
pub struct Delivery<'a> {
    /// Whose.
    pub service_id: ServiceId,
    /// Where proposals go; `None` leaves them in the manifests.
    pub project_id: Option<ProjectId>,
    /// Captures, in the order of the feed.
    pub captures: &'a [SyncedCapture],
    /// Records that could not be read.
    pub unread: &'a [Unread],
    /// Where the feed goes on after this.
    pub cursor: Option<&'a str>,
}

impl Library {
    /// Takes a delivery in, in one transaction. A capture that was erased here stays erased; one whose id is known with
    /// another manifest is a conflict: the library's stays, and the other manifest is kept aside.
    pub async fn deliver(&self, delivery: &Delivery<'_>) -> Result<Upserted> {
        let service_id = delivery.service_id;
        let now = self.now();
        let mut transaction = self.begin().await?;
        let service_key = table::source::service_key(&mut transaction, service_id).await?;
        let service_key = service_key.ok_or_else(|| StoreError::unknown(Noun::Service, &service_id))?;
        let arrivals: Vec<Arrival<'_>> = delivery
            .captures
            .iter()
            .map(|synced| Arrival { capture: &synced.capture, synced: Some((service_key, synced)) })
            .collect();
        let written = write_batch(&mut transaction, &arrivals, now).await?;
        let mut upserted = written.upserted;
        if let Some(project_id) = delivery.project_id {
            upserted.proposals = propose(&mut transaction, delivery, project_id, &written.fresh, now).await?;
        }
        let ids: Vec<CaptureId> = delivery.captures.iter().map(|synced| synced.capture.capture_id).collect();
        table::aside::settle(&mut transaction, service_key, &ids).await?;
        let conflicts = conflicts(delivery.captures, &upserted.conflicts);
        aside::keep(&mut transaction, service_key, &conflicts, now).await?;
        aside::keep(&mut transaction, service_key, delivery.unread, now).await?;
        if delivery.cursor.is_some() {
            table::source::set_cursor(&mut transaction, service_id, delivery.cursor, now).await?;
        }
        self.commit(transaction).await?;
        Ok(upserted)
    }
}

fn conflicts(captures: &[SyncedCapture], conflicts: &[CaptureId]) -> Vec<Unread> {
    let in_conflict = |synced: &&SyncedCapture| conflicts.contains(&synced.capture.capture_id);
    let captures = if conflicts.is_empty() { &[] } else { captures };
    captures
        .iter()
        .filter(in_conflict)
        .map(|synced| Unread {
            capture_id: Some(synced.capture.capture_id),
            record: synced.manifest.clone().into_bytes(),
            reason: "the library has this id with another manifest".into(),
        })
        .collect()
}

/// Where proposals go.
struct Target {
    project_key: i64,
    layer_key: i64,
    schema: LabelSchema,
    class_keys: HashMap<muster_domain::id::ClassId, i64>,
    classes: HashMap<String, Option<i64>>,
    hands: Hands,
    models: HashMap<String, (i64, i64)>,
}

impl Target {
    async fn load(connection: &mut SqliteConnection, project_id: ProjectId) -> Result<Self> {
        let project_key = project_key(connection, project_id).await?;
        let layers = table::project::layers(connection, project_key).await?;
        let layer_key = layers.into_iter().find(|(_, name)| name == "main").map(|(key, _)| key);
        let layer_key = layer_key.ok_or_else(|| StoreError::unknown(Noun::Layer, &"main"))?;
        let schema = current_schema(connection, (project_key, project_id)).await?;
        let classes = table::project::class_names(connection, project_key).await?;
        Ok(Self {
            project_key,
            layer_key,
            schema,
            class_keys: classes.into_iter().map(|(key, class_id, _)| (class_id, key)).collect(),
            classes: HashMap::new(),
            hands: Hands::default(),
            models: HashMap::new(),
        })
    }

    /// The class that answers to a model's name.
    fn class(&mut self, name: &str) -> Option<i64> {
        if let Some(known) = self.classes.get(name) {
            return *known;
        }
        let class = self.schema.class_named(name).filter(|class| !class.retired);
        let key = class.and_then(|class| self.class_keys.get(&class.class_id).copied());
        self.classes.insert(name.to_owned(), key);
        key
    }

    /// The keys of a device's model as a setting and as a hand.
    async fn model(&mut self, connection: &mut SqliteConnection, text: &str) -> Result<(i64, i64)> {
        if let Some(keys) = self.models.get(text) {
            return Ok(*keys);
        }
        let setting = device_model(text);
        let setting_key = table::origin::ensure_setting(connection, &setting).await?;
        let origin_key = self.hands.key(connection, &Hand::Model(setting)).await?;
        self.models.insert(text.to_owned(), (setting_key, origin_key));
        Ok((setting_key, origin_key))
    }
}

/// A model that a device named `id@version`. Its files are not known here, so the name stands for their hash.
fn device_model(text: &str) -> ModelSetting {
    let (model, version) = text.rsplit_once('@').unwrap_or((text, "on device"));
    ModelSetting {
        model: model.to_owned(),
        version: version.to_owned(),
        model_hash: Digest::of(format!("muster model on a device {text}").as_bytes()),
        parameters_hash: Digest::of(b"on the device"),
        prompt: None,
    }
}

/// Writes the proposals of captures that are new, and the runs that made them. How many proposals.
async fn propose(
    connection: &mut SqliteConnection,
    delivery: &Delivery<'_>,
    project_id: ProjectId,
    fresh: &HashMap<CaptureId, u32>,
    now: UtcMicros,
) -> Result<u32> {
    let with_proposals = delivery.captures.iter().filter(|synced| !synced.proposals.is_empty());
    let mut waiting: Vec<(u32, &SyncedCapture)> =
        with_proposals.filter_map(|synced| Some((*fresh.get(&synced.capture.capture_id)?, synced))).collect();
    // Several versions of one capture carry the same manifest: its proposals are written once.
    waiting.sort_unstable_by_key(|(key, _)| *key);
    waiting.dedup_by_key(|(key, _)| *key);
    if waiting.is_empty() {
        return Ok(0);
    }
    let mut target = Target::load(connection, project_id).await?;
    let (mut records, mut runs) = (Vec::with_capacity(waiting.len() * 5), Vec::with_capacity(waiting.len()));
    for (capture_key, synced) in waiting {
        let mut made: Vec<RunRecord> = Vec::new();
        for (ordinal, proposal) in (0..).zip(&synced.proposals) {
            let (setting_key, origin_key) = target.model(connection, &proposal.model).await?;
            let capture_id = synced.capture.capture_id;
            records.push(ProposalRecord {
                annotation_id: device_proposal_id(capture_id, &proposal.asset, &proposal.model, ordinal),
                capture_key,
                asset: &proposal.asset,
                bounds: proposal.bounds,
                label_class_key: target.class(&proposal.class),
                model_class: &proposal.class,
                z: ordinal,
                origin_key,
                confidence: proposal.confidence,
            });
            match made.iter_mut().find(|run| run.setting_key == setting_key) {
                Some(run) => run.proposals += 1,
                None => made.push(RunRecord { capture_key, setting_key, proposals: 1 }),
            }
        }
        runs.append(&mut made);
    }
    let place = (target.project_key, target.layer_key, target.schema.version);
    table::proposal::insert(connection, place, &records).await?;
    table::proposal::insert_runs(connection, target.project_key, &runs, now).await?;
    let record = table::operation::Record {
        operation_id: OperationId(Uuid::new_v4()),
        project_key: Some(target.project_key),
        actor: &Actor::Sync { service_id: delivery.service_id },
        at: now,
        title: "Proposals from devices",
        kind: "annotations",
        changes: records.len() as u32,
        diff: None,
        undoes_key: None,
    };
    table::operation::append(connection, &record).await?;
    Ok(records.len() as u32)
}
