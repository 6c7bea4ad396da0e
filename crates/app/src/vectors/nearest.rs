//! The nearest captures to something.

use std::{
    path::Path,
    sync::{Arc, PoisonError},
};

use muster_domain::{
    capture::AssetKind,
    id::AnnotationId,
    query::{IdPrefix, Nearest as Asked},
};
use muster_index::{
    External,
    vectors::{Nearest, VectorIndex},
};
use muster_inference::{Embedder, TextEmbedder};
use muster_media::{Limits, RgbImage, VideoReader};
use roaring::RoaringBitmap;

use super::{EmbeddedSpaces, EmbeddingModel, joint_models, model_in_use, part, region_item};
use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult, ErrorCode},
    picture,
    session::opened::OpenLibrary,
};

/// The nearest of the candidates (all for `None`), with their distances, the nearest first.
pub(crate) async fn nearest(
    app: &App,
    opened: &Arc<OpenLibrary>,
    to: &Asked,
    candidates: Option<&RoaringBitmap>,
    limit: u32,
) -> AppResult<Vec<(u32, f32)>> {
    match to {
        Asked::Described(text) => {
            let (index, query) = described(app, opened, text).await?;
            ask(app, &index, query, candidates, limit).await
        }
        Asked::Capture(prefix) => {
            let model = model_in_use(app, opened, "").await?;
            let spaces = EmbeddedSpaces::open(opened, &model)?;
            expect_vectors(&spaces.captures, &model)?;
            let row_key = capture_of(app, opened, prefix).await?;
            let vectors = spaces.captures.snapshot()?;
            let known = vectors.items(row_key).iter().map(|(item, _)| *item).min();
            let query = match known.and_then(|item| vectors.vector(row_key, item)) {
                Some(vector) => vector,
                None => of_capture(app, opened, &model, row_key).await?,
            };
            ask(app, &spaces.captures, query, candidates, limit).await
        }
        Asked::Annotation(prefix) => {
            let model = model_in_use(app, opened, "").await?;
            let spaces = EmbeddedSpaces::open(opened, &model)?;
            let query = of_annotation(app, opened, &model, &spaces, prefix).await?;
            // Regions are compared with regions where there are any.
            let index = if spaces.regions.snapshot()?.is_empty() { &spaces.captures } else { &spaces.regions };
            expect_vectors(index, &model)?;
            ask(app, index, query, candidates, limit).await
        }
    }
}

/// The nearest of the candidates to a picture that need not be in the library.
pub(crate) async fn nearest_to_file(
    app: &App,
    opened: &Arc<OpenLibrary>,
    path: String,
    candidates: Option<&RoaringBitmap>,
    limit: u32,
) -> AppResult<Vec<(u32, f32)>> {
    let model = model_in_use(app, opened, "").await?;
    let spaces = EmbeddedSpaces::open(opened, &model)?;
    expect_vectors(&spaces.captures, &model)?;
    let loading = opened.clone();
    let query = app
        .blocking(Urgency::Interactive, move || {
            let picture = decode(Path::new(&path), AssetKind::Image, 0)?;
            embed(&model, &loading, &picture)
        })
        .await?;
    ask(app, &spaces.captures, query, candidates, limit).await
}

async fn ask(
    app: &App,
    index: &VectorIndex,
    query: Vec<f32>,
    candidates: Option<&RoaringBitmap>,
    limit: u32,
) -> AppResult<Vec<(u32, f32)>> {
    let (vectors, among) = (index.snapshot()?, candidates.cloned());
    app.blocking(Urgency::Interactive, move || {
        let wanted = Nearest { query: &query, among: among.as_ref(), limit: limit as usize, one_per_capture: true };
        Ok(vectors.nearest(&wanted).iter().map(|found| (found.capture, 1.0 - found.similarity)).collect())
    })
    .await
}

fn expect_vectors(index: &VectorIndex, model: &EmbeddingModel) -> AppResult<()> {
    if index.snapshot()?.is_empty() {
        let message = format!("no capture has an embedding of {} yet", model.manifest.id);
        return Err(AppError::new(ErrorCode::Invalid, message)
            .with_remedy("embed the library first: `muster embed`, or Embed in the map"));
    }
    Ok(())
}

/// The one capture whose id begins so; the first of several.
async fn capture_of(app: &App, opened: &Arc<OpenLibrary>, prefix: &IdPrefix) -> AppResult<u32> {
    let digits = digits(prefix);
    let (view, query) = (opened.view().await?, muster_domain::query::parse(&format!("id:{digits}"))?);
    let found = app.blocking(Urgency::Interactive, move || Ok(view.row_keys_of(&query, &External::default())?)).await?;
    found.min().ok_or_else(|| AppError::not_found(format!("capture {digits}")))
}

