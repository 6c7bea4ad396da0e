//! The index on disk: opening, rebuilding, and the state that searches see.

use std::{
    collections::HashMap,
    fs::{self, File, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use roaring::RoaringBitmap;
use tantivy::{
    IndexReader, IndexSettings, ReloadPolicy, Searcher, TantivyError, directory::MmapDirectory, index::SegmentId,
    tokenizer::TextAnalyzer,
};

use crate::{
    columns::{Columns, Source},
    document::{Fields, VERSION},
    engine::EngineReader,
    error::{IndexError, Result},
    order::{Order, OrderName, Orders},
    words::{TOKENIZER, WordTokenizer},
    writer::IndexWriter,
};

/// The search index of a library, open for searching. Any number of processes may have it open.
pub struct Index {
    dir: PathBuf,
    engine: tantivy::Index,
    reader: IndexReader,
    fields: Fields,
    state: Mutex<State>,
}

/// What was read last.
struct State {
    /// The bytes of the engine's list of segments.
    meta: Vec<u8>,
    snapshot: Arc<Snapshot>,
}

/// One committed state of the index. It stays as it is while others write.
pub struct Snapshot {
    dir: PathBuf,
    indexed_seq: u64,
    captures: u64,
    pub(crate) segments: Vec<SnapshotSegment>,
    orders: Mutex<Orders>,
    /// Orders that the state before had: people will ask for them again.
    wanted: Vec<OrderName>,
}

pub(crate) struct SnapshotSegment {
    pub(crate) columns: Arc<Columns>,
    id: SegmentId,
    /// Documents that a later version replaced.
    pub(crate) deleted: RoaringBitmap,
}

impl Index {
    /// Opens the index in a directory and makes it when there is none of this version.
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self> {
        let dir = dir.into();
        let files = files_dir(&dir);
        make_dir(&files)?;
        let _creating = lock_creation(&dir)?;
        let fields = Fields::new();
        let engine = open_engine(&files, &fields).map_err(|source| damaged(&dir, source))?;
        engine.tokenizers().register(TOKENIZER, TextAnalyzer::from(WordTokenizer));
        let reader = engine
            .reader_builder()
            .reload_policy(ReloadPolicy::Manual)
            .try_into()
            .map_err(|source| damaged(&dir, source))?;
        let snapshot = Snapshot::of(&dir, 0, &reader.searcher(), None);
        let state = Mutex::new(State { meta: Vec::new(), snapshot: Arc::new(snapshot) });
        let index = Self { dir, engine, reader, fields, state };
        index.snapshot()?;
        Ok(index)
    }

    /// Deletes whatever is in the directory and starts with an empty index, which contains change sequence 0.
    /// [`IndexError::Busy`] while another process writes.
    pub fn rebuild(dir: impl Into<PathBuf>) -> Result<Self> {
        let dir = dir.into();
        make_dir(&dir)?;
        let _writing = lock_writer(&dir)?;
        {
            let _creating = lock_creation(&dir)?;
            let files = files_dir(&dir);
            match fs::remove_dir_all(&files) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(IndexError::Io { path: files, source });
                }
                _ => {}
            }
        }
        Self::open(dir)
    }

    /// The last committed state, also when another process committed it.
    pub fn snapshot(&self) -> Result<Arc<Snapshot>> {
        let path = files_dir(&self.dir).join("meta.json");
        let read = || fs::read(&path).map_err(|source| IndexError::Io { path: path.clone(), source });
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut meta = read()?;
        if state.meta == meta {
            return Ok(Arc::clone(&state.snapshot));
        }
        // The sequence must not claim more than the segments hold, so both are read until they are of one commit.
        let seq = loop {
            let seq = self.engine.load_metas().map_err(|source| damaged(&self.dir, source))?.payload;
            self.reader.reload().map_err(|source| damaged(&self.dir, source))?;
            let after = read()?;
            if after == meta {
                break seq;
            }
            meta = after;
        };
        let seq = seq.and_then(|payload| payload.parse().ok()).unwrap_or(0);
        let searcher = self.reader.searcher();
        let snapshot = Snapshot::of(&self.dir, seq, &searcher, Some(&state.snapshot));
        state.snapshot = Arc::new(snapshot);
        state.meta = meta;
        Ok(Arc::clone(&state.snapshot))
    }

    /// The change sequence that the index contains.
    pub fn indexed_seq(&self) -> Result<u64> {
        Ok(self.snapshot()?.indexed_seq())
    }

    /// The right to write, which one process at a time has; [`IndexError::Busy`] for the others.
    pub fn writer(&self) -> Result<IndexWriter> {
        let lock = lock_writer(&self.dir)?;
        self.delete_other_versions()?;
        let snapshot = self.snapshot()?;
        let mut known = RoaringBitmap::new();
        snapshot.checked(|| {
            for segment in &snapshot.segments {
                known.extend(segment.columns.row_keys()?);
            }
            Ok(())
        })?;
        IndexWriter::new(&self.dir, &self.engine, self.fields.clone(), known, lock)
    }

    /// Files whose checksum is wrong. Reads everything: for `muster doctor`, not for every start.
    pub fn damaged_files(&self) -> Result<Vec<PathBuf>> {
        let files = self.engine.validate_checksum().map_err(|source| damaged(&self.dir, source))?;
        let mut files: Vec<PathBuf> = files.into_iter().map(|file| files_dir(&self.dir).join(file)).collect();
        files.sort();
        Ok(files)
    }

    /// Indexes of older versions are derived data that nobody reads any more.
    fn delete_other_versions(&self) -> Result<()> {
        let in_dir = |source| IndexError::Io { path: self.dir.clone(), source };
        for entry in fs::read_dir(&self.dir).map_err(in_dir)? {
            let path = entry.map_err(in_dir)?.path();
            let version = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix('v'));
            if version.and_then(|version| version.parse::<u32>().ok()).is_some_and(|version| version < VERSION) {
                fs::remove_dir_all(&path).map_err(|source| IndexError::Io { path, source })?;
            }
        }
        Ok(())
    }
}

