//! Target `bodies`: what must hold for every chunked body with its trailers.
//!
//! No panic; the same data, end and refusal for every cut; nothing used beyond the body's end; nothing taken that the
//! grammar does not allow; and what limpet encodes is what it decodes, and what the grammar says it is.

use ::limpet::lab::{self, Body};

use crate::cuts;
use crate::reading;
use crate::rules;

pub fn bodies(input: &[u8]) {
    let whole = lab::chunked(&[input]);
    assert_eq!(lab::chunked(&cuts::single(input)), whole, "byte by byte");
    for at in cuts::places(input) {
        let (front, back) = input.split_at(at);
        assert_eq!(lab::chunked(&[front, back]), whole, "cut at {at}");
    }
    if let Ok(body) = &whole {
        check_end(input, body, &whole);
    }
    encode(input);
}

fn check_end(input: &[u8], body: &Body, whole: &Result<Body, &str>) {
    assert!(body.consumed <= input.len() && body.data.len() <= body.consumed, "used more than there was");
    assert!(body.done || body.consumed == input.len(), "stopped before the end");
    // What comes behind a body changes nothing in it.
    if body.done {
        assert_eq!(&lab::chunked(&[&input[..body.consumed]]), whole, "without what comes behind");
        let more = [&input[..body.consumed], b"\r\nGET /x HTTP/1.1\r\n"].concat();
        assert_eq!(&lab::chunked(&[&more]), whole, "with something behind");
    }
    match rules::chunked(input, 0) {
        reading::Body::Whole { data, used } => {
            assert_eq!((&data, used, true), (&body.data, Some(body.consumed), body.done), "by the grammar");
        }
        reading::Body::Partial { data } => assert_eq!((&data, false), (&body.data, body.done), "by the grammar"),
        reading::Body::Refused(why) => panic!("taken against the grammar: {why}"),
    }
}

/// The input as data: its first byte says how long the chunks are.
fn encode(input: &[u8]) {
    let Some((size, data)) = input.split_first() else { return };
    let pieces: Vec<&[u8]> = data.chunks(usize::from(*size).max(1)).collect();
    let encoded = lab::encoded(&pieces);
    let expected = Body { data: data.to_vec(), consumed: encoded.len(), done: true, trailers: Vec::new() };
    assert_eq!(lab::chunked(&[&encoded]), Ok(expected), "encoded and decoded");
    let read = reading::Body::Whole { data: data.to_vec(), used: Some(encoded.len()) };
    assert_eq!(rules::chunked(&encoded, 0), read, "encoded, by the grammar");
}
