//! Over real sockets: who is answered what, and that the slow, the greedy and the strange disturb nobody.
//!
//! The client writes raw bytes: half of what it says is no HTTP. It waits for answers and ends of connections, never
//! for a time of its own.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;
use crate::config::Networks;
use crate::metrics::{Names, PoolNames};

/// A status listener on the loopback, as it would be in a process.
struct Served {
    address: SocketAddr,
    metrics: Arc<Metrics>,
    readiness: Arc<Readiness>,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<()>,
}

impl Served {
    async fn start() -> Served {
        Served::with(Networks::private(), Networks::default(), HEAD, CONNECTION_TIME).await
    }

    async fn with(allow: Networks, deny: Networks, head: Duration, connection_time: Duration) -> Served {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (metrics, readiness) = (Metrics::new(), Arc::new(Readiness::default()));
        let service = Arc::new(StatusService {
            settings: Status { address, allow, deny },
            readiness: Arc::clone(&readiness),
            scrapes: Scrapes::new(Arc::clone(&metrics)),
            head,
            connection_time,
        });
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(async move {
            let stopped = async move { drop(stopped.await) };
            accept(&listener, &service, stopped).await;
        });
        Served { address, metrics, readiness, stop, ended }
    }

    /// Sends these bytes and nothing more.
    async fn open(&self, bytes: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        stream
    }

    async fn ask(&self, bytes: &str) -> Answer {
        Answer::of(&rest(self.open(bytes).await).await)
    }

    async fn get(&self, path: &str) -> Answer {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await
    }
}

/// Everything until the other side closes, within the test's patience.
async fn rest(mut stream: TcpStream) -> String {
    let mut all = Vec::new();
    let _ = time::timeout(SOON, stream.read_to_end(&mut all)).await.unwrap();
    String::from_utf8(all).unwrap()
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn of(text: &str) -> Answer {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head: head.to_ascii_lowercase(), body: body.to_owned() }
    }
}

