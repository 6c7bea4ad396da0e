//! Typed refusals. A caller branches on the code; nobody matches on text.

use serde::{Deserialize, Serialize};

/// Why a request was refused. Each code has one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// 400: the body or a parameter does not parse.
    Malformed,
    /// 401: no bearer, or one that the service never issued.
    Unauthenticated,
    /// 401: the bearer has expired; ask for a new one.
    TokenExpired,
    /// 401: the signed nonce is unknown, used or too old; ask for a new challenge.
    ChallengeStale,
    /// 403: the device was revoked; it keeps its data and stops asking for a day.
    DeviceRevoked,
    /// 403: the enrolment token is unknown, used up or expired.
    EnrolmentRefused,
    /// 403: the bearer's role may not do this.
    Forbidden,
    /// 404: nothing under this id.
    NotFound,
    /// 405: the path knows other methods only.
    MethodNotAllowed,
    /// 408: the body came slower than the minimum transfer rate; send it again.
    TooSlow,
    /// 409: the same capture id with another manifest.
    CaptureConflict,
    /// 409: a commit while chunks are missing; offer again.
    ChunksMissing,
    /// 410: the cursor is of another epoch or ahead of the head; take a snapshot.
    CursorGone,
    /// 413: the body is larger than the limit.
    TooLarge,
    /// 416: the range begins beyond the end of the blob.
    RangeUnsatisfiable,
    /// 422: the bytes do not have the digest that the request names.
    DigestMismatch,
    /// 429: too many requests; see `Retry-After`.
    Throttled,
    /// 500: a fault of the service; try again later.
    Internal,
    /// 503: draining, or storage refuses; try again later.
    Unavailable,
}

impl ErrorCode {
    /// The HTTP status that carries the code.
    pub fn status(self) -> u16 {
        match self {
            Self::Malformed => 400,
            Self::Unauthenticated | Self::TokenExpired | Self::ChallengeStale => 401,
            Self::DeviceRevoked | Self::EnrolmentRefused | Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TooSlow => 408,
            Self::CaptureConflict | Self::ChunksMissing => 409,
            Self::CursorGone => 410,
            Self::TooLarge => 413,
            Self::RangeUnsatisfiable => 416,
            Self::DigestMismatch => 422,
            Self::Throttled => 429,
            Self::Internal => 500,
            Self::Unavailable => 503,
        }
    }
}

/// The body of every refusal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorBody {
    /// For machines.
    pub code: ErrorCode,
    /// For people: what happened and what to do.
    pub message: String,
    /// Seconds to wait, where waiting helps; also in `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u32>,
}
