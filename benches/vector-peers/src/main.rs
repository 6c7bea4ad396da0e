//! What `usearch` and `hannoy` make of the embeddings that `vectors make` left: build time, size, recall against comparing
//! everything, and how long a search takes, unfiltered and under the filters of `vectors measure`.
//!
//! `vector-peers usearch|hannoy DIR ROWS QUERIES`. Both get the vectors reduced to the 256 axes that `vectors measure`
//! fitted (`DIR/index`), and their best 1,000 are ranked by the full vectors, as Muster's own are.

use std::{
    fs::{self, File},
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    time::Instant,
};

use anyhow::{Context as _, Result, bail};
use hannoy::{Database, Reader, Writer, distances::Cosine};
use heed::{CommitOrAbort, EnvOpenOptions};
use rand::{SeedableRng as _, rngs::StdRng};
use roaring::RoaringBitmap;
use usearch::{Index, IndexOptions, MetricKind, ScalarKind};

const DIMENSIONS: usize = 1280;
const AXES: usize = 256;
const LIMIT: usize = 100;
const RANKED: usize = 1_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [engine, dir, rows, queries] = arguments.as_slice() else { bail!("vector-peers usearch|hannoy DIR ROWS QUERIES") };
    let data = Data::open(Path::new(dir), rows.parse()?, queries.parse()?)?;
    match engine.as_str() {
        "usearch" => usearch(&data, Path::new(dir)),
        "hannoy" => hannoy(&data, Path::new(dir)),
        _ => bail!("usearch or hannoy"),
    }
}

struct Data {
    rows: usize,
    full: File,
    axes: Vec<f32>,
    queries: Vec<Vec<f32>>,
}

impl Data {
    fn open(dir: &Path, rows: usize, queries: usize) -> Result<Self> {
        let codes = fs::read_dir(dir.join("index/captures-bench"))?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("codes-")))
            .context("run `vectors measure` first")?;
        let axes = floats(&fs::read(codes.join("axes"))?[..AXES * DIMENSIONS * 4]);
        let bytes = fs::read(dir.join("queries.f16"))?;
        let queries = bytes.chunks_exact(DIMENSIONS * 2).take(queries).map(halves).collect();
        Ok(Self { rows, full: File::open(dir.join("rows.f16"))?, axes, queries })
    }

    fn row(&self, row: usize) -> Vec<f32> {
        let mut bytes = vec![0; DIMENSIONS * 2];
        self.full.read_exact_at(&mut bytes, (row * DIMENSIONS * 2) as u64).expect("the file has this many rows");
        halves(&bytes)
    }

    fn reduced(&self, full: &[f32]) -> Vec<f32> {
        self.axes.chunks_exact(DIMENSIONS).map(|axis| dot(axis, full)).collect()
    }

    /// The true nearest of each query under each filter: one pass over the rows.
    fn truth(&self, filters: &[(String, RoaringBitmap)]) -> Vec<Vec<Vec<u32>>> {
        let mut best = vec![vec![Vec::<(f32, u32)>::new(); self.queries.len()]; filters.len()];
        for row in 0..self.rows {
            let full = self.row(row);
            let holds: Vec<bool> = filters.iter().map(|(_, among)| among.contains(row as u32)).collect();
            for (place, query) in self.queries.iter().enumerate() {
                let near = dot(query, &full);
                for (filter, _) in holds.iter().enumerate().filter(|(_, holds)| **holds) {
                    let best = &mut best[filter][place];
                    best.push((near, row as u32));
                    if best.len() >= LIMIT * 20 {
                        cut(best);
                    }
                }
            }
        }
        let keys = |mut best: Vec<(f32, u32)>| {
            cut(&mut best);
            best.into_iter().map(|(_, key)| key).collect()
        };
        best.into_iter().map(|queries| queries.into_iter().map(keys).collect()).collect()
    }

    fn ranked(&self, query: &[f32], found: impl Iterator<Item = u32>) -> Vec<u32> {
        let mut near: Vec<(f32, u32)> = found.map(|key| (dot(query, &self.row(key as usize)), key)).collect();
        cut(&mut near);
        near.into_iter().map(|(_, key)| key).collect()
    }

    fn report(&self, engine: &str, mut search: impl FnMut(&[f32], Option<&RoaringBitmap>) -> Vec<u32>) {
        let filters = filters(self.rows);
        let truth = self.truth(&filters);
        println!("| engine | filter | recall@{LIMIT} mean | least | p50 ms | p95 ms |\n| --- | --- | --- | --- | --- | --- |");
        for ((name, among), truth) in filters.iter().zip(&truth) {
            let among = (among.len() < self.rows as u64).then_some(among);
            let (mut recalls, mut times) = (Vec::new(), Vec::new());
            for pass in 0..2 {
                for (query, exact) in self.queries.iter().zip(truth) {
                    let start = Instant::now();
                    let reduced = self.reduced(query);
                    let found = self.ranked(query, search(&reduced, among).into_iter());
                    if pass == 1 {
                        times.push(start.elapsed().as_secs_f64() * 1e3);
                        let hits = exact.iter().filter(|key| found.contains(key)).count();
                        recalls.push(hits as f64 / exact.len().max(1) as f64);
                    }
                }
            }
            times.sort_by(f64::total_cmp);
            let at = |share: f64| times[((share * times.len() as f64).ceil() as usize).max(1) - 1];
            let mean = recalls.iter().sum::<f64>() / recalls.len() as f64;
            let least = recalls.iter().copied().fold(1.0, f64::min);
            println!("| {engine} | {name} | {mean:.4} | {least:.2} | {:.2} | {:.2} |", at(0.5), at(0.95));
        }
    }
}

