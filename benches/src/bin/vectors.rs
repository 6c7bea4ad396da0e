//! Nearest neighbours at a million: recall against comparing everything, and how long a search takes, unfiltered and
//! under filters.
//!
//! `vectors make DIR [--data FOLDER] [--seeds N] [--rows N] [--queries N]` makes the embeddings: random crops of the
//! shared photos and videos, mirrored, brightened and blurred at random, are embedded by the default model on the CPU
//! (the seeds). The other rows lie between a seed and one of its ten nearest seeds, plus a part of the difference that
//! augmentation makes to some real crop; they are made up in the space of embeddings, since a million runs of the model
//! take hours. Queries are real crops that are not among the rows. `vectors measure DIR [--rows N]` builds the index
//! and measures.
//! The files in DIR (`rows.f16`, `queries.f16`, `index/`) are read by `benches/vector-peers`, which measures others.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::{BufWriter, Write as _},
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context as _, Result, bail, ensure};
use image::{RgbImage, imageops};
use muster_benches::durations::Durations;
use muster_index::vectors::{Nearest, Space, VectorIndex, Vectors};
use muster_inference::{Embedder, ModelStore, RuntimeOptions};
use muster_media::{Limits, VideoReader, decode_upright, read_limited};
use roaring::RoaringBitmap;

const MODEL: &str = "efficientnet-lite0";
const DIMENSIONS: usize = 1280;
/// The longer edge of the pictures that crops are cut from.
const EDGE_PX: u32 = 640;
/// Pairs of augmentations of one crop, whose differences move the rows that are made up.
const PAIRS: usize = 1_500;
const LIMIT: usize = 100;
/// Filters by the part that they leave; each as captures at random and as one stretch of the row keys, which is what a
/// site or a day leaves.
const FILTERS: [(&str, f64); 4] = [("none", 1.0), ("10 %", 0.1), ("1 %", 0.01), ("0.1 %", 0.001)];

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| {
        let place = arguments.iter().position(|argument| argument == name)?;
        arguments.get(place + 1).cloned()
    };
    let number = |name: &str, default: usize| option(name).map_or(Ok(default), |text| text.parse::<usize>());
    let [act, dir] = arguments.get(..2).context("vectors make|measure DIR")? else { bail!("vectors make|measure DIR") };
    let dir = PathBuf::from(dir);
    match act.as_str() {
        "make" => {
            let data = option("--data").map_or_else(default_data, PathBuf::from);
            make(&dir, &data, number("--seeds", 30_000)?, number("--rows", 1_000_000)?, number("--queries", 300)?)
        }
        "measure" => measure(&dir, number("--rows", usize::MAX)?, number("--queries", 300)?),
        _ => bail!("vectors make|measure DIR"),
    }
}

fn default_data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data")
}

/// A fixed sequence of numbers (splitmix64).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    fn between(&mut self, least: f32, greatest: f32) -> f32 {
        least + (greatest - least) * ((self.next() >> 40) as f32 / (1u64 << 24) as f32)
    }
}

// ---- making embeddings

fn make(dir: &Path, data: &Path, seeds: usize, rows: usize, queries: usize) -> Result<()> {
    fs::create_dir_all(dir)?;
    let pictures = pictures(data)?;
    let files = ModelStore::open_default()?.resolve(MODEL)?;
    let mut embedder = Embedder::new(&files, &RuntimeOptions::default())?;
    let mut numbers = Numbers(42);
    let start = Instant::now();
    let mut crop = |numbers: &mut Numbers, picture: usize| -> Result<Vec<f32>> {
        let cut = cut(&pictures[picture], numbers);
        Ok(embedder.embed(&changed(&cut, numbers))?)
    };
    // Crops of one picture follow each other, as captures of one site and day do.
    let real: Vec<Vec<f32>> =
        (0..seeds).map(|seed| crop(&mut numbers, seed * pictures.len() / seeds)).collect::<Result<_>>()?;
    let asked: Vec<Vec<f32>> = (0..queries)
        .map(|_| {
            let picture = numbers.below(pictures.len());
            crop(&mut numbers, picture)
        })
        .collect::<Result<_>>()?;
    let mut differences = Vec::new();
    for _ in 0..PAIRS {
        let cut = cut(&pictures[numbers.below(pictures.len())], &mut numbers);
        let (a, b) = (embedder.embed(&changed(&cut, &mut numbers))?, embedder.embed(&changed(&cut, &mut numbers))?);
        differences.push(a.iter().zip(&b).map(|(a, b)| a - b).collect::<Vec<f32>>());
    }
    let count = seeds + queries + 2 * PAIRS;
    println!("{count} crops of {} pictures embedded in {:.0} s", pictures.len(), start.elapsed().as_secs_f64());
    write_halves(&dir.join("queries.f16"), asked.iter())?;
    let relatives = relatives(dir, &real)?;
    let made = (0..rows).map(|row| {
        let seed = row * seeds / rows;
        let is_real = row == 0 || (row - 1) * seeds / rows != seed;
        if is_real { real[seed].clone() } else { relative(&real, &relatives, &differences, seed, &mut numbers) }
    });
    write_halves(&dir.join("rows.f16"), made)
}

