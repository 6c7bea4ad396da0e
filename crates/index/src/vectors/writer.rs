//! Writing a space: one process at a time.

use std::{
    collections::{BTreeSet, HashMap},
    fs::{self, File},
    io::{self, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use half::{f16, slice::HalfFloatSliceExt as _, vec::HalfFloatVecExt as _};

use super::{
    DEAD,
    codes::{read_projection, write_projection},
    head::{Codes, Head, Space, at},
    open::{VectorIndex, Vectors},
    projection::Projection,
};
use crate::{
    error::{IndexError, Result},
    index::Locked,
};

/// The most rows that a projection is fitted to.
const FIT_ROWS: usize = 16_384;
/// A projection is fitted anew when the rows are this many times as many.
const REFIT: usize = 2;
/// At the end of a full run it is also fitted anew when a fifth of the rows came after the last time: what arrives late
/// may look different from what arrived first.
const SETTLED_PERCENT: usize = 125;
/// Dead rows that are let be.
const DEAD_COMFORT: usize = 1_024;
/// Rows that are copied or coded at once.
const BLOCK: usize = 1_024;

/// The right to change a space. What was put or removed is searched after [`VectorWriter::commit`].
pub struct VectorWriter {
    dir: PathBuf,
    space: Space,
    head: Head,
    committed: Arc<Vectors>,
    projection: Option<Projection>,
    pending: Vec<Pending>,
    pending_full: Vec<f16>,
    /// Rows before the pending ones that die at the next commit.
    dying: BTreeSet<u32>,
    _lock: Locked,
}

struct Pending {
    owner: u32,
    item: u64,
    print: u64,
    is_live: bool,
}

impl VectorWriter {
    pub(crate) fn open(dir: &Path, space: &Space, lock: Locked) -> Result<Self> {
        let index = VectorIndex::open(parent(dir), space.clone())?;
        let committed = index.snapshot()?;
        let mut head = committed.head.clone();
        head.dead = committed.owner.get().iter().filter(|owner| **owner == DEAD).count();
        let projection = match head.codes_dir(dir) {
            Some(codes) => Some(read_projection(&codes.join("axes"), space.dimensions, space.axes())?),
            None => None,
        };
        let mut writer = Self {
            dir: dir.to_owned(),
            space: space.clone(),
            head,
            committed,
            projection,
            pending: Vec::new(),
            pending_full: Vec::new(),
            dying: BTreeSet::new(),
            _lock: lock,
        };
        sweep(dir, &writer.in_use())?;
        writer.cut_uncommitted()?;
        Ok(writer)
    }

    /// What there is of a capture, what was put since the last commit included: item and fingerprint.
    pub fn items(&self, owner: u32) -> Vec<(u64, u64)> {
        let committed = self.committed.rows_of(owner).filter(|row| !self.dying.contains(&(*row as u32)));
        let committed = committed.map(|row| (self.committed.item.get()[row], self.committed.print.get()[row]));
        let pending = self.pending.iter().filter(|row| row.owner == owner && row.is_live);
        committed.chain(pending.map(|row| (row.item, row.print))).collect()
    }

    /// Puts the vector of an item in place of an earlier one. It must have the space's length and unit length.
    pub fn put(&mut self, owner: u32, item: u64, print: u64, vector: &[f32]) -> Result<()> {
        if vector.len() != self.space.dimensions || vector.iter().any(|value| !value.is_finite()) || owner == DEAD {
            let detail = format!("a vector of {} values does not fit {}", vector.len(), self.space.dimensions);
            return Err(at(&self.dir)(io::Error::new(io::ErrorKind::InvalidInput, detail)));
        }
        self.remove_item(owner, item);
        self.pending.push(Pending { owner, item, print, is_live: true });
        self.pending_full.extend(Vec::<f16>::from_f32_slice(vector));
        Ok(())
    }

    /// Removes an item.
    pub fn remove_item(&mut self, owner: u32, item: u64) {
        self.remove_where(owner, |known| known == item);
    }

    /// Removes everything of a capture.
    pub fn remove(&mut self, owner: u32) {
        self.remove_where(owner, |_| true);
    }

    fn remove_where(&mut self, owner: u32, applies: impl Fn(u64) -> bool) {
        let item = self.committed.item.get();
        self.dying.extend(self.committed.rows_of(owner).filter(|row| applies(item[*row])).map(|row| row as u32));
        for row in self.pending.iter_mut().filter(|row| row.owner == owner && applies(row.item)) {
            row.is_live = false;
        }
    }

    /// Vectors that were put since the last commit.
    pub fn uncommitted(&self) -> usize {
        self.pending.len()
    }

    /// The captures that have something here, as of the last commit.
    pub fn committed(&self) -> &Vectors {
        &self.committed
    }

    /// Makes everything durable and visible. `seq`, where given, is the change sequence up to which the library was
    /// looked at.
    pub fn commit(&mut self, seq: Option<u64>) -> Result<()> {
        self.append()?;
        self.kill()?;
        self.head.seq = seq.unwrap_or(self.head.seq);
        self.publish()?;
        let live = self.head.rows - self.head.dead;
        if self.head.dead > DEAD_COMFORT.max(self.head.rows / 4) {
            self.compact()?;
        }
        let is_due = match self.head.codes {
            None => live >= self.space.reduce_at,
            Some(codes) if seq.is_some() => live * 100 >= codes.fitted_at * SETTLED_PERCENT,
            Some(codes) => live >= codes.fitted_at * REFIT,
        };
        if is_due {
            self.fit()?;
        }
        Ok(())
    }

    /// Replaces the head, and looks at what it says.
    fn publish(&mut self) -> Result<()> {
        self.head.write(&self.dir)?;
        self.committed = VectorIndex::open(parent(&self.dir), self.space.clone())?.snapshot()?;
        sweep(&self.dir, &self.in_use())
    }

    fn append(&mut self) -> Result<()> {
        let (pending, full) = (std::mem::take(&mut self.pending), std::mem::take(&mut self.pending_full));
        let mut rows = Rows::default();
        for (row, full) in pending.iter().zip(full.chunks_exact(self.space.dimensions)).filter(|(row, _)| row.is_live) {
            rows.owner.push(row.owner);
            rows.item.push(row.item);
            rows.print.push(row.print);
            rows.full.extend_from_slice(full);
        }
        if rows.owner.is_empty() {
            return Ok(());
        }
        rows.append(&self.head.rows_dir(&self.dir), self.head.rows, self.space.dimensions)?;
        if let (Some(projection), Some(codes)) = (&self.projection, self.head.codes_dir(&self.dir)) {
            let coded = Coded::of(projection, &rows.full, self.space.near_axes());
            coded.append(&codes, self.head.rows, &self.space)?;
        }
        self.head.rows += rows.owner.len();
        Ok(())
    }

    /// Marks rows dead and overwrites what they were. A crash after it loses only rows that were to go.
    fn kill(&mut self) -> Result<()> {
        let dying = std::mem::take(&mut self.dying);
        if dying.is_empty() {
            return Ok(());
        }
        let rows = self.head.rows_dir(&self.dir);
        overwrite(&rows.join("owner"), &dying, &DEAD.to_le_bytes())?;
        overwrite(&rows.join("full"), &dying, &vec![0; self.space.dimensions * 2])?;
        if let Some(codes) = self.head.codes_dir(&self.dir) {
            let (near, all) = (self.space.near_axes(), self.space.axes());
            overwrite(&codes.join("near"), &dying, &vec![0; near])?;
            overwrite(&codes.join("rest"), &dying, &vec![0; all - near])?;
        }
        self.head.dead += dying.len();
        Ok(())
    }

    /// Fits a projection to the rows and codes them all.
    fn fit(&mut self) -> Result<()> {
        let vectors = Arc::clone(&self.committed);
        let live: Vec<usize> = (0..vectors.head.rows).filter(|row| vectors.is_live(*row)).collect();
        let step = live.len().div_ceil(FIT_ROWS).max(1);
        let sample: Vec<f32> = live.iter().step_by(step).flat_map(|row| vectors.full_of(*row)).collect();
        let projection = Projection::fit(&sample, self.space.dimensions, self.space.axes());
        drop(sample);
        let codes = Codes { version: self.next_version(), fitted_at: live.len() };
        let mut head = self.head.clone();
        head.codes = Some(codes);
        let dir = head.codes_dir(&self.dir).expect("it was just set");
        clear_dir(&dir)?;
        write_projection(&dir, &projection)?;
        for start in (0..head.rows).step_by(BLOCK) {
            let end = head.rows.min(start + BLOCK);
            let dimensions = self.space.dimensions;
            let full = &vectors.full.get()[start * dimensions..end * dimensions];
            Coded::of(&projection, full, self.space.near_axes()).append(&dir, start, &self.space)?;
        }
        self.projection = Some(projection);
        self.head = head;
        self.publish()
    }

    /// Copies the living rows to files of a new generation.
    fn compact(&mut self) -> Result<()> {
        let vectors = Arc::clone(&self.committed);
        let mut head = self.head.clone();
        head.generation += 1;
        (head.rows, head.dead) = (0, 0);
        head.codes = head.codes.map(|codes| Codes { version: self.next_version(), ..codes });
        let (rows_dir, codes_dir) = (head.rows_dir(&self.dir), head.codes_dir(&self.dir));
        clear_dir(&rows_dir)?;
        if let (Some(dir), Some(projection)) = (&codes_dir, &self.projection) {
            clear_dir(dir)?;
            write_projection(dir, projection)?;
        }
        let live: Vec<usize> = (0..vectors.head.rows).filter(|row| vectors.is_live(*row)).collect();
        for block in live.chunks(BLOCK) {
            let rows = Rows {
                owner: block.iter().map(|row| vectors.owner.get()[*row]).collect(),
                item: block.iter().map(|row| vectors.item.get()[*row]).collect(),
                print: block.iter().map(|row| vectors.print.get()[*row]).collect(),
                full: block.iter().flat_map(|row| vectors.stored(*row)).copied().collect(),
            };
            rows.append(&rows_dir, head.rows, self.space.dimensions)?;
            if let (Some(dir), Some(codes)) = (&codes_dir, &vectors.codes) {
                let coded = Coded {
                    near: block.iter().flat_map(|row| codes.near_of(*row)).copied().collect(),
                    rest: block.iter().flat_map(|row| codes.rest_of(*row)).copied().collect(),
                };
                coded.append(dir, head.rows, &self.space)?;
            }
            head.rows += block.len();
        }
        self.head = head;
        self.publish()
    }

    fn next_version(&self) -> u32 {
        self.head.codes.map_or(1, |codes| codes.version + 1)
    }

    /// The files that the head speaks of.
    fn in_use(&self) -> BTreeSet<PathBuf> {
        [Some(self.head.rows_dir(&self.dir)), self.head.codes_dir(&self.dir)].into_iter().flatten().collect()
    }

    /// Cuts off what a writer appended and never committed.
    fn cut_uncommitted(&mut self) -> Result<()> {
        let rows = self.head.rows_dir(&self.dir);
        fs::create_dir_all(&rows).map_err(at(&rows))?;
        let mut sizes = HashMap::from([
            (rows.join("owner"), 4),
            (rows.join("item"), 8),
            (rows.join("print"), 8),
            (rows.join("full"), self.space.dimensions * 2),
        ]);
        if let Some(codes) = self.head.codes_dir(&self.dir) {
            sizes.insert(codes.join("near"), self.space.near_axes());
            sizes.insert(codes.join("rest"), self.space.axes() - self.space.near_axes());
        }
        for (path, size) in sizes {
            let length = (self.head.rows * size) as u64;
            let cut = || {
                let file = File::options().create(true).truncate(false).write(true).open(&path)?;
                if file.metadata()?.len() > length { file.set_len(length) } else { Ok(()) }
            };
            cut().map_err(at(&path))?;
        }
        Ok(())
    }
}

/// Rows that are appended together.
#[derive(Default)]
struct Rows {
    owner: Vec<u32>,
    item: Vec<u64>,
    print: Vec<u64>,
    full: Vec<f16>,
}

impl Rows {
    fn append(&self, dir: &Path, rows: usize, dimensions: usize) -> Result<()> {
        append(&dir.join("owner"), rows * 4, bytemuck::cast_slice(&self.owner))?;
        append(&dir.join("item"), rows * 8, bytemuck::cast_slice(&self.item))?;
        append(&dir.join("print"), rows * 8, bytemuck::cast_slice(&self.print))?;
        append(&dir.join("full"), rows * dimensions * 2, bytemuck::cast_slice(&self.full))
    }
}

/// Codes that are appended together.
struct Coded {
    near: Vec<i8>,
    rest: Vec<i8>,
}

impl Coded {
    fn of(projection: &Projection, full: &[f16], near_axes: usize) -> Self {
        let (mut near, mut rest, mut code) = (Vec::new(), Vec::new(), Vec::new());
        let mut row = vec![0.0; projection.dimensions];
        for stored in full.chunks_exact(projection.dimensions) {
            stored.convert_to_f32_slice(&mut row);
            code.clear();
            projection.code(&projection.reduce(&row), &mut code);
            near.extend_from_slice(&code[..near_axes]);
            rest.extend_from_slice(&code[near_axes..]);
        }
        Self { near, rest }
    }

    fn append(&self, dir: &Path, rows: usize, space: &Space) -> Result<()> {
        let near_axes = space.near_axes();
        append(&dir.join("near"), rows * near_axes, bytemuck::cast_slice(&self.near))?;
        append(&dir.join("rest"), rows * (space.axes() - near_axes), bytemuck::cast_slice(&self.rest))
    }
}

/// Writes bytes at a place of a file, and makes them durable.
fn append(path: &Path, place: usize, bytes: &[u8]) -> Result<()> {
    let write = || {
        let mut file = File::options().create(true).truncate(false).write(true).open(path)?;
        file.seek(SeekFrom::Start(place as u64))?;
        file.write_all(bytes)?;
        file.sync_data()
    };
    write().map_err(at(path))
}

/// Writes the same bytes over some rows of a file.
fn overwrite(path: &Path, rows: &BTreeSet<u32>, bytes: &[u8]) -> Result<()> {
    if bytes.is_empty() {
        return Ok(());
    }
    let write = || {
        let mut file = File::options().write(true).open(path)?;
        for row in rows {
            file.seek(SeekFrom::Start(u64::from(*row) * bytes.len() as u64))?;
            file.write_all(bytes)?;
        }
        file.sync_data()
    };
    write().map_err(at(path))
}

fn clear_dir(dir: &Path) -> Result<()> {
    match fs::remove_dir_all(dir) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(dir)(error)),
        _ => {}
    }
    fs::create_dir_all(dir).map_err(at(dir))
}

/// Deletes the files of heads that are gone.
pub(crate) fn sweep(dir: &Path, in_use: &BTreeSet<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir).map_err(at(dir))? {
        let path = entry.map_err(at(dir))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if (name.starts_with("rows-") || name.starts_with("codes-")) && !in_use.contains(&path) {
            fs::remove_dir_all(&path).map_err(|source| IndexError::Io { path: path.clone(), source })?;
        }
    }
    Ok(())
}

fn parent(dir: &Path) -> &Path {
    dir.parent().expect("a space is a folder in the folder of all vectors")
}
