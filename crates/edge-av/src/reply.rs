//! Writes frames and failures in the format of [`muster_domain::frame_pipe`].

use std::io::{self, Write};
use std::path::Path;

use anyhow::Context as _;
use muster_domain::frame_pipe::{FrameFailure, FrameHeader, FrameReply};
use muster_media::{
    Limits, MediaError, RgbImage, TimeBase, VideoFrame, decode_reduced, encode_jpeg, probe_bytes, read_limited, resize,
};

/// The quality of pictures that this process encodes.
const JPEG_QUALITY: u8 = 90;

/// What the frames look like.
pub struct ReplyOptions {
    /// Video frames are scaled down to at most this width.
    pub max_width_px: Option<u32>,
    /// Width and height of the grey picture.
    pub gray_size: (u32, u32),
    /// What one file may cost.
    pub limits: Limits,
}

/// The replies on one output.
pub struct Replies<W> {
    output: W,
    options: ReplyOptions,
    next_index: u64,
}

impl<W: Write> Replies<W> {
    /// Replies that are written to `output`.
    pub fn new(output: W, options: ReplyOptions) -> Self {
        Self { output, options, next_index: 0 }
    }

    /// What one file may cost.
    pub fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Gives the output back, with what is still buffered in it.
    pub fn into_inner(self) -> W {
        self.output
    }

    /// Hands everything that was written to the reader.
    pub fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }

    /// Writes one photo, or why it cannot be read. `rate` is the photos' assumed number a second.
    pub fn photo(&mut self, path: &Path, rate: f64) -> anyhow::Result<()> {
        let name = file_name(path);
        let index = self.next_index;
        self.next_index += 1;
        match self.read_photo(path) {
            Ok(photo) => {
                let offset_micros = (index as f64 / rate * 1e6) as i64;
                let header = FrameHeader {
                    index,
                    pts: None,
                    time_base: [1, 1_000_000],
                    captured_offset_micros: offset_micros,
                    width_px: photo.width_px,
                    height_px: photo.height_px,
                    jpeg_bytes: photo.jpeg.len() as u64,
                    original: photo.original,
                    gray_width: self.options.gray_size.0,
                    gray_height: self.options.gray_size.1,
                    gray_bytes: photo.gray.len() as u64,
                    name,
                };
                self.frame(header, &photo.jpeg, &photo.gray)
            }
            Err(error) => self.header(&FrameReply::Failed(FrameFailure { error: error.to_string(), name })),
        }
    }

    /// Writes one frame of a video. `started_pts` is the PTS of the video's first frame.
    pub fn video_frame(
        &mut self,
        path: &Path,
        time_base: TimeBase,
        started_pts: i64,
        frame: VideoFrame,
    ) -> anyhow::Result<()> {
        let name = file_name(path);
        let picture = match self.options.max_width_px {
            Some(width) if frame.picture.width() > width => {
                let height = u64::from(frame.picture.height()) * u64::from(width) / u64::from(frame.picture.width());
                resize(&frame.picture, width, (height as u32).max(1))
            }
            _ => frame.picture,
        };
        let jpeg = encode_jpeg(&name, &picture, JPEG_QUALITY)?;
        let gray = self.gray(&picture);
        let index = frame.stamp.index.unwrap_or(self.next_index);
        self.next_index = index + 1;
        let header = FrameHeader {
            index,
            pts: frame.stamp.pts,
            time_base: [time_base.numerator, time_base.denominator],
            captured_offset_micros: frame.stamp.pts.map_or(0, |pts| time_base.micros(pts - started_pts)),
            width_px: picture.width(),
            height_px: picture.height(),
            jpeg_bytes: jpeg.len() as u64,
            original: false,
            gray_width: self.options.gray_size.0,
            gray_height: self.options.gray_size.1,
            gray_bytes: gray.len() as u64,
            name,
        };
        self.frame(header, &jpeg, &gray)
    }

    fn read_photo(&self, path: &Path) -> Result<Photo, MediaError> {
        let name = path.display().to_string();
        let limits = &self.options.limits;
        let bytes = read_limited(path, limits)?;
        let probe = probe_bytes(&name, &bytes, limits)?;
        let is_jpeg = probe.media_type == "image/jpeg";
        // A photo that passes through is decoded only for its grey picture, so that a reduced size is enough; the whole
        // file is still read, which finds a damaged one before it becomes a capture.
        let gray_edge = self.options.gray_size.0.max(self.options.gray_size.1);
        let picture = decode_reduced(&name, &bytes, limits, is_jpeg.then_some(gray_edge * 2))?;
        let gray = self.gray(&picture);
        let jpeg = if is_jpeg { bytes } else { encode_jpeg(&name, &picture, JPEG_QUALITY)? };
        let (width_px, height_px) = (probe.width_px.unwrap_or_default(), probe.height_px.unwrap_or_default());
        Ok(Photo { jpeg, original: is_jpeg, gray, width_px, height_px })
    }

    /// The picture in grey (ITU-R BT.601 luma) at the size for motion.
    fn gray(&self, picture: &RgbImage) -> Vec<u8> {
        let (width, height) = self.options.gray_size;
        let luma = |pixel: &image::Rgb<u8>| {
            let [red, green, blue] = pixel.0.map(u32::from);
            ((red * 299 + green * 587 + blue * 114 + 500) / 1000) as u8
        };
        resize(picture, width, height).pixels().map(luma).collect()
    }

    fn frame(&mut self, header: FrameHeader, jpeg: &[u8], gray: &[u8]) -> anyhow::Result<()> {
        self.header(&FrameReply::Frame(header))?;
        self.output.write_all(jpeg)?;
        self.output.write_all(gray)?;
        Ok(())
    }

    fn header(&mut self, reply: &FrameReply) -> anyhow::Result<()> {
        let mut line = serde_json::to_vec(reply).context("cannot write a frame's header")?;
        line.push(b'\n');
        self.output.write_all(&line)?;
        Ok(())
    }
}

struct Photo {
    jpeg: Vec<u8>,
    original: bool,
    gray: Vec<u8>,
    width_px: u32,
    height_px: u32,
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
