//! Video frames, addressed by decode index and by PTS, never by frame rate.
//!
//! A frame's index is its place in the decoder's output from the start of the stream (edit lists applied by the
//! demuxer); its PTS is an integer count of the stream's time base. Both survive a seek: [`VideoReader::frame_at_pts`]
//! seeks to a key frame at or before the target and decodes up to it, as FFmpeg's `avformat_seek_file` allows no more
//! than that.

mod convert;
mod cutoff;
mod header;
mod strip;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Once;

use ffmpeg_next as ffmpeg;
use image::RgbImage;

use crate::error::{MediaError, Result};
use crate::limits::{Deadline, Limits};
use convert::Converter;
pub use header::{TimeBase, VideoHeader};
pub use strip::{Strip, video_strip};

/// The demuxers that may touch a file. Playlists, image sequences and devices are not among them, because they open
/// other files.
const DEMUXERS: &str = "mov,matroska,avi,mpegts,mpeg,ogg,flv,asf";

/// Unreadable packets in a row after which a file is given up.
const MAX_UNREADABLE_PACKETS: u32 = 10_000;

/// Forward distance up to which decoding on is quicker than seeking.
const NEAR_MICROS: i64 = 500_000;

/// How far before the target a seek starts when the one before it landed too late (an open group of pictures).
const SEEK_BACKOFFS_MICROS: [i64; 3] = [0, 2_000_000, 15_000_000];

/// Where a frame is in its video.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameStamp {
    /// The place in decoder output order; `None` after a seek to a place that was never decoded in order.
    pub index: Option<u64>,
    /// The presentation time in ticks of the video's time base; absent where the container states none.
    pub pts: Option<i64>,
}

/// One decoded, upright frame.
#[derive(Clone, Debug)]
pub struct VideoFrame {
    /// Where it is.
    pub stamp: FrameStamp,
    /// Its picture; every frame of a video has the size that [`VideoHeader`] states.
    pub picture: RgbImage,
}

/// Reads the frames of one video file.
pub struct VideoReader {
    path: PathBuf,
    limits: Limits,
    header: VideoHeader,
    stream_index: usize,
    input: ffmpeg::format::context::Input,
    decoder: ffmpeg::decoder::Video,
    converter: Converter,
    current: ffmpeg::frame::Video,
    draining: bool,
    /// The index of the next frame that the decoder gives, while that is known.
    next_index: Option<u64>,
    last_pts: Option<i64>,
    /// PTS by index, as far as the stream was decoded in order.
    timeline: Vec<Option<i64>>,
    timeline_is_whole: bool,
    unreadable_packets: u64,
    /// The end of the time that the present call has.
    deadline: Deadline,
}

impl VideoReader {
    /// Opens a video file and reads its header.
    pub fn open(path: &Path, limits: &Limits) -> Result<Self> {
        static INITIALISE: Once = Once::new();
        INITIALISE.call_once(|| {
            // `init` only registers components and cannot fail since FFmpeg 5. What a decoder has to say about a
            // damaged file becomes a typed error; its own lines on standard error help nobody.
            let _ = ffmpeg::init();
            ffmpeg::log::set_level(ffmpeg::log::Level::Quiet);
        });
        let name = path.display().to_string();
        let (input, decoder, stream_index) = open_decoder(path, &name, limits)?;
        let header = header::read(&name, &input, stream_index, &decoder, limits)?;
        Ok(Self {
            path: path.to_owned(),
            limits: *limits,
            converter: Converter::new(header.stored_width_px, header.stored_height_px, header.orientation),
            header,
            stream_index,
            input,
            decoder,
            current: ffmpeg::frame::Video::empty(),
            draining: false,
            next_index: Some(0),
            last_pts: None,
            timeline: Vec::new(),
            timeline_is_whole: false,
            unreadable_packets: 0,
            deadline: limits.deadline(),
        })
    }

    /// What the container says.
    pub fn header(&self) -> &VideoHeader {
        &self.header
    }

    /// Packets that the decoder refused so far; the frames in them are missing.
    pub fn unreadable_packets(&self) -> u64 {
        self.unreadable_packets
    }

    /// The next frame in decoder output order; `None` after the last one.
    pub fn next_frame(&mut self) -> Result<Option<VideoFrame>> {
        self.next_frame_where(|_| true)
    }

    /// The next frame that `wanted` accepts. The frames before it are decoded but not converted, which saves about half
    /// of their cost.
    pub fn next_frame_where(&mut self, mut wanted: impl FnMut(&FrameStamp) -> bool) -> Result<Option<VideoFrame>> {
        self.deadline = self.limits.deadline();
        while let Some(stamp) = self.advance()? {
            if wanted(&stamp) {
                return self.convert(stamp).map(Some);
            }
        }
        Ok(None)
    }

