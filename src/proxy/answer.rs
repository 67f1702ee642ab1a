//! Responses that limpet makes itself: short, plain, with the request's id.
//!
//! Written straight to the client, past the response that a backend may have begun to give: nothing of a backend's can
//! slip into them. Which status and reason a failure has is `error`'s to say; here is only how it is told, and whether
//! the connection can go on afterwards.

use std::future::poll_fn;
use std::time::Duration;

use crate::http::{Fields, Framing, Method, Name, Request, usual_reason, write_request, write_response};

use super::engine::Engine;
use super::error::{Blame, ProxyError, Verdict};
use super::{Client, Fate};

/// Answers an exchange that failed, if it can still be answered.
pub(super) async fn answer(client: &mut Client<'_>, error: ProxyError) -> Fate {
    client.scratch.facts.error = Some(error);
    if let Some(framing) = client.scratch.facts.begun {
        return break_off(client, framing, error).await;
    }
    if error == ProxyError::ClientGone {
        return Fate::Abort;
    }
    let verdict = error.verdict();
    // What a client got wrong may be followed by anything.
    let keep = may_keep(client) && (verdict.blame != Blame::Client || error == ProxyError::NoRoute);
    let body = body_of(verdict, &client.scratch.request);
    send(client, Answer { verdict, keep, content_type: b"text/plain", body }).await
}

/// Answers TRACE or OPTIONS that may go no further (RFC 9110, section 7.6.2).
pub(super) async fn answer_here(client: &mut Client<'_>) -> Fate {
    let (keep, mut body) = (may_keep(client), Vec::new());
    let request = &mut client.scratch.request;
    if request.method == Method::Trace {
        request.fields.retain(|name, _, _| !is_private(name));
        write_request(request, &mut body);
    }
    let verdict = Verdict { blame: Blame::Us, status: 200, reason: "last_hop", retry_after: Duration::ZERO };
    send(client, Answer { verdict, keep, content_type: b"message/http", body }).await
}

/// The next request on the connection can be told from what belongs to this one.
fn may_keep(client: &Client<'_>) -> bool {
    client.scratch.request.keep_alive && client.wire.is_received() && client.engine.keeps_connections()
}

/// The response broke off. Its client gets what came, and sees that it is not the whole: a delimited body misses its
/// end; one that ends with the connection has to end by a reset (RFC 9112, section 8).
async fn break_off(client: &mut Client<'_>, framing: Framing, error: ProxyError) -> Fate {
    let delimited = matches!(framing, Framing::Length(_) | Framing::Chunked);
    if !delimited || matches!(error, ProxyError::ClientGone | ProxyError::ClientStalled) {
        return Fate::Abort;
    }
    if flush(client).await { Fate::Close } else { Fate::Abort }
}

struct Answer {
    verdict: Verdict,
    keep: bool,
    content_type: &'static [u8],
    body: Vec<u8>,
}

async fn send(client: &mut Client<'_>, answer: Answer) -> Fate {
    let Client { engine, wire, scratch, .. } = client;
    let status = answer.verdict.status;
    (scratch.facts.made, scratch.facts.status) = (Some(answer.verdict.reason), status);
    scratch.response.begin(status);
    add_fields(engine, &scratch.request, &answer, &mut scratch.response.fields);
    let out = wire.begin_send(Framing::None);
    write_response(&scratch.response, out);
    if scratch.request.method != Method::Head {
        out.extend_from_slice(&answer.body);
        scratch.facts.sent = answer.body.len() as u64;
    }
    match flush(client).await {
        true if answer.keep => Fate::KeepAlive,
        true => Fate::Close,
        false => Fate::Abort,
    }
}

/// Waits until the client has all that was written; false if it would not take it.
async fn flush(client: &mut Client<'_>) -> bool {
    let wire = &mut *client.wire;
    client.deadline.arm(ANSWER_TIMEOUT);
    matches!(client.deadline.guard(poll_fn(|cx| wire.poll_flush(cx))).await, Ok(Ok(())))
}

fn add_fields(engine: &Engine, request: &Request, answer: &Answer, fields: &mut Fields) {
    fields.push("Date", &engine.clock.http_date());
    fields.push("Content-Type", answer.content_type);
    fields.push("Content-Length", answer.body.len().to_string().as_bytes());
    fields.push("Cache-Control", b"no-store");
    if let Some(id) = request.fields.get(Name::XRequestId) {
        fields.push("X-Request-Id", id);
    }
    if !answer.verdict.retry_after.is_zero() {
        fields.push("Retry-After", answer.verdict.retry_after.as_secs().max(1).to_string().as_bytes());
    }
    if answer.verdict.status == 405 {
        fields.push("Allow", b"GET, HEAD, POST, PUT, DELETE, OPTIONS, TRACE, PATCH");
    }
    if !answer.keep {
        fields.push("Connection", b"close");
    }
}

fn body_of(verdict: Verdict, request: &Request) -> Vec<u8> {
    let id = String::from_utf8_lossy(request.fields.get(Name::XRequestId).unwrap_or(b"none"));
    let (status, usual) = (verdict.status, usual_reason(verdict.status));
    format!("{status} {usual}\nreason: {}\nrequest: {id}\n", verdict.reason).into_bytes()
}

/// Fields that a TRACE answer keeps to itself (RFC 9110, section 9.3.8).
fn is_private(name: Name) -> bool {
    !matches!(name, Name::Other | Name::Host | Name::Via | Name::MaxForwards | Name::UserAgent | Name::XRequestId)
}

/// How long a client may take to read an answer of ours.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
