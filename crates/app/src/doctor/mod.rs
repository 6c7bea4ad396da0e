//! Is everything in order? What is not, and what to do.

pub mod backup;
mod mend;

use std::{path::Path, sync::Arc};

pub use self::mend::mend;

use muster_inference::{ModelState, RuntimeOptions};
use muster_store::check::{BlobCheck, CheckReport};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::{App, Urgency},
    embed::embedding_state,
    error::{AppError, AppResult, ErrorCode},
    models::model_store,
    place::Places,
    session::opened::OpenLibrary,
};

/// Originals that are read and hashed; all of them would take hours in a large library.
const SAMPLE: u32 = 200;
const MEND: &str = "run `muster doctor --mend`";

/// The findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DoctorReport {
    /// One line a check.
    pub checks: Vec<Check>,
    /// What was mended before these checks, a line each.
    pub mended: Vec<String>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What was looked at.
    pub name: String,
    /// True when it is in order.
    pub ok: bool,
    /// What was found.
    pub message: String,
    /// What to do.
    pub remedy: Option<String>,
}

/// Looks at everything that can be looked at here, and says what was not.
pub async fn doctor(app: &App) -> AppResult<DoctorReport> {
    let mut checks = Vec::new();
    match app.opened_if_any().await {
        None => checks.push(finding("library", Err("no library is open".into()), Some("open or create one"))),
        Some(opened) => {
            let report = opened.library.check(BlobCheck::Sample(SAMPLE)).await?;
            library_checks(&opened, &report, &mut checks);
            derived_checks(app, &opened, &mut checks).await?;
            snapshot_check(&opened, &mut checks)?;
        }
    }
    let places = app.places().clone();
    let machine = app.blocking(Urgency::Interactive, move || Ok(machine_checks(&places))).await?;
    checks.extend(machine);
    checks.push(finding("GPU", Ok("not used: models run on the CPU in this version".into()), None));
    Ok(DoctorReport { checks, mended: Vec::new() })
}

/// The findings about a library that does not open: why, and the way back.
pub fn cannot_open(library: &Path, error: &AppError) -> AppResult<DoctorReport> {
    let youngest = backup::snapshots(library)?.into_iter().next();
    let remedy = match (&error.remedy, youngest) {
        (_, Some(snapshot)) if error.code == ErrorCode::Internal => format!("run `muster restore {}`", snapshot.path),
        (Some(remedy), _) => remedy.clone(),
        (None, _) => "restore a backup with `muster restore FOLDER`".into(),
    };
    let found = format!("{} does not open: {}", library.display(), error.message);
    Ok(DoctorReport { checks: vec![finding("library", Err(found), Some(&remedy))], mended: Vec::new() })
}

fn finding(name: &str, found: Result<String, String>, remedy: Option<&str>) -> Check {
    let ok = found.is_ok();
    let message = found.unwrap_or_else(|problem| problem);
    Check { name: name.into(), ok, message, remedy: remedy.filter(|_| !ok).map(str::to_owned) }
}

fn library_checks(opened: &OpenLibrary, report: &CheckReport, checks: &mut Vec<Check>) {
    let counts = report.counts;
    let root = opened.library.root().display();
    let faults: Vec<&String> = report.integrity.iter().chain(&report.foreign_keys).collect();
    let database = match faults.first() {
        None => Ok(format!(
            "{root}: {} captures, {} annotations, {} acts",
            counts.captures, counts.annotations, counts.operations
        )),
        Some(first) => Err(format!("{root}: {} faults, the first: {first}", faults.len())),
    };
    let remedy = "run `muster doctor --mend`; if that does not help, `muster restore` with the youngest snapshot";
    checks.push(finding("database", database, Some(remedy)));
    let counters = match report.wrong_counters.first() {
        None => Ok("agree with what they count".into()),
        Some(first) => Err(format!("{} are wrong, the first: {first}", report.wrong_counters.len())),
    };
    checks.push(finding("counters", counters, Some(MEND)));
    let gone = report.missing_blobs.len() + report.damaged_blobs.len();
    let blobs = if gone == 0 {
        Ok(format!("{} originals, {} of them read and hashed now", counts.blobs, report.blobs_hashed))
    } else {
        Err(format!("{} originals are missing and {} damaged", report.missing_blobs.len(), report.damaged_blobs.len()))
    };
    let remedy = "run `muster doctor --mend`, then sync; imported files are in their folders or in a backup";
    checks.push(finding("originals", blobs, Some(remedy)));
    let left = report.orphan_files.len() + report.unlisted_blobs.len();
    if left > 0 {
        checks.push(finding("leftovers", Err(format!("{left} files of a crash take room")), Some(MEND)));
    }
    let ledger = if report.ledger.broken.is_empty() {
        Ok(format!("{} entries, the chain holds", report.ledger.entries))
    } else {
        Err(format!("{} entries do not follow from what stands there", report.ledger.broken.len()))
    };
    checks.push(finding("ledger", ledger, Some("somebody changed the database by hand; restore a snapshot")));
    for warning in opened.library.warnings() {
        checks.push(finding("place", Err(warning.to_string()), Some("move the library to a local disk")));
    }
}

