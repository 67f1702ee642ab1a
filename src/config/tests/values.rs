//! What a right configuration means: values, defaults, the environment over them, and what is shown of them.
//!
//! Whole values are compared where a field that is forgotten would otherwise go unseen.
//! What is wrong with values stands in `mistakes`.

use std::time::Duration;

use super::*;

#[test]
fn what_is_not_written_has_its_default() {
    let config = config(SHORT);
    let names = |name: &str, address: &str| Backend { name: name.to_owned(), address: address.to_owned() };
    assert_eq!(config.pools[0].backends, [names("a:3000", "a:3000"), names("second", "[::1]:3000")]);
    assert_eq!(config.pools[0].policy, Policy::RoundRobin);
    let cookie = &config.pools[0].sticky.as_ref().unwrap().cookie;
    assert_eq!((cookie.name.as_str(), cookie.path.as_str(), &cookie.domain), ("limpet-app", "/", &None));
    assert_eq!((cookie.same_site, cookie.secure), (SameSite::Lax, Secure::Auto));
    assert_eq!((cookie.http_only, cookie.partitioned), (true, false));
    let route = &config.routes[0];
    assert_eq!((route.pool, route.paths.as_slice()), (0, ["/".to_owned()].as_slice()));
    assert!(route.hosts.is_empty() && route.methods.is_empty() && route.listeners.is_empty());
    assert_eq!(route.matchers(), 0);
    assert_eq!(config.workers, 3);
    let status = config.status.unwrap();
    assert_eq!(status.address.to_string(), "0.0.0.0:9902");
    assert_eq!((status.allow, status.deny), (Networks::private(), Networks::default()));
    let seconds = |n| Duration::from_secs(n);
    let Timeouts { head, body, connect, first_byte, idle, keep_alive, backend_keep_alive } = config.timeouts;
    assert_eq!([head, body, connect, first_byte], [seconds(10), seconds(30), seconds(2), seconds(60)]);
    assert_eq!([idle, keep_alive, backend_keep_alive], [seconds(300), seconds(75), seconds(4)]);
    let limits = Limits { max_connections: 0, max_header_size: 32_768, max_header_fields: 100, max_body_size: 0 };
    assert_eq!(config.limits, limits);
    let access = Some(AccessLog { only: AccessOnly::All });
    assert_eq!(config.log, Log { level: Level::Info, format: LogFormat::Auto, access });
}

