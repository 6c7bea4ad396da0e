//! Vectors: what is put is found, what is removed is gone, whatever happens in between.

use std::{collections::BTreeMap, fs, path::Path};

use muster_index::{
    IndexError,
    vectors::{DuplicateOptions, Duplicates, Nearest, Neighbour, Plane, Space, VectorIndex, Vectors},
};
use roaring::RoaringBitmap;

const DIMENSIONS: usize = 40;

fn space(reduce_at: usize, exact_rows: usize) -> Space {
    Space { reduce_at, exact_rows, ..Space::new("blake3:0123456789abcdef0123", "captures", DIMENSIONS) }
}

/// A fixed sequence of numbers.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.0 >> 33
    }

    fn uniform(&mut self) -> f32 {
        self.next() as f32 / (1u64 << 30) as f32 - 1.0
    }
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = vector.iter().map(|value| value * value).sum::<f32>().sqrt();
    for value in &mut vector {
        *value /= length;
    }
    vector
}

/// Vectors around `clusters` centres: 0 of `spread` gives equal ones.
fn clustered(count: usize, clusters: usize, spread: f32, seed: u64) -> Vec<Vec<f32>> {
    let mut numbers = Numbers(seed);
    let centres: Vec<Vec<f32>> =
        (0..clusters).map(|_| unit((0..DIMENSIONS).map(|_| numbers.uniform()).collect())).collect();
    (0..count)
        .map(|place| unit(centres[place % clusters].iter().map(|value| value + spread * numbers.uniform()).collect()))
        .collect()
}

fn nearest(vectors: &Vectors, query: &[f32], among: Option<&RoaringBitmap>, limit: usize) -> Vec<Neighbour> {
    vectors.nearest(&Nearest { query, among, limit, one_per_capture: false })
}

fn filled(folder: &Path, space: &Space, rows: &[Vec<f32>]) -> VectorIndex {
    let index = VectorIndex::open(folder, space.clone()).unwrap();
    let mut writer = index.writer().unwrap();
    for (place, vector) in rows.iter().enumerate() {
        writer.put(place as u32 + 1, 0, 7, vector).unwrap();
        if writer.uncommitted() == 500 {
            writer.commit(None).unwrap();
        }
    }
    writer.commit(Some(9)).unwrap();
    drop(writer);
    index
}

#[test]
fn the_nearest_of_many_are_those_of_comparing_all() {
    let folder = tempfile::tempdir().unwrap();
    let rows = clustered(6_000, 60, 0.4, 1);
    let index = filled(folder.path(), &space(1_000, 100), &rows);
    let vectors = index.snapshot().unwrap();
    assert_eq!((vectors.len(), vectors.seq()), (6_000, 9));
    let (mut found, mut wanted) = (0, 0);
    let half: RoaringBitmap = (1..=6_000).filter(|key| key % 2 == 0).collect();
    for query in clustered(40, 60, 0.4, 2) {
        for among in [None, Some(&half)] {
            let wants = Nearest { query: &query, among, limit: 50, one_per_capture: false };
            let exact = vectors.nearest_exact(&wants);
            let quick = vectors.nearest(&wants);
            assert_eq!(quick.len(), 50);
            assert!(quick.windows(2).all(|pair| pair[0].similarity >= pair[1].similarity));
            assert!(quick.iter().all(|neighbour| among.is_none_or(|among| among.contains(neighbour.capture))));
            found += quick.iter().filter(|neighbour| exact.contains(neighbour)).count();
            wanted += exact.len();
        }
    }
    assert!(found * 100 >= wanted * 99, "{found} of {wanted}");
}