    /// The frame at this place in decoder output order.
    pub fn frame_at_index(&mut self, index: u64) -> Result<VideoFrame> {
        let forward = self.next_index.is_some_and(|next| next <= index && index - next <= 64);
        if !forward {
            if let Some(pts) = self.known_unique_pts(index) {
                return self.frame_at_pts(pts);
            }
            if self.next_index.is_none_or(|next| next > index) {
                self.rewind()?;
            }
        }
        self.next_frame_where(|stamp| stamp.index == Some(index))?
            .ok_or_else(|| self.no_such_frame(format!("index {index}")))
    }

    /// The frame with exactly this PTS.
    pub fn frame_at_pts(&mut self, pts: i64) -> Result<VideoFrame> {
        self.deadline = self.limits.deadline();
        if self.is_near(pts)
            && let Some(stamp) = self.advance_to(pts)?
        {
            return self.convert(stamp);
        }
        for backoff in SEEK_BACKOFFS_MICROS {
            // Where there is no seeking, reading from the start still finds the frame.
            if !self.seek(self.header.time_base.micros(pts) - backoff) {
                break;
            }
            // A seek that lands behind the target, or among frames that need an earlier key frame, is tried again from
            // further back.
            if let Some(stamp) = self.advance_to(pts)? {
                return self.convert(stamp);
            }
        }
        self.rewind()?;
        let stamp = self.advance_to(pts)?.ok_or_else(|| self.no_such_frame(format!("PTS {pts}")))?;
        self.convert(stamp)
    }

    /// The frame that is shown at this time: the last one whose PTS is not later, or the first one.
    pub fn frame_at_micros(&mut self, micros: i64) -> Result<VideoFrame> {
        self.deadline = self.limits.deadline();
        for backoff in SEEK_BACKOFFS_MICROS {
            let target = micros.saturating_sub(backoff + NEAR_MICROS / 2);
            if !self.seek(target) {
                break;
            }
            match self.shown_at(micros)? {
                Some(pts) if self.header.time_base.micros(pts) <= micros => return self.frame_at_pts(pts),
                _ => {}
            }
        }
        self.rewind()?;
        match self.shown_at(micros)? {
            Some(pts) => self.frame_at_pts(pts),
            None => self.frame_at_index(0),
        }
    }

    /// Decodes until a frame is later than `micros`: the PTS of the one before, else of the first one.
    fn shown_at(&mut self, micros: i64) -> Result<Option<i64>> {
        let mut shown = None;
        while let Some(stamp) = self.advance()? {
            let Some(pts) = stamp.pts else { continue };
            let is_later = self.header.time_base.micros(pts) > micros;
            if is_later && shown.is_some() {
                break;
            }
            shown = Some(pts);
            if is_later {
                break;
            }
        }
        Ok(shown)
    }

    /// Goes to a key frame at or before this time; false in a container without an index, which refuses to seek.
    fn seek(&mut self, micros: i64) -> bool {
        if self.input.seek(micros, ..micros).is_err() {
            return false;
        }
        self.decoder.flush();
        (self.draining, self.next_index, self.last_pts) = (false, None, None);
        true
    }

    /// The PTS of every frame in decoder output order, from decoding the whole stream once. The index of a PTS is its
    /// place here, and the other way round.
    pub fn timeline(&mut self) -> Result<&[Option<i64>]> {
        if !self.timeline_is_whole {
            self.deadline = self.limits.deadline();
            self.rewind()?;
            while self.advance()?.is_some() {}
            self.timeline_is_whole = true;
        }
        Ok(&self.timeline)
    }

    /// Goes back to before the first frame. The file is opened again, because a seek to the start is not exact in
    /// every container.
    pub fn rewind(&mut self) -> Result<()> {
        let name = self.name();
        let (input, decoder, stream_index) = open_decoder(&self.path, &name, &self.limits)?;
        // The decoder keeps a reference into its container: it has to go first.
        self.decoder = decoder;
        self.input = input;
        self.stream_index = stream_index;
        self.draining = false;
        self.next_index = Some(0);
        self.last_pts = None;
        Ok(())
    }

    /// When the container starts; its duration counts from there.
    fn start_micros(&self) -> i64 {
        let start = self.input.stream(self.stream_index).map_or(0, |stream| stream.start_time());
        if start == i64::MIN { 0 } else { self.header.time_base.micros(start) }
    }

    fn is_near(&self, pts: i64) -> bool {
        self.last_pts.is_some_and(|last| {
            last < pts && self.header.time_base.micros(pts) - self.header.time_base.micros(last) <= NEAR_MICROS
        })
    }

