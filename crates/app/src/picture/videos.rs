//! Frames of videos: the strip for a preview, and one frame by its time.

use muster_domain::{capture::AssetKind, id::CaptureId};
use muster_media::{Limits, VideoReader};
use muster_store::thumbnail::piece::NewPiece;

use super::{Picture, QUALITY, asset_of};
use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult},
    session::opened::parse_id,
};

/// The long edge of a strip's frames, px.
const STRIP_PX: u32 = 240;
/// The most frames in a strip.
const MAX_FRAMES: u32 = 32;

/// Frames of a capture's video side by side, from left to right, at even distances in time.
pub async fn strip(app: &App, capture_id: &str, frames: u32) -> AppResult<Picture> {
    let opened = app.opened().await?;
    let id: CaptureId = parse_id("capture", capture_id)?;
    let stored = opened.library.capture(id).await?;
    let assets = stored.map(|stored| stored.capture.assets).unwrap_or_default();
    let video = assets.into_iter().find(|asset| asset.kind() == AssetKind::Video);
    let video = video.ok_or_else(|| AppError::not_found(format!("video in capture {id}")))?;
    let frames = frames.clamp(2, MAX_FRAMES);
    let what = format!("strip/{frames}");
    let version = format!("{}-{what}", video.digest);
    let pieces = opened.library.thumbnails().pieces();
    if let Some(bytes) = pieces.get(&video.digest, &what).await? {
        return Ok(Picture::jpeg(bytes, version));
    }
    let path = opened.original(&video).await?;
    let made = app.blocking(Urgency::Interactive, move || {
        Ok(muster_media::video_strip(&path, frames, STRIP_PX, &Limits::default())?.jpeg)
    });
    let picture = made.await?;
    pieces.put(&[NewPiece { digest: video.digest, what, picture: picture.clone() }]).await?;
    Ok(Picture::jpeg(picture, version))
}

/// The frame of a video that is shown at this time after its start.
pub async fn frame(app: &App, capture_id: &str, asset: &str, micros: i64) -> AppResult<Picture> {
    let opened = app.opened().await?;
    let video = asset_of(&opened, capture_id, asset).await?;
    if video.kind() != AssetKind::Video {
        return Err(AppError::invalid(format!("{asset:?} is no video")));
    }
    let version = format!("{}-{micros}", video.digest);
    let path = opened.original(&video).await?;
    let made = app.blocking(Urgency::Interactive, move || {
        let frame = VideoReader::open(&path, &Limits::default())?.frame_at_micros(micros)?;
        Ok(muster_media::encode_jpeg(&path.display().to_string(), &frame.picture, QUALITY)?)
    });
    Ok(Picture::jpeg(made.await?, version))
}
