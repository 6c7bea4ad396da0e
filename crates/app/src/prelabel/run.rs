//! The body of a pre-labelling job: one thread decodes while another runs the model.

use std::{path::PathBuf, sync::Arc};

use muster_domain::{
    annotation::{Annotation, Decision, FieldOrigins, proposal_id},
    capture::{Asset, AssetKind, Capture},
    digest::Digest,
    geometry::Geometry,
    id::{CaptureId, OperationId},
    ledger::LedgerEvent,
    operation::{Actor, AnnotationChange, Diff, Operation},
    origin::Origin,
    schema::LabelSchema,
};
use muster_inference::{ProposedBox, Proposer, ProposerOptions, RuntimeOptions};
use muster_media::{Limits, RgbImage, VideoReader};
use muster_store::model_run::{ModelOutput, ModelRun, ModelSetting, RunStatus};
use roaring::RoaringBitmap;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::{
    error::{AppError, AppResult, ErrorCode},
    job::{JobContext, Outcome},
    models::{default_models, model_store},
    picture,
    place::Places,
    prelabel::PrelabelRequest,
    search,
    session::opened::MAIN_LAYER,
    session::opened::{Identity, parse_id},
    settings,
};

/// Captures that are asked for at once.
const PAGE: u32 = 1_000;
/// Captures on their way between two stages: enough that neither waits, few enough for memory.
const IN_FLIGHT: usize = 4;
/// Captures that are written in one transaction.
const BATCH: usize = 32;

/// Runs the models one after the other.
pub(crate) async fn run(context: &JobContext, request: PrelabelRequest) -> AppResult<Outcome> {
    let places = context.app.places().clone();
    let wanted = wanted(context, &request).await?;
    let store = model_store(&places)?;
    let models = if request.model.is_empty() { default_models(&store) } else { vec![request.model.clone()] };
    let threads = settings::settings(&context.app).await?.inference_threads as usize;
    let min_confidence = (request.min_confidence > 0.0).then_some(request.min_confidence);
    let mut loaded = Vec::new();
    let mut total = 0;
    for id in models {
        context.say(format!("loading {id}"));
        let options = ProposerOptions {
            runtime: RuntimeOptions { intra_threads: threads, ..RuntimeOptions::default() },
            min_confidence,
        };
        let store = store.clone();
        let proposer = blocking(move || Ok(Proposer::load(&store, &id, &options)?)).await?;
        let setting = setting(&proposer);
        let pending = pending(context, &setting, wanted.as_ref()).await?;
        total += pending.len() as u64;
        loaded.push((proposer, setting, pending));
    }
    context.set_total(total);
    let mut made = Made::default();
    for (proposer, setting, pending) in loaded {
        context.say(format!("{} {}", setting.model, setting.version));
        run_model(context, proposer, setting, pending, &mut made).await?;
    }
    let Made { captures, proposals, unmapped } = made;
    let unmapped = if unmapped == 0 { String::new() } else { format!(", {unmapped} of classes without a counterpart") };
    picture::keep_cache_small(&context.app, &context.opened).await;
    let message = format!("{proposals} proposals in {captures} model runs{unmapped}");
    Ok(Outcome { message: Some(message), result: None })
}

/// An error unless the model (or, for an empty name, some default model) can run here.
pub(crate) fn check_models(places: &Places, model: &str) -> AppResult<()> {
    let store = model_store(places)?;
    muster_inference::runtime_status(&RuntimeOptions::default())?;
    if model.is_empty() {
        if default_models(&store).is_empty() {
            return Err(
                AppError::new(ErrorCode::ModelMissing, "there is no default model").with_remedy("run `make setup`")
            );
        }
        return Ok(());
    }
    store.resolve(model)?;
    Ok(())
}

#[derive(Default)]
struct Made {
    captures: u64,
    proposals: u64,
    unmapped: u64,
}

/// The row keys that the request names; `None` for all.
async fn wanted(context: &JobContext, request: &PrelabelRequest) -> AppResult<Option<RoaringBitmap>> {
    if let Some(texts) = &request.capture_ids {
        let ids = texts.iter().map(|text| parse_id("capture", text)).collect::<AppResult<Vec<CaptureId>>>()?;
        let known = context.opened.library.known(&ids).await?;
        return Ok(Some(known.into_iter().filter_map(|(_, row_key)| row_key).collect()));
    }
    if request.query.trim().is_empty() {
        return Ok(None);
    }
    Ok(Some(search::matching(&context.app, &context.opened, &request.query).await?.iter().collect()))
}

