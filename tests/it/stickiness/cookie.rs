//! The cookie on its way in: which of several counts, what is no token, and what a backend is never shown.
//!
//! Whatever a client may send in its place, the request is served. What a token says, byte by byte, is the code's
//! affair and tested there.

use crate::harness::{Answer, Limpet, RawClient};
use crate::scene::{Scene, SetCookie, ask, backend, cookie, line, named, open, request, toml};

const TWO_POOLS: &str = "[pools.app.sticky]\n\
                         [routes.other]\npaths = [\"/other\"]\npool = \"other\"\n\
                         [pools.other]\nbackends = [\"127.0.0.1:9\"]\nsticky = \"cookie\"\n";

async fn scene() -> Scene {
    Scene::with(&["web-1", "web-2", "web-3"], TWO_POOLS).await
}

/// A token of the pool `app` and its home.
async fn session(scene: &Scene) -> (String, String) {
    let first = scene.get("/", &[]).await;
    let token = cookie(&first).unwrap();
    (token.trim_start_matches("Cookie: limpet-app=").to_owned(), backend(&first).unwrap())
}

async fn outcome(scene: &Scene, answer: &Answer) -> String {
    line(&scene.limpet, answer).await.get("limpet.sticky").unwrap()
}

#[tokio::test]
async fn of_several_cookies_the_first_that_names_a_backend_counts() {
    let scene = scene().await;
    let ((one, home), (other, elsewhere)) = (session(&scene).await, session(&scene).await);
    assert_ne!(home, elsewhere);
    for fields in [
        vec![format!("Cookie: limpet-app={one}; limpet-app={other}")],
        vec![format!("Cookie: limpet-app={one}"), format!("Cookie: limpet-app={other}")],
        vec![format!("Cookie: a=b; limpet-app=garbage; limpet-app=; limpet-app={one}; limpet-app={other}")],
        vec!["Cookie: limpet-app=1".to_owned(), "Cookie: x".to_owned(), format!("cookie: limpet-app=\"{one}\"")],
    ] {
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        let answer = scene.get("/", &fields).await;
        assert_eq!((backend(&answer), cookie(&answer)), (Some(home.clone()), None), "{fields:?}");
        assert_eq!(outcome(&scene, &answer).await, "hit");
    }
}

#[tokio::test]
async fn at_most_four_cookies_are_looked_into() {
    let scene = scene().await;
    let (token, home) = session(&scene).await;
    let garbage = |count: usize| "limpet-app=x; ".repeat(count);
    let fourth = scene.get("/", &[&format!("Cookie: {}limpet-app={token}", garbage(3))]).await;
    assert_eq!((backend(&fourth), outcome(&scene, &fourth).await), (Some(home), "hit".to_owned()));
    let fifth = scene.get("/", &[&format!("Cookie: {}limpet-app={token}", garbage(4))]).await;
    assert_eq!(outcome(&scene, &fifth).await, "invalid");
    assert!(cookie(&fifth).is_some());
}

/// What is no token of this pool counts as none at all: the request is placed, and its session begins.
#[tokio::test]
async fn a_token_that_is_none_is_treated_as_absent() {
    let scene = scene().await;
    let (token, _) = session(&scene).await;
    let flipped = format!("0.{}{}", if &token[2..3] == "A" { "B" } else { "A" }, &token[3..]);
    let address = "127.0.0.1:9";
    let values = [
        String::new(),
        "0".to_owned(),
        "0.".to_owned(),
        "garbage".to_owned(),
        address.to_owned(),
        "MTI3LjAuMC4xOjk=".to_owned(),
        "16777343.2304.0000".to_owned(),
        flipped,
        token[..token.len() - 1].to_owned(),
        format!("{token}A"),
        format!("{token}="),
        format!("1{}", &token[1..]),
        token.to_uppercase() + "a",
        "0.".to_owned() + &"A".repeat(32),
        "0.".to_owned() + &"A".repeat(4000),
        "%30.%41".to_owned(),
        "\u{fc}\u{2028}".to_owned(),
        "../../etc".to_owned(),
    ];
    for value in &values {
        let answer = scene.get("/", &[&format!("Cookie: limpet-app={value}")]).await;
        assert_eq!(answer.status, 200, "{value}");
        assert!(cookie(&answer).is_some(), "{value} was taken for a token");
        assert_eq!(outcome(&scene, &answer).await, "invalid", "{value}");
        assert!(!scene.told().contains("limpet-app"), "{value}: {}", scene.told());
    }
    let counted = scene.limpet.metrics().await.sum("limpet_sticky_requests_total", &[("outcome", "invalid")]);
    assert_eq!(counted, values.len() as f64);
    let bad = scene.limpet.metrics().await.sum("limpet_connections_total", &[]);
    assert!(bad > 0.0 && !scene.limpet.said().contains("ERROR"), "{}", scene.limpet.said());
}

