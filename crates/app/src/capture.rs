//! One capture in full, and its pictures.

use std::collections::BTreeMap;

use muster_domain::{
    annotation::Annotation,
    capture::{Asset, Capture, CaptureSource, TriggerHit},
    field::FieldValue,
    id::{CaptureId, ProjectId},
    origin::Origin,
};
use muster_store::{annotation::AnnotationFilter, capture::StoredCapture, ledger::StoredLedgerEntry};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    annotate::{AnnotationDto, SubmissionDto, annotation_dto, submission_dto},
    app::App,
    error::{AppError, AppResult},
    session::opened::MAIN_LAYER,
    session::opened::{OpenLibrary, parse_id},
};

/// Everything about one capture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CaptureDetail {
    /// Its id.
    pub capture_id: String,
    /// Where; `None` for imports.
    pub site: Option<String>,
    /// By which device; `None` for imports.
    pub device: Option<String>,
    /// The path below the import root; `None` for captures of devices.
    pub source_path: Option<String>,
    /// When it was captured.
    pub captured_at_micros: i64,
    /// How sure that is.
    pub uncertainty_micros: i64,
    /// When it was received.
    pub received_at_micros: i64,
    /// The rule that fired.
    pub trigger: Option<TriggerDto>,
    /// Signal values at the hit.
    pub signals: Vec<NamedValue>,
    /// Its files.
    pub assets: Vec<AssetDto>,
    /// Its tags.
    pub tags: Vec<String>,
    /// What a person wrote about it.
    pub note: Option<String>,
    /// The values of its user fields.
    pub fields: Vec<NamedValue>,
    /// The latest statement.
    pub submission: Option<SubmissionDto>,
    /// Its annotations, deleted ones left out.
    pub annotations: Vec<AnnotationDto>,
    /// What models did with it.
    pub model_runs: Vec<ModelRunDto>,
    /// What happened to it.
    pub ledger: Vec<LedgerLine>,
}

/// The rule that fired.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TriggerDto {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
    /// The CEL expression.
    pub expression: String,
    /// The values that it read.
    pub values: Vec<NamedValue>,
}

/// A name and its value, for display and as a number where it is one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NamedValue {
    /// The name.
    pub name: String,
    /// As a person would type it.
    pub value: String,
    /// As a number.
    pub number: Option<f64>,
}

/// One file of a capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AssetDto {
    /// Its name.
    pub name: String,
    /// The sensor.
    pub stream: String,
    /// IANA media type.
    pub media_type: String,
    /// Size.
    pub bytes: u64,
    /// Width of the upright picture; 0 when unknown.
    pub width_px: u32,
    /// Height of the upright picture; 0 when unknown.
    pub height_px: u32,
    /// The length of a video or series.
    pub duration_micros: Option<i64>,
    /// True when the bytes are on this machine.
    pub local: bool,
}

/// One model on one capture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ModelRunDto {
    /// The model's id.
    pub model: String,
    /// Its version.
    pub version: String,
    /// How it went.
    pub outcome: ModelRunOutcome,
    /// How many proposals it made.
    pub proposals: u32,
}

/// How a model run went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ModelRunOutcome {
    /// It made proposals.
    Done,
    /// It saw nothing.
    Empty,
    /// It could not run.
    Failed,
}

/// One line of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LedgerLine {
    /// What happened.
    pub event: String,
    /// When.
    pub at_micros: i64,
    /// In words.
    pub text: String,
}

