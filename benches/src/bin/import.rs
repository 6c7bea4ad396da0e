//! How fast folders of real photos come into a library, with their thumbnails, beside `vipsthumbnail` on the same files.
//!
//! Makes copies of real JPEGs that differ in a comment, so that no two have the same bytes, and times in turn: an
//! import into a fresh library, by reference and by copy, as `muster import` does it, and `vipsthumbnail` at the same size. Every run reads
//! the same files; a first round warms the disk cache and does not count. Usage: `import [COPIES] [RUNS] [FOLDER]`;
//! the photos are those of `MUSTER_TEST_DATA`.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use muster_app::{
    app::{App, AppOptions},
    import::{self, ImportMedia, ImportOnExisting, ImportRequest},
    job::{self, JobState},
    open,
    place::Places,
    start,
};
use muster_benches::durations::Durations;

/// The size that an import makes, px of the longer edge.
const THUMBNAIL_PX: &str = "320";

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let copies: usize = arguments.next().map_or(Ok(4), |text| text.parse())?;
    let runs: usize = arguments.next().map_or(Ok(5), |text| text.parse())?;
    let photos = arguments.next().map_or_else(test_photos, |folder| Ok(PathBuf::from(folder)))?;
    let home = tempfile::tempdir()?;
    let folder = home.path().join("photos");
    let (files, bytes) = copy_photos(&photos, &folder, copies)?;
    println!("{} JPEGs, {:.1} MB, thumbnails of {THUMBNAIL_PX} px", files.len(), bytes as f64 / 1e6);
    let mut series = [
        ("muster import, by reference", Durations::default()),
        ("muster import, by copy", Durations::default()),
        ("vipsthumbnail", Durations::default()),
    ];
    for run in 0..=runs {
        let place = home.path().join(format!("run-{run}"));
        fs::create_dir(&place)?;
        let took = [
            import(&place.join("referenced"), &folder, ImportMedia::Reference, files.len())?,
            import(&place.join("copied"), &folder, ImportMedia::Copy, files.len())?,
            vips(&place.join("vips"), &files)?,
        ];
        if run > 0 {
            for ((_, durations), took) in series.iter_mut().zip(took) {
                durations.add(took);
            }
        }
        fs::remove_dir_all(&place)?;
    }
    println!("\n| act | runs | p50 ms | p95 ms | most ms |\n| --- | --- | --- | --- | --- |");
    for (name, durations) in &series {
        println!("{}", durations.row(name));
    }
    let rate = |durations: &Durations| files.len() as f64 / durations.percentile(0.5).as_secs_f64();
    let peer = rate(&series[2].1);
    println!();
    for (name, durations) in &series {
        println!("{name}: {:.0} files/s, {:.2} × vipsthumbnail", rate(durations), rate(durations) / peer);
    }
    Ok(())
}

fn test_photos() -> Result<PathBuf> {
    let data = std::env::var_os("MUSTER_TEST_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
    let photos = data.join("photos");
    ensure!(photos.is_dir(), "there are no photos in {}; set MUSTER_TEST_DATA or name a folder", photos.display());
    Ok(photos)
}

/// Copies every JPEG so many times, each with a comment of its own behind the first marker.
fn copy_photos(from: &Path, to: &Path, copies: usize) -> Result<(Vec<PathBuf>, u64)> {
    fs::create_dir_all(to)?;
    let mut found = Vec::new();
    jpegs(from, &mut found)?;
    found.sort();
    ensure!(!found.is_empty(), "there is no JPEG in {}", from.display());
    let (mut files, mut bytes) = (Vec::new(), 0);
    for copy in 0..copies {
        for (number, path) in found.iter().enumerate() {
            let photo = fs::read(path)?;
            let comment = format!("copy {copy:04}");
            let mut own = photo[..2].to_vec();
            own.extend([0xff, 0xfe]);
            own.extend((comment.len() as u16 + 2).to_be_bytes());
            own.extend(comment.as_bytes());
            own.extend(&photo[2..]);
            let file = to.join(format!("{number:05}-{copy:04}.jpg"));
            bytes += own.len() as u64;
            fs::write(&file, own)?;
            files.push(file);
        }
    }
    Ok((files, bytes))
}

fn jpegs(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            jpegs(&path, found)?;
        } else if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("jpg")) {
            found.push(path);
        }
    }
    Ok(())
}

/// An import as `muster import` does it, into a library of its own; the time from the question to the written act.
fn import(place: &Path, folder: &Path, media: ImportMedia, files: usize) -> Result<Duration> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let places =
            Places { config: place.join("config"), data: place.join("data"), ..Places::of_this_machine(Vec::new()) };
        let app = App::new(AppOptions::new(places, false));
        open::open(&app, &place.join("library"), true).await?;
        start::set_up(&app, "Ada".into(), "Bench".into()).await?;
        let request = ImportRequest {
            path: folder.display().to_string(),
            format: "images".into(),
            media,
            create_classes: false,
            on_existing: ImportOnExisting::Merge,
            skip_duplicates: false,
        };
        let begun = Instant::now();
        let job = import::start_import(&app, request).await?;
        let ended = job::wait(&app, &job.job_id, |_| {}).await?;
        let took = begun.elapsed();
        ensure!(ended.state == JobState::Done && ended.done == files as u64 && ended.failed == 0, "{ended:?}");
        app.close().await;
        let thumbnails = place.join("library/thumbs.db");
        ensure!(fs::metadata(&thumbnails)?.len() > files as u64 * 1_000, "{} has no thumbnails", thumbnails.display());
        Ok(took)
    })
}

fn vips(folder: &Path, files: &[PathBuf]) -> Result<Duration> {
    fs::create_dir(folder)?;
    let begun = Instant::now();
    let status = Command::new("vipsthumbnail")
        .args(["--size", THUMBNAIL_PX, "-o"])
        .arg(folder.join("%s.jpg"))
        .args(files)
        .status()
        .context("vipsthumbnail is not installed; apt-get install libvips-tools")?;
    let took = begun.elapsed();
    ensure!(status.success(), "vipsthumbnail failed");
    ensure!(fs::read_dir(folder)?.count() == files.len(), "vipsthumbnail made too few");
    Ok(took)
}
