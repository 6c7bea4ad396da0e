//! A tiny HTTP server on loopback that answers from a script: the faults of a network, on demand.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures::StreamExt;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, StreamBody, combinators::BoxBody};
use hyper::{
    body::{Frame, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// What the script sees of a request.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Such as `POST /v1/offers?x=y`.
    pub line: String,
    /// The `Authorization` header.
    pub bearer: Option<String>,
    /// The `Range` header.
    pub range: Option<String>,
    /// The body.
    pub body: Bytes,
}

/// The body type of every answer.
pub type Body = BoxBody<Bytes, std::io::Error>;

/// A running server; it ends with its runtime.
pub struct Server {
    /// Its address.
    pub url: String,
    /// Every request so far.
    pub seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Starts a server whose script gets the request's number (from 0) and the request.
    pub async fn start<F>(script: F) -> Self
    where
        F: Fn(usize, &Seen) -> Response<Body> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (script, log) = (Arc::new(script), Arc::clone(&seen));
        tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (script, log) = (Arc::clone(&script), Arc::clone(&log));
                let service = service_fn(move |request| answer(request, Arc::clone(&script), Arc::clone(&log)));
                tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url, seen }
    }

    /// How many requests came.
    pub fn count(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

async fn answer<F>(
    request: Request<Incoming>,
    script: Arc<F>,
    log: Arc<Mutex<Vec<Seen>>>,
) -> Result<Response<Body>, Infallible>
where
    F: Fn(usize, &Seen) -> Response<Body>,
{
    let (head, body) = request.into_parts();
    let header = |name: &str| head.headers.get(name).map(|value| value.to_str().unwrap().to_owned());
    let seen = Seen {
        line: format!("{} {}", head.method, head.uri),
        bearer: header("authorization"),
        range: header("range"),
        body: body.collect().await.unwrap().to_bytes(),
    };
    let number = {
        let mut log = log.lock().unwrap();
        log.push(seen.clone());
        log.len() - 1
    };
    Ok(script(number, &seen))
}

/// An answer with these bytes.
pub fn reply(status: u16, body: impl Into<Bytes>) -> Response<Body> {
    let body = Full::new(body.into()).map_err(|never| match never {}).boxed();
    Response::builder().status(StatusCode::from_u16(status).unwrap()).body(body).unwrap()
}

/// An answer that announces more than it sends and then breaks the connection.
pub fn broken(status: u16, body: impl Into<Bytes>) -> Response<Body> {
    let pieces = [Ok(Frame::data(body.into())), Err(std::io::Error::other("cut"))];
    let pieces = futures::stream::iter(pieces).then(|piece| async {
        // The first piece has to be on the wire before the error makes hyper drop what it still buffers.
        if piece.is_err() {
            tokio::time::sleep(std::time::Duration::from_millis(30)).await;
        }
        piece
    });
    let body = BodyExt::boxed(StreamBody::new(pieces));
    Response::builder().status(StatusCode::from_u16(status).unwrap()).body(body).unwrap()
}
