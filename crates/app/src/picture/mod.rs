//! Pictures for the window: thumbnails, upright pictures, and pieces of them.
//!
//! A thumbnail costs one indexed read where the grid has named the capture before, two otherwise. What is missing is
//! made from a larger thumbnail where there is one, else from the original.

mod crops;
mod series;
mod tiles;
mod videos;

use std::{path::Path, sync::Arc};

use futures::StreamExt as _;
use muster_domain::{
    capture::{Asset, AssetKind},
    id::CaptureId,
};
use muster_media::Limits;
use muster_store::thumbnail::NewThumbnail;
use tokio::sync::mpsc;

use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult},
    session::opened::{OpenLibrary, parse_id},
    settings,
};

/// The sizes that thumbnails are kept in, px of the longer edge.
const SIZES_PX: [u32; 3] = [160, 320, 640];
/// The size that is made ahead.
pub(crate) const AHEAD_PX: u32 = 320;
/// Originals that are fetched at once for their thumbnails.
const FETCHES: usize = 4;
/// Pictures between two looks at the size of the cache.
const EVICT_EVERY: u32 = 100;
/// Larger pictures are shown reduced where they are shown whole; their tiles have every pixel.
pub(super) const MAX_SHOWN_PIXELS: u64 = 64_000_000;
/// The least long edge of such a reduced picture.
const REDUCED_PX: u32 = 4096;
/// JPEG quality of pictures that have to be written anew.
const QUALITY: u8 = 92;

/// A picture as a web view takes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their media type.
    pub media_type: String,
    /// Changes when the bytes change.
    pub version: String,
}

pub use crops::crop;
pub use series::{ChannelDto, SeriesDto, series};
pub use tiles::{TileGridDto, tile, tile_grid};
pub use videos::{frame, strip};

impl Picture {
    fn jpeg(bytes: Vec<u8>, version: String) -> Self {
        Self { bytes, media_type: "image/jpeg".into(), version }
    }
}

/// The thumbnail of a capture's first picture, of at least this long edge where there is such a size.
pub async fn thumbnail(app: &App, capture_id: &str, long_edge_px: u32) -> AppResult<Picture> {
    let opened = app.opened().await?;
    let capture_id: CaptureId = parse_id("capture", capture_id)?;
    let size_px = SIZES_PX.into_iter().find(|size| *size >= long_edge_px).unwrap_or(SIZES_PX[2]);
    let digest = opened.cover_digest(capture_id).await?;
    let version = format!("{digest}-{size_px}");
    match opened.library.thumbnails().nearest(&digest, size_px).await? {
        Some((found_px, bytes)) if found_px == size_px => Ok(Picture::jpeg(bytes, version)),
        Some((found_px, bytes)) if found_px > size_px => {
            let made = app.blocking(Urgency::Interactive, move || {
                Ok(muster_media::thumbnail("a thumbnail", &bytes, size_px, &Limits::default())?.jpeg)
            });
            let jpeg = made.await?;
            let new = NewThumbnail { digest, size_px, picture: jpeg.clone() };
            opened.library.thumbnails().put(&[new]).await?;
            Ok(Picture::jpeg(jpeg, version))
        }
        smaller => {
            let asset = opened.cover(capture_id).await?;
            match (make_thumbnail(app, &opened, &asset, size_px, Urgency::Interactive).await, smaller) {
                (Ok(jpeg), _) => Ok(Picture::jpeg(jpeg, version)),
                // A picture that is too small says more than none while its original cannot be had.
                (Err(_), Some((found_px, bytes))) => Ok(Picture::jpeg(bytes, format!("{digest}-{found_px}"))),
                (Err(error), None) => Err(error),
            }
        }
    }
}

/// A picture of a capture, upright, at full resolution or as large as a web view can hold; of a video its first frame.
pub async fn picture(app: &App, capture_id: &str, asset: &str) -> AppResult<Picture> {
    let opened = app.opened().await?;
    let found = asset_of(&opened, capture_id, asset).await?;
    let path = opened.original(&found).await?;
    opened.library.blobs().touch(&[found.digest]).await?;
    let version = found.digest.to_hex();
    let (bytes, media_type) = app.blocking(Urgency::Interactive, move || upright(&path, &found)).await?;
    Ok(Picture { bytes, media_type, version })
}

