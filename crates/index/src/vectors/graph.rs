//! Each row's nearest among many rows, and what follows from it: clusters of near duplicates.
//!
//! Rows are dealt to cells by the pivots that they lie nearest to, several cells a row, and compared within their cells
//! in bytes; the best are compared in full. So the work grows with n·√n and not with n².

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use super::{
    codes::CodeFiles,
    kernel::{FullProduct, dot},
    open::Vectors,
};

/// Rows up to which all pairs are compared in full.
const EXACT_ROWS: usize = 4_096;
/// Cells that a row is dealt to.
const CELLS_OF_ROW: usize = 3;
/// Neighbours of a row that are looked at for duplicates.
const DUPLICATE_NEIGHBOURS: usize = 6;
/// No neighbour.
pub(crate) const NONE: u32 = u32::MAX;

/// When captures are near duplicates.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DuplicateOptions<'a> {
    /// The least cosine.
    pub similarity: f32,
    /// Only these captures; none for all.
    pub among: Option<&'a RoaringBitmap>,
}

/// Captures that are near duplicates of each other: each of some other, not each of all.
#[derive(Debug, Clone, PartialEq)]
pub struct Cluster {
    /// By row key; the first stands for the others.
    pub captures: Vec<u32>,
    /// The least cosine of the pairs that hold it together.
    pub similarity: f32,
}

/// For each of some rows its nearest others, the nearest first: `neighbours` places a row.
pub(crate) struct Graph {
    pub neighbours: usize,
    /// Place among the rows, or [`NONE`], and cosine.
    pub edges: Vec<(u32, f32)>,
}

impl Vectors {
    /// Clusters of near duplicates, by their first captures. Of a capture with several items the first counts. `go_on`
    /// is asked between steps with the part that is done; when it says no, the result is `None`.
    pub fn near_duplicates(
        &self,
        options: &DuplicateOptions<'_>,
        go_on: &mut dyn FnMut(f32) -> bool,
    ) -> Option<Vec<Cluster>> {
        let mut rows = self.covers();
        if let Some(among) = options.among {
            rows.retain(|row| among.contains(self.owner.get()[*row as usize]));
        }
        let graph = self.neighbour_graph(&rows, DUPLICATE_NEIGHBOURS, go_on)?;
        let mut parents: Vec<u32> = (0..rows.len() as u32).collect();
        let mut least: BTreeMap<u32, f32> = BTreeMap::new();
        let mut joined = Vec::new();
        for (place, edges) in (0u32..).zip(graph.edges.chunks_exact(graph.neighbours)) {
            for (other, similarity) in
                edges.iter().filter(|(other, near)| *other != NONE && *near >= options.similarity)
            {
                let (a, b) = (root(&mut parents, place), root(&mut parents, *other));
                if a != b {
                    parents[a.max(b) as usize] = a.min(b);
                    joined.push((place, *similarity));
                }
            }
        }
        for (place, similarity) in joined {
            let known = least.entry(root(&mut parents, place)).or_insert(1.0);
            *known = known.min(similarity);
        }
        let mut members: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for place in 0..rows.len() as u32 {
            let first = root(&mut parents, place);
            if least.contains_key(&first) {
                members.entry(first).or_default().push(self.owner.get()[rows[place as usize] as usize]);
            }
        }
        let clusters = members.into_iter().map(|(first, mut captures)| {
            captures.sort_unstable();
            Cluster { captures, similarity: least[&first] }
        });
        let mut clusters: Vec<Cluster> = clusters.collect();
        clusters.sort_by_key(|cluster| cluster.captures[0]);
        Some(clusters)
    }

    /// One row a capture: its first item.
    pub(crate) fn covers(&self) -> Vec<u32> {
        let (owner, item) = (self.owner.get(), self.item.get());
        let mut rows: Vec<u32> = (0..self.head.rows as u32).filter(|row| self.is_live(*row as usize)).collect();
        rows.sort_unstable_by_key(|row| (owner[*row as usize], item[*row as usize]));
        rows.dedup_by_key(|row| owner[*row as usize]);
        rows
    }