/// Every photo, and frames at even distances of every video.
fn pictures(data: &Path) -> Result<Vec<RgbImage>> {
    let (mut paths, mut found) = (Vec::new(), Vec::new());
    walk(&data.join("photos"), &mut paths)?;
    walk(&data.join("video"), &mut paths)?;
    let limits = Limits::default();
    for path in paths {
        match path.extension().and_then(|ending| ending.to_str()).unwrap_or_default() {
            "jpg" | "JPG" | "png" => {
                found.push(decode_upright(&path.display().to_string(), &read_limited(&path, &limits)?, &limits)?);
            }
            "mp4" | "avi" => {
                let Ok(mut reader) = VideoReader::open(&path, &limits) else { continue };
                for index in (0..400).step_by(20) {
                    let Ok(frame) = reader.frame_at_index(index) else { break };
                    found.push(frame.picture);
                }
            }
            _ => {}
        }
    }
    ensure!(!found.is_empty(), "no pictures in {}", data.display());
    Ok(found.into_iter().map(smaller).collect())
}

fn smaller(picture: RgbImage) -> RgbImage {
    let longest = picture.width().max(picture.height());
    if longest <= EDGE_PX {
        return picture;
    }
    let scaled = |edge: u32| (edge * EDGE_PX / longest).max(1);
    imageops::thumbnail(&picture, scaled(picture.width()), scaled(picture.height()))
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    entries.sort();
    for path in entries {
        if path.is_dir() {
            walk(&path, paths)?;
        } else {
            paths.push(path);
        }
    }
    Ok(())
}

/// A random part of a picture: 15 to 100 % of an edge, as wide as high within a factor.
fn cut(picture: &RgbImage, numbers: &mut Numbers) -> RgbImage {
    let (width, height) = picture.dimensions();
    let edge = numbers.between(0.15, 1.0) * width.min(height) as f32;
    let aspect = numbers.between(0.6, 1.6).sqrt();
    let (cut_width, cut_height) = ((edge * aspect) as u32, (edge / aspect) as u32);
    let (cut_width, cut_height) = (cut_width.clamp(16, width), cut_height.clamp(16, height));
    let x = numbers.below((width - cut_width) as usize + 1) as u32;
    let y = numbers.below((height - cut_height) as usize + 1) as u32;
    imageops::crop_imm(picture, x, y, cut_width, cut_height).to_image()
}

/// What another moment or another camera makes of a picture.
fn changed(picture: &RgbImage, numbers: &mut Numbers) -> RgbImage {
    let mut picture = if numbers.below(2) == 0 { imageops::flip_horizontal(picture) } else { picture.clone() };
    let (gain, offset) = (numbers.between(0.7, 1.3), numbers.between(-25.0, 25.0));
    for value in picture.iter_mut() {
        *value = (f32::from(*value) * gain + offset).clamp(0.0, 255.0) as u8;
    }
    if numbers.below(4) == 0 { imageops::fast_blur(&picture, numbers.between(0.5, 1.8)) } else { picture }
}

/// The ten nearest others of each seed.
fn relatives(dir: &Path, real: &[Vec<f32>]) -> Result<Vec<Vec<usize>>> {
    let folder = dir.join("seeds");
    let index = fill(&folder, real.len(), &mut |row| real[row].clone())?;
    let vectors = index.snapshot()?;
    let nearest = |(seed, query): (usize, &Vec<f32>)| {
        let found = vectors.nearest(&Nearest { query, among: None, limit: 11, one_per_capture: false });
        found.iter().map(|neighbour| neighbour.capture as usize).filter(|other| *other != seed).collect()
    };
    let relatives = real.iter().enumerate().map(nearest).collect();
    fs::remove_dir_all(folder)?;
    Ok(relatives)
}

