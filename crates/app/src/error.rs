//! The one error that shells see: a code to branch on, a sentence for the person, and what to do.

use serde::{Deserialize, Serialize};
use specta::Type;

/// What a caller may branch on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// No library is open.
    NoLibrary,
    /// The folder holds no library.
    NotALibrary,
    /// Another process holds the database and does not let go.
    LibraryBusy,
    /// A newer version of Muster wrote the library.
    LibraryTooNew,
    /// The query does not parse; see the position.
    Query,
    /// Nothing under this id or name.
    NotFound,
    /// Somebody else changed it in between.
    Conflict,
    /// An argument makes no sense.
    Invalid,
    /// The model, or one of its files, is not installed.
    ModelMissing,
    /// ONNX Runtime is not installed.
    RuntimeMissing,
    /// The service does not answer.
    ServiceUnreachable,
    /// Nothing that is a Muster service answers at the address.
    ServiceAddress,
    /// The service does not know the token, or it may not do this.
    SignIn,
    /// The token has expired.
    SignInExpired,
    /// The service refused.
    ServiceRefused,
    /// The service's certificate is not trusted.
    Certificate,
    /// A file cannot be read or is damaged.
    UnreadableFile,
    /// No space left.
    DiskFull,
    /// The person cancelled it.
    Cancelled,
    /// A fault of Muster.
    Internal,
}

/// What went wrong, to what, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Type, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{message}")]
pub struct AppError {
    /// For callers.
    pub code: ErrorCode,
    /// What happened, in one sentence.
    pub message: String,
    /// What to do about it.
    pub remedy: Option<String>,
    /// The technical part, folded away.
    pub detail: Option<String>,
    /// Where in the query, in characters.
    pub position: Option<TextSpan>,
}

/// A span of characters in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct TextSpan {
    /// The first character.
    pub start: u32,
    /// One past the last.
    pub end: u32,
}

/// What every use case returns.
pub type AppResult<T> = Result<T, AppError>;

impl AppError {
    /// An error without remedy or detail.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), remedy: None, detail: None, position: None }
    }

    /// Adds what to do.
    #[must_use]
    pub fn with_remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// Adds the technical part: the error and its sources.
    #[must_use]
    pub fn with_source(mut self, error: &dyn std::error::Error) -> Self {
        let mut detail = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            detail.push_str(": ");
            detail.push_str(&cause.to_string());
            source = cause.source();
        }
        self.detail = Some(detail);
        self
    }

    /// Nothing is open.
    pub fn no_library() -> Self {
        Self::new(ErrorCode::NoLibrary, "no library is open").with_remedy("open or create a library first")
    }

    /// `what` does not exist.
    pub fn not_found(what: impl std::fmt::Display) -> Self {
        Self::new(ErrorCode::NotFound, format!("there is no {what}"))
    }

    /// An argument makes no sense.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Invalid, message)
    }

    /// The person cancelled.
    pub fn cancelled() -> Self {
        Self::new(ErrorCode::Cancelled, "cancelled; what was finished is kept")
    }
}
