//! Replaying photos or a video as if they happened now, on a clock that may run faster and start on another day.

use muster_domain::time::UtcMicros;

use super::{Eye, Look};
use crate::{
    av::{Av, Delivered},
    clock::SourceClock,
    config::Replay,
    series::Series,
};

/// The pause between the last frame of one pass and the first of the next, when a pass has only one frame.
const LONE_FRAME_MICROS: i64 = 1_000_000;

/// Replays the source as often as configured.
pub async fn run(source: &Replay, mut eye: Eye) -> anyhow::Result<()> {
    let mut series = source.signals_file.as_deref().map(Series::read).transpose()?;
    let clock = SourceClock::new(source.start.map(|start| UtcMicros(start.as_microsecond())), source.speed);
    let mut pass_began_micros = 0;
    let mut passes = 0;
    while source.repeat == 0 || passes < source.repeat {
        pass_began_micros = pass(source, &mut eye, &clock, series.as_mut(), pass_began_micros).await?;
        passes += 1;
    }
    tracing::info!(stream = source.stream, passes, "the replay has ended");
    Ok(())
}

/// Replays the source once; gives the moment at which the next pass begins.
async fn pass(
    source: &Replay,
    eye: &mut Eye,
    clock: &SourceClock,
    mut series: Option<&mut Series>,
    began_micros: i64,
) -> anyhow::Result<i64> {
    let mut av = Av::decode(&source.path, rate(source))?;
    let (mut last, mut step, mut frames) = (began_micros, LONE_FRAME_MICROS, 0_u64);
    while let Some(delivered) = av.next().await? {
        let (header, jpeg, gray) = match delivered {
            Delivered::Frame { header, jpeg, gray } => (header, jpeg, gray),
            Delivered::Failed { error } => {
                tracing::warn!(stream = source.stream, error, "a picture could not be read");
                continue;
            }
        };
        let now = began_micros + header.captured_offset_micros;
        if frames > 0 {
            step = (now - last).max(1);
        }
        (last, frames) = (now, frames + 1);
        clock.wait_until(now).await;
        let mut waiting = Vec::new();
        while let Some((at, signals)) = series.as_mut().and_then(|series| series.due(now)) {
            waiting.extend(eye.feel(at, signals));
        }
        eye.look(Look { header, jpeg, gray, at: clock.at(now) }, waiting).await?;
    }
    anyhow::ensure!(frames > 0, "{} holds no picture that can be read", source.path.display());
    Ok(last + step)
}

/// What the child is asked for: a video keeps its own times unless thinned, photos get theirs from the interval.
fn rate(source: &Replay) -> Option<f64> {
    const VIDEOS: [&str; 8] = ["avi", "m4v", "mkv", "mov", "mp4", "mpeg", "mpg", "webm"];
    let ending = source.path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    if VIDEOS.contains(&ending.as_str()) { source.rate_fps } else { Some(1.0 / source.photo_interval_s) }
}