/// Makes a thumbnail unless there is one.
pub(crate) async fn make_thumbnail(
    app: &App,
    opened: &OpenLibrary,
    asset: &Asset,
    size_px: u32,
    urgency: Urgency,
) -> AppResult<Vec<u8>> {
    if let Some(bytes) = opened.library.thumbnails().get(&asset.digest, size_px).await? {
        return Ok(bytes);
    }
    let path = opened.original(asset).await?;
    let made =
        app.blocking(urgency, move || Ok(muster_media::thumbnail_path(&path, size_px, &Limits::default())?)).await?;
    let new = NewThumbnail { digest: asset.digest, size_px, picture: made.jpeg.clone() };
    opened.library.thumbnails().put(&[new]).await?;
    Ok(made.jpeg)
}

/// Makes thumbnails of pictures that arrived, a few at a time, as long as the library is open.
pub(crate) async fn make_ahead(app: App, opened: Arc<OpenLibrary>, wanted: mpsc::Receiver<Asset>) {
    let pictures =
        futures::stream::unfold(wanted, |mut wanted| async { wanted.recv().await.map(|asset| (asset, wanted)) });
    let made = pictures.map(|asset| {
        let (app, opened) = (app.clone(), opened.clone());
        async move { make_thumbnail(&app, &opened, &asset, AHEAD_PX, Urgency::Background).await }
    });
    let mut made = std::pin::pin!(made.buffer_unordered(FETCHES));
    let mut since_eviction = 0;
    loop {
        let done = tokio::select! {
            () = opened.stop.cancelled() => return,
            done = made.next() => done,
        };
        match done {
            None => return,
            Some(Err(error)) => tracing::debug!(%error, "a thumbnail was not made ahead"),
            Some(Ok(_)) => {}
        }
        since_eviction += 1;
        if since_eviction >= EVICT_EVERY {
            since_eviction = 0;
            keep_cache_small(&app, &opened).await;
        }
    }
}

/// Holds the cache of originals to the limit that the person set.
pub(crate) async fn keep_cache_small(app: &App, opened: &OpenLibrary) {
    let Ok(settings) = settings::settings(app).await else { return };
    if let Err(error) = opened.library.blobs().evict(settings.cache_limit_bytes).await {
        tracing::warn!(%error, "the cache of originals is over its limit");
    }
}

/// The asset that stands for a capture: the first picture, else the first video.
pub(crate) fn cover_of(assets: &[Asset]) -> Option<&Asset> {
    let of_kind = |kind| assets.iter().find(|asset| asset.kind() == kind);
    of_kind(AssetKind::Image).or_else(|| of_kind(AssetKind::Video))
}

async fn asset_of(opened: &OpenLibrary, capture_id: &str, asset: &str) -> AppResult<Asset> {
    let capture_id: CaptureId = parse_id("capture", capture_id)?;
    let found = opened.library.asset(capture_id, asset).await?;
    found.ok_or_else(|| AppError::not_found(format!("asset {asset:?} in capture {capture_id}")))
}

/// The pixels of an asset, as far as they are known.
fn pixels_of(asset: &Asset) -> u64 {
    u64::from(asset.width_px.unwrap_or(0)) * u64::from(asset.height_px.unwrap_or(0))
}

fn upright(path: &Path, asset: &Asset) -> AppResult<(Vec<u8>, String)> {
    let limits = Limits::default();
    let name = path.display().to_string();
    if asset.kind() == AssetKind::Video {
        let frame = muster_media::VideoReader::open(path, &limits)?.frame_at_index(0)?;
        return Ok((muster_media::encode_jpeg(&name, &frame.picture, QUALITY)?, "image/jpeg".into()));
    }
    if pixels_of(asset) > MAX_SHOWN_PIXELS {
        let picture = muster_media::decode_reduced_path(path, &limits, Some(REDUCED_PX))?;
        return Ok((muster_media::encode_jpeg(&name, &picture, QUALITY)?, "image/jpeg".into()));
    }
    let bytes = muster_media::read_limited(path, &limits)?;
    let (shown, media_type) = muster_media::for_web_view(&name, &bytes, &limits)?;
    Ok((shown.into_owned(), media_type.into()))
}
