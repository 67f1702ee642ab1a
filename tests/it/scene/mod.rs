//! One limpet before its apps, as the tests of behaviour set it: a configuration of few lines, requests of one line.
//!
//! A test says what is special about its configuration, `Scene` says the rest. Nothing here knows what limpet ought to
//! answer.

mod cookies;

use crate::harness::{Answer, Answers, App, Journal, Limpet, Line, RawClient, Received, Records};

pub(crate) use cookies::{SetCookie, cookie};

/// A running limpet, its backends, and what they were sent.
#[derive(Debug)]
pub(crate) struct Scene {
    pub(crate) limpet: Limpet,
    pub(crate) journal: Journal,
    pub(crate) apps: Vec<App>,
}

impl Scene {
    /// One listener `web`, one worker, the pool `app` with one backend, and `more` configuration.
    pub(crate) async fn start(more: &str) -> Scene {
        Scene::with(&["web-1"], more).await
    }

    /// As above, with these backends.
    pub(crate) async fn with(backends: &[&'static str], more: &str) -> Scene {
        let (journal, apps) = open(backends).await;
        let limpet = Limpet::start(&toml(&named(&apps), more)).await;
        Scene { limpet, journal, apps }
    }

    pub(crate) async fn client(&self) -> RawClient {
        RawClient::connect(self.limpet.address("web")).await
    }

    /// One GET on a connection of its own.
    pub(crate) async fn get(&self, target: &str, fields: &[&str]) -> Answer {
        ask(&mut self.client().await, &request("GET", target, fields)).await
    }

    /// The field lines of the last request at a backend, one beneath the other.
    pub(crate) fn told(&self) -> String {
        let head = |records: &Records| records.seen.last().map(|seen| seen.request.head.clone()).unwrap_or_default();
        String::from_utf8_lossy(&self.journal.read(head)).into_owned()
    }

    /// How many connections the backends took so far.
    pub(crate) fn connections(&self) -> usize {
        self.journal.read(|records| records.connections.len())
    }
}

/// Apps of these names, and the journal they write.
pub(crate) async fn open(names: &[&'static str]) -> (Journal, Vec<App>) {
    let (journal, mut apps) = (Journal::default(), Vec::new());
    for name in names {
        apps.push(App::start(name, &journal).await);
    }
    (journal, apps)
}

/// The members of `backends` for these apps, by name.
pub(crate) fn named(apps: &[App]) -> String {
    let member = |app: &App| format!("{{ name = \"{}\", address = \"{}\" }}", app.name, app.address);
    apps.iter().map(member).collect::<Vec<_>>().join(", ")
}

/// A configuration with these members of the pool `app`.
pub(crate) fn toml(members: &str, more: &str) -> String {
    let workers = if more.contains("[workers]") { "" } else { "[workers]\ncount = 1\n" };
    let status = if more.contains("[status]") { "" } else { "[status]\naddress = \"127.0.0.1:0\"\n" };
    format!(
        "[listeners.web]\naddress = \"127.0.0.1:0\"\n[routes.all]\npool = \"app\"\n[pools.app]\nbackends = [{members}]\n\
         {workers}{status}{more}"
    )
}

/// A request without a body.
pub(crate) fn request(method: &str, target: &str, fields: &[&str]) -> String {
    let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
    format!("{method} {target} HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

/// A POST with a body of known length.
pub(crate) fn post(target: &str, fields: &[&str], body: &str) -> String {
    let length = format!("Content-Length: {}", body.len());
    request("POST", target, &[fields, &[&length]].concat()) + body
}

/// Sends a request that is no HEAD, and waits for its answer.
pub(crate) async fn ask(client: &mut RawClient, request: &str) -> Answer {
    client.send(request.as_bytes()).await;
    client.answer().await
}

/// Sends what is the last of a connection, and reads to its end. `head` as in [`Answers::read`].
pub(crate) async fn ask_all(
    mut client: RawClient,
    requests: &str,
    head: impl Fn(usize) -> bool,
) -> (Answers, Received) {
    client.send(requests.as_bytes()).await;
    let received = client.rest().await;
    let answers = Answers::read(&received.bytes, true, head);
    assert!(answers.fault.is_none(), "{answers:?}");
    (answers, received)
}

/// The request's id: limpet's own answers name it, and so do those of the apps.
pub(crate) fn id(answer: &Answer) -> String {
    let id = answer.fields.text("x-told-id").or_else(|| answer.fields.text("x-request-id"));
    id.unwrap_or_else(|| panic!("an answer without an id: {answer:?}"))
}

/// The access-log line of an answer, awaited.
pub(crate) async fn line(limpet: &Limpet, answer: &Answer) -> Line {
    let id = id(answer);
    limpet.wait_line("an answer's line", |line| line.get("limpet.request_id").as_ref() == Some(&id)).await
}

/// An answer's body as text.
pub(crate) fn body(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// The backend that an answer came from; none if limpet made it.
pub(crate) fn backend(answer: &Answer) -> Option<String> {
    answer.fields.text("x-backend")
}