    /// The nearest of each of `rows` among `rows`.
    pub(crate) fn neighbour_graph(
        &self,
        rows: &[u32],
        neighbours: usize,
        go_on: &mut dyn FnMut(f32) -> bool,
    ) -> Option<Graph> {
        let candidates = match &self.codes {
            Some(codes) if rows.len() > EXACT_ROWS => {
                let cells = Cells::of(codes, rows);
                cells.candidates(codes, rows, neighbours * 2, go_on)?
            }
            _ => return self.exact_graph(rows, neighbours, go_on),
        };
        let mut edges = Vec::with_capacity(rows.len() * neighbours);
        for (place, found) in candidates.places.chunks_exact(candidates.kept).enumerate() {
            let query = self.full_of(rows[place] as usize);
            let product = FullProduct::new(&query);
            let mut near: Vec<(u32, f32)> = found
                .iter()
                .filter(|other| **other != NONE)
                .map(|other| (*other, product.with(self.stored(rows[*other as usize] as usize))))
                .collect();
            near.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            near.resize(neighbours, (NONE, 0.0));
            edges.extend(near);
        }
        Some(Graph { neighbours, edges })
    }

    fn exact_graph(&self, rows: &[u32], neighbours: usize, go_on: &mut dyn FnMut(f32) -> bool) -> Option<Graph> {
        let full: Vec<Vec<f32>> = rows.iter().map(|row| self.full_of(*row as usize)).collect();
        let arch = pulp::Arch::new();
        let mut edges = Vec::with_capacity(rows.len() * neighbours);
        for (place, query) in full.iter().enumerate() {
            if place % 64 == 0 && !go_on(place as f32 / rows.len() as f32) {
                return None;
            }
            let mut near: Vec<(u32, f32)> = arch.dispatch(
                #[inline(always)]
                || (0u32..).zip(&full).map(|(other, row)| (other, dot(query, row))).collect(),
            );
            near.swap_remove(place);
            near.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            near.resize(neighbours, (NONE, 0.0));
            edges.extend(near);
        }
        Some(Graph { neighbours, edges })
    }
}

/// The cluster of a place, with the path to it shortened.
fn root(parents: &mut [u32], mut place: u32) -> u32 {
    while parents[place as usize] != place {
        parents[place as usize] = parents[parents[place as usize] as usize];
        place = parents[place as usize];
    }
    place
}

/// Rows dealt to cells.
pub(crate) struct Cells {
    /// The rows that the cells are about.
    pivots: Vec<u32>,
    /// Where each cell's places begin.
    starts: Vec<usize>,
    /// Places among the rows, cell by cell.
    members: Vec<u32>,
}

/// Places that are worth comparing in full, `kept` a row.
pub(crate) struct Candidates {
    pub kept: usize,
    pub places: Vec<u32>,
    scores: Vec<f32>,
}

impl Cells {
    /// Deals rows to cells. Pivots are rows at even distances, so equal rows give equal cells.
    pub fn of(codes: &CodeFiles, rows: &[u32]) -> Self {
        let count = (rows.len() as f64).sqrt().ceil() as usize;
        let step = (rows.len() / count).max(1);
        let pivots: Vec<u32> = rows.iter().step_by(step).copied().collect();
        let dealt: Vec<[u32; CELLS_OF_ROW]> = rows.iter().map(|row| nearest_cells(codes, &pivots, *row)).collect();
        let mut starts = vec![0usize; pivots.len() + 1];
        for cell in dealt.iter().flatten().filter(|cell| **cell != NONE) {
            starts[*cell as usize + 1] += 1;
        }
        for cell in 0..pivots.len() {
            starts[cell + 1] += starts[cell];
        }
        let (mut next, mut members) = (starts.clone(), vec![0u32; starts[pivots.len()]]);
        for (place, cells) in (0u32..).zip(&dealt) {
            for cell in cells.iter().filter(|cell| **cell != NONE) {
                members[next[*cell as usize]] = place;
                next[*cell as usize] += 1;
            }
        }
        Self { pivots, starts, members }
    }

