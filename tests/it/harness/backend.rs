//! A backend that records what it is sent and answers every whole request with an echo of its first line.
//!
//! It is as strict as a backend can be: at the first byte that breaks RFC 9112 it notes the violation and closes. So
//! whatever limpet lets slip shows in the journal, and never as a lenient answer.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::journal::Recorder;
use super::{Event, Journal, Request, sure};

/// A running backend; it ends when dropped.
#[derive(Debug)]
pub(crate) struct RawBackend {
    pub(crate) address: SocketAddr,
    accepting: AbortHandle,
}

impl RawBackend {
    /// Listens on a port of its own and writes into `journal` under `name`.
    pub(crate) async fn start(name: &'static str, journal: &Journal) -> RawBackend {
        let listener = sure("a backend's listener", TcpListener::bind("127.0.0.1:0").await);
        let address = sure("a backend's address", listener.local_addr());
        let journal = journal.clone();
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let recorder = Recorder::new(&journal, name);
                connections.spawn(serve(stream, recorder));
            }
        });
        RawBackend { address, accepting: accepting.abort_handle() }
    }
}

impl Drop for RawBackend {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut stream: TcpStream, mut recorder: Recorder) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = vec![0; 16 << 10];
    loop {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        for event in recorder.feed(&buffer[..count]) {
            match event {
                Event::Head(request) if request.fields.lists("expect", "100-continue") => {
                    stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
                }
                Event::Head(_) => {}
                Event::Whole(request) => stream.write_all(&echo(&request)).await?,
            }
        }
        if recorder.broken {
            return Ok(());
        }
    }
}

/// 200 with the request's method and target in `X-Echo`, and its `X-Nonce` as the body.
fn echo(request: &Request) -> Vec<u8> {
    let nonce = request.fields.text("x-nonce").unwrap_or_else(|| "ok".to_owned());
    let body = if request.method == "HEAD" { "" } else { &nonce };
    let (method, target, length) = (&request.method, &request.target, nonce.len());
    format!("HTTP/1.1 200 OK\r\nX-Echo: {method} {target}\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes()
}