fn usearch(data: &Data, dir: &Path) -> Result<()> {
    let options = IndexOptions {
        dimensions: AXES,
        metric: MetricKind::IP,
        quantization: ScalarKind::F16,
        connectivity: 16,
        expansion_add: 128,
        expansion_search: RANKED,
        multi: false,
    };
    let index = Index::new(&options)?;
    index.reserve(data.rows)?;
    let start = Instant::now();
    for row in 0..data.rows {
        index.add(row as u64, &data.reduced(&data.row(row)))?;
    }
    let path = dir.join("peers.usearch");
    index.save(path.to_str().context("UTF-8")?)?;
    println!(
        "usearch: {} rows built by one thread in {:.0} s, {} MB on disk",
        data.rows,
        start.elapsed().as_secs_f64(),
        fs::metadata(&path)?.len() >> 20
    );
    data.report("usearch", |query, among| {
        let found = match among {
            None => index.search(query, RANKED),
            Some(among) => index.filtered_search(query, RANKED, |key| among.contains(key as u32)),
        };
        found.map(|found| found.keys.into_iter().map(|key| key as u32).collect()).unwrap_or_default()
    });
    Ok(())
}

#[allow(unsafe_code, reason = "LMDB maps its file")]
fn hannoy(data: &Data, dir: &Path) -> Result<()> {
    let folder: PathBuf = dir.join("peers.hannoy");
    fs::create_dir_all(&folder)?;
    // SAFETY: nothing else opens or changes the folder while this runs.
    let env = unsafe { EnvOpenOptions::new().map_size(16 << 30).open(&folder) }?;
    let start = Instant::now();
    let made = env.create_databases_and_commit(env.write_txn()?, |opener, writing| {
        opener.create_database(writing, None).map(CommitOrAbort::<_, ()>::Commit)
    });
    let CommitOrAbort::Commit(database) = made? else { bail!("nothing aborts") };
    let database: Database<Cosine> = database;
    let mut writing = env.write_txn()?;
    let writer: Writer<Cosine> = Writer::new(database, 0, AXES);
    for row in 0..data.rows {
        writer.add_item(&mut writing, row as u32, &data.reduced(&data.row(row)))?;
    }
    let mut numbers = StdRng::seed_from_u64(42);
    let mut builder = writer.builder(&mut numbers);
    builder.ef_construction(128).build::<16, 32>(&mut writing)?;
    writing.commit()?;
    println!(
        "hannoy: {} rows built in {:.0} s, {} MB on disk",
        data.rows,
        start.elapsed().as_secs_f64(),
        fs::metadata(folder.join("data.mdb"))?.len() >> 20
    );
    let reading = env.read_txn()?;
    let reader = Reader::<Cosine>::open(&reading, 0, database)?;
    data.report("hannoy", |query, among| {
        let mut asked = reader.nns(RANKED);
        asked.ef_search(RANKED);
        if let Some(among) = among {
            asked.candidates(among);
        }
        let found = asked.by_vector(&reading, query).map(|found| found.into_nns());
        found.map(|found| found.into_iter().map(|(key, _)| key).collect()).unwrap_or_default()
    });
    Ok(())
}

/// The filters of `vectors measure`, with the same random numbers.
fn filters(rows: usize) -> Vec<(String, RoaringBitmap)> {
    let mut filters = vec![("none".to_owned(), (0..rows as u32).collect())];
    for (name, part) in [("10 %", 0.1), ("1 %", 0.01), ("0.1 %", 0.001)] {
        let mut state = 7u64;
        let at_random = (0..rows as u32).filter(|_| uniform(&mut state) < part).collect();
        filters.push((format!("{name}, at random"), at_random));
        let first = rows as u32 / 3;
        filters.push((format!("{name}, one stretch"), (first..first + (rows as f64 * part) as u32).collect()));
    }
    filters
}

fn uniform(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((mixed ^ (mixed >> 31)) >> 40) as f64 / (1u64 << 24) as f64
}

fn cut(near: &mut Vec<(f32, u32)>) {
    near.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    near.truncate(LIMIT);
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0f32; 16];
    for (a, b) in a.chunks_exact(16).zip(b.chunks_exact(16)) {
        for lane in 0..16 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum()
}

fn halves(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(2).map(|two| half::f16::from_le_bytes([two[0], two[1]]).to_f32()).collect()
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect()
}
