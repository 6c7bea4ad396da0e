//! Pictures of any size as a pyramid of square JPEG tiles.
//!
//! Level 0 has the full resolution; each further level has half of it, rounded up, until one tile holds the picture.
//! The rows of the file are read once and held for one row of tiles a level. **Limits.** See
//! [`Limits::max_streamed_pixels`]; memory is about 8 KB for each pixel of the picture's width, plus what its decoder
//! needs.

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use image::RgbImage;
use image::metadata::Orientation;

use crate::error::Result;
use crate::jpeg::encode_jpeg;
use crate::limits::Limits;
use crate::picture::turned_size;
use crate::rows::Rows;

/// The edge of a tile; tiles at the right and lower edges are smaller.
pub const TILE_PX: u32 = 512;

/// JPEG quality of tiles: people look for small defects in them.
const QUALITY: u8 = 88;

/// Tiles that wait to be encoded.
const QUEUE: usize = 16;

/// One tile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// How often the resolution is halved.
    pub level: u32,
    /// The column, from the left of the upright picture.
    pub x: u32,
    /// The row, from its top.
    pub y: u32,
    /// JPEG bytes.
    pub jpeg: Vec<u8>,
}

/// The pyramid of an upright picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TileGrid {
    /// Width of the upright picture.
    pub width_px: u32,
    /// Height of the upright picture.
    pub height_px: u32,
    /// How many levels there are.
    pub levels: u32,
}

impl TileGrid {
    /// The pyramid of a picture of this size.
    pub fn new(width_px: u32, height_px: u32) -> Self {
        let mut levels = 1;
        while level_edge(width_px.max(height_px), levels - 1) > TILE_PX {
            levels += 1;
        }
        Self { width_px, height_px, levels }
    }

    /// Columns and rows of tiles in a level.
    pub fn tiles(&self, level: u32) -> (u32, u32) {
        let count = |edge| level_edge(edge, level).div_ceil(TILE_PX);
        (count(self.width_px), count(self.height_px))
    }
}

fn level_edge(edge: u32, level: u32) -> u32 {
    edge.div_ceil(1 << level)
}

/// Cuts a picture file into tiles and gives them to `emit`, on a thread of their own, until it breaks; `None` then.
pub fn tile_picture(
    path: &Path,
    limits: &Limits,
    emit: impl FnMut(Tile) -> ControlFlow<()> + Send,
) -> Result<Option<TileGrid>> {
    let mut rows = Rows::open(path, limits)?;
    let name = rows.name().to_owned();
    let (width, height) = rows.size();
    let turn = Turn::of(rows.orientation());
    let (width_px, height_px) = turned_size(rows.orientation(), width, height);
    let grid = TileGrid::new(width_px, height_px);
    let (send, receive) = sync_channel(QUEUE);
    std::thread::scope(|scope| {
        let encoder = scope.spawn(|| encode(&name, receive, emit));
        let read = cut(&mut rows, grid.levels, turn, &send);
        drop(send);
        let outcome = encoder.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok((read?.is_continue() && outcome.is_continue()).then_some(grid))
    })
}

/// A tile before it is encoded.
struct Cut {
    level: u32,
    x: u32,
    y: u32,
    picture: RgbImage,
}

