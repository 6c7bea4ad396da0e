//! A space as searches see it.

use std::{
    collections::BTreeSet,
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use half::{f16, slice::HalfFloatSliceExt as _};
use roaring::RoaringBitmap;

use super::{
    DEAD,
    codes::CodeFiles,
    head::{Head, Space, at},
    mapped::Mapped,
    writer::VectorWriter,
};
use crate::{
    error::{IndexError, Result},
    index::lock_writer,
};

/// Times that files are looked for again when a writer replaced them meanwhile.
const TRIES: u32 = 5;

/// The vectors of one space, open for searching. Any number of processes may have it open.
pub struct VectorIndex {
    dir: PathBuf,
    space: Space,
    state: Mutex<State>,
}

struct State {
    head: Vec<u8>,
    vectors: Arc<Vectors>,
}

/// One committed state of a space.
pub struct Vectors {
    pub(crate) space: Space,
    pub(crate) head: Head,
    pub(crate) owner: Mapped<u32>,
    pub(crate) item: Mapped<u64>,
    pub(crate) print: Mapped<u64>,
    pub(crate) full: Mapped<f16>,
    pub(crate) codes: Option<CodeFiles>,
    by_owner: OnceLock<Vec<(u32, u32)>>,
}

impl VectorIndex {
    /// Opens a space below the folder of all vectors. One that is not there is empty.
    pub fn open(root: &Path, space: Space) -> Result<Self> {
        let dir = root.join(&space.name);
        fs::create_dir_all(&dir).map_err(at(&dir))?;
        let vectors = Vectors::open(&dir, &space, Head::empty(space.dimensions))?;
        let index = Self { dir, space, state: Mutex::new(State { head: Vec::new(), vectors: Arc::new(vectors) }) };
        index.snapshot()?;
        Ok(index)
    }

    /// The space.
    pub fn space(&self) -> &Space {
        &self.space
    }

    /// The folder of the space.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The last committed state, also when another process committed it.
    pub fn snapshot(&self) -> Result<Arc<Vectors>> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut tries = 0;
        loop {
            let bytes = Head::read_bytes(&self.dir)?;
            if bytes == state.head {
                return Ok(Arc::clone(&state.vectors));
            }
            let head = Head::parse(&bytes, self.space.dimensions).unwrap_or(Head::empty(self.space.dimensions));
            match Vectors::open(&self.dir, &self.space, head) {
                Ok(vectors) => {
                    *state = State { head: bytes, vectors: Arc::new(vectors) };
                    return Ok(Arc::clone(&state.vectors));
                }
                // The files of a head go only after another head took its place.
                Err(IndexError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound && tries < TRIES => {
                    tries += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// The right to write, which one process at a time has; [`IndexError::Busy`] for the others.
    pub fn writer(&self) -> Result<VectorWriter> {
        VectorWriter::open(&self.dir, &self.space, lock_writer(&self.dir)?)
    }

    /// Deletes everything in the space: it is derived data. [`IndexError::Busy`] while another process writes.
    pub fn clear(&self) -> Result<()> {
        let _writing = lock_writer(&self.dir)?;
        let head = self.dir.join("head.json");
        match fs::remove_file(&head) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&head)(error)),
            _ => {}
        }
        super::writer::sweep(&self.dir, &BTreeSet::new())
    }
}

impl Vectors {
    fn open(dir: &Path, space: &Space, head: Head) -> Result<Self> {
        let rows = head.rows_dir(dir);
        let codes = match head.codes_dir(dir) {
            None => None,
            Some(codes) => Some(CodeFiles::open(&codes, space.dimensions, space.axes(), space.near_axes(), head.rows)?),
        };
        Ok(Self {
            owner: open_rows(&rows, "owner", head.rows)?,
            item: open_rows(&rows, "item", head.rows)?,
            print: open_rows(&rows, "print", head.rows)?,
            full: open_rows(&rows, "full", head.rows * space.dimensions)?,
            codes,
            by_owner: OnceLock::new(),
            space: space.clone(),
            head,
        })
    }

    /// How many vectors there are.
    pub fn len(&self) -> usize {
        self.head.rows - self.head.dead
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The change sequence of the library up to which everything was looked at; 0 before the first full run.
    pub fn seq(&self) -> u64 {
        self.head.seq
    }

    /// The captures that have a vector here.
    pub fn owners(&self) -> RoaringBitmap {
        self.owner.get().iter().filter(|owner| **owner != DEAD).copied().collect()
    }

    /// What there is of a capture: item and fingerprint.
    pub fn items(&self, owner: u32) -> Vec<(u64, u64)> {
        self.rows_of(owner).map(|row| (self.item.get()[row], self.print.get()[row])).collect()
    }

    /// The vector of an item.
    pub fn vector(&self, owner: u32, item: u64) -> Option<Vec<f32>> {
        let row = self.rows_of(owner).find(|row| self.item.get()[*row] == item)?;
        Some(self.full_of(row))
    }

    /// The vector of a row in full.
    pub(crate) fn full_of(&self, row: usize) -> Vec<f32> {
        self.stored(row).to_f32_vec()
    }

    pub(crate) fn stored(&self, row: usize) -> &[f16] {
        &self.full.get()[row * self.space.dimensions..][..self.space.dimensions]
    }

    pub(crate) fn is_live(&self, row: usize) -> bool {
        self.owner.get()[row] != DEAD
    }

    /// The rows of a capture.
    pub(crate) fn rows_of(&self, owner: u32) -> impl Iterator<Item = usize> {
        let sorted = self.by_owner.get_or_init(|| {
            let mut pairs: Vec<(u32, u32)> = (0u32..).zip(self.owner.get()).map(|(row, owner)| (*owner, row)).collect();
            pairs.sort_unstable();
            pairs
        });
        let first = sorted.partition_point(|(known, _)| *known < owner);
        // A row may have died since the order was made.
        sorted[first..]
            .iter()
            .take_while(move |(known, _)| *known == owner && owner != DEAD)
            .map(|(_, row)| *row as usize)
            .filter(|row| self.is_live(*row))
    }
}

fn open_rows<T: bytemuck::Pod>(dir: &Path, name: &str, count: usize) -> Result<Mapped<T>> {
    let path = dir.join(name);
    Mapped::open(&path, count).map_err(at(&path))
}
