//! Mistakes as data: a text, and the code and places of everything that is said about it.
//!
//! A row is one mistake (or a few), so that what else is said beside it shows at once: a row that grows a second code
//! reports one typo twice.

use super::{BASE, assert_problems, problems, read, read_under};

/// Stand before [`BASE`], so lines count from the mistake.
#[test]
fn a_wrong_value_is_reported_where_it_stands() {
    for (text, expected) in [
        ("[limits]\nmax_conections = 1", "L0201 2:1"),
        ("[limit]\nmax_connections = 1", "L0201 1:2"),
        ("colour = 1", "L0201 1:1"),
        ("[limits]\nmax_header_size = 32768", "L0202 2:19"),
        ("[limits]\nmax_header_size = \"32768\"", "L0211 2:19"),
        ("[limits]\nmax_header_size = \"32KB\"", "L0211 2:19"),
        ("[limits]\nmax_header_size = \"1023B\"", "L0212 2:19"),
        ("[limits]\nmax_header_size = \"2MiB\"", "L0212 2:19"),
        ("[limits]\nmax_header_fields = 0", "L0212 2:21"),
        ("[limits]\nmax_header_fields = 513", "L0212 2:21"),
        ("[limits]\nmax_header_fields = \"100\"", "L0202 2:21"),
        ("[limits]\nmax_connections = -1", "L0212 2:19"),
        ("[limits]\nmax_connections = 1.5", "L0202 2:19"),
        ("[limits]\nmax_connections = 999999999999999999999999", "L0212 2:19"),
        ("limits = 3", "L0202 1:10"),
        ("[[limits]]", "L0202 1:1"),
        ("[timeouts]\nhead = 10", "L0202 2:8"),
        ("[timeouts]\nhead = \"10\"", "L0210 2:8"),
        ("[timeouts]\nhead = \"10 s\"", "L0210 2:8"),
        ("[timeouts]\nhead = \"0s\"", "L0212 2:8"),
        ("[timeouts]\nhead = \"9999999h\"", "L0212 2:8"),
        ("[timeouts]\nconnect = 1979-05-27", "L0202 2:11"),
        ("[workers]\ncount = 1025", "L0212 2:9"),
        ("[status]\naddress = \"of\"", "L0215 2:11"),
        ("[status]\nallow = \"private\"", "L0202 2:9"),
        ("[status]\nallow = [\"10.0.0.1/8\", \"private\"]", "L0216 2:10"),
        ("[status]\nallow = [\"privat\"]", "L0216 2:10"),
        ("[status]\nallow = [1]", "L0202 2:10"),
        ("[log]\nlevel = \"information\"", "L0213 2:9"),
        ("[log]\nlevel = true", "L0202 2:9"),
        ("[log]\naccess = \"on\"", "L0202 2:10"),
        ("[log]\naccess = { only = \"error\" }", "L0213 2:19"),
        ("[log]\naccess = { format = \"json\" }", "L0201 2:12"),
        ("include = [\"a.toml\"]", "L0104 1:1"),
        // Keys of which the behaviour has not landed.
        ("[admin]\naddress = \"off\"", "L0201 1:2"),
        ("[timeouts]\ntunnel = \"1h\"", "L0201 2:1"),
    ] {
        assert_problems(&format!("{text}{BASE}"), &[expected]);
    }
}

