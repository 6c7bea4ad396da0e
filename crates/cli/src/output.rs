//! Writing to the two streams: results to stdout, everything else to stderr.

use std::io::{IsTerminal as _, Write as _};

use muster_app::error::AppError;
use serde::Serialize;

/// How results are written.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    /// One JSON document, or one a line, instead of text for people.
    pub json: bool,
}

impl Output {
    /// Writes a result: as JSON, or as the text that `text` makes of it.
    pub fn result<T: Serialize>(self, value: &T, text: impl FnOnce(&T) -> String) -> anyhow::Result<()> {
        let text = if self.json { serde_json::to_string(value)? } else { text(value) };
        line(&text)
    }

    /// Says what happened, to which file, and what to do.
    pub fn error(self, error: &anyhow::Error) {
        let Some(app) = error.downcast_ref::<AppError>() else {
            eprintln!("error: {error:#}");
            return;
        };
        if self.json {
            // Serialising a plain struct of texts cannot fail.
            let text = serde_json::json!({ "error": app }).to_string();
            drop(line(&text));
        }
        eprintln!("error: {}", app.message);
        if let Some(remedy) = &app.remedy {
            eprintln!("  what to do: {remedy}");
        }
        if let Some(detail) = app.detail.as_ref().filter(|detail| **detail != app.message) {
            tracing::error!("{detail}");
        }
    }
}

/// Writes a line to stdout. A reader that has gone away is no fault.
pub fn line(text: &str) -> anyhow::Result<()> {
    match writeln!(std::io::stdout().lock(), "{}", text.trim_end()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// True when a person watches: progress bars make sense.
pub fn shows_progress() -> bool {
    std::io::stderr().is_terminal()
}
