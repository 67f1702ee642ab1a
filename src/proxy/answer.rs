//! Responses that limpet makes itself: short, plain, with the request's id.
//!
//! Written straight to the client, past the response that a backend may have begun to give: nothing of a backend's can
//! slip into them. Which status and reason a failure has is `error`'s to say; here is only how it is told, and whether
//! the connection can go on afterwards.

use std::future::poll_fn;
use std::time::Duration;

use crate::http::{Framing, Method, Name, Request, Response, decimal, write_request};
use crate::net::Deadline;
use crate::wire::Wire;

use super::engine::{Engine, Room};
use super::error::{Blame, ProxyError, Verdict};
use super::{After, Visit};

/// How long a client may take to read an answer of ours.
const PATIENCE: Duration = Duration::from_secs(5);

/// Answers an exchange that failed, if it can still be answered.
pub(super) async fn answer(visit: &mut Visit<'_>, error: ProxyError) -> After {
    let Visit { engine, client, room, deadline, .. } = visit;
    room.facts.error = Some(error);
    if let Some(framing) = room.facts.begun {
        return break_off(client, framing, error, deadline).await;
    }
    if error == ProxyError::ClientGone {
        return After::Abort;
    }
    let verdict = error.verdict();
    let keep = may_keep(engine, client, room) && verdict.blame != Blame::Client;
    let body = body_of(verdict, &room.request);
    let made = Made {
        reason: verdict.reason,
        status: verdict.status,
        retry_after: verdict.retry_after,
        keep,
        kind: "text/plain",
        body,
    };
    send(visit, &made).await
}

/// Answers TRACE or OPTIONS that may go no further (RFC 9110, section 7.6.2).
pub(super) async fn answer_here(visit: &mut Visit<'_>) -> After {
    let Visit { engine, client, room, .. } = visit;
    let keep = may_keep(engine, client, room);
    let mut made = Made {
        reason: "max_forwards",
        status: 200,
        retry_after: Duration::ZERO,
        keep,
        kind: "message/http",
        body: Vec::new(),
    };
    if room.request.method == Method::Trace {
        room.request.fields.retain(|name, _, _| !is_private(name));
        write_request(&room.request, &mut made.body);
    }
    send(visit, &made).await
}

fn may_keep(engine: &Engine, client: &Wire, room: &Room) -> bool {
    room.request.keep_alive && client.is_received() && engine.keeps_connections()
}

/// The response broke off. Its client gets what came, and sees that it is not the whole: a delimited body misses its
/// end; one that ends with the connection has to end by a reset (RFC 9112, section 8).
async fn break_off(client: &mut Wire, framing: Framing, error: ProxyError, deadline: &Deadline) -> After {
    let delimited = matches!(framing, Framing::Length(_) | Framing::Chunked);
    if !delimited || matches!(error, ProxyError::ClientGone | ProxyError::ClientStalled) {
        return After::Abort;
    }
    deadline.arm(PATIENCE);
    match deadline.guard(poll_fn(|cx| client.poll_flush(cx))).await {
        Ok(Ok(())) => After::Close,
        _ => After::Abort,
    }
}

struct Made {
    reason: &'static str,
    status: u16,
    retry_after: Duration,
    keep: bool,
    kind: &'static str,
    body: Vec<u8>,
}

async fn send(visit: &mut Visit<'_>, made: &Made) -> After {
    let Visit { engine, client, room, deadline, .. } = visit;
    (room.facts.made, room.facts.status) = (Some(made.reason), made.status);
    let out = client.begin_send(Framing::None);
    write_head(engine, &room.request, made, out);
    if room.request.method != Method::Head {
        out.extend_from_slice(&made.body);
        room.facts.sent = made.body.len() as u64;
    }
    deadline.arm(PATIENCE);
    match deadline.guard(poll_fn(|cx| client.poll_flush(cx))).await {
        Ok(Ok(())) if made.keep => After::KeepAlive,
        Ok(Ok(())) => After::Close,
        _ => After::Abort,
    }
}

fn write_head(engine: &Engine, request: &Request, made: &Made, out: &mut Vec<u8>) {
    out.extend_from_slice(b"HTTP/1.1 ");
    decimal(u64::from(made.status), out);
    out.push(b' ');
    out.extend_from_slice(Response::usual_reason(made.status).as_bytes());
    out.extend_from_slice(b"\r\nDate: ");
    out.extend_from_slice(&engine.clock.http_date());
    out.extend_from_slice(b"\r\nContent-Type: ");
    out.extend_from_slice(made.kind.as_bytes());
    out.extend_from_slice(b"\r\nContent-Length: ");
    decimal(made.body.len() as u64, out);
    if let Some(id) = request.fields.get(Name::XRequestId) {
        out.extend_from_slice(b"\r\nX-Request-Id: ");
        out.extend_from_slice(id);
    }
    if !made.retry_after.is_zero() {
        out.extend_from_slice(b"\r\nRetry-After: ");
        decimal(made.retry_after.as_secs().max(1), out);
    }
    if made.status == 405 {
        out.extend_from_slice(b"\r\nAllow: GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH");
    }
    if !made.keep {
        out.extend_from_slice(b"\r\nConnection: close");
    }
    out.extend_from_slice(b"\r\nCache-Control: no-store\r\n\r\n");
}

fn body_of(verdict: Verdict, request: &Request) -> Vec<u8> {
    let id = String::from_utf8_lossy(request.fields.get(Name::XRequestId).unwrap_or(b"none"));
    let (status, usual) = (verdict.status, Response::usual_reason(verdict.status));
    format!("{status} {usual}\nreason: {}\nrequest: {id}\n", verdict.reason).into_bytes()
}

/// Fields that a TRACE answer keeps to itself (RFC 9110, section 9.3.8).
fn is_private(name: Name) -> bool {
    !matches!(name, Name::Other | Name::Host | Name::Via | Name::MaxForwards | Name::UserAgent | Name::XRequestId)
}
