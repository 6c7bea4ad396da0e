//! What lies nearest to a vector.

use std::{collections::HashSet, thread};

use roaring::RoaringBitmap;

use super::{DEAD, codes::CodeFiles, kernel::FullProduct, open::Vectors, projection::CodeQuery};

/// Rows that are compared on all axes.
const KEPT: usize = 8_192;
/// Rows that are compared in full.
const RANKED: usize = 1_000;
/// The part of all rows up to which a filter's rows are compared in full, as one in this many, and the most of them.
const EXACT_PART: usize = 20;
const EXACT_LIMIT: usize = 65_536;
/// Rows that are compared before the best are looked at.
const BLOCK: usize = 4_096;
/// Rows from which two threads share the work.
const SHARED_ROWS: usize = 200_000;

/// What to look for.
#[derive(Debug, Clone, Copy)]
pub struct Nearest<'a> {
    /// A vector of unit length.
    pub query: &'a [f32],
    /// Only these captures; none for all.
    pub among: Option<&'a RoaringBitmap>,
    /// How many to find.
    pub limit: usize,
    /// Of each capture only its nearest item.
    pub one_per_capture: bool,
}

/// Something that lies near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The row key of the capture.
    pub capture: u32,
    /// Which item of it.
    pub item: u64,
    /// The cosine, 1 for the same direction.
    pub similarity: f32,
}

impl Vectors {
    /// The nearest items, the nearest first; equally near ones by capture and item.
    pub fn nearest(&self, wanted: &Nearest<'_>) -> Vec<Neighbour> {
        let filtered = wanted.among.map(|among| self.rows_among(among));
        let count = filtered.as_ref().map_or(self.head.rows, Vec::len);
        let is_few = count <= self.space.exact_rows || (count * EXACT_PART < self.head.rows && count <= EXACT_LIMIT);
        match &self.codes {
            Some(codes) if !is_few => {
                let rows = self.candidates(codes, wanted, filtered.as_deref());
                self.ranked(wanted, rows.into_iter())
            }
            _ => self.compared(wanted, filtered.as_deref()),
        }
    }

    /// The nearest items by comparing every one in full.
    pub fn nearest_exact(&self, wanted: &Nearest<'_>) -> Vec<Neighbour> {
        let filtered = wanted.among.map(|among| self.rows_among(among));
        self.compared(wanted, filtered.as_deref())
    }

    fn compared(&self, wanted: &Nearest<'_>, filtered: Option<&[u32]>) -> Vec<Neighbour> {
        match filtered {
            Some(rows) => self.ranked(wanted, rows.iter().copied()),
            None => self.ranked(wanted, 0..self.head.rows as u32),
        }
    }

    /// Rows whose capture is allowed, in order.
    fn rows_among(&self, among: &RoaringBitmap) -> Vec<u32> {
        let mut allowed = vec![0u64; among.max().map_or(0, |greatest| greatest as usize / 64 + 1)];
        for key in among {
            allowed[key as usize / 64] |= 1 << (key % 64);
        }
        let is_allowed = |owner: u32| {
            owner != DEAD && allowed.get(owner as usize / 64).is_some_and(|word| word >> (owner % 64) & 1 == 1)
        };
        (0u32..).zip(self.owner.get()).filter(|(_, owner)| is_allowed(**owner)).map(|(row, _)| row).collect()
    }

    /// The rows that are worth comparing in full.
    fn candidates(&self, codes: &CodeFiles, wanted: &Nearest<'_>, filtered: Option<&[u32]>) -> Vec<u32> {
        let reduced = codes.projection.reduce(wanted.query);
        let query = codes.projection.query(&reduced, codes.near_axes);
        let ranked = RANKED.max(wanted.limit * 2);
        let kept = KEPT.max(ranked * 4);
        let near = match filtered {
            Some(rows) => near_filtered(codes, &query, rows, kept),
            None => self.near_all(codes, &query, kept),
        };
        let product = |(score, row): (i32, u32)| {
            (query.near_product(score) + query.rest_product(codes.rest_of(row as usize)), row)
        };
        let mut all_axes: Vec<(f32, u32)> = near.into_iter().map(product).collect();
        if all_axes.len() > ranked {
            all_axes.select_nth_unstable_by(ranked, |a, b| b.0.total_cmp(&a.0));
            all_axes.truncate(ranked);
        }
        all_axes.into_iter().map(|(_, row)| row).collect()
    }