#[test]
fn what_is_wrong_with_listeners_is_reported() {
    const REST: &str = "\n[routes.a]\npool = \"a\"\n[pools.a]\nbackends = [\"a:1\"]\n";
    for (text, expected) in [
        ("[listeners.a]", &["L0203 1:12"] as &[_]),
        ("[listeners.a]\nadress = \"1.2.3.4:5\"", &["L0201 2:1"]),
        ("[listeners.a]\naddress = \":80\"", &["L0215 2:11"]),
        ("[listeners.a]\naddress = \"web:80\"", &["L0215 2:11"]),
        ("[listeners.a]\naddress = \"::1:80\"", &["L0215 2:11"]),
        ("[listeners.a]\naddress = 80", &["L0202 2:11"]),
        ("[listeners]\naddress = \"1.2.3.4:5\"", &["L0202 2:11"]),
        ("[[listeners.a]]\naddress = \"1.2.3.4:5\"", &["L0202 1:1"]),
        ("[listeners.A]\naddress = \"1.2.3.4:5\"", &["L0204 1:12"]),
        ("[listeners.-a]\naddress = \"1.2.3.4:5\"", &["L0204 1:12"]),
        ("[listeners.\"\"]\naddress = \"1.2.3.4:5\"", &["L0204 1:12"]),
        ("[listeners.a-_b]\naddress = \"1.2.3.4:5\"", &["L0204 1:12"]),
        ("[listeners.a-b]\naddress = \"1.2.3.4:5\"\n[listeners.a_b]\naddress = \"1.2.3.4:6\"", &["L0205 3:12 1:12"]),
        ("[listeners.a]\naddress = \"1.2.3.4:5\"\n[listeners.b]\naddress = \"1.2.3.4:5\"", &["L0302 4:11 2:11"]),
        ("[listeners.a]\naddress = \"0.0.0.0:5\"\n[listeners.b]\naddress = \"1.2.3.4:5\"", &["L0302 4:11 2:11"]),
        ("[listeners.a]\naddress = \"0.0.0.0:5\"\n[listeners.b]\naddress = \"[::]:5\"", &["L0302 4:11 2:11"]),
        ("[listeners.a]\naddress = \"0.0.0.0:5\"\n[listeners.b]\naddress = \"[::1]:5\"", &[]),
        ("[listeners.a]\naddress = \"0.0.0.0:0\"\n[listeners.b]\naddress = \"0.0.0.0:0\"", &[]),
        ("[listeners.a]\naddress = \"0.0.0.0:9902\"", &["L0302 2:11"]),
        ("[listeners.a]\naddress = \"0.0.0.0:9\"\n[status]\naddress = \"127.0.0.1:9\"", &["L0302 4:11 2:11"]),
        ("[listeners.a]\naddress = \"0.0.0.0:9902\"\n[status]\naddress = \"off\"", &[]),
        ("[listeners.a]\naddress = \"0.0.0.0:9\"\ntrusted_proxies = [\"0.0.0.0/0\"]", &["L0405 3:19"]),
        ("", &["L0301"]),
        ("[listeners]", &["L0301"]),
    ] {
        assert_problems(&format!("{text}{REST}"), expected);
    }
}

#[test]
fn what_is_wrong_with_routes_is_reported() {
    const REST: &str = "\n[listeners.web]\naddress = \"1.2.3.4:5\"\n[routes.rest]\nhosts = [\"rest\"]\npool = \"a\"\n\
                        [pools.a]\nbackends = [\"a:1\"]\n";
    for (text, expected) in [
        ("[routes.r]\nhosts = [\"h\"]", &["L0203 1:9"] as &[_]),
        ("[routes.r]\npol = \"a\"", &["L0201 2:1"]),
        ("[routes.r]\npool = \"b\"", &["L0214 2:8 8:8"]),
        ("[routes.r]\npool = \"shop\"", &["L0214 2:8"]),
        ("[routes.r]\npool = [\"a\"]", &["L0202 2:8"]),
        ("[routes.r]\npool = \"a\"\nlisteners = [\"web\", \"wob\"]", &["L0214 3:21 4:12"]),
        ("[routes.r]\npool = \"a\"\nhosts = [\"*\"]", &["L0217 3:10"]),
        ("[routes.r]\npool = \"a\"\nhosts = [\"h\", \"a.*.b\", \"c:80\"]", &["L0217 3:15", "L0217 3:24"]),
        ("[routes.r]\npool = \"a\"\npaths = []", &["L0218 3:9"]),
        ("[routes.r]\npool = \"a\"\npaths = [\"shop\"]", &["L0218 3:10"]),
        ("[routes.r]\npool = \"a\"\nmethods = [\"GET,POST\"]", &["L0219 3:12"]),
        ("[routes.r]\npool = \"a\"\nmethods = \"GET\"", &["L0202 3:11"]),
        ("[routes.r]\npool = \"a\"\nmethods = [\"get\", \"post\"]", &["L0403 3:12"]),
        ("[routes.r]\npool = \"a\"\nmatch_headers = { x = \"a*b\" }", &["L0219 3:23"]),
        ("[routes.r]\npool = \"a\"\nmatch_headers = { \"x y\" = \"a\" }", &["L0219 3:19"]),
        ("[routes.r]\npool = \"a\"\nmatch_headers = { x = 1 }", &["L0202 3:23"]),
        ("[routes.r]\npool = \"a\"\nmatch_headers = { X = \"1\", x = \"1\" }", &["L0105 3:28 3:19"]),
        ("[routes.r]\npool = \"a\"\nmatch_headers = { x = \" 1\" }", &["L0403 3:19"]),
        ("[routes.r]\npool = \"a\"\nmatch_headers = { Limpet-Session = \"*\" }", &["L0403 3:19"]),
        ("[routes.r]\npool = \"a\"\nmatch_headers = [\"x\"]", &["L0202 3:17"]),
        ("[routes.r]\npool = \"a\"\nmatch_query = { \"\" = \"1\" }", &["L0219 3:17"]),
    ] {
        assert_problems(&format!("{text}{REST}"), expected);
    }
}

