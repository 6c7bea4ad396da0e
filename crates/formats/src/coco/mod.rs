//! COCO instances (<https://cocodataset.org/#format-data>): boxes as `x, y, width, height`, polygons as lists of lists,
//! masks as run lengths column by column.
//!
//! [`read`] understands what tools write in practice: whole numbers written as decimals, ids as texts, RLE in both
//! spellings. [`CocoWriter`] writes entry by entry in one pass. What Muster knows beyond COCO travels in blocks named
//! `muster`, which other readers pass over.

mod annotation;
mod extension;
mod model;
mod read;
mod rle;
mod segmentation;
mod write;

pub use annotation::{CROWD_ATTRIBUTE, Encoded, SOURCE_ATTRIBUTE, decode, encode};
pub use extension::{AnnotationExtension, ClassExtension, DatasetExtension, ImageExtension, ModelExtension};
pub use model::{CocoAnnotation, CocoCategory, CocoId, CocoImage, CocoInfo, Segmentation};
pub use read::{CocoFile, read};
pub use rle::{compress, decompress};
pub(crate) use write::hex;
pub use write::{CocoWriter, WrittenFile};

/// The format's name in origins and on the command line.
pub const FORMAT: &str = "coco";
