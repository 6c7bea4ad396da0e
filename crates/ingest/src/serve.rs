//! The listener: connections with a limit, headers with a deadline, and an end that drains.

use std::{
    net::SocketAddr,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::Router;
use hyper::{Request, body::Incoming, service::Service};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    task::JoinSet,
    time::{sleep, timeout},
};

use crate::{
    IngestError, http,
    ingest::{Background, Ingest},
    limit,
    unread::Unread,
};

/// A bound listener.
pub struct Listener {
    listener: TcpListener,
    /// Where it listens; the port is known even if 0 was asked for.
    pub address: SocketAddr,
}

impl Listener {
    /// Binds.
    pub async fn bind(listen: &str) -> Result<Self, IngestError> {
        let failed = |source| IngestError::Listen { listen: listen.to_owned(), source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address })
    }

    /// Serves until `stop` resolves; then refuses new connections, lets requests in work finish for
    /// [`limit::DRAIN_TIME`], and makes durable what was queued. Fails when the writer does.
    pub async fn serve(
        self,
        ingest: Arc<Ingest>,
        background: Background,
        stop: impl Future<Output = ()>,
    ) -> Result<(), IngestError> {
        let router = http::router(Arc::clone(&ingest));
        let places = Arc::new(Semaphore::new(limit::CONNECTIONS));
        let mut connections = JoinSet::new();
        let mut stop = pin!(stop);
        let outcome = loop {
            tokio::select! {
                () = &mut stop => break Ok(()),
                () = ingest.writer.ended() => break Err(IngestError::WriterEnded),
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                (stream, place) = self.accept(&places) => {
                    connections.spawn(connection(stream, place, router.clone(), Arc::clone(&ingest)));
                }
            }
        };
        tracing::info!(connections = connections.len(), "stopping: requests in work may finish");
        drop(self.listener);
        ingest.stopping.cancel();
        if timeout(limit::DRAIN_TIME, async { while connections.join_next().await.is_some() {} }).await.is_err() {
            tracing::warn!(connections = connections.len(), "connections that did not end in time are cut off");
            connections.shutdown().await;
        }
        drop((router, ingest));
        background.finish().await;
        tracing::info!("stopped");
        outcome
    }

    async fn accept(&self, places: &Arc<Semaphore>) -> (TcpStream, OwnedSemaphorePermit) {
        loop {
            let Ok(place) = Arc::clone(places).acquire_owned().await else { std::future::pending().await };
            match self.listener.accept().await {
                Ok((stream, _)) => return (stream, place),
                Err(error) => {
                    // Such as too many open files: it passes when connections end.
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(Duration::from_millis(100)).await;
                }
            }
        }
    }
}

async fn connection(stream: TcpStream, place: OwnedSemaphorePermit, router: Router, ingest: Arc<Ingest>) {
    // Answers are small and complete: waiting to fill a packet would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    ingest.metrics.connections.add(1);
    let _counted = Counted(&ingest);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(limit::HEADER_TIME).max_headers(64);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_mins(1))
        .max_concurrent_streams(64)
        .max_header_list_size(16 * 1024);
    let asked = Arc::new(AtomicBool::new(false));
    let service = First { asked: Arc::clone(&asked), inner: TowerToHyperService::new(router) };
    let mut serving = pin!(builder.serve_connection(TokioIo::new(Unread::new(stream, limit::READER_TIME)), service));
    // Header timeouts begin once the version is known; this one begins at once.
    let mut first_request = pin!(sleep(limit::HEADER_TIME));
    let (mut is_watched, mut is_stopping) = (true, false);
    loop {
        tokio::select! {
            result = &mut serving => {
                if let Err(error) = result {
                    tracing::debug!(error, "a connection ended early");
                }
                break;
            }
            () = &mut first_request, if is_watched => {
                is_watched = false;
                if !asked.load(Ordering::Relaxed) {
                    break;
                }
            }
            () = ingest.stopping.cancelled(), if !is_stopping => {
                is_stopping = true;
                serving.as_mut().graceful_shutdown();
            }
        }
    }
    drop(place);
}

/// Notes that a connection came to its first request.
struct First {
    asked: Arc<AtomicBool>,
    inner: TowerToHyperService<Router>,
}

impl Service<Request<Incoming>> for First {
    type Response = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Response;
    type Error = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Error;
    type Future = <TowerToHyperService<Router> as Service<Request<Incoming>>>::Future;

    fn call(&self, request: Request<Incoming>) -> Self::Future {
        self.asked.store(true, Ordering::Relaxed);
        self.inner.call(request)
    }
}

struct Counted<'a>(&'a Ingest);

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.metrics.connections.sub(1);
    }
}
