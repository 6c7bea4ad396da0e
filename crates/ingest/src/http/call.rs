//! A request before its body is read, and who makes it.

use std::{convert::Infallible, sync::Arc};

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::{HeaderMap, header, request::Parts};
use muster_protocol::error::ErrorCode;
use serde::de::DeserializeOwned;

use super::{body::PacedBody, refusal::Refusal};
use crate::{
    IngestError,
    ingest::{DeviceTurn, Ingest},
    table::{
        device::{self, DeviceRow},
        token::{self, Role},
    },
    token::Secret,
};

/// A request whose body is still to come. Its body is read only after the caller is known.
pub struct Call {
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: PacedBody,
}

/// An authenticated device and its turn.
pub struct Caller {
    /// Who calls.
    pub device: DeviceRow,
    _turn: DeviceTurn,
}

/// Proof that a desktop with an API token calls.
pub struct Annotator;

impl<S: Send + Sync> FromRequest<S> for Call {
    type Rejection = Infallible;

    async fn from_request(request: Request, _state: &S) -> Result<Self, Infallible> {
        let (parts, body) = request.into_parts();
        let body = PacedBody::new(body, &parts.headers);
        Ok(Self { headers: parts.headers, body })
    }
}

impl Call {
    /// The JSON body of a request that needs no bearer.
    pub async fn json<T: DeserializeOwned>(mut self, limit: usize) -> Result<T, Refusal> {
        let result = self.body.json(limit).await;
        self.settle(result).await
    }

    /// The device and the JSON body.
    pub async fn device_json<T: DeserializeOwned>(
        mut self,
        ingest: &Arc<Ingest>,
        limit: usize,
    ) -> Result<(Caller, T), Refusal> {
        let result = match authenticate(&self.headers, ingest).await {
            Ok(caller) => self.body.json(limit).await.map(|json| (caller, json)),
            Err(refusal) => Err(refusal),
        };
        self.settle(result).await
    }

    /// Reads a refused body to its end.
    pub async fn settle<T>(mut self, result: Result<T, Refusal>) -> Result<T, Refusal> {
        if result.is_err() {
            self.body.drain().await;
        }
        result
    }
}

/// Which device calls, and its turn.
pub async fn authenticate(headers: &HeaderMap, ingest: &Arc<Ingest>) -> Result<Caller, Refusal> {
    let text = bearer(headers)?;
    let Some(bearer) = ingest.keys.read_bearer(text) else {
        return Err(if is_annotator(ingest, text).await? { forbidden() } else { unknown_bearer() });
    };
    if bearer.expires_at <= ingest.now() {
        return Err(Refusal::new(ErrorCode::TokenExpired, "the bearer has expired; ask for a new one"));
    }
    let mut db = ingest.db.readers.acquire().await.map_err(IngestError::from)?;
    let device = device::sqlite::find(&mut db, bearer.device_id).await?.ok_or_else(unknown_bearer)?;
    if device.revoked_at.is_some() {
        return Err(revoked());
    }
    let turn = ingest.turn(device.device_id).ok_or_else(|| {
        Refusal::for_now(ErrorCode::Throttled, 1, "this device has too many requests in work; send fewer at once")
    })?;
    Ok(Caller { device, _turn: turn })
}

impl FromRequestParts<Arc<Ingest>> for Annotator {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, ingest: &Arc<Ingest>) -> Result<Self, Refusal> {
        let text = bearer(&parts.headers)?;
        if is_annotator(ingest, text).await? {
            return Ok(Self);
        }
        Err(if ingest.keys.read_bearer(text).is_some() { forbidden() } else { unknown_bearer() })
    }
}

/// Whether this is a good API token. A revoked one is as unknown as any other text; of one that has expired the owner is
/// told, because a new one mends it.
async fn is_annotator(ingest: &Ingest, text: &str) -> Result<bool, Refusal> {
    let mut db = ingest.db.readers.acquire().await.map_err(IngestError::from)?;
    let token = token::sqlite::find(&mut db, Role::Annotator, &Secret::hash(text)).await?;
    let Some(token) = token.filter(|token| token.revoked_at_micros.is_none()) else { return Ok(false) };
    if ingest.now().0 >= token.expires_at_micros {
        let message = "this API token has expired; ask whoever runs the service for a new one";
        return Err(Refusal::new(ErrorCode::TokenExpired, message));
    }
    Ok(true)
}

/// The refusal of a revoked device.
pub fn revoked() -> Refusal {
    let message = "this device was revoked; it keeps its captures, a person decides what becomes of them";
    Refusal::for_now(ErrorCode::DeviceRevoked, 86_400, message)
}

fn bearer(headers: &HeaderMap) -> Result<&str, Refusal> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token =
        value.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    let missing = || Refusal::new(ErrorCode::Unauthenticated, "this path needs `Authorization: Bearer …`");
    token.map(|(_, token)| token.trim()).ok_or_else(missing)
}

fn unknown_bearer() -> Refusal {
    Refusal::new(ErrorCode::Unauthenticated, "this service did not issue the bearer, or it is not good any more")
}

fn forbidden() -> Refusal {
    Refusal::new(ErrorCode::Forbidden, "the bearer is good, but its role may not do this")
}
