//! What a process has used, from `/proc`.

use std::path::Path;

use anyhow::{Context as _, Result};

/// Memory of a process in bytes, from `smaps_rollup`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Memory {
    /// Pages of its own that no file holds: what it costs the machine.
    pub anonymous: u64,
    /// Pages of mapped files that are in memory now; the kernel takes them back when it needs room.
    pub mapped: u64,
}

/// Memory of a process; `self` is this one.
pub fn memory(process: &str) -> Result<Memory> {
    let path = Path::new("/proc").join(process).join("smaps_rollup");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let kib = |name: &str| -> Result<u64> {
        let line = text.lines().find(|line| line.starts_with(name)).with_context(|| format!("no {name}"))?;
        let number = line.split_whitespace().nth(1).context("a number follows")?;
        Ok(number.parse::<u64>()? * 1024)
    };
    let (resident, anonymous) = (kib("Rss:")?, kib("Anonymous:")?);
    Ok(Memory { anonymous, mapped: resident.saturating_sub(anonymous) })
}

/// CPU seconds of a process with those of its threads that have ended, user and system.
pub fn cpu_s(process: &str) -> Result<f64> {
    let text = std::fs::read_to_string(Path::new("/proc").join(process).join("stat"))?;
    // The name in parentheses may hold spaces.
    let (_, fields) = text.rsplit_once(") ").context("a name in parentheses")?;
    let ticks: Vec<u64> = fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    // USER_HZ is 100 on every Linux that Rust supports.
    Ok(ticks.iter().sum::<u64>() as f64 / 100.0)
}

/// Bytes of the files of a folder and the folders below it.
pub fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => folder_bytes(&entry.path()),
        Ok(kind) if kind.is_file() => entry.metadata().map_or(0, |metadata| metadata.len()),
        _ => 0,
    };
    entries.flatten().map(size).sum()
}
