//! One pass of embedding over captures: their originals are fetched, decoded by one thread and embedded by another.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use muster_domain::id::CaptureId;
use muster_index::{IndexError, vectors::VectorWriter};
use muster_inference::Embedder;
use muster_media::Limits;
use muster_store::annotation::AnnotationFilter;
use roaring::RoaringBitmap;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    EmbedRequest,
    look::{Plan, Shot},
};
use crate::{
    error::{AppError, AppResult, ErrorCode},
    job::{JobContext, Outcome},
    picture, search,
    session::opened::OpenLibrary,
    settings,
    vectors::{EmbeddedSpaces, EmbeddingModel, model_in_use},
};

/// Captures that are asked for at once.
const PAGE: usize = 64;
/// Captures on their way between two stages.
const IN_FLIGHT: usize = 3;
/// Vectors, and time, between two commits.
const BATCH: usize = 512;
const COMMIT_EVERY: Duration = Duration::from_secs(5);

/// The body of an embedding job.
pub(super) async fn run(context: &JobContext, request: EmbedRequest) -> AppResult<Outcome> {
    let (app, opened) = (&context.app, &context.opened);
    let model = model_in_use(app, opened, &request.model).await?;
    context.say(format!("loading {}", model.manifest.id));
    let is_whole = request.query.trim().is_empty();
    let seq = opened.library.change_seq().await?;
    let keys =
        if is_whole { all_keys(opened).await? } else { search::matching(app, opened, &request.query).await?.to_vec() };
    context.set_total(keys.len() as u64);
    let threads = settings::settings(app).await?.inference_threads as usize;
    let mut pass = Pass::start(opened, &model, request.regions, threads, context.cancelled()).await?;
    pass.report = Some(context.clone());
    context.say(format!("embedding with {}", model.manifest.id));
    let mut done = pass.over(&keys).await?;
    if is_whole {
        done.writers.remove_all_but(&keys.iter().copied().collect());
    }
    // What was skipped because of an error has no vector, and is tried again by the next job.
    let seq = (is_whole && context.check().is_ok()).then_some(seq);
    let message = format!("{} vectors of {} captures", done.vectors, done.captures);
    done.writers.commit_in_background(seq).await?;
    picture::keep_cache_small(app, opened).await;
    context.check()?;
    Ok(Outcome { message: Some(message), result: None })
}

async fn all_keys(opened: &OpenLibrary) -> AppResult<Vec<u32>> {
    let (mut keys, mut after) = (Vec::new(), 0);
    loop {
        let page = opened.library.row_keys(after, 10_000).await?;
        let Some(last) = page.last() else { return Ok(keys) };
        after = *last;
        keys.extend(page);
    }
}

/// The writers of both spaces.
pub(super) struct Writers {
    captures: VectorWriter,
    regions: Option<VectorWriter>,
}

impl Writers {
    /// Elects this process to write.
    fn open(spaces: &EmbeddedSpaces, regions: bool) -> Result<Self, IndexError> {
        let captures = spaces.captures.writer()?;
        let regions = if regions { Some(spaces.regions.writer()?) } else { None };
        Ok(Self { captures, regions })
    }

    fn of(&mut self, is_region: bool) -> Option<&mut VectorWriter> {
        if is_region { self.regions.as_mut() } else { Some(&mut self.captures) }
    }

    fn put(&mut self, row_key: u32, shot: &Shot, vector: &[f32]) -> AppResult<()> {
        if let Some(writer) = self.of(shot.is_region) {
            writer.put(row_key, shot.item, shot.print, vector)?;
        }
        Ok(())
    }

    /// Removes a capture that was erased.
    pub fn remove(&mut self, row_key: u32) {
        self.captures.remove(row_key);
        if let Some(regions) = &mut self.regions {
            regions.remove(row_key);
        }
    }

    fn remove_all_but(&mut self, keys: &RoaringBitmap) {
        let writers = [Some(&mut self.captures), self.regions.as_mut()];
        for writer in writers.into_iter().flatten() {
            for owner in writer.committed().owners() - keys {
                writer.remove(owner);
            }
        }
    }

