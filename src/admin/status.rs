//! The status listener: `/livez`, `/readyz`, `/metrics`, for probes and scrapers; nothing here changes anything.
//!
//! A connection carries one request and has a bounded time, a bounded head and a bounded number of neighbours, so that
//! the slow and the greedy cost a place for some seconds and nobody's answer. Clients that may not ask (by `allow` and
//! `deny`) get their 403 in places of their own and cannot crowd out those who may.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::time;

use crate::config::Status;
use crate::metrics::Metrics;

use super::connections::Connections;
use super::readiness::Readiness;
use super::scrapes::Scrapes;

/// Serves until `shutdown` is done; then stops at once, answers in the making included.
pub(crate) async fn serve(
    listener: TcpListener,
    settings: Status,
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
    shutdown: impl Future<Output = ()>,
) {
    let service = Arc::new(StatusService {
        settings,
        readiness,
        scrapes: Scrapes::new(metrics),
        head: HEAD,
        connection_time: CONNECTION_TIME,
    });
    accept(&listener, &service, shutdown).await;
}

async fn accept(listener: &TcpListener, service: &Arc<StatusService>, shutdown: impl Future<Output = ()>) {
    let mut shutdown = pin!(shutdown);
    let (mut admitted, mut refused) = (Connections::at_most(MAX_PERMITTED), Connections::at_most(MAX_FORBIDDEN));
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, client)) => {
                let permitted = service.permits(client.ip());
                let connections = if permitted { &mut admitted } else { &mut refused };
                connections.run(connection(stream, Arc::clone(service), permitted));
            }
            Err(error) if is_of_one_connection(&error) => {}
            // Out of file descriptors: the listener stays readable, so without a pause this would spin.
            Err(error) => {
                tracing::warn!(%error, "status listener cannot accept");
                time::sleep(PAUSE).await;
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}

/// One connection, one request.
async fn connection(stream: TcpStream, service: Arc<StatusService>, permitted: bool) {
    let (head, connection_time) = (service.head, service.connection_time);
    let service = service_fn(move |request| {
        let service = Arc::clone(&service);
        async move { Ok::<_, Infallible>(if permitted { service.answer(&request).await } else { forbid() }) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_header_size(HEAD_BYTES)
        .max_headers(HEAD_FIELDS)
        .max_buf_size(HEAD_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // How it ends interests nobody: a probe that went away, a head that made no sense.
    let _ = time::timeout(connection_time, connection).await;
}

/// What one answer takes: the settings, what to show, and how long a client may take.
struct StatusService {
    settings: Status,
    readiness: Arc<Readiness>,
    scrapes: Scrapes,
    head: Duration,
    connection_time: Duration,
}

impl StatusService {
    /// Listed in `allow` and not in `deny`. An empty `allow` lets nobody in.
    fn permits(&self, client: IpAddr) -> bool {
        let client = client.to_canonical();
        self.settings.allow.contains(client) && !self.settings.deny.contains(client)
    }

    async fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        let page = match request.uri().path() {
            "/livez" => Page::Live,
            "/readyz" => Page::Ready,
            "/metrics" => Page::Metrics,
            _ => return text(StatusCode::NOT_FOUND, "not found\n"),
        };
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut refusal = text(StatusCode::METHOD_NOT_ALLOWED, "method not allowed\n");
            refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refusal;
        }
        match page {
            Page::Live => text(StatusCode::OK, "live\n"),
            Page::Ready => self.ready(),
            Page::Metrics => self.metrics().await,
        }
    }

    fn ready(&self) -> Response<Full<Bytes>> {
        let reasons = self.readiness.reasons();
        if reasons.is_empty() {
            return text(StatusCode::OK, "ready\n");
        }
        text(StatusCode::SERVICE_UNAVAILABLE, reasons.join("\n") + "\n")
    }

    async fn metrics(&self) -> Response<Full<Bytes>> {
        match self.scrapes.page().await {
            Ok(page) => {
                let mut response = text(StatusCode::OK, page);
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(Metrics::MEDIA_TYPE));
                response
            }
            Err(error) => {
                tracing::error!(%error, "metrics page cannot be written");
                text(StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be written; the log says why\n")
            }
        }
    }
}

enum Page {
    Live,
    Ready,
    Metrics,
}

fn forbid() -> Response<Full<Bytes>> {
    text(StatusCode::FORBIDDEN, "forbidden\n")
}

fn text(status: StatusCode, body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A request head, from the connection's first moment.
const HEAD: Duration = Duration::from_secs(5);
/// A connection, from its first moment to its last byte: enough for a large page over a slow line.
const CONNECTION_TIME: Duration = Duration::from_secs(30);
/// After a failed accept.
const PAUSE: Duration = Duration::from_millis(100);
/// Connections at a time, 64 in all.
const MAX_PERMITTED: usize = 56;
const MAX_FORBIDDEN: usize = 8;
/// The least that hyper takes for a buffer is 8 KiB.
const HEAD_BYTES: usize = 8 * 1024;
const HEAD_FIELDS: usize = 64;

#[cfg(test)]
mod tests;