#[test]
fn routes_that_match_alike_are_a_tie() {
    const REST: &str = "[listeners.l]\naddress = \"1.2.3.4:5\"\n[listeners.m]\naddress = \"1.2.3.4:6\"\n\
                        [pools.a]\nbackends = [\"a:1\"]\n";
    const TIE: &str = "L0305 4:9 1:9";
    for (first, second, expected) in [
        ("", "", Some(TIE)),
        ("hosts = [\"x\", \"h\"]", "hosts = [\"H.\", \"y\"]", Some(TIE)),
        ("hosts = [\"h\"]", "hosts = [\"*.h\"]", None),
        ("hosts = [\"h\"]", "", None),
        ("paths = [\"/a\", \"/b\"]", "paths = [\"/b\"]", Some(TIE)),
        ("paths = [\"/a\"]", "paths = [\"=/a\"]", None),
        ("paths = [\"/a\"]", "paths = [\"/\"]", None),
        ("methods = [\"GET\"]", "methods = [\"GET\", \"HEAD\"]", Some(TIE)),
        ("methods = [\"GET\"]", "methods = [\"HEAD\"]", None),
        ("methods = [\"GET\"]", "", None),
        ("methods = [\"GET\"]", "match_query = { q = \"*\" }", Some(TIE)),
        ("listeners = [\"l\"]", "listeners = [\"m\"]", None),
        ("listeners = [\"l\"]", "", Some(TIE)),
        ("match_headers = { x = \"1\" }", "match_headers = { X = \"1\" }", Some(TIE)),
        ("match_headers = { x = \"1\" }", "match_headers = { x = \"2\" }", None),
        ("match_headers = { x = \"1\" }", "match_headers = { y = \"2\" }", Some(TIE)),
        ("match_headers = { x = \"ab\" }", "match_headers = { x = \"a*\" }", Some(TIE)),
        ("match_headers = { x = \"ab\" }", "match_headers = { x = \"b*\" }", None),
        ("match_headers = { x = \"a*\" }", "match_headers = { x = \"ab*\" }", Some(TIE)),
        ("match_headers = { x = \"*\" }", "match_headers = { x = \"b\" }", Some(TIE)),
        ("match_query = { x = \"1\" }", "match_headers = { x = \"2\" }", Some(TIE)),
        ("match_query = { x = \"1\", y = \"1\" }", "match_query = { x = \"1\" }", None),
    ] {
        let text = format!("[routes.r]\n{first}\npool = \"a\"\n[routes.s]\n{second}\npool = \"a\"\n{REST}");
        let found = problems(read(&text));
        // Where only one listener is used the other is warned of, which is not the question here.
        let found: Vec<_> = found.iter().filter(|problem| !problem.starts_with("L04")).collect();
        assert_eq!(found, expected.iter().collect::<Vec<_>>(), "{text}");
    }
}

