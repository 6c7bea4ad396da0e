//! Use cases over real libraries in temporary folders, with real pictures.

mod annotate;
mod coco;
mod counts;
mod fixture;
mod import;
mod pictures;
mod prelabel;
mod project;
mod sql;