#[test]
fn what_is_written_is_meant() {
    let config = config(
        r#"
[listeners.b]
address = "[::]:0"
trusted_proxies = ["private", "192.0.2.0/24"]
[listeners.a]
address = "127.0.0.1:81"
[routes.r]
hosts = ["Shop.Example.COM.", "*.Example.org"]
paths = ["/a", "=/b"]
methods = ["GET", "PURGE"]
match_headers = { X-Kind = "pre*", X-Any = "*" }
match_query = { Q = "1" }
listeners = ["b"]
pool = "p"
[routes.s]
pool = "q"
[pools.p]
backends = ["a:1"]
sticky = { name = "__Host-p", secure = "always", same_site = "none", http_only = false, partitioned = true }
[pools.q]
backends = ["a:1"]
sticky = { domain = "Example.com", path = "/x", secure = "never", same_site = "strict" }
[limits]
max_connections = 10
max_header_size = "1KiB"
max_header_fields = 512
max_body_size = "1GiB"
[timeouts]
head = "250ms"
keep_alive = "0s"
backend_keep_alive = "0s"
[workers]
count = 7
[status]
address = "off"
[log]
level = "warn"
format = "json"
access = "off"
"#,
    );
    assert_eq!(config.listeners.iter().map(|l| l.name.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    assert!(config.listeners[1].trusted_proxies.contains("192.0.2.9".parse().unwrap()));
    let [route, _] = &config.routes[..] else { panic!("two routes") };
    assert_eq!(route.hosts, ["shop.example.com", "*.example.org"]);
    assert_eq!(route.paths, ["/a", "=/b"]);
    assert_eq!(route.methods, ["GET", "PURGE"]);
    let pair = |name: &str, value| (name.to_owned(), value);
    assert_eq!(route.match_headers, [pair("x-any", Match::Present), pair("x-kind", Match::Prefix("pre".to_owned()))]);
    assert_eq!(route.match_query, [pair("Q", Match::Exact("1".to_owned()))]);
    assert_eq!((route.listeners.as_slice(), route.pool, route.matchers()), ([1].as_slice(), 0, 4));
    let cookie = |pool: usize| &config.pools[pool].sticky.as_ref().unwrap().cookie;
    assert_eq!(
        (cookie(0).name.as_str(), cookie(0).secure, cookie(0).same_site),
        ("__Host-p", Secure::Always, SameSite::None)
    );
    assert_eq!((cookie(0).http_only, cookie(0).partitioned), (false, true));
    assert_eq!((cookie(1).domain.as_deref(), cookie(1).path.as_str()), (Some("example.com"), "/x"));
    assert_eq!((cookie(1).secure, cookie(1).same_site), (Secure::Never, SameSite::Strict));
    let limits = Limits { max_connections: 10, max_header_size: 1024, max_header_fields: 512, max_body_size: 1 << 30 };
    assert_eq!(config.limits, limits);
    assert_eq!(config.timeouts.head, Duration::from_millis(250));
    assert_eq!((config.timeouts.keep_alive, config.timeouts.backend_keep_alive), (Duration::ZERO, Duration::ZERO));
    assert_eq!((config.workers, config.status), (7, None));
    assert_eq!(config.log, Log { level: Level::Warn, format: LogFormat::Json, access: None });
}

#[test]
fn equal_texts_in_another_order_are_equal_configurations() {
    let other = "[pools.app]\nsticky = { }\nbackends = [\"a:3000\", { address = \"[::1]:3000\", name = \"second\" }]\n\
                 [routes]\nall.pool = \"app\"\n[listeners]\nweb = { address = \"0.0.0.0:8080\" }\n";
    assert_eq!(config(SHORT), config(other));
}

/// What `show` prints is a configuration, and the same one.
#[test]
fn what_is_shown_means_the_same() {
    for text in [
        SHORT.to_owned(),
        format!("[log]\naccess = \"off\"\n[status]\naddress = \"off\"\n{BASE}"),
        format!("[routes.x]\npool = \"base\"\nmatch_query = {{ \"a b\" = \"\\\"\\n*\" }}\n{BASE}").replace("\\n", ""),
    ] {
        let first = read(&text).unwrap_or_else(|report| panic!("{}", report.render(false)));
        for origins in [false, true] {
            let shown = first.show(origins);
            let again = read(&shown).unwrap_or_else(|report| panic!("{}\n{shown}", report.render(false)));
            assert_eq!(again.config, first.config, "{shown}");
        }
    }
}

#[test]
fn every_value_shows_where_it_comes_from() {
    let variables = [("LIMPET__LOG__LEVEL", "debug"), ("LIMPET__POOLS__APP__BACKENDS", "b:1, c:2"), ("HOME", "/")];
    let shown = read_under(SHORT, &variables).unwrap().show(true);
    for (key, origin) in [
        ("address = \"0.0.0.0:8080\"", "test.toml:3"),
        ("backends = [\"b:1\", \"c:2\"]", "environment LIMPET__POOLS__APP__BACKENDS"),
        ("mode = \"cookie\"", "test.toml:8"),
        ("name = \"limpet-app\"", "default"),
        ("level = \"debug\"", "environment LIMPET__LOG__LEVEL"),
        ("format = \"auto\"", "default"),
    ] {
        let line = shown.lines().find(|line| line.starts_with(key)).unwrap_or_else(|| panic!("no {key} in\n{shown}"));
        assert_eq!(line.rsplit_once(" # ").map(|(_, origin)| origin), Some(origin), "{line}");
    }
}

#[test]
fn the_environment_overrides_scalars_and_lists() {
    let text = format!("[routes.my-route]\nmatch_headers = {{ x-kind = \"a\" }}\npool = \"base\"\n{BASE}");
    let with = |variables: &[(&str, &str)]| {
        read_under(&text, variables).unwrap_or_else(|report| panic!("{}", report.render(false))).config
    };
    let config = with(&[
        ("LIMPET__LISTENERS__BASE__ADDRESS", "127.0.0.1:2"),
        ("LIMPET__ROUTES__MY_ROUTE__HOSTS", "a.test,b.test"),
        ("LIMPET__ROUTES__MY_ROUTE__MATCH_HEADERS__X_KIND", "b*"),
        ("LIMPET__POOLS__BASE__BACKENDS", "a:1,b:2"),
        ("LIMPET__POOLS__BASE__STICKY", "cookie"),
        ("LIMPET__POOLS__BASE__STICKY__NAME", "crumb"),
        ("LIMPET__POOLS__BASE__STICKY__HTTP_ONLY", "false"),
        ("LIMPET__LIMITS__MAX_HEADER_FIELDS", "50"),
        ("LIMPET__TIMEOUTS__HEAD", "3s"),
        ("LIMPET__STATUS__ADDRESS", "off"),
        ("LIMPET__LOG__ACCESS__ONLY", "errors"),
    ]);
    assert_eq!(config.listeners[0].address.port(), 2);
    assert_eq!(config.routes[1].hosts, ["a.test", "b.test"]);
    assert_eq!(config.routes[1].match_headers[0].1, Match::Prefix("b".to_owned()));
    assert_eq!(config.pools[0].backends.iter().map(|b| b.name.as_str()).collect::<Vec<_>>(), ["a:1", "b:2"]);
    let cookie = &config.pools[0].sticky.as_ref().unwrap().cookie;
    assert_eq!((cookie.name.as_str(), cookie.http_only), ("crumb", false));
    assert_eq!((config.limits.max_header_fields, config.timeouts.head), (50, Duration::from_secs(3)));
    assert_eq!((config.status, config.log.access), (None, Some(AccessLog { only: AccessOnly::Errors })));
    // A key of a table that does not stand there makes the table.
    let sticky = with(&[("LIMPET__POOLS__BASE__STICKY__SECURE", "always")]).pools[0].sticky.clone();
    assert_eq!(sticky.map(|sticky| sticky.cookie.secure), Some(Secure::Always));
    assert_eq!(with(&[("LIMPET__LOG__ACCESS", "off")]).log.access, None);
    // Another program's variables are none of ours.
    assert_eq!(with(&[("LIMPET_HOME", "x"), ("PATH", "x"), ("limpet__x", "x")]), with(&[]));
}

#[test]
fn a_wrong_variable_is_named() {
    for (text, name, value, expected) in [
        ("", "LIMPET__POOLS__BASE__POLCY", "round_robin", "L0206 1:1"),
        ("", "LIMPET__POOLS__OTHER__POLICY", "round_robin", "L0206 1:1"),
        ("", "LIMPET__", "x", "L0206 1:1"),
        ("", "LIMPET__POOLS", "x", "L0206 1:1"),
        ("", "LIMPET__INCLUDE", "x", "L0206 1:1"),
        ("", "LIMPET__STATUS__ALLOW", "", "L0207 1:1"),
        ("", "LIMPET__STATUS__ALLOW", "private,everybody", "L0216 1:31"),
        ("", "LIMPET__LOG__LEVEL", "loud", "L0213 1:20"),
        ("", "LIMPET__LIMITS__MAX_HEADER_FIELDS", "many", "L0202 1:35"),
        ("", "LIMPET__LIMITS__MAX_HEADER_FIELDS", "0", "L0212 1:35"),
        ("", "LIMPET__POOLS__BASE__BACKENDS", "a:1,,b:1", "L0215 1:35"),
        ("[log]\naccess = \"off\"", "LIMPET__LOG__ACCESS__ONLY", "all", "L0207 1:1"),
        ("[log]\naccess = 3", "LIMPET__LOG__ACCESS__ONLY", "all", "L0202 2:10"),
        (
            "[routes.x]\npool = \"base\"\nmatch_query = { a-b = \"1\", a_b = \"2\" }",
            "LIMPET__ROUTES__X__MATCH_QUERY__A_B",
            "1",
            "L0207 1:1",
        ),
    ] {
        let found = problems(read_under(&format!("{text}{BASE}"), &[(name, value)]));
        assert_eq!(found, [expected], "{name}={value}");
    }
    let report = read_under(BASE, &[("LIMPET__SESSIONS__KEY", "hush"), ("LIMPET__LOG__LEVL", "warn")]).unwrap_err();
    let text = report.render(false);
    assert!(!text.contains("hush"), "the value of an unknown variable may be a secret:\n{text}");
    assert!(text.contains("did you mean LIMPET__LOG__LEVEL?"), "{text}");
}

#[test]
fn the_schema_is_json_and_strict() {
    let schema: serde_json::Value = serde_json::from_str(&json_schema()).unwrap();
    assert_eq!(schema["$schema"], "http://json-schema.org/draft-07/schema#");
    assert_eq!(schema["additionalProperties"], false);
    let pool = &schema["properties"]["pools"]["additionalProperties"];
    assert_eq!(pool["required"], serde_json::json!(["backends"]));
    assert_eq!(pool["properties"]["policy"]["enum"], serde_json::json!(["round_robin"]));
    assert_eq!(pool["properties"]["policy"]["default"], "round_robin");
    let sticky = &pool["properties"]["sticky"]["anyOf"];
    assert_eq!(sticky[0]["enum"], serde_json::json!(["cookie"]));
    assert_eq!(sticky[1]["properties"]["http_only"]["default"], true);
    assert_eq!(schema["properties"]["limits"]["properties"]["max_header_fields"]["maximum"], 512);
}

const SHORT: &str = r#"
[listeners.web]
address = "0.0.0.0:8080"
[routes.all]
pool = "app"
[pools.app]
backends = ["a:3000", { name = "second", address = "[::1]:3000" }]
sticky = "cookie"
"#;