#[test]
fn what_is_wrong_with_pools_is_reported() {
    const REST: &str = "\n[listeners.web]\naddress = \"1.2.3.4:5\"\n[routes.r]\npool = \"p\"\n";
    for (text, expected) in [
        ("[pools.p]", &["L0203 1:8"] as &[_]),
        ("[pools.p]\nbackends = []", &["L0303 2:12"]),
        ("[pools.p]\nbackends = \"a:1\"", &["L0202 2:12"]),
        ("[pools.p]\nbackends = [\"a\"]", &["L0215 2:13"]),
        ("[pools.p]\nbackends = [\"a:0\", \"http://a:1\", \"1.2.3:4\"]", &["L0215 2:13", "L0215 2:20", "L0215 2:34"]),
        ("[pools.p]\nbackends = [1]", &["L0202 2:13"]),
        ("[pools.p]\nbackends = [{ name = \"a\" }]", &["L0203 2:13"]),
        ("[pools.p]\nbackends = [{ name = \"a b\", address = \"a:1\" }]", &["L0221 2:22"]),
        ("[pools.p]\nbackends = [{ address = \"a:1\", weight = 2 }]", &["L0201 2:32"]),
        ("[pools.p]\nbackends = [\"a:1\", \"b:1\", \"a:1\"]", &["L0304 2:27 2:13"]),
        ("[pools.p]\nbackends = [{ name = \"a:1\", address = \"b:1\" }, \"a:1\"]", &["L0304 2:48 2:22"]),
        ("[pools.p]\nbackends = [\"a:1\"]\npolicy = \"roundrobin\"", &["L0213 3:10"]),
        ("[pools.p]\nbackends = [\"a:1\"]\npolicy = \"least_request\"", &["L0213 3:10"]),
        ("[pools.p]\nbackends = [\"a:1\"]\nsticky = \"cokie\"", &["L0213 3:10"]),
        ("[pools.p]\nbackends = [\"a:1\"]\nsticky = true", &["L0202 3:10"]),
        ("[pools.p]\nbackends = [\"a:1\"]\nsticky = { mode = \"learn\" }", &["L0213 3:19"]),
        ("[pools.p]\nbackends = [\"10.0.0.1:80\"]\nsticky = \"cookie\"", &["L0401 3:1 2:13"]),
        ("[pools.p]\nbackends = [{ name = \"w\", address = \"10.0.0.1:80\" }]\nsticky = \"cookie\"", &[]),
        ("[pools.p]\nbackends = [\"a:1\"]\n[pools.q]\nbackends = [\"a:1\"]", &["L0402 3:8"]),
        // A table under another name is read as what it was meant to be: one typo, one mistake.
        ("[pool.p]\nbackends = [\"a:1\"]", &["L0201 1:2"]),
    ] {
        assert_problems(&format!("{text}{REST}"), expected);
    }
    let many: Vec<_> = (0..1025).map(|n| format!("\"b{n}:1\"")).collect();
    assert_problems(&format!("[pools.p]\nbackends = [{}]{REST}", many.join(",")), &["L0222 2:12"]);
}

#[test]
fn what_browsers_refuse_is_reported() {
    const REST: &str = "\n[listeners.web]\naddress = \"1.2.3.4:5\"\n[routes.r]\nhosts = [\"a.test\"]\npool = \"p\"\n\
                        [pools.p]\nbackends = [\"a:1\"]\n";
    for (keys, expected) in [
        ("", &[] as &[_]),
        ("name = \"a b\"", &["L0220 2:8"]),
        ("name = \"\"", &["L0220 2:8"]),
        ("path = \"shop\"", &["L0220 2:8"]),
        ("path = \"/;x\"", &["L0220 2:8"]),
        ("domain = \".test\"", &["L0220 2:10"]),
        ("domain = \"1.2.3.4\"", &["L0220 2:10"]),
        ("domain = \"test\"", &[]),
        ("domain = \"other.test\"", &["L0407 2:10"]),
        ("http_only = \"yes\"", &["L0202 2:13"]),
        ("same_site = \"None\"", &["L0213 2:13"]),
        ("same_site = \"none\"", &["L0306 2:13"]),
        ("same_site = \"none\"\nsecure = \"never\"", &["L0306 2:13 3:10"]),
        ("same_site = \"none\"\nsecure = \"always\"", &[]),
        ("partitioned = true", &["L0306 2:15"]),
        ("partitioned = true\nsecure = \"always\"", &[]),
        ("name = \"__Host-x\"", &["L0306 2:8"]),
        ("name = \"__Secure-x\"\nsecure = \"auto\"", &["L0306 2:8 3:10"]),
        ("name = \"__host-x\"\nsecure = \"always\"", &[]),
        ("name = \"__Host-x\"\nsecure = \"always\"\ndomain = \"a.test\"", &["L0306 4:10 2:8"]),
        ("name = \"__Host-x\"\nsecure = \"always\"\npath = \"/a\"", &["L0306 4:8 2:8"]),
        ("name = \"__Secure-x\"\nsecure = \"always\"\npath = \"/a\"\ndomain = \"a.test\"", &[]),
    ] {
        assert_problems(&format!("[pools.p.sticky]\n{keys}{REST}"), expected);
    }
}

