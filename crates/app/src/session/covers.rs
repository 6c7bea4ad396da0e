//! Which picture stands for a capture, for the captures that a grid showed last.

use std::{collections::HashMap, sync::PoisonError};

use muster_domain::{capture::Asset, digest::Digest, id::CaptureId};

use super::opened::OpenLibrary;
use crate::error::{AppError, AppResult};

/// Captures that are remembered: some hundred screens of a dense grid, about 4 MB.
const REMEMBERED: usize = 50_000;

/// Digests of covers by capture.
pub(crate) type Covers = HashMap<CaptureId, Digest>;

impl OpenLibrary {
    /// Remembers what a page of the grid shows, so that its thumbnails need no look at the library.
    pub(crate) fn remember_covers(&self, covers: impl IntoIterator<Item = (CaptureId, Digest)>) {
        let mut remembered = self.covers.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() > REMEMBERED {
            remembered.clear();
        }
        remembered.extend(covers);
    }

    /// The digest of a capture's cover.
    pub(crate) async fn cover_digest(&self, capture_id: CaptureId) -> AppResult<Digest> {
        let known = self.covers.lock().unwrap_or_else(PoisonError::into_inner).get(&capture_id).copied();
        if let Some(digest) = known {
            return Ok(digest);
        }
        let asset = self.cover(capture_id).await?;
        self.remember_covers([(capture_id, asset.digest)]);
        Ok(asset.digest)
    }

    /// The asset that stands for a capture: its first picture, else its first video.
    pub(crate) async fn cover(&self, capture_id: CaptureId) -> AppResult<Asset> {
        let found = self.library.cover(capture_id).await?;
        found.ok_or_else(|| AppError::not_found(format!("picture in capture {capture_id}")))
    }
}
