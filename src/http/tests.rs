//! Whole connections' worth of bytes, cut into reads at every byte: the verdict is that of the bytes in one read.
//!
//! Each sample is what a client sends, several requests perhaps, with what becomes of it: the requests one after the
//! other, then the rule that was broken, or `more` when the bytes end in the middle of a message.

use super::*;

const ROOM: Bounds = Bounds { bytes: 1024, fields: 8 };

const SAMPLES: &[(&str, &str)] = &[
    ("", "more"),
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / (None)"),
    ("\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET / (None)"),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: \t \r\n\r\n", "GET / (None)"),
    ("GET / HTTP/1.0\r\n\r\nGET /x HTTP/1.1\r\n\r\n", "GET / (None); host"),
    ("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /1 (None); GET /2 (None)"),
    ("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /1 (None); GET /2 (None)"),
    ("GET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\n\r\nGET /2", "GET /1 (None); leading_lines"),
    ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "PUT / (Length(5)) hello"),
    (
        "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET /x HTTP/1.1\r\nHost: a\r\n\r\n",
        "PUT / (Length(3)) abc; GET /x (None)",
    ),
    ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhello", "PUT / (Length(9)) hello; more"),
    ("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\nX", "PUT / (None); more"),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        "POST / (Chunked) hello",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n2\r\nde\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / (Chunked) abcde; GET / (None)",
    ),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n\0", "POST / (Chunked); request_line"),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "POST / (Chunked) hel; more"),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello", "POST / (Chunked); chunk_size"),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhelloXX0\r\n\r\n",
        "POST / (Chunked); chunk_line",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n2;\r\n",
        "POST / (Chunked); chunk_extension",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nPOST / HTTP/1.1\r\n\r\n",
        "POST / (Chunked); trailer",
    ),
    (
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
        "length_and_coding",
    ),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", "conflicting_length"),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nhello", "invalid_length"),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", "transfer_coding"),
    ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "transfer_coding_unknown"),
    ("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", "transfer_coding"),
    ("POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 5\r\n\r\n", "alias_field"),
    ("GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "bare_lf"),
    ("GET / HTTP/1.1\nHost: a\n\n", "bare_lf"),
    ("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "bare_lf"),
    ("GET / HTTP/1.1\r\nHost: a\r\n\r\rX", "more"),
    ("GET / HTTP/1.1\r\nHost: a\r\n\rX: y\r\n\r\n", "field_line"),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: y\rTransfer-Encoding: chunked\r\n\r\n", "field_line"),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n", "obs_fold"),
    ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", "obs_fold"),
    ("GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n", "field_line"),
    ("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", "field_line"),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "host"),
    ("GET / HTTP/1.1\r\n\r\n", "host"),
    ("GET http://b/x HTTP/1.1\r\nHost: a\r\n\r\n", "GET /x (None)"),
    ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", "fragment"),
    ("CONNECT b:443 HTTP/1.1\r\nHost: b:443\r\n\r\n\x16\x03\x01", "connect"),
    ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "version"),
    ("GET /\r\n", "request_line"),
    ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "request_line"),
    ("\x16\x03\x01\x02", "request_line"),
    ("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", "request_line"),
    ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n\r\n", "method_too_long"),
    (
        "GET / HTTP/1.1\r\nHost: a\r\n1: \r\n2: \r\n3: \r\n4: \r\n5: \r\n6: \r\n7: \r\n8: \r\n9: \r\n\r\n",
        "too_many_fields",
    ),
];

#[test]
fn any_cut_gives_the_same_verdict() {
    for (bytes, expected) in SAMPLES {
        let bytes = bytes.as_bytes();
        let text = bytes.escape_ascii();
        assert_eq!(verdict(&[bytes]), *expected, "{text}");
        for at in 1..bytes.len() {
            assert_eq!(verdict(&[&bytes[..at], &bytes[at..]]), *expected, "cut at {at}: {text}");
        }
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        assert_eq!(verdict(&single), *expected, "byte by byte: {text}");
    }
}

#[test]
fn a_large_head_is_refused_alike_however_it_comes() {
    let large = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(ROOM.bytes)).into_bytes();
    for at in 1..large.len() {
        assert_eq!(verdict(&[&large[..at], &large[at..]]), "head_too_large", "cut at {at}");
    }
}

/// What a connection makes of what it reads.
fn verdict(reads: &[&[u8]]) -> String {
    let (mut said, mut unread) = (Vec::new(), Vec::new());
    let (mut scan, mut body) = (Scan::default(), None);
    for read in reads {
        unread.extend_from_slice(read);
        loop {
            match step(&mut unread, &mut scan, &mut body, &mut said) {
                Ok(true) => {}
                Ok(false) => break,
                Err(reject) => {
                    said.push(reject.rule.label().to_owned());
                    return said.join("; ");
                }
            }
        }
    }
    if said.is_empty() || body.is_some() || !unread.is_empty() {
        said.push("more".to_owned());
    }
    said.join("; ")
}

/// What is left of a body.
#[derive(Debug)]
enum Rest {
    Length(u64),
    Chunked(Chunked),
}

/// Takes a head, or what is there of a body; false when there is nothing to take.
fn step(
    unread: &mut Vec<u8>,
    scan: &mut Scan,
    body: &mut Option<Rest>,
    said: &mut Vec<String>,
) -> Result<bool, Reject> {
    let (data, used, is_over) = match body {
        None => {
            let Some(extent) = scan.advance(unread, ROOM)? else { return Ok(false) };
            let mut request = Request::empty();
            request.parse(&unread[extent.start..extent.end], ROOM)?;
            unread.drain(..extent.end);
            *scan = Scan::default();
            *body = match request.framing {
                Framing::None | Framing::UntilClose => None,
                Framing::Length(length) => Some(Rest::Length(length)),
                Framing::Chunked => Some(Rest::Chunked(Chunked::new(None))),
            };
            let (method, target) = (request.method_text().escape_ascii(), request.target().escape_ascii());
            said.push(format!("{method} {target} ({:?})", request.framing));
            return Ok(true);
        }
        Some(Rest::Length(left)) => {
            let take = unread.len().min(*left as usize);
            *left -= take as u64;
            (0..take, take, *left == 0)
        }
        Some(Rest::Chunked(decoder)) => match decoder.decode(unread) {
            Ok(decoded) => (decoded.data, decoded.consumed, decoder.is_done()),
            Err(reject) => {
                // How much was decoded before the fault does depend on the reads; nobody may build on it.
                if let Some(text) = said.last_mut() {
                    text.truncate(text.rfind(')').map_or(0, |at| at + 1));
                }
                return Err(reject);
            }
        },
    };
    if let Some(text) = said.last_mut().filter(|_| !data.is_empty()) {
        let gap = if text.ends_with(')') { " " } else { "" };
        text.push_str(&format!("{gap}{}", unread[data].escape_ascii()));
    }
    unread.drain(..used);
    if is_over {
        *body = None;
    }
    Ok(is_over || used > 0)
}
