//! A small service that keeps the protocol's promises in memory, and breaks them on demand.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use ed25519_dalek::SigningKey;
use http::{Method, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use muster_domain::{digest::Digest, id::CaptureId, time::UtcMicros};
use muster_protocol::{
    auth::{ChallengeResponse, PublicKey, SignedTime, TokenResponse},
    error::{ErrorBody, ErrorCode},
    manifest::Manifest,
    offer::{CommitRequest, CommitResponse, OfferAnswer, OfferRequest, OfferResponse},
    receipt::{Receipt, ReceiptBody},
    report::{DeviceReport, ReportResponse},
};
use serde::{Serialize, de::DeserializeOwned};
use tokio::net::TcpListener;

/// What the service holds and has seen.
#[derive(Default)]
pub struct State {
    /// Chunks by digest.
    pub chunks: HashMap<Digest, Bytes>,
    /// Commits by capture, with how often each was asked for.
    pub commits: BTreeMap<CaptureId, u32>,
    /// Reports.
    pub reports: Vec<DeviceReport>,
    /// Requests by path prefix.
    pub requests: Vec<String>,
}

/// What goes wrong: looks at the number of the request, its path and body, and may refuse.
pub type Fault = dyn Fn(usize, &str, &[u8]) -> Option<ErrorCode> + Send + Sync;

/// How the service answers an offer before it looks at its chunks.
pub type Verdict = dyn Fn(&Manifest) -> Option<OfferAnswer> + Send + Sync;

/// A running service.
pub struct Service {
    /// Its address.
    pub url: String,
    /// What it holds.
    pub state: Arc<Mutex<State>>,
    /// The key that devices pin.
    pub pinned: PublicKey,
}

struct Inner {
    state: Arc<Mutex<State>>,
    signing: SigningKey,
    fault: Box<Fault>,
    verdict: Box<Verdict>,
}

impl Service {
    /// Starts a service whose receipts are signed by a key made of `seed`; devices pin the key of seed 1.
    pub async fn start(seed: u8, fault: Box<Fault>, verdict: Box<Verdict>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::default()));
        let signing = SigningKey::from_bytes(&[seed; 32]);
        let inner = Arc::new(Inner { state: Arc::clone(&state), signing, fault, verdict });
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let inner = Arc::clone(&inner);
                let service = service_fn(move |request| answer(request, Arc::clone(&inner)));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        let pinned = PublicKey::new("k1", &SigningKey::from_bytes(&[1; 32]).verifying_key());
        Self { url, state, pinned }
    }

    /// A service that works.
    pub async fn sound() -> Self {
        Self::start(1, Box::new(|_, _, _| None), Box::new(|_| None)).await
    }
}

async fn answer(request: Request<Incoming>, inner: Arc<Inner>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let path = head.uri.path().to_owned();
    let Ok(body) = body.collect().await.map(http_body_util::Collected::to_bytes) else {
        return Ok(refusal(ErrorCode::Malformed));
    };
    let number = {
        let mut state = inner.state.lock().unwrap();
        state.requests.push(path.clone());
        state.requests.len()
    };
    if let Some(code) = (inner.fault)(number, &path, &body) {
        return Ok(refusal(code));
    }
    Ok(route(&inner, &head.method, &path, &body))
}

fn route(inner: &Inner, method: &Method, path: &str, body: &Bytes) -> Response<Full<Bytes>> {
    let mut state = inner.state.lock().unwrap();
    if *method == Method::PUT {
        let digest: Digest = path.trim_start_matches("/v1/chunks/").parse().unwrap();
        assert_eq!(Digest::of(body), digest, "what leaves the device is what it says");
        state.chunks.insert(digest, body.clone());
        return json(&());
    }
    match path {
        "/v1/challenge" => json(&ChallengeResponse { nonce: "n".into() }),
        "/v1/token" => {
            let time = SignedTime::sign(&inner.signing, "k1", UtcMicros(1));
            json(&TokenResponse { token: "t".into(), expires_in_s: 3600, time })
        }
        "/v1/offers" => {
            let manifests = parse::<OfferRequest>(body).manifests;
            json(&OfferResponse { answers: manifests.iter().map(|text| offer(inner, &state, text)).collect() })
        }
        "/v1/device/report" => {
            state.reports.push(parse(body));
            json(&ReportResponse { server_time_micros: UtcMicros(1), report_after_s: 60 })
        }
        _ => {
            let commit: CommitRequest = parse(body);
            let manifest = Manifest::parse(commit.manifest.as_bytes()).unwrap();
            if manifest.chunks().iter().any(|chunk| !state.chunks.contains_key(&chunk.blake3)) {
                return refusal(ErrorCode::ChunksMissing);
            }
            *state.commits.entry(manifest.capture_id).or_default() += 1;
            json(&CommitResponse { receipt: receipt(inner, manifest.capture_id, &commit.manifest) })
        }
    }
}

fn offer(inner: &Inner, state: &State, text: &str) -> OfferAnswer {
    let manifest = Manifest::parse(text.as_bytes()).unwrap();
    if let Some(answer) = (inner.verdict)(&manifest) {
        return answer;
    }
    if state.commits.contains_key(&manifest.capture_id) {
        return OfferAnswer::Have { receipt: receipt(inner, manifest.capture_id, text) };
    }
    let missing = manifest.chunks().into_iter().map(|chunk| chunk.blake3);
    OfferAnswer::Need { chunks: missing.filter(|digest| !state.chunks.contains_key(digest)).collect() }
}

fn receipt(inner: &Inner, capture_id: CaptureId, manifest: &str) -> Receipt {
    let root_hash = Manifest::root_hash(manifest.as_bytes());
    let body = ReceiptBody { capture_id, root_hash, committed_at_micros: UtcMicros(1), key_id: "k1".into() };
    Receipt::sign(&inner.signing, &body).unwrap()
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> T {
    serde_json::from_slice(body).unwrap()
}

fn json<T: Serialize>(value: &T) -> Response<Full<Bytes>> {
    Response::new(Full::new(serde_json::to_vec(value).unwrap().into()))
}

fn refusal(code: ErrorCode) -> Response<Full<Bytes>> {
    let body = ErrorBody { code, message: "on demand".into(), retry_after_s: None };
    let body = Full::new(serde_json::to_vec(&body).unwrap().into());
    Response::builder().status(code.status()).body(body).unwrap()
}
