//! The second oracle: hyper, as the server that gets a request and as the client that gets a response.
//!
//! hyper is lenient where limpet is strict, and that is fine: what counts is what limpet takes and hyper does not, or
//! what both take and read differently. Field names come back in lower case, and in the order of their first line.

use std::cell::RefCell;
use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::rc::Rc;

use ::hyper::body::Incoming;
use ::hyper::service::service_fn;
use ::hyper::{client, server};
use bytes::Bytes;
use http::{HeaderMap, Request, Response, Version};
use http_body_util::{BodyExt, Empty};

use crate::memory::{Memory, drive};
use crate::reading::{Body, Field, Framing, Reading, Verdict, rewrite_request, rewrite_response};

/// Reads a request as hyper's server does.
pub fn request(input: &[u8]) -> Verdict {
    let seen = Rc::new(RefCell::new(None));
    let service = service_fn(|request: Request<Incoming>| {
        let seen = Rc::clone(&seen);
        async move {
            let (head, incoming) = request.into_parts();
            let size = incoming_size(&incoming);
            *seen.borrow_mut() = Some(read_request(head, size, Body::Partial { data: Vec::new() }));
            let body = collect(incoming).await;
            if let Some(reading) = seen.borrow_mut().as_mut() {
                reading.body = body;
            }
            Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))
        }
    });
    let mut builder = server::conn::http1::Builder::new();
    builder.keep_alive(false).half_close(true).header_read_timeout(None);
    let connection = builder.serve_connection(Memory::sends(input), service);
    let (ended, _) = drive(connection, std::future::ready(()));
    let reading = seen.borrow_mut().take();
    verdict(reading, ended.and_then(Result::err))
}

/// Reads a response as hyper's client does. `asked` is the method that it sent. Interim responses are skipped, so
/// these must not be given to it.
pub fn response(input: &[u8], asked: &str) -> Verdict {
    let to_head = asked == "HEAD";
    let handshake = client::conn::http1::handshake(Memory::answers(input));
    let (shaken, _) = drive(handshake, std::future::ready(()));
    let Some(Ok((mut sender, connection))) = shaken else { panic!("a handshake without a byte failed") };
    let ask = Request::builder().method(asked).uri("/").header("host", "a").body(Empty::<Bytes>::new());
    let asking = async move {
        let response = sender.send_request(ask.expect("a request is legal")).await?;
        let (head, incoming) = response.into_parts();
        let size = incoming_size(&incoming);
        let body = collect(incoming).await;
        Ok::<_, ::hyper::Error>(read_response(&head, size, body, to_head))
    };
    match drive(asking, connection).0 {
        Some(Ok(reading)) => verdict(Some(reading), None),
        Some(Err(error)) => verdict(None, Some(error)),
        None => panic!("hyper waits for what cannot come"),
    }
}

fn verdict(reading: Option<Reading>, error: Option<::hyper::Error>) -> Verdict {
    match (reading, error) {
        (Some(reading), _) => Verdict::of(reading),
        (None, Some(error)) if !error.is_incomplete_message() => Verdict::refused(chain(&error)),
        (None, _) => Verdict::waits(),
    }
}

fn read_request(head: http::request::Parts, size: Option<u64>, body: Body) -> Reading {
    let query = head.uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let mut fields = list(&head.headers);
    let host = head.headers.get("host").map(|host| host.as_bytes().to_vec());
    let authority = head.uri.authority().map(|authority| authority.as_str().as_bytes().to_vec());
    let framing = framing(size, Framing::Chunked);
    let http11 = head.version == Version::HTTP_11;
    rewrite_request(&mut fields, http11, framing);
    Reading {
        start: head.method.as_str().to_owned(),
        target: format!("{}{query}", head.uri.path()).into_bytes(),
        authority: authority.or(host).unwrap_or_default(),
        http11,
        framing,
        // hyper does not tell.
        keep_alive: true,
        fields,
        body,
    }
}

fn read_response(head: &http::response::Parts, size: Option<u64>, body: Body, to_head: bool) -> Reading {
    let mut fields = list(&head.headers);
    let otherwise = if head.headers.contains_key("transfer-encoding") { Framing::Chunked } else { Framing::UntilClose };
    let start = head.status.as_str().to_owned();
    rewrite_response(&mut fields, &start, to_head);
    Reading {
        start,
        target: Vec::new(),
        authority: Vec::new(),
        http11: head.version == Version::HTTP_11,
        framing: framing(size, otherwise),
        keep_alive: true,
        fields,
        body,
    }
}

fn framing(size: Option<u64>, otherwise: Framing) -> Framing {
    match size {
        Some(0) => Framing::None,
        Some(length) => Framing::Length(length),
        None => otherwise,
    }
}

fn incoming_size(incoming: &Incoming) -> Option<u64> {
    ::hyper::body::Body::size_hint(incoming).exact()
}

fn list(headers: &HeaderMap) -> Vec<Field> {
    headers.iter().map(|(name, value)| (name.as_str().as_bytes().to_vec(), value.as_bytes().to_vec())).collect()
}

async fn collect(mut incoming: Incoming) -> Body {
    let mut data = Vec::new();
    loop {
        match incoming.frame().await {
            None => return Body::Whole { data, used: None },
            Some(Ok(frame)) => {
                if let Ok(piece) = frame.into_data() {
                    data.extend_from_slice(&piece);
                }
            }
            Some(Err(error)) if is_cut_off(&error) => return Body::Partial { data },
            Some(Err(error)) => return Body::Refused(chain(&error)),
        }
    }
}

fn is_cut_off(error: &::hyper::Error) -> bool {
    let cause = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    error.is_incomplete_message() || cause.is_some_and(|cause| cause.kind() == io::ErrorKind::UnexpectedEof)
}

fn chain(error: &dyn Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {}", chain(cause)),
        None => error.to_string(),
    }
}
