//! A backend that answers as the request asks it to, so that one limpet serves a whole table of cases.
//!
//! `Please-Status: 304 Not Modified`, `Please-Field: Cache-Control: public` (any number of them),
//! `Please-Body: text` (by default its own name), `Please-Frame: length | chunked | close`, and `Please-Trailer: A: b`
//! behind a chunked body. Each answer names it in `X-Backend` and the request's id in `X-Told-Id`. It records into a
//! journal as strictly as `RawBackend`.

use std::io;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use super::journal::Recorder;
use super::{Event, Journal, Request, own_address, sure};

/// A running backend; it ends when dropped, and its connections with it.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
    accepting: AbortHandle,
}

impl App {
    /// Listens at an address of its own, which refuses connections as soon as the app is dropped, and writes into
    /// `journal` under `name`.
    pub(crate) async fn start(name: &'static str, journal: &Journal) -> App {
        App::start_at(name, own_address(), journal).await
    }

    pub(crate) async fn start_at(name: &'static str, address: SocketAddr, journal: &Journal) -> App {
        let listener = sure("a backend's listener", TcpListener::bind(address).await);
        let journal = journal.clone();
        let accepting = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, name, Recorder::new(&journal, name)));
            }
        });
        App { name, address, accepting: accepting.abort_handle() }
    }
}

impl Drop for App {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn serve(mut stream: TcpStream, name: &str, mut recorder: Recorder) -> io::Result<()> {
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
                Event::Whole(request) => {
                    stream.write_all(&answer(&request, name)).await?;
                    if wish(&request, "frame").as_deref() == Some("close") {
                        return Ok(());
                    }
                }
            }
        }
        if recorder.broken {
            return Ok(());
        }
    }
}

fn answer(request: &Request, name: &str) -> Vec<u8> {
    let mut status = wish(request, "status").unwrap_or_else(|| "200 OK".to_owned());
    if !status.contains(' ') {
        // The space stays where there is no reason phrase (RFC 9112, section 4).
        status.push(' ');
    }
    let body = wish(request, "body").unwrap_or_else(|| name.to_owned());
    let frame = wish(request, "frame").unwrap_or_else(|| "length".to_owned());
    let id = request.fields.text("x-request-id").unwrap_or_default();
    let mut head = format!("HTTP/1.1 {status}\r\nX-Backend: {name}\r\nX-Told-Id: {id}\r\n");
    for field in request.fields.all("please-field") {
        head += &format!("{}\r\n", String::from_utf8_lossy(field));
    }
    let framed = match &frame[..] {
        "chunked" => {
            head += "Transfer-Encoding: chunked\r\n";
            let trailer = wish(request, "trailer").map(|field| field + "\r\n").unwrap_or_default();
            format!("{:x}\r\n{body}\r\n0\r\n{trailer}\r\n", body.len())
        }
        "close" => body,
        _ if status.starts_with("204") => body,
        _ => {
            head += &format!("Content-Length: {}\r\n", body.len());
            body
        }
    };
    let bare = request.method == "HEAD" || status.starts_with("204") || status.starts_with("304");
    format!("{head}\r\n{}", if bare { "" } else { &framed }).into_bytes()
}

fn wish(request: &Request, what: &str) -> Option<String> {
    request.fields.text(&format!("please-{what}"))
}