fn setting(proposer: &Proposer) -> ModelSetting {
    let manifest = proposer.manifest();
    ModelSetting {
        model: manifest.id.clone(),
        version: manifest.version.clone(),
        model_hash: proposer.model_hash(),
        parameters_hash: proposer.parameters_hash(),
        prompt: None,
    }
}

/// What the model has not seen yet, or failed on: this is how a job goes on where it was interrupted.
async fn pending(context: &JobContext, setting: &ModelSetting, wanted: Option<&RoaringBitmap>) -> AppResult<Vec<u32>> {
    let library = &context.opened.library;
    let project_id = context.opened.identity()?.project_id;
    let (mut pending, mut after) = (Vec::new(), 0);
    loop {
        let page = library.captures_without_run(project_id, setting, after, PAGE, true).await?;
        let Some(last) = page.last() else { return Ok(pending) };
        after = *last;
        pending.extend(page.into_iter().filter(|key| wanted.is_none_or(|wanted| wanted.contains(*key))));
        context.check()?;
    }
}

/// A capture on its way through the stages.
struct Item {
    capture: Capture,
    pictures: Vec<Source>,
}

struct Source {
    asset: Asset,
    path: AppResult<PathBuf>,
}

impl Source {
    /// Why its service did not hand it out. The model has then not run on the capture, and that is no failed run.
    fn not_fetched(&self) -> Option<(&Asset, &AppError)> {
        let error = self.path.as_ref().err()?;
        let by_service = [
            ErrorCode::ServiceUnreachable,
            ErrorCode::ServiceAddress,
            ErrorCode::ServiceRefused,
            ErrorCode::SignIn,
            ErrorCode::SignInExpired,
            ErrorCode::Certificate,
        ];
        by_service.contains(&error.code).then_some((&self.asset, error))
    }
}

/// What the decoder makes of it.
struct Decoded {
    capture: Capture,
    pictures: Vec<(Asset, AppResult<RgbImage>)>,
}

/// What the model makes of it.
struct Seen {
    capture: Capture,
    pictures: Vec<(Asset, AppResult<Vec<ProposedBox>>)>,
}

async fn run_model(
    context: &JobContext,
    proposer: Proposer,
    setting: ModelSetting,
    pending: Vec<u32>,
    made: &mut Made,
) -> AppResult<()> {
    let (items, to_decode) = mpsc::channel(IN_FLIGHT);
    let (pictures, to_see) = mpsc::channel(IN_FLIGHT);
    let (seen, mut results) = mpsc::channel(IN_FLIGHT);
    let feeder = tokio::spawn(feed(context.clone(), pending, items));
    let decoder = tokio::task::spawn_blocking(move || decode(to_decode, &pictures));
    let model = tokio::task::spawn_blocking(move || propose(proposer, to_see, &seen));
    let mut recorder = Recorder::new(context, setting).await?;
    while let Some(result) = results.recv().await {
        recorder.add(result);
        if recorder.outputs.len() >= BATCH || results.is_empty() {
            recorder.write(made).await?;
        }
        if context.check().is_err() {
            break;
        }
    }
    // What the model has seen is kept also when the person cancels.
    recorder.write(made).await?;
    drop(results);
    let fed = feeder.await.unwrap_or_else(|panicked| Err(panic(&panicked)));
    decoder.await.map_err(|panicked| panic(&panicked))?;
    model.await.map_err(|panicked| panic(&panicked))?;
    fed?;
    context.check()
}

fn panic(error: &tokio::task::JoinError) -> AppError {
    AppError::new(ErrorCode::Internal, format!("a stage of pre-labelling broke: {error}"))
}