#[test]
fn two_pools_may_not_write_one_cookie() {
    const CLASH: Option<&str> = Some("L0308 6:12 3:12");
    for (a, b, extra_a, extra_b, expected) in [
        ("a.test", "a.test", "", "", CLASH),
        ("a.test", "b.test", "", "", None),
        ("a.test", "*.test", "", "", CLASH),
        ("test", "*.test", "", "", None),
        ("*.a.test", "*.test", "", "", CLASH),
        ("*.a.test", "*.b.test", "", "", None),
        ("a.test", "b.test", "domain = \"test\"", "domain = \"test\"", CLASH),
        ("a.test", "b.test", "domain = \"test\"", "", CLASH),
        ("a.test", "b.test", "domain = \"a.test\"", "", None),
        ("xa.test", "a.test", "", "domain = \"a.test\"", None),
        ("a.test", "a.test", "path = \"/a\"", "path = \"/b\"", None),
        ("a.test", "a.test", "path = \"/a\"", "path = \"/a/b\"", CLASH),
        ("a.test", "a.test", "path = \"/a\"", "path = \"/ab\"", None),
    ] {
        let pool = |pool: &str, extra: &str| {
            let extra = extra.replace('\n', "");
            let comma = if extra.is_empty() { "" } else { ", " };
            format!("[pools.{pool}]\nbackends = [\"a:1\"]\nsticky = {{ name = \"s\"{comma}{extra} }}\n")
        };
        let text = format!(
            "{}{}[listeners.l]\naddress = \"1.2.3.4:5\"\n[routes.a]\nhosts = [\"{a}\"]\npool = \"a\"\n\
             [routes.b]\nhosts = [\"{b}\"]\npaths = [\"/b\"]\npool = \"b\"\n",
            pool("a", extra_a),
            pool("b", extra_b),
        );
        let expected: Vec<String> = expected.map(|clash| clash.replace(":12", ":19")).into_iter().collect();
        assert_eq!(problems(read(&text)), expected, "{text}");
    }
}

#[test]
fn a_syntax_error_hides_what_may_follow_from_it() {
    for (text, expected) in [
        ("[limits]\nmax_connections = ", &["L0103 2:19"] as &[_]),
        ("[limits]\nmax_connections = 1\nmax_connections = 2", &["L0105 3:1 2:1"]),
        ("[limits]\n[limits]", &["L0105 2:2 1:2"]),
        ("[limits]\n\"max_connections\" = 1\nmax_connections = 2", &["L0105 3:1 2:1"]),
        ("[log]\naccess = { only = \"all\", only = \"all\" }", &["L0105 2:26 2:12"]),
        ("[log]\nlevel = info\n[limits]\nmax_connections == 1", &["L0103 2:9", "L0103 4:18"]),
        // What else is wrong is reported, but nothing is said to be missing.
        ("[log]\nlevel = info\ncolour = 1\n[routes.x]\npool = \"y\"", &["L0103 2:9", "L0201 3:1"]),
    ] {
        assert_problems(&format!("{text}\n{BASE}"), expected);
    }
    assert_problems("a = [1\n[b]\n[c]\n[d]", &["L0201 1:1", "L0103 2:1"]);
}

#[test]
fn an_empty_file_lacks_a_listener() {
    assert_problems("", &["L0301"]);
}

#[test]
fn more_tables_than_can_be_numbered_are_one_mistake() {
    let tables = |kind: &str, keys: &str, count: usize| {
        (0..count).map(|n| format!("[{kind}.x{n}]\n{}\n", keys.replace('N', &n.to_string()))).collect::<String>()
    };
    for (kind, keys) in [
        ("listeners", "address = \"127.0.0.1:0\""),
        ("routes", "pool = \"base\"\nhosts = [\"N.test\"]"),
        ("pools", "backends = [\"a:1\"]"),
    ] {
        // Without the table of this kind below, there are as many as the text says.
        let rest = BASE.replace(&format!("[{kind}.base]"), &format!("[{kind}.x0]"));
        let rest = rest.replace("pool = \"base\"", if kind == "pools" { "pool = \"x0\"" } else { "pool = \"base\"" });
        let text = tables(kind, keys, 10_001).replacen(&tables(kind, keys, 1), "", 1) + &rest;
        assert_problems(&text, &["L0222 1:2"]);
    }
}

#[test]
fn what_a_report_says_names_key_and_kind() {
    let said = |text: &str, environment: &[(&str, &str)]| {
        read_under(&format!("{text}{BASE}"), environment).unwrap_err().render(false)
    };
    for (text, environment, expected) in [
        ("[log]\nlevel = \"loud\"", None, "\"loud\" is no value of `level`"),
        ("[routes.r]\npool = \"base\"\nmatch_header = { x = \"1\" }", None, "unknown key `match_header`"),
        ("[limit]\nmax_connections = 1", None, "unknown table `limit`"),
        ("", Some(("LIMPET__WORKERS__COUNT", "two")), "`LIMPET__WORKERS__COUNT` takes a whole number"),
    ] {
        let report = said(text, environment.as_slice());
        assert!(report.contains(expected) && !report.contains("quotes"), "{report}");
    }
}