#[test]
fn small_sets_and_narrow_filters_are_exact() {
    let folder = tempfile::tempdir().unwrap();
    let rows = clustered(3_000, 300, 0.3, 3);
    let index = filled(folder.path(), &space(1_000, 100), &rows);
    let vectors = index.snapshot().unwrap();
    let query = &rows[5];
    for keys in [vec![], vec![6], (1..=140).collect::<Vec<u32>>(), vec![4_000_000_000]] {
        let among: RoaringBitmap = keys.iter().copied().collect();
        let found = nearest(&vectors, query, Some(&among), 10);
        let mut expected: Vec<(u32, f32)> = keys
            .iter()
            .filter(|key| **key <= 3_000)
            .map(|key| (*key, rows[*key as usize - 1].iter().zip(query).map(|(a, b)| a * b).sum()))
            .collect();
        expected.sort_by(|a, b| b.1.total_cmp(&a.1));
        let found: Vec<u32> = found.iter().map(|neighbour| neighbour.capture).collect();
        let expected: Vec<u32> = expected.iter().take(10).map(|(key, _)| *key).collect();
        assert_eq!(found, expected);
    }
}

#[test]
fn a_capture_with_several_items_is_found_once_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let index = VectorIndex::open(folder.path(), space(1_000, 100)).unwrap();
    let rows = clustered(30, 1, 0.2, 4);
    let mut writer = index.writer().unwrap();
    for (place, vector) in rows.iter().enumerate() {
        writer.put(place as u32 / 10, place as u64 % 10, 0, vector).unwrap();
    }
    assert_eq!(writer.items(1).len(), 10, "what was put and not committed is known");
    writer.commit(None).unwrap();
    let vectors = index.snapshot().unwrap();
    let wanted = Nearest { query: &rows[12], among: None, limit: 10, one_per_capture: true };
    let found = vectors.nearest(&wanted);
    assert_eq!(found.len(), 3);
    assert_eq!((found[0].capture, found[0].item), (1, 2));
    assert_eq!(vectors.items(1).len(), 10);
    assert_eq!(vectors.owners(), (0..3).collect());
    assert!(vectors.vector(1, 2).is_some() && vectors.vector(1, 99).is_none() && vectors.vector(9, 0).is_none());
}

#[test]
fn random_work_leaves_what_a_map_would_hold() {
    let folder = tempfile::tempdir().unwrap();
    let space = space(600, 100);
    let index = VectorIndex::open(folder.path(), space.clone()).unwrap();
    let pool = clustered(4_000, 80, 0.5, 5);
    let mut numbers = Numbers(6);
    let mut mirror: BTreeMap<(u32, u64), usize> = BTreeMap::new();
    for round in 0..24 {
        let mut writer = index.writer().unwrap();
        for _ in 0..300 {
            let (owner, item) = ((numbers.next() % 900) as u32, numbers.next() % 3);
            match numbers.next() % 8 {
                0 => {
                    writer.remove(owner);
                    mirror.retain(|key, _| key.0 != owner);
                }
                1 => {
                    writer.remove_item(owner, item);
                    mirror.remove(&(owner, item));
                }
                _ => {
                    let at = (numbers.next() % 4_000) as usize;
                    writer.put(owner, item, at as u64, &pool[at]).unwrap();
                    mirror.insert((owner, item), at);
                }
            }
        }
        if round % 5 == 4 {
            // As if the process ended here: nothing of it stays.
            drop(writer);
            let vectors = index.snapshot().unwrap();
            mirror = (0..900)
                .flat_map(|owner| vectors.items(owner).into_iter().map(move |(item, at)| ((owner, item), at as usize)))
                .collect();
            continue;
        }
        writer.commit(Some(round)).unwrap();
        drop(writer);
        let fresh = VectorIndex::open(folder.path(), space.clone()).unwrap();
        for vectors in [index.snapshot().unwrap(), fresh.snapshot().unwrap()] {
            assert_eq!((vectors.len(), vectors.seq()), (mirror.len(), round));
            let items: usize = (0..900).map(|owner| vectors.items(owner).len()).sum();
            assert_eq!(items, mirror.len());
            for (&(owner, item), at) in mirror.iter().step_by(37) {
                let stored = vectors.vector(owner, item).unwrap();
                assert!(stored.iter().zip(&pool[*at]).all(|(a, b)| (a - b).abs() < 1e-3));
                assert!(nearest(&vectors, &stored, None, 3)[0].similarity > 0.999);
            }
        }
    }
    let folders = fs::read_dir(index.dir()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(folders, 2, "one generation of rows and one version of codes");
}

#[test]
fn removed_vectors_leave_no_trace_in_the_files() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = clustered(700, 10, 0.5, 8);
    rows[3] = unit((0..DIMENSIONS).map(|place| if place % 2 == 0 { 0.9 } else { -0.4 }).collect());
    let index = filled(folder.path(), &space(600, 100), &rows);
    let full = index.dir().join("rows-0/full");
    let row = |bytes: Vec<u8>| bytes[3 * DIMENSIONS * 2..4 * DIMENSIONS * 2].to_vec();
    assert!(row(fs::read(&full).unwrap()).iter().any(|byte| *byte != 0));
    let mut writer = index.writer().unwrap();
    writer.remove(4);
    writer.commit(None).unwrap();
    assert!(row(fs::read(&full).unwrap()).iter().all(|byte| *byte == 0));
    assert!(index.snapshot().unwrap().vector(4, 0).is_none());
    assert!(nearest(&index.snapshot().unwrap(), &rows[3], None, 700).iter().all(|neighbour| neighbour.capture != 4));
}

