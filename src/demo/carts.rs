//! Three carts that listen: sockets, connections and the little HTTP that a toy behind limpet needs.
//!
//! One thread serves all of them. Heads are read by limpet's own parser, which is stricter than a toy has to be and
//! already there; bodies are read and forgotten. What an answer says is `cart`'s.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::http::{Bounds, Framing, Method, Request, Scan, usual_reason};

use super::cart::{Cart, Reply};

/// Carts that run until this is dropped.
pub(super) struct Carts {
    carts: Vec<Arc<Cart>>,
    addresses: Vec<SocketAddr>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Carts {
    /// Starts `cart-0`, `cart-1` and `cart-2` on ports that the system chooses, open to this machine alone.
    ///
    /// # Errors
    /// No port, or no thread.
    pub(super) fn start() -> io::Result<Carts> {
        let carts: Vec<_> = NAMES.iter().map(|name| Arc::new(Cart::new(name))).collect();
        let sockets = NAMES.iter().map(|_| open()).collect::<io::Result<Vec<_>>>()?;
        let addresses = sockets.iter().map(TcpListener::local_addr).collect::<io::Result<_>>()?;
        let (end, ended) = oneshot::channel();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let doors: Vec<_> = sockets.into_iter().zip(carts.iter().cloned()).collect();
        let serve = move || {
            runtime.block_on(async move {
                for (socket, cart) in doors {
                    tokio::spawn(accept(socket, cart));
                }
                // An error means that nobody is left to say it, which is an end as well.
                let _ = ended.await;
            });
        };
        let thread = thread::Builder::new().name("carts".to_owned()).spawn(serve)?;
        Ok(Carts { carts, addresses, end: Some(end), thread: Some(thread) })
    }

    /// Names and addresses.
    pub(super) fn backends(&self) -> impl Iterator<Item = (&str, SocketAddr)> {
        self.carts.iter().map(|cart| cart.name()).zip(self.addresses.iter().copied())
    }

    /// Requests that reached any of them.
    pub(super) fn asked(&self) -> u64 {
        self.carts.iter().map(|cart| cart.asked()).sum()
    }
}

impl Drop for Carts {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A toy that panicked has said so on standard error.
            let _ = thread.join();
        }
    }
}

fn open() -> io::Result<TcpListener> {
    let socket = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

async fn accept(socket: TcpListener, cart: Arc<Cart>) {
    let Ok(socket) = tokio::net::TcpListener::from_std(socket) else { return };
    while let Ok((stream, _)) = socket.accept().await {
        let cart = Arc::clone(&cart);
        // How a connection ends interests nobody: the next one is as good.
        tokio::spawn(async move { drop(serve(stream, &cart).await) });
    }
}

/// One connection, request after request, until its end or a head that is none.
async fn serve(mut stream: TcpStream, cart: &Cart) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let (mut bytes, mut request) = (Vec::new(), Request::empty());
    while read_head(&mut stream, &mut bytes, &mut request).await? {
        let reply = match request.framing {
            Framing::Length(length) => {
                skip(&mut stream, &mut bytes, length).await?;
                Some(cart.answer(&request))
            }
            Framing::None => Some(cart.answer(&request)),
            Framing::Chunked | Framing::UntilClose => None,
        };
        let Some(reply) = reply else { return stream.write_all(NO_LENGTH).await };
        stream.write_all(text(&reply, request.method).as_bytes()).await?;
    }
    Ok(())
}

/// False when no other request comes.
async fn read_head(stream: &mut TcpStream, bytes: &mut Vec<u8>, request: &mut Request) -> io::Result<bool> {
    let mut scan = Scan::default();
    loop {
        match scan.advance(bytes, BOUNDS) {
            Ok(Some(extent)) => {
                let parsed = request.parse(&bytes[extent.start..extent.end], BOUNDS);
                bytes.drain(..extent.end);
                return Ok(parsed.is_ok());
            }
            Ok(None) if stream.read_buf(bytes).await? > 0 => {}
            Ok(None) | Err(_) => return Ok(false),
        }
    }
}

/// Reads a body to its end and keeps none of it.
async fn skip(stream: &mut TcpStream, bytes: &mut Vec<u8>, length: u64) -> io::Result<()> {
    let mut left = length;
    loop {
        let here = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        bytes.drain(..here);
        left -= here as u64;
        if left == 0 {
            return Ok(());
        }
        if stream.read_buf(bytes).await? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
    }
}

fn text(reply: &Reply, method: Method) -> String {
    let (status, reason) = (reply.status, usual_reason(reply.status));
    let kind = if status == 200 { "application/json" } else { "text/plain" };
    let mut text = format!("HTTP/1.1 {status} {reason}\r\nContent-Type: {kind}\r\n");
    for cookie in &reply.set_cookies {
        text += &format!("Set-Cookie: {cookie}\r\n");
    }
    text += &format!("Content-Length: {}\r\n\r\n", reply.body.len());
    if method != Method::Head {
        text += &reply.body;
    }
    text
}

const NAMES: [&str; 3] = ["cart-0", "cart-1", "cart-2"];
/// Beyond what limpet lets through, with room for the fields that it adds.
const BOUNDS: Bounds = Bounds { bytes: 64 * 1024, fields: 200 };
const NO_LENGTH: &[u8] = b"HTTP/1.1 411 Length Required\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";