#[tokio::test]
async fn a_token_of_another_pool_is_no_token_of_this_one() {
    let more = "[pools.app.sticky]\nname = \"home\"\npath = \"/a\"\n\
                [routes.other]\npaths = [\"/other\"]\npool = \"other\"\n\
                [pools.other]\nbackends = [OTHERS]\nsticky = { name = \"home\", path = \"/other\" }\n";
    let (_journal, apps) = open(&["web-1", "web-2"]).await;
    // Two pools of the same backends by the same names, and one name for both cookies.
    let members = named(&apps);
    let limpet = Limpet::start(&toml(&members, &more.replace("OTHERS", &members))).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    let first = ask(&mut client, &request("GET", "/a", &[])).await;
    let token = SetCookie::named(&first, "home").unwrap();
    let foreign = ask(&mut client, &request("GET", "/other", &[&token.field()])).await;
    assert_eq!(line(&limpet, &foreign).await.get("limpet.sticky").as_deref(), Some("invalid"));
    let own = SetCookie::named(&foreign, "home").unwrap();
    assert_ne!(own.value[..20], token.value[..20]);
}

#[tokio::test]
async fn a_backend_sees_every_cookie_but_limpets() {
    let scene = scene().await;
    let (token, _) = session(&scene).await;
    for (sent, seen) in [
        (vec!["limpet-app=TOKEN"], vec![]),
        (vec!["limpet-app=TOKEN; limpet-app=garbage"], vec![]),
        (vec!["a=1; limpet-app=TOKEN"], vec!["a=1"]),
        (vec!["limpet-app=TOKEN; a=1"], vec!["a=1"]),
        (vec!["a=1; limpet-app=TOKEN; b=2"], vec!["a=1; b=2"]),
        (vec!["a=1;limpet-app=TOKEN;b=2"], vec!["a=1;b=2"]),
        (vec!["a=1", "limpet-app=TOKEN", "b=2"], vec!["a=1", "b=2"]),
        (vec!["limpet-app=TOKEN; a=1; limpet-app=x; a=2; limpet-app"], vec!["a=1; a=2"]),
        (vec!["a=\"q;uote\"; b==; ; c; =d; limpet-app=TOKEN"], vec!["a=\"q;uote\"; b==; ; c; =d"]),
        (
            vec!["a=\u{e9}\u{ff}; Limpet-App=mine; xlimpet-app=1; limpet-apps=2; limpet-app=TOKEN"],
            vec!["a=\u{e9}\u{ff}; Limpet-App=mine; xlimpet-app=1; limpet-apps=2"],
        ),
        (vec!["a=1;  b=2;c = 3"], vec!["a=1;  b=2;c = 3"]),
    ] {
        let fields: Vec<String> =
            sent.iter().map(|value| format!("Cookie: {}", value.replace("TOKEN", &token))).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        assert_eq!(scene.get("/", &fields).await.status, 200);
        let last = scene.journal.read(|records| records.seen.last().map(|seen| seen.request.fields.clone())).unwrap();
        let cookies: Vec<_> = last.all("cookie").into_iter().map(String::from_utf8_lossy).collect();
        assert_eq!(cookies, seen, "sent {sent:?}");
    }
}
