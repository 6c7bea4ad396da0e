//! Frames by index and by PTS, against what the `ffmpeg` command says.

use std::path::Path;
use std::process::Command;

use muster_media::{Limits, MediaError, MediaKind, VideoReader, decode_upright, probe_path, thumbnail_path};

use crate::test_data;

/// The checksum of every frame as RGB, from `ffmpeg -f framecrc`.
fn frame_sums(path: &Path) -> Vec<u32> {
    let output = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-i"])
        .arg(path)
        .args(["-map", "0:v:0", "-fps_mode", "passthrough"])
        .args(["-vf", "scale=flags=bicubic,format=pix_fmts=rgb24", "-f", "framecrc", "-"])
        .output()
        .expect("ffmpeg is installed by make setup");
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| u32::from_str_radix(line.rsplit("0x").next().unwrap(), 16).unwrap())
        .collect()
}

/// The PTS of every frame, from `ffprobe`: `ffmpeg` itself moves and invents some when it writes.
fn frame_times(path: &Path) -> Vec<Option<i64>> {
    let output = Command::new("ffprobe")
        .args(["-v", "error", "-select_streams", "v:0"])
        .args(["-show_entries", "frame=best_effort_timestamp", "-of", "csv=p=0"])
        .arg(path)
        .output()
        .expect("ffprobe is installed by make setup");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(|line| line.trim_end_matches(',').parse().ok()).collect()
}

/// FFmpeg's checksum of a frame: Adler-32 that starts at 0.
fn adler32(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (0u32, 0u32);
    for block in bytes.chunks(5552) {
        for byte in block {
            low += u32::from(*byte);
            high += low;
        }
        low %= 65_521;
        high %= 65_521;
    }
    (high << 16) | low
}

fn clips() -> Vec<std::path::PathBuf> {
    [
        "video/opencv/tree.avi",
        "video/opencv/vtest.avi",
        "video/opencv/Megamind.avi",
        "video/opencv/cup.mp4",
        "video/opencv/box.mp4",
        "video/udacity_lanes/test_videos/solidWhiteRight.mp4",
        "video/udacity_vehicles/test_video.mp4",
    ]
    .into_iter()
    .filter_map(test_data)
    .collect()
}

#[test]
fn frames_in_order_equal_those_of_the_ffmpeg_command() {
    for path in clips() {
        let mut reader = VideoReader::open(&path, &Limits::default()).unwrap();
        let (mut times, mut sums) = (Vec::new(), Vec::new());
        while let Some(frame) = reader.next_frame().unwrap() {
            assert_eq!(frame.stamp.index, Some(sums.len() as u64));
            assert_eq!(frame.picture.dimensions(), (reader.header().width_px, reader.header().height_px));
            times.push(frame.stamp.pts);
            sums.push(adler32(frame.picture.as_raw()));
        }
        assert!(!sums.is_empty());
        assert!(sums == frame_sums(&path), "{}: the pictures differ", path.display());
        assert_eq!(times, frame_times(&path), "{}", path.display());
    }
}

#[test]
fn a_frame_by_pts_or_index_is_the_one_that_decoding_in_order_gives() {
    for path in clips() {
        let mut in_order = VideoReader::open(&path, &Limits::default()).unwrap();
        let mut all = Vec::new();
        while let Some(frame) = in_order.next_frame().unwrap() {
            all.push((frame.stamp.pts, adler32(frame.picture.as_raw())));
        }
        let mut fresh = VideoReader::open(&path, &Limits::default()).unwrap();
        let mut place = 17;
        for _ in 0..20 {
            place = (place * 7919 + 31) % all.len();
            let (pts, sum) = all[place];
            if let Some(pts) = pts {
                let frame = fresh.frame_at_pts(pts).unwrap();
                assert_eq!(frame.stamp.pts, Some(pts));
                assert_eq!(adler32(frame.picture.as_raw()), sum, "{} {place}", path.display());
            }
            let by_index = in_order.frame_at_index(place as u64).unwrap();
            assert_eq!(by_index.stamp.index, Some(place as u64), "{}", path.display());
            assert_eq!(adler32(by_index.picture.as_raw()), sum, "{} {place}", path.display());
        }
        let last = all.len() as u64;
        assert!(matches!(fresh.frame_at_index(last).unwrap_err(), MediaError::NoSuchFrame { .. }));
        assert!(matches!(fresh.frame_at_pts(i64::MAX / 4).unwrap_err(), MediaError::NoSuchFrame { .. }));
        // A miss does not spoil the reader.
        assert_eq!(adler32(fresh.frame_at_index(0).unwrap().picture.as_raw()), all[0].1);
    }
}