fn encode(name: &str, cuts: Receiver<Cut>, mut emit: impl FnMut(Tile) -> ControlFlow<()>) -> Result<ControlFlow<()>> {
    for Cut { level, x, y, picture } in cuts {
        let jpeg = encode_jpeg(name, &picture, QUALITY)?;
        if emit(Tile { level, x, y, jpeg }).is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn cut(rows: &mut Rows<'_>, levels: u32, turn: Turn, send: &SyncSender<Cut>) -> Result<ControlFlow<()>> {
    let (width, height) = rows.size();
    let mut pyramid: Vec<Level> = (0..levels).map(|level| Level::new(level, width, height)).collect();
    let mut row = vec![0; width as usize * 3];
    let mut read = 0;
    while rows.read_row(&mut row)? {
        if turn.flip_x {
            mirror(&mut row);
        }
        let y = if turn.flip_y { height - 1 - read } else { read };
        if push(&mut pyramid, y, &row, turn, send).is_break() {
            return Ok(ControlFlow::Break(()));
        }
        read += 1;
    }
    Ok(ControlFlow::Continue(()))
}

fn mirror(row: &mut [u8]) {
    row.reverse();
    for pixel in row.chunks_exact_mut(3) {
        pixel.reverse();
    }
}

/// Any of the eight orientations as mirrors, and then columns for rows.
#[derive(Clone, Copy)]
struct Turn {
    flip_x: bool,
    flip_y: bool,
    transpose: bool,
}

impl Turn {
    fn of(orientation: Orientation) -> Self {
        let (flip_x, flip_y, transpose) = match orientation {
            Orientation::NoTransforms => (false, false, false),
            Orientation::FlipHorizontal => (true, false, false),
            Orientation::Rotate180 => (true, true, false),
            Orientation::FlipVertical => (false, true, false),
            Orientation::Rotate90FlipH => (false, false, true),
            Orientation::Rotate90 => (false, true, true),
            Orientation::Rotate270FlipH => (true, true, true),
            Orientation::Rotate270 => (true, false, true),
        };
        Self { flip_x, flip_y, transpose }
    }
}

/// One level while its rows arrive, from the top or from the bottom.
struct Level {
    number: u32,
    width: u32,
    height: u32,
    /// One row of tiles.
    band: Vec<u8>,
    /// Sums of the two rows that become one of the next level.
    pair: Vec<u16>,
}

impl Level {
    fn new(level: u32, width: u32, height: u32) -> Self {
        let (width, height) = (level_edge(width, level), level_edge(height, level));
        Self {
            number: level,
            width,
            height,
            band: vec![0; width as usize * TILE_PX.min(height) as usize * 3],
            pair: vec![0; width.div_ceil(2) as usize * 3],
        }
    }

    fn row_bytes(&self) -> usize {
        self.width as usize * 3
    }

    fn add_to_pair(&mut self, row: &[u8]) {
        for (sum, pixels) in self.pair.chunks_exact_mut(3).zip(row.chunks(6)) {
            // The last column of an odd width counts twice.
            let second = if pixels.len() == 6 { 3 } else { 0 };
            for channel in 0..3 {
                sum[channel] += u16::from(pixels[channel]) + u16::from(pixels[second + channel]);
            }
        }
    }

    /// The mean of `rows` rows in the pair, which is empty afterwards.
    fn take_pair(&mut self, rows: u16) -> Vec<u8> {
        let count = 2 * rows;
        self.pair.iter_mut().map(|sum| ((std::mem::take(sum) + rows) / count) as u8).collect()
    }

    /// Gives the tiles of the band that holds row `y`.
    fn send_band(&self, y: u32, turn: Turn, send: &SyncSender<Cut>) -> ControlFlow<()> {
        let row_of_tiles = y / TILE_PX;
        let rows = TILE_PX.min(self.height - row_of_tiles * TILE_PX);
        for column in 0..self.width.div_ceil(TILE_PX) {
            let left = column * TILE_PX;
            let width = TILE_PX.min(self.width - left);
            let mut pixels = Vec::with_capacity(width as usize * rows as usize * 3);
            for row in 0..rows as usize {
                let start = row * self.row_bytes() + left as usize * 3;
                pixels.extend_from_slice(&self.band[start..start + width as usize * 3]);
            }
            let picture = RgbImage::from_raw(width, rows, pixels).expect("there are three bytes a pixel");
            let (x, y, picture) = if turn.transpose {
                let turned = RgbImage::from_fn(rows, width, |x, y| *picture.get_pixel(y, x));
                (row_of_tiles, column, turned)
            } else {
                (column, row_of_tiles, picture)
            };
            // The encoder stops listening when it failed or was told to stop.
            if send.send(Cut { level: self.number, x, y, picture }).is_err() {
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    }
}

/// Adds row `y`, counted from the top, to the first of these levels, and what follows from it to the others.
fn push(levels: &mut [Level], y: u32, row: &[u8], turn: Turn, send: &SyncSender<Cut>) -> ControlFlow<()> {
    let Some((level, further)) = levels.split_first_mut() else { return ControlFlow::Continue(()) };
    let start = (y % TILE_PX) as usize * level.row_bytes();
    level.band[start..start + row.len()].copy_from_slice(row);
    let last = y == level.height - 1;
    let (band_is_full, pair_is_full) = if turn.flip_y {
        (y.is_multiple_of(TILE_PX), y.is_multiple_of(2))
    } else {
        (y % TILE_PX == TILE_PX - 1 || last, y % 2 == 1 || last)
    };
    if band_is_full {
        level.send_band(y, turn, send)?;
    }
    if further.is_empty() {
        return ControlFlow::Continue(());
    }
    level.add_to_pair(row);
    if pair_is_full {
        let rows = if last && y.is_multiple_of(2) { 1 } else { 2 };
        let half = level.take_pair(rows);
        return push(further, y / 2, &half, turn, send);
    }
    ControlFlow::Continue(())
}
