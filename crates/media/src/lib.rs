//! Reads the assets of a capture: probes, decoded pictures, video frames, thumbnails and digests.
//!
//! Everything that this crate returns is *upright*: EXIF orientation, display matrix and sample aspect ratio are
//! applied, so that a pixel here is the pixel that an annotation's coordinates mean.
//!
//! Files come from devices, disks and strangers, so every entry point takes [`Limits`] and answers a damaged, truncated
//! or absurd file with a typed [`MediaError`] that names it. What a file is, is read from its first bytes; its name is
//! only used in messages.

mod crop;
mod error;
mod exif;
mod hash;
mod intake;
mod jpeg;
mod limits;
mod mean;
mod picture;
mod probe;
mod rows;
mod series;
mod sniff;
mod thumbnail;
mod tile;
mod video;

pub use crop::{crops, crops_of};
pub use error::{MediaError, Quantity, Result};
pub use exif::{GpsPosition, RecordedTime};
pub use hash::{hash_file, hash_reader};
pub use image::{GrayImage, RgbImage};
pub use intake::{Intake, take_in};
pub use jpeg::encode_jpeg;
pub use limits::Limits;
pub use picture::{
    decode_reduced, decode_reduced_path, decode_upright, for_web_view, is_upright_jpeg, read_limited, resize,
    resize_gray, upright_jpeg,
};
pub use probe::{Probe, probe_bytes, probe_path};
pub use series::{Channel, Series, read_series};
pub use sniff::{MediaFormat, MediaKind, sniff};
pub use thumbnail::{Thumbnail, shrink, thumbnail, thumbnail_path, thumbnails, video_thumbnail};
pub use tile::{TILE_PX, Tile, TileGrid, tile_picture};
pub use video::{FrameStamp, Strip, TimeBase, VideoFrame, VideoHeader, VideoReader, video_strip};