/// Brings captures with their originals; those that are at a service are fetched here.
async fn feed(context: JobContext, pending: Vec<u32>, items: mpsc::Sender<Item>) -> AppResult<()> {
    for keys in pending.chunks(IN_FLIGHT * 4) {
        for stored in context.opened.library.captures(keys).await? {
            if context.check().is_err() {
                return Ok(());
            }
            let capture_id = stored.capture.capture_id;
            let mut pictures = Vec::new();
            for asset in &stored.capture.assets {
                if asset.kind() != AssetKind::Series {
                    let path = context.opened.original(asset).await;
                    pictures.push(Source { asset: asset.clone(), path });
                }
            }
            if let Some((asset, error)) = pictures.iter().find_map(Source::not_fetched) {
                context.fail(format!("{capture_id} {}", asset.name), error.message.clone());
                context.advance(1);
                continue;
            }
            if items.send(Item { capture: stored.capture, pictures }).await.is_err() {
                return Ok(());
            }
        }
    }
    Ok(())
}

fn decode(mut items: mpsc::Receiver<Item>, decoded: &mpsc::Sender<Decoded>) {
    let limits = Limits::default();
    while let Some(Item { capture, pictures }) = items.blocking_recv() {
        let picture = |source: Source| {
            let decoded = source.path.and_then(|path| upright(&path, source.asset.kind(), &limits));
            (source.asset, decoded)
        };
        let pictures = pictures.into_iter().map(picture).collect();
        if decoded.blocking_send(Decoded { capture, pictures }).is_err() {
            return;
        }
    }
}

/// The upright picture; of a video its first frame.
fn upright(path: &std::path::Path, kind: AssetKind, limits: &Limits) -> AppResult<RgbImage> {
    if kind == AssetKind::Video {
        return Ok(VideoReader::open(path, limits)?.frame_at_index(0)?.picture);
    }
    let bytes = muster_media::read_limited(path, limits)?;
    Ok(muster_media::decode_upright(&path.display().to_string(), &bytes, limits)?)
}

fn propose(mut proposer: Proposer, mut decoded: mpsc::Receiver<Decoded>, seen: &mpsc::Sender<Seen>) {
    while let Some(Decoded { capture, pictures }) = decoded.blocking_recv() {
        let mut results = Vec::with_capacity(pictures.len());
        for (asset, picture) in pictures {
            let boxes = picture.and_then(|picture| Ok(proposer.propose(&picture)?));
            results.push((asset, boxes));
        }
        if seen.blocking_send(Seen { capture, pictures: results }).is_err() {
            return;
        }
    }
}

/// Turns what the model saw into model runs and proposals, a batch at a time.
struct Recorder<'a> {
    context: &'a JobContext,
    setting: ModelSetting,
    identity: Identity,
    schema: Arc<LabelSchema>,
    outputs: Vec<ModelOutput>,
}

impl<'a> Recorder<'a> {
    async fn new(context: &'a JobContext, setting: ModelSetting) -> AppResult<Self> {
        let identity = context.opened.identity()?;
        let schema = Arc::new(context.opened.library.schema(identity.project_id).await?);
        Ok(Self { context, setting, identity, schema, outputs: Vec::new() })
    }

    fn add(&mut self, seen: Seen) {
        let capture_id = seen.capture.capture_id;
        let mut changes = Vec::new();
        let mut error = None;
        for (asset, proposed) in seen.pictures {
            match proposed {
                Ok(boxes) => {
                    let first = changes.len() as i32;
                    changes.extend(boxes.into_iter().zip(0_u32..).map(|(proposed, ordinal)| {
                        self.proposal(capture_id, &asset, proposed, ordinal, first + ordinal as i32)
                    }));
                }
                Err(failure) => {
                    self.context.fail(format!("{capture_id} {}", asset.name), failure.message.clone());
                    error.get_or_insert(failure.message);
                }
            }
        }
        let status = match error {
            Some(error) if changes.is_empty() => RunStatus::Failed { error },
            _ if changes.is_empty() => RunStatus::Empty,
            _ => RunStatus::Done { proposals: changes.len() as u32 },
        };
        let at = self.context.app.now();
        let operation = (!changes.is_empty()).then(|| Operation {
            operation_id: OperationId(Uuid::new_v4()),
            project_id: Some(self.identity.project_id),
            actor: Actor::Job { job_id: self.context.job_id },
            at,
            title: format!("Proposals of {}", self.setting.model),
            diff: Diff::Annotations { changes },
            undoes: None,
        });
        let run = ModelRun {
            capture_id,
            project_id: self.identity.project_id,
            setting: self.setting.clone(),
            status,
            job_id: Some(self.context.job_id),
            ran_at: at,
        };
        self.outputs.push(ModelOutput { run, operation });
    }

