//! One service over one connector: sends a call, bounds the wait and the answer, types the refusal.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{
    client::legacy::{
        Client, ResponseFuture,
        connect::{Connect, HttpConnector},
    },
    rt::{TokioExecutor, TokioTimer},
};
use muster_protocol::error::ErrorBody;
use serde::{Serialize, de::DeserializeOwned};
use url::Url;

use crate::ClientError;

/// The largest refusal that is read.
const MAX_ERROR_BYTES: u64 = 64 * 1024;
/// The slowest upload that is waited for: below it a call times out and the caller backs off.
const SLOWEST_UPLOAD_BYTES_PER_S: u64 = 4 * 1024;
const USER_AGENT: &str = concat!("muster/", env!("CARGO_PKG_VERSION"));

/// How long the client waits.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a TCP connection.
    pub connect: Duration,
    /// For the head of an answer, beyond what the upload of the request's body takes on a slow link.
    pub answer: Duration,
    /// For the next bytes of an answer.
    pub stall: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { connect: Duration::from_secs(10), answer: Duration::from_secs(30), stall: Duration::from_secs(30) }
    }
}

type Exchange = dyn Fn(Request<Full<Bytes>>) -> ResponseFuture + Send + Sync;

/// One service over one connector. Cheap to clone; clones share their connections.
#[derive(Clone)]
pub struct Transport {
    base: String,
    exchange: Arc<Exchange>,
    patience: Patience,
}

impl std::fmt::Debug for Transport {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Transport").field("base", &self.base).field("patience", &self.patience).finish_non_exhaustive()
    }
}

impl Transport {
    /// A service over TCP, with TLS (rustls, Mozilla's roots) when the address is `https://`.
    pub fn new(service: &str, patience: Patience) -> Result<Self, ClientError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(patience.connect));
        tcp.set_keepalive(Some(Duration::from_secs(30)));
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .enable_http2()
            .wrap_connector(tcp);
        Self::with_connector(service, patience, connector)
    }

    /// A service over any connector: a simulated network, a namespace, a proxy.
    pub fn with_connector<C>(service: &str, patience: Patience, connector: C) -> Result<Self, ClientError>
    where
        C: Connect + Clone + Send + Sync + 'static,
    {
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_mins(1))
            .pool_max_idle_per_host(8)
            .build::<_, Full<Bytes>>(connector);
        Ok(Self { base: base_of(service)?, exchange: Arc::new(move |request| client.request(request)), patience })
    }

    /// The service's address without a trailing slash.
    pub fn service(&self) -> &str {
        &self.base
    }

    /// How long a stalled answer is waited for.
    pub(crate) fn stall(&self) -> Duration {
        self.patience.stall
    }

    /// Sends a call and gives the answer's head; anything but a success becomes an error.
    pub(crate) async fn send(&self, call: &Call) -> Result<Response<Incoming>, ClientError> {
        let request = call.request(&self.base)?;
        let upload = Duration::from_secs(call.body.len() as u64 / SLOWEST_UPLOAD_BYTES_PER_S);
        let after = self.patience.answer + upload + call.extra_wait;
        let response = match tokio::time::timeout(after, (self.exchange)(request)).await {
            Err(_) => return Err(ClientError::Timeout { call: call.name(), after }),
            Ok(Err(cause)) => return Err(ClientError::Connection { call: call.name(), cause }),
            Ok(Ok(response)) => response,
        };
        if response.status().is_success() {
            return Ok(response);
        }
        Err(self.refusal(call, response).await)
    }

    /// Sends a call and parses its JSON answer of at most `limit` bytes.
    pub(crate) async fn json<T: DeserializeOwned>(&self, call: &Call, limit: u64) -> Result<T, ClientError> {
        let response = self.send(call).await?;
        let body = self.bytes(call, response.into_body(), limit).await?;
        serde_json::from_slice(&body)
            .map_err(|error| ClientError::Malformed { call: call.name(), reason: error.to_string() })
    }

    /// Reads a whole body of at most `limit` bytes.
    pub(crate) async fn bytes(&self, call: &Call, mut body: Incoming, limit: u64) -> Result<Bytes, ClientError> {
        let mut bytes = BytesMut::new();
        while let Some(piece) = next_piece(call, &mut body, self.patience.stall).await? {
            if bytes.len() as u64 + piece.len() as u64 > limit {
                return Err(ClientError::TooLarge { call: call.name(), limit });
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes.freeze())
    }

    async fn refusal(&self, call: &Call, response: Response<Incoming>) -> ClientError {
        let status = response.status();
        let named = retry_after(response.headers());
        let body = self.bytes(call, response.into_body(), MAX_ERROR_BYTES).await.unwrap_or_default();
        match serde_json::from_slice::<ErrorBody>(&body) {
            // A portal that answers 200 or 302 with JSON of our shape is still a stranger.
            Ok(body) if body.code.status() == status.as_u16() => ClientError::Refused {
                call: call.name(),
                code: body.code,
                message: body.message,
                retry_after: body.retry_after_s.map(|seconds| Duration::from_secs(seconds.into())).or(named),
            },
            _ => ClientError::Stranger { call: call.name(), status, retry_after: named },
        }
    }
}