/// What is made from the rest.
async fn derived_checks(app: &App, opened: &Arc<OpenLibrary>, checks: &mut Vec<Check>) -> AppResult<()> {
    opened.catch_up_index().await?;
    let index = match index_fault(app, opened).await? {
        Some(fault) => Err(fault),
        None => Ok(match opened.library.change_seq().await?.saturating_sub(opened.index.indexed_seq()?) {
            0 => "has every change".into(),
            behind => format!("sound; {behind} changes wait to be indexed, and searches read them meanwhile"),
        }),
    };
    checks.push(finding("search index", index, Some(MEND)));
    let vectors = vectors(app, opened).await;
    checks.push(finding("vectors", vectors, Some(MEND)));
    let thumbnails = if opened.library.thumbnails_are_sound().await? {
        let (count, bytes) = opened.library.thumbnails().usage().await?;
        Ok(format!("{count}, {} MB", bytes / 1_000_000))
    } else {
        Err("their file is damaged".into())
    };
    checks.push(finding("thumbnails", thumbnails, Some(MEND)));
    Ok(())
}

/// What is wrong with the search index, if anything is: files whose checksum is wrong, or another number of captures
/// than the library has.
async fn index_fault(app: &App, opened: &Arc<OpenLibrary>) -> AppResult<Option<String>> {
    let inspected = opened.clone();
    let damaged = match app.blocking(Urgency::Background, move || inspected.index.damaged_files()).await {
        Ok(damaged) => damaged,
        // So damaged that its files do not even open.
        Err(error) => return Ok(Some(error.message)),
    };
    if let Some(file) = damaged.first() {
        return Ok(Some(format!("{} files are damaged, the first: {}", damaged.len(), file.display())));
    }
    if opened.identity_if_any().is_none() {
        return Ok(None);
    }
    let found = crate::search::matching(app, opened, "").await?.len() as u64;
    let captures = opened.library.counts().await?.captures;
    // Others may write between the two counts; then the second look agrees.
    if found == captures || crate::search::matching(app, opened, "").await?.len() as u64 == captures {
        return Ok(None);
    }
    Ok(Some(format!("finds {found} captures where the library has {captures}")))
}

/// What the vectors hold, or why they cannot be read.
async fn vectors(app: &App, opened: &OpenLibrary) -> Result<String, String> {
    if opened.identity_if_any().is_none() {
        return Ok("none".into());
    }
    let state = embedding_state(app).await.map_err(|error| error.message)?;
    Ok(format!("of {} captures, of regions on {}", state.embedded, state.regions))
}

fn snapshot_check(opened: &OpenLibrary, checks: &mut Vec<Check>) -> AppResult<()> {
    let snapshots = opened.library.snapshots()?;
    let message = match snapshots.first() {
        None => "none yet; the window takes one a day".into(),
        Some(youngest) => {
            let hours = opened.library.now().0.saturating_sub(youngest.taken_at.0) / 3_600_000_000;
            format!("{}, the youngest {hours} hours old: {}", snapshots.len(), youngest.path.display())
        }
    };
    checks.push(finding("snapshots", Ok(message), None));
    Ok(())
}

fn machine_checks(places: &Places) -> Vec<Check> {
    let runtime = match muster_inference::runtime_status(&RuntimeOptions::default()) {
        Ok(status) => Ok(format!("{} at {}", status.version, status.path.display())),
        Err(error) => Err(error.to_string()),
    };
    let mut checks = vec![finding("ONNX Runtime", runtime, Some("run `make setup`"))];
    match model_store(places) {
        Err(error) => checks.push(finding("models", Err(error.message), Some("run `make setup`"))),
        Ok(store) => {
            for manifest in store.list() {
                // A model that nobody installed is no fault, a damaged one is.
                let found = match store.state(&manifest.id) {
                    Ok(ModelState::Installed) => {
                        store.resolve(&manifest.id).map(|_| "its files have the right hashes".into())
                    }
                    Ok(ModelState::NotInstalled { .. }) if !manifest.default => Ok("not installed".into()),
                    Ok(ModelState::NotInstalled { remedy }) => {
                        checks.push(finding(
                            &format!("model {}", manifest.id),
                            Err("not installed".into()),
                            Some(&remedy),
                        ));
                        continue;
                    }
                    Err(error) => Err(error),
                };
                let found = found.map_err(|error| error.to_string());
                checks.push(finding(&format!("model {}", manifest.id), found, Some("run `make setup`")));
            }
        }
    }
    checks
}
