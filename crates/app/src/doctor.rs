//! Is everything in order? What is not, and what to do.

use std::sync::Arc;

use muster_inference::{ModelState, RuntimeOptions};
use muster_store::check::{BlobCheck, CheckReport};
use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{
    app::{App, Urgency},
    error::AppResult,
    models::model_store,
    place::Places,
    session::opened::OpenLibrary,
};

/// Originals that are read and hashed; all of them would take hours in a large library.
const SAMPLE: u32 = 200;

/// The findings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DoctorReport {
    /// One line a check.
    pub checks: Vec<Check>,
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
            index_check(app, &opened, &mut checks).await?;
        }
    }
    let places = app.places().clone();
    let machine = app.blocking(Urgency::Interactive, move || Ok(machine_checks(&places))).await?;
    checks.extend(machine);
    checks.push(finding("GPU", Ok("not used: models run on the CPU in this version".into()), None));
    Ok(DoctorReport { checks })
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
    checks.push(finding("database", database, Some("restore the newest file of the library's snapshots folder")));
    let gone = report.missing_blobs.len() + report.damaged_blobs.len();
    let blobs = if gone == 0 {
        Ok(format!("{} originals, {} of them read and hashed now", counts.blobs, report.blobs_hashed))
    } else {
        Err(format!("{} originals are missing and {} damaged", report.missing_blobs.len(), report.damaged_blobs.len()))
    };
    checks.push(finding("originals", blobs, Some("sync again, or put the import folders back")));
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

async fn index_check(app: &App, opened: &Arc<OpenLibrary>, checks: &mut Vec<Check>) -> AppResult<()> {
    opened.catch_up_index().await?;
    let (indexed, now) = (opened.index.indexed_seq()?, opened.library.change_seq().await?);
    let inspected = opened.clone();
    let damaged = app.blocking(Urgency::Background, move || inspected.index.damaged_files()).await?;
    let found = match damaged.first() {
        Some(file) => Err(format!("{} files are damaged, the first: {}", damaged.len(), file.display())),
        None if indexed < now => Ok(format!("{} changes behind, another process catches up", now - indexed)),
        None => Ok("has every change".into()),
    };
    checks.push(finding("search index", found, Some("delete the library's index folder; it is made anew")));
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
