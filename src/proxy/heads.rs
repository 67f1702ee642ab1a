//! What is changed in a head on its way through, either way; and the wait for a response's head.
//!
//! Fields that end at this hop go, limpet's own never pass, framing is fitted to who reads it. The fields that say who
//! the client is stand in `forwarded`, those that keep a session in `session`.

use crate::config::Limits;
use crate::http::{
    Framing, Name, Request, Response, Rewrite, Trailers, Version, decimal, strip_hop_by_hop, write_response,
};
use crate::state::State;
use crate::wire::Wire;

use super::engine::{Engine, Scratch};
use super::error::ProxyError;
use super::relay::Relay;

/// Interim responses that one request may get.
const MAX_INTERIM: usize = 16;

/// Takes one hop off a TRACE or OPTIONS request; false when it has none left.
pub(super) fn spend_hop(request: &mut Request) -> bool {
    let Some(hops) = request.max_forwards else { return true };
    let Some(left) = hops.checked_sub(1) else { return false };
    request.fields.rewrite(Name::MaxForwards, |_, fresh| {
        decimal(u64::from(left), fresh);
        Rewrite::Replace
    });
    true
}

/// A body that says beforehand that it is too large is not begun.
pub(super) fn check_size(request: &Request, limits: &Limits) -> Result<(), ProxyError> {
    match request.framing {
        Framing::Length(length) if limits.max_body_size > 0 && length > limits.max_body_size => {
            Err(ProxyError::BodyTooLarge)
        }
        _ => Ok(()),
    }
}

/// Takes out what the backend must not see: the hop's own fields, and the cookies of all pools. A browser sends them wherever their path matches, and another pool's backend could replay what it saw.
pub(super) fn to_backend(request: &mut Request, state: &State) {
    for sticky in state.pools.iter().filter_map(|pool| pool.sticky.as_ref()) {
        sticky.strip(request);
    }
    strip_hop_by_hop(&mut request.fields);
}

/// Sends the request and waits for the head of its response; interim ones go through to the client.
pub(super) async fn await_response(
    relay: &mut Relay<'_>,
    scratch: &mut Scratch,
    state: &State,
) -> Result<(), ProxyError> {
    let to_http11 = scratch.request.version == Version::Http11;
    for _ in 0..=MAX_INTERIM {
        let extent = relay.head().await?;
        let response = &mut scratch.response;
        let head = relay.backend.head(extent);
        response.parse(head, relay.bounds, scratch.request.method).map_err(ProxyError::BackendRejected)?;
        let passes = if to_http11 { response.framing } else { Framing::UntilClose };
        let trailers = Trailers::announced(&mut response.fields, passes);
        relay.backend.begin_body(extent, response.framing, trailers);
        match response.status {
            101 => return Err(ProxyError::UnaskedSwitch),
            100..=199 => {
                if to_http11 {
                    strip_backend_fields(response);
                    drop_planted(response, state);
                    write_response(response, relay.client.interim());
                }
                relay.expect_another_head();
            }
            status => {
                scratch.facts.backend_status = Some(status);
                return Ok(());
            }
        }
    }
    Err(ProxyError::TooManyInterim)
}

/// Takes out the cookies of any pool that a backend had no business to set; says how many.
pub(super) fn drop_planted(response: &mut Response, state: &State) -> usize {
    let all = state.pools.iter().filter_map(|pool| pool.sticky.as_ref());
    all.map(|sticky| sticky.drop_planted(response)).sum()
}

/// Writes the response's head for the client; says whether the client's connection may go on afterwards.
pub(super) fn to_client(engine: &Engine, client: &mut Wire, scratch: &mut Scratch, request_sent: bool) -> bool {
    let (request, response) = (&scratch.request, &mut scratch.response);
    strip_backend_fields(response);
    if request.version == Version::Http10 {
        // Not even where it only says how the body would be framed (RFC 9112, section 6.1).
        response.fields.remove(Name::TransferEncoding);
    }
    let framing = match (response.framing, request.version) {
        (Framing::Chunked, Version::Http10) => Framing::UntilClose,
        (Framing::UntilClose, Version::Http11) => {
            response.fields.push("Transfer-Encoding", b"chunked");
            Framing::Chunked
        }
        (framing, _) => framing,
    };
    // An answer that overtakes its request says that the connection ends with it (RFC 9110, section 10.1.1).
    let keep = request.keep_alive && request_sent && framing != Framing::UntilClose && engine.keeps_connections();
    if !keep {
        response.fields.push("Connection", b"close");
    }
    if !response.fields.has(Name::Date) {
        response.fields.push("Date", &engine.clock.http_date());
    }
    write_response(response, client.begin_send(framing));
    scratch.facts.status = response.status;
    scratch.facts.begun = Some(framing);
    keep
}

fn strip_backend_fields(response: &mut Response) {
    strip_hop_by_hop(&mut response.fields);
    response.fields.remove(Name::Limpet);
}
