//! Embeddings of a library, and the search for what lies near: derived data, appended to as captures arrive.
//!
//! ```text
//! vectors/SPACE/                 one folder a space: a model and what it looked at (captures or annotations)
//!   writer.lock                  held by the one process that writes
//!   head.json                    which rows and files count; replaced atomically, and only after they are on disk
//!   rows-G/owner                 u32 a row: row key of the capture, or 2³²−1 when the row is dead
//!   rows-G/item                  u64 a row: which picture of the capture, or which annotation
//!   rows-G/print                 u64 a row: fingerprint of what was looked at; another one means to look again
//!   rows-G/full                  f16 × dimensions a row, of unit length
//!   codes-V/axes                 the projection of version V: f32 axes × dimensions, then offset and step of each axis
//!   codes-V/near, codes-V/rest   i8 a row and axis: the first 64 axes, and the others
//!   plane, duplicates            the 2-D map and the clusters of near duplicates, see the modules of these names
//! ```
//! All numbers are little-endian. Limits: 2³¹ rows, 8,192 dimensions, 256 axes.
//!
//! A search has three steps. The first 64 axes of every row are compared in bytes, which reads 64 bytes a row; the best
//! 8,192 are compared on all axes; the best 1,000 of those by their full vectors. Below 4,096 rows there is no projection,
//! and where a filter leaves at most 20,000 rows, or less than a twentieth of them all, the full vectors are compared at
//! once: the answer is exact. There is no graph: a row that is appended is found at once, a filter costs nothing but
//! speed, and a fitted projection serves until the rows are twice as many.
//!
//! Deletion rule: a row that is replaced or removed is marked dead and overwritten with zeros at the next commit; when a
//! quarter of the rows is dead, the rest is copied to new files and the old ones are deleted. The whole folder may be
//! deleted at any time: embedding again brings it back. A crash leaves the rows of the last head; what was appended
//! after it is cut off by the next writer.

mod codes;
mod duplicates;
mod graph;
mod head;
mod kernel;
mod layout;
mod mapped;
mod open;
mod plane;
mod projection;
mod search;
mod writer;

pub use duplicates::Duplicates;
pub use graph::{Cluster, DuplicateOptions};
pub use head::Space;
pub use open::{VectorIndex, Vectors};
pub use plane::{LANDMARKS, Plane, PlanePoint};
pub use search::{Nearest, Neighbour};
pub use writer::VectorWriter;

/// What a dead row has for an owner.
pub(crate) const DEAD: u32 = u32::MAX;
/// The axes that every row is compared on.
pub(crate) const NEAR_AXES: usize = 64;
/// The most axes that a vector is reduced to.
pub(crate) const AXES: usize = 256;
