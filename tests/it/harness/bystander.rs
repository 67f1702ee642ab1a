//! A well-behaved client that runs beside hostile ones and checks that every answer is its own (invariant I3).
//!
//! One keep-alive connection, GET and POST in turn, each with a fresh nonce that the backend echoes. Its pace is
//! modest, so that it watches the machine without being its load.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::client::read_on;
use super::{Answers, PATIENCE, Received, quote};

/// A running bystander.
#[derive(Debug)]
pub(crate) struct Bystander {
    stop: watch::Sender<bool>,
    task: JoinHandle<Result<u32, String>>,
}

impl Bystander {
    pub(crate) fn start(address: SocketAddr) -> Bystander {
        let stop = watch::Sender::new(false);
        let stopped = stop.subscribe();
        let task = tokio::spawn(async move {
            let mut stream = TcpStream::connect(address).await.map_err(|error| error.to_string())?;
            let mut beat = tokio::time::interval(Duration::from_millis(5));
            let mut count = 0;
            loop {
                exchange(&mut stream, count).await?;
                count += 1;
                if *stopped.borrow() {
                    return Ok(count);
                }
                beat.tick().await;
            }
        });
        Bystander { stop, task }
    }

    /// Ends it. The number of exchanges that went well, or what went wrong in the first that did not.
    pub(crate) async fn finish(self) -> Result<u32, String> {
        self.stop.send_replace(true);
        self.task.await.map_err(|error| error.to_string())?
    }
}

async fn exchange(stream: &mut TcpStream, count: u32) -> Result<(), String> {
    let nonce = format!("{count}-{:08x}", count.wrapping_mul(0x9e37_79b9));
    let method = if count.is_multiple_of(2) { "GET" } else { "POST" };
    let body = if method == "GET" { String::new() } else { format!("Content-Length: {}\r\n\r\n{nonce}", nonce.len()) };
    let end = if method == "GET" { "\r\n" } else { "" };
    let request = format!("{method} /{BYSTANDER}/{nonce} HTTP/1.1\r\nHost: a\r\nX-Nonce: {nonce}\r\n{body}{end}");
    stream.write_all(request.as_bytes()).await.map_err(|error| format!("request {count}: {error}"))?;
    let mut received = Received::default();
    let enough = |bytes: &[u8]| !Answers::read(bytes, false, |_| false).whole.is_empty();
    read_on(stream, &mut received, PATIENCE, enough).await;
    let answers = Answers::read(&received.bytes, false, |_| false);
    let echo = format!("{method} /{BYSTANDER}/{nonce}");
    let good = answers.whole.first().is_some_and(|answer| {
        answer.status == 200 && answer.body == nonce.as_bytes() && answer.fields.text("x-echo") == Some(echo)
    });
    if good && answers.rest.is_empty() && answers.whole.len() == 1 {
        return Ok(());
    }
    Err(format!("request {count}, nonce {nonce}: got {} and {:?}", quote(&received.bytes, 300), received.ended))
}

/// In the target of each of its requests.
pub(crate) const BYSTANDER: &str = "bystander";
