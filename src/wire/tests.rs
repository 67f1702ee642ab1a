//! A wire over a connection in memory: what it takes from the bytes that come, split anywhere, and what it writes
//! through a pipe of any width. Heads and chunks have their own rules, and these their own tests; here it is only
//! asked whether a message is the same however it came.

use std::future::poll_fn;
use std::rc::Rc;

use crate::http::{Bounds, Framing, Scan};
use crate::net::{Buffers, Memory, Stream};

use super::{BodyError, HeadError, Wire};

const BOUNDS: Bounds = Bounds { bytes: 1024, fields: 10 };

/// Runs a future that never has to wait for anybody else.
fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn pair(capacity: usize) -> (Wire, Stream, Rc<Buffers>) {
    let buffers = Buffers::new(2048);
    let (ours, theirs) = Memory::pair(capacity);
    (Wire::new(Stream::Memory(ours), &buffers), Stream::Memory(theirs), buffers)
}

async fn send(stream: &mut Stream, mut bytes: &[u8]) {
    while !bytes.is_empty() {
        let count = poll_fn(|cx| stream.poll_write(cx, bytes)).await.unwrap();
        bytes = &bytes[count..];
    }
}

async fn end(stream: &mut Stream) {
    poll_fn(|cx| stream.poll_shutdown(cx)).await.unwrap();
}

/// Reads a head and its body; gives both, and whether input is left over.
async fn message(wire: &mut Wire, framing: Framing) -> Result<(Vec<u8>, Vec<u8>, bool), BodyError> {
    let mut scan = Scan::default();
    let extent = poll_fn(|cx| wire.poll_head(cx, &mut scan, BOUNDS)).await.unwrap();
    let head = wire.head(extent).to_vec();
    wire.begin_body(extent, framing, None);
    let mut body = Vec::new();
    while poll_fn(|cx| wire.poll_data(cx)).await? {
        body.extend_from_slice(wire.data());
        wire.use_data(wire.data().len());
    }
    Ok((head, body, wire.has_input()))
}

const HEAD: &[u8] = b"POST / HTTP/1.1\r\nHost: a\r\n\r\n";

#[test]
fn messages_are_the_same_however_they_are_split() {
    let cases: [(&[u8], Framing, &[u8], bool); 5] = [
        (b"", Framing::None, b"", false),
        (b"hello", Framing::Length(5), b"hello", false),
        (b"helloGET", Framing::Length(5), b"hello", true),
        (b"3\r\nabc\r\n2;x=\"y\"\r\nde\r\n0\r\nA: b\r\n\r\n", Framing::Chunked, b"abcde", false),
        (b"1\r\na\r\n0\r\n\r\nX", Framing::Chunked, b"a", true),
    ];
    for (rest, framing, body, left) in cases {
        let whole = [HEAD, rest].concat();
        for split in 0..=whole.len() {
            run(async {
                let (mut wire, mut peer, buffers) = pair(4096);
                let feed = async {
                    send(&mut peer, &whole[..split]).await;
                    tokio::task::yield_now().await;
                    send(&mut peer, &whole[split..]).await;
                };
                let (got, ()) = tokio::join!(message(&mut wire, framing), feed);
                let (head, data, more) = got.unwrap();
                assert_eq!((&head[..], &data[..]), (HEAD, body), "split at {split}");
                // What comes after the message may still be on its way.
                assert!(!more || left, "split at {split}");
                wire.take_out();
                assert!(more || buffers.free() == 1, "an empty buffer was kept, split at {split}");
            });
        }
    }
}

#[test]
fn a_body_that_ends_early_is_no_body() {
    for (rest, framing) in [(&b"hell"[..], Framing::Length(5)), (b"5\r\nhello\r\n", Framing::Chunked)] {
        run(async {
            let (mut wire, mut peer, _) = pair(4096);
            send(&mut peer, &[HEAD, rest].concat()).await;
            end(&mut peer).await;
            assert!(matches!(message(&mut wire, framing).await, Err(BodyError::Truncated)));
        });
    }
}

#[test]
fn a_body_until_close_ends_with_the_connection() {
    run(async {
        let (mut wire, mut peer, _) = pair(4096);
        send(&mut peer, &[HEAD, b"all of it"].concat()).await;
        end(&mut peer).await;
        assert_eq!(message(&mut wire, Framing::UntilClose).await.unwrap().1, b"all of it");
    });
}

