//! Formats at the crate's boundary.

mod archives;
mod coco_files;
mod coco_hostile;
mod coco_round_trip;
mod names;
mod values;
