//! The child `muster-edge-av`: frames over a pipe, and nothing of a decoder in this process.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use muster_domain::frame_pipe::{FrameHeader, FrameReply, MAX_HEADER_BYTES, MAX_JPEG_BYTES};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
};

/// The largest grey picture that is accepted.
const MAX_GRAY_BYTES: u64 = 1024 * 1024;

/// A picture, or why there is none.
#[derive(Debug)]
pub enum Delivered {
    /// A frame with its pictures.
    Frame {
        /// What is said about it.
        header: FrameHeader,
        /// The picture as JPEG.
        jpeg: Bytes,
        /// The small grey picture.
        gray: Vec<u8>,
    },
    /// This picture could not be read; the next one may.
    Failed {
        /// What happened, to which file.
        error: String,
    },
}

/// A running child. It ends with this value.
#[derive(Debug)]
pub struct Av {
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: BufReader<ChildStdout>,
}

impl Av {
    /// Decodes one source in order; `rate` is frames a second.
    pub fn decode(path: &Path, rate: Option<f64>) -> anyhow::Result<Self> {
        let mut command = command()?;
        command.arg("decode").arg("--source").arg(path).stdin(Stdio::null());
        if let Some(rate) = rate {
            command.arg("--rate").arg(rate.to_string());
        }
        Self::start(command)
    }

    /// Decodes the pictures whose paths it is given, see [`Av::ask`].
    pub fn serve() -> anyhow::Result<Self> {
        let mut command = command()?;
        command.arg("serve").stdin(Stdio::piped());
        Self::start(command)
    }

    /// Decodes one picture.
    pub async fn ask(&mut self, path: &Path) -> anyhow::Result<Delivered> {
        let line = path.to_str().filter(|text| !text.contains('\n'));
        let Some(line) = line else {
            return Ok(Delivered::Failed { error: format!("{} has a name that is not plain UTF-8", path.display()) });
        };
        let stdin = self.stdin.as_mut().context("this child takes no questions")?;
        stdin.write_all(format!("{line}\n").as_bytes()).await.context("muster-edge-av takes no more questions")?;
        stdin.flush().await?;
        self.next().await?.context("muster-edge-av ended without an answer")
    }

    /// The next frame; `None` when the source was read to its end.
    pub async fn next(&mut self) -> anyhow::Result<Option<Delivered>> {
        let mut line = Vec::new();
        (&mut self.stdout).take(MAX_HEADER_BYTES as u64).read_until(b'\n', &mut line).await?;
        if line.is_empty() {
            let status = self.child.wait().await?;
            ensure!(status.success(), "muster-edge-av ended with {status}; its reason stands above");
            return Ok(None);
        }
        let reply = serde_json::from_slice(&line).context("muster-edge-av wrote what is no frame header")?;
        let header = match reply {
            FrameReply::Failed(failure) => return Ok(Some(Delivered::Failed { error: failure.error })),
            FrameReply::Frame(header) => header,
        };
        if header.jpeg_bytes > MAX_JPEG_BYTES || header.gray_bytes > MAX_GRAY_BYTES {
            bail!("muster-edge-av announces {} + {} bytes for one frame", header.jpeg_bytes, header.gray_bytes);
        }
        let jpeg = self.exactly(header.jpeg_bytes).await?;
        let gray = self.exactly(header.gray_bytes).await?;
        Ok(Some(Delivered::Frame { header, jpeg: jpeg.into(), gray }))
    }

    async fn exactly(&mut self, count: u64) -> anyhow::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        (&mut self.stdout).take(count).read_to_end(&mut bytes).await?;
        ensure!(bytes.len() as u64 == count, "muster-edge-av broke off inside a frame");
        Ok(bytes)
    }

    fn start(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("cannot start {}", command.as_std().get_program().display()))?;
        let stdout = child.stdout.take().context("the child has no standard output")?;
        Ok(Self { stdin: child.stdin.take(), stdout: BufReader::new(stdout), child })
    }
}

fn command() -> anyhow::Result<Command> {
    let path = beside_me("muster-edge-av")?;
    ensure!(path.exists(), "{} is missing; install it beside muster-edge", path.display());
    Ok(Command::new(path))
}

fn beside_me(name: &str) -> anyhow::Result<PathBuf> {
    Ok(std::env::current_exe().context("cannot tell where muster-edge lies")?.with_file_name(name))
}