#[test]
fn damage_and_crashes_leave_a_space_that_opens() {
    let folder = tempfile::tempdir().unwrap();
    let rows = clustered(800, 10, 0.5, 9);
    let space = space(600, 100);
    let index = filled(folder.path(), &space, &rows);
    let open = || VectorIndex::open(folder.path(), space.clone()).unwrap();
    // A writer died after it appended.
    for name in ["owner", "item", "print", "full"] {
        let path = index.dir().join("rows-0").join(name);
        let mut bytes = fs::read(&path).unwrap();
        bytes.extend([0xab; 333]);
        fs::write(&path, bytes).unwrap();
    }
    fs::create_dir(index.dir().join("codes-9")).unwrap();
    assert_eq!(open().snapshot().unwrap().len(), 800);
    let mut writer = open().writer().unwrap();
    writer.put(900, 0, 0, &rows[0]).unwrap();
    writer.commit(None).unwrap();
    drop(writer);
    assert!(!index.dir().join("codes-9").exists());
    assert_eq!(nearest(&open().snapshot().unwrap(), &rows[0], None, 2)[1].capture, 900);
    // A head that nobody can read is an empty space.
    fs::write(index.dir().join("head.json"), "{").unwrap();
    assert!(open().snapshot().unwrap().is_empty());
    let mut writer = open().writer().unwrap();
    writer.put(1, 0, 0, &rows[0]).unwrap();
    writer.commit(None).unwrap();
    assert_eq!(open().snapshot().unwrap().len(), 1);
    drop(writer);
    open().clear().unwrap();
    assert!(open().snapshot().unwrap().is_empty());
}

#[test]
fn one_process_writes() {
    let folder = tempfile::tempdir().unwrap();
    let index = VectorIndex::open(folder.path(), space(600, 100)).unwrap();
    let mut writer = index.writer().unwrap();
    assert!(matches!(index.writer(), Err(IndexError::Busy { .. })));
    assert!(matches!(index.clear(), Err(IndexError::Busy { .. })));
    assert!(writer.put(1, 0, 0, &[1.0; 3]).is_err(), "another length");
    assert!(writer.put(1, 0, 0, &[f32::NAN; DIMENSIONS]).is_err());
    drop(writer);
    assert!(index.writer().is_ok());
}

