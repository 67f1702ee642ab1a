//! Bodies without end: they pass whole, and when one side stops to take them, limpet stops as well, holds next to
//! nothing meanwhile, and gives up for a reason of its own.
//!
//! Whoever stalls takes 64 KiB of a body of 1 GiB and leaves his connection open. Between client and backend the
//! kernel holds what its buffers hold; limpet's own memory is what counts here.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use crate::bulk::{self, Bulk};
use crate::harness::{Bystander, Journal, Limpet, PATIENCE, RawBackend};

const GIB: u64 = 1 << 30;
/// Bytes that a stall may add to limpet's resident memory.
const MOST: usize = 512 * 1024;
/// What the one who stalls takes.
const SIP: usize = 64 * 1024;

/// Which way a body goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// From a client to a backend.
    Up,
    Down,
}

#[tokio::test]
async fn backend_stops_taking_a_body_with_length() {
    stalls(Way::Up, false, "backend_write_timeout").await;
}

#[tokio::test]
async fn backend_stops_taking_a_chunked_body() {
    stalls(Way::Up, true, "backend_write_timeout").await;
}

#[tokio::test]
async fn client_stops_taking_a_body_with_length() {
    stalls(Way::Down, false, "client_write_timeout").await;
}

#[tokio::test]
async fn client_stops_taking_a_chunked_body() {
    stalls(Way::Down, true, "client_write_timeout").await;
}

/// A sixteenth of what the count gates send: this build is not optimised, and others want to run beside it.
#[tokio::test]
async fn bodies_pass_whole() {
    for (way, chunked) in [(Way::Up, false), (Way::Up, true), (Way::Down, false), (Way::Down, true)] {
        passes(way, Bulk { bytes: GIB / 16, chunked }).await;
    }
}

/// Sends a body one way and checks every byte of it at the other end.
pub(crate) async fn passes(way: Way, body: Bulk) {
    let backend = BulkBackend::start(way, body);
    let limpet = Limpet::start(&toml(backend.address, backend.address)).await;
    let address = limpet.address("web");
    let client = thread::spawn(move || exchange(address, way, body));
    finished(client).await;
    let line = limpet.wait_line("its log line", |line| line.get("url.path").as_deref() == Some("/bulk")).await;
    assert_eq!(line.get("limpet.reason"), None);
}

async fn stalls(way: Way, chunked: bool, reason: &str) {
    let others = RawBackend::start("others", &Journal::default()).await;
    let warm = Bulk { bytes: 8 << 20, chunked };
    let backend = BulkBackend::start(way, warm);
    let limpet = Limpet::start(&toml(backend.address, others.address)).await;
    let address = limpet.address("web");
    let bystander = Bystander::start(address);
    let client = thread::spawn(move || exchange(address, way, warm));
    finished(client).await;
    let line = limpet.wait_line("the first exchange's line", |line| is_bulk(line, 200)).await;
    assert_eq!(line.get("limpet.reason"), None);

    let before = limpet.resident();
    let stalled = Stall::begin(address, &backend, way, Bulk { bytes: GIB, chunked });
    let mut most = before;
    let given_up = crate::harness::until(async || {
        most = most.max(limpet.resident());
        limpet.lines().iter().any(|line| line.get("limpet.reason").is_some())
    });
    assert!(given_up.await, "limpet waits for ever");
    let line = limpet.wait_line("the stall's line", |line| line.get("limpet.reason").is_some()).await;
    assert_eq!(line.get("limpet.reason").as_deref(), Some(reason), "{}", line.text);
    assert!(is_bulk(&line, if way == Way::Up { 504 } else { 200 }), "{}", line.text);
    let grown = most.max(limpet.resident()) - before;
    println!("{way:?}, chunked {chunked}: {} KiB more than the {} KiB before", grown >> 10, before >> 10);
    assert!(grown < MOST, "{grown} bytes more");
    let served = bystander.finish().await.unwrap_or_else(|error| panic!("{error}"));
    assert!(served > 20, "others had {served} exchanges meanwhile");
    stalled.end().await;
}

fn is_bulk(line: &crate::harness::Line, status: u16) -> bool {
    line.get("url.path").as_deref() == Some("/bulk")
        && line.get("http.response.status_code") == Some(status.to_string())
}

/// Waits for a thread without blocking the test's own tasks.
async fn finished<T: Send + 'static>(thread: thread::JoinHandle<T>) -> T {
    let joined = tokio::task::spawn_blocking(move || thread.join()).await.expect("a thread that joins");
    joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

