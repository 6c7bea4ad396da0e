//! Is everything in order? What is not, and what to do.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::{app::App, error::AppResult};

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

/// Looks at everything.
pub async fn doctor(app: &App) -> AppResult<DoctorReport> {
    Err(app.pending())
}