#[tokio::test]
async fn liveness_and_readiness_answer_a_probe() {
    let served = Served::start().await;
    let live = served.get("/livez").await;
    assert_eq!((live.status, live.body.as_str()), (200, "live\n"));
    assert!(live.head.contains("cache-control: no-store") && live.head.contains("connection: close"), "{}", live.head);
    assert_eq!(served.get("/readyz").await.status, 200);

    served.readiness.set("pool shop has no address yet");
    served.readiness.set("draining");
    let away = served.get("/readyz?verbose").await;
    assert_eq!((away.status, away.body.as_str()), (503, "draining\npool shop has no address yet\n"));
    assert_eq!(served.get("/livez").await.status, 200);

    served.readiness.clear("draining");
    served.readiness.clear("pool shop has no address yet");
    assert_eq!(served.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn a_scraper_gets_the_page_as_it_is_now() {
    let served = Served::start().await;
    let before = served.get("/metrics").await;
    assert_eq!(before.status, 200);
    assert!(before.head.contains("content-type: text/plain; version=0.0.4"), "{}", before.head);
    assert!(before.body.contains("\nlimpet_panics_total 0\n"), "{}", before.body);
    served.metrics.panicked();
    assert!(served.get("/metrics").await.body.contains("\nlimpet_panics_total 1\n"));
}

#[tokio::test]
async fn nothing_else_is_answered() {
    let served = Served::start().await;
    let long = "a".repeat(2 * HEAD_BYTES);
    let many = "a: b\r\n".repeat(HEAD_FIELDS);
    let cases = [
        ("POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}", 405),
        ("DELETE /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("OPTIONS /readyz HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET /livez/ HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET //livez HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET /livez/../metrics HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("GET /Metrics HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("POST /v1/pools HTTP/1.1\r\nHost: x\r\n\r\n", 404),
        ("\x16\x03\x01 not http\r\n\r\n", 400),
        (&format!("GET /livez HTTP/1.1\r\nHost: {long}\r\n\r\n"), 431),
        (&format!("GET /livez HTTP/1.1\r\nHost: x\r\n{many}\r\n"), 431),
    ];
    for (request, status) in cases {
        let answer = served.ask(request).await;
        assert_eq!(answer.status, status, "{request}");
        assert!(status != 405 || answer.head.contains("allow: get, head"), "{}", answer.head);
    }
}

#[tokio::test]
async fn head_is_get_without_a_body() {
    let served = Served::start().await;
    let answer = served.ask("HEAD /livez HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, ""));
    assert!(answer.head.contains("content-length: 5"), "{}", answer.head);
}

#[tokio::test]
async fn only_those_allowed_and_not_denied_may_ask() {
    let sides = [
        (Networks::default(), Networks::default(), 403),
        (Networks::private(), Networks::private(), 403),
        (Networks::private(), Networks::default(), 200),
    ];
    for (allow, deny, status) in sides {
        let served = Served::with(allow, deny, HEAD, CONNECTION_TIME).await;
        assert_eq!(served.get("/livez").await.status, status);
        assert_eq!(served.ask("POST /livez HTTP/1.1\r\nHost: x\r\n\r\n").await.status == 403, status == 403);
    }
}

#[tokio::test]
async fn half_a_head_and_a_hanging_reader_are_ended() {
    let short = Duration::from_millis(50);
    let served = Served::with(Networks::private(), Networks::default(), short, CONNECTION_TIME).await;
    let (silent, half) = (served.open("").await, served.open("GET /livez HTTP/1.1\r\nHo").await);
    assert!(!rest(silent).await.contains("200") && !rest(half).await.contains("200"));

    let served = Served::with(Networks::private(), Networks::default(), HEAD, short).await;
    assert_eq!(rest(served.open("GET /livez HTTP/1.1\r\n").await).await, "");
}

#[tokio::test]
async fn fifty_slow_scrapers_of_a_large_page_disturb_nobody() {
    let served = Served::start().await;
    let backends = (0..10_000).map(|n| format!("web-{n}.shop.default.svc.cluster.local:8080")).collect();
    let pools = vec![PoolNames { name: "shop".to_owned(), backends }];
    served.metrics.names(&Names { generation: 1, pools, ..Names::default() });
    let mut slow = Vec::new();
    for _ in 0..50 {
        slow.push(served.open("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n").await);
    }
    assert_eq!(served.get("/livez").await.status, 200);
    let page = served.get("/metrics").await.body;
    assert!(page.len() > 1 << 20 && page.ends_with('\n'), "{} bytes", page.len());
    for reader in slow {
        let late = Answer::of(&rest(reader).await).body;
        assert!(late.len().abs_diff(page.len()) < 256, "{} bytes of {}", late.len(), page.len());
    }
}

#[tokio::test]
async fn a_newcomer_takes_the_place_of_the_oldest() {
    let served = Served::start().await;
    let mut hanging = Vec::new();
    for _ in 0..=MAX_PERMITTED {
        hanging.push(served.open("GET /li").await);
    }
    assert_eq!(served.get("/livez").await.status, 200);
    let mut hanging = hanging.into_iter();
    for _ in 0..2 {
        assert_eq!(rest(hanging.next().unwrap()).await, "", "the oldest had to go");
    }
    let mut youngest = hanging.next_back().unwrap();
    youngest.write_all(b"vez HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    assert_eq!(Answer::of(&rest(youngest).await).status, 200);
}

#[tokio::test]
async fn the_stop_ends_everything() {
    let served = Served::start().await;
    let hanging = served.open("GET /li").await;
    assert_eq!(served.get("/livez").await.status, 200);
    drop(served.stop);
    time::timeout(SOON, served.ended).await.unwrap().unwrap();
    assert_eq!(rest(hanging).await, "");
    assert!(TcpStream::connect(served.address).await.is_err());
}

const SOON: Duration = Duration::from_secs(20);
