//! The vectors of the open library, and the loaded models that ask them.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::SystemTime,
};

use muster_index::vectors::{Plane, Space, VectorIndex};
use muster_inference::{Embedder, TextEmbedder};

use super::opened::OpenLibrary;
use crate::error::AppResult;

/// A map that was read, with its folder and when it was saved.
type ReadPlane = ((PathBuf, SystemTime), Arc<Plane>);

/// Colours with their search and field.
type PaintedSearch = ((u32, String), Arc<Painted>);

/// What is open of the vectors.
#[derive(Default)]
pub(crate) struct Spaces {
    open: Mutex<HashMap<String, Arc<VectorIndex>>>,
    /// Loaded models by id, for single questions; jobs load their own.
    pub pictures: Mutex<HashMap<String, Arc<Mutex<Embedder>>>>,
    /// Their text halves; `None` for a model that reads no texts.
    pub texts: Mutex<HashMap<String, Option<Arc<Mutex<TextEmbedder>>>>>,
    /// The map that was read last, with its folder and when it was saved.
    pub plane: Mutex<Option<ReadPlane>>,
    /// The place of each row key in the result of the search that the map showed last.
    pub places: Mutex<Option<(u32, Arc<Vec<u32>>)>>,
    /// Colours by search and field, the latest first.
    pub painted: Mutex<Vec<PaintedSearch>>,
}

/// The colours that a field's values give to captures.
pub(crate) struct Painted {
    pub legend: Vec<PaintedValue>,
    /// For each row key the place of its colour in the legend, or [`u8::MAX`].
    colours: Vec<u8>,
}

/// A value that has a colour.
pub(crate) struct PaintedValue {
    pub value: String,
    /// Captures of the result that have it.
    pub count: u32,
    pub class_id: Option<String>,
}

impl Painted {
    /// `keys` are the captures of each value, in the order of the legend; of several values the first counts.
    pub fn of(legend: Vec<PaintedValue>, keys: &[Arc<[u32]>]) -> Self {
        let greatest = keys.iter().flat_map(|keys| keys.iter()).max();
        let mut colours = vec![u8::MAX; greatest.map_or(0, |greatest| *greatest as usize + 1)];
        for (colour, keys) in (0..u8::MAX).zip(keys).rev() {
            for key in keys.iter() {
                colours[*key as usize] = colour;
            }
        }
        Self { legend, colours }
    }

    /// The place of a capture's colour in the legend; 2³²−1 for none.
    pub fn colour(&self, row_key: u32) -> u32 {
        self.colours
            .get(row_key as usize)
            .filter(|colour| **colour != u8::MAX)
            .map_or(u32::MAX, |colour| u32::from(*colour))
    }
}

impl OpenLibrary {
    /// The folder of all vectors.
    pub fn vectors_folder(&self) -> PathBuf {
        self.library.root().join("vectors")
    }

    /// A space of the library.
    pub fn space(&self, space: Space) -> AppResult<Arc<VectorIndex>> {
        let mut open = self.spaces.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(index) = open.get(&space.name) {
            return Ok(index.clone());
        }
        let name = space.name.clone();
        let index = Arc::new(VectorIndex::open(&self.vectors_folder(), space)?);
        open.insert(name, index.clone());
        Ok(index)
    }
}
