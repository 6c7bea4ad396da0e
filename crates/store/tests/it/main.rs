//! The library from the outside: one binary, one module a subject.

mod annotations;
mod blobs;
mod bulk;
mod captures;
mod common;
mod consistency;
mod delivery;
mod imports;
mod jobs;
mod ledger;
mod lifecycle;
mod marks;
mod mending;
mod pieces;
mod processes;
mod schemas;
mod snapshots;
mod submissions;
mod undo;
mod views;
