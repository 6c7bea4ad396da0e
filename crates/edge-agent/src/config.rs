//! The agent's configuration. Unknown keys are refused: a misspelt limit must not be a missing limit.
//!
//! ```toml
//! service = "https://muster.example"     # the ingest service
//! device = "yard-cam-02"                 # the name that people see
//! site = "depot-north"
//! enrolment_token_file = "device.token"  # or enrolment_token = "…"; read only at the first start
//! spool_dir = "/var/lib/muster-edge"
//! exit_when_done = false                 # end when every source has ended and the queue is empty
//! drain_timeout_s = 60                   # the longest wait for the empty queue
//!
//! [limits]
//! spool_bytes = 4294967296
//! free_bytes = 536870912
//! parallel_uploads = 4
//!
//! [[source]]
//! kind = "replay"                        # photos or a video, as if they happened now
//! stream = "cam0"
//! path = "footage/"
//! rate_fps = 5.0                         # of a video; every frame when left out
//! photo_interval_s = 60.0                # between the photos of a folder
//! speed = 20.0                           # how fast the source's clock runs
//! repeat = 1                             # 0: for ever
//! start = "2026-11-16T07:00:00Z"         # when the first frame happened; now when left out
//! signals_file = "weights.csv"           # further signals: a column t_s, then one column a signal
//!
//! [[source]]
//! kind = "folder"                        # new pictures in a folder
//! stream = "upload"
//! path = "/srv/pictures"
//! settle_s = 1.0                         # a file counts as written when its size stays for so long
//!
//! [[trigger]]
//! name = "motion_in_yard"
//! version = 3
//! when = "motion > 0.02 && brightness > 0.1"
//! mode = "edge"                          # or "level"
//! cooldown_s = 3.0
//! sample = 1.0
//! priority = 1
//! ```

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};
use jiff::Timestamp;
use muster_trigger::{Trigger, TriggerSet};
use serde::{Deserialize, Deserializer, de};

/// Everything that the agent is told.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The service's address.
    pub service: String,
    /// The device's name.
    pub device: String,
    /// The site that it stands at.
    pub site: String,
    /// The one-use token.
    #[serde(default)]
    enrolment_token: Option<String>,
    /// A file with the one-use token.
    #[serde(default)]
    enrolment_token_file: Option<PathBuf>,
    /// Where captures wait and the device's identity lies.
    pub spool_dir: PathBuf,
    /// End when every source has ended.
    #[serde(default)]
    pub exit_when_done: bool,
    /// The longest wait for an empty queue at the end, seconds.
    #[serde(default = "a_minute")]
    pub drain_timeout_s: f64,
    /// Bounds.
    #[serde(default)]
    pub limits: Limits,
    /// What delivers frames.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
    /// What decides.
    #[serde(rename = "trigger")]
    pub triggers: Vec<Trigger>,
}

/// Bounds of disk and network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The most bytes of sealed captures.
    pub spool_bytes: u64,
    /// Bytes that stay free on the file system.
    pub free_bytes: u64,
    /// Captures uploaded at a time.
    pub parallel_uploads: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let spool = muster_edge::Limits::default();
        let parallel_uploads = muster_edge::UploadOptions::default().parallel;
        Self { spool_bytes: spool.max_bytes, free_bytes: spool.min_free_bytes, parallel_uploads }
    }
}

/// What delivers frames.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Source {
    /// Photos or a video, as if they happened now.
    Replay(Replay),
    /// New pictures in a folder.
    Folder(Folder),
}

/// A replayed source.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// The stream's name.
    pub stream: String,
    /// A video, a photo, or a folder of photos.
    pub path: PathBuf,
    /// Frames a second of a video.
    #[serde(default)]
    pub rate_fps: Option<f64>,
    /// Seconds between photos.
    #[serde(default = "a_second")]
    pub photo_interval_s: f64,
    /// How fast its clock runs.
    #[serde(default = "as_it_was")]
    pub speed: f64,
    /// How often it is replayed; 0 for ever.
    #[serde(default = "once")]
    pub repeat: u32,
    /// When its first frame happened.
    #[serde(default, deserialize_with = "moment")]
    pub start: Option<Timestamp>,
    /// Further signals.
    #[serde(default)]
    pub signals_file: Option<PathBuf>,
}

