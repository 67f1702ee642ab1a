//! `[pools.NAME.sticky]`: each attribute of the cookie, as the client is told it.
//!
//! They stand together because a browser judges them together; a few need others beside them to be legal. Who has a
//! session, and where it lives, is in `stickiness`.

use crate::harness::{Answer, RawClient};
use crate::scene::{Scene, SetCookie, ask, backend, request};

async fn sticky(settings: &str) -> Scene {
    let more = format!(
        "[pools.app.sticky]\n{settings}\n\
         [listeners.edge]\naddress = \"127.0.0.1:0\"\ntrusted_proxies = [\"127.0.0.0/8\"]\n"
    );
    Scene::with(&["web-1", "web-2"], &more).await
}

/// The cookie of a first visit.
async fn first(scene: &Scene) -> SetCookie {
    only(&scene.get("/", &[]).await)
}

fn only(answer: &Answer) -> SetCookie {
    let mut cookies = SetCookie::all(answer);
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    cookies.remove(0)
}

#[tokio::test]
async fn by_default_it_is_lax_for_the_whole_host_and_hidden_from_scripts() {
    let cookie = first(&sticky("").await).await;
    assert_eq!(cookie.name, "limpet-app");
    assert_eq!(cookie.attributes, ["Path=/", "HttpOnly", "SameSite=Lax"]);
}

#[tokio::test]
pub(super) async fn its_name() {
    for (settings, name) in [
        ("name = \"SERVERID\"", "SERVERID"),
        ("name = \"__Host-home\"\nsecure = \"always\"", "__Host-home"),
        ("name = \"__Secure-home\"\nsecure = \"always\"", "__Secure-home"),
    ] {
        let scene = sticky(settings).await;
        let answer = scene.get("/", &[]).await;
        let (cookie, home) = (only(&answer), backend(&answer));
        assert_eq!(cookie.name, name);
        assert_eq!(cookie.has("Secure"), name.starts_with("__"));
        for _ in 0..3 {
            let next = scene.get("/", &[&cookie.field()]).await;
            assert_eq!((backend(&next), SetCookie::all(&next)), (home.clone(), Vec::new()));
        }
        let other_name = format!("Cookie: limpet-app={}", cookie.value);
        assert_eq!(only(&scene.get("/", &[&other_name]).await).name, name, "a cookie of another name is not ours");
    }
}

#[tokio::test]
pub(super) async fn its_path() {
    let cookie = first(&sticky("path = \"/shop\"").await).await;
    assert!(cookie.has("Path=/shop") && !cookie.has("Path=/"), "{cookie:?}");
}

#[tokio::test]
pub(super) async fn its_domain() {
    let cookie = first(&sticky("domain = \"example.com\"").await).await;
    assert!(cookie.has("Domain=example.com"), "{cookie:?}");
}

#[tokio::test]
pub(super) async fn hidden_from_scripts_or_not() {
    for hidden in [true, false] {
        let cookie = first(&sticky(&format!("http_only = {hidden}")).await).await;
        assert_eq!(cookie.has("HttpOnly"), hidden, "{cookie:?}");
    }
}

#[tokio::test]
pub(super) async fn partitioned() {
    let cookie = first(&sticky("partitioned = true\nsecure = \"always\"").await).await;
    assert!(cookie.has("Partitioned") && cookie.has("Secure"), "{cookie:?}");
}

#[tokio::test]
pub(super) async fn secure_follows_the_client_or_does_not() {
    let https = "X-Forwarded-Proto: https";
    // By setting, for: a plain client, a stranger who claims TLS, a trusted proxy without and with TLS before it.
    for (secure, expected) in [("auto", [false, false, false, true]), ("always", [true; 4]), ("never", [false; 4])] {
        let scene = sticky(&format!("secure = \"{secure}\"")).await;
        let clients =
            [("web", None), ("web", Some(https)), ("edge", Some("X-Forwarded-Proto: http")), ("edge", Some(https))];
        for ((listener, field), expected) in clients.into_iter().zip(expected) {
            let mut client = RawClient::connect(scene.limpet.address(listener)).await;
            let fields: Vec<&str> = field.into_iter().collect();
            let cookie = only(&ask(&mut client, &request("GET", "/", &fields)).await);
            assert_eq!(cookie.has("Secure"), expected, "{secure}, {listener}, {field:?}");
        }
    }
}

#[tokio::test]
pub(super) async fn same_site_is_told_to_the_browser() {
    for (settings, attribute) in [
        ("same_site = \"lax\"", "SameSite=Lax"),
        ("same_site = \"strict\"", "SameSite=Strict"),
        ("same_site = \"none\"\nsecure = \"always\"", "SameSite=None"),
    ] {
        let cookie = first(&sticky(settings).await).await;
        let told: Vec<_> = cookie.attributes.iter().filter(|one| one.starts_with("SameSite")).collect();
        assert_eq!(told, [attribute]);
    }
}

/// What a browser says of a request from another site: method, mode, destination.
const FROM_ELSEWHERE: [(&str, &str, &str); 6] = [
    ("GET", "navigate", "document"),
    ("HEAD", "navigate", "document"),
    ("POST", "navigate", "document"),
    ("GET", "navigate", "iframe"),
    ("GET", "no-cors", "image"),
    ("GET", "cors", "empty"),
];

#[tokio::test]
pub(super) async fn same_site_decides_who_gets_a_cookie_across_sites() {
    for (settings, gets_one) in [
        ("same_site = \"lax\"", [true, true, false, false, false, false]),
        ("same_site = \"strict\"", [false; 6]),
        ("same_site = \"none\"\nsecure = \"always\"", [true; 6]),
    ] {
        let scene = sticky(settings).await;
        for ((method, mode, destination), gets_one) in FROM_ELSEWHERE.into_iter().zip(gets_one) {
            let fields = [
                "Sec-Fetch-Site: cross-site",
                &format!("Sec-Fetch-Mode: {mode}"),
                &format!("Sec-Fetch-Dest: {destination}"),
                "Please-Body: ",
            ];
            let mut client = scene.client().await;
            let answer = ask(&mut client, &request(method, "/", &fields)).await;
            let set = !SetCookie::all(&answer).is_empty();
            assert_eq!(set, gets_one, "{settings}: {method} {mode} {destination}");
        }
        let same =
            scene.get("/", &["Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors", "Sec-Fetch-Dest: empty"]).await;
        assert_eq!(SetCookie::all(&same).len(), 1, "{settings}: from the same site");
    }
}
