//! Lines stay lines whatever is in them, and a target that blocks, fails or ends costs lines and nothing else.
//!
//! Every line is read back by a JSON parser that is not ours. The target is played by the tests and takes, refuses
//! or blocks as it is ordered.

use std::io::{self, ErrorKind, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::*;

fn line() -> Line<'static> {
    Line {
        timestamp: "2026-01-02T03:04:05.678Z",
        method: b"GET",
        path: b"/cart",
        query: None,
        host: b"shop.example",
        status: 200,
        client: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7)),
        user_agent: None,
        version: "1.1",
        request_body: 0,
        response_body: 12,
        listener: "web",
        route: None,
        pool: None,
        backend: None,
        sticky: None,
        attempts: 0,
        total: Duration::from_micros(1_002_003),
        connect: None,
        first_byte: None,
        reason: None,
        broken: None,
        request_id: b"r-1",
    }
}

fn every_field() -> Line<'static> {
    Line {
        query: Some(b"a=b"),
        user_agent: Some(b"curl/8"),
        route: Some("all"),
        pool: Some("shop"),
        backend: Some("web-1"),
        sticky: Some("hit"),
        attempts: 2,
        connect: Some(Duration::from_micros(450)),
        first_byte: Some(Duration::from_millis(7)),
        reason: Some("backend_failed"),
        broken: Some((EndedBy::Backend, "body")),
        ..line()
    }
}

fn written(line: &Line<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    line.write(&mut out);
    assert!(out.len() <= line.most(), "{} bytes, foreseen {}", out.len(), line.most());
    out
}

fn parsed(line: &Line<'_>) -> Value {
    serde_json::from_slice(&written(line)).unwrap()
}

#[test]
fn a_line_says_everything_by_name() {
    let expected = json!({
        "timestamp": "2026-01-02T03:04:05.678Z", "http.request.method": "GET", "url.path": "/cart", "url.query": "a=b",
        "server.address": "shop.example", "http.response.status_code": 200, "client.address": "192.0.2.7",
        "user_agent.original": "curl/8", "network.protocol.version": "1.1", "http.request.body.size": 0,
        "http.response.body.size": 12, "limpet.listener": "web", "limpet.route": "all", "limpet.pool": "shop",
        "limpet.backend": "web-1", "limpet.sticky": "hit", "limpet.attempts": 2,
        "limpet.duration_ms": { "total": 1002.003, "connect": 0.45, "first_byte": 7.0 },
        "limpet.reason": "backend_failed", "limpet.ended_by": "backend", "limpet.phase": "body",
        "limpet.request_id": "r-1",
    });
    assert_eq!(parsed(&every_field()), expected);
}