/// A watched folder.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folder {
    /// The stream's name.
    pub stream: String,
    /// The folder.
    pub path: PathBuf,
    /// A file counts as written when its size stays for so long, seconds.
    #[serde(default = "a_second")]
    pub settle_s: f64,
}

fn moment<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let told = |_| de::Error::custom(format!("start = {text:?} is no moment; write it as 2026-11-16T07:00:00Z"));
    text.parse().map(Some).map_err(told)
}

fn a_minute() -> f64 {
    60.0
}

fn a_second() -> f64 {
    1.0
}

fn as_it_was() -> f64 {
    1.0
}

fn once() -> u32 {
    1
}

impl Config {
    /// Reads and checks a file; relative paths in it are relative to it.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text =
            fs::read_to_string(path).with_context(|| format!("cannot read the configuration {}", path.display()))?;
        let base = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, base).with_context(|| format!("the configuration {} is not right", path.display()))
    }

    /// Parses and checks a text.
    pub fn parse(text: &str, base: &Path) -> anyhow::Result<Self> {
        let mut config: Self = toml::from_str(text)?;
        config.spool_dir = base.join(&config.spool_dir);
        config.enrolment_token_file = config.enrolment_token_file.map(|path| base.join(path));
        for source in &mut config.sources {
            match source {
                Source::Replay(replay) => {
                    replay.path = base.join(&replay.path);
                    replay.signals_file = replay.signals_file.take().map(|path| base.join(path));
                }
                Source::Folder(folder) => folder.path = base.join(&folder.path),
            }
        }
        config.check()?;
        Ok(config)
    }

    /// The enrolment token.
    pub fn token(&self) -> anyhow::Result<String> {
        match (&self.enrolment_token, &self.enrolment_token_file) {
            (Some(token), None) => Ok(token.trim().to_owned()),
            (None, Some(path)) => {
                let text = fs::read_to_string(path);
                Ok(text
                    .with_context(|| format!("cannot read the enrolment token {}", path.display()))?
                    .trim()
                    .to_owned())
            }
            (None, None) => bail!(
                "this device is not enrolled: set enrolment_token_file to a file with the token that \
                 `muster-ingest token create --role device` printed"
            ),
            (Some(_), Some(_)) => bail!("set enrolment_token or enrolment_token_file, not both"),
        }
    }

    fn check(&self) -> anyhow::Result<()> {
        for (key, text) in [("device", &self.device), ("site", &self.site)] {
            ensure!(is_name(text), "{key} = {text:?}: take 1 to 200 bytes without control characters");
        }
        ensure!(!self.sources.is_empty(), "there is no [[source]]; the agent would have nothing to look at");
        let mut streams = std::collections::BTreeSet::new();
        for source in &self.sources {
            let stream = source.check()?;
            ensure!(streams.insert(stream), "two sources have the stream {stream:?}; each needs its own");
        }
        is_duration("drain_timeout_s", self.drain_timeout_s, true)?;
        ensure!(self.limits.parallel_uploads >= 1, "limits.parallel_uploads = 0 would upload nothing");
        TriggerSet::new(self.triggers.clone(), 0)?;
        Ok(())
    }
}

impl Source {
    /// The stream's name.
    pub fn stream(&self) -> &str {
        match self {
            Self::Replay(replay) => &replay.stream,
            Self::Folder(folder) => &folder.stream,
        }
    }

