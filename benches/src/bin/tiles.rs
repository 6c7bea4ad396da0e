//! Cuts pictures of 20,000 × 20,000 pixels into tiles and says what that takes.
//!
//! `tiles [EDGE] [FOLDER]` makes a mosaic of the shared test photos as JPEG (4:2:0), PNG and TIFF (strips with Deflate;
//! one uncompressed strip) in FOLDER (a temporary one, unless given), then cuts each in a process of its own and prints
//! time, tiles, their bytes, and the process's peak of resident memory. Beside it: the thumbnail of the same file.

use std::{
    env,
    fs::{self, File},
    io::{BufWriter, Write as _},
    ops::ControlFlow,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use anyhow::{Context as _, Result, bail};
use muster_media::{Limits, RgbImage, decode_upright, encode_jpeg, resize, thumbnail_path, tile_picture};
use tiff::encoder::{Compression, TiffEncoder, colortype::RGB8};

/// A photo's place in the mosaic.
const CELL: (u32, u32) = (640, 480);
const KINDS: [&str; 4] = ["jpeg", "png", "tiff-deflate", "tiff-one-strip"];

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["make", kind, edge, path] => make(kind, edge.parse()?, Path::new(path)),
        ["cut", path] => cut(Path::new(path)),
        ["thumbnail", path] => shrink(Path::new(path)),
        _ => compare(arguments.first().map_or(Ok(20_000), |edge| edge.parse())?, arguments.get(1).copied()),
    }
}

fn compare(edge: u32, folder: Option<&str>) -> Result<()> {
    let temporary = tempfile::tempdir()?;
    let folder = folder.map_or(temporary.path(), Path::new);
    println!(
        "| {edge} × {edge} | file, MB | tiles | their MB | seconds | peak RSS, MB | thumbnail, s | its peak RSS, MB |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- |");
    for kind in KINDS {
        let path = folder.join(format!("mosaic-{kind}"));
        let path_text = path.to_str().context("the folder's name is no Unicode")?;
        run(&["make", kind, &edge.to_string(), path_text])?;
        let megabytes = fs::metadata(&path)?.len() / 1_000_000;
        let cut = run(&["cut", path_text])?;
        let thumbnail = run(&["thumbnail", path_text])?;
        println!("| {kind} | {megabytes} | {} | {} |", cut.trim(), thumbnail.trim());
        fs::remove_file(&path)?;
    }
    Ok(())
}

fn run(arguments: &[&str]) -> Result<String> {
    let output = Command::new(env::current_exe()?).args(arguments).output()?;
    if !output.status.success() {
        bail!("{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(String::from_utf8(output.stdout)?)
}

fn cut(path: &Path) -> Result<()> {
    let (mut tiles, mut bytes) = (0u32, 0usize);
    let started = Instant::now();
    tile_picture(path, &Limits::default(), |tile| {
        tiles += 1;
        bytes += tile.jpeg.len();
        ControlFlow::Continue(())
    })?;
    println!("{tiles} | {} | {:.1} | {}", bytes / 1_000_000, started.elapsed().as_secs_f64(), peak_megabytes()?);
    Ok(())
}

fn shrink(path: &Path) -> Result<()> {
    let started = Instant::now();
    thumbnail_path(path, 320, &Limits::default())?;
    println!("{:.1} | {}", started.elapsed().as_secs_f64(), peak_megabytes()?);
    Ok(())
}

/// The peak of this process's resident memory.
fn peak_megabytes() -> Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).context("the kernel does not say")?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kibibytes * 1024 / 1_000_000)
}

/// Photos of one size, whose rows make the rows of a mosaic.
struct Mosaic {
    photos: Vec<RgbImage>,
    edge: usize,
}

impl Mosaic {
    fn load(edge: u32) -> Result<Self> {
        let root = env::var_os("MUSTER_TEST_DATA").map_or_else(|| PathBuf::from("../shared/data"), PathBuf::from);
        let folder = root.join("photos/street128/images");
        let mut paths: Vec<_> = fs::read_dir(&folder)
            .with_context(|| format!("{} is missing; set MUSTER_TEST_DATA", folder.display()))?
            .map(|entry| Ok(entry?.path()))
            .collect::<Result<_>>()?;
        paths.sort();
        let mut photos = Vec::new();
        for path in &paths {
            let picture = decode_upright(&path.display().to_string(), &fs::read(path)?, &Limits::default())?;
            photos.push(resize(&picture, CELL.0, CELL.1));
        }
        Ok(Self { photos, edge: edge as usize })
    }

    fn write_row(&self, y: usize, row: &mut Vec<u8>) {
        row.clear();
        let (width, height) = (CELL.0 as usize, CELL.1 as usize);
        let line = y % height * width * 3;
        for column in 0..self.edge.div_ceil(width) {
            let photo = &self.photos[(y / height * 41 + column) % self.photos.len()];
            row.extend_from_slice(&photo.as_raw()[line..line + width * 3]);
        }
        row.truncate(self.edge * 3);
    }
}

fn make(kind: &str, edge: u32, path: &Path) -> Result<()> {
    let mosaic = Mosaic::load(edge)?;
    let mut row = Vec::new();
    let rows = 0..mosaic.edge;
    match kind {
        "jpeg" => {
            let mut pixels = Vec::with_capacity(mosaic.edge * mosaic.edge * 3);
            for y in rows {
                mosaic.write_row(y, &mut row);
                pixels.extend_from_slice(&row);
            }
            let picture = RgbImage::from_raw(edge, edge, pixels).context("three bytes a pixel")?;
            fs::write(path, encode_jpeg("mosaic", &picture, 88)?)?;
        }
        "png" => {
            let mut encoder = png::Encoder::new(BufWriter::new(File::create(path)?), edge, edge);
            encoder.set_color(png::ColorType::Rgb);
            encoder.set_compression(png::Compression::Fast);
            let mut writer = encoder.write_header()?;
            let mut stream = writer.stream_writer()?;
            for y in rows {
                mosaic.write_row(y, &mut row);
                stream.write_all(&row)?;
            }
            stream.finish()?;
        }
        _ => {
            let (compression, rows_per_strip) = match kind {
                "tiff-deflate" => (Compression::Deflate(tiff::encoder::DeflateLevel::Fast), 64),
                _ => (Compression::Uncompressed, edge),
            };
            let mut encoder = TiffEncoder::new(BufWriter::new(File::create(path)?))?.with_compression(compression);
            let mut image = encoder.new_image::<RGB8>(edge, edge)?;
            image.rows_per_strip(rows_per_strip)?;
            let mut pixels = Vec::with_capacity(mosaic.edge * mosaic.edge * 3);
            for y in rows {
                mosaic.write_row(y, &mut row);
                pixels.extend_from_slice(&row);
            }
            // Strips that are written one by one come out uncompressed.
            image.write_data(&pixels)?;
        }
    }
    Ok(())
}
