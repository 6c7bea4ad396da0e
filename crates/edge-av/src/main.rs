//! `muster-edge-av`: the child of `muster-edge` that alone links decoders.
//!
//! It reads a video, photos, or paths from standard input, and writes frames to standard output. The format of what it
//! writes, and its exit codes, are documented in [`muster_domain::frame_pipe`].

mod reply;
mod source;

use std::io::{self, BufRead as _, BufWriter, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use muster_media::Limits;

use reply::{Replies, ReplyOptions};

#[derive(Parser)]
#[command(version, about = "Decodes pictures and video for muster-edge and writes frames to standard output")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Write every frame of a source in order, then exit.
    Decode {
        /// A video, a picture, or a folder of pictures (in the order of their names). May be given several times.
        #[arg(long, required = true)]
        source: Vec<PathBuf>,
        /// Frames a second: a video is thinned to this rate, photos are taken to have it. [default: every frame of a
        /// video, one photo a second]
        #[arg(long, value_parser = positive)]
        rate: Option<f64>,
        #[command(flatten)]
        options: FrameArguments,
    },
    /// Answer each path on standard input with one frame, until standard input ends.
    Serve {
        #[command(flatten)]
        options: FrameArguments,
    },
}

#[derive(Args)]
struct FrameArguments {
    /// Video frames wider than this are scaled down. Photos stay as they are.
    #[arg(long, value_parser = clap::value_parser!(u32).range(16..))]
    max_width: Option<u32>,
    /// Width of the grey picture for motion.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1024))]
    gray_width: u32,
    /// Height of the grey picture for motion.
    #[arg(long, default_value_t = 48, value_parser = clap::value_parser!(u32).range(1..=1024))]
    gray_height: u32,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err("a rate is a number above 0".to_owned()),
    }
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Decode { source, rate, options } => decode(&source, rate, &options),
        Command::Serve { options } => serve(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // The agent closed the pipe: it wants no more frames.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("muster-edge-av: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<io::Error>())
        .any(|cause| cause.kind() == io::ErrorKind::BrokenPipe)
}

fn replies(options: &FrameArguments) -> Replies<BufWriter<io::StdoutLock<'static>>> {
    let options = ReplyOptions {
        max_width_px: options.max_width,
        gray_size: (options.gray_width, options.gray_height),
        limits: Limits::default(),
    };
    Replies::new(BufWriter::with_capacity(1 << 18, io::stdout().lock()), options)
}

fn decode(sources: &[PathBuf], rate: Option<f64>, options: &FrameArguments) -> anyhow::Result<()> {
    let mut replies = replies(options);
    for path in sources {
        source::write_frames(path, rate, &mut replies)?;
    }
    replies.into_inner().flush()?;
    Ok(())
}

fn serve(options: &FrameArguments) -> anyhow::Result<()> {
    let mut replies = replies(options);
    for line in io::stdin().lock().lines() {
        replies.photo(line?.as_ref(), 1.0)?;
        replies.flush()?;
    }
    Ok(())
}