/// The next bytes of an answer; `None` at its end.
pub(crate) async fn next_piece(
    call: &Call,
    body: &mut Incoming,
    stall: Duration,
) -> Result<Option<Bytes>, ClientError> {
    loop {
        match tokio::time::timeout(stall, body.frame()).await {
            Err(_) => return Err(ClientError::Timeout { call: call.name(), after: stall }),
            Ok(None) => return Ok(None),
            Ok(Some(Err(cause))) => return Err(ClientError::Body { call: call.name(), cause }),
            Ok(Some(Ok(frame))) => {
                if let Ok(piece) = frame.into_data() {
                    return Ok(Some(piece));
                }
            }
        }
    }
}

/// One request, ready to be sent more than once.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    method: Method,
    target: String,
    body: Bytes,
    media_type: Option<&'static str>,
    bearer: Option<String>,
    range: Option<String>,
    extra_wait: Duration,
}

impl Call {
    /// `GET target`.
    pub(crate) fn get(target: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            target: target.into(),
            body: Bytes::new(),
            media_type: None,
            bearer: None,
            range: None,
            extra_wait: Duration::ZERO,
        }
    }

    /// `POST target` with a JSON body.
    pub(crate) fn post<T: Serialize>(target: impl Into<String>, body: &T) -> Result<Self, ClientError> {
        let mut call = Self { method: Method::POST, media_type: Some("application/json"), ..Self::get(target) };
        call.body = serde_json::to_vec(body)
            .map_err(|error| ClientError::Encode { call: call.name(), reason: error.to_string() })?
            .into();
        Ok(call)
    }

    /// `PUT target` with raw bytes.
    pub(crate) fn put(target: impl Into<String>, body: Bytes) -> Self {
        Self { method: Method::PUT, media_type: Some("application/octet-stream"), body, ..Self::get(target) }
    }

    /// With `Authorization: Bearer …`.
    pub(crate) fn bearer(mut self, token: &str) -> Self {
        self.bearer = Some(format!("Bearer {token}"));
        self
    }

    /// With `Range: bytes=…`; the end is exclusive and may be open.
    pub(crate) fn range(mut self, start: u64, end: Option<u64>) -> Self {
        self.range = Some(end.map_or_else(|| format!("bytes={start}-"), |end| format!("bytes={start}-{}", end - 1)));
        self
    }

    /// With more patience than usual, for a long poll.
    pub(crate) fn wait(mut self, extra: Duration) -> Self {
        self.extra_wait = extra;
        self
    }

    /// `POST /v1/offers`: what error messages say, without query or secrets.
    pub(crate) fn name(&self) -> String {
        format!("{} {}", self.method, self.target.split('?').next().unwrap_or_default())
    }

    fn request(&self, base: &str) -> Result<Request<Full<Bytes>>, ClientError> {
        let mut request = Request::builder()
            .method(self.method.clone())
            .uri(format!("{base}{}", self.target))
            .header(header::USER_AGENT, USER_AGENT);
        let headers = [
            (header::CONTENT_TYPE, self.media_type),
            (header::AUTHORIZATION, self.bearer.as_deref()),
            (header::RANGE, self.range.as_deref()),
        ];
        for (name, value) in headers {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        request
            .body(Full::new(self.body.clone()))
            .map_err(|error| ClientError::Encode { call: self.name(), reason: error.to_string() })
    }
}

fn base_of(service: &str) -> Result<String, ClientError> {
    let wrong = |reason: String| ClientError::Address { url: service.into(), reason };
    let url = Url::parse(service).map_err(|error| wrong(error.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(wrong(format!("the scheme {:?} is not known", url.scheme())));
    }
    if url.host().is_none() || url.query().is_some() || url.fragment().is_some() || !url.username().is_empty() {
        return Err(wrong("it needs a host and nothing but a path behind it".into()));
    }
    Ok(url.as_str().trim_end_matches('/').into())
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// True when a range was honoured, false when the whole blob came.
pub(crate) fn is_partial(response: &Response<Incoming>) -> bool {
    response.status() == StatusCode::PARTIAL_CONTENT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_checked_and_trimmed() {
        let good = [
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("https://muster.example/fleet/", "https://muster.example/fleet"),
        ];
        for (input, expected) in good {
            assert_eq!(base_of(input).unwrap(), expected);
        }
        for bad in ["", "localhost:8080", "ftp://x", "http://", "http://a@b", "http://a/?q=1", "http://a/#f"] {
            assert!(matches!(base_of(bad), Err(ClientError::Address { .. })), "{bad:?}");
        }
    }
}