    fn check(&self) -> anyhow::Result<&str> {
        let stream = self.stream();
        // The stream names the asset's file: a name that the protocol would refuse is refused before anything is captured.
        let is_file_name = is_name(stream) && !stream.starts_with('.') && !stream.contains(['/', '\\', ':']);
        ensure!(
            is_file_name && stream.len() <= 100,
            "stream = {stream:?}: take 1 to 100 bytes without / \\ : or a leading dot"
        );
        match self {
            Self::Replay(replay) => {
                ensure!(replay.path.exists(), "source {stream:?}: {} does not exist", replay.path.display());
                is_duration("photo_interval_s", replay.photo_interval_s, false)?;
                let is_positive = |number: f64| number.is_finite() && number > 0.0;
                ensure!(is_positive(replay.speed), "source {stream:?}: speed = {} is not above 0", replay.speed);
                ensure!(replay.rate_fps.is_none_or(is_positive), "source {stream:?}: rate_fps is not above 0");
            }
            Self::Folder(folder) => {
                // One that is not there may come, such as a disk that is mounted later.
                let may_be_folder = folder.path.is_dir() || !folder.path.exists();
                ensure!(may_be_folder, "source {stream:?}: {} is not a folder", folder.path.display());
                is_duration("settle_s", folder.settle_s, true)?;
            }
        }
        Ok(stream)
    }
}

fn is_name(text: &str) -> bool {
    (1..=200).contains(&text.len()) && !text.chars().any(char::is_control)
}

fn is_duration(key: &str, seconds: f64, may_be_zero: bool) -> anyhow::Result<()> {
    let fits = (0.0..=1e9).contains(&seconds) && (may_be_zero || seconds > 0.0);
    ensure!(fits, "{key} = {seconds} is no number of seconds");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
service = "http://127.0.0.1:8600"
device = "cam"
site = "depot"
enrolment_token = " t\n"
spool_dir = "spool"

[[source]]
kind = "replay"
stream = "cam0"
path = "."
start = "2026-11-16T07:00:00Z"

[[trigger]]
name = "m"
when = "motion > 0.1"
"#;

    #[test]
    fn a_good_configuration_is_read_with_its_defaults() {
        let config = Config::parse(GOOD, Path::new("/")).unwrap();
        assert_eq!(config.spool_dir, Path::new("/spool"));
        assert_eq!(config.token().unwrap(), "t");
        assert_eq!(config.limits, Limits::default());
        let Source::Replay(replay) = &config.sources[0] else { panic!("{config:?}") };
        assert_eq!((replay.speed, replay.repeat), (1.0, 1));
        assert_eq!(replay.start.unwrap().to_string(), "2026-11-16T07:00:00Z");
    }

    #[test]
    fn a_watched_folder_may_come_later_but_a_file_is_none() {
        let folder = |path: &str| {
            GOOD.replace("\"replay\"", "\"folder\"").replace("path = \".\"\nstart = \"2026-11-16T07:00:00Z\"", path)
        };
        assert!(Config::parse(&folder("path = \"/nowhere/at/all\""), Path::new("/")).is_ok());
        let error = Config::parse(&folder("path = \"Cargo.toml\""), Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap_err();
        assert!(format!("{error:#}").contains("is not a folder"), "{error:#}");
    }

    #[test]
    fn a_bad_configuration_is_refused_with_its_reason() {
        let cases = [
            ("site = \"depot\"", "site = \"depot\"\nsyte = 1", "unknown field `syte`"),
            ("site = \"depot\"\n", "", "missing field `site`"),
            ("site = \"depot\"", "site = \"\"", "site = \"\": take 1 to 200"),
            ("path = \".\"", "path = \"/nowhere/at/all\"", "does not exist"),
            ("path = \".\"", "path = \".\"\nspeed = 0.0", "speed = 0 is not above 0"),
            ("path = \".\"", "path = \".\"\nspead = 2.0", "unknown field `spead`"),
            ("kind = \"replay\"", "kind = \"camera\"", "unknown variant `camera`"),
            ("stream = \"cam0\"", "stream = \"../x\"", "without /"),
            ("motion > 0.1", "motion >", "trigger \"m\": line 1, column 9"),
            ("start = \"2026-11-16T07:00:00Z\"", "start = \"yesterday\"", "is no moment; write it as"),
            ("spool_dir = \"spool\"", "spool_dir = \"spool\"\nlimits.parallel_uploads = 0", "would upload nothing"),
        ];
        for (from, to, expected) in cases {
            let error = Config::parse(&GOOD.replace(from, to), Path::new("/")).unwrap_err();
            assert!(format!("{error:#}").contains(expected), "{to}: {error:#}");
        }
    }
}
