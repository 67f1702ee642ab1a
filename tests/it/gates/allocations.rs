//! No exchange on connections that are kept alive allocates, once the worker has met its like.
//!
//! Sessions are on and known (a cookie hit), metrics are on, the access log is off. Only the worker's thread is
//! counted; client and backend live in others. On a failure standard error shows where the memory was asked for.

use std::time::{Duration, Instant};

use crate::allocator::Watch;
use crate::inside::Inside;
use crate::lockstep::{Caller, CannedBackend};

/// Exchanges before counting begins.
const WARM: usize = 100;
/// Exchanges that are counted, at least.
const COUNTED: usize = 1_000;
/// Time that counting spans, at least: the worker's clocks and sweeps have their turns in it.
const SPAN: Duration = Duration::from_millis(300);

const SMALL: &str = "GET / HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\n\r\n";

const BROWSER: &str = "GET /cart?item=7 HTTP/1.1\r\n\
    Host: shop.example.com\r\n\
    Connection: keep-alive\r\n\
    sec-ch-ua-mobile: ?0\r\n\
    sec-ch-ua-platform: \"Linux\"\r\n\
    User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36\r\n\
    Accept: text/html,application/xhtml+xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n\
    Sec-Fetch-Site: same-origin\r\n\
    Sec-Fetch-Mode: navigate\r\n\
    Sec-Fetch-Dest: document\r\n\
    Accept-Encoding: gzip, deflate, br\r\n\
    Accept-Language: en-GB,en;q=0.7\r\n\
    Cookie: theme=dark; {cookie}\r\n\r\n";

const POST: &str = "POST /form HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\nContent-Length: 11\r\n\r\nhello world";

const POST_CHUNKED: &str = "POST /form HTTP/1.1\r\nHost: a\r\nCookie: {cookie}\r\nTransfer-Encoding: chunked\r\n\r\n\
    5\r\nhello\r\n6;x=y\r\n world\r\n0\r\n\r\n";

/// Without Date, so that limpet has to write one.
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok";

const OK_CHUNKED: &str = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";

#[test]
fn small_get() {
    nothing_is_allocated(SMALL, OK.as_bytes());
}

#[test]
fn browser_get() {
    nothing_is_allocated(BROWSER, OK.as_bytes());
}

#[test]
fn post_with_length() {
    nothing_is_allocated(POST, OK.as_bytes());
}

#[test]
fn post_chunked() {
    nothing_is_allocated(POST_CHUNKED, OK.as_bytes());
}

#[test]
fn response_of_16_kib() {
    nothing_is_allocated(SMALL, &ok_of(16 * 1024));
}

#[test]
fn response_chunked() {
    nothing_is_allocated(SMALL, OK_CHUNKED.as_bytes());
}

pub(super) fn ok_of(length: usize) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
    answer.resize(answer.len() + length, b'x');
    answer
}

fn nothing_is_allocated(request: &str, answer: &[u8]) {
    let backend = CannedBackend::start(answer);
    let limpet = Inside::start(&format!(
        "[listeners.web]\naddress = \"127.0.0.1:0\"\n[routes.all]\npool = \"app\"\n\
         [pools.app]\nbackends = [\"{}\"]\nsticky = \"cookie\"\n[log]\naccess = \"off\"\n",
        backend.address
    ));
    let mut client = Caller::connect(limpet.address());
    let set = client.exchange(SMALL.replace("Cookie: {cookie}\r\n", "").as_bytes()).fields.text("set-cookie");
    let cookie = set.as_deref().and_then(|set| set.split(';').next()).expect("a session");
    let request = request.replace("{cookie}", cookie).into_bytes();
    for _ in 0..WARM {
        client.exchange(&request);
    }
    let (started, before, watch) = (Instant::now(), limpet.account(), Watch::on(limpet.worker));
    let mut exchanges = 0;
    while exchanges < COUNTED || started.elapsed() < SPAN {
        let answer = client.exchange(&request);
        assert_eq!(answer.fields.text("set-cookie"), None, "the session is known");
        exchanges += 1;
    }
    let after = limpet.account();
    drop(watch);
    let calls = after.calls - before.calls;
    println!("{calls} allocations in {exchanges} exchanges");
    assert_eq!(calls, 0, "allocations in {exchanges} exchanges");
}
