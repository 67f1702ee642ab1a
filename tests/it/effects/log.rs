//! `[log]`: how much is written, in which form, and which exchanges are in the access log.
//!
//! Some of these limpets do not say that they listen, or not in JSON, so they are watched by their output as text. What
//! is in a line is in `errors` and beside the code.

use crate::harness::{Limpet, RawClient, own_address, until};
use crate::scene::{Scene, ask, line, named, open, request, toml};

#[tokio::test]
pub(super) async fn less_important_lines_are_left_out() {
    for (level, said) in [("info", true), ("warn", false), ("error", false)] {
        let (_journal, apps) = open(&["web-1"]).await;
        let web = own_address();
        let quiet = toml(&named(&apps), &format!("[log]\nlevel = \"{level}\"\n"));
        let quiet = quiet.replacen("127.0.0.1:0", &web.to_string(), 1);
        let mut limpet = Limpet::launch(&quiet, &[], |_| {});
        // It may not say that it listens, so it is asked until it does.
        let listens = async || tokio::net::TcpStream::connect(web).await.is_ok();
        assert!(until(listens).await, "nobody listens at {web}");
        assert_eq!(ask(&mut RawClient::connect(web).await, &request("GET", "/", &[])).await.status, 200);
        limpet.terminate();
        assert_eq!(limpet.exit().await, Some(0));
        let lines = limpet.said();
        assert_eq!(!lines.is_empty(), said, "{level}: {lines}");
    }
}

#[tokio::test]
pub(super) async fn the_log_is_text_if_so_asked() {
    for (format, text) in [("text", true), ("json", false), ("auto", false)] {
        let (_journal, apps) = open(&["web-1"]).await;
        let toml = toml(&named(&apps), &format!("[log]\nformat = \"{format}\"\n"));
        let limpet = Limpet::launch(&toml, &[], |_| {});
        let all_listen = async || limpet.said().lines().filter(|line| line.contains("listening")).count() == 2;
        assert!(until(all_listen).await, "{}", limpet.said());
        for line in limpet.said().lines() {
            assert_eq!(serde_json::from_str::<serde_json::Value>(line).is_err(), text, "{format}: {line}");
            assert!(line.contains("INFO"), "{line}");
        }
    }
}

#[tokio::test]
pub(super) async fn only_errors_are_in_the_access_log_if_so_asked() {
    for (only, logged) in [("all", vec!["200", "404", "500", "502"]), ("errors", vec!["500", "502"])] {
        let scene = Scene::start(&format!("[log]\naccess = {{ only = \"{only}\" }}\n")).await;
        let mut last = None;
        for status in ["200 OK", "404 Not Found", "500 Oh", "no status"] {
            last = Some(scene.get("/", &[&format!("Please-Status: {status}")]).await);
        }
        line(&scene.limpet, &last.unwrap()).await;
        let statuses: Vec<_> =
            scene.limpet.lines().iter().map(|line| line.get("http.response.status_code").unwrap()).collect();
        assert_eq!(statuses, logged, "{only}");
    }
}

#[tokio::test]
pub(super) async fn the_access_log_can_be_off() {
    let mut scene = Scene::start("[log]\naccess = \"off\"\n").await;
    for status in ["200 OK", "no status"] {
        scene.get("/", &[&format!("Please-Status: {status}")]).await;
    }
    // What was to be written is written before the end.
    scene.limpet.terminate();
    assert_eq!(scene.limpet.exit().await, Some(0));
    assert!(scene.limpet.lines().is_empty(), "{:?}", scene.limpet.lines());
}
