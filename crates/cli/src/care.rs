//! The doctor, backups and the way back: they also have something to say about a library that does not open.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Args, Subcommand};
use muster_app::{
    app::App,
    doctor::{self, DoctorReport, backup},
    error::ErrorCode,
    open,
};

use crate::{output::Output, shown};

/// What keeps a library alive.
#[derive(Debug, Subcommand)]
pub enum Care {
    /// Check the library, what is derived from it, ONNX Runtime and the models.
    #[command(
        after_help = "With --mend, what can be made anew is made anew: indexes, counters, thumbnails, and originals that a \
        service has.\nWhat only you can decide stays, with what to do. Close other windows on the library first."
    )]
    Doctor(Doctor),
    /// Copy the library into a folder, which is a library itself; again, only what is new.
    Backup(Backup),
    /// Make a snapshot or a backup the library again; what was there is kept beside the snapshots.
    #[command(
        after_help = "Examples:\n  muster restore --list\n  muster restore ~/library/snapshots/library-daily-1795000000000000.db\n  \
        muster --library ~/new restore /media/disk/backup"
    )]
    Restore(Restore),
}

/// Arguments of `muster doctor`.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Mend what is derived, and what a service can give again.
    #[arg(long)]
    pub mend: bool,
}

/// Arguments of `muster backup`.
#[derive(Debug, Args)]
pub struct Backup {
    /// An empty folder, or one with an earlier backup of this library.
    pub folder: PathBuf,
    /// Leave the originals out: a service, or the folders that were imported, have them.
    #[arg(long)]
    pub no_originals: bool,
}

/// Arguments of `muster restore`.
#[derive(Debug, Args)]
pub struct Restore {
    /// A snapshot, or the folder of a backup.
    #[arg(required_unless_present = "list")]
    pub from: Option<PathBuf>,
    /// Show the snapshots of the library.
    #[arg(long, conflicts_with = "from")]
    pub list: bool,
}

/// Runs one of them.
pub async fn run(app: &App, library: &Path, command: Care, output: Output) -> anyhow::Result<ExitCode> {
    match command {
        Care::Doctor(command) => return doctor_command(app, library, &command, output).await,
        Care::Backup(command) => {
            open::open(app, library, false).await?;
            let told = std::cell::Cell::new(0);
            let progress = |done: u64, total: u64| {
                if done == total || done >= told.get() + 1_000 {
                    told.set(done);
                    eprintln!("{done} of {total} originals");
                }
            };
            let report = backup::back_up(app, &command.folder, !command.no_originals, progress).await?;
            output.result(&report, shown_backup)?;
        }
        Care::Restore(Restore { from: Some(from), .. }) => {
            output.result(&backup::restore(app, library, &from).await?, shown_restore)?;
        }
        Care::Restore(_) => output.result(&backup::snapshots(library)?, |snapshots| shown_snapshots(snapshots))?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn doctor_command(app: &App, library: &Path, command: &Doctor, output: Output) -> anyhow::Result<ExitCode> {
    let report = match open::open(app, library, false).await {
        Ok(()) if command.mend => doctor::mend(app).await?,
        Ok(()) => doctor::doctor(app).await?,
        // The machine is still worth a look.
        Err(error) => {
            let mut report = doctor::doctor(app).await?;
            if error.code != ErrorCode::NotALibrary {
                report.checks.retain(|check| check.name != "library");
                report.checks.splice(0..0, doctor::cannot_open(library, &error)?.checks);
            }
            report
        }
    };
    output.result(&report, shown_doctor)?;
    let sound = report.checks.iter().all(|check| check.ok);
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn shown_doctor(report: &DoctorReport) -> String {
    let mut text = String::new();
    for line in &report.mended {
        let _ = writeln!(text, "mended  {line}");
    }
    text.push_str(&shown::doctor(report));
    text
}

fn shown_backup(report: &backup::BackupReport) -> String {
    format!(
        "{}: the database and {} originals copied ({} MB), {} were there",
        report.folder,
        report.copied,
        report.copied_bytes / 1_000_000,
        report.present
    )
}

fn shown_restore(report: &backup::RestoreReport) -> String {
    let mut text = format!(
        "{}: {} captures, {} annotations, {} originals brought back",
        report.library, report.captures, report.annotations, report.originals
    );
    if let Some(kept) = &report.set_aside {
        let _ = write!(text, "\nwhat was there is kept: {kept}");
    }
    text
}

fn shown_snapshots(snapshots: &[backup::SnapshotDto]) -> String {
    if snapshots.is_empty() {
        return "no snapshots yet; the window takes one a day".into();
    }
    let line = |snapshot: &backup::SnapshotDto| {
        format!("{:<18} {:>8} MB  {}", snapshot.name, snapshot.bytes / 1_000_000, snapshot.path)
    };
    snapshots.iter().map(line).collect::<Vec<_>>().join("\n")
}
