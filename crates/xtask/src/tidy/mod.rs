//! The checks, each a function from the repository to a list of findings.

mod floors;
mod layering;
mod source;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail};

/// A place that breaks a rule, as `path:line: what to do`.
pub type Finding = String;

/// A tracked text file.
pub struct SourceFile {
    /// Path below the repository root, with forward slashes.
    pub path: String,
    /// Its text.
    pub text: String,
}

impl SourceFile {
    fn is_test(&self) -> bool {
        self.path.contains("/tests/") || self.path.starts_with("tests/") || self.path.contains(".test.")
    }
}

/// Runs every check; prints the findings and fails when there is one.
pub fn run() -> Result<()> {
    let root = repository_root()?;
    let files = tracked_files(&root)?;
    let mut findings = layering::check(&root)?;
    findings.extend(floors::check(&files));
    findings.extend(source::check(&files));
    if findings.is_empty() {
        println!("tidy: {} files, nothing to mend", files.len());
        return Ok(());
    }
    for finding in &findings {
        eprintln!("{finding}");
    }
    bail!("tidy: {} findings", findings.len())
}

fn repository_root() -> Result<PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).map(Path::to_path_buf).context("crates/xtask lies two folders below the root")
}

/// Files that git tracks or would track; binary files are left out.
fn tracked_files(root: &Path) -> Result<Vec<SourceFile>> {
    let listing = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .current_dir(root)
        .output()
        .context("git lists the files to check")?;
    let listing = String::from_utf8(listing.stdout).context("git prints paths in UTF-8")?;
    let mut files = Vec::new();
    for path in listing.split('\0').filter(|path| !path.is_empty()) {
        if let Ok(text) = fs::read_to_string(root.join(path)) {
            files.push(SourceFile { path: path.to_owned(), text });
        }
    }
    Ok(files)
}
