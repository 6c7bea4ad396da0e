//! The 2-D map of a space: UMAP (`McInnes`, Healy, Melville 2018) of at most 100,000 landmarks; every other capture lies
//! between the landmarks that are nearest to it.
//!
//! ```text
//! plane    "MPLN", u32 version 1, u32 points, then u32 row key × points, f32 x × points, f32 y × points
//! ```
//! Coordinates lie in 0 to 1. The file is replaced whole, and may be deleted at any time.

use std::{
    fs::{self, File},
    io::{self, Write as _},
};

use super::{
    graph::Cells,
    head::at,
    kernel::FullProduct,
    layout::optimise,
    open::{VectorIndex, Vectors},
    projection::next_uniform,
};
use crate::error::Result;

/// Captures whose places are computed; the others lie between them.
pub const LANDMARKS: usize = 100_000;
/// Neighbours that shape the map.
const NEIGHBOURS: usize = 15;
/// Landmarks that a capture lies between.
const BETWEEN: usize = 4;
const MAGIC: &[u8; 8] = b"MPLN\x01\0\0\0";

/// A capture's place on the map.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanePoint {
    /// Its row key.
    pub capture: u32,
    /// 0 to 1.
    pub x: f32,
    /// 0 to 1.
    pub y: f32,
}

/// The map of a space.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plane {
    /// By row key.
    pub points: Vec<PlanePoint>,
}

impl Plane {
    /// Makes the map of everything that has a vector, from at most so many landmarks. `go_on` is asked between steps with the part that is done; when it
    /// says no, the result is `None`.
    pub fn make(vectors: &Vectors, landmarks: usize, go_on: &mut dyn FnMut(f32) -> bool) -> Option<Self> {
        let covers = vectors.covers();
        let step = covers.len().div_ceil(landmarks.max(1)).max(1);
        let landmarks: Vec<u32> = covers.iter().step_by(step).copied().collect();
        let neighbours = NEIGHBOURS.min(landmarks.len().saturating_sub(2));
        if neighbours < 2 {
            return Some(Self::row(vectors, &covers));
        }
        let graph = vectors.neighbour_graph(&landmarks, neighbours, &mut |part| go_on(part * 0.3))?;
        let epochs = if landmarks.len() <= 10_000 { 500 } else { 200 };
        let from = start(vectors, &landmarks);
        let places = optimise(from, neighbours, &graph.edges, epochs, &mut |part| go_on(0.3 + part * 0.6))?;
        let others: Vec<u32> =
            covers.iter().enumerate().filter(|(place, _)| place % step != 0).map(|(_, row)| *row).collect();
        let between = place_others(vectors, &landmarks, &places, &others, &mut |part| go_on(0.9 + part * 0.1))?;
        let owner = vectors.owner.get();
        let mut points: Vec<PlanePoint> = landmarks
            .iter()
            .chain(&others)
            .zip(places.into_iter().chain(between))
            .map(|(row, [x, y])| PlanePoint { capture: owner[*row as usize], x, y })
            .collect();
        points.sort_unstable_by_key(|point| point.capture);
        normalise(&mut points);
        Some(Self { points })
    }

    /// Too few captures for neighbourhoods lie side by side.
    fn row(vectors: &Vectors, covers: &[u32]) -> Self {
        let place = |(place, row): (usize, &u32)| PlanePoint {
            capture: vectors.owner.get()[*row as usize],
            x: (place as f32 + 0.5) / covers.len() as f32,
            y: 0.5,
        };
        Self { points: covers.iter().enumerate().map(place).collect() }
    }

    /// The saved map of a space; none where there is none or it is damaged.
    pub fn load(index: &VectorIndex) -> Option<Self> {
        let bytes = fs::read(index.dir().join("plane")).ok()?;
        let (magic, rest) = bytes.split_at_checked(MAGIC.len())?;
        let (count, rest) = rest.split_at_checked(4)?;
        let count = u32::from_le_bytes(count.try_into().ok()?) as usize;
        if magic != MAGIC || rest.len() != count * 12 {
            return None;
        }
        let word = |column: usize, place: usize| -> [u8; 4] {
            let start = (column * count + place) * 4;
            rest[start..start + 4].try_into().expect("four bytes are four bytes")
        };
        let point = |place: usize| PlanePoint {
            capture: u32::from_le_bytes(word(0, place)),
            x: f32::from_le_bytes(word(1, place)),
            y: f32::from_le_bytes(word(2, place)),
        };
        Some(Self { points: (0..count).map(point).collect() })
    }

    /// Saves the map in place of an earlier one.
    pub fn save(&self, index: &VectorIndex) -> Result<()> {
        let (path, part) = (index.dir().join("plane"), index.dir().join("plane.part"));
        let mut bytes = MAGIC.to_vec();
        bytes.extend((self.points.len() as u32).to_le_bytes());
        bytes.extend(self.points.iter().flat_map(|point| point.capture.to_le_bytes()));
        bytes.extend(self.points.iter().flat_map(|point| point.x.to_le_bytes()));
        bytes.extend(self.points.iter().flat_map(|point| point.y.to_le_bytes()));
        let write = || -> io::Result<()> {
            let mut file = File::create(&part)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            fs::rename(&part, &path)
        };
        write().map_err(at(&path))
    }
}

