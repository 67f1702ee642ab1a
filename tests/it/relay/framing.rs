//! Bodies and their ends: every framing that a request may have beside every framing that a response may have.
//!
//! A client of HTTP/1.0 cannot read chunks and is never sent any (RFC 9112, section 6.1).

use crate::harness::{Answer, Ended, Framing, Seen};
use crate::scene::{Scene, ask_all, body, post, request};

/// A request to this target with these fields, as its client frames it; and as its backend has to see it.
struct Sent {
    text: String,
    framing: Framing,
    body: &'static str,
}

fn sent(how: &str, target: &str, fields: &[&str]) -> Sent {
    let chunked = [fields, &["Transfer-Encoding: chunked"]].concat();
    let (text, framing, body) = match how {
        "none" => (request("GET", target, fields), Framing::None, ""),
        "empty" => (post(target, fields, ""), Framing::Length, ""),
        "length" => (post(target, fields, "hello"), Framing::Length, "hello"),
        "chunks" => {
            (request("POST", target, &chunked) + "2\r\nhe\r\n3;x=\"y\"\r\nllo\r\n0\r\n\r\n", Framing::Chunked, "hello")
        }
        "no chunk" => (request("POST", target, &chunked) + "0\r\n\r\n", Framing::Chunked, ""),
        other => panic!("nobody frames a request by {other}"),
    };
    Sent { text, framing, body }
}

/// How an answer tells its end.
fn told(answer: &Answer) -> (Option<String>, Option<String>) {
    (answer.fields.text("content-length"), answer.fields.text("transfer-encoding"))
}

#[tokio::test]
async fn every_framing_of_a_request_goes_with_every_framing_of_a_response() {
    let scene = Scene::start("").await;
    for how in ["none", "empty", "length", "chunks", "no chunk"] {
        for frame in ["length", "chunked", "close", "nothing"] {
            let target = format!("/{}/{frame}", how.replace(' ', "-"));
            let wish = format!("Please-Frame: {frame}");
            let status = if frame == "nothing" { "Please-Status: 204 No Content" } else { "X: y" };
            let sent = sent(how, &target, &[&wish, status]);
            let last = request("GET", "/last", &["Connection: close"]);
            let (answers, received) = ask_all(scene.client().await, &(sent.text + &last), |_| false).await;
            let [answer, last] = &answers.whole[..] else { panic!("{target}: {answers:?}") };
            assert_eq!((received.ended, last.status, &answers.rest[..]), (Ended::Fin, 200, &b""[..]), "{target}");
            let (status, text, framing) = match frame {
                "length" => (200, "web-1", (Some("5".to_owned()), None)),
                "nothing" => (204, "", (None, None)),
                _ => (200, "web-1", (None, Some("chunked".to_owned()))),
            };
            assert_eq!((answer.status, &body(answer)[..], told(answer)), (status, text, framing), "{target}");
            let seen = scene.journal.read(|records| records.with(&target).into_iter().cloned().collect::<Vec<Seen>>());
            assert_eq!(seen.len(), 1, "{target}");
            assert_eq!((seen[0].whole, seen[0].request.framing), (true, sent.framing), "{target}");
            assert_eq!(seen[0].request.body, sent.body.as_bytes(), "{target}");
        }
    }
}

#[tokio::test]
async fn a_client_of_http_1_0_is_never_sent_a_chunk() {
    let scene = Scene::start("").await;
    for method in ["GET", "HEAD", "POST"] {
        for (frame, status) in
            [("length", "200 OK"), ("chunked", "200 OK"), ("close", "200 OK"), ("chunked", "304 Not Modified")]
        {
            let text = sent(if method == "POST" { "length" } else { "none" }, "/", &[]).text;
            let wishes = format!("Please-Frame: {frame}\r\nPlease-Status: {status}\r\n");
            let old = text.replace("GET", method).replace("HTTP/1.1\r\n", &format!("HTTP/1.0\r\n{wishes}"));
            let (answers, received) = ask_all(scene.client().await, &old, |_| method == "HEAD").await;
            let what = format!("{method}, {frame}, {status}");
            let [answer] = &answers.whole[..] else { panic!("{what}: {answers:?}") };
            assert_eq!(received.ended, Ended::Fin, "{what}");
            assert!(answer.fields.all("transfer-encoding").is_empty(), "{what}: {:?}", told(answer));
            assert_eq!(answer.fields.text("connection").as_deref(), Some("close"), "{what}");
            let bare = method == "HEAD" || status.starts_with("304");
            assert_eq!(body(answer), if bare { "" } else { "web-1" }, "{what}");
        }
    }
}