    /// The places in the cells that a row lies nearest to.
    pub fn around(&self, codes: &CodeFiles, row: u32) -> Vec<u32> {
        let cells = nearest_cells(codes, &self.pivots, row);
        let mut places: Vec<u32> =
            cells.iter().filter(|cell| **cell != NONE).flat_map(|cell| self.cell(*cell as usize)).copied().collect();
        places.sort_unstable();
        places.dedup();
        places
    }

    fn cell(&self, cell: usize) -> &[u32] {
        &self.members[self.starts[cell]..self.starts[cell + 1]]
    }

    fn candidates(
        &self,
        codes: &CodeFiles,
        rows: &[u32],
        kept: usize,
        go_on: &mut dyn FnMut(f32) -> bool,
    ) -> Option<Candidates> {
        let mut candidates =
            Candidates { kept, places: vec![NONE; rows.len() * kept], scores: vec![f32::MIN; rows.len() * kept] };
        let (mut block, mut scores) = (Vec::new(), Vec::new());
        for cell in 0..self.pivots.len() {
            if cell % 8 == 0 && !go_on(cell as f32 / self.pivots.len() as f32) {
                return None;
            }
            let members = self.cell(cell);
            block.clear();
            for place in members {
                block.extend_from_slice(codes.near_of(rows[*place as usize] as usize));
            }
            for (at, place) in members.iter().enumerate() {
                let code = &block[at * codes.near_axes..(at + 1) * codes.near_axes];
                let query = codes.projection.query(&codes.projection.decode(code), codes.near_axes);
                query.near(&block, &mut scores);
                let mut least = candidates.least(*place);
                for (other, score) in members.iter().zip(&scores) {
                    let product = query.near_product(*score);
                    if product > least && other != place {
                        least = candidates.add(*place, *other, product);
                    }
                }
            }
        }
        Some(candidates)
    }
}

impl Candidates {
    fn least(&self, place: u32) -> f32 {
        let scores = &self.scores[place as usize * self.kept..][..self.kept];
        scores.iter().fold(f32::MAX, |least, score| least.min(*score))
    }

    /// Puts a place in the stead of the weakest, unless it is there, and says what the weakest has then.
    fn add(&mut self, place: u32, other: u32, product: f32) -> f32 {
        let range = place as usize * self.kept..(place as usize + 1) * self.kept;
        let (places, scores) = (&mut self.places[range.clone()], &mut self.scores[range]);
        if !places.contains(&other) {
            let weakest = (0..places.len()).min_by(|a, b| scores[*a].total_cmp(&scores[*b])).unwrap_or_default();
            (places[weakest], scores[weakest]) = (other, product);
        }
        scores.iter().fold(f32::MAX, |least, score| least.min(*score))
    }
}

/// The cells of the pivots that a row lies nearest to.
fn nearest_cells(codes: &CodeFiles, pivots: &[u32], row: u32) -> [u32; CELLS_OF_ROW] {
    let near_axes = codes.near_axes;
    let reduced = codes.projection.decode(codes.near_of(row as usize));
    let query = codes.projection.query(&reduced, near_axes);
    let mut cells = [NONE; CELLS_OF_ROW];
    let mut best = [i32::MIN; CELLS_OF_ROW];
    let mut score = Vec::with_capacity(1);
    for (cell, pivot) in (0u32..).zip(pivots) {
        query.near(codes.near_of(*pivot as usize), &mut score);
        let found = score[0];
        if let Some(at) = best.iter().position(|known| found > *known) {
            best[at..].rotate_right(1);
            cells[at..].rotate_right(1);
            (best[at], cells[at]) = (found, cell);
        }
    }
    cells
}
