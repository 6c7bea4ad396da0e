//! The search index of a library: derived data, kept in step with the store by its change sequence.
//!
//! ```text
//! index/writer.lock   held by the one process that writes      index/create.lock   held while the files are made
//! index/v2/           the engine's files of document version 1; older versions are deleted by the next writer
//! ```
//! Limits: 2³² captures (row keys), 60,000 bytes of one text, 250 bytes of one word. Deletion rule: everything here
//! may be deleted at any time; [`Index::rebuild`] and indexing every row again bring it back. A commit is the atomic
//! replacement of one file, so a crash leaves the last committed state.
//!
//! A search sees every edit: [`Index::snapshot`] gives a committed state and the change sequence that it contains;
//! the caller lays the rows that changed later over it ([`View::with`]), and searches the [`View`]. What it says about a
//! query equals `muster_domain::query::eval_with` on every row.
//!
//! How: one tantivy document per capture. Words are looked up in posting lists. Everything else is in columns: the
//! columns of annotations have one value per annotation, side by side, so that a group of predicates is asked of one
//! annotation by walking its row; names become roaring bitmaps of documents, which give facets by intersection.

mod annotations;
mod cell;
mod columns;
mod complete;
mod document;
mod engine;
mod error;
mod evaluate;
mod external;
mod facet;
mod group;
mod index;
mod names;
mod numbers;
mod order;
mod rows;
mod search;
mod shape;
pub mod vectors;
mod view;
mod words;
mod writer;

pub use annotations::AnnotationHits;
pub use complete::{Choice, Completions};
pub use error::{IndexError, Result};
pub use external::{External, Ranking};
pub use facet::{Facet, FacetField, Histogram, HistogramField, Scale};
pub use group::{Group, GroupBy};
pub use index::{Index, Snapshot};
pub use search::{Hits, Request, usual_sort};
pub use view::View;
pub use writer::IndexWriter;
