//! Import and export of label formats.
//!
//! | module | what |
//! | --- | --- |
//! | [`archive`] | zip, tar and tar.gz with captures in them, within limits |
//! | [`coco`] | COCO instances: boxes, polygons, masks |
//! | [`manifest`] | the manifest of an export: every file with its hash, and what the format could not hold |
//! | [`names`] | file names inside an export: plain, unique on every file system |
//! | [`values`] | tables of field values: CSV and Parquet |
//!
//! A reader refuses a file as a whole only when it cannot be understood as a whole; what is wrong with a single
//! annotation is returned beside the rest, so that one bad box does not hold up a hundred thousand good ones.

pub mod archive;
pub mod coco;
pub mod error;
pub mod manifest;
pub mod names;
pub mod values;

pub use error::FormatError;
