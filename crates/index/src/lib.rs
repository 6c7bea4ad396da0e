//! The search index of a library: derived data, kept in step with the store by its change sequence.
//!
//! ```text
//! index/writer.lock   held by the one process that writes      index/create.lock   held while the files are made
//! index/v1/           the engine's files of document version 1; older versions are deleted by the next writer
//! ```
//! Limits: 2³² captures (row keys), 60,000 bytes of one text, 250 bytes of one word. Deletion rule: everything here
//! may be deleted at any time; [`Index::rebuild`] and indexing every row again bring it back. A commit is the atomic
//! replacement of one file, so a crash leaves the last committed state.
//!
//! A search sees every edit: [`Index::snapshot`] gives a committed state and the change sequence that it contains;
//! the caller reads the rows that changed later from the store into an [`Overlay`], and [`Snapshot::search`] evaluates
//! those rows itself. What the index says about a query equals `muster_domain::query::eval` on every row.
//!
//! How: one tantivy document per capture. Words are looked up in posting lists. Everything else is in columns: the
//! columns of annotations have one value per annotation, side by side, so that a group of predicates is asked of one
//! annotation by walking its row; names become roaring bitmaps of documents, which give facets by intersection.

mod columns;
mod complete;
mod document;
mod error;
mod evaluate;
mod index;
mod numbers;
mod overlay;
mod search;
pub mod vectors;
mod words;
mod writer;

pub use complete::{Choice, Completions};
pub use error::{IndexError, Result};
pub use index::{Index, Snapshot};
pub use overlay::Overlay;
pub use search::{Facet, Hits};
pub use writer::IndexWriter;