    fn uncommitted(&self) -> usize {
        self.captures.uncommitted() + self.regions.as_ref().map_or(0, VectorWriter::uncommitted)
    }

    fn commit(&mut self, seq: Option<u64>) -> AppResult<()> {
        self.captures.commit(seq)?;
        if let Some(regions) = &mut self.regions {
            regions.commit(seq)?;
        }
        Ok(())
    }

    /// Commits off the async threads: fitting and quantising take a while.
    pub async fn commit_in_background(mut self, seq: Option<u64>) -> AppResult<()> {
        blocking(move || self.commit(seq)).await
    }
}

/// One pass.
pub(super) struct Pass {
    opened: Arc<OpenLibrary>,
    spaces: EmbeddedSpaces,
    embedder: Embedder,
    writers: Writers,
    stop: CancellationToken,
    /// Where progress and failures go.
    pub report: Option<JobContext>,
}

/// What a pass left.
pub(super) struct Done {
    pub embedder: Embedder,
    pub writers: Writers,
    pub captures: u64,
    pub vectors: u64,
}

impl Pass {
    /// Loads the model and elects this process to write; an error while another one embeds.
    pub async fn start(
        opened: &Arc<OpenLibrary>,
        model: &EmbeddingModel,
        regions: bool,
        threads: usize,
        stop: CancellationToken,
    ) -> AppResult<Self> {
        let spaces = EmbeddedSpaces::open(opened, model)?;
        let (model, electing) = (model.clone(), spaces.clone());
        let (embedder, writers) =
            blocking(move || Ok((model.load(threads)?, Writers::open(&electing, regions)?))).await?;
        Ok(Self { opened: opened.clone(), spaces, embedder, writers, stop, report: None })
    }

    /// Goes on with a model that is loaded.
    pub fn with(
        opened: &Arc<OpenLibrary>,
        spaces: &EmbeddedSpaces,
        embedder: Embedder,
        stop: CancellationToken,
    ) -> Result<Self, Box<(Embedder, IndexError)>> {
        let regions = spaces.regions.snapshot().is_ok_and(|vectors| vectors.seq() > 0);
        match Writers::open(spaces, regions) {
            Ok(writers) => {
                Ok(Self { opened: opened.clone(), spaces: spaces.clone(), embedder, writers, stop, report: None })
            }
            Err(error) => Err(Box::new((embedder, error))),
        }
    }

    /// Embeds what is missing of these captures. What was embedded before a stop is kept.
    pub async fn over(self, keys: &[u32]) -> AppResult<Done> {
        let (plans, to_decode) = mpsc::channel(IN_FLIGHT);
        let (pictures, to_embed) = mpsc::channel(IN_FLIGHT);
        let Self { opened, spaces, embedder, writers, stop, report } = self;
        let feeder = Feeder { opened, spaces, regions: writers.regions.is_some(), stop, report: report.clone() };
        let keys = keys.to_vec();
        let feeding = tokio::spawn(async move { feeder.feed(&keys, plans).await });
        let decoding = tokio::task::spawn_blocking({
            let report = report.clone();
            move || decode(to_decode, &pictures, report.as_ref())
        });
        let done = blocking(move || embed(embedder, writers, to_embed, report.as_ref())).await;
        let fed = feeding.await.unwrap_or_else(|error| Err(broken(&error)));
        decoding.await.map_err(|error| broken(&error))?;
        let done = done?;
        fed?;
        Ok(done)
    }
}

/// Finds what is missing, and fetches the originals for it.
struct Feeder {
    opened: Arc<OpenLibrary>,
    spaces: EmbeddedSpaces,
    regions: bool,
    stop: CancellationToken,
    report: Option<JobContext>,
}