/// Everything about one capture.
pub async fn capture(app: &App, capture_id: String) -> AppResult<CaptureDetail> {
    let opened = app.opened().await?;
    let identity = opened.identity()?;
    let capture_id: CaptureId = parse_id("capture", &capture_id)?;
    let stored = opened.library.capture(capture_id).await?;
    let StoredCapture { row_key, capture, tags } =
        stored.ok_or_else(|| AppError::not_found(format!("capture {capture_id}")))?;
    let filter = AnnotationFilter::main(identity.project_id);
    let annotations = opened.library.annotations(capture_id, &filter).await?;
    let submissions = opened.library.latest_submissions(identity.project_id, MAIN_LAYER, &[row_key]).await?;
    let model_runs = model_runs(&opened, identity.project_id, row_key, &annotations).await?;
    let entries = opened.library.ledger(capture_id).await?;
    let ledger = before_the_library(&capture).into_iter().chain(entries.into_iter().map(ledger_line)).collect();
    let note = opened.library.note(capture_id).await?.map(|note| note.text);
    let fields = opened.library.capture_fields(capture_id).await?;
    let mut assets = Vec::with_capacity(capture.assets.len());
    for asset in &capture.assets {
        let local = opened.local_original(asset).await?.is_some();
        assets.push(asset_dto(asset, local));
    }
    let (site, device, source_path) = match capture.source {
        CaptureSource::Device { device, site, .. } => (Some(site), Some(device), None),
        CaptureSource::Import { root, relative_path } => (None, None, Some(format!("{root}/{relative_path}"))),
    };
    Ok(CaptureDetail {
        capture_id: capture_id.to_string(),
        site,
        device,
        source_path,
        captured_at_micros: capture.captured_at.0,
        uncertainty_micros: capture.uncertainty_micros,
        received_at_micros: capture.received_at.0,
        trigger: capture.trigger.map(trigger_dto),
        signals: named_values(capture.signals),
        assets,
        tags,
        note,
        fields: named_values(fields),
        submission: submissions.first().map(|submission| submission_dto(&opened, submission)),
        annotations: annotations.iter().map(|annotation| annotation_dto(&opened, annotation)).collect(),
        model_runs,
        ledger,
    })
}

fn asset_dto(asset: &Asset, local: bool) -> AssetDto {
    AssetDto {
        name: asset.name.clone(),
        stream: asset.stream.clone(),
        media_type: asset.media_type.clone(),
        bytes: asset.bytes,
        width_px: asset.width_px.unwrap_or(0),
        height_px: asset.height_px.unwrap_or(0),
        duration_micros: asset.duration_micros,
        local,
    }
}

fn trigger_dto(hit: TriggerHit) -> TriggerDto {
    TriggerDto { name: hit.name, version: hit.version, expression: hit.expression, values: named_values(hit.values) }
}

fn named_values(values: BTreeMap<String, FieldValue>) -> Vec<NamedValue> {
    let named =
        |(name, value): (String, FieldValue)| NamedValue { name, value: value.to_text(), number: value.as_number() };
    values.into_iter().map(named).collect()
}

/// Models that ran on the capture, with what they made there that is still to be seen.
async fn model_runs(
    opened: &OpenLibrary,
    project_id: ProjectId,
    row_key: u32,
    annotations: &[Annotation],
) -> AppResult<Vec<ModelRunDto>> {
    let rows = opened.library.rows(project_id, &[row_key]).await?;
    let Some(row) = rows.into_iter().next().filter(|row| !row.model_runs.is_empty()) else { return Ok(Vec::new()) };
    let settings = opened.library.runs(project_id).await?;
    let run = |model: String| {
        let of_model = |annotation: &&Annotation| matches!(&annotation.origin, Origin::Model { model: maker, .. } if *maker == model);
        let proposals = annotations.iter().filter(of_model).count() as u32;
        let version = settings.iter().rev().find(|run| run.setting.model == model);
        ModelRunDto {
            version: version.map(|run| run.setting.version.clone()).unwrap_or_default(),
            outcome: if proposals > 0 { ModelRunOutcome::Done } else { ModelRunOutcome::Empty },
            proposals,
            model,
        }
    };
    Ok(row.model_runs.into_iter().map(run).collect())
}

/// What the manifest and the receipt of a device's capture say of its way before this library knew of it.
fn before_the_library(capture: &Capture) -> Vec<LedgerLine> {
    let CaptureSource::Device { device, .. } = &capture.source else { return Vec::new() };
    let trigger = capture.trigger.as_ref().map_or_else(String::new, |hit| format!("{} v{}", hit.name, hit.version));
    let line = |event: &str, at_micros, text| LedgerLine { event: event.into(), at_micros, text };
    vec![
        line("fired", capture.captured_at.0, trigger),
        line("committed", capture.received_at.0, format!("by the service, from {device}")),
    ]
}

fn ledger_line(stored: StoredLedgerEntry) -> LedgerLine {
    let event = serde_json::to_value(stored.entry.event).ok();
    let event = event.as_ref().and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let text = match stored.entry.payload {
        Some(serde_json::Value::String(text)) => text,
        Some(other) => other.to_string(),
        None if stored.erased => "erased".into(),
        None => String::new(),
    };
    LedgerLine { event, at_micros: stored.entry.at.0, text }
}
