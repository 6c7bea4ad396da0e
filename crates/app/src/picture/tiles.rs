//! Tiles of large pictures, made once.

use std::{ops::ControlFlow, time::Duration};

use muster_domain::capture::{Asset, AssetKind};
use muster_media::{Limits, TILE_PX, Tile, TileGrid};
use muster_store::thumbnail::piece::NewPiece;
use serde::{Deserialize, Serialize};
use specta::Type;
use tokio::sync::mpsc;

use super::{MAX_SHOWN_PIXELS, Picture, asset_of, pixels_of};
use crate::{
    app::{App, Urgency},
    error::{AppError, AppResult},
    session::opened::OpenLibrary,
};

/// Tiles that are saved in one transaction.
const BATCH: usize = 64;
/// How often a request looks for its tile while the picture is being cut.
const LOOK_EVERY: Duration = Duration::from_millis(150);

/// How a picture is cut into tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TileGridDto {
    /// The edge of a tile.
    pub tile_px: u32,
    /// Width of the upright picture.
    pub width_px: u32,
    /// Height of the upright picture.
    pub height_px: u32,
    /// How many levels there are: level 0 has every pixel, each further one half of the resolution.
    pub levels: u32,
    /// Whether the picture is too large to be shown whole at full resolution.
    pub advised: bool,
}

/// How an asset is cut into tiles.
pub async fn tile_grid(app: &App, capture_id: String, asset: String) -> AppResult<TileGridDto> {
    let opened = app.opened().await?;
    let asset = asset_of(&opened, &capture_id, &asset).await?;
    let grid = grid_of(&asset)?;
    Ok(TileGridDto {
        tile_px: TILE_PX,
        width_px: grid.width_px,
        height_px: grid.height_px,
        levels: grid.levels,
        advised: pixels_of(&asset) > MAX_SHOWN_PIXELS,
    })
}

/// One tile. The first request for any tile of a picture cuts all of them, and each is answered as soon as it is there.
pub async fn tile(app: &App, capture_id: &str, asset: &str, level: u32, x: u32, y: u32) -> AppResult<Picture> {
    let opened = app.opened().await?;
    let asset = asset_of(&opened, capture_id, asset).await?;
    let grid = grid_of(&asset)?;
    let (across, down) = if level < grid.levels { grid.tiles(level) } else { (0, 0) };
    let what = what(level, x, y);
    if x >= across || y >= down {
        return Err(AppError::not_found(format!("{what} of {:?}", asset.name)));
    }
    let version = format!("{}-{what}", asset.digest);
    let pieces = opened.library.thumbnails().pieces();
    loop {
        if let Some(bytes) = pieces.get(&asset.digest, &what).await? {
            return Ok(Picture::jpeg(bytes, version));
        }
        // One picture is cut at a time: what it takes is memory.
        if let Ok(_cutting) = tokio::time::timeout(LOOK_EVERY, opened.cutting.lock()).await {
            if let Some(bytes) = pieces.get(&asset.digest, &what).await? {
                return Ok(Picture::jpeg(bytes, version));
            }
            cut(app, &opened, &asset).await?;
            let bytes = pieces.get(&asset.digest, &what).await?;
            let bytes = bytes.ok_or_else(|| AppError::not_found(format!("{what} of {:?}", asset.name)))?;
            return Ok(Picture::jpeg(bytes, version));
        }
    }
}

fn grid_of(asset: &Asset) -> AppResult<TileGrid> {
    let (Some(width), Some(height), AssetKind::Image) = (asset.width_px, asset.height_px, asset.kind()) else {
        return Err(AppError::invalid(format!("{:?} is no picture of known size", asset.name)));
    };
    Ok(TileGrid::new(width, height))
}

fn what(level: u32, x: u32, y: u32) -> String {
    format!("tile/{level}/{x}/{y}")
}

async fn cut(app: &App, opened: &OpenLibrary, asset: &Asset) -> AppResult<()> {
    let path = opened.original(asset).await?;
    let (send, mut receive) = mpsc::channel::<Tile>(BATCH);
    let cutting = app.blocking(Urgency::Interactive, move || {
        let emit = |tile| match send.blocking_send(tile) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        Ok(muster_media::tile_picture(&path, &Limits::default(), emit)?)
    });
    let saving = async {
        let mut batch = Vec::with_capacity(BATCH);
        while receive.recv_many(&mut batch, BATCH).await > 0 {
            let new = batch.drain(..).map(|tile| NewPiece {
                digest: asset.digest,
                what: what(tile.level, tile.x, tile.y),
                picture: tile.jpeg,
            });
            opened.library.thumbnails().pieces().put(&new.collect::<Vec<_>>()).await?;
        }
        Ok(())
    };
    let (cut, saved): (AppResult<_>, AppResult<()>) = tokio::join!(cutting, saving);
    // Saving that fails ends the cutting, whose own word would be that it was stopped.
    saved?;
    cut?;
    Ok(())
}