impl Feeder {
    async fn feed(&self, keys: &[u32], plans: mpsc::Sender<Plan>) -> AppResult<()> {
        let (captures, regions) = (self.spaces.captures.snapshot()?, self.spaces.regions.snapshot()?);
        let filter = AnnotationFilter::main(self.opened.identity()?.project_id);
        for keys in keys.chunks(PAGE) {
            let mut annotations = HashMap::new();
            if self.regions {
                let of_page = self.opened.library.annotations_of(keys, &filter).await?;
                annotations.extend(of_page.into_iter().map(|of| (of.capture_id, of.annotations)));
            }
            let mut skipped = keys.len() as u64;
            for stored in self.opened.library.captures(keys).await? {
                if self.stop.is_cancelled() {
                    return Ok(());
                }
                let found = annotations.remove(&stored.capture.capture_id).unwrap_or_default();
                let wanted = self.regions.then_some((found.as_slice(), &*regions));
                let mut plan = Plan::of(stored.row_key, &stored.capture, &captures, wanted);
                if plan.is_empty() {
                    continue;
                }
                for asset in &mut plan.assets {
                    let path = self.opened.original(&asset.asset).await;
                    self.tell(stored.capture.capture_id, &asset.asset.name, &path);
                    asset.path = path.is_ok().then_some(path);
                }
                skipped -= 1;
                if plans.send(plan).await.is_err() {
                    return Ok(());
                }
            }
            if let Some(report) = &self.report {
                report.advance(skipped);
            }
        }
        Ok(())
    }

    fn tell(&self, capture_id: CaptureId, asset: &str, path: &AppResult<std::path::PathBuf>) {
        if let (Some(report), Err(error)) = (&self.report, path) {
            report.fail(format!("{capture_id} {asset}"), error.message.clone());
        }
    }
}

fn decode(mut plans: mpsc::Receiver<Plan>, decoded: &mpsc::Sender<(Plan, Vec<Shot>)>, report: Option<&JobContext>) {
    let limits = Limits::default();
    while let Some(plan) = plans.blocking_recv() {
        let mut shots = Vec::new();
        for asset in &plan.assets {
            match asset.shots(&limits) {
                Ok(found) => shots.extend(found),
                Err(error) => fail(report, &plan.subject, &asset.asset.name, &error),
            }
        }
        if decoded.blocking_send((plan, shots)).is_err() {
            return;
        }
    }
}

fn embed(
    mut embedder: Embedder,
    mut writers: Writers,
    mut decoded: mpsc::Receiver<(Plan, Vec<Shot>)>,
    report: Option<&JobContext>,
) -> AppResult<Done> {
    let (mut captures, mut vectors, mut committed) = (0, 0, Instant::now());
    while let Some((plan, shots)) = decoded.blocking_recv() {
        for item in &plan.gone_captures {
            writers.captures.remove_item(plan.row_key, *item);
        }
        if let Some(regions) = &mut writers.regions {
            plan.gone_regions.iter().for_each(|item| regions.remove_item(plan.row_key, *item));
        }
        for shot in shots {
            match embedder.embed(&shot.picture) {
                Ok(vector) => {
                    writers.put(plan.row_key, &shot, &vector)?;
                    vectors += 1;
                }
                Err(error) => fail(report, &plan.subject, "", &error.into()),
            }
        }
        captures += 1;
        if let Some(report) = report {
            report.advance(1);
        }
        if writers.uncommitted() >= BATCH || (writers.uncommitted() > 0 && committed.elapsed() > COMMIT_EVERY) {
            writers.commit(None)?;
            committed = Instant::now();
        }
    }
    writers.commit(None)?;
    Ok(Done { embedder, writers, captures, vectors })
}

fn fail(report: Option<&JobContext>, subject: &str, asset: &str, error: &AppError) {
    if let Some(report) = report {
        report.fail(format!("{subject} {asset}").trim_end(), error.message.clone());
    } else {
        tracing::debug!(subject, asset, error = error.message, "not embedded");
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> AppResult<T> + Send + 'static) -> AppResult<T> {
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| Err(broken(&error)))
}

fn broken(error: &tokio::task::JoinError) -> AppError {
    AppError::new(ErrorCode::Internal, format!("a stage of embedding broke: {error}"))
}
