//! Pre-labelling against the bare model: photos a second of reading, decoding, proposing and suppressing, with one
//! thread for decoding and one for the model, beside `session.run` of the same model on the same pictures, already
//! decoded, with one intra-op thread. The aim is a ratio of at least 0.9.
//!
//! `prelabel [FOLDER OF PHOTOS] [ROUNDS]`. Both sides run alternately, so that a busy machine slows both. Then the real
//! `muster prelabel`, if it is built beside this program: everything from its start to the last proposal on disk.
//!
//! On a machine that is busy with other things two threads suffer more than one; the CPU time of the model's thread then
//! says what the pipeline adds to it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::sync_channel;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use muster_inference::{ModelStore, Proposer, ProposerOptions, RuntimeOptions, onnx_session, runtime_status};
use muster_media::{Limits, RgbImage, decode_upright, read_limited};
use ort::session::Session;
use ort::value::TensorRef;

const MODEL: &str = "ssd-mobilenet-coco";

/// Decoded pictures that wait for the model.
const IN_FLIGHT: usize = 4;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1);
    let folder = arguments.next().map_or_else(default_photos, PathBuf::from);
    let rounds: usize = match arguments.next() {
        Some(text) => text.to_string_lossy().parse().context("the number of rounds is a whole number")?,
        None => 5,
    };
    let photos = photos(&folder)?;
    let store = ModelStore::open_default()?;
    let runtime = runtime_status(&RuntimeOptions::default())?;
    let mut proposer = Proposer::load(&store, MODEL, &ProposerOptions::default())?;
    let mut session = onnx_session(&store.resolve(MODEL)?, &RuntimeOptions::default())?;
    let decoded: Vec<RgbImage> = photos.iter().map(|path| decode(path)).collect::<Result<_>>()?;
    println!("{} photos, ONNX Runtime {}, {rounds} rounds, images/s", photos.len(), runtime.version);
    bare(&mut session, &decoded)?;
    let (mut pipelines, mut bares, mut ratios, mut shares) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for round in 1..=rounds {
        let start = thread_cpu_s();
        let bare = bare(&mut session, &decoded)?;
        let between = thread_cpu_s();
        let pipeline = pipeline(&mut proposer, &photos)?;
        if let (Some(start), Some(between), Some(end)) = (start, between, thread_cpu_s()) {
            shares.push((between - start) / (end - between));
        }
        println!("round {round}: pipeline {pipeline:.1}, bare session.run {bare:.1}, ratio {:.3}", pipeline / bare);
        pipelines.push(pipeline);
        bares.push(bare);
        ratios.push(pipeline / bare);
    }
    println!(
        "median: pipeline {:.1}, bare session.run {:.1}, ratio {:.3}",
        median(&mut pipelines),
        median(&mut bares),
        median(&mut ratios)
    );
    if !shares.is_empty() {
        println!(
            "median: bare session.run has {:.3} of the CPU time of the pipeline's model thread",
            median(&mut shares)
        );
    }
    let muster = std::env::current_exe()?.with_file_name("muster");
    if !muster.exists() {
        println!("muster prelabel: not measured, {} is not built", muster.display());
        return Ok(());
    }
    let mut rates = (0..rounds).map(|_| command(&muster, &folder, photos.len())).collect::<Result<Vec<_>>>()?;
    println!(
        "median: muster prelabel {:.1} with start, loading the model and durable writes, {:.3} of bare session.run",
        median(&mut rates),
        median(&mut rates) / median(&mut bares)
    );
    Ok(())
}

/// CPU time of this thread, where the kernel accounts for it (`/proc/thread-self/schedstat`, first field).
fn thread_cpu_s() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}

fn default_photos() -> PathBuf {
    let data = std::env::var_os("MUSTER_TEST_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    data.join("photos/street128/images")
}

fn photos(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed = std::fs::read_dir(folder).with_context(|| format!("cannot list {}", folder.display()))?;
    let mut photos = listed.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    photos.sort();
    ensure!(!photos.is_empty(), "{} has no photos", folder.display());
    Ok(photos)
}

fn decode(path: &Path) -> Result<RgbImage> {
    let limits = Limits::default();
    Ok(decode_upright(&path.display().to_string(), &read_limited(path, &limits)?, &limits)?)
}

/// Images a second of the model alone.
fn bare(session: &mut Session, pictures: &[RgbImage]) -> Result<f64> {
    let started = Instant::now();
    for picture in pictures {
        let shape = [1, i64::from(picture.height()), i64::from(picture.width()), 3];
        let input = TensorRef::from_array_view((shape, picture.as_raw().as_slice()))?;
        session.run(ort::inputs![input])?;
    }
    Ok(pictures.len() as f64 / started.elapsed().as_secs_f64())
}

/// Images a second from files to proposals.
fn pipeline(proposer: &mut Proposer, photos: &[PathBuf]) -> Result<f64> {
    let started = Instant::now();
    let (decoded, pictures) = sync_channel(IN_FLIGHT);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            for path in photos {
                if decoded.send(decode(path)).is_err() {
                    return;
                }
            }
        });
        for picture in pictures {
            proposer.propose(&picture?)?;
        }
        anyhow::Ok(())
    })?;
    Ok(photos.len() as f64 / started.elapsed().as_secs_f64())
}

/// Images a second of the command on a fresh library with these photos.
fn command(muster: &Path, photos: &Path, count: usize) -> Result<f64> {
    let home = tempfile::tempdir()?;
    let library = home.path().join("library");
    let run = |arguments: &[&OsStr]| {
        let output = Command::new(muster).arg("--library").arg(&library).args(arguments).output()?;
        ensure!(output.status.success(), "muster: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    };
    run(&["init".as_ref()])?;
    run(&["import".as_ref(), photos.as_os_str(), "--format".as_ref(), "images".as_ref()])?;
    let started = Instant::now();
    run(&["prelabel".as_ref(), "--model".as_ref(), MODEL.as_ref()])?;
    Ok(count as f64 / started.elapsed().as_secs_f64())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { f64::midpoint(values[middle - 1], values[middle]) }
}
