//! What a search looks at: a committed state of the index, and over it the rows that changed since.
//!
//! Rows that are not indexed yet are parts like the segments of the engine, with the same columns, so that a hundred
//! thousand of them cost a search as much as indexed ones. A view never changes: an edit makes a new one that shares
//! everything with the old one but the rows that the edit touched. Small parts are joined, so there are never many.

use std::sync::Arc;

use muster_domain::{
    id::AnnotationId,
    query::{CaptureRow, Duplicate, SetTest},
};
use roaring::RoaringBitmap;

use crate::{
    cell::Cell,
    columns::{Columns, Source},
    document::column,
    error::Result,
    index::Snapshot,
};

/// More parts of rows than this are joined.
const MOST_PARTS: usize = 8;

/// A committed state of the index with the rows that changed since. It stays as it is while others write.
pub struct View {
    pub(crate) snapshot: Arc<Snapshot>,
    /// The segments, then rows that are not indexed yet.
    pub(crate) parts: Vec<ViewPart>,
    /// The number of the first document of each part.
    pub(crate) bases: Vec<u32>,
    /// Captures that are gone, with the change at which they went.
    removed: Vec<(u32, u64)>,
    change_seq: u64,
    duplicates: Cell<[Arc<RoaringBitmap>; 2]>,
    /// The number of the first annotation of each part.
    annotation_bases: Cell<Vec<u32>>,
}

/// One part of a view.
#[derive(Clone)]
pub(crate) struct ViewPart {
    pub(crate) columns: Arc<Columns>,
    /// Documents that a later version replaced.
    pub(crate) dead: RoaringBitmap,
}

impl ViewPart {
    fn live(&self) -> u64 {
        u64::from(self.columns.max_doc) - self.dead.len()
    }

    /// The rows of a part that is not indexed yet.
    fn rows(&self) -> &[Arc<CaptureRow>] {
        match &self.columns.source {
            Source::Rows(reader) => &reader.rows,
            Source::Engine(_) => &[],
        }
    }

    fn live_rows(&self) -> impl Iterator<Item = &Arc<CaptureRow>> {
        (0..).zip(self.rows()).filter(|(doc, _)| !self.dead.contains(*doc)).map(|(_, row)| row)
    }
}

impl View {
    /// The committed state with nothing over it.
    pub fn of(snapshot: Arc<Snapshot>) -> Self {
        let part = |segment: &crate::index::SnapshotSegment| ViewPart {
            columns: segment.columns.clone(),
            dead: segment.deleted.clone(),
        };
        let parts = snapshot.segments.iter().map(part).collect();
        let change_seq = snapshot.indexed_seq();
        Self::made(snapshot, parts, Vec::new(), change_seq)
    }

    fn made(snapshot: Arc<Snapshot>, parts: Vec<ViewPart>, removed: Vec<(u32, u64)>, change_seq: u64) -> Self {
        let mut next = 0;
        let base = |part: &ViewPart| {
            let base = next;
            next += part.columns.max_doc;
            base
        };
        let bases = parts.iter().map(base).collect();
        Self { snapshot, parts, bases, removed, change_seq, duplicates: Cell::new(), annotation_bases: Cell::new() }
    }

    /// The change up to which the view is complete.
    pub fn change_seq(&self) -> u64 {
        self.change_seq
    }

