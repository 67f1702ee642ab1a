//! Shared caches and other sites: no token where a cache could hand it to others, none where the browser withholds the
//! one it has.
//!
//! One table says by status and fields which answers carry a token. Which requests count as withheld, by each SameSite,
//! is in `effects`.

use crate::scene::{Scene, SetCookie, ask, backend, cookie, line, post};

async fn scene() -> Scene {
    Scene::with(&["web-1", "web-2"], "[pools.app.sticky]\n").await
}

/// By status and fields of the app's answer: whether it carries a token, and its Cache-Control then.
const ANSWERS: [(&str, &[&str], bool, &[&str]); 17] = [
    ("200 OK", &[], true, &["private"]),
    ("200 OK", &["Cache-Control: max-age=60"], true, &["private, max-age=60"]),
    ("200 OK", &["Cache-Control: no-store"], true, &["no-store"]),
    ("200 OK", &["Cache-Control: no-cache"], true, &["private, no-cache"]),
    ("200 OK", &["Cache-Control: private, max-age=1"], true, &["private, max-age=1"]),
    ("200 OK", &["Cache-Control: ext=\"public\""], true, &["private, ext=\"public\""]),
    ("200 OK", &["Cache-Control: public"], false, &["public"]),
    ("200 OK", &["Cache-Control: max-age=9, PUBLIC"], false, &["max-age=9, PUBLIC"]),
    ("200 OK", &["Cache-Control: s-maxage=60"], false, &["s-maxage=60"]),
    ("200 OK", &["Cache-Control: max-age=60", "cache-control: immutable"], false, &["max-age=60", "immutable"]),
    ("200 OK", &["CDN-Cache-Control: max-age=60"], false, &[]),
    ("200 OK", &["Cache-Control: public, max-age=60", "Set-Cookie: a=1"], true, &["private, max-age=60"]),
    ("200 OK", &["Cache-Control: s-maxage=60", "Set-Cookie: a=1"], true, &["private"]),
    ("200 OK", &["Cache-Control: immutable", "Set-Cookie: a=1"], true, &["private, immutable"]),
    // A cookie that may not pass does not count.
    ("200 OK", &["Cache-Control: public", "Set-Cookie: limpet-app=forged"], false, &["public"]),
    ("304 Not Modified", &["ETag: \"1\""], false, &[]),
    ("304 Not Modified", &["Set-Cookie: a=1"], false, &[]),
];

#[tokio::test]
async fn a_token_never_enters_a_shared_cache() {
    let scene = scene().await;
    for (status, fields, carries, cache_control) in ANSWERS {
        let wishes: Vec<String> = fields.iter().map(|field| format!("Please-Field: {field}")).collect();
        let status = format!("Please-Status: {status}");
        let mut wishes: Vec<&str> = wishes.iter().map(String::as_str).collect();
        wishes.push(&status);
        let answer = scene.get("/", &wishes).await;
        assert_eq!(cookie(&answer).is_some(), carries, "{fields:?}");
        let told: Vec<_> = answer.fields.all("cache-control").into_iter().map(String::from_utf8_lossy).collect();
        assert_eq!(told, cache_control, "{fields:?}");
        assert_eq!(
            answer.fields.all("cdn-cache-control").len(),
            usize::from(fields == ["CDN-Cache-Control: max-age=60"])
        );
        assert_eq!(line(&scene.limpet, &answer).await.get("limpet.sticky").as_deref(), Some("new"), "{fields:?}");
    }
}

#[tokio::test]
async fn the_next_answer_sets_what_a_shared_one_could_not() {
    let scene = scene().await;
    assert_eq!(cookie(&scene.get("/style.css", &["Please-Field: Cache-Control: public"]).await), None);
    let page = scene.get("/", &[]).await;
    let token = cookie(&page).unwrap();
    let style = scene.get("/style.css", &["Please-Field: Cache-Control: public", &token]).await;
    assert_eq!((backend(&style), cookie(&style)), (backend(&page), None));
    assert_eq!(style.fields.text("cache-control").as_deref(), Some("public"), "a hit leaves an answer as it is");
}

/// A form post that comes back from a single sign-on brings no cookie, and must not lose the one the browser keeps.
#[tokio::test]
async fn a_post_from_another_site_does_not_overwrite_the_session() {
    let scene = scene().await;
    let token = cookie(&scene.get("/", &[]).await).unwrap();
    let from_elsewhere = ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document"];
    let mut client = scene.client().await;
    let posted = ask(&mut client, &post("/sso", &from_elsewhere, "assertion")).await;
    assert_eq!((posted.status, SetCookie::all(&posted)), (200, Vec::new()));
    assert_eq!(posted.fields.text("cache-control"), None, "nothing was added that a cache must not keep");
    // Where the browser does send the cookie, the session is at home as ever.
    let home = backend(&scene.get("/", &[&token]).await);
    let brought = post("/sso", &[&from_elsewhere[..], &[&token]].concat(), "assertion");
    assert_eq!(backend(&ask(&mut client, &brought).await), home);
}
