//! The wire: routes, the gate that every request passes, and the refusals.

pub mod blob;
pub mod body;
pub mod call;
pub mod cursor;
pub mod desktop;
pub mod device;
pub mod enrol;
pub mod health;
pub mod refusal;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
    routing::{get, post, put},
};
use http::{Method, Uri};
use muster_protocol::{error::ErrorCode, feed::MAX_WAIT_S};
use tokio::{sync::Semaphore, time::timeout};

use crate::{ingest::Ingest, limit};
use refusal::Refusal;

/// Every path of the service.
pub fn router(ingest: Arc<Ingest>) -> Router {
    Router::new()
        .route("/v1/enrol", post(enrol::enrol))
        .route("/v1/challenge", post(enrol::challenge))
        .route("/v1/token", post(enrol::token))
        .route("/v1/keys", get(enrol::keys))
        .route("/v1/offers", post(device::offers))
        .route("/v1/chunks/{blake3}", put(device::put_chunk))
        .route("/v1/captures/{id}/commit", post(device::commit))
        .route("/v1/device/report", post(device::report))
        .route("/v1/changes", get(desktop::changes))
        .route("/v1/snapshot", get(desktop::snapshot))
        .route("/v1/blobs/{blake3}", get(blob::get))
        .route("/v1/devices", get(desktop::devices))
        .route("/healthz", get(health::healthz))
        .route("/readyz", get(health::readyz))
        .route("/metrics", get(health::metrics))
        .fallback(no_such_path)
        .method_not_allowed_fallback(no_such_method)
        .layer(from_fn_with_state(Arc::clone(&ingest), gate))
        .with_state(ingest)
}

async fn no_such_path(uri: Uri) -> Refusal {
    let path: String = uri.path().chars().take(200).collect();
    Refusal::new(ErrorCode::NotFound, format!("this service has no path {path:?}"))
}

async fn no_such_method(method: Method, uri: Uri) -> Refusal {
    Refusal::new(ErrorCode::MethodNotAllowed, format!("{} does not know the method {method}", uri.path()))
}

/// What a path may cost.
struct Allowance<'a> {
    places: Option<&'a Semaphore>,
    time: Option<Duration>,
}

impl<'a> Allowance<'a> {
    fn of(path: &str, ingest: &'a Ingest) -> Self {
        let (places, time) = match path {
            "/healthz" | "/readyz" | "/metrics" => (None, Some(limit::REQUEST_TIME)),
            "/v1/changes" => (Some(&ingest.polls), Some(limit::REQUEST_TIME + Duration::from_secs(MAX_WAIT_S.into()))),
            // The body's own pace bounds a chunk and an offer: a slow link may take long over them.
            path if path.starts_with("/v1/chunks/") || path == "/v1/offers" => (Some(&ingest.requests), None),
            path if path.ends_with("/commit") => (Some(&ingest.requests), Some(limit::COMMIT_TIME)),
            _ => (Some(&ingest.requests), Some(limit::REQUEST_TIME)),
        };
        Self { places, time }
    }
}

/// Counts, and bounds how many requests there are at once and how long each takes.
async fn gate(State(ingest): State<Arc<Ingest>>, request: Request, next: Next) -> Response {
    let allowance = Allowance::of(request.uri().path(), &ingest);
    let Ok(place) = allowance.places.map(Semaphore::try_acquire).transpose() else {
        return answered(&ingest, busy().into_response());
    };
    ingest.metrics.requests_in_work.add(1);
    let in_work = InWork(&ingest);
    let response = match allowance.time {
        None => next.run(request).await,
        Some(time) => match timeout(time, next.run(request)).await {
            Ok(response) => response,
            Err(_) => {
                Refusal::for_now(ErrorCode::Unavailable, 5, "the request took too long; try again").into_response()
            }
        },
    };
    drop((in_work, place));
    answered(&ingest, response)
}

fn busy() -> Refusal {
    Refusal::for_now(ErrorCode::Unavailable, 2, "the service has too many requests in work; try again")
}

fn answered(ingest: &Ingest, response: Response) -> Response {
    ingest.metrics.answered(response.status().as_u16());
    response
}

/// Counts a request out, also when its client goes away in the middle.
struct InWork<'a>(&'a Ingest);

impl Drop for InWork<'_> {
    fn drop(&mut self) {
        self.0.metrics.requests_in_work.sub(1);
    }
}
