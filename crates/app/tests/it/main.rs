//! Use cases over real libraries in temporary folders, with real pictures.

mod alike;
mod annotate;
mod coco;
mod counts;
mod curate;
mod doctor;
mod fixture;
mod import;
mod import_again;
mod import_sources;
mod pictures;
mod prelabel;
mod project;
mod sql;
