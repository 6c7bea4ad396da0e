//! What of a capture is to be embedded, and the pictures of it.

use std::{collections::BTreeMap, path::PathBuf};

use muster_domain::{
    annotation::{Annotation, Decision},
    capture::{Asset, AssetKind, Capture},
    geometry::BoundingBox,
};
use muster_index::vectors::Vectors;
use muster_media::{Limits, RgbImage, VideoReader};

use crate::{
    error::{AppError, AppResult},
    vectors::{hash, part, region_item},
};

/// Frames of a video that are embedded at most, at even distances and at least a second apart.
const FRAMES: i64 = 32;
const SECOND_MICROS: i64 = 1_000_000;
/// Regions with a shorter edge show too little.
const LEAST_EDGE_PX: f64 = 8.0;
/// The longer edge from which decoding for a whole picture may save work.
const WHOLE_EDGE_PX: u32 = 448;

/// What is to be done about one capture.
pub(crate) struct Plan {
    pub row_key: u32,
    /// Names it in messages.
    pub subject: String,
    pub assets: Vec<AssetPlan>,
    /// Items that are there and should not be.
    pub gone_captures: Vec<u64>,
    pub gone_regions: Vec<u64>,
}

/// What is to be looked at in one asset.
pub(crate) struct AssetPlan {
    pub asset: Asset,
    pub path: Option<AppResult<PathBuf>>,
    ordinal: u64,
    print: u64,
    whole: bool,
    regions: Vec<Region>,
}

struct Region {
    item: u64,
    print: u64,
    frame: u64,
    bounds: BoundingBox,
}

/// A picture to embed, and where its vector goes.
pub(crate) struct Shot {
    pub is_region: bool,
    pub item: u64,
    pub print: u64,
    pub picture: RgbImage,
}

impl Plan {
    /// What is missing of a capture. `regions` are its annotations and what there is of them, where they are wanted.
    pub fn of(row_key: u32, capture: &Capture, captures: &Vectors, regions: Option<(&[Annotation], &Vectors)>) -> Self {
        let known = captures.items(row_key);
        let mut plan = Self {
            row_key,
            subject: capture.capture_id.to_string(),
            assets: Vec::new(),
            gone_captures: Vec::new(),
            gone_regions: Vec::new(),
        };
        let mut kept = Vec::new();
        for (ordinal, asset) in (0u64..).zip(&capture.assets) {
            if asset.kind() == AssetKind::Series {
                continue;
            }
            let print = hash(&[asset.digest.as_bytes()]);
            let of_asset = known.iter().filter(|(item, known)| item >> 32 == ordinal && *known == print);
            let before = kept.len();
            kept.extend(of_asset.map(|(item, _)| *item));
            let whole = kept.len() == before;
            plan.assets.push(AssetPlan {
                asset: asset.clone(),
                path: None,
                ordinal,
                print,
                whole,
                regions: Vec::new(),
            });
        }
        plan.gone_captures = known.iter().map(|(item, _)| *item).filter(|item| !kept.contains(item)).collect();
        if let Some((annotations, vectors)) = regions {
            plan.add_regions(annotations, &vectors.items(row_key));
        }
        plan.assets.retain(|asset| asset.whole || !asset.regions.is_empty());
        plan
    }

    fn add_regions(&mut self, annotations: &[Annotation], known: &[(u64, u64)]) {
        let mut wanted: BTreeMap<u64, u64> = BTreeMap::new();
        for annotation in annotations.iter().filter(|annotation| annotation.decision != Decision::Rejected) {
            let Some(asset) = self.assets.iter_mut().find(|asset| asset.asset.name == annotation.asset) else {
                continue;
            };
            let Some(bounds) = annotation.geometry.bounds() else { continue };
            if bounds.width.min(bounds.height) < LEAST_EDGE_PX {
                continue;
            }
            let frame = u64::from(annotation.frame_index.unwrap_or(0));
            let place = [bounds.x, bounds.y, bounds.width, bounds.height].map(f64::to_le_bytes).concat();
            let print = hash(&[asset.asset.digest.as_bytes(), &frame.to_le_bytes(), &place]);
            let item = region_item(annotation.annotation_id);
            wanted.insert(item, print);
            if !known.contains(&(item, print)) {
                asset.regions.push(Region { item, print, frame, bounds });
            }
        }
        self.gone_regions = known.iter().map(|(item, _)| *item).filter(|item| !wanted.contains_key(item)).collect();
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.assets.is_empty() && self.gone_captures.is_empty() && self.gone_regions.is_empty()
    }
}

impl AssetPlan {
    /// The pictures to embed.
    pub fn shots(&self, limits: &Limits) -> AppResult<Vec<Shot>> {
        let path = match &self.path {
            Some(Ok(path)) => path,
            Some(Err(error)) => return Err(AppError::new(error.code, error.message.clone())),
            None => return Ok(Vec::new()),
        };
        if self.asset.kind() == AssetKind::Video {
            return self.frames(VideoReader::open(path, limits)?);
        }
        let bytes = muster_media::read_limited(path, limits)?;
        let least = self.regions.is_empty().then_some(WHOLE_EDGE_PX);
        let picture = muster_media::decode_reduced(&path.display().to_string(), &bytes, limits, least)?;
        let mut shots: Vec<Shot> = self.regions.iter().filter_map(|region| region.shot(&picture)).collect();
        if self.whole {
            shots.push(self.shot(0, picture));
        }
        Ok(shots)
    }

    fn shot(&self, frame: u64, picture: RgbImage) -> Shot {
        Shot { is_region: false, item: self.ordinal << 32 | frame, print: self.print, picture }
    }

    fn frames(&self, mut reader: VideoReader) -> AppResult<Vec<Shot>> {
        let mut shots = Vec::new();
        if self.whole {
            let duration = reader.header().duration_micros.unwrap_or(0);
            let step = (duration / FRAMES).max(SECOND_MICROS);
            shots.push(self.shot(0, reader.frame_at_index(0)?.picture));
            for place in 1..FRAMES {
                if place * step >= duration {
                    break;
                }
                // The end of a file may lack what its header promises.
                let Ok(frame) = reader.frame_at_micros(place * step) else { break };
                shots.push(self.shot(place as u64, frame.picture));
            }
        }
        let mut regions: Vec<&Region> = self.regions.iter().collect();
        regions.sort_by_key(|region| region.frame);
        for of_frame in regions.chunk_by(|a, b| a.frame == b.frame) {
            let frame = reader.frame_at_index(of_frame[0].frame)?.picture;
            shots.extend(of_frame.iter().filter_map(|region| region.shot(&frame)));
        }
        Ok(shots)
    }
}

impl Region {
    /// The part of the picture; `None` where the region lies outside of it.
    fn shot(&self, picture: &RgbImage) -> Option<Shot> {
        let picture = part(picture, &self.bounds)?;
        Some(Shot { is_region: true, item: self.item, print: self.print, picture })
    }
}