    fn near_all(&self, codes: &CodeFiles, query: &CodeQuery, kept: usize) -> Vec<(i32, u32)> {
        let rows = self.head.rows;
        if rows < SHARED_ROWS {
            return self.near_range(codes, query, 0, rows, kept).best();
        }
        thread::scope(|scope| {
            let second = scope.spawn(|| self.near_range(codes, query, rows / 2, rows, kept));
            let mut best = self.near_range(codes, query, 0, rows / 2, kept);
            best.take(second.join().unwrap_or_else(|panicked| std::panic::resume_unwind(panicked)));
            best.best()
        })
    }

    fn near_range(&self, codes: &CodeFiles, query: &CodeQuery, first: usize, end: usize, kept: usize) -> Best {
        let (mut best, mut scores) = (Best::new(kept), Vec::with_capacity(BLOCK));
        let (near, owner) = (codes.near.get(), self.owner.get());
        for start in (first..end).step_by(BLOCK) {
            let stop = end.min(start + BLOCK);
            query.near(&near[start * codes.near_axes..stop * codes.near_axes], &mut scores);
            for (row, score) in (start..stop).zip(&scores) {
                if *score > best.threshold && owner[row] != DEAD {
                    best.add(*score, row as u32);
                }
            }
        }
        best
    }

    /// Compares rows in full and puts the nearest into order.
    fn ranked(&self, wanted: &Nearest<'_>, rows: impl Iterator<Item = u32>) -> Vec<Neighbour> {
        let (owner, item) = (self.owner.get(), self.item.get());
        let product = FullProduct::new(wanted.query);
        let mut found: Vec<Neighbour> = rows
            .filter(|row| owner[*row as usize] != DEAD)
            .map(|row| Neighbour {
                capture: owner[row as usize],
                item: item[row as usize],
                similarity: product.with(self.stored(row as usize)),
            })
            .collect();
        let nearest_first = |a: &Neighbour, b: &Neighbour| {
            b.similarity.total_cmp(&a.similarity).then(a.capture.cmp(&b.capture)).then(a.item.cmp(&b.item))
        };
        if !wanted.one_per_capture && found.len() > wanted.limit {
            found.select_nth_unstable_by(wanted.limit, nearest_first);
            found.truncate(wanted.limit);
        }
        found.sort_unstable_by(nearest_first);
        if wanted.one_per_capture {
            let mut seen = HashSet::new();
            found.retain(|neighbour| seen.insert(neighbour.capture));
            found.truncate(wanted.limit);
        }
        found
    }
}

fn near_filtered(codes: &CodeFiles, query: &CodeQuery, rows: &[u32], kept: usize) -> Vec<(i32, u32)> {
    let mut best = Best::new(kept);
    let (mut block, mut scores) = (Vec::with_capacity(BLOCK * codes.near_axes), Vec::with_capacity(BLOCK));
    for rows in rows.chunks(BLOCK) {
        block.clear();
        for row in rows {
            block.extend_from_slice(codes.near_of(*row as usize));
        }
        query.near(&block, &mut scores);
        for (row, score) in rows.iter().zip(&scores) {
            if *score > best.threshold {
                best.add(*score, *row);
            }
        }
    }
    best.best()
}

/// The rows of the highest scores so far.
struct Best {
    kept: usize,
    /// Nothing at or below it is among the best.
    threshold: i32,
    rows: Vec<(i32, u32)>,
}

impl Best {
    fn new(kept: usize) -> Self {
        Self { kept, threshold: i32::MIN, rows: Vec::with_capacity(kept * 2) }
    }

    fn add(&mut self, score: i32, row: u32) {
        self.rows.push((score, row));
        if self.rows.len() == self.kept * 2 {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.rows.len() > self.kept {
            let (_, last, _) = self.rows.select_nth_unstable_by(self.kept - 1, |a, b| b.0.cmp(&a.0));
            self.threshold = last.0;
            self.rows.truncate(self.kept);
        }
    }

    fn take(&mut self, other: Self) {
        self.rows.extend(other.rows);
    }

    fn best(mut self) -> Vec<(i32, u32)> {
        self.cut();
        self.rows
    }
}