#[test]
fn probes_and_thumbnails_of_real_clips() {
    for path in clips() {
        let probe = probe_path(&path, &Limits::default()).unwrap();
        assert_eq!(probe.kind, MediaKind::Video);
        assert!(probe.duration_micros.unwrap() > 0 && probe.frame_count_estimate.unwrap() > 10, "{probe:?}");
        let small = thumbnail_path(&path, 200, &Limits::default()).unwrap();
        assert_eq!(small.width_px.max(small.height_px), 200);
        let picture = decode_upright("thumbnail", &small.jpeg, &Limits::default()).unwrap();
        assert_eq!(picture.dimensions(), (small.width_px, small.height_px));
    }
}

/// Runs `ffmpeg` to make a clip in `folder`.
fn make(folder: &Path, name: &str, arguments: &[&str]) -> std::path::PathBuf {
    let path = folder.join(name);
    let status = Command::new("ffmpeg")
        .args(["-nostdin", "-v", "error", "-y"])
        .args(arguments)
        .arg(&path)
        .status()
        .expect("ffmpeg is installed by make setup");
    assert!(status.success());
    path
}

#[test]
fn a_turned_and_stretched_video_comes_out_upright() {
    let folder = tempfile::tempdir().unwrap();
    let source = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=10:duration=1"];
    let plain = make(folder.path(), "plain.mp4", &[&source[..], &["-c:v", "mpeg4", "-q:v", "2"]].concat());
    let input = plain.to_str().unwrap();
    let turned = make(folder.path(), "turned.mp4", &["-i", input, "-c", "copy", "-metadata:s:v:0", "rotate=90"]);
    let mut turned_reader = VideoReader::open(&turned, &Limits::default()).unwrap();
    assert_eq!((turned_reader.header().width_px, turned_reader.header().height_px), (180, 320));
    let upright = turned_reader.next_frame().unwrap().unwrap().picture;
    let shown = make(folder.path(), "shown.png", &["-i", turned.to_str().unwrap(), "-frames:v", "1"]);
    let shown = decode_upright("shown", &std::fs::read(shown).unwrap(), &Limits::default()).unwrap();
    // ffmpeg turns before it converts to RGB, so that colours at edges differ a little.
    let difference: u64 = upright.iter().zip(shown.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    assert!(difference < 3 * upright.len() as u64, "mean difference {}", difference / upright.len() as u64);

    let anamorphic = make(folder.path(), "wide.mkv", &[&source[..], &["-vf", "setsar=4/3", "-c:v", "mpeg4"]].concat());
    let mut reader = VideoReader::open(&anamorphic, &Limits::default()).unwrap();
    assert_eq!((reader.header().width_px, reader.header().height_px), (427, 180));
    assert_eq!(reader.next_frame().unwrap().unwrap().picture.dimensions(), (427, 180));
}

#[test]
fn an_open_group_of_pictures_is_seeked_exactly() {
    let folder = tempfile::tempdir().unwrap();
    let path = make(
        folder.path(),
        "open-gop.mp4",
        &[
            "-f",
            "lavfi",
            "-i",
            "testsrc2=size=192x108:rate=25:duration=6",
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-x264-params",
            "open-gop=1:keyint=24:bframes=3",
            "-pix_fmt",
            "yuv420p",
        ],
    );
    let mut reader = VideoReader::open(&path, &Limits::default()).unwrap();
    let mut all = Vec::new();
    while let Some(frame) = reader.next_frame().unwrap() {
        all.push((frame.stamp.pts.unwrap(), adler32(frame.picture.as_raw())));
    }
    assert_eq!(all.len(), 150);
    for (pts, sum) in all.iter().rev() {
        let frame = VideoReader::open(&path, &Limits::default()).unwrap().frame_at_pts(*pts).unwrap();
        assert_eq!(adler32(frame.picture.as_raw()), *sum, "PTS {pts}");
    }
}

/// Clips with B-frames, a variable rate, edit lists and open groups of pictures, in three containers.
fn difficult_clips(folder: &Path) -> Vec<std::path::PathBuf> {
    let source = |size: &str| format!("testsrc2=size={size}:rate=25:duration=4");
    let x264 = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-bf", "3", "-g", "24"];
    let varying = "select='not(mod(n,7))+not(mod(n,3))',setpts='PTS+0.35*floor(N/9)/TB'";
    let from =
        |size: &str| ["-f", "lavfi", "-i"].map(str::to_owned).into_iter().chain([source(size)]).collect::<Vec<_>>();
    let clip = |name: &str, input: Vec<String>, further: &[&str]| {
        let arguments: Vec<&str> = input.iter().map(String::as_str).chain(further.iter().copied()).collect();
        make(folder, name, &arguments)
    };
    let b_frames = clip("b-frames.mp4", from("192x108"), &x264);
    let vfr = ["-vf", varying, "-fps_mode", "vfr", "-enc_time_base", "1:90000"];
    let mut clips = vec![
        clip("vfr.mp4", from("160x96"), &[&vfr[..], &x264].concat()),
        clip("vfr.mkv", from("160x96"), &[&vfr[..], &x264].concat()),
        clip("mpeg4.avi", from("160x96"), &["-c:v", "mpeg4", "-bf", "2", "-g", "30"]),
        clip("stream.ts", from("160x96"), &x264),
        // Cut in the middle of a group of pictures without encoding: an edit list hides the frames before.
        make(folder, "edit-list.mp4", &["-ss", "1.3", "-i", b_frames.to_str().unwrap(), "-c", "copy"]),
        // A delayed start: an empty edit.
        make(folder, "delayed.mp4", &["-itsoffset", "1.7", "-i", b_frames.to_str().unwrap(), "-c", "copy"]),
    ];
    clips.push(b_frames);
    clips
}

#[test]
fn difficult_clips_equal_framecrc_in_order_backwards_and_by_every_address() {
    let folder = tempfile::tempdir().unwrap();
    for path in difficult_clips(folder.path()) {
        let mut in_order = VideoReader::open(&path, &Limits::default()).unwrap();
        let mut all = Vec::new();
        while let Some(frame) = in_order.next_frame().unwrap() {
            assert_eq!(frame.stamp.index, Some(all.len() as u64));
            all.push((frame.stamp.pts, adler32(frame.picture.as_raw())));
        }
        assert!(all.len() > 30, "{}: {} frames", path.display(), all.len());
        let sums: Vec<u32> = all.iter().map(|frame| frame.1).collect();
        assert!(sums == frame_sums(&path), "{}: the pictures differ", path.display());
        assert_eq!(all.iter().map(|frame| frame.0).collect::<Vec<_>>(), frame_times(&path), "{}", path.display());

        let mut fresh = VideoReader::open(&path, &Limits::default()).unwrap();
        let timeline = fresh.timeline().unwrap().to_vec();
        assert_eq!(timeline, all.iter().map(|frame| frame.0).collect::<Vec<_>>(), "{}", path.display());
        let base = fresh.header().time_base;
        for (index, (pts, sum)) in all.iter().enumerate().rev() {
            let by_index = fresh.frame_at_index(index as u64).unwrap();
            assert_eq!((by_index.stamp.index, by_index.stamp.pts), (Some(index as u64), *pts), "{}", path.display());
            assert_eq!(adler32(by_index.picture.as_raw()), *sum, "{} index {index}", path.display());
            let Some(pts) = *pts else { continue };
            let by_pts = fresh.frame_at_pts(pts).unwrap();
            // Its own timeline tells the index of a frame that was found by its PTS.
            assert_eq!((by_pts.stamp.index, by_pts.stamp.pts), (Some(index as u64), Some(pts)), "{}", path.display());
            assert_eq!(adler32(by_pts.picture.as_raw()), *sum, "{} PTS {pts}", path.display());
            let next = all.get(index + 1).and_then(|frame| frame.0).map_or(pts + 1, |next| next);
            let between = (base.micros(pts) + 1).max(base.micros(next) - 2);
            let shown = fresh.frame_at_micros(between).unwrap();
            assert_eq!(shown.stamp.pts, Some(pts), "{} at {between}", path.display());
        }
    }
}

#[test]
fn a_strip_shows_frames_at_even_distances() {
    let folder = tempfile::tempdir().unwrap();
    // Ten seconds whose brightness grows from black to white.
    let source = ["-f", "lavfi", "-i", "color=black:size=160x90:rate=20:duration=10"];
    let filter = ["-vf", "geq=lum='16+21*T':cb=128:cr=128", "-c:v", "libx264", "-preset", "veryfast", "-g", "400"];
    let path = make(folder.path(), "growing.mp4", &[&source[..], &filter].concat());
    let strip = muster_media::video_strip(&path, 8, 120, &Limits::default()).unwrap();
    assert_eq!((strip.frames, strip.frame_width_px, strip.frame_height_px), (8, 120, 68));
    let picture = decode_upright("strip", &strip.jpeg, &Limits::default()).unwrap();
    assert_eq!(picture.dimensions(), (960, 68));
    let levels: Vec<u8> = (0..8).map(|place| picture.get_pixel(place * 120 + 60, 34)[0]).collect();
    assert!(levels.windows(2).all(|pair| pair[1] > pair[0] + 10), "{levels:?}");
    for clip in clips() {
        let strip = muster_media::video_strip(&clip, 10, 160, &Limits::default()).unwrap();
        assert_eq!(strip.frames, 10, "{}", clip.display());
    }
}
