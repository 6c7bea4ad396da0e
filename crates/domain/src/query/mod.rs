//! The query language: syntax tree, parser and evaluation on rows.

pub mod row;
