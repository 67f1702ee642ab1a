//! A backend can neither set, nor delete, nor shadow limpet's cookie; all others it sets pass as they are.
//!
//! Every text here is one that some browser would take for ours, or for a cookie that goes before ours. Interim
//! responses and trailers are ways in, too.

use crate::harness::{Act, Answer, Journal, Limpet, RawClient, ScriptedBackend};
use crate::scene::{Scene, SetCookie, ask, cookie, named, open, request, toml};

/// What would become, or look like, the cookie of the pool `app`.
const PLANTS: [&str; 11] = [
    "limpet-app=forged",
    "limpet-app=forged; Path=/; HttpOnly",
    " limpet-app = forged",
    "limpet-app=; Max-Age=0",
    "limpet-app=; expires=Thu, 01 Jan 1970 00:00:00 GMT",
    "limpet-app",
    "=limpet-app=forged",
    "__Host-limpet-app=forged; Secure; Path=/",
    "__Secure-limpet-app=forged; Secure",
    "__host-limpet-app=forged",
    "limpet-app=\"forged\"",
];

const OTHERS: [&str; 6] =
    ["session=1; HttpOnly", "a=limpet-app=x", "Limpet-App=mine", "limpet-apps=1", "a=1", "a=2; Domain=a.test"];

/// The Set-Cookie fields of an answer, as they came, without limpet's own.
fn passed(answer: &Answer) -> Vec<String> {
    let all = answer.fields.all("set-cookie").into_iter().map(|value| String::from_utf8_lossy(value).into_owned());
    all.filter(|text| !text.starts_with("limpet-app=0.")).collect()
}

#[tokio::test]
async fn a_backend_cannot_set_limpets_cookie_but_all_others() {
    let scene = Scene::with(&["web-1", "web-2"], "[pools.app.sticky]\n").await;
    let token = cookie(&scene.get("/", &[]).await).unwrap();
    let mut wishes = Vec::new();
    for (plant, other) in PLANTS.into_iter().zip(OTHERS.into_iter().cycle()) {
        wishes.push(format!("Please-Field: Set-Cookie: {plant}"));
        wishes.push(format!("Please-Field: set-cookie: {other}"));
    }
    let wishes: Vec<&str> = wishes.iter().map(String::as_str).collect();
    let others: Vec<&str> = OTHERS.into_iter().cycle().take(PLANTS.len()).collect();
    for (fields, binds) in [(vec![], true), (vec![&token[..]], false)] {
        let answer = scene.get("/", &[fields, wishes.clone()].concat()).await;
        assert_eq!(passed(&answer), others);
        assert_eq!(cookie(&answer).is_some(), binds);
    }
}

#[tokio::test]
async fn a_name_with_a_prefix_is_guarded_with_and_without_it() {
    let settings = "[pools.app.sticky]\nname = \"__Host-home\"\nsecure = \"always\"\n";
    let scene = Scene::with(&["web-1", "web-2"], settings).await;
    let plants = ["home=x", "__Host-home=x; Secure; Path=/", "__Secure-home=x; Secure", "__HOST-home=x"];
    let wishes = plants.map(|plant| format!("Please-Field: Set-Cookie: {plant}"));
    let answer = scene.get("/", &wishes.each_ref().map(String::as_str)).await;
    let cookies = SetCookie::all(&answer);
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    assert!(cookies[0].name == "__Host-home" && cookies[0].value.starts_with("0."));
}

/// What a pool without stickiness sets is its own affair, also if it is called like the cookie of another.
#[tokio::test]
async fn without_stickiness_every_cookie_passes() {
    let scene = Scene::start("").await;
    let wishes = PLANTS.map(|plant| format!("Please-Field: Set-Cookie: {plant}"));
    let answer = scene.get("/", &wishes.each_ref().map(String::as_str)).await;
    assert_eq!(answer.fields.all("set-cookie").len(), PLANTS.len());
}

#[tokio::test]
async fn an_interim_response_plants_nothing_either() {
    let hints = "HTTP/1.1 103 Early Hints\r\nSet-Cookie: limpet-app=forged\r\nSet-Cookie: a=1\r\nLink: </a>\r\n\r\n";
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let journal = Journal::default();
    let backend = ScriptedBackend::start(&[&[Act::Request, Act::Send(hints), Act::Send(ok)]], &journal).await;
    let limpet = Limpet::start(&toml(&format!("\"{}\"", backend.address), "[pools.app.sticky]\n")).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    client.send(request("GET", "/", &["Connection: close"]).as_bytes()).await;
    let received = client.rest().await;
    let text = String::from_utf8_lossy(&received.bytes);
    assert!(text.contains("HTTP/1.1 103 ") && text.contains("Link: </a>"), "{text}");
    assert!(!text.contains("forged"), "{text}");
    assert_eq!(text.matches("limpet-app=0.").count(), 1, "the session begins with the answer: {text}");
}

#[tokio::test]
async fn a_trailer_plants_nothing_either() {
    let scene = Scene::with(&["web-1"], "[pools.app.sticky]\n").await;
    let wishes =
        ["Please-Frame: chunked", "Please-Field: Trailer: Set-Cookie", "Please-Trailer: Set-Cookie: limpet-app=forged"];
    let mut client = scene.client().await;
    let token = cookie(&ask(&mut client, &request("GET", "/", &wishes)).await);
    assert!(token.is_some());
    client.send(request("GET", "/", &["Connection: close"]).as_bytes()).await;
    let received = client.rest().await;
    assert!(!String::from_utf8_lossy(&received.bytes).contains("forged"));
}

/// Browsers send a cookie wherever its path matches, also to what another pool serves.
#[tokio::test]
async fn another_pools_backend_neither_sees_nor_sets_the_cookie() {
    let more = "[pools.app.sticky]\n[routes.api]\npaths = [\"/api\"]\npool = \"api\"\n[pools.api]\nbackends = [";
    let (journal, apps) = open(&["web-1"]).await;
    let members = named(&apps);
    let limpet = Limpet::start(&toml(&members, &format!("{more}{members}]\n"))).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    let token = cookie(&ask(&mut client, &request("GET", "/", &[])).await).unwrap();
    let fields = [&format!("{token}; own=1")[..], "Please-Field: Set-Cookie: limpet-app=forged; Path=/"];
    let answer = ask(&mut client, &request("GET", "/api", &fields)).await;
    assert_eq!((answer.status, SetCookie::all(&answer).len()), (200, 0));
    let cookies = journal.read(|records| records.seen.last().and_then(|seen| seen.request.fields.text("cookie")));
    assert_eq!(cookies.as_deref(), Some("own=1"));
}
