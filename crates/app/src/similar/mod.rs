//! What looks alike: the nearest captures to a capture, a region, a picture or a text, and near duplicates.

mod duplicates;
mod nearest;

pub use duplicates::{DedupeRequest, DuplicateCluster, DuplicateReport, duplicates, start_dedupe};
pub use nearest::{SimilarCapture, SimilarRequest, similar};
