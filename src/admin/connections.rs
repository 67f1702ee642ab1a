//! A bounded number of connections at a time; a newcomer takes the place of the oldest.
//!
//! A probe must get through however many others hang on. Making newcomers wait instead would let idle ones keep the
//! door shut for as long as their timeouts allow, and a kubelet gives up after a second.

use std::collections::VecDeque;
use std::future::Future;

use tokio::task::JoinHandle;

/// Running connections, the oldest first. They end when this is dropped.
pub(super) struct Connections {
    running: VecDeque<JoinHandle<()>>,
    most: usize,
}

impl Connections {
    pub(super) fn at_most(most: usize) -> Connections {
        Connections { running: VecDeque::with_capacity(most), most }
    }

    pub(super) fn run(&mut self, connection: impl Future<Output = ()> + Send + 'static) {
        self.running.retain(|running| !running.is_finished());
        if self.running.len() >= self.most
            && let Some(oldest) = self.running.pop_front()
        {
            oldest.abort();
        }
        self.running.push_back(tokio::spawn(connection));
    }
}

impl Drop for Connections {
    fn drop(&mut self) {
        self.running.iter().for_each(JoinHandle::abort);
    }
}
