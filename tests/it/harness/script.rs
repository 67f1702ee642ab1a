//! A backend that plays a script: reads so much, sends these bytes, holds until it is released, resets.
//!
//! For conversations in which the order of events is the point. It records into a journal as `RawBackend` does, but
//! is no judge: what it sends may be anything.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{AbortHandle, JoinSet};

use super::journal::Recorder;
use super::{Event, Journal, sure};

/// One step of a script. After the last one the connection is read, and recorded, until it ends.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Reads until a head is whole.
    Head,
    /// Reads until a request is whole.
    Request,
    Send(&'static str),
    /// Neither reads nor sends until [`ScriptedBackend::release`].
    Hold,
    /// Ends with FIN.
    Close,
    /// Ends with RST.
    Reset,
}

/// A running backend; it ends when dropped.
#[derive(Debug)]
pub(crate) struct ScriptedBackend {
    pub(crate) address: SocketAddr,
    released: Arc<watch::Sender<bool>>,
    accepting: AbortHandle,
}

impl ScriptedBackend {
    /// Plays the n-th script on the n-th connection, and the last one on all further ones.
    pub(crate) async fn start(scripts: &[&[Act]], journal: &Journal) -> ScriptedBackend {
        let listener = sure("a backend's listener", TcpListener::bind("127.0.0.1:0").await);
        let address = sure("a backend's address", listener.local_addr());
        let released = Arc::new(watch::Sender::new(false));
        let (journal, release) = (journal.clone(), released.clone());
        let scripts: Vec<Vec<Act>> = scripts.iter().map(|script| script.to_vec()).collect();
        let accepting = tokio::spawn(async move {
            let (mut connections, mut scripts, mut script) = (JoinSet::new(), scripts.into_iter(), Vec::new());
            while let Ok((stream, _)) = listener.accept().await {
                script = scripts.next().unwrap_or(script);
                let player = Player { stream, recorder: Recorder::new(&journal, "scripted"), events: Vec::new() };
                connections.spawn(player.play(script.clone(), release.subscribe()));
            }
        });
        ScriptedBackend { address, released, accepting: accepting.abort_handle() }
    }

    /// Lets every script go on that holds, or will hold.
    pub(crate) fn release(&self) {
        self.released.send_replace(true);
    }
}

impl Drop for ScriptedBackend {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

struct Player {
    stream: TcpStream,
    recorder: Recorder,
    /// Read, but not yet waited for by the script.
    events: Vec<Event>,
}

impl Player {
    async fn play(mut self, script: Vec<Act>, mut released: watch::Receiver<bool>) -> io::Result<()> {
        for act in script {
            match act {
                Act::Head => self.read_to(|event| matches!(event, Event::Head(_) | Event::Whole(_))).await?,
                Act::Request => self.read_to(|event| matches!(event, Event::Whole(_))).await?,
                Act::Send(text) => self.stream.write_all(text.as_bytes()).await?,
                Act::Hold => drop(released.wait_for(|released| *released).await),
                Act::Close => return self.stream.shutdown().await,
                Act::Reset => return socket2::SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)),
            }
        }
        while self.read().await? {}
        Ok(())
    }

    async fn read_to(&mut self, wanted: impl Fn(&Event) -> bool) -> io::Result<()> {
        loop {
            if let Some(at) = self.events.iter().position(&wanted) {
                self.events.drain(..=at);
                return Ok(());
            }
            if !self.read().await? {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }

    async fn read(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 4096];
        let count = self.stream.read(&mut buffer).await?;
        self.events.extend(self.recorder.feed(&buffer[..count]));
        Ok(count > 0 && !self.recorder.broken)
    }
}