#[test]
fn the_end_before_a_head_is_told_from_the_end_within() {
    for (bytes, closed) in [(&b""[..], true), (b"GET", false)] {
        run(async {
            let (mut wire, mut peer, _) = pair(4096);
            send(&mut peer, bytes).await;
            end(&mut peer).await;
            let mut scan = Scan::default();
            let error = poll_fn(|cx| wire.poll_head(cx, &mut scan, BOUNDS)).await.unwrap_err();
            assert!(matches!(error, HeadError::Closed) == closed, "{error:?}");
        });
    }
}

/// Sends `pieces` as one message through a pipe of `capacity` bytes; gives what came out.
fn sent(capacity: usize, framing: Framing, pieces: &[&[u8]]) -> Vec<u8> {
    run(async {
        let (mut wire, mut peer, _) = pair(capacity);
        wire.begin_send(framing).extend_from_slice(b"HEAD ");
        let writes = async {
            for (place, piece) in pieces.iter().enumerate() {
                let mut left = *piece;
                while !left.is_empty() {
                    let last = place + 1 == pieces.len();
                    let count = poll_fn(|cx| wire.poll_send(cx, left, last)).await.unwrap();
                    assert!(count > 0);
                    left = &left[count..];
                }
            }
            poll_fn(|cx| wire.poll_finish(cx)).await.unwrap();
            assert!(wire.is_flushed());
            poll_fn(|cx| wire.poll_shutdown(cx)).await;
        };
        let reads = async {
            let (mut all, mut some) = (Vec::new(), [0; 999]);
            loop {
                match poll_fn(|cx| peer.poll_read(cx, &mut some)).await.unwrap() {
                    0 => return all,
                    count => all.extend_from_slice(&some[..count]),
                }
            }
        };
        tokio::join!(writes, reads).1
    })
}

#[test]
fn what_is_written_is_the_same_through_any_pipe() {
    let large = vec![b'x'; 4_200];
    for capacity in [1, 2, 7, 1000, 4097, 70_000] {
        let length = Framing::Length(4_203);
        assert_eq!(sent(capacity, length, &[&large, b"abc"]), [b"HEAD ", &large[..], b"abc"].concat());
        assert_eq!(sent(capacity, Framing::UntilClose, &[b"a", b"b"]), b"HEAD ab");
        assert_eq!(sent(capacity, Framing::None, &[]), b"HEAD ");
        assert_eq!(sent(capacity, Framing::Chunked, &[]), b"HEAD 0\r\n\r\n");
        let chunked = [b"HEAD 1068\r\n", &large[..], b"\r\n3\r\nabc\r\n0\r\n\r\n"].concat();
        assert_eq!(sent(capacity, Framing::Chunked, &[&large, b"abc"]), chunked, "capacity {capacity}");
        let chunked = [b"HEAD 3\r\nabc\r\n1068\r\n", &large[..], b"\r\n0\r\n\r\n"].concat();
        assert_eq!(sent(capacity, Framing::Chunked, &[b"abc", &large]), chunked, "capacity {capacity}");
    }
}

#[test]
fn an_idle_connection_that_says_something_is_not_quiet() {
    run(async {
        for (bytes, ends, quiet) in [(&b""[..], false, true), (b"x", false, false), (b"", true, false)] {
            let (mut wire, mut peer, _) = pair(16);
            send(&mut peer, bytes).await;
            if ends {
                end(&mut peer).await;
            }
            assert_eq!(poll_fn(|cx| std::task::Poll::Ready(wire.is_quiet(cx))).await, quiet);
        }
    });
}

#[test]
fn half_a_message_never_looks_whole() {
    for (framing, sent, finished, reset) in [
        (Framing::UntilClose, &b"half"[..], false, true),
        (Framing::UntilClose, b"", false, true),
        (Framing::UntilClose, b"whole", true, false),
        (Framing::Length(9), b"half", false, false),
        (Framing::Chunked, b"half", false, false),
        (Framing::None, b"", false, false),
    ] {
        run(async {
            let (mut wire, mut peer, _buffers) = pair(4096);
            wire.begin_send(framing).extend_from_slice(b"HTTP/1.1 200 OK\r\n\r\n");
            poll_fn(|cx| wire.poll_send(cx, sent, false)).await.unwrap();
            poll_fn(|cx| if finished { wire.poll_finish(cx) } else { wire.poll_flush(cx) }).await.unwrap();
            drop(wire);
            let mut room = [0; 4096];
            let mut read = async || poll_fn(|cx| peer.poll_read(cx, &mut room)).await;
            let ended = loop {
                match read().await {
                    Ok(0) => break false,
                    Ok(_) => {}
                    Err(_) => break true,
                }
            };
            assert_eq!(ended, reset, "{framing:?}, {sent:?}");
        });
    }
}
