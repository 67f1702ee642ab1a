//! What limpet holds in memory for those who ask nothing: a client between two requests, and a burst that is over.
//!
//! Resident memory of the real binary, by the kernel's own count of pages.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::harness::Limpet;
use crate::lockstep::{Caller, CannedBackend};

/// Bytes of an idle connection, kernel buffers aside.
const SLOPE: usize = 2_560;
/// Connections at the two ends of the slope.
const FEW: usize = 1_000;
const MANY: usize = 3_000;

const GET: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: idle\r\n\r\n";
const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

#[tokio::test]
async fn idle_slope() {
    room_for(MANY + 500);
    let backend = CannedBackend::start(OK);
    let limpet = Limpet::start(&toml(&backend)).await;
    let mut clients = Vec::new();
    let mut resident = |count: usize| {
        while clients.len() < count {
            let mut client = Caller::connect(limpet.address("web"));
            client.exchange(GET);
            clients.push(client.idle());
        }
        limpet.resident()
    };
    let (few, many) = (resident(FEW), resident(MANY));
    let slope = many.saturating_sub(few) / (MANY - FEW);
    println!("{FEW} idle connections: {} KiB; {slope} bytes for each more, of at most {SLOPE}", few >> 10);
    assert!(slope <= SLOPE, "{slope} bytes a connection");
    assert_eq!(limpet.metrics().await.sum("limpet_connections", &[]), MANY as f64);
}

fn toml(backend: &CannedBackend) -> String {
    format!(
        "[listeners.web]\naddress = \"127.0.0.1:0\"\n[routes.all]\npool = \"app\"\n[pools.app]\n\
         backends = [\"{}\"]\nsticky = \"cookie\"\n[workers]\ncount = 1\n[status]\naddress = \"127.0.0.1:0\"\n\
         [log]\nformat = \"json\"\naccess = \"off\"\n[timeouts]\nkeep_alive = \"10m\"\n",
        backend.address
    )
}

/// Lets this process, and limpet after it, have so many descriptors.
fn room_for(descriptors: usize) {
    let limit = getrlimit(Resource::Nofile);
    let most = limit.maximum.unwrap_or(u64::MAX);
    assert!(most >= descriptors as u64, "this test needs {descriptors} descriptors (ulimit -Hn), of {most}");
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    setrlimit(Resource::Nofile, raised).expect("a soft limit as high as the hard one");
}
