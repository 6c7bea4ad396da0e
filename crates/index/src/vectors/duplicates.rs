//! Clusters of near duplicates as they were found last.
//!
//! ```text
//! duplicates   "MDUP", u32 version 1, f32 least cosine asked for, u32 clusters;
//!              then for each: u32 captures, f32 least cosine in it, u32 row key × captures
//! ```
//! The file is replaced whole, and may be deleted at any time.

use std::{
    fs::{self, File},
    io::{self, Write as _},
};

use super::{graph::Cluster, head::at, open::VectorIndex};
use crate::error::Result;

const MAGIC: &[u8; 8] = b"MDUP\x01\0\0\0";

/// What a search for near duplicates found.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Duplicates {
    /// The least cosine that was asked for.
    pub similarity: f32,
    /// The clusters, by their first captures.
    pub clusters: Vec<Cluster>,
}

impl Duplicates {
    /// What was found last in a space; none where nobody looked or the file is damaged.
    pub fn load(index: &VectorIndex) -> Option<Self> {
        let bytes = fs::read(index.dir().join("duplicates")).ok()?;
        let words = bytes.strip_prefix(MAGIC)?.chunks_exact(4);
        let mut words = words.map(|four| u32::from_le_bytes(four.try_into().expect("chunks have four bytes")));
        let similarity = f32::from_bits(words.next()?);
        let count = words.next()?;
        let mut clusters = Vec::new();
        for _ in 0..count {
            let (length, similarity) = (words.next()? as usize, f32::from_bits(words.next()?));
            let captures: Vec<u32> = words.by_ref().take(length).collect();
            if captures.len() != length {
                return None;
            }
            clusters.push(Cluster { captures, similarity });
        }
        Some(Self { similarity, clusters })
    }

    /// Saves it in place of what was found before.
    pub fn save(&self, index: &VectorIndex) -> Result<()> {
        let (path, part) = (index.dir().join("duplicates"), index.dir().join("duplicates.part"));
        let mut bytes = MAGIC.to_vec();
        bytes.extend(self.similarity.to_bits().to_le_bytes());
        bytes.extend((self.clusters.len() as u32).to_le_bytes());
        for cluster in &self.clusters {
            bytes.extend((cluster.captures.len() as u32).to_le_bytes());
            bytes.extend(cluster.similarity.to_bits().to_le_bytes());
            bytes.extend(cluster.captures.iter().flat_map(|capture| capture.to_le_bytes()));
        }
        let write = || -> io::Result<()> {
            let mut file = File::create(&part)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&part, &path)
        };
        write().map_err(at(&path))
    }
}