fn relative(
    real: &[Vec<f32>],
    relatives: &[Vec<usize>],
    differences: &[Vec<f32>],
    seed: usize,
    numbers: &mut Numbers,
) -> Vec<f32> {
    let other = &real[relatives[seed][numbers.below(relatives[seed].len())]];
    let difference = &differences[numbers.below(differences.len())];
    let (part, moved) = (numbers.between(0.0, 0.6), numbers.between(0.0, 0.7));
    let mixed: Vec<f32> = real[seed]
        .iter()
        .zip(other.iter().zip(difference))
        // The model's values are never negative.
        .map(|(own, (other, difference))| (own + part * (other - own) + moved * difference).max(0.0))
        .collect();
    let length = mixed.iter().map(|value| value * value).sum::<f32>().sqrt();
    mixed.into_iter().map(|value| value / length).collect()
}

// ---- files

fn write_halves<V: AsRef<[f32]>>(path: &Path, rows: impl Iterator<Item = V>) -> Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    for row in rows {
        for value in row.as_ref() {
            file.write_all(&half::f16::from_f32(*value).to_le_bytes())?;
        }
    }
    Ok(file.flush()?)
}

fn read_halves(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(2).map(|two| half::f16::from_le_bytes([two[0], two[1]]).to_f32()).collect()
}

/// Puts rows into an index, as a job does.
fn fill(folder: &Path, rows: usize, row: &mut dyn FnMut(usize) -> Vec<f32>) -> Result<VectorIndex> {
    let index = VectorIndex::open(folder, Space::new("bench", "captures", DIMENSIONS))?;
    let mut writer = index.writer()?;
    for place in 0..rows {
        writer.put(place as u32, 0, 0, &row(place))?;
        if writer.uncommitted() == 4_000 {
            writer.commit(None)?;
        }
    }
    writer.commit(Some(1))?;
    drop(writer);
    Ok(index)
}

// ---- measuring

fn measure(dir: &Path, rows: usize, queries: usize) -> Result<()> {
    let bytes = DIMENSIONS * 2;
    let rows = rows.min((fs::metadata(dir.join("rows.f16"))?.len() as usize) / bytes);
    let asked = fs::read(dir.join("queries.f16"))?;
    let queries: Vec<Vec<f32>> = asked.chunks_exact(bytes).take(queries).map(read_halves).collect();
    let space = Space::new("bench", "captures", DIMENSIONS);
    let mut index = VectorIndex::open(&dir.join("index"), space)?;
    if index.snapshot()?.len() != rows {
        let mut file = File::open(dir.join("rows.f16"))?;
        let mut row = vec![0; bytes];
        let start = Instant::now();
        index.clear()?;
        index = fill(&dir.join("index"), rows, &mut |_| {
            std::io::Read::read_exact(&mut file, &mut row).expect("the file has this many rows");
            read_halves(&row)
        })?;
        println!("{rows} rows put, projected and quantised in {:.0} s", start.elapsed().as_secs_f64());
    }
    let vectors = index.snapshot()?;
    println!("| filter | recall@{LIMIT} mean | least | searches | p50 ms | p95 ms | most ms |");
    println!("| --- | --- | --- | --- | --- | --- | --- |");
    for (name, part) in FILTERS {
        for (kind, among) in filters(rows, part) {
            let (mut recalls, mut times) = (Vec::new(), Durations::default());
            // Twice: the first pass brings the pages in.
            for pass in 0..2 {
                for query in &queries {
                    let wanted = Nearest { query, among: among.as_ref(), limit: LIMIT, one_per_capture: false };
                    if pass == 0 {
                        vectors.nearest(&wanted);
                        continue;
                    }
                    let found = times.time(|| vectors.nearest(&wanted));
                    let exact = exact(&vectors, &wanted);
                    let found: HashSet<u32> = found.iter().map(|neighbour| neighbour.capture).collect();
                    recalls.push(exact.iter().filter(|key| found.contains(key)).count() as f64 / exact.len() as f64);
                }
            }
            let mean = recalls.iter().sum::<f64>() / recalls.len() as f64;
            let least = recalls.iter().copied().fold(1.0, f64::min);
            println!("| {name}{kind} | {mean:.4} | {least:.2} {}", times.row("").trim_start_matches("| "));
        }
    }
    Ok(())
}

fn exact(vectors: &Vectors, wanted: &Nearest<'_>) -> Vec<u32> {
    vectors.nearest_exact(wanted).iter().map(|neighbour| neighbour.capture).collect()
}

/// Captures at random, and those of one stretch.
fn filters(rows: usize, part: f64) -> Vec<(&'static str, Option<RoaringBitmap>)> {
    if part >= 1.0 {
        return vec![("", None)];
    }
    let count = (rows as f64 * part) as u32;
    let mut numbers = Numbers(7);
    let at_random = (0..rows as u32).filter(|_| f64::from(numbers.between(0.0, 1.0)) < part).collect();
    let first = rows as u32 / 3;
    vec![(", at random", Some(at_random)), (", one stretch", Some((first..first + count).collect()))]
}