fn toml(bulk: SocketAddr, others: SocketAddr) -> String {
    format!(
        "[listeners.web]\naddress = \"127.0.0.1:0\"\n[routes.bulk]\npaths = [\"/bulk\"]\npool = \"bulk\"\n\
         [routes.others]\npool = \"others\"\n[pools.bulk]\nbackends = [\"{bulk}\"]\n\
         [pools.others]\nbackends = [\"{others}\"]\n[workers]\ncount = 1\n[status]\naddress = \"127.0.0.1:0\"\n\
         [log]\nformat = \"json\"\n[timeouts]\nbody = \"1s\"\nidle = \"1s\"\n"
    )
}

/// A request and its answer, with the body on one of them.
fn exchange(address: SocketAddr, way: Way, body: Bulk) {
    let mut stream = connect(address);
    let mut reader = BufReader::with_capacity(SIP, stream.try_clone().expect("a second handle"));
    stream.write_all(request(way, body).as_bytes()).expect("a request's head");
    if way == Way::Up {
        body.write(&mut stream).expect("a request's body");
    }
    let head = bulk::head(&mut reader);
    assert_eq!(head[0], "HTTP/1.1 200 OK");
    match way {
        Way::Up => assert!(head.contains(&"Content-Length: 0".to_owned()), "{head:?}"),
        Way::Down => {
            assert!(head.contains(&body.field()), "{head:?}");
            body.check(&mut reader);
        }
    }
}

fn request(way: Way, body: Bulk) -> String {
    match way {
        Way::Up => format!("POST /bulk HTTP/1.1\r\nHost: a\r\n{}\r\n\r\n", body.field()),
        Way::Down => "GET /bulk HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(),
    }
}

fn answer(way: Way, body: Bulk) -> String {
    let field = if way == Way::Up { "Content-Length: 0".to_owned() } else { body.field() };
    format!("HTTP/1.1 200 OK\r\n{field}\r\n\r\n")
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(6 * PATIENCE)).expect("patience");
    stream
}

/// Takes one connection and one exchange on it, then hands its listener back.
struct BulkBackend {
    address: SocketAddr,
    listener: Receiver<TcpListener>,
}

impl BulkBackend {
    fn start(way: Way, body: Bulk) -> BulkBackend {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a backend's listener");
        let address = listener.local_addr().expect("a backend's address");
        let (give, handed) = channel();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a connection from limpet");
            let mut reader = BufReader::with_capacity(SIP, stream.try_clone().expect("a second handle"));
            let head = bulk::head(&mut reader);
            if way == Way::Up {
                assert!(head.contains(&body.field()), "{head:?}");
                body.check(&mut reader);
            }
            stream.write_all(answer(way, body).as_bytes()).expect("an answer's head");
            if way == Way::Down {
                body.write(&mut stream).expect("an answer's body");
            }
            // Nobody receives where there is but one exchange.
            let _ = give.send(listener);
        });
        BulkBackend { address, listener: handed }
    }
}

/// A client and a backend of which one sends without end and the other has stopped to read.
struct Stall {
    sender: thread::JoinHandle<()>,
    /// Kept open by the one who reads no more.
    _idle: Receiver<TcpStream>,
}

impl Stall {
    fn begin(address: SocketAddr, backend: &BulkBackend, way: Way, body: Bulk) -> Stall {
        let listener = backend.listener.recv_timeout(PATIENCE).expect("the first exchange over");
        let mut client = connect(address);
        let (keep, kept) = channel();
        let sender = thread::spawn(move || {
            client.write_all(request(way, body).as_bytes()).expect("a request's head");
            let (mut stream, _) = listener.accept().expect("a connection from limpet");
            let (mut sender, mut taker) = match way {
                Way::Up => (client, stream),
                Way::Down => {
                    stream.write_all(answer(way, body).as_bytes()).expect("an answer's head");
                    (stream, client)
                }
            };
            let sipping = thread::spawn(move || {
                taker.read_exact(&mut vec![0; SIP]).expect("the first of the body");
                // The channel keeps the connection until the test is over.
                let _ = keep.send(taker);
            });
            let sent = body.write(&mut sender);
            // A client may send on for a while: it is read, and forgotten, so that it sees its answer.
            assert!(way == Way::Up || sent.is_err(), "nobody can have taken the whole body");
            sipping.join().expect("a sip");
        });
        Stall { sender, _idle: kept }
    }

    /// The sender was told as well.
    async fn end(self) {
        finished(self.sender).await;
    }
}