    /// The committed state that it lies over.
    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }

    /// How many rows are not indexed yet.
    pub fn overlaid(&self) -> u64 {
        self.parts[self.indexed_parts()..].iter().map(ViewPart::live).sum()
    }

    /// How many captures it holds.
    pub fn captures(&self) -> u64 {
        self.parts.iter().map(ViewPart::live).sum()
    }

    fn indexed_parts(&self) -> usize {
        self.snapshot.segments.len()
    }

    /// This view with rows as they are now and without rows that are gone; of two rows with one key the later counts.
    /// It is then complete up to `change_seq`.
    pub fn with(&self, rows: Vec<CaptureRow>, removed: &[u32], change_seq: u64) -> Result<Self> {
        let gone: RoaringBitmap = removed.iter().copied().collect();
        let mut seen = RoaringBitmap::new();
        let mut fresh: Vec<Arc<CaptureRow>> = Vec::with_capacity(rows.len());
        for row in rows.into_iter().rev() {
            if !gone.contains(row.row_key) && seen.insert(row.row_key) {
                fresh.push(Arc::new(row));
            }
        }
        let mut parts = self.parts.clone();
        mask(&self.snapshot, &mut parts, &(&seen | &gone))?;
        let mut joined = parts.split_off(self.indexed_parts());
        joined.retain(|part| part.live() > 0);
        while let Some(last) = joined.last() {
            let small = last.live() <= 2 * fresh.len() as u64;
            if fresh.is_empty() || !(small || joined.len() >= MOST_PARTS) {
                break;
            }
            fresh.extend(last.live_rows().cloned());
            joined.pop();
        }
        parts.append(&mut joined);
        if !fresh.is_empty() {
            parts.push(of_rows(fresh));
        }
        let mut all_removed = self.removed.clone();
        all_removed.extend(removed.iter().map(|key| (*key, change_seq)));
        Ok(Self::made(self.snapshot.clone(), parts, all_removed, change_seq.max(self.change_seq)))
    }

    /// This view over a later state: what that state contains is taken from it.
    pub fn moved_to(&self, snapshot: Arc<Snapshot>) -> Result<Self> {
        let indexed = snapshot.indexed_seq();
        let later = |part: &ViewPart| -> Vec<Arc<CaptureRow>> {
            part.live_rows().filter(|row| row.change_seq > indexed).cloned().collect()
        };
        let mut keys = RoaringBitmap::new();
        let mut over = Vec::new();
        for part in &self.parts[self.indexed_parts()..] {
            let rows = later(part);
            keys.extend(rows.iter().map(|row| row.row_key));
            if rows.len() as u64 == part.live() {
                over.push(part.clone());
            } else if !rows.is_empty() {
                over.push(of_rows(rows));
            }
        }
        let removed: Vec<(u32, u64)> = self.removed.iter().copied().filter(|(_, seq)| *seq > indexed).collect();
        keys.extend(removed.iter().map(|(key, _)| *key));
        let moved = Self::of(snapshot);
        let mut parts = moved.parts;
        mask(&moved.snapshot, &mut parts, &keys)?;
        parts.extend(over);
        let change_seq = self.change_seq.max(indexed);
        Ok(Self::made(moved.snapshot, parts, removed, change_seq))
    }

    /// Makes what nearly every search needs, so that the first ones do not pay for it.
    pub fn warm(&self) -> Result<()> {
        self.checked(|| {
            for part in &self.parts {
                part.columns.warm()?;
            }
            Ok(())
        })?;
        self.warm_orders()
    }

    pub(crate) fn checked<T>(&self, work: impl FnOnce() -> tantivy::Result<T>) -> Result<T> {
        self.snapshot.checked(work)
    }

    /// The part of a document, and its number there.
    pub(crate) fn part_of(&self, place: u32) -> (usize, u32) {
        let part = self.bases.partition_point(|base| *base <= place) - 1;
        (part, place - self.bases[part])
    }

    /// How many documents there are, dead ones too.
    pub(crate) fn documents(&self) -> u32 {
        self.parts.iter().map(|part| part.columns.max_doc).sum()
    }

    /// Where the live version of a row is.
    pub(crate) fn place_of(&self, row_key: u32) -> tantivy::Result<Option<u32>> {
        for (part, base) in self.parts.iter().zip(&self.bases).rev() {
            let mut place = None;
            part.columns.each_doc_of(row_key, |doc| {
                if !part.dead.contains(doc) {
                    place = Some(base + doc);
                }
            })?;
            if place.is_some() {
                return Ok(place);
            }
        }
        Ok(None)
    }

    /// The row of a place that is not indexed yet.
    pub(crate) fn row_at(&self, part: usize, doc: u32) -> Option<&CaptureRow> {
        self.parts[part].rows().get(doc as usize).map(|row| &**row)
    }

    /// The row keys of captures that share their bytes with another, and of those among them that are not the first.
    pub(crate) fn duplicates(&self, kind: Duplicate) -> tantivy::Result<&Arc<RoaringBitmap>> {
        let both = self.duplicates.get(|| {
            let mut all: Vec<(u64, u32)> = Vec::new();
            for part in &self.parts {
                let keys = part.columns.row_keys()?;
                let contents = (0..)
                    .zip(part.columns.contents()?)
                    .filter(|(doc, content)| **content != 0 && (part.dead.is_empty() || !part.dead.contains(*doc)));
                all.extend(contents.map(|(doc, content)| (*content, keys[doc as usize])));
            }
            all.sort_unstable();
            let (mut exact, mut extra) = (RoaringBitmap::new(), RoaringBitmap::new());
            for same in all.chunk_by(|left, right| left.0 == right.0).filter(|same| same.len() > 1) {
                exact.extend(same.iter().map(|(_, key)| *key));
                extra.extend(same[1..].iter().map(|(_, key)| *key));
            }
            Ok::<_, tantivy::TantivyError>([Arc::new(exact), Arc::new(extra)])
        })?;
        Ok(&both[usize::from(kind == Duplicate::Extra)])
    }

    /// The sets of `duplicate:` that the index knows itself, of those that a query asks for.
    pub(crate) fn own_set(&self, test: &SetTest) -> tantivy::Result<Option<Arc<RoaringBitmap>>> {
        let SetTest::Duplicate(kinds) = test else { return Ok(None) };
        let mut all = RoaringBitmap::new();
        for kind in kinds.iter().filter(|kind| **kind != Duplicate::Near) {
            all |= &**self.duplicates(*kind)?;
        }
        Ok(Some(Arc::new(all)))
    }

    pub(crate) fn annotation_bases(&self) -> tantivy::Result<&Vec<u32>> {
        self.annotation_bases.get(|| {
            let mut next = 0;
            let mut bases = Vec::with_capacity(self.parts.len());
            for part in &self.parts {
                bases.push(next);
                next += part.columns.annotations()?.len() as u32;
            }
            Ok(bases)
        })
    }

    /// The capture's row key and the annotation's id, of an annotation by its number in this view.
    pub(crate) fn annotation_at(&self, number: u32) -> tantivy::Result<(u32, AnnotationId)> {
        let bases = self.annotation_bases()?;
        // Parts without annotations share a base with the next one, which is the one that is meant.
        let part = bases.partition_point(|base| *base <= number) - 1;
        let row = number - bases[part];
        let columns = &self.parts[part].columns;
        let doc = columns.annotations()?.doc_of(row);
        let key = columns.row_keys()?[doc as usize];
        let id = match &columns.source {
            Source::Rows(rows) => {
                let place = (row - columns.annotations()?.rows(doc).start) as usize;
                rows.rows[doc as usize].annotations[place].annotation_id
            }
            Source::Engine(engine) => {
                let [high, low] = column::ANNOTATION_ID;
                let half = |name| -> tantivy::Result<u64> {
                    Ok(engine.id_half(name)?.map(|column| column.values.get_val(row)).unwrap_or_default())
                };
                AnnotationId(uuid::Uuid::from_u64_pair(half(high)?, half(low)?))
            }
        };
        Ok((key, id))
    }
}

fn of_rows(mut rows: Vec<Arc<CaptureRow>>) -> ViewPart {
    rows.sort_unstable_by_key(|row| row.row_key);
    ViewPart { columns: Arc::new(Columns::of_rows(rows)), dead: RoaringBitmap::new() }
}

/// Marks the versions of these rows as replaced.
fn mask(snapshot: &Snapshot, parts: &mut [ViewPart], keys: &RoaringBitmap) -> Result<()> {
    if keys.is_empty() {
        return Ok(());
    }
    snapshot.checked(|| {
        for part in parts {
            part.dead |= part.columns.docs_of_rows(keys)?;
        }
        Ok(())
    })
}