/// Where the landmarks start: on two axes of the projection, or, without one, on two fixed directions.
fn start(vectors: &Vectors, landmarks: &[u32]) -> Vec<[f32; 2]> {
    let mut seed = 0x5eed_u64;
    let mut axis = || -> Vec<f32> { (0..vectors.space.dimensions).map(|_| next_uniform(&mut seed)).collect() };
    let fixed = [axis(), axis()];
    let mut places = Vec::with_capacity(landmarks.len());
    for row in landmarks {
        let on_axes = match &vectors.codes {
            // The first axis is little more than what all have in common.
            Some(codes) if codes.near_axes >= 3 => {
                let reduced = codes.projection.decode(codes.near_of(*row as usize));
                [reduced[1], reduced[2]]
            }
            _ => {
                let full = vectors.full_of(*row as usize);
                [0, 1].map(|axis: usize| fixed[axis].iter().zip(&full).map(|(a, b)| a * b).sum())
            }
        };
        // A little noise keeps equal vectors from staying on one spot.
        places.push(on_axes.map(|value: f32| value + next_uniform(&mut seed) * 1e-3));
    }
    for axis in 0..2 {
        let least = places.iter().fold(f32::MAX, |least, place| least.min(place[axis]));
        let greatest = places.iter().fold(f32::MIN, |greatest, place| greatest.max(place[axis]));
        let range = (greatest - least).max(f32::EPSILON);
        for place in &mut places {
            place[axis] = (place[axis] - least) / range * 10.0;
        }
    }
    places
}

/// The places of the other rows: between their nearest landmarks, the nearer the closer.
fn place_others(
    vectors: &Vectors,
    landmarks: &[u32],
    places: &[[f32; 2]],
    others: &[u32],
    go_on: &mut dyn FnMut(f32) -> bool,
) -> Option<Vec<[f32; 2]>> {
    let (Some(codes), false) = (&vectors.codes, others.is_empty()) else { return Some(Vec::new()) };
    let cells = Cells::of(codes, landmarks);
    let mut found = Vec::with_capacity(others.len());
    let (mut block, mut scores) = (Vec::new(), Vec::new());
    for (done, row) in others.iter().enumerate() {
        if done % 4096 == 0 && !go_on(done as f32 / others.len() as f32) {
            return None;
        }
        let around = cells.around(codes, *row);
        block.clear();
        for place in &around {
            block.extend_from_slice(codes.near_of(landmarks[*place as usize] as usize));
        }
        let reduced = codes.projection.decode(codes.near_of(*row as usize));
        codes.projection.query(&reduced, codes.near_axes).near(&block, &mut scores);
        let mut near: Vec<(i32, u32)> = scores.iter().copied().zip(around).collect();
        let kept = near.len().min(BETWEEN * 2);
        if near.len() > kept {
            near.select_nth_unstable_by(kept, |a, b| b.0.cmp(&a.0));
            near.truncate(kept);
        }
        found.push(between(vectors, landmarks, places, *row, &near));
    }
    Some(found)
}

fn between(vectors: &Vectors, landmarks: &[u32], places: &[[f32; 2]], row: u32, near: &[(i32, u32)]) -> [f32; 2] {
    let query = vectors.full_of(row as usize);
    let product = FullProduct::new(&query);
    let mut nearest: Vec<(f32, u32)> = near
        .iter()
        .map(|(_, place)| (product.with(vectors.stored(landmarks[*place as usize] as usize)), *place))
        .collect();
    nearest.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
    nearest.truncate(BETWEEN);
    let (mut x, mut y, mut sum) = (0.0, 0.0, 0.0);
    for (similarity, place) in nearest {
        let weight = 1.0 / (1.0 - similarity).max(1e-4);
        let [landmark_x, landmark_y] = places[place as usize];
        (x, y, sum) = (x + weight * landmark_x, y + weight * landmark_y, sum + weight);
    }
    if sum > 0.0 { [x / sum, y / sum] } else { [0.0, 0.0] }
}

/// Brings all places into 0 to 1, with one scale for both directions.
fn normalise(points: &mut [PlanePoint]) {
    let bounds = points.iter().fold([f32::MAX, f32::MIN, f32::MAX, f32::MIN], |bounds, point| {
        [bounds[0].min(point.x), bounds[1].max(point.x), bounds[2].min(point.y), bounds[3].max(point.y)]
    });
    let range = (bounds[1] - bounds[0]).max(bounds[3] - bounds[2]).max(f32::EPSILON);
    let margins = [(range - (bounds[1] - bounds[0])) / 2.0, (range - (bounds[3] - bounds[2])) / 2.0];
    for point in points {
        point.x = ((point.x - bounds[0] + margins[0]) / range).clamp(0.0, 1.0);
        point.y = ((point.y - bounds[2] + margins[1]) / range).clamp(0.0, 1.0);
    }
}
