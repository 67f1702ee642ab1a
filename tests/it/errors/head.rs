//! Answers of limpet's to HEAD: everything but the body, and what follows on the connection is the next answer.
//!
//! They are read apart from all others because a client that expects a body would take the next answer for it. A HEAD
//! that breaks a rule is not here: its method is not to be relied upon.

use crate::harness::{Act, Journal, Limpet, RawClient, ScriptedBackend, own_address};
use crate::scene::{ask_all, body, named, open, request, toml};

#[tokio::test]
async fn an_answer_to_head_has_no_body() {
    let (journal, apps) = open(&["web-1"]).await;
    let quiet = Journal::default();
    let silent = ScriptedBackend::start(&[&[Act::Request, Act::Hold]], &quiet).await;
    let closing = ScriptedBackend::start(&[&[Act::Request, Act::Close]], &quiet).await;
    let pool = |name: &str, address| {
        format!(
            "[routes.{name}]\npaths = [\"/{name}\"]\npool = \"{name}\"\n[pools.{name}]\nbackends = [\"{address}\"]\n"
        )
    };
    let more = pool("down", own_address()) + &pool("silent", silent.address) + &pool("closing", closing.address);
    let more = more + "[timeouts]\nfirst_byte = \"200ms\"\n";
    let toml = toml(&named(&apps), &more).replace("[routes.all]\n", "[routes.all]\npaths = [\"/ok\"]\n");
    let limpet = Limpet::start(&toml).await;
    for (path, status) in [("/nowhere", 404), ("/down", 503), ("/silent", 504), ("/closing", 502)] {
        let client = RawClient::connect(limpet.address("web")).await;
        let requests = request("HEAD", path, &[]) + &request("GET", "/ok", &["Connection: close"]);
        let (answers, _) = ask_all(client, &requests, |at| at == 0).await;
        let [answer, next] = &answers.whole[..] else { panic!("{path}: {answers:?}") };
        assert_eq!((answer.status, next.status, &body(next)[..]), (status, 200, "web-1"), "{path}");
        let length = answer.fields.text("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        assert!(length > 40, "{path}: the length is that of the body which GET would get");
        let line = crate::scene::line(&limpet, answer).await;
        assert_eq!(line.get("http.response.body.size").as_deref(), Some("0"), "{path}");
    }
    assert_eq!(journal.read(|records| records.seen.len()), 4);
}
