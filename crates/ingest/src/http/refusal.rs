//! What a client is told when it is not served: one status, one code, one sentence.

use axum::{
    Json,
    extract::rejection::{PathRejection, QueryRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use muster_protocol::error::{ErrorBody, ErrorCode};

use crate::IngestError;

/// A typed refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    body: Box<ErrorBody>,
    content_range: Option<HeaderValue>,
}

impl Refusal {
    /// Refuses with a code and a sentence for a person.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { body: Box::new(ErrorBody { code, message: message.into(), retry_after_s: None }), content_range: None }
    }

    /// Refuses for now.
    pub fn for_now(code: ErrorCode, seconds: u32, message: impl Into<String>) -> Self {
        let mut refusal = Self::new(code, message);
        refusal.body.retry_after_s = Some(seconds);
        refusal
    }

    /// Refuses a range of a blob of this size.
    pub fn range(size: u64) -> Self {
        let message = format!("the range begins beyond the blob's {size} bytes");
        let mut refusal = Self::new(ErrorCode::RangeUnsatisfiable, message);
        refusal.content_range = HeaderValue::try_from(format!("bytes */{size}")).ok();
        refusal
    }
}

impl From<IngestError> for Refusal {
    fn from(error: IngestError) -> Self {
        tracing::error!(%error, "a request failed");
        match error {
            IngestError::Json(_) | IngestError::Entropy(_) | IngestError::Key { .. } => {
                Self::new(ErrorCode::Internal, "the service failed; its log says why")
            }
            _ => Self::for_now(ErrorCode::Unavailable, 5, "the service's storage refused; try again later"),
        }
    }
}

impl From<PathRejection> for Refusal {
    fn from(error: PathRejection) -> Self {
        Self::new(ErrorCode::Malformed, error.body_text())
    }
}

impl From<QueryRejection> for Refusal {
    fn from(error: QueryRejection) -> Self {
        Self::new(ErrorCode::Malformed, error.body_text())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.body.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        tracing::debug!(code = ?self.body.code, message = self.body.message, "refused");
        let retry_after = self.body.retry_after_s.map(HeaderValue::from);
        let mut response = (status, Json(&*self.body)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, seconds);
        }
        if let Some(range) = self.content_range {
            headers.insert(header::CONTENT_RANGE, range);
        }
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