#[test]
fn what_has_nothing_to_say_is_left_out() {
    let refused = Line { method: b"", path: b"", host: b"", listener: "", version: "", request_id: b"", ..line() };
    let value = parsed(&Line { status: 0, ..refused });
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    let expected = [
        "client.address",
        "http.request.body.size",
        "http.response.body.size",
        "limpet.attempts",
        "limpet.duration_ms",
        "timestamp",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn hostile_bytes_stay_inside_their_field() {
    for (bytes, expected) in HOSTILE {
        let text = String::from_utf8_lossy(bytes);
        let hostile = Line {
            method: bytes,
            path: bytes,
            query: Some(bytes),
            host: bytes,
            user_agent: Some(bytes),
            request_id: bytes,
            listener: &text,
            route: Some(&text),
            pool: Some(&text),
            backend: Some(&text),
            sticky: Some(&text),
            ..every_field()
        };
        let out = written(&hostile);
        let (end, rest) = out.split_last().unwrap();
        assert!(*end == b'\n' && rest.iter().all(|byte| matches!(byte, b' '..=b'~')), "{text:?}");
        let value: Value = serde_json::from_slice(rest).unwrap();
        for field in ["http.request.method", "url.path", "url.query", "user_agent.original", "limpet.request_id"] {
            assert_eq!(value[field], *expected, "{field}");
        }
        assert_eq!(value["limpet.reason"], "backend_failed");
        assert_eq!(value["limpet.pool"], *text);
    }
}

#[test]
fn every_byte_and_every_character_is_read_back() {
    for byte in 0..=u8::MAX {
        let value = parsed(&Line { user_agent: Some(&[b'a', byte, b'z']), ..line() });
        assert_eq!(value["user_agent.original"], format!("a{}z", char::from(byte)));
    }
    for character in (0..=0x10_ffff).step_by(97).filter_map(char::from_u32) {
        let value = parsed(&Line { path: character.to_string().as_bytes(), ..line() });
        assert_eq!(value["url.path"], character.to_string());
    }
}

#[test]
fn long_text_is_cut_between_characters() {
    let cut = |unit: &str, times: usize| unit.repeat(times) + "\u{2026}";
    let cases: &[(Vec<u8>, String)] = &[
        (vec![b'a'; 256], "a".repeat(256)),
        (vec![b'a'; 257], cut("a", 256)),
        (vec![b'a'; 1 << 20], cut("a", 256)),
        ("é".repeat(129).into_bytes(), cut("é", 128)),
        (format!("a{}", "é".repeat(129)).into_bytes(), format!("a{}", cut("é", 127))),
        ("🐚".repeat(65).into_bytes(), cut("🐚", 64)),
        (format!("abc{}", "🐚".repeat(65)).into_bytes(), format!("abc{}", cut("🐚", 63))),
        (vec![0x80; 300], cut("\u{80}", 256)),
    ];
    for (bytes, expected) in cases {
        assert_eq!(parsed(&Line { user_agent: Some(bytes), ..line() })["user_agent.original"], *expected);
    }
    let path = vec![b'/'; 2_000];
    assert_eq!(parsed(&Line { path: &path, ..line() })["url.path"], cut("/", 1_024));
}

#[test]
fn the_longest_line_is_foreseen() {
    let (bytes, words) = (vec![0xff; 4_096], "\u{7f}".repeat(4_096));
    let written = written(&Line {
        timestamp: &words,
        method: &bytes,
        path: &bytes,
        query: Some(&bytes),
        host: &bytes,
        status: u16::MAX,
        client: IpAddr::V6(Ipv6Addr::new(0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff)),
        user_agent: Some(&bytes),
        request_body: u64::MAX,
        response_body: u64::MAX,
        listener: &words,
        route: Some(&words),
        pool: Some(&words),
        backend: Some(&words),
        sticky: Some(&words),
        attempts: u32::MAX,
        total: Duration::MAX,
        connect: Some(Duration::MAX),
        first_byte: Some(Duration::MAX),
        request_id: &bytes,
        ..every_field()
    });
    serde_json::from_slice::<Value>(&written).unwrap();
}

#[test]
fn only_errors_means_500_and_above_and_what_broke() {
    let wanted = |line: Line<'_>| line.wanted(AccessOnly::Errors);
    assert!(!wanted(line()) && !wanted(Line { status: 499, ..line() }));
    assert!(wanted(Line { status: 500, ..line() }));
    assert!(wanted(Line { broken: Some((EndedBy::Client, "body")), ..line() }));
    assert!(line().wanted(AccessOnly::All));
}

/// A target that reports each call and obeys one order a call; without an order it takes everything.
struct Target {
    written: Arc<Mutex<Vec<u8>>>,
    reports: Sender<()>,
    orders: Receiver<Order>,
}

enum Order {
    Take(usize),
    Fail(ErrorKind),
    Block(Receiver<()>),
}

/// The test's side of a [`Target`].
struct Reader {
    written: Arc<Mutex<Vec<u8>>>,
    reports: Receiver<()>,
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let take = match self.orders.try_recv() {
            Err(_) => bytes.len(),
            Ok(Order::Take(some)) => some.min(bytes.len()),
            Ok(Order::Fail(kind)) => return Err(kind.into()),
            Ok(Order::Block(until)) => {
                let _ = self.reports.send(());
                let _ = until.recv();
                bytes.len()
            }
        };
        self.written.lock().unwrap().extend_from_slice(&bytes[..take]);
        let _ = self.reports.send(());
        Ok(take)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Reader {
    fn start(given: impl IntoIterator<Item = Order>) -> (AccessLog, Reader) {
        let ((report, reports), (order, orders)) = (channel(), channel());
        given.into_iter().for_each(|each| order.send(each).unwrap());
        let written = Arc::<Mutex<Vec<u8>>>::default();
        let target = Target { written: Arc::clone(&written), reports: report, orders };
        (AccessLog::start(Box::new(target)).unwrap(), Reader { written, reports })
    }

    fn wait(&self) {
        self.reports.recv_timeout(SOON).unwrap();
    }

    fn text(&self) -> String {
        String::from_utf8(self.written.lock().unwrap().clone()).unwrap()
    }

    /// The ids of the lines, each of which must be whole.
    fn ids(&self) -> Vec<String> {
        let id =
            |line: &str| serde_json::from_str::<Value>(line).unwrap()["limpet.request_id"].as_str().unwrap().into();
        self.text().lines().map(id).collect()
    }
}

fn record(logger: &AccessLogger, id: &str) {
    logger.record(&Line { request_id: id.as_bytes(), ..line() });
}

#[test]
fn lines_are_written_without_being_asked_for() {
    let (log, reader) = Reader::start([]);
    let logger = log.logger(AccessOnly::All);
    record(&logger, "a");
    reader.wait();
    assert_eq!(reader.ids(), ["a"]);
    record(&logger, "b");
    reader.wait();
    assert_eq!(reader.ids(), ["a", "b"]);
}

#[test]
fn the_lines_of_all_workers_arrive_whole() {
    let (log, reader) = Reader::start([]);
    thread::scope(|scope| {
        for worker in 0..3 {
            let logger = log.logger(AccessOnly::All);
            scope.spawn(move || (0..1_000).for_each(|turn| record(&logger, &format!("{worker}-{turn}"))));
        }
    });
    assert!(log.stop(SOON));
    let mut ids = reader.ids();
    ids.sort();
    let mut expected: Vec<_> =
        (0..3).flat_map(|worker| (0..1_000).map(move |turn| format!("{worker}-{turn}"))).collect();
    expected.sort();
    assert_eq!((ids, log.dropped()), (expected, 0));
}

#[test]
fn a_blocked_target_costs_lines_and_stalls_nobody() {
    let (release, blocked) = channel();
    let (log, reader) = Reader::start([Order::Block(blocked)]);
    let logger = log.logger(AccessOnly::All);
    record(&logger, "first");
    reader.wait();
    let path = [b'p'; 1_024];
    let mut recorded = 1;
    while log.dropped() < 10 {
        logger.record(&Line { path: &path, ..line() });
        recorded += 1;
    }
    assert!(lock(&logger.buffer.lines).len() <= MAX_WAITING);
    assert!(!log.stop(Duration::ZERO), "still blocked");
    drop(release);
    assert!(log.stop(SOON));
    assert_eq!(reader.ids().len() as u64 + log.dropped(), recorded);
    assert!(log.dropped() < recorded / 2, "a buffer holds about a thousand of these");
}

#[test]
fn a_target_nobody_reads_ends_the_log_quietly() {
    let (log, reader) = Reader::start([Order::Fail(ErrorKind::BrokenPipe)]);
    let logger = log.logger(AccessOnly::All);
    record(&logger, "lost");
    assert_eq!(lock(&log.ended).recv_timeout(SOON), Err(RecvTimeoutError::Disconnected));
    record(&logger, "too late");
    assert_eq!(log.dropped(), 2);
    assert!(log.stop(Duration::ZERO) && reader.text().is_empty());
}

#[test]
fn a_full_disk_costs_a_batch_and_no_line_is_glued_to_a_torn_one() {
    let (log, reader) = Reader::start([Order::Take(10), Order::Fail(ErrorKind::StorageFull)]);
    let logger = log.logger(AccessOnly::All);
    record(&logger, "torn");
    reader.wait();
    // A failure is not reported; the next line's first write is the line end.
    let deadline = Instant::now() + SOON;
    while log.dropped() == 0 {
        assert!(Instant::now() < deadline);
        thread::yield_now();
    }
    record(&logger, "whole");
    assert!(log.stop(SOON));
    let text = reader.text();
    let (torn, whole) = text.split_once('\n').unwrap();
    assert_eq!((torn.len(), log.dropped()), (10, 1));
    assert_eq!(serde_json::from_str::<Value>(whole).unwrap()["limpet.request_id"], "whole");
}

#[test]
fn short_writes_and_pipes_that_do_not_block_lose_nothing() {
    let fail = Order::Fail;
    let orders =
        [Order::Take(1), fail(ErrorKind::Interrupted), Order::Take(5), fail(ErrorKind::WouldBlock), Order::Take(2)];
    let (log, reader) = Reader::start(orders);
    let logger = log.logger(AccessOnly::All);
    record(&logger, "a");
    for _ in 0..4 {
        reader.wait();
    }
    assert!(log.stop(SOON));
    assert_eq!((reader.ids(), log.dropped()), (vec!["a".to_owned()], 0));
}

#[test]
fn a_worker_that_leaves_leaves_its_lines_and_its_count() {
    let (log, reader) = Reader::start([]);
    let logger = log.logger(AccessOnly::All);
    record(&logger, "last words");
    logger.buffer.drop_one();
    drop(logger);
    assert!(log.stop(SOON));
    assert_eq!((reader.ids(), log.dropped()), (vec!["last words".to_owned()], 1));
    assert!(lock(&log.shared.buffers).is_empty());
}

#[test]
fn after_the_stop_a_line_is_dropped_and_counted() {
    let (log, reader) = Reader::start([]);
    let logger = log.logger(AccessOnly::All);
    assert!(log.stop(SOON));
    record(&logger, "too late");
    assert_eq!((reader.text(), log.dropped()), (String::new(), 1));
}

const SOON: Duration = Duration::from_secs(20);

/// What came in, what a reader of the JSON sees.
const HOSTILE: &[(&[u8], &str)] = &[
    (b"\r\n{\"url.path\":\"/forged\"}\r\n", "\r\n{\"url.path\":\"/forged\"}\r\n"),
    (b"\",\"limpet.reason\":\"", "\",\"limpet.reason\":\""),
    (b"\\", "\\"),
    (b"\\u0022", "\\u0022"),
    (b"\x00\x01\x1b[2J\x7f", "\0\x01\x1b[2J\x7f"),
    (b"\xc2\x9b31m", "\u{9b}31m"),
    (b"caf\xe9", "caf\u{e9}"),
    (b"caf\xc3\xa9", "caf\u{e9}"),
    (b"\xff\xfe\x80", "\u{ff}\u{fe}\u{80}"),
    (b"\xc0\xaf overlong", "\u{c0}\u{af} overlong"),
    (b"\xed\xa0\x80 surrogate", "\u{ed}\u{a0}\u{80} surrogate"),
    (b"\xf0\x9f\x90\x9a\xf0\x9f", "\u{1f41a}\u{f0}\u{9f}"),
    ("\u{202e}gpj.exe\u{2028}\u{feff}".as_bytes(), "\u{202e}gpj.exe\u{2028}\u{feff}"),
    (b"${jndi:ldap://x}%n%s{}", "${jndi:ldap://x}%n%s{}"),
];