    /// Decodes up to the frame with this PTS; `None` when the stream has passed it or ended.
    fn advance_to(&mut self, pts: i64) -> Result<Option<FrameStamp>> {
        while let Some(stamp) = self.advance()? {
            match stamp.pts {
                Some(at) if at == pts => return Ok(Some(stamp)),
                Some(at) if at > pts => return Ok(None),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Decodes one frame into `self.current`.
    fn advance(&mut self) -> Result<Option<FrameStamp>> {
        loop {
            match self.decoder.receive_frame(&mut self.current) {
                Ok(()) => {
                    self.deadline.check(&self.name())?;
                    return Ok(Some(self.stamp_current()));
                }
                Err(ffmpeg::Error::Eof) => return Ok(None),
                Err(ffmpeg::Error::Other { errno: ffmpeg::error::EAGAIN }) if !self.draining => self.feed()?,
                Err(_) => self.unreadable_packets += 1,
            }
            if self.unreadable_packets > u64::from(MAX_UNREADABLE_PACKETS) {
                return Err(MediaError::malformed(&self.name(), "most of its packets cannot be decoded"));
            }
        }
    }

    fn stamp_current(&mut self) -> FrameStamp {
        let pts = self.current.timestamp();
        let index = self.next_index.or_else(|| self.known_index(pts?));
        if let Some(index) = index {
            if index == self.timeline.len() as u64 {
                self.timeline.push(pts);
            }
            self.next_index = Some(index + 1);
        }
        self.last_pts = pts;
        FrameStamp { index, pts }
    }

    /// Gives the decoder its next packet, or the end of the stream.
    fn feed(&mut self) -> Result<()> {
        let mut unreadable = 0;
        loop {
            let mut packet = ffmpeg::Packet::empty();
            match packet.read(&mut self.input) {
                Ok(()) if packet.stream() != self.stream_index => {}
                Ok(()) => {
                    if self.decoder.send_packet(&packet).is_err() {
                        self.unreadable_packets += 1;
                    }
                    return Ok(());
                }
                Err(ffmpeg::Error::InvalidData) if unreadable < MAX_UNREADABLE_PACKETS => unreadable += 1,
                // The end of the file, or of what can be read of it: what the decoder holds is still good.
                Err(_) => {
                    self.draining = true;
                    let name = self.name();
                    return match self.decoder.send_eof() {
                        Ok(()) | Err(ffmpeg::Error::Eof) => Ok(()),
                        Err(error) => Err(MediaError::malformed(&name, error)),
                    };
                }
            }
        }
    }

    fn convert(&mut self, stamp: FrameStamp) -> Result<VideoFrame> {
        let name = self.name();
        self.limits.check_pixels(&name, u64::from(self.current.width()), u64::from(self.current.height()))?;
        let picture = self.converter.convert(&mut self.current).map_err(|error| MediaError::malformed(&name, error))?;
        Ok(VideoFrame { stamp, picture })
    }

    /// The index of a PTS that was passed in order and occurs once.
    fn known_index(&self, pts: i64) -> Option<u64> {
        let mut places = self.timeline.iter().enumerate().filter(|(_, at)| **at == Some(pts));
        let (index, _) = places.next()?;
        places.next().is_none().then_some(index as u64)
    }

    fn known_unique_pts(&self, index: u64) -> Option<i64> {
        let pts = (*self.timeline.get(usize::try_from(index).ok()?)?)?;
        (self.known_index(pts) == Some(index)).then_some(pts)
    }

    fn no_such_frame(&self, wanted: String) -> MediaError {
        MediaError::NoSuchFrame { name: self.name(), wanted }
    }

    fn name(&self) -> String {
        self.path.display().to_string()
    }
}

type OpenVideo = (ffmpeg::format::context::Input, ffmpeg::decoder::Video, usize);

fn open_decoder(path: &Path, name: &str, limits: &Limits) -> Result<OpenVideo> {
    let file = File::open(path).map_err(|source| MediaError::Read { name: name.to_owned(), source })?;
    open_stream(file, name, limits).map_err(|error| {
        if cutoff::is_cut_off(path) {
            return MediaError::truncated(name, "its container promises more bytes than the file has");
        }
        error
    })
}

fn open_stream(file: File, name: &str, limits: &Limits) -> Result<OpenVideo> {
    let failed = |error: ffmpeg::Error| MediaError::malformed(name, error);
    let mut options = ffmpeg::Dictionary::new();
    options.set("format_whitelist", DEMUXERS);
    // The bytes come through the open file alone: no demuxer has a reason to open anything else.
    options.set("protocol_whitelist", "none");
    options.set("probesize", &limits.max_video_probe_bytes.max(32).to_string());
    let stream_io = ffmpeg::format::context::StreamIo::from_read_seek(file).map_err(failed)?;
    let input = ffmpeg::format::input_from_stream(stream_io, None, Some(options)).map_err(failed)?;
    let stream = input
        .streams()
        .best(ffmpeg::media::Type::Video)
        .ok_or_else(|| MediaError::unsupported(name, "it has no video stream"))?;
    let stream_index = stream.index();
    let time_base = stream.time_base();
    let mut context = ffmpeg::codec::Context::from_parameters(stream.parameters()).map_err(failed)?;
    context.set_threading(ffmpeg::threading::Config::count(limits.decoder_threads.max(1)));
    let mut decoder = context.decoder();
    decoder.set_packet_time_base(time_base);
    let decoder = decoder.video().map_err(|error| match error {
        ffmpeg::Error::DecoderNotFound => MediaError::unsupported(name, "no decoder for its codec is installed"),
        error => MediaError::malformed(name, error),
    })?;
    Ok((input, decoder, stream_index))
}
