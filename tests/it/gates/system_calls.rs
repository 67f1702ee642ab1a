//! A steady exchange costs four data system calls, two a side, and nothing else but its share of waiting.
//!
//! The real binary runs under strace from its start. What it does between two moments is read from the trace: each
//! line says time and file, so that the test's window can be cut out, and sockets told from the rest.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::Signal;

use super::allocations::ok_of;
use crate::harness::{Limpet, until};
use crate::lockstep::{Caller, CannedBackend};

/// Exchanges on each connection before counting begins.
const WARM: usize = 20;
/// Exchanges that are counted.
const COUNTED: usize = 1_920;
/// Data calls an exchange, and how far from it the count may be.
const CALLS: f64 = 4.0;
const TOLERANCE: f64 = 0.02;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

#[tokio::test]
async fn one_connection() {
    four_calls("1 connection", 1, &ok_of(2)).await;
}

#[tokio::test]
async fn sixty_four_connections() {
    four_calls("64 connections", 64, &ok_of(2)).await;
}

#[tokio::test]
async fn response_of_16_kib() {
    four_calls("1 connection, 16 KiB", 1, &ok_of(16 * 1024)).await;
}

#[tokio::test]
async fn responses_of_16_kib_on_32_connections() {
    four_calls("32 connections, 16 KiB", 32, &ok_of(16 * 1024)).await;
}

async fn four_calls(what: &str, connections: usize, answer: &[u8]) {
    let trace = Trace::of(what, connections, answer).await;
    let per_exchange = |calls: usize| calls as f64 / COUNTED as f64;
    let data = per_exchange(trace.count(|call| call.on_socket && DATA.contains(&&*call.name)));
    let polls = per_exchange(trace.count(|call| POLLS.contains(&&*call.name)));
    println!("{what}: {data:.4} data calls, {polls:.4} polls an exchange");
    let others: BTreeMap<String, usize> = trace.others();
    println!("  besides, in {COUNTED} exchanges and {:?}: {others:?}", trace.span);
    assert!((data - CALLS).abs() <= TOLERANCE, "{data} data calls an exchange");
    assert!(polls <= 2.0 + TOLERANCE, "{polls} polls an exchange");
    // Each heartbeat of a worker may wake itself through its own event file, and trim or look at this and that.
    let heartbeats = 2 * (trace.span.as_millis() / 50 + 2) as usize;
    for (name, count) in others {
        assert!(!FORBIDDEN.contains(&&*name), "{name} in the steady state");
        assert!(count <= heartbeats, "{count} times {name}: more than heartbeats alone would need");
    }
}

/// What the process did in the window.
struct Trace {
    calls: Vec<Call>,
    span: Duration,
}

struct Call {
    /// Seconds since 1970.
    at: f64,
    name: String,
    on_socket: bool,
}

impl Trace {
    async fn of(what: &str, connections: usize, answer: &[u8]) -> Trace {
        let backend = CannedBackend::start_together(answer, connections);
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{}.strace", what.replace([' ', ','], "-")));
        let path = file.to_str().expect("a path in UTF-8");
        let strace = ["strace", "-D", "-f", "-ttt", "-y", "-o", path];
        let mut limpet = Limpet::start_by(&strace, &toml(&backend)).await;
        let mut clients: Vec<Caller> = (0..connections).map(|_| Caller::connect(limpet.address("web"))).collect();
        round(&mut clients, WARM);
        let begins = now();
        round(&mut clients, COUNTED / connections);
        let ends = now();
        limpet.signal(Signal::TERM);
        limpet.exit().await;
        assert!(until(async || is_complete(&file, &limpet)).await, "strace did not finish {path}");
        let text = fs::read_to_string(&file).expect("the trace");
        let calls: Vec<Call> = text.lines().filter_map(call).filter(|call| (begins..ends).contains(&call.at)).collect();
        let _ = fs::remove_file(&file);
        Trace { calls, span: Duration::from_secs_f64(ends - begins) }
    }

    fn count(&self, wanted: impl Fn(&Call) -> bool) -> usize {
        self.calls.iter().filter(|call| wanted(call)).count()
    }

    /// Everything that is neither data nor a poll: by name, for all threads of the process.
    fn others(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for call in &self.calls {
            let data = call.on_socket && DATA.contains(&&*call.name);
            if !data && !POLLS.contains(&&*call.name) {
                *counts.entry(call.name.clone()).or_default() += 1;
            }
        }
        counts
    }
}

/// Requests on all connections, then answers on all: as many are under way as there are connections.
fn round(clients: &mut [Caller], times: usize) {
    for _ in 0..times {
        clients.iter_mut().for_each(|client| client.send(GET));
        for client in &mut *clients {
            assert_eq!(client.answer().expect("an answer").status, 200);
        }
    }
}

fn toml(backend: &CannedBackend) -> String {
    format!(
        "[listeners.web]\naddress = \"127.0.0.1:0\"\n[routes.all]\npool = \"app\"\n[pools.app]\n\
         backends = [\"{}\"]\n[workers]\ncount = 1\n[status]\naddress = \"127.0.0.1:0\"\n\
         [log]\nformat = \"json\"\naccess = \"off\"\n[timeouts]\nbackend_keep_alive = \"1m\"\n",
        backend.address
    )
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs_f64()
}

/// The tracer has written everything: its last line is the end of the process.
fn is_complete(file: &Path, limpet: &Limpet) -> bool {
    let end = format!("{} ", limpet.id().as_raw_nonzero());
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().last().is_some_and(|line| line.starts_with(&end) && line.contains("+++ exited"))
}

/// `THREAD SECONDS NAME(FD<FILE>, …`; the second half of a call that was interrupted in the trace does not count.
fn call(line: &str) -> Option<Call> {
    let (_thread, rest) = line.split_once(' ')?;
    let (at, rest) = rest.trim_start().split_once(' ')?;
    let (name, arguments) = rest.split_once('(')?;
    let named = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let file = arguments.split([',', ')']).next().unwrap_or_default();
    let on_socket = file.contains("<socket:") || file.contains("<TCP");
    named.then(|| Some(Call { at: at.parse().ok()?, name: name.to_owned(), on_socket }))?
}

const DATA: [&str; 11] =
    ["read", "readv", "pread64", "recvfrom", "recvmsg", "recvmmsg", "write", "writev", "sendto", "sendmsg", "sendmmsg"];
const POLLS: [&str; 6] = ["epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select"];
/// What a steady exchange has no business with: connections, registrations, other threads.
const FORBIDDEN: [&str; 8] = ["epoll_ctl", "futex", "accept4", "connect", "close", "socket", "setsockopt", "shutdown"];

#[test]
fn lines_of_a_trace_are_read() {
    for (line, name, on_socket) in [
        ("7 1.5 recvfrom(9<socket:[77]>, \"GET\", 65536, 0, NULL, NULL) = 3", Some("recvfrom"), true),
        ("7   1.5 write(2</dev/null>, \"(9<socket:[77]>\", 9 <unfinished ...>", Some("write"), false),
        ("7 1.5 write(15<anon_inode:[eventfd]>, \"\\1\", 8) = 8", Some("write"), false),
        ("7 1.5 <... write resumed>) = 8", None, false),
        ("7 1.5 +++ exited with 0 +++", None, false),
        ("7 1.5 --- SIGTERM {si_signo=SIGTERM} ---", None, false),
    ] {
        let read = call(line);
        assert_eq!(read.as_ref().map(|call| &*call.name), name, "{line}");
        assert_eq!(read.is_some_and(|call| call.on_socket && call.at == 1.5), on_socket, "{line}");
    }
}
