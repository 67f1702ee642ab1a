//! limpet: an HTTP load balancer that always brings a session home.
//!
//! This file declares the rooms of the house and hands out what the binary needs; it has no code of its own.

// The rooms are joined one by one: until all are, some hold what nobody calls yet.
#![allow(dead_code, unused_imports)]

mod access_log;
mod admin;
mod backend;
mod config;
mod http;
mod metrics;
mod net;
mod policy;
mod pool;
mod proxy;
mod route;
mod run;
mod server;
mod session;
mod state;
mod upstream;
mod wire;

pub fn thin() {
    use config::*;
    use std::time::Duration;
    let mut args = std::env::args().skip(1);
    let listen = args.next().unwrap_or_default();
    let backends = args.next().unwrap_or_default();
    let log = args.next();
    let s = Duration::from_secs;
    let config = Config {
        listeners: vec![Listener {
            name: "web".into(),
            address: listen.parse().unwrap_or_else(|_| panic!()),
            trusted_proxies: Networks::default(),
        }],
        routes: vec![Route {
            name: "all".into(),
            hosts: vec![],
            paths: vec!["/".into()],
            methods: vec![],
            match_headers: vec![],
            match_query: vec![],
            listeners: vec![],
            pool: 0,
        }],
        pools: vec![Pool {
            name: "app".into(),
            backends: backends.split(',').map(|b| Backend { name: b.into(), address: b.into() }).collect(),
            policy: Policy::RoundRobin,
            sticky: Some(Sticky {
                cookie: CookieSettings {
                    name: "limpet-app".into(),
                    path: "/".into(),
                    domain: None,
                    same_site: SameSite::Lax,
                    secure: Secure::Auto,
                    http_only: true,
                    partitioned: false,
                },
            }),
        }],
        limits: Limits { max_connections: 0, max_header_size: 32768, max_header_fields: 100, max_body_size: 0 },
        timeouts: Timeouts {
            head: s(10),
            body: s(30),
            connect: s(2),
            first_byte: s(60),
            idle: s(300),
            keep_alive: s(75),
            backend_keep_alive: s(4),
        },
        workers: 1,
        status: None,
        log: Log {
            level: Level::Info,
            format: LogFormat::Auto,
            access: log.map(|_| AccessLog { only: AccessOnly::All }),
        },
    };
    let running = run::start(&config).unwrap_or_else(|e| panic!("{e:?}"));
    eprintln!("{:?}", running.addresses);
    loop {
        std::thread::park();
    }
}