#[tokio::test]
async fn head_204_and_304_have_no_body_but_their_fields() {
    let scene = Scene::start("").await;
    for (method, status, frame, framing) in [
        ("HEAD", "200 OK", "length", (Some("5"), None)),
        ("HEAD", "200 OK", "chunked", (None, None)),
        ("HEAD", "404 Not Found", "length", (Some("5"), None)),
        ("GET", "304 Not Modified", "length", (Some("5"), None)),
        ("GET", "304 Not Modified", "nothing", (Some("5"), None)),
        ("GET", "204 No Content", "nothing", (None, None)),
    ] {
        let what = format!("{method} {status} {frame}");
        let wishes =
            [&format!("Please-Status: {status}")[..], &format!("Please-Frame: {frame}"), "Please-Field: ETag: \"7\""];
        let requests = request(method, "/", &wishes) + &request("GET", "/last", &["Connection: close"]);
        let (answers, _) = ask_all(scene.client().await, &requests, |at| at == 0 && method == "HEAD").await;
        let [answer, last] = &answers.whole[..] else { panic!("{what}: {answers:?}") };
        assert!(answer.body.is_empty() && answers.rest.is_empty(), "{what}: {answers:?}");
        assert_eq!(format!("{} ", answer.status), status[..4], "{what}");
        assert_eq!(answer.fields.text("etag").as_deref(), Some("\"7\""), "{what}");
        let told = told(answer);
        assert_eq!((told.0.as_deref(), told.1.as_deref()), framing, "{what}");
        assert_eq!(body(last), "web-1", "{what}: what follows is another answer");
    }
    assert_eq!(scene.connections(), 1, "a backend's connection goes on after an answer without a body");
}

/// Trailers pass where they were announced and can do no harm, and nowhere else.
#[tokio::test]
async fn a_trailer_passes_if_it_was_announced_and_is_harmless() {
    let scene = Scene::start("").await;
    for (announced, trailer, passes) in [
        (Some("X-Sum"), "X-Sum: 7", true),
        (Some("x-other, x-sum"), "X-Sum: 7", true),
        (None, "X-Sum: 7", false),
        (Some("X-Other"), "X-Sum: 7", false),
        (Some("Set-Cookie"), "Set-Cookie: a=7", false),
        (Some("Content-Length"), "Content-Length: 7", false),
        (Some("Limpet-Session"), "Limpet-Session: 7", false),
    ] {
        let name = trailer.split(':').next().unwrap_or_default();
        let announces = announced.map(|names| format!("Trailer: {names}"));
        let wish = announces.as_ref().map(|line| format!("Please-Field: {line}"));
        let please = format!("Please-Trailer: {trailer}");
        let fields = ["Transfer-Encoding: chunked", "Please-Frame: chunked", &please];
        let fields: Vec<&str> = fields.into_iter().chain(announces.as_deref()).chain(wish.as_deref()).collect();
        let chunks = format!("5\r\nhello\r\n0\r\n{trailer}\r\n\r\n");
        let requests = request("POST", "/", &fields) + &chunks + &request("GET", "/last", &["Connection: close"]);
        let (answers, received) = ask_all(scene.client().await, &requests, |_| false).await;
        assert_eq!(answers.whole.len(), 2, "{announced:?}, {trailer}");
        let text = String::from_utf8_lossy(&received.bytes);
        assert_eq!(text.contains(&format!("0\r\n{trailer}\r\n\r\n")), passes, "{announced:?}, {trailer}: {text}");
        assert_eq!(text.matches(&format!("\r\n{name}: 7")).count(), usize::from(passes), "{trailer}: {text}");
        let told = scene.journal.read(|records| records.seen[records.seen.len() - 2].request.trailers.text(name));
        assert_eq!(told.is_some(), passes, "{announced:?}, {trailer}");
    }
}
