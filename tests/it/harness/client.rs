//! A client that sends exactly the bytes it is given and reads until it knows enough.
//!
//! It never adds, orders or repairs anything. Limpet may close before everything is written: that is a result here,
//! not an error, and what was received until then counts.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{Answer, Answers, PATIENCE, sure};

/// One client connection.
#[derive(Debug)]
pub(crate) struct RawClient {
    stream: TcpStream,
    received: Vec<u8>,
    /// Answers already handed out by [`RawClient::answer`].
    taken: usize,
}

/// How a connection ended, as its client saw it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Ended {
    Fin,
    Reset,
    /// Still open when patience was over.
    #[default]
    Open,
}

/// Everything a client was sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Received {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ended: Ended,
    /// From the last byte to the end.
    pub(crate) lingered: Duration,
}

impl RawClient {
    pub(crate) async fn connect(address: SocketAddr) -> RawClient {
        let stream = sure("a client's connect", TcpStream::connect(address).await);
        sure("a client's no-delay", stream.set_nodelay(true));
        RawClient { stream, received: Vec::new(), taken: 0 }
    }

    pub(crate) async fn send(&mut self, bytes: &[u8]) {
        sure("a client's write", self.stream.write_all(bytes).await);
    }

    /// Sends FIN and goes on reading.
    pub(crate) async fn half_close(&mut self) {
        sure("a client's half-close", self.stream.shutdown().await);
    }

    /// Ends both ways at once, by RST.
    pub(crate) fn reset(self) {
        sure("a client's reset", socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)));
    }

    /// The next final answer, to a request that was no HEAD.
    pub(crate) async fn answer(&mut self) -> Answer {
        let reading = async {
            loop {
                let mut answers = Answers::read(&self.received, false, |_| false);
                if let Some(fault) = answers.fault {
                    panic!("a client was answered no HTTP: {fault}");
                }
                if answers.whole.len() > self.taken {
                    self.taken += 1;
                    return answers.whole.swap_remove(self.taken - 1);
                }
                let mut buffer = [0; 4096];
                match self.stream.read(&mut buffer).await {
                    Ok(count) if count > 0 => self.received.extend_from_slice(&buffer[..count]),
                    end => panic!("closed ({end:?}) before an answer, after {:?}", text(&self.received)),
                }
            }
        };
        super::within("an answer", reading).await
    }

    /// Reads until `needle` has come, and leaves it in what [`RawClient::rest`] and [`RawClient::answer`] see.
    pub(crate) async fn sees(&mut self, needle: &str) {
        let reading = async {
            while !text(&self.received).contains(needle) {
                let mut buffer = [0; 4096];
                match self.stream.read(&mut buffer).await {
                    Ok(count) if count > 0 => self.received.extend_from_slice(&buffer[..count]),
                    end => panic!("closed ({end:?}) before {needle:?}, after {:?}", text(&self.received)),
                }
            }
        };
        super::within(needle, reading).await;
    }

    /// Everything until the connection ends.
    pub(crate) async fn rest(mut self) -> Received {
        let mut received = Received { bytes: std::mem::take(&mut self.received), ..Received::default() };
        read_on(&mut self.stream, &mut received, PATIENCE, |_| false).await;
        received
    }
}

/// Reads into `received` until the connection ends, `enough` says so after a read, or nothing comes for `patience`.
/// Whether it was enough.
pub(crate) async fn read_on(
    stream: &mut (impl AsyncReadExt + Unpin),
    received: &mut Received,
    patience: Duration,
    mut enough: impl FnMut(&[u8]) -> bool,
) -> bool {
    let (mut buffer, mut last) = (vec![0; 16 << 10], Instant::now());
    loop {
        match tokio::time::timeout(patience, stream.read(&mut buffer)).await {
            Ok(Ok(0)) => received.ended = Ended::Fin,
            Ok(Err(_)) => received.ended = Ended::Reset,
            Err(_) => received.ended = Ended::Open,
            Ok(Ok(count)) => {
                received.bytes.extend_from_slice(&buffer[..count]);
                last = Instant::now();
                if enough(&received.bytes) {
                    return true;
                }
                continue;
            }
        }
        received.lingered = last.elapsed();
        return false;
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