fn digits(prefix: &IdPrefix) -> String {
    let (digits, first) = (prefix.digits() as usize, prefix.range().0);
    format!("{first:032x}")[..digits].to_owned()
}

/// The embedding of a capture that has none yet.
async fn of_capture(app: &App, opened: &Arc<OpenLibrary>, model: &EmbeddingModel, row_key: u32) -> AppResult<Vec<f32>> {
    let stored = opened.library.captures(&[row_key]).await?;
    let assets = stored.first().map(|stored| stored.capture.assets.as_slice()).unwrap_or_default();
    let asset = picture::cover_of(assets).ok_or_else(|| AppError::not_found("picture in this capture"))?;
    let (path, kind, model, opened) = (opened.original(asset).await?, asset.kind(), model.clone(), opened.clone());
    app.blocking(Urgency::Interactive, move || embed(&model, &opened, &decode(&path, kind, 0)?)).await
}

async fn of_annotation(
    app: &App,
    opened: &Arc<OpenLibrary>,
    model: &EmbeddingModel,
    spaces: &EmbeddedSpaces,
    prefix: &IdPrefix,
) -> AppResult<Vec<f32>> {
    let unknown = || AppError::not_found(format!("annotation {}", digits(prefix))).with_remedy("give its whole id");
    if prefix.digits() < 32 {
        return Err(unknown());
    }
    let annotation_id = AnnotationId(uuid::Uuid::from_u128(prefix.range().0));
    let annotation = opened.library.annotation(annotation_id).await?.ok_or_else(unknown)?;
    let row_key = opened.row_key(annotation.capture_id).await?;
    if let Some(vector) = spaces.regions.snapshot()?.vector(row_key, region_item(annotation_id)) {
        return Ok(vector);
    }
    let stored = opened.library.captures(&[row_key]).await?;
    let mut assets = stored.iter().flat_map(|stored| &stored.capture.assets);
    let asset = assets.find(|asset| asset.name == annotation.asset).ok_or_else(unknown)?;
    let (path, kind, frame) = (opened.original(asset).await?, asset.kind(), annotation.frame_index.unwrap_or(0));
    let (bounds, model, opened) = (annotation.geometry.bounds(), model.clone(), opened.clone());
    app.blocking(Urgency::Interactive, move || {
        let picture = decode(&path, kind, u64::from(frame))?;
        embed(&model, &opened, &bounds.and_then(|bounds| part(&picture, &bounds)).unwrap_or(picture))
    })
    .await
}

/// The space and the query of a text.
async fn described(app: &App, opened: &Arc<OpenLibrary>, text: &str) -> AppResult<(Arc<VectorIndex>, Vec<f32>)> {
    let in_use = model_in_use(app, opened, "").await.ok().filter(|model| model.manifest.text.is_some());
    let others = joint_models(app)?;
    let mut first = None;
    for model in in_use.into_iter().chain(others) {
        let spaces = EmbeddedSpaces::open(opened, &model)?;
        if !spaces.captures.snapshot()?.is_empty() {
            let (text, loading) = (text.to_owned(), opened.clone());
            let query = app
                .blocking(Urgency::Interactive, move || {
                    let embedder = model.for_texts(&loading)?.expect("joint models read texts");
                    let mut embedder = embedder.lock().unwrap_or_else(PoisonError::into_inner);
                    Ok(TextEmbedder::embed(&mut embedder, &text)?)
                })
                .await?;
            return Ok((spaces.captures, query));
        }
        first.get_or_insert(model.manifest.id);
    }
    Err(match first {
        Some(id) => AppError::new(ErrorCode::Invalid, format!("no capture has an embedding of {id} yet"))
            .with_remedy(format!("embed the library with it: `muster embed --model {id}`")),
        None => AppError::new(ErrorCode::ModelMissing, "no model is installed that reads texts and pictures")
            .with_remedy("add one with a [text] section in its manifest: models/README.md says how"),
    })
}

fn embed(model: &EmbeddingModel, opened: &OpenLibrary, picture: &RgbImage) -> AppResult<Vec<f32>> {
    let embedder = model.for_pictures(opened)?;
    let mut embedder = embedder.lock().unwrap_or_else(PoisonError::into_inner);
    Ok(Embedder::embed(&mut embedder, picture)?)
}

fn decode(path: &Path, kind: AssetKind, frame: u64) -> AppResult<RgbImage> {
    let limits = Limits::default();
    if kind == AssetKind::Video {
        return Ok(VideoReader::open(path, &limits)?.frame_at_index(frame)?.picture);
    }
    let bytes = muster_media::read_limited(path, &limits)?;
    Ok(muster_media::decode_upright(&path.display().to_string(), &bytes, &limits)?)
}