    fn proposal(
        &self,
        capture_id: CaptureId,
        asset: &Asset,
        proposed: ProposedBox,
        ordinal: u32,
        z: i32,
    ) -> AnnotationChange {
        let ModelSetting { model, version, model_hash, parameters_hash, prompt } = self.setting.clone();
        let annotation_id = proposal_id(&subject(capture_id, asset), &model_hash, &parameters_hash, ordinal);
        let confidence = proposed.confidence;
        let origin = Origin::Model { model, version, model_hash, parameters_hash, prompt, confidence };
        let class = self.schema.class_named(&proposed.class_name).filter(|class| !class.retired);
        let geometry = match proposed.text {
            Some(text) => Geometry::Caption { text, bounds: Some(proposed.bbox) },
            None => Geometry::Box(proposed.bbox),
        };
        let after = Annotation {
            annotation_id,
            project_id: self.identity.project_id,
            layer: MAIN_LAYER.into(),
            capture_id,
            asset: asset.name.clone(),
            frame_index: (asset.kind() == AssetKind::Video).then_some(0),
            geometry,
            class_id: class.map(|class| class.class_id),
            model_class: Some(proposed.class_name),
            schema_version: self.schema.version,
            attributes: std::collections::BTreeMap::new(),
            track_id: None,
            z,
            field_origins: FieldOrigins::all(&origin),
            origin,
            decision: Decision::Undecided,
            version: 1,
            deleted: false,
        };
        AnnotationChange { annotation_id, before: None, after: Some(after) }
    }

    async fn write(&mut self, made: &mut Made) -> AppResult<()> {
        if self.outputs.is_empty() {
            return Ok(());
        }
        let outputs = std::mem::take(&mut self.outputs);
        let captures = outputs.len() as u64;
        for output in &outputs {
            if let Some(Operation { diff: Diff::Annotations { changes }, .. }) = &output.operation {
                let unmapped =
                    |change: &&AnnotationChange| change.after.as_ref().is_some_and(|after| after.class_id.is_none());
                made.proposals += changes.len() as u64;
                made.unmapped += changes.iter().filter(unmapped).count() as u64;
            }
        }
        let seen: Vec<CaptureId> = outputs.iter().map(|output| output.run.capture_id).collect();
        self.context.opened.library.record_runs(outputs).await?;
        let ran = format!("{} {}", self.setting.model, self.setting.version);
        self.context.opened.note(&seen, LedgerEvent::ModelRun, &ran).await?;
        made.captures += captures;
        self.context.advance(captures);
        self.context.opened.notify_changed();
        Ok(())
    }
}

/// What the proposals are about. Equal bytes can be in two captures, whose proposals are decided apart.
fn subject(capture_id: CaptureId, asset: &Asset) -> Digest {
    Digest::of(&[asset.digest.as_bytes().as_slice(), capture_id.as_bytes(), asset.name.as_bytes()].concat())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> AppResult<T> + Send + 'static) -> AppResult<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|panicked| Err(panic(&panicked)))
}

#[cfg(test)]
mod tests {
    use muster_domain::capture::MediaPlace;

    use super::*;

    #[test]
    fn what_a_service_withholds_is_no_run() {
        let asset = Asset {
            name: "a.jpg".into(),
            stream: String::new(),
            media_type: "image/jpeg".into(),
            digest: Digest::of(b"a"),
            bytes: 1,
            width_px: None,
            height_px: None,
            duration_micros: None,
            place: MediaPlace::Stored,
        };
        for (code, withheld) in [
            (ErrorCode::ServiceUnreachable, true),
            (ErrorCode::ServiceRefused, true),
            (ErrorCode::SignInExpired, true),
            (ErrorCode::Certificate, true),
            (ErrorCode::UnreadableFile, false),
            (ErrorCode::DiskFull, false),
        ] {
            let source = Source { asset: asset.clone(), path: Err(AppError::new(code, "no")) };
            assert_eq!(source.not_fetched().is_some(), withheld, "{code:?}");
        }
        assert!(Source { asset, path: Ok(PathBuf::new()) }.not_fetched().is_none());
    }
}
