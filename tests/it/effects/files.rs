//! `include`, and the environment: what is written elsewhere counts as if it stood in the file.
//!
//! The only keys whose effect is that others have one. Where a mistake in such a place is shown is tested beside the
//! code that reads it.

use std::fs;
use std::path::PathBuf;

use crate::harness::{Limpet, RawClient};
use crate::scene::{ask, backend, named, open, post, request, toml};

#[tokio::test]
pub(super) async fn an_included_file_counts() {
    let (_journal, apps) = open(&["web-1", "admin"]).await;
    let folder = format!("included-{}", std::process::id());
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(&folder);
    fs::create_dir_all(&directory).unwrap();
    let route = "[routes.admin]\npaths = [\"/admin\"]\npool = \"admin\"\n";
    fs::write(directory.join("10-route.toml"), route).unwrap();
    fs::write(directory.join("20-pool.toml"), format!("[pools.admin]\nbackends = [{}]\n", named(&apps[1..]))).unwrap();
    fs::write(directory.join("ignored.txt"), "this is no configuration").unwrap();
    let toml = format!("include = [\"{folder}/*.toml\"]\n{}", toml(&named(&apps[..1]), ""));
    let limpet = Limpet::start(&toml).await;
    for (path, name) in [("/", "web-1"), ("/admin/users", "admin")] {
        let answer = ask(&mut RawClient::connect(limpet.address("web")).await, &request("GET", path, &[])).await;
        assert_eq!(backend(&answer).as_deref(), Some(name), "{path}");
    }
    drop(limpet);
    fs::remove_dir_all(directory).unwrap();
}

#[tokio::test]
async fn a_variable_of_the_environment_overrides_the_file() {
    let (_journal, apps) = open(&["web-1", "web-2", "web-3"]).await;
    let toml = toml(&named(&apps[..1]), "[limits]\nmax_body_size = \"1KiB\"\n");
    let others = format!("{},{}", apps[1].address, apps[2].address);
    let variables = [("LIMPET__POOLS__APP__BACKENDS", &others[..]), ("LIMPET__LIMITS__MAX_BODY_SIZE", "4B")];
    let limpet = Limpet::start_with(&toml, |command| _ = command.envs(variables)).await;
    let mut client = RawClient::connect(limpet.address("web")).await;
    let mut asked = Vec::new();
    for _ in 0..4 {
        asked.push(backend(&ask(&mut client, &request("GET", "/", &[])).await).unwrap());
    }
    asked.sort();
    assert_eq!(asked, ["web-2", "web-2", "web-3", "web-3"]);
    assert_eq!(ask(&mut client, &post("/", &[], "12345")).await.status, 413);
}