#[test]
fn near_duplicates_are_found_in_small_and_large_sets() {
    for (count, reduce_at) in [(400, 100_000), (6_000, 1_000)] {
        let folder = tempfile::tempdir().unwrap();
        // Groups of two that lie apart; in 40 dimensions centres hardly meet.
        let mut rows = clustered(count, count / 2, 0.05, 11);
        rows[0] = unit((0..DIMENSIONS).map(|place| if place == 0 { 1.0 } else { 0.0 }).collect());
        let index = filled(folder.path(), &space(reduce_at, 100), &rows);
        let vectors = index.snapshot().unwrap();
        let options = DuplicateOptions { similarity: 0.95, among: None };
        let clusters = vectors.near_duplicates(&options, &mut |_| true).unwrap();
        let pairs =
            clusters.iter().filter(|cluster| cluster.captures[1] == cluster.captures[0] + count as u32 / 2).count();
        assert!(pairs * 100 >= (count / 2 - 1) * 98, "{pairs} of {}", count / 2 - 1);
        assert!(clusters.iter().all(|cluster| cluster.similarity >= 0.95 && !cluster.captures.contains(&1)));
        let saved = Duplicates { similarity: 0.95, clusters };
        saved.save(&index).unwrap();
        assert_eq!(Duplicates::load(&index).unwrap(), saved);
        let few: RoaringBitmap = (1..=count as u32 / 2 + 3).collect();
        let options = DuplicateOptions { similarity: 0.95, among: Some(&few) };
        let clusters = vectors.near_duplicates(&options, &mut |_| true).unwrap();
        assert_eq!(clusters.iter().map(|cluster| cluster.captures[0]).collect::<Vec<_>>(), [2, 3]);
        assert!(vectors.near_duplicates(&options, &mut |_| false).is_none(), "it can be ended");
    }
}

#[test]
fn the_map_keeps_neighbours_together() {
    // Captures between landmarks lie less exactly than landmarks.
    for (count, reduce_at, landmarks, least) in [(240, 100_000, 100_000, 95), (2_400, 1_000, 400, 75)] {
        let folder = tempfile::tempdir().unwrap();
        let clusters = 8;
        let index = filled(folder.path(), &space(reduce_at, 100), &clustered(count, clusters, 0.15, 13));
        let plane = Plane::make(&index.snapshot().unwrap(), landmarks, &mut |_| true).unwrap();
        assert_eq!(plane.points.len(), count);
        let (mut right, mut asked) = (0, 0);
        for point in plane.points.iter().step_by(count / 60) {
            assert!((0.0..=1.0).contains(&point.x) && (0.0..=1.0).contains(&point.y));
            let distance = |other: &&muster_index::vectors::PlanePoint| {
                ((point.x - other.x).powi(2) + (point.y - other.y).powi(2)) * 1e6
            };
            let others = plane.points.iter().filter(|other| other.capture != point.capture);
            let closest = others.min_by(|a, b| distance(a).total_cmp(&distance(b))).unwrap();
            right += usize::from((closest.capture - 1) as usize % clusters == (point.capture - 1) as usize % clusters);
            asked += 1;
        }
        assert!(right * 100 >= asked * least, "{right} of {asked} points lie next to one of their cluster");
        plane.save(&index).unwrap();
        assert_eq!(Plane::load(&index).unwrap(), plane);
        fs::write(index.dir().join("plane"), "MPLN").unwrap();
        assert!(Plane::load(&index).is_none());
        assert!(Plane::make(&index.snapshot().unwrap(), 500, &mut |_| false).is_none());
    }
}

#[test]
fn a_map_of_nothing_and_of_little_is_one() {
    let folder = tempfile::tempdir().unwrap();
    for count in [0, 1, 2, 3, 5] {
        let folder = folder.path().join(count.to_string());
        let index = filled(&folder, &space(600, 100), &clustered(count, 2.min(count.max(1)), 0.3, 14));
        let plane = Plane::make(&index.snapshot().unwrap(), 100, &mut |_| true).unwrap();
        assert_eq!(plane.points.len(), count);
        assert!(plane.points.iter().all(|point| point.x.is_finite() && point.y.is_finite()));
    }
}
