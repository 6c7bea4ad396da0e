//! The committed log of queries.

use anyhow::{Context as _, Result};

/// `benches/queries/million.tsv`.
const LOG: &str = include_str!("../queries/million.tsv");

/// One line of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// What the result is sorted by.
    pub by: String,
    /// The greatest first.
    pub descending: bool,
    /// The query.
    pub text: String,
}

/// Every query of the log, in order.
pub fn log() -> Result<Vec<Logged>> {
    let lines = LOG.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| {
            let (sort, text) = line.split_once('\t').with_context(|| format!("no tab in {line:?}"))?;
            let (by, direction) = sort.split_once(' ').with_context(|| format!("no direction in {line:?}"))?;
            Ok(Logged { by: by.to_owned(), descending: direction == "desc", text: text.to_owned() })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_log_has_two_hundred_different_queries_that_parse() {
        let log = log().unwrap();
        let different: HashSet<&str> = log.iter().map(|logged| logged.text.as_str()).collect();
        assert!(different.len() >= 200 && different.len() == log.len(), "{} of {}", different.len(), log.len());
        for logged in &log {
            muster_domain::query::parse(&logged.text).unwrap_or_else(|error| panic!("{}: {error}", logged.text));
        }
    }
}
