//! The plainest client and the plainest backend: blocking, one message after the other, answers made beforehand.
//!
//! For tests that count what limpet does for an exchange, or need very many of them: next to nothing happens here
//! besides. Neither checks much of what it reads; strictness is the harness's.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::harness::{Answer, Answers, PATIENCE, find};

/// A backend that sends the same bytes for every request; it takes no more connections once it is dropped.
pub(crate) struct CannedBackend {
    pub(crate) address: SocketAddr,
    ended: Arc<AtomicBool>,
}

impl CannedBackend {
    pub(crate) fn start(answer: &[u8]) -> CannedBackend {
        CannedBackend::start_together(answer, 1)
    }

    /// Answers nobody until this many connections have brought a request: so many are open at once from then on.
    pub(crate) fn start_together(answer: &[u8], connections: usize) -> CannedBackend {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a backend's listener");
        let address = listener.local_addr().expect("a backend's address");
        let ended = Arc::new(AtomicBool::new(false));
        let (answer, barrier, end) = (answer.to_vec(), Arc::new(Barrier::new(connections)), Arc::clone(&ended));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if end.load(Ordering::Relaxed) {
                    return;
                }
                let (answer, barrier) = (answer.clone(), Arc::clone(&barrier));
                // How a connection ends is nothing to a backend.
                thread::spawn(move || serve(stream, &answer, &barrier));
            }
        });
        CannedBackend { address, ended }
    }
}

impl Drop for CannedBackend {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        // Wakes the thread that accepts; if nobody listens any more, it has ended.
        let _ = TcpStream::connect(self.address);
    }
}

fn serve(mut stream: TcpStream, answer: &[u8], barrier: &Barrier) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut buffer, mut held, mut alone) = (vec![0; 64 << 10], 0, true);
    loop {
        let count = stream.read(&mut buffer[held..])?;
        if count == 0 {
            return Ok(());
        }
        held += count;
        if is_whole(&buffer[..held]) {
            if alone {
                barrier.wait();
            }
            (held, alone) = (0, false);
            stream.write_all(answer)?;
        }
    }
}

/// One request is whole; none is pipelined here.
fn is_whole(request: &[u8]) -> bool {
    let Some(end) = find(request, b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    if head.contains("transfer-encoding: chunked") {
        return request.ends_with(b"\r\n0\r\n\r\n");
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length = length.map_or(0, |length| length.parse::<usize>().expect("a length of limpet's own"));
    request.len() == end + 4 + length
}

/// A client that sends a request and waits for its answer.
pub(crate) struct Caller {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Caller {
    pub(crate) fn connect(address: SocketAddr) -> Caller {
        let stream = TcpStream::connect(address).expect("a client's connection");
        stream.set_nodelay(true).expect("a client's no-delay");
        stream.set_read_timeout(Some(PATIENCE)).expect("a client's patience");
        Caller { stream, buffer: vec![0; 64 << 10] }
    }

    pub(crate) fn send(&mut self, request: &[u8]) {
        self.stream.write_all(request).expect("a client's request");
    }

    /// The answer to what was sent last; none if the connection ended before it was whole.
    pub(crate) fn answer(&mut self) -> Option<Answer> {
        let mut held = 0;
        loop {
            held += self.read(held)?;
            let mut answers = Answers::read(&self.buffer[..held], false, |_| false);
            assert_eq!(answers.fault, None);
            if let Some(answer) = answers.whole.pop() {
                return Some(answer);
            }
        }
    }

    /// Only the connection, kept open: thousands of these are to fit.
    pub(crate) fn idle(self) -> TcpStream {
        self.stream
    }

    /// Waits for the end of the connection, by FIN or by a reset.
    pub(crate) fn end(mut self) {
        while self.read(0).is_some() {}
    }

    /// Some bytes more, or none at the end, be that by FIN or by a reset.
    fn read(&mut self, held: usize) -> Option<usize> {
        loop {
            match self.stream.read(&mut self.buffer[held..]) {
                Ok(0) => return None,
                Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return None,
                // With a deadline set, the kernel does not go on by itself after a signal.
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                count => return Some(count.expect("bytes, or the end of the connection")),
            }
        }
    }

    /// An exchange that succeeds.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Answer {
        self.send(request);
        let answer = self.answer().expect("an answer before the end");
        assert_eq!(answer.status, 200);
        answer
    }
}
