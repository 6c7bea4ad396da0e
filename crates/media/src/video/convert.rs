//! Decoded frames to upright RGB pictures, through libavfilter's `scale`, which reads each frame's colour matrix and
//! range (`libswscale` alone would take every video for BT.601).

use ffmpeg_next as ffmpeg;
use image::RgbImage;
use image::metadata::Orientation;

use crate::picture::turn;

/// Converts the frames of one video to one size.
pub(super) struct Converter {
    width: u32,
    height: u32,
    orientation: Orientation,
    graph: Option<(Layout, ffmpeg::filter::Graph)>,
}

/// What a filter graph is made for; a stream may change it between frames.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Layout {
    pixel: ffmpeg::format::Pixel,
    width: u32,
    height: u32,
}

impl Converter {
    /// A converter to `width` × `height`, then turned by `orientation`.
    pub(super) fn new(width: u32, height: u32, orientation: Orientation) -> Self {
        Self { width, height, orientation, graph: None }
    }

    /// Takes the picture out of `frame`, which is empty afterwards.
    pub(super) fn convert(&mut self, frame: &mut ffmpeg::frame::Video) -> Result<RgbImage, ffmpeg::Error> {
        let layout = Layout { pixel: frame.format(), width: frame.width(), height: frame.height() };
        let graph = match &mut self.graph {
            Some((made_for, graph)) if *made_for == layout => graph,
            slot => &mut slot.insert((layout, build(layout, self.width, self.height)?)).1,
        };
        let mut source = graph.get("in").ok_or(ffmpeg::Error::FilterNotFound)?;
        source.source().add(frame)?;
        let mut rgb = ffmpeg::frame::Video::empty();
        graph.get("out").ok_or(ffmpeg::Error::FilterNotFound)?.sink().frame(&mut rgb)?;
        Ok(turn(pack(&rgb), self.orientation))
    }
}

fn build(from: Layout, width: u32, height: u32) -> Result<ffmpeg::filter::Graph, ffmpeg::Error> {
    let filter = |name| ffmpeg::filter::find(name).ok_or(ffmpeg::Error::FilterNotFound);
    let pixel = from.pixel.descriptor().ok_or(ffmpeg::Error::InvalidData)?.name();
    let mut graph = ffmpeg::filter::Graph::new();
    let arguments =
        format!("video_size={}x{}:pix_fmt={pixel}:time_base=1/1000000:pixel_aspect=1/1", from.width, from.height);
    graph.add(&filter("buffer")?, "in", &arguments)?;
    graph.add(&filter("buffersink")?, "out", "")?;
    let chain = format!("scale=w={width}:h={height}:flags=bicubic,format=pix_fmts=rgb24");
    graph.output("in", 0)?.input("out", 0)?.parse(&chain)?;
    graph.validate()?;
    Ok(graph)
}

/// Copies the rows of an RGB frame without their padding.
fn pack(rgb: &ffmpeg::frame::Video) -> RgbImage {
    let row_bytes = rgb.width() as usize * 3;
    let mut pixels = Vec::with_capacity(row_bytes * rgb.height() as usize);
    for row in rgb.data(0).chunks(rgb.stride(0)).take(rgb.height() as usize) {
        pixels.extend_from_slice(&row[..row_bytes]);
    }
    RgbImage::from_raw(rgb.width(), rgb.height(), pixels).expect("the buffer has three bytes a pixel")
}