impl Snapshot {
    /// Keeps the decoded columns of segments that the state before had too.
    fn of(dir: &Path, indexed_seq: u64, searcher: &Searcher, before: Option<&Self>) -> Self {
        let known: HashMap<SegmentId, &Arc<Columns>> = before
            .into_iter()
            .flat_map(|before| &before.segments)
            .map(|segment| (segment.id, &segment.columns))
            .collect();
        let segments = searcher.segment_readers().iter().map(|reader| {
            let read = || {
                let source = Source::Engine(EngineReader::new(reader.clone()));
                Arc::new(Columns::new(source, reader.max_doc()))
            };
            let columns = known.get(&reader.segment_id()).map_or_else(read, |columns| Arc::clone(columns));
            let deleted = reader.alive_bitset().map_or_else(RoaringBitmap::new, |alive| {
                (0..reader.max_doc()).filter(|doc| alive.is_deleted(*doc)).collect()
            });
            SnapshotSegment { columns, id: reader.segment_id(), deleted }
        });
        Self {
            dir: dir.to_owned(),
            indexed_seq,
            captures: searcher.num_docs(),
            segments: segments.collect(),
            orders: Mutex::default(),
            wanted: before.map(Self::wanted_orders).unwrap_or_default(),
        }
    }

    /// The change sequence that this state contains: the overlay must hold every row that changed later.
    pub fn indexed_seq(&self) -> u64 {
        self.indexed_seq
    }

    /// How many captures this state holds.
    pub fn captures(&self) -> u64 {
        self.captures
    }

    /// An order, if it was made.
    pub(crate) fn made_order(&self, name: &OrderName) -> Option<Arc<Order>> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).get(name)
    }

    pub(crate) fn keep_order(&self, name: OrderName, order: Arc<Order>) -> Arc<Order> {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).keep(name, order)
    }

    /// The orders that were asked for here or, while nobody asked, in the state before.
    pub(crate) fn wanted_orders(&self) -> Vec<OrderName> {
        let mut names = self.orders.lock().unwrap_or_else(PoisonError::into_inner).names();
        for name in &self.wanted {
            if names.len() < crate::order::KEPT && !names.contains(name) {
                names.push(name.clone());
            }
        }
        names
    }

    /// Does something with the engine and names the directory in its errors.
    pub(crate) fn checked<T>(&self, work: impl FnOnce() -> tantivy::Result<T>) -> Result<T> {
        work().map_err(|source| engine_error(&self.dir, source))
    }
}

/// The engine's files of this version.
pub(crate) fn files_dir(dir: &Path) -> PathBuf {
    dir.join(format!("v{VERSION}"))
}

fn open_engine(files: &Path, fields: &Fields) -> tantivy::Result<tantivy::Index> {
    let directory = MmapDirectory::open(files)?;
    if tantivy::Index::exists(&directory)? {
        let engine = tantivy::Index::open(directory)?;
        if engine.schema() != fields.schema {
            return Err(TantivyError::SchemaError("the columns are not those of this version".to_owned()));
        }
        return Ok(engine);
    }
    tantivy::Index::create(directory, fields.schema.clone(), IndexSettings::default())
}

fn make_dir(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).map_err(|source| IndexError::Io { path: dir.to_owned(), source })
}

fn damaged(dir: &Path, source: TantivyError) -> IndexError {
    IndexError::Damaged { dir: dir.to_owned(), source: Box::new(source) }
}

pub(crate) fn engine_error(dir: &Path, source: TantivyError) -> IndexError {
    match source {
        TantivyError::DataCorruption(_) | TantivyError::IncompatibleIndex(_) => damaged(dir, source),
        TantivyError::LockFailure(..) => IndexError::Busy { dir: dir.to_owned() },
        source => IndexError::Engine { dir: dir.to_owned(), source: Box::new(source) },
    }
}

/// A file that is locked until it is dropped, or until the process ends, however it ends.
pub(crate) struct Locked(#[expect(dead_code, reason = "held for its lock, which ends when it is dropped")] File);

fn lock_path(dir: &Path, name: &str) -> Result<(File, PathBuf)> {
    let path = dir.join(name);
    let file = File::options().create(true).truncate(false).write(true).open(&path);
    file.map(|file| (file, path.clone())).map_err(|source| IndexError::Io { path, source })
}

fn lock_creation(dir: &Path) -> Result<Locked> {
    let (file, path) = lock_path(dir, "create.lock")?;
    file.lock().map_err(|source| IndexError::Io { path, source })?;
    Ok(Locked(file))
}

pub(crate) fn lock_writer(dir: &Path) -> Result<Locked> {
    let (file, path) = lock_path(dir, "writer.lock")?;
    match file.try_lock() {
        Ok(()) => Ok(Locked(file)),
        Err(TryLockError::WouldBlock) => Err(IndexError::Busy { dir: dir.to_owned() }),
        Err(TryLockError::Error(source)) => Err(IndexError::Io { path, source }),
    }
}
